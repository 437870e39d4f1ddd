"""Proposing how a market should resolve, from what the judge settled, with the evidence in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from scale_forecast.data.errors import DataError
from scale_forecast.resolvers.markets.market import Kind, Market
from scale_forecast.resolvers.markets.questions import question_id


@dataclass(frozen=True)
class Proposal:
    """An outcome in the words of `Market.resolution`, and why."""

    outcome: str
    reason: str


def propose(market: Market, resolutions: pd.DataFrame) -> Proposal:
    """What the ledger's standing resolutions say about a market.

    Parameters
    ----------
    resolutions : DataFrame
        As `resolvers.ledger.Ledger.resolutions` gives it.

    Raises
    ------
    DataError
        Where the judge has not settled the market's question, or not all options that decide it.
    """
    settled = {row["question_id"]: row for row in resolutions.to_dict("records")}
    if market.kind is not Kind.MULTIPLE_CHOICE:
        return _of(settled, question_id(market), market)
    for option in market.options:
        id = question_id(market, option.label)
        if id in settled and settled[id]["status"] == "yes":
            outcome = option.label if market.sums_to_one else f"{option.label}=yes"
            return Proposal(outcome, str(settled[id]["reason"]))
    raise DataError(f"no option of {market.name} has resolved yes in the ledger: give --outcome and --because")


def _of(settled: Mapping[Any, Mapping[Any, Any]], id: str, market: Market) -> Proposal:
    row = settled.get(id)
    if row is None or row["status"] == "open":
        raise DataError(
            f"the ledger holds no resolution of {market.name} ({id}): run 'forecast resolve', "
            "or give --outcome and --because"
        )
    outcome = f"{row['outcome']:.12g}" if row["status"] == "number" else str(row["status"])
    return Proposal(outcome, str(row["reason"]))
