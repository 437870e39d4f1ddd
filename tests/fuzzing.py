"""Broken input by the thousand: texts with pieces cut out, documents with parts replaced, bytes changed; and limits.

``FORECAST_FUZZ=N`` asks for N examples of each test, drawn anew, instead of a few that are always the same, and holds
each example to `MOST_SECONDS` of processor time and the process to `MOST_MEMORY`. ``FORECAST_CORPUS=DIR`` adds the
JSON files below a folder to what is broken.
"""

from __future__ import annotations

import copy
import json
import os
import resource
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from scale_forecast.data.errors import ForecastError
from tests import thorough

TRIES = int(os.environ.get("FORECAST_FUZZ", "0"))
CORPUS = os.environ.get("FORECAST_CORPUS")
FIXTURES = Path(__file__).parent / "fixtures"
LONGEST = 150_000
MOST_SECONDS = 10
MOST_MEMORY = 1 << 30
AS_LONG_AS_IT_TAKES = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.data_too_large]


def fuzzed(tries: int) -> Callable:
    """``tries`` examples, or as many as `FORECAST_FUZZ` says."""
    return settings(
        max_examples=TRIES or thorough.tries(tries),
        derandomize=not TRIES,
        deadline=None,
        suppress_health_check=AS_LONG_AS_IT_TAKES,
    )


@contextmanager
def read_or_refused() -> Iterator[None]:
    """What is done inside succeeds, or is refused in one sentence."""
    with _within_limits():
        try:
            yield
        except ForecastError as error:
            said_in_one_sentence(error)


def said_in_one_sentence(error: Exception) -> None:
    assert str(error).strip()
    assert "\n" not in str(error).strip()


@contextmanager
def _within_limits() -> Iterator[None]:
    if not TRIES:
        yield
        return
    overran = []

    def stop(*_: object) -> None:
        overran.append(True)
        raise AssertionError(f"took more than {MOST_SECONDS} s")

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, MOST_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
    assert not overran
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 < MOST_MEMORY


def texts(*places: str, suffixes: tuple[str, ...] = (".json", ".jsonl")) -> list[str]:
    """Fixtures below some folders, and all of `FORECAST_CORPUS`, none longer than `LONGEST`."""
    folders = [FIXTURES / place for place in places] + ([Path(CORPUS)] if CORPUS else [])
    files = sorted(file for folder in folders for file in folder.rglob("*") if file.suffix in suffixes)
    return list(dict.fromkeys(f.read_text(encoding="utf-8") for f in files if f.stat().st_size <= LONGEST))


def documents(found: list[str]) -> list[str]:
    """Those of some texts that are one JSON document."""
    out = []
    for text in found:
        try:
            json.loads(text)
        except ValueError:
            continue
        out.append(text)
    return out


TOKENS = [
    '"', "{", "}", "[", "]", ",", "\n", "null", "true", "-1", "1e999", "NaN", "9" * 400, "\\ud800", "\\u0000", "\x00",
    "\ufeff", "[[]]", "PAR1", "=1+1", "2024-13-45", "\r", ";", "\t",
]  # fmt: skip


class _Corpus(list):
    """What is broken; too long to be shown with an example."""

    def __repr__(self) -> str:
        return f"<{len(self)} of them>"


def mutated(corpus: list[str], tokens: list[str] = TOKENS) -> st.SearchStrategy[str]:
    """A text of the corpus in which a few pieces were cut out, doubled, or replaced by tokens."""
    return _mutated(_Corpus(corpus), tokens)


@st.composite
def _mutated(draw: st.DrawFn, corpus: list[str], tokens: list[str]) -> str:
    text = draw(st.sampled_from(corpus))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, max(len(text) - 1, 0)))
        end = min(len(text), start + draw(st.integers(0, 12)))
        middle = draw(
            st.one_of(st.just(""), st.sampled_from(tokens), st.text(max_size=4), st.just(text[start:end] * 2))
        )
        text = text[:start] + middle + text[end:]
    return text


ODD = [
    None, True, False, 0, -1, 1.5, 1e308, float("nan"), float("-inf"), 10**30, "", " ", "x", "\x00", "ſ", "9" * 400,
    "=1+1", "2024-13-45", "0001-01-01", "9999-12-31T23:59:59Z", "1e999", [], {}, [[]], [None], {"": None}, [0.1, 0.9],
    {"a": {"b": 1}},
]  # fmt: skip


def twisted(corpus: list[str]) -> st.SearchStrategy[str]:
    """A JSON document of the corpus in which a few parts were replaced, dropped, renamed or doubled."""
    return _twisted(_Corpus(corpus))


@st.composite
def _twisted(draw: st.DrawFn, corpus: list[str]) -> str:
    document = json.loads(draw(st.sampled_from(corpus)))
    for _ in range(draw(st.integers(1, 4))):
        _twist(draw, document)
    return json.dumps(document)


def _twist(draw: st.DrawFn, node: object) -> None:
    while isinstance(node, (dict, list)) and node:
        key = draw(st.sampled_from(sorted(node) if isinstance(node, dict) else range(len(node))))
        child = node[key]  # type: ignore[index, call-overload]
        if isinstance(child, (dict, list)) and child and draw(st.integers(0, 4)):
            node = child
            continue
        what = draw(st.integers(0, 5))
        if what == 0:
            del node[key]  # type: ignore[arg-type]
        elif what == 1 and isinstance(node, dict):
            node[draw(st.text(max_size=3))] = node.pop(key)
        elif what == 1:
            node.append(copy.deepcopy(child))  # type: ignore[union-attr]
        else:
            node[key] = copy.deepcopy(draw(st.sampled_from(ODD)))  # type: ignore[index, call-overload]
        return


def damaged(corpus: list[bytes]) -> st.SearchStrategy[bytes]:
    """Bytes of the corpus of which some were changed, cut off or doubled."""
    return _damaged(_Corpus(corpus))


@st.composite
def _damaged(draw: st.DrawFn, corpus: list[bytes]) -> bytes:
    data = bytearray(draw(st.sampled_from(corpus)))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, max(len(data) - 1, 0)))
        what = draw(st.integers(0, 3))
        if what == 0:
            del data[at:]
        elif what == 1:
            data[at:at] = data[at : at + draw(st.integers(1, 40))]
        else:
            data[at : at + 1] = draw(st.binary(min_size=1, max_size=4))
    return bytes(data)
