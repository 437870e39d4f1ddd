"""Losses: a line through the history, as wide as the history departs from it."""

import numpy as np
import pandas as pd
import pytest

from scale_forecast.data.catalog import bundled_metrics
from scale_forecast.data.results import as_results
from scale_forecast.distribution import LEVELS, Forecast
from scale_forecast.inputs.panel import as_panel
from scale_forecast.inputs.targets import held_out_target, target_rows, visible
from scale_forecast.predictors.covered import FAR_BELOW_CHANCE
from scale_forecast.predictors.losses import UNCOVERED, loss_knots
from scale_forecast.predictors.reversal import Reversal
from scale_forecast.predictors.stack import Stack
from scale_forecast.pricing.model import PricedModel
from scale_forecast.pricing.sentences import describe_model
from scale_forecast.upcoming import remark_uncovered
from tests.worlds import make_tasks

SCALES = 10.0 ** np.array([8.0, 8.6, 9.2, 9.8, 10.4])
TARGET = "Loss 4"


def losses(noise, *, tasks=40, seed=0):
    """Losses that fall as a power of size towards a limit, with relative noise."""
    rng = np.random.default_rng(seed)
    exponent, limit = rng.uniform(0.05, 0.2, tasks), rng.uniform(0.2, 0.6, tasks)
    clean = limit + (1 - limit) * (SCALES[:, None] / SCALES[0]) ** -exponent
    score = 3.0 * clean * np.exp(noise * rng.standard_normal(clean.shape))
    return as_results(
        pd.DataFrame(
            {"benchmark": "world", "task": f"text{i:02d}", "metric": "loss", "family": "Loss", "model": f"Loss {j}",
             "params": SCALES[j], "score": score[j, i]}
            for j in range(len(SCALES)) for i in range(tasks)
        )
    )  # fmt: skip


def forecast_of(results):
    panel = as_panel(results, make_tasks(), bundled_metrics())
    target = held_out_target(panel, TARGET, "Loss")
    evidence = panel.take(visible(panel, target))
    rows = target_rows(evidence, target)
    truth = panel.rows[panel.rows["model"] == TARGET].sort_values("unit")["score"].to_numpy()
    return rows, evidence, Forecast.from_knots(rows, loss_knots(rows, evidence), "line"), truth


@pytest.mark.parametrize("noise", [0.002, 0.02, 0.1])
def test_intervals_hold_and_are_no_wider_than_a_few_times_the_error(noise):
    """A spread learned on shares was off by a factor of ten."""
    _, _, forecast, truth = forecast_of(losses(noise))
    low, high = forecast.interval(0.8).T
    assert ((low <= truth) & (truth <= high)).mean() >= 0.7
    assert np.median(np.log(high / low)) < 0.1 + 6 * noise
    assert np.abs(np.log(forecast.median / truth)).mean() < 0.03 + 1.5 * noise


def test_a_loss_in_another_unit_is_forecast_the_same():
    """Nats, bits and perplexities differ by orders of magnitude: only ratios may matter."""
    results = losses(0.02)
    _, _, plain, _ = forecast_of(results)
    _, _, scaled, _ = forecast_of(as_results(results.assign(score=results["score"] * 1000.0)))
    levels = [0.1, 0.5, 0.9]
    assert scaled.quantiles(levels) == pytest.approx(1000.0 * plain.quantiles(levels), rel=1e-9)


def test_a_single_earlier_model_leaves_a_wide_interval_around_a_typical_fall():
    results = losses(0.002)
    _, _, long, _ = forecast_of(results)
    few = results[results["model"].isin(["Loss 3", TARGET])]
    _, _, short, _ = forecast_of(as_results(few))
    width = [np.log(f.interval(0.8)[:, 1] / f.interval(0.8)[:, 0]) for f in (short, long)]
    assert (width[0] > width[1]).all()
    assert (short.median < few[few["model"] == "Loss 3"]["score"].max()).any()


def test_the_default_predictor_takes_losses_from_here_and_shares_from_its_candidates():
    """Rows mixed up between the two would put a loss on the scale of a share."""
    rows, evidence, forecast, _ = forecast_of(losses(0.02))
    stacked = Stack().predict(rows, evidence)
    assert stacked.knots == pytest.approx(forecast.knots)
    assert stacked.levels[1:-1] == pytest.approx(LEVELS)


def test_intervals_of_losses_are_said_to_be_uncovered_and_those_of_shares_are_not():
    _, _, forecast, _ = forecast_of(losses(0.02, tasks=3))
    assert "3 forecasts" in remark_uncovered(forecast)
    assert "uncovered" in remark_uncovered(forecast)
    shares = Forecast.from_knots(forecast.targets.assign(is_share=True), forecast.knots[:, 1:-1], "shares")
    assert remark_uncovered(shares) is None


def test_a_price_that_rests_on_a_loss_says_that_its_interval_is_uncovered():
    _, evidence, forecast, _ = forecast_of(losses(0.02, tasks=3))
    shares = Forecast.from_knots(forecast.targets.assign(is_share=True), forecast.knots[:, 1:-1], "shares")
    models = [PricedModel(one, evidence, reversal=Reversal()) for one in (forecast, shares)]
    said = [next(describe_model("Loss 5", 1e11, 22.0, model, [(0, None)])) for model in models]
    assert [UNCOVERED in sentence for sentence in said] == [True, False]


def test_a_score_far_below_chance_is_said_to_be_uncovered_and_one_near_it_is_not():
    """Tasks that a wrong rule answers: half of chance and beyond noise, not luck alone, and not an unknown chance."""
    _, evidence, forecast, _ = forecast_of(losses(0.02, tasks=4))
    rows = forecast.targets.assign(is_share=True, origin_score=[0.1, 0.2, 0.1, 0.1], chance=[0.5, 0.25, 0.5, np.nan])
    rows = rows.assign(origin_se=[0.01, 0.01, 0.3, 0.01])
    made = Forecast.from_knots(rows, forecast.knots[:, 1:-1], "shares")
    assert remark_uncovered(made).startswith("1 forecast from a score below half of chance: their intervals are uncov")
    model = PricedModel(made, evidence, reversal=Reversal())
    said = list(describe_model("Odd 5", 1e11, 22.0, model, [(at, None) for at in range(4)]))
    assert [FAR_BELOW_CHANCE in sentence for sentence in said] == [True, False, False]
