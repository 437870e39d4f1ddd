"""Markets become questions of ours and come back unchanged; the crowd's history becomes forecasts."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from scale_forecast.data.errors import DataError
from scale_forecast.resolvers.ledger import open_ledger
from scale_forecast.resolvers.markets.market import Kind, Market, Option, Quote, Status
from scale_forecast.resolvers.markets.questions import (
    crowd_rows,
    definition_row,
    new_rows,
    present_rows,
    question_id,
    questions_of,
)
from scale_forecast.resolvers.markets.saved import read_one, read_saved
from scale_forecast.resolvers.questions.bank import dump_questions, parse_questions
from scale_forecast.resolvers.questions.question import Question

pytestmark = pytest.mark.usefixtures("words_of_options")

SAVED = Path(__file__).parent.parent.parent / "fixtures" / "markets"
AT = datetime(2026, 11, 24, tzinfo=UTC)
DATED = {
    "opened": datetime(2025, 1, 1, tzinfo=UTC),
    "closes": datetime(2027, 1, 1, tzinfo=UTC),
}


def every_market():
    for file in sorted(SAVED.rglob("*.json")):
        if file.name == "vectors.json":
            continue
        try:
            markets, _ = read_saved(file)
        except DataError:
            continue
        for market in markets:
            yield pytest.param(market, id=f"{file.stem}-{market.id}")


def binary(**more):
    fields = {"service": "manifold", "id": "AbC", "title": "?", "kind": Kind.BINARY, "status": Status.OPEN}
    return Market(**fields | {"opens": DATED["opened"], "closes": DATED["closes"]} | more)


@pytest.mark.parametrize("market", list(every_market()))
def test_a_question_survives_import_export_and_import(market, tmp_path):
    """Market -> question -> YAML -> question, and market -> question -> ledger -> question; both give back the same."""
    if market.kind is Kind.MULTIPLE_CHOICE and not market.options:
        with pytest.raises(DataError, match="is multiple choice and lists no options: there is nothing to ask yet"):
            questions_of(market)
        return
    if _dates(market):
        with pytest.raises(DataError, match="does not say when it"):
            questions_of(market)
    questions = questions_of(market, **_dates(market))
    assert parse_questions(dump_questions(questions)) == questions
    assert questions_of(Market.model_validate_json(market.model_dump_json()), **_dates(market)) == questions
    assert all(market.name in question.links for question in questions)
    with open_ledger(tmp_path / "ledger.db") as ledger:
        ledger.append_questions([definition_row(question) for question in questions], at=AT)
        held = ledger.questions()["definition"]
    assert [Question.model_validate(definition) for definition in held] == questions


def _dates(market):
    dated = (market.closes or market.resolve_by) and (market.opens or market.created)
    return {} if dated else DATED


def test_ids_never_clash_where_small_letters_lose_a_difference():
    markets, _ = read_saved(SAVED / "manifold/shapes_2026.json")
    assert question_id(binary(id="AbC")) != question_id(binary(id="abc"))
    assert question_id(read_one(SAVED / "metaculus/post_binary_cp_open.json")) == "metaculus-34519"
    assert len({question_id(market) for market in markets}) == len(markets)


def test_a_market_without_a_criterion_is_settled_by_the_market():
    question = questions_of(read_one(SAVED / "metaculus/post_binary_resolved_constructed.json"))[0]
    assert question.criterion.kind == "manual"
    assert (question.ruling.outcome, question.ruling.on.year) == ("yes", 2025)
    numeric = questions_of(read_one(SAVED / "metaculus/post_numeric_resolved_constructed.json"))[0]
    assert numeric.is_numeric
    assert numeric.ruling.outcome == 474.25


def test_a_criterion_of_ours_takes_the_markets_place():
    criterion = {"kind": "threshold", "benchmark": "MMLU", "task": "MMLU", "score": 0.9}
    assert questions_of(binary(), criterion)[0].criterion.score == 0.9
    with pytest.raises(DataError, match=r"makes no question, criterion\.threshold\.task: Field required"):
        questions_of(binary(), {"kind": "threshold", "score": 0.9})


def test_options_are_questions_of_their_own():
    market = read_one(SAVED / "metaculus/post_multiple_choice_resolved_constructed.json")
    questions = questions_of(market)
    assert [question.title.rpartition(" — ")[2] for question in questions] == ["Less than 10", "10", "Greater than 10"]
    assert [question.ruling.outcome for question in questions] == ["yes", "no", "no"]
    with pytest.raises(DataError, match="its options are several questions, so no one criterion fits"):
        questions_of(market, {"kind": "threshold", "task": "MMLU", "score": 0.9})


@pytest.mark.parametrize(
    ("resolution", "outcome"), [("share", "ambiguous"), (None, None), ("ambiguous",) * 2, ("annulled",) * 2]
)
def test_what_paid_a_share_is_ambiguous_and_says_the_share(resolution, outcome):
    market = binary(status=Status.RESOLVED, resolution=resolution, settled_at=0.3)
    ruling = questions_of(market)[0].ruling
    assert (ruling and ruling.outcome) == outcome
    assert resolution != "share" or "paid a share of 0.3" in ruling.source


def test_options_that_share_the_stakes_are_ambiguous_each():
    options = tuple(Option(id=label, label=label, probability=0.5) for label in ("a", "b"))
    market = binary(kind=Kind.MULTIPLE_CHOICE, options=options, status=Status.RESOLVED, resolution="share")
    assert [question.ruling.outcome for question in questions_of(market)] == ["ambiguous", "ambiguous"]


def test_a_criterion_that_no_score_can_answer_is_refused():
    with pytest.raises(DataError, match="manifold:AbC makes no question: 90 is outside"):
        questions_of(binary(), {"kind": "threshold", "benchmark": "MMLU", "task": "MMLU", "score": 90})


def test_a_market_that_says_not_when_it_closes_asks_for_it():
    with pytest.raises(DataError, match="manifold:AbC does not say when it closes: give --closes"):
        questions_of(binary(closes=None))


def test_history_becomes_crowd_forecasts_once():
    times = [datetime(2026, 1, day, hour, tzinfo=UTC) for day, hour in ((1, 1), (1, 20), (2, 5))]
    quotes = [Quote(time=t, probability=p) for t, p in zip(times, (0.2, 0.3, 0.4), strict=True)]
    assert [row["probability"] for row in crowd_rows(binary(), quotes)] == [0.3, 0.4]
    assert len(crowd_rows(binary(), quotes, every="all")) == 3
    assert [row["probability"] for row in crowd_rows(binary(), quotes, every="last")] == [0.4]


def test_importing_twice_records_the_history_once(tmp_path):
    market = read_one(SAVED / "metaculus/post_binary_cp_open.json")
    rows = crowd_rows(market, market.history, every="all")
    with open_ledger(tmp_path / "ledger.db") as ledger:
        ledger.append_forecasts(new_rows(rows, ledger.forecasts()), at=AT)
        assert len(ledger.forecasts()) == len({row["made_at"] for row in rows})
        assert new_rows(rows, ledger.forecasts()) == []
        assert ledger.forecasts()["forecaster"].unique().tolist() == ["crowd:metaculus"]


def test_options_history_goes_to_the_options_questions():
    market = binary(
        kind=Kind.MULTIPLE_CHOICE,
        options=(Option(id="x1", label="Rain", probability=0.7), Option(id="x2", label="Sun")),
    )
    quotes = [Quote(time=AT, probability=0.6, option="x1"), Quote(time=AT, probability=0.5, option="gone")]
    assert [row["question_id"] for row in crowd_rows(market, quotes)] == [question_id(market, "Rain")]
    assert [row["probability"] for row in present_rows(market, AT)] == [0.7]
