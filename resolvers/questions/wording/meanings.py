"""What each form of statement means: the slots that its phrases fill, and which of them have to be asked back."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from scale_forecast.resolvers.questions.wording import contests
from scale_forecast.resolvers.questions.wording.limits import Limits
from scale_forecast.resolvers.questions.wording.parts import (
    LOW,
    Parts,
    is_horizon,
    level_of,
    places_of,
    shared_limits,
    slot,
    when_of,
    who_of,
)
from scale_forecast.resolvers.questions.wording.phrases import Context, Phrase
from scale_forecast.resolvers.questions.wording.slots import (
    OTHER_SIDE,
    AskBack,
    Level,
    Reading,
    Refused,
    Side,
    Slot,
    Who,
)

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
    if (announced := parts.one("ANNOUNCE")) is not None:
        context.notes.append(f"{announced.text!r} counts from the day on which a score is published")
    return _reaches(parts, limits, context, who, {"who": slot(who, *parts.all("WHO"))})


def _reaches(parts: Parts, limits: Limits, context: Context, who: Who, slots: dict[str, Slot]) -> Reading:
    phrase = parts.one("LEVEL")
    if phrase is not None and phrase.value.high is not None and _has_one_score(parts, who, phrase.value):
        return _lies_between(parts, limits, context, who, slots)
    places = places_of(parts, limits, context)
    level, notes = level_of(parts, places, context)
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
        if _is_bare(named, context):
            context.notes.append(f"'not' after {said!r} is read as no model")
            return replace(_reaches(_without_not(parts), limits, context, who, slots), negated=not who.nobody)
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


_BARE = re.compile(
    r"ai|(?!(?:any|all|some|every|each|no|at)\b)[\w -]*\b(?:ais|llms|models|systems|agents)", re.IGNORECASE
)
"""Models in general, of which "not" says that none does: "AI fails to reach 50%"."""


def _is_bare(named: Phrase, context: Context) -> bool:
    before = context.text[: named.span[0]].casefold().split()[-1:]
    return _BARE.fullmatch(named.text) is not None and before not in (["a"], ["an"], ["the"])


def _without_not(parts: Parts) -> Parts:
    return replace(parts, phrases=[one for one in parts.phrases if one.token != "NOT"])


def _has_one_score(parts: Parts, who: Who, level: Level) -> bool:
    """Whether a range is of one number: the best score of all, or that of one model; and which ends are meant."""
    one = _is_record(parts, who) or len(who.models) == 1
    return one and level.manner is None and (level.side is None or level.high_side is not None)


def _lies_between(parts: Parts, limits: Limits, context: Context, who: Who, slots: dict[str, Slot]) -> Reading:
    """At least the one end of a range, and not beyond the other; both ends count where no side was said."""
    if parts.has("STAY"):
        raise AskBack("kind", "'stay' with a range asks for every day until then: ask for one day", words="stay")
    phrase = parts.one("LEVEL")
    assert phrase is not None
    level: Level = phrase.value
    beyond: Side = "at_least" if level.high_side == "below" else "above"
    bounds = (
        replace(level, high=None, high_side=None, side=level.side or "at_least"),
        replace(level, value=level.high, high=None, high_side=None, side=beyond),
    )
    kept = [one for one in parts.phrases if one.token != "NOT"]
    low, high = (
        _reaches(
            replace(parts, phrases=[replace(one, value=bound) if one is phrase else one for one in kept]),
            limits, context, who, slots,
        )
        for bound in bounds
    )  # fmt: skip
    if context.vocabulary.is_lower_better(low.get("metrics")[0]):
        raise AskBack("value", f"{phrase.text!r} is a range: ask for one of its ends", words=phrase.text)
    slots = {name: low.slots[name] for name in ("stated",) if name in low.slots}
    whole = Reading("all_of", slots, (low, Reading("not", parts=(high,))), notes=low.notes)
    return Reading("not", slots, (whole,), notes=low.notes) if parts.is_denied else whole


def _is_record(parts: Parts, who: Who) -> bool:
    """Whether the best score of all is spoken of, rather than that of some model."""
    return who.best or parts.has("BEST") or (parts.one("WHO") is None and is_horizon(parts))


def _means_families(named: Phrase) -> bool:
    return "famil" in named.text.casefold() or bool(named.value.families) or named.value.of == "line"


def _record_stays(level: Level, parts: Parts, is_low: bool, negated: bool) -> tuple[Level, bool]:
    """ "Stays below 80%" is that nothing reaches it."""
    if not is_low:
        raise AskBack(
            "kind", "'stay' with 'above' asks for every day until then: ask whether it is above on a day", words="stay"
        )
    return replace(level, side=OTHER_SIDE[level.side or "below"]), not negated


# --- numbers, days, sizes


def _numeric(parts: Parts, limits: Limits, context: Context) -> Reading:
    """The number that the best score takes."""
    who, slots = who_of(parts, limits)
    if _YES_OR_NO.match(context.text) and not parts.has("WHAT", "HOWHIGH"):
        sentence = f"{context.text[:80]!r} asks yes or no and names no score: say which counts, as in 'above 80%'"
        raise AskBack("value", sentence)
    is_score = parts.has("SCORE") or is_horizon(parts)  # the time horizon of a model is its score
    of_one = is_score and bool(who.models or who.lines or who.organisations)
    if not parts.has("WHAT", "HOWHIGH", "BEST", "WORST") and not who.best and not of_one:
        raise AskBack("value", f"{context.text[:80]!r} has no score: say which counts, as in 'above 80%'")
    if parts.has("NOT", "BEYOND") or any(one.token == "FROM" and one.value == "held" for one in parts.phrases):
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
    days, notes = _standing_on(when_of(limits))
    found = {**slots, **places, "statistic": slot(statistic), **shared_limits(limits), **days}
    return Reading("numeric", found, notes=notes)


_YES_OR_NO = re.compile(r"(?:will|would|does|do|did|is|are|can|could|has|have)\b(?! be the\b)", re.IGNORECASE)
"""How a title begins that asks for no number."""


def _standing_on(days: dict[str, Slot]) -> tuple[dict[str, Slot], tuple[str, ...]]:
    """ "The best score in June 2027" is the best of all known by its end: a record is not of its month alone."""
    if "when" not in days or days["when"].value.how != "in":
        return days, ()
    when = days["when"].value
    note = f"{when.text!r} is read as the best of all scores known by {when.last}"
    return {"when": Slot(replace(when, how="on", first=None), days["when"].span)}, (note,)


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


def _size_date(parts: Parts, limits: Limits, context: Context) -> Reading:
    """The day on which a model of a size, or trained with so much compute, comes out."""
    inner = _size(Parts("size", [phrase for phrase in parts.phrases if phrase.token != "WHEN"]), limits, context)
    if inner.negated:
        raise AskBack("kind", f"cannot read {context.text[:80]!r}: ask when a size is reached")
    return Reading("size_date", inner.slots, notes=inner.notes)


def _size_number(parts: Parts, limits: Limits, context: Context) -> Reading:
    """The largest training compute, or the most parameters, as a number."""
    said = parts.one("COMPUTE") or parts.one("TRAINING") or parts.one("HOWMUCH") or parts.one("PARAMWORD")
    said = said or parts.one("FLOPWORD")
    assert said is not None
    unit = "params" if said.value == "params" or said.token == "PARAMWORD" else "flops"
    whos = parts.all("WHO")
    found = {"unit": slot(unit, said), **shared_limits(limits), **when_of(limits)}
    if whos and whos[-1].value.facts():
        found["who"] = slot(replace(whos[-1].value, best=False), whos[-1])
    return Reading("size_number", found)


def _required_size(parts: Parts, limits: Limits, context: Context) -> Reading:
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
    "beats": contests.beats,
    "beaten": contests.loses,
    "loses": contests.loses,
    "gains": contests.gains,
    "lead_margin": contests.lead_margin,
    "leads": contests.leads,
    "choice": contests.choice,
    "first_of": contests.first_of,
    "first_to": contests.first_to,
    "numeric": _numeric,
    "date": _date,
    "release_date": _release_date,
    "release": _release,
    "size": _size,
    "size_number": _size_number,
    "size_date": _size_date,
    "which_test": contests.which_test,
    "size_needed": _required_size,
    "how_many": _how_many,
    "scaling": _scaling,
}
"""What each rule of ``statements.lark`` means."""
