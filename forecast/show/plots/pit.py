"""Where outcomes fell in their forecasts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from scale_forecast.data.errors import DataError
from scale_forecast.resolvers.scores.calibration import binomial_band
from scale_forecast.show.plots.style import BLACK, BLUE, GREY, blank_rest, legend, new_figure, plain, shares_axis

if TYPE_CHECKING:
    from matplotlib.figure import Figure

BINS = 10


def draw_pit(values: dict[str, np.ndarray]) -> Figure:
    """A histogram of probability integral transforms for each forecaster, at most four.

    Flat is calibrated; a hump: intervals too wide; a trough: too narrow; more on the right: forecasts too low.

    Parameters
    ----------
    values : by forecaster, (n,) in [0, 1]: the share of its distribution below the outcome, larger is better
    """
    known = {name: pit[np.isfinite(pit)] for name, pit in values.items()}
    shown = {name: pit for name, pit in known.items() if len(pit)}
    if not shown:
        raise DataError("no distribution whose outcome is known: there is nothing to draw")
    names = list(shown)[:4]
    columns = min(len(names), 2)
    rows = -(-len(names) // columns)
    figure, axes = new_figure(rows, columns, height=1.2 + 2.9 * rows, sharex=True, sharey=True)
    for panel, name in zip(axes.flat, names, strict=False):
        pit = shown[name]
        low, _, high = binomial_band(len(pit), 1 / BINS, 1 / BINS)
        panel.axhspan(low, high, color=GREY, alpha=0.3, linewidth=0, label="90% of calibrated bins")
        panel.hist(pit, bins=BINS, range=(0, 1), weights=np.full(len(pit), 1 / len(pit)), color=BLUE, rwidth=0.92)
        panel.axhline(1 / BINS, color=BLACK, linewidth=1, linestyle="--", label="calibrated")
        panel.set_title(f"{plain(name, 30)}, n = {len(pit):,}", loc="left")
        panel.set_xlim(0, 1)
    blank_rest(axes, len(names))
    for panel in axes.flat[max(len(names) - columns, 0) : len(names)]:
        shares_axis(panel.xaxis, "share of the forecast below the outcome (PIT)")
    for panel in axes[:, 0]:
        shares_axis(panel.yaxis, "share of outcomes")
    legend(axes[0, 0], loc="upper right")
    return figure
