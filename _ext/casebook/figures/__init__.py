"""Figures: drawings made from the page's own source while the book is built."""
