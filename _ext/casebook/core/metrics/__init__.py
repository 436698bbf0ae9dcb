"""Metrics: values with their units, dates, formulas and kinds of evidence."""
