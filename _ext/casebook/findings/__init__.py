"""Insights, claims and decisions on the page."""
