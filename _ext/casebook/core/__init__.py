"""The press without Sphinx: parsing, checking, computing and formatting.

Nothing in this package imports Sphinx, docutils or MyST; a test guards that.  Functions take
text and give values; what is wrong comes back as `problems.Problem`, with a line, never as a
traceback.
"""
