"""Our side of a comparison or a submission, from what a person gives: a probability, one per option, or quantiles."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from scale_forecast.data.errors import DataError, UsageError
from scale_forecast.data.names import fold
from scale_forecast.data.numbers import as_numbers
from scale_forecast.data.readers.tables import read_csv
from scale_forecast.data.results import UNIT
from scale_forecast.resolvers.markets.answers import Cdf, answer
from scale_forecast.resolvers.markets.cdf import cdf_of_quantiles
from scale_forecast.resolvers.markets.compare import Purse, compare
from scale_forecast.resolvers.markets.market import CONTINUOUS, Kind, Market
from scale_forecast.resolvers.markets.questions import question_id
from scale_forecast.resolvers.markets.service import Answer, Stake
from scale_forecast.resolvers.markets.services import takes_stakes

PRINTED = {"q05": 0.05, "q10": 0.10, "q25": 0.25, "median": 0.5, "q75": 0.75, "q90": 0.90, "q95": 0.95}
"""Quantile columns of a forecast table, as `forecast predict` prints it."""


@dataclass(frozen=True)
class Quantiles:
    """A predictive distribution by its quantiles, in the market's unit (unix seconds for a date)."""

    levels: tuple[float, ...]
    values: tuple[float, ...]

    def cdf(self) -> Cdf:
        """As a function of an array."""
        return lambda x: cdf_of_quantiles(np.array(self.levels), np.array(self.values), np.asarray(x, dtype=float))

    def times(self, factor: float) -> Quantiles:
        """In another unit: 100 for a market in percent."""
        if not (factor > 0 and math.isfinite(factor)):
            raise UsageError(f"--times {factor:g} is no unit: give a positive factor, such as 100 for percentages")
        return Quantiles(self.levels, tuple(value * factor for value in self.values))


def parse_quantiles(texts: Sequence[str], *, dates: bool = False) -> Quantiles:
    """Quantiles written LEVEL=VALUE; for a date question a value is a date.

    >>> parse_quantiles(["0.5=0.82", "0.1=0.7"])
    Quantiles(levels=(0.1, 0.5), values=(0.7, 0.82))
    """
    pairs = []
    for text in texts:
        level, sign, value = text.partition("=")
        try:
            number = pd.Timestamp(value, tz="UTC").timestamp() if dates else float(value)
            pairs.append((float(level), number))
        except ValueError as error:
            example = "0.5=2027-06-01" if dates else "0.5=0.82"
            raise UsageError(f"--quantile {text!r} is not of the form LEVEL=VALUE, such as {example}") from error
        if not sign:
            raise UsageError(f"--quantile {text!r} is not of the form LEVEL=VALUE, such as 0.5=0.82")
    pairs.sort()
    return Quantiles(tuple(level for level, _ in pairs), tuple(value for _, value in pairs))


def parse_options(texts: Sequence[str], market: Market) -> dict[str, float]:
    """Probabilities written OPTION=P, for a multiple-choice market."""
    given = {}
    for text in texts:
        label, _, value = text.rpartition("=")
        try:
            given[market.option(label).label] = float(value)
        except ValueError as error:
            raise UsageError(f"--option {text!r} is not of the form OPTION=PROBABILITY") from error
    return given


def quantiles_of_table(path: Path, task: str | None) -> Quantiles:
    """Quantiles of one row of a forecast table (`forecast predict --format csv`).

    Raises
    ------
    DataError
        For a file that is no such table, or holds several tasks when none is named.
    """
    table = read_csv(path, "give what 'forecast predict --format csv' wrote")
    known = [name for name in PRINTED if name in table.columns]
    if len(known) < 2 or "task" not in table.columns:
        raise DataError(f"{path} is no forecast table: it needs the columns task, {', '.join(PRINTED)}")
    names = _full_names(table)
    meant = [task is None or _means(task, row, name) for row, name in zip(table["task"], names, strict=True)]
    rows = table[meant]
    if len(rows) != 1:
        near = [name for name, is_meant in zip(names, meant, strict=True) if is_meant] or names
        raise DataError(f"{path} has {len(rows)} rows for --task {task!r}: name one, such as {', '.join(near[:4])}")
    values = as_numbers(rows[known].iloc[0])
    odd = ~np.isfinite(values.to_numpy())
    if odd.any():
        raise DataError(f"{path}: the quantile {values.index[odd][0]} is not a number: write the table again")
    return Quantiles(tuple(PRINTED[name] for name in known), tuple(values.astype(float)))


def _full_names(table: pd.DataFrame) -> list[str]:
    """``benchmark/task/metric/shots/prompt`` of each row, as far as the table says."""
    rows = table[[name for name in UNIT if name in table.columns]].itertuples(index=False)
    return ["/".join(f"{v:g}" if isinstance(v, float) else str(v) for v in row if v == v) for row in rows]


def _means(wanted: str, task: object, name: str) -> bool:
    """Whether a person means this row: by its task, or by its full name as far as given."""
    return fold(wanted) == fold(str(task)) or f"{fold(name)}/".startswith(f"{fold(wanted)}/")


def recorded_answer(
    market: Market, forecasts: pd.DataFrame, forecaster: str, threshold: tuple[str, float] | None, factor: float
) -> Answer:
    """The last forecast that the ledger holds of a market by a forecaster.

    Parameters
    ----------
    forecasts : DataFrame
        As `resolvers.ledger.Ledger.forecasts` gives it.
    """
    own = forecasts[forecasts["forecaster"] == forecaster]
    last = {row["question_id"]: row for row in own.to_dict("records")}
    if market.kind is Kind.MULTIPLE_CHOICE:
        ids = {option.label: question_id(market, option.label) for option in market.options}
        found = {label: float(last[id]["probability"]) for label, id in ids.items() if id in last}
        if len(found) == len(ids):
            return Answer(options=found)
    elif question_id(market) in last:
        row = last[question_id(market)]
        if row["distribution"] is not None and "levels" in row["distribution"]:
            quantiles = Quantiles(tuple(row["distribution"]["levels"]), tuple(row["distribution"]["quantiles"]))
            return answer(market, quantiles.times(factor).cdf(), threshold)
        if row["distribution"] is None:
            return Answer(probability=float(row["probability"]))
    raise DataError(
        f"the ledger holds no forecast of {market.name} by {forecaster!r}: import the market and record one, "
        "or give --probability"
    )


def given_answer(
    market: Market,
    *,
    probability: float | None = None,
    options: Mapping[str, float] | None = None,
    quantiles: Quantiles | None = None,
    threshold: tuple[str, float] | None = None,
) -> Answer:
    """An answer from exactly one of the forms that fit the market."""
    if sum(bool(part) for part in (probability is not None, options, quantiles)) != 1:
        raise UsageError("say what we think in one way: --probability, --option, --quantile, --forecast or --recorded")
    if quantiles is not None:
        return answer(market, quantiles.cdf(), threshold)
    if options:
        if market.kind is not Kind.MULTIPLE_CHOICE:
            raise UsageError(f"{market.name} is {market.kind}: it has no options")
        return Answer(options=options)
    assert probability is not None
    if not 0 <= probability <= 1:
        raise UsageError(f"--probability {probability:g} is outside [0, 1]: a percentage is divided by 100")
    if market.kind is Kind.MULTIPLE_CHOICE:
        raise UsageError(f"{market.name} is multiple choice: give --option OPTION=PROBABILITY for each")
    if market.kind in CONTINUOUS and not takes_stakes(market):
        raise UsageError(f"{market.name} asks for a number: give --quantile LEVEL=VALUE, several times")
    return Answer(probability=probability)


def stake(market: Market, ours: Answer, purse: Purse, amount: float | None = None) -> Stake:
    """The bet that follows from our probability: the better side, up to the price that leaves no edge.

    The limit is our probability rounded to a whole percent towards the market's, so that no share is bought dearer than
    we think it is worth. Of several options the one with the largest gain is taken.

    Raises
    ------
    DataError
        Where no edge is left after rounding.
    """
    row = max(compare(market, ours, purse).to_dict("records"), key=lambda found: found["gain_nats"])
    up = row["side"] == "YES"
    limit = (math.floor if up else math.ceil)(round(row["ours"] * 100, 6)) / 100
    limit = min(max(limit, 0.01), 0.99)
    worth = limit > row["crowd"] if up else limit < row["crowd"]
    if not row["side"] or not worth:
        raise DataError(
            f"ours ({row['ours']:.3g}) and the market ({row['crowd']:.3g}) are within a percent of each other on "
            f"{market.name}: there is nothing to bet on"
        )
    staked = round(float(row["stake"])) if amount is None else amount
    if staked < 1:
        raise DataError(f"the stake on {market.name} comes to less than 1 mana: raise --bankroll or --cap")
    return Stake(str(row["side"]), float(staked), limit, row["option"] or None)
