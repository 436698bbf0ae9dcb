"""Literate programs: the code that a page prints is the code that runs.

`chunks` reads a page's tokens, `tangle` makes files of its chunks, `weave` says how chunks hang
together, `locate` and `messages` lead every report back to the page.
"""
