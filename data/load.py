"""The tables a command works on: the bundled figures, or a user's own results joined with them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from data.catalog import bundled_metrics, bundled_results, bundled_tasks
from data.names import fold_series
from data.results import COLUMNS, as_results


@dataclass(frozen=True)
class Tables:
    """What `load` returns.

    Attributes
    ----------
    results, tasks, metrics : DataFrame
        As `data.results.as_results`, `data.tasks.as_tasks` and `data.tasks.as_metrics` return them.
    notes : list of str
        What was inferred, replaced or refused on the way, one sentence each; for stderr.
    """

    results: pd.DataFrame
    tasks: pd.DataFrame
    metrics: pd.DataFrame
    notes: list[str] = field(default_factory=list)


def load(paths: Sequence[str | Path] = ()) -> Tables:
    """Read a user's results and join them with the bundled figures.

    The user's rows replace bundled rows of the same line (see `replaced_lines`); bundled rows of other lines stay.
    Without ``paths`` the bundled figures alone.
    """
    bundled = bundled_results()[list(COLUMNS)]
    if not paths:
        return Tables(bundled, bundled_tasks(), bundled_metrics())
    own = pd.concat([as_results(pd.read_csv(path), where=str(path)) for path in paths], ignore_index=True)
    results, notes = join_bundled(own, bundled)
    return Tables(results, bundled_tasks(), bundled_metrics(), notes)


def join_bundled(own: pd.DataFrame, bundled: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """A user's rows, then the bundled rows of all lines they do not replace; and a note on what was replaced."""
    lines = replaced_lines(own, bundled)
    gone = fold_series(bundled["line"]).isin(lines)
    joined = as_results(pd.concat([own, bundled[~gone]], ignore_index=True), where="results and bundled figures")
    if not gone.any():
        return joined, []
    names = ", ".join(sorted(bundled.loc[gone, "line"].unique()))
    return joined, [f"{len(own)} rows of yours replace {int(gone.sum())} bundled rows of {names}"]


def replaced_lines(own: pd.DataFrame, bundled: pd.DataFrame) -> set[str]:
    """Folded names of the bundled lines a user's rows stand for.

    A line is replaced when the user's rows name it, or one of its families, or one of its models: whatever line the
    user puts a bundled model in, its bundled scores must not stay beside it as another line's.
    """
    lines = fold_series(bundled["line"])
    named = pd.Series(False, index=bundled.index)
    for column in ("line", "family", "model"):
        named |= fold_series(bundled[column]).isin(set(fold_series(own[column])))
    return set(lines[named])
