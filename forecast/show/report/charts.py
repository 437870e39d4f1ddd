"""The backtest's pictures in SVG: predicted against actual gains, coverage, and where outcomes fell."""

from __future__ import annotations

import numpy as np
import pandas as pd

from scale_forecast.backtests.gains import correlation
from scale_forecast.backtests.summary import COVERAGES
from scale_forecast.resolvers.scores.calibration import binomial_band
from scale_forecast.show.plots.coverage import coverage_table
from scale_forecast.show.report.markup import percent, tag, text

SIDE = 260
LOW, HIGH = 40, 250
BINS = 10
MOST_POINTS = 600


def gains(scores: pd.DataFrame) -> str:
    """Actual against predicted gains of shares, in points; nothing without a share."""
    shares = scores[scores["is_share"].astype(bool)]
    if shares.empty:
        return ""
    predicted = 100 * (shares["median"] - shares["origin_score"]).to_numpy()
    actual = 100 * (shares["score"] - shares["origin_score"]).to_numpy()
    edge = 10 * np.ceil(max(np.abs(np.r_[predicted, actual, 10.0]).max(), 10) / 10)
    x, y = _axis(-edge, edge, LOW, HIGH), _axis(-edge, edge, HIGH, LOW - 30)
    out = [_grid(x, y, [-edge, 0, edge], [-edge, 0, edge], "{:+.0f}")]
    out.append(f'<path class="median" d="M{x(-edge):.0f} {y(-edge):.0f}L{x(edge):.0f} {y(edge):.0f}"/>')
    named = zip(predicted[:MOST_POINTS], actual[:MOST_POINTS], shares["task"], shares["target_model"], strict=False)
    for p, a, task, model in named:
        tip = f"{task}, {model}: predicted {p:+.1f}, came {a:+.1f} points"
        out.append(f'<circle class="faint" cx="{x(p):.1f}" cy="{y(a):.1f}" r="2.5" data-tip="{text(tip)}"/>')
    words = f"{len(shares)} gains, correlation {correlation(predicted, actual):.2f}"
    return _figure("".join(out), "Predicted and actual gains", "predicted gain (points)", "actual gain", words)


def coverage(scores: pd.DataFrame) -> str:
    """Share of scores inside the 50, 80 and 90% intervals beside the promise."""
    found = coverage_table(scores, "predictor").iloc[0]
    x, y = _axis(0, 1, LOW, HIGH), _axis(0, 1, HIGH, LOW - 30)
    out = [_grid(x, y, [0, 0.5, 1], [0, 0.5, 1], "{:.0%}")]
    out.append(f'<path class="median" d="M{x(0):.0f} {y(0):.0f}L{x(1):.0f} {y(1):.0f}"/>')
    said = []
    for name in COVERAGES:
        nominal, held = int(name.removeprefix("cover")) / 100, float(found[name])
        ends = y(float(found[f"{name}_low"])), y(float(found[f"{name}_high"]))
        tip = f"{nominal:.0%} interval held {percent(held)} of {found['n']} scores"
        out.append(f'<path class="se" d="M{x(nominal):.1f} {ends[0]:.1f}V{ends[1]:.1f}"/>')
        out.append(f'<circle cx="{x(nominal):.1f}" cy="{y(held):.1f}" r="4" data-tip="{text(tip)}"/>')
        said.append(tip)
    return _figure("".join(out), "Coverage", "promised", "inside the interval", "; ".join(said))


def pit(scores: pd.DataFrame) -> str:
    """Histogram of where outcomes fell in their forecasts, with the band of calibrated ones."""
    values = scores["pit"].to_numpy(dtype=float)
    share = np.histogram(values, bins=BINS, range=(0, 1))[0] / max(len(values), 1)
    low, _, high = (float(v) for v in binomial_band(len(values), 1 / BINS, 1 / BINS))
    top = max(0.2, 0.05 * np.ceil(share.max() / 0.05))
    x, y = _axis(0, 1, LOW, HIGH), _axis(0, top, HIGH, LOW - 30)
    out = [_grid(x, y, [0, 0.5, 1], [0, top / 2, top], "{:.0%}")]
    out.append(f'<path class="band" d="M{LOW} {y(low):.1f}H{HIGH}V{y(high):.1f}H{LOW}z"/>')
    for i, value in enumerate(share):
        left, right = x(i / BINS) + 1, x((i + 1) / BINS) - 1
        tip = f"{percent(value)} of outcomes lay between the {i * 10}% and {i * 10 + 10}% points of their forecasts"
        shape = f"M{left:.1f} {y(0):.1f}V{y(value):.1f}H{right:.1f}V{y(0):.1f}z"
        out.append(f'<path class="b50" d="{shape}" data-tip="{text(tip)}"/>')
    out.append(f'<path class="median" d="M{LOW} {y(1 / BINS):.1f}H{HIGH}"/>')
    words = f"{len(values)} outcomes; flat is calibrated, the grey band holds 90% of calibrated bars"
    return _figure(
        "".join(out), "Where outcomes fell (PIT)", "share of the forecast below the outcome", "outcomes", words
    )


class _axis:
    """A linear scale from data to pixels."""

    def __init__(self, low: float, high: float, start: float, end: float) -> None:
        self.low, self.high, self.start, self.end = low, high, start, end

    def __call__(self, value: float) -> float:
        return self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)


def _grid(x: _axis, y: _axis, at_x: list[float], at_y: list[float], form: str) -> str:
    out = []
    for value in at_x:
        out.append(f'<path class="grid" d="M{x(value):.1f} {y.start}V{y.end}"/>')
        out.append(f'<text x="{x(value):.1f}" y="{y.start + 12}" class="mid">{form.format(value)}</text>')
    for value in at_y:
        out.append(f'<path class="grid" d="M{x.start} {y(value):.1f}H{x.end}"/>')
        out.append(f'<text x="{x.start - 4}" y="{y(value) + 3:.1f}" class="end">{form.format(value)}</text>')
    return "".join(out)


def _figure(inside: str, title: str, x_label: str, y_label: str, words: str) -> str:
    labels = (
        f'<text x="{(LOW + HIGH) / 2}" y="{HIGH + 27}" class="mid">{x_label}</text>'
        f'<text transform="translate(9 {(LOW - 30 + HIGH) / 2}) rotate(-90)" class="mid">{y_label}</text>'
    )
    picture = tag("svg", inside + labels, viewBox=f"0 0 {SIDE} {HIGH + 32}", role="img", aria_label=f"{title}: {words}")
    return tag("figure", picture + tag("figcaption", tag("strong", title) + f" {text(words)}."), class_="chart")
