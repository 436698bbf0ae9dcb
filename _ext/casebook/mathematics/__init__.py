"""The Sphinx side of formulas."""
