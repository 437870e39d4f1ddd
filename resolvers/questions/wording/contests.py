"""What contests mean: one side against another, who leads, who or which test is first."""

from __future__ import annotations

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
from scale_forecast.resolvers.questions.wording.slots import AskBack, Level, Reading, Refused, Slot, Who

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
        _say_points(limits.slots["margin"].value, context)
    if limits.clearly or beyond_noise:
        found["beyond_noise"] = slot(True)
    return Reading("comparison", found, negated=parts.is_denied)


def _say_points(level: Level, context: Context) -> None:
    """A margin in percent may be of points or of the other's score: which one is meant is said."""
    if level.unit == "percent":
        context.notes.append(f"{level.text!r} is read as percentage points")


def beats(parts: Parts, limits: Limits, context: Context) -> Reading:
    one, other = _two(parts, limits, context)
    side = parts.one("SIDE")
    turned = parts.has("WORSE") or (side is not None and side.value in LOW)
    if side is not None and side.value in ("at_least", "at_most"):
        raise AskBack("side", f"{side.text!r} leaves a tie open: write 'above' or 'beats'", words=side.text)
    return _comparison(parts, limits, context, *((other, one) if turned else (one, other)))


def loses(parts: Parts, limits: Limits, context: Context) -> Reading:
    one, other = _two(parts, limits, context)
    return _comparison(parts, limits, context, other, one)


def gains(parts: Parts, limits: Limits, context: Context) -> Reading:
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


def lead_margin(parts: Parts, limits: Limits, context: Context) -> Reading:
    """How far one side is ahead of another."""
    near, level = parts.one("NEAR"), parts.one("LEVEL")
    match = parts.one("MATCH") or (parts.one("REACH") if len(parts.all("WHO")) == 2 and level is None else None)
    if match is not None and near is None:  # "A matches B": B is no bit ahead
        behind, ahead = _two(parts, limits, context)
        level_with = Level(0.0, "points", "at_most", text=match.text)
        return _lead(parts, limits, context, ahead, behind, level_with, match.span)
    if parts.rule == "lead_margin" and parts.has("BEATEN", "BEYOND") and len(parts.all("WHO")) == 1:
        behind = parts.all("WHO")[0]  # "A is beaten": somebody is a bit ahead of it
        if behind.value.is_anyone or behind.value.every or behind.value.nobody:
            sentence = f"{behind.text!r} may be any model: name the one that is beaten"
            raise AskBack("model", sentence, words=behind.text)
        ahead = replace(behind, value=Who())
        return _lead(parts, limits, context, ahead, behind, Level(0.0, "points", "above", text="beaten"), behind.span)
    if parts.has("BEHIND") and near is None and level is not None:
        behind, ahead = _two(parts, limits, context)
        if level.value.side is None:
            sentence = f"{level.text!r} asks for no side: write 'less than' or 'at least'"
            raise AskBack("side", sentence, words=level.text)
        return _lead(parts, limits, context, ahead, behind, level.value, level.span)
    over = parts.one("SIDE") if level is not None and len(parts.all("WHO")) == 2 else None
    if over is not None and over.value != "above" and not parts.has("LEAD"):
        raise AskBack("side", f"{over.text!r} behind a number of points: say who is how far ahead", words=over.text)
    if (parts.has("LEAD", "AHEAD", "BETTER") or over is not None) and near is None:
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
    _say_points(level, context)
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


def leads(parts: Parts, limits: Limits, context: Context) -> Reading:
    """Whether somebody has the best score on a day."""
    whos = parts.all("WHO")
    who, slots = who_of(parts, limits)
    if len(whos) > 1 and whos[0].value.best and whos[0].value.is_anyone and _leaders(whos[1].value):
        who = whos[1].value  # "the leading model is from A"
        slots = {"who": slot(who, *whos)}
    elif len(whos) > 1:
        more = {k: v for k, v in whos[1].value.facts().items() if k not in _RANKED}
        if not whos[1].value.best or _leaders(whos[1].value) or set(more) & set(who.facts()):
            raise AskBack(
                "kind",
                f"cannot read how {whos[0].text!r} and {whos[1].text!r} belong together",
                words=context.text[:80],
            )
        who = replace(who, **more)  # "A has the best open model"
        slots = {"who": slot(who, *whos)}
    if parts.has("BEYOND") or parts.one("LEVEL") is not None:
        raise AskBack("kind", f"cannot read {context.text[:80]!r}: say who leads, or who reaches which score")
    if who.is_anyone or who.every:
        said = whos[0].text
        raise AskBack("model", f"{said!r} may be anybody: say which company or model leads", words=said)
    if who.weights is not None and replace(who, weights=None).is_anyone:
        other = Who(weights="closed" if who.weights == "open" else "open")
        ahead, behind = replace(whos[0], value=Who(weights=who.weights)), replace(whos[0], value=other)
        level = Level(0.0, "points", "above", text="lead")
        reading = _lead(parts, limits, context, ahead, behind, level, whos[0].span)
        return replace(reading, negated=parts.is_denied != who.nobody)
    if parts.has("STAY"):
        raise AskBack("kind", "'stay' asks for every day until then: ask who leads on a day", words="stay")
    found = {**slots, **places_of(parts, limits, context), **shared_limits(limits), **when_of(limits, at_a_day=True)}
    return Reading("leads", found, negated=parts.is_denied != who.nobody)


def _leaders(who: Who) -> tuple[str, ...]:
    """The names of those who may lead."""
    return who.models or who.lines or who.families or who.organisations


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
    if who.group is not None:  # "which Chinese company" is one of these, and who else leads is not asked
        named = {}
    found = {"of": slot(of, asked, whos[0])}
    if named:
        found["options"] = slot(next(iter(named.values())), whos[0])
    others = {k: v for k, v in who.facts().items() if k not in (*named, *_RANKED)}
    others |= {k: v for one in whos[1:] for k, v in one.value.facts().items() if k not in _RANKED}
    if others:
        found["who"] = slot(Who(**others), *whos)
    return found


_RANKED = ("of", "best", "first", "together")
"""What words say of the rank that is asked for, and not of who counts."""


def choice(parts: Parts, limits: Limits, context: Context) -> Reading:
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


def first_of(parts: Parts, limits: Limits, context: Context) -> Reading:
    """Which of several is first to reach a level."""
    whos = parts.all("WHO")
    if not parts.has("FIRST") and not any(phrase.value.first for phrase in whos):
        raise AskBack("kind", f"cannot read {context.text[:80]!r}: say who is first, or leads", words=context.text[:80])
    places = places_of(parts, limits, context)
    level, notes = level_of(parts, places, context)
    phrase = parts.one("LEVEL")
    found = {**_of(parts, context), **places, "level": slot(level, *([phrase] if phrase else []))}
    return Reading("first_of", {**found, **shared_limits(limits), **when_of(limits)}, notes=tuple(notes))


def first_to(parts: Parts, limits: Limits, context: Context) -> Reading:
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


def which_test(parts: Parts, limits: Limits, context: Context) -> Reading:
    """Which of several tests is the first on which a level is reached."""
    places, phrase = places_of(parts, limits, context), parts.one("PLACE")
    if len(places["places"].value) < 2:
        said = phrase.text if phrase else context.text[:80]
        raise AskBack("benchmark", f"{said!r} is one test: name those of which one is first", words=said)
    _, slots = who_of(parts, limits)
    level, notes = level_of(parts, places, context)
    found = {**slots, **places, "level": slot(level, *parts.all("LEVEL"))}
    return Reading("first_test", {**found, **shared_limits(limits), **when_of(limits)}, notes=tuple(notes))
