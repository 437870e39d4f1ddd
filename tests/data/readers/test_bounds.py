"""Whatever stands in a file of any format stays within bounds: numbers in their range, files within the limits."""

import io
import re

import pytest

from scale_forecast.data.errors import DataError
from scale_forecast.data.readers import Limits, read
from scale_forecast.data.readers.registry import READERS
from scale_forecast.data.results import is_share
from tests.data.readers.test_readers import written
from tests.fuzzing import said_in_one_sentence

NUMBER = re.compile(rb"(?<![\w.\-])\d+\.\d+(?![\w.\-])")


def results_of(data):
    try:
        return read(["-"], stdin=io.BytesIO(data), model="m-1b")
    except DataError as error:
        said_in_one_sentence(error)
        return None


@pytest.mark.parametrize("name", list(READERS))
@pytest.mark.parametrize("number", [b"1e400", b"-7.5", b"7e77"])
def test_a_number_outside_its_range_is_refused_with_its_row_and_counted(name, number):
    data = READERS[name].example.data
    places = [match.span() for match in NUMBER.finditer(data)][:6]
    assert places or name not in ("table",), "the example has a number to replace"
    for first, last in places:
        loaded = results_of(data[:first] + number + data[last:])
        if loaded is None:
            continue
        assert (loaded.counts["found"] == loaded.counts["kept"] + loaded.counts["refused"]).all()
        rows = loaded.results
        assert rows.loc[is_share(rows["metric"]), "score"].between(0, 1).all(), name
        assert not (rows["stderr"] < 0).any()


@pytest.mark.parametrize("name", list(READERS))
def test_a_file_beyond_the_limits_is_refused_in_one_sentence(name, tmp_path):
    path = written(tmp_path, READERS[name].example)
    with pytest.raises(DataError) as refused:
        read([path], limits=Limits(line=8, json=8, table=8))
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("name", list(READERS))
def test_a_file_cut_to_nothing_is_refused(name, tmp_path):
    path = written(tmp_path, READERS[name].example)
    path.write_bytes(b"")
    with pytest.raises(DataError):
        read([path])
