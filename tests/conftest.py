"""Settings shared by all tests, one cache for all that they train, and an empty folder of own data."""

import gc
import os
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings

from scale_forecast.data.errors import speak_of_options
from tests import thorough
from tests.thorough import dear_tests, is_dear, tries

gc.set_threshold(50_000, 20, 50)
"""Modules, syntax trees and tests live to the end: looking for rubbish among them took a fifth of reading the tests."""

LONGEST_FIRST = (
    "data/logs/test_logs.py",
    "forecast/inputs/test_no_leak.py",
    "forecast/commands/test_predict.py",
    "forecast/commands/test_questions.py",
    "forecast/curves/test_curves.py",
    "forecast/commands/test_json.py",
    "forecast/commands/test_own_data.py",
    "resolvers/questions/test_resolve.py",
    "forecast/pricing/test_pricing.py",
    "resolvers/questions/test_wording.py",
    "features/test_transitions.py",
    "resolvers/scores/test_record.py",
    "forecast/pricing/test_dated_questions.py",
    "forecast/test_parallel.py",
    "test_outsiders.py",
    "data/logs/test_inspect.py",
    "resolvers/ledger/test_ledger.py",
    "forecast/by_date/test_forecasts.py",
    "data/logs/test_profiles.py",
    "forecast/pricing/test_futures.py",
    "test_architecture.py",
    "forecast/by_date/test_own.py",
    "data/own/test_world.py",
    "data/readers/test_sheets.py",
    "forecast/commands/test_study.py",
    "data/readers/test_bounds.py",
    "test_corpus.py",
    "data/readers/test_boards.py",
    "forecast/test_prediction.py",
    "resolvers/kinds/test_kinds.py",
    "resolvers/questions/test_wordings.py",
)
"""Files of seven processor seconds and more: where processes take a file each, none of them may be begun last."""


@pytest.hookimpl(tryfirst=True)  # before pytest leaves out what the marks exclude
def pytest_collection_modifyitems(config, items):
    """Mark what is dear, and put the longest files first."""
    kept, root = dear_tests(), config.rootpath
    for item in items:
        tried_in_full = thorough.is_whole and getattr(item.obj, "is_hypothesis_test", False)
        if tried_in_full or is_dear(f"{item.path.relative_to(root).as_posix()}::{item.name}", kept):
            item.add_marker(pytest.mark.thorough)
    order_by_length(items)


def pytest_collection_finish(session):
    """What the tests are is no rubbish, and need not be looked through again."""
    gc.freeze()


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
    thorough.is_whole = "not thorough" not in config.option.markexpr
    # No test asserts a time, and a run must not depend on the day's luck.
    settings.register_profile("project", deadline=None, derandomize=True, max_examples=tries(100))
    settings.load_profile("project")
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
