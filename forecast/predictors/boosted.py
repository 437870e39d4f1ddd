"""Gradient boosting of each task's own part of a gain; the shift common to a suite's tasks is the pooled one.

Shown whole gains, trees learn the common shift of the families they were trained on and carry it to others. So they see
only what a task gains beyond the mean of its suite, and what they say is centred again before it is used.

References: Friedman (2001), Greedy function approximation, doi:10.1214/aos/1013203451; Ke et al. (2017), LightGBM;
Lundberg et al. (2020), doi:10.1038/s42256-019-0138-9, for the contributions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
import pandas as pd

from scale_forecast.data.profiles import OF_ITEMS as PROFILE
from scale_forecast.features.items import ITEM_FEATURES, item_features
from scale_forecast.inputs.folds import Fold
from scale_forecast.inputs.panel import Panel, known_items, own_history, pad_rows
from scale_forecast.inputs.steps import FEATURES, chance_z, describe_steps, last_points
from scale_forecast.parallel import Workers
from scale_forecast.predictors.base import ALONE, PointPredictor, suite_mean
from scale_forecast.predictors.pooling import Variances, pooled_posterior
from scale_forecast.predictors.reference import PooledLaw, TaskLaw, TaskLogit
from scale_forecast.predictors.spread import Spread, equal_lines

if TYPE_CHECKING:
    import lightgbm

ROUNDS = 150
SETTINGS: dict[str, Any] = {
    "objective": "l2", "num_leaves": 6, "min_data_in_leaf": 30, "learning_rate": 0.03, "lambda_l2": 20.0,
    "feature_fraction": 0.5, "bagging_fraction": 0.7, "bagging_freq": 1, "seed": 7, "deterministic": True,
    "force_row_wise": True, "num_threads": 1, "verbose": -1,
}  # fmt: skip
"""Small trees, much shrinkage: some 2,500 noisy gains of a dozen lines are all there is."""
MOST_ROWS = 500
LARGEST_GAIN = 2.0
GAIN_NOISE = 0.3
"""Squared link units by which a gain strays whatever the test set, for the weights."""
PARTS = 5
"""Groups of lines, each predicted by trees that did not see it, whose errors are the spread."""
FEWEST_GAINS = 60
OF_STEP = ("last change", "falls", "depth", "family slope", "peers' gain", "peers' lead")
INPUTS = {
    "pooled estimate": "gain by the pooled estimate, less the suite's mean; all gains in link units",
    "pooled law": "gain by the law with one exponent for the family, less the suite's mean",
    "own law": "gain by the law with the task's own exponent, less the suite's mean",
    "own slope": "gain by the task's own slope, less the suite's mean",
    "pooled shift": "the suite's mean gain by the pooled estimate",
    "disagreement": "standard deviation of these candidates",
    "origin": "the origin's score on the link scale",
    "origin in suite": "the origin's score less its suite's mean, link units",
    "origin noise": "standard error of the origin on the link scale",
    "above chance": "link units from chance to the origin",
    "step": "decades to the target",
    "compute": "decades of the target's training compute",
    "chance": "of the task",
    "choices": "of the task",
    "ceiling": "of the task",
    "input words": "of the task",
    "answer characters": "of the task",
    "examples": "log of the test set's size",
    "shots": "examples in the prompt",
    "chain of thought": "1 where the prompt asks for the reasoning first",
    "metric": "0 linear, 1 all-or-nothing, 2 proper",
    "tuned": "1 for a tuned model",
    **{name: FEATURES[name] for name in OF_STEP},
}
"""What the trees see of a task, and what it means."""
OF_ITEMS = {name.replace("_", " "): meaning for name, meaning in ITEM_FEATURES.items()}
"""What they see besides where profiles of item-level logs are given."""
_DESCRIPTORS = {
    "chance": "chance", "choices": "n_choices", "ceiling": "ceiling", "input words": "input_words",
    "answer characters": "target_chars", "shots": "shots",
}  # fmt: skip
_METRIC_KINDS = {"linear": 0.0, "threshold": 1.0, "proper": 2.0}


@dataclass(frozen=True)
class Gains:
    """One model's n targets as the trees see them.

    Attributes
    ----------
    names : of the inputs: `INPUTS`, and `OF_ITEMS` where profiles are given
    inputs : (n, k); NaN where unknown
    suite : (n,) codes
    start : (n,) where a task stands before its own part is added: the origin, moved by its suite's pooled shift
    """

    names: list[str]
    inputs: np.ndarray
    suite: np.ndarray
    start: np.ndarray

    @classmethod
    def of(cls, rows: pd.DataFrame, evidence: Panel) -> Gains:
        """From target rows and the visible rows."""
        origin = rows["origin_z"].to_numpy()
        (pooled,), _ = pooled_posterior(rows, evidence, [Variances()], most_rows=MOST_ROWS)
        asked = [pooled.mean, *(make().locate(rows, evidence) for make in (PooledLaw, TaskLaw, TaskLogit))]
        gains = np.column_stack(asked) - origin[:, None]
        suite = rows["suite"].to_numpy()
        shift = suite_mean(gains[:, 0], suite)
        columns = dict(zip(INPUTS, (gains - suite_mean(gains, suite)).T, strict=False))
        columns["pooled shift"] = shift
        columns["disagreement"] = gains.std(axis=1)
        columns.update(_of_origin(rows, suite))
        columns.update(_of_task(rows))
        columns.update(_of_history(rows, evidence))
        names = list(INPUTS)
        if evidence.has_profiles:
            columns.update(_of_items(rows, evidence))
            names += OF_ITEMS
        inputs = np.column_stack([np.asarray(columns[name], dtype=float) for name in names])
        return cls(names, inputs, suite, origin + shift)

    def own(self, said: np.ndarray) -> np.ndarray:
        """What trees said, (n,) or (n, k), less its mean over the suite."""
        return said - suite_mean(said, self.suite)


class Boosted(PointPredictor):
    """The origin, the pooled shift of its suite, and the own part of the gain by boosted trees."""

    name: ClassVar[str] = "boosted"
    reads_profiles: ClassVar[bool] = True

    def __init__(self) -> None:
        super().__init__()
        self.trees_: lightgbm.Booster | None = None

    def fit(self, past: Sequence[Fold], workers: Workers = ALONE) -> Self:
        gains = list(workers.map(_gains, past))
        self.trees_ = grow(past, gains)
        self.spread_ = Spread.of_errors(list(zip(past, without_own_line(past, gains), strict=True)))
        return self

    def locate(self, rows: pd.DataFrame, evidence: Panel) -> np.ndarray:
        return locate_targets(self.trees_, Gains.of(rows, evidence))

    def contributions(self, gains: Gains) -> np.ndarray:
        """SHAP values of the own part, (n, k) link units, a column an input; their sum is the own part exactly."""
        if self.trees_ is None:
            return np.zeros_like(gains.inputs)
        return gains.own(np.asarray(self.trees_.predict(gains.inputs, pred_contrib=True))[:, :-1])

    def state(self) -> dict[str, np.ndarray]:
        text = "" if self.trees_ is None else self.trees_.model_to_string()
        return {**super().state(), "trees": np.frombuffer(text.encode(), dtype=np.uint8)}

    def restore(self, state: dict[str, np.ndarray]) -> Self:
        super().restore(state)
        text = state["trees"].tobytes().decode()
        if text:
            import lightgbm

            self.trees_ = lightgbm.Booster(model_str=text)
        return self


def _gains(fold: Fold) -> Gains:
    return Gains.of(fold.rows, fold.evidence)


def grow(past: Sequence[Fold], gains: Sequence[Gains]) -> lightgbm.Booster | None:
    """Trees for the own gains of past folds; None where they are too few."""
    if sum(len(g.start) for g in gains) < FEWEST_GAINS:
        return None
    import lightgbm

    target = [g.own(f.truth["z"].to_numpy() - f.rows["origin_z"].to_numpy()) for f, g in zip(past, gains, strict=True)]
    noise = [f.truth["z_se"].to_numpy() ** 2 + f.rows["origin_z_se"].to_numpy() ** 2 for f in past]
    by_line = equal_lines([(f, g.start) for f, g in zip(past, gains, strict=True)])
    weight = np.sqrt(by_line) / (np.concatenate(noise) + GAIN_NOISE)
    data = lightgbm.Dataset(
        np.concatenate([g.inputs for g in gains]),
        np.clip(np.concatenate(target), -LARGEST_GAIN, LARGEST_GAIN),
        weight=weight / weight.mean(),
        feature_name=[name.replace(" ", "_") for name in gains[0].names],
    )
    return lightgbm.train(SETTINGS, data, ROUNDS)


def locate_targets(trees: lightgbm.Booster | None, gains: Gains) -> np.ndarray:
    """Where the targets are on the link scale, (n,)."""
    return gains.start if trees is None else gains.start + gains.own(np.asarray(trees.predict(gains.inputs)))


def without_own_line(past: Sequence[Fold], gains: Sequence[Gains]) -> list[np.ndarray]:
    """Each past fold located by trees that saw nothing of its line (nor of the lines in its part)."""
    lines = {line: i % PARTS for i, line in enumerate(sorted({fold.target.line for fold in past}))}
    part = np.array([lines[fold.target.line] for fold in past])
    trees = {}
    for p in set(part.tolist()):
        others = np.flatnonzero(part != p).tolist()
        trees[p] = grow([past[i] for i in others], [gains[i] for i in others])
    return [locate_targets(trees[p], g) for p, g in zip(part.tolist(), gains, strict=True)]


def _of_origin(rows: pd.DataFrame, suite: np.ndarray) -> dict[str, np.ndarray]:
    origin = rows["origin_z"].to_numpy()
    return {
        "origin": origin,
        "origin in suite": origin - suite_mean(origin, suite),
        "origin noise": rows["origin_z_se"].to_numpy(),
        "above chance": origin - chance_z(rows, np.nan),
        "step": rows["step"].to_numpy(),
        "compute": rows["compute"].to_numpy(),
    }


def _of_task(rows: pd.DataFrame) -> dict[str, np.ndarray]:
    columns = {name: rows[column].to_numpy(dtype=float, na_value=np.nan) for name, column in _DESCRIPTORS.items()}
    columns["examples"] = np.log(known_items(rows))
    columns["chain of thought"] = rows["prompt"].astype("str").str.startswith("cot").to_numpy()
    columns["metric"] = rows["metric_kind"].astype("str").map(_METRIC_KINDS).to_numpy(dtype=float)
    columns["tuned"] = (rows["tuning"].astype("str") != "base").to_numpy()
    return columns


def _of_history(rows: pd.DataFrame, evidence: Panel) -> dict[str, np.ndarray]:
    """What `inputs.steps.describe_steps` says of targets with a history of their own; NaN for the others."""
    own = rows["origin_is_own"].to_numpy()
    table = np.full((len(rows), len(FEATURES)), np.nan)
    if own.any():
        some = rows[own]
        scale, compute = some["scale"].to_numpy(), some["compute"].to_numpy()
        table[own] = describe_steps(*last_points(some, evidence), scale, compute)
    return {name: table[:, i] for i, name in enumerate(FEATURES) if name in OF_STEP}


def _of_items(rows: pd.DataFrame, evidence: Panel) -> dict[str, np.ndarray]:
    """What logs say of the origins of targets with a history of their own; NaN for the others."""
    past, at = own_history(rows, evidence, ["scale", *PROFILE])
    scale, *profile = pad_rows(len(rows), at, past["scale"], *(past[name] for name in PROFILE))
    last = np.isfinite(scale).sum(axis=1) - 1
    origin = (np.arange(len(rows)), np.maximum(last, 0))
    found = item_features(scale, *profile)
    return {
        name: np.where(last >= 0, column[origin], np.nan) for name, (_, column) in zip(OF_ITEMS, found, strict=True)
    }
