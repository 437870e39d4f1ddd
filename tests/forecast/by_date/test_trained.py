"""States by date are kept by the data they rest on, and come back as they were."""

import pandas as pd
import pytest

from scale_forecast.by_date.record_forecast import forecast_records
from scale_forecast.by_date.tables import Tables
from scale_forecast.by_date.trained import train_on
from scale_forecast.data.errors import DataError
from tests.forecast.by_date.tables import tables

AS_OF = pd.Timestamp("2023-09-01")
"""Few quarters before it have windows that closed, so that training is quick."""
LATER = AS_OF + pd.DateOffset(days=200)


def drawn(trained):
    return forecast_records(trained, [LATER], draws=50).draws.tobytes()


def test_a_kept_state_forecasts_what_the_trained_one_does(tmp_path):
    first, again = (train_on(tables(), AS_OF, cache=tmp_path) for _ in range(2))
    assert len(list(tmp_path.glob("by-date-*"))) == 1
    assert drawn(first) == drawn(again)


def test_it_is_said_what_is_being_learned_and_only_where_it_is(tmp_path, monkeypatch):
    """Somebody waited minutes for a first answer and did not know for what."""
    monkeypatch.setattr("scale_forecast.by_date.trained.SCORES_A_SECOND", 1)
    told = [[], []]
    for said in told:
        train_on(tables(), AS_OF, cache=tmp_path, tell=said.append)
    assert [len(said) for said in told] == [1, 0]
    assert told[0][0].startswith("learning by date from ")
    assert told[0][0].endswith("seconds")


def test_a_day_on_which_nothing_more_is_known_trains_nothing_anew(tmp_path):
    """A question of a fresh day took a minute, since states were kept by date."""
    newest = train_on(tables(), AS_OF, cache=tmp_path).state.world.newest
    train_on(tables(), newest, cache=tmp_path)
    assert len(list(tmp_path.glob("by-date-*"))) == 1


def test_another_score_is_another_state(tmp_path):
    train_on(tables(), AS_OF, cache=tmp_path)
    scores = tables().scores.copy()
    scores.loc[scores["known_on"].idxmin(), "score"] += 0.01
    train_on(Tables(scores, tables().releases, tables().benchmarks), AS_OF, cache=tmp_path)
    assert len(list(tmp_path.glob("by-date-*"))) == 2


def test_a_day_before_every_score_is_refused_in_a_sentence():
    with pytest.raises(DataError, match="no score by date was known on 1999-01-01"):
        train_on(tables(), pd.Timestamp("1999-01-01"))
