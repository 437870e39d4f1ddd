"""Forecasts of an option or a day: the ledger holds them, and scores them when the answer is known."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from scale_forecast.data.errors import DataError
from scale_forecast.pricing.answers import Answer
from scale_forecast.pricing.price import Price
from scale_forecast.resolvers.judge.status import Status
from scale_forecast.resolvers.ledger import open_ledger
from scale_forecast.resolvers.questions.resolve import Resolution, for_ledger
from scale_forecast.resolvers.scores.answers import score_day, score_option
from scale_forecast.resolvers.scores.record import score_record, summarise
from scale_forecast.workflow.ask import _answer_fields

SAID = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
LATER = dt.datetime(2027, 1, 1, tzinfo=dt.UTC)
WHO = {"options": {"OpenAI": 0.6, "Google": 0.3, "other": 0.1}}
DAYS = {"by": ["2026-07-01", "2026-12-31"], "probability": [0.5, 0.8]}


def resolution(question, status, answer):
    known = dt.date(2026, 6, 1)
    return Resolution(question, "title", status, "because", None, known, LATER, (), "0" * 64, answer)


@pytest.fixture
def book(tmp_path):
    with open_ledger(tmp_path / "ledger.db") as ledger:
        rows = [{"question_id": "who", "distribution": WHO}, {"question_id": "when", "distribution": DAYS}]
        ledger.append_forecasts([{**row, "forecaster": "us"} for row in rows], at=SAID)
        yield ledger


def scored(book, *resolutions):
    book.append_resolutions(for_ledger(resolutions), at=LATER)
    return score_record(book.forecasts(), book.resolutions()).set_index("subject")


def test_an_option_is_scored_by_what_it_was_given(book):
    row = scored(book, resolution("who", Status.OPTION, "Google")).loc["who"]
    assert row["answer"] == "Google"
    assert row["brier"] == pytest.approx(0.5 * (0.6**2 + 0.7**2 + 0.1**2))
    assert row["log_score"] == pytest.approx(-np.log(0.3))
    assert np.isfinite(summarise(pd.DataFrame([row.rename_axis(None)]).assign(subject="who"))["brier"].iloc[0])


def test_who_is_no_option_is_other():
    assert score_option(WHO["options"], "xAI") == score_option(WHO["options"], "other")
    assert score_option({"A": 0.5, "B": 0.5}, "C")["log_score"] == np.inf


def test_a_day_is_scored_nearer_the_better_and_never_counts(book):
    row = scored(book, resolution("when", Status.DATE, "2026-06-01")).loc["when"]
    assert 0.0 < row["crps"] < 0.25

    def loss(day, share=0.8):
        return score_day(DAYS["by"], [0.5, share], day, pd.Timestamp(SAID))

    assert loss("2026-06-01") < loss("2026-01-02")
    assert loss(None, 0.6) < loss(None, 0.9)
    assert loss("2027-05-01") == loss(None)


def test_an_answer_that_changed_supersedes_the_one_before(book):
    scored(book, resolution("who", Status.OPTION, "Google"))
    again = scored(book, resolution("who", Status.OPTION, "OpenAI"))
    assert again.loc["who", "answer"] == "OpenAI"
    assert len(book.resolutions(standing=False)) == 2
    assert not book.append_resolutions(for_ledger([resolution("who", Status.OPTION, "OpenAI")]), at=LATER)


@pytest.mark.parametrize(
    "distribution",
    [
        {"options": {"A": 0.5, "B": 0.6}},
        {"options": {}},
        {"by": ["2026-07-01", "2026-01-01"], "probability": [0.1, 0.2]},
        {"by": ["2026-07-01", "2026-12-31"], "probability": [0.2, 0.1]},
        {"by": ["soon"], "probability": [0.2]},
    ],
)
def test_what_is_no_distribution_is_not_recorded(book, distribution):
    with pytest.raises(DataError, match="distribution"):
        book.append_forecasts([{"question_id": "q", "forecaster": "us", "distribution": distribution}], at=LATER)


@pytest.mark.parametrize(
    ("of", "table", "distribution"),
    [
        ("option", {"option": ["xAI", "other"], "probability": [0.7, 0.3]}, {"options": {"xAI": 0.7, "other": 0.3}}),
        ("date", {"by": ["2026-12-31", ""], "probability": [0.4, 0.6]}, {"by": ["2026-12-31"], "probability": [0.4]}),
        ("number", {"level": [0.1, 0.9], "value": [0.4, 0.6]}, {"levels": [0.1, 0.9], "quantiles": [0.4, 0.6]}),
    ],
)  # fmt: skip
def test_ask_records_every_answer_that_is_open(of, table, distribution, book):
    nan = float("nan")

    def price(status):
        answer = Answer(of, "said", pd.DataFrame(table))
        return Price("q", "t", nan, nan, nan, nan, "", (), (), status, dt.date(2026, 1, 1), "stack", answer=answer)

    assert _answer_fields(price(Status.OPEN)) == {"distribution": distribution}
    assert _answer_fields(price(Status.OPTION)) == {}
    assert book.append_forecasts(
        [{"question_id": "q", "forecaster": "us", **_answer_fields(price(Status.OPEN))}], at=LATER
    )
