"""What a series has done up to each of its points: level, slopes in several views and windows, shape.

Each feature is an (n, L) matrix whose column p reads columns 0..p alone, so the value at an origin knows nothing
beyond it.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from scale_forecast.data.scale import BELOW
from scale_forecast.data.trend import trends_along
from scale_forecast.features.links import link, link_stderr
from scale_forecast.features.points import Points

VIEWS = ("raw", "logit", "log_error", "normalised_logit")

_FLOOR = {"raw": 0.01, "logit": 0.1, "log_error": 0.03, "normalised_logit": 0.1}
"""Added to the standard error in weights: what a family strays from its own line by, whatever the test set."""
_UNKNOWN = {"raw": 0.05, "logit": 0.3, "log_error": 0.1, "normalised_logit": 0.3}
"""Standard error taken where none is known."""


def history(points: Points) -> Iterator[tuple[str, np.ndarray]]:
    """Name and values, (n, L), of each feature of a series' own history.

    Slopes are per decade of scale and larger is better. A slope over less than 10% of scale is missing.
    """
    scale, score, limits = points.series.scale, points.series.score, points.limits
    for view in VIEWS:
        value = points.value if view == "normalised_logit" else link(score, view, limits)
        noise = points.noise if view == "normalised_logit" else link_stderr(score, points.stderr, view, limits)
        yield f"origin_{view}", value
        yield f"origin_{view}_stderr", noise
        yield from _slopes(scale, value, noise, view)
    yield "origin_law", link(score, "law", limits)
    yield from _distances(points)
    yield from _shape(points)


def _slopes(scale: np.ndarray, value: np.ndarray, noise: np.ndarray, view: str) -> Iterator[tuple[str, np.ndarray]]:
    last = _slope_last(scale, value)
    yield f"slope_last_{view}", last
    yield f"slope_two_{view}", _slope_two(scale, value)
    yield f"slope_all_{view}", _line(scale, value, np.ones_like(value))[0]
    known = np.where(np.isnan(noise), _UNKNOWN[view], noise)
    slope, slope_stderr, fitted = _line(scale, value, 1.0 / (known**2 + _FLOOR[view] ** 2))
    yield f"slope_weighted_{view}", slope
    yield f"slope_weighted_{view}_stderr", slope_stderr
    yield f"fitted_{view}", fitted
    yield f"curvature_{view}", last - _before(last)


def _before(matrix: np.ndarray, steps: int = 1) -> np.ndarray:
    """The value ``steps`` points earlier; NaN where there is none."""
    shifted = np.full_like(matrix, np.nan)
    shifted[:, steps:] = matrix[:, :-steps]
    return shifted


def _ratio(change: np.ndarray, span: np.ndarray) -> np.ndarray:
    return np.divide(change, span, out=np.full_like(change, np.nan), where=span > BELOW)


def _slope_last(scale: np.ndarray, value: np.ndarray) -> np.ndarray:
    return _ratio(value - _before(value), scale - _before(scale))


def _slope_two(scale: np.ndarray, value: np.ndarray) -> np.ndarray:
    """Least squares through the last three points."""
    x0, x1 = _before(scale, 2) - scale, _before(scale) - scale
    y0, y1 = _before(value, 2) - value, _before(value) - value
    mean = (x0 + x1) / 3.0
    spread = x0**2 + x1**2 - 3.0 * mean**2
    slope = (x0 * y0 + x1 * y1 - mean * (y0 + y1)) / np.where(spread > 0, spread, np.nan)
    return np.where(-x0 > BELOW, slope, np.nan)


def _line(scale: np.ndarray, value: np.ndarray, weight: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Weighted least squares through all points up to each: slope, its standard error, and the fit at the point.

    The standard error takes the weights for inverse variances. One point is its own fit.
    """
    seen = np.isfinite(value)
    x = np.where(seen, scale - scale[:, :1], 0.0)
    y = np.where(seen, value - value[:, :1], 0.0)
    w = np.where(seen, weight, 0.0)
    sums = (np.cumsum(part, axis=1) for part in (w, w * x, w * y, w * x * x, w * x * y))
    s, sx, sy, sxx, sxy = sums
    s = np.where(seen, s, np.nan)
    spread = np.where(x > BELOW, sxx - sx * sx / s, np.nan)
    slope = (sxy - sx * sy / s) / spread
    fitted = value[:, :1] + sy / s + np.nan_to_num(slope) * (x - sx / s)
    return slope, spread**-0.5, fitted


def _distances(points: Points) -> Iterator[tuple[str, np.ndarray]]:
    """How far the score is from chance, from the ceiling, from the human average and from its own best."""
    score, stderr = points.series.score, points.stderr
    chance, ceiling, human = (
        points.described[name].to_numpy(dtype=float)[:, None] for name in ("chance", "ceiling", "human_average")
    )
    better = _better(points)
    best = np.fmax.accumulate(better, axis=1)
    step_noise = np.hypot(stderr, _before(stderr))
    yield "above_chance", score - chance
    yield "above_chance_in_stderr", (score - chance) / stderr
    yield "to_ceiling", ceiling - score
    yield "to_ceiling_in_stderr", (ceiling - score) / stderr
    yield "to_human", human / 100.0 - score
    yield "best_minus_last", best - better
    yield "best_minus_last_in_stderr", (best - better) / stderr
    yield "gain_last_in_stderr", (better - _before(better)) / step_noise


def _shape(points: Points) -> Iterator[tuple[str, np.ndarray]]:
    scale, better = points.series.scale, _better(points)
    n, length = better.shape
    fell = better < _before(better)
    run = np.zeros((n, length))
    for j in range(1, length):
        run[:, j] = np.where(fell[:, j], run[:, j - 1] + 1.0, 0.0)
    chance, ceiling = (points.described[name].to_numpy(dtype=float) for name in ("chance", "ceiling"))
    yield "run_of_falls", run
    yield "falls", np.cumsum(fell, axis=1, dtype=float)
    yield "trend", trends_along(better, points.stderr, chance, ceiling).astype(float)
    yield "n_points", np.broadcast_to(np.arange(1.0, length + 1.0), (n, length))
    yield "span", scale - scale[:, :1]
    yield "n_examples", np.broadcast_to(np.asarray(points.limits.n_examples), (n, length))


def _better(points: Points) -> np.ndarray:
    up = points.described["higher_is_better"].to_numpy(dtype=bool)
    return points.series.score * np.where(up, 1.0, -1.0)[:, None]
