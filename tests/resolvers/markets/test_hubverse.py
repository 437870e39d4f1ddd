"""The ledger as hubverse model output, held to the hub's rules."""

from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest

from scale_forecast.data.errors import DataError
from scale_forecast.resolvers.ledger import open_ledger
from scale_forecast.resolvers.markets.hubverse import OUTPUT, file_name, model_output, output_complaints

AT = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.fixture
def forecasts(tmp_path):
    rows = [
        {"question_id": "q1", "forecaster": "stack", "probability": 0.3},
        {"question_id": "q1", "forecaster": "stack", "probability": 0.4},
        {"question_id": "q2", "forecaster": "stack", "distribution": {"levels": [0.1, 0.5], "quantiles": [1.0, 2.0]}},
        {
            "forecaster": "stack",
            "benchmark": "MMLU",
            "task": "law",
            "metric": "accuracy",
            "shots": 5,
            "prompt": "direct",
            "model": "PaLM",
            "distribution": {"levels": [0.05, 0.5, 0.95], "quantiles": [0.4, 0.5, 0.6]},
        },
    ]
    with open_ledger(tmp_path / "ledger.db") as ledger:
        ledger.append_forecasts(rows, at=AT)
        return ledger.forecasts()


def test_the_ledger_becomes_model_output_by_the_rules(forecasts):
    table = model_output(forecasts)
    assert output_complaints(table) == []
    yes = table[(table["target"] == "q1") & (table["output_type_id"] == "yes")]
    assert yes["value"].tolist() == [0.4]
    law = table[table["task"] == "law"]
    assert law["output_type"].tolist() == ["quantile"] * 3
    assert law["output_type_id"].tolist() == ["0.05", "0.5", "0.95"]
    assert law["origin_date"].unique().tolist() == ["2026-11-24"]


def rows(*outputs):
    return pd.DataFrame([("t", *output) for output in outputs], columns=["target", *OUTPUT])


@pytest.mark.parametrize(
    ("table", "complaint"),
    [
        (rows(("pmf", "yes", 0.4), ("pmf", "no", 0.5)), "a pmf sums to 0.9, not to 1"),
        (rows(("pmf", "yes", 1.4), ("pmf", "no", -0.4)), "a pmf holds a value outside [0, 1]"),
        (rows(("quantile", "0.1", 2.0), ("quantile", "0.9", 1.0)), "a quantile falls as its level rises"),
        (rows(("quantile", "1.1", 2.0)), "a quantile's output_type_id is no level between 0 and 1"),
        (rows(("cdf", "1", 0.9), ("cdf", "2", 0.8)), "a cdf falls"),
        (rows(("mean", "x", 0.9)), "a mean has an output_type_id: it must be missing"),
        (rows(("mode", None, 0.9)), "output_type 'mode' is none of mean, median, quantile, cdf, pmf, sample"),
        (rows(("sample", "0", 0.9)), "a sample's output_type_id is no positive whole number"),
        (rows(("median", None, np.inf)), "value holds something that is not a finite number"),
        (rows(("median", None, 1.0), ("median", None, 2.0)), "one output_type_id stands twice for the same task"),
        (rows(("median", None, 1.0)).drop(columns="value"), "there is no column 'value'"),
    ],
)
def test_what_breaks_a_rule_is_told_which(table, complaint):
    assert output_complaints(table) == [complaint]


@pytest.mark.parametrize("name", ["ours", "our team-model", "a-b-c", "-x"])
def test_a_model_id_is_team_and_model(name):
    with pytest.raises(DataError, match="is no hubverse model id: write TEAM-MODEL"):
        file_name("2026-11-24", name)


def test_nothing_to_export_is_said_so(forecasts):
    with pytest.raises(DataError, match="there is no forecast to export: record some first"):
        model_output(forecasts.iloc[:0])
