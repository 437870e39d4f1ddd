"""Ours against theirs: the edge, what to stake on it, and what our distribution expects to gain in log score.

Log scores are in nats, minus ln p, so lower is better; 1 nat is a factor e in probability. The expectation is under our
own probability, so ours is never worse: the difference is what the crowd would lose if we are right.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd
from scipy.optimize import minimize_scalar

from scale_forecast.data.errors import DataError
from scale_forecast.resolvers.markets.cpmm import Pool
from scale_forecast.resolvers.markets.market import CONTINUOUS, Kind, Market
from scale_forecast.resolvers.markets.service import Answer
from scale_forecast.resolvers.scores.odds import edge, kelly_fraction

COLUMNS = [
    "market",
    "option",
    "ours",
    "crowd",
    "edge",
    "side",
    "kelly",
    "stake",
    "price_after",
    "expected_log_ours",
    "expected_log_crowd",
    "gain_nats",
]


@dataclass(frozen=True)
class Purse:
    """What there is to stake: a bankroll, and the largest share of it that one market may take."""

    bankroll: float = 1000.0
    cap: float = 0.05

    def __post_init__(self) -> None:
        if not (self.bankroll > 0 and np.isfinite(self.bankroll)):
            raise DataError(f"a bankroll of {self.bankroll:g} stakes nothing: give a positive amount")
        if not 0 < self.cap <= 1:
            raise DataError(f"a cap of {self.cap:g} is no share of the bankroll: give a number above 0 and up to 1")


@dataclass(frozen=True)
class Row:
    """One probability of ours beside the crowd's."""

    market: str
    option: str | None
    ours: float
    crowd: float
    edge: float
    side: str
    kelly: float
    stake: float
    price_after: float | None
    expected_log_ours: float
    expected_log_crowd: float
    gain_nats: float


def compare(market: Market, ours: Answer, purse: Purse | None = None) -> pd.DataFrame:
    """Our answer beside the crowd's.

    Returns
    -------
    DataFrame with `COLUMNS`: one row, or one per option. For continuous questions ``ours`` and ``crowd`` are medians in
    the question's unit and the log scores those of the grid's buckets; nothing is staked. A market pays on one option,
    so each option's stake supposes that it is the only one taken.

    Raises
    ------
    DataError
        Where the crowd's forecast is hidden.
    """
    if market.kind in CONTINUOUS and ours.cdf is not None:
        return pd.DataFrame([asdict(_continuous(market, np.asarray(ours.cdf)))], columns=COLUMNS)
    purse = purse or Purse()
    if market.kind is Kind.MULTIPLE_CHOICE:
        said = ours.options or {}
        pairs = [(option.label, said.get(option.label), option.probability) for option in market.options]
    else:
        pairs = [("", ours.probability, market.probability)]
    pool = Pool(*market.pool) if market.pool else None
    rows = [
        _binary(market.name, label or None, p, crowd, pool, purse)
        for label, p, crowd in pairs
        if p is not None and crowd is not None
    ]
    if not rows:
        raise DataError(f"{market.name} shows no crowd forecast: there is nothing to compare with")
    return pd.DataFrame([asdict(row) for row in rows], columns=COLUMNS)


def readable(table: pd.DataFrame, market: Market) -> pd.DataFrame:
    """A comparison as people read it: dates as dates, and without the columns that say nothing here."""
    if market.cdf is not None:
        table = table[["market", "ours", "crowd", "expected_log_ours", "expected_log_crowd", "gain_nats"]]
    if market.kind is Kind.DATE:
        days = {name: pd.to_datetime(table[name], unit="s").dt.strftime("%Y-%m-%d") for name in ("ours", "crowd")}
        table = table.assign(**days)
    return table.dropna(axis=1, how="all")


def _binary(name: str, option: str | None, p: float, crowd: float, pool: Pool | None, purse: Purse) -> Row:
    side = "YES" if p > crowd else "NO" if p < crowd else ""
    kelly = abs(float(kelly_fraction(p, crowd))) if 0 < crowd < 1 else 0.0
    stake = min(kelly, purse.cap) * purse.bankroll if side else 0.0
    after = None
    if pool is not None and side:
        stake = min(stake, best_stake(pool, p, side, purse.bankroll))
        after = pool.after(stake, side).probability
    ours, theirs = _expected_log(p, p), _expected_log(p, crowd)
    return Row(
        name, option, p, crowd, float(edge(p, crowd)), side, kelly, stake, after, ours, theirs, _less(theirs, ours)
    )


def _expected_log(p: float, said: float) -> float:
    """Minus the expected log of what was said, if yes has probability p."""
    terms = [(p, said), (1.0 - p, 1.0 - said)]
    with np.errstate(divide="ignore"):
        return float(-sum(weight * np.log(q) for weight, q in terms if weight > 0))


def _less(one: float, other: float) -> float:
    return one - other if np.isfinite(one) else one


def best_stake(pool: Pool, p: float, side: str, bankroll: float) -> float:
    """The amount that maximises expected log wealth when buying moves the price, before fees.

    >>> round(best_stake(Pool(100.0, 100.0), 0.5, "YES", 1000.0), 6)
    0.0
    """
    win = p if side == "YES" else 1.0 - p

    def loss(stake: float) -> float:
        kept = bankroll - stake
        return -(win * np.log(kept + pool.shares(stake, side)) + (1.0 - win) * np.log(kept))

    found = minimize_scalar(loss, bounds=(0.0, bankroll * (1 - 1e-9)), method="bounded", options={"xatol": 1e-6})
    return float(found.x) if loss(float(found.x)) < loss(0.0) - 1e-12 else 0.0


def _continuous(market: Market, ours: np.ndarray) -> Row:
    if market.cdf is None or market.scale is None:
        raise DataError(f"{market.name} shows no crowd forecast: there is nothing to compare with")
    crowd = np.asarray(market.cdf)
    p, q = _masses(ours), _masses(crowd)
    held = p > 0
    with np.errstate(divide="ignore"):
        own = float(-(p[held] * np.log(p[held])).sum())
        theirs = float(-(p[held] * np.log(np.maximum(q[held], 0.0))).sum())
    here, there = median(ours, market), median(crowd, market)
    return Row(market.name, None, here, there, here - there, "", 0.0, 0.0, None, own, theirs, _less(theirs, own))


def _masses(cdf: np.ndarray) -> np.ndarray:
    return np.diff(np.concatenate([[0.0], cdf, [1.0]]))


def median(cdf: np.ndarray, market: Market) -> float:
    """Median of a CDF on a market's grid, in its unit; the nearer end of the range where it lies beyond."""
    assert market.scale is not None
    u = np.interp(0.5, cdf, np.linspace(0.0, 1.0, len(cdf)))
    return float(market.scale.from_unit(u))
