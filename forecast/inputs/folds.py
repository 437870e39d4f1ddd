"""Folds are values: a model held out, what a forecast of it may know, and the scores it turned out to have."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from scale_forecast.data.errors import DataError, UsageError
from scale_forecast.data.model_names import weights_name
from scale_forecast.data.names import did_you_mean, fold
from scale_forecast.data.scale import BELOW, below
from scale_forecast.inputs.panel import Panel
from scale_forecast.inputs.targets import (
    Target,
    evidence_of,
    held_out_target,
    of_weights,
    smaller_models,
    target_rows,
    visible,
)

KINDS = ("next-scale", "leave-family-out", "leave-task-out", "by-year")
DATED = {"next-scale": (True,), "leave-family-out": (False, True), "leave-task-out": (False,)}
"""Whether other lines' rows are limited by date; each way is gone through whole, so that equal exclusions meet."""
TASK_GROUPS = 4


@dataclass(frozen=True)
class Exclusion:
    """What nothing learned may have seen; the key of every trained state.

    Attributes
    ----------
    line : held-out line; the empty string for none
    compute, params : size at and above which (less 10%) the line's rows are excluded; -inf excludes the whole line
    weights : of the held-out model (`data.model_names.weights_name`), excluded whatever their size
    as_of : last day of publication allowed; None for no limit
    tasks : canonical tasks excluded altogether, and with them all averages over tasks
    """

    line: str
    compute: float = -np.inf
    as_of: pd.Timestamp | None = None
    tasks: frozenset[str] = frozenset()
    params: float = np.inf
    weights: str = ""

    def allows(self, panel: Panel) -> np.ndarray:
        """Mask of the rows that may be learned from, (rows,)."""
        rows = panel.rows
        kin = (rows["line"] == self.line).to_numpy()
        allowed = ~kin | below(rows, self.params, self.compute) & ~of_weights(rows, self.weights)
        if self.as_of is not None:
            allowed &= (rows["known_on"] <= self.as_of).to_numpy()
            allowed &= ~kin | ~(rows["released"] > self.as_of).to_numpy()
        if self.tasks:
            allowed &= ~of_tasks(rows, self.tasks)
        return allowed


def of_tasks(rows: pd.DataFrame, tasks: frozenset[str]) -> np.ndarray:
    """Mask of rows of some canonical tasks, or of averages, which may contain them."""
    return (rows["canonical_task"].isin(tasks) | rows["aggregate_of"].notna()).to_numpy()


@dataclass(frozen=True)
class Fold:
    """One held-out model.

    Attributes
    ----------
    name : kind of fold, and its part where it has parts (``by-year 2022``)
    target : Target
    evidence : Panel
        The rows a forecast may read.
    rows : DataFrame
        What is to be predicted (`inputs.targets.target_rows`), without any score of the target.
    truth : DataFrame
        Aligned with ``rows``: ``score, se, z, z_se, noise_known``.
    exclusion : Exclusion
        What anything trained for this fold may not have seen.
    date_limited : bool
    """

    name: str
    target: Target
    evidence: Panel
    rows: pd.DataFrame
    truth: pd.DataFrame
    exclusion: Exclusion
    date_limited: bool

    def take(self, keep: np.ndarray) -> Fold:
        """The fold of some of its targets, by mask or positions."""
        rows, truth = (table.iloc[keep].reset_index(drop=True) for table in (self.rows, self.truth))
        return replace(self, rows=rows, truth=truth)


def held_out_models(panel: Panel) -> pd.DataFrame:
    """Models with a smaller one in their family: ``line, family, model, scale, compute``, by line, family and scale."""
    models = panel.rows.groupby(["line", "family", "model"], sort=True)[["scale", "compute"]].max().reset_index()
    smallest = models.groupby("family")["scale"].transform("min")
    later = models[models["scale"] - BELOW > smallest]
    return later.sort_values(["line", "family", "scale", "model"], kind="stable").reset_index(drop=True)


def make_fold(
    panel: Panel, target: Target, exclusion: Exclusion, allowed: np.ndarray, name: str, *, with_proxies: bool = False
) -> Fold | None:
    """The fold of one model; None when none of its scores has history.

    Parameters
    ----------
    panel : all rows, the target's own included
    allowed : mask of the rows that a forecast may read; of these the evidence keeps those on the target's tasks
    with_proxies : also predict units on which only other lines have scores (`inputs.targets.target_rows`)
    """
    rows = panel.rows
    own = np.flatnonzero((rows["model"] == target.model) & (rows["family"] == target.family))
    units, first = np.unique(rows["unit"].to_numpy()[own], return_index=True)
    own, task = own[first], rows["task_code"].to_numpy()
    seen = evidence_of(panel, target, allowed)
    evidence = seen.take(np.isin(seen.rows["task_code"].to_numpy(), task[own]))
    if not with_proxies:
        among = np.isin(units, evidence.rows["unit"].to_numpy()[smaller_models(evidence, target)])
        units, own = units[among], own[among]
    if not len(own):
        return None
    try:
        wanted = target_rows(evidence, target, units)
    except DataError:
        return None
    at = own[np.searchsorted(units, wanted["unit"].to_numpy())]
    truth = pd.DataFrame({name: rows[name].array.take(at) for name in ("score", "se", "z", "z_se", "noise_known")})
    return Fold(name, target, evidence, wanted, truth, exclusion, exclusion.as_of is not None)


def folds_of_models(
    panel: Panel, models: pd.DataFrame, exclusion: Exclusion, name: str, as_of: pd.Timestamp | None = None
) -> Iterator[Fold]:
    """The folds of known models that have history, each read as the next model of its family would be.

    Parameters
    ----------
    models : rows of `held_out_models`, in the order of the folds
    exclusion : what was kept from whoever forecasts
    as_of : the day that binds what is read of them (`inputs.targets.visible`)
    """
    for row in models.itertuples():
        target = held_out_target(panel, str(row.model), str(row.family))
        made = make_fold(panel, target, exclusion, visible(panel, target, as_of), name)
        if made is not None:
            yield made


def without_family(fold: Fold) -> Fold | None:
    """The same model as if its line were new: only other lines' scores, which are the origins too; None without any."""
    evidence = fold.evidence.take((fold.evidence.rows["line"] != fold.target.line).to_numpy())
    try:
        rows = target_rows(evidence, fold.target, fold.rows["unit"].to_numpy())
    except DataError:
        return None
    at = np.searchsorted(fold.rows["unit"].to_numpy(), rows["unit"].to_numpy())
    return replace(fold, evidence=evidence, rows=rows, truth=fold.truth.iloc[at].reset_index(drop=True))


def folds_of(panel: Panel, kind: str, models: Sequence[str] = ()) -> Iterator[Fold]:
    """All folds of a kind, or those of some target models.

    Raises
    ------
    UsageError
        For an unknown kind.
    DataError
        For a model that is not there or has no smaller one in its family.
    """
    if kind not in KINDS:
        raise UsageError(f"unknown folds {kind!r}{did_you_mean(kind, KINDS)}: use one of {', '.join(KINDS)}")
    targets = _targets(panel, models)
    with_proxies = bool(models)
    if kind == "by-year":
        yield from _by_year(panel, targets)
        return
    for dated in DATED[kind]:
        for target in targets:
            for exclusion, name in _exclusions(panel, target, kind, dated=dated):
                allowed = _mask_allowed(panel, target, exclusion)
                made = make_fold(panel, target, exclusion, allowed, name, with_proxies=with_proxies)
                if made is not None:
                    yield made if kind != "leave-task-out" else made.take(_among(made, exclusion.tasks))


def most_folds(panel: Panel, kind: str, models: Sequence[str] = ()) -> int:
    """How many folds `folds_of` yields at most: those without history fall away."""
    targets = _targets(panel, models)
    if kind == "by-year":
        years = [target.released.year for target in targets if pd.notna(target.released)]
        return sum(1 + year - min(years) for year in years)
    return len(targets) * len(DATED.get(kind, ())) * (TASK_GROUPS if kind == "leave-task-out" else 1)


def _targets(panel: Panel, models: Sequence[str]) -> list[Target]:
    if not models:
        return [held_out_target(panel, str(row.model), str(row.family)) for row in held_out_models(panel).itertuples()]
    known = panel.rows[["family", "model"]].drop_duplicates()
    out: list[Target] = []
    for name in models:
        match = known[known["model"].map(fold) == fold(name)]
        if match.empty:
            raise DataError(
                f"no scores of a model {name!r}{did_you_mean(name, known['model'])}: see `forecast data list`"
            )
        out.extend(held_out_target(panel, str(row.model), str(row.family)) for row in match.itertuples())
    return out


def _day_before(released: pd.Timestamp) -> pd.Timestamp:
    return released - pd.Timedelta(days=1)


def _exclusions(panel: Panel, target: Target, kind: str, *, dated: bool) -> Iterator[tuple[Exclusion, str]]:
    if dated and pd.isna(target.released):
        return
    as_of = _day_before(target.released) if dated else None
    if kind == "next-scale":
        params = target.params if np.isfinite(target.params) else np.inf
        yield Exclusion(target.line, target.compute, as_of, params=params, weights=weights_name(target.model)), kind
    elif kind == "leave-family-out":
        yield Exclusion(target.line, as_of=as_of), kind
    else:
        tasks = panel.rows.loc[panel.rows["model"] == target.model, "canonical_task"].unique()
        groups = np.array([zlib.crc32(task.encode()) % TASK_GROUPS for task in tasks])
        for group in np.unique(groups):
            yield Exclusion(target.line, tasks=frozenset(tasks[groups == group])), f"{kind} {group + 1}/{TASK_GROUPS}"


def _mask_allowed(panel: Panel, target: Target, exclusion: Exclusion) -> np.ndarray:
    allowed = visible(panel, target, exclusion.as_of, own_undated=True)
    if exclusion.tasks:
        own = (panel.rows["family"] == target.family).to_numpy()
        allowed &= own | ~of_tasks(panel.rows, exclusion.tasks)
    return allowed


def _among(made: Fold, tasks: frozenset[str]) -> np.ndarray:
    return made.rows["canonical_task"].isin(tasks).to_numpy()


def _by_year(panel: Panel, targets: list[Target]) -> Iterator[Fold]:
    """At the start of each year: what was public before it, every model released later that then had a sibling."""
    dated = [t for t in targets if pd.notna(t.released)]
    if not dated:
        return
    released = [t.released for t in dated]
    for date in pd.date_range(min(released), max(released), freq="YS"):
        as_of = _day_before(date)
        for target in dated:
            if target.released < date:
                continue
            allowed = visible(panel, target, as_of)
            made = make_fold(panel, target, Exclusion(target.line, as_of=as_of), allowed, f"by-year {date:%Y}")
            if made is not None:
                yield made
