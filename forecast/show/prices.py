"""A price as people read it: in a table, as text, and as HTML for a notebook."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import pandas as pd

from scale_forecast.pricing.price import Price
from scale_forecast.show.sparklines import interval_bar
from scale_forecast.show.terminal import cell

COLUMNS = [
    "question", "title", "status", "as_of", "probability", "low", "high", "base_rate", "odds", "predictor",
    "note",
]  # fmt: skip


def table(prices: Sequence[Price]) -> pd.DataFrame:
    """One row a price, `COLUMNS`."""
    rows = [
        (
            p.question, p.title, p.status.value, f"{p.as_of}", p.probability, p.low, p.high, p.base_rate, p.odds,
            p.predictor, p.note,
        )
        for p in prices
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=COLUMNS)


def text(price: Price, *, pictures: bool = False) -> str:
    """How old the evidence is, where it is; probability, interval and odds; the way from the base rate; the reasons.

    ``pictures`` adds a bar of the interval, and of each step of the way, for a terminal.
    """
    lines = [
        *([cell(price.note)] if price.note else []),
        cell(price.title),
        f"  probability {price.probability:.3f}   80% interval {price.low:.3f} to {price.high:.3f}   odds {price.odds}",
    ]
    if pictures:
        lines.append(f"  0 {_bar(price.probability, price.low, price.high)} 1")
    if price.moved:
        lines += ["", "  what moved it"]
        for said, value in price.moved:
            bar = f"  {_bar(value, value, value)}" if pictures else ""
            lines.append(f"    {value:6.3f}{bar}  {cell(said)}")
    lines += ["", "  reasons"]
    lines += [f"    - {cell(reason)}" for reason in price.reasons]
    return "\n".join(lines) + "\n"


def _bar(probability: float, low: float, high: float) -> str:
    return interval_bar(low, probability, probability, probability, high, width=24)


def price_html(price: Price) -> str:
    """The same for a notebook."""
    moved = "".join(
        f"<tr><td>{escape(cell(said))}</td><td>{value:.3f}</td><td><code>{_bar(value, value, value)}</code></td></tr>"
        for said, value in price.moved
    )
    reasons = "".join(f"<li>{escape(cell(reason))}</li>" for reason in price.reasons)
    note = f"<p>{escape(cell(price.note))}</p>" if price.note else ""
    return (
        f"{note}<p><strong>{escape(cell(price.title))}</strong><br>"
        f"probability <strong>{price.probability:.3f}</strong>, 80% interval {price.low:.3f} to {price.high:.3f}, "
        f"odds {escape(price.odds)}, as of {price.as_of}</p>"
        f"<table><caption>What moved it</caption><tbody>{moved}</tbody></table><ul>{reasons}</ul>"
    )
