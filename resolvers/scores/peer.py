r"""Scores against chance and against other forecasters, at one time or through it, as Metaculus defines them.

Every rule needs no more of a forecast than the probability it gave to what happened, `outcome_probability`, and,
through time, from when to when it stood. Higher is better; 100 is one doubling above chance on a yes-or-no question.
Times are numbers in any one unit (days, seconds); a forecast that still stands ends at infinity.

Metaculus' score documentation and server code, version of August 2026; conventions differ elsewhere: a log score in
nats is `resolvers.scores.probabilities.log_score`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from scale_forecast.data.errors import DataError

OUTSIDE = 0.05
"""Mass the continuous baseline gives to each open end."""


class OverTime(NamedTuple):
    """One score and one coverage (share of the question's time the forecast stood) per forecast, each (n,)."""

    score: np.ndarray
    coverage: np.ndarray


class Discrete(NamedTuple):
    """What each forecast gave to the option that happened, and how many options it had, each (n,)."""

    probability: np.ndarray
    options: np.ndarray


def outcome_probability(pmf: npt.ArrayLike, outcome: int) -> Discrete:
    """Read off the outcome's probability; an option added later is read from the last one, "Other".

    Parameters
    ----------
    pmf : array-like, shape (n, options)
        NaN for an option that did not exist when the forecast was made.
    outcome : int
        Index of the option that happened, from 0; for a yes-or-no question 0 is no, 1 is yes.

    >>> outcome_probability([[0.6, 0.15, float("nan"), 0.25]], 2).probability.tolist()
    [0.25]
    """
    p = np.atleast_2d(np.asarray(pmf, float))
    if not 0 <= outcome < p.shape[1]:
        raise DataError(f"outcome {outcome} is none of the {p.shape[1]} options: count them from 0")
    stated = p[:, outcome]
    return Discrete(np.where(np.isnan(stated), p[:, -1], stated), (~np.isnan(p)).sum(axis=1))


def cdf_to_pmf(cdf: npt.ArrayLike) -> np.ndarray:
    """Mass below the range, in each of its k - 1 bins, and above it, from a CDF at the k bin edges: (n, k + 1).

    >>> cdf_to_pmf([0.25, 0.5, 0.75]).tolist()
    [[0.25, 0.25, 0.25, 0.25]]
    """
    f = np.atleast_2d(np.asarray(cdf, float))
    return np.concatenate([f[:, :1], np.diff(f, axis=1), 1.0 - f[:, -1:]], axis=1)


def bucket_of(location: npt.ArrayLike, bins: int = 200) -> np.ndarray:
    """Index into `cdf_to_pmf` of an outcome at a share ``location`` of the range: 0 below it, ``bins`` + 1 above.

    Bins are open below and closed above; the range's lower end belongs to the first.

    >>> bucket_of([-0.1, 0.0, 0.005, 0.5, 1.0, 1.1]).tolist()
    [0, 1, 1, 100, 200, 201]
    """
    u = np.asarray(location, float)
    inside = np.clip(np.floor(u * bins + 1 - 1e-10), 1, bins)
    return np.where(u < 0, 0, np.where(u > 1, bins + 1, inside)).astype(int)


def baseline_score(probability: npt.ArrayLike, options: npt.ArrayLike = 2) -> np.ndarray:
    r"""Score against even odds, :math:`100 \ln(p N) / \ln N`: 0 for chance, 100 for certainty, unbounded below.

    Parameters
    ----------
    probability : array-like, shape (n,)
        Given to what happened (`outcome_probability`).
    options : int or array-like, shape (n,)
        How many there were when the forecast was made.

    >>> baseline_score([0.5, 0.9, 0.1]).round(2).tolist()
    [0.0, 84.8, -232.19]
    """
    p, n = _positive(probability), np.asarray(options, float)
    with np.errstate(divide="ignore"):
        return 100.0 * np.log(p * n) / np.log(n)


def baseline_score_continuous(pmf: npt.ArrayLike, bucket: int, *, open_bounds: int = 0) -> np.ndarray:
    r"""Score of a continuous forecast against the uniform one, :math:`100 \ln(p / b) / 2`.

    The uniform forecast gives 0.05 to each open end and spreads the rest evenly.

    Parameters
    ----------
    pmf : array-like, shape (n, bins + 2)
        As `cdf_to_pmf` gives it.
    bucket : int
        As `bucket_of` gives it.
    open_bounds : 0, 1 or 2
        Ends of the range beyond which an outcome is possible.
    """
    mass = np.atleast_2d(np.asarray(pmf, float))
    bins = mass.shape[1] - 2
    if not 0 <= bucket <= bins + 1:
        raise DataError(f"bucket {bucket} is outside 0 to {bins + 1}")
    base = OUTSIDE if bucket in (0, bins + 1) else (1.0 - OUTSIDE * open_bounds) / bins
    with np.errstate(divide="ignore"):
        return 50.0 * np.log(_positive(mass[:, bucket]) / base)


def peer_score(
    probability: npt.ArrayLike, *, peers: npt.ArrayLike | None = None, continuous: bool = False
) -> np.ndarray:
    r"""Score against the others on one question at one time, :math:`100 \frac{n}{n-1} \ln(p / \mathrm{GM})`.

    The geometric mean includes one's own forecast; equivalently, the mean log distance to each other forecaster.
    The scores of those in ``peers`` sum to 0; alone, one scores 0. Who gave nothing to what happened scores minus
    infinity, and 0 among others who did.

    Parameters
    ----------
    probability : array-like, shape (n,)
        Given to what happened: of an option, or of the bucket.
    peers : array-like of bool, shape (n,), optional
        Which forecasts the geometric mean is taken over; all when None.
    continuous : bool
        Halves the score.

    >>> peer_score([0.1, 0.9]).round(1).tolist()
    [-219.7, 219.7]
    """
    p = _positive(probability)
    counted = np.ones(p.size, bool) if peers is None else np.asarray(peers, bool)
    always = np.zeros(p.size), np.full(p.size, np.inf)
    return _against_peers(p, counted, *always, np.zeros(1), continuous)[:, 0]


def over_time(
    score: npt.ArrayLike, start: npt.ArrayLike, end: npt.ArrayLike, *, opened: float, closed: float, scheduled: float
) -> OverTime:
    """A score weighted by the share of the question's scheduled time over which the forecast stood.

    Early resolution lowers coverage and score alike, since the whole is the *scheduled* time.

    Parameters
    ----------
    score : array-like, shape (n,)
        Such as `baseline_score`.
    start, end : array-like, shape (n,)
        When each forecast was made and replaced or withdrawn; infinite when it still stands.
    opened, closed, scheduled : float
        When the question opened, really closed, and was to close.
    """
    stood = np.clip(np.minimum(_times(end), closed) - np.maximum(_times(start), opened), 0.0, None)
    coverage = stood / _span(opened, scheduled)
    return OverTime(_weigh(np.asarray(score, float), coverage), coverage)


def at_time(score: npt.ArrayLike, start: npt.ArrayLike, end: npt.ArrayLike, *, when: float) -> OverTime:
    """A score where the forecast stood at one time (the spot), else 0 with coverage 0."""
    coverage = _standing(_times(start), _times(end), np.array([when]))[:, 0].astype(float)
    return OverTime(_weigh(np.asarray(score, float), coverage), coverage)


def peer_score_over_time(
    probability: npt.ArrayLike,
    start: npt.ArrayLike,
    end: npt.ArrayLike,
    *,
    opened: float,
    closed: float,
    scheduled: float,
    peers: npt.ArrayLike | None = None,
    continuous: bool = False,
) -> OverTime:
    """`peer_score` against whoever stood at each moment, averaged over the scheduled time.

    Parameters as `peer_score` and `over_time`. A forecaster who updates has several rows, and the sum of their scores.
    """
    p, begin, finish = _positive(probability), _times(start), _times(end)
    counted = np.ones(p.size, bool) if peers is None else np.asarray(peers, bool)
    turns = np.concatenate([begin, finish[np.isfinite(finish)]])
    times = np.unique(np.clip(np.append(turns, opened), opened, closed))
    lasted = np.diff(np.append(times, closed)) / _span(opened, scheduled)
    scores = _against_peers(p, counted, begin, finish, times, continuous)
    coverage = _standing(begin, finish, times) * lasted
    return OverTime(_weigh(scores, coverage).sum(axis=1), coverage.sum(axis=1))


def peer_score_at(
    probability: npt.ArrayLike,
    start: npt.ArrayLike,
    end: npt.ArrayLike,
    *,
    when: float,
    peers: npt.ArrayLike | None = None,
    continuous: bool = False,
) -> OverTime:
    """`peer_score` among those who stood at one time (the spot); 0 with coverage 0 for the others."""
    p, begin, finish = _positive(probability), _times(start), _times(end)
    counted = np.ones(p.size, bool) if peers is None else np.asarray(peers, bool)
    moment = np.array([when])
    score = _against_peers(p, counted, begin, finish, moment, continuous)[:, 0]
    coverage = _standing(begin, finish, moment)[:, 0].astype(float)
    return OverTime(_weigh(score, coverage), coverage)


def relative_score_over_time(
    probability: npt.ArrayLike,
    start: npt.ArrayLike,
    end: npt.ArrayLike,
    community: npt.ArrayLike,
    community_start: npt.ArrayLike,
    *,
    opened: float,
    closed: float,
) -> OverTime:
    r"""Metaculus' former relative score, :math:`\log_2(p / c)` against the community's c, averaged up to the close.

    As there, a community forecast counts from its own start, and for the forecasts that stood when it started: one
    made after it scores 0 until the next.

    Parameters
    ----------
    probability, start, end : array-like, shape (n,)
    community, community_start : array-like, shape (m,), in order of time
    """
    p, begin, finish = _positive(probability), np.maximum(_times(start), opened), np.minimum(_times(end), closed)
    times = np.clip(_times(community_start), opened, closed)
    lasted = np.diff(np.append(times, closed)) / _span(opened, closed)
    coverage = _standing(begin, finish, times) * lasted
    with np.errstate(divide="ignore"):
        score = np.log2(p[:, None] / _positive(community)[None, :])
    return OverTime(_weigh(score, coverage).sum(axis=1), coverage.sum(axis=1))


def _against_peers(
    p: np.ndarray, counted: np.ndarray, start: np.ndarray, end: np.ndarray, times: np.ndarray, continuous: bool
) -> np.ndarray:
    """Score of every forecast against the peers standing at each time, (n, k); 0 where fewer than two stand."""
    present = _standing(start, end, times) & counted[:, None]
    n = present.sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        log_p = np.log(p)
        mean = np.where(present, log_p[:, None], 0.0).sum(axis=0) / n
        score = (50.0 if continuous else 100.0) * n / (n - 1) * (log_p[:, None] - mean)
    level = (present & (p == 0)[:, None]).sum(axis=0) == n  # of those who gave nothing none is behind another
    score = np.where(np.isnan(score), np.where(level, 0.0, -np.inf), score)
    return np.where(n > 1, score, 0.0)


def _standing(start: np.ndarray, end: np.ndarray, times: np.ndarray) -> np.ndarray:
    """(n, k): does forecast i stand at time k? From its start, included, to its end, not included."""
    return (start[:, None] <= times) & (times < end[:, None])


def _weigh(score: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """``score * weight``, with 0 where the weight is 0 even if the score is infinite."""
    with np.errstate(invalid="ignore"):
        return np.where(weight > 0, score * weight, 0.0)


def _times(values: npt.ArrayLike) -> np.ndarray:
    return np.atleast_1d(np.asarray(values, float))


def _span(start: float, end: float) -> float:
    if not end > start:
        raise DataError(f"the question closes at {end}, not after it opens at {start}: give its dates in order")
    return end - start


def _positive(probability: npt.ArrayLike) -> np.ndarray:
    p = np.atleast_1d(np.asarray(probability, float))
    if not (p >= 0).all():
        raise DataError("a probability is missing or negative: only forecasts that say something are scored")
    return p
