"""From text to the words the grammars know: phrases and names by longest match, numbers with their units, dates."""

from __future__ import annotations

import csv
import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from scale_forecast.data.catalog import TABLES
from scale_forecast.data.errors import UsageError
from scale_forecast.data.names import fold
from scale_forecast.data.periods import PERIOD, parse_period, yearless_period
from scale_forecast.resolvers.questions.wording.names import Name, spoken_names
from scale_forecast.resolvers.questions.wording.numbers import UNIT_WORDS, Found, read_number, read_value, size_letter
from scale_forecast.resolvers.questions.wording.slots import AskBack
from scale_forecast.resolvers.questions.wording.vocabulary import Vocabulary

_LONGEST = 14
"""Atoms of the longest phrase or name."""
_ATOM = re.compile(r"[^\W\d_]+|\d+(?:[.,]\d+)*|\s+|.", re.DOTALL)
_DATE = re.compile(rf"{PERIOD}(?![0-9%])", re.IGNORECASE)
_YEAR = re.compile(r"[12][0-9]{3}")
_PERIODS_END = re.compile(r"[ -]?(?:year|quarter|month)[ -]?end\b", re.IGNORECASE)
_NEGATIVE = re.compile(r"-[0-9.]\S*")
_PART_OF_A_TEST = re.compile(
    r"\s+(?:(?:evaluation|eval|test|validation|data)\s+)?(?:set|split|portion|part|half)\b", re.IGNORECASE
)
_VERSION = re.compile(r"[ -]?(v?\d{1,4}(?:\.\d+)*[a-z]?)(?![a-z0-9])", re.IGNORECASE)
_CODE_NAME = re.compile(r"(?:o(?=\d)|[A-Z])[\w.-]*(?: [A-Z0-9][\w.-]*){0,3}")
_NO_GENERATION = 20
"""A number from here on behind a product line is no generation of it."""
_ARTICLES = frozenset({"the", "a", "an"})
_SIGNS = frozenset(",;.:!?()[]{}\"'`*|-")
_ONLY_BEHIND_NUMBERS = frozenset({"PERCENTSIGN", "MONEY", "BILLION"})
_COUNT_BEFORE = frozenset({"SIDE", "BEYOND", "REACH", "SCORE", "BEST", "STAY"})
_DATE_BEFORE = frozenset({"BY", "BEFORE", "UNTIL", "AFTER", "FROM", "IN", "ON", "OF", "ENDOF", "TO", "AND", "BETWEEN"})


@dataclass(frozen=True)
class Word:
    """One word of the grammars: its terminal, its value, and where in the text it stands."""

    token: str
    value: Any
    start: int
    end: int
    text: str


@cache
def phrases() -> dict[str, Name]:
    """The phrases of ``tables/wording/phrases.csv`` by compared form: which terminal each is, and its value."""
    with open(TABLES / "wording" / "phrases.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {
        _comparison_key(phrase): Name(row["token"], row["value"])
        for row in rows
        for phrase in row["phrases"].split("|")
    }


def _comparison_key(text: str) -> str:
    """A phrase as it is compared: signs count, articles and hyphens do not."""
    words = [word for word in re.split(r"[\s\-_]+", text.casefold()) if word not in _ARTICLES]
    return " ".join(filter(None, words)) or text.casefold()


def read_words(text: str, vocabulary: Vocabulary, opened: dt.date) -> list[Word]:
    """The words of a text; what is in no table is an ``UNKNOWN``, one for each run of such words.

    Raises
    ------
    AskBack
        For a date that is none or can be read two ways, or a number with a minus sign.
    """
    reader = _Reader(text, vocabulary, opened)
    while reader.at < len(reader.atoms):
        reader.step()
    return _name_new_model(_join_unknown(reader.words, text))


class _Reader:
    """Goes through the atoms of a text and collects words."""

    def __init__(self, text: str, vocabulary: Vocabulary, opened: dt.date) -> None:
        self.text, self.vocabulary, self.opened = text, vocabulary, opened
        self.atoms = [match.span() for match in _ATOM.finditer(text) if not match[0].isspace()]
        self.starts = {start: i for i, (start, _) in enumerate(self.atoms)}
        self.at = 0
        self.words: list[Word] = []

    def step(self) -> None:
        """Take one word, the first way that it can be taken."""
        start, end = self.atoms[self.at]
        for take in (self._version, self._date, self._name_or_phrase, self._number):
            if (found := take(start)) is not None:
                break
        else:
            found = self._sign(self.text[start:end], end)
        token, value, end = found
        if self._renames_test(token, value, start):
            token, end = "UNKNOWN", self.atoms[self.at][1]
        elif token == "FILL" and value == "part" and self._parts_test(end):
            token, value = "UNTOLD", "version"
        if token != "FILL":
            self.words.append(Word(token, value, start, end, self.text[start:end]))
        while self.at < len(self.atoms) and self.atoms[self.at][0] < end:
            self.at += 1

    def _renames_test(self, token: str, value: Any, start: int) -> bool:
        """Whether a word of no weight belongs to the name before it: "HLE-Verified" is another test than HLE."""
        if self.before != "PLACE" or not self.text[start].isalpha():
            return False
        between = self.text[self.words[-1].end : start]
        return (token == "FILL" and value in ("set", "part") and len(between) <= 2) or (
            between == "-" and token in ("FILL", "SOURCEWORD")
        )

    def _parts_test(self, end: int) -> bool:
        """Whether what follows makes a word tell of a part of a test: "the public set of ARC-AGI-2"."""
        if _PART_OF_A_TEST.match(self.text, end):
            return True
        begin = end + (self.text[end : end + 1] == " ")
        lasts = [last for _, last in self.atoms[self.at + 1 : self.at + _LONGEST] if last > begin]
        names = (self.vocabulary.names.get(fold(self.text[begin:last])) for last in lasts)
        return any(name is not None and name.token in ("PLACE", "TASK", "UNSURE") for name in names)

    @property
    def before(self) -> str:
        """The terminal of the last word."""
        return self.words[-1].token if self.words else ""

    def _sign(self, sign: str, end: int) -> Found:
        if sign in ",;":
            return "COMMA", sign, end
        if sign == "/":
            return "SLASH", sign, end
        if sign in _SIGNS:
            return "FILL", sign, end
        while sign.isalnum() and self.text[end : end + 1].isalnum():  # "task77" is one word
            end += 1
        return "UNKNOWN", sign, end

    # --- names and phrases

    def _name_or_phrase(self, start: int) -> Found | None:
        """The longest name or phrase from here; of equal length the phrase, unless the name is written its own way."""
        if self.text[start] == "-":
            return None
        if self._is_article(start):  # a phrase begins behind it
            return "FILL", self.text[start : self.atoms[self.at][1]], self.atoms[self.at][1]
        for last in range(min(self.at + _LONGEST, len(self.atoms)) - 1, self.at - 1, -1):
            end = self.atoms[last][1]
            words = self.text[start:end]
            name = self._name(words, start, end)
            ending = self.text[slice(*self.atoms[last])].casefold()
            if ending == "-" or (last > self.at and ending in _ARTICLES):  # neither counts in a name or a phrase
                continue
            phrase = phrases().get(_comparison_key(words)) if self._is_apart(start, end) else None
            if (
                phrase is not None and (ending.isdigit() or ending == "one") and self._units(end)
            ):  # "at least 1 hour" is no "at least 1"
                phrase = None
            if name is not None and (phrase is None or (name.token in ("PLACE", "MODEL", "ORG") and words.isupper())):
                return name.token, name.value, end
            if phrase is not None and phrase.token not in _ONLY_BEHIND_NUMBERS:
                return phrase.token, phrase.value, end
        return None

    def _is_article(self, start: int) -> bool:
        """Whether an article stands here that begins no name."""
        end = self.atoms[self.at][1]
        if self.text[start:end].casefold() not in _ARTICLES or not self.text[end : end + 1].isspace():
            return False
        return not self.vocabulary_has_name_from(start, end)

    def _name(self, words: str, start: int, end: int) -> Name | None:
        folded = fold(words)
        if self.before in ("LINE", "FAMILY", "MODEL", "VERSION", "TIER") and folded in spoken_names().tiers:
            return Name("TIER", words) if self._is_apart(start, end) else None
        found = self.vocabulary.names.get(folded)
        if found is None or (folded in spoken_names().plain and words.islower()):
            return None
        if found.token == "UNSURE" and found.value[1][0] == words:  # the name of one of them, written as it is
            found = Name("PLACE", (words,))
        glued = found.token in ("LINE", "FAMILY") and words[-1].isalpha() and self.text[end : end + 1].isdigit()
        return found if self._is_apart(start, end) or (glued and self._is_apart(start, start)) else None

    def _is_apart(self, start: int, end: int) -> bool:
        """Whether no letter or digit touches either end; a unit may touch its number."""
        before, after = self.text[max(start - 1, 0) : start], self.text[end : end + 1]
        touches_before = before.isalnum() and self.text[start : start + 1].isalnum()
        return not touches_before and not (end > start and after.isalnum() and self.text[end - 1].isalnum())

    def _version(self, start: int) -> Found | None:
        """The number of a model's generation, behind the name of its line."""
        if self.before not in ("LINE", "FAMILY", "TIER") or not self.words[-1].end <= start <= self.words[-1].end + 2:
            return None
        match = _VERSION.match(self.text, self.words[-1].end)
        if match is None or size_letter(self.text, match.start(1) + len(match[1].rstrip("kmbtKMBT"))):
            return None
        if self._units(match.end()) or _DATE.match(self.text, match.start(1)):
            return None
        if self.before == "LINE" and match[1].isdigit() and int(match[1]) >= _NO_GENERATION:
            return None
        return "VERSION", match[1], match.end()

    # --- dates and numbers

    def _date(self, start: int) -> Found | None:
        if not self._is_apart(start, start):
            return None
        if match := _DATE.match(self.text, start):
            if self.vocabulary_has_name_from(start, match.end()):
                return None
            counts = self.before in _COUNT_BEFORE or (
                self._units(match.end()) and not _PERIODS_END.match(self.text, match.end())
            )
            if _YEAR.fullmatch(match[0]) and counts:
                return None
            try:
                return "DATE", parse_period(match[0]), match.end()
            except UsageError as error:
                raise AskBack("when", str(error), words=match[0]) from error
        if self.before in _DATE_BEFORE or not self.words or self.before == "COMMA":
            found = yearless_period(self.text[start:], self.opened)
            return None if found is None else ("DATE", found[0], start + found[1])
        return None

    def vocabulary_has_name_from(self, start: int, end: int) -> bool:
        """Whether a longer name begins where a date would."""
        longer = [last for _, last in self.atoms[self.at : self.at + 4] if last > end]
        return any(fold(self.text[start:last]) in self.vocabulary.names for last in longer)

    def _number(self, start: int) -> Found | None:
        if self.text[start] == "-" and (match := _NEGATIVE.match(self.text, start)) and self._is_apart(start, start):
            return self._negative(match)
        return read_number(self.text, start, self._units)

    def _negative(self, match: re.Match[str]) -> Found | None:
        words, value = match[0], read_value(self.text, match.start() + 1)
        if self.before in ("MODEL", "FAMILY", "LINE") or "shot" in words:
            sentence = f"{words!r} has a minus sign, and sizes and shots have none: leave it out"
            raise AskBack("value", sentence, words=words)
        if self.text[match.start() - 1 : match.start()].isalnum() or value[0] is None:
            return None
        found = read_number(self.text, match.start() + 1, self._units)
        return found and ((found[0], -found[1], found[2]) if isinstance(found[1], float) else found)

    def _units(self, end: int) -> list[tuple[Name, int]]:
        """Phrases of units that follow a number, with or without a space or a hyphen between, the longest first."""
        begin = end + (self.text[end : end + 1] in (" ", "-"))
        index = self.starts.get(begin)
        if index is None:
            return []
        found = []
        for last in range(min(index + 5, len(self.atoms)) - 1, index - 1, -1):
            stop = self.atoms[last][1]
            unit = phrases().get(_comparison_key(self.text[begin:stop]))
            if unit is not None and unit.token in UNIT_WORDS and not self.text[stop : stop + 1].isalnum():
                found.append((unit, stop))
        return found


def _name_new_model(words: list[Word]) -> list[Word]:
    """A capitalised name that no table knows is a model to come where a company releases it: "OpenAI releases R2"."""
    out = list(words)
    for i, word in enumerate(words):
        before = words[i - 1].token if i else ""
        if word.token != "UNKNOWN" or not _CODE_NAME.fullmatch(word.text):
            continue
        after = [one.token for one in words[i + 1 : i + 3] if one.token != "BE"][:1]
        if "RELEASE" in (before, *after) and any(one.token == "ORG" for one in words):
            out[i] = Word("MODEL", word.text, word.start, word.end, word.text)
    return out


def _join_unknown(words: Sequence[Word], text: str) -> list[Word]:
    """The same words, with each run of unknown ones as one."""
    joined: list[Word] = []
    for word in words:
        if word.token == "UNKNOWN" and joined and joined[-1].token == "UNKNOWN":
            start = joined.pop().start
            word = Word("UNKNOWN", text[start : word.end], start, word.end, text[start : word.end])
        joined.append(word)
    return joined
