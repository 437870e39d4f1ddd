"""Questions on record that some words name, by a title or a market's address; and those with a title near them."""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Iterable

from scale_forecast.data.names import fold
from scale_forecast.resolvers.questions.question import Question

NEAR = 0.7
"""How much two titles share, of the words that say something, for the one to be offered for the other."""

_ADDRESS = re.compile(r"(?:https?://)?(?:www\.|ai\.)?((?:[a-z0-9-]+\.)+[a-z]{2,})/(\S*)", re.IGNORECASE)
_REST = re.compile(r"[?#].*$|/+$")
_NUMBERED = re.compile(r"^questions/(\d+)")
_SLUGS = ("manifold.markets", "polymarket.com", "kalshi.com")
"""Services whose addresses end in the name of the market, whatever stands before it."""
_WORDS = re.compile(r"[<>=]+|\d+(?:\.\d+)?%?|[^\W\d_]+")
_EMPTY = frozenset(
    re.findall(
        r"\w+",
        "a ai an and any are at be benchmark by can do does for get has have in is it its llm model of on or the there "
        "this to what when which will with",
    )
)
"""Words that say nothing of what is asked."""


def is_address(words: str) -> bool:
    """Whether some words are an address and nothing else.

    >>> is_address("manifold.markets/a/b"), is_address("https://example.org/x"), is_address("MMLU 80% by 2025")
    (True, True, False)
    """
    return _ADDRESS.fullmatch(words.strip()) is not None


def on_record(words: str, known: Iterable[Question]) -> list[Question]:
    """Known questions with these words as a title, signs and capitals aside, or this address among their links."""
    if is_address(words):
        address = _address(words)
        return [question for question in known if address in map(_address, question.links)]
    title = _plain(words)
    return [question for question in known if title and title in map(_plain, _titles(question))]


def near_record(words: str, known: Iterable[Question], limit: int = 3) -> list[Question]:
    """Known questions with a title near these words, the nearest first: to be offered, never taken."""
    asked = _telling(words)
    if not asked:
        return []
    scored = [
        (max(_share_of_words(asked, _telling(title)) for title in _titles(question)), question) for question in known
    ]
    near = sorted((pair for pair in scored if pair[0] >= NEAR), key=lambda pair: -pair[0])
    return [question for _, question in near[:limit]]


def _titles(question: Question) -> tuple[str, ...]:
    return question.title, *question.also


def _plain(title: str) -> str:
    """A title without capitals, spaces and the signs around and between its words; signs that compare are kept."""
    return re.sub(r"[^\w%<>=.+$]+", "", fold(title)).strip(".")


def _telling(title: str) -> list[str]:
    """The words of a title that say something, in small letters."""
    return [word for word in _WORDS.findall(title.casefold()) if word not in _EMPTY]


def _share_of_words(one: list[str], other: list[str]) -> float:
    """The share of words that two titles have in common, words that differ in a letter or an ending counted in part.

    0 where it is below `NEAR` even if every such word were the same: few titles on record share so much.
    """
    rest, common, unmatched = Counter(other), 0.0, []
    for word in one:
        if rest[word] > 0:
            rest[word] -= 1
            common += 1.0
        else:
            unmatched.append(word)
    left, unmatched = list(rest.elements()), [word for word in unmatched if word.isalpha()]
    if 2.0 * (common + min(len(unmatched), len(left))) < NEAR * (len(one) + len(other)):
        return 0.0
    for word in unmatched:
        if near := difflib.get_close_matches(word, left, n=1, cutoff=0.75):
            left.remove(near[0])
            common += difflib.SequenceMatcher(None, word, near[0]).ratio()
    return 2.0 * common / (len(one) + len(other)) if one or other else 0.0


def _address(link: str) -> str:
    """An address as it is compared: without what leads to the same market whatever it says."""
    found = _ADDRESS.fullmatch(link.strip())
    if found is None:
        return link.strip().casefold()
    host, path = found[1].casefold(), _REST.sub("", _REST.sub("", found[2])).casefold()
    if host == "metaculus.com" and (number := _NUMBERED.match(path)):
        return f"{host}/{number[1]}"
    return f"{host}/{path.rpartition('/')[2]}" if host in _SLUGS else f"{host}/{path}"
