"""The upcoming model, what may be known of it, and the rows to predict.

What a forecast may know is decided here and nowhere else: no row of the target's line at its size or scale or above
(`visible`), nothing published after ``as_of``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from scale_forecast.data.errors import DataError, UsageError
from scale_forecast.data.names import did_you_mean, fold, fold_series
from scale_forecast.data.scale import BELOW, NEAR
from scale_forecast.data.sizes import format_size
from scale_forecast.inputs.panel import TOKENS_PER_PARAM, Panel

CARRIED = [
    "benchmark", "task", "metric", "shots", "prompt", "unit", "suite", "n_examples", "chance", "ceiling", "n_choices",
    "input_words", "target_chars", "human_average", "human_best", "canonical_task", "aggregate_of", "is_share",
    "higher_is_better", "metric_kind", "task_code", "prompt_code", "metric_code",
]  # fmt: skip
"""What a target row takes over from the rows of its unit."""
NEW = "new"
"""Name of the family and line of a recipe that nobody has seen."""
POOLED_LINES = 2
"""A new recipe is forecast on what so many lines at least have scores on."""
FAR = 3.0
"""Decades: a few of the known steps only are longer."""
UNSEEN = -1
"""Code of a family, line or tuning that no visible row has."""


@dataclass(frozen=True)
class Target:
    """An upcoming (or held-out) language model.

    Attributes
    ----------
    family, line, model : str
    params, train_tokens, train_flops : float; NaN where unknown
    tuning : str
    released : day it is expected; NaT where unknown
    scale : decades, as `data.scale.scale_of` measures the family
    compute : decades of training compute, known or guessed
    """

    family: str
    line: str
    model: str
    params: float
    train_tokens: float
    train_flops: float
    tuning: str
    released: Any
    scale: float
    compute: float


def visible(
    panel: Panel, target: Target, as_of: pd.Timestamp | None = None, *, own_undated: bool = False
) -> np.ndarray:
    """Mask of the rows a forecast of ``target`` may read.

    Of the target's line only rows below 90% of its compute *and* of its parameters (so no checkpoint of it either); of
    all lines what was public on the day ``as_of``, or everything when it is None. With ``own_undated`` the date does
    not bind the target's own smaller models: a backtest's history is what the family's makers knew.
    """
    rows = panel.rows
    own = (rows["line"] == target.line).to_numpy()
    smaller = rows["compute"].to_numpy() < target.compute - BELOW
    if np.isfinite(target.params):
        smaller &= ~(rows["params"].to_numpy() >= (1.0 - NEAR) * target.params)
    allowed = ~own | smaller
    if as_of is not None:
        known = (rows["known_on"] <= as_of).to_numpy()
        allowed &= known | own if own_undated else known
    return allowed


def held_out_target(panel: Panel, model: str, family: str) -> Target:
    """A model of the panel as a target."""
    rows = panel.rows
    first = rows[(rows["model"] == model) & (rows["family"] == family)].iloc[0]
    return Target(
        family=first["family"], line=first["line"], model=first["model"], params=first["params"],
        train_tokens=first["train_tokens"], train_flops=first["train_flops"], tuning=first["tuning"],
        released=first["released"], scale=first["scale"], compute=first["compute"],
    )  # fmt: skip


def family_rows(panel: Panel, family: str) -> pd.DataFrame:
    """All rows of a family; a name that is not known is a `UsageError` with the nearest one."""
    rows = panel.rows
    own = rows[fold_series(rows["family"]) == fold(family)]
    if own.empty:
        known = rows["family"].unique()
        raise UsageError(f"no rows of family {family!r}{did_you_mean(family, known)}: see `forecast data list`")
    return own


def upcoming_target(
    panel: Panel,
    family: str,
    params: float | None,
    train_tokens: float | None = None,
    train_flops: float | None = None,
    released: pd.Timestamp | None = None,
) -> tuple[Target, list[str]]:
    """A model that is not out yet, of a known family or of a `NEW` one, and what was inferred about it.

    Raises
    ------
    UsageError
        When neither size nor compute is given, or the family is unknown.
    DataError
        When a day is given and nothing of the family has one.
    """
    if params is None and train_flops is None:
        raise UsageError("say how large the model is: --params, --train-flops, or both")
    if fold(family) == NEW and not (fold_series(panel.rows["family"]) == NEW).any():
        return _new_recipe(params, train_tokens, train_flops, released)
    own = family_rows(panel, family)
    if released is not None and own["known_on"].isna().all():
        raise DataError(
            f"no score of {own['family'].iloc[0]} has a date, so none was public on {released:%Y-%m-%d}: "
            "give a column known_on or released, or leave --as-of out"
        )
    notes = []
    largest = own.sort_values("scale").iloc[-1]
    in_compute = own["train_flops"].notna().all()
    if train_tokens is None and train_flops is None and in_compute:
        train_tokens = _tokens_like(own, params)
        notes.append(f"training tokens of the target inferred from {largest['family']}'s models: {train_tokens:.3g}")
    if train_flops is None:
        train_flops = 6.0 * params * train_tokens if params and train_tokens else np.nan
    if params is None:
        params = _params_like(own, train_flops)
        notes.append(f"parameters of the target inferred from {largest['family']}'s models: {params:.3g}")
    if in_compute:
        scale = compute = float(np.log10(train_flops))
    else:
        scale = float(np.log10(params))
        compute = float(np.log10(6.0 * TOKENS_PER_PARAM * params**2))
    ahead = scale - own.loc[own["scale"] < scale - BELOW, "scale"].max()
    if ahead > FAR:
        notes.append(
            f"the target is {ahead:.1f} decades above the largest smaller model of {largest['family']}: "
            "no forecast over such a distance has been checked"
        )
    name = f"{largest['family']} {format_size(params)}"
    target = Target(
        family=largest["family"], line=largest["line"], model=name, params=params,
        train_tokens=train_tokens if train_tokens is not None else np.nan, train_flops=train_flops,
        tuning=largest["tuning"], released=pd.NaT if released is None else released, scale=scale, compute=compute,
    )  # fmt: skip
    return target, notes


def _new_recipe(
    params: float | None, train_tokens: float | None, train_flops: float | None, released: pd.Timestamp | None
) -> tuple[Target, list[str]]:
    """A base model without siblings; what is not given is as compute-optimal training has it."""
    notes = []
    if params is None:
        params = (float(train_flops or 0.0) / (6.0 * TOKENS_PER_PARAM)) ** 0.5
        notes.append(f"parameters of the target taken as compute-optimal: {format_size(params)}")
    if train_tokens is None and train_flops is None:
        train_tokens = TOKENS_PER_PARAM * params
        notes.append(f"training tokens of the target taken as {TOKENS_PER_PARAM:g} a parameter: {train_tokens:.3g}")
    if train_flops is None:
        train_flops = 6.0 * params * float(train_tokens or 0.0)
    compute = float(np.log10(train_flops))
    target = Target(
        family=NEW, line=NEW, model=f"{NEW} {format_size(params)}", params=params,
        train_tokens=train_tokens if train_tokens is not None else np.nan, train_flops=train_flops, tuning="base",
        released=pd.NaT if released is None else released, scale=compute, compute=compute,
    )  # fmt: skip
    return target, notes


def _tokens_like(own: pd.DataFrame, params: float | None) -> float:
    """Tokens of the family's largest model below the target, or along the family's tokens-per-size line."""
    models = own.drop_duplicates("model")[["params", "train_tokens", "train_flops"]]
    tokens = models["train_tokens"].fillna(models["train_flops"] / (6.0 * models["params"]))
    below = models["params"] < (1.0 - NEAR) * (params or np.inf)
    use = below if below.any() else ~below
    size, count = np.log10(models["params"][use]), np.log10(tokens[use])
    if size.nunique() < 2:
        return float(10 ** count.iloc[-1])
    slope = np.clip(np.polyfit(size, count, 1)[0], 0.0, 1.0)
    return float(10 ** (count[size.idxmax()] + slope * (np.log10(params or 1.0) - size.max())))


def _params_like(own: pd.DataFrame, train_flops: float) -> float:
    """Parameters if the tokens grow with them as C ~ N^2 from the family's largest model."""
    largest = own.sort_values("scale").iloc[-1]
    if pd.isna(largest["train_flops"]):
        return float((train_flops / (6.0 * TOKENS_PER_PARAM)) ** 0.5)
    return float(largest["params"] * (train_flops / largest["train_flops"]) ** 0.5)


def target_rows(evidence: Panel, target: Target, units: np.ndarray | None = None) -> pd.DataFrame:
    """One row per unit to predict: every unit that a smaller model of the family has a score on.

    Parameters
    ----------
    evidence : Panel
        Visible rows only; the origin and everything else is read off them.
    units : codes of the units wanted; all with history when None, for a `NEW` recipe those of `POOLED_LINES` lines.
        A wanted unit without history in the family takes as its origin the model of another line, of the same tuning
        if there is one, that is nearest below the target's compute (``origin_is_own`` False).

    Returns
    -------
    DataFrame, (n, ...) sorted by unit: `CARRIED`, the target's own columns, ``origin_model, origin_score, origin_z,
    origin_z_se, origin_compute, step`` (decades from origin to target) and ``origin_is_own``.

    Raises
    ------
    DataError
        When nothing can be predicted.
    """
    rows = evidence.rows
    own = rows["family"] == target.family
    if units is None and target.family == NEW:
        lines = rows[rows["checkpoint"].isna()].groupby("unit")["line_code"].nunique()
        units = lines.index[lines >= POOLED_LINES].to_numpy()
    history = rows[own & (rows["scale"] < target.scale - BELOW)]
    if units is not None:
        history = history[history["unit"].isin(units)]
        others = rows[~rows["unit"].isin(history["unit"]) & rows["unit"].isin(units)]
        others = others[(others["line"] != target.line) & (others["compute"] <= target.compute + 0.1)]
        history = pd.concat([history, others])
    if history.empty:
        raise DataError(
            f"no smaller model of {target.family} than {target.model} has a score here: "
            "a forecast needs at least one score below 90% of the target's size, or --family new"
        )
    history = history.assign(alike=(history["tuning"] == target.tuning).to_numpy() | own[history.index].to_numpy())
    history = history.sort_values(["unit", "alike", "compute", "scale"], kind="stable")
    origin = history.groupby("unit", sort=True).tail(1)
    origin = origin.sort_values("unit", kind="stable").reset_index(drop=True)
    out = origin[CARRIED].copy()
    for name in ("family", "line", "params", "train_tokens", "train_flops", "tuning", "released", "scale", "compute"):
        out[name] = getattr(target, name)
    out["target_model"] = target.model
    for code, name in (("family_code", "family"), ("line_code", "line"), ("tuning_code", "tuning")):
        alike = rows.loc[rows[name] == getattr(target, name), code]
        out[code] = int(alike.iloc[0]) if len(alike) else UNSEEN
    out["origin_is_own"] = (origin["family"] == target.family).to_numpy()
    for name in ("model", "score", "z", "z_se", "se", "noise_known", "compute"):
        out[f"origin_{name}"] = origin[name].to_numpy()
    own_step = target.scale - origin["scale"].to_numpy()
    out["step"] = np.where(out["origin_is_own"], own_step, target.compute - out["origin_compute"])
    return out
