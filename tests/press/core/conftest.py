"""Settings of Hypothesis: the same examples every time, and no clock."""

from hypothesis import settings

settings.register_profile("press", deadline=None, derandomize=True, database=None)
settings.load_profile("press")
