"""What `forecast predict` says first: the mean of each benchmark, how such means fared, then tasks by benchmark."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from scale_forecast.data.metrics import is_unbounded
from scale_forecast.data.names import count_of
from scale_forecast.data.results import SUITE
from scale_forecast.means import benchmark_means, is_primary, setting_text
from scale_forecast.show.order import screen_order
from scale_forecast.show.sparklines import interval_bar, sparkline
from scale_forecast.show.terminal import View, as_text, cell, is_terminal
from scale_forecast.upcoming import Past, Upcoming

MOST_ROWS = 40
FEWEST_EACH = 3
"""Tasks of a benchmark that are shown however many benchmarks there are."""


@dataclass(frozen=True)
class FirstScreen:
    """The parts of the first screen: views with titles, and sentences between and after them."""

    title: str
    means: View
    past: str | None
    tasks: View
    others: View
    left_out: str | None

    def text(self) -> str:
        """The whole screen."""
        parts = [f"{self.title}\n"]
        if len(self.means.table):
            parts.append(_view_text(self.means, "Means by benchmark"))
        if self.past:
            parts.append(f"{self.past}\n")
        if len(self.tasks.table):
            parts.append(_view_text(self.tasks, "Tasks by benchmark, the surest change first"))
        if len(self.others.table):
            parts.append(_view_text(self.others, "Losses and scores without a highest, each in its own unit"))
        if self.left_out:
            parts.append(f"{self.left_out}\n")
        return "\n".join(parts)


def _view_text(view: View, title: str) -> str:
    return as_text(view.table, title=title, spare=view.spare, pictures=view.pictures)


def first_screen(found: Upcoming, *, all_metrics: bool = False, most: int = MOST_ROWS) -> FirstScreen:
    """The first screen of a forecast.

    Parameters
    ----------
    found : the forecast
    all_metrics : show every metric of a task, not the first alone
    most : rows about tasks in all
    """
    is_share = found.forecast.targets["is_share"].to_numpy(dtype=bool)
    table = found.table.reset_index(drop=True).assign(is_share=is_share, prob_tie=found.forecast.prob_tie())
    primary = np.ones(len(table), dtype=bool) if all_metrics else is_primary(table)
    rows = choose_rows(table[primary], most)
    is_share = is_share[rows]
    named = table[["benchmark", "task"]].drop_duplicates()
    many = f"{count_of(len(named), 'task')} of {count_of(named['benchmark'].nunique(), 'benchmark')}"
    return FirstScreen(
        f"{found.target.model}: {many}, forecast by {found.forecast.predictor}",
        _means(found),
        None if found.past is None else past_sentence(found.past),
        _tasks(found, rows[is_share]),
        _tasks(found, rows[~is_share]),
        _remark_on_rest(len(rows), len(table), int((~primary).sum())),
    )


def choose_rows(table: pd.DataFrame, most: int) -> np.ndarray:
    """Labels of the rows shown, in the order of `screen_order`: of each benchmark some where there is no room for all.

    Parameters
    ----------
    table : the forecast table with ``is_share`` and ``prob_tie``
    most : rows in all
    """
    order = screen_order(table)
    each = max(FEWEST_EACH, most // max(order.groupby(["unbounded", "benchmark"]).ngroups, 1))
    # Where there is room for all there is nothing to leave out.
    chosen = order if len(order) <= most else order.groupby(["unbounded", "benchmark"], sort=False).head(each)
    return chosen.head(most).index.to_numpy()


def _means(found: Upcoming) -> View:
    means = benchmark_means(found)
    ends = zip(*(means[name] for name in ("q10", "q25", "median", "q75", "q90")), strict=True)
    table = pd.DataFrame(
        {
            "benchmark": means["benchmark"],
            "setting": settings(means),
            "tasks": means["tasks"],
            "so far": means["origin"],
            "forecast": means["median"],
            "0 to 1": [interval_bar(*row) for row in ends],
            "80% interval": _interval(means),
        }
    )
    if found.past is not None and len(found.past.means):
        held, missed = _past_columns(means, found.past.means)
        table["past means held"], table["missed by"] = held, missed
    if not is_terminal():
        table = table.drop(columns="0 to 1")
    spare = ("missed by", "0 to 1", "past means held")
    return View(table, spare if table["benchmark"].duplicated().any() else (*spare, "setting"), ("0 to 1",))


def _past_columns(means: pd.DataFrame, past: pd.DataFrame) -> tuple[list[str], list[float]]:
    """Of each mean: how many of the line's known models its like held, and by how much it was missed."""
    keys = past[SUITE].astype("object").apply(lambda row: _key(row.tolist()), axis=1)
    held, missed = [], []
    for key in means[SUITE].astype("object").to_numpy().tolist():
        rows = past[keys == _key(key)]
        inside = rows["score"].between(rows["q10"], rows["q90"])
        held.append(f"{int(inside.sum())} of {len(rows)}" if len(rows) else "–")
        missed.append((rows["score"] - rows["median"]).abs().mean())
    return held, missed


def _key(values: list[object]) -> str:
    return repr(["" if pd.isna(value) else str(value) for value in values])  # type: ignore[call-overload]


def past_sentence(past: Past) -> str:
    """How such forecasts fared on the line's known models, task by task."""
    scores = past.scores
    inside = scores["score"].between(scores["q10"], scores["q90"])
    shares = scores[scores["is_share"].astype(bool)]
    off = (shares["score"] - shares["median"]).abs().median()
    names = past.models
    who = ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")
    missed = f"; the median miss was {off:.3f}" if len(shares) else ""
    return (
        f"On {count_of(len(names), 'known model')} of the line ({who}) such 80% intervals held "
        f"{int(inside.sum())} of {count_of(len(scores), 'score')} ({inside.mean():.0%}){missed}."
    )


def _tasks(found: Upcoming, rows: np.ndarray) -> View:
    """Rows about tasks, in order; a terminal sees the history of each and its intervals too."""
    table = found.table.reset_index(drop=True).loc[rows]
    shown = readable_tasks(table)
    spare = ("P(recovery)", "so far", "trend", "setting", "80% interval", "P(reversal)", "from")
    if not is_terminal() or shown.empty:
        return View(shown, spare)
    units = found.forecast.targets["unit"].to_numpy()[rows]
    share = found.forecast.targets["is_share"].to_numpy(dtype=bool)[rows]
    known = found.history(units).groupby("row")["score"].agg(list)
    sparks, bars = [], []
    for place, (row, is_share) in enumerate(zip(table.to_dict("records"), share, strict=True)):
        scores = known[place]
        high = 1.0 if is_share else 1.05 * max(*scores, row["q90"])
        sparks.append(sparkline(scores, 0.0, high))
        ends = (row[name] for name in ("q10", "q25", "median", "q75", "q90"))
        bars.append(interval_bar(*ends, high=high))
    shown.insert(list(shown).index("from"), "so far", sparks)
    shown.insert(list(shown).index("80% interval"), "0 to 1" if share.all() else "from 0", bars)
    return View(shown, spare, ("so far", "0 to 1", "from 0"))


def readable_tasks(table: pd.DataFrame) -> pd.DataFrame:
    """Rows of the forecast table as people read them; columns that say nothing are left out."""
    shown = pd.DataFrame(
        {
            "benchmark": table["benchmark"].astype("str"),
            "task": table["task"].astype("str"),
            "metric": table["metric"].astype("str").str.replace("_", " "),
            "setting": settings(table),
            "from": table["origin_score"],
            "forecast": table["median"],
            "80% interval": _interval(table),
            "P(gain)": table["prob_gain"],
            "P(recovery)": table["prob_recovery"],
            "P(reversal)": table["prob_reversal"],
            "trend": table["trend"],
        }
    )
    empty = [name for name in ("P(recovery)", "P(reversal)") if shown[name].isna().all()]
    apart = shown["metric"].nunique() > 1 or bool(table["metric"].map(is_unbounded).any())
    same = [] if apart else ["metric"]
    return shown.drop(columns=[*empty, *same])


def settings(table: pd.DataFrame) -> list[str]:
    """How each row was measured: prompt and shots, and who ran which release with what, where that is said."""
    return [setting_text(row) for row in table[SUITE].astype("object").to_dict("records")]


def _interval(table: pd.DataFrame) -> list[str]:
    return [f"{cell(low)} to {cell(high)}" for low, high in zip(table["q10"], table["q90"], strict=True)]


def _remark_on_rest(shown: int, rows: int, metrics: int) -> str | None:
    if shown == rows:
        return None
    others = f", {metrics} of them other metrics (--all-metrics)" if metrics else ""
    return f"{rows - shown:,} of {rows:,} rows are left out{others}: --format csv has all."
