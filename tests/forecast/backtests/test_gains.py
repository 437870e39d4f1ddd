"""R2 is explained variance, r is r, and neither passes for the other."""

import numpy as np
import pandas as pd
import pytest

from scale_forecast.backtests.gains import gain_statistics
from tests.forecast.backtests.tables import made_table

N = 40
GAIN = np.random.default_rng(0).normal(0.1, 0.05, N)
ORIGIN = np.random.default_rng(1).uniform(0.2, 0.6, N)


def found(forecast_gain, **columns):
    table = made_table(np.zeros(N), origin_score=ORIGIN, score=ORIGIN + GAIN, median=ORIGIN + forecast_gain, **columns)
    (row,) = gain_statistics(table).to_dict("records")
    return row


def test_a_forecast_that_ranks_gains_and_misses_their_level_explains_nothing():
    """The squared correlation is 1 here; who printed it as R2 would call the worst of forecasts perfect."""
    row = found(GAIN + 0.2)
    assert row["r"] == pytest.approx(1.0)
    assert row["r2"] == pytest.approx(1 - 0.04 / GAIN.var())
    assert row["r2"] < -5
    assert row["r2_shift_forgiven"] == pytest.approx(1.0)


def test_a_forecast_that_turns_gains_round_explains_less_than_nothing():
    row = found(2 * GAIN.mean() - GAIN)
    assert row["r"] == pytest.approx(-1.0)
    assert row["r2"] == pytest.approx(-3.0)


def test_the_mean_gain_for_every_task_explains_exactly_nothing():
    row = found(np.full(N, GAIN.mean()))
    assert [row["r2"], row["r2_shift_forgiven"], row["r"]] == pytest.approx([0.0, 0.0, 0.0], abs=1e-9)


def test_no_forecaster_who_knows_the_true_scores_is_expected_above_the_ceiling():
    """Truth + noise forecast by the truth: its mean R2 over many suites is the mean ceiling."""
    rng = np.random.default_rng(2)
    rows = []
    for i in range(60):
        noisy = ORIGIN + GAIN + rng.normal(0, 0.03, N)
        rows.append(
            made_table(np.zeros(N), model=str(i), origin_score=ORIGIN, score=noisy, median=ORIGIN + GAIN, se=0.03)
        )
    table = gain_statistics(pd.concat(rows, ignore_index=True))
    assert table["r2"].mean() == pytest.approx(table["ceiling_r2"].mean(), abs=0.03)
    assert 0.5 < table["ceiling_r2"].mean() < 0.9


def test_losses_are_their_own_suite_in_log_units():
    """A perplexity of 40 among accuracies would be all of the suite's variance."""
    share = np.arange(N) >= N // 2
    loss = np.where(share, ORIGIN + GAIN, 40 * np.exp(-10 * GAIN))
    table = made_table(
        np.zeros(N), origin_score=np.where(share, ORIGIN, 40.0), score=loss, median=loss * 1.0, is_share=share
    )
    table.loc[~share, "median"] = 40 * np.exp(-10 * GAIN[~share] + 0.1)
    rows = gain_statistics(table).to_dict("records")
    assert [row["n"] for row in rows] == [N // 2, N // 2]
    losses, shares = rows  # is_share sorts False first
    assert shares["r2"] == pytest.approx(1.0)
    assert losses["r2"] == pytest.approx(1 - 0.01 / (10 * GAIN[~share]).var())
