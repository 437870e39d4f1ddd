"""Every example in a docstring is right: each module of the package is imported by its name and its examples run."""

import doctest
import pkgutil
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest

import scale_forecast


def _walk(package):
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if ".migrations" not in module.name:
            yield module.name


def modules():
    """Names of all modules; the mapped rooms are no folders of the package's own, so they are walked by name."""
    rooms = [import_module(f"scale_forecast.{room}") for room in ("data", "features", "resolvers")]
    return sorted({name for package in (scale_forecast, *rooms) for name in _walk(package)})


NAMES = modules()
WITH_EXAMPLES = [name for name in NAMES if ">>>" in Path(find_spec(name).origin).read_text(encoding="utf-8")]


def test_every_module_is_imported_by_its_name():
    assert all(import_module(name).__name__ == name for name in NAMES)
    assert len(WITH_EXAMPLES) > 50


@pytest.mark.parametrize("name", WITH_EXAMPLES)
def test_examples_in_docstrings_are_right(name):
    outcome = doctest.testmod(import_module(name), optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    assert outcome.attempted > 0
    assert outcome.failed == 0
