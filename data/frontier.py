"""The bundled frontier tables: scores since 2022 of models that are mostly unsized, their releases and benchmarks.

They feed the forecasts by date, the questions and the judge; the forecasts by scale never read them. What was
corrected against the sources stands in ``tables/frontier/corrections.csv``, credit and licences in ``SOURCES.md``
beside it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property

import pandas as pd

from scale_forecast.data.catalog import TABLES
from scale_forecast.data.results import COLUMNS, as_results
from scale_forecast.data.tasks import as_tasks

FRONTIER = TABLES / "frontier"
_SCORE_DATES = ["released", "known_on", "seen_on"]


@cache
def frontier_scores() -> pd.DataFrame:
    """One row a score; callers must not change it in place.

    Returns
    -------
    DataFrame ``benchmark, task, metric, evaluator, evaluator_kind, version, setting, shots, model, released, known_on,
    known_basis, seen_on, score, stderr, n_examples, is_best, licence, source``. ``known_basis`` is ``run date``,
    ``listing date``, ``launch`` or ``not before`` (then ``known_on`` is only a lower bound); ``seen_on`` is the first
    day on which a snapshot of the source holds the row. ``is_best`` marks the best of the settings of one model in one
    version by one evaluator.
    """
    return pd.read_csv(FRONTIER / "scores.csv", parse_dates=_SCORE_DATES, low_memory=False)


@cache
def frontier_releases() -> pd.DataFrame:
    """One row a dated model of `frontier_scores`, by release: its organisation, line, tier, other names."""
    return pd.read_csv(FRONTIER / "releases.csv", parse_dates=["released"])


@cache
def frontier_benchmarks() -> pd.DataFrame:
    """One row a task of `frontier_scores`, with its unit, chance, human scores and day of publication.

    Where wrong labels were counted, also the ceiling that they leave, and the day on which that became known.
    """
    return pd.read_csv(FRONTIER / "benchmarks.csv", parse_dates=["released", "newest_model", "ceiling_known_on"])


@cache
def open_weights() -> dict[str, str]:
    """Of each release whose weights are known to be either, ``open`` or ``closed``."""
    stated = frontier_releases().set_index("model")["open_weights"].map({"yes": "open", "no": "closed"}).dropna()
    return {str(model): str(weights) for model, weights in stated.items()}


@cache
def past_records() -> pd.DataFrame:
    """Forecasts of records at past origins, a row a window, as ``python -m benchmarks.records --past`` wrote them.

    ``reading, origin, months, task, record, pit, crps, crps_of_drift, code``: where the outcome fell in the forecast,
    the CRPS in points, that of the record's own drift, and the fingerprint of the code that was measured.
    """
    return pd.read_csv(FRONTIER / "past_records.csv", parse_dates=["origin"])


def corrections() -> pd.DataFrame:
    """What was changed in the compiled tables: ``file, rows, column, before, after, why``."""
    return pd.read_csv(FRONTIER / "corrections.csv", keep_default_na=False)


DATASET = "frontier"
_TUNED = {"base": "base", "instruct": "instruct"}


@dataclass(frozen=True)
class Frontier:
    """The three tables: the bundled ones, or those joined with a user's own (`data.own.world`).

    What it gives as results and tasks is made once; callers must not change it in place.

    ``scores`` may have the column ``dataset``: where a row is from. ``own`` says in one sentence what of a user's was
    joined; None for nothing.
    """

    scores: pd.DataFrame
    releases: pd.DataFrame
    benchmarks: pd.DataFrame
    own: str | None = None

    @property
    def is_bundled(self) -> bool:
        """Whether no row of a user's is among the scores."""
        return self.scores is frontier_scores()

    def results(self) -> pd.DataFrame:
        """As a results table: see `frontier_results`."""
        return frontier_results() if self.is_bundled else self._own_results

    def tasks(self) -> pd.DataFrame:
        """As a tasks table: see `frontier_tasks`."""
        return frontier_tasks() if self.is_bundled else self._own_tasks

    @cached_property
    def _own_results(self) -> pd.DataFrame:
        return _results(self)

    @cached_property
    def _own_tasks(self) -> pd.DataFrame:
        return _tasks(self)


@cache
def bundled_frontier_tables() -> Frontier:
    """The bundled tables alone."""
    return Frontier(frontier_scores(), frontier_releases(), frontier_benchmarks())


@cache
def frontier_results() -> pd.DataFrame:
    """`frontier_scores` as a results table, with the columns ``dataset``, ``evaluator_kind`` and ``is_best``.

    A family is the name that snapshots of a model share, a line the organisation's product line. Tuning is known
    where a setting says it, else ``unknown``: a model that people talk to is no base model. Callers must not change
    it in place.
    """
    return _results(bundled_frontier_tables())


def _results(frontier: Frontier) -> pd.DataFrame:
    scores, releases = frontier.scores, frontier.releases.set_index("model")
    of_model = releases[["organisation", "product_line", "family_name", "params", "active_params", "train_flops"]]
    rows = scores.join(of_model, on="model").rename(columns={"family_name": "family"})
    line = rows["product_line"].fillna(rows["family"])
    rows = rows.assign(
        line=rows["organisation"].str.cat(line, sep=" "),
        prompt="unstated",
        tuning=rows["setting"].str.partition(";")[0].map(_TUNED).fillna("unknown"),
    )
    results = as_results(rows.reindex(columns=list(COLUMNS)), where="frontier tables")
    dataset = scores.get("dataset", DATASET)
    return results.assign(dataset=dataset, evaluator_kind=scores["evaluator_kind"], is_best=scores["is_best"])


@cache
def frontier_tasks() -> pd.DataFrame:
    """`frontier_benchmarks` as a tasks table; human scores of shares in percent, as in the scaling tables."""
    return _tasks(bundled_frontier_tables())


def _tasks(frontier: Frontier) -> pd.DataFrame:
    table = frontier.benchmarks
    percent = table["unit"].map({"share": 100.0}).fillna(1.0)
    humans = {name: table[name] * percent for name in ("human_average", "human_best")}
    columns = ["benchmark", "task", "chance", "ceiling", "n_examples"]
    return as_tasks(table[columns].assign(**humans), where="frontier benchmarks")
