"""Will a falling task turn? The chance of recovery and of reversal at the next scale, and how often either happened.

`data.trend.recovers` and `data.trend.reverses` say what the two events are. The forecast's distribution gives a first
probability of each. Past falling steps of other models give a second, from a logistic regression on a handful of
features held towards no effect, since turns are few. Their log-odds are averaged. Reversal is recovery and more: its
probability is that of recovery times a share, learned on the steps that recovered.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
import pandas as pd
from scipy.optimize import minimize
from scipy.special import expit, logit
from scipy.stats import beta

from data.noise import binomial_stderr
from data.trend import BEYOND, TRENDS
from forecast.distribution import Forecast, Link
from forecast.panel import LOSS_STDERR, NEAR, Panel, known_items
from forecast.steps import FALLING, FEATURES, Histories, best_before, described, known_steps

PENALTY = 10.0
"""Ridge on each standardised coefficient, against a sum of log losses in which a step of an average line counts 1."""
SHARE_FEATURES = ("step", "falls", "depth")
"""What the share of reversals among recoveries may depend on."""
TYPICAL_RECOVERY = 0.2
TYPICAL_SHARE = 0.15
"""Of recoveries, how many are reversals. Both count as one step seen before any other."""
OWN_WEIGHT = 0.5
"""Weight of the regression's log-odds beside those of the forecast's distribution."""
TRAINED = ["prob_recovery", "prob_reversal"]
BASE = [f"base_{event}{end}" for event in ("recovery", "reversal") for end in ("", "_low", "_high")]


@dataclass(frozen=True)
class Logistic:
    """A logistic regression on standardised features: ``centre, scale, slope`` (k,), ``intercept``."""

    centre: np.ndarray
    scale: np.ndarray
    slope: np.ndarray
    intercept: float

    @classmethod
    def fit(cls, x: np.ndarray, happened: np.ndarray, weight: np.ndarray, typical: float) -> Logistic:
        """Weighted, with a ridge on the slopes, and ``typical`` as one step at the centre; all there is without steps.

        Parameters
        ----------
        x : (n, k)
        happened : ndarray of bool, (n,)
        weight : (n,)
        """
        k = x.shape[1]
        centre = np.average(x, axis=0, weights=weight) if len(x) else np.zeros(k)
        spread = x.std(axis=0) if len(x) else np.zeros(k)
        scale = np.where(spread > 1e-9, spread, 1.0)
        features = np.vstack([(x - centre) / scale, np.zeros((2, k))])
        outcome = np.concatenate([happened, [1.0, 0.0]])
        weights = np.concatenate([weight, [typical, 1.0 - typical]])

        def loss(a: np.ndarray) -> tuple[float, np.ndarray]:
            odds = features @ a[:k] + a[k]
            value = weights @ (np.logaddexp(0.0, odds) - outcome * odds) + 0.5 * PENALTY * a[:k] @ a[:k]
            pull = weights * (expit(odds) - outcome)
            return float(value), np.append(features.T @ pull + PENALTY * a[:k], pull.sum())

        found = minimize(loss, np.append(np.zeros(k), logit(typical)), jac=True, method="L-BFGS-B").x
        return cls(centre, scale, found[:k], float(found[k]))

    def log_odds(self, x: np.ndarray) -> np.ndarray:
        """(n,) for features (n, k)."""
        return ((x - self.centre) / self.scale) @ self.slope + self.intercept


@dataclass(frozen=True)
class Rate:
    """How often something happened: ``rate``, and its 90% interval ``low`` to ``high``."""

    rate: float
    low: float
    high: float

    @classmethod
    def of(cls, happened: np.ndarray, weight: np.ndarray, line: np.ndarray, typical: float) -> Rate:
        """A weighted share; the interval is a beta's with as many steps as the spread between lines leaves."""
        total = weight.sum()
        rate = float((weight @ happened + typical) / (total + 1.0))
        by_line = np.bincount(line, weight * (happened - rate)) if len(line) else np.zeros(0)
        variance = float(by_line @ by_line) / max(total, 1.0) ** 2
        steps = float(np.clip(rate * (1 - rate) / variance, 1.0, len(line))) if variance > 0 else float(len(line))
        ends = beta.ppf([0.05, 0.95], rate * steps + typical, (1 - rate) * steps + 1 - typical)
        return cls(rate, *(float(end) for end in ends))


class Reversal:
    """Probabilities that a falling task recovers or reverses at the target.

    Attributes
    ----------
    recovery_, share_ : Logistic
        Of recovery, on `forecast.steps.FEATURES`; of reversal among recoveries, on `SHARE_FEATURES`.
    recovery_rate_, reversal_rate_ : Rate
    n_steps_, n_recovered_, n_reversed_ : int
    """

    def __init__(self) -> None:
        self.fit(None)

    def fit(self, allowed: Panel | None) -> Self:
        """Learn from every falling step among the rows that may be learned from (`Exclusion.allows`).

        A line's steps weigh together as the root of their number, so that no line of many models rules.
        """
        x, line, recovered, reversed_ = _falling(allowed)
        count = np.bincount(line)[line] if len(line) else np.ones(0)
        weight = count**-0.5 / np.mean(count**-0.5) if len(line) else count
        share = x[:, [name in SHARE_FEATURES for name in FEATURES]]
        self.recovery_ = Logistic.fit(x, recovered, weight, TYPICAL_RECOVERY)
        self.share_ = Logistic.fit(share[recovered], reversed_[recovered], weight[recovered], TYPICAL_SHARE)
        self.recovery_rate_ = Rate.of(recovered, weight, line, TYPICAL_RECOVERY)
        self.reversal_rate_ = Rate.of(reversed_, weight, line, TYPICAL_RECOVERY * TYPICAL_SHARE)
        self.n_steps_, self.n_recovered_, self.n_reversed_ = len(line), int(recovered.sum()), int(reversed_.sum())
        return self

    def predict(self, rows: pd.DataFrame, evidence: Panel, forecast: Forecast) -> pd.DataFrame:
        """What becomes of the trend of each target row.

        Parameters
        ----------
        rows : as `forecast.targets.target_rows` returns them, (n, ...)
        evidence : Panel of the visible rows
        forecast : of ``rows``, by any predictor

        Returns
        -------
        DataFrame, (n, 9), index of ``rows``: ``trend`` of the family's scores so far; for a falling one
        ``prob_recovery`` and ``prob_reversal``, never larger, and of each the base rate with its 90% interval; NaN for
        any other.
        """
        out = pd.DataFrame(index=rows.index, columns=["trend", *TRAINED, *BASE], dtype=float)
        series, at, origin, trend = _histories(rows, evidence)
        out["trend"] = trend
        falling = np.flatnonzero(trend == TRENDS[FALLING])
        if not len(falling):
            return out
        at, origin, some = at[falling], origin[falling], rows.iloc[falling]
        x = described(series, at, origin, some["scale"].to_numpy(), some["compute"].to_numpy())
        stated = events_of(some, forecast.take(falling), series, at, origin)
        recovery = expit((1 - OWN_WEIGHT) * logit(stated[0]) + OWN_WEIGHT * self.recovery_.log_odds(x))
        share = expit(self.share_.log_odds(x[:, [name in SHARE_FEATURES for name in FEATURES]]))
        values = [recovery, recovery * share]
        for rate in (self.recovery_rate_, self.reversal_rate_):
            values += [np.full(len(falling), value) for value in (rate.rate, rate.low, rate.high)]
        out.iloc[falling, 1:] = np.column_stack(values)
        return out


def events_of(
    rows: pd.DataFrame, forecast: Forecast, series: Histories, at: np.ndarray, origin: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """P(recovery) and P(reversal) as the distribution itself has them, (n,) each.

    The target's own standard error is that of a score at the threshold.
    """
    up = np.where(rows["higher_is_better"], 1.0, -1.0)
    best, best_se = best_before(series, at, origin)
    last, last_se = series.better[at, origin], series.se[at, origin]
    first, second = (forecast.prob_better(_beyond(rows, up * s, se)) for s, se in ((last, last_se), (best, best_se)))
    return first, np.minimum(first, second)


def _beyond(rows: pd.DataFrame, score: np.ndarray, se: np.ndarray) -> np.ndarray:
    """The score that is better than ``score`` by 2 standard errors of the difference, (n,)."""
    link, items = Link.of(rows), known_items(rows)
    sign = np.where(link.up, 1.0, -1.0)
    threshold = score
    for _ in range(5):
        share = binomial_stderr(np.where(link.share, threshold, 0.5), items)
        own = np.where(link.share, share, LOSS_STDERR * threshold)
        threshold = score + sign * BEYOND * np.hypot(se, own)
        threshold = np.clip(threshold, 0.0, np.where(link.share, 1.0, np.inf))
    return threshold


def _falling(allowed: Panel | None) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Features, line codes, and outcomes of all falling steps."""
    if allowed is None or allowed.rows.empty:
        none = np.zeros(0, dtype=bool)
        return np.zeros((0, len(FEATURES))), np.zeros(0, dtype=int), none, none
    series = Histories.of(allowed.rows)
    steps = known_steps(series, FALLING)
    target = series.row[steps.at, steps.target]
    scale, compute = (allowed.rows[name].to_numpy()[target] for name in ("scale", "compute"))
    x = described(series, steps.at, steps.origin, scale, compute)
    return x, allowed.rows["line_code"].to_numpy()[target], steps.recovered, steps.reversed


def _histories(rows: pd.DataFrame, evidence: Panel) -> tuple[Histories, np.ndarray, np.ndarray, np.ndarray]:
    """The series that bear on the rows; each row's own one, the place of its origin in it, and its trend, (n,) each.

    A row without history in its family is ``flat``, as a single score is; its places mean nothing.
    """
    known = evidence.rows
    family = (known["family"] == rows["family"].iloc[0]).to_numpy()
    near = known["task_code"].isin(rows["task_code"]).to_numpy()
    series = Histories.of(known[family | near].reset_index(drop=True))
    own = series.rows.iloc[series.row[:, 0]]
    place = pd.Series(np.arange(len(own)), index=own["unit"].to_numpy())
    place = place[(own["family"] == rows["family"].iloc[0]).to_numpy()]
    at = place.reindex(rows["unit"]).fillna(-1).to_numpy(dtype=int)
    origin = (series.scale[at] < (rows["scale"].to_numpy() + NEAR)[:, None]).sum(axis=1) - 1
    has = (at >= 0) & (origin >= 0)
    trends = series.trends()[at, np.maximum(origin, 0)]
    return series, at, origin, np.where(has, np.array(TRENDS)[trends], "flat")
