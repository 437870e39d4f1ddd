"""Answers that are no probability: a number, a day or an option, as a distribution read off joint draws."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from scale_forecast.resolvers.judge.futures import NOBODY, OTHER

LEVELS = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)
_SAID = (0.1, 0.5, 0.9)
RAREST = 0.005
"""Options of less than this are told together as ``other``."""
NEVER = "not within the range looked at"


@dataclass(frozen=True)
class Answer:
    """A distribution in a table, and in one sentence.

    Attributes
    ----------
    of : "number", "date" or "option"
    summary : str
    table : DataFrame
        Of a number ``level, value``; of a day ``by, probability``, the last row for never; of an option ``option,
        probability``, which sum to 1.
    """

    of: str
    summary: str
    table: pd.DataFrame

    @property
    def distribution(self) -> dict[str, Any] | None:
        """As the ledger holds it: quantiles of a number, P by each day, P of each option; None where there is none."""
        if self.table.empty:
            return None
        if self.of == "number":
            return {"levels": self.table["level"].tolist(), "quantiles": self.table["value"].tolist()}
        shares = self.table["probability"].tolist()
        if self.of == "date":  # its last row is never
            return {"by": self.table["by"].tolist()[:-1], "probability": shares[:-1]}
        return {"options": dict(zip(self.table["option"], shares, strict=True))}


def number(values: np.ndarray) -> Answer:
    """Quantiles of a number; draws without one are left out and said."""
    known = values[np.isfinite(values)]
    if not len(known):
        return Answer("number", "no score within the range looked at", pd.DataFrame({"level": [], "value": []}))
    table = pd.DataFrame({"level": LEVELS, "value": np.quantile(known, LEVELS)})
    low, mid, high = (table["value"].iloc[i] for i in (1, 3, 5))
    lacking = 1.0 - len(known) / len(values)
    rest = f"; with probability {lacking:.2f} there is none" if lacking else ""
    return Answer("number", f"median {mid:.4g} (80%: {low:.4g} to {high:.4g}){rest}", table)


def number_from(scores: np.ndarray, above: np.ndarray) -> Answer:
    """Quantiles of a number that reaches each of some rising scores with a probability, by lines between them."""
    table = pd.DataFrame({"level": LEVELS, "value": np.interp(LEVELS, 1.0 - above, scores)})
    low, mid, high = (table["value"].iloc[i] for i in (1, 3, 5))
    return Answer("number", f"median {mid:.4g} (80%: {low:.4g} to {high:.4g})", table)


def day_from(ends: list[dt.date], shares: np.ndarray) -> Answer:
    """P by each of some days, and of never; the first of the days by which each share has it."""
    never = max(1.0 - float(shares[-1]), 0.0)
    table = pd.DataFrame(
        {"by": [*(f"{end}" for end in ends), f"{NEVER} ({ends[-1]})"], "probability": [*map(float, shares), never]}
    )
    found = [(level, next((end for end, p in zip(ends, shares, strict=True) if p >= level), None)) for level in _SAID]
    said = [f"{level:.0%} by {when}" for level, when in found if when is not None]
    return Answer("date", ", ".join([*said, f"{never:.2f} {NEVER} ({ends[-1]})"]), table)


def day(values: np.ndarray, start: dt.date, until: dt.date) -> Answer:
    """P by the end of each quarter until a day, and of never; the median day where there is one."""
    reached = values[~np.isnat(values)]
    ends = [end.date() for end in pd.date_range(start, until, freq="QE") if end.date() < until] + [until]
    table = day_from(ends, np.array([float((reached <= np.datetime64(end)).sum()) / len(values) for end in ends])).table
    never = float(table["probability"].iloc[-1])
    quantiles = [_quantile(values, level) for level in _SAID]
    said = [f"{level:.0%} by {when}" for level, when in zip(_SAID, quantiles, strict=True) if when]
    return Answer("date", ", ".join([*said, f"{never:.2f} {NEVER} ({until})"]), table)


def option(values: np.ndarray) -> Answer:
    """P of each option, the likeliest first, nobody and rare ones as `OTHER`; they sum to 1."""
    names, counts = np.unique(values.astype(str), return_counts=True)
    shares: dict[str, float] = {}
    for name, share in zip(names, counts / len(values), strict=True):
        kept = str(name) if share >= RAREST and name != NOBODY else OTHER
        shares[kept] = shares.get(kept, 0.0) + float(share)
    ordered = sorted(shares.items(), key=lambda one: (one[0] == OTHER, -one[1], one[0]))
    table = pd.DataFrame(ordered, columns=["option", "probability"])
    return Answer("option", ", ".join(f"{name} {share:.2f}" for name, share in ordered[:3]), table)


def _quantile(values: np.ndarray, level: float) -> str | None:
    """The day by which that share of draws has it; None where it is later than what is looked at."""
    ordered = np.sort(values)  # those of no day come last
    found = ordered[min(int(np.ceil(level * len(values))), len(values)) - 1]
    return None if np.isnat(found) else str(found.astype("datetime64[D]"))
