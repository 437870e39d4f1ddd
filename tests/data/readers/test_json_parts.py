"""A document read part by part is the document, wherever its bytes are cut; nothing in it takes memory without end."""

import io
import json
import re
import tracemalloc

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scale_forecast.data.errors import DataError
from scale_forecast.data.readers import Limits, json_parts
from scale_forecast.data.readers.json_parts import Parts
from tests.thorough import tries

TEXT = st.text(alphabet='ab"\\\\[]{}:,\u00e9\u20ac \n', max_size=8)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**20), 10**20) | st.floats(allow_nan=False, width=32) | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=25,
)


def parts(text, **limits):
    return Parts(io.BytesIO(text.encode()), "doc", Limits(**limits))


def rebuilt(read):
    """Gone into all the way down."""
    if read.next() == "{":
        return {key: rebuilt(read) for key in read.entries()}
    return [rebuilt(read) for _ in read.elements()] if read.next() == "[" else read.value()


def whole(read, take=Parts.value):
    """An object of which each entry is taken, and nothing behind it."""
    for _ in read.entries():
        take(read)
    read.finish()


@pytest.fixture(params=[1, 7, 1 << 16])
def chunk(request, monkeypatch):
    monkeypatch.setattr(json_parts, "_CHUNK", request.param)
    return request.param


@pytest.mark.usefixtures("chunk")
@settings(max_examples=tries(60), deadline=None, suppress_health_check=list(HealthCheck))
@given(value=VALUES, indent=st.sampled_from([None, 1]), is_ascii=st.booleans())
def test_parts_make_up_what_the_document_says(value, indent, is_ascii):
    text = json.dumps(value, indent=indent, ensure_ascii=is_ascii)
    expected = json.loads(text, parse_int=lambda digits: float(digits) if len(digits) > 18 else int(digits))
    for take in (rebuilt, Parts.value):
        read = parts(text)
        assert take(read) == expected
        read.finish()


@pytest.mark.usefixtures("chunk")
@settings(max_examples=tries(60), deadline=None, suppress_health_check=list(HealthCheck))
@given(skipped=VALUES, indent=st.sampled_from([None, 1]))
def test_what_stands_behind_what_was_skipped_is_found(skipped, indent):
    read = parts(json.dumps({"skipped": [skipped, {"x": skipped}], "kept": "here"}, indent=indent, ensure_ascii=False))
    found = {}
    for key in read.entries():
        if key == "skipped":
            read.skip()
        else:
            found[key] = read.value()
    read.finish()
    assert found == {"kept": "here"}


@pytest.mark.usefixtures("chunk")
@pytest.mark.parametrize("text", ['{"a": [1, 2', '{"a": "x', '{"a', "{", '{"a": {"b": "]', '{"a": tru', '{"a": 1'])
def test_a_document_that_is_cut_off_is_refused(text):
    for take in (rebuilt, Parts.value, Parts.skip):
        with pytest.raises(DataError, match="doc: is cut off"):
            take(parts(text))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('{"a": 1} x', "something follows the document"),
        ('{"a" 1}', "'1' where : should be"),
        ('{"a": 1; "b": 2}', "';' where , or } should be"),
        ("{1: 2}", "a key is no text"),
        ('{"a": nonsense' + " " * 40, "is not valid JSON"),
        ('{"a": "\\ud800"}', "holds half a character"),
        ('{"a": {"b": 1, "b": 2}}', "the key 'b' stands twice"),
    ],
)
def test_what_is_no_json_is_refused_in_one_sentence(text, sentence):
    with pytest.raises(DataError, match=re.escape(sentence)):
        whole(parts(text))


BOMBS = {
    "brackets": b"[" * (8 << 20),
    "numbers": b"[" + b"1," * (4 << 20),
    "empty lists": b"[" + b"[]," * (3 << 20),
    "strings": b"[" + b'"",' * (1 << 20),
    "spaces": b"[" + b" " * (8 << 20),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_passed_over_without_holding_it(name):
    read = Parts(io.BytesIO(b'{"a": ' + BOMBS[name]), "doc", Limits(line=1 << 20))
    tracemalloc.start()
    with pytest.raises(DataError, match="cut off"):
        whole(read, take=Parts.skip)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 16 << 20


def test_a_value_a_document_and_an_object_have_their_limits():
    with pytest.raises(DataError, match=r"a part of it is longer than 0\.0625 MB"):
        parts('{"a": "' + "x" * 400_000, line=1 << 16).skip()
    with pytest.raises(DataError, match=r"is larger than 0\.25 MB"):
        parts("[" + "1," * 400_000, table=1 << 18).skip()
    with pytest.raises(DataError, match="more than 100,000 entries"):
        rebuilt(parts("{" + '"a":1,' * 100_001))
