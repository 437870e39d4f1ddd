"""The studies by name. Each is a module of this package with one function, ``study``, imported when it is run."""

from __future__ import annotations

import importlib
from collections.abc import Iterable

import pandas as pd

from scale_forecast.data.errors import DataError, UsageError
from scale_forecast.data.load import Tables
from scale_forecast.data.names import did_you_mean
from scale_forecast.studies.findings import Findings

STUDIES = {
    "momentum": "Does a task that gained at the last step of scale gain at the next?",
    "noise": "What would noise alone make of perfect momentum, and how much of it do the results hold?",
    "logistic": "What follows if every task is an exact logistic curve of scale?",
    "metrics": "How sudden does the metric make the same outputs look?",
    "steps": "What does a task of many steps ask of each step, and what does checking buy?",
    "inverse": "Which tasks get worse with scale, and what does picking them for it do?",
    "elicitation": "What do shots, chain of thought and tuning add, beside what scale adds?",
    "features": "What is each thing known of a task worth for its next gain?",
}
"""What each study asks, in the order of the argument."""


def run_studies(names: Iterable[str], tables: Tables, *, joined: bool = False, seed: int = 0) -> dict[str, Findings]:
    """Run studies on the user's own families, or on all results.

    Parameters
    ----------
    names : of `STUDIES`
    tables : from `data.load.load`; without own families the bundled figures are studied
    joined : study the user's families together with the bundled ones

    Raises
    ------
    UsageError
        For an unknown study.
    DataError
        Where the results do not hold what a study needs.
    """
    results = tables.results if joined or not tables.own_families else _own(tables)
    return {name: _study(name)(results, tables.tasks, tables.metrics, seed=seed) for name in names}


def known(name: str) -> str:
    """The name of a study as the registry has it.

    Raises
    ------
    UsageError
        For an unknown one, with near names.
    """
    if name.lower() not in STUDIES:
        raise UsageError(f"no study {name!r}{did_you_mean(name, STUDIES)}: there are {', '.join(STUDIES)}, and all")
    return name.lower()


def table_of(findings: Findings, name: str | None) -> pd.DataFrame:
    """A table of a study by name, the main one when None.

    Raises
    ------
    UsageError
        For an unknown one, with near names.
    """
    every = findings.tables | findings.details
    if not every:
        raise DataError(f"these results have no table for this study: {findings.sentences[0]}")
    if name is None:
        return next(iter(every.values()))
    if name not in every:
        raise UsageError(f"no table {name!r}{did_you_mean(name, every)}: this study has {', '.join(every)}")
    return every[name]


def _own(tables: Tables) -> pd.DataFrame:
    return tables.results[tables.results["family"].isin(tables.own_families)].reset_index(drop=True)


def _study(name: str):  # type: ignore[no-untyped-def]
    return importlib.import_module(f"scale_forecast.studies.{known(name)}").study
