"""What to read first: what improves most, what may reverse, and what nobody can know."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from scale_forecast.show.report.contents import Report
from scale_forecast.show.report.markup import name, number, percent, tag, text
from scale_forecast.show.report.means import expectation, means_figure
from scale_forecast.upcoming import remark_uncovered

MOST = 5
WIDTH_80 = 2 * 1.2816
"""Of a normal distribution, in standard deviations."""


def headline(report: Report) -> str:
    """What to expect and how sure, the means of the benchmarks, and three cards."""
    cards = [
        ("Will improve most", _improves(report.tasks)),
        ("May reverse", _reverses(report.tasks)),
        ("What no one can know", _unknowable(report)),
    ]
    out = "".join(tag("section", tag("h3", title) + body, class_="card") for title, body in cards)
    return tag("p", text(expectation(report)), class_="lead") + means_figure(report) + tag("div", out, class_="cards")


def _improves(tasks: pd.DataFrame) -> str:
    shares = tasks[tasks["is_share"] & (tasks["change"] > 0)]
    rows = surest_gains(shares) if len(shares) else tasks[tasks["change"] > 0].head(MOST)
    if rows.empty:
        return tag("p", "No task is expected to improve.")
    sure = tasks["prob_gain"]
    counts = (
        f"{int((sure >= 0.9).sum())} of {len(tasks)} tasks improve with a probability of 90% or more; "
        f"{sure.sum():.0f} are expected to."
    )
    how = tag("p", "By what is left of the gain at the low end of the interval after the noise of the test set.")
    return _list(rows, lambda row: f"a gain with probability {percent(row['prob_gain'])}") + how + tag("p", counts)


def surest_gains(tasks: pd.DataFrame) -> pd.DataFrame:
    """The tasks with the largest gain beyond noise, each once.

    That is the gain at the lower end of the 80% interval, less two standard errors of sampling: a test of eight items
    gains much in the median only because its score so far is low by chance.
    """
    least = tasks["q10"].where(tasks["higher_is_better"], -tasks["q90"])
    gain = least - tasks["origin_score"].where(tasks["higher_is_better"], -tasks["origin_score"]) - 2 * tasks["noise"]
    order = tasks.loc[gain.sort_values(ascending=False, kind="stable").index]
    return order.drop_duplicates(["benchmark", "task"]).head(MOST)


def _reverses(tasks: pd.DataFrame) -> str:
    rows = tasks[tasks["prob_reversal"].notna()].sort_values("prob_reversal", ascending=False, kind="stable")
    at_end = tasks["is_share"] & ((tasks["origin_score"] >= 0.999) | (tasks["origin_score"] <= 0.001))
    losing = tasks[~at_end].sort_values("prob_gain", kind="stable").drop_duplicates(["benchmark", "task"]).head(3)
    named = "; ".join(f"{name(row['task'])} ({percent(1 - row['prob_gain'])})" for _, row in losing.iterrows())
    fall = tag("p", f"Most likely to get worse, or no better: {named}.")
    if rows.empty:
        return tag("p", "No task falls with scale beyond noise in this family so far, so none can reverse.") + fall
    counts = (
        f"{len(rows)} of {len(tasks)} tasks fall so far: {rows['prob_recovery'].sum():.1f} are expected to recover "
        f"(beat the largest model beyond noise), {rows['prob_reversal'].sum():.1f} to reverse (beat the best)."
    )

    def tail(row: pd.Series) -> str:
        return f"reverses with probability {percent(row['prob_reversal'])}, recovers {percent(row['prob_recovery'])}"

    return _list(rows.head(MOST), tail) + tag("p", counts) + fall


def _unknowable(report: Report) -> str:
    tasks = report.tasks
    shares = tasks[tasks["is_share"]]
    said = remark_uncovered(report.upcoming.forecast)
    unsure = tag("p", f"{said}.") if said else ""
    if shares.empty:
        return tag("p", "The tasks are losses: no test set's sampling noise is known.") + unsure
    ceilings = shares.drop_duplicates("suite")["ceiling_r2"]
    noise = 2 * shares["noise"]
    worst = shares.sort_values("noise", ascending=False, kind="stable").drop_duplicates(["benchmark", "task"]).head(3)
    named = "; ".join(f"{name(row['task'])} (± {percent(2 * row['noise'])})" for _, row in worst.iterrows())
    low, high = percent(ceilings.min()), percent(ceilings.max())
    span = low if low == high else f"{low} to {high}"
    width = (shares["q90"] - shares["q10"]).clip(lower=1e-9)
    part = float(np.clip(np.median(WIDTH_80 * shares["noise"] / width), 0, 1))
    out = (
        "Test sets are samples. Even someone who knew the model would miss its scores by "
        f"± {percent(noise.median(), 1)} (two standard errors, median task); such noise alone is {percent(part)} as "
        "wide as our 80% intervals. Of what sets the gains of a suite's tasks apart, the "
        "<strong>noise ceiling</strong> is "
        f"{span}: no forecast's R² can be expected to be higher."
    )
    return tag("p", out) + tag("p", f"Noisiest: {named}.") + unsure


def _list(rows: pd.DataFrame, tail: Callable[[pd.Series], str]) -> str:
    items = []
    for _, row in rows.iterrows():
        share = bool(row["is_share"])
        span = f"{number(row['q10'], share)} to {number(row['q90'], share)}"
        items.append(
            tag(
                "li",
                f"{tag('span', name(row['task']), class_='name')} {number(row['origin_score'], share)} → "
                f"<strong>{number(row['median'], share)}</strong> ({span}); {tail(row)}",
            )
        )
    return tag("ol", "".join(items))
