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


def rank_means(report: Report) -> pd.DataFrame:
    """`Report.average`, the gain first that is the largest at the lower end of its 80% interval.

    So a mean of many items comes before one that may be noise.
    """
    gain = report.average["q10"] - report.average["origin"]
    return report.average.loc[gain.sort_values(ascending=False, kind="stable").index]


def finding(report: Report) -> str:
    """What the page found, in a few words without markup."""
    model = report.target.model
    if report.average.empty:
        return f"{model}: forecasts of {count_of(len(report.tasks), 'task')}"
    means = rank_means(report)
    first, named = means.iloc[0], means["benchmark"].astype("str")
    ends = f"{percent(first['median'])}, from {percent(first['origin'])} so far"
    if named.nunique() == 1:
        return f"{model} should score {percent(first['median'])} on {name_of(report, first)}, {ends.partition(', ')[2]}"
    gains = int((means["median"] > means["origin"]).groupby(named).all().sum())
    if not gains:
        return f"{model} should gain on none of {named.nunique()} benchmarks; {name_of(report, first)}: {ends}"
    of = f"all {gains}" if gains == named.nunique() else f"{gains} of {named.nunique()}"
    return f"{model} should gain on {of} benchmarks, most surely on {name_of(report, first)}: {ends}"


def name_of(report: Report, row: Mapping[Any, Any] | pd.Series) -> str:
    """A benchmark's name, with the setting where it is measured in several."""
    several = (report.average["benchmark"] == row["benchmark"]).sum() > 1
    return f"{row['benchmark']}, {setting_text(dict(row))}" if several else str(row["benchmark"])


def expectation(report: Report) -> str:
    """One sentence of what to expect, and one of how sure that is."""
    if report.average.empty:
        said = f"{count_of(len(report.tasks), 'task')}, none measured as a share: see each below."
    else:
        first = rank_means(report).iloc[0]
        said = (
            f"With a probability of 80% the mean over {count_of(int(first['tasks']), 'task')} of "
            f"{name_of(report, first)} lies from {percent(first['q10'])} to {percent(first['q90'])}."
        )
    return f"{said} {track_record(report.backtest)}"


def track_record(found: Backtest | None) -> str:
    """In plain words how such forecasts fared on the line's known models."""
    if found is None:
        return "No known model of the line has a smaller one, so how such forecasts fare on it cannot be seen yet."
    mine = found.scores[found.scores["predictor"] == found.scores["predictor"].iloc[0]]
    inside = mine["score"].between(mine["q10"], mine["q90"])
    shares = mine[mine["is_share"].astype(bool)]
    miss = 100 * (shares["score"] - shares["median"]).abs().median()
    missed = f"; half of the scores were missed by less than {miss:.1f} points" if len(shares) else ""
    who = " and ".join(found.targets) if len(found.targets) < 3 else f"{len(found.targets)} known models of the line"
    return (
        f"On {who}, forecast in the same way, the 80% intervals held {percent(inside.mean())} of "
        f"{count_of(len(mine), 'score')}{missed}."
    )


def means_figure(report: Report) -> str:
    """The means of the benchmarks on one scale from 0 to 100%, the surest gain first, each labelled at its bar."""
    if report.average.empty:
        return ""
    rows = rank_means(report).head(MOST_MEANS).to_dict("records")
    items = "".join(_item(report, row) for row in rows)
    left = len(report.average) - len(rows)
    more = f" {count_of(left, 'mean')} of less sure gains are left out." if left else ""
    caption = (
        "Means over the tasks of each benchmark, the surest gain first; rules stand at 0, 25, 50, 75 and 100%. Dot: "
        f"score so far. Bar: forecast, with its 50% and 80% intervals and the median.{more}"
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
    picture = bar({**row, "origin_score": row["origin"], "is_share": True}, wide=480, ruled=True)
    return tag("li", tag("div", name) + tag("div", said, class_="n") + picture)
