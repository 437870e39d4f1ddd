"""Forecasts and backtests in a notebook: a table and pictures, in a style that touches nothing around them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.resources import files

import pandas as pd

from scale_forecast.backtests.summary import readable, summary
from scale_forecast.data.names import count_of
from scale_forecast.prediction import Prediction
from scale_forecast.show.first_screen import choose_rows
from scale_forecast.show.plots.backtests import of_predictor
from scale_forecast.show.report import charts
from scale_forecast.show.report.contents import setting_of, task_table
from scale_forecast.show.report.markup import name, number, percent, table, tag, text
from scale_forecast.show.report.small import bar, multiple
from scale_forecast.upcoming import Upcoming

MOST_ROWS = 15
MOST_PICTURES = 8
REFERENCES = ("pooled-law", "drift", "persistence")


def upcoming_html(found: Upcoming) -> str:
    """The surest changes of each benchmark as a table with interval bars, and the first of them as pictures."""
    tasks = task_table(found, {})
    first = tasks.loc[choose_rows(tasks, MOST_ROWS)].reset_index(drop=True)
    known = dict(iter(found.history(first["unit"].to_numpy()).groupby("row")))
    settings = setting_of(first).tolist()
    rows = "".join(_row(task, settings[place]) for place, task in enumerate(first.to_dict("records")))
    titles = (
        "task",
        "benchmark",
        "setting",
        "so far",
        "forecast",
        "80% interval",
        "",
        "P(gain)",
        "P(reversal)",
        "trend",
    )
    head = tag("tr", "".join(tag("th", title, scope="col") for title in titles))
    more = f", the first {len(first)}" if len(first) < len(tasks) else ""
    caption = f"{found.target.model}: {count_of(len(tasks), 'task')}, the surest change of each benchmark first{more}"
    pictures = "".join(
        tag("figure", multiple(task, known[place]) + tag("figcaption", name(task["task"])))
        for place, task in enumerate(first.head(MOST_PICTURES).to_dict("records"))
    )
    whole = tag("table", tag("caption", text(caption)) + f"<thead>{head}</thead><tbody>{rows}</tbody>")
    return _wrap_style(whole + tag("div", pictures, class_="pictures"))


def prediction_html(found: Prediction) -> str:
    """Every model of a prediction, the smallest first."""
    return "".join(upcoming_html(part) for part in sorted(found, key=lambda part: part.target.compute))


def _row(task: dict, setting: str) -> str:
    share = bool(task["is_share"])
    cells = [
        name(task["task"]),
        text(task["benchmark"]),
        text(setting),
        number(task["origin_score"], share),
        number(task["median"], share),
        f"{number(task['q10'], share)} to {number(task['q90'], share)}",
        bar(task),
        percent(task["prob_gain"]),
        percent(task["prob_reversal"]),
        text(task["trend"]),
    ]
    return tag("tr", "".join(tag("td", content) for content in cells))


def tables_html(tables: Mapping[str, pd.DataFrame], sentences: Sequence[str] = ()) -> str:
    """Plain tables under their titles, and sentences below."""
    whole = "".join(table(shown, title) for title, shown in tables.items())
    return _wrap_style(whole + "".join(tag("p", text(sentence)) for sentence in sentences))


def backtest_html(scores: pd.DataFrame) -> str:
    """The summary of a backtest table, and the gains, coverage and PIT of one of its predictors."""
    if scores.empty:
        return _wrap_style(tag("p", "A backtest without a score."))
    names = set(scores["predictor"])
    shown = readable(summary(scores, references=[r for r in REFERENCES if r in names]))
    mine = of_predictor(scores)
    who = tag("p", f"{text(mine['predictor'].iloc[0])}, {count_of(len(mine), 'score')}:")
    pictures = tag("div", charts.gains(mine) + charts.coverage(mine) + charts.pit(mine), class_="pictures")
    return _wrap_style(table(shown, "Backtest: lines count the same, lower CRPS is better") + who + pictures)


def _wrap_style(inside: str) -> str:
    style = files("scale_forecast.show.report").joinpath("cells.css").read_text(encoding="utf-8")
    return f'<div class="scale-forecast"><style>{style}</style>{inside}</div>'
