"""Whatever a hostile file holds, it is read or refused in one sentence: questions, words, ledgers, item logs.

Run `FORECAST_FUZZ=100000 python -m pytest tests/test_fuzz.py` for as many tries of each.
"""

import datetime as dt
import json
import os
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data.catalog import QUESTIONS, bundled_metrics, bundled_results
from data.errors import DataError, ForecastError
from resolvers.bank import bundled_questions, parse_questions
from resolvers.ledger import open_ledger
from resolvers.wording import Vocabulary, understand
from tests.ledgers import fill

TRIES = int(os.environ.get("FORECAST_FUZZ", "0"))
LOGS = Path(__file__).parent / "fixtures" / "logs"
AS_LONG_AS_IT_TAKES = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture]


def fuzzed(tries):
    return settings(max_examples=TRIES or tries, deadline=None, suppress_health_check=AS_LONG_AS_IT_TAKES)


def mutations(texts, tokens):
    """A text of the corpus in which a few pieces were cut out, doubled, or replaced by tokens."""

    @st.composite
    def mutated(draw):
        text = draw(st.sampled_from(texts))
        for _ in range(draw(st.integers(1, 4))):
            start = draw(st.integers(0, max(len(text) - 1, 0)))
            end = min(len(text), start + draw(st.integers(0, 12)))
            middle = draw(
                st.one_of(st.just(""), st.sampled_from(tokens), st.text(max_size=4), st.just(text[start:end] * 2))
            )
            text = text[:start] + middle + text[end:]
        return text

    return mutated()


def said_in_one_sentence(error):
    assert str(error).strip()
    assert "\n" not in str(error).strip()


WORDS = [
    "at least 3 of neqa, quote-repetition, redefine-math, hindsight-neglect turn U-shaped by 2024",
    "does NeQA resolve with scale by November 2024?",
    "PaLM 540B scores at least 70% on MMLU",
    "MATH reaches 50% by 2025 and MMLU does not reach 90% by 2026",
]
TOKENS = [
    "by",
    "not ",
    "(",
    ")",
    "and",
    "or",
    "%",
    "9" * 400,
    "1e999",
    "\x00",
    "2024-13-45",
    "-",
    "at least",
    ", ",
    "ſ",
    "٣",
]


@cache
def vocabulary():
    return Vocabulary.of(bundled_results(), bundled_metrics(), bundled_questions())


@fuzzed(60)
@given(mutations(WORDS, TOKENS))
def test_words_are_understood_or_refused_in_one_sentence(text):
    try:
        understand(text, vocabulary=vocabulary(), opened=dt.date(2023, 1, 1))
    except ForecastError as error:
        said_in_one_sentence(error)


YAML = [
    text
    for file in sorted(QUESTIONS.glob("*.yaml"))
    for text in ["- " + part for part in file.read_text().split("\n- ")[1:9]]
]
YAML_TOKENS = [
    *(
        "!!python/object/apply:os.system [id]",
        "&a",
        "*a",
        "{",
        "[",
        "? ",
        ": ",
        "- ",
        "|",
        ".nan",
        ".inf",
        "0x",
        "null",
    ),
    *(
        "2024-02-30",
        "\t",
        "---",
        "9" * 400,
        "1e400",
        "\x00",
        "\x85",
        "<<: *a",
        "!!binary x",
        "kind: not",
        "=",
        "'",
        '"',
    ),
]


@fuzzed(60)
@given(mutations(YAML, YAML_TOKENS))
def test_a_question_file_is_read_or_refused_in_one_sentence(text):
    try:
        parse_questions(text)
    except ForecastError as error:
        said_in_one_sentence(error)


def laughs(depth):
    """Each level names the one before it ten times."""
    lines = ["a0: &a0 {kind: manual, why: lol}"]
    lines += [f"a{n}: &a{n} {{kind: all_of, of: [{', '.join([f'*a{n - 1}'] * 10)}]}}" for n in range(1, depth)]
    return "\n".join(lines)


@pytest.mark.parametrize("text", ["- " * 5000 + "x", "[" * 5000, "{a: " * 5000])
def test_a_deep_question_file_is_refused(text):
    with pytest.raises(DataError):
        parse_questions(text)


def test_aliases_that_multiply_are_refused_before_they_do():
    with pytest.raises(DataError, match="more than 10,000 parts, aliases written out"):
        parse_questions(f"{laughs(9)}\nid: x\ntitle: y\ncriterion: *a8\nopened: 2022-01-01\nresolve_by: 2023-01-01\n")


@pytest.fixture(scope="module")
def lines(tmp_path_factory):
    with open_ledger(tmp_path_factory.mktemp("ledger") / "ledger.db") as ledger:
        fill(ledger, entries=10)
        return list(ledger.export())


LEDGER_TOKENS = [
    '"',
    "{",
    "}",
    "[",
    "null",
    "true",
    "1e999",
    "NaN",
    "9" * 400,
    "-1",
    "\\ud800",
    "\\u0000",
    '"sequence":',
]


@fuzzed(40)
@given(data=st.data())
def test_an_export_that_was_mangled_is_refused_and_nothing_recorded(lines, tmp_path_factory, data):
    mangled = list(lines)
    at = data.draw(st.integers(0, len(lines) - 1))
    mangled[at] = data.draw(mutations([lines[at]], LEDGER_TOKENS))
    with open_ledger(tmp_path_factory.mktemp("copy") / "ledger.db") as copy:
        try:
            copy.load(mangled)
        except ForecastError as error:
            said_in_one_sentence(error)
            assert copy.head().sequence == 0
        else:
            assert copy.verify().is_intact


ITEM = json.dumps(
    {"doc_id": 0, "doc": {"passage": "p"}, "target": "1", "filtered_resps": [["-1.0", "x"], ["-2.0", "y"]], "acc": 0.0}
)
LOG_CORPUS = [
    f"{ITEM}\n{ITEM}\n",
    json.dumps({"model_id": "a-1b", "evaluation_name": "q", "sample_id": "1", "evaluation": {"is_correct": True}})
    + "\n",
    json.dumps({"model": "a-1b", "task": "q", "item": 1, "correct": True, "prob_correct": 0.5}) + "\n",
    (LOGS / "helm" / "per_instance_stats.json").read_text()[:1500] + "}]}]",
    (LOGS / "inspect_arc.json").read_text(),
]
LOG_TOKENS = [
    '"',
    "{",
    "}",
    "[",
    "]",
    "null",
    "true",
    "-1e999",
    "NaN",
    "9" * 400,
    "\\ud800",
    "\x00",
    "\n",
    "[[]]",
    "PAR1",
]


@fuzzed(15)
@given(mutations(LOG_CORPUS, LOG_TOKENS))
def test_a_mangled_item_log_is_read_or_refused_in_one_sentence(tmp_path_factory, text):
    pytest.importorskip("duckdb")
    from data.logs import read_logs

    path = tmp_path_factory.mktemp("log") / "samples_q.jsonl"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    try:
        read_logs([path], model="a-1b", threads=1)
    except ForecastError as error:
        said_in_one_sentence(error)
