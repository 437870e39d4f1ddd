"""A price as people read it."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from forecast.pricing.price import Price

COLUMNS = [
    "question", "title", "status", "as_of", "probability", "low", "high", "base_rate", "odds", "predictor",
]  # fmt: skip


def table(prices: Sequence[Price]) -> pd.DataFrame:
    """One row a price, `COLUMNS`."""
    rows = [
        (
            p.question, p.title, p.status.value, f"{p.as_of}", p.probability, p.low, p.high, p.base_rate, p.odds,
            p.predictor,
        )
        for p in prices
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=COLUMNS)


def text(price: Price) -> str:
    """Probability, interval and odds; the way from the base rate; the reasons."""
    lines = [
        price.title,
        f"  probability {price.probability:.3f}   80% interval {price.low:.3f} to {price.high:.3f}   odds {price.odds}",
    ]
    if price.moved:
        lines += ["", "  what moved it"]
        lines += [f"    {value:6.3f}  {said}" for said, value in price.moved]
    lines += ["", "  reasons"]
    lines += [f"    - {reason}" for reason in price.reasons]
    return "\n".join(lines) + "\n"
