"""What the door would refuse does not come in by import, and is named where it stands in a ledger."""

import json

import pytest

from scale_forecast.data.errors import DataError
from scale_forecast.resolvers.ledger import open_ledger, read_export
from scale_forecast.resolvers.ledger.chain import GENESIS, check, digest
from scale_forecast.resolvers.ledger.rows import refusal, stored_entry
from tests.ledgers import fill


@pytest.fixture(scope="module")
def export(tmp_path_factory):
    with open_ledger(tmp_path_factory.mktemp("door") / "ledger.db") as ledger:
        fill(ledger, 10)
        return [json.loads(line) for line in ledger.export()]


def forge(export, table, **changes):
    """The export with the last entry of a table changed and the chain forged anew over it."""
    place = max(number for number, row in enumerate(export) if row["table"] == table)
    previous, lines = GENESIS, []
    for number, row in enumerate(export):
        entry = {**row, **(changes if number == place else {}), "previous_hash": previous}
        name = entry.pop("table")
        previous = entry["hash"] = digest(name, stored_entry(name, entry))
        lines.append(json.dumps({"table": name, **entry}))
    return lines


FORGED = [
    ("forecasts", {"question_id": "q", "probability": 7.0}, "probability 7, outside"),
    ("forecasts", {"question_id": "q", "probability": -0.1}, "outside"),
    ("forecasts", {"kind": "guess"}, "of kind 'guess'"),
    ("forecasts", {"made_at": "yesterday"}, "made_at 'yesterday' is not a time"),
    ("forecasts", {"made_at": "2031-01-01T00:00:00.000000Z"}, "after it is recorded"),
    ("forecasts", {"made_at": "2026-11-24T15:00:00+00:00"}, "made_at is not written as the ledger writes it"),
    ("forecasts", {"distribution": {"levels": [0.9, 0.1], "quantiles": [1, 2]}}, "a distribution that is not"),
    ("forecasts", {"distribution": [1, 2]}, "a distribution that is not"),
    ("forecasts", {"distribution": None}, "has no distribution"),
    ("resolutions", {"status": "maybe"}, "status 'maybe'"),
    ("resolutions", {"status": "number", "outcome": None}, "has no outcome"),
    ("resolutions", {"known_on": "last May"}, "known_on is 'last May'"),
    ("resolutions", {"question_id": None}, "has no question_id"),
    ("questions", {"definition": ["not", "fields"]}, "no mapping"),
    ("questions", {"recorded_at": "yesterday"}, "'yesterday', which is no time"),
]


@pytest.mark.parametrize(("table", "changes", "message"), FORGED)
def test_a_row_that_the_door_refuses_is_not_imported(export, tmp_path, table, changes, message):
    with open_ledger(tmp_path / "other.db") as ledger:
        with pytest.raises(DataError, match="does not verify") as error:
            ledger.load(forge(export, table, **changes))
        assert message in str(error.value)
        assert ledger.head().sequence == 0


@pytest.mark.parametrize(("table", "changes", "message"), FORGED)
def test_a_row_that_the_door_refuses_is_named_by_verify(export, table, changes, message):
    rows = [json.loads(line) for line in forge(export, table, **changes)]
    entries = [(row.pop("table"), row) for row in rows]
    stored = [(name, stored_entry(name, row)) for name, row in entries]
    assert check(stored).problems == () or "recorded_at" in changes
    assert any(message in problem for problem in check(stored, refusal=refusal).problems)


def test_what_the_door_takes_passes_it_again(export):
    assert len(read_export(json.dumps(row) for row in export)) == 10


def test_a_time_of_recording_that_runs_backwards_is_named(export):
    dated_back = forge(export, "resolutions", recorded_at="2026-11-24T14:59:59.000000Z")
    with pytest.raises(DataError, match="before an earlier entry"):
        read_export(dated_back)


def test_a_clock_that_is_behind_does_not_date_an_entry_before_the_last(tmp_path):
    from datetime import timedelta

    from tests.ledgers import AT, question_forecast

    with open_ledger(tmp_path / "ledger.db") as ledger:
        ledger.append_forecasts([question_forecast()], at=AT)
        ledger.append_forecasts([question_forecast()], at=AT - timedelta(hours=1))
        recorded, made = ledger.forecasts()["recorded_at"], ledger.forecasts()["made_at"]
        assert recorded[0] == recorded[1]
        assert made[1] == made[0] - timedelta(hours=1)
        assert ledger.verify().is_intact
