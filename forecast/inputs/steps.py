"""Steps of a task's scores along one family: what was known at each origin, and what came of it.

Every number of a step is read off its origin and what lies before it in the same family, and off other lines; of the
target itself only its scale and compute. So a step that is known and one to a model that is not out yet are described
by the same function.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from scale_forecast.data.scale import BELOW, NEAR
from scale_forecast.data.trend import TRENDS, recovers, reverses, trends_along
from scale_forecast.distribution import Link
from scale_forecast.inputs.panel import Panel

FALLING = TRENDS.index("falling")
FEATURES = {
    "step": "decades from the origin to the target",
    "last change": "of the score, to the origin, in standard errors",
    "falls": "how many times the score fell",
    "depth": "log of 1 + the link units from the best score down to the origin",
    "noise": "log of the origin's standard error on the link scale",
    "compute": "decades of the target's training compute",
    "family slope": "link units a decade that the family's other tasks gained",
    "peers' gain": "link units that other lines gain on the task between the two computes; 0 if unknown",
    "peers' lead": "link units of other lines at the target's compute over the origin; 0 if unknown",
    "shots": "1 where the prompt holds examples",
    "tuned": "1 for a tuned model",
    "below chance": "link units from chance down to the origin, negative; 0 above chance",
}
"""What `describe_steps` says of a step."""
MOST_CHANGE = 10.0
STEEPEST = 3.0
PRIOR_STEPS = 3.0
"""A family's slope is held towards 0 as by this many steps without a gain."""
PEER_REACH = 0.5
"""Decades over which another line's score speaks for a compute."""
ENOUGH_PEERS = 0.3
JUST_NOW = 0.05


@dataclass(frozen=True)
class Histories:
    """n series (unit x family) of at most L scores, ascending in scale, padded on the right.

    Attributes
    ----------
    rows : DataFrame
        Rows of a `inputs.panel.Panel`.
    row : ndarray of int, (n, L)
        Place of each score in ``rows``; -1 in the padding.
    scale, params, better, se, z, z_se : ndarray, (n, L)
        ``better`` is the score with its sign turned where lower is better. NaN in the padding.
    """

    rows: pd.DataFrame
    row: np.ndarray
    scale: np.ndarray
    params: np.ndarray
    better: np.ndarray
    se: np.ndarray
    z: np.ndarray
    z_se: np.ndarray

    @classmethod
    def of(cls, rows: pd.DataFrame) -> Histories:
        """Arrange the rows of a panel."""
        code = rows.groupby(["unit", "family_code"], sort=True).ngroup().to_numpy()
        order = np.lexsort((rows["scale"].to_numpy(), code))
        code = code[order]
        n = int(code[-1]) + 1 if len(code) else 0
        place = np.arange(len(code)) - np.searchsorted(code, np.arange(n))[code]
        row = np.full((n, int(place.max(initial=0)) + 1), -1)
        row[code, place] = order
        better = rows["score"].to_numpy() * np.where(rows["higher_is_better"], 1.0, -1.0)
        columns = [better, *(rows[name].to_numpy(dtype=float) for name in ("se", "z", "z_se"))]
        before = [rows[name].to_numpy(dtype=float) for name in ("scale", "params")]
        return cls(rows, row, *(np.where(row >= 0, column[row], np.nan) for column in (*before, *columns)))

    def trends(self) -> np.ndarray:
        """The trend each series had after each of its points, (n, L): places in `data.trend.TRENDS`."""
        first = self.rows.iloc[self.row[:, 0]]
        right_answers = (first["is_share"] & first["higher_is_better"]).to_numpy()
        chance, ceiling = (np.where(right_answers, first[name], np.nan) for name in ("chance", "ceiling"))
        return trends_along(self.better, self.se, chance, ceiling)

    def up_to(self, at: np.ndarray, origin: np.ndarray, column: np.ndarray) -> np.ndarray:
        """A column's values of series ``at`` up to each ``origin``, (m, L); NaN beyond."""
        return np.where(np.arange(self.row.shape[1]) <= origin[:, None], column[at], np.nan)


@dataclass(frozen=True)
class KnownSteps:
    """m steps whose target is known too: places in a `Histories`, the trend at the origin, and what happened.

    Attributes
    ----------
    at, origin, target : ndarray of int, (m,)
        Series, and the places in it of origin and target; the origin is the largest model below the target.
    trend : ndarray of int, (m,)
    recovered, reversed : ndarray of bool, (m,)
        As `data.trend.recovers` and `data.trend.reverses`.
    """

    at: np.ndarray
    origin: np.ndarray
    target: np.ndarray
    trend: np.ndarray
    recovered: np.ndarray
    reversed: np.ndarray


def known_steps(histories: Histories, trend: int | None = None) -> KnownSteps:
    """Every score with a smaller model before it, or those whose origin had one ``trend``."""
    h, trends = histories, histories.trends()
    parts = [np.zeros((0, 3), dtype=int)]
    for target in range(1, h.row.shape[1]):
        smaller = h.scale[:, :target] < h.scale[:, [target]] - BELOW
        smaller &= ~(h.params[:, :target] >= (1.0 - NEAR) * h.params[:, [target]])
        origin = np.where(smaller.any(axis=1), target - 1 - smaller[:, ::-1].argmax(axis=1), -1)
        at = np.flatnonzero((origin >= 0) & (h.row[:, target] >= 0))
        parts.append(np.column_stack([at, origin[at], np.full(len(at), target)]))
    at, origin, target_at = np.concatenate(parts).T
    if trend is not None:
        keep = trends[at, origin] == trend
        at, origin, target_at = at[keep], origin[keep], target_at[keep]
    score, se = h.better[at, target_at], h.se[at, target_at]
    past, past_se = h.up_to(at, origin, h.better), h.up_to(at, origin, h.se)
    recovered = recovers(score, h.better[at, origin], se, h.se[at, origin])
    reversed_ = reverses(score, past, se, past_se)
    return KnownSteps(at, origin, target_at, trends[at, origin], recovered, reversed_)


def describe_steps(
    histories: Histories, at: np.ndarray, origin: np.ndarray, scale: np.ndarray, compute: np.ndarray
) -> np.ndarray:
    """The `FEATURES` of steps from ``origin`` of series ``at`` to a target's ``scale`` and ``compute``, (m, 12)."""
    h = histories
    first = h.rows.iloc[h.row[at, origin]]
    better, se, z, z_se = (column[at, origin] for column in (h.better, h.se, h.z, h.z_se))
    before = np.maximum(origin - 1, 0)
    change = (better - h.better[at, before]) / np.hypot(se, h.se[at, before])
    past = h.up_to(at, origin, h.better)
    gain, lead = _peers(h.rows, first, compute)
    columns = {
        "step": scale - h.scale[at, origin],
        "last change": np.clip(change, -MOST_CHANGE, MOST_CHANGE),
        "falls": (np.diff(past, axis=1) < 0).sum(axis=1),
        "depth": np.log1p(np.nanmax(h.up_to(at, origin, h.z), axis=1, initial=-np.inf) - z),
        "noise": np.log(z_se),
        "compute": compute,
        "family slope": _family_slope(h, at, origin),
        "peers' gain": gain,
        "peers' lead": lead,
        "shots": first["shots"].to_numpy(dtype=float, na_value=0.0) > 0,
        "tuned": (first["tuning"] != "base").to_numpy(),
        "below chance": np.minimum(z - chance_z(first, z), 0.0),
    }
    return np.column_stack([columns[name] for name in FEATURES]).astype(float)


def last_points(rows: pd.DataFrame, evidence: Panel) -> tuple[Histories, np.ndarray, np.ndarray]:
    """The series that bear on the rows; of each row its family's own series, and the place of its origin in it."""
    known = evidence.rows
    family = (known["family_code"] == rows["family_code"].iloc[0]).to_numpy()
    same_task = known["task_code"].isin(rows["task_code"]).to_numpy()
    series = Histories.of(known[family | same_task].reset_index(drop=True))
    first = series.rows.iloc[series.row[:, 0]]
    own = np.flatnonzero((first["family_code"] == rows["family_code"].iloc[0]).to_numpy())
    at = own[np.searchsorted(first["unit"].to_numpy()[own], rows["unit"].to_numpy())]
    origin = (series.scale[at] < (rows["scale"].to_numpy() - BELOW)[:, None]).sum(axis=1) - 1
    return series, at, origin


def chance_z(rows: pd.DataFrame, unknown: np.ndarray | float) -> np.ndarray:
    """Chance on the link scale, (n,); ``unknown`` where there is none, and for what is not a share of right answers."""
    chance = rows["chance"].to_numpy(dtype=float)
    has = rows["is_share"].to_numpy() & rows["higher_is_better"].to_numpy() & (chance > 0) & (chance < 1)
    return np.where(has, Link.of(rows).forward(np.where(has, chance, 0.5)), unknown)


def _family_slope(h: Histories, at: np.ndarray, origin: np.ndarray) -> np.ndarray:
    """Mean gain a decade of the family's other series: of all steps so far, and of those that end at the origin.

    The two are averaged, each held towards 0.
    """
    gain = np.diff(h.z, axis=1) / np.maximum(np.diff(h.scale, axis=1), 0.1)
    series, step = np.nonzero(np.isfinite(gain))
    gain, end = np.clip(gain[series, step], -STEEPEST, STEEPEST), h.scale[series, step + 1]
    family = np.unique(h.rows["family_code"].to_numpy()[h.row[:, 0]], return_inverse=True)[1]
    span = 1.0 + 2.0 * max(np.abs(h.scale[np.isfinite(h.scale)]).max(initial=0.0), 1.0)
    order = np.argsort(key := family[series] * span + end, kind="stable")
    key, total = key[order], np.concatenate([[0.0], np.cumsum(gain[order])])
    here = h.scale[at, origin]
    start = np.searchsorted(key, family[at] * span - span / 2)
    until = np.searchsorted(key, family[at] * span + here + 1e-9, side="right")
    recent = np.searchsorted(key, family[at] * span + here - JUST_NOW)
    own = np.diff(h.up_to(at, origin, h.z), axis=1) / np.maximum(np.diff(h.scale[at], axis=1), 0.1)
    own = np.clip(own, -STEEPEST, STEEPEST)
    own_recent = np.where(h.scale[at, 1:] >= here[:, None] - JUST_NOW, own, np.nan)

    def mean_of_others(first: np.ndarray, own: np.ndarray) -> np.ndarray:
        count = until - first - np.isfinite(own).sum(axis=1)
        return (total[until] - total[first] - np.nansum(own, axis=1)) / (count + PRIOR_STEPS)

    return 0.5 * (mean_of_others(start, own) + mean_of_others(recent, own_recent))


def _peers(rows: pd.DataFrame, origins: pd.DataFrame, compute: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Gain of other lines on the same task from each origin's compute to the target's, and their lead over the origin.

    Final models only; 0 where no line has a score within reach.
    """
    same = ["task_code", "metric_code", "prompt_code"]
    final = rows[rows["checkpoint"].isna().to_numpy()]
    both = pd.concat([final[same], origins[same]], ignore_index=True)
    code = both.groupby(same, sort=False).ngroup().to_numpy()
    members, wanted = code[: len(final)], code[len(final) :]
    order = np.argsort(members, kind="stable")
    size = np.bincount(members, minlength=code.max(initial=0) + 1)
    start = (np.cumsum(size) - size)[wanted]
    place = np.repeat(np.arange(len(wanted)), size[wanted])
    offset = np.arange(len(place)) - np.repeat(np.cumsum(size[wanted]) - size[wanted], size[wanted])
    peer = order[np.repeat(start, size[wanted]) + offset]
    line = final["line_code"].to_numpy()
    other = line[peer] != origins["line_code"].to_numpy()[place]
    place, peer = place[other], peer[other]
    z, where = final["z"].to_numpy()[peer], final["compute"].to_numpy()[peer]

    def level(at: np.ndarray) -> np.ndarray:
        weight = np.exp(-0.5 * ((where - at[place]) / PEER_REACH) ** 2)
        total = np.bincount(place, weight, len(at))
        mean = np.bincount(place, weight * z, len(at)) / np.maximum(total, 1e-12)
        return np.where(total > ENOUGH_PEERS, mean, np.nan)

    there = level(compute)
    gain = there - level(origins["compute"].to_numpy())
    lead = there - origins["z"].to_numpy()
    return np.nan_to_num(gain), np.nan_to_num(lead)
