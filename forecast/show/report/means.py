"""What stands above the fold: the finding as a title, one sentence of how sure it is, and the benchmark means."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from scale_forecast.data.names import count_of
from scale_forecast.means import setting_text
from scale_forecast.show.report.contents import Backtest, Report
from scale_forecast.show.report.markup import percent, tag, text
from scale_forecast.show.report.small import bar

MOST_MEANS = 12


def finding(report: Report) -> str:
    """What the page found, in a few words without markup."""
    if report.average.empty:
        return f"{report.target.model}: forecasts of {count_of(len(report.tasks), 'task')}"
    first = report.average.iloc[0]
    return (
        f"{report.target.model} should score {percent(first['median'])} on {name_of(report, first)}, "
        f"from {percent(first['origin'])} so far"
    )


def name_of(report: Report, row: Mapping[Any, Any] | pd.Series) -> str:
    """A benchmark's name, with the setting where it is measured in several."""
    several = (report.average["benchmark"] == row["benchmark"]).sum() > 1
    return f"{row['benchmark']} ({setting_text(dict(row))})" if several else str(row["benchmark"])


def expectation(report: Report) -> str:
    """One sentence of what to expect, and one of how sure that is."""
    if report.average.empty:
        said = f"{count_of(len(report.tasks), 'task')}, none measured as a share: see each below."
    else:
        first = report.average.iloc[0]
        said = (
            f"With a probability of 80% its mean of {count_of(int(first['tasks']), 'task')} lies from "
            f"{percent(first['q10'])} to {percent(first['q90'])}."
        )
    return f"{said} {track_record(report.backtest)}"


def track_record(found: Backtest | None) -> str:
    """In plain words how such forecasts fared on the line's known models."""
    if found is None:
        return "No known model of the line has a smaller one, so how such forecasts fare on it cannot be seen yet."
    mine = found.scores[found.scores["predictor"] == found.scores["predictor"].iloc[0]]
    inside = mine["score"].between(mine["q10"], mine["q90"])
    models = count_of(len(found.targets), "known model")
    return (
        f"On the line's {models}, forecast in the same way, the 80% intervals held {percent(inside.mean())} of "
        f"{count_of(len(mine), 'score')}."
    )


def means_figure(report: Report) -> str:
    """The means of the benchmarks on one scale from 0 to 100%, those of most tasks first, each labelled at its bar."""
    if report.average.empty:
        return ""
    rows = report.average.head(MOST_MEANS).to_dict("records")
    items = "".join(_item(report, row) for row in rows)
    left = len(report.average) - len(rows)
    more = f" {count_of(left, 'benchmark')} of fewer tasks are left out." if left else ""
    caption = (
        "Means over the tasks of each benchmark, from 0 to 100%. Dot: score so far. Line: forecast, with its 50% and "
        f"80% intervals.{more}"
    )
    return tag("figure", tag("ul", items) + tag("figcaption", caption), class_="means")


def _item(report: Report, row: dict[Any, Any]) -> str:
    name = tag("span", text(name_of(report, row)), class_="name") + tag(
        "span", f" {count_of(int(row['tasks']), 'task')}", class_="sub"
    )
    said = (
        f"{percent(row['origin'])} → <strong>{percent(row['median'])}</strong> "
        f"({percent(row['q10'])} to {percent(row['q90'])})"
    )
    picture = bar({**row, "origin_score": row["origin"], "is_share": True}, wide=480)
    return tag("li", tag("div", name) + picture + tag("div", said, class_="n"))
