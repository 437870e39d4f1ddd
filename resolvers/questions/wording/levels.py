"""The score that a level in words means on a test: percents, hours, dollars, the human level."""

from __future__ import annotations

from dataclasses import replace

from scale_forecast.data.results import is_unbounded
from scale_forecast.resolvers.questions.wording.slots import AskBack, Level, Place

_UNITS = {"share": "share", "minutes": "minutes", "Elo": "elo", "US dollars": "dollars"}


def on_test(level: Level, place: Place, metric: str) -> tuple[Level, str | None]:
    """A level in the unit of a test, and what should be said of how it was read.

    Raises
    ------
    AskBack
        For a value without the unit that the test needs, one outside the metric's range, a range, "exactly", or a
        human level that no table has.
    """
    if level.manner is not None:
        sentence = f"{level.text!r} asks for no side: write 'at least', 'above', 'at most' or 'below'"
        raise AskBack("side", sentence, words=level.text)
    if level.high is not None:
        sentence = f"{level.text!r} is a range: ask for one of its ends, such as 'at least {level.value:g}'"
        raise AskBack("value", sentence, words=level.text)
    if level.human is not None:
        return _human(level, place)
    unit = _UNITS.get(place.unit, place.unit)
    if unit == "minutes":
        return _minutes(level), None
    if unit in ("elo", "dollars"):
        if level.unit not in (None, unit, "points"):
            raise _wrong_unit(level, place)
        return replace(level, unit=unit), None
    return _share(level, place, metric)


def _human(level: Level, place: Place) -> tuple[Level, str]:
    """The human level that the tables have, by whose it is; the benchmark's usual one where the words do not choose."""
    known = {"average": place.human_average, "best": place.human_best}
    wanted = place.human_usual if level.human in ("usual", None) else str(level.human)
    other = {"average": "best", "best": "average"}[wanted]
    if known[wanted] is None:
        wanted, other = other, wanted
    value = known[wanted]
    if value is None:
        sentence = f"no table has a human level on {place.name}: write the score that counts, such as 'above 80%'"
        raise AskBack("value", sentence, words=level.text)
    names = dict(zip(known, place.human_names, strict=True))
    beside = "" if known[other] is None else f"; {names[other]}: {known[other]:g}"
    return replace(
        level, value=value, unit="share"
    ), f"human level on {place.name}: {value:g} ({names[wanted]}{beside})"


def _minutes(level: Level) -> Level:
    if level.unit != "minutes":
        raise AskBack("value", f"{level.text!r} is no length of time: write it in hours or minutes", words=level.text)
    if level.value is None or level.value != level.value:
        sentence = f"{level.text!r} may be working days or whole ones: write it in hours"
        raise AskBack("value", sentence, words=level.text)
    return level


def _share(level: Level, place: Place, metric: str) -> tuple[Level, str | None]:
    if level.unit in ("minutes", "dollars", "elo"):
        raise _wrong_unit(level, place)
    value, said = float(level.value or 0.0), None
    if level.unit in ("percent", "points"):
        value = round(value / 100.0, 10)
    elif not is_unbounded(metric) and 1.0 < value <= 100.0:
        value, said = round(value / 100.0, 10), f"{level.value:g} is read as {level.value:g}%"
    if not is_unbounded(metric) and not 0.0 <= value <= 1.0:
        sentence = f"{level.text} is outside 0 to 1 (100%), between which {metric} always is: ask for another score"
        raise AskBack("value", sentence, words=level.text)
    return replace(level, value=value, unit="share"), said


def _wrong_unit(level: Level, place: Place) -> AskBack:
    sentence = f"{level.text!r} is no score on {place.name}, which is measured in {place.unit}"
    return AskBack("value", sentence, words=level.text)
