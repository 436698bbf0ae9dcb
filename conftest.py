"""Tests import the miniatures from the pages, and a page's sessions are tests."""

pytest_plugins = ["casebook.literate.pytest_plugin"]
