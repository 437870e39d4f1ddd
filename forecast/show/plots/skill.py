"""Skill of every predictor on every held-out line or model."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from scale_forecast.backtests.summary import summary
from scale_forecast.data.errors import UsageError
from scale_forecast.data.names import did_you_mean
from scale_forecast.show.plots.style import BLACK, BLUE, GREY, new_figure, plain, shares_axis

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_FOLDS = 10
REFERENCES = ("pooled-law", "drift", "persistence")
"""The first of these that the backtest holds is the default reference."""


def skill_table(table: pd.DataFrame, reference: str | None = None) -> tuple[pd.DataFrame, pd.DataFrame, str]:
    """1 - CRPS / the reference's CRPS: of every predictor overall, and on each held-out line (or model of one line).

    Of shares, where there are any.

    Returns
    -------
    overall : DataFrame
        ``predictor, skill, low, high`` (90% interval from resampling ``interval_over``), best first.
    folds : DataFrame, (predictors, folds)
    reference : str
    """
    names = table["predictor"].unique().tolist()
    reference = reference or next((name for name in REFERENCES if name in names), names[0])
    if reference not in names:
        raise UsageError(f"no predictor {reference!r} in the backtest{did_you_mean(reference, names)}")
    if len(names) < 2:
        raise UsageError("skill compares predictors: give a backtest of several, as `forecast backtest` makes them")
    dated = bool(table["date_limited"].any()) if "date_limited" in table else False
    part = table[table["date_limited"] == dated] if "date_limited" in table else table.assign(date_limited=False)
    share = part["is_share"].astype(bool)
    part = part[share] if share.any() else part
    found = summary(part, references=[reference])
    overall = found[["predictor", "interval_over"]].assign(
        skill=found[f"skill_{reference}"], low=found[f"skill_{reference}_low"], high=found[f"skill_{reference}_high"]
    )
    overall.loc[overall["predictor"] == reference, ["skill", "low", "high"]] = 0.0
    by = "line" if part["line"].nunique() > 1 else "target_model"
    targets = part.groupby(["predictor", by, "target_model"] if by == "line" else ["predictor", by])["crps"].mean()
    crps = targets.groupby(["predictor", by]).mean().unstack(by)
    keep = part[by].value_counts().index[:MOST_FOLDS]
    folds = 1 - crps[keep] / crps[keep].loc[reference]
    overall = overall.sort_values("skill", ascending=False, kind="stable", ignore_index=True)
    return overall, folds.loc[overall["predictor"]], reference


def draw_skill(table: pd.DataFrame, *, reference: str | None = None) -> Figure:
    """Left, skill on each held-out line (blue: better than the reference, orange: worse); right, over all of them.

    Parameters
    ----------
    table : backtest table of several predictors
    reference : the predictor compared with
    """
    overall, folds, reference = skill_table(table, reference)
    height = 1.9 + 0.36 * len(overall)
    if folds.shape[1] == 1:  # the one fold is all there is
        figure, axes = new_figure(height=height)
        right = axes[0, 0]
        right.set_yticks(np.arange(len(overall)), [plain(name, 16) for name in overall["predictor"]])
        right.set_title(plain(folds.columns[0], 40), loc="left")
    else:
        widths = [2.5 + 0.62 * folds.shape[1], 3.2]
        figure, axes = new_figure(1, 2, height=height, width_ratios=widths, sharey=True)
        right = axes[0, 1]
        _cells(axes[0, 0], folds)
    y = np.arange(len(overall))
    right.axvline(0, color=BLACK, linewidth=1)
    right.hlines(y, overall["low"], overall["high"], color=BLUE, linewidth=2)
    right.plot(overall["skill"], y, "o", color=BLUE, markersize=5.5)
    low = max(float(np.nanmin(overall["low"])), -1.0)
    right.set_xlim(min(low, -0.1) - 0.05, max(float(np.nanmax(overall["high"])), 0.1) + 0.05)
    cut = overall["low"] < low
    right.plot(np.full(int(cut.sum()), right.get_xlim()[0]), y[cut], "<", color=BLUE, clip_on=False)
    shares_axis(right.xaxis, f"skill over all, 90% interval of {overall['interval_over'].iloc[0]}")
    right.tick_params(axis="y", length=0)
    right.set_ylim(len(overall) - 0.5, -0.5)
    figure.suptitle(
        f"Skill: 1 - CRPS / CRPS of {plain(reference)}; 0% is no better than it", fontsize=11, x=0.01, ha="left"
    )
    return figure


def _cells(axes: Axes, folds: pd.DataFrame) -> None:
    values = folds.to_numpy(dtype=float)
    axes.grid(False)
    edges = [np.arange(size + 1) - 0.5 for size in values.shape[::-1]]
    shown = np.clip(values, -0.6, 0.6)
    axes.pcolormesh(*edges, shown, cmap="PuOr", vmin=-1.0, vmax=1.0, edgecolors="white", linewidth=1)
    for (row, column), value in np.ndenumerate(values):
        text = "" if np.isnan(value) else f"{value:+.0%}" if value > -9.995 else "<-999%"
        axes.text(column, row, text, ha="center", va="center", fontsize=8, color=BLACK)
    names = [plain(name, 18) for name in folds.columns]
    long = max(map(len, names)) * len(names) > 40
    axes.set_xticks(np.arange(len(names)), names, rotation=40 if long else 0, ha="right" if long else "center")
    axes.set_yticks(np.arange(len(folds)), [plain(name, 16) for name in folds.index])
    axes.tick_params(length=0, colors=BLACK)
    for side in ("left", "bottom"):
        axes.spines[side].set_color(GREY)
