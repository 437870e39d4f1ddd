"""Will a falling task turn? The chance of recovery and of reversal at the next scale, and how often either happened.

`data.trend.recovers` and `data.trend.reverses` say what the two events are. The forecast's distribution gives a first
probability of each (`predictors.events`). Past falling steps of other models give a second, by logistic regressions on
a handful of features held towards no effect, since turns are few: of recovery, and of the share of recoveries that are
reversals, so that reversal is never the likelier. The two are averaged in log-odds, and so are their shares; recovery,
a gain beyond noise, is held to the probability of any gain.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any, Self

import numpy as np
import pandas as pd
from scipy.special import betaincinv, expit, logit

from scale_forecast.data.trend import TRENDS
from scale_forecast.distribution import Forecast
from scale_forecast.inputs.panel import Panel
from scale_forecast.inputs.steps import FALLING, FEATURES, Histories, describe_steps, known_steps, last_points
from scale_forecast.predictors.events import prob_gain, trends_and_events
from scale_forecast.predictors.logistic import Logistic, line_weights

SHARE_FEATURES = ("step", "falls", "depth")
"""What the share of reversals among recoveries may depend on."""
TYPICAL_RECOVERY = 0.2
TYPICAL_SHARE = 0.15
"""Of recoveries, how many are reversals. Both count as one step seen before any other."""
OWN_WEIGHT = 0.5
"""Weight of the regressions' log-odds beside those of the forecast's distribution."""
SURE = 1e-6
EVENTS = ["prob_recovery", "prob_reversal"]
BASE = [f"base_{event}{end}" for event in ("recovery", "reversal") for end in ("", "_low", "_high")]


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
        ends = betaincinv(rate * steps + typical, (1 - rate) * steps + 1 - typical, [0.05, 0.95])
        return cls(rate, *(float(end) for end in ends))


class Reversal:
    """Probabilities that a falling task recovers or reverses at the target.

    Attributes
    ----------
    recovery_, share_ : Logistic
        Of recovery, on `inputs.steps.FEATURES`; of reversal among recoveries, on `SHARE_FEATURES`.
    recovery_rate_, reversal_rate_ : Rate
    n_steps_, n_recovered_, n_reversed_ : int
    """

    def __init__(self) -> None:
        self.__dict__ |= _untaught()

    def fit(self, allowed: Panel | None) -> Self:
        """Learn from every falling step among the rows that may be learned from (`Exclusion.allows`).

        A line's steps weigh together as the root of their number, so that no line of many models rules.
        """
        x, line, recovered, reversed_ = _falling(allowed)
        weight = line_weights(line)
        share = x[:, _share_columns()]
        self.recovery_ = Logistic.fit(x, recovered, weight, TYPICAL_RECOVERY)
        self.share_ = Logistic.fit(share[recovered], reversed_[recovered], weight[recovered], TYPICAL_SHARE)
        self.recovery_rate_ = Rate.of(recovered, weight, line, TYPICAL_RECOVERY)
        self.reversal_rate_ = Rate.of(reversed_, weight, line, TYPICAL_RECOVERY * TYPICAL_SHARE)
        self.n_steps_, self.n_recovered_, self.n_reversed_ = len(line), int(recovered.sum()), int(reversed_.sum())
        return self

    def predict(self, forecast: Forecast, evidence: Panel) -> pd.DataFrame:
        """What becomes of the trend of each target.

        Parameters
        ----------
        forecast : by any predictor, of n rows of one model
        evidence : Panel of the visible rows

        Returns
        -------
        DataFrame, (n, 9), index 0..n-1: ``trend`` of the family's scores so far; for a falling one
        ``prob_recovery`` and ``prob_reversal``, never larger, and of each the base rate with its 90% interval; NaN for
        any other.
        """
        rows, stated = forecast.targets, trends_and_events(forecast, evidence)
        out = pd.DataFrame(index=rows.index, columns=["trend", *EVENTS, *BASE], dtype=float)
        out["trend"] = stated["trend"].to_numpy()
        falling = np.flatnonzero(out["trend"] == TRENDS[FALLING])
        if not len(falling):
            return out
        recovery, share = self.log_odds(rows.iloc[falling], evidence)
        first, second = stated[EVENTS].to_numpy()[falling].clip(SURE, 1 - SURE).T
        first_share = np.clip(second / first, SURE, 1 - SURE)
        prob_recovery = np.minimum(
            expit((1 - OWN_WEIGHT) * logit(first) + OWN_WEIGHT * recovery), prob_gain(forecast)[falling]
        )
        prob_share = expit((1 - OWN_WEIGHT) * logit(first_share) + OWN_WEIGHT * share)
        values = [prob_recovery, prob_recovery * prob_share]
        for rate in (self.recovery_rate_, self.reversal_rate_):
            values += [np.full(len(falling), value) for value in (rate.rate, rate.low, rate.high)]
        out.iloc[falling, 1:] = np.column_stack(values)
        return out

    def log_odds(self, rows: pd.DataFrame, evidence: Panel) -> tuple[np.ndarray, np.ndarray]:
        """What past falling steps say of falling target rows: log-odds of recovery, and of reversal if it recovers."""
        x = describe_steps(*last_points(rows, evidence), rows["scale"].to_numpy(), rows["compute"].to_numpy())
        return self.recovery_.log_odds(x), self.share_.log_odds(x[:, _share_columns()])


@cache
def _untaught() -> dict[str, Any]:
    """The attributes of one that knows of no falling step."""
    return vars(Reversal.__new__(Reversal).fit(None))


def _share_columns() -> list[bool]:
    return [name in SHARE_FEATURES for name in FEATURES]


def _falling(allowed: Panel | None) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Features, line codes, and outcomes of all falling steps."""
    if allowed is None or allowed.rows.empty:
        none = np.zeros(0, dtype=bool)
        return np.zeros((0, len(FEATURES))), np.zeros(0, dtype=int), none, none
    series = Histories.of(allowed.rows)
    steps = known_steps(series, FALLING)
    target = series.row[steps.at, steps.target]
    scale, compute = (allowed.rows[name].to_numpy()[target] for name in ("scale", "compute"))
    x = describe_steps(series, steps.at, steps.origin, scale, compute)
    line = np.unique(allowed.rows["line_code"].to_numpy()[target], return_inverse=True)[1]
    return x, line, steps.recovered, steps.reversed
