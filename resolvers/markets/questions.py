"""A market as a question of ours, and its crowd's history as forecasts for the ledger.

A multiple-choice market becomes one yes-or-no question per option; a date counts as unix seconds. What settles the
question is a criterion of ours where one is given; else it is left to the market itself (``manual``).
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from pydantic import ValidationError

from scale_forecast.data.errors import DataError
from scale_forecast.resolvers.kinds.manual import Manual
from scale_forecast.resolvers.markets.market import CONTINUOUS, Kind, Market, Quote, Status
from scale_forecast.resolvers.questions.question import Question, Ruling

CROWD = "crowd"
LONGEST_NOTE = 2000


def question_id(market: Market, option: str | None = None) -> str:
    """Our id for a market: its name in small letters; where that loses something, a few digits of its hash.

    >>> from scale_forecast.resolvers.markets.market import Market
    >>> question_id(Market(service="metaculus", id="34519", title="?", kind="binary", status="open"))
    'metaculus-34519'
    """
    name = market.name if option is None else f"{market.name}={option}"
    plain = re.sub(r"[^a-z0-9.]+", "-", name.lower()).strip("-")
    if plain != name.replace(":", "-") or len(plain) > 110:
        plain = f"{plain[:100].rstrip('-')}-{hashlib.sha256(name.encode()).hexdigest()[:6]}"
    return plain


def questions_of(
    market: Market,
    criterion: Any = None,
    *,
    opened: datetime | None = None,
    closes: datetime | None = None,
) -> list[Question]:
    """The questions a market asks.

    Parameters
    ----------
    market : Market
    criterion : mapping or criterion model, optional
        What settles it here, for a market that is one question.
    opened, closes : datetime, optional
        For markets that do not say.

    Raises
    ------
    DataError
        For a market without dates when none are given, or a criterion that does not fit.
    """
    if market.kind is not Kind.MULTIPLE_CHOICE:
        return [_question(market, None, criterion, opened, closes)]
    if criterion is not None:
        raise DataError(
            f"{market.name} is multiple choice: its options are several questions, so no one criterion fits"
        )
    if not market.options:
        raise DataError(f"{market.name} is multiple choice and lists no options: there is nothing to ask yet")
    return [_question(market, option.label, None, opened, closes) for option in market.options]


def _question(
    market: Market, option: str | None, criterion: Any, opened: datetime | None, closes: datetime | None
) -> Question:
    start, end = opened or market.opens or market.created, closes or market.closes or market.resolve_by
    if start is None or end is None:
        missing = "when it opened: give --opened" if start is None else "when it closes: give --closes"
        raise DataError(f"{market.name} does not say {missing}")
    start, end = start.replace(microsecond=0), end.replace(microsecond=0)
    deadline = max(end, (market.resolve_by or end).replace(microsecond=0))
    fields = {
        "id": question_id(market, option),
        "title": market.title if option is None else f"{market.title} — {option}",
        "criterion": criterion or _by_the_market(market),
        "opened": start,
        "closes": end,
        "resolve_by": deadline,
        "ruling": _ruling(market, option),
        "links": tuple(filter(None, [market.name, market.url])),
        "notes": _note(market) or None,
    }
    try:
        question = Question.model_validate(fields)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = ".".join(str(part) for part in first["loc"] if isinstance(part, str)) or "its dates"
        raise DataError(f"{market.name} makes no question, {field}: {first['msg']}: correct it with flags") from error
    if (why := question.criterion.impossible()) is not None:
        raise DataError(f"{market.name} makes no question: {why}")
    return question


def _by_the_market(market: Market) -> Manual:
    return Manual(why=f"settled as {market.service} settles {market.name}", numeric=market.kind in CONTINUOUS)


def _note(market: Market) -> str:
    text = "\n\n".join(filter(None, [market.criteria, market.text])).strip()
    return text if len(text) <= LONGEST_NOTE else text[: LONGEST_NOTE - 1].rstrip() + "…"


def _ruling(market: Market, option: str | None) -> Ruling | None:
    """The market's own settlement; none while open, or outside a range without a number. A share is ambiguous."""
    outcome = _outcome(market, option)
    if market.status is not Status.RESOLVED or outcome is None:
        return None
    on = market.resolved_on or market.closed_on or market.closes
    if on is None:
        return None
    source = market.url or market.name
    if market.resolution == "share":
        at = "of its stakes" if market.settled_at is None else f"of {market.settled_at:g}"
        source += f", which paid a share {at} rather than yes or no"
    return Ruling(outcome=outcome, on=on.replace(microsecond=0), source=source)  # type: ignore[arg-type]


def _outcome(market: Market, option: str | None) -> str | float | None:
    said = market.resolution
    if said in (None, "ambiguous", "annulled"):
        return said
    if said == "share":
        return "ambiguous"
    if option is not None:
        labels = {o.label for o in market.options}
        return ("yes" if said == option else "no") if said in labels else None
    if market.kind is Kind.BINARY:
        return said if said in ("yes", "no") else None
    try:
        if market.kind is Kind.DATE:
            when = datetime.fromisoformat(str(said))
            return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()
        number = float(str(said))
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def definition_row(question: Question) -> dict[str, Any]:
    """A question as the ledger keeps it."""
    return {"question_id": question.id, "definition": question.to_dict()}


def crowd_rows(market: Market, quotes: Iterable[Quote], *, every: str = "daily") -> list[dict[str, Any]]:
    """The crowd's probabilities over time as rows for the ledger, forecaster ``crowd:SERVICE``.

    Parameters
    ----------
    every : {'all', 'daily', 'last'}
        Each change, the last of each day (UTC), or the last alone.
    """
    rows: dict[Any, dict[str, Any]] = {}
    names = {option.id: option.label for option in market.options}
    for quote in sorted(quotes, key=lambda q: q.time):
        option = None if quote.option is None else names.get(quote.option, quote.option)
        if (option is None and market.kind is not Kind.BINARY) or (option is not None and option not in names.values()):
            continue
        id = question_id(market, option)
        key = {"all": (id, quote.time), "daily": (id, quote.time.date()), "last": id}[every]
        rows[key] = {
            "question_id": id,
            "forecaster": f"{CROWD}:{market.service}",
            "probability": quote.probability,
            "made_at": quote.time,
            "details": {"source": market.name},
        }
    return list(rows.values())


def present_rows(market: Market, at: datetime) -> list[dict[str, Any]]:
    """What the crowd says now, for markets whose history is not known."""
    if market.kind is Kind.BINARY and market.probability is not None:
        quotes = [Quote(time=at, probability=market.probability)]
    else:
        quotes = [
            Quote(time=at, probability=option.probability, option=option.label)
            for option in market.options
            if option.probability is not None
        ]
    return crowd_rows(market, quotes, every="all")


def new_rows(rows: Iterable[dict[str, Any]], known: Any) -> list[dict[str, Any]]:
    """Those rows that the ledger's forecasts (a DataFrame) do not hold yet: same question, forecaster and time."""
    held = set(zip(known["question_id"], known["forecaster"], known["made_at"], strict=True))
    return [row for row in rows if (row["question_id"], row["forecaster"], row["made_at"]) not in held]
