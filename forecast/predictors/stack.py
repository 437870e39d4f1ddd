"""The default predictor: a convex combination of others in two parts, with a spread that knows how sure they are.

The step of a model splits into the shift common to its tasks and each task's own part. Both are averages of the
candidates' with weights of their own, learned on past forecasts of other lines by least absolute error, every line
counting the same, and held towards equal weights. How far a candidate is to be trusted depends on what there is to go
by: a task's history in the family alone, that together with other lines' scores, or those only. The three cases have
weights and spreads of their own, and each past forecast is made three times.

Losses are another matter (`predictors.losses`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd
from scipy.optimize import minimize
from scipy.special import expit, ndtri, softmax

from scale_forecast.distribution import LEVELS, Forecast, Link
from scale_forecast.inputs.folds import Fold, without_family
from scale_forecast.inputs.panel import Panel
from scale_forecast.parallel import Workers
from scale_forecast.predictors.base import ALONE, Predictor, suite_mean
from scale_forecast.predictors.losses import loss_knots
from scale_forecast.predictors.pooling import Variances, pooled_posterior
from scale_forecast.predictors.reference import FamilyDrift, Persistence, PooledLaw, TaskLaw, TaskLogit
from scale_forecast.predictors.spread import (
    SHORTEST_STEP,
    TYPICAL_LOADING,
    equal_lines,
    half_an_item_inside,
    noise_at,
    shared_loading,
    weighted_quantiles,
    without_smoothing,
)
from scale_forecast.predictors.ties import Ties

PLAIN = (Persistence, FamilyDrift, PooledLaw, TaskLaw, TaskLogit)
CANDIDATES = (*(cls.name for cls in PLAIN), "pooled", "pooled-rough")
PRIORS = (Variances(), Variances.rough())
"""Of "pooled" and "pooled-rough"."""
HELD_TO_EQUAL = 1e-4
"""Ridge on the weights' log-odds, in units of absolute error."""
SMOOTH_ABSOLUTE = 0.02
TRAINING_ROWS = 500
PREDICTING_ROWS = 1000
CASES = ("alone", "together", "stranger")
TIES = "ties"
FEWEST_PAST = 4
FEWEST_HIGH = 20
NEARLY_PERFECT, BLURRED = 2.2, 0.25
"""Link units: the logit of 0.9, and over how much of it an origin comes to count as high."""
START_SIZE = np.array([1.0, 0.5, 0.05, 0.5, 0.02])
HELD_TO_START = 0.02
"""Ridge on the log of the sizes over theirs at the start, of one line; the log likelihood is a mean."""
FARTHEST = 12.0
"""Sizes stay within a factor e to this power of those at the start."""


@dataclass(frozen=True)
class Candidates:
    """What the candidates say of one model's n targets.

    Attributes
    ----------
    own, shift : (n, k) each candidate's gain on the link scale, its suite's mean apart
    z : (n, k) the candidates themselves
    terms : (n, 5)
        What the size of an error may be made of, squared link units: sampling noise, the pooled variance, the step in
        decades, the candidates' disagreement, a constant.
    high : (n,)
        From 0 to 1: how much the errors are like those from an origin near a perfect score, whence scores can fall far.
    case : ndarray of int, (n,)
        Place in `CASES`: no other line has scores on the suite; some have; the family itself has none on the task.
    """

    own: np.ndarray
    shift: np.ndarray
    z: np.ndarray
    terms: np.ndarray
    high: np.ndarray
    case: np.ndarray

    @classmethod
    def of(
        cls,
        rows: pd.DataFrame,
        evidence: Panel,
        most_rows: int = PREDICTING_ROWS,
        plain: np.ndarray | None = None,
        priors: Sequence[Variances] = PRIORS,
    ) -> Candidates:
        """Ask every candidate about shares.

        Parameters
        ----------
        rows, evidence : as `Predictor.predict` takes them
        most_rows : of a suite, for the pooled posterior
        plain : what those of `PLAIN` said, (n, 5), where they have been asked
        priors : of the two pooled candidates
        """
        if rows.empty:
            none = np.empty((0, len(CANDIDATES)))
            return cls(none, none, none, np.empty((0, len(START_SIZE))), np.empty(0), np.empty(0, dtype=int))
        plain = ask_plain(rows, evidence) if plain is None else plain
        pooled, lines = pooled_posterior(rows, evidence, priors, most_rows=most_rows)
        z = np.column_stack([half_an_item_inside(plain, rows), *(p.mean for p in pooled)])
        suite = rows["suite"].to_numpy()
        shift = suite_mean(z, suite)
        centre = z.mean(axis=1)
        step = np.maximum(rows["step"].to_numpy(), SHORTEST_STEP)
        variance = np.mean([np.diag(p.covariance) for p in pooled], axis=0)
        terms = [noise_at(rows, centre) ** 2, variance, step, z.var(axis=1), np.ones(len(rows))]
        case = np.where(rows["origin_is_own"], np.where(lines == 0, 0, 1), 2)
        high = expit((rows["origin_z"].to_numpy() - NEARLY_PERFECT) / BLURRED)
        return cls(z - shift, shift, z, np.column_stack(terms), high, case)


@dataclass(frozen=True)
class Mixture:
    """Weights of one case, on `CANDIDATES`, and the spread around their mean, of usual and of high origins."""

    own: np.ndarray
    shift: np.ndarray
    size: np.ndarray
    shape: np.ndarray
    shape_high: np.ndarray
    loading: float

    @classmethod
    def without_past(cls) -> Mixture:
        """Where no past forecast is known: equal weights, a normal spread."""
        equal, shape = np.full(len(CANDIDATES), 1.0 / len(CANDIDATES)), for_a_new_line(ndtri(LEVELS), 0)
        return cls(equal, equal, START_SIZE, shape, shape, TYPICAL_LOADING)

    def centre(self, candidates: Candidates) -> np.ndarray:
        return candidates.own @ self.own + candidates.shift @ self.shift

    def knots(self, candidates: Candidates) -> np.ndarray:
        scale = np.sqrt(candidates.terms @ self.size)
        high = candidates.high[:, None]
        return self.centre(candidates)[:, None] + scale[:, None] * ((1.0 - high) * self.shape + high * self.shape_high)


class Stack(Predictor):
    """The recommended one: averages of the others for the step that all tasks share and for each task's own part."""

    name: ClassVar[str] = "stack"

    def __init__(self) -> None:
        self.mixtures_ = [Mixture.without_past() for _ in CASES]
        self.ties_ = Ties.fit([])

    def fit(self, past: Sequence[Fold], workers: Workers = ALONE) -> Self:
        each = list(workers.map(_past_forecasts, past))
        alone, together, stranger = ([made[case] for made in each if case in made] for case in CASES)
        first = learn_mixture(alone, Mixture.without_past())
        second = learn_mixture(together, first)
        self.mixtures_ = [first, second, learn_mixture(stranger, Mixture.without_past())]
        said = [made.get("together", made["alone"]) for made in each if made]
        self.ties_ = Ties.fit([(fold, self._continuous(fold.rows, one).prob_tie()) for fold, one in said])
        return self

    def state(self) -> dict[str, np.ndarray]:
        parts = {case: asdict(mixture) for case, mixture in zip(CASES, self.mixtures_, strict=True)}
        parts[TIES] = self.ties_.state()
        return {f"{part}.{name}": np.asarray(value) for part, held in parts.items() for name, value in held.items()}

    def restore(self, state: dict[str, np.ndarray]) -> Self:
        parts: list[dict[str, Any]] = [{f.name: state[f"{case}.{f.name}"] for f in fields(Mixture)} for case in CASES]
        self.mixtures_ = [Mixture(**part | {"loading": float(part["loading"])}) for part in parts]
        self.ties_ = Ties.restore({n.removeprefix(f"{TIES}."): v for n, v in state.items() if n.startswith(f"{TIES}.")})
        return self

    def predict(self, rows: pd.DataFrame, evidence: Panel) -> Forecast:
        return self.combine(rows, evidence, Candidates.of(rows[rows["is_share"].to_numpy()], evidence))

    def combine(self, rows: pd.DataFrame, evidence: Panel, candidates: Candidates) -> Forecast:
        """The forecast of all rows, where the candidates have been asked about the shares among them."""
        share = rows["is_share"].to_numpy()
        made = self._continuous(rows[share], candidates)
        if not share.all():
            knots, loading = np.empty((len(rows), len(LEVELS))), np.full(len(rows), self.mixtures_[0].loading)
            knots[share], loading[share] = made.knots[:, 1:-1], made.loading
            knots[~share] = loss_knots(rows[~share], evidence)
            made = Forecast.from_knots(rows, knots, self.name, loading=loading)
        return made.with_ties(self.ties_.predict(rows, made.prob_tie()))

    def _continuous(self, rows: pd.DataFrame, candidates: Candidates) -> Forecast:
        """The forecast of shares, ties apart."""
        by_case = np.stack([mixture.knots(candidates) for mixture in self.mixtures_])
        knots = without_smoothing(by_case[candidates.case, np.arange(len(rows))], rows)
        loading = np.array([mixture.loading for mixture in self.mixtures_])[candidates.case]
        return Forecast.from_knots(rows, knots, self.name, loading=loading)

    def weights(self, candidates: Candidates) -> tuple[np.ndarray, np.ndarray]:
        """Weights of the candidates in the own part and in the shift of each share, (n, k) each."""
        own, shift = (np.array([getattr(m, part) for m in self.mixtures_]) for part in ("own", "shift"))
        return own[candidates.case], shift[candidates.case]


def _past_forecasts(whole: Fold) -> dict[str, tuple[Fold, Candidates]]:
    """What the candidates say of a past model's shares, by each of `CASES` that it can stand for."""
    fold = whole.take(whole.rows["is_share"].to_numpy())
    if not len(fold.rows):
        return {}
    own = fold.evidence.take((fold.evidence.rows["family"] == fold.target.family).to_numpy())
    plain = ask_plain(fold.rows, own)
    made = {"alone": (fold, Candidates.of(fold.rows, own, TRAINING_ROWS, plain))}
    candidates = Candidates.of(fold.rows, fold.evidence, TRAINING_ROWS, plain)
    if (candidates.case > 0).any():
        made["together"] = (fold, candidates)
    unknown = without_family(fold)
    if unknown is not None:
        made["stranger"] = (unknown, Candidates.of(unknown.rows, unknown.evidence, TRAINING_ROWS))
    nothing = fold.evidence.take(np.zeros(len(fold.evidence.rows), dtype=bool))
    return {case: (replace(one, evidence=nothing), said) for case, (one, said) in made.items()}


def ask_plain(rows: pd.DataFrame, evidence: Panel) -> np.ndarray:
    """What the plain candidates say, (n, 5); they read the target's own family only."""
    return np.column_stack([make().locate(rows, evidence) for make in PLAIN])


def learn_mixture(past: Sequence[tuple[Fold, Candidates]], otherwise: Mixture) -> Mixture:
    """Weights, then the size of the errors they leave, then the shape of what is left; too few leave ``otherwise``."""
    if len(past) < FEWEST_PAST:
        return otherwise
    own = np.concatenate([c.own for _, c in past])
    shift = np.concatenate([c.shift for _, c in past])
    weight = equal_lines([(f, c.z) for f, c in past])
    observed = np.concatenate([f.truth["score"].to_numpy() for f, _ in past])
    link = Link.of(pd.concat([f.rows[["is_share", "higher_is_better"]] for f, _ in past], ignore_index=True))
    own_weights, shift_weights = _least_absolute(own, shift, observed, link, weight)
    truth = np.concatenate([f.truth["z"].to_numpy() for f, _ in past])
    error = truth - own @ own_weights - shift @ shift_weights
    terms = np.concatenate([c.terms for _, c in past])
    lines = len({fold.target.line for fold, _ in past})
    size = _error_size(error, terms, weight, HELD_TO_START / lines)
    standard = error / np.sqrt(terms @ size)
    high = np.concatenate([c.high for _, c in past])
    shape = for_a_new_line(weighted_quantiles(standard, LEVELS, weight * (1.0 - high)), lines)
    shape_high = shape
    if high.sum() > FEWEST_HIGH:
        shape_high = for_a_new_line(weighted_quantiles(standard, LEVELS, weight * high), lines)
    loading = shared_loading(standard, [(f, c.z) for f, c in past])
    return Mixture(own_weights, shift_weights, size, shape, shape_high, loading)


def _least_absolute(
    own: np.ndarray, shift: np.ndarray, observed: np.ndarray, link: Link, weight: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Weights on the simplex that minimise the (smoothed) mean absolute error in score units, towards equal ones."""
    k = own.shape[1]

    def loss(a: np.ndarray) -> tuple[float, np.ndarray]:
        first, second = softmax(a[:k]), softmax(a[k:])
        score = link.inverse(own @ first + shift @ second)
        error = score - observed
        size = np.sqrt(error**2 + SMOOTH_ABSOLUTE**2)
        sign = np.where(link.up, 1.0, -1.0)
        pull = weight * error / size * sign / link.slope(score)
        one, two = own.T @ pull, shift.T @ pull
        gradient = np.concatenate([first * (one - first @ one), second * (two - second @ two)])
        return float(weight @ size + HELD_TO_EQUAL * a @ a), gradient + 2 * HELD_TO_EQUAL * a

    found = minimize(loss, np.zeros(2 * k), jac=True, method="L-BFGS-B").x
    return softmax(found[:k]), softmax(found[k:])


def for_a_new_line(shape: np.ndarray, lines: int) -> np.ndarray:
    """Quantiles (k,) of standardised errors, as they will be on a line that was not among the ``lines`` learned from.

    Held towards a normal's as by one more line, and wider by the variance that a mean over so many leaves open: what is
    learned from few lines says little about the next one.
    """
    return (lines * shape + ndtri(LEVELS)) / (lines + 1.0) * np.sqrt(1.0 + 1.0 / (lines + 1.0))


def _error_size(error: np.ndarray, terms: np.ndarray, weight: np.ndarray, ridge: float) -> np.ndarray:
    """Non-negative coefficients of the variance, by a Student-t likelihood, so that breaks do not rule it."""

    def loss(a: np.ndarray) -> tuple[float, np.ndarray]:
        size = np.exp(a)
        variance = terms @ size
        ratio = error**2 / variance
        value = 0.5 * np.log(variance) + 2.5 * np.log1p(ratio / 4.0)
        slope = 0.5 / variance - 2.5 * ratio / (4.0 + ratio) / variance
        held = a - np.log(START_SIZE)
        return float(weight @ value + ridge * held @ held), (terms.T @ (weight * slope)) * size + 2.0 * ridge * held

    start = np.log(START_SIZE)
    return np.exp(
        minimize(loss, start, jac=True, method="L-BFGS-B", bounds=[(a - FARTHEST, a + FARTHEST) for a in start]).x
    )
