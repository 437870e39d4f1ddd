"""The features of `features.transitions` by the straightforward loop: task by task, step by step.

Written apart from the vectorised modules to check them (`tests/test_features.py`) and to be timed against them
(`benchmarks/features.py`). It shares with them only the formulas of a single score: standard errors, views, trends.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd

from scale_forecast.data.noise import binomial_stderr, standard_error
from scale_forecast.data.results import known_rows
from scale_forecast.data.scale import BELOW, scale_kind, scale_of
from scale_forecast.data.series import SERIES
from scale_forecast.data.tasks import METRIC_KINDS, describe
from scale_forecast.data.trend import TRENDS, trend_of
from scale_forecast.features.descriptors import TUNINGS
from scale_forecast.features.family import GAIN_NOISE
from scale_forecast.features.history import _FLOOR, _UNKNOWN, VIEWS
from scale_forecast.features.links import Limits, link, link_stderr
from scale_forecast.features.peers import NEAR_ENOUGH, RIGHT_ANSWERS

Row = dict[str, Any]


def reference_features(
    results: pd.DataFrame,
    tasks: pd.DataFrame,
    metrics: pd.DataFrame,
    steps: pd.DataFrame,
    *,
    as_of: pd.Timestamp | None = None,
    date_limited: bool = True,
) -> pd.DataFrame:
    """As `features.transitions.features`."""
    series, families, same_task = _read_all(known_rows(results, as_of), tasks, metrics)
    progress = {name: _Progress(group) for name, group in families.items()}
    out = []
    for step in steps.to_dict("records"):
        own = series[step["origin_row"]]
        p = next(i for i, row in enumerate(own) if row["position"] == step["origin_row"])
        origin, before = own[p], step["target_released"] if date_limited else pd.NaT
        out.append(
            _of_task(origin)
            | _of_target(origin, step)
            | _of_history(own[: p + 1])
            | progress[origin["family_benchmark"]].at(origin, "family_benchmark")
            | progress[origin["family_all"]].at(origin, "family_all")
            | _of_peers(origin, step["target_scale"], before, same_task[origin["same_task"]])
        )
    return pd.DataFrame(out, index=steps.index)


def _read_all(results: pd.DataFrame, tasks: pd.DataFrame, metrics: pd.DataFrame) -> tuple[dict, dict, dict]:
    """Rows of a series in order of scale: by the position of each row, by family and by task."""
    described = describe(results, tasks, metrics)
    described["scale"] = scale_of(results)
    described["kind"] = scale_kind(results)
    described["stderr"] = standard_error(results)
    described["position"] = results.index
    by_position: dict[int, list[Row]] = {}
    families: dict[tuple, list[list[Row]]] = {}
    same_task: dict[tuple, list[list[Row]]] = {}
    series: dict[tuple, list[Row]] = {}
    for row in described.to_dict("records"):
        series.setdefault(tuple(None if pd.isna(row[name]) else row[name] for name in SERIES), []).append(row)
    for rows in series.values():
        rows.sort(key=lambda row: row["scale"])
        _add_views(rows)
        by_position.update((row["position"], rows) for row in rows)
        for name in ("family_benchmark", "family_all"):
            families.setdefault(rows[0][name], []).append(rows)
        same_task.setdefault(rows[0]["same_task"], []).append(rows)
    return by_position, families, same_task


def _add_views(rows: list[Row]) -> None:
    first = rows[0]
    for row in rows:
        if not row["higher_is_better"]:
            row["chance"] = row["ceiling"] = math.nan
        n = row["n_examples"]
        if math.isnan(row["stderr"]) and row["is_share"] and not math.isnan(n):
            row["stderr"] = float(binomial_stderr(row["score"], n))
        if math.isnan(n) and row["is_share"] and row["stderr"] > 0:
            implied = round(row["score"] * (1 - row["score"]) / row["stderr"] ** 2)
            row["n_examples"] = float(implied) if implied >= 1 else math.nan
        row["better"] = row["score"] if row["higher_is_better"] else -row["score"]
        cot = row["prompt"].startswith("cot")
        metric = "right answers" if row["metric"].split(":")[0] in RIGHT_ANSWERS else row["metric"]
        row["cot"] = cot
        row["same_task"] = (row["canonical_task"], metric, cot, row["tuning"] == "base")
        row["family_benchmark"] = (row["family"], row["benchmark"], row["is_share"], cot)
        row["family_all"] = (row["family"], row["is_share"])
        row["log_flops"], row["log_params"] = math.log10(row["train_flops"]), math.log10(row["params"])
    score, stderr, n = (np.array([row[name] for row in rows]) for name in ("score", "stderr", "n_examples"))
    limits = Limits(first["chance"], first["ceiling"], n, first["is_share"], first["higher_is_better"])
    for view in (*VIEWS, "law", "normalised"):
        for row, value, noise in zip(
            rows, link(score, view, limits), link_stderr(score, stderr, view, limits), strict=True
        ):
            row[view], row[f"{view} stderr"] = float(value), float(noise)


def _code(name: str, known: tuple[str, ...]) -> float:
    return float(known.index(name)) if name in known else float(len(known))


def _of_task(row: Row) -> Row:
    as_given = ("n_choices", "input_words", "target_chars", "chance", "ceiling", "shots")
    return {name: row[name] for name in as_given} | {
        "human_average": row["human_average"] / 100,
        "human_best": row["human_best"] / 100,
        "metric_kind": _code(row["metric_kind"], METRIC_KINDS),
        "is_share": float(row["is_share"]),
        "is_chain_of_thought": float(row["cot"]),
        "is_aggregate": float(not pd.isna(row["aggregate_of"])),
        "tuning": _code(row["tuning"], TUNINGS),
    }


def _of_target(origin: Row, step: Row) -> Row:
    return {
        "distance": step["target_scale"] - origin["scale"],
        "target_scale": step["target_scale"],
        "years": (step["target_released"] - origin["released"]) / pd.Timedelta(days=365.25),
        "target_tuning": _code(step["target_tuning"], TUNINGS),
    }


def _slope(rows: list[Row], view: str, weights: list[float] | None = None) -> tuple[float, float, float]:
    """Slope, its standard error and the fitted value at the last row, by weighted least squares."""
    x = np.array([row["scale"] for row in rows])
    y = np.array([row[view] for row in rows])
    w = np.ones(len(rows)) if weights is None else np.array(weights)
    middle, level = np.average(x, weights=w), np.average(y, weights=w)
    if len(rows) < 2 or x[-1] - x[0] <= BELOW:
        return math.nan, math.nan, level
    spread = (w * (x - middle) ** 2).sum()
    slope = (w * (x - middle) * (y - level)).sum() / spread
    return slope, spread**-0.5, level + slope * (x[-1] - middle)


def _of_history(seen: list[Row]) -> Row:
    last = seen[-1]
    out: Row = {"origin_law": last["law"]}
    for view in VIEWS:
        weights = []
        for row in seen:
            noise = row[f"{view} stderr"]
            weights.append(1 / ((_UNKNOWN[view] if math.isnan(noise) else noise) ** 2 + _FLOOR[view] ** 2))
        out[f"origin_{view}"] = last[view]
        out[f"origin_{view}_stderr"] = last[f"{view} stderr"]
        out[f"slope_last_{view}"] = _slope(seen[-2:], view)[0]
        out[f"slope_two_{view}"] = _slope(seen[-3:], view)[0] if len(seen) > 2 else math.nan
        out[f"slope_all_{view}"] = _slope(seen, view)[0]
        slope, stderr, fitted = _slope(seen, view, weights)
        out[f"slope_weighted_{view}"] = slope
        out[f"slope_weighted_{view}_stderr"] = stderr
        out[f"fitted_{view}"] = fitted
        out[f"curvature_{view}"] = (
            out[f"slope_last_{view}"] - _slope(seen[-3:-1], view)[0] if len(seen) > 2 else math.nan
        )
    better = [row["better"] for row in seen]
    falls = [better[i + 1] < better[i] for i in range(len(better) - 1)]
    run = 0
    while run < len(falls) and falls[-1 - run]:
        run += 1
    stderr = last["stderr"]
    above, below = last["score"] - last["chance"], last["ceiling"] - last["score"]
    behind = max(better) - better[-1]
    label = trend_of(
        np.array([better]),
        np.array([[row["stderr"] for row in seen]]),
        np.array([last["chance"]]),
        np.array([last["ceiling"]]),
    )[0]
    return out | {
        "above_chance": above,
        "above_chance_in_stderr": above / stderr,
        "to_ceiling": below,
        "to_ceiling_in_stderr": below / stderr,
        "to_human": last["human_average"] / 100 - last["score"],
        "best_minus_last": behind,
        "best_minus_last_in_stderr": behind / stderr,
        "gain_last_in_stderr": (better[-1] - better[-2]) / math.hypot(stderr, seen[-2]["stderr"])
        if len(seen) > 1
        else math.nan,
        "run_of_falls": float(run),
        "falls": float(sum(falls)),
        "trend": float(TRENDS.index(label)),
        "n_points": float(len(seen)),
        "span": last["scale"] - seen[0]["scale"],
        "n_examples": last["n_examples"],
    }


class _Progress:
    """Gains and levels of a family's tasks, summed once for each scale, and for each task at each scale."""

    def __init__(self, group: list[list[Row]]) -> None:
        self.scales = sorted({row["scale"] for one in group for row in one})
        self.whole = {scale: np.zeros(6) for scale in self.scales}
        self.tasks: dict[tuple[str, float], np.ndarray] = {}
        for one in group:
            if not pd.isna(one[0]["aggregate_of"]):
                continue
            for i, row in enumerate(one):
                amounts = self._amounts(one[i - 1] if i else None, row)
                key = (row["canonical_task"], row["scale"])
                self.whole[row["scale"]] += amounts
                self.tasks[key] = self.tasks.get(key, np.zeros(6)) + amounts

    @staticmethod
    def _amounts(earlier: Row | None, row: Row) -> np.ndarray:
        """Weighted gain, weight, gain of q, 1 where there is a gain; level, 1."""
        level = [row["normalised_logit"], 1.0]
        span = row["scale"] - earlier["scale"] if earlier else 0.0
        if earlier is None or span <= BELOW:
            return np.array([0.0, 0.0, 0.0, 0.0, *level])
        noise = math.hypot(row["normalised_logit stderr"], earlier["normalised_logit stderr"]) / span
        weight = 1 / ((0.0 if math.isnan(noise) else noise) ** 2 + GAIN_NOISE**2)
        gain = (row["normalised_logit"] - earlier["normalised_logit"]) / span
        gain_q = (row["normalised"] - earlier["normalised"]) / span
        return np.array([weight * gain, weight, gain_q, 1.0, *level])

    def at(self, origin: Row, prefix: str) -> Row:
        task = origin["canonical_task"]
        others = [
            self.whole[scale] - self.tasks.get((task, scale), 0.0) for scale in self.scales if scale <= origin["scale"]
        ]
        last, previous = others[-1], others[-2] if len(others) > 1 else np.zeros(6)
        ever = sum(sums for sums in others if sums[3] > 0) + np.zeros(6)
        return {
            f"{prefix}_gain_last": last[0] / last[1] if last[3] > 0 else math.nan,
            f"{prefix}_gain_previous": previous[0] / previous[1] if previous[3] > 0 else math.nan,
            f"{prefix}_gain_mean": ever[0] / ever[1] if ever[3] > 0 else math.nan,
            f"{prefix}_gain_last_q": last[2] / last[3] if last[3] > 0 else math.nan,
            f"{prefix}_gain_mean_q": ever[2] / ever[3] if ever[3] > 0 else math.nan,
            f"{prefix}_level": last[4] / last[5] if last[5] > 0 else math.nan,
            f"{prefix}_tasks": float(last[5]),
        }


def _of_peers(origin: Row, target_scale: float, before: pd.Timestamp, group: list[list[Row]]) -> Row:
    axis = "log_flops" if origin["kind"] == "train_flops" else "log_params"
    lines: dict[str, list[tuple[float, float, float]]] = {}
    reached: set[str] = set()
    nearest: list[tuple[float, float, float]] = []
    best: list[float] = []
    for one in group:
        if one[0]["line"] == origin["line"]:
            continue
        known = [
            (row[axis], row["normalised_logit"])
            for row in sorted(one, key=lambda row: row[axis])
            if not math.isnan(row[axis]) and (pd.isna(before) or row["known_on"] < before)
        ]
        best.extend(value for _, value in known)
        at_target, at_origin = _interpolate(known, target_scale), _interpolate(known, origin["scale"])
        lines.setdefault(one[0]["line"], []).append((at_target, at_origin, at_target - at_origin))
        below = [point for point in known if point[0] <= target_scale + BELOW]
        if below:
            reached.add(one[0]["line"])
            x, value = below[-1]
            earlier = [point for point in below if point[0] <= x - BELOW]
            slope = (value - earlier[-1][1]) / (x - earlier[-1][0]) if earlier else math.nan
            nearest.append((x, value, slope))
    top = max((x for x, *_ in nearest), default=math.nan)
    at_top = [point for point in nearest if point[0] == top]
    per_line = [tuple(_mean([three[k] for three in threes]) for k in range(3)) for threes in lines.values()]
    at_target, at_origin, gain = (_mean([line[k] for line in per_line]) for k in range(3))
    return {
        "peer_lines": float(len(reached)),
        "peer_near": _mean([value for _, value, _ in at_top]),
        "peer_near_gap": target_scale - top,
        "peer_near_slope": _mean([slope for *_, slope in at_top]),
        "peer_best": max(best, default=math.nan),
        "peer_at_target": at_target,
        "peer_at_origin": at_origin,
        "peer_step_gain": gain,
        "origin_minus_peers": origin["normalised_logit"] - at_origin,
    }


def _mean(values: list[float]) -> float:
    known = [value for value in values if not math.isnan(value)]
    return sum(known) / len(known) if known else math.nan


def _interpolate(known: list[tuple[float, float]], at: float) -> float:
    low = [point for point in known if point[0] <= at]
    high = [point for point in known if point[0] >= at]
    if low and high:
        (x0, y0), (x1, y1) = low[-1], high[0]
        return y0 if x1 == x0 else y0 + (at - x0) / (x1 - x0) * (y1 - y0)
    if low and at - low[-1][0] <= NEAR_ENOUGH:
        return low[-1][1]
    return math.nan
