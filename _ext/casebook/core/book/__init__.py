"""The book as data, and what one page asks of it."""
