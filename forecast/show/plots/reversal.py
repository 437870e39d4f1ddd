"""Whether tasks that get worse with scale will turn, and at what scale."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from scale_forecast.data.errors import DataError
from scale_forecast.show.plots.style import (
    COLOURS,
    GREY,
    MARKERS,
    blank_rest,
    new_figure,
    plain,
    shares_axis,
    size_axis,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

EVENTS = {"reversal": "beats the family's best", "recovery": "beats the largest so far"}
MOST_TASKS = 12
MOST_FAMILIES = 7


def draw_reversal(table: pd.DataFrame, *, event: str = "reversal") -> Figure:
    """The probability that each falling task turns at a next model of various sizes, a panel a task, a line a family.

    Parameters
    ----------
    table : DataFrame
        ``task, family, params, prob_reversal, prob_recovery`` and ``base_<event>``, ``base_<event>_low`` and ``_high``
        (how often falling tasks turned, with its 90% interval): one row a task, family and size.
    event : ``reversal`` or ``recovery``

    Raises
    ------
    DataError
        When no task falls.
    """
    rows = table[table[f"prob_{event}"].notna()]
    if rows.empty:
        raise DataError("no task of these families falls with scale beyond noise: there is no reversal to draw")
    highest = rows.groupby("task")[f"prob_{event}"].max().sort_values(ascending=False, kind="stable")
    tasks = highest.index[:MOST_TASKS]
    families = rows["family"].drop_duplicates()[:MOST_FAMILIES].tolist()
    columns = min(len(tasks), 3)
    lines = -(-len(tasks) // columns)
    figure, axes = new_figure(lines, columns, height=1.7 + 1.75 * lines, sharex=True, sharey=True)
    for panel, task in zip(axes.flat, tasks, strict=False):
        low, rate, high = (rows[f"base_{event}{end}"].mean() for end in ("_low", "", "_high"))
        panel.axhspan(low, high, color=GREY, alpha=0.25, linewidth=0, label="past rate, 90% interval")
        panel.axhline(rate, color=GREY, linewidth=1, linestyle="--")
        for family, colour, mark in zip(families, COLOURS, MARKERS, strict=False):
            part = rows[(rows["task"] == task) & (rows["family"] == family)].sort_values("params")
            panel.plot(
                part["params"], part[f"prob_{event}"], f"{mark}-", color=colour, markersize=4, label=plain(family, 22)
            )
        panel.set_title(plain(task, 30), fontsize=9.5, loc="left")
    blank_rest(axes, len(tasks))
    size_axis(axes[0, 0], "params")
    for panel in axes.flat:
        panel.set_xlabel("")
    top = float(min(1.0, 1.15 * max(highest.iloc[0], rows[f"base_{event}_high"].mean())))
    axes[0, 0].set_ylim(-0.03 * top, top)
    shares_axis(axes[0, 0].yaxis, "")
    for panel in axes.flat[max(len(tasks) - columns, 0) : len(tasks)]:
        panel.set_xlabel("size of the next model")
    figure.supylabel(f"probability of {event}", fontsize=10)
    left = len(highest) - len(tasks)
    more = f"; {left} less likely not shown" if left else ""
    figure.suptitle(
        f"Falling tasks: probability that the next model {EVENTS[event]} beyond noise{more}",
        fontsize=11,
        x=0.01,
        ha="left",
    )
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3, fontsize=8.5, frameon=False)
    return figure


def sizes_ahead(params: float, steps: int = 6, decades: float = 2.0) -> np.ndarray:
    """Sizes of a next model, from twice the given one to ``decades`` above it, evenly on the log scale, (steps,)."""
    return params * np.geomspace(2.0, 10.0**decades, steps)
