"""Patterns on the page."""
