"""A small world in place of the bundled figures, and a user's results in it, for tests of the commands."""

import pytest
from click.testing import CliRunner

from scale_forecast.commands import main
from scale_forecast.data.frontier import Frontier, bundled_frontier_tables
from tests.worlds import make_results, make_tasks, session_cache

OWN = "Gamma"
"""The family that is the user's."""


@pytest.fixture(scope="session")
def small_cache():
    """Trained once for all tests, whichever process runs them."""
    return session_cache()


@pytest.fixture(scope="session")
def few_by_date():
    """Of the scores since 2022 those on one benchmark: what judges read them all for takes most of a command's time."""
    scores, releases, benchmarks = (
        getattr(bundled_frontier_tables(), name) for name in ("scores", "releases", "benchmarks")
    )
    return Frontier(scores[scores["benchmark"] == "MMLU"].reset_index(drop=True), releases, benchmarks)


@pytest.fixture
def small_world(monkeypatch, tmp_path, small_cache, few_by_date):
    """Runs a command in a world without `OWN`, its ledger in a folder of the test."""
    return small_world_in(tmp_path, monkeypatch, small_cache, few_by_date)


@pytest.fixture
def small_tables(monkeypatch, few_by_date):
    """Commands find a world without `OWN` where the bundled figures stand; the bundled questions stay."""
    bundle_small_tables(monkeypatch, few_by_date)


def bundle_small_tables(monkeypatch, few_by_date):
    results, tasks = make_results(), make_tasks()
    bundled = results[results["family"] != OWN].reset_index(drop=True)
    monkeypatch.setattr("scale_forecast.data.load.bundled_results", lambda: bundled)
    monkeypatch.setattr("scale_forecast.data.load.bundled_tasks", lambda: tasks)
    monkeypatch.setattr("scale_forecast.data.load.bundled_frontier_tables", lambda: few_by_date)
    for reader in ("commands.options", "workflow.tables"):
        monkeypatch.setattr(f"scale_forecast.{reader}.frontier_tables", lambda *_, **__: few_by_date)


def small_world_in(tmp_path, monkeypatch, small_cache, few_by_date):
    bundle_small_tables(monkeypatch, few_by_date)
    monkeypatch.setattr("scale_forecast.workflow.questions.bundled_questions", list)
    monkeypatch.setenv("FORECAST_CACHE", str(small_cache))
    monkeypatch.setenv("FORECAST_LEDGER", str(tmp_path / "ledger.db"))
    monkeypatch.setenv("FORECAST_JOURNAL", str(tmp_path / "sent.jsonl"))

    def run(*arguments):
        return CliRunner().invoke(main, [str(argument) for argument in arguments])

    return run


@pytest.fixture(scope="session")
def own_rows():
    """The user's results: one task falls."""
    results = make_results()
    names = ["benchmark", "task", "shots", "model", "family", "line", "params", "train_tokens", "released", "score"]
    own = results.loc[results["family"] == OWN, names].sort_values(["task", "params"], ignore_index=True)
    own.loc[own["task"] == "task07", "score"] = [0.9, 0.7, 0.5]
    return own


@pytest.fixture(scope="session")
def layouts(tmp_path_factory, own_rows):
    """The same results as options and files of two layouts: a row a score, and a row a model in percent."""
    folder = tmp_path_factory.mktemp("layouts")
    own_rows.to_csv(folder / "long.csv", index=False)
    wide = own_rows.pivot(index="model", columns="task", values="score").mul(100).round(6).rename_axis("Name")
    wide.reset_index().to_csv(folder / "wide.csv", index=False)
    models = own_rows.drop(columns=["benchmark", "task", "shots", "score"]).drop_duplicates()
    models.to_csv(folder / "models.csv", index=False)
    options = ["--wide", "--percent", "--column", "model=Name", "--set", "benchmark=world", "--set", "shots=0"]
    return {
        "long": (folder / "long.csv", []),
        "wide": (folder / "wide.csv", [*options, "--models", folder / "models.csv"]),
    }


QUESTION = """
- id: mine
  title: Does Gamma 2 score above 0.5 on task00?
  criterion: {kind: threshold, benchmark: world, task: task00, score: 0.5}
  scope: {model: Gamma 2}
  odds: "1:1"
  opened: 2020-06-15
  closes: 2023-06-15
  resolve_by: 2023-06-15
"""


@pytest.fixture
def question_file(tmp_path):
    """A question about the user's family."""
    path = tmp_path / "mine.yaml"
    path.write_text(QUESTION)
    return path
