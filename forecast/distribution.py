"""What every predictor returns: a predictive distribution for each target, and how targets move together.

A distribution is kept as knots on the link scale, one per level: the logit of a share (its negative where lower is
better), minus the log of a loss, so that larger is better everywhere. Between knots the link-scale quantile is linear
in the logit of the level. The mass beyond the outermost levels is explicit: it thins out by at most a factor e for each
unit of the link, which for a share means that it is spread evenly up to the end of the range. So a quantile never
leaves the range, and no probability is 0 or 1 inside it. Beside the knots there may be an atom: the probability that
the score is its origin's to the last item, as models that cannot do a task, or do it all, answer alike.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd
from scipy.special import expit, log_ndtr, logit, ndtr, ndtri

from scale_forecast.data.errors import ForecastError

LEVELS = np.array([0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5])
LEVELS = np.concatenate([LEVELS, 1.0 - LEVELS[-2::-1]])
"""Levels at which predictors state their quantiles, on the link scale."""
PRINTED = {"q05": 0.05, "q10": 0.10, "q25": 0.25, "q75": 0.75, "q90": 0.90, "q95": 0.95}
MID_LEVELS = (np.arange(40) + 0.5) / 40
_SMALLEST_STEP = 1e-6
_TAIL = 1e-6
"""Level of the knots that stand for the ends."""
_EDGE = 1e-9
"""Scores are kept this far inside their range before a link is taken."""


@dataclass(frozen=True)
class Link:
    """The link scale of n scores: ``share`` is a share in [0, 1], ``up`` means that higher is better; (n,) each."""

    share: np.ndarray
    up: np.ndarray

    @classmethod
    def of(cls, table: pd.DataFrame) -> Link:
        """From the columns ``is_share`` and ``higher_is_better``."""
        return cls(table["is_share"].to_numpy(dtype=bool), table["higher_is_better"].to_numpy(dtype=bool))

    def forward(self, score: np.ndarray) -> np.ndarray:
        """Scores (n,) to the link scale; larger is better."""
        share = logit(np.clip(score, _EDGE, 1.0 - _EDGE))
        with np.errstate(over="ignore"):
            view = np.where(self.share, share, np.log(np.maximum(score, _EDGE)))
        return np.where(self.up, view, -view)

    def inverse(self, link: np.ndarray) -> np.ndarray:
        """Link scale (n,) or (n, k) back to scores."""
        shape = (-1,) + (1,) * (link.ndim - 1)
        share, up = self.share.reshape(shape), self.up.reshape(shape)
        view = np.where(up, link, -link)
        return np.where(share, expit(view), np.exp(np.clip(view, -700.0, 700.0)))

    def slope(self, score: np.ndarray) -> np.ndarray:
        """Absolute derivative of `forward` at scores (n,)."""
        inside = np.clip(score, _EDGE, 1.0 - _EDGE)
        return np.where(self.share, 1.0 / (inside * (1.0 - inside)), 1.0 / np.maximum(score, _EDGE))


@dataclass(frozen=True)
class Forecast:
    """Predictive distributions of n targets.

    Attributes
    ----------
    targets : DataFrame, (n, ...)
        What is forecast: `data.results.UNIT`, ``family``, ``target_model``, ``is_share``, ``higher_is_better``,
        ``n_examples`` and more.
    knots : ndarray, (n, k)
        Link-scale quantiles at ``levels``; larger is better. Sorted when built.
    levels : ndarray, (k,)
    loading : ndarray, (n,)
        Correlation of each target's normal score with the shift that all targets of one ``group`` share, in [0, 1).
    group : ndarray of int, (n,)
        Targets with one number share the shift of one model.
    predictor : str
    atom : ndarray, (n,)
        Probability that a score is its target's ``origin_score`` exactly, beside the continuous part that the knots
        are the quantiles of.
    """

    targets: pd.DataFrame
    knots: np.ndarray
    levels: np.ndarray
    loading: np.ndarray
    group: np.ndarray
    predictor: str
    atom: np.ndarray

    def __repr__(self) -> str:
        return f"<Forecast: {len(self.targets):,} distributions by {self.predictor}>"

    @classmethod
    def from_knots(
        cls,
        targets: pd.DataFrame,
        knots: np.ndarray,
        predictor: str,
        *,
        levels: np.ndarray = LEVELS,
        loading: np.ndarray | float = 0.0,
        group: np.ndarray | None = None,
        atom: np.ndarray | float = 0.0,
    ) -> Forecast:
        """Sort the knots, set them apart so that every CDF is strictly increasing, and add the tails."""
        if not np.isfinite(knots).all():
            raise ForecastError(f"predictor {predictor!r} gave a quantile that is not finite: this is a bug of it")
        place = np.arange(knots.shape[1])
        apart = np.sort(knots, axis=1) + _SMALLEST_STEP * (place - place.mean())
        low = (logit(levels[0]) - logit(_TAIL)) * _tail_spread(apart[:, 1] - apart[:, 0], levels[:2])
        high = (logit(1 - _TAIL) - logit(levels[-1])) * _tail_spread(apart[:, -1] - apart[:, -2], levels[-2:])
        apart = np.column_stack([apart[:, 0] - low, apart, apart[:, -1] + high])
        n = len(targets)
        return cls(
            targets=targets.reset_index(drop=True),
            knots=apart,
            levels=np.concatenate([[_TAIL], levels, [1 - _TAIL]]),
            loading=np.broadcast_to(np.asarray(loading, dtype=float), (n,)).copy(),
            group=np.zeros(n, dtype=int) if group is None else np.asarray(group),
            predictor=predictor,
            atom=np.broadcast_to(np.asarray(atom, dtype=float), (n,)).copy(),
        )

    def __len__(self) -> int:
        return len(self.knots)

    @cached_property
    def link(self) -> Link:
        """The link of each target."""
        return Link.of(self.targets)

    @cached_property
    def _log_odds(self) -> np.ndarray:
        return logit(self.levels)

    @cached_property
    def _origin(self) -> np.ndarray:
        """Where the atoms are, (n,) in score units; NaN without one."""
        held = self.atom > 0.0
        if not held.any():
            return np.full(len(self), np.nan)
        return np.where(held, self.targets["origin_score"].to_numpy(dtype=float), np.nan)

    @cached_property
    def _below_origin(self) -> np.ndarray:
        """The continuous part's probability of worse than the origin, (n,); 0 without an atom."""
        held, out = self.atom > 0.0, np.zeros(len(self))
        out[held] = 1.0 - self._continuous_better(self.link.forward(np.where(held, self._origin, 0.5)))[held]
        return out

    def prob_tie(self) -> np.ndarray:
        """P(a share is its origin's to the last item), (n,), luck included; targets have ``origin_score``."""
        origin = self.targets["origin_score"].to_numpy(dtype=float)
        half = (0.5 / self.targets["n_examples"]).fillna(0.0).to_numpy(dtype=float)
        one = np.where(self.link.up, half, -half)
        ends = [self._continuous_better(self.link.forward(end)) for end in (origin - one, origin + one)]
        return np.where(self.link.share, self.atom + (1.0 - self.atom) * (ends[0] - ends[1]), 0.0)

    def with_ties(self, tie: np.ndarray) -> Forecast:
        """The same with atoms, such that `prob_tie` is ``tie`` (n,) where that is more than luck; NaN leaves none."""
        luck = replace(self, atom=np.zeros(len(self))).prob_tie()
        return replace(self, atom=np.nan_to_num(np.clip((tie - luck) / (1.0 - luck), 0.0, 1.0)))

    def _of_continuous(self, odds: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Log-odds (r, k) of levels as the continuous part has them, and where the level lies in the atom."""
        atom, below = self.atom[rows, None], self._below_origin[rows, None]
        low, high = expit(odds) / (1.0 - atom), expit(-odds) / (1.0 - atom)
        is_below, is_above = low < below, high < 1.0 - below
        with np.errstate(invalid="ignore", divide="ignore"):
            held = np.where(is_below, logit(np.minimum(low, 1.0)), np.where(is_above, -logit(np.minimum(high, 1.0)), 0))
        without = atom == 0.0
        return np.where(without, odds, held), ~(is_below | is_above | without)

    def _at_odds(self, odds: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Link-scale quantiles of some targets at log-odds (r, k) of levels, and where they are the origin, (r, k)."""
        odds, tied = self._of_continuous(odds, rows)
        right = np.clip(np.searchsorted(self._log_odds, odds), 1, len(self._log_odds) - 1)
        weight = (odds - self._log_odds[right - 1]) / (self._log_odds[right] - self._log_odds[right - 1])
        low, high = (np.take_along_axis(self.knots[rows], place, axis=1) for place in (right - 1, right))
        found = low + weight * (high - low)
        if tied.any():
            found = np.where(tied, self.link.forward(self._origin)[rows, None], found)
        return found, tied

    def link_quantiles(self, levels: np.ndarray) -> np.ndarray:
        """Quantiles on the link scale at ``levels`` of "how good", (n, len(levels))."""
        odds = np.broadcast_to(logit(np.asarray(levels, dtype=float)), (len(self), len(levels)))
        return self._at_odds(odds, np.arange(len(self)))[0]

    def quantiles(self, levels: np.ndarray | list[float]) -> np.ndarray:
        """Quantiles of the score in its own unit, (n, len(levels)), ascending for ascending levels."""
        wanted = np.asarray(levels, dtype=float)
        if ((wanted <= 0) | (wanted >= 1)).any():
            raise ForecastError(f"quantile levels lie strictly between 0 and 1, got {wanted.tolist()}")
        odds = np.where(self.link.up[:, None], logit(wanted), -logit(wanted))
        up, tied = self._at_odds(odds, np.arange(len(self)))
        return np.where(tied, self._origin[:, None], self.link.inverse(up))

    @property
    def median(self) -> np.ndarray:
        """(n,) in score units."""
        return self.quantiles([0.5])[:, 0]

    @cached_property
    def mean(self) -> np.ndarray:
        """(n,) in score units, from 40 equally likely quantiles."""
        return self.quantiles(MID_LEVELS).mean(axis=1)

    def _continuous_better(self, threshold: np.ndarray) -> np.ndarray:
        """The continuous part's P(link score > threshold), (n,) for a threshold (n,)."""
        right = np.clip((self.knots < threshold[:, None]).sum(axis=1), 1, len(self.levels) - 1)
        rows = np.arange(len(self))
        low, high = self.knots[rows, right - 1], self.knots[rows, right]
        weight = (threshold - low) / (high - low)
        log_odds = self._log_odds[right - 1] + weight * (self._log_odds[right] - self._log_odds[right - 1])
        return expit(-log_odds)

    def _better_and_equal(self, score: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """P(better than scores (n,)), and the atoms that are on them."""
        threshold = self.link.forward(score)
        better, equal = self._continuous_better(threshold), np.zeros(len(self))
        held = self.atom > 0.0
        if held.any():
            origin = self.link.forward(np.where(held, self._origin, 0.5))
            better = np.where(held, (1.0 - self.atom) * better + self.atom * (origin > threshold), better)
            equal = np.where(held & (origin == threshold), self.atom, 0.0)
        return better, equal

    def prob_better(self, score: np.ndarray | float) -> np.ndarray:
        """P(target better than ``score``), (n,); strictly between 0 and 1 inside the range."""
        return self._better_and_equal(np.broadcast_to(np.asarray(score, dtype=float), (len(self),)))[0]

    def prob_above(self, score: np.ndarray | float) -> np.ndarray:
        """P(score > ``score``), (n,), whatever the metric's direction. Exactly 1 or 0 only outside the range."""
        at = np.broadcast_to(np.asarray(score, dtype=float), (len(self),))
        better, equal = self._better_and_equal(at)
        inside = np.where(self.link.up, better, 1.0 - better - equal)
        return np.where(at < 0, 1.0, np.where(self.link.share & (at >= 1), 0.0, inside))

    def cdf(self, score: np.ndarray | float) -> np.ndarray:
        """P(score <= ``score``), (n,)."""
        return 1.0 - self.prob_above(score)

    def interval(self, coverage: float) -> np.ndarray:
        """Central prediction interval, (n, 2), in score units."""
        if not 0 < coverage < 1:
            raise ForecastError(f"coverage lies strictly between 0 and 1, got {coverage}")
        return self.quantiles([(1 - coverage) / 2, (1 + coverage) / 2])

    def sample(self, n: int, *, seed: int, joint: bool = True) -> np.ndarray:
        """Draws of all targets together, (n, len(self)), in score units.

        With ``joint`` the targets of one model share its shift (a one-factor Gaussian copula with ``loading``);
        without it they are independent. The marginals are the same.
        """
        rng = np.random.default_rng(seed)
        own = rng.standard_normal((n, len(self)))
        if joint:
            groups, index = np.unique(self.group, return_inverse=True)
            shift = rng.standard_normal((n, len(groups)))[:, index]
            own = self.loading * shift + np.sqrt(1.0 - self.loading**2) * own
        odds = log_ndtr(own) - log_ndtr(-own)
        score = np.empty_like(own)
        for i in range(len(self)):
            row = np.array([i])
            link, tied = self._at_odds(odds[None, :, i], row)
            inside = Link(self.link.share[row], self.link.up[row]).inverse(link)
            score[:, i] = np.where(tied, self._origin[i], inside)[0]
        return score

    def condition_on(self, at: np.ndarray, observed: np.ndarray) -> Forecast:
        """The forecast once some targets of the model are known: the shared shift is updated, and so the others.

        Parameters
        ----------
        at : positions of the known targets, (k,)
        observed : their scores, (k,)

        Notes
        -----
        The copula is Gaussian with one factor: given the normal scores u of the known targets with loadings l, the
        shift is normal with precision 1 + sum l^2 / (1 - l^2) and mean sum l u / (1 - l^2) over it.
        """
        known = self.take(at)
        u = ndtri(np.clip(known.pit(observed), 1e-4, 1 - 1e-4))
        unique = 1.0 - known.loading**2
        precision = 1.0 + (known.loading**2 / unique).sum()
        shift = (known.loading * u / unique).sum() / precision
        spread = np.sqrt(self.loading**2 / precision + 1.0 - self.loading**2)
        below = (1.0 - self.atom) * self._below_origin
        ends = [(ndtri(end) - self.loading * shift) / spread for end in (below, below + self.atom)]
        low, atom = ndtr(ends[0]), ndtr(ends[1]) - ndtr(ends[0])
        level = (1.0 - atom[:, None]) * LEVELS
        level = np.where(level < low[:, None], level, level + atom[:, None])
        normal = (self.loading * shift)[:, None] + spread[:, None] * ndtri(level)
        knots = self._at_odds(log_ndtr(normal) - log_ndtr(-normal), np.arange(len(self)))[0]
        left = self.loading / np.sqrt(precision) / spread
        return Forecast.from_knots(self.targets, knots, self.predictor, loading=left, group=self.group, atom=atom)

    def pit(self, observed: np.ndarray) -> np.ndarray:
        """Probability integral transform: the CDF of "how good" at the observed score, (n,); the middle of an atom."""
        better, equal = self._better_and_equal(np.asarray(observed, dtype=float))
        return 1.0 - better - 0.5 * equal

    def log_density(self, observed: np.ndarray) -> np.ndarray:
        """Log of the predictive density at the observed score, (n,), per unit of score.

        An observed 0 or 1 of a share is moved half an item inside the range (0.0005 where the items are not known), and
        an atom is spread over one item.
        """
        score = np.asarray(observed, dtype=float)
        items = self.targets["n_examples"].to_numpy(dtype=float)
        half = np.where(np.isfinite(items), 0.5 / np.where(np.isfinite(items), items, 1.0), 5e-4)
        inside = np.where(self.link.share, np.clip(score, half, 1 - half), np.maximum(score, 1e-9))
        at = self.link.forward(inside)
        right = np.clip((self.knots < at[:, None]).sum(axis=1), 1, len(self.levels) - 1)
        rows = np.arange(len(self))
        slope = (self._log_odds[right] - self._log_odds[right - 1]) / (
            self.knots[rows, right] - self.knots[rows, right - 1]
        )
        log_odds = self._log_odds[right - 1] + slope * (at - self.knots[rows, right - 1])
        per_odds = -np.logaddexp(0.0, log_odds) - np.logaddexp(0.0, -log_odds)
        continuous = per_odds + np.log(slope * self.link.slope(inside))
        on_it = np.where(np.abs(score - self._origin) <= 1e-9, self.atom / (2.0 * half), 0.0)
        return np.where(self.atom > 0.0, np.log((1.0 - self.atom) * np.exp(continuous) + on_it), continuous)

    def take(self, rows: np.ndarray) -> Forecast:
        """The forecast of some of the targets, in the order of ``rows`` (positions)."""
        return Forecast(
            targets=self.targets.iloc[rows].reset_index(drop=True),
            knots=self.knots[rows],
            levels=self.levels,
            loading=self.loading[rows],
            group=self.group[rows],
            predictor=self.predictor,
            atom=self.atom[rows],
        )


def _tail_spread(gap: np.ndarray, levels: np.ndarray) -> np.ndarray:
    """Link units per unit of log-odds beyond the outermost knot: as between the last two, at least 1."""
    return np.maximum(gap / (logit(levels[1]) - logit(levels[0])), 1.0)
