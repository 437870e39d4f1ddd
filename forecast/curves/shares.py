"""Share forms: the normalised score q = (y - chance) / (ceiling - chance), from below 0 (worse than chance) to 1."""

from __future__ import annotations

import numpy as np

from scale_forecast.curves.forms import (
    FAR,
    Form,
    Parameter,
    Points,
    ValueAndJacobian,
    linear_fit,
    logistic,
    softplus,
    spread,
)

LEVEL = Parameter("level", "log-odds at the last fitted point", -12.0, 12.0, 0.0, 4.0)
SLOPE = Parameter("slope", "log-odds gained per e-fold of x", -5.0, 10.0, 0.15, 0.25, pooled=True)
RISING = Parameter("slope", "log-odds gained per e-fold of x", 0.0, 10.0, 0.2, 0.4, pooled=True)


def log_odds(q: np.ndarray) -> np.ndarray:
    """Log-odds of a share, kept finite near 0 and 1."""
    q = np.clip(q, 0.01, 0.99)
    return np.log(q / (1.0 - q))


def line_through(points: Points, seen: np.ndarray, factor: np.ndarray) -> np.ndarray:
    """Level and slope of a line through transformed scores, weighted by the square of dq / d(transformed), (2, b)."""
    columns = [np.ones_like(points.u), points.u]
    coefficients, _ = linear_fit(columns, seen, points.w * factor**2, ridge=[1e-6, 1e-2])
    return coefficients


class Linear(Form):
    name = "linear"
    words = "a straight line in log x"
    formula = "q = level + slope log r"
    source = "straight line in log x, clipped to the metric's range"
    kinds = ("accuracy",)
    parameters = (
        Parameter("level", "normalised score at the last fitted point", -20.0, 20.0, 0.2, 2.0),
        Parameter("slope", "normalised score gained per e-fold of x", -5.0, 5.0, 0.02, 0.06, pooled=True),
    )

    def value_and_jacobian(self, theta: np.ndarray, u: np.ndarray, floor: np.ndarray) -> ValueAndJacobian:
        return theta[0] + theta[1] * u, np.stack([np.ones_like(u), u])

    def starts(self, points: Points, effort: int = 0) -> np.ndarray:
        return line_through(points, points.z, np.ones_like(points.z))[:, None]


class Logit(Form):
    name = "logit"
    words = "a straight line in the log-odds of the score"
    formula = "y / ceiling = logistic(level + slope log r)"
    source = "straight line in the log-odds of the raw score: chance plays no part"
    kinds = ("accuracy",)
    parameters = (LEVEL, SLOPE)

    def value_and_jacobian(self, theta: np.ndarray, u: np.ndarray, floor: np.ndarray) -> ValueAndJacobian:
        p = logistic(theta[0] + theta[1] * u)
        slope = (1.0 - floor) * p * (1.0 - p)
        return floor + (1.0 - floor) * p, np.stack([slope, slope * u])

    def starts(self, points: Points, effort: int = 0) -> np.ndarray:
        share = (points.z - points.floor) / (1.0 - points.floor)
        p = np.clip(share, 0.01, 0.99)
        return line_through(points, log_odds(share), (1.0 - points.floor) * p * (1.0 - p))[:, None]


class Law(Form):
    name = "law"
    words = "a power law of the negative log of the score above chance"
    formula = "-log q = A r^-alpha"
    source = "two-parameter law on the chance-normalised score"
    kinds = ("accuracy",)
    parameters = (
        Parameter("log_A", "-log q at the last fitted point", -8.0, 4.0, 0.0, 2.0, symbol="A", log=True),
        Parameter("alpha", "exponent", -3.0, 6.0, 0.08, 0.15, pooled=True),
    )

    def value_and_jacobian(self, theta: np.ndarray, u: np.ndarray, floor: np.ndarray) -> ValueAndJacobian:
        e = np.exp(np.clip(theta[0] - theta[1] * u, -FAR, 6.0))
        q = np.exp(-e)
        return q, np.stack([-e * q, u * e * q])

    def starts(self, points: Points, effort: int = 0) -> np.ndarray:
        q = np.clip(points.z, 0.01, 0.995)
        seen = np.log(-np.log(q))
        level, slope = line_through(points, seen, q * np.log(q))
        return np.stack([level, -slope])[:, None]


class Sigmoid(Form):
    name = "sigmoid"
    words = "a sigmoid from chance to a top"
    formula = "q = T logistic(level + slope log r)"
    source = (
        "logistic in log scale between chance and a top T; e.g. Ruan, Maddison and Hashimoto 2024, arXiv:2405.10938"
    )
    kinds = ("accuracy",)
    parameters = (LEVEL, RISING, Parameter("T", "top, as a share of the ceiling above chance", 0.02, 1.0, 1.0, 0.25))

    def value_and_jacobian(self, theta: np.ndarray, u: np.ndarray, floor: np.ndarray) -> ValueAndJacobian:
        level, slope, top = theta
        p = logistic(level + slope * u)
        gain = top * p * (1.0 - p)
        return top * p, np.stack([gain, gain * u, p])

    def starts(self, points: Points, effort: int = 0) -> np.ndarray:
        starts = []
        for top in (1.0, 0.6, 0.3):
            share = points.z / top
            p = np.clip(share, 0.01, 0.99)
            line = line_through(points, log_odds(share), top * p * (1.0 - p))
            starts.append(np.concatenate([line, np.full((1, line.shape[1]), top)]))
        return np.stack(starts, axis=1)


class TwoSigmoids(Form):
    name = "mixture"
    words = "two sigmoids: two sub-tasks learnt at different scales"
    formula = "q = w logistic(level_1 + slope log r) + (1 - w) logistic(level_2 + slope_2 log r)"
    source = "a task as a sum of two sub-tasks that are learnt at different scales"
    kinds = ("accuracy",)
    parameters = (
        Parameter("w", "share of the first sub-task", 0.02, 0.98, 0.5, 0.3),
        Parameter("level_1", "log-odds of the first at the last fitted point", -15.0, 15.0, 1.0, 3.0),
        RISING,
        Parameter("level_2", "log-odds of the second at the last fitted point", -15.0, 15.0, -2.0, 3.0),
        Parameter("slope_2", "its log-odds gained per e-fold of x", 0.0, 10.0, 0.3, 0.5),
    )
    distinct_points = 4

    def value_and_jacobian(self, theta: np.ndarray, u: np.ndarray, floor: np.ndarray) -> ValueAndJacobian:
        w, l1, s1, l2, s2 = theta
        p1, p2 = logistic(l1 + s1 * u), logistic(l2 + s2 * u)
        g1, g2 = w * p1 * (1 - p1), (1 - w) * p2 * (1 - p2)
        return w * p1 + (1 - w) * p2, np.stack([p1 - p2, g1, g1 * u, g2, g2 * u])

    def starts(self, points: Points, effort: int = 0) -> np.ndarray:
        line = Sigmoid().starts(points)[:2, 0]
        rows = [
            [np.full_like(line[0], w), line[0] + shift, line[1], line[0] - shift, line[1] * steep]
            for w, shift, steep in ((0.5, 0.3, 1.0), (0.3, 2.0, 2.0), (0.7, 2.0, 2.0), (0.5, 4.0, 4.0))
        ]
        return np.array(rows).transpose(1, 0, 2)


class UShape(Form):
    name = "ushape"
    words = "a fall to a trough, then a rise"
    formula = "q = t + fall logistic(-s1 log(x/d1)) + (1 - t) logistic(s2 log(x/d2))"
    source = "fall from h to a trough t, then rise to the ceiling; Wei et al. 2022, arXiv:2211.02011"
    kinds = ("accuracy",)
    parameters = (
        Parameter("t", "normalised score in the trough", -1.5, 0.95, 0.0, 0.3),
        Parameter("fall", "depth of the fall", 0.0, 1.5, 0.2, 0.3),
        Parameter("s1", "steepness of the fall", 0.05, 10.0, 0.7, 0.6),
        Parameter("d1", "place of the fall", -60.0, 15.0, -4.0, 4.0, unit="x", log=True),
        Parameter("s2", "steepness of the rise", 0.05, 10.0, 0.7, 0.6),
        Parameter("d2", "place of the rise", -60.0, 15.0, 2.0, 4.0, unit="x", log=True),
    )
    distinct_points = 4

    def value_and_jacobian(self, theta: np.ndarray, u: np.ndarray, floor: np.ndarray) -> ValueAndJacobian:
        t, fall, s1, d1, s2, d2 = theta
        down, up = logistic(-s1 * (u - d1)), logistic(s2 * (u - d2))
        g1, g2 = fall * down * (1 - down), (1 - t) * up * (1 - up)
        value = t + fall * down + (1 - t) * up
        return value, np.stack([1 - up, down, -g1 * (u - d1), g1 * s1, g2 * (u - d2), -g2 * s2])

    def starts(self, points: Points, effort: int = 0) -> np.ndarray:
        span = np.maximum(spread(points), 0.5)
        low = np.where(points.w > 0, points.z, np.inf).min(axis=0)
        high = np.where(points.w > 0, points.z, -np.inf).max(axis=0)
        one = np.ones_like(span)
        rows = [
            [low, np.maximum(high - low, 0.02), 4.0 / span, -at * span, 4.0 / span, later * span]
            for at, later in ((0.8, -0.2), (0.5, 0.3), (0.2, 0.6), (1.2, 0.3))
        ]
        return np.array([[v * one for v in row] for row in rows]).transpose(1, 0, 2)


class MultiStep(Form):
    name = "multistep"
    words = "a right answer takes several right steps, each a sigmoid"
    formula = "q = p^L, p = logistic(level + slope log r)"
    source = "an answer is right when all of L steps are; Schaeffer, Miranda and Koyejo 2023, arXiv:2304.15004"
    kinds = ("accuracy",)
    parameters = (
        Parameter("level", "log-odds of one step at the last fitted point", -12.0, 12.0, 1.0, 3.0),
        RISING,
        Parameter("log_L", "number of steps", 0.0, 6.0, 1.0, 1.2, symbol="L", log=True),
    )

    def value_and_jacobian(self, theta: np.ndarray, u: np.ndarray, floor: np.ndarray) -> ValueAndJacobian:
        level, slope, log_steps = theta
        v = level + slope * u
        steps = np.exp(log_steps)
        log_p = -softplus(-v)
        q = np.exp(np.maximum(steps * log_p, -200.0))
        gain = q * steps * (1.0 - np.exp(log_p))
        return q, np.stack([gain, gain * u, q * steps * log_p])

    def starts(self, points: Points, effort: int = 0) -> np.ndarray:
        starts = []
        for steps in (1.5, 4.0, 20.0):
            q = np.clip(points.z, 0.005, 0.995)
            p = q ** (1.0 / steps)
            line = line_through(points, np.log(p / (1.0 - p)), steps * q * (1.0 - p))
            starts.append(np.concatenate([line, np.full((1, line.shape[1]), np.log(steps))]))
        return np.stack(starts, axis=1)


class Constant(Form):
    name = "constant"
    words = "no change with x"
    formula = "y = level"
    source = "the weighted mean of all fitted points"
    kinds = ("loss", "accuracy")
    parameters = (
        Parameter(
            "level", "share of the way from chance to ceiling; of losses the log of y over the last", -40.0, 40.0
        ),
    )
    distinct_points = 1

    def value_and_jacobian(self, theta: np.ndarray, u: np.ndarray, floor: np.ndarray) -> ValueAndJacobian:
        return theta[0] + 0.0 * u, np.ones((1, *u.shape))

    def starts(self, points: Points, effort: int = 0) -> np.ndarray:
        total = points.w.sum(axis=0)
        mean = (points.w * points.z).sum(axis=0) / np.where(total > 0, total, 1.0)
        return mean[None, None]


class Persistence(Constant):
    name = "persistence"
    words = "the last score, unchanged"
    formula = "y = last y"
    source = "the score at the largest fitted x, unchanged"
    last_only = True
