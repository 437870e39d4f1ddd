"""A price as people read it: in a table, as text, and as HTML for a notebook."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from math import isfinite

import pandas as pd

from scale_forecast.pricing.answers import Answer
from scale_forecast.pricing.price import Price
from scale_forecast.show.sparklines import interval_bar
from scale_forecast.show.terminal import cell

COLUMNS = [
    "question", "title", "status", "as_of", "probability", "low", "high", "base_rate", "odds", "answer",
    "predictor", "note",
]  # fmt: skip


def table(prices: Sequence[Price]) -> pd.DataFrame:
    """One row a price, `COLUMNS`."""
    rows = [
        (
            p.question, p.title, p.status.value, f"{p.as_of}", p.probability, p.low, p.high, p.base_rate, p.odds,
            p.answer.summary if p.answer else "", p.predictor, p.note,
        )
        for p in prices
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=COLUMNS)


def text(price: Price, *, pictures: bool = False) -> str:
    """How old the evidence is, where it is; probability, interval and odds; the way from the base rate; the reasons.

    ``pictures`` adds a bar of the interval, and of each step of the way, for a terminal.
    """
    lines = [*([cell(price.note)] if price.note else []), cell(price.title), f"  {_headline(price)}"]
    if price.answer is not None:
        lines += ["", *_rows(price.answer)]
    elif pictures:
        low, high = (price.low, price.high) if isfinite(price.low) else (price.probability, price.probability)
        lines.append(f"  0 {_bar(price.probability, low, high)} 1")
    if price.moved:
        lines += ["", "  what moved it"]
        for said, value in price.moved:
            bar = f"  {_bar(value, value, value)}" if pictures else ""
            lines.append(f"    {value:6.3f}{bar}  {cell(said)}")
    lines += ["", "  reasons"]
    lines += [f"    - {cell(reason)}" for reason in price.reasons]
    return "\n".join(lines) + "\n"


def _headline(price: Price) -> str:
    """The answer, or the probability with its interval where it has one."""
    if price.answer is not None:
        return cell(price.answer.summary)
    spread = f"80% interval {price.low:.3f} to {price.high:.3f}   " if isfinite(price.low) else ""
    return f"probability {price.probability:.3f}   {spread}odds {price.odds}"


def _rows(answer: Answer) -> list[str]:
    """The distribution, a line a row."""
    name, value = answer.table.columns
    return [f"    {row[value]:>8.4g}  {cell(_label(name, row[name]))}" for row in answer.table.to_dict("records")]


def _label(name: str, value: object) -> str:
    if name == "level":
        return f"with {value:.0%} below"
    return f"by {value}" if name == "by" and str(value)[:1].isdigit() else str(value)


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
        f"<strong>{escape(_headline(price))}</strong>, as of {price.as_of}</p>"
        f"<table><caption>What moved it</caption><tbody>{moved}</tbody></table><ul>{reasons}</ul>"
    )
