"""Forms that turn, a fall and then a rise or a rise and then a fall, and a cheap test of which curves do."""

from __future__ import annotations

import numpy as np

from scale_forecast.curves.forms import FAR, Form, Parameter, Points, ValueAndJacobian, linear_fit, logistic, softplus
from scale_forecast.curves.levmar import Problem

DAMPED = 0.5
"""How soon what follows a turn slackens: by e over its way so far divided by this."""
PLACES = np.array([0.15, 0.3, 0.45, 0.6, 0.72, 0.84])
"""Where the turn is looked for, as shares of a curve's span of log x."""
FEWEST = 6
"""A curve of fewer different x does not show that it turns: a turn has four parameters."""
GAIN = 2.0
"""How much more likely, in logs, a turn has to make the points than a curve that goes one way."""
DEPTH = 2.0
"""How many times the noise of a point lie between the turn and either end of the points."""


def bends(u: np.ndarray, place: np.ndarray, width: np.ndarray | float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """How far u is past the turn, which slackens (`DAMPED`), and how far before it; rounded off over ``width``."""
    far = width * softplus((u - place) / width)
    span = 1.0 - place
    return -span / DAMPED * np.expm1(-DAMPED * far / span), far - (u - place)


class Turn(Form):
    """A loss whose log has a straight fall and a straight rise, or the other way round."""

    name = "lossturn"
    words = "a fall that turns into a rise, or a rise into a fall, both power laws"
    formula = "log y = level + (k/2) (R log(1 + (r/d)^2) + (1/R) log(1 + (d/r)^2))"
    source = "two power laws of opposed sign that meet at d; k below 0 is a rise that turns into a fall"
    kinds: tuple[str, ...] = ("loss",)
    of_loss = True
    parameters = (
        Parameter("level", "height at the turn, nearly", -12.0, 12.0, 0.0, 3.0),
        Parameter("k", "steepness: lost before the turn and gained after it for each e-fold of x", -5.0, 5.0, 0.0, 0.4),
        Parameter("log_R", "ratio of what follows the turn to k", -3.0, 3.0, 0.0, 0.5, symbol="R", log=True),
        Parameter("log_d", "place of the turn", -40.0, 0.0, -2.0, 2.0, symbol="d", unit="x", log=True),
        Parameter("log_f", "e-folds of x over which it turns", -2.0, 2.5, 0.0, 0.7, symbol="f", log=True),
    )
    distinct_points = 6
    refined = 2

    def value_and_jacobian(self, theta: np.ndarray, u: np.ndarray, floor: np.ndarray) -> ValueAndJacobian:
        level, k, ratio, place, log_width = theta
        width = np.exp(log_width)
        past, before = bends(u, place, width)
        later, earlier = np.exp(ratio), np.exp(-ratio)
        share = logistic((u - place) / width)
        left = 1.0 - DAMPED * past / (1.0 - place)
        flag = past / (1.0 - place) + np.log(left) / DAMPED * left
        wider = before + (u - place) * (1.0 - share)
        value = level + k * (later * past + earlier * before)
        jacobian = [
            np.ones_like(u),
            later * past + earlier * before,
            k * (later * past - earlier * before),
            -k * (later * (share * left + flag) - earlier * (1.0 - share)),
            k * (later * left + earlier) * wider,
        ]
        return np.clip(value, -2 * FAR, 2 * FAR), np.stack(jacobian)

    def starts(self, points: Points, effort: int = 0) -> np.ndarray:
        z, w = self.straighten(points)
        return np.stack([_start(points.u, z, w, place) for place in _places(points)], axis=1)

    def straighten(self, points: Points) -> tuple[np.ndarray, np.ndarray]:
        """Targets and weights (m, b) where the form is two straight lines."""
        return points.z, points.w

    def bend(self, lines: np.ndarray, floor: np.ndarray) -> np.ndarray:
        """Targets (m, b) of straightened ones."""
        return lines


class TurnOfShare(Turn):
    """A score whose log-odds have a straight fall and a straight rise, or the other way round."""

    name = "turn"
    words = "a fall that turns into a rise, or a rise into a fall, both straight in the log-odds of the score"
    formula = "log-odds of y / ceiling = level + (k/2) (R log(1 + (r/d)^2) + (1/R) log(1 + (d/r)^2))"
    source = "two straight lines in the log-odds of the raw score, which may fall below chance; k below 0 first rises"
    kinds = ("accuracy",)
    of_loss = False

    def value_and_jacobian(self, theta: np.ndarray, u: np.ndarray, floor: np.ndarray) -> ValueAndJacobian:
        value, jacobian = super().value_and_jacobian(theta, u, floor)
        p = logistic(value)
        return self.bend(value, floor), jacobian * ((1.0 - floor) * p * (1.0 - p))

    def bend(self, lines: np.ndarray, floor: np.ndarray) -> np.ndarray:
        return floor + (1.0 - floor) * logistic(lines)

    def straighten(self, points: Points) -> tuple[np.ndarray, np.ndarray]:
        p = np.clip((points.z - points.floor) / (1.0 - points.floor), 0.01, 0.99)
        return np.log(p / (1.0 - p)), points.w * ((1.0 - points.floor) * p * (1.0 - p)) ** 2


TURNING = {"loss": Turn(), "accuracy": TurnOfShare()}


def has_turned(kind: str, points: Points, noise: np.ndarray, distinct: np.ndarray) -> np.ndarray:
    """Whether a curve's points are told by a turn and not by a bend that goes one way, (n,).

    Lines that bend at some of `PLACES` are fitted in closed form: with slopes of opposed sign before and after, and
    with slopes of one sign.

    Parameters
    ----------
    noise, distinct : (n,)
        As in `Batch`: the guessed noise in units of 1 / sqrt(weight), and the number of different x.
    """
    form = TURNING[kind]
    z, w = form.straighten(points)
    places = _places(points)
    k, n = places.shape
    past, before = bends(np.tile(points.u, k), places.ravel())
    z, w, level = np.tile(z, k), np.tile(w, k), np.ones_like(past)
    solved, rest = linear_fit([level, past, before], z, w)
    turns = solved[1] * solved[2] > 0
    with_turn = np.where(turns, rest, np.inf).reshape(k, n)
    best, every = with_turn.argmin(axis=0), np.arange(n)
    turned = with_turn[best, every]
    lines = (solved[0] + solved[1] * past + solved[2] * before).reshape(-1, k, n)[:, best, every]
    deep = np.isfinite(turned) & (_depth(form.bend(lines, points.floor), points.w) > DEPTH * noise)
    bent = [linear_fit([level, bend], z, w)[1] for bend in (past, before)]
    one_way = np.min([np.where(turns, np.inf, rest), *bent], axis=0).reshape(k, n).min(axis=0)
    guessed = Problem.noise_dof
    count = (points.w > 0).sum(axis=0) + guessed
    least = guessed * noise**2
    gain = 0.5 * count * np.log((one_way + least) / (np.minimum(turned, one_way) + least))
    return np.asarray(deep & (gain > GAIN) & (distinct >= FEWEST))


def _depth(fitted: np.ndarray, w: np.ndarray) -> np.ndarray:
    """How far the turn of fitted lines (m, b) is from the nearer end of the points, in 1 / sqrt(weight) of it, (b,)."""
    seen = w > 0
    every = np.arange(fitted.shape[1])
    ends = [seen.argmax(axis=0), len(w) - 1 - seen[::-1].argmax(axis=0)]
    reach = [
        [np.abs(fitted[end, every] - at) * np.sqrt(w[end, every]) for end in ends]
        for at in (np.where(seen, fitted, np.inf).min(axis=0), np.where(seen, fitted, -np.inf).max(axis=0))
    ]
    return np.asarray(np.min(reach, axis=1).max(axis=0))


def _places(points: Points) -> np.ndarray:
    """Places of the turn to start from, (s, b)."""
    seen = points.w > 0
    low = np.where(seen, points.u, np.inf).min(axis=0)
    high = np.where(seen, points.u, -np.inf).max(axis=0)
    return np.asarray(low + PLACES[:, None] * np.maximum(high - low, 1e-9))


def _start(u: np.ndarray, z: np.ndarray, w: np.ndarray, place: np.ndarray) -> np.ndarray:
    """The form's parameters (5, b) by least squares of straightened points, with the turn at ``place``."""
    past, before = bends(u, place)
    (level, later, earlier), _ = linear_fit([np.ones_like(u), past, before], z, w, ridge=1e-3)
    sign = np.where(later + earlier < 0, -1.0, 1.0)
    later, earlier = np.maximum(sign * later, 1e-3), np.maximum(sign * earlier, 1e-3)
    return np.stack([level, sign * np.sqrt(later * earlier), 0.5 * np.log(later / earlier), place, 0.0 * place])
