"""Literate code outside the core: on the page, on disk, in tests."""
