"""All scores of one task against scale, and the forecast of a model that is still to come."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from scale_forecast.show.plots.labels import Label, write_labels
from scale_forecast.show.plots.style import (
    BLACK,
    BLUE,
    COLOURS,
    GREY,
    MARKERS,
    VERMILION,
    new_figure,
    plain,
    size_axis,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_FAMILIES = 5
"""Drawn in colours beside the target's own; the others are grey."""
BANDS = (("q05", "q95", 0.15), ("q10", "q90", 0.3), ("q25", "q75", 0.5))
HALF_WIDTH = 0.05
"""Of the forecast's bar, in decades."""
ROOM = 0.35
"""Right of the last mark, for its name, in decades."""


def scores_of_task(rows: pd.DataFrame, unit: int) -> pd.DataFrame:
    """What is drawn of a task: its unit, and for families that are not on it the fullest like unit they are on.

    Parameters
    ----------
    rows : rows of a `Panel`
    unit : code of the unit that is forecast; alike are units of the same canonical task and metric

    Returns
    -------
    The rows, with ``is_alike`` True where shots, prompt or benchmark differ.
    """
    own = rows[rows["unit"] == unit]
    alike = rows[(rows["task_code"] == own["task_code"].iloc[0]) & (rows["metric_code"] == own["metric_code"].iloc[0])]
    alike = alike[~alike["family"].isin(own["family"].unique()) & (alike["unit"] != unit)]
    count = alike.groupby(["family", "unit"], observed=True).size().reset_index(name="n")
    best = count.sort_values(["n", "unit"], ascending=[False, True], kind="stable").drop_duplicates("family")
    alike = alike.merge(best[["family", "unit"]], on=["family", "unit"])
    return pd.concat([own.assign(is_alike=False), alike.assign(is_alike=True)], ignore_index=True)


def draw_task(
    scores: pd.DataFrame, forecast: pd.Series, truth: float | None = None, smaller: Sequence[pd.Series] = ()
) -> Figure:
    """Scores of one task as measured, a line a family, and the fan of the forecast at the target.

    Parameters
    ----------
    scores : DataFrame, as `scores_of_task` gives it
        ``family, model, params, train_flops, score, se, chance, ceiling, human_average, human_best, is_share``, as in a
        `Panel`, and ``is_alike``; without the target's own score.
    forecast : a row of the forecast table
    truth : the target's score, where it has come out
    smaller : rows of the forecast table of the same task for other sizes, of which the bars alone are drawn
    """
    kind = _scale(scores, forecast)
    target = float(forecast[f"target_{kind.removeprefix('train_')}"])
    drawn = scores[scores[kind].notna()]
    figure, axes = new_figure(height=5.2)
    panel = axes[0, 0]
    labels = _families(panel, drawn, str(forecast["family"]), kind)
    _fan(panel, forecast, drawn, kind, target)
    for other in smaller:
        _bar(panel, other, float(other[f"target_{kind.removeprefix('train_')}"]))
    labels.insert(
        0, Label(target * 10**HALF_WIDTH, float(forecast["median"]), f"{forecast['median']:.2f}", BLACK, bold=True)
    )
    if truth is not None:
        panel.plot(target, truth, "*", color=VERMILION, markersize=15, markeredgecolor="white", zorder=6)
        labels.insert(0, Label(target * 10**HALF_WIDTH, truth, "scored", VERMILION))
    labels += _levels(panel, scores, float(drawn[kind].min()))
    size_axis(panel, kind)
    panel.set_xlim(right=max(target, float(drawn[kind].max())) * 10**ROOM)
    panel.set_ylabel(f"{str(forecast['metric']).replace('_', ' ')}")
    panel.set_xlabel(f"{panel.get_xlabel()}\n{_remarks(scores, drawn)}", fontsize=8.5)
    _limits(panel, scores, forecast, truth)
    panel.set_title(_title(forecast, truth), loc="left")
    write_labels(panel, labels)
    return figure


def _scale(scores: pd.DataFrame, forecast: pd.Series) -> str:
    """Compute where it is known of the target and of its whole family, else parameters."""
    own = scores.loc[scores["family"] == forecast["family"], "train_flops"]
    return "train_flops" if pd.notna(forecast["target_flops"]) and own.notna().all() else "params"


def _title(forecast: pd.Series, truth: float | None) -> str:
    setting = str(forecast["prompt"]) + ("" if pd.isna(forecast["shots"]) else f", {forecast['shots']:g}-shot")
    said = f"{forecast['median']:.3f}, 80% interval {forecast['q10']:.3f} to {forecast['q90']:.3f}"
    if truth is not None:
        inside = forecast["q10"] <= truth <= forecast["q90"]
        said += f"; scored {truth:.3f}, {'inside' if inside else 'outside'} it"
    name = f"{plain(forecast['task'], 44)} ({plain(forecast['benchmark'], 26)}; {plain(setting, 20)})"
    return f"{name}\n{plain(forecast['target_model'], 30)}: {said}"


def _remarks(scores: pd.DataFrame, drawn: pd.DataFrame) -> str:
    remarks = ["bar: 50, 80 and 90% intervals and median; upright lines: 2 standard errors"]
    if drawn["is_alike"].any():
        remarks.append("* other shots, prompt or benchmark")
    families = drawn["family"].nunique() - 1
    if families > MOST_FAMILIES:
        remarks.append(f"grey: {families - MOST_FAMILIES} more families")
    left_out = scores["family"].nunique() - drawn["family"].nunique()
    if left_out:
        remarks.append(f"{left_out} more without known compute are not drawn")
    return textwrap.fill("; ".join(remarks), 105)


def _families(axes: Axes, drawn: pd.DataFrame, target: str, kind: str) -> list[Label]:
    """A line a family, the target's own first; gives the names to be written beside them."""
    others = _nearest_first(drawn[drawn["family"] != target], kind)
    coloured = dict(zip([target, *others[:MOST_FAMILIES]], zip(COLOURS, MARKERS, strict=True), strict=False))
    labels = []
    for family in [target, *others]:
        rows = drawn[drawn["family"] == family].sort_values(kind)
        if rows.empty:  # a recipe nobody has seen
            continue
        if family in coloured:
            colour, mark = coloured[family]
            other = bool(rows["is_alike"].any())
            axes.errorbar(
                rows[kind], rows["score"], 2 * rows["se"].to_numpy(dtype=float), fmt=mark, color=colour, markersize=5,
                linestyle="--" if other else "-", elinewidth=1, linewidth=2.2 if family == target else 1.2,
                zorder=4 if family == target else 3,
            )  # fmt: skip
            name = plain(family, 20) + (" *" if other else "")
            last = rows.iloc[-1]
            labels.append(Label(last[kind], float(last["score"]), name, colour, bold=family == target))
        else:
            axes.plot(rows[kind], rows["score"], ".-", color=GREY, alpha=0.5, linewidth=0.8, markersize=4)
    return labels


def _nearest_first(rows: pd.DataFrame, kind: str) -> list[str]:
    """Families in the order in which they deserve a colour: whole ones, measured alike, the largest first."""
    families = rows.groupby("family", observed=True).agg(
        size=(kind, "max"), alike=("is_alike", "any"), n=(kind, "size")
    )
    families["checkpoint"] = ["@" in str(name) for name in families.index]
    order = families.sort_values(
        ["checkpoint", "alike", "size", "n"], ascending=[True, True, False, False], kind="stable"
    )
    return order.index.astype(str).tolist()


def _fan(axes: Axes, forecast: pd.Series, drawn: pd.DataFrame, kind: str, target: float) -> None:
    """Bands from the origin's score widening to the target, and a bar of the same intervals there."""
    own = drawn[drawn["family"] == forecast["family"]]
    origin = own.loc[own["model"] == forecast["origin_model"], kind]
    if len(origin):
        score = forecast["origin_score"]
        for low, high, alpha in BANDS:
            fan = [score, forecast[low]], [score, forecast[high]]
            ends = [float(origin.iloc[0]), target / 10**HALF_WIDTH]
            axes.fill_between(ends, *fan, color=BLUE, alpha=alpha / 3, linewidth=0)
    _bar(axes, forecast, target)


def _bar(axes: Axes, forecast: pd.Series, target: float) -> None:
    """The intervals and the median at the target."""
    left, right = target / 10**HALF_WIDTH, target * 10**HALF_WIDTH
    for low, high, alpha in BANDS:
        axes.fill_between([left, right], forecast[low], forecast[high], color=BLUE, alpha=alpha, linewidth=0)
    axes.hlines(forecast["median"], left, right, color=BLACK, linewidth=2, zorder=5)


def _levels(axes: Axes, scores: pd.DataFrame, smallest: float) -> list[Label]:
    first = scores.iloc[0]
    levels: dict[str, tuple[float, Any]] = {"chance": (first["chance"], ":"), "ceiling": (first["ceiling"], "-.")}
    if first["is_share"]:
        for name, label in (("human_average", "average human"), ("human_best", "best human")):
            levels[label] = (first[name] / 100, "--" if name == "human_average" else (0, (6, 2)))
    labels = []
    for name, (value, line) in levels.items():
        if pd.notna(value):
            axes.axhline(float(value), color=GREY, linestyle=line, linewidth=1.2)
            labels.append(Label(smallest, float(value), f"{name} {value:.2f}", above=True))
    return labels


def _limits(axes: Axes, scores: pd.DataFrame, forecast: pd.Series, truth: float | None) -> None:
    """Axes that fit what is drawn; the levels of chance and of people may lie outside."""
    drawn = [scores["score"].min(), scores["score"].max(), forecast["q05"], forecast["q95"]]
    drawn += [] if truth is None else [truth]
    low, high = float(np.nanmin(drawn)), float(np.nanmax(drawn))
    if scores["is_share"].iloc[0]:
        edge = 0.06 * (high - low) + 0.01
        axes.set_ylim(max(low - edge, -0.02), min(high + edge, 1.02))
    else:
        most = 1.5 * max(scores["score"].max(), forecast["median"])
        axes.set_ylim(0, 1.05 * min(high, most))
