"""Records by date: every known score of a benchmark, its record, and the fan of what is to come."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from scale_forecast.show.plots.labels import Label, write_labels
from scale_forecast.show.plots.largest import draw_fan
from scale_forecast.show.plots.style import BLACK, BLUE, GREY, blank_rest, new_figure, new_panels

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PANELS = 6


def draw_records(scores: pd.DataFrame, fan: pd.DataFrame, *, as_of: pd.Timestamp, until: pd.Timestamp) -> Figure:
    """A panel a benchmark, in the order of ``fan``, at most `PANELS` of them.

    Parameters
    ----------
    scores : DataFrame
        ``task, day, score`` of every score that is known, on the day on which it became known.
    fan : DataFrame
        ``task, unit, by, median`` and the quantiles of `BANDS`, a row a benchmark and day.
    as_of : day of knowledge
    until : day on which the tables end
    """
    tasks = fan["task"].drop_duplicates().head(PANELS).tolist()
    figure, axes = new_panels(len(tasks), 2.8)
    ends: dict[str, pd.Series] = {}
    for panel, task in zip(axes.flat, tasks, strict=False):
        known = scores[scores["task"] == task].sort_values("day")
        ahead = fan[fan["task"] == task].sort_values("by")
        panel.plot(known["day"], known["score"], ".", color=GREY, markersize=4)
        best = known.assign(score=known["score"].cummax())
        best = pd.concat([best, best.tail(1).assign(day=until)])
        panel.step(best["day"], best["score"], where="post", color=BLACK, linewidth=1.6)
        draw_fan(panel, ahead)
        panel.axvline(until, color=GREY, linewidth=1, linestyle="--")
        unit = str(ahead["unit"].iloc[0])
        if unit in ("minutes", "US dollars"):
            panel.set_yscale("log")
        panel.set_title(task.replace("$", r"\$"), loc="left")
        panel.set(ylabel="score" if unit == "share" else unit)
        _fit_axes(panel, known, ahead, until)
        ends[task] = ahead.iloc[-1]
    blank_rest(axes, len(tasks))
    said = "dots: scores; line: record; fan: 50, 80 and 90% intervals and median; dashes: where the tables end"
    figure.suptitle(f"Records as known on {as_of:%Y-%m-%d}\n{said}", x=0.01, ha="left", fontsize=9)
    for panel, (task, end) in zip(axes.flat, ends.items(), strict=False):
        median = f"{end['median']:.2f}" if end["unit"] == "share" else f"{end['median']:,.0f}"
        best = scores.loc[scores["task"] == task, "score"].max()
        held = f"{best:.2f}" if end["unit"] == "share" else f"{best:,.0f}"
        here = Label(until, float(best), held, BLACK)
        write_labels(panel, [Label(end["by"], float(end["median"]), median, BLUE, bold=True), here])
    return figure


def _fit_axes(panel: Axes, known: pd.DataFrame, ahead: pd.DataFrame, until: pd.Timestamp) -> None:
    """Days from the first score, or three times as far back as the fan goes ahead; a margin for the fan's label."""
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

    end = ahead["by"].iloc[-1]
    first = max(known["day"].min(), until - 3 * (end - until))
    panel.set_xlim(first, end + 0.12 * (end - first))
    shown = known.loc[known["day"] >= first, "score"]
    low = min(shown.min(), ahead["q05"].min()) if len(shown) else ahead["q05"].min()
    if panel.get_yscale() == "linear":
        edge = 0.05 * (ahead["q95"].max() - low)
        panel.set_ylim(low - edge, ahead["q95"].max() + edge)
    locator = AutoDateLocator(minticks=3, maxticks=7)
    panel.xaxis.set_major_locator(locator)
    panel.xaxis.set_major_formatter(ConciseDateFormatter(locator))


def draw_index(table: pd.DataFrame, *, as_of: pd.Timestamp, named: int = 12) -> Figure:
    """The capability index of each model by its day of release, with intervals; those that led are named.

    ``table`` has ``model, released, index, low, high``; of the models that led the newest ``named`` are written out.
    """
    order = table.sort_values(["released", "model"], kind="stable")
    top = order["index"].cummax()
    leads = order[(order["index"] >= top) & order["released"].notna()]
    figure, axes = new_figure(height=5.2)
    panel = axes[0, 0]
    reach = np.stack([order["index"] - order["low"], order["high"] - order["index"]])
    panel.errorbar(
        order["released"],
        order["index"],
        yerr=reach,
        fmt=".",
        color=GREY,
        ecolor="#CCCCCC",
        elinewidth=0.8,
        markersize=4,
    )
    panel.step(leads["released"], leads["index"], where="post", color=BLUE, linewidth=1.8)
    for row in leads.tail(named).to_dict("records"):
        panel.annotate(
            str(row["model"]).replace("$", r"\$"),
            (row["released"], row["index"]),
            xytext=(-4, 6),
            textcoords="offset points",
            fontsize=7,
            ha="right",
        )
    panel.set(xlabel="release", ylabel="capability index")
    said = "dots: models with 80% intervals; line: the highest so far"
    panel.set_title(f"Capability index as known on {as_of:%Y-%m-%d}; {said}", loc="left", fontsize=9.5)
    return figure
