"""The bundled frontier tables mean what they say."""

import collections

import pandas as pd
import pytest

from scale_forecast.data.coverage import bundled_coverage
from scale_forecast.data.dates import Reading, earliest_day, known_days, latest_day
from scale_forecast.data.frontier import corrections, frontier_benchmarks, frontier_releases, frontier_scores
from scale_forecast.data.names import fold

SCORES, RELEASES, BENCHMARKS = frontier_scores(), frontier_releases(), frontier_benchmarks()
KEY = ["benchmark", "task", "metric", "evaluator", "version", "setting", "shots", "model"]


def scores_of(model, task, **columns):
    rows = SCORES[(SCORES["model"] == model) & (SCORES["task"] == task)]
    for column, value in columns.items():
        rows = rows[rows[column] == value]
    return rows["score"].round(4).tolist()


@pytest.mark.parametrize(
    ("model", "task", "columns", "score"),
    [
        ("GPT-4 (Mar 2023)", "MMLU", {"evaluator": "vendor-reported"}, 0.864),
        ("o1", "GPQA Diamond", {"evaluator": "vendor-reported", "version": "listed as GPQA"}, 0.78),
        ("o3 (preview Dec 2024)", "ARC-AGI-1", {"evaluator": "ARC Prize"}, 0.757),
        ("Claude 3.5 Sonnet (Oct 2024)", "SWE-bench Verified", {"evaluator": "vendor-reported"}, 0.49),
        ("Claude Opus 4.5", "SWE-bench Verified", {"evaluator": "vendor-reported"}, 0.809),
        ("Gemini 3 Pro", "GPQA Diamond", {"evaluator": "vendor-reported"}, 0.919),
        ("Gemini 3 Pro", "Humanity's Last Exam", {"evaluator": "vendor-reported"}, 0.375),
        ("o3", "METR time horizon 50%", {"version": "TH 1.1"}, 119.73),
        ("GPT-5", "METR time horizon 50%", {"version": "TH 1.1"}, 203.01),
    ],
)
def test_published_figures_stand_in_the_table(model, task, columns, score):
    assert scores_of(model, task, **columns) == [score]


def test_no_score_is_known_before_its_model_or_its_benchmark():
    born = SCORES["task"].map(BENCHMARKS.set_index("task")["released"])
    assert (SCORES["known_on"] >= SCORES["released"]).all()
    assert ((SCORES["known_on"] >= born) | born.isna()).all()
    assert (SCORES["seen_on"] >= SCORES["known_on"]).all()


def test_a_launch_is_the_launch_of_the_model():
    launch = SCORES["known_basis"] == "launch"
    assert (SCORES.loc[launch, "known_on"] == SCORES.loc[launch, "released"]).all()


def test_one_measurement_stands_once():
    assert not SCORES.duplicated(KEY).any()


def test_shares_are_shares_and_no_score_lies_above_a_ceiling():
    share = SCORES["metric"] == "accuracy"
    assert SCORES.loc[share, "score"].between(0, 1).all()
    ceiling = SCORES["task"].map(BENCHMARKS.set_index("task")["ceiling"])
    assert not (SCORES["score"] > ceiling).any()
    assert (BENCHMARKS["ceiling"].notna() == BENCHMARKS["ceiling_known_on"].notna()).all()


def test_every_name_leads_to_one_model():
    owners = collections.defaultdict(set)
    for model, aliases in zip(RELEASES["model"], RELEASES["aliases"].fillna(""), strict=True):
        for name in (model, *filter(None, aliases.split("; "))):
            owners[fold(name)].add(model)
    assert {name: models for name, models in owners.items() if len(models) > 1} == {}
    assert not [name for name in owners if name.endswith("latest")], "a rolling name stands for several in turn"


def test_scores_releases_and_benchmarks_speak_of_the_same_models_and_tasks():
    assert set(SCORES["model"]) == set(RELEASES["model"])
    assert set(SCORES["task"]) == set(BENCHMARKS["task"])
    assert (SCORES["released"] == SCORES["model"].map(RELEASES.set_index("model")["released"])).all()
    assert BENCHMARKS.set_index("task")["scores"].to_dict() == SCORES.groupby("task").size().to_dict()


def test_the_dated_reading_takes_only_days_of_publication_and_lies_between_the_bounds():
    dated = known_days(SCORES, Reading.DATED)
    bound = SCORES["known_basis"] == "not before"
    assert (dated[bound] == SCORES.loc[bound, "seen_on"]).all()
    assert (dated[~bound] == SCORES.loc[~bound, "known_on"]).all()
    assert ((earliest_day(SCORES) <= dated) & (dated == latest_day(SCORES))).all()


def test_coverage_names_tasks_that_the_table_has_and_claims_nothing_after_its_newest_model():
    for row in bundled_coverage().itertuples():
        if row.covers == "leaders":
            rows = SCORES[(SCORES["task"] == row.task) & (SCORES["evaluator"] == row.evaluator)]
            assert row.complete_until <= rows["released"].max() < row.seen_on, row.task


def test_every_correction_says_why():
    table = corrections()
    assert len(table) > 100
    assert (table[["file", "rows", "column", "why"]] != "").all().all()
    assert set(table["file"]) <= {"scores.csv", "releases.csv", "benchmarks.csv"}


def test_dates_are_days():
    for table, columns in ((SCORES, ["released", "known_on", "seen_on"]), (RELEASES, ["released"])):
        for column in columns:
            assert pd.api.types.is_datetime64_any_dtype(table[column])
            assert table[column].notna().all()
