"""Where a table goes."""

import os
import threading
from pathlib import Path

import pytest

from scale_forecast.commands.printing import write
from scale_forecast.data.errors import ForecastError


def test_a_pipe_or_device_is_written_to_and_not_replaced(tmp_path):
    """`-o /dev/null` by root once put a plain file in the place of the device."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    got = []
    reader = threading.Thread(target=lambda: got.append(pipe.read_text()))
    reader.start()
    write("a table\n", pipe)
    reader.join(timeout=10)
    assert got == ["a table\n"]
    assert pipe.is_fifo()


def test_a_file_appears_whole(tmp_path):
    target = tmp_path / "table.csv"
    target.write_text("old")
    write("new\n", target)
    assert target.read_text() == "new\n"
    assert [p.name for p in tmp_path.iterdir()] == ["table.csv"]


def test_a_partial_file_of_somebody_else_is_left_alone(tmp_path):
    """`table.csv.partial` was written over and moved away."""
    theirs = tmp_path / "table.csv.partial"
    theirs.write_text("theirs")
    write("ours\n", tmp_path / "table.csv")
    assert theirs.read_text() == "theirs"


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_what_stood_there_stays_where_the_new_file_cannot_be_finished(tmp_path, monkeypatch, error):
    target = tmp_path / "table.csv"
    target.write_text("old")

    def fail(*_):
        raise error

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(ForecastError if isinstance(error, OSError) else KeyboardInterrupt):
        write("new\n", target)
    assert target.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["table.csv"]


def test_a_link_stays_a_link_and_a_file_keeps_its_mode(tmp_path):
    target, link = tmp_path / "table.csv", tmp_path / "latest.csv"
    target.write_text("old")
    target.chmod(0o640)
    link.symlink_to(target)
    write("new\n", link)
    assert link.is_symlink()
    assert target.read_text() == "new\n"
    assert target.stat().st_mode & 0o777 == 0o640
