"""Two families side by side on the tasks that both have scores on: who is ahead at equal compute, and by how much.

Between a family's own models scores are read off straight lines on the link scale along compute, never beyond its
smallest and largest. Intervals come from draws that move every score by its noise and draw the tasks anew: they are of
these two families on tasks like these.
"""

from __future__ import annotations

import itertools
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from scale_forecast.data.errors import DataError
from scale_forecast.data.trend import trend_of
from scale_forecast.distribution import Link
from scale_forecast.inputs.panel import Panel

DRAWS = 400
SURE = 0.9
"""Who is ahead on a task is said where so large a share of the draws agrees."""
NEAR = 1e-6
GAP = ["score_a", "score_b", "gap", "gap_q10", "gap_q90", "prob_b_ahead"]


@dataclass(frozen=True)
class Series:
    """One family's scores on one task, by rising compute: ``x, z, z_se, score, se``, (m,) each, and the models."""

    x: np.ndarray
    z: np.ndarray
    z_se: np.ndarray
    score: np.ndarray
    se: np.ndarray
    models: tuple[str, ...]

    def covers(self, low: float, high: float) -> bool:
        """Whether all from ``low`` to ``high`` lies between its smallest and largest model."""
        return bool(self.x[0] <= low + NEAR and high <= self.x[-1] + NEAR)

    def draws(self, rng: np.random.Generator) -> np.ndarray:
        """The scores on the link scale moved by their noise, (`DRAWS` + 1, m); as measured in the first row."""
        noise = rng.standard_normal((DRAWS, len(self.x))) * self.z_se
        return np.vstack([self.z, self.z + noise])


@dataclass(frozen=True)
class Pair:
    """A task that both families have scores on; ``alike`` where it was measured in the same way."""

    about: pd.Series
    a: Series
    b: Series
    alike: bool

    def scores_at(self, points: np.ndarray, drawn: tuple[np.ndarray, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        """Both families' drawn scores at points inside both ranges, (draws, points) each, larger is better."""
        link = Link.of(pd.DataFrame([self.about]))
        one, two = (
            np.array([np.interp(points, side.x, row) for row in z])
            for side, z in zip((self.a, self.b), drawn, strict=True)
        )
        scores = [_off_link(link, z) for z in (one, two)]
        sign = 1.0 if self.about["higher_is_better"] else -1.0
        return sign * scores[0], sign * scores[1]


@dataclass(frozen=True)
class Comparison:
    """What `compare_families` found.

    Attributes
    ----------
    equal : DataFrame
        At each model's compute where both families have models: mean scores over the tasks, their gap (``b`` less
        ``a``) with an 80% interval, and the share of draws in which ``b`` is ahead.
    effective : DataFrame
        Of each model of ``b``: the compute at which ``a`` has its mean score, over its own compute; infinite beyond
        the largest model of ``a``, 0 below its smallest.
    tasks : DataFrame
        A row a task: the gap at the largest compute that both reach, what each family's scores do along it, and the
        least compute at which each was measured at human level.
    crossing : float, crossing_prob : float
        The compute at which the lead changes, as measured (NaN: it does not), and the share of draws where it does.
    """

    equal: pd.DataFrame
    effective: pd.DataFrame
    tasks: pd.DataFrame
    crossing: float
    crossing_prob: float


def compare_families(panel: Panel, a: str, b: str, *, seed: int = 0) -> Comparison:
    """Two families of a panel on the tasks that both have scores on, shares alone.

    Raises
    ------
    DataError
        Where no task has scores of both.
    """
    pairs = common_tasks(panel, a, b)
    if not pairs:
        raise DataError(
            f"no task has scores of both {a} and {b}: compare families that were measured on the same tasks"
        )
    rng = np.random.default_rng(seed)
    drawn = [(pair.a.draws(rng), pair.b.draws(rng)) for pair in pairs]
    weight = _tasks_anew(rng, pairs)
    (low_a, high_a), (low_b, high_b) = _usual_range([p.a for p in pairs]), _usual_range([p.b for p in pairs])
    low, high = max(low_a, low_b), min(high_a, high_b)
    points = np.unique(np.concatenate([x for p in pairs for x in (p.a.x, p.b.x)]).round(6))
    points = points[(points >= low - NEAR) & (points <= high + NEAR)]
    core = [i for i, p in enumerate(pairs) if len(points) and p.a.covers(low, high) and p.b.covers(low, high)]
    equal, gaps = _at_equal_compute([pairs[i] for i in core], [drawn[i] for i in core], weight[:, core], points)
    crossing = [_first_crossing(points, row) for row in gaps]
    tasks = pd.DataFrame([_task_row(pair, one) for pair, one in zip(pairs, drawn, strict=True)])
    effective = _effective_compute(pairs, drawn, weight)
    prob = float(np.isfinite(crossing[1:]).mean()) if len(crossing) > 1 else np.nan
    return Comparison(equal, effective, tasks, 10.0 ** crossing[0] if crossing else np.nan, prob)


def common_tasks(panel: Panel, a: str, b: str) -> list[Pair]:
    """The tasks with scores of both families, measured alike where that is so, else each as most of its models were."""
    rows = panel.rows
    rows = rows[
        rows["is_share"].to_numpy() & rows["checkpoint"].isna().to_numpy() & rows["aggregate_of"].isna().to_numpy()
    ]
    sides = [rows[(rows["family"] == name).to_numpy()] for name in (a, b)]
    keys = ["task_code", "metric_code"]
    pairs = []
    groups = [dict(iter(side.groupby(keys, sort=True))) for side in sides]
    for key in sorted(set(groups[0]) & set(groups[1])):
        one, two = groups[0][key], groups[1][key]
        units = _most_alike(one, two)
        one, two = one[one["unit"] == units[0]], two[two["unit"] == units[1]]
        pairs.append(Pair(two.iloc[0], _series(one), _series(two), units[0] == units[1]))
    return pairs


def _usual_range(sides: list[Series]) -> tuple[float, float]:
    """From the smallest to the largest model that most of a family's tasks have scores of."""
    ends = pd.Series([(float(side.x[0]), float(side.x[-1])) for side in sides]).value_counts(sort=False)
    low, high = max(ends.index, key=lambda pair: (ends[pair], pair[1] - pair[0]))
    return low, high


def _most_alike(one: pd.DataFrame, two: pd.DataFrame) -> tuple[int, int]:
    """The units of two families on one task whose benchmark, prompt and shots agree most; of equal ones the fullest."""
    about = ["unit", "benchmark", "prompt", "shots"]
    sides = [_units(side, about) for side in (one, two)]
    a, b = max(
        itertools.product(*sides),
        key=lambda pair: (
            *(pair[0][name] == pair[1][name] for name in about[:3]),
            -abs(_shots_or_zero(pair[0]["shots"]) - _shots_or_zero(pair[1]["shots"])),
            pair[0]["n"] + pair[1]["n"],
        ),
    )
    return int(a["unit"]), int(b["unit"])


def _units(side: pd.DataFrame, about: list[str]) -> list[dict[Hashable, Any]]:
    """What describes each unit of one family, and how many scores ``n`` it has."""
    return side.groupby(about, observed=True, dropna=False).size().reset_index(name="n").to_dict("records")


def _shots_or_zero(shots: float) -> float:
    return 0.0 if pd.isna(shots) else float(shots)


def _series(rows: pd.DataFrame) -> Series:
    rows = rows.sort_values(["compute", "model"], kind="stable").drop_duplicates("compute", keep="last")
    x, z, z_se, score, se = (rows[name].to_numpy(dtype=float) for name in ("compute", "z", "z_se", "score", "se"))
    return Series(x, z, z_se, score, se, tuple(rows["model"].astype(str)))


def _tasks_anew(rng: np.random.Generator, pairs: list[Pair]) -> np.ndarray:
    """How often each task counts in each draw, (`DRAWS` + 1, pairs); once each in the first row."""
    n = len(pairs)
    return np.vstack([np.ones(n), rng.multinomial(n, np.full(n, 1 / n), size=DRAWS)])


def _at_equal_compute(
    pairs: list[Pair], drawn: list[tuple[np.ndarray, np.ndarray]], weight: np.ndarray, points: np.ndarray
) -> tuple[pd.DataFrame, np.ndarray]:
    """Means over the tasks at each point, and the gaps in every draw, (draws, points)."""
    columns = ["compute", "tasks", *GAP]
    if not pairs:
        return pd.DataFrame(columns=columns), np.zeros((0, len(points)))
    scores = [pair.scores_at(points, one) for pair, one in zip(pairs, drawn, strict=True)]
    total = np.maximum(weight.sum(axis=1), 1.0)[:, None]
    a, b = (np.einsum("dp,pdx->dx", weight, np.array([s[side] for s in scores])) / total for side in (0, 1))
    rows = [{"compute": 10.0**x, "tasks": len(pairs)} | _gap(a[:, i], b[:, i]) for i, x in enumerate(points)]
    return pd.DataFrame(rows, columns=columns), b - a


def _gap(a: np.ndarray, b: np.ndarray) -> dict[str, float]:
    """Means as measured (in the first place), and what the draws (the rest) say of the gap."""
    gap = (b - a)[1:]
    low, high = np.quantile(gap, [0.1, 0.9])
    ahead = float((gap > 0).mean() + 0.5 * (gap == 0).mean())
    return dict(zip(GAP, (abs(a[0]), abs(b[0]), float(b[0] - a[0]), float(low), float(high), ahead), strict=True))


def _first_crossing(points: np.ndarray, gap: np.ndarray) -> float:
    """Decades at which a gap first changes its sign; NaN where it keeps it."""
    at = np.flatnonzero(gap[:-1] * gap[1:] < 0)
    if not len(at):
        return float("nan")
    i = int(at[0])
    return float(points[i] + (points[i + 1] - points[i]) * gap[i] / (gap[i] - gap[i + 1]))


def _effective_compute(
    pairs: list[Pair], drawn: list[tuple[np.ndarray, np.ndarray]], weight: np.ndarray
) -> pd.DataFrame:
    """Of each model of ``b`` what compute ``a`` would need for its mean score, in multiples of the model's own."""
    found = []
    models = {(x, name) for p in pairs for x, name in zip(p.b.x, p.b.models, strict=True)}
    for x, name in sorted(models):
        at = [i for i, p in enumerate(pairs) if name in p.b.models and len(p.a.x) > 1]
        if not at:
            continue
        low, high = _usual_range([pairs[i].a for i in at])
        at = [i for i in at if pairs[i].a.covers(low, high)]
        grid = np.unique(np.concatenate([pairs[i].a.x for i in at]))
        grid = grid[(grid >= low - NEAR) & (grid <= high + NEAR)]
        if len(grid) < 2:
            continue
        total = np.maximum(weight[:, at].sum(axis=1), 1.0)
        curve, level = np.zeros((len(total), len(grid))), np.zeros(len(total))
        for i in at:
            link = Link.of(pd.DataFrame([pairs[i].about]))
            place = pairs[i].b.models.index(name)
            rows = np.array([np.interp(grid, pairs[i].a.x, z) for z in drawn[i][0]])
            w = weight[:, i] / total
            curve = curve + w[:, None] * _off_link(link, rows)
            level = level + w * _off_link(link, drawn[i][1][:, place])
        reached = np.array([_reaches(grid, row, value) for row, value in zip(curve, level, strict=True)])
        ratio = 10.0 ** (reached - x)
        low_, high_ = np.quantile(ratio[1:], [0.1, 0.9], method="inverted_cdf")
        about = {"model": name, "compute": 10.0**x, "tasks": len(at), "score": float(level[0])}
        found.append(about | {"times": float(ratio[0]), "times_q10": float(low_), "times_q90": float(high_)})
    return pd.DataFrame(found, columns=["model", "compute", "tasks", "score", "times", "times_q10", "times_q90"])


def _off_link(link: Link, z: np.ndarray) -> np.ndarray:
    """Values of any shape on one task's link scale as scores."""
    return link.inverse(z.reshape(1, -1)).reshape(z.shape)


def _reaches(grid: np.ndarray, curve: np.ndarray, level: float) -> float:
    """Decades at which a curve first reaches a level: -inf where it begins above it, inf where it does not."""
    above = curve >= level
    if above[0]:
        return -np.inf
    if not above.any():
        return np.inf
    i = int(above.argmax())
    return float(grid[i - 1] + (grid[i] - grid[i - 1]) * (level - curve[i - 1]) / (curve[i] - curve[i - 1]))


def _task_row(pair: Pair, drawn: tuple[np.ndarray, np.ndarray]) -> dict[str, object]:
    """One task: the gap at the largest compute both reach, the trends, and where each was at human level."""
    about = pair.about
    row: dict[str, object] = {name: str(about[name]) for name in ("benchmark", "task", "metric")} | {
        "alike": pair.alike
    }
    at = np.array([min(pair.a.x[-1], pair.b.x[-1])])
    if at[0] >= max(pair.a.x[0], pair.b.x[0]) - NEAR:
        a, b = pair.scores_at(at, drawn)
        gap = _gap(a[:, 0], b[:, 0])
    else:
        gap = dict.fromkeys(GAP, np.nan)
    sure = gap["prob_b_ahead"]
    row |= {"compute": 10.0 ** at[0], **gap, "ahead": "b" if sure >= SURE else "a" if sure <= 1 - SURE else "open"}
    human = about["human_average"] / 100
    for name, side in (("a", pair.a), ("b", pair.b)):
        sign = 1.0 if about["higher_is_better"] else -1.0
        chance, ceiling = (np.array([about[key]], dtype=float) for key in ("chance", "ceiling"))
        trend = trend_of(sign * side.score[None, :], side.se[None, :], chance, ceiling)[0] if len(side.x) > 1 else None
        row[f"trend_{name}"] = trend and str(trend)
        at_human = np.flatnonzero(sign * side.score >= sign * human)
        row[f"human_{name}"] = 10.0 ** side.x[at_human[0]] if len(at_human) else np.nan
    return row | {"human": human}
