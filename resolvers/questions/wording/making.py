"""From a reading to a question: the criterion of its kind, the scope, and the days that count."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import replace
from math import ceil
from typing import Any, Literal

from scale_forecast.resolvers.kinds.all_of import AllOf
from scale_forecast.resolvers.kinds.any_of import AnyOf
from scale_forecast.resolvers.kinds.base import Kind
from scale_forecast.resolvers.kinds.choice import Choice
from scale_forecast.resolvers.kinds.comparison import Comparison
from scale_forecast.resolvers.kinds.count import Count
from scale_forecast.resolvers.kinds.date import Date
from scale_forecast.resolvers.kinds.first_by import FirstBy
from scale_forecast.resolvers.kinds.lead_margin import LeadMargin
from scale_forecast.resolvers.kinds.leading import Of
from scale_forecast.resolvers.kinds.leads import Leads
from scale_forecast.resolvers.kinds.not_ import Not, denial
from scale_forecast.resolvers.kinds.numeric import Numeric
from scale_forecast.resolvers.kinds.release import Release
from scale_forecast.resolvers.kinds.reversal import Reversal
from scale_forecast.resolvers.kinds.size import Size
from scale_forecast.resolvers.kinds.threshold import Threshold
from scale_forecast.resolvers.kinds.u_shape import UShape
from scale_forecast.resolvers.questions.question import Question
from scale_forecast.resolvers.questions.wording.slots import AskBack, Place, Quantity, Reading, Refused, When, Who
from scale_forecast.resolvers.questions.wording.vocabulary import Vocabulary
from scale_forecast.resolvers.terms.scope import Scope

YEARS = 2
"""Years a question without a deadline stays open."""
FAR = 5
"""Years that are looked at where the day itself is asked for."""
Make = Callable[[Place, str], Kind]


def make_question(
    reading: Reading, vocabulary: Vocabulary, *, title: str, opened: dt.date, question_id: str | None = None
) -> Question:
    """The question that a reading asks.

    Raises
    ------
    Refused
        Where there is no kind of question for what was read, or nothing to settle it by.
    UsageError
        For a deadline that is over.
    """
    criterion, scope = _criterion(reading, vocabulary)
    deadline = _deadline(reading)
    if deadline is not None and deadline <= opened:  # it is settled, not foretold
        opened = deadline - dt.timedelta(days=1)
    years = FAR if criterion.answers == "date" else YEARS
    resolve_by = deadline or max(_later(opened, years), *_release_limits(reading))
    fields: dict[str, Any] = {
        "criterion": criterion if deadline is not None else criterion.annul_if_silent(),
        "scope": scope,
        "opened": opened,
        "resolve_by": resolve_by,
        "forecasts": _stated_probability(reading),
    }
    question = Question(id=question_id or "asked", title=title, **fields)
    return question if question_id else question.model_copy(update={"id": _identity(question)})


def _stated_probability(reading: Reading) -> Any:
    """The probability or the odds that the words give."""
    said = reading.get("stated")
    if said is None:
        return ()
    return ({"forecaster": "the words", "odds" if isinstance(said, str) else "probability": said},)


def _deadline(reading: Reading) -> dt.date | None:
    """The last day that counts of a statement, or of its latest part."""
    if reading.parts:
        return max((day for part in reading.parts if (day := _deadline(part)) is not None), default=None)
    when: When | None = reading.get("when")
    return None if when is None else when.last


def _release_limits(reading: Reading) -> list[dt.date]:
    who: Who = reading.get("who", Who())
    return [who.released_until or dt.date.min]


def _later(day: dt.date, years: int) -> dt.date:
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return dt.date(day.year + years, 2, 28)


def _identity(question: Question) -> str:
    """A name from the tasks it is about and a digest of what is asked."""
    tasks = list(dict.fromkeys(leaf.task for leaf in question.criterion.leaves()))
    words = re.sub(r"[^a-z0-9]+", "-", " ".join([question.kind, *tasks[:3]]).lower()).strip("-")[:60].strip("-")
    asked = {k: v for k, v in question.to_dict().items() if k in ("criterion", "scope", "opened", "resolve_by")}
    digest = hashlib.sha256(json.dumps(asked, sort_keys=True, default=str).encode()).hexdigest()[:8]
    return f"{words}-{digest}"


# --- criteria


def _criterion(reading: Reading, vocabulary: Vocabulary) -> tuple[Kind, Scope]:
    """The criterion of a reading, and the scope of the question around it."""
    if reading.parts:
        return _WHOLES[reading.kind](reading, vocabulary)
    if reading.kind in _ALONE:
        return _ALONE[reading.kind](reading, vocabulary)
    if reading.kind == "size_needed":
        raise Refused("kind", "what it takes to reach a level `forecast reach` answers, in the same words")
    if reading.kind not in _MAKERS:
        said = reading.kind.replace("_", " ")
        raise Refused("kind", f"a question of the kind {said!r} is understood, and cannot be priced or settled yet")
    make, scope = _MAKERS[reading.kind](reading, vocabulary)
    criterion = _over_places(reading, make)
    who: Who = reading.get("who", Who())
    if who.first and "when" in reading.slots:
        criterion = FirstBy.model_validate({"event": criterion, "by": reading.get("when").last})
    return criterion, scope


def _deny(reading: Reading, vocabulary: Vocabulary) -> tuple[Kind, Scope]:
    criterion, scope = _criterion(reading.parts[0], vocabulary)
    return denial(criterion), scope


def _parts(reading: Reading, vocabulary: Vocabulary) -> tuple[Kind, ...]:
    """The criteria of several statements; a part with an earlier deadline of its own keeps it."""
    last, parts = _deadline(reading), []
    for part in reading.parts:
        criterion, scope = _criterion(part, vocabulary)
        own = _deadline(part)
        criterion = criterion.within(scope) if scope.model_fields_set else criterion
        early = own is not None and own != last
        parts.append(FirstBy.model_validate({"event": criterion, "by": own}) if early else criterion)
    return tuple(parts)


_WHOLES: dict[str, Callable[[Reading, Vocabulary], tuple[Kind, Scope]]] = {
    "not": _deny,
    "all_of": lambda reading, vocabulary: (AllOf(of=_parts(reading, vocabulary)), Scope()),
    "any_of": lambda reading, vocabulary: (AnyOf(of=_parts(reading, vocabulary)), Scope()),
}
"""How the criterion of a reading with parts is made."""


def _over_places(reading: Reading, make: Make) -> Kind:
    """One criterion, or those of several tests: all, any, or at least so many of them; or that none holds."""
    of = tuple(make(*one) for one in zip(reading.get("places"), reading.get("metrics"), strict=True))
    quantity: Quantity | None = reading.get("quantity")
    joint = reading.get("joint")
    if quantity is None and joint is None:
        return Not(of=of[0]) if reading.negated else of[0]
    if reading.negated and (quantity is not None or joint == "or"):
        raise AskBack("quantity", "'not' with several tests can be read two ways: write 'none of' or 'at least 1 of'")
    if quantity is None:
        return Not(of=AnyOf(of=of)) if reading.negated else (AnyOf if joint == "or" else AllOf)(of=of)
    return _count_criterion(quantity, of)


def _count_criterion(quantity: Quantity, of: tuple[Kind, ...]) -> Kind:
    wanted = quantity.number if quantity.number is not None else (quantity.share or 0.0) * len(of)
    least = int(wanted) + 1 if quantity.side in ("above", "at_most") else ceil(wanted)
    if least > len(of):
        raise AskBack("quantity", f"{least} of {len(of)} tasks cannot be: list more or ask for fewer")
    if least <= 0:
        never = quantity.side in ("below", "at_most")
        raise AskBack(
            "quantity", f"{'fewer than 0' if never else 'at least 0'} of {len(of)} is no question: ask for more"
        )
    if least == len(of) and quantity.share == 1.0:
        return AllOf(of=of)
    criterion: Kind = AnyOf(of=of) if least == 1 and quantity.share is None else Count(of=of, at_least=least)
    return Not(of=criterion) if quantity.side in ("below", "at_most") else criterion


def _measured_fields(place: Place, metric: str) -> dict[str, Any]:
    """Fields of a measured criterion. Without any score on record it waits for a ruling."""
    fields = {"task": place.task, "benchmark": place.benchmark, "metric": metric}
    return fields if place.has_scores else {**fields, "if_nothing": "open"}


def _threshold(reading: Reading, vocabulary: Vocabulary) -> tuple[Make, Scope]:
    level, scope = reading.get("level"), _scope(reading.get("who", Who()))

    def make(place: Place, metric: str) -> Kind:
        return Threshold(**_measured_fields(place, metric), score=level.value, side=level.side, scope=scope)

    return make, _limits(reading)


def _comparison(reading: Reading, vocabulary: Vocabulary) -> tuple[Make, Scope]:
    better, worse = (_scope(reading.get(name)) or Scope() for name in ("who", "against"))
    margin = reading.get("margin")
    if margin is not None and margin.side in ("below", "at_most"):
        raise AskBack("side", f"{margin.text!r} bounds the margin from above: ask whether it is at least so much")
    least = 0.0 if margin is None else (margin.value or 0.0) / (1.0 if margin.unit is None else 100.0)
    beyond = bool(reading.get("beyond_noise", False))

    def make(place: Place, metric: str) -> Kind:
        if place.unit != "share" and least:
            raise AskBack("value", f"points are no difference on {place.name}, which is measured in {place.unit}")
        return Comparison(
            **_measured_fields(place, metric), better=better, worse=worse, margin=round(least, 10), beyond_noise=beyond
        )

    return make, _limits(reading)


def _numeric(reading: Reading, vocabulary: Vocabulary) -> tuple[Make, Scope]:
    scope, statistic = _scope(reading.get("who", Who())), reading.get("statistic")

    def make(place: Place, metric: str) -> Kind:
        fields = {**_measured_fields(place, metric), "if_nothing": "annul" if place.has_scores else "open"}
        return Numeric(**fields, statistic=statistic, scope=scope)

    return make, _limits(reading)


def _date(reading: Reading, vocabulary: Vocabulary) -> tuple[Make, Scope]:
    level, scope = reading.get("level"), _scope(reading.get("who", Who()))

    def make(place: Place, metric: str) -> Kind:
        return Date(
            **{**_measured_fields(place, metric), "if_nothing": "open"}, score=level.value, side=level.side, scope=scope
        )

    return make, _limits(reading)


def _first(reading: Reading) -> dict[str, Any]:
    """The score that is to be reached first, where one is asked for."""
    level = reading.get("level")
    return {} if level is None else {"score": level.value, "side": level.side}


def _choice(reading: Reading, vocabulary: Vocabulary) -> tuple[Make, Scope]:
    scope, fields = _scope(reading.get("who", Who())), _first(reading)
    fields |= {"of": reading.get("of"), "options": reading.get("options", ())}

    def make(place: Place, metric: str) -> Kind:
        return Choice(**{**_measured_fields(place, metric), "if_nothing": "open"}, **fields, scope=scope)

    return make, _limits(reading)


def _leads(reading: Reading, vocabulary: Vocabulary) -> tuple[Make, Scope]:
    who: Who = reading.get("who", Who())
    everybody = replace(who, of="model", first=False, best=False)
    of: Of
    if who.models:
        of, names, others = "model", who.models, replace(everybody, models=())
    elif who.lines:
        of, names, others = "line", who.lines, replace(everybody, lines=())
    elif who.organisations:
        of, names, others = "organisation", who.organisations, replace(everybody, organisations=())
    else:
        raise Refused("who", "who leads is asked of companies, product lines or models that are named")
    rest = _scope(others)

    def make(place: Place, metric: str) -> Kind:
        return Leads(**_measured_fields(place, metric), **_first(reading), of=of, who=names, scope=rest)

    return make, _limits(reading)


def _lead_margin(reading: Reading, vocabulary: Vocabulary) -> tuple[Make, Scope]:
    ahead, behind = (_scope(reading.get(name)) or Scope() for name in ("who", "against"))
    level = reading.get("level")

    def make(place: Place, metric: str) -> Kind:
        fields = _measured_fields(place, metric)
        return LeadMargin(**fields, ahead=ahead, behind=behind, margin=level.value, side=level.side)

    return make, _limits(reading)


def _size(reading: Reading, vocabulary: Vocabulary) -> tuple[Kind, Scope]:
    """The largest public model of all: what somebody in particular trains no table foretells."""
    who: Who = reading.get("who", Who())
    level = reading.get("level")
    if not who.is_anyone:
        raise Refused("who", "sizes are foretold of the largest public model, not of whose it is: ask of any model")
    if level is None:
        return Size(unit=reading.get("unit")), Scope()
    asks: Literal["whether", "date"] = "date" if reading.kind == "size_date" else "whether"
    criterion = Size(unit=level.unit, value=level.value, side=level.side, asks=asks)
    return (denial(criterion) if reading.negated else criterion), Scope()


def _release(reading: Reading, vocabulary: Vocabulary) -> tuple[Kind, Scope]:
    who: Who = reading.get("who", Who())
    names = who.models or who.families or who.lines
    if not names:
        raise Refused("who", "a release is asked of a model that is named: write its name")
    asks: Literal["whether", "date"] = "date" if reading.kind == "release_date" else "whether"
    criterion = Release(model=names, asks=asks)
    return (denial(criterion) if reading.negated else criterion), Scope()


_ALONE: dict[str, Callable[[Reading, Vocabulary], tuple[Kind, Scope]]] = {
    "size": _size,
    "size_number": _size,
    "size_date": _size,
    "release": _release,
    "release_date": _release,
}
"""How a criterion that no benchmark measures is made."""


def _scaling(kind: type[Reversal] | type[UShape]) -> Callable[[Reading, Vocabulary], tuple[Make, Scope]]:
    def prepare(reading: Reading, vocabulary: Vocabulary) -> tuple[Make, Scope]:
        who: Who = reading.get("who", Who())
        fields = _fields(who)
        families = [family for name in who.models if (family := vocabulary.family_of(name)) is not None]
        if families and not who.families:
            fields["family"] = tuple(dict.fromkeys(families))
        return (lambda place, metric: kind(**_measured_fields(place, metric))), _limits(reading, fields)

    return prepare


_MAKERS: dict[str, Callable[[Reading, Vocabulary], tuple[Make, Scope]]] = {
    "threshold": _threshold,
    "first_by": _threshold,
    "comparison": _comparison,
    "numeric": _numeric,
    "date": _date,
    "choice": _choice,
    "first_of": _choice,
    "leads": _leads,
    "first_to": _leads,
    "lead_margin": _lead_margin,
    "reversal": _scaling(Reversal),
    "u_shape": _scaling(UShape),
}
"""How the criterion of each kind of reading is made; what is read and has no maker is refused by name."""


# --- scopes


def _scope(who: Who) -> Scope | None:
    fields = _fields(who)
    return Scope(**fields) if fields else None


def _fields(who: Who) -> dict[str, Any]:
    """The fields of a scope that models in words have."""
    found: dict[str, Any] = {
        "model": who.models,
        "family": who.families,
        "line": who.lines,
        "organisation": who.organisations,
        "weights": who.weights,
        "tuning": who.tuning,
        "min_params": who.min_params,
        "max_params": who.max_params,
        "min_flops": who.min_flops,
        "max_flops": who.max_flops,
        "released_from": who.released_from,
        "released_until": who.released_until,
        "over": "all" if who.every else None,
    }
    return {name: value for name, value in found.items() if value}


def _limits(reading: Reading, who: dict[str, Any] | None = None) -> Scope:
    """The scope of a question: ways of measuring, families, and a span of days alone."""
    fields = dict(who or {})
    if (shots := reading.get("shots")) is not None:
        fields["shots"] = shots
    prompt = reading.get("prompt")
    if prompt == "scale alone":
        fields |= {"tuning": "base", "prompt": "direct"}
    elif prompt is not None:
        fields["prompt"] = prompt
    if (evaluator := reading.get("evaluator")) is not None:
        fields["evaluator"] = evaluator
    if (over := reading.get("families")) is not None:
        fields["over"] = over
    when: When | None = reading.get("when")
    if when is not None and when.how == "in":
        fields["known_from"] = when.first
    return Scope(**fields)
