"""Loss forms: power laws with their limits and breaks. Value is log y, y > 0 divided by its last fitted level."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np

from scale_forecast.curves.forms import (
    FAR,
    Form,
    Parameter,
    Points,
    ValueAndJacobian,
    grid,
    linear_fit,
    logistic,
    softplus,
    spread,
    thin,
)
from scale_forecast.data.names import count_of

ALABDULMOHSIN = "Alabdulmohsin, Neyshabur and Zhai 2022, arXiv:2209.06640"
CABALLERO = "Caballero, Gupta, Rish and Krueger 2022, arXiv:2210.14891"
LEVEL = Parameter(
    "log_b", "reducible loss at the last fitted point", -25.0, 25.0, 0.0, 3.0, symbol="b", unit="y", log=True
)
EXPONENT = Parameter("c", "exponent: decades of loss lost per decade of x", -50.0, 50.0, 0.2, 0.4, pooled=True)
FALLING = Parameter("c", "exponent: decades of loss lost per decade of x", 0.0, 50.0, 0.2, 0.4, pooled=True)
LIMIT = Parameter(
    "a", "limit of the loss at infinite x; at x = 0 where the exponent is negative", 0.0, 1e3, 0.5, 2.0, unit="y"
)


FEW = 20_000
"""Below so many points in all, over a grid of starts and limits, the limits are tried together."""
FEW_POINTS = 12
"""Curves of so few points get a coarser grid of starts."""


def lowest(points: Points) -> np.ndarray:
    """The lowest loss of each curve, (b,)."""
    return np.exp(np.where(points.w > 0, points.z, np.inf).min(axis=0))


def excess(points: Points, share: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """log(y - a) for limits a = share x lowest loss, the weights that log-loss residuals then have, and a.

    Shapes (m, s * b), (m, s * b), (s * b,), shares first.
    """
    s = len(share)
    a = np.outer(share, lowest(points)).ravel()
    y = np.exp(np.tile(points.z, (1, s)))
    rest = np.maximum(y - a, 1e-12 * y)
    return np.log(rest), np.tile(points.w, (1, s)) * (rest / y) ** 2, a


def as_starts(rows: list[np.ndarray], b: int) -> np.ndarray:
    """Stack parameters given as (s * b,) rows into (p, s, b)."""
    return np.stack(rows).reshape(len(rows), -1, b)


class M1(Form):
    name = "m1"
    words = "a power law"
    formula = "y = b r^-c"
    source = f"power law; M1 of {ALABDULMOHSIN}"
    kinds = ("loss", "accuracy")
    of_loss = True
    parameters = (LEVEL, EXPONENT)

    def value_and_jacobian(self, theta: np.ndarray, u: np.ndarray, floor: np.ndarray) -> ValueAndJacobian:
        level, c = theta
        value = level - c * u
        return value, np.stack([np.ones_like(u), -u])

    def starts(self, points: Points, effort: int = 0) -> np.ndarray:
        coefficients, _ = linear_fit([np.ones_like(points.u), -points.u], points.z, points.w)
        return coefficients[:, None]


class M2(Form):
    name = "m2"
    words = "a power law with a limit"
    formula = "y = a + b r^-c"
    source = f"power law with a limit; M2 of {ALABDULMOHSIN}; BNSL without breaks"
    kinds = ("loss", "accuracy")
    of_loss = True
    parameters = (LIMIT, LEVEL, EXPONENT)
    shares = np.array([0.0, 0.5, 0.8, 0.93, 0.99])

    def value_and_jacobian(self, theta: np.ndarray, u: np.ndarray, floor: np.ndarray) -> ValueAndJacobian:
        a, level, c = theta
        power = np.exp(np.clip(level - c * u, -2 * FAR, FAR))
        y = a + power
        slope = power / y
        return np.log(y), np.stack([1.0 / y, slope, -u * slope])

    def starts(self, points: Points, effort: int = 0) -> np.ndarray:
        rest, weight, a = excess(points, self.shares)
        u = np.tile(points.u, (1, len(self.shares)))
        (level, c), _ = linear_fit([np.ones_like(u), -u], rest, weight, ridge=1e-4)
        return as_starts([a, level, c], points.u.shape[1])


class M3(Form):
    name = "m3"
    words = "a power law that levels off"
    formula = "y = b (1/r + g)^c"
    source = f"power law that levels off; M3 of {ALABDULMOHSIN}"
    kinds = ("loss", "accuracy")
    of_loss = True
    parameters = (
        LEVEL,
        FALLING,
        Parameter("log_g", "r levels off near 1/g", -12.0, 6.0, -3.0, 3.0, symbol="g", log=True),
    )
    grid = np.array([-6.0, -3.0, -1.5, 0.0, 1.5])

    def value_and_jacobian(self, theta: np.ndarray, u: np.ndarray, floor: np.ndarray) -> ValueAndJacobian:
        level, c, g = theta
        top = np.maximum(-u, g)
        bend = top + np.log1p(np.exp(-np.abs(u + g)))
        return level + c * bend, np.stack([np.ones_like(u), bend, c * logistic(g + u)])

    def starts(self, points: Points, effort: int = 0) -> np.ndarray:
        g = np.repeat(self.grid, points.u.shape[1])
        u = np.tile(points.u, (1, len(self.grid)))
        bend = np.logaddexp(-u, g)
        z, w = (np.tile(v, (1, len(self.grid))) for v in (points.z, points.w))
        (level, c), _ = linear_fit([np.ones_like(u), bend], z, w, ridge=1e-4)
        return as_starts([level, c, g], points.u.shape[1])


class M4(Form):
    name = "m4"
    words = "a fall from one level to another, as a power law far from both"
    formula = "(y - a) / (a0 - y)^alpha = b (a0 - a)^(1 - alpha) r^-c"
    source = f"sigmoid-like, with an upper limit; M4 of {ALABDULMOHSIN}"
    kinds = ("loss", "accuracy")
    of_loss = True
    parameters = (
        LIMIT,
        Parameter("log_range", "a0 the loss at x = 0", -12.0, 12.0, 1.0, 2.0, symbol="a0 - a", unit="y", log=True),
        Parameter("alpha", "how slowly the loss leaves a0", 0.0, 20.0, 1.0, 1.5),
        Parameter("log_b", "level at the last fitted point", -40.0, 40.0, 0.0, 4.0, symbol="b", log=True),
        FALLING,
    )
    long = 200
    shares = np.array([0.0, 0.6, 0.9, 0.99])
    heights = np.array([1.02, 1.3, 3.0])

    def value_and_jacobian(self, theta: np.ndarray, u: np.ndarray, floor: np.ndarray) -> ValueAndJacobian:
        a, log_range, alpha, level, c = theta
        share, rest, softplus_v = solve_m4(level - c * u, alpha)
        scale = np.exp(log_range)
        y = np.maximum(a + scale * share, 1e-300)
        part = scale * share / y
        rise = part * rest / np.maximum(rest + alpha * share, 1e-12)
        jacobian = np.empty((5, *u.shape))
        jacobian[0] = 1.0 / y
        jacobian[1] = part
        jacobian[2] = -softplus_v * rise
        jacobian[3] = rise
        jacobian[4] = -u * rise
        return np.log(y), jacobian

    def starts(self, points: Points, effort: int = 0) -> np.ndarray:
        b = points.u.shape[1]
        s = len(self.shares)
        highest = np.exp(np.where(points.w > 0, points.z, -np.inf).max(axis=0))
        rest, weight, a = excess(points, self.shares)
        rows = []
        for height in self.heights:
            a0 = np.tile(highest, s) * height
            scale = np.maximum(a0 - a, 1e-9)
            share = np.clip(np.exp(rest) / scale, 1e-9, 1 - 1e-9)
            u = np.tile(points.u, (1, s))
            columns = [np.log1p(-share), np.ones_like(u), -u]
            (alpha, level, c), _ = linear_fit(columns, np.log(share), weight, ridge=[1e-2, 1e-4, 1e-4])
            rows.append(as_starts([a, np.log(scale), np.clip(alpha, 0.0, 5.0), level, np.maximum(c, 0.01)], b))
        return np.concatenate(rows, axis=1)


def solve_m4(s: np.ndarray, alpha: np.ndarray, iterations: int = 5) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """logistic(v), 1 - logistic(v) and softplus(v) at the root v of -softplus(-v) + alpha softplus(v) = s.

    The left side rises monotonically, with slope 1 far below and alpha far above. Halley's method, from a curve with
    both asymptotes that is 0 where the root is, nearly; its error is cubed with each step.
    """
    least = np.maximum(alpha, 0.01)
    root = np.sqrt(least)
    v = _within(s + (1.0 / least - 1.0) * root * softplus(s / root), 60.0)
    for i in range(iterations + 1):
        e = np.exp(-np.abs(v))
        inverse = 1.0 / (1.0 + e)
        other = e * inverse
        above = v >= 0
        share = np.where(above, inverse, other)
        rest = np.where(above, other, inverse)
        bend = np.maximum(v, 0.0) + np.log1p(e)
        if i >= iterations:
            break
        steeper = alpha - 1.0
        gap = v + steeper * bend - s
        slope = np.maximum(rest + alpha * share, 1e-6)
        square = slope**2
        step = gap * slope / np.maximum(square - 0.5 * gap * steeper * share * rest, 0.25 * square)
        new = _within(v - _within(step, 8.0), 60.0)
        if np.abs(new - v).max(initial=0.0) < 1e-4:
            iterations = i + 1
        v = new
    return share, rest, bend


def _within(values: np.ndarray, limit: float) -> np.ndarray:
    """Values cut to +-limit; of few numbers `numpy.clip` takes several times as long."""
    return np.asarray(np.minimum(np.maximum(values, -limit), limit))


class BNSL(Form):
    """Broken neural scaling law with ``breaks`` breaks."""

    kinds = ("loss", "accuracy")
    of_loss = True
    by_batch = True
    source = CABALLERO

    def __init__(self, breaks: int) -> None:
        self.breaks = breaks
        self.name = f"bnsl{breaks}"
        self.words = f"a power law with {count_of(breaks, 'break')} and a limit"
        self.formula = "y = a + b r^-c0 " + " ".join(
            f"(1 + (x/d{i})^(1/f{i}))^(-c{i} f{i})" for i in range(1, breaks + 1)
        )
        alike = breaks == 1
        exponent = Parameter("c0", "exponent before the first break", -50.0, 50.0, 0.2, 0.7, pooled=alike)
        self.parameters = (replace(LIMIT, pooled=alike), LEVEL, exponent)
        for i in range(1, breaks + 1):
            change, place, width = (
                (f"c{i}", f"change of exponent at break {i}", -50.0, 50.0, 0.0, 1.0),
                (f"log_d{i}", f"place of break {i}", -60.0, 10.0, 0.0, 6.0),
                (f"log_f{i}", f"width of break {i} in log x (small: sharp)", -7.0, 2.5, -1.0, 1.2),
            )
            self.parameters += (
                Parameter(*change, pooled=alike),
                Parameter(*place, pooled=alike, symbol=f"d{i}", unit="x", log=True),
                Parameter(*width, pooled=alike, symbol=f"f{i}", log=True),
            )
        self.distinct_points = 3 + breaks
        self.refined, self.polished = (4, 14, 20)[breaks - 1], breaks
        self.short, self.long = 15, 100 * breaks
        self.simpler = BNSL(breaks - 1) if breaks > 1 else None
        self.held = (4, 5) if breaks == 1 else ()

    def value_and_jacobian(self, theta: np.ndarray, u: np.ndarray, floor: np.ndarray) -> ValueAndJacobian:
        a, level, c0 = theta[:3]
        power = level - c0 * u
        jacobian = np.empty((len(theta), *u.shape))
        for i in range(3, len(theta), 3):
            c, d, log_f = theta[i : i + 3]
            f = np.exp(log_f)
            k = (u - d) / f
            bend = softplus(k)
            beyond = logistic(k)
            power = power - c * f * bend
            jacobian[i] = -f * bend
            jacobian[i + 1] = c * beyond
            jacobian[i + 2] = -c * f * (bend - k * beyond)
        power = np.exp(np.clip(power, -2 * FAR, FAR))
        y = a + power
        slope = power / y
        jacobian[1] = 1.0
        jacobian[2] = -u
        jacobian[1:] *= slope
        jacobian[0] = 1.0 / y
        return np.log(y), jacobian

    limits = 1.0 - np.array([1.0, 0.5, 0.2, 0.07, 0.02, 0.005, 0.001])
    places = np.linspace(0.04, 1.08, 14)
    widths = np.log([0.03, 0.1, 0.35, 1.0])
    few_places = np.linspace(0.08, 0.98, 10)
    few_widths = np.log([0.06, 0.2, 0.6])
    efforts = 3

    def starts(self, points: Points, effort: int = 0) -> np.ndarray:
        """Limits, places and widths on a grid; level and exponents, linear in log(y - a), solved for each.

        The best are kept for each limit apart: a wrong limit looks much like a further break.
        """
        if self.breaks == 1:
            most = (points.w > 0).sum(axis=0).max(initial=0)
            every = 2 if most <= FEW_POINTS else 1
            place, log_f = grid(self.places[::every], self.widths[::every])
            return self._best_starts(points, place[None], log_f[None], keep=2 + 6 * effort)
        places = np.linspace(0.06, 1.02, 15) if effort == 1 else self.few_places + 0.04 * (effort > 1)
        sets = np.array(list(combinations(places, self.breaks if effort else 2))).T
        if effort > 1:
            sets = sets + 0.04 * np.sin(np.arange(sets.size)).reshape(sets.shape)
        widths = np.log([0.04, 0.09, 0.18, 0.35, 0.8]) if effort and self.breaks == 2 else self.few_widths
        which, *log_f = grid(np.arange(sets.shape[1]), *[widths] * len(sets))
        kept = self._best_starts(points, sets[:, which.astype(int)], np.stack(log_f), keep=(3, 12, 30)[effort])
        return kept if len(sets) == self.breaks else self.extend(points, kept)

    def held_starts(self, points: Points) -> np.ndarray:
        """The best limit for each place and width of the break, also beyond the fitted points."""
        grids = grid(np.linspace(0.5, 1.2, 15), np.log([0.02, 0.04, 0.08, 0.15, 0.3, 0.6]))
        out = []
        for place, log_f in zip(*grids, strict=True):
            start = self._best_starts(points, np.array([[place]]), np.array([[log_f]]), keep=1)
            off = [((self.value(s, points.u, points.floor) - points.z) ** 2 * points.w).sum(0) for s in
                   start.transpose(1, 0, 2)]  # fmt: skip
            out.append(np.take_along_axis(start, np.argmin(off, axis=0)[None, None], axis=1))
        return np.concatenate(out, axis=1)

    def _best_starts(self, points: Points, places: np.ndarray, log_f: np.ndarray, keep: int) -> np.ndarray:
        """The best ``keep`` starts for each limit, (p, limits * keep, b), of breaks at shares of the span.

        ``places, log_f`` are (breaks, g).
        """
        points = thin(points, 40)
        few = places.shape[1] * points.u.size * len(self.limits) < FEW
        limits = [self.limits] if few else np.split(self.limits, len(self.limits))
        return np.concatenate([self._solve_at(some, points, places, log_f, keep) for some in limits], axis=1)

    def _solve_at(
        self, limits: np.ndarray, points: Points, places: np.ndarray, log_f: np.ndarray, keep: int
    ) -> np.ndarray:
        """As `_best_starts`, for these limits, all together."""
        rest, weight, a = excess(points, limits)
        one = np.tile(points.u, (1, len(limits)))
        m, b = one.shape
        span = np.tile(np.maximum(spread(points), 1e-9), len(limits))
        d = (places[:, :, None] - 1.0) * span
        bends = [_bend(one[:, None], dk, fk[:, None]).reshape(m, -1) for dk, fk in zip(d, np.exp(log_f), strict=True)]
        g = places.shape[1]
        widths = len(np.unique(log_f[0])) ** len(places)
        keep = min(keep, g // widths)
        u = np.tile(one, (1, g))
        solved, rss = linear_fit(
            [np.ones_like(u), -u, *bends], np.tile(rest, (1, g)), np.tile(weight, (1, g)), ridge=1e-7
        )
        pick = _best_of_places(rss.reshape(g, b), widths, keep)
        theta = np.empty((3 + 3 * len(places), keep, b))
        theta[0] = a
        for to, value in ((1, solved[0]), (2, solved[1])):
            theta[to] = np.take_along_axis(value.reshape(g, b), pick, axis=0)
        for i in range(len(places)):
            theta[3 + 3 * i] = np.take_along_axis(solved[2 + i].reshape(g, b), pick, axis=0)
            theta[4 + 3 * i] = np.take_along_axis(d[i], pick, axis=0)
            theta[5 + 3 * i] = log_f[i][pick]
        by_limit = theta.reshape(len(theta), keep, len(limits), -1).transpose(0, 2, 1, 3)
        return by_limit.reshape(len(theta), len(limits) * keep, -1)

    def extend(self, points: Points, kept: np.ndarray) -> np.ndarray:
        """Add the best further breaks to every start of one break less, (p, s, b) -> (p + 3, 2 s, b)."""
        points = thin(points, 40)
        m, b = points.u.shape
        span = np.maximum(spread(points), 1e-9)
        place, log_f = grid(self.places, self.widths)
        d = (place[:, None] - 1.0) * span
        g = len(place)
        wide = _bend(points.u[:, None], d, np.exp(log_f)[:, None]).reshape(m, g * b)
        out = []
        for base in kept.transpose(1, 0, 2):
            y = np.exp(points.z)
            rest = np.maximum(y - base[0], 1e-12 * y)
            weight = points.w * (rest / y) ** 2
            columns = [np.ones_like(points.u), -points.u]
            columns += [_bend(points.u, base[i + 1], np.exp(base[i + 2])) for i in range(3, len(base), 3)]
            columns = [np.tile(column, (1, g)) for column in columns]
            solved, rss = linear_fit(
                [*columns, wide], np.tile(np.log(rest), (1, g)), np.tile(weight, (1, g)), ridge=1e-8
            )
            pick = np.argsort(rss.reshape(g, b), axis=0, kind="stable")[:2]
            solved = np.take_along_axis(solved.reshape(-1, g, b), pick[None], axis=1)
            theta = np.empty((len(base) + 3, 2, b))
            theta[: len(base)] = base[:, None]
            theta[1:3] = solved[:2]
            theta[3::3] = solved[2:]
            theta[-2], theta[-1] = np.take_along_axis(d, pick, axis=0), log_f[pick]
            out.append(theta)
        return np.concatenate(out, axis=1)


def _bend(u: np.ndarray, d: np.ndarray, f: np.ndarray) -> np.ndarray:
    """What one unit of c_i adds to log(y - a): -f softplus((u - d) / f)."""
    return -f * softplus((u - d) / f)


def _best_of_places(score: np.ndarray, widths: int, keep: int) -> np.ndarray:
    """The best ``keep`` of the rows (g, b), no two of one set of places (``widths`` consecutive rows)."""
    groups = score.reshape(-1, widths, score.shape[1])
    best = groups.argmin(axis=1) + widths * np.arange(len(groups))[:, None]
    order = np.argsort(np.take_along_axis(score, best, axis=0), axis=0, kind="stable")[:keep]
    return np.take_along_axis(best, order, axis=0)
