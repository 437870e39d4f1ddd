"""What other lines scored on the same task: never the target's own line, and only what was public in time.

The same task is the canonical task under any of its names, with comparable scoring (shares of right answers together,
any other metric by itself), the same kind of prompting, and tuned or not tuned alike.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from scale_forecast.data.scale import BELOW
from scale_forecast.features.descriptors import is_chain_of_thought
from scale_forecast.features.points import Points

RIGHT_ANSWERS = ("accuracy", "acc_norm", "exact_match", "multiple_choice_grade", "preferred")
"""Metrics that count right answers: compared with one another."""
NEAR_ENOUGH = 0.3
"""Decades above its last model within which a peer's last score still stands for the scale asked for."""
_PAIRS_AT_ONCE = 200_000


@dataclass(frozen=True)
class Query:
    """What is asked of the peers for N steps: (N,) each.

    ``on_flops`` says whether the scales are of training compute, else of parameters. ``before`` limits the rows by
    ``known_on``; NaT asks for no limit.
    """

    series: np.ndarray
    origin_scale: np.ndarray
    origin_value: np.ndarray
    target_scale: np.ndarray
    on_flops: np.ndarray
    before: np.ndarray


def peers(points: Points, query: Query) -> dict[str, np.ndarray]:
    """Columns, (N,) each, in normalised logits.

    ``peer_lines`` lines with a score at or below the target's scale; ``peer_near`` the score of the largest such model
    (the mean, if several are as large), ``peer_near_gap`` its distance below the target, ``peer_near_slope`` its last
    gain per decade; ``peer_best`` the best score known at any scale; ``peer_at_target`` and ``peer_at_origin`` what
    peers score at those scales, ``peer_step_gain`` the gain between for those that reach both (interpolated, averaged
    within a line and then over lines); ``origin_minus_peers`` the origin's lead over them.
    """
    index = _Index(points)
    columns = {name: np.full(len(query.series), np.nan) for name in COLUMNS}
    flops, params = np.flatnonzero(query.on_flops), np.flatnonzero(~query.on_flops)
    for rows, scale in ((flops, points.log_flops), (params, points.log_params)):
        for part in index.chunks(rows, query.series):
            found = _describe(points, index, scale, query, part)
            for name in COLUMNS:
                columns[name][part] = found[name]
    return columns


COLUMNS = (
    "peer_lines",
    "peer_near",
    "peer_near_gap",
    "peer_near_slope",
    "peer_best",
    "peer_at_target",
    "peer_at_origin",
    "peer_step_gain",
    "origin_minus_peers",
)


class _Index:
    """Series grouped by the task they score, lines together."""

    def __init__(self, points: Points) -> None:
        table = points.described
        plain = table["metric"].str.partition(":")[0]
        metric = table["metric"].where(~plain.isin(RIGHT_ANSWERS), "right answers")
        same = [table["canonical_task"], metric, pd.Series(is_chain_of_thought(table["prompt"]))]
        same.append(table["tuning"] == "base")
        self.group = table.groupby(same, sort=False).ngroup().to_numpy()
        self.line = pd.factorize(table["line"])[0]
        self.members = np.lexsort((self.line, self.group))
        self.size = np.bincount(self.group)
        self.start = np.cumsum(self.size) - self.size

    def chunks(self, rows: np.ndarray, series: np.ndarray) -> list[np.ndarray]:
        """Rows in parts of bounded numbers of pairs."""
        pairs = np.cumsum(self.size[self.group[series[rows]]])
        return [part for part in np.split(rows, np.flatnonzero(np.diff(pairs // _PAIRS_AT_ONCE)) + 1) if len(part)]

    def pairs(self, series: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Place in ``series`` and peer of each pair of a series with one of another line; lines of a place together."""
        size = self.size[self.group[series]]
        place = np.repeat(np.arange(len(series)), size)
        offset = np.arange(len(place)) - np.repeat(np.cumsum(size) - size, size)
        peer = self.members[self.start[self.group[series]][place] + offset]
        other = self.line[peer] != self.line[series][place]
        return place[other], peer[other]


def _describe(
    points: Points, index: _Index, scale: np.ndarray, query: Query, part: np.ndarray
) -> dict[str, np.ndarray]:
    n = len(part)
    place, peer = index.pairs(query.series[part])
    x, value = scale[peer], points.value[peer]
    before = query.before[part][place]
    public = np.isnat(before)[:, None] | (points.known_on[peer] < before[:, None])
    x = np.where(public & np.isfinite(value), x, np.nan)
    at_target, at_origin = query.target_scale[part][place], query.origin_scale[part][place]

    near = _last_up_to(x, at_target + BELOW)
    near_scale, near_value = _pick(x, near), _pick(value, near)
    earlier = _last_up_to(x, near_scale - BELOW)
    slope = (near_value - _pick(value, earlier)) / (near_scale - _pick(x, earlier))
    nearest = _largest(near_scale, place, n)
    is_nearest = near_scale == nearest[place]
    best = _largest(_row_max(np.where(np.isfinite(x), value, np.nan)), place, n)

    on_target, on_origin = _read(x, value, at_target), _read(x, value, at_origin)
    by_line = _Lines(place, index.line[peer], n)
    peer_at_origin = by_line.mean(on_origin)
    return {
        "peer_lines": by_line.count(np.isfinite(near_scale)),
        "peer_near": _mean(np.where(is_nearest, near_value, np.nan), place, n),
        "peer_near_gap": query.target_scale[part] - nearest,
        "peer_near_slope": _mean(np.where(is_nearest, slope, np.nan), place, n),
        "peer_best": best,
        "peer_at_target": by_line.mean(on_target),
        "peer_at_origin": peer_at_origin,
        "peer_step_gain": by_line.mean(on_target - on_origin),
        "origin_minus_peers": query.origin_value[part] - peer_at_origin,
    }


def _last_up_to(x: np.ndarray, limit: np.ndarray) -> np.ndarray:
    """Column of the largest x not above its row's limit; -1 where there is none."""
    below = np.where(x <= limit[:, None], x, -np.inf)
    at = below.argmax(axis=1)
    return np.where(np.isneginf(below[np.arange(len(at)), at]), -1, at)


def _pick(matrix: np.ndarray, column: np.ndarray) -> np.ndarray:
    return np.where(column >= 0, matrix[np.arange(len(column)), column], np.nan)


def _read(x: np.ndarray, value: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Each row's value at a scale: between its neighbours, or its last model's within `NEAR_ENOUGH` beyond it."""
    low = _last_up_to(x, at)
    high = _last_up_to(-x, -at)
    x_low, x_high, v_low, v_high = _pick(x, low), _pick(x, high), _pick(value, low), _pick(value, high)
    share = np.divide(at - x_low, x_high - x_low, out=np.zeros_like(at), where=x_high > x_low)
    between = v_low + share * (v_high - v_low)
    return np.where(np.isfinite(between), between, np.where(at - x_low <= NEAR_ENOUGH, v_low, np.nan))


def _row_max(matrix: np.ndarray) -> np.ndarray:
    top = np.where(np.isnan(matrix), -np.inf, matrix).max(axis=1, initial=-np.inf)
    return np.where(np.isneginf(top), np.nan, top)


def _largest(value: np.ndarray, place: np.ndarray, n: int) -> np.ndarray:
    top = np.full(n, -np.inf)
    np.maximum.at(top, place, np.where(np.isnan(value), -np.inf, value))
    return np.where(np.isneginf(top), np.nan, top)


def _mean(value: np.ndarray, place: np.ndarray, n: int) -> np.ndarray:
    known = np.isfinite(value)
    count = np.bincount(place, known, n)
    total = np.bincount(place, np.where(known, value, 0.0), n)
    return np.divide(total, count, out=np.full(n, np.nan), where=count > 0)


class _Lines:
    """Pairs gathered by line within each place, so that a line with many families counts once."""

    def __init__(self, place: np.ndarray, line: np.ndarray, n: int) -> None:
        new = np.ones(len(place), dtype=bool)
        new[1:] = (place[1:] != place[:-1]) | (line[1:] != line[:-1])
        self.of_pair = np.cumsum(new) - 1
        self.place = place[new]
        self.n = n

    def mean(self, value: np.ndarray) -> np.ndarray:
        return _mean(_mean(value, self.of_pair, len(self.place)), self.place, self.n)

    def count(self, holds: np.ndarray) -> np.ndarray:
        any_of_line = np.bincount(self.of_pair, holds, len(self.place)) > 0
        return np.bincount(self.place, any_of_line, self.n).astype(float)
