"""The print edition."""
