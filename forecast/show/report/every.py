"""The table of every task, which the page's script sorts, filters and searches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from scale_forecast.show.report.contents import Report, setting_of
from scale_forecast.show.report.markup import name, number, percent, tag, text
from scale_forecast.show.report.small import bar

COLUMNS = {
    "task": "Task", "benchmark": "Benchmark", "setting": "Setting", "origin": "So far", "median": "Forecast",
    "change": "Change", "interval": "80% interval", "gain": "P(gain)", "recovery": "P(recovery)",
    "reversal": "P(reversal)", "truth": "Scored", "trend": "Trend",
}  # fmt: skip
TEXTS = ("task", "benchmark", "setting", "trend")


def controls(tasks: pd.DataFrame) -> str:
    """What the table is searched and filtered with."""

    def choice(key: str, label: str) -> str:
        values = sorted(tasks[key].astype("str").unique())
        options = tag("option", "all", value="") + "".join(tag("option", text(v), value=v) for v in values)
        return tag("label", f"{label} {tag('select', options, id=f'by-{key}')}")

    search = tag("label", 'Search <input type="search" id="search">')
    count = tag("p", f"{len(tasks)} of {len(tasks)} tasks", id="count", role="status")
    inside = search + choice("benchmark", "Benchmark") + choice("trend", "Trend") + count
    return tag("form", inside, id="controls", role="search", aria_label="Filter tasks")


def every_task(report: Report) -> str:
    """The table; cells carry the number that they are sorted by."""
    columns = [key for key in COLUMNS if key != "truth" or report.tasks["truth"].notna().any()]
    head = "".join(
        tag(
            "th",
            tag("button", COLUMNS[key], type="button"),
            scope="col",
            aria_sort="none",
            class_=None if key in TEXTS else "n",
        )
        for key in columns
    )
    settings = setting_of(report.tasks).tolist()
    rows = "".join(
        _row(place, task, settings[place], columns) for place, task in enumerate(report.tasks.to_dict("records"))
    )
    title = f"Forecasts of {report.target.model}, task by task"
    inside = tag("caption", text(title), class_="hidden") + f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody>"
    whole = tag("table", inside, id="all")
    how = (
        "Benchmark by benchmark, the surest change first. So far: the score of the family's largest smaller model, or "
        "for a recipe nobody has "
        "seen of the model nearest below in compute. In the bar: 80% and 50% intervals, the median, and a dot for the "
        "score so far. A change is for the better with a plus; of shares it is in points."
    )
    return tag("p", how) + tag("div", whole, class_="wide", tabindex=0, role="region", aria_label=title)


def _row(place: int, task: dict[Any, Any], setting: str, columns: Sequence[str]) -> str:
    share = bool(task["is_share"])
    points = f"{100 * task['change']:+.1f}" if share else f"{task['change']:+.3g}"
    span = f"{number(task['q10'], share)} to {number(task['q90'], share)}"
    shown: dict[str, tuple[str, Any]] = {
        "benchmark": (text(task["benchmark"]), None),
        "setting": (text(setting), None),
        "origin": (number(task["origin_score"], share), task["origin_score"]),
        "median": (number(task["median"], share), task["median"]),
        "change": (points, task["change"]),
        "interval": (f"{bar(task)} {span}", task["q90"] - task["q10"]),
        "gain": (percent(task["prob_gain"]), task["prob_gain"]),
        "recovery": (percent(task["prob_recovery"]), task["prob_recovery"]),
        "reversal": (percent(task["prob_reversal"]), task["prob_reversal"]),
        "truth": (number(task["truth"], share), task["truth"]),
        "trend": (text(task["trend"]), None),
    }
    cells = [tag("th", name(task["task"]), scope="row")]
    for column in columns[1:]:
        content, value = shown[column]
        key = None if value is None else "" if pd.isna(value) else f"{value:.6g}"
        cells.append(tag("td", content, class_=None if column in TEXTS else "n", data_v=key))
    return tag("tr", "".join(cells), data_row=place)
