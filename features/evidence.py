"""Which of its own family a step may be described from: what lies below its target in compute and in parameters."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from scale_forecast.data.scale import BELOW, NEAR, below, compute_of, in_compute, scale_of

TARGET = ["target_params", "target_flops", "target_scale", "target_released"]


def evidence_for(
    known: pd.DataFrame, targets: pd.DataFrame, beside: pd.Series | None = None
) -> Iterator[tuple[np.ndarray, np.ndarray, pd.DataFrame]]:
    """Targets with the rows that they may be described from.

    Of nearly all families a target may know what lies below it on the family's measure, and the table is ``known``
    itself. But a larger model whose compute is unknown changes that measure, a small one may have been trained for
    longer than the target or come out after it, a large one been trained for less: such a target has a table of its own
    family's other rows.

    Parameters
    ----------
    known : results, index 0..n-1
    targets : ``family`` and `TARGET`, one row each
    beside : a model of each target's family that stays in the table whatever its size

    Yields
    ------
    mask of the targets; places in ``known`` of the table's rows; the table, index 0..n-1
    """
    odd = _is_odd(known, targets)
    if not odd.all() or not len(odd):
        yield ~odd, np.arange(len(known)), known
    some = targets[odd].assign(place=np.flatnonzero(odd))
    for _, group in some.groupby(["family", *TARGET], sort=True, dropna=False):
        target = group.iloc[0]
        own = known[known["family"] == target["family"]]
        kept = _is_smaller(own, target)
        if beside is not None:
            kept |= own["model"].isin(beside[group.index]).to_numpy()
        table = _without_unknown_compute(own[kept], target)
        mask = np.zeros(len(targets), dtype=bool)
        mask[group["place"]] = True
        yield mask, table.index.to_numpy(), table.reset_index(drop=True)


def smaller_models(rows: pd.DataFrame, target: pd.Series) -> pd.DataFrame:
    """A family's rows that are smaller than a target (`TARGET`) and out before; without compute where it has none."""
    return _without_unknown_compute(rows[_is_smaller(rows, target)], target)


def size_of(rows: pd.DataFrame, scale: float, params: float | None) -> tuple[float, float]:
    """Parameters and compute of a target at a ``scale``, as the smaller models of its family are measured."""
    size = np.nan if params is None else params
    smaller = rows[below(rows.assign(compute=compute_of(rows)), size, scale)]
    if len(smaller) and smaller["train_flops"].notna().all():
        return size, float(10**scale)
    return float(10**scale), np.nan


def _is_odd(known: pd.DataFrame, targets: pd.DataFrame) -> np.ndarray:
    """Of which targets `evidence_for` must leave models of the family out, (targets,)."""
    models = known.assign(scale=scale_of(known), in_compute=in_compute(known)).drop_duplicates(["family", "model"])
    models = models[["family", "params", "train_flops", "released", "scale", "in_compute"]]
    one = targets[["family", *TARGET]].reset_index(drop=True)
    distinct = one.drop_duplicates().assign(target_compute=lambda table: _compute(table))
    pairs = distinct.reset_index().merge(models.assign(compute=compute_of(models)), on="family")
    seen = ~(pairs["params"] >= (1.0 - NEAR) * pairs["target_params"])
    seen &= ~(pairs["compute"] >= pairs["target_compute"] - BELOW) & pairs["compute"].notna()
    seen &= ~(pairs["released"] > pairs["target_released"])
    lower = pairs["scale"] < pairs["target_scale"] - BELOW
    measured = (~seen | pairs["train_flops"].notna()) & pairs["target_flops"].notna()
    measured = measured.groupby(pairs["index"]).transform("all")
    wrong = (seen != lower) | (measured != pairs["in_compute"]) & seen
    found = distinct.assign(odd=distinct.index.isin(pairs.loc[wrong, "index"])).drop(columns="target_compute")
    return one.merge(found, on=list(one.columns), how="left")["odd"].to_numpy(dtype=bool)


def _is_smaller(rows: pd.DataFrame, target: pd.Series) -> np.ndarray:
    compute = float(_compute(target.to_frame().T).iloc[0])
    smaller = below(rows.assign(compute=compute_of(rows)), float(target["target_params"]), compute)
    return smaller & ~(rows["released"] > target["target_released"]).to_numpy()


def _without_unknown_compute(rows: pd.DataFrame, target: pd.Series) -> pd.DataFrame:
    return rows.assign(train_flops=np.nan) if np.isnan(target["target_flops"]) else rows


def _compute(targets: pd.DataFrame) -> pd.Series:
    size = targets[["target_params", "target_flops"]].astype(float)
    return compute_of(size.set_axis(["params", "train_flops"], axis=1))
