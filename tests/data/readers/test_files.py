"""Files as they lie about: what is passed over, what is refused, and how soon."""

import json
import os

import pytest

from scale_forecast.data.errors import DataError
from scale_forecast.data.readers import read
from scale_forecast.data.readers.files import parse_json, sources


def test_a_pipe_in_a_directory_is_passed_over(tmp_path):
    """Nobody may ever write to it, and reading would wait for that."""
    os.mkfifo(tmp_path / "waits.jsonl")
    (tmp_path / "a.csv").write_text("task,model,params,score\nt,a-1b,1e9,0.5\n")
    assert [source.path.name for source in sources([tmp_path])] == ["a.csv"]


def test_a_link_to_nowhere_is_named(tmp_path):
    (tmp_path / "gone.csv").symlink_to(tmp_path / "nowhere.csv")
    with pytest.raises(DataError, match=r"gone.csv: No such file"):
        read([tmp_path])


def test_a_key_that_stands_twice_among_many_is_found_in_one_pass():
    """Counting each key anew took minutes for a file of 400 KB."""

    class Counted(str):
        looks = 0
        __hash__ = str.__hash__

        def __eq__(self, other):
            Counted.looks += 1
            return str.__eq__(self, other)

    from scale_forecast.data.readers.files import _unique

    keys = [Counted(f"k{i}") for i in range(2000)]
    with pytest.raises(DataError, match="the key 'k1999' stands twice"):
        _unique([(key, 0) for key in [*keys, Counted("k1999")]], "a.json")
    assert Counted.looks < 10 * len(keys)
    with pytest.raises(DataError, match="the key 'a' stands twice"):
        parse_json('{"a": 1, "b": 2, "a": 3}', "a.json")


@pytest.mark.parametrize("sign", ["\u2028", "\u2029", "\u0085", "\u000c"], ids=ascii)
def test_signs_that_only_some_take_for_the_end_of_a_line_are_part_of_it(tmp_path, sign):
    row = {"task": f"a{sign}b", "model": "a-1b", "params": 1e9, "score": 0.5}
    path = tmp_path / "rows.jsonl"
    path.write_text(json.dumps(row, ensure_ascii=False) + "\n", encoding="utf-8")
    assert len(read([path]).results) == 1
