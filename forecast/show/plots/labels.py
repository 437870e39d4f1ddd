"""Names written beside lines, where a legend would take the room of the picture."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from scale_forecast.show.plots.style import GREY

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SIZE = 8.0
GAP = 4.0
"""Points between a mark and its name."""
_WIDE, _HIGH = 0.56, 1.2
"""Of a character, and of a line, in sizes of the letters."""
_MOST_MOVES = 14


@dataclass(frozen=True)
class Label:
    """A name at a point of the data."""

    x: object
    y: float
    text: str
    colour: str = GREY
    bold: bool = False
    above: bool = False
    """Over its point, for the name of a level that runs through the picture."""


def write_labels(axes: Axes, labels: Sequence[Label]) -> None:
    """Write each name right of its point, or left where the picture ends, moved up or down where another stands.

    The limits of ``axes`` have to be final. The first labels keep their place, so the most important come first.
    """
    from matplotlib.patheffects import withStroke

    figure = axes.get_figure(root=True)
    if figure is None:
        return
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        figure.draw_without_rendering()
    points = figure.dpi / 72.0
    right = axes.get_window_extent().x1
    taken: list[tuple[float, float, float, float]] = []
    low, most = sorted(axes.get_ylim())
    for label in labels:
        if not low <= label.y <= most:
            continue  # a level of which the picture does not reach so far
        at = axes.transData.transform((axes.convert_xunits(label.x), label.y))
        wide, high = _WIDE * SIZE * len(label.text) * points, _HIGH * SIZE * points
        is_right = at[0] + GAP * points + wide <= right
        start = at[0] + GAP * points if is_right else at[0] - GAP * points - wide
        lift = 0.7 * high if label.above else 0.0
        move = lift + _free_move(taken, start, at[1] + lift, wide, high)
        taken.append((start, at[1] + move, wide, high))
        axes.annotate(
            label.text, (label.x, label.y), xytext=(GAP if is_right else -GAP, move / points),
            textcoords="offset points", ha="left" if is_right else "right", va="center", fontsize=SIZE,
            color=label.colour, fontweight="bold" if label.bold else "normal", zorder=7, annotation_clip=False,
            path_effects=[withStroke(linewidth=2.5, foreground="white")],
        )  # fmt: skip


def _free_move(
    taken: Sequence[tuple[float, float, float, float]], start: float, middle: float, wide: float, high: float
) -> float:
    """By how many pixels a label has to be moved up or down to stand clear of the others."""
    steps = [step * sign for step in range(_MOST_MOVES) for sign in (1, -1)]
    for step in steps:
        moved = middle + step * high / 2
        if not any(x < start + wide and start < x + w and abs(y - moved) < high for x, y, w, _ in taken):
            return float(np.round(step * high / 2, 3))
    return 0.0
