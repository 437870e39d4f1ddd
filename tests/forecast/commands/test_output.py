"""Where a table goes."""

import os
import threading

from scale_forecast.commands.printing import write


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
