"""How often intervals held what they promised, group by group."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from scale_forecast.backtests.summary import COVERAGES
from scale_forecast.data.errors import DataError, UsageError
from scale_forecast.data.names import did_you_mean
from scale_forecast.show.plots.style import BLACK, BLUE, GREEN, GREY, ORANGE, new_figure, plain, shares_axis

if TYPE_CHECKING:
    from matplotlib.figure import Figure

GROUPS = ("benchmark", "line", "family", "target_model", "metric", "distance", "predictor")
MOST_GROUPS = 15
DECADES = ((0.0, 0.75), (0.75, 1.5), (1.5, np.inf))
_MARKS = ((ORANGE, "^"), (BLUE, "o"), (GREEN, "s"))


def coverage_table(table: pd.DataFrame, by: str) -> pd.DataFrame:
    """Share of scores inside the 50, 80 and 90% intervals of each group, with its 90% confidence interval.

    Parameters
    ----------
    table : backtest table
    by : one of `GROUPS`; ``distance`` is grouped by decades of scale

    Returns
    -------
    DataFrame
        ``group, n`` and for each of ``cover50, cover80, cover90`` the share and its ``_low`` and ``_high`` (beta
        intervals of Jeffreys' prior, which take scores for independent), largest group first, at most `MOST_GROUPS`.
    """
    from scipy.stats import beta

    if by not in GROUPS:
        raise UsageError(f"no group {by!r}{did_you_mean(by, GROUPS)}: choose one of {', '.join(GROUPS)}")
    if table.empty:
        raise DataError("the backtest holds no scores: there is nothing to draw")
    group = _decades(table["distance"]) if by == "distance" else table[by].astype("str")
    inside = pd.DataFrame({name: table["score"].between(table[a], table[b]) for name, (a, b) in COVERAGES.items()})
    counts = inside.groupby(group.to_numpy()).agg(["sum", "size"])
    out = pd.DataFrame({"group": counts.index, "n": counts[("cover80", "size")].to_numpy()})
    for name in COVERAGES:
        held, n = counts[(name, "sum")].to_numpy(), out["n"].to_numpy()
        out[name] = held / n
        out[f"{name}_low"], out[f"{name}_high"] = beta.ppf([[0.05], [0.95]], held + 0.5, n - held + 0.5)
    return out.sort_values("n", ascending=False, kind="stable", ignore_index=True).head(MOST_GROUPS)


def draw_coverage(table: pd.DataFrame, *, by: str = "benchmark") -> Figure:
    """Share of scores that lay inside the 50, 80 and 90% intervals, one row a group, beside the promise.

    Parameters
    ----------
    table : backtest table of one predictor, or of several with ``by="predictor"``
    """
    found = coverage_table(table, by)
    y = np.arange(len(found), dtype=float)
    figure, axes = new_figure(height=1.5 + 0.42 * len(found))
    panel = axes[0, 0]
    for (name, (colour, mark)), shift in zip(zip(COVERAGES, _MARKS, strict=True), (-0.22, 0.0, 0.22), strict=True):
        nominal = int(name.removeprefix("cover")) / 100
        panel.axvline(nominal, color=colour, linewidth=1.2, linestyle="--")
        panel.hlines(y + shift, found[f"{name}_low"], found[f"{name}_high"], color=colour, linewidth=1.8)
        panel.plot(found[name], y + shift, mark, color=colour, markersize=5.5, label=f"{nominal:.0%} interval")
    panel.plot([], [], color=GREY, linestyle="--", label="promised")
    panel.plot([], [], color=GREY, linewidth=1.8, label="90% confidence")
    names = [f"{plain(g, 30)} ({n:,})" for g, n in zip(found["group"], found["n"], strict=True)]
    panel.set_yticks(y, names)
    panel.set(xlim=(-0.02, 1.02), ylim=(len(found) - 0.4, -0.6))
    panel.yaxis.grid(False)
    panel.tick_params(axis="y", colors=BLACK, length=0)
    shares_axis(panel.xaxis, "share of scores inside the interval")
    panel.set_title(f"Coverage by {by.replace('_', ' ')} (number of scores), {_who(table)}", loc="left")
    handles, labels = panel.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=5, fontsize=8.5, frameon=False)
    return figure


def _decades(distance: pd.Series) -> pd.Series:
    names = {pair: f"{pair[0]:g} to {pair[1]:g} decades" for pair in DECADES}
    names[DECADES[-1]] = f"over {DECADES[-1][0]:g} decades"
    out = pd.Series("", index=distance.index)
    for (low, high), name in names.items():
        out[(distance >= low) & (distance < high)] = name
    return out.mask(out == "", names[DECADES[0]])


def _who(table: pd.DataFrame) -> str:
    names = table["predictor"].unique()
    return str(names[0]) if len(names) == 1 else f"{len(names)} predictors"
