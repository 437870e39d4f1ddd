"""The inverse question: what is needed for a score, in compute, parameters and time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from scale_forecast.data.sizes import format_size
from scale_forecast.show.plots.labels import Label, write_labels
from scale_forecast.show.plots.style import BLACK, BLUE, new_figure, plain, shares_axis

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

NAMES = {"compute": "training compute (FLOP)", "params": "parameters", "date": "date"}
QUANTILES = {"q10": 0.1, "q25": 0.25, "q50": 0.5, "q75": 0.75, "q90": 0.9}


def draw_reach(table: pd.DataFrame, *, title: str) -> Figure:
    """The probability that a score is reached within so much compute, so many parameters and by a day.

    Parameters
    ----------
    table : a row a coordinate (``of``: compute, params, date): quantiles of what is needed, missing or empty where the
        score is not reached within what was looked at, ``not_within``, that probability, and ``looked_at``, how far
        that was
    """
    figure, axes = new_figure(1, len(table), height=3.4, sharey=True)
    for panel, row in zip(axes.flat, table.to_dict("records"), strict=True):
        of = str(row["of"])
        known = {level: row[name] for name, level in QUANTILES.items() if pd.notna(row[name]) and row[name] != ""}
        at = [*known.values(), row["looked_at"]]
        at = [pd.Timestamp(value) for value in at] if of == "date" else [float(value) for value in at]
        reached = [*known, 1.0 - float(row["not_within"])]
        panel.plot(at, reached, color=BLUE, linewidth=2)
        panel.plot(at[:-1], reached[:-1], "o", color=BLUE, markersize=5)
        panel.plot(at[-1], reached[-1], "|", color=BLACK, markersize=12)
        _fit_axes(panel, of, at)
        write_labels(panel, [Label(x, y, _format_value(x), BLACK) for x, y in zip(at, reached, strict=True)])
    axes.flat[0].set_ylim(0, 1.02)
    shares_axis(axes.flat[0].yaxis, "probability that it is reached")
    figure.suptitle(f"{plain(title, 90)}; the stroke is as far as was looked", x=0.01, ha="left", fontsize=9.5)
    return figure


def _fit_axes(panel: Axes, of: str, at: list) -> None:
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    panel.set_xlabel(NAMES[of])
    if of == "date":
        locator = AutoDateLocator(minticks=3, maxticks=7)
        panel.xaxis.set_major_locator(locator)
        panel.xaxis.set_major_formatter(ConciseDateFormatter(locator))
        return
    panel.set_xscale("log")
    low, high = min(at) / 1.6, max(at) * 1.6
    panel.set_xlim(low, high)
    panel.xaxis.set_major_locator(LogLocator(subs=(1.0,) if np.log10(high / low) > 1.5 else (1.0, 3.0), numticks=6))
    panel.xaxis.set_minor_formatter(NullFormatter())
    if of == "params":
        panel.xaxis.set_major_formatter(FuncFormatter(lambda value, _: format_size(value)))


def _format_value(value: pd.Timestamp | float) -> str:
    if isinstance(value, pd.Timestamp):
        return f"{value:%Y-%m}"
    return format_size(value) if value < 1e16 else f"{value:.1e}"
