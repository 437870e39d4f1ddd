"""Scores of all families on the same tasks, pooled: a Gaussian process over task x family x compute on the link scale.

The covariance of two scores is a sum of shared parts, as in a linear mixed model: the level of a task, how it moves
with compute (a slope and a smooth wiggle), what a prompt or tuning adds to it, the level of a family, of its suite and
how that moves, and what is particular to a task within a line. Sampling noise is each score's own. What several
families agree on moves a forecast; what one noisy score says is shrunk.

The posterior of a model's tasks is joint, so the shift they share comes with it.

References: Rasmussen and Williams (2006), Gaussian Processes for Machine Learning, ch. 2; Robinson (1991), That BLUP
is a Good Thing, doi:10.1214/ss/1177011926 (the mixed-model view).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import pandas as pd
import scipy.linalg
from scipy.special import logit

from scale_forecast.inputs.panel import Panel
from scale_forecast.inputs.targets import UNSEEN

Columns = dict[str, np.ndarray]
COLUMNS = (
    "task_code", "prompt_code", "metric_code", "tuning_code", "family_code", "line_code", "model_code", "suite",
    "compute", "chance", "is_share", "z", "z_se",
)  # fmt: skip
MOST_ROWS = 900
MODELS_PER_LINE = 10
SMOOTH_DECADES = 1.5
"""Length over which a wiggle is remembered."""
UNKNOWN_CHANCE = -2.0
"""Stands for the logit of chance where a task has none or it is unknown: free answers start near 0."""


@dataclass(frozen=True)
class Variances:
    """Prior variances of the parts, squared link units (per squared decade for slopes).

    The defaults are round numbers of the right order: a task's level is uncertain by about a logit, a family moves by
    about half a logit a decade, what is particular to a task within a line is about a third of a logit.
    """

    level: float = 4.0
    slope: float = 0.3
    chance: float = 0.3
    chance_slope: float = 0.02
    suite: float = 0.5
    suite_slope: float = 0.02
    suite_wiggle: float = 0.1
    task: float = 1.0
    task_slope: float = 0.05
    task_wiggle: float = 0.1
    task_prompt: float = 0.15
    task_tuning: float = 0.1
    family: float = 0.2
    family_slope: float = 0.05
    family_suite: float = 0.1
    family_suite_wiggle: float = 0.1
    task_line: float = 0.1
    task_line_slope: float = 0.01
    task_line_wiggle: float = 0.05
    task_family: float = 0.05
    model_suite: float = 0.02
    noise: float = 0.01

    @classmethod
    def rough(cls) -> Variances:
        """Less memory between scales and more freedom of tasks, as the marginal likelihood prefers.

        Rounded from fits to the bundled figures with one line at a time left out, which agree within about a third. The
        rounded values are the same for every fold: the one setting that has, in that coarse way, seen every line.
        """
        return cls(
            level=1.3, slope=0.2, chance=0.3, chance_slope=0.05, suite=0.07, suite_slope=0.006, suite_wiggle=0.05,
            task=0.22, task_slope=0.008, task_wiggle=0.5, task_prompt=0.26, task_tuning=0.08, family=0.035,
            family_slope=0.007, family_suite=0.012, family_suite_wiggle=0.045, task_line=0.02, task_line_slope=0.007,
            task_line_wiggle=0.45, task_family=0.02, model_suite=0.01, noise=0.1,
        )  # fmt: skip

    def without(self, *parts: str) -> Variances:
        """The same with some parts switched off (for ablations)."""
        return replace(self, **dict.fromkeys(parts, 0.0))


@dataclass(frozen=True)
class Pooled:
    """Joint posterior of m targets on the link scale: ``mean`` (m,), ``covariance`` (m, m), free of sampling noise."""

    mean: np.ndarray
    covariance: np.ndarray

    @property
    def sd(self) -> np.ndarray:
        """(m,)"""
        return np.sqrt(np.diag(self.covariance))


def pooled_posterior(
    rows: pd.DataFrame, evidence: Panel, variances: Sequence[Variances], *, most_rows: int = MOST_ROWS
) -> tuple[list[Pooled], np.ndarray]:
    """What the evidence says of the target rows, suite by suite, under each set of prior variances.

    Parameters
    ----------
    rows : target rows, (m, ...), as `inputs.targets.target_rows`
    evidence : visible rows; those on the same canonical tasks are used, at most ``most_rows`` a suite
    variances : one posterior is made for each

    Returns
    -------
    list of Pooled, whose covariance is zero between suites; and how many other lines had scores to pool, (m,)
    """
    out = [Pooled(np.empty(len(rows)), np.zeros((len(rows), len(rows)))) for _ in variances]
    lines = np.zeros(len(rows), dtype=int)
    known = {name: evidence.rows[name].to_numpy() for name in COLUMNS}
    wanted = {name: rows[name].to_numpy() for name in COLUMNS if name in rows}
    known["final"] = evidence.rows["checkpoint"].isna().to_numpy()
    for at in rows.groupby(["suite", "is_share"], sort=True).indices.values():
        at = np.asarray(at)
        part = {name: values[at] for name, values in wanted.items()}
        picked = relevant(part, known, most_rows)
        lines[at] = len(np.unique(known["line_code"][picked & (known["line_code"] != part["line_code"][0])]))
        chosen = {name: values[picked] for name, values in known.items()}
        for whole, suite in zip(out, _suite_posterior(part, chosen, variances), strict=True):
            whole.mean[at] = suite.mean
            whole.covariance[np.ix_(at, at)] = suite.covariance
    return out, lines


def _suite_posterior(rows: Columns, known: Columns, variances: Sequence[Variances]) -> Iterator[Pooled]:
    z, z_se = known["z"], known["z_se"]
    n, m = len(z), len(rows["compute"])
    both = {name: np.concatenate([known[name], rows[name]]) for name in COLUMNS if name in rows}
    both["model_code"] = np.concatenate([known["model_code"], np.full(m, UNSEEN)])
    parts = _Parts(both, both["compute"] - rows["compute"][0])
    for v in variances:
        prior = parts.covariance(v)
        noise = z_se**2 + v.noise
        centre = np.average(z, weights=1.0 / (noise + 0.1)) if n else 0.0
        inner = prior[:n, :n]
        inner[np.diag_indices(n)] += noise
        factor = scipy.linalg.cho_factor(inner, lower=True, check_finite=False)
        across = prior[n:, :n]
        mean = centre + across @ scipy.linalg.cho_solve(factor, z - centre, check_finite=False)
        covariance = prior[n:, n:] - across @ scipy.linalg.cho_solve(factor, across.T, check_finite=False)
        covariance[np.diag_indices(m)] += v.noise
        yield Pooled(mean, covariance)


def relevant(rows: Columns, known: Columns, most_rows: int = MOST_ROWS) -> np.ndarray:
    """Mask of the rows to pool: same canonical tasks, no foreign checkpoints, a few models a line.

    The target's family first, then models nearest to the target in compute, until ``most_rows`` are reached.
    """
    own = known["family_code"] == rows["family_code"][0]
    same = np.isin(known["task_code"], rows["task_code"]) & (known["is_share"] == rows["is_share"][0])
    at = np.flatnonzero(same & (own | known["final"]))
    if not len(at):
        return np.zeros(len(own), dtype=bool)
    models, first, index = np.unique(known["model_code"][at], return_index=True, return_inverse=True)
    first = at[first]
    gap = np.abs(known["compute"][first] - rows["compute"][0])
    order = np.lexsort((models, gap, ~own[first]))
    place = _place_within(known["line_code"][first][order])
    order = order[own[first][order] | (place < MODELS_PER_LINE)]
    kept = order[(np.cumsum(np.bincount(index)[order]) <= most_rows) | (np.arange(len(order)) == 0)]
    mask = np.zeros(len(own), dtype=bool)
    mask[at[np.isin(index, kept)]] = True
    return mask


def _place_within(group: np.ndarray) -> np.ndarray:
    """0, 1, 2, ... for each member of a group in the order given."""
    order = np.argsort(group, kind="stable")
    place = np.empty(len(group), dtype=int)
    starts = np.flatnonzero(np.r_[True, np.diff(group[order]) != 0])
    place[order] = np.arange(len(group)) - np.repeat(starts, np.diff(np.r_[starts, len(group)]))
    return place


class _Parts:
    """Which scores share what, (n, n) each, from which a covariance is summed for any variances."""

    SHARED: ClassVar = {
        "task": ["task_code"],
        "task_prompt": ["task_code", "prompt_code", "metric_code"],
        "task_tuning": ["task_code", "tuning_code"],
        "suite": ["suite", "metric_code"],
        "family": ["family_code"],
        "family_suite": ["family_code", "suite"],
        "task_line": ["task_code", "line_code"],
        "task_family": ["task_code", "family_code", "prompt_code"],
        "model_suite": ["model_code", "suite"],
    }

    def __init__(self, both: Columns, compute: np.ndarray) -> None:
        self.same = {name: _equal([both[code] for code in codes]) for name, codes in self.SHARED.items()}
        self.linear = np.outer(compute, compute)
        self.smooth = np.exp(-0.5 * ((compute[:, None] - compute[None, :]) / SMOOTH_DECADES) ** 2)
        chance = _chance(both["chance"])
        self.chance = np.outer(chance, chance)

    def covariance(self, v: Variances) -> np.ndarray:
        linear, smooth, same = self.linear, self.smooth, self.same
        total = v.level + v.slope * linear + self.chance * (v.chance + v.chance_slope * linear)
        total += same["task"] * (v.task + v.task_slope * linear + v.task_wiggle * smooth)
        total += same["suite"] * (v.suite + v.suite_slope * linear + v.suite_wiggle * smooth)
        total += same["family"] * (v.family + v.family_slope * linear)
        total += same["family_suite"] * (v.family_suite + v.family_suite_wiggle * smooth)
        total += same["task_line"] * (v.task_line + v.task_line_slope * linear + v.task_line_wiggle * smooth)
        for name in ("task_prompt", "task_tuning", "task_family", "model_suite"):
            total += same[name] * getattr(v, name)
        return total


def _equal(codes: list[np.ndarray]) -> np.ndarray:
    joined = codes[0].astype(np.int64)
    for code in codes[1:]:
        joined = joined * 1_000_003 + code
    return joined[:, None] == joined[None, :]


def _chance(chance: np.ndarray) -> np.ndarray:
    known = np.isfinite(chance) & (chance > 0)
    return np.where(known, logit(np.where(known, np.clip(chance, 0.02, 0.9), 0.5)) + 1.0, UNKNOWN_CHANCE)
