"""The tables of the world by date: scores, releases and benchmarks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd

SCORES = ["task", "model", "evaluator_kind", "known_on", "known_basis", "seen_on", "score", "n_examples", "source"]
RELEASES = ["model", "organisation", "product_line", "tier", "reasoning", "open_weights", "released"]
BENCHMARKS = ["task", "benchmark", "unit", "chance", "ceiling", "ceiling_known_on", "n_examples", "higher_is_better"]


@dataclass(frozen=True)
class Tables:
    """Scores (a row a score), releases (a row a model) and benchmarks (a row a task), with every column of the lists
    above.

    A column that a table lacks is empty: a table with no groups is a table of models that share nothing but the date.
    """

    scores: pd.DataFrame
    releases: pd.DataFrame
    benchmarks: pd.DataFrame

    @cached_property
    def groups(self) -> pd.DataFrame:
        """Groups of each model by its name; what is not known of it is a group of its own, but for the tier."""
        models = self.releases.set_index("model").sort_index()
        name = pd.Series(models.index, models.index)
        organisation = models["organisation"].astype("object").where(models["organisation"].notna(), "maker of " + name)
        tier = models["tier"].astype("object").where(models["tier"].notna(), "unknown")
        line = models["product_line"].astype("object").where(models["product_line"].notna(), organisation)
        weights = models["open_weights"].map({"yes": "open", "no": "closed"}).fillna("unknown")
        return pd.DataFrame(
            {
                "organisation": organisation,
                "tier": tier,
                "kind": tier.astype(str) + " / " + weights.astype(str),
                "product_line": models["product_line"].astype("object").where(models["product_line"].notna(), ""),
                "weights": weights,
                "line": organisation.astype(str) + " / " + line.astype(str) + " / " + tier.astype(str),
                "reasoning": models["reasoning"].isin(["yes", "optional", True]).astype(float),
                "released": models["released"],
            }
        )


def read_tables(scores: Path, releases: Path, benchmarks: Path) -> Tables:
    """The three tables read from CSV files."""
    return as_tables(pd.read_csv(scores), pd.read_csv(releases), pd.read_csv(benchmarks))


def as_tables(scores: pd.DataFrame, releases: pd.DataFrame, benchmarks: pd.DataFrame | None = None) -> Tables:
    """The tables with the columns that the forecast uses; benchmarks that no table describes are shares without chance.

    Scores whose model has no day of release, or which have no number, enter nothing by date and are left out.
    """
    releases = _columns(releases, RELEASES, {"released": "datetime64[ns]"}).dropna(subset=["model", "released"])
    releases = releases.drop_duplicates("model").reset_index(drop=True)
    scores = _columns(scores, SCORES, {"known_on": "datetime64[ns]", "seen_on": "datetime64[ns]", "score": "float64"})
    scores = scores[scores["model"].isin(releases["model"]) & scores["score"].notna() & scores["task"].notna()]
    if benchmarks is None:
        benchmarks = pd.DataFrame({"task": scores["task"].unique()})
    kinds = {"chance": "float64", "ceiling": "float64", "n_examples": "float64", "ceiling_known_on": "datetime64[ns]"}
    benchmarks = _columns(benchmarks, BENCHMARKS, kinds).drop_duplicates("task")
    undescribed = scores.loc[~scores["task"].isin(benchmarks["task"]), "task"].unique()
    benchmarks = pd.concat([benchmarks, pd.DataFrame({"task": undescribed})], ignore_index=True)
    benchmarks["unit"] = benchmarks["unit"].fillna("share")
    benchmarks["chance"] = benchmarks["chance"].fillna(0.0)
    benchmarks["benchmark"] = benchmarks["benchmark"].fillna(benchmarks["task"])
    benchmarks["higher_is_better"] = benchmarks["higher_is_better"].map(_truth)
    return Tables(scores.reset_index(drop=True), releases, benchmarks)


def _columns(table: pd.DataFrame, names: list[str], kinds: Mapping[str, str]) -> pd.DataFrame:
    """The named columns, in order; one that is missing is empty."""
    kept = table.reindex(columns=names)
    for name in names:
        if name in kinds and kinds[name].startswith("datetime"):
            kept[name] = pd.to_datetime(kept[name])
        elif name in kinds:
            kept[name] = pd.to_numeric(kept[name])
        elif kept[name].isna().all():
            kept[name] = kept[name].astype("object")
    return kept


def _truth(value: object) -> bool:
    """Higher is better unless a table says otherwise."""
    return str(value).lower() not in ("false", "0", "0.0", "no")
