"""Whatever happens to a file on the way, it is read or refused in one sentence, and every score is accounted for."""

import copy
import io
import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scale_forecast.data.errors import DataError
from scale_forecast.data.readers import read
from scale_forecast.data.readers.registry import READERS
from tests.fuzzing import fuzzed

FIXTURES = Path(__file__).parent.parent.parent / "fixtures" / "lm_eval"
DOCUMENTS = [
    json.loads((FIXTURES / "old" / "opt-13b.json").read_text()),
    json.loads((FIXTURES / "old" / "bloom1b3.json").read_text()),
    json.loads(next((FIXTURES / "new").rglob("*.json")).read_text()),
    {
        "scores": [
            {"score_dict": {"a": 0.5}, "preferred_score": "a", "subtask_description": "t", "number_of_shots": 0}
        ],
        "model": {"model_family": "GPT", "model_name": "3B", "total_params": 3e9},
        "task": {"task_name": "t"},
    },
    {"name": "n", "description": "d", "keywords": [], "examples": [{"input": "a", "target_scores": {"x": 1, "y": 0}}]},
    [{"task": "t", "model": "a-1b", "params": 1e9, "score": 0.5, "released": "2022-01-01", "shots": 5}],
    {"doc_id": 0, "target": "1", "filtered_resps": [["-1.0", "False"], ["-2.0", "False"]], "acc": 0.0},
]
JUNK = [
    None,
    True,
    [],
    {},
    "",
    "²",
    -1,
    10**400,
    float("nan"),
    float("inf"),
    "\ud800",
    [None],
    {"a": {"b": 1}},
    "2022-99-99",
]


def places(node, path=()):
    if path:
        yield path
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, inner in items:
        yield from places(inner, (*path, key))


@st.composite
def mutilated(draw):
    """A document with a few values replaced by junk, then perhaps a byte changed or the end cut off."""
    document = copy.deepcopy(draw(st.sampled_from(DOCUMENTS)))
    for _ in range(draw(st.integers(1, 3))):
        *path, last = draw(st.sampled_from(sorted(places(document), key=str)))
        inner = document
        for key in path:
            inner = inner[key]
        inner[last] = copy.deepcopy(draw(st.sampled_from(JUNK)))
    data = bytearray(json.dumps(document).encode())
    if draw(st.booleans()):
        data[draw(st.integers(0, len(data) - 1))] = draw(st.integers(0, 255))
    return bytes(data[: draw(st.integers(0, len(data)))] if draw(st.integers(0, 4)) == 0 else data)


def outcome(data):
    """What was read, or the sentence of refusal."""
    try:
        return read(["-"], stdin=io.BytesIO(data), model="m-1b")
    except DataError as error:
        return str(error)


def hold_together(data):
    got = outcome(data)
    if isinstance(got, str):
        assert "\n" not in got
    else:
        assert (got.counts["found"] == got.counts["kept"] + got.counts["refused"]).all()
        assert got.counts["kept"].sum() == len(got.results)


@fuzzed(80)
@given(mutilated())
def test_a_mutilated_file_is_read_or_refused_in_one_sentence(data):
    hold_together(data)


@pytest.mark.parametrize("name", list(READERS))
@fuzzed(5)
@given(data=st.data())
def test_the_damaged_example_of_every_reader_is_read_or_refused_in_one_sentence(name, data):
    raw = bytearray(READERS[name].example.data)
    cells = [m.span() for m in re.finditer(rb"[^\s,;:{}\[\]\"]+", raw)]
    first, last = data.draw(st.sampled_from(cells))
    raw[first:last] = data.draw(
        st.sampled_from([b"", b"-1", b"nan", b"1e400", b"null", b"\xff\xfe", b"\xc2\xb2", b'"'])
    )
    hold_together(bytes(raw[: data.draw(st.integers(0, len(raw)))] if data.draw(st.booleans()) else raw))
