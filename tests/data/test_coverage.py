"""Silence is evidence only where a source says that a row would be there."""

import datetime as dt

import pandas as pd
import pytest

from scale_forecast.data.coverage import as_coverage, bundled_coverage, own_coverage, silence_until
from scale_forecast.data.errors import DataError


def coverage(**columns):
    """One source of leaders of GPQA Diamond, complete until the end of July 2026 and seen on 11 August."""
    row = {
        "source": "index",
        "benchmark": "GPQA Diamond",
        "task": "GPQA Diamond",
        "covers": "leaders",
        "complete_until": "2026-07-31",
        "seen_on": "2026-08-11",
    }
    return as_coverage(pd.DataFrame([{**row, **columns}]))


GPQA = {"benchmark": "GPQA Diamond", "task": "gpqa-diamond"}


def test_a_list_of_leaders_speaks_about_everybody_until_sixty_days_before_it_was_seen():
    table = coverage()
    assert silence_until(table, **GPQA) == (dt.date(2026, 6, 12), "index")


def test_a_list_of_leaders_speaks_of_no_day_after_it_is_complete():
    assert silence_until(coverage(complete_until="2026-03-01"), **GPQA)[0] == dt.date(2026, 3, 1)


@pytest.mark.parametrize("asked", [{"evaluator": "OpenAI"}, {"version": "2"}, {"task": "GPQA main"}])
def test_a_source_says_nothing_of_what_was_measured_otherwise(asked):
    table = coverage(evaluator="Epoch AI", version="1")
    assert silence_until(table, **{**GPQA, **asked}) is None
    assert silence_until(table, evaluator="epoch ai", **GPQA) == (dt.date(2026, 6, 12), "index")


def test_models_that_somebody_chose_to_run_are_evidence_of_nothing():
    table = coverage(covers="list")
    assert silence_until(table, **GPQA) is None
    assert silence_until(table, family="GPT", **GPQA) is None


def test_families_are_covered_by_name_and_nobody_else_is():
    table = coverage(covers="families", families="Pythia;GPT-3")
    assert silence_until(table, family="gpt 3", **GPQA) == (dt.date(2026, 7, 31), "index")
    assert silence_until(table, family="GPT", **GPQA) is None
    assert silence_until(table, **GPQA) is None


def test_a_users_file_covers_its_own_families_until_its_newest_day():
    rows = pd.DataFrame(
        {
            "benchmark": "user",
            "family": ["Widget", "Widget", "Gadget"],
            "known_on": pd.to_datetime(["2025-01-01", "2025-03-01", None]),
        }
    )
    table = own_coverage(rows, "mine.csv")
    asked = {"benchmark": "user", "task": "any"}
    assert silence_until(table, family="widget", benchmark="MMLU", task="any") is None
    assert silence_until(table, family="widget", **asked) == (dt.date(2025, 3, 1), "mine.csv")
    assert silence_until(table, family="Gadget", **asked) is None  # no row of it has a day
    assert silence_until(table, **asked) is None
    assert own_coverage(rows[2:], "mine.csv").empty


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"covers": "everything"}, "covers 'everything' is none of families, leaders, list"),
        ({"complete_until": "soon"}, "complete_until 'soon' is not a date"),
        ({"covers": "families"}, "'index' covers families and names none"),
        ({"covres": "list"}, r"unknown column 'covres' \(did you mean 'covers'\?\)"),
        ({"source": None}, "every row of a coverage table needs source"),
    ],
)
def test_a_coverage_table_that_means_nothing_is_refused(columns, message):
    with pytest.raises(DataError, match=message):
        coverage(**columns)


def test_every_bundled_source_of_scaling_tables_covers_families_and_a_list_covers_none():
    table = bundled_coverage()
    assert (table.loc[table["covers"] == "families", "families"] != "").all()
    assert (table.loc[table["covers"] != "families", "families"] == "").all()
    assert (table["seen_on"] >= table["complete_until"]).all()
    assert silence_until(table, benchmark="MMLU", task="astronomy", family="GPT-4") is None
    assert silence_until(table, benchmark="MMLU", task="astronomy", family="Pythia") == (dt.date(2023, 4, 3), "pythia")
    assert silence_until(table, benchmark="HLE", task="HLE", family="Pythia") is None, "Pythia has no row of it"
    assert silence_until(table, benchmark="GPQA Diamond", task="GPQA Diamond")[1] == "Epoch AI index"
    assert silence_until(table, benchmark="HLE", task="HLE") is None, "nobody lists its leaders"
