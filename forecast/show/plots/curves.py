"""Fitted curves: the points of each, and the fan along x."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from scale_forecast.show.plots.largest import draw_fan
from scale_forecast.show.plots.style import BLACK, blank_rest, new_panels, plain

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PANELS = 6


def draw_curves(points: pd.DataFrame, fan: pd.DataFrame, *, x: str, y: str) -> Figure:
    """A panel a curve, at most `PANELS` of them, in the order of ``points``.

    Parameters
    ----------
    points : ``curve, x, y`` of the points that were fitted
    fan : ``curve, x, y_pred`` and quantiles along x
    x, y : what the axes are called
    """
    names = points["curve"].drop_duplicates().head(PANELS).tolist()
    figure, axes = new_panels(len(names), 3.0)
    for panel, name in zip(axes.flat, names, strict=False):
        own = fan[fan["curve"] == name].sort_values("x")
        draw_fan(panel, own.rename(columns={"x": "by", "y_pred": "median"}))
        known = points[points["curve"] == name]
        panel.plot(known["x"], known["y"], "o", color=BLACK, markersize=4)
        panel.set_xscale("log")
        panel.set_title(plain(name), loc="left")
        panel.set(xlabel=plain(x), ylabel=plain(y))
    blank_rest(axes, len(names))
    said = "dots: measured; fan: 50, 80 and 90% intervals of a further measurement, and its median"
    figure.suptitle(said, x=0.01, ha="left", fontsize=9)
    return figure
