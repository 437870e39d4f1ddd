"""Predicted against actual gains."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from scale_forecast.backtests.gains import correlation
from scale_forecast.data.errors import DataError
from scale_forecast.show.plots.backtests import largest_groups
from scale_forecast.show.plots.style import BLACK, BLUE, GREY, blank_rest, new_figure, plain

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_PANELS = 6


def draw_gains(table: pd.DataFrame) -> Figure:
    """Predicted against actual gains in points, one panel a benchmark, bars for the 80% interval of each forecast.

    Parameters
    ----------
    table : backtest table of one predictor; scores that are no shares are left out

    Raises
    ------
    DataError
        When it holds no share.
    """
    shares = table[table["is_share"]]
    if shares.empty:
        raise DataError("the backtest holds no accuracies or other shares, whose gains could share an axis")
    names = largest_groups(shares, "benchmark", MOST_PANELS)
    columns = min(len(names), 3)
    rows = -(-len(names) // columns)
    figure, axes = new_figure(
        rows, columns, height=1.0 + (3.6 if columns < 3 else 2.6) * rows, sharex=True, sharey=True
    )
    for panel, name in zip(axes.flat, names, strict=False):
        _panel(panel, shares[shares["benchmark"] == name], str(name))
    blank_rest(axes, len(names))
    figure.supxlabel("predicted gain (points); bar: 80% interval", fontsize=10)
    figure.supylabel("actual gain (points)", fontsize=10)
    left = shares["benchmark"].nunique() - len(names)
    more = f"; {left} smaller benchmarks not shown" if left else ""
    who = ", ".join(plain(model, 24) for model in shares["target_model"].unique()[:3])
    count = shares["target_model"].nunique()
    who = who if count <= 3 else f"{count} models"
    figure.suptitle(f"Gains of {who}, forecast by {shares['predictor'].iloc[0]}{more}", fontsize=11, x=0.01, ha="left")
    return figure


def _panel(axes: Axes, rows: pd.DataFrame, name: str) -> None:
    origin = rows["origin_score"].to_numpy()
    predicted, actual = (100 * (rows[column].to_numpy() - origin) for column in ("median", "score"))
    low, high = (100 * (rows[column].to_numpy() - origin) for column in ("q10", "q90"))
    faint = float(np.clip(12.0 / len(rows) ** 0.5, 0.15, 0.9))
    axes.hlines(actual, low, high, color=BLUE, alpha=0.35 * faint, linewidth=1)
    axes.plot(predicted, actual, "o", color=BLUE, alpha=faint, markersize=3.5, markeredgewidth=0)
    axes.axline((0, 0), slope=1, color=BLACK, linewidth=1)
    axes.axhline(0, color=GREY, linewidth=0.8, linestyle=":")
    axes.axvline(0, color=GREY, linewidth=0.8, linestyle=":")
    axes.set_title(
        f"{plain(name, 26)}\nr = {correlation(predicted, actual):.2f}, n = {len(rows)}", fontsize=9.5, loc="left"
    )
