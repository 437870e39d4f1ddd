"""Every example in a docstring is right: each module of the package is imported by its name and its examples run."""

import doctest
import pkgutil
from importlib import import_module

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


@pytest.mark.parametrize("name", modules())
def test_examples_in_docstrings_are_right(name):
    outcome = doctest.testmod(import_module(name), optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    assert outcome.failed == 0
