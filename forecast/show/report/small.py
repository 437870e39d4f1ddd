"""Small pictures in SVG, coloured by the page's style sheet so that they follow dark, light and print."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from scale_forecast.data.sizes import format_size
from scale_forecast.show.report.markup import number, percent, tag, text

WIDTH, HEIGHT = 200, 122
LEFT, RIGHT, TOP, BOTTOM = 26, 32, 6, 16
BANDS = (("q05", "q95", "b90"), ("q10", "q90", "b80"), ("q25", "q75", "b50"))
BAR = 10.0
"""Width of the forecast's bar."""


def multiple(task: Mapping[Any, Any], history: pd.DataFrame, first: float | None = None) -> str:
    """The history of one task and its forecast, labelled at the line, with a tip on each mark.

    Parameters
    ----------
    task : a row of `Report.tasks`
    history : its rows of `Report.history`
    first : where the horizontal axis begins, for pictures on a common scale; at the first score when None
    """
    place = _Place.of(task, history, first)
    parts = [_axes(place, task), _sizes(place, task, history)]
    if pd.notna(task["chance"]):
        parts.append(_line(place, float(task["chance"]), "chance", f"chance: {percent(task['chance'], 1)}"))
    parts.append(_fan(place, task))
    parts.append(_points(place, history, bool(task["is_share"])))
    if pd.notna(task["truth"]):
        tip = f"scored {number(task['truth'], bool(task['is_share']))}"
        x, y = place.target, place.y(task["truth"])
        diamond = f"M{x:.1f} {y - 5:.1f}l5 5l-5 5l-5-5z"
        parts.append(f'<path class="truth" d="{diamond}" data-tip="{text(tip)}"/>')
    return tag("svg", "".join(parts), viewBox=f"0 0 {WIDTH} {HEIGHT}", role="img", aria_label=describe_picture(task))


def describe_picture(task: Mapping[Any, Any]) -> str:
    """The picture in words."""
    share = bool(task["is_share"])
    said = (
        f"{task['task']}: {task['origin_model']} scored {number(task['origin_score'], share)}; forecast "
        f"{number(task['median'], share)}, 80% interval {number(task['q10'], share)} to {number(task['q90'], share)}, "
        f"probability of a gain {percent(task['prob_gain'])}"
    )
    if pd.notna(task["prob_reversal"]):
        said += f", of recovery {percent(task['prob_recovery'])}, of reversal {percent(task['prob_reversal'])}"
    return said + (f"; scored {number(task['truth'], share)}" if pd.notna(task["truth"]) else "")


class _Place:
    """Where scales and scores lie on the picture."""

    def __init__(self, low_x: float, high_x: float, low_y: float, high_y: float) -> None:
        self._x = low_x, max(high_x - low_x, 0.1)
        self._y = low_y, max(high_y - low_y, 1e-9)
        self.target = WIDTH - RIGHT - BAR / 2
        self.ends = low_y, high_y

    @classmethod
    def of(cls, task: Mapping[Any, Any], history: pd.DataFrame, first: float | None) -> _Place:
        low, high = 0.0, 1.0
        if not task["is_share"]:
            most = float(np.nanmax([history["score"].max(), task["median"], task["truth"]]))
            high = 1.05 * max(most, min(task["q90"], 2 * most))
        start = float(history["scale"].min()) if first is None else first
        return cls(start, float(task["origin_scale"]) + float(task["step"]), low, high)

    def x(self, scale: float) -> float:
        return LEFT + 4 + (scale - self._x[0]) / self._x[1] * (self.target - LEFT - 4)

    def y(self, score: float) -> float:
        share = min(max((score - self._y[0]) / self._y[1], -0.02), 1.02)
        return TOP + (1 - share) * (HEIGHT - TOP - BOTTOM)


def _axes(place: _Place, task: Mapping[Any, Any]) -> str:
    low, high = place.ends
    out = []
    for value in (low, (low + high) / 2, high):
        y = place.y(value)
        label = f"{value:.0%}" if task["is_share"] else f"{value:.3g}"
        out.append(f'<path class="grid" d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}"/>')
        out.append(f'<text x="{LEFT - 3}" y="{y + 3:.1f}" class="end">{label}</text>')
    return "".join(out)


def _sizes(place: _Place, task: Mapping[Any, Any], history: pd.DataFrame) -> str:
    """The sizes of the first model and of the target under the axis, where they are known and have room."""
    out = []
    first, last = history.iloc[0], float(task["target_params"])
    at = place.x(float(first["scale"]))
    if pd.notna(first["params"]) and at < place.target - 45:
        out.append(f'<text x="{at:.0f}" y="{HEIGHT - 3}" class="mid">{format_size(float(first["params"]))}</text>')
    if pd.notna(last):
        out.append(f'<text x="{place.target:.0f}" y="{HEIGHT - 3}" class="mid">{format_size(last)}</text>')
    return "".join(out)


def _line(place: _Place, score: float, name: str, tip: str) -> str:
    return f'<path class="{name}" d="M{LEFT} {place.y(score):.1f}H{WIDTH - RIGHT}" data-tip="{text(tip)}"/>'


def _fan(place: _Place, task: Mapping[Any, Any]) -> str:
    left, right = place.target - BAR / 2, place.target + BAR / 2
    start, origin, share = place.x(task["origin_scale"]), place.y(task["origin_score"]), bool(task["is_share"])
    out = []
    for low, high, name in BANDS:
        top, bottom = place.y(task[high]), place.y(task[low])
        shape = f"M{start:.1f} {origin:.1f}L{left:.1f} {top:.1f}H{right:.1f}V{bottom:.1f}H{left:.1f}z"
        tip = f"{int(high[1:]) - int(low[1:])}% interval: {number(task[low], share)} to {number(task[high], share)}"
        out.append(f'<path class="{name}" d="{shape}" data-tip="{text(tip)}"/>')
    tip = f"{task['target_model']}: median {number(task['median'], share)}"
    y = place.y(task["median"])
    out.append(f'<path class="median" d="M{left - 2:.1f} {y:.1f}H{right + 2:.1f}" data-tip="{text(tip)}"/>')
    label = percent(task["median"]) if share else f"{task['median']:.3g}"
    out.append(f'<text x="{right + 4:.1f}" y="{y + 3:.1f}" class="said">{text(label)}</text>')
    return "".join(out)


def _points(place: _Place, history: pd.DataFrame, share: bool) -> str:
    marks, line = [], []
    columns = (history[key].tolist() for key in ("model", "scale", "score", "se"))
    for model, scale, score, se in zip(*columns, strict=True):
        x, y = place.x(scale), place.y(score)
        line.append(f"{x:.1f} {y:.1f}")
        tip = f"{model}: {number(score, share)}"
        if np.isfinite(se):
            tip += f", ± {number(2 * se, share)} (2 s.e.)"
            marks.append(f'<path class="se" d="M{x:.1f} {place.y(score - 2 * se):.1f}V{place.y(score + 2 * se):.1f}"/>')
        marks.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" data-tip="{text(tip)}"/>')
    return f'<path class="path" d="M{"L".join(line)}"/>' + "".join(marks)


def bar(task: Mapping[Any, Any], wide: int = 200, *, ruled: bool = False) -> str:
    """The interval of one task in a line: 80% and 50% bars, the median, and the origin's score.

    Parameters
    ----------
    wide : units of the picture's width
    ruled : with quarters of the scale marked, for bars that stand below each other
    """
    high = 1.0 if task["is_share"] else 1.05 * float(np.nanmax([task["q90"], task["origin_score"]]))
    bands = [(float(task["q10"]), float(task["q90"]), "b80", 3), (float(task["q25"]), float(task["q75"]), "b50", 4)]
    return interval_svg(
        bands, float(task["median"]), (0.0, high), wide, origin=float(task["origin_score"]), rules=5 if ruled else 0
    )


def interval_svg(
    bands: Sequence[tuple[float, float, str, int]],
    median: float,
    ends: tuple[float, float],
    wide: int,
    *,
    origin: float | None = None,
    rules: int = 0,
) -> str:
    """A line of intervals with their median, and where it started.

    Parameters
    ----------
    bands : of each interval both ends, its class in the style sheet, and half its height
    ends : values at the picture's left and right; what lies beyond is drawn at the edge
    wide : units of the picture's width
    rules : marks of the scale, from end to end
    """
    low, high = ends

    def x(value: float) -> str:
        return f"{2 + (wide - 4) * min(max((value - low) / max(high - low, 1e-9), 0.0), 1.0):.1f}"

    marks = [low + (high - low) * k / (rules - 1) for k in range(rules)]
    parts = [f'<path class="grid" d="M{x(mark)} 0V14"/>' for mark in marks]
    parts += [f'<path class="{name}" d="M{x(a)} {7 - half}H{x(b)}V{7 + half}H{x(a)}z"/>' for a, b, name, half in bands]
    parts.append(f'<path class="median" d="M{x(median)} 1V13"/>')
    if origin is not None:
        parts.append(f'<circle cx="{x(origin)}" cy="7" r="2.5"/>')
    return f'<svg class="bar" viewBox="0 0 {wide} 14" aria-hidden="true">{"".join(parts)}</svg>'
