"""The largest public models by date: what is known, and the fan of what is to come."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from scale_forecast.data.sizes import format_size
from scale_forecast.show.plots.labels import Label, write_labels
from scale_forecast.show.plots.style import BLACK, BLUE, GREY, VERMILION, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

NAMES = {"train_flops": "training compute (FLOP)", "params": "parameters (of dense models)"}
BANDS = (("q05", "q95", 0.15), ("q10", "q90", 0.25), ("q25", "q75", 0.4))


def draw_fan(panel: Axes, table: pd.DataFrame) -> None:
    """Intervals and median by day: ``by, median`` and the quantiles of `BANDS`."""
    for low, high, alpha in BANDS:
        panel.fill_between(table["by"], table[low], table[high], color=BLUE, alpha=alpha, linewidth=0)
    panel.plot(table["by"], table["median"], color=BLUE, linewidth=2)


def draw_largest(sizes: pd.DataFrame, table: pd.DataFrame, *, as_of: pd.Timestamp, until: pd.Timestamp) -> Figure:
    """Models by release date, their running maximum, and the distribution of the largest one day by day.

    Parameters
    ----------
    sizes : DataFrame
        ``released`` and ``size`` of every model, those released after ``as_of`` too: they are drawn apart, for the
        reader to judge the forecast by.
    table : `Frontier.table` of the days drawn, all of one quantity
    as_of : day of knowledge
    until : last day until which the list of models is complete
    """
    known = sizes[sizes["released"] <= until].sort_values("released")
    later = sizes[sizes["released"] > until]
    of = str(table["of"].iloc[0])
    figure, axes = new_figure(height=4.8)
    panel = axes[0, 0]
    panel.plot(known["released"], known["size"], ".", color=GREY, markersize=5)
    largest = known.assign(size=known["size"].cummax())
    end = pd.concat([largest, largest.tail(1).assign(released=until)])
    panel.step(end["released"], end["size"], where="post", color=BLACK, linewidth=1.6)
    draw_fan(panel, table)
    if len(later):
        shown = later[later["released"] <= table["by"].max()]
        panel.plot(shown["released"], shown["size"], "x", color=VERMILION, markersize=5)
    panel.axvline(until, color=GREY, linewidth=1, linestyle="--")
    panel.set_yscale("log")
    if of == "params":
        panel.yaxis.set_major_formatter(lambda value, _: format_size(value))
    panel.set(ylabel=NAMES.get(of, "effective training compute (FLOP)"))
    panel.set_title(f"Largest public model, as known on {as_of:%Y-%m-%d}", loc="left")
    unit = format_size if of == "params" else "{:.1e}".format
    end, median = table["by"].iloc[-1], float(table["median"].iloc[-1])
    panel.set_xlim(right=end + 0.12 * (end - known["released"].min()))
    largest_one = float(known["size"].max())
    write_labels(
        panel,
        [Label(end, median, unit(median), BLUE, bold=True),
         Label(until, largest_one, unit(largest_one), BLACK)],
    )  # fmt: skip
    later_ones = "; crosses: released later" if len(later) else ""
    panel.set_xlabel(
        f"date\ndots: models; line: the largest so far; fan: 50, 80 and 90% intervals and median{later_ones}",
        fontsize=8.5,
    )
    return figure
