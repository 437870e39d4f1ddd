"""Simulated curves: noiseless BNSL; noisy learning curves of six kinds, of which two are forms that are fitted; draws
from two priors of others."""

from __future__ import annotations

import numpy as np


def broken_law(
    x: np.ndarray, limit: float, scale: float, exponent: float, breaks: list[tuple[float, float, float]]
) -> np.ndarray:
    """A BNSL; ``breaks`` are (change of exponent, place, width)."""
    y = scale * x**-exponent
    for change, place, width in breaks:
        y = y * (1.0 + (x / place) ** (1.0 / width)) ** (-change * width)
    return limit + y


def noiseless(n: int, breaks: int, *, seed: int, points: int = 60) -> tuple[np.ndarray, ...]:
    """Fitted x (points,), y (n, points), further x (20,) over one more decade, y there (n, 20), and true exponents.

    Four decades are fitted and hold all breaks; limits up to 0.3, exponents up to 1, widths 0.05 to 0.4 (in log x).
    """
    rng = np.random.default_rng(seed)
    x, beyond = np.logspace(2, 6, points), np.logspace(6.02, 7, 20)
    edges = np.linspace(2.3, 5.6, breaks + 1)
    fitted, held, truth = [], [], []
    for _ in range(n):
        place = [10 ** rng.uniform(edges[i] + 0.1 * (i > 0), edges[i + 1] - 0.1) for i in range(breaks)]
        change = rng.uniform(0.2, 1.0, breaks) * rng.choice([1.0, 1.0, 1.0, -0.3], breaks)
        change[-1] = abs(change[-1])
        terms = list(zip(change, place, rng.uniform(0.05, 0.4, breaks), strict=True))
        exponent = rng.uniform(0.02, 0.4)
        law = (rng.uniform(0.0, 0.3), 10 ** rng.uniform(0, 1) * 100**exponent, exponent, terms)
        fitted.append(broken_law(x, *law))
        held.append(broken_law(beyond, *law))
        truth.append([exponent, *change])
    return x, np.array(fitted), beyond, np.array(held), np.array(truth)


def learning_curves(
    n: int, points: int, decades: float, factor: float, *, seed: int, even: bool = False, wander: float = 0.0
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Error rates against examples seen: x, y (n, points), and x, y (n, 8) up to ``factor`` times beyond.

    In equal parts a logistic in log x, the sum of a bending and a straight power law, a law with two wide breaks,
    400 items each learned at its own scale, an M4 and a power law with a limit. Relative noise 0.3 to 2%, and beside
    it a random walk of ``wander`` per e-fold of x. ``even``: the points lie evenly in x, as along one training run,
    instead of in log x.
    """
    rng = np.random.default_rng(seed)
    x = np.linspace(10**decades / points, 10**decades, points) * 1e6 if even else np.logspace(6, 6 + decades, points)
    beyond = x[-1] * np.logspace(np.log10(1.15), np.log10(factor), 8)
    every = np.concatenate([x, beyond])
    rows = []
    for i in range(n):
        limit = rng.choice([0.0, 1.0]) * rng.uniform(0.02, 0.3)
        middle, c, top = 10 ** rng.uniform(6.5, 8), rng.uniform(0.1, 0.5), rng.uniform(0.85, 1.0)
        y = _KINDS[i % len(_KINDS)](every, rng, limit, middle, c, top)
        noise = np.exp(rng.uniform(np.log(0.003), np.log(0.02)))
        walk = wander * np.cumsum(
            rng.normal(size=len(every)) * np.sqrt(np.diff(np.log(every), prepend=np.log(every[0])))
        )
        rows.append(y * np.exp(noise * rng.normal(size=len(every)) + walk))
    y = np.array(rows)
    return np.tile(x, (n, 1)), y[:, :points], np.tile(beyond, (n, 1)), y[:, points:]


def prior_curves(n: int, points: int, upto: int, *, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Error rates after epochs 1, 2, ... from the prior that LC-PFN is trained on: x, y of the first ``points`` epochs,
    and of those up to ``upto`` (100 at most).

    One minus a sum of a power law, an inverse logarithm and a Janoschek growth curve, each of weight U(0, 1), drawn
    again unless it rises and stays in [0, 1]; normal noise of standard deviation exp(N(-4, 1)) (Adriaensen et al. 2023,
    arXiv:2310.20447). Curves with noise above 0.05 or an error below 0.01 are left out: log errors are compared.
    """
    rng = np.random.default_rng(seed)
    x = np.arange(1.0, 101.0)
    rows: list[np.ndarray] = []
    while len(rows) < n:
        power = rng.uniform(0, 1.25) - rng.uniform(-0.6, 0.6) * x ** -rng.lognormal(0, 2)
        slow = rng.uniform(0, 1) - rng.uniform(-0.5, 0.5) / np.log(x + 1)
        top, start = rng.uniform(0, 1), rng.uniform(0, 2)
        with np.errstate(over="ignore"):
            growth = top - (top - start) * np.exp(-rng.lognormal(-2, 1) * x ** rng.lognormal(0, 0.5))
        share = rng.uniform(0, 1, 3) @ np.array([power, slow, growth])
        noise = np.exp(rng.normal(-4, 1))
        error = 1.0 - share + noise * rng.normal(size=len(x))
        if share[-1] > share[0] and (share >= 0).all() and (share <= 1).all() and noise < 0.05 and (error > 0.01).all():
            rows.append(error)
    y = np.array(rows)
    every = np.tile(x, (n, 1))
    return every[:, :points], y[:, :points], every[:, points:upto], y[:, points:upto]


def broken_curves(
    n: int, points: int, decades: float, factor: float, *, seed: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Error rates that start at a plateau of 0.7 to 1 and fall through one to three breaks anywhere in the points.

    Shapes as `learning_curves`. Half have a limit; exponents change by -0.1 to 0.5 over widths of 0.15 to 2 (in log x);
    relative noise 0.3 to 2%. Drawn again unless the error falls by a fifth, nearly everywhere.
    """
    rng = np.random.default_rng(seed)
    x = np.logspace(0, decades, points)
    beyond = x[-1] * np.logspace(np.log10(1.05), np.log10(factor), 10)
    every = np.concatenate([x, beyond])
    rows: list[np.ndarray] = []
    while len(rows) < n:
        limit = rng.choice([0.0, 1.0]) * rng.uniform(0.01, 0.3)
        span = np.log(every[-1])
        breaks = [
            (
                rng.uniform(-0.1 if i else 0.05, 0.5),
                np.exp(rng.uniform(0, 1) * span),
                np.exp(rng.uniform(np.log(0.15), np.log(2))),
            )
            for i in range(1 + len(rows) % 3)
        ]
        fall = broken_law(every, 0.0, 1.0, rng.uniform(0, 0.05), breaks)
        y = limit + (rng.uniform(0.7, 1.0) - limit) * fall / fall[0]
        if (y < 1).all() and y[-1] < 0.8 * y[0] and (np.diff(y) < 0).mean() > 0.9:
            noise = np.exp(rng.uniform(np.log(0.003), np.log(0.02)))
            rows.append(y * np.exp(noise * rng.normal(size=len(every))))
    y = np.array(rows)
    return np.tile(x, (n, 1)), y[:, :points], np.tile(beyond, (n, 1)), y[:, points:]


def _logistic(x: np.ndarray, rng: np.random.Generator, limit: float, middle: float, c: float, top: float) -> np.ndarray:
    power = (x / middle) ** -c
    return limit + (top - limit) * power / (1.0 + power)


def _two_laws(x: np.ndarray, rng: np.random.Generator, limit: float, middle: float, c: float, top: float) -> np.ndarray:
    return limit + 0.6 * (1.0 + x / middle) ** -c + 0.3 * (x / 1e6) ** -rng.uniform(0.03, 0.2)


def _two_breaks(
    x: np.ndarray, rng: np.random.Generator, limit: float, middle: float, c: float, top: float
) -> np.ndarray:
    later = 10 ** rng.uniform(7, 8.5)
    breaks = [(c, middle, rng.uniform(0.2, 1.0)), (rng.uniform(-0.15, 0.2), later, rng.uniform(0.3, 1.0))]
    return broken_law(x, limit, 0.7 * 1e6**0.06, 0.06, breaks)


def _items(x: np.ndarray, rng: np.random.Generator, limit: float, middle: float, c: float, top: float) -> np.ndarray:
    place = np.exp(rng.normal(np.log(middle), rng.uniform(1, 3), 400))
    return limit + (top - limit) * np.exp(-((x[:, None] / place) ** rng.uniform(0.4, 1.0))).mean(axis=1)


def _m4(x: np.ndarray, rng: np.random.Generator, limit: float, middle: float, c: float, top: float) -> np.ndarray:
    """Solved for the position between top and limit by bisection."""
    alpha, target = rng.uniform(0.3, 2.0), -1.5 * c * np.log(x / middle)
    low, high = np.full_like(x, -60.0), np.full_like(x, 60.0)
    for _ in range(60):
        v = (low + high) / 2.0
        above = -np.logaddexp(0.0, -v) + alpha * np.logaddexp(0.0, v) > target
        low, high = np.where(above, low, v), np.where(above, v, high)
    return limit + (top - limit) / (1.0 + np.exp(-low))


def _law(x: np.ndarray, rng: np.random.Generator, limit: float, middle: float, c: float, top: float) -> np.ndarray:
    return limit + 0.6 * (x / 1e6) ** -c


_KINDS = (_logistic, _two_laws, _two_breaks, _items, _m4, _law)
