"""Drawings of diagrams and charts, before any edition shows them."""
