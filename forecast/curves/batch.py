"""Curves as padded arrays, normalised for fitting: checked once, here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
import numpy.typing as npt

from scale_forecast.curves.forms import Points
from scale_forecast.curves.registry import KINDS
from scale_forecast.data.errors import DataError, UsageError

SCORE_NOISE = 0.015
"""Standard deviation that a normalised score has beside its sampling noise: seeds, prompts, the form's own misfit."""
UNKNOWN_NOISE = 0.03
"""Standard error taken for a score of which none is known and whose points are too few to show it."""
LOSS_NOISE = 0.02
"""Relative noise of a loss whose points are too few to show it."""


@dataclass(frozen=True)
class Batch:
    """n curves of at most m points, one curve a column.

    Attributes
    ----------
    kind : str
        ``loss`` or ``accuracy``.
    u, z, w : ndarray, (m, n)
        log(x / x_ref); the target (log(y / y_ref), or the normalised score); weights, 0 where there is no point.
    x_ref, y_ref : ndarray, (n,)
        Largest fitted x; the loss there (1 for accuracies).
    chance, ceiling : ndarray, (n,)
    noise : ndarray, (n,)
        Prior guess of the residuals' standard deviation in units of 1 / sqrt(w).
    group : ndarray of int, (n,)
        Curves of one group share a prior; ``groups`` is their number.
    """

    kind: str
    u: np.ndarray
    z: np.ndarray
    w: np.ndarray
    x_ref: np.ndarray
    y_ref: np.ndarray
    chance: np.ndarray
    ceiling: np.ndarray
    noise: np.ndarray
    group: np.ndarray
    groups: int

    def __len__(self) -> int:
        return self.u.shape[1]

    @property
    def floor(self) -> np.ndarray:
        """The normalised score of a raw score of 0, (n,)."""
        return -self.chance / (self.ceiling - self.chance)

    @property
    def points(self) -> Points:
        return Points(self.u, self.z, self.w, self.floor)

    @property
    def distinct(self) -> np.ndarray:
        """Number of different x fitted, (n,)."""
        ordered = np.sort(np.where(self.w > 0, self.u, np.inf), axis=0)
        new = np.isfinite(ordered)
        new[1:] &= ordered[1:] > ordered[:-1]
        return new.sum(axis=0)

    def take(self, index: np.ndarray | slice) -> Batch:
        """The curves at ``index``."""
        taken = {f.name: getattr(self, f.name)[..., index] for f in fields(self) if f.name not in ("kind", "groups")}
        return replace(self, **taken)

    def with_weights(self, w: np.ndarray) -> Batch:
        """The same curves with other points masked or weighted."""
        return replace(self, w=w)

    def to_target(self, y: np.ndarray) -> np.ndarray:
        """Raw y (k, n) in the space that is fitted."""
        if self.kind == "loss":
            return np.log(y / self.y_ref)
        return (y - self.chance) / (self.ceiling - self.chance)

    def to_raw(self, z: np.ndarray) -> np.ndarray:
        """Fitted values (k, n) as raw y; scores are clipped to [0, 1]."""
        if self.kind == "loss":
            return self.y_ref * np.exp(np.clip(z, -600.0, 600.0))
        return np.clip(self.chance + (self.ceiling - self.chance) * z, 0.0, 1.0)


def as_batch(
    x: npt.ArrayLike | Sequence[npt.ArrayLike],
    y: npt.ArrayLike | Sequence[npt.ArrayLike],
    *,
    kind: str,
    weights: npt.ArrayLike | None = None,
    stderr: npt.ArrayLike | None = None,
    n_examples: npt.ArrayLike | None = None,
    chance: npt.ArrayLike | None = None,
    ceiling: npt.ArrayLike | None = None,
    group: npt.ArrayLike | None = None,
) -> Batch:
    """Check curves and normalise them; arguments as in `curves.fit_curves`.

    Raises
    ------
    DataError
        For x that is not positive, a loss that is not positive, a score outside [0, 1], or a curve without points.
    UsageError
        For shapes that do not match or an unknown kind.
    """
    if kind not in KINDS:
        raise UsageError(f"kind {kind!r} is not one of {', '.join(KINDS)}")
    x, y = _same_shape(_pad(x), _pad(y))
    seen = np.isfinite(x) & np.isfinite(y)
    n = len(x)
    low, high = np.zeros(n), np.ones(n)
    if kind == "accuracy":
        low = low if chance is None else _fill_missing(chance, n, 0.0)
        high = high if ceiling is None else _fill_missing(ceiling, n, 1.0)
    _require_curves(x, y, seen, kind, low, high)

    x, y, seen = x.T, y.T, seen.T
    order = np.argsort(np.where(seen, x, np.inf), axis=0, kind="stable")
    rows = np.arange(n)
    x, y, seen = x[order, rows], y[order, rows], seen[order, rows]
    last = seen.sum(axis=0) - 1
    x_ref = x[last, rows]
    u = np.where(seen, np.log(np.where(seen, x, 1.0)) - np.log(x_ref), 0.0)
    safe = np.where(seen, y, y[last, rows])
    if kind == "loss":
        y_ref = y[last, rows]
        z = np.log(safe) - np.log(y_ref)
    else:
        y_ref = np.ones(n)
        z = (safe - low) / (high - low)
    z = np.where(seen, z, 0.0)
    error = _standard_errors(stderr, n_examples, safe, x.shape, order, kind)
    error = error / (safe if kind == "loss" else high - low)
    w, noise = _weights(u, z, error, seen, kind)
    if weights is not None:
        w = w * np.broadcast_to(_pad(weights), (n, len(x))).T[order, rows]
        _require(((w >= 0) & np.isfinite(w)).T, "has a weight that is negative or not finite", "give weights >= 0")
        _require((w > 0).any(axis=0), "has no point of positive weight", "give at least one point to fit")
    codes = np.zeros(n, dtype=int) if group is None else np.unique(np.asarray(group), return_inverse=True)[1]
    return Batch(kind, u, z, w, x_ref, y_ref, low, high, noise, codes, int(codes.max()) + 1)


def _same_shape(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Both (n, m); one x may serve all curves."""
    if x.shape[0] == 1 and y.shape[0] > 1:
        x = np.repeat(x, y.shape[0], axis=0)
    if x.shape != y.shape:
        raise UsageError(f"x has shape {x.shape} and y {y.shape}: give one x for every y")
    return x, y


def _require_curves(
    x: np.ndarray, y: np.ndarray, seen: np.ndarray, kind: str, low: np.ndarray, high: np.ndarray
) -> None:
    """Raise DataError for the first curve (a row) that cannot be fitted."""
    _require(np.asarray(seen.any(axis=1)), "has no point with finite x and y", "give at least one point to fit")
    _require((x > 0) | ~seen, "has an x that is not positive", "curves are fitted in log x", x)
    if kind == "loss":
        _require((y > 0) | ~seen, "has a loss that is not positive", "use --kind accuracy for scores", y)
        return
    advice = "are these percentages? divide by 100; for losses use --kind loss"
    _require(((y >= 0) & (y <= 1)) | ~seen, "has a score outside [0, 1]", advice, y)
    _require((low >= 0) & (low < high) & (high <= 1), "has a chance outside [0, ceiling)", "give both in [0, 1]")


def _pad(values: npt.ArrayLike | Sequence[npt.ArrayLike]) -> np.ndarray:
    """Curves of unequal length as a (n, m) array, NaN on the right; one curve may be given flat."""
    try:
        return _pad_numbers(values)
    except (ValueError, TypeError) as error:
        raise UsageError(f"a curve holds what is no number ({error}): give numbers, 7e9 for 7B") from None


def _pad_numbers(values: npt.ArrayLike | Sequence[npt.ArrayLike]) -> np.ndarray:
    if isinstance(values, Sequence) and values and not np.isscalar(values[0]):
        rows = [np.atleast_1d(np.asarray(v, dtype=float)) for v in values]
        out = np.full((len(rows), max(len(r) for r in rows)), np.nan)
        for i, row in enumerate(rows):
            out[i, : len(row)] = row
        return out
    array = np.atleast_2d(np.asarray(values, dtype=float))
    if array.ndim != 2:
        raise UsageError(f"curves have {array.ndim} dimensions: give (curves, points)")
    return array


def _fill_missing(values: npt.ArrayLike, n: int, default: float) -> np.ndarray:
    out = np.broadcast_to(np.asarray(values, dtype=float), (n,))
    return np.where(np.isnan(out), default, out)


def _require(good: np.ndarray, what: str, remedy: str, value: np.ndarray | None = None) -> None:
    if good.all():
        return
    at = np.argwhere(~good)[0]
    shown = "" if value is None else f" ({value[tuple(at)]:g})"
    raise DataError(f"curve {int(at[0])} {what}{shown}: {remedy}")


def _standard_errors(
    stderr: npt.ArrayLike | None,
    n_examples: npt.ArrayLike | None,
    y: np.ndarray,
    shape: tuple[int, int],
    order: np.ndarray,
    kind: str,
) -> np.ndarray:
    """Standard errors in the unit of y, (m, n); NaN where unknown."""
    rows = np.arange(shape[1])
    error = np.full(shape, np.nan)
    if stderr is not None:
        stated = np.broadcast_to(_pad(stderr), shape[::-1]).T[order, rows]
        error = np.where(stated > 0, stated, np.nan)
    if n_examples is not None and kind == "accuracy":
        count = np.asarray(n_examples, dtype=float)
        count = np.broadcast_to(count[:, None] if count.ndim == 1 else _pad(count), shape[::-1]).T[order, rows]
        binomial = _smoothed_binomial(y, count)
        error = np.where(np.isnan(error), binomial, error)
    return error


def _smoothed_binomial(y: np.ndarray, count: np.ndarray) -> np.ndarray:
    """Standard error with two successes and two failures added (Agresti and Coull 1998): never zero."""
    n = count + 4.0
    p = (y * count + 2.0) / n
    return np.sqrt(p * (1.0 - p) / n)


def _weights(
    u: np.ndarray, z: np.ndarray, error: np.ndarray, seen: np.ndarray, kind: str
) -> tuple[np.ndarray, np.ndarray]:
    """Weights (m, n), and the noise in their unit (n,).

    With standard errors, 1 / (stderr^2 + `SCORE_NOISE`^2) and a noise of 1; without, equal weights and the noise
    that the curve's own roughness shows.
    """
    known = np.isfinite(error) | ~seen
    all_known = known.all(axis=0)
    if kind == "accuracy":
        rough = roughness(u, z, seen, UNKNOWN_NOISE)
        filled = np.where(np.isfinite(error), np.hypot(error, SCORE_NOISE), UNKNOWN_NOISE)
        w = np.where(seen, 1.0 / filled**2, 0.0)
        return w, np.where(all_known, 1.0, rough / UNKNOWN_NOISE)
    rough = roughness(u, z, seen, LOSS_NOISE)
    relative = np.where(np.isfinite(error), error, np.nan)
    typical = np.where(all_known, np.sqrt(np.where(seen, np.nan_to_num(relative) ** 2, 0.0).sum(0) / seen.sum(0)), 1.0)
    w = np.where(seen, np.where(all_known, (typical / np.where(np.isfinite(error) & seen, error, 1.0)) ** 2, 1.0), 0.0)
    return w, rough


def roughness(u: np.ndarray, z: np.ndarray, seen: np.ndarray, unknown: float) -> np.ndarray:
    """Noise of each curve from divided differences of neighbouring points, (n,).

    Differences of second to fourth order, as many as the points allow, each scaled to the noise of one point;
    the lower third of their sizes, so that a few true bends do not count as noise, and the least of the orders.
    With fewer than six points it is ``unknown``. Points are ascending with the padding last.
    """
    count = seen.sum(axis=0)
    noise = np.full(u.shape[1], np.inf)
    for order in (2, 3, 4):
        if len(u) < order + 4:
            break
        size, usable = _differences(u, z, seen, order)
        size = np.sort(np.where(usable, size, np.inf), axis=0)
        enough = usable.sum(axis=0)
        third = size[np.clip(enough // 3, 0, len(size) - 1), np.arange(u.shape[1])]
        noise = np.where(enough >= 4, np.minimum(noise, third / LOWER_THIRD), noise)
    return np.where((count >= 6) & np.isfinite(noise), np.maximum(noise, 1e-9), unknown)


LOWER_THIRD = 0.43
"""A third of a normal variable's sizes lie below this many standard deviations."""


def _differences(u: np.ndarray, z: np.ndarray, seen: np.ndarray, order: int) -> tuple[np.ndarray, np.ndarray]:
    """Divided differences over order + 1 neighbours, scaled to unit noise, and which of them exist."""
    m = len(u) - order
    windows = [slice(i, i + m) for i in range(order + 1)]
    usable = seen[windows[-1]]
    total = np.zeros((m, u.shape[1]))
    norm = np.zeros_like(total)
    span = np.where(usable, u[windows[-1]] - u[windows[0]], 1.0)
    for i in windows:
        product = np.ones_like(total)
        for j in windows:
            if j is not i:
                gap = (u[i] - u[j]) / np.where(span > 0, span, 1.0)
                product *= gap
                usable = usable & (np.abs(gap) > 1e-9)
        coefficient = 1.0 / np.where(np.abs(product) > 1e-30, product, 1.0)
        total += coefficient * z[i]
        norm += coefficient**2
    return np.abs(total) / np.sqrt(norm), usable
