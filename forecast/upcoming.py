"""A live forecast: the table that `forecast predict` prints."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from scale_forecast.backtests.training import Trained
from scale_forecast.data.errors import DataError, UsageError
from scale_forecast.data.names import count_of, did_you_mean, fold
from scale_forecast.data.notebook import ShowsHtml
from scale_forecast.data.results import UNIT
from scale_forecast.distribution import PRINTED, Forecast
from scale_forecast.inputs.folds import Exclusion
from scale_forecast.inputs.panel import Panel
from scale_forecast.inputs.targets import Target, evidence_of, target_rows, visible
from scale_forecast.predictors.base import Predictor
from scale_forecast.predictors.covered import FAR_BELOW_CHANCE, remarks
from scale_forecast.predictors.events import prob_gain
from scale_forecast.predictors.losses import UNCOVERED
from scale_forecast.predictors.reversal import Reversal

FORECAST_COLUMNS = [
    *UNIT, "family", "target_model", "target_params", "target_flops", "origin_model", "origin_score", "median", "mean",
    "q05", "q10", "q25", "q75", "q90", "q95", "prob_gain", "prob_recovery", "prob_reversal", "trend", "predictor",
]  # fmt: skip


@dataclass(frozen=True)
class Past:
    """How the same predictor fares on the known models of a target's line, of which it learned nothing.

    Attributes
    ----------
    means : DataFrame
        A row a benchmark, setting and model: ``model``, the columns of `data.results.SUITE`, ``tasks, q10, median,
        q90, score``.
    scores : DataFrame
        A row a task and model: ``model, q10, median, q90, score, is_share``.
    """

    means: pd.DataFrame
    scores: pd.DataFrame

    @property
    def models(self) -> list[str]:
        """The models that were forecast again."""
        return list(dict.fromkeys(self.scores["model"]))


@dataclass(frozen=True)
class Upcoming(ShowsHtml):
    """The forecast of one upcoming model and what it was made from.

    Attributes
    ----------
    target : Target
    evidence : Panel
        The rows that were read.
    forecast : Forecast
    table : DataFrame
        One row per task, `FORECAST_COLUMNS`.
    past : Past or None
        How such forecasts fared on the line's known models, where that was asked for.
    """

    target: Target
    evidence: Panel
    forecast: Forecast
    table: pd.DataFrame
    past: Past | None = None

    @property
    def covered(self) -> np.ndarray:
        """Whether a row's intervals held about what they say in backtests, (n,): see `predictors.covered`."""
        return remarks(self.forecast.targets) == ""

    def __repr__(self) -> str:
        return f"<Upcoming: {len(self.table):,} tasks of {self.target.model} by {self.forecast.predictor}>"

    def history(self, units: np.ndarray) -> pd.DataFrame:
        """The scores of the family's smaller models on some units; where it has none, that of the origin.

        Returns
        -------
        DataFrame
            ``row`` (place in ``units``), ``model, scale, params, score, se``, by row and scale.
        """
        rows = self.evidence.rows
        own = rows[((rows["family"] == self.target.family) & rows["unit"].isin(units)).to_numpy()]
        place = pd.Series(np.arange(len(units)), index=units)
        table = own[["model", "scale", "params", "score", "se"]].assign(row=own["unit"].map(place).astype(int))
        targets = self.forecast.targets
        foreign = targets[targets["unit"].isin(units) & ~targets["unit"].isin(own["unit"])]
        if len(foreign):
            origin = pd.DataFrame({name: foreign[f"origin_{name}"] for name in ("model", "score", "se")})
            scale = foreign["scale"] - foreign["step"]
            origin = origin.assign(scale=scale, params=np.nan, row=foreign["unit"].map(place).astype(int))
            table = pd.concat([table.astype({"model": "str"}), origin.astype({"model": "str"})], ignore_index=True)
        return table.sort_values(["row", "scale"], kind="stable", ignore_index=True)


def predict_upcoming(
    panel: Panel,
    target: Target,
    *,
    predictor: str | Predictor,
    as_of: pd.Timestamp | None = None,
    benchmark: str | None = None,
    tasks: tuple[str, ...] = (),
    known: pd.DataFrame | None = None,
    cache: Path | None = None,
    trained: Trained | None = None,
) -> Upcoming:
    """Forecast every task on which the family has history, reading nothing of its line near or above the target.

    Parameters
    ----------
    panel : all rows
    target : the upcoming model
    predictor : name in the registry, or an untrained instance, of which a copy is trained
    as_of : only what was public on that day
    benchmark, tasks : restrict to these (names match loosely)
    known : scores of the target already published, ``unit`` and ``score``: they move the forecast of its other tasks
    cache : folder of trained states
    trained : predictors of ``panel`` to share with other forecasts, instead of ``cache``

    Raises
    ------
    DataError
        When there is nothing to predict from.
    UsageError
        For a benchmark or task that the evidence does not have, or a known score of what is not forecast.
    """
    evidence = evidence_of(panel, target, visible(panel, target, as_of))
    rows = target_rows(evidence, target)
    exclusion = Exclusion(target.line, as_of=as_of)
    trained = trained or Trained(panel, cache)
    forecast = trained.get(predictor, exclusion).predict(rows, evidence)
    if known is not None and len(known):
        forecast = forecast.condition_on(*_place_known(rows, known))
    keep = select_targets(forecast.targets, benchmark, tasks)
    if known is not None and len(known):
        keep &= ~_same_canonical(forecast.targets, known)
    if not keep.any():
        raise DataError("every task asked for is among the --known ones: nothing is left to predict")
    forecast = forecast.take(np.flatnonzero(keep))
    return Upcoming(target, evidence, forecast, forecast_table(forecast, evidence, trained.reversal(exclusion)))


def forecast_table(forecast: Forecast, evidence: Panel, reversal: Reversal) -> pd.DataFrame:
    """The forecast table of a distribution, with what ``reversal`` learned of falling tasks: one row per target."""
    rows = forecast.targets
    table = rows[["benchmark", "task", "metric", "shots", "prompt", "family", "target_model"]].copy()
    table = table.astype({name: "str" for name in ("benchmark", "task", "metric", "prompt")})
    measured = evidence.rows.drop_duplicates("unit").set_index("unit").reindex(rows["unit"].to_numpy())
    for name in ("evaluator", "version", "setting"):
        table[name] = measured[name].astype("object").to_numpy()
    table["target_params"], table["target_flops"] = rows["params"], rows["train_flops"]
    table["origin_model"], table["origin_score"] = rows["origin_model"], rows["origin_score"]
    table["median"], table["mean"] = forecast.median, forecast.mean
    for name, column in zip(PRINTED, forecast.quantiles(list(PRINTED.values())).T, strict=True):
        table[name] = column
    table["prob_gain"] = prob_gain(forecast)
    events = reversal.predict(forecast, evidence)
    table[["prob_recovery", "prob_reversal", "trend"]] = events[["prob_recovery", "prob_reversal", "trend"]]
    table["predictor"] = forecast.predictor
    return table[FORECAST_COLUMNS]


def without_chance(forecast: Forecast) -> int:
    """How many of the tasks have scores that are shares, and a level of chance that nobody has stated."""
    rows = forecast.targets
    named = rows.loc[(rows["is_share"] & rows["higher_is_better"] & rows["chance"].isna()).to_numpy(), UNIT[:2]]
    return len(named.drop_duplicates())


def remark_uncovered(forecast: Forecast) -> str | None:
    """What is to be said of losses and of scores far below chance; None where there are none."""
    said = remarks(forecast.targets)
    losses, low = "of losses or of scores without a highest", "from a score below half of chance"
    found = [
        f"{count_of(int((said == remark).sum()), 'forecast')} {which}: their intervals are {remark}"
        for remark, which in ((UNCOVERED, losses), (FAR_BELOW_CHANCE, low))
        if (said == remark).any()
    ]
    return "; ".join(found) or None


def select_targets(rows: pd.DataFrame, benchmark: str | None, tasks: tuple[str, ...]) -> np.ndarray:
    """Mask of the rows of a benchmark and of some tasks; names match loosely, and an unknown one is refused."""
    keep = np.ones(len(rows), dtype=bool)
    if benchmark is not None:
        keep &= _match_name(rows["benchmark"], benchmark, "benchmark")
    named = np.zeros(len(rows), dtype=bool)
    for task in tasks:
        named |= _match_name(rows["task"], task, "task")
    keep &= named if tasks else True
    if not keep.any():
        raise UsageError(f"no task {', '.join(tasks)!r} in benchmark {benchmark!r}: leave one of the two out")
    return keep


def _match_name(column: pd.Series, name: str, what: str) -> np.ndarray:
    match = column.astype("str").map(fold) == fold(name)
    if not match.any():
        raise UsageError(f"no {what} {name!r} with history of this family{did_you_mean(name, column.unique())}")
    return match.to_numpy()


def _place_known(rows: pd.DataFrame, known: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    strange = ~known["unit"].isin(rows["unit"])
    if strange.any():
        raise UsageError(
            f"a known score is of unit {known['unit'][strange].iloc[0]}, which is not forecast here, and says nothing: "
            "give units with history of this family (`inputs.known.known_scores` finds them)"
        )
    at = np.searchsorted(rows["unit"].to_numpy(), known["unit"].to_numpy())
    return at, known["score"].to_numpy(dtype=float)


def _same_canonical(rows: pd.DataFrame, known: pd.DataFrame) -> np.ndarray:
    names = rows.loc[rows["unit"].isin(known["unit"]), "canonical_task"]
    return rows["canonical_task"].isin(names).to_numpy()
