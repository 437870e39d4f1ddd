"""The frontier tables stand beside the scaling tables, and never in them."""

import pandas as pd
import pytest

from scale_forecast.data.frontier import frontier_results, frontier_scores
from scale_forecast.data.load import load
from scale_forecast.data.results import KEY, UNIT, as_results, has_size, unit_names
from scale_forecast.inputs.panel import as_panel
from scale_forecast.resolvers.judge.evidence import Evidence
from scale_forecast.resolvers.questions.question import Question
from scale_forecast.resolvers.questions.resolve import resolve


def test_forecasts_by_scale_are_given_no_row_of_the_frontier():
    frontier = set(frontier_scores()["source"])
    assert not set(load().results["source"]) & frontier
    assert set(load(frontier=True).results["source"]) >= frontier


def test_no_score_of_the_frontier_is_of_a_base_model_unless_its_setting_says_so():
    rows = frontier_results()
    base = rows["tuning"] == "base"
    assert rows.loc[base, "setting"].str.startswith("base").all()
    assert (rows["organisation"].notna() & rows["evaluator"].notna()).all()


def two_runs(**columns):
    """One model on one task, run by two evaluators, of no known size."""
    rows = {"benchmark": "b", "task": "t", "model": "m", "score": [0.5, 0.6], "released": "2025-01-01", **columns}
    return as_results(pd.DataFrame(rows))


@pytest.mark.parametrize("column", ["evaluator", "version", "setting"])
def test_who_ran_it_which_release_and_what_setting_are_part_of_the_key(column):
    rows = two_runs(**{column: ["one", "another"]})
    assert len(rows.drop_duplicates(KEY)) == 2
    with pytest.raises(Exception, match="repeats the key"):
        two_runs(**{column: ["one", "One"]})


def test_a_plain_row_is_named_as_ever_and_a_setting_adds_to_the_name():
    plain, run = unit_names(two_runs(evaluator=[None, "x"]))
    assert (len(plain), len(run)) == (5, 6)
    assert run[-1] == "x"
    assert len(UNIT) == 8


def test_a_model_without_a_size_is_kept_and_goes_into_no_forecast_by_scale():
    rows = two_runs(evaluator=["a", "b"], params=[7e9, None], model=["m-7b", "secret"])
    assert has_size(rows).tolist() == [True, False]
    tables = load()
    assert as_panel(rows, tables.tasks, tables.metrics).rows["model"].tolist() == ["m-7b"]


def test_what_goes_by_size_says_what_it_goes_without(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text(
        "task,model,params,score\nt,a-1b,1e9,0.3\nt,a-7b,7e9,0.4\nt,secret,,0.9\nu,secret,,0.1\nu,a-1b,,0.2\n"
    )
    said = [note for note in load([path]).notes if "size" in note]
    assert said == [
        "2 scores of 1 model without a known size (secret) left out of what goes by size, "
        "among them the best score on t; give params in --models"
    ]
    assert [note for note in load([path], by_size=False).notes if "size" in note] == []


def question(**scope):
    return Question.model_validate(
        {
            "id": "q",
            "title": "q",
            "criterion": {"kind": "threshold", "task": "t", "score": 0.55},
            "scope": scope,
            "opened": "2025-01-01",
            "resolve_by": "2025-06-30",
        }
    )


def evidence(**columns):
    tables = load()
    return Evidence(two_runs(**columns), tables.tasks, tables.metrics)


def test_a_question_takes_evaluator_version_setting_and_organisation():
    rows = evidence(evaluator=["Epoch AI", "the vendor"], organisation=["Acme", "Acme"], setting=["effort high", None])
    asked = [
        {"evaluator": "epoch-ai"},
        {"evaluator": "the vendor"},
        {"setting": "effort high"},
        {"organisation": "acme"},
    ]
    found = [resolve(question(**scope), rows, as_of="2025-06-01").status.value for scope in asked]
    assert found == ["open", "yes", "open", "yes"]


def test_the_judge_is_sure_only_where_both_bounds_of_a_day_agree():
    bounds = {"known_on": "2025-03-01", "known_basis": "not before", "seen_on": "2025-09-01"}
    rows = evidence(evaluator=["a", "b"], **bounds)
    found = resolve(question(), rows, as_of="2025-12-01")
    assert found.status.value == "open"
    assert "yes if public by 2025-06-30" in found.reason
    assert "not before 2025-03-01" in found.reason
    seen = evidence(evaluator=["a", "b"], **{**bounds, "seen_on": "2025-05-01"})
    assert resolve(question(), seen, as_of="2025-12-01").known_on.isoformat() == "2025-05-01"
    launch = evidence(evaluator=["a", "b"], **{**bounds, "known_basis": "launch"})
    assert resolve(question(), launch, as_of="2025-12-01").known_on.isoformat() == "2025-03-01"
