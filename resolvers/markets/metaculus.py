"""Metaculus: binary, multiple-choice and continuous questions. Reads, submits and withdraws forecasts.

Facts: Metaculus/metaculus@100c4088f docs/openapi.yml and code. A post holds one question, a group of them or a
conditional pair; forecasts go to the *question's* number, addresses carry the *post's*.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import numpy as np

from scale_forecast.data.errors import DataError
from scale_forecast.resolvers.markets import fields
from scale_forecast.resolvers.markets.journal import Journal, Request
from scale_forecast.resolvers.markets.market import CONTINUOUS, Kind, Market, Option, Quote, Stance, Status, Unsupported
from scale_forecast.resolvers.markets.payload import (
    Payload,
    number,
    require,
    time_of_seconds,
    time_of_text,
    understand,
    unknown_fields,
)
from scale_forecast.resolvers.markets.rules import binary_complaints, cdf_complaints, multiple_choice_complaints
from scale_forecast.resolvers.markets.scale import Scale
from scale_forecast.resolvers.markets.service import Answer, OneSite, Stake, require_allowed
from scale_forecast.resolvers.markets.session import Rate, ServiceError, Site
from scale_forecast.resolvers.markets.writes import Receipt, Trace, send_once

SITE = Site(
    "Metaculus",
    "https://www.metaculus.com/api",
    scheme="Token",
    variable="METACULUS_TOKEN",
    reads=Rate(8, 10.0),
    writes=Rate(20, 10.0),
)
PAGE = 100
CROWD = "recency_weighted"
STATES = {"upcoming": Status.UPCOMING, "open": Status.OPEN, "closed": Status.CLOSED, "resolved": Status.RESOLVED}
SAME = 1e-6
"""Two probabilities this near are one forecast."""


def is_post(payload: object) -> bool:
    """Whether a JSON object looks like a post."""
    if not isinstance(payload, Mapping):
        return False
    held = (payload.get(name) for name in ("question", "group_of_questions", "conditional"))
    return "curation_status" in payload or any(isinstance(part, Mapping) for part in held)


def is_question(payload: object) -> bool:
    """Whether a JSON object looks like a question taken out of its post."""
    return isinstance(payload, Mapping) and {"type", "scheduled_close_time", "aggregations"} <= set(payload)


@understand("Metaculus")
def markets_of(post: Payload) -> list[Market]:
    """Every question of a post: one, those of a group, or both branches of a conditional.

    Raises
    ------
    Unsupported
        For notebooks and other posts that ask nothing, and for question types unknown to us.
    """
    id = str(require(post, "id", "this Metaculus post"))
    if isinstance(post.get("question"), Mapping):
        return [market_of(post["question"], id, post)]
    group, conditional = post.get("group_of_questions"), post.get("conditional")
    if isinstance(group, Mapping):
        questions = group.get("questions") or []
    elif isinstance(conditional, Mapping):
        questions = [conditional[branch] for branch in ("question_yes", "question_no") if conditional.get(branch)]
    else:
        questions = []
    if not questions:
        raise Unsupported(f"metaculus:{id} is a post without a question, such as a notebook: it asks nothing")
    return [market_of(question, f"{id}/{question.get('id')}", post) for question in questions]


@understand("Metaculus")
def market_of(question: Payload, id: str, post: Payload | None = None) -> Market:
    """Parse one question; ``id`` is the post's, or ``post/question`` in a group."""
    what = f"metaculus:{id}"
    type_ = str(require(question, "type", what))
    if type_ not in set(Kind):
        raise Unsupported(f"{what} is of type {type_}, which this version does not know")
    kind = Kind(type_)
    scale = _scale(question) if kind in CONTINUOUS else None
    resolution = question.get("resolution")
    return Market(
        service="metaculus",
        id=id,
        question_id=str(require(question, "id", what)),
        title=str(require(question, "title", what)),
        kind=kind,
        status=STATES.get(str(question.get("status") or (post or {}).get("status")), Status.CLOSED),
        url=f"https://www.metaculus.com/questions/{id.split('/')[0]}/",
        text=question.get("description") or "",
        criteria="\n\n".join(filter(None, [question.get("resolution_criteria"), question.get("fine_print")])),
        created=time_of_text(question.get("created_at"), "created_at"),
        opens=time_of_text(question.get("open_time"), "open_time"),
        closes=time_of_text(question.get("scheduled_close_time"), "scheduled_close_time"),
        closed_on=time_of_text(question.get("actual_close_time"), "actual_close_time"),
        resolve_by=time_of_text(question.get("scheduled_resolve_time"), "scheduled_resolve_time"),
        resolved_on=time_of_text(question.get("actual_resolve_time"), "actual_resolve_time"),
        scale=scale,
        unit=question.get("unit") or "",
        forecasters=(post or {}).get("nr_forecasters"),
        resolution=None if resolution in (None, "") else str(resolution),
        mine=_stances(question.get("my_forecasts") or {}),
        scores=_scores(question.get("my_forecasts") or {}),
        unknown=unknown_fields(question, fields.METACULUS_QUESTION),
        **_crowd(question, kind, scale),
    )


def _scale(question: Payload) -> Scale:
    scaling = question.get("scaling") or {}
    what = f"Metaculus question {question.get('id')}"
    return Scale(
        float(require(scaling, "range_min", what)),
        float(require(scaling, "range_max", what)),
        number(scaling.get("zero_point"), "zero_point"),
        bool(question.get("open_lower_bound")),
        bool(question.get("open_upper_bound")),
        int(question.get("inbound_outcome_count") or scaling.get("inbound_outcome_count") or 200),
    )


def _crowd(question: Payload, kind: Kind, scale: Scale | None) -> dict[str, Any]:
    aggregation = (question.get("aggregations") or {}).get(CROWD) or {}
    latest, history = aggregation.get("latest") or {}, aggregation.get("history") or []
    values, centres = latest.get("forecast_values"), latest.get("centers")
    if kind is Kind.BINARY:
        crowd = values[1] if values and len(values) == 2 else (centres[0] if centres else None)
        return {"probability": number(crowd, "forecast_values"), "history": _quotes(history, [None])}
    if kind is Kind.MULTIPLE_CHOICE:
        labels = [str(label) for label in question.get("options") or []]
        ever = [str(label) for label in question.get("all_options_ever") or labels]
        named = dict(zip(ever if values and len(values) == len(ever) else labels, values or (), strict=False))
        options = [Option(id=label, label=label, probability=named.get(label)) for label in labels]
        return {"options": tuple(options), "history": _quotes(history, labels)}
    assert scale is not None
    middle = number(centres[0], "centers") if centres else None
    median = None if middle is None else float(scale.from_unit(middle))
    whole = values if values and len(values) == scale.count + 1 else None
    return {"median": median, "cdf": whole and tuple(whole)}


def _quotes(history: list[Any], labels: list[str] | list[None]) -> tuple[Quote, ...]:
    """Medians over time; entries made before the list of options changed are left out."""
    quotes = []
    for entry in history:
        time, centres = time_of_seconds(entry.get("start_time"), "start_time"), entry.get("centers")
        if time is None or not centres or len(centres) != len(labels):
            continue
        quotes += [
            Quote(time=time, probability=p, option=label)
            for label, p in zip(labels, centres, strict=True)
            if p is not None
        ]
    return tuple(quotes)


def _stances(mine: Payload) -> tuple[Stance, ...]:
    """Own forecasts; the history of newer answers leaves the values to the latest entry."""
    latest = mine.get("latest") or {}
    stances = []
    for entry in mine.get("history") or []:
        same = entry.get("start_time") == latest.get("start_time")
        values = entry.get("forecast_values") or (latest.get("forecast_values") if same else None) or ()
        start = time_of_seconds(entry.get("start_time"), "start_time")
        if start is not None:
            end = time_of_seconds(entry.get("end_time"), "end_time")
            stances.append(Stance(start=start, end=end, values=tuple(0.0 if v is None else v for v in values)))
    return tuple(stances)


def _scores(mine: Payload) -> dict[str, float]:
    return {name: float(value) for name, value in (mine.get("score_data") or {}).items() if value is not None}


def forecast_request(market: Market, answer: Answer | Stake) -> Request:
    """A forecast, checked by the server's rules; the body is a list, as the server wants it."""
    if not isinstance(answer, Answer):
        raise DataError(f"{market.name} takes forecasts, not stakes")
    if market.status is not Status.OPEN:
        raise DataError(f"{market.name} is {market.status}: it takes no forecasts")
    if market.kind is Kind.BINARY:
        p = _require_value(answer.probability, market, "a probability")
        require_allowed(binary_complaints(p), market)
        forecast: dict[str, Any] = {"probability_yes": p}
    elif market.kind is Kind.MULTIPLE_CHOICE:
        each = dict(_require_value(answer.options, market, "one probability per option"))
        require_allowed(multiple_choice_complaints(each, [option.label for option in market.options]), market)
        forecast = {"probability_yes_per_category": each}
    else:
        assert market.scale is not None
        cdf = [float(p) for p in _require_value(answer.cdf, market, "a CDF")]
        scale = market.scale
        require_allowed(cdf_complaints(cdf, scale.count, scale.open_lower, scale.open_upper), market)
        forecast = {"continuous_cdf": cdf}
    body = [{"question": int(market.question_id or market.id), **forecast}]
    return Request("metaculus", market.id, "questions/forecast/", body, market.url)


def withdrawal_request(market: Market) -> Request:
    """Withdraw the forecast that stands."""
    body = [{"question": int(market.question_id or market.id)}]
    return Request("metaculus", market.id, "questions/withdraw/", body, market.url)


class Metaculus(OneSite):
    """Client of Metaculus' API."""

    name = "metaculus"
    site = SITE
    hosts: tuple[str, ...] = ("metaculus.com",)
    example = ("https://www.metaculus.com/questions/11480/taiwan/?sub-question=10880", "11480/10880")
    takes_stakes = False

    @staticmethod
    def id_in(steps: list[str], query: Mapping[str, list[str]]) -> str:
        number = next((step for step in steps if re.fullmatch(r"\d+", step)), "")
        part = query.get("sub-question", [""])[0]
        return f"{number}/{part}" if number and part.isdigit() else number

    @staticmethod
    def markets_in(payload: Payload) -> list[Market] | None:
        if is_question(payload):
            return [market_of(payload, str(payload.get("post_id") or payload.get("id")))]
        return markets_of(payload) if is_post(payload) else None

    @understand("Metaculus")
    def get(self, id: str) -> Market:
        """By the post's number, or ``post/question`` in a group."""
        post, _, question = id.partition("/")
        markets = markets_of(self.session.get(f"posts/{post}/"))
        if any(market.id.partition("/")[0] != post for market in markets):
            raise ServiceError(f"Metaculus was asked for post {post} and answered with another: try again later")
        if question:
            markets = [market for market in markets if market.question_id == question]
        if len(markets) != 1:
            ids = ", ".join(f"metaculus:{market.id}" for market in markets) or "none"
            raise DataError(f"metaculus:{id} names {len(markets)} questions: choose one of {ids}")
        return markets[0]

    @understand("Metaculus")
    def search(self, text: str, limit: int) -> list[Market]:
        found = self.session.get("posts/", search=text, statuses="open", limit=min(limit, PAGE), with_cp="true")
        markets: list[Market] = []
        for post in found.get("results", []):
            try:
                markets += markets_of(post)
            except Unsupported:
                continue
        return markets[:limit]

    @understand("Metaculus")
    def history(self, market: Market) -> list[Quote]:
        """As the post holds it; only part of the questions show it to a given token."""
        return list(market.history or self.get(market.id).history)

    @staticmethod
    def prepare(market: Market, answer: Any) -> Request:
        """As `forecast_request`."""
        return forecast_request(market, answer)

    def submit(self, request: Request, journal: Journal, *, again: bool = False) -> Receipt:
        """Send a prepared forecast once; when the answer is lost, look at the forecast that stands."""

        def look() -> list[Trace]:
            mine = self.get(request.market).mine
            standing = mine[-1] if mine and _stands(mine[-1], self.session.clock.now()) else None
            if standing is None or not _is_forecast(standing.values, request.body[0]):
                return []
            return [Trace(standing.start.isoformat(), None)]

        return send_once(self.session, request, journal, look, _check_created, again=again)

    @staticmethod
    def prepare_withdrawal(market: Market) -> Request:
        """As `withdrawal_request`."""
        return withdrawal_request(market)

    def withdraw(self, request: Request, journal: Journal, *, again: bool = False) -> Receipt:
        """Send a prepared withdrawal once."""

        def look() -> list[Trace]:
            mine = self.get(request.market).mine
            return [] if mine and _stands(mine[-1], self.session.clock.now()) else [Trace("withdrawn", None)]

        return send_once(self.session, request, journal, look, _check_created, again=again)


def _require_value(value: Any, market: Market, what: str) -> Any:
    if value is None:
        raise DataError(f"{market.name} is {market.kind}: it takes {what}")
    return value


def _check_created(answer: object) -> str | None:
    """The server answers a forecast with an empty object."""
    return "created" if isinstance(answer, dict | list) else None


def _stands(stance: Stance, now: datetime) -> bool:
    return stance.end is None or stance.end > now


def _is_forecast(values: tuple[float, ...], forecast: Payload) -> bool:
    """Whether the values the server shows are those of a request."""
    if "probability_yes" in forecast:
        sent = [1.0 - forecast["probability_yes"], forecast["probability_yes"]]
    elif "probability_yes_per_category" in forecast:
        sent = list(forecast["probability_yes_per_category"].values())
    else:
        sent = forecast["continuous_cdf"]
    return len(values) == len(sent) and bool(np.allclose(values, sent, rtol=0, atol=SAME))
