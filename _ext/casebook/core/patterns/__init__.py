"""The pattern catalogue."""
