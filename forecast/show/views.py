"""Tables as a terminal shows them: sparklines, bars of intervals, and what is left out where it is narrow.

Piped, the same tables are plain: `readable` and its like make those.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from scale_forecast.backtests import summary as evaluation
from scale_forecast.backtests.resampled import OF_THESE_TASKS
from scale_forecast.show.sparklines import calibration_bar, interval_bar, level_bar
from scale_forecast.show.terminal import PIPED_WIDTH, View, fitting

EVIDENCE_SHOWN = ["model", "task", "score", "known_on", "source"]
"""Columns of a resolution's evidence that people are shown."""


def readable_summary(summary: pd.DataFrame) -> pd.DataFrame:
    """`forecast backtest` where it is piped: what no line has room for is left to CSV and JSON."""
    table = evaluation.readable(summary)
    return fitting(table, PIPED_WIDTH, _spare(table))


def caution(summary: pd.DataFrame) -> str:
    """What the intervals of `forecast backtest` do not say; empty where several targets were drawn anew."""
    if (summary["interval_over"] != OF_THESE_TASKS).any():
        return ""
    known = summary.filter(like="_between").notna().any(axis=None)
    return "one target: the intervals are of these tasks and say nothing of the line's next model; " + (
        "± is the spread between targets of the line"
        if known
        else "--siblings forecasts more of the line and sets the spread between targets beside (±)"
    )


def view_backtest(summary: pd.DataFrame) -> View:
    """`forecast backtest`: the summary with CRPS as bars."""
    table = evaluation.readable(summary)
    most = summary.groupby("of")["crps"].transform("max")
    at = int(np.flatnonzero(table.columns == "CRPS")[0]) + 1
    table.insert(at, "lower is better", [level_bar(*pair) for pair in zip(summary["crps"], most, strict=True)])
    return View(table, (*_spare(table), "lower is better"), ("lower is better",))


def _spare(table: pd.DataFrame) -> tuple[str, ...]:
    """Columns of a readable summary that may go, the first one first."""
    against = tuple(str(name) for name in table if str(name).startswith("vs "))
    return ("RMSE", "in 50%", "in 90%", *against[2:], "r, origin out", "scores", "R2, shift forgiven", *against[1:2])


def listed_questions(table: pd.DataFrame) -> pd.DataFrame:
    """What people read of a list of questions; who asked them where not all came up alike."""
    shown = table[["question", "status", "value", "resolve_by", "probability", "title"]].copy()
    if table["retrospective"].nunique() > 1:
        shown.insert(1, "asked", table["retrospective"].map({True: "in retrospect", False: "ahead"}))
    return shown


def questions(table: pd.DataFrame) -> View:
    """`forecast questions list`: with the stated probability as a bar."""
    shown = listed_questions(table)
    shown.insert(
        list(shown).index("title"), "0 to 1", [interval_bar(p, p, p, p, p, width=12) for p in shown["probability"]]
    )
    return View(shown, ("value", "title", "resolve_by"), ("0 to 1",))


def calibration(table: pd.DataFrame) -> View:
    """`forecast score`: what was said (│), what happened (●), and where 90% of calibrated ones happen (░)."""
    shown = table.copy()
    ends = zip(shown["said"], shown["happened"], shown["band_low"], shown["band_high"], strict=True)
    shown["said │ happened ●"] = [calibration_bar(*row) for row in ends]
    return View(shown, ("band_low", "band_high", "low", "high"), ("said │ happened ●",))
