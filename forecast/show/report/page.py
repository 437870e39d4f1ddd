"""The report as one page of HTML that asks nothing of any server."""

from __future__ import annotations

import pandas as pd

from scale_forecast.backtests.summary import readable
from scale_forecast.data.names import count_of
from scale_forecast.data.sizes import format_size
from scale_forecast.show.report import charts
from scale_forecast.show.report.contents import Backtest, Report
from scale_forecast.show.report.every import controls, every_task
from scale_forecast.show.report.headline import headline
from scale_forecast.show.report.markup import download, percent, table, tag, text
from scale_forecast.show.report.means import finding, track_record
from scale_forecast.show.report.pictures import multiples
from scale_forecast.show.report.shell import whole_page

SECTIONS = {
    "headline": "In short", "tasks": "Task by task", "table": "All in numbers",
    "backtest": "How good such forecasts were", "questions": "Questions it bears on",
    "methods": "Methods, sources, download",
}  # fmt: skip
METHOD = (
    "Read: of the target's line (families that share weights, data or recipe) only models below 90% of its size and "
    "compute; of other lines everything, or what was public on the day given.",
    "Learned: nothing from the target's line.",
    "The default predictor adds to the score so far a shift common to the model's tasks and an own part of each task, "
    "both averages of several predictors weighted by simulated past forecasts of other lines; its spread is that of "
    "those forecasts' errors.",
    "P(gain): better than the score so far. P(recovery) and P(reversal), of falling tasks: better than the score so "
    "far, better than the best smaller model, each by more than two standard errors of the difference.",
)


def page(report: Report) -> str:
    """The whole page; the same report gives the same text."""
    title = f"Forecast of {report.target.model}"
    bodies = {
        "headline": headline(report),
        "tasks": controls(report.tasks) + multiples(report),
        "table": every_task(report),
        "backtest": _backtest(report.backtest, report.tasks),
        "questions": _questions(report),
        "methods": _methods(report),
    }
    sections = {key: (SECTIONS[key], body) for key, body in bodies.items()}
    scripts = ("pictures.js", "table.js")
    return whole_page(title, finding(report), _subtitle(report), sections, scripts, skip="table")


def _subtitle(report: Report) -> str:
    target = report.target
    size = [f"{format_size(target.params)} parameters"] if pd.notna(target.params) else []
    if pd.notna(target.train_flops):
        size.append(f"{target.train_flops:.2g} FLOP")
    made = report.facts.get("Made")
    out = f"{text(target.family)} at {', '.join(size)}; {count_of(len(report.tasks), 'task')}, forecast by "
    out += f"{text(report.upcoming.forecast.predictor)}{f' on {text(made)}' if made else ''}."
    known = int(report.tasks["truth"].notna().sum())
    if known:
        out += f" {known} of its scores are known by now; the forecast did not read them. They are the diamonds below."
    return out


def _backtest(found: Backtest | None, tasks: pd.DataFrame) -> str:
    out = _tell_known(tasks[tasks["truth"].notna()])
    if found is None:
        why = "No known model of the line has a smaller one of its own, so nothing can be tested on it here; "
        return out + tag("p", why + tag("code", "forecast backtest") + " does so on other lines.")
    predictor = str(found.scores["predictor"].iloc[0])
    mine = found.scores[found.scores["predictor"] == predictor]
    said = f"{text(track_record(found))} " + (
        f"The same path was taken for {', '.join(map(text, found.targets))}. Nothing was learned from the line; "
        "other lines' scores count whatever their date. Lower CRPS is better; skill is "
        "1 - CRPS / the reference's, with a 90% interval from resampling "
        f"{text(found.summary['interval_over'].iloc[0])}."
    )
    pictures = tag("div", charts.gains(mine) + charts.coverage(mine) + charts.pit(mine), class_="charts")
    return out + tag("p", said) + table(readable(found.summary), "Backtest on the line's known models") + pictures


def _tell_known(rows: pd.DataFrame) -> str:
    """How the forecast itself fared, where the target is out."""
    if rows.empty:
        return ""
    inside = rows["truth"].between(rows["q10"], rows["q90"]).mean()
    errors = (rows["truth"] - rows["median"]).abs()[rows["is_share"]]
    size = f", and the median absolute error was {100 * errors.median():.1f} points" if len(errors) else ""
    return tag(
        "p",
        f"Of this very forecast {len(rows)} scores are known: the 80% interval held {percent(inside)} of them{size}.",
    )


def _questions(report: Report) -> str:
    if report.questions is None or report.questions.empty:
        out = tag("p", "No question of the bank or the ledger names one of these tasks.")
    else:
        out = table(report.questions, "Questions that name one of these tasks", numeric=("odds or crowd", "ours"))
    out += tag("h3", "Track record so far")
    if report.record is None or report.record.empty:
        how = f"{tag('code', 'forecast predict --record')} records one, {tag('code', 'forecast resolve')} settles it."
        return out + tag("p", f"No recorded forecast is settled yet: {how}")
    return out + table(report.record, "Settled forecasts of the ledger, as forecast score gives them")


def _methods(report: Report) -> str:
    steps = "".join(tag("li", sentence) for sentence in (*METHOD, *map(text, report.notes)))
    facts = "".join(tag("dt", text(k)) + tag("dd", tag("code", text(v))) for k, v in report.facts.items())
    kinds = {"family": "this family", "others": "other lines"}
    sources = report.sources.assign(**{"read for": report.sources["read_for"].map(kinds)})
    shown = sources[["source", "read for", "scores"]]
    where = table(shown, "Where the scores on these tasks are published", numeric=("scores",))
    return tag("ul", steps) + tag("dl", facts) + where + download(report.upcoming.table, f"{report.target.model}.csv")
