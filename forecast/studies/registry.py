"""The studies by name, those of other distributions included, and running them on a user's results."""

from __future__ import annotations

import functools
from collections.abc import Iterable

import pandas as pd

from scale_forecast.data.errors import DataError, UsageError
from scale_forecast.data.load import Tables, with_frontier
from scale_forecast.data.members import Members
from scale_forecast.data.names import did_you_mean
from scale_forecast.parallel import Workers
from scale_forecast.studies import (
    elicitation,
    features,
    inverse,
    levels,
    logistic,
    metrics,
    middle,
    momentum,
    noise,
    records,
    steps,
)
from scale_forecast.studies.findings import Findings, Study

STUDIES: Members[Study] = Members(
    "scale_forecast.studies",
    # in the order of the argument
    tuple(
        module.STUDY
        for module in (
            momentum,
            levels,
            noise,
            logistic,
            middle,
            metrics,
            steps,
            inverse,
            elicitation,
            features,
            records,
        )
    ),
    Study,
    noun="study",
)


def run_studies(
    names: Iterable[str], tables: Tables, *, joined: bool = False, seed: int = 0, workers: Workers | None = None
) -> dict[str, Findings]:
    """Run studies on the user's own families, or on all results.

    Parameters
    ----------
    names : of `STUDIES`
    tables : from `data.load.load`; without own families the bundled figures are studied
    joined : study the user's families together with the bundled ones
    workers : who studies, a study a step

    Raises
    ------
    UsageError
        For an unknown study.
    DataError
        Where the results do not hold what a study needs.
    """
    chosen = [STUDIES.find(name).name for name in names]
    run = functools.partial(_run_study, tables, joined, seed)
    return dict(zip(chosen, (workers or Workers()).map(run, chosen), strict=True))


def _run_study(tables: Tables, joined: bool, seed: int, name: str) -> Findings:
    own, chosen = bool(tables.own_families) and not joined, STUDIES[name]
    given = with_frontier(tables) if chosen.by_date and not own else tables
    return chosen.run(_own(tables) if own else given.results, given.tasks, given.metrics, seed=seed)


def find_study(name: str) -> str:
    """The name of a study as the registry has it.

    Raises
    ------
    UsageError
        For an unknown one, with near names.
    """
    return STUDIES.find(name.lower()).name


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
