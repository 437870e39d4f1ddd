"""Inspect logs without their samples: a finished one is a score, sized or not; any other is refused with its status."""

import json

import pandas as pd
import pytest

from scale_forecast.data.errors import DataError
from scale_forecast.data.load import load
from scale_forecast.data.readers import read
from scale_forecast.data.readers.inspect_header import InspectHeader
from scale_forecast.resolvers.judge.evidence import Evidence
from scale_forecast.resolvers.questions.question import Question
from scale_forecast.resolvers.questions.resolve import resolve

LOG = json.loads(InspectHeader().example.data)


def write(folder, **changes):
    path = folder / "log.json"
    path.write_text(json.dumps(LOG | changes))
    return path


@pytest.mark.parametrize("model", ["openai/gpt-unsized", "acme/widget-70b"])
def test_a_finished_log_is_stored_and_judged_whether_its_model_has_a_size_or_not(tmp_path, model):
    tables = load([write(tmp_path, eval=LOG["eval"] | {"model": model})], several_sources=True)
    row = tables.results[tables.results["family"].isin(tables.own_families)].iloc[0]
    assert row["known_on"] == pd.Timestamp("2026-01-05"), "nobody states its release: the day of the run counts"
    assert row["known_basis"] == "run date"
    asked = Question.model_validate(
        {"id": "q", "title": "q", "opened": "2025-01-01", "resolve_by": "2026-12-31",
         "criterion": {"kind": "threshold", "task": row["task"], "score": 0.4}}
    )  # fmt: skip
    found = resolve(asked, Evidence(tables.results, tables.tasks, tables.metrics), as_of="2026-02-01")
    assert (found.status.value, found.known_on.isoformat()) == ("yes", "2026-01-05")


@pytest.mark.parametrize("status", ["cancelled", "error", "started"])
def test_a_run_that_did_not_finish_is_refused_with_its_status(tmp_path, status):
    with pytest.raises(DataError, match=f"did not finish .status '{status}'."):
        read([write(tmp_path, status=status)])


def test_a_finished_run_without_a_score_is_refused_with_its_status(tmp_path):
    with pytest.raises(DataError, match=r"holds no scores .status 'success'."):
        read([write(tmp_path, results={"total_samples": 0, "completed_samples": 0, "scores": []})])


def test_what_a_models_table_says_of_the_release_goes_before_the_day_of_the_run(tmp_path):
    models = tmp_path / "models.csv"
    models.write_text("model,released\nwidget-1b,2025-03-01\n")
    tables = load([write(tmp_path)], models=models)
    row = tables.results[tables.results["family"].isin(tables.own_families)].iloc[0]
    assert row["known_on"] == pd.Timestamp("2025-03-01")
