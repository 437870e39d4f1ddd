"""`forecast predict` and `forecast backtest` as their users meet them."""

import io
import json
import sys

import pandas as pd
import pytest
from click.testing import CliRunner

from scale_forecast.commands import main
from scale_forecast.data import frontier
from scale_forecast.resolvers.ledger import open_ledger
from scale_forecast.upcoming import FORECAST_COLUMNS
from tests.worlds import make_results

QUANTILES = ["q05", "q10", "q25", "median", "q75", "q90", "q95"]


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """A user's file: one family of a benchmark that nobody else has."""
    path = tmp_path_factory.mktemp("world") / "mine.csv"
    results = make_results()
    results[results["family"] == "Gamma"].to_csv(path, index=False)
    return str(path)


@pytest.fixture
def run_bundled(tmp_path, monkeypatch):
    """Runs a command on the bundled figures, on which training takes seconds."""
    monkeypatch.setenv("FORECAST_LEDGER", str(tmp_path / "ledger.db"))

    def invoke(*args):
        return CliRunner().invoke(main, [str(a) for a in args])

    return invoke


@pytest.fixture
def run(run_bundled, small_tables):
    """Runs a command on a small world in their place."""
    return run_bundled


def test_predict_gives_one_row_a_task_with_monotone_quantiles_in_range(run, world):
    out = run("predict", world, "--family", "gamma", "--params", "100B", "--predictor", "drift", "--format", "csv")
    assert out.exit_code == 0, out.stderr
    table = pd.read_csv(io.StringIO(out.stdout))
    assert list(table.columns) == FORECAST_COLUMNS
    assert len(table) == table["task"].nunique() == 8
    assert (table[QUANTILES].diff(axis=1).iloc[:, 1:] >= 0).all().all()
    assert table[[*QUANTILES, "mean"]].min().min() >= 0
    assert table[[*QUANTILES, "mean"]].max().max() <= 1
    assert table["prob_gain"].between(0, 1, inclusive="neither").all()
    assert table.loc[table["trend"] != "falling", ["prob_recovery", "prob_reversal"]].isna().all().all()


def test_a_forecast_says_who_measured_which_release_and_how(run, tmp_path):
    """Two evaluators of one task are two forecasts, told apart in the table and in the ledger's entries."""
    results = make_results()
    ours = results.assign(evaluator="ours", setting="with tools")
    both = pd.concat([results, ours], ignore_index=True).drop(columns="higher_is_better")
    both.to_csv(tmp_path / "two.csv", index=False)
    options = ("--family", "Gamma", "--params", "100B", "--task", "task00", "--predictor", "drift", "--record")
    out = run("predict", tmp_path / "two.csv", *options, "--format", "csv")
    assert out.exit_code == 0, out.stderr
    table = pd.read_csv(io.StringIO(out.stdout))
    told = table[["evaluator", "version", "setting"]].astype(object).fillna("").to_records(index=False).tolist()
    assert sorted(told) == [("", "", ""), ("ours", "", "with tools")]
    with open_ledger(tmp_path / "ledger.db") as book:
        details = book.forecasts()["details"]
    assert sorted(str(one.get("evaluator")) for one in details) == ["None", "ours"]


def test_known_scores_move_the_others_and_leave_the_table(run, world):
    common = ("predict", world, "--family", "Gamma", "--params", "100B", "--predictor", "drift", "--format", "csv")
    plain, high = run(*common), run(*common, "--known", "task00=0.99")
    before, after = (pd.read_csv(io.StringIO(o.stdout)).set_index("task") for o in (plain, high))
    assert "task00" not in after.index
    assert (after["median"] > before["median"].drop("task00")).all()


def test_a_known_task_without_history_on_the_day_moves_no_other(run, tmp_path):
    path = tmp_path / "dated.csv"
    results = make_results()
    mine = results[results["family"] == "Gamma"].copy()
    mine["known_on"] = pd.Timestamp("2021-01-01")
    mine.loc[mine["task"] == "task03", "known_on"] = pd.Timestamp("2023-01-01")
    mine.to_csv(path, index=False)
    common = ("predict", path, "--family", "Gamma", "--params", "100B", "--predictor", "drift", "--as-of", "2022-01-01")
    out = run(*common, "--known", "task03=0.99")
    assert out.exit_code == 2
    assert "no task of this family's history" in out.stderr


def test_a_straight_line_does_not_take_a_loss_to_zero(run, tmp_path):
    path = tmp_path / "loss.csv"
    rows = [("t", f"lossy {p}B", "lossy", p * 1e9, "perplexity", loss) for p, loss in ((1, 15.0), (7, 9.0))]
    pd.DataFrame(rows, columns=["task", "model", "family", "params", "metric", "score"]).to_csv(path, index=False)
    out = run("predict", path, "--family", "lossy", "--params", "700B", "--predictor", "linear", "--format", "csv")
    assert out.exit_code == 0, out.stderr
    assert pd.read_csv(io.StringIO(out.stdout))["median"].iloc[0] == pytest.approx(0.9)


def test_json_marks_each_row_whose_interval_is_uncovered(run, tmp_path):
    path = tmp_path / "both.csv"
    rows = [("t", f"two {p}B", "two", p * 1e9, "perplexity", loss) for p, loss in ((1, 15.0), (7, 9.0))]
    rows += [("u", f"two {p}B", "two", p * 1e9, "accuracy", score) for p, score in ((1, 0.5), (7, 0.6))]
    pd.DataFrame(rows, columns=["task", "model", "family", "params", "metric", "score"]).to_csv(path, index=False)
    out = run("predict", path, "--family", "two", "--params", "70B", "--predictor", "persistence", "--format", "json")
    found = json.loads(out.stdout)
    assert {row["task"]: row["covered"] for row in found["data"]} == {"t": False, "u": True}
    assert any("uncovered" in sentence for sentence in found["notes"])


def test_known_takes_a_task_with_slashes_and_equals_signs_in_its_name(run, tmp_path):
    path = tmp_path / "odd.csv"
    rows = [(task, f"odd {p}B", "odd", p * 1e9, 0.2 + p / 20) for task in ("de/en=x", "fr") for p in (1, 4)]
    pd.DataFrame(rows, columns=["task", "model", "family", "params", "score"]).to_csv(path, index=False)
    common = ("predict", path, "--family", "odd", "--params", "30B", "--predictor", "drift", "--format", "csv")
    for name in ("de/en=x", "user/fr"):
        out = run(*common, "--known", f"{name}=0.7")
        assert out.exit_code == 0, out.stderr
        assert len(pd.read_csv(io.StringIO(out.stdout))) == 1


@pytest.mark.parametrize(
    ("args", "code", "says"),
    [
        (("--family", "Gama", "--params", "1B"), 2, "did you mean 'Gamma'"),
        (("--family", "Gamma", "--params", "-3"), 2, "is not a positive size"),
        (("--family", "Gamma"), 2, "--params"),
        (("--family", "Gamma", "--params", "100"), 1, "100 are parameters: 100B is billions"),
        (("--family", "Gamma", "--params", "1T", "--task", "task0x"), 2, "did you mean"),
        (("--family", "Gamma", "--params", "1T", "--predictor", "drif"), 2, "did you mean 'drift'"),
        (("--family", "Gamma", "--params", "1T", "--known", "task00=7"), 1, "outside [0, 1]"),
        (("--family", "Gamma", "--params", "1T", "--known", "nothing"), 2, "neither TASK=SCORE nor a file"),
        (("--family", "Gamma", "--params", "1T", "--as-of", "1999-01-01"), 1, "no smaller model"),
    ],
)
def test_what_cannot_be_predicted_is_said_in_a_sentence(run, world, args, code, says):
    cheap = () if "--predictor" in args else ("--predictor", "persistence")
    out = run("predict", world, *cheap, *args)
    assert out.exit_code == code
    assert says in out.stderr
    assert out.stdout == ""


def test_recorded_forecasts_are_in_the_ledger_and_it_verifies(run, world):
    args = ("predict", world, "--family", "Gamma", "--params", "100B", "--predictor", "persistence", "--record")
    assert run(*args).exit_code == 0
    verified = run("ledger", "verify")
    assert verified.exit_code == 0
    assert "entry 8" in verified.stdout


def test_backtest_of_persistence_has_the_error_a_spreadsheet_gives(run_bundled):
    args = (
        "backtest",
        "--target",
        "PaLM-540B",
        "--predictors",
        "persistence",
        "--folds",
        "next-scale",
        "--format",
        "csv",
    )
    out = run_bundled(*args)
    assert out.exit_code == 0, out.stderr
    table = pd.read_csv(io.StringIO(out.stdout))
    palm = pd.read_csv("data/tables/results/palm.csv")
    lite = palm[(palm["benchmark"] == "BIG-bench Lite") & palm["model"].isin(["PaLM 62B", "PaLM 540B"])]
    scores = lite.pivot(index="task", columns="model", values="score")
    by_hand = (scores["PaLM 540B"] - scores["PaLM 62B"]).abs().mean()
    ours = table[table["benchmark"] == "BIG-bench Lite"]["abs_error"].mean()
    assert ours == pytest.approx(by_hand, abs=1e-6)
    assert (table["origin_score"] - table["median"]).abs().max() < 1e-6


def test_backtest_names_a_near_miss(run_bundled):
    out = run_bundled("backtest", "--target", "PaLM 54B")
    assert out.exit_code == 1
    assert "did you mean 'PaLM 540B'" in out.stderr
    out = run_bundled("backtest", "--folds", "next-scal")
    assert out.exit_code == 2
    assert "did you mean 'next-scale'" in out.stderr


def test_train_keeps_a_state_that_predict_then_takes_over(run, world, tmp_path, monkeypatch):
    monkeypatch.setenv("FORECAST_CACHE", str(tmp_path / "cache"))
    trained = run("train", world, "--family", "Gamma", "--predictor", "drift")
    assert trained.exit_code == 0, trained.stderr
    states = list((tmp_path / "cache").iterdir())
    assert len(states) == 1
    run("predict", world, "--family", "Gamma", "--params", "100B", "--predictor", "drift")
    assert list((tmp_path / "cache").iterdir()) == states
    assert "did you mean 'Gamma'" in run("train", world, "--family", "Gama").stderr


@pytest.fixture
def undated(tmp_path):
    path = tmp_path / "undated.csv"
    sizes = (1e9, 3e9, 7e9)
    rows = [f"mini-{s / 1e9:g}b,{task},{0.3 + 0.05 * i},{s:g}" for i, s in enumerate(sizes) for task in ("qa", "sum")]
    path.write_text("\n".join(["model,task,score,params", *rows]))
    return str(path)


def test_scores_without_a_date_and_a_day_to_forecast_on_are_told_apart_from_a_target_too_small(run, undated):
    out = run("predict", undated, "--family", "mini", "--params", "70B", "--as-of", "2023-01-01")
    assert out.exit_code == 1
    assert "no score of mini has a date, so none was public on 2023-01-01: give a column known_on" in out.stderr


def test_what_is_taken_for_granted_is_said(run, undated):
    """An unknown level of chance and a target far beyond anything known both make a forecast worth less."""
    common = ("predict", undated, "--family", "mini", "--predictor", "drift", "--params")
    near, far = run(*common, "70B"), run(*common, "1e15")
    assert "chance is unknown for 2 tasks: give n_choices or chance with --tasks" in near.stderr
    assert "decades above the largest smaller model" not in near.stderr
    assert "5.2 decades above the largest smaller model of mini" in far.stderr


def test_the_recommended_predictor_is_never_shown_without_the_naive_ones(run, world):
    out = run("backtest", world, "--target", "Gamma 2", "--predictors", "default", "--format", "csv")
    assert out.exit_code == 0, out.stderr
    shown = set(pd.read_csv(io.StringIO(out.stdout))["predictor"])
    assert shown == {"stack", "persistence", "drift", "pooled-law"}


def test_a_recorded_forecast_is_settled_by_the_name_it_was_given(small_world, layouts, tmp_path):
    """Family and size alone made the name, which no publication uses."""
    own, options = layouts["long"]
    target = ("--family", "Gamma", "--params", "100B", "--predictor", "drift", "--record")
    made = small_world("predict", own, *options, *target, "--name", " Gamma  Ultra ", "--task", "task00")
    assert made.exit_code == 0, made.output
    assert "Gamma Ultra" in made.stdout
    results = tmp_path / "new.csv"
    results.write_text(
        "benchmark,task,shots,model,family,score,known_on\nworld,task00,0,gamma-ultra,Gamma Ultra,0.7,2024-05-01\n"
    )
    settled = small_world("resolve", results, "--as-of", "2024-06-01", "--format", "json")
    assert settled.exit_code == 0, settled.output
    (row,) = json.loads(settled.stdout)["data"]
    assert (row["status"], row["value"]) == ("number", 0.7), row["reason"]
    empty = small_world("predict", own, *options, *target, "--name", " ")
    assert (empty.exit_code, "--name is empty" in empty.stderr) == (2, True)


@pytest.mark.parametrize("command", ["predict", "features"])
def test_forecasts_by_scale_are_the_same_bytes_with_and_without_the_tables_by_date(run, world, monkeypatch, command):
    options = ("--family", "Gamma", "--params", "100B", "--format", "csv")
    options += ("--predictor", "drift") if command == "predict" else ()
    with_tables = run(command, world, *options)

    def missing(*_):
        raise AssertionError("a forecast by scale read the tables by date")

    for name in ("frontier_scores", "frontier_releases", "frontier_benchmarks", "frontier_results", "frontier_tasks"):
        monkeypatch.setattr(frontier, name, missing)
        for module in (
            m for m in list(sys.modules.values()) if getattr(m, "__name__", "").startswith("scale_forecast")
        ):
            if hasattr(module, name):
                monkeypatch.setattr(module, name, missing)
    without = run(command, world, *options)
    assert with_tables.exit_code == 0, with_tables.output
    assert without.stdout_bytes == with_tables.stdout_bytes
