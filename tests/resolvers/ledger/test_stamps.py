"""A dated list of heads betrays a ledger that was rewritten, cut off or exchanged since."""

import pytest
from click.testing import CliRunner

from scale_forecast.commands import main
from scale_forecast.data.errors import DataError
from scale_forecast.resolvers.ledger import open_ledger, read_stamps
from tests.ledgers import fill


@pytest.fixture
def stamped(tmp_path):
    """A ledger whose head was stamped after five entries and after nine; yields its path and the list's."""
    path, stamps = tmp_path / "ledger.db", tmp_path / "heads.txt"
    for _ in range(2):
        with open_ledger(path) as ledger:
            fill(ledger, 5)
        assert run("head", "--stamp", stamps, "--ledger", path).exit_code == 0
    return path, stamps


def run(*words):
    return CliRunner().invoke(main, ["ledger", *map(str, words)])


def test_every_stamp_stands_in_a_ledger_that_grew(stamped):
    path, stamps = stamped
    assert [stamp.sequence for stamp in read_stamps(stamps)] == [5, 9]
    with open_ledger(path) as ledger:
        fill(ledger, 5)
    result = run("verify", "--stamp", stamps, "--ledger", path)
    assert result.exit_code == 0
    assert "2 stamped heads" in result.stderr


def test_another_ledger_is_betrayed_and_gets_no_stamp(stamped, tmp_path):
    _, stamps = stamped
    other, before = tmp_path / "other.db", stamps.read_text()
    with open_ledger(other) as ledger:
        fill(ledger, 10)  # begins as the first did
        assert ledger.verify().is_intact
    verified = run("verify", "--stamp", stamps, "--ledger", other)
    assert verified.exit_code == 1
    assert "entry 9 is no longer what it was" in verified.output
    assert "entry 5" not in verified.output
    refused = run("head", "--stamp", stamps, "--ledger", other)
    assert refused.exit_code == 1
    assert "no stamp was added" in refused.stderr
    assert stamps.read_text() == before


def test_a_stamp_from_before_the_entry_was_recorded_is_named(stamped):
    path, stamps = stamped
    first, second = read_stamps(stamps)
    stamps.write_text(f"2020-01-01T00:00:00.000000Z 5 {first.hash}\n{second.at} 9 {second.hash}\n")
    assert "after it was stamped on 2020-01-01" in run("verify", "--stamp", stamps, "--ledger", path).output


@pytest.mark.parametrize("line", ["hello", "2026-11-24 5 " + "0" * 64, "2026-11-24T15:00:00.000000Z 5 abc"])
def test_a_line_that_is_no_stamp_is_named(tmp_path, line):
    stamps = tmp_path / "heads.txt"
    stamps.write_text(f"{line}\n")
    with pytest.raises(DataError, match="line 1 is no stamp"):
        read_stamps(stamps)


def test_an_empty_list_proves_nothing_and_is_refused(stamped, tmp_path):
    path, _ = stamped
    (tmp_path / "none.txt").touch()
    result = run("verify", "--stamp", tmp_path / "none.txt", "--ledger", path)
    assert result.exit_code == 1
    assert "holds no stamps" in result.stderr
