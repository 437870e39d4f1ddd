"""The largest public models by date: a deadline as a distribution over scale.

Public models are taken for points (release, log10 size) of a Poisson process whose intensity rises with a log-linear
trend and falls off exponentially above it:

.. math:: \\lambda(t, x) = \\frac{g}{s^2} \\exp\\left(-\\frac{x - c - g t}{s}\\right)

The largest so far is then Gumbel around a line of slope ``g``; a new record waits a time with a closed form, and tops
the last by an exponential jump of mean ``s`` decades. So after a record far above the trend the next waits longer, one
that is overdue comes sooner, and the frontier never shrinks. Likelihood and simulation are exact: the level ``c`` is
integrated out (it is conjugate), growth and jump have a posterior on a grid.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from scale_forecast.data.catalog import FRONTIER_COMPLETE_UNTIL, frontier_models
from scale_forecast.data.errors import DataError, UsageError
from scale_forecast.data.sizes import FLOPS_PER_PARAM_TOKEN, format_size

OF = ("train_flops", "params", "effective_flops")
"""What can be asked: training compute (FLOP), parameters (of dense models, see `dense_params`), and compute counted
with the gains of later recipes (FLOP of the recipe of the last known date)."""

_LABELS = {"train_flops": "compute", "params": "parameters", "effective_flops": "effective compute"}
_YEAR = 365.25
_TIE = 0.01
"""A model within these decades of the largest one repeats it (a second entry, a rounding) and is no new record."""
_LEVELS = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)
_FEWEST = 2
"""Records that a fit needs."""


@dataclass(frozen=True)
class Prior:
    """Log-normal priors: ``growth`` in decades a year, ``jump`` (mean size of a new record) in decades; medians, and
    standard deviations of the natural logarithm."""

    growth: float
    growth_sd: float
    jump: float
    jump_sd: float


PRIORS = {
    "train_flops": Prior(growth=0.5, growth_sd=0.6, jump=0.4, jump_sd=0.6),
    "params": Prior(growth=0.35, growth_sd=0.6, jump=0.3, jump_sd=0.6),
}
"""From what was known at the start of 2020: hardware alone grew 0.15 decades a year, the largest runs of 2012 to 2018
1.06 (Amodei and Hernandez 2018, doubling in 3.4 months), and parameters go as the 0.7th power of compute (Kaplan et al.
2020, section 6). A record tops the last by a factor 2.5 on average, nine times in ten within 1.4 to 12."""

ERA_SD = 0.3
"""Growth from now on is the growth so far times a log-normal factor of this spread: eras differ (doubling in 3.4 months
until 2018 by one account, in 5.7 over 2010 to 2022 by Sevilla et al. 2022), and no past tells which one begins."""


COMPUTE_OPTIMAL = (dt.date(2022, 3, 29), 0.5 / 0.73)
"""From Hoffmann et al. 2022 (its day) on, the best size goes as the 0.5th power of compute, and no longer as the 0.73th
of Kaplan et al. 2020 under which parameters grew until then: their growth to come is scaled by the ratio."""


@dataclass(frozen=True)
class _Records:
    """The running maximum: ``day`` (days since 1970) and log10 ``size`` of each new largest, and what was watched."""

    day: np.ndarray
    size: np.ndarray
    until: float

    def at(self, day: np.ndarray) -> np.ndarray:
        """Largest by a day, in decades; NaN before the first."""
        rank = np.searchsorted(self.day, day, side="right")
        return np.r_[np.nan, self.size][rank]


@dataclass(frozen=True)
class _Posterior:
    """Growth and mean jump on a grid with weights.

    The hazard of a further record at the last known date, in units of growth / jump, is a gamma given both.
    """

    growth: np.ndarray
    jump: np.ndarray
    weight: np.ndarray
    shape: float
    rate: np.ndarray


class Frontier:
    """The frontier as known at a date; make one with `Frontier.fit`."""

    def __init__(self, records: dict[str, _Records], as_of: dt.date, until: dt.date) -> None:
        self.records_ = records
        self.as_of = as_of
        self.until = until
        self._posteriors: dict[str, _Posterior] = {}

    @classmethod
    def fit(cls, models: pd.DataFrame, *, as_of: dt.date, complete_until: dt.date | None = None) -> Frontier:
        """Read the models that were released by ``as_of``, and nothing else.

        Parameters
        ----------
        models : table with ``released, params, train_flops, train_tokens``
        as_of : day of knowledge
        complete_until : until when the table lists what was released; silence after it says nothing. ``as_of`` when
            not given.

        Raises
        ------
        DataError
            When fewer than two steps of the frontier were known by then.
        """
        as_of = pd.Timestamp(as_of).date()
        until = min(as_of, pd.Timestamp(complete_until).date()) if complete_until is not None else as_of
        released = pd.to_datetime(models["released"])
        known = models[released <= pd.Timestamp(until)]
        sizes = {"train_flops": train_flops(known), "params": dense_params(known)}
        records = {of: _running_maximum(known["released"], size, until) for of, size in sizes.items()}
        return cls(records, as_of, until)

    def sample(self, by: dt.date, n: int, seed: int, *, of: str = "train_flops") -> np.ndarray:
        """Draws of the largest size that is public by a date.

        Draw ``i`` belongs to one imagined future, the same for every ``by`` of one seed, so that it never falls as
        ``by`` moves on.

        Parameters
        ----------
        by : day, its end
        n, seed : number of draws; the same give the same futures
        of : one of `OF`

        Returns
        -------
        ndarray of shape (n,): log10 of FLOP or of parameters. At the largest known for dates up to the last known; NaN
        before the first.

        Raises
        ------
        DataError
            When too few models were known to tell.
        """
        _check_of(of)
        day = np.full(n, _day(by))
        base = "params" if of == "params" else "train_flops"
        level = self._levels(base, day, seed)
        if of == "effective_flops":
            level = level + self._gain(day, seed)
        return level

    def first_day(self, size: float, last: dt.date, n: int, seed: int, *, of: str = "train_flops") -> np.ndarray:
        """The day on which the largest is ``size`` (in decades) or more, in the futures of `sample`.

        Returns
        -------
        ndarray of datetime64[D], shape (n,); NaT for not until ``last``.
        """
        records = self.records_[of]
        reached = records.day[records.size >= size]
        first = np.full(n, reached[0] if len(reached) else np.inf)
        if not len(reached):
            for at, largest in self._futures(of, n, seed, _day(last)):
                first = np.where(np.isinf(first) & (largest >= size), at, first)
        found = np.ceil(np.where(first <= _day(last), first, 0.0)).astype("timedelta64[D]")
        return np.where(first <= _day(last), np.datetime64("1970-01-01") + found, np.datetime64("NaT"))

    def recipe_gain(self, by: dt.date, n: int, seed: int) -> np.ndarray:
        """Decades of compute that recipes gain from the last known date to a day (less than 0 before), shape (n,).

        In the futures of `sample`: ``effective_flops`` is ``train_flops`` with this added.
        """
        return self._gain(np.full(n, _day(by)), seed)

    def quantiles(
        self,
        by: dt.date,
        levels: Sequence[float] | np.ndarray,
        *,
        of: str = "train_flops",
        n: int = 20_000,
        seed: int = 0,
    ) -> np.ndarray:
        """Quantiles of `sample`, in decades, shape (k,)."""
        return np.quantile(self.sample(by, n, seed, of=of), np.asarray(levels, dtype=float))

    def table(
        self, days: Sequence[dt.date], *, of: str = "train_flops", n: int = 20_000, seed: int = 0
    ) -> pd.DataFrame:
        """One row a day: ``by, of, known, median, low, high, q05, q10, q25, q75, q90, q95, prob_larger``.

        In FLOP or parameters. ``known`` is the largest public one at the last known date, ``low`` to ``high`` the
        `interval_of` 80%, ``prob_larger`` the probability of a larger one than is known by the day.
        """
        known = self.sample(self.until, n, seed, of=of)
        rows = []
        for by in days:
            drawn = self.sample(by, n, seed, of=of)
            quantiles = {f"q{round(100 * q):02d}": 10.0 ** np.quantile(drawn, q) for q in _LEVELS}
            median = quantiles.pop("q50")
            prob = ((drawn > known).sum() + 0.5) / (n + 1.0) if by > self.until else 0.0
            low, high = 10.0 ** interval_of(drawn, 0.8)
            row = {
                "by": pd.Timestamp(by),
                "of": of,
                "known": 10.0 ** known[0],
                "median": median,
                "low": low,
                "high": high,
            }
            rows.append(row | quantiles | {"prob_larger": prob})
        return pd.DataFrame(rows)

    def _gain(self, day: np.ndarray, seed: int) -> np.ndarray:
        halving = RecipeGains.newest(self.as_of).sample(len(day), seed)
        return np.log10(2.0) * (day - self.records_["train_flops"].until) / halving

    def _levels(self, of: str, day: np.ndarray, seed: int) -> np.ndarray:
        """The largest of each future at that future's own day."""
        records = self.records_[of]
        level = records.at(np.minimum(day, records.until))
        if not (day > records.until).any():
            return level
        for at, size in self._futures(of, len(day), seed, float(day.max())):
            level = np.where(at <= day, size, level)
        return level

    def _futures(self, of: str, n: int, seed: int, last: float) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """The records to come in ``n`` futures, one after another: (day (n,), size (n,)), until all are past ``last``.

        The hazard of a record above ``m`` is ``(g/s) exp((c + g t - m) / s)``: its integral over the waiting time is a
        unit exponential.
        """
        posterior = self._posterior(of)
        rng = np.random.default_rng([seed, 0])
        pick, era = rng.random(n), rng.standard_normal(n)
        at = np.minimum(np.searchsorted(np.cumsum(posterior.weight), pick), len(posterior.weight) - 1)
        growth, jump = posterior.growth[at], posterior.jump[at]
        ahead = np.log(rng.gamma(posterior.shape, size=n) / posterior.rate[at])
        growth = growth * np.exp(ERA_SD * era)
        if of == "params" and self.as_of >= COMPUTE_OPTIMAL[0]:
            growth = growth * COMPUTE_OPTIMAL[1]
        size = np.full(n, self.records_[of].size[-1])
        years = np.zeros(n)
        start = self.records_[of].until
        while True:
            wait, rise = rng.exponential(size=n), rng.exponential(size=n)
            years = years + jump / growth * np.log1p(wait * np.exp(np.clip(-ahead - growth * years / jump, -700, 700)))
            size, ahead = size + jump * rise, ahead - rise
            day = start + years * _YEAR
            if (day > last).all():
                return
            yield day, size

    def _posterior(self, of: str) -> _Posterior:
        if of not in self._posteriors:
            self._posteriors[of] = _posterior(self.records_[of], PRIORS[of], of)
        return self._posteriors[of]


def show_table(table: pd.DataFrame) -> pd.DataFrame:
    """`Frontier.table` as people read it."""

    def size(value: float, of: str) -> str:
        return "–" if np.isnan(value) else format_size(value) if of == "params" else f"{value:.2g} FLOP"

    sizes = {
        name: [size(v, of) for v, of in zip(table[name], table["of"], strict=True)] for name in table.columns[2:-1]
    }
    return pd.DataFrame(
        {
            "by": table["by"],
            "largest of": table["of"].map(_LABELS),
            "known": sizes["known"],
            "median": sizes["median"],
            "80% interval": [_between(*ends) for ends in zip(sizes["low"], sizes["high"], strict=True)],
            "P(larger)": table["prob_larger"],
        }
    )


def interval_of(draws: np.ndarray, share: float) -> np.ndarray:
    """The interval that holds a share of draws of the frontier: (low, high).

    Central, unless no larger model at all has more than the lower tail: then from that least value on, since the
    central one would hold the tail too.

    >>> interval_of(np.arange(11.0), 0.8).round(6).tolist(), interval_of(np.r_[[0.0] * 4, 1.0, 2.0, 3.0], 0.5).tolist()
    ([1.0, 9.0], [0.0, 0.0])
    """
    tail = (1.0 - share) / 2.0
    low = np.quantile(draws, tail)
    if low == draws.min():
        return np.array([low, np.quantile(draws, share)])
    return np.array([low, np.quantile(draws, 1.0 - tail)])


# --- what recipes gain -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class RecipeGains:
    """Days in which the compute that reaches a given score halves, for the recipe alone: log-normal.

    ``median`` in days, ``log_sd`` of its natural logarithm.
    """

    median: float
    log_sd: float
    source: str

    @classmethod
    def newest(cls, as_of: dt.date) -> RecipeGains:
        """The latest estimate that was published by a date; the oldest before any."""
        known = [gains for day, gains in _RECIPES if day <= as_of]
        return known[-1] if known else _RECIPES[0][1]

    def sample(self, n: int, seed: int) -> np.ndarray:
        """Draws of the halving time, in days, shape (n,)."""
        return self.median * np.exp(self.log_sd * np.random.default_rng([seed, 2]).standard_normal(n))


_RECIPES = (
    (dt.date(2020, 5, 8), RecipeGains(487.0, 0.6, "Hernandez and Brown 2020, arXiv:2005.04305: image models")),
    (
        dt.date(2024, 3, 9),
        RecipeGains(243.0, 0.33, "Ho et al. 2024, arXiv:2403.05812: language models, 95% 5-14 months"),
    ),
)
"""Halving in 16 months on image models 2012 to 2019, spread widely since language models are another matter; then in 8
months on language models 2012 to 2023, 95% interval 5 to 14."""


def _between(low: str, high: str) -> str:
    return low if low == high else f"{low} to {high}"


def bundled_frontier(as_of: dt.date) -> Frontier:
    """The frontier of the bundled notable models as known at a date."""
    return Frontier.fit(frontier_models(), as_of=as_of, complete_until=FRONTIER_COMPLETE_UNTIL)


# --- tables in, records out ------------------------------------------------------------------------------------------


def train_flops(models: pd.DataFrame) -> pd.Series:
    """Training compute in FLOP; 6 x params x tokens where it is not given and both are."""
    return models["train_flops"].fillna(FLOPS_PER_PARAM_TOKEN * models["params"] * models["train_tokens"])


def dense_params(models: pd.DataFrame) -> pd.Series:
    """Parameters, of a sparse model those at work on a token.

    A model whose stated compute is less than a third of 6 x params x tokens is sparse (mixture of experts): what its
    compute allows counts, ``train_flops / (6 tokens)``.
    """
    at_work = models["train_flops"] / (FLOPS_PER_PARAM_TOKEN * models["train_tokens"])
    return models["params"].mask(at_work < models["params"] / 3.0, at_work)


def _running_maximum(released: pd.Series, size: pd.Series, until: dt.date) -> _Records:
    table = pd.DataFrame({"day": pd.to_datetime(released).map(_day), "size": np.log10(size.astype(float))}).dropna()
    table = table.sort_values(["day", "size"], ascending=[True, False], kind="stable")
    best = table["size"].cummax()
    new = table["size"] > best.shift(fill_value=-np.inf)
    return _Records(table["day"][new].to_numpy(float), table["size"][new].to_numpy(float), _day(until))


def _posterior(records: _Records, prior: Prior, of: str) -> _Posterior:
    """Weights of growth and jump: prior times the likelihood of the records, the level integrated out (flat)."""
    day, size = _distinct(records)
    if len(day) < _FEWEST:
        raise DataError(
            f"the frontier of {of} needs {_FEWEST} records by {dt.date.fromordinal(int(records.until) + _EPOCH)}, "
            f"and the models known by then give {len(day)}: choose a later date"
        )
    growth, jump, log_prior = _grid(prior)
    start = np.r_[day, records.until]
    years = (start - records.until) / _YEAR
    size = size - size[-1]
    behind = size[:, None] - growth * years[:-1, None]
    # exposure: the integral of the hazard of a further record while each one stood, for a level of 0
    watched = np.exp(-size[:, None] / jump + growth * years[1:, None] / jump) * -np.expm1(
        -growth * np.diff(years)[:, None] / jump
    )
    rate = np.exp(-behind[0] / jump) + watched.sum(axis=0)
    later = len(day) - 1
    log_likelihood = later * (np.log(growth) - 2.0 * np.log(jump)) - behind.sum(axis=0) / jump - len(day) * np.log(rate)
    weight = np.exp(log_prior + log_likelihood - (log_prior + log_likelihood).max())
    return _Posterior(growth, jump, weight / weight.sum(), float(len(day)), rate)


def _distinct(records: _Records) -> tuple[np.ndarray, np.ndarray]:
    """Records without those that merely repeat the one before."""
    keep = np.diff(records.size, prepend=-np.inf) > _TIE
    return records.day[keep], records.size[keep]


def _grid(prior: Prior) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    z = np.linspace(-3.5, 3.5, 71)
    one, other = (a.ravel() for a in np.meshgrid(z, z, indexing="ij"))
    growth = prior.growth * np.exp(prior.growth_sd * one)
    jump = prior.jump * np.exp(prior.jump_sd * other)
    return growth, jump, -0.5 * (one**2 + other**2)


_EPOCH = dt.date(1970, 1, 1).toordinal()


def _day(date: dt.date) -> float:
    return float(pd.Timestamp(date).date().toordinal() - _EPOCH)


def _check_of(of: str) -> None:
    if of not in OF:
        raise UsageError(f"the frontier of {of!r} is not modelled: choose one of {', '.join(OF)}")
