"""Profiles of items: right beside plain numpy, checked at the door, blind to what a forecast may not know."""

import io

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from benchmarks.items import world
from scale_forecast.backtests.training import Trained
from scale_forecast.cache.state import state_key
from scale_forecast.commands import main
from scale_forecast.commands.printing import csv_of
from scale_forecast.data.catalog import bundled_metrics
from scale_forecast.data.errors import DataError
from scale_forecast.data.logs import read_logs
from scale_forecast.data.profiles import PROFILE_COLUMNS, as_profiles, beside
from scale_forecast.data.results import as_results
from scale_forecast.features.items import ITEM_FEATURES
from scale_forecast.features.transitions import features, observed_steps
from scale_forecast.inputs.folds import Exclusion, folds_of
from scale_forecast.predictors.boosted import INPUTS, OF_ITEMS, Boosted, Gains

PARAMS = {"big-1b": 1e9, "big-3b": 3e9, "big-9b": 9e9, "other-2b": 2e9}
ITEMS, DOCUMENTS = 60, 20


# --- against plain numpy ----------------------------------------------------------------------------------------------


def answers(seed=0):
    """An item table: every model on every item, a few of them asked twice."""
    rng = np.random.default_rng(seed)
    rows = []
    for number, model in enumerate(PARAMS):
        for item in [*range(ITEMS), *range(5)]:
            p = rng.dirichlet(np.ones(4))
            right = float(rng.random() < 0.15 + 0.2 * number) * (item > 8)
            brier = (1 - p[0]) ** 2 + (p[1:] ** 2).sum()
            rows.append((model, "qa", item, f"d{item % DOCUMENTS}", right, p[0], brier))
    return pd.DataFrame(rows, columns=["model", "task", "item", "document", "correct", "prob_correct", "brier_score"])


def of_items(model):
    """A model's answers with an item that is asked again counted once, as the mean of its answers."""
    mine = answers().query("model == @model")
    return mine.groupby(["item", "document"], as_index=False)[["correct", "prob_correct", "brier_score"]].mean()


@pytest.fixture(scope="module")
def read(tmp_path_factory):
    pytest.importorskip("duckdb")
    path = tmp_path_factory.mktemp("items") / "items.parquet"
    answers().to_parquet(path)
    models = pd.DataFrame({"model": list(PARAMS), "params": list(PARAMS.values())})
    models["family"] = models["model"].str.partition("-")[0]
    return read_logs([path], models=models)


@pytest.mark.parametrize("model", list(PARAMS))
def test_scores_and_clustered_errors_equal_those_of_numpy(read, model):
    mine = of_items(model)
    for metric, column in (("accuracy", "correct"), ("prob_correct",) * 2, ("brier_score",) * 2):
        scores = read.loaded.results
        row = scores[(scores["model"] == model) & (scores["metric"] == metric)].iloc[0]
        x, document = mine[column].to_numpy(), mine["document"].to_numpy()
        sums = np.array([(x[document == d] - x.mean()).sum() for d in np.unique(document)])
        stderr = np.sqrt(DOCUMENTS / (DOCUMENTS - 1) * (sums**2).sum()) / len(x)
        assert (row["score"], row["stderr"]) == pytest.approx((x.mean(), stderr), rel=1e-5)
        assert row["n_examples"] == ITEMS


@pytest.mark.parametrize("model", list(PARAMS))
def test_profiles_equal_those_of_numpy(read, model):
    """Difficulty, tenths and shares by loops over items; of an item asked twice the mean counts."""
    right = answers().pivot_table(index="item", columns="model", values="correct", aggfunc="mean")
    profile = read.profiles.set_index("model").loc[model]
    probability = of_items(model)["prob_correct"].mean()
    assert profile["prob_correct"] == pytest.approx(probability, rel=1e-5)
    sisters = [m for m in PARAMS if m.split("-")[0] == model.split("-")[0] and PARAMS[m] <= PARAMS[model]]
    assert profile["never_solved"] == pytest.approx((right[sisters].max(axis=1) == 0).mean())
    smaller = right[[m for m in PARAMS if PARAMS[m] < PARAMS[model]]]
    if smaller.empty:
        assert profile[["smaller_models", "failed_by_smaller", "decile_1"]].isna().all()
        return
    failed = (smaller.max(axis=1) == 0).to_numpy()
    own, difficulty = right[model].to_numpy(), 1 - smaller.mean(axis=1).round(9).to_numpy()
    assert profile["failed_by_smaller"] == pytest.approx(failed.mean())
    assert profile["solved_of_failed"] == pytest.approx(own[failed].mean())
    level = np.array([own[difficulty == d].mean() for d in difficulty])
    tenths = level[np.argsort(-difficulty, kind="stable")].reshape(10, ITEMS // 10).mean(axis=1)
    np.testing.assert_allclose(profile[[f"decile_{k}" for k in range(1, 11)]].astype(float), tenths)


def test_a_sister_released_later_does_not_tell_what_was_never_solved(tmp_path):
    """A forecast as of a day before her would else know her answers."""
    pytest.importorskip("duckdb")
    right = {"big-1b": [1, 0, 0, 0], "big-3b": [0, 1, 0, 0], "big-9b": [0, 0, 1, 0]}
    rows = [(model, "qa", item, float(x)) for model, given in right.items() for item, x in enumerate(given)]
    path = tmp_path / "items.parquet"
    pd.DataFrame(rows, columns=["model", "task", "item", "correct"]).to_parquet(path)

    def never(*released):
        models = pd.DataFrame({"model": list(right), "params": [1e9, 3e9, 9e9], "family": "big", "released": released})
        found = read_logs([path], models=models).profiles.set_index("model")["never_solved"]
        return [found[model] for model in right]

    assert never("2022-01-01", "2022-06-01", "2023-01-01") == [0.75, 0.5, 0.25]
    assert never("2022-01-01", "2023-01-01", "2022-06-01") == [0.75, 0.5, 0.5]
    assert never("2023-01-01", "2022-06-01", "2022-01-01") == [0.75, 0.75, 0.75]
    assert never("2022-01-01", None, "2022-01-01") == [0.5 + 0.25, 0.75, 0.25]


# --- at the door ------------------------------------------------------------------------------------------------------


def one_profile(**changes):
    row = {"benchmark": "b", "task": "t", "model": "m", "prob_correct": 0.3, "brier_score": 0.8, "never_solved": 0.5}
    return pd.DataFrame([row | changes])


@pytest.mark.parametrize(
    ("frame", "sentence"),
    [
        (one_profile().drop(columns="never_solved"), "no column 'never_solved'"),
        (one_profile(probability=1), "unknown column 'probability'"),
        (one_profile(prob_correct=1.2), "row 1 has prob_correct"),
        (one_profile(brier_score="much"), "row 1 has brier_score 'much', which is out of its range"),
        (one_profile(model=None), "row 1 has no model"),
        (one_profile().iloc[:0], "has no rows"),
    ],
)
def test_what_is_no_table_of_profiles_is_refused_in_one_sentence(frame, sentence):
    with pytest.raises(DataError, match=sentence):
        as_profiles(frame)


def test_a_score_has_the_profile_of_its_run_whatever_its_metric():
    row = {"benchmark": "b", "task": "t", "model": "M 1b", "params": 1e9, "score": 0.5}
    results = as_results(pd.DataFrame([row, row | {"metric": "acc_norm"}, row | {"shots": 5}, row | {"prompt": "cot"}]))
    found = beside(results, as_profiles(one_profile(model="m-1B")))
    assert found["never_solved"].fillna(-1).tolist() == [0.5, 0.5, -1.0, -1.0]


def test_of_two_filters_the_one_with_probabilities_counts():
    two = pd.concat([one_profile(filter="a", prob_correct=None, never_solved=0.1), one_profile(filter="b")])
    results = as_results(pd.DataFrame([{"benchmark": "b", "task": "t", "model": "m", "params": 1e9, "score": 0.5}]))
    assert beside(results, as_profiles(two))["never_solved"].tolist() == [0.5]


# --- as features ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def made():
    return world(lines=3, tasks=6, seed=1)


def matrix(made, profiles, steps=None, **options):
    steps = observed_steps(made.results, pairs="all") if steps is None else steps
    return features(made.results, made.tasks, bundled_metrics(), steps, profiles=profiles, **options)


def test_without_profiles_not_one_column_is_added_or_changed(made):
    plain, with_profiles = matrix(made, None), matrix(made, made.profiles)
    assert list(with_profiles.columns) == [*plain.columns, *ITEM_FEATURES]
    pd.testing.assert_frame_equal(with_profiles[plain.columns], plain, check_exact=True)


def test_features_are_of_the_origin_and_slopes_of_what_lies_before_it(made):
    steps = observed_steps(made.results)
    found = matrix(made, made.profiles, steps)
    known = made.profiles.set_index(["task", "model"])["prob_correct"]
    for place, step in steps.iterrows():
        line, _, scale = step["origin_model"].partition("-")
        p = [known[step["task"], f"{line}-{k}"] for k in range(int(scale) + 1)]
        assert found.loc[place, "item_prob_correct"] == p[-1]
        if len(p) > 1:
            assert found.loc[place, "item_prob_slope"] == pytest.approx(np.polyfit(range(len(p)), p, 1)[0])
            assert found.loc[place, "item_prob_slope_last"] == pytest.approx(p[-1] - p[-2])
        else:
            assert np.isnan(found.loc[place, ["item_prob_slope", "item_prob_slope_last"]]).all()


def scrambled(profiles, rows, seed=3):
    rng = np.random.default_rng(seed)
    out = profiles.copy()
    out.loc[rows, ["prob_correct", "brier_score", "never_solved"]] = rng.random((int(rows.sum()), 3))
    return out


def test_no_feature_moves_with_profiles_beyond_the_origin_or_of_other_lines(made):
    steps = observed_steps(made.results, pairs="all").query("origin_model == 'Line1-1'")
    hidden = ~made.profiles["model"].isin(["Line1-0", "Line1-1"])
    before, after = (matrix(made, p, steps) for p in (made.profiles, scrambled(made.profiles, hidden)))
    assert before.to_numpy().tobytes() == after.to_numpy().tobytes()
    control = matrix(made, scrambled(made.profiles, made.profiles["model"] == "Line1-0"), steps)
    assert (control["item_prob_slope"] != before["item_prob_slope"]).all()


def boosted_on(made, profiles, line="Line1"):
    """The trees' inputs of the fold of a line's largest model, and the forecast itself."""
    panel = made.panel(profiles)
    fold = next(iter(folds_of(panel, "leave-family-out", [f"{line}-3"])))
    predictor = Trained(panel).get("boosted", fold.exclusion)
    assert isinstance(predictor, Boosted)
    return Gains.of(fold.rows, fold.evidence), predictor.predict(fold.rows, fold.evidence).knots


def test_the_forecast_is_blind_to_profiles_of_the_target(made):
    """And reads those of its origin, or the test could not fail."""
    profiles = made.profiles
    _, before = boosted_on(made, profiles)
    _, after = boosted_on(made, scrambled(profiles, profiles["model"] == "Line1-3"))
    assert before.tobytes() == after.tobytes()
    gains, _ = boosted_on(made, profiles)
    moved, _ = boosted_on(made, scrambled(profiles, profiles["model"] == "Line1-2"))
    assert gains.names == [*INPUTS, *OF_ITEMS]
    assert (gains.inputs[:, len(INPUTS)] != moved.inputs[:, len(INPUTS)]).all()


def test_trees_and_features_command_see_the_same_numbers(made):
    gains, _ = boosted_on(made, made.profiles)
    steps = observed_steps(made.results).query("target_model == 'Line1-3'").sort_values("task")
    expected = matrix(made, made.profiles, steps)[list(ITEM_FEATURES)]
    np.testing.assert_allclose(gains.inputs[:, len(INPUTS) :], expected, rtol=1e-9)


def test_a_trained_state_is_of_the_profiles_it_was_trained_on(made):
    keys = {
        state_key(made.panel(profiles), "boosted", Exclusion("Line1"))
        for profiles in (None, made.profiles, scrambled(made.profiles, made.profiles["model"] == "Line0-1"))
    }
    same = scrambled(made.profiles, made.profiles["model"].str.startswith("Line1"))
    assert len(keys) == 3
    assert state_key(made.panel(same), "boosted", Exclusion("Line1")) in keys


def test_creeping_probabilities_foretell_a_jump_that_scores_do_not():
    """In a world made for it: only with profiles do the trees tell tasks that jump from tasks that stay."""
    made = world(lines=4, tasks=24, seed=2)
    skill = {}
    for name, profiles in (("none", None), ("given", made.profiles), ("dealt out", made.deal_out())):
        panel = made.panel(profiles)
        fold = next(iter(folds_of(panel, "leave-family-out", ["Line1-3"])))
        forecast = Trained(panel).get("boosted", fold.exclusion).predict(fold.rows, fold.evidence)
        skill[name] = np.abs(forecast.median - fold.truth["score"].to_numpy()).mean()
    assert skill["given"] < 0.7 * skill["none"]
    assert skill["dealt out"] > 0.9 * skill["none"]


# --- the commands -----------------------------------------------------------------------------------------------------


@pytest.fixture
def files(tmp_path, made):
    results, profiles = tmp_path / "results.csv", tmp_path / "profiles.csv"
    made.results.drop(columns=["known_on", "released"]).to_csv(results, index=False)
    made.profiles.to_csv(profiles, index=False)
    return [str(results), "--profiles", str(profiles)]


def test_the_features_command_prints_features_of_items(files):
    out = CliRunner().invoke(main, ["features", *files, "--format", "csv"])
    assert out.exit_code == 0, out.output
    assert set(ITEM_FEATURES) < set(pd.read_csv(io.StringIO(out.stdout)).columns)
    assert "72 scores of" in out.stderr


@pytest.mark.parametrize("command", [["features"], ["predict", "--family", "Line0", "--params", "1T"], ["backtest"]])
def test_profiles_of_other_runs_are_refused(tmp_path, files, command):
    pd.DataFrame(one_profile()).to_csv(tmp_path / "other.csv", index=False)
    out = CliRunner().invoke(main, [*command, files[0], "--profiles", str(tmp_path / "other.csv")])
    assert out.exit_code == 1
    assert "no score is of a run in it (the first: b, t, m)" in out.stderr
    assert len(out.stderr.strip().splitlines()[-1:]) == 1


def test_a_file_that_data_logs_wrote_is_read_back(tmp_path, read):
    path = tmp_path / "profiles.csv"
    path.write_text(csv_of(read.profiles))
    assert list(pd.read_csv(path).columns) == PROFILE_COLUMNS
    results = tmp_path / "results.csv"
    results.write_text(csv_of(read.loaded.results))
    out = CliRunner().invoke(main, ["features", str(results), "--profiles", str(path), "--format", "csv"])
    assert out.exit_code == 0, out.output
    assert pd.read_csv(io.StringIO(out.stdout))["item_never_solved"].notna().all()
