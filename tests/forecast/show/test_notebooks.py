"""What the library's objects show in a notebook and a terminal."""

import re

import numpy as np
import pytest

from scale_forecast.backtests.run import BacktestTable, backtest
from scale_forecast.data.catalog import bundled_metrics
from scale_forecast.inputs.folds import folds_of
from scale_forecast.inputs.targets import scale_in, upcoming_target
from scale_forecast.resolvers.judge.evidence import Evidence
from scale_forecast.resolvers.questions.resolve import resolve
from scale_forecast.show.first_screen import first_screen
from scale_forecast.show.plots.ahead import task_view
from scale_forecast.show.plots.examples import make_question
from scale_forecast.show.plots.task import draw_task
from scale_forecast.upcoming import predict_upcoming
from tests.worlds import TASKS, make_panel, make_results, make_tasks


def predicted(family):
    panel = make_panel()
    target, _ = upcoming_target(panel, family, 3e10, 3e11)
    return panel, predict_upcoming(panel, target, predictor="drift")


@pytest.fixture(scope="module", params=["Gamma", "New"])
def world(request):
    """A family's next model, and a recipe nobody has seen."""
    return predicted(request.param)


def test_a_forecast_shows_every_task_and_pictures(world):
    _, upcoming = world
    html = upcoming._repr_html_()
    assert all(re.search(rf"<td>{task}</td>", html) for task in TASKS)
    assert html.count("<figure>") == len(TASKS)
    assert "<script" not in html


def test_a_console_shows_a_forecast_in_one_line_not_its_tables(world):
    panel, upcoming = world
    for shown in (upcoming, upcoming.forecast, panel):
        assert len(repr(shown)) < 120
        assert "\n" not in repr(shown)
    assert f"{len(TASKS)} tasks" in repr(upcoming)


def test_history_is_the_familys_or_the_origins(world):
    _, upcoming = world
    units = upcoming.forecast.targets["unit"].to_numpy()
    found = upcoming.history(units)
    assert sorted(found["row"].unique()) == list(range(len(units)))
    last = found.groupby("row").tail(1)
    assert last["model"].tolist() == upcoming.table["origin_model"].tolist()
    assert np.allclose(last["score"], upcoming.table["origin_score"])
    assert (found["scale"] < scale_in(upcoming.evidence, upcoming.target)).all()


def test_a_terminal_shows_a_sparkline_and_a_bar_for_each_task(world, monkeypatch):
    _, upcoming = world
    monkeypatch.setattr("scale_forecast.show.first_screen.is_terminal", lambda: True)
    view = first_screen(upcoming).tasks
    assert view.table["so far"].str.len().between(1, 8).all()
    assert view.table["0 to 1"].str.contains("┃").all()


def test_a_task_can_be_drawn(world):
    panel, upcoming = world
    view, others = task_view(panel, upcoming)
    assert view.truth is None
    assert len(others) == len(TASKS) - 1
    assert draw_task(view.scores, view.forecast)._repr_png_().startswith(b"\x89PNG")


def test_a_backtest_is_a_table_that_shows_its_summary():
    panel = make_panel()
    table = backtest(panel, folds_of(panel, "next-scale", ["Gamma 2"]), ["drift", "persistence"])
    assert isinstance(table, BacktestTable)
    html = table._repr_html_()
    assert html.count("<svg") == 3
    assert "persistence" in html
    assert "without a score" in BacktestTable(table.head(0))._repr_html_()


def test_a_question_and_its_resolution_show_as_html():
    question = make_question(title="<script>alert(1)</script>")
    results = make_results()
    evidence = Evidence(results, make_tasks(), bundled_metrics())
    for shown in (question._repr_html_(), resolve(question, evidence, as_of="2023-01-01")._repr_html_()):
        assert "&lt;script&gt;" in shown
        assert "<script>" not in shown
