"""How a user's rows join the bundled tables: nothing counts twice, nothing bundled moves, days keep their bounds."""

import pandas as pd
import pytest

from scale_forecast.data.dates import LOWER_BOUND, known_days
from scale_forecast.data.frontier import bundled_frontier_tables, corrections, frontier_results, frontier_scores
from scale_forecast.data.own.world import BY_HAND, OWN_COLUMNS, join_own

FETCHED = pd.Timestamp("2026-11-30")
BUNDLED = frontier_scores()


def rows(**columns):
    """One fetched row, changed as told."""
    row = {
        "benchmark": "GPQA Diamond", "task": "GPQA Diamond", "metric": "accuracy", "evaluator": "Epoch AI",
        "evaluator_kind": "epoch", "model": "zorg-7", "organisation": "Zorg", "released": "2026-11-01",
        "known_on": "2026-11-10", "known_basis": "run date", "seen_on": FETCHED, "score": 0.5, "source": "s",
        "dataset": "epoch 2026-11-30", **columns,
    }  # fmt: skip
    return pd.DataFrame([row]).reindex(columns=OWN_COLUMNS)


def new_of(own):
    """What the joined table has beside the bundled rows, which stand untouched."""
    scores = join_own(own, "own").scores
    pd.testing.assert_frame_equal(scores.iloc[: len(BUNDLED)][BUNDLED.columns], BUNDLED, check_dtype=False)
    return scores.iloc[len(BUNDLED) :].reset_index(drop=True)


def test_without_rows_the_bundled_tables_are_given_themselves():
    assert join_own(rows().iloc[:0], "none") is bundled_frontier_tables()


def test_the_bundled_table_fetched_again_changes_no_row():
    again = BUNDLED.join(bundled_frontier_tables().releases.set_index("model")["organisation"], on="model")
    found = join_own(again.assign(seen_on=FETCHED, dataset="epoch 2026-11-30").reindex(columns=OWN_COLUMNS), "own")
    assert found.scores is BUNDLED
    assert found.results() is frontier_results()


def test_a_score_under_another_name_setting_and_rounding_counts_once():
    bundled = BUNDLED[(BUNDLED["task"] == "GPQA Diamond") & (BUNDLED["evaluator"] == "Epoch AI")].iloc[-1]
    same = {"model": bundled["model"].upper(), "setting": "effort unheard of", "score": bundled["score"] + 4e-4}
    assert new_of(rows(**same, known_on=bundled["known_on"])).empty
    assert len(new_of(rows(**{**same, "score": bundled["score"] + 6e-3}, known_on=bundled["known_on"]))) == 1


def test_a_snapshot_named_with_its_day_is_the_release_of_that_day():
    (row,) = new_of(rows(model="gpt-5.2-2025-12-11", released="2025-12-11")).to_dict("records")
    assert row["model"] == "GPT-5.2"
    (row,) = new_of(rows(model="gpt-5.2-2026-09-11", released="2026-09-11")).to_dict("records")
    assert row["model"] == "gpt-5.2-2026-09-11"


def test_a_new_model_and_a_new_benchmark_are_described_as_far_as_the_row_says():
    found = join_own(rows(benchmark="zorgbench", task="zorgbench", metric="elo", score=1400.0), "own")
    model = found.releases.iloc[-1]
    assert (model["model"], model["organisation"], model["released"]) == ("zorg-7", "Zorg", pd.Timestamp("2026-11-01"))
    assert found.benchmarks.iloc[-1][["task", "unit", "higher_is_better"]].tolist() == ["zorgbench", "Elo", True]
    assert "zorgbench" in set(found.tasks()["task"])
    assert "zorg-7" in set(found.results()["model"])


def test_a_row_that_is_only_not_before_a_day_enters_the_dated_past_when_it_was_seen():
    row = new_of(rows(known_on="2026-11-10", known_basis=LOWER_BOUND))
    assert known_days(row).tolist() == [FETCHED]


def test_a_run_counts_from_its_day_only_where_nobody_had_looked_since():
    """The bundled tables were last compiled in August 2026: a run of March that is not in them came later."""
    assert known_days(new_of(rows(known_on="2026-11-10"))).tolist() == [pd.Timestamp("2026-11-10")]
    assert known_days(new_of(rows(known_on="2026-03-10", model="o3"))).tolist() == [FETCHED]
    looked = rows(known_on="2026-11-10", looked_on=pd.Timestamp("2026-11-20"))
    assert known_days(new_of(looked)).tolist() == [FETCHED]


def test_another_score_of_the_same_thing_stands_beside_the_bundled_one_from_the_day_it_was_seen():
    bundled = BUNDLED[(BUNDLED["task"] == "GPQA Diamond") & (BUNDLED["evaluator"] == "Epoch AI")].iloc[-1]
    alike = {name: bundled[name] for name in ("model", "version", "setting", "shots", "known_on")}
    row = new_of(rows(**alike, score=bundled["score"] + 0.02))
    assert row["setting"].str.contains("as listed").all()
    assert known_days(row).tolist() == [FETCHED]
    assert join_own(rows(**alike, score=bundled["score"] + 0.02), "own").results() is not None  # no key stands twice


def test_no_day_is_outside_its_bounds():
    early = new_of(rows(known_on="2026-10-01"))
    late = new_of(rows(known_on="2027-02-01"))
    none = new_of(rows(known_on=None, known_basis=None))
    assert early["known_on"].tolist() == [pd.Timestamp("2026-11-01")]  # not before the model is out
    assert late["known_on"].tolist() == [FETCHED]
    assert none[["known_on", "known_basis"]].values.tolist() == [[pd.Timestamp("2026-11-01"), LOWER_BOUND]]


def test_what_a_correction_took_out_or_moved_does_not_come_back():
    table = corrections()
    out = table[(table["column"] == "(row)") & (table["rows"] == "GSM8K: Claude Instant 1.1")]
    assert len(out) == 1
    gone = rows(benchmark="GSM8K", task="GSM8K", model="Claude Instant 1.1", score=0.123, released="2023-07-11")
    assert new_of(gone).empty
    moved = BUNDLED[BUNDLED["model"] == "GPT-3 175B"].iloc[0]
    old = {"model": "InstructGPT 175B", "released": "2022-01-27", "score": moved["score"], "metric": moved["metric"]}
    assert new_of(rows(benchmark=moved["benchmark"], task=moved["task"], **old)).empty


def test_a_score_by_hand_that_is_fetched_later_counts_once_and_from_the_users_day():
    mine = rows(dataset=BY_HAND, known_on="2026-11-05", known_basis="listing date")
    found = new_of(pd.concat([mine, rows(known_basis=LOWER_BOUND, evaluator="Zorg")], ignore_index=True))
    assert found["dataset"].tolist() == [BY_HAND]


def test_two_settings_of_one_fetching_with_one_score_both_stand():
    two = pd.concat([rows(setting="effort high"), rows(setting="effort low")], ignore_index=True)
    assert len(new_of(two)) == 2


@pytest.mark.parametrize("missing", ["released", "organisation"])
def test_a_model_of_which_little_is_known_is_kept_and_enters_nothing_by_date_without_a_day(missing):
    found = join_own(rows(**{missing: None}), "own")
    assert "zorg-7" in set(found.results()["model"])
    assert ("zorg-7" in set(found.releases["model"])) is (missing != "released")
