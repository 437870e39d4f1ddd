"""Settings shared by all tests, one cache for all that they train, and an empty folder of own data."""

import os
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings

from scale_forecast.data.errors import speak_of_options
from tests.thorough import dear_tests, is_dear

# No test asserts a time, and a run must not depend on the day's luck.
settings.register_profile("project", deadline=None, derandomize=True)
settings.load_profile("project")


LONGEST_FIRST = (
    "forecast/inputs/test_no_leak.py",
    "forecast/pricing/test_pricing.py",
    "forecast/commands/test_layouts.py",
    "forecast/by_date/test_forecasts.py",
    "forecast/commands/test_json.py",
    "resolvers/judge/test_resolve.py",
    "forecast/studies/test_withstand.py",
    "forecast/commands/test_ask.py",
    "data/logs/test_logs.py",
    "features/test_transitions.py",
    "forecast/test_parallel.py",
    "test_fuzz.py",
    "forecast/by_date/test_backtests.py",
    "resolvers/scores/test_record.py",
    "forecast/show/plots/test_plot_command.py",
    "data/logs/test_profiles.py",
    "data/logs/test_inspect.py",
    "data/readers/test_bounds.py",
    "resolvers/questions/test_wording.py",
    "resolvers/ledger/test_ledger.py",
    "forecast/pricing/test_futures.py",
    "forecast/synthetic/test_questions.py",
)
"""Files of ten processor seconds and more: where processes take a file each, none of them may be begun last."""


@pytest.hookimpl(tryfirst=True)  # before pytest leaves out what the marks exclude
def pytest_collection_modifyitems(config, items):
    """Mark what is dear, and put the longest files first."""
    kept, root = dear_tests(), config.rootpath
    for item in items:
        if is_dear(f"{item.path.relative_to(root).as_posix()}::{item.name}", kept):
            item.add_marker(pytest.mark.thorough)
    order_by_length(items)


def order_by_length(items):
    places = {name: place for place, name in enumerate(LONGEST_FIRST)}
    root = Path(__file__).parent

    def place(item):
        path = item.path.relative_to(root).as_posix() if item.path.is_relative_to(root) else ""
        return places.get(path, len(places))

    items.sort(key=place)


def pytest_configure(config):
    """What tests train is kept for the session, for all its processes, and never in the user's own cache.

    Keys hold the code and the data, so a state serves only where training would give it. With FORECAST_CACHE set, that
    folder is used and stays. The data of whoever runs the tests are never read: their folder is empty here.
    """
    if hasattr(config.option, "loadscopereorder"):
        config.option.loadscopereorder = False  # by number of tests, which puts files of few long ones last
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
