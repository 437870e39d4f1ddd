"""Small pictures by date in SVG: the known scores of a benchmark, its record, and the fan of what is to come."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from scale_forecast.by_date.present import round_score
from scale_forecast.show.report.markup import percent, tag, text
from scale_forecast.show.report.small import BANDS

WIDTH, HEIGHT = 280, 150
LEFT, RIGHT, TOP, BOTTOM = 34, 36, 6, 18
MOST_DOTS = 250
"""Of one picture; the best ones are drawn."""


def score_text(value: float, unit: str) -> str:
    """A score as the page writes it: a share in percent, else in its own unit."""
    return percent(value) if unit == "share" else round_score(value, unit)


def fan_picture(
    row: Mapping[Any, Any], known: pd.DataFrame, fan: pd.DataFrame, first: pd.Timestamp, until: pd.Timestamp
) -> str:
    """One benchmark's scores by day, its record as a step, and the record to come, labelled at its end.

    Parameters
    ----------
    row : its row of the table of records on the last day
    known : ``day, score``
    fan : ``by, median`` and the quantiles of `BANDS`
    first : where the axis of dates begins
    until : where the tables end
    """
    unit = str(row["unit"])
    place = _Days(unit, known, fan, first)
    inside = [place.axes(), place.dots(known), place.record(known, until), place.fan(fan, unit)]
    return tag("svg", "".join(inside), viewBox=f"0 0 {WIDTH} {HEIGHT}", role="img", aria_label=describe(row))


def describe(row: Mapping[Any, Any]) -> str:
    """The picture in words."""
    unit = str(row["unit"])
    said = [score_text(row[name], unit) for name in ("record_now", "median", "q10", "q90")]
    return (
        f"{row['task']}: record {said[0]} by {row['record_model']} on {row['record_date']:%Y-%m-%d}; by "
        f"{row['by']:%Y-%m-%d} {said[1]}, 80% interval {said[2]} to {said[3]}, stands with probability "
        f"{percent(row['unchanged'])}"
    )


class _Days:
    """Where days and scores lie on the picture; what grows by factors lies on a logarithmic scale."""

    def __init__(self, unit: str, known: pd.DataFrame, fan: pd.DataFrame, first: pd.Timestamp) -> None:
        self.days = first, fan["by"].iloc[-1]
        self.by_factors = unit in ("minutes", "US dollars")
        self.unit = unit
        if unit == "share":
            self.ends = 0.0, 1.0
        else:
            scores = self._on(np.r_[known.loc[known["day"] >= first, "score"], fan["q95"]])
            self.ends = float(scores.min()), float(scores.max() + 0.05 * np.ptp(scores))

    def _on(self, score: Any) -> Any:
        scores = np.asarray(score, dtype=float)
        return np.log10(np.maximum(scores, 1e-3)) if self.by_factors else scores

    def x(self, days: Any) -> Any:
        share = (pd.DatetimeIndex(days) - self.days[0]) / (self.days[1] - self.days[0])
        return LEFT + np.clip(share.to_numpy(dtype=float), 0, 1) * (WIDTH - LEFT - RIGHT)

    def y(self, score: Any) -> Any:
        low, high = self.ends
        return TOP + (1 - np.clip((self._on(score) - low) / (high - low), 0, 1)) * (HEIGHT - TOP - BOTTOM)

    def axes(self) -> str:
        out = []
        for value in self.ticks():
            y = float(self.y(value))
            out.append(f'<path class="grid" d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}"/>')
            out.append(f'<text x="{LEFT - 3}" y="{y + 3:.1f}" class="end">{score_text(value, self.unit)}</text>')
        for year in range(self.days[0].year + 1, self.days[1].year + 1):
            x = float(self.x([pd.Timestamp(year, 1, 1)])[0])
            out.append(f'<path class="grid" d="M{x:.1f} {TOP}V{HEIGHT - BOTTOM}"/>')
            out.append(f'<text x="{x:.1f}" y="{HEIGHT - 5}" class="mid">{year}</text>')
        return "".join(out)

    def ticks(self) -> list[float]:
        """Round scores for the vertical axis: halves of a share, powers of ten, or a few of a round step."""
        low, high = self.ends
        if self.unit == "share":
            return [0.0, 0.5, 1.0]
        if self.by_factors:
            return [10.0**k for k in range(int(np.ceil(low)), int(np.floor(high)) + 1)]
        step = 10.0 ** np.floor(np.log10(max(high - low, 1e-9)))
        step = step / 2 if high - low < 2 * step else step
        return [float(step * k) for k in range(int(np.ceil(low / step)), int(np.floor(high / step)) + 1)]

    def dots(self, known: pd.DataFrame) -> str:
        shown = known[known["day"] >= self.days[0]].nlargest(MOST_DOTS, "score")
        points = zip(self.x(shown["day"]), self.y(shown["score"]), strict=True)
        return f'<path class="dots" d="{"".join(f"M{x:.1f} {y:.1f}h0" for x, y in points)}"/>'

    def record(self, known: pd.DataFrame, until: pd.Timestamp) -> str:
        order = known.sort_values("day", kind="stable")
        order = order.assign(score=order["score"].cummax()).drop_duplicates("score")
        before = order[order["day"] < self.days[0]].tail(1).assign(day=self.days[0])
        steps = pd.concat([before, order[order["day"] >= self.days[0]]])
        xs, ys = self.x(steps["day"]), self.y(steps["score"])
        path = "".join(f"H{x:.1f}V{y:.1f}" for x, y in zip(xs[1:], ys[1:], strict=True))
        return f'<path class="path" d="M{xs[0]:.1f} {ys[0]:.1f}{path}H{float(self.x([until])[0]):.1f}"/>'

    def fan(self, fan: pd.DataFrame, unit: str) -> str:
        xs = self.x(fan["by"])
        out = []
        for low, high, name in BANDS:
            upper = [f"{x:.1f} {y:.1f}" for x, y in zip(xs, self.y(fan[high]), strict=True)]
            lower = [f"{x:.1f} {y:.1f}" for x, y in zip(xs, self.y(fan[low]), strict=True)]
            span = f"{score_text(fan[low].iloc[-1], unit)} to {score_text(fan[high].iloc[-1], unit)}"
            tip = f"{int(high[1:]) - int(low[1:])}% interval at the end: {span}"
            out.append(f'<path class="{name}" d="M{"L".join(upper + lower[::-1])}z" data-tip="{text(tip)}"/>')
        middle = "L".join(f"{x:.1f} {y:.1f}" for x, y in zip(xs, self.y(fan["median"]), strict=True))
        out.append(f'<path class="median" d="M{middle}"/>')
        label, y = score_text(fan["median"].iloc[-1], unit), float(self.y(fan["median"].iloc[-1]))
        out.append(f'<text x="{WIDTH - RIGHT + 4}" y="{y + 3:.1f}" class="said">{label}</text>')
        return "".join(out)
