"""Settings shared by all tests."""

from hypothesis import settings

# No test asserts a time, and a run must not depend on the day's luck.
settings.register_profile("project", deadline=None, derandomize=True)
settings.load_profile("project")
