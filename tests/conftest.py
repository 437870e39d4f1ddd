"""Settings shared by all tests, one cache for all that they train, and an empty folder of own data."""

import os
import shutil
import tempfile

import pytest
from hypothesis import settings

from scale_forecast.data.errors import speak_of_options

# No test asserts a time, and a run must not depend on the day's luck.
settings.register_profile("project", deadline=None, derandomize=True)
settings.load_profile("project")


def pytest_configure(config):
    """What tests train is kept for the session, for all its processes, and never in the user's own cache.

    Keys hold the code and the data, so a state serves only where training would give it. With FORECAST_CACHE set, that
    folder is used and stays. The data of whoever runs the tests are never read: their folder is empty here.
    """
    own = tempfile.mkdtemp(prefix="forecast-tests-")
    os.environ["FORECAST_DATA"] = own
    config.add_cleanup(lambda: shutil.rmtree(own, ignore_errors=True))
    if "FORECAST_CACHE" not in os.environ:
        folder = tempfile.mkdtemp(prefix="forecast-tests-")
        os.environ["FORECAST_CACHE"] = folder
        config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))


@pytest.fixture
def words_of_options():
    """Errors name options of the command line, as its users read them."""
    with speak_of_options():
        yield
