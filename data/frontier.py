"""The bundled frontier tables: scores since 2022 of models that are mostly unsized, their releases and benchmarks.

They feed the forecasts by date, the questions and the judge; the forecasts by scale never read them. What was
corrected against the sources stands in ``tables/frontier/corrections.csv``, credit and licences in ``SOURCES.md``
beside it.
"""

from __future__ import annotations

from functools import cache

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


def corrections() -> pd.DataFrame:
    """What was changed in the compiled tables: ``file, rows, column, before, after, why``."""
    return pd.read_csv(FRONTIER / "corrections.csv", keep_default_na=False)


DATASET = "frontier"
_TUNED = {"base": "base", "instruct": "instruct"}


@cache
def frontier_results() -> pd.DataFrame:
    """`frontier_scores` as a results table, with the columns ``dataset``, ``evaluator_kind`` and ``is_best``.

    A family is the name that snapshots of a model share, a line the organisation's product line. Tuning is known
    where a setting says it, else ``unknown``: a model that people talk to is no base model. Callers must not change
    it in place.
    """
    scores, releases = frontier_scores(), frontier_releases().set_index("model")
    of_model = releases[["organisation", "product_line", "family_name", "params", "active_params", "train_flops"]]
    rows = scores.join(of_model, on="model").rename(columns={"family_name": "family"})
    line = rows["product_line"].fillna(rows["family"])
    rows = rows.assign(
        line=rows["organisation"].str.cat(line, sep=" "),
        prompt="unstated",
        tuning=rows["setting"].str.partition(";")[0].map(_TUNED).fillna("unknown"),
    )
    results = as_results(rows.reindex(columns=list(COLUMNS)), where="frontier tables")
    return results.assign(dataset=DATASET, evaluator_kind=scores["evaluator_kind"], is_best=scores["is_best"])


@cache
def frontier_tasks() -> pd.DataFrame:
    """`frontier_benchmarks` as a tasks table; human scores of shares in percent, as in the scaling tables."""
    table = frontier_benchmarks()
    percent = table["unit"].map({"share": 100.0}).fillna(1.0)
    humans = {name: table[name] * percent for name in ("human_average", "human_best")}
    columns = ["benchmark", "task", "chance", "ceiling", "n_examples"]
    return as_tasks(table[columns].assign(**humans), where="frontier benchmarks")
