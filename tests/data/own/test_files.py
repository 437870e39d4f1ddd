"""Files of the user's folder appear whole or not at all, and once."""

import threading

import pytest

from scale_forecast.data.errors import DataError
from scale_forecast.data.own.files import entries, remove, write_folder, write_new

pytestmark = pytest.mark.usefixtures("words_of_options")


def at_once(work, times=8):
    """What ``work`` gives in so many threads that start together."""
    barrier, found = threading.Barrier(times), []

    def run(number):
        barrier.wait()
        found.append(work(number))

    threads = [threading.Thread(target=run, args=(number,)) for number in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def test_of_several_writers_of_one_file_one_wins_and_nothing_is_mixed(tmp_path):
    path = tmp_path / "a" / "one.json"
    won = at_once(lambda number: write_new(path, str(number).encode() * 100_000))
    assert sorted(won) == [False] * 7 + [True]
    assert len(set(path.read_bytes())) == 1
    assert entries(path.parent) == [path]


def test_of_several_writers_of_one_folder_one_wins(tmp_path):
    folder = tmp_path / "v" / "one"
    won = at_once(lambda number: write_folder(folder, {"x": str(number).encode(), "y": str(number).encode()}))
    assert sorted(won) == [False] * 7 + [True]
    assert (folder / "x").read_bytes() == (folder / "y").read_bytes()
    assert entries(folder.parent) == [folder]


def test_what_breaks_off_leaves_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr("os.fsync", lambda handle: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(DataError, match="no space left on device: name another folder with --data"):
        write_new(tmp_path / "one.json", b"x")
    assert list(tmp_path.iterdir()) == []


def test_without_hard_links_a_file_is_still_written_once(tmp_path, monkeypatch):
    def refused(*_):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr("os.link", refused)
    assert write_new(tmp_path / "one", b"x")
    assert not write_new(tmp_path / "one", b"y")
    assert (tmp_path / "one").read_bytes() == b"x"


def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match=r"cannot write .*: name another folder with --data or FORECAST_DATA"):
        write_new(tmp_path / "file" / "one.json", b"x")


def test_a_removed_folder_is_gone_whole(tmp_path):
    write_folder(tmp_path / "v", {"x": b"1"})
    remove(tmp_path / "v")
    assert list(tmp_path.iterdir()) == []
