"""The book's records as data: one module for each file in `data/` beside the site.

A module holds the type of its file, whose annotations say form and meaning of each field, and
`export`, which makes one of a book.  `registry` lists them; `schema` makes JSON schemas of the
types and plain data of the values.
"""
