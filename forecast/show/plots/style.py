"""The look shared by all pictures: colours that colour-blind readers can tell apart, sizes legible at 800 px, saving.

Figures are built without pyplot, so that nothing is global and no display is needed.

Colours: Okabe and Ito (2008), Color Universal Design.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from scale_forecast.data.errors import UsageError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BLUE, ORANGE, GREEN, VERMILION, PURPLE, SKY, YELLOW, BLACK = (
    "#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9", "#F0E442", "#000000",
)  # fmt: skip
COLOURS = (BLUE, ORANGE, GREEN, VERMILION, PURPLE, SKY, BLACK)
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
"""Beside colour, so that a picture can be read in grey."""
GREY = "#767676"
PALE = "#DDDDDD"
SUFFIXES = (".png", ".svg")
WIDTH = 8.0
DPI = 200
"""1600 px wide, so that half of it is still sharp."""


def new_figure(rows: int = 1, columns: int = 1, *, height: float = 4.5, **grid: Any) -> tuple[Figure, np.ndarray]:
    """An empty figure and its axes, (rows, columns), in the shared style.

    Parameters
    ----------
    height : inches; the width is `WIDTH`
    grid : passed to ``Figure.subplots``
    """
    import matplotlib
    from matplotlib.figure import Figure

    class Picture(Figure):
        """A figure that notebooks show, without pyplot."""

        def _repr_png_(self) -> bytes:
            return as_bytes(self, ".png", dpi=DPI / 2)

    with matplotlib.rc_context(_STYLE):
        figure = Picture(figsize=(WIDTH, height), dpi=DPI, layout="constrained")
        axes = figure.subplots(rows, columns, squeeze=False, **grid)
    for each in axes.flat:
        each.grid(True, color="#DDDDDD", linewidth=0.6)
        each.set_axisbelow(True)
    return figure, axes


def new_panels(count: int, height: float) -> tuple[Figure, np.ndarray]:
    """A figure of at least ``count`` panels, two beside each other, each row of them so many inches high."""
    columns = min(count, 2)
    rows = -(-count // columns)
    return new_figure(rows, columns, height=1.2 + height * rows)


_STYLE: Any = {
    "font.size": 10,
    "axes.titlesize": 10.5,
    "axes.titlelocation": "left",
    "axes.labelsize": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.labelsize": 9,
    "ytick.labelsize": 9,
    "legend.fontsize": 9,
}


def legend(axes: Axes, **place: Any) -> None:
    """A small legend without a frame line."""
    axes.legend(fontsize=8.5, framealpha=0.85, edgecolor="none", **place)


def blank_rest(axes: np.ndarray, used: int) -> None:
    """Empty the panels (rows, columns) after the first ``used``, and let those above them show their ticks."""
    for panel in axes.flat[used:]:
        panel.set_axis_off()
    columns = axes.shape[1]
    for panel in axes.flat[max(used - columns, 0) : used]:
        panel.tick_params(labelbottom=True)


def nothing(axes: Axes, why: str) -> None:
    """An empty panel that says why it is empty."""
    axes.set_axis_off()
    axes.text(0.5, 0.5, why, ha="center", va="center", transform=axes.transAxes, color=GREY, wrap=True)


def size_axis(axes: Axes, kind: str) -> None:
    """A logarithmic horizontal axis of ``params`` (10B) or ``train_flops`` (10^22), ticked at or between decades."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    from scale_forecast.data.sizes import format_size

    axes.set_xscale("log")
    low, high = axes.get_xlim()
    steps = (1.0,) if high > 80 * low else (1.0, 3.0) if high > 6 * low else (1.0, 2.0, 5.0)
    axes.xaxis.set_major_locator(LogLocator(subs=steps, numticks=7))
    axes.xaxis.set_minor_formatter(NullFormatter())
    if kind == "params":
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: format_size(value)))
    axes.set_xlabel("parameters" if kind == "params" else "training compute (FLOP)")


def shares_axis(axis: Any, label: str) -> None:
    """An axis of shares and probabilities, in percent."""
    from matplotlib.ticker import PercentFormatter

    axis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axis.set_label_text(label)


def plain(text: object, most: int = 40) -> str:
    """A name as a label: shortened in the middle, and never read as a formula."""
    name = str(text).replace("$", r"\$")
    return name if len(name) <= most else f"{name[: most - most // 3 - 1]}…{name[-(most // 3) :]}"


def check_suffix(path: Path) -> None:
    """Raise UsageError unless a picture can be written under this name."""
    if path.suffix.lower() not in SUFFIXES:
        raise UsageError(f"cannot draw to {path}: name the picture .png or .svg")


def as_bytes(figure: Figure, suffix: str, *, dpi: float | None = None) -> bytes:
    """The picture as the content of a PNG or SVG file; the same figure gives the same bytes."""
    import io

    import matplotlib

    buffer = io.BytesIO()
    kind = suffix.lower().lstrip(".")
    metadata = {"Date": None} if kind == "svg" else {"Software": None}
    with warnings.catch_warnings(), matplotlib.rc_context({"svg.hashsalt": "forecast"}):
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        figure.savefig(buffer, format=kind, metadata=metadata, dpi=dpi or "figure")
    return buffer.getvalue()
