"""What comes back at a prompt is a line, not all tables that a result holds."""

import dataclasses
import importlib
import pkgutil

import pandas as pd

import scale_forecast.workflow as room
from scale_forecast.workflow.found_by_date import Records
from scale_forecast.workflow.largest import Largest
from scale_forecast.workflow.settle import Scores, Settled


def results_with_tables():
    """The dataclasses of the room that hold a table or give one."""
    for module in pkgutil.iter_modules(room.__path__):
        for cls in vars(importlib.import_module(f"{room.__name__}.{module.name}")).values():
            if dataclasses.is_dataclass(cls) and cls.__module__.startswith(room.__name__):
                types = {str(field.type) for field in dataclasses.fields(cls)}
                if "pd.DataFrame" in types or isinstance(vars(cls).get("table"), property):
                    yield cls


def test_no_result_prints_its_tables_at_a_prompt():
    found = set(results_with_tables())
    assert {Records, Largest, Settled, Scores} <= found
    made_by_dataclass = {cls.__name__ for cls in found if hasattr(cls.__repr__, "__wrapped__")}
    assert made_by_dataclass == set()


def test_a_result_says_how_much_it_holds_and_where():
    assert repr(Settled([])) == "<Settled: 0 rows in .table>"
    assert repr(Scores(pd.DataFrame({"loss": [0.1]}))) == "<Scores: 1 row in .forecasts>"
