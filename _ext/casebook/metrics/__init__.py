"""Metrics on the page."""
