"""Tables as a terminal shows them: sparklines, bars of intervals, and what is left out where it is narrow.

Piped, the same tables are plain: `readable` and its like make those.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from scale_forecast.backtests import summary as evaluation
from scale_forecast.backtests.resampled import OF_THESE_TASKS
from scale_forecast.show.sparklines import calibration_bar, interval_bar, level_bar, sparkline
from scale_forecast.show.terminal import PIPED_WIDTH, View, fitting

if TYPE_CHECKING:
    from scale_forecast.prediction import Prediction
    from scale_forecast.upcoming import Upcoming

MOST_ROWS = 40
EVIDENCE_SHOWN = ["model", "task", "score", "known_on", "source"]
"""Columns of a resolution's evidence that people are shown."""


def prediction(found: Upcoming) -> View:
    """`forecast predict`: the history of each task and its intervals on the range of its scores."""
    plain = readable_forecasts(found.table)
    rows = found.table.loc[plain.index]
    units = found.forecast.targets["unit"].reindex(plain.index)
    known = found.history(units.to_numpy()).groupby("row")["score"].agg(list)
    share = found.forecast.targets["is_share"].reindex(plain.index).to_numpy(dtype=bool)
    sparks, bars = [], []
    for place, (row, is_share) in enumerate(zip(rows.to_dict("records"), share, strict=True)):
        scores = known[place]
        high = 1.0 if is_share else 1.05 * max(*scores, row["q90"])
        sparks.append(sparkline(scores, 0.0, high))
        ends = (row[name] for name in ("q10", "q25", "median", "q75", "q90"))
        bars.append(interval_bar(*ends, high=high))
    table = plain.copy()
    table.insert(3, "so far", sparks)
    table.insert(6, "0 to 1" if share.all() else "from 0", bars)
    table = table.drop(columns=[name for name in ("P(recovery)", "P(reversal)") if table[name].isna().all()])
    spare = ("P(recovery)", "80% interval", "setting", "trend", "so far", "benchmark", "P(reversal)", "from")
    return View(table, spare, ("so far", "0 to 1", "from 0"))


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


def readable_prediction(found: Prediction) -> pd.DataFrame:
    """The selection for a terminal; of several sizes the model in the first column, the tasks in one order."""
    if len(found) == 1:
        return readable_forecasts(found.frame)
    last = readable_forecasts(found[-1].table, MOST_ROWS // len(found))
    units = found[-1].forecast.targets["unit"].loc[last.index]
    parts = []
    for part in found:
        rows = part.table.set_index(part.forecast.targets["unit"].to_numpy())
        here = readable_forecasts(rows, len(rows)).reindex(units[units.isin(rows.index)])
        here.insert(0, "model", part.target.model)
        parts.append(here)
    return pd.concat(parts, ignore_index=True).sort_values("task", kind="stable", key=_in_order(last["task"]))


def _in_order(names: pd.Series) -> Callable[[pd.Series], pd.Series]:
    """A key that sorts names as they first stand in ``names``."""
    place = {name: at for at, name in enumerate(dict.fromkeys(names))}
    return lambda column: column.map(place)


def readable_forecasts(table: pd.DataFrame, most: int = MOST_ROWS) -> pd.DataFrame:
    """The selection for a terminal: largest expected change first, at most ``most`` rows."""
    change = (table["median"] - table["origin_score"]).abs()
    first = table.loc[change.sort_values(ascending=False, kind="stable").index[:most]]
    setting = first["prompt"].astype("str") + first["shots"].map(lambda s: "" if pd.isna(s) else f", {s:g}-shot")
    return pd.DataFrame(
        {
            "task": first["task"],
            "benchmark": first["benchmark"],
            "setting": setting,
            "from": first["origin_score"],
            "forecast": first["median"],
            "80% interval": [f"{low:.3f} to {high:.3f}" for low, high in zip(first["q10"], first["q90"], strict=True)],
            "P(gain)": first["prob_gain"],
            "P(recovery)": first["prob_recovery"],
            "P(reversal)": first["prob_reversal"],
            "trend": first["trend"],
        }
    )
