"""What each form of statement means: the slots that its phrases fill, and which of them have to be asked back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from scale_forecast.resolvers.questions.wording.limits import Limits
from scale_forecast.resolvers.questions.wording.parts import (
    LOW,
    Parts,
    level_of,
    places_of,
    shared_limits,
    slot,
    when_of,
    who_of,
)
from scale_forecast.resolvers.questions.wording.phrases import Context, Phrase
from scale_forecast.resolvers.questions.wording.slots import OTHER_SIDE, AskBack, Level, Reading, Refused, Slot, Who

# --- a level on a test


def _threshold(parts: Parts, limits: Limits, context: Context) -> Reading:
    who, slots = who_of(parts, limits)
    return _reaches(parts, limits, context, who, slots)


def _releases_model(parts: Parts, limits: Limits, context: Context) -> Reading:
    """ "OpenAI releases a model that scores ...": a model of that organisation."""
    maker = parts.all("WHO")[0]
    who, _ = who_of(parts, limits, 1)
    if not maker.value.organisations or maker.value.models or maker.value.lines:
        raise AskBack("model", f"{maker.text!r} is no company that is known: say whose model", words=maker.text)
    if who.best:
        raise AskBack("kind", f"{context.text[:80]!r} asks for the best model: ask who leads")
    who = replace(who, organisations=maker.value.organisations, group=maker.value.group)
    return _reaches(parts, limits, context, who, {"who": slot(who, *parts.all("WHO"))})


def _reaches(parts: Parts, limits: Limits, context: Context, who: Who, slots: dict[str, Slot]) -> Reading:
    places = places_of(parts, limits, context)
    level, notes = level_of(parts, places, context)
    phrase = parts.one("LEVEL")
    assert phrase is not None
    stays, negated = parts.has("STAY"), parts.is_denied
    named = parts.one("WHO")
    lower = context.vocabulary.is_lower_better(places["metrics"].value[0])
    is_low = (str(level.side) in LOW) != lower
    if stays or (is_low and _is_record(parts, who)):
        level, negated = _record_stays(level, parts, is_low, negated)
    elif is_low and named is None:
        sentence = f"{phrase.text!r} may be of any model or of the best one: write 'any model' or 'the best model'"
        raise AskBack("who", sentence, words=phrase.text)
    if who.every and (named is None or not _means_families(named)):
        said = named.text if named else ""
        raise AskBack(
            "model", f"{said!r} means all models, of which some are never measured: write 'every family'", words=said
        )
    if negated and not stays and named is not None and (who.is_anyone or who.every) and not _is_record(parts, who):
        said = named.text
        raise AskBack(
            "who", f"'not' after {said!r} can be read two ways: write 'no model ...', or say the other side", words=said
        )
    if who.first and not who.is_anyone:
        raise AskBack(
            "kind", f"{context.text[:80]!r} mixes the first with a name: ask whether that model does", words="first"
        )
    found = {**slots, **places, "level": slot(level, phrase), **shared_limits(limits), **when_of(limits, stays=stays)}
    kind = "first_by" if who.first and "when" in found else "threshold"
    return Reading(kind, found, negated=negated != who.nobody, notes=tuple(notes))


def _is_record(parts: Parts, who: Who) -> bool:
    """Whether the best score of all is spoken of, rather than that of some model."""
    return who.best or parts.has("BEST")


def _means_families(named: Phrase) -> bool:
    return "famil" in named.text.casefold() or bool(named.value.families) or named.value.of == "line"


def _record_stays(level: Level, parts: Parts, is_low: bool, negated: bool) -> tuple[Level, bool]:
    """ "Stays below 80%" is that nothing reaches it."""
    if not is_low:
        raise AskBack(
            "kind", "'stay' with 'above' asks for every day until then: ask whether it is above on a day", words="stay"
        )
    return replace(level, side=OTHER_SIDE[level.side or "below"]), not negated


# --- one side against another


def _two(parts: Parts, limits: Limits, context: Context) -> tuple[Phrase, Phrase]:
    one, other = parts.all("WHO")[:2]
    for phrase in (one, other):
        if phrase.value.is_anyone or phrase.value.every or phrase.value.nobody:
            sentence = f"{phrase.text!r} may mean some or every model: name the one, or the family, that is meant"
            if phrase.value.every:
                sentence = f"{phrase.text!r} compares with every family: name two models or families"
            raise AskBack("model", sentence, words=phrase.text)
    if one.value == other.value:
        raise AskBack(
            "model", f"{one.text!r} compares {other.text} with itself: name another model or family", words=other.text
        )
    return one, other


def _comparison(
    parts: Parts, limits: Limits, context: Context, better: Phrase, worse: Phrase, *, beyond_noise: bool = False
) -> Reading:
    found = {
        "who": slot(better.value, better),
        "against": slot(worse.value, worse),
        **places_of(parts, limits, context),
        **shared_limits(limits),
        **when_of(limits),
    }
    if "margin" in limits.slots:
        found["margin"] = limits.slots["margin"]
    if limits.clearly or beyond_noise:
        found["beyond_noise"] = slot(True)
    return Reading("comparison", found, negated=parts.is_denied)


def _beats(parts: Parts, limits: Limits, context: Context) -> Reading:
    one, other = _two(parts, limits, context)
    side = parts.one("SIDE")
    turned = parts.has("WORSE") or (side is not None and side.value in LOW)
    if side is not None and side.value in ("at_least", "at_most"):
        raise AskBack("side", f"{side.text!r} leaves a tie open: write 'above' or 'beats'", words=side.text)
    return _comparison(parts, limits, context, *((other, one) if turned else (one, other)))


def _loses(parts: Parts, limits: Limits, context: Context) -> Reading:
    one, other = _two(parts, limits, context)
    return _comparison(parts, limits, context, other, one)


def _gains(parts: Parts, limits: Limits, context: Context) -> Reading:
    """A model against another, or against the next smaller of its family."""
    whos, recovers = parts.all("WHO"), parts.has("RECOVERS")
    if len(whos) > 1:
        one, other = _two(parts, limits, context)
        return _comparison(parts, limits, context, one, other, beyond_noise=recovers)
    model = whos[0].value.models
    smaller = context.vocabulary.smaller(model[0]) if len(model) == 1 else None
    if smaller is None:
        sentence = f"{whos[0].text!r} has no smaller model of its family to gain on: write 'A beats B on TASK'"
        raise AskBack("model", sentence, words=whos[0].text)
    origin = replace(whos[0], value=Who(models=(smaller,)))
    return _comparison(parts, limits, context, whos[0], origin, beyond_noise=recovers)


def _lead_margin(parts: Parts, limits: Limits, context: Context) -> Reading:
    """How far one side is ahead of another."""
    near, level = parts.one("NEAR"), parts.one("LEVEL")
    if parts.has("LEAD", "AHEAD") and near is None:
        ahead, behind = _two(parts, limits, context)
        margin = limits.slots.get("margin") or (slot(level.value, level) if level is not None else None)
        if margin is None:
            return _comparison(parts, limits, context, ahead, behind)
        said: Level = margin.value
        return _lead(parts, limits, context, ahead, behind, replace(said, side=said.side or "at_least"), margin.span)
    if parts.has("BEST") and len(parts.all("WHO")) == 2 and near is not None:
        behind, ahead = parts.all("WHO")
    else:
        behind, ahead = _two(parts, limits, context)
    if near is not None:
        return _lead(parts, limits, context, ahead, behind, replace(near.value, side="below"), near.span)
    if level is None:
        raise AskBack("value", f"{context.text[:80]!r} has no number: say how many points apart")
    sides = {phrase.value.weights: phrase for phrase in (behind, ahead)}
    if set(sides) != {"open", "closed"}:
        raise AskBack("model", f"{context.text[:80]!r} does not say who leads: write 'A leads B by 5 points on TASK'")
    side = level.value.side or "at_most"
    return _lead(parts, limits, context, sides["closed"], sides["open"], replace(level.value, side=side), level.span)


def _lead(
    parts: Parts, limits: Limits, context: Context, ahead: Phrase, behind: Phrase, level: Level, span: tuple[int, int]
) -> Reading:
    places = places_of(parts, limits, context)
    if level.unit not in ("points", "percent", None) and places["places"].value[0].unit == "share":
        raise AskBack("value", f"{level.text!r} is no difference of scores: write it in points", words=level.text)
    value = level.value or 0.0
    if places["places"].value[0].unit == "share" and (level.unit is not None or value > 1.0):
        value = round(value / 100.0, 10)
    found = {
        "who": slot(replace(ahead.value, best=False), ahead),
        "against": slot(replace(behind.value, best=False), behind),
        **places,
        "level": Slot(replace(level, value=value, unit=places["places"].value[0].unit), span),
        **shared_limits(limits),
        **when_of(limits, at_a_day=True),
    }
    return Reading("lead_margin", found, negated=parts.is_denied)


# --- who leads, who is first


def _leads(parts: Parts, limits: Limits, context: Context) -> Reading:
    """Whether somebody has the best score on a day."""
    whos = parts.all("WHO")
    who, slots = who_of(parts, limits)
    if len(whos) > 1 and not (whos[1].value.best and whos[1].value.is_anyone):
        raise AskBack(
            "kind", f"cannot read how {whos[0].text!r} and {whos[1].text!r} belong together", words=context.text[:80]
        )
    if parts.has("BEYOND") or parts.one("LEVEL") is not None:
        raise AskBack("kind", f"cannot read {context.text[:80]!r}: say who leads, or who reaches which score")
    if who.is_anyone or who.every:
        said = whos[0].text
        raise AskBack("model", f"{said!r} may be anybody: say which company or model leads", words=said)
    if parts.has("STAY"):
        raise AskBack("kind", "'stay' asks for every day until then: ask who leads on a day", words="stay")
    found = {**slots, **places_of(parts, limits, context), **shared_limits(limits), **when_of(limits, at_a_day=True)}
    return Reading("leads", found, negated=parts.is_denied != who.nobody)


def _of(parts: Parts, context: Context) -> dict[str, Slot]:
    """What is chosen between: organisations, product lines or models; and the options where they are named."""
    asked = parts.one("WHICH") or parts.one("WHAT")
    assert asked is not None
    whos = [phrase for phrase in parts.all("WHO") if phrase.span[0] >= asked.span[1]]
    if parts.has("BENCHWORD"):
        raise Refused("kind", "'which benchmark' is no question here: ask of each benchmark by when", words=asked.text)
    if not whos:
        if asked.text.casefold() in ("who", "whose"):
            return {"of": slot("organisation", asked)}
        raise AskBack(
            "who",
            f"{asked.text!r} may be companies or models: write 'which company' or 'which model'",
            words=asked.text,
        )
    who: Who = whos[0].value
    named = {name: value for name, value in who.facts().items() if name in ("organisations", "lines", "models")}
    of = {"organisations": "organisation", "lines": "line", "models": "model"}[next(iter(named))] if named else who.of
    found = {"of": slot(of, asked, whos[0])}
    if named:
        found["options"] = slot(next(iter(named.values())), whos[0])
    others = {k: v for k, v in who.facts().items() if k not in (*named, "of", "best", "first")}
    if others:
        found["who"] = slot(Who(**others), whos[0])
    return found


def _choice(parts: Parts, limits: Limits, context: Context) -> Reading:
    """Which of several leads on a day."""
    whos = parts.all("WHO")
    if len(whos) > 1 and not whos[-1].value.best:
        raise AskBack(
            "kind", f"cannot read how {whos[0].text!r} and {whos[1].text!r} belong together", words=context.text[:80]
        )
    if (
        len(whos) == 1
        and parts.has("WHAT")
        and not parts.has("LEAD", "TOPSPOT", "BEST", "TOPS")
        and not whos[0].value.best
    ):
        raise AskBack(
            "kind", f"cannot read {context.text[:80]!r}: say which company or model leads", words=context.text[:80]
        )
    if parts.has("WHAT") and not whos:
        raise AskBack(
            "kind", f"cannot read {context.text[:80]!r}: say which company or model leads", words=context.text[:80]
        )
    found = {
        **_of(parts, context),
        **places_of(parts, limits, context),
        **shared_limits(limits),
        **when_of(limits, at_a_day=True),
    }
    return Reading("choice", found)


def _first_of(parts: Parts, limits: Limits, context: Context) -> Reading:
    """Which of several is first to reach a level."""
    whos = parts.all("WHO")
    if not parts.has("FIRST") and not any(phrase.value.first for phrase in whos):
        raise AskBack("kind", f"cannot read {context.text[:80]!r}: say who is first, or leads", words=context.text[:80])
    places = places_of(parts, limits, context)
    level, notes = level_of(parts, places, context)
    phrase = parts.one("LEVEL")
    found = {**_of(parts, context), **places, "level": slot(level, *([phrase] if phrase else []))}
    return Reading("first_of", {**found, **shared_limits(limits), **when_of(limits)}, notes=tuple(notes))


def _first_to(parts: Parts, limits: Limits, context: Context) -> Reading:
    """Whether somebody is first to reach a level."""
    whos = parts.all("WHO")
    who, slots = who_of(parts, limits)
    if not parts.has("FIRST") and not (len(whos) > 1 and whos[1].value.first and whos[1].value.is_anyone):
        raise AskBack("kind", f"cannot read {context.text[:80]!r}: say who is first, or leads", words=context.text[:80])
    if who.is_anyone:
        raise AskBack(
            "model", f"{whos[0].text!r} may be anybody: say which company or model is first", words=whos[0].text
        )
    places = places_of(parts, limits, context)
    level, notes = level_of(parts, places, context)
    found = {**slots, **places, "level": slot(level, *parts.all("LEVEL")), **shared_limits(limits), **when_of(limits)}
    return Reading("first_to", found, negated=parts.is_denied, notes=tuple(notes))


# --- numbers, days, sizes


def _numeric(parts: Parts, limits: Limits, context: Context) -> Reading:
    """The number that the best score takes."""
    who, slots = who_of(parts, limits)
    if not parts.has("WHAT", "HOWHIGH", "BEST", "WORST") and not who.best:
        raise AskBack("value", f"{context.text[:80]!r} has no score: say which counts, as in 'above 80%'")
    if parts.has("NOT", "BEYOND"):
        raise AskBack("kind", f"cannot read {context.text[:80]!r}: ask for the highest score", words=context.text[:80])
    if who.nobody or who.every:
        raise AskBack("model", f"{parts.all('WHO')[0].text!r} has no one number: name the model, or 'any model'")
    places = places_of(parts, limits, context)
    if len(places["places"].value) > 1:
        raise AskBack(
            "benchmark", "a question for a number is about one test: name one", words=parts.all("PLACE")[0].text
        )
    lower = context.vocabulary.is_lower_better(places["metrics"].value[0])
    worst = parts.has("WORST")
    statistic = "lowest" if worst != lower else "highest"
    found = {**slots, **places, "statistic": slot(statistic), **shared_limits(limits), **when_of(limits)}
    return Reading("numeric", found)


def _date(parts: Parts, limits: Limits, context: Context) -> Reading:
    """The day on which a level is reached."""
    asked = parts.one("WHEN")
    inner = _threshold(Parts("threshold", [p for p in parts.phrases if p.token != "WHEN"]), limits, context)
    if inner.negated:
        raise AskBack(
            "kind", f"cannot read {context.text[:80]!r}: ask when a level is reached", words=context.text[:80]
        )
    notes = (
        inner.notes
        if asked is None or asked.value == "day"
        else (*inner.notes, f"the answer is a day, of which the {asked.value} is asked")
    )
    return Reading("date", inner.slots, notes=notes)


def _release_date(parts: Parts, limits: Limits, context: Context) -> Reading:
    inner = _release(parts, limits, context)
    return Reading("release_date", inner.slots)


def _release(parts: Parts, limits: Limits, context: Context) -> Reading:
    """Whether a model is released."""
    if (announced := parts.one("ANNOUNCE")) is not None:
        sentence = f"{announced.text!r} is an announcement, and the tables have releases only: ask for the release"
        raise Refused("kind", sentence, words=announced.text)
    whos = parts.all("WHO")
    who: Who = whos[-1].value
    if len(whos) > 1:
        maker = whos[0]
        if not maker.value.organisations or maker.value.models:
            raise AskBack("model", f"{maker.text!r} is no company that is known: say whose model", words=maker.text)
        who = replace(who, organisations=maker.value.organisations, group=maker.value.group)
    who = replace(who, **limits.who.facts())
    if who.is_anyone or who.nobody or who.every:
        raise AskBack("model", f"{whos[-1].text!r} may be any model: say which is released", words=whos[-1].text)
    if who.best:
        raise AskBack(
            "model", f"{whos[-1].text!r} depends on scores: name the model that is released", words=whos[-1].text
        )
    found = {"who": slot(who, *whos), **shared_limits(limits), **when_of(limits)}
    return Reading("release", found, negated=parts.is_denied)


def _size(parts: Parts, limits: Limits, context: Context) -> Reading:
    """Whether a model of a size, or trained with so much compute, comes out."""
    phrase = parts.one("FLOPS") or parts.one("PARAMS")
    assert phrase is not None
    level: Level = phrase.value
    whos = parts.all("WHO")
    who: Who = whos[-1].value if whos else Who()
    if len(whos) > 1:
        who = replace(who, organisations=whos[0].value.organisations)
    beyond = parts.has("BEYOND")
    level = replace(level, side=level.side or ("above" if beyond else "at_least"))
    if level.side in LOW:
        raise AskBack(
            "side", f"{phrase.text!r}: small models come out every week, ask for the largest", words=phrase.text
        )
    found = {"level": slot(level, phrase), **shared_limits(limits), **when_of(limits)}
    if who.facts():
        found["who"] = slot(replace(who, best=False, nobody=False), *whos)
    return Reading("size", found, negated=parts.is_denied != who.nobody)


def _size_number(parts: Parts, limits: Limits, context: Context) -> Reading:
    """The largest training compute, or the most parameters, as a number."""
    said = parts.one("COMPUTE") or parts.one("TRAINING") or parts.one("HOWMUCH")
    assert said is not None
    unit = "params" if said.value == "params" else "flops"
    whos = parts.all("WHO")
    found = {"unit": slot(unit, said), **shared_limits(limits), **when_of(limits)}
    if whos and whos[-1].value.facts():
        found["who"] = slot(replace(whos[-1].value, best=False), whos[-1])
    return Reading("size_number", found)


def _size_needed(parts: Parts, limits: Limits, context: Context) -> Reading:
    """The inverse question: which size or compute reaches a level."""
    asked = parts.one("HOWMUCH")
    assert asked is not None
    _, slots = who_of(parts, limits)
    places = places_of(parts, limits, context)
    level, notes = level_of(parts, places, context)
    found = {
        **slots,
        **places,
        "unit": slot(str(asked.value), asked),
        "level": slot(level, *parts.all("LEVEL")),
        **shared_limits(limits),
        **when_of(limits),
    }
    return Reading("size_needed", found, notes=tuple(notes))


def _how_many(parts: Parts, limits: Limits, context: Context) -> Reading:
    said = parts.one("COUNTWORD")
    assert said is not None
    sentence = (
        f"{said.text!r} asks for a number of models, which no question has: ask of any model, or of several tests"
    )
    raise Refused("kind", sentence, words=said.text)


# --- inverse scaling


def _scaling(parts: Parts, limits: Limits, context: Context) -> Reading:
    """Whether a test's inverse scaling resolves, or its scores turn U-shaped."""
    kind = "u_shape" if parts.has("USHAPE") else "reversal"
    who, slots = who_of(parts, limits)
    if who.best or who.first:
        raise AskBack(
            "model", f"{parts.all('WHO')[0].text!r} is no family: name the family", words=parts.all("WHO")[0].text
        )
    found = {**slots, **places_of(parts, limits, context), **shared_limits(limits), **when_of(limits)}
    return Reading(kind, found, negated=parts.is_denied != who.nobody)


MEANINGS: dict[str, Callable[[Parts, Limits, Context], Reading]] = {
    "threshold": _threshold,
    "releases_model": _releases_model,
    "beats": _beats,
    "beaten": _loses,
    "loses": _loses,
    "gains": _gains,
    "lead_margin": _lead_margin,
    "leads": _leads,
    "choice": _choice,
    "first_of": _first_of,
    "first_to": _first_to,
    "numeric": _numeric,
    "date": _date,
    "release_date": _release_date,
    "release": _release,
    "size": _size,
    "size_number": _size_number,
    "size_needed": _size_needed,
    "how_many": _how_many,
    "scaling": _scaling,
}
"""What each rule of ``statements.lark`` means."""
