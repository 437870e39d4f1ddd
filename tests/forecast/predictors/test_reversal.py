"""Turns of falling tasks: the events, what was known before them, and their probabilities."""

import numpy as np
import pandas as pd
import pytest

from scale_forecast.data.catalog import bundled_metrics, bundled_tasks
from scale_forecast.data.noise import binomial_stderr
from scale_forecast.data.results import as_results
from scale_forecast.data.trend import best_of, recovers, reverses, trend_of
from scale_forecast.distribution import LEVELS, Forecast
from scale_forecast.inputs.folds import Exclusion
from scale_forecast.inputs.panel import as_panel
from scale_forecast.inputs.steps import FALLING, FEATURES, Histories, describe_steps, known_steps
from scale_forecast.inputs.targets import held_out_target, target_rows, visible
from scale_forecast.predictors.events import prob_gain, trends_and_events
from scale_forecast.predictors.reversal import TYPICAL_RECOVERY, TYPICAL_SHARE, Rate, Reversal

SIZES = np.array([1e8, 1e9, 1e10, 1e11])


def make_panel(lines=5, tasks=8, seed=0, metric="accuracy", turn=0.5):
    """Families of four sizes whose scores fall; at the last size a task recovers where a coin says so."""
    rng = np.random.default_rng(seed)
    rows = []
    for line in range(lines):
        for task in range(tasks):
            fall = np.array([0.7, 0.5, 0.4, 0.75 if rng.random() < turn else 0.3]) + 0.02 * rng.standard_normal(4)
            score = fall if metric == "accuracy" else 1.0 - fall
            for size, value in zip(SIZES, score, strict=True):
                name = {"line": f"L{line}", "family": f"L{line}", "model": f"L{line} {size:.0e}"}
                rows.append({"task": f"t{task}", "metric": metric, "params": size, "score": value, **name})
    results = as_results(pd.DataFrame(rows).assign(n_examples=500, train_tokens=3e11))
    return as_panel(results, bundled_tasks(), bundled_metrics())


def forecast_of(panel, model, family, spread=1.0):
    target = held_out_target(panel, model, family)
    evidence = panel.take(visible(panel, target))
    rows = target_rows(evidence, target)
    knots = rows["origin_z"].to_numpy()[:, None] + spread * np.log(LEVELS / (1 - LEVELS))
    return rows, evidence, Forecast.from_knots(rows, knots, "test")


def test_known_steps_are_those_a_plain_loop_finds():
    """A wrong origin, trend or event in the vectorised walk would train the classifier on what never happened."""
    panel = make_panel(lines=2, tasks=3)
    steps = known_steps(Histories.of(panel.rows))
    found = []
    for _, series in panel.rows.groupby(["unit", "family_code"], sort=True):
        series = series.sort_values("scale")
        better, se = series["score"].to_numpy(), series["se"].to_numpy()
        for target in range(1, len(series)):
            past, past_se = better[None, :target], se[None, :target]
            now, now_se = better[target : target + 1], se[target : target + 1]
            found.append(
                (
                    trend_of(past, past_se)[0],
                    recovers(now, past[:, -1], now_se, past_se[:, -1])[0],
                    reverses(now, past, now_se, past_se)[0],
                )
            )
    table = pd.DataFrame({"at": steps.at, "target": steps.target}).sort_values(["at", "target"]).index
    trends = [("rising", "flat", "falling")[t] for t in steps.trend[table]]
    assert list(zip(trends, steps.recovered[table], steps.reversed[table], strict=True)) == found
    assert steps.reversed.any()
    assert not steps.recovered.all()


def test_a_step_is_described_without_its_target_and_what_is_larger():
    """A feature that reads the target would look brilliant in training and be useless at the forecast."""
    panel = make_panel()
    scrambled = panel.take(np.ones(len(panel.rows), dtype=bool))
    top = (scrambled.rows["line"] == "L0") & (scrambled.rows["params"] > 5e10)
    for column in ("score", "z", "z_se", "se"):
        scrambled.rows.loc[top, column] = 0.123

    def of_line(p):
        series = Histories.of(p.rows)
        steps = known_steps(series, FALLING)
        target = series.row[steps.at, steps.target]
        mine = (p.rows["line"] == "L0").to_numpy()[target]
        scale, compute = (p.rows[name].to_numpy()[target[mine]] for name in ("scale", "compute"))
        return describe_steps(series, steps.at[mine], steps.origin[mine], scale, compute)

    assert np.array_equal(of_line(panel), of_line(scrambled))


def test_probabilities_only_for_falling_tasks_and_each_event_within_the_larger_one():
    """Else a rising task is said to "recover", or a reversal is likelier than the recovery, or that than any gain."""
    panel = make_panel()
    rows, evidence, forecast = forecast_of(panel, "L0 1e+11", "L0")
    evidence.rows.loc[(evidence.rows["task"] == "t0") & (evidence.rows["line"] == "L0"), "score"] = [0.2, 0.4, 0.6]
    table = Reversal().fit(panel.take(Exclusion("L0").allows(panel))).predict(forecast, evidence)
    falling = (table["trend"] == "falling").to_numpy()
    assert table.loc[rows["task"] == "t0", "trend"].tolist() == ["rising"]
    assert falling.sum() == len(rows) - 1
    numbers = table.drop(columns="trend")
    assert numbers[~falling].isna().all(axis=None)
    assert numbers[falling].gt(0).all(axis=None)
    assert numbers[falling].lt(1).all(axis=None)
    assert (table["prob_reversal"] <= table["prob_recovery"])[falling].all()
    assert (table["prob_recovery"] <= prob_gain(forecast))[falling].all()
    for event in ("recovery", "reversal"):
        low, rate, high = (table.loc[falling, f"base_{event}{end}"] for end in ("_low", "", "_high"))
        assert (low < rate).all()
        assert (rate < high).all()


def test_nothing_is_learned_from_the_excluded_line():
    """Scores of the held-out line that reach the classifier would leak the outcome."""
    panel = make_panel()
    scrambled = panel.take(np.ones(len(panel.rows), dtype=bool))
    own = (scrambled.rows["line"] == "L0").to_numpy()
    scrambled.rows.loc[own, ["score", "z"]] = 0.5
    fitted = [Reversal().fit(p.take(Exclusion("L0").allows(p))) for p in (panel, scrambled)]
    assert np.array_equal(fitted[0].recovery_.slope, fitted[1].recovery_.slope)
    assert fitted[0].recovery_rate_ == fitted[1].recovery_rate_


def test_untrained_it_says_the_typical_rates_and_how_unsure_they_are():
    """Without any falling step to learn from, a crash or a certainty would stand in the table."""
    fresh = Reversal()
    assert fresh.recovery_.log_odds(np.zeros((1, len(FEATURES)))) == pytest.approx(np.log(0.2 / 0.8))
    assert fresh.recovery_rate_.rate == pytest.approx(TYPICAL_RECOVERY)
    assert fresh.reversal_rate_.rate == pytest.approx(TYPICAL_RECOVERY * TYPICAL_SHARE)
    assert fresh.recovery_rate_.high - fresh.recovery_rate_.low > 0.5


@pytest.mark.parametrize("metric", ["accuracy", "calibration_multiple_choice_brier_score"])
def test_events_read_off_the_distribution_are_those_of_its_samples(metric):
    """A threshold on the wrong side, or one that forgets the target's own noise, gives another frequency."""
    panel = make_panel(metric=metric, seed=3)
    _, evidence, forecast = forecast_of(panel, "L1 1e+11", "L1", spread=0.6)
    stated = trends_and_events(forecast, evidence)
    history = evidence.rows[evidence.rows["family"] == "L1"].sort_values(["unit", "scale"])
    up = 1.0 if metric == "accuracy" else -1.0
    past, past_se = (history[c].to_numpy().reshape(-1, 3) for c in ("score", "se"))
    draws = forecast.sample(4000, seed=1)
    se = binomial_stderr(draws, 500)
    best, best_se = best_of(up * past, past_se)
    happened = recovers(up * draws, up * past[:, 2], se, past_se[:, 2]).mean(axis=0)
    turned = recovers(up * draws, best, se, best_se).mean(axis=0)
    assert stated["prob_recovery"].to_numpy() == pytest.approx(happened, abs=0.03)
    assert stated["prob_reversal"].to_numpy() == pytest.approx(turned, abs=0.03)


def test_the_classifier_tells_turns_that_its_features_announce():
    """A classifier that learned nothing, or the opposite, would pass every other test here."""
    panels = [make_panel(lines=6, tasks=10, seed=seed, turn=turn) for seed, turn in ((1, 0.9), (2, 0.1))]
    fitted = [Reversal().fit(panel) for panel in panels]
    _, evidence, forecast = forecast_of(panels[0], "L0 1e+11", "L0")
    often, seldom = (f.predict(forecast, evidence)["prob_recovery"].mean() for f in fitted)
    assert often > seldom + 0.2
    assert fitted[0].n_recovered_ > fitted[1].n_recovered_


def test_the_base_rate_is_less_sure_where_lines_disagree():
    """Steps of one line are not independent: an interval that counts them all is too narrow."""
    happened = np.array([1.0] * 10 + [0.0] * 10)
    line, weight = np.repeat([0, 1], 10), np.ones(20)
    apart = Rate.of(happened, weight, line, 0.2)
    mixed = Rate.of(happened, weight, np.tile([0, 1], 10), 0.2)
    assert apart.rate == pytest.approx(mixed.rate)
    assert apart.high - apart.low > 2 * (mixed.high - mixed.low)


def test_an_equal_score_is_no_gain_so_few_examples_make_a_gain_less_likely():
    """On 10 examples scores tie often; a P(gain) that forgets ties promises more gains than come."""
    rows, _, forecast = forecast_of(make_panel(), "L0 1e+11", "L0")
    said = []
    for items in (1e6, 200.0, 10.0):
        targets = rows.assign(n_examples=items)
        said.append(prob_gain(Forecast.from_knots(targets, forecast.knots[:, 1:-1], "made up")))
    assert (said[0] > said[1]).all()
    assert (said[1] > said[2]).all()
