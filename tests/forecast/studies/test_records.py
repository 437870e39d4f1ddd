"""The study by date finds what was put into made-up records, and reads no half-year that goes on."""

import numpy as np
import pandas as pd
import pytest

from scale_forecast.data.load import Tables
from scale_forecast.studies.records import half_year_gains, pairs_of, study
from scale_forecast.studies.registry import STUDIES, run_studies
from tests.studies import METRICS, made_results, made_tasks

HALVES = 6


def records(gains):
    """Benchmarks (rows) whose record rises by these logits from one half-year to the next, with two models each."""
    parts = []
    for k, logits in enumerate(np.cumsum(np.column_stack([np.full(len(gains), -2.0), gains]), axis=1).T):
        day = pd.Timestamp(2023 + k // 2, 3 if k % 2 == 0 else 9, 1)
        for model in range(2):
            scores = 1 / (1 + np.exp(-(logits - model)))
            rows = made_results(scores[:, None]).assign(model=f"M{k}.{model}", family=f"F{k}.{model}", known_on=day)
            parts.append(rows)
    return pd.concat(parts, ignore_index=True)


@pytest.mark.parametrize("sign", [1, -1, 0])
def test_gains_that_persist_alternate_or_do_neither_are_told_apart(sign):
    rng = np.random.default_rng(0)
    own = rng.normal(0, 0.3, (40, 1))
    gains = 0.6 + (own * sign ** np.arange(HALVES)[None, :] if sign else rng.normal(0, 0.3, (40, HALVES)))
    found = study(records(np.maximum(gains, 0.0)), made_tasks(40, chance=0.0), METRICS).tables["successive"]
    r = found.set_index("gain")["r_beside"]
    assert r["the next half-year"] == pytest.approx(sign, abs=0.25)
    assert r["half a year later"] == pytest.approx(abs(sign), abs=0.25)


def test_a_gain_is_that_of_a_whole_half_year_with_a_new_model():
    rows = records(np.full((3, HALVES), 0.5))
    gains = half_year_gains(rows, made_tasks(3, chance=0.0), METRICS)
    last = rows["known_on"].max()
    assert gains["begins"].max() < f"{last:%Y-%m}"
    assert gains["gain"].to_numpy() == pytest.approx(0.5)
    assert (gains["new"] == 2).all()
    assert len(pairs_of(gains, 1)) == len(gains) - 3


def test_without_files_of_ones_own_the_scores_by_date_are_read_too():
    few = made_results(np.full((3, 1), 0.5))
    found = run_studies(["records"], Tables(few, made_tasks(3, chance=0.0), METRICS), joined=False)["records"]
    assert len(found.tables["successive"]) == 2
    alone = Tables(few, made_tasks(3, chance=0.0), METRICS, [], tuple(few["family"].unique()))
    assert "too few" in run_studies(["records"], alone)["records"].sentences[0]
    assert STUDIES["records"].by_date
