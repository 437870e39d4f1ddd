"""Settling score forecasts, and the track record: what is compared, what is averaged, what is left out."""

import shutil
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from scale_forecast.data.errors import DataError, UsageError
from scale_forecast.data.results import as_results
from scale_forecast.resolvers.ledger import open_ledger
from scale_forecast.resolvers.questions.settle import settle_scores
from scale_forecast.resolvers.scores import record
from scale_forecast.resolvers.scores.peer import peer_score
from tests.ledgers import AT, question_forecast, score_forecast


@pytest.fixture(scope="module")
def empty(tmp_path_factory):
    """A new ledger, which takes longer to make than to copy."""
    path = tmp_path_factory.mktemp("ledger") / "empty.db"
    open_ledger(path).close()
    return path


@pytest.fixture
def ledger(empty, tmp_path):
    shutil.copy(empty, tmp_path / "ledger.db")
    with open_ledger(tmp_path / "ledger.db") as opened:
        yield opened


def made(year, month=1):
    return datetime(year, month, 1, tzinfo=UTC)


def scored(ledger, **options):
    every = options.pop("every", True)
    return record.score_record(ledger.forecasts(), ledger.resolutions(), ledger.questions(), every=every, **options)


def results(**changes):
    row = {
        "benchmark": "MMLU",
        "task": "task 0",
        "metric": "accuracy",
        "shots": 5,
        "prompt": "direct",
        "model": "PaLM 540B",
        "params": 540e9,
        "score": 0.61,
        "n_examples": 100,
        "known_on": "2022-04-05",
        "source": "a paper",
    }
    return as_results(pd.DataFrame([row | changes]))


# --- settling


@pytest.mark.parametrize(
    ("changes", "as_of", "status"),
    [
        ({}, "2022-04-05", "number"),
        ({}, "2022-04-04", "open"),
        ({"known_on": None}, "2022-04-05", "open"),
        ({"model": "palm_540b", "task": "TASK-0", "benchmark": "mmlu"}, "2023-01-01", "number"),
        ({"shots": 0}, "2023-01-01", "open"),
        ({"prompt": "cot"}, "2023-01-01", "open"),
        ({"model": "PaLM 62B"}, "2023-01-01", "open"),
        ({"checkpoint": "step1000"}, "2023-01-01", "open"),
    ],
)
def test_a_score_forecast_is_settled_by_its_own_score_once_public(ledger, changes, as_of, status):
    ledger.append_forecasts([score_forecast(0)], at=AT)
    settled = settle_scores(ledger.forecasts(), results(**changes), as_of=as_of).iloc[0]
    assert settled["status"] == status
    assert (settled["outcome"] == 0.61) == (status == "number")


@pytest.mark.parametrize(
    ("changes", "status", "said"),
    [
        ({"model": "PaLM (final)"}, "number", "taken for PaLM (final), the model of PaLM of that size"),
        ({"model": "PaLM 550B", "params": 550e9}, "number", "taken for PaLM 550B"),
        ({"model": "PaLM 560B", "params": 560e9}, "open", "near misses, which settle nothing: PaLM 560B at 0.61"),
        ({"model": "LaMDA", "family": "LaMDA"}, "open", "no score was public by 2023-01-01"),
        (
            {"model": "PaLM-54OB", "family": None, "params": None},
            "open",
            "near misses, which settle nothing: PaLM-54OB",
        ),
        ({"prompt": "cot"}, "open", "near misses, which settle nothing: PaLM 540B at 0.61 (cot, 5-shot)"),
    ],
)
def test_a_model_under_another_name_is_known_by_family_and_size_and_near_misses_are_only_named(
    ledger, changes, status, said
):
    ledger.append_forecasts([score_forecast(0, family="PaLM")], at=AT)
    found = results(**{"family": "PaLM", "params": 540e9, **changes})
    settled = settle_scores(ledger.forecasts(), found, as_of="2023-01-01").iloc[0]
    assert settled["status"] == status
    assert said in settled["reason"]


def test_two_models_of_one_family_and_size_settle_nothing(ledger):
    """Which of them was meant is a person's to say; under its own name it settles."""
    ledger.append_forecasts([score_forecast(0, family="PaLM")], at=AT)
    both = pd.concat(
        [results(family="PaLM", params=540e9, model=name) for name in ("PaLM base", "PaLM chat")], ignore_index=True
    )
    settled = settle_scores(ledger.forecasts(), both, as_of="2023-01-01").iloc[0]
    assert settled["status"] == "open"
    assert "PaLM base" in settled["reason"]
    assert "PaLM chat" in settled["reason"]


def test_a_score_forecast_of_one_evaluator_is_settled_by_that_evaluator_alone(ledger):
    ledger.append_forecasts([{**score_forecast(0), "details": {"evaluator": "Epoch AI"}}], at=AT)
    for evaluator, status in (("Epoch AI", "number"), ("vendor-reported", "open"), (None, "open")):
        found = settle_scores(ledger.forecasts(), results(evaluator=evaluator), as_of="2023-01-01")
        assert found["status"].tolist() == [status], evaluator


def test_forecasts_that_differ_by_evaluator_alone_are_not_settled_by_one_score(ledger):
    ledger.append_forecasts(
        [{**score_forecast(0), "details": {"evaluator": name}} for name in ("Epoch AI", "vendor-reported")], at=AT
    )
    found = settle_scores(ledger.forecasts(), results(evaluator="Epoch AI"), as_of="2023-01-01")
    assert found["status"].tolist() == ["open", "open"]
    assert "several evaluators" in found["reason"].iloc[0]


def test_sources_that_disagree_on_a_score_settle_nothing(ledger):
    ledger.append_forecasts([score_forecast(0)], at=AT)
    other = results(source="another", known_on="2022-06-01")
    both = pd.concat([results(), other.assign(score=0.7)], ignore_index=True)
    settled = settle_scores(ledger.forecasts(), both, as_of="2023-01-01").iloc[0]
    assert settled["status"] == "ambiguous"
    assert settled["reason"] == "the sources disagree: 0.61 (a paper), 0.7 (another)"
    assert settle_scores(ledger.forecasts(), both, as_of="2022-05-01").iloc[0]["status"] == "number"
    agreeing = pd.concat([results(), other], ignore_index=True)
    assert settle_scores(ledger.forecasts(), agreeing, as_of="2023-01-01").iloc[0]["known_on"] == pd.Timestamp(
        "2022-04-05"
    )


def test_a_settled_score_goes_into_the_ledger_with_its_evidence_once(ledger):
    ledger.append_forecasts([score_forecast(0), score_forecast(0), score_forecast(1), question_forecast()], at=AT)
    settled = settle_scores(ledger.forecasts(), results(), as_of="2023-01-01")
    assert settled["status"].tolist() == ["number", "open"]
    rows = settled[settled["status"] == "number"].to_dict("records")
    assert len(ledger.append_resolutions(rows, at=AT)) == 1
    assert ledger.append_resolutions(rows, at=AT) == []
    row = ledger.resolutions().iloc[0]
    assert row["reason"] == "scored 0.61, public since 2022-04-05 (a paper)"
    assert row["evidence"][0]["source"] == "a paper"
    assert row["known_on"] == pd.Timestamp("2022-04-05")


def test_nothing_recorded_settles_nothing(ledger):
    assert settle_scores(ledger.forecasts(), results(), as_of="2023-01-01").empty


# --- scoring


def test_probabilities_and_distributions_are_scored_by_their_rules(ledger):
    ledger.append_forecasts([question_forecast(0, probability=0.8), score_forecast(0)], at=AT)
    subject = {name: score_forecast(0)[name] for name in ("benchmark", "task", "metric", "shots", "prompt", "model")}
    ledger.append_resolutions([{"question_id": "question-0", "status": "yes"}], at=AT)
    ledger.append_resolutions([{**subject, "status": "number", "outcome": 0.6}], at=AT)
    question, score = scored(ledger).to_dict("records")
    assert question["brier"] == pytest.approx(0.04)
    assert question["log_score"] == pytest.approx(-np.log(0.8))
    assert question["baseline"] == pytest.approx(100 * np.log(1.6) / np.log(2))
    assert question["subject"] == "question-0"
    # pinball losses at 0.1, 0.5, 0.9 of quantiles 0.3, 0.5, 0.8 for 0.6; the levels stand for 0.3, 0.4 and 0.3 of all
    assert score["crps"] == pytest.approx(2 * (0.03 * 0.3 + 0.05 * 0.4 + 0.02 * 0.3))
    assert (score["abs_error"], score["pit"]) == pytest.approx((0.1, 0.5 + 0.4 / 3))
    assert score["subject"] == "MMLU/task 0/accuracy/5/direct of PaLM 540B"
    assert np.isnan(score["brier"])
    assert np.isnan(question["crps"])


@pytest.mark.parametrize("status", ["open", "ambiguous", "annulled"])
def test_what_did_not_settle_is_not_scored(ledger, status):
    ledger.append_forecasts([question_forecast(0), question_forecast(1)], at=AT)
    ledger.append_resolutions([{"question_id": "question-0", "status": status}], at=AT)
    assert scored(ledger).empty
    assert record.summarise(scored(ledger)).empty
    assert record.calibration(scored(ledger)).empty


def test_a_corrected_resolution_changes_the_scores(ledger):
    ledger.append_forecasts([question_forecast(0, probability=0.9)], at=AT)
    ledger.append_resolutions([{"question_id": "question-0", "status": "yes"}], at=AT)
    assert scored(ledger)["brier"].tolist() == pytest.approx([0.01])
    ledger.append_resolutions([{"question_id": "question-0", "status": "no"}], at=AT)
    assert scored(ledger)["brier"].tolist() == pytest.approx([0.81])
    ledger.append_resolutions([{"question_id": "question-0", "status": "annulled"}], at=AT)
    assert scored(ledger).empty


def test_each_forecaster_stands_by_the_last_forecast_made_not_the_last_recorded(ledger):
    for probability, year in ((0.6, 2023), (0.9, 2024), (0.1, 2022)):
        ledger.append_forecasts([question_forecast(0, probability=probability, made_at=made(year))], at=AT)
    ledger.append_resolutions([{"question_id": "question-0", "status": "yes", "known_on": "2023-06-01"}], at=AT)
    assert scored(ledger, every=False)["probability"].tolist() == [0.9]
    assert scored(ledger, every=False, said=["claimed"])["probability"].tolist() == [0.6]
    assert scored(ledger, every=True)["probability"].tolist() == [0.6, 0.9, 0.1]


def test_only_what_the_ledger_recorded_in_time_is_ahead(ledger):
    """A time that anybody can write is a claim; a question written after the fact makes no forecast at all."""
    known = datetime(2024, 6, 1, tzinfo=UTC)
    for who, made_at, at in (
        ("ledger", made(2023), known - timedelta(seconds=1)),
        ("midnight", made(2023), known),
        ("import", made(2023), AT),
        ("late", made(2025), AT),
    ):
        ledger.append_forecasts([question_forecast(0, forecaster=who, made_at=made_at)], at=at)
    definition = {"criterion": {"kind": "threshold"}, "retrospective": True}
    written = {"question_id": "question-1", "definition": definition}
    ledger.append_questions([written], at=AT)
    ledger.append_forecasts([question_forecast(1, forecaster="hindsight", made_at=made(2023))], at=AT)
    settled = [{"question_id": f"question-{n}", "status": "yes", "known_on": "2024-06-01"} for n in (0, 1)]
    ledger.append_resolutions(settled, at=AT)
    rows = record.score_record(ledger.forecasts(), ledger.resolutions(), ledger.questions(), every=True)
    assert dict(zip(rows["forecaster"], rows["said"], strict=True)) == {
        "ledger": "ahead",
        "midnight": "claimed",
        "import": "claimed",
        "late": "late",
        "hindsight": "in retrospect",
    }
    assert scored(ledger, said=["ahead"])["forecaster"].tolist() == ["ledger"]
    table = record.summarise(rows, by=["said"]).set_index("said")
    assert table["ahead"].to_dict() == {"ahead": 1.0, "claimed": 1.0, "late": 0.0, "in retrospect": 0.0}


def test_who_gave_nothing_to_what_happened_has_a_peer_score(ledger):
    """Level with others who gave nothing, infinitely behind one who gave something: once both were not a number."""
    given = {"zero": 0.0, "nil": 0.0, "some": 0.5}
    rows = [question_forecast(0, forecaster=who, predictor=None, probability=p) for who, p in given.items()]
    ledger.append_forecasts(rows, at=AT)
    ledger.append_forecasts([{**row, "question_id": "question-1"} for row in rows[:2]], at=AT)
    ledger.append_resolutions([{"question_id": f"question-{n}", "status": "yes"} for n in (0, 1)], at=AT)
    table = scored(ledger).set_index(["subject", "forecaster"])["peer"]
    assert table["question-0"].to_dict() == {"zero": -np.inf, "nil": -np.inf, "some": np.inf}
    assert table["question-1"].to_dict() == {"zero": 0.0, "nil": 0.0}
    assert peer_score([0.0, 0.0, 0.5]).tolist() == [-np.inf, -np.inf, np.inf]
    assert peer_score([0.0, 0.0]).tolist() == [0.0, 0.0]


def crowd(ledger, questions=40, seed=0):
    """ada knows the chances, bob exaggerates them, and cy says a half; the outcomes follow the chances."""
    rng = np.random.default_rng(seed)
    rows, settled = [], []
    for number in range(questions):
        chance = rng.uniform(0.05, 0.95)
        exaggerated = chance**4 / (chance**4 + (1 - chance) ** 4)
        said = {"ada": chance, "bob": exaggerated, "cy": 0.5}
        rows += [question_forecast(number, forecaster=who, predictor=None, probability=p) for who, p in said.items()]
        settled.append({"question_id": f"question-{number}", "status": "yes" if rng.uniform() < chance else "no"})
    ledger.append_forecasts(rows, at=AT)
    ledger.append_resolutions(settled, at=AT)


def test_the_summary_ranks_forecasters_and_compares_them_with_chance_base_rate_and_crowd(ledger):
    crowd(ledger, questions=400)
    rows = scored(ledger)
    table = record.summarise(rows, by=["forecaster"]).set_index("forecaster")
    assert table["brier"].idxmin() == "ada"
    assert table.loc["cy", "brier"] == 0.25
    assert table.loc["cy", "skill_chance"] == 0
    assert table["peer"].sum() == pytest.approx(0, abs=1e-6)
    assert table.loc["ada", "peer"] == table["peer"].max()
    assert table.loc["bob", "miscalibration"] > 2 * table.loc["ada", "miscalibration"]
    assert table.loc["bob", "spiegelhalter_p"] < 0.001 < table.loc["ada", "spiegelhalter_p"]
    ada = rows[rows["forecaster"] == "ada"]
    others = rows[rows["forecaster"] != "ada"].groupby("subject")["probability"].mean().loc[ada["subject"]]
    theirs = ((others.to_numpy() - ada["outcome"]) ** 2).mean()
    assert table.loc["ada", "skill_crowd"] == pytest.approx(1 - ada["brier"].mean() / theirs)
    base = ada["outcome"].mean()
    assert table.loc["ada", "skill_base_rate"] == pytest.approx(1 - ada["brier"].mean() / (base * (1 - base)))


def said(ledger, **forecasts):
    """One question, settled yes, on which each said something, and when."""
    rows = [
        question_forecast(0, forecaster=w.replace("_", ":"), probability=p, made_at=m)
        for w, (p, m) in forecasts.items()
    ]
    ledger.append_forecasts(rows, at=AT)
    ledger.append_resolutions([{"question_id": "question-0", "status": "yes"}], at=AT)
    return scored(ledger).set_index("forecaster")


def test_peers_at_one_moment_have_the_peer_scores_of_metaculus(ledger):
    table = said(ledger, a=(0.2, AT), b=(0.5, AT), c=(0.9, AT))
    assert table["peer"].to_numpy() == pytest.approx(peer_score([0.2, 0.5, 0.9]))
    assert table["crowd"].to_numpy() == pytest.approx([0.3**2, 0.45**2, 0.65**2])


def test_nobody_is_compared_with_what_was_said_later(ledger):
    table = said(ledger, early=(0.4, made(2023)), late=(0.9, made(2024)))
    assert np.isnan(table.loc["early", "crowd"])
    assert table.loc["early", "peer"] == 0
    assert table.loc["late", "crowd"] == pytest.approx(0.6**2)


def test_a_crowd_on_record_is_the_crowd(ledger):
    table = said(ledger, a=(0.4, AT), b=(0.6, AT), crowd_manifold=(0.7, made(2023)))
    assert table.loc[["a", "b"], "crowd"].to_numpy() == pytest.approx([0.3**2, 0.3**2])


def test_a_question_counts_once_however_often_it_was_forecast(ledger):
    ledger.append_forecasts(
        [question_forecast(0, probability=0.9)] * 9 + [question_forecast(1, probability=0.5)], at=AT
    )
    ledger.append_resolutions([{"question_id": f"question-{n}", "status": "yes"} for n in (0, 1)], at=AT)
    row = record.summarise(scored(ledger)).iloc[0]
    assert row["brier"] == pytest.approx((0.01 + 0.25) / 2)
    assert (row["forecasts"], row["questions"]) == (10, 2)


def test_bootstrap_intervals_hold_the_truth_as_often_as_they_say():
    """95% intervals of a mean over 60 questions; 30 repetitions leave a standard error of 4 points."""
    rng, held = np.random.default_rng(1), 0
    for seed in range(30):
        p = rng.beta(2, 2, 60)
        rows = pd.DataFrame({"subject": np.arange(60).astype(str), "brier": (p - (rng.uniform(size=60) < p)) ** 2})
        rows = rows.reindex(columns=record._COLUMNS).assign(
            subject=rows["subject"], said="ahead", outcome=1.0, probability=p
        )
        low, high = record.summarise(rows, seed=seed, draws=200)[["brier_low", "brier_high"]].iloc[0]
        held += low <= 0.2 <= high  # E p(1 - p) of Beta(2, 2)
    assert 0.83 <= held / 30 <= 1.0


def test_resampling_questions_widens_intervals_where_forecasts_repeat(ledger):
    crowd(ledger)
    once = record.summarise(scored(ledger)).iloc[0]
    rows = scored(ledger)
    repeated = record.summarise(pd.concat([rows] * 5, ignore_index=True)).iloc[0]
    assert repeated["brier_high"] - repeated["brier_low"] == pytest.approx(once["brier_high"] - once["brier_low"])


def test_the_calibration_table_counts_bins_and_levels(ledger):
    crowd(ledger)
    ledger.append_forecasts([score_forecast(n) for n in range(10)], at=AT)
    subjects = [
        {k: score_forecast(n)[k] for k in ("benchmark", "task", "metric", "shots", "prompt", "model")}
        for n in range(10)
    ]
    ledger.append_resolutions(
        [{**s, "status": "number", "outcome": 0.05 + n / 10} for n, s in enumerate(subjects)], at=AT
    )
    table = record.calibration(scored(ledger))
    assert table.loc[table["of"] == "probability", "count"].sum() == 120
    levels = table[table["of"] == "quantile"]
    assert levels["said"].tolist() == [0.1, 0.5, 0.9]
    assert levels["happened"].tolist() == pytest.approx([0.3, 0.5, 0.8])


def test_the_kind_of_a_question_is_its_criterion(ledger):
    ledger.append_questions([{"question_id": "question-0", "definition": {"criterion": {"kind": "threshold"}}}], at=AT)
    ledger.append_forecasts([question_forecast(0), question_forecast(1)], at=AT)
    ledger.append_resolutions([{"question_id": f"question-{n}", "status": "yes"} for n in (0, 1)], at=AT)
    assert scored(ledger)["kind"].tolist() == ["threshold", "question"]
    assert record.summarise(scored(ledger), by=["kind", "month"])["kind"].tolist() == ["question", "threshold"]


def test_scores_are_not_averaged_by_what_is_no_group():
    with pytest.raises(UsageError, match="averaged by 'model': choose from said, predictor, forecaster, kind, month"):
        record.check_by(["model"])


def test_a_probability_that_no_append_lets_in_points_to_the_check_of_the_ledger(ledger):
    """A ledger edited by hand was scored with a warning and an infinite loss."""
    ledger.append_forecasts([question_forecast()], at=AT)
    edited = ledger.forecasts().assign(probability=np.inf)
    with pytest.raises(DataError, match="probability inf, which no append lets in: see `forecast ledger verify`"):
        record.score_record(edited, ledger.resolutions(), ledger.questions())
