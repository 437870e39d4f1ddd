"""What words say beside the statement itself: deadlines, and which models, prompts and metrics count."""

from __future__ import annotations

import calendar
import datetime as dt
import math
import re
from dataclasses import dataclass, field
from typing import Any

from scale_forecast.data.errors import UsageError
from scale_forecast.data.names import fold
from scale_forecast.data.periods import PERIOD, parse_period
from scale_forecast.data.sizes import parse_size
from scale_forecast.resolvers.questions.wording.vocabulary import Vocabulary

NUMBERS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_NUMBER = rf"[0-9]+|an?|{'|'.join(NUMBERS)}"


def _clause(words: str) -> re.Pattern[str]:
    """A clause, with the comma and the space before it."""
    return re.compile(rf",? ?\b{words}", re.IGNORECASE)


_BY = _clause(
    r"(?P<word>by|until|before|no later than|on or before|in|during|on|as of) (?:the )?"
    rf"(?:(?P<edge>end|start|beginning) of )?(?P<period>{PERIOD})\b,?"
)
_WITHIN = _clause(
    rf"(?:with)?in (?:the next )?(?P<number>{_NUMBER}) (?P<unit>day|week|month|year)s?"
    r"(?: (?:of|from|after) (?:now|opening|its opening|then))?\b,?"
)
_LATE = re.compile(r"\b(?:by|before|until|within|no later than)\b(?P<rest>[^,]*[0-9][^,]*)$", re.IGNORECASE)
_SHOTS = _clause(rf"(?:with |at |in )?(?P<number>{_NUMBER})[- ]shots?\b(?: prompts?| prompting)?")
_NEGATIVE = re.compile(r"(?<!\S)-(?:[0-9.]+[kmbt]|[0-9]+[- ]shots?)\b", re.IGNORECASE)
_THOUGHT = r"(?:any )?(?:chain[- ]of[- ]thought|cot)(?: prompt(?:s|ing)?)?\b"
_PROMPTS = (
    (_clause(rf"(?:without|no) {_THOUGHT}"), "direct"),
    (_clause(rf"(?:with|using|via|by) {_THOUGHT}"), "cot"),
    (_clause(r"(?:by|with|using|via|under) direct prompt(?:s|ing)?\b"), "direct"),
)
_PROMPT = _clause(r"with prompt (?P<name>\S+)$")
_SCALE_ALONE = _clause(r"by scale alone\b")
_TUNING = _clause(
    r"(?:in|by|with|for|among|of|counting)(?: only)? (?P<names>[a-z, /-]+?)(?:[- ]?tuned)?(?: language)? models?"
    r"(?: only| alone)?$"
)
_TUNINGS = {"base": "base", "pretrained": "base", "untuned": "base", "instruction": "instruct", "finetuned": "instruct"}
_METRIC = _clause(r"(?:measured (?:in|by|as)|in terms of|by metric|metric) (?P<name>[A-Za-z0-9_@ -]+)$")
_SIZE = _clause(
    r"(?:with|of|at|using|trained (?:with|on))"
    r" (?P<side>at least|more than|over|above|at most|less than|fewer than|under|below|up to)"
    r" (?P<size>[0-9.][0-9.e+_]*[kmbt]?) (?P<unit>parameters|params|FLOPs?|flop/?s?)(?: of (?:training )?compute)?\b"
)
_ALL = _clause(r"(?:in|for|across) (?:all|every|each)(?: measured)?(?: model)? famil(?:y|ies)\b")
_ANY = _clause(r"(?:in|for|by) (?:any|some|at least one|a)(?: model)? family\b")
_FAMILY = _clause(
    r"(?:in|at|for|within|across|by) (?:the )?(?P<names>.+?)(?: (?:model )?famil(?:y|ies)| models?| series)?$"
)
_START = _clause(r"(?:in|at|for|within|across|by|with|among|of|counting) ")


@dataclass
class Clauses:
    """What was found beside a statement, and the statement that is left."""

    statement: str
    deadline: dt.date | None = None
    metric: str | None = None
    scope: dict[str, Any] = field(default_factory=dict)

    def limit(self, **fields: Any) -> None:
        """Add to the scope; the same field twice is refused."""
        for name, value in fields.items():
            if self.scope.get(name, value) != value:
                raise UsageError(f"the words limit {name.replace('_', ' ')} twice: say it once")
            self.scope[name] = value


def read_clauses(text: str, vocabulary: Vocabulary, opened: dt.date) -> Clauses:
    """Take deadlines and qualifiers off a statement.

    Raises
    ------
    UsageError
        For a date that is none, two deadlines, two limits of one kind or that nothing meets, or a size below zero.
    """
    if negative := _NEGATIVE.search(text):
        raise UsageError(f"{negative[0]!r} has a minus sign, and sizes and shots have none: leave it out")
    found = Clauses(text)
    _take_deadline(found, opened)
    before = None
    while before != found.statement:
        before = found.statement
        for take in (_take_ways, _take_tuning, _take_size, _take_metric, _take_families):
            take(found, vocabulary)
            found.statement = found.statement.strip(" ,")
    return found


def _cut(found: Clauses, match: re.Match[str]) -> None:
    found.statement = f"{found.statement[: match.start()]} {found.statement[match.end() :]}".strip(" ,")


def _take_deadline(found: Clauses, opened: dt.date) -> None:
    while True:
        by, within = _BY.search(found.statement), _WITHIN.search(found.statement)
        match = by or within
        if match is None:
            break
        if found.deadline is not None:
            raise UsageError(
                f"two deadlines in one statement ({found.deadline} and {match[0].strip(' ,')!r}): give one"
            )
        found.deadline = _day_of(match) if match is by else _after(opened, number(match["number"]), match["unit"])
        _cut(found, match)
    late = _LATE.search(found.statement)
    if found.deadline is None and late and not re.search(r"points?|%|percent", late[0]):
        parse_period(late["rest"].strip())


def _day_of(match: re.Match[str]) -> dt.date:
    """The last day that counts."""
    first, last = parse_period(match["period"])
    edge, word = (match["edge"] or "").lower(), match["word"].lower()
    day = first if edge in ("start", "beginning") else last
    if word == "before":
        day = (last if edge == "end" else first) - dt.timedelta(days=1)
    return day


def _after(opened: dt.date, count: int, unit: str) -> dt.date:
    try:
        if unit.lower() in ("day", "week"):
            return opened + dt.timedelta(days=count * (7 if unit.lower() == "week" else 1))
        months = opened.month - 1 + count * (12 if unit.lower() == "year" else 1)
        year, month = opened.year + months // 12, months % 12 + 1
        return dt.date(year, month, min(opened.day, calendar.monthrange(year, month)[1]))
    except (OverflowError, ValueError, IndexError) as error:
        raise UsageError(f"{count} {unit}s after {opened} is beyond the calendar: choose a nearer deadline") from error


def number(word: str) -> int:
    """A whole number in digits or words."""
    word = word.lower()
    return int(word) if word.isdigit() else 1 if word in ("a", "an") else NUMBERS.index(word)


def _take_ways(found: Clauses, vocabulary: Vocabulary) -> None:
    if match := _SHOTS.search(found.statement):
        found.limit(shots=number(match["number"]))
        _cut(found, match)
    for pattern, prompt in _PROMPTS:
        if match := pattern.search(found.statement):
            found.limit(prompt=prompt)
            _cut(found, match)
    if match := _PROMPT.search(found.statement):
        if fold(match["name"]) not in vocabulary.prompts:
            raise UsageError(f"no prompt {match['name']!r}: known are {', '.join(vocabulary.prompts.values())}")
        found.limit(prompt=vocabulary.prompts[fold(match["name"])])
        _cut(found, match)
    if match := _SCALE_ALONE.search(found.statement):
        found.limit(tuning="base", prompt="direct")
        _cut(found, match)


def _take_tuning(found: Clauses, vocabulary: Vocabulary) -> None:
    for match in _tails(_TUNING, found.statement):
        words = [fold(word) for word in re.split(r", | and | or |, or |/", match["names"]) if word.strip()]
        names = [_TUNINGS.get(word, vocabulary.tunings.get(word)) for word in words]
        if names and all(names):
            found.limit(tuning=names[0] if len(names) == 1 else tuple(names))
            _cut(found, match)
            return


def _take_size(found: Clauses, vocabulary: Vocabulary) -> None:
    match = _SIZE.search(found.statement)
    if match is None:
        return
    low = match["side"].lower() in ("at least", "more than", "over", "above")
    of = "params" if match["unit"].lower().startswith("param") else "flops"
    found.limit(**{f"{'min' if low else 'max'}_{of}": parse_size(match["size"])})
    if found.scope.get(f"min_{of}", 0.0) > found.scope.get(f"max_{of}", math.inf):
        raise UsageError(f"no model has both the least and the most {of} asked for: the least is larger")
    _cut(found, match)


def _take_metric(found: Clauses, vocabulary: Vocabulary) -> None:
    if match := _METRIC.search(found.statement):
        if fold(match["name"]) not in vocabulary.metrics:
            raise UsageError(f"no metric {match['name']!r}: write one such as accuracy or exact_match")
        found.metric = vocabulary.metrics[fold(match["name"])]
        _cut(found, match)


def _take_families(found: Clauses, vocabulary: Vocabulary) -> None:
    for pattern, over in ((_ALL, "all"), (_ANY, "any")):
        if match := pattern.search(found.statement):
            found.limit(over=over)
            _cut(found, match)
    for match in _tails(_FAMILY, found.statement):
        words = [word for word in re.split(r", | and | or |, or ", match["names"]) if word.strip()]
        named = [vocabulary.who(word.strip()) for word in words]
        kinds = {"model" if "model" in scope else next(iter(scope)) for scope in named if scope}
        if all(named) and len(kinds) == 1 and (kind := kinds.pop()) in ("family", "line", "model"):
            values = tuple(scope[kind] for scope in named if scope)
            found.limit(**{kind: values[0] if len(values) == 1 else values})
            if kind == "model":
                families = tuple(dict.fromkeys(vocabulary.family_of(str(model)) for model in values))
                found.limit(family=families[0] if len(families) == 1 else families)
            _cut(found, match)
            return


def _tails(pattern: re.Pattern[str], statement: str) -> list[re.Match[str]]:
    """Every reading of the end of a statement as a clause, the shortest first."""
    starts = [match.start() for match in _START.finditer(statement)]
    return [match for start in reversed(starts) if (match := pattern.match(statement, start))]
