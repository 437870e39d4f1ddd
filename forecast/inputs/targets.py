"""The upcoming model, what may be known of it, and the rows to predict.

What a forecast may know is decided here and nowhere else: no row of the target's line at its size or compute or above,
nothing published after ``as_of`` (`visible`); and these rows alone say what describes the target (`evidence_of`,
`upcoming_target`).
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import pandas as pd

from scale_forecast.data.errors import DataError, UsageError
from scale_forecast.data.model_names import weights_name
from scale_forecast.data.names import did_you_mean, fold, fold_series
from scale_forecast.data.scale import TOKENS_PER_PARAM, below, next_size
from scale_forecast.data.sizes import FLOPS_PER_PARAM_TOKEN, format_size
from scale_forecast.inputs.panel import Panel

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
TINY = 1e4
"""Parameters below which a size was hardly meant: 32 for 32B."""
FAR = 3.0
"""Decades: a few of the known steps only are longer."""
BASE = "base"
"""Tuning of a model of which nothing else is known."""
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
    compute: float


def visible(
    panel: Panel, target: Target, as_of: pd.Timestamp | None = None, *, own_undated: bool = False
) -> np.ndarray:
    """Mask of the rows a forecast of ``target`` may read.

    Of the target's line only rows below 90% of its compute *and* of its parameters, and nothing of its own weights (so
    no checkpoint of it either); of all lines what was public on the day ``as_of``, or everything when it is None.

    With ``own_undated`` the day does not bind the target's own family, whose scores are one publication with its own,
    and of the other families of its line what came out with it counts too: a backtest's history is what its makers
    knew. But where a day binds, nothing of the line may have come out after the target.
    """
    rows = panel.rows
    kin = (rows["line"] == target.line).to_numpy()
    allowed = ~kin | smaller_kin(rows, target)
    if as_of is not None:
        public = (rows["known_on"] <= as_of).to_numpy()
        if own_undated:
            public = public | (rows["family"] == target.family).to_numpy()
            public |= kin & (rows["known_on"] <= target.released).to_numpy()
        allowed &= public
        allowed &= ~kin | ~(rows["released"] > target.released).to_numpy()
    return allowed


def smaller_kin(rows: pd.DataFrame, target: Target) -> np.ndarray:
    """Mask of rows of a panel that are below a target by size, and not of its weights; of its line or any other."""
    return below(rows, target.params, target.compute) & ~of_weights(rows, weights_name(target.model))


def of_weights(rows: pd.DataFrame, weights: str) -> np.ndarray:
    """Mask of rows that are of some weights by their name, where no size says that they are not."""
    return (rows["params"].isna() & (rows["weights"] == weights)).to_numpy()


def evidence_of(panel: Panel, target: Target, allowed: np.ndarray) -> Panel:
    """The rows that a forecast may read, its family measured in compute where these rows and the target have it.

    Rows of its family that have no place on that measure (parameters that nobody states) say nothing of a step. Other
    families' are placed by their compute.
    """
    seen = panel.restrict(allowed, without_compute=None if np.isfinite(target.train_flops) else target.family)
    placed = ~(seen.rows["family"] == target.family).to_numpy() | seen.rows["scale"].notna().to_numpy()
    return seen.take(placed)


def held_out_target(panel: Panel, model: str, family: str) -> Target:
    """A model of the panel as a target."""
    rows = panel.rows
    first = np.flatnonzero((rows["model"] == model) & (rows["family"] == family))[0]
    return Target(**{field.name: rows[field.name].iloc[first] for field in fields(Target)})


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
    own = named = family_rows(panel, family)
    if released is not None:
        if own["known_on"].isna().all():
            raise DataError(
                f"no score of {own['family'].iloc[0]} has a date, so none was public on {released:%Y-%m-%d}: "
                "give a column known_on or released, or leave --as-of out"
            )
        own = own[own["known_on"] <= released]
    name, line = str(named["family"].iloc[0]), str(named["line"].iloc[0])
    size = next_size(own, params, train_tokens, train_flops)
    notes, called = [], f"{name} {format_size(size.params)}"
    if size.tokens_like:
        notes.append(f"training tokens of {called} inferred from {name}'s models: {size.train_tokens:.3g}")
    if size.params_like:
        notes.append(f"parameters of {called} inferred from {name}'s models: {size.params:.3g}")
    lost = size.smaller.loc[size.smaller["scale"].isna(), "model"].unique()
    if len(lost):
        notes.append(
            f"{name} is measured in parameters, since compute is not known of all its models: scores of "
            f"{', '.join(map(str, lost))}, whose parameters are not known, are left out"
        )
    ahead = size.scale - size.smaller["scale"].max()
    if ahead > FAR:
        notes.append(
            f"the target is {ahead:.1f} decades above the largest smaller model of {name}: "
            "no forecast over such a distance has been checked"
        )
    target = Target(
        family=name, line=line, model=called, params=size.params,
        train_tokens=size.train_tokens, train_flops=size.train_flops,
        tuning=str(size.smaller["tuning"].iloc[-1]) if len(size.smaller) else BASE,
        released=pd.NaT if released is None else released, compute=size.compute,
    )  # fmt: skip
    return target, notes


def remark_tokens(panel: Panel, target: Target, as_of: pd.Timestamp | None = None) -> str | None:
    """What is to be said of a target's training tokens where no model that may be known is like it; None where one is.

    Tokens that nobody states leave it to its parameters alone where it stands; tokens beyond those of every model, or
    more or fewer a parameter, are a recipe that no score here speaks of.
    """
    tokens = (
        target.train_tokens
        if np.isfinite(target.train_tokens)
        else target.train_flops / (FLOPS_PER_PARAM_TOKEN * target.params)
    )
    if not np.isfinite(tokens):
        return (
            f"training tokens of {target.family}'s models are not known: a coming one is placed by its parameters "
            "alone, as if trained like the smaller ones; give train_tokens"
        )
    rows = panel.rows[visible(panel, target, as_of) & panel.rows["checkpoint"].isna().to_numpy()]
    models = rows[["model", "train_tokens"]].assign(params=rows["active_params"].fillna(rows["params"]))
    models = models.dropna().drop_duplicates().sort_values("train_tokens", kind="stable", ignore_index=True)
    if models.empty:
        return None
    most = models.iloc[-1]
    if tokens > 1.1 * most["train_tokens"]:
        times = tokens / most["train_tokens"]
        return (
            f"{target.model} on {tokens:.3g} tokens: {times:.1f} times those of any model here ({most['model']}, "
            f"{most['train_tokens']:.3g}); say another number with train_tokens if that is not meant"
        )
    each, ratio = models["train_tokens"] / models["params"], tokens / target.params
    if each.min() <= 1.1 * ratio and ratio <= 1.1 * each.max():
        return None
    few = bool(ratio < each.min())
    end = models.iloc[int(each.argmin() if few else each.argmax())]
    return (
        f"{target.model} on {tokens:.3g} tokens is {ratio:.2g} a parameter, {'fewer' if few else 'more'} than any "
        f"model here ({end['model']}, {end['train_tokens'] / end['params']:.2g}); say another number with train_tokens "
        "if that is not meant"
    )


def _new_recipe(
    params: float | None, train_tokens: float | None, train_flops: float | None, released: pd.Timestamp | None
) -> tuple[Target, list[str]]:
    """A base model without siblings; what is not given is as compute-optimal training has it."""
    notes = []
    if params is None:
        params = (float(train_flops or 0.0) / (FLOPS_PER_PARAM_TOKEN * TOKENS_PER_PARAM)) ** 0.5
        notes.append(f"parameters of the target taken as compute-optimal: {format_size(params)}")
    if train_tokens is None and train_flops is None:
        train_tokens = TOKENS_PER_PARAM * params
        notes.append(f"training tokens of the target taken as {TOKENS_PER_PARAM:g} a parameter: {train_tokens:.3g}")
    if train_flops is None:
        train_flops = FLOPS_PER_PARAM_TOKEN * params * float(train_tokens or 0.0)
    compute = float(np.log10(train_flops))
    target = Target(
        family=NEW, line=NEW, model=f"{NEW} {format_size(params)}", params=params,
        train_tokens=train_tokens if train_tokens is not None else np.nan, train_flops=train_flops, tuning=BASE,
        released=pd.NaT if released is None else released, compute=compute,
    )  # fmt: skip
    return target, notes


def scale_in(evidence: Panel, target: Target) -> float:
    """Decades of a target on the measure that the evidence has its family on."""
    own = (evidence.rows["family"] == target.family).to_numpy()
    return target.compute if evidence.rows["in_compute"][own].all() else float(np.log10(target.params))


def smaller_models(evidence: Panel, target: Target) -> np.ndarray:
    """Mask of the evidence's rows of the target's family, all of which lie below it (`visible`)."""
    return (evidence.rows["family"] == target.family).to_numpy()


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
    if units is None and target.family == NEW:
        lines = rows[rows["checkpoint"].isna()].groupby("unit")["line_code"].nunique()
        units = lines.index[lines >= POOLED_LINES].to_numpy()
    scale = scale_in(evidence, target)
    origins = _origins(evidence, target, units)
    if not len(origins):
        meant = f"; {target.params:g} are parameters: {target.params:g}B is billions" if target.params < TINY else ""
        raise DataError(
            f"no smaller model of {target.family} than {target.model} has a score here: "
            f"a forecast needs at least one score below 90% of the target's size, or --family new{meant}"
        )
    # One frame of finished columns: every column that is added to a frame costs more than its values.
    out: dict[str, Any] = {name: rows[name].array.take(origins) for name in CARRIED}
    out |= {
        name: getattr(target, name)
        for name in ("family", "line", "params", "train_tokens", "train_flops", "tuning", "released", "compute")
    }
    out |= {"scale": scale, "target_model": target.model}
    for code, name in (("family_code", "family"), ("line_code", "line"), ("tuning_code", "tuning")):
        alike = np.flatnonzero(rows[name] == getattr(target, name))
        out[code] = int(rows[code].iloc[alike[0]]) if len(alike) else UNSEEN
    is_own = (rows["family"] == target.family).to_numpy()[origins]
    out["origin_is_own"] = is_own
    for name in ("model", "score", "z", "z_se", "se", "noise_known", "compute"):
        out[f"origin_{name}"] = rows[name].array.take(origins).to_numpy()
    own_step = scale - rows["scale"].to_numpy()[origins]
    out["step"] = np.where(is_own, own_step, target.compute - out["origin_compute"])
    return pd.DataFrame(out)


def _origins(evidence: Panel, target: Target, units: np.ndarray | None) -> np.ndarray:
    """Positions of the rows that forecasts start from, one a unit in order: the largest model that is most alike."""
    rows = evidence.rows
    unit, measure, compute = (rows[name].to_numpy() for name in ("unit", "scale", "compute"))
    history = np.flatnonzero(smaller_models(evidence, target))
    if units is not None:
        history = history[np.isin(unit[history], units)]
        others = ~np.isin(unit, unit[history]) & np.isin(unit, units)
        others &= (rows["line"] != target.line).to_numpy() & (compute <= target.compute + 0.1)
        history = np.concatenate([history, np.flatnonzero(others)])
    alike = ((rows["tuning"] == target.tuning) | (rows["family"] == target.family)).to_numpy()[history]
    history = history[np.lexsort((measure[history], compute[history], alike, unit[history]))]
    last = np.ones(len(history), dtype=bool)
    last[:-1] = unit[history][1:] != unit[history][:-1]
    return history[last]
