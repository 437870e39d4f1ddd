"""`forecast plot` as its users meet it, and names that are markup or very long in every kind of picture."""

import itertools

import pandas as pd
import pytest
from click.testing import CliRunner

from scale_forecast.commands import main
from scale_forecast.commands.plot import plot_group
from scale_forecast.data.results import as_results
from scale_forecast.show.plots.ahead import reversals_ahead
from scale_forecast.show.plots.backtests import of_predictor, read_backtest
from scale_forecast.show.plots.coverage import coverage_table, draw_coverage
from scale_forecast.show.plots.examples import make_backtest, make_question, make_recorded, make_reversals, make_scores
from scale_forecast.show.plots.gains import draw_gains
from scale_forecast.show.plots.labels import Label, write_labels
from scale_forecast.show.plots.pit import draw_pit
from scale_forecast.show.plots.question import draw_question, forecasts_of
from scale_forecast.show.plots.reach import draw_reach
from scale_forecast.show.plots.registry import PLOTS
from scale_forecast.show.plots.reversal import draw_reversal
from scale_forecast.show.plots.skill import draw_skill, skill_table
from scale_forecast.show.plots.style import as_bytes, new_figure
from scale_forecast.show.plots.task import draw_task
from tests.forecast.show.report.worlds import LONG, MARKUP
from tests.worlds import make_panel, make_results


@pytest.fixture(scope="module")
def backtest_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("backtest") / "backtest.csv"
    make_backtest().to_csv(path, index=False)
    return path


@pytest.fixture
def plot(tmp_path):
    def invoke(*args):
        return CliRunner().invoke(main, ["plot", *map(str, args)], env={"FORECAST_LEDGER": str(tmp_path / "no.db")})

    return invoke


@pytest.mark.parametrize(
    "args",
    [
        ("gains",),
        ("reliability", "--predictor", "drift"),
        ("pit", "--predictor", "stack", "--predictor", "drift"),
        ("coverage", "--by", "distance"),
        ("coverage", "--by", "predictor"),
        ("skill", "--reference", "drift"),
    ],
)
def test_a_backtest_file_is_drawn(plot, backtest_file, tmp_path, args):
    out = plot(args[0], backtest_file, *args[1:], "-o", tmp_path / "a.svg")
    assert out.exit_code == 0, out.output
    assert b"<svg" in (tmp_path / "a.svg").read_bytes()


def test_every_plot_has_a_command_and_says_what_it_shows():
    assert {plot.name for plot in PLOTS.ours} == set(plot_group.commands)
    for plot in PLOTS.values():
        assert plot.says.endswith(".")


def test_a_question_of_the_bank_is_drawn_without_a_ledger(plot, tmp_path):
    out = plot("question", "neqa-resolves-2024", "--as-of", "2024-01-01", "-o", tmp_path / "q.png")
    assert out.exit_code == 0, out.output
    assert (tmp_path / "q.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("kind", [("records", "--by", "2023-12", "--benchmark", "MMLU", "--open-weights"), ("index",)])
def test_the_world_by_date_is_drawn_from_the_bundled_scores(plot, tmp_path, kind):
    out = plot(*kind, "--as-of", "2023-03-01", "--release-dates", "-o", tmp_path / "p.png")
    assert out.exit_code == 0, out.output
    assert (tmp_path / "p.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("args", "code", "message"),
    [
        (("gains", "-o", "x.png"), 2, "or else a known --target MODEL"),
        (("gains", __file__, "-o", "x.png"), 1, "give what `forecast backtest --format csv` wrote"),
        (("gains", "FILE", "-o", "x.gif"), 2, "name the picture .png or .svg"),
        (("gains", "FILE", "--predictor", "stak", "-o", "x.png"), 2, "did you mean 'stack'?"),
        (("coverage", "FILE", "--by", "lin", "-o", "x.png"), 2, "did you mean 'line'?"),
        (("skill", "FILE", "--reference", "drft", "-o", "x.png"), 2, "did you mean 'drift'?"),
        (("pit", "--recorded", "-o", "x.png"), 1, "there is no ledger"),
        (("question", "nqa-resolves-2024", "-o", "x.png"), 2, "did you mean"),
        (("largest", "--by", "2020", "-o", "x.png"), 2, "give a later day"),
        (("task", "x", "--family", "Plam", "--params", "1T", "-o", "x.png"), 2, "did you mean"),
    ],
)
def test_what_cannot_be_drawn_is_refused_in_one_sentence(plot, backtest_file, args, code, message):
    out = plot(*(backtest_file if a == "FILE" else a for a in args))
    assert out.exit_code == code, out.output
    assert message in out.stderr
    assert "Traceback" not in out.output


def test_curves_are_drawn_from_two_columns(plot, tmp_path):
    """What `curves fit --plot` draws beside its table is a kind of picture too."""
    runs = tmp_path / "runs.csv"
    runs.write_text("compute,loss\n" + "".join(f"1e{k},{1.7 + 30 * 10 ** (-0.08 * k):.4f}\n" for k in range(18, 24)))
    out = plot("curves", runs, "-x", "compute", "-y", "loss", "--at", "1e24", "-o", tmp_path / "curves.svg")
    assert out.exit_code == 0, out.output
    assert b"<svg" in (tmp_path / "curves.svg").read_bytes()


def test_a_score_that_may_not_be_reached_is_drawn_as_far_as_was_looked():
    """The curve ends where nothing more was looked at, below the certainty that it does not have."""
    row = {"of": "compute", "q10": 1e24, "q25": 4e24, "q50": "", "q75": None, "q90": ""}
    figure = draw_reach(pd.DataFrame([{**row, "not_within": 0.7, "looked_at": 1e25}]), title="x")
    reached = figure.axes[0].lines[0].get_xydata()
    assert reached.tolist() == [[1e24, 0.1], [4e24, 0.25], [1e25, pytest.approx(0.3)]]


def test_names_beside_lines_do_not_cover_each_other():
    figure, axes = new_figure()
    axes[0, 0].plot([0, 1], [0, 1])
    write_labels(axes[0, 0], [Label(0.5, 0.5, f"name {i}") for i in range(5)])
    figure.draw_without_rendering()
    boxes = [text.get_window_extent() for text in axes[0, 0].texts]
    assert len(boxes) == 5
    tops = sorted(box.y0 for box in boxes)
    assert all(above - below >= 0.9 * boxes[0].height for below, above in itertools.pairwise(tops))


def hostile_pictures():
    table = make_backtest()
    names = {"one": MARKUP, "two": LONG, "Alpha": MARKUP, "Beta": LONG, "stack": "<b>$x$</b>", "drift": LONG}
    table = table.replace({column: names for column in ("benchmark", "line", "family", "predictor")})
    one = of_predictor(table)
    yield draw_gains(one)
    yield draw_coverage(one)
    yield draw_skill(table)
    yield draw_pit({MARKUP: one["pit"].to_numpy(), LONG: one["pit"].to_numpy()})
    yield draw_reversal(make_reversals().replace({"neqa": MARKUP, "memo-trap": LONG, "Alpha": MARKUP, "Beta": LONG}))
    question = make_question(title=MARKUP + LONG)
    yield draw_question(question, forecasts_of(question, make_recorded().replace({"stack": LONG})))
    scores, forecast = make_scores(task=LONG)
    yield draw_task(scores.replace({"Theirs": MARKUP, "Other": LONG}), forecast)


def test_names_do_no_harm_in_any_picture():
    for figure in hostile_pictures():
        svg = as_bytes(figure, ".svg").decode("utf-8")
        assert "<script" not in svg
        assert "<b>" not in svg


def test_falling_tasks_are_forecast_at_sizes_to_come():
    """Target rows say less of how a score is measured than results do: asking them for all of it once failed."""
    results = make_results()
    falling = (results["family"] == "Beta").to_numpy() & (results["task"] == "task00").to_numpy()
    results.loc[falling, "score"] = [0.8, 0.7, 0.5, 0.3]
    table = reversals_ahead(make_panel(as_results(results)), ["Beta"], predictor="law")
    made_to_fall = table.loc[table["task"] == "task00", "prob_reversal"]
    assert len(made_to_fall)
    assert made_to_fall.between(0, 1).all()


def test_coverage_is_the_share_inside(backtest_file):
    table = of_predictor(read_backtest(backtest_file))
    found = coverage_table(table, "line").set_index("group")
    part = table[table["line"] == "Beta"]
    inside = ((part["score"] >= part["q10"]) & (part["score"] <= part["q90"])).mean()
    assert found.loc["Beta", "cover80"] == pytest.approx(inside)
    assert found.loc["Beta", "cover80_low"] < inside < found.loc["Beta", "cover80_high"]


def test_skill_is_one_minus_the_ratio_of_losses_and_zero_for_the_reference(backtest_file):
    table = read_backtest(backtest_file)
    overall, folds, reference = skill_table(table)
    assert reference == "pooled-law"
    assert (folds.loc["pooled-law"] == 0).all()
    beta = table[table["line"] == "Beta"].groupby("predictor")["crps"].mean()
    assert folds.loc["stack", "Beta"] == pytest.approx(1 - beta["stack"] / beta["pooled-law"])
    assert overall["skill"].is_monotonic_decreasing
