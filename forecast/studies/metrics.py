"""Study 6: the same outputs under different metrics. What the metric adds to how sudden a curve looks.

A model gets each token of an answer right with probability p, logistic in decades of scale. Its answers can be marked
by the share of right tokens (linear), by the log-likelihood (proper), or all or nothing: an exact match of L tokens
succeeds with p^L. Between a tenth and nine tenths p^L rises in

    (logit(0.9^(1/L)) - logit(0.1^(1/L))) / slope

decades, from 4.39 / slope for one token down to 3.08 / slope for many: all or nothing makes a curve at most 30%
steeper. What it does is to move the rise to larger scale, by log(L) / slope, and to show nothing before.

In the figures, sharpness is BIG-bench's breakthroughness: sign x range / root median squared step (Srivastava et al.
2022, arXiv:2206.04615; Schaeffer et al. 2023, arXiv:2304.15004, call it the emergence score), set against what a
straight line in scale with the same sampling noise would show.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.special import expit, logit

from scale_forecast.data.names import count_of
from scale_forecast.data.trend import beyond_noise
from scale_forecast.studies.findings import Findings, Study, bracket
from scale_forecast.studies.ladders import SUITE, Ladder, Measured, ladders, measure_ladders
from scale_forecast.studies.resampling import cells, line_weights

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TOKENS = (1, 4, 16, 64)
ITEMS = 250
TASKS = 4000
SLOPE = 2.0
"""Logits per decade of a typical simulated task."""
FEWEST_MODELS = 5
DRAWS = 400
LEVEL = 0.05
KINDS = {"threshold": 0, "linear": 1, "proper": 2}
"""From sudden to smooth."""
SMALLEST_STEP = 1e-4


def study(results: pd.DataFrame, tasks: pd.DataFrame, metrics: pd.DataFrame, *, seed: int = 0) -> Findings:
    """Sharpness and predictability by metric, simulated and in the results.

    Returns
    -------
    Findings with the tables ``simulation`` (by metric and tokens), ``kinds`` (how many curves of the results are
    sharper than a line, by kind of metric), ``pairs`` (curves scored by two metrics of the same outputs) and ``curves``
    (the sharpest); in detail every curve.
    """
    tables = {"simulation": simulate(seed=seed)}
    data = measure_ladders(results, tasks, metrics)
    rng = np.random.default_rng(seed)
    found = [_curves(ladder, data, rng) for ladder in ladders(data.rows, fewest_models=FEWEST_MODELS, fewest_tasks=1)]
    found = [table for table in found if len(table)]
    details = {}
    if found:
        details["every_curve"] = every = pd.concat(found, ignore_index=True)
        tables["kinds"] = _kinds(every, seed)
        pairs = _pairs(every)
        if len(pairs):
            tables["pairs"] = pairs
        sharp = every[every["is_sharp"]].sort_values("sharpness", ascending=False, kind="stable")
        tables["curves"] = sharp.drop(columns=["is_sharp", "rises"]).head(20).reset_index(drop=True)
    return Findings(tables, _sentences(tables), draw=partial(draw, tables), details=details)


def match_width(tokens: np.ndarray | int, slope: float = SLOPE) -> np.ndarray:
    """Decades from a tenth to nine tenths of an exact match of so many tokens.

    >>> match_width(np.array([1, 10**6]), slope=1.0).round(2).tolist()
    [4.39, 3.08]
    """
    inverse = 1.0 / np.asarray(tokens, dtype=float)
    return (logit(0.9**inverse) - logit(0.1**inverse)) / slope


def sharpness(score: np.ndarray, smallest: np.ndarray | float = SMALLEST_STEP) -> np.ndarray:
    """Range over the root median squared step, negative where the best comes before the worst.

    Parameters
    ----------
    score : (..., L) in order of scale, larger is better
    smallest : a step that cannot be told from none

    >>> sharpness(np.array([0.0, 0.1, 0.2, 0.3])).round(6).tolist()
    3.0
    """
    step = np.sqrt(np.median(np.diff(score, axis=-1) ** 2, axis=-1))
    sign = np.sign(score.argmax(axis=-1) - score.argmin(axis=-1))
    return sign * np.ptp(score, axis=-1) / np.maximum(step, smallest)


def simulate(*, seed: int, tasks: int = TASKS) -> pd.DataFrame:
    """Eight models half a decade apart, tasks with their own midpoint and slope, marked by each metric.

    Returns
    -------
    One row a metric: ``width`` in decades of a typical task; ``sharpness`` of the noise-free curve over the models,
    median over tasks; ``at_zero``, the share of scores without one success; ``r2``, of the last gain forecast by the
    line through the three models before in the metric itself, and ``r2_from_likelihood``, by the line through
    log(-log-likelihood) turned into the metric.
    """
    rng = np.random.default_rng(seed)
    scale = np.arange(8) * 0.5
    slope = SLOPE * np.exp(rng.normal(0.0, 0.3, (tasks, 1)))
    p = expit(slope * (scale - rng.uniform(0.5, 4.0, (tasks, 1))))
    out = []
    for tokens in TOKENS:
        match = p**tokens
        seen = rng.binomial(ITEMS, match) / ITEMS
        likelihood = -np.log(p) * np.exp(rng.normal(0.0, 1.0 / np.sqrt(ITEMS * tokens), p.shape))
        forecast = np.exp(-tokens * np.exp(_line(np.log(likelihood))))
        out.append(
            {"metric": f"exact match of {tokens}", "kind": "threshold", "tokens": tokens,
             "width": float(match_width(tokens)), "sharpness": float(np.median(sharpness(match))),
             "at_zero": float((seen == 0).mean()), "r2": _r2(_line(seen), seen),
             "r2_from_likelihood": _r2(forecast, seen)}
        )  # fmt: skip
    right = rng.binomial(ITEMS * 16, p) / (ITEMS * 16)
    view = -np.log(likelihood)
    out.append(
        {"metric": "share of right tokens", "kind": "linear", "tokens": 16, "width": float(match_width(1)),
         "sharpness": float(np.median(sharpness(p))), "at_zero": float((right == 0).mean()),
         "r2": _r2(_line(right), right), "r2_from_likelihood": _r2(np.exp(-np.exp(_line(-view))), right)}
    )  # fmt: skip
    out.append(
        {"metric": "log of the log-likelihood", "kind": "proper", "tokens": 16, "width": np.nan,
         "sharpness": float(np.median(sharpness(-np.log(-np.log(p))))), "at_zero": 0.0, "r2": _r2(_line(view), view),
         "r2_from_likelihood": _r2(_line(view), view)}
    )  # fmt: skip
    return pd.DataFrame(out)


def _line(values: np.ndarray) -> np.ndarray:
    """The last value (n,) by the least-squares line through the three before, evenly spaced."""
    a, b, c = (values[:, i] for i in (-4, -3, -2))
    return (a + b + c) / 3.0 + (c - a)


def _r2(forecast: np.ndarray, values: np.ndarray) -> float:
    """Share of the variance of last gains that a forecast of the last value explains; negative when worse than none."""
    gain = values[:, -1] - values[:, -2]
    return float(1.0 - ((values[:, -1] - forecast) ** 2).mean() / gain.var())


def _curves(ladder: Ladder, data: Measured, rng: np.random.Generator) -> pd.DataFrame:
    """Every task of a ladder with enough models: its sharpness, and how often a line shows as much."""
    patterns, which = np.unique(ladder.row >= 0, axis=0, return_inverse=True)
    parts = []
    for i, has in enumerate(patterns):
        places = np.flatnonzero(has)
        if len(places) >= FEWEST_MODELS:
            models = [ladder.models[j] for j in places]
            row = ladder.row[which.ravel() == i][:, places]
            parts.append(_complete(Ladder(ladder.name, models, ladder.scale[places], row), data, rng))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def _complete(whole: Ladder, data: Measured, rng: np.random.Generator) -> pd.DataFrame:
    rows = data.rows
    value, se = (whole.of(column) for column in data.view("raw"))
    first = rows.iloc[whole.row[:, 0]]
    found = sharpness(value, _smallest(first))
    expected, p = against_a_line(value, se, whole.scale, _smallest(first), rng)
    rises = beyond_noise(value[:, -1], value[:, 0], se[:, -1], se[:, 0])
    table = pd.DataFrame({name: whole.name[name] for name in [*SUITE, "line"]}, index=range(len(whole.row)))
    for name in ("task", "metric", "metric_kind"):
        table[name] = first[name].astype(str).to_numpy()
    return table.assign(
        models=len(whole.models), gain=value[:, -1] - value[:, 0], sharpness=found, of_a_line=expected, p=p,
        rises=rises, is_sharp=rises & (p < LEVEL),
    )  # fmt: skip


def _smallest(rows: pd.DataFrame) -> np.ndarray:
    """Half an example, (n,)."""
    return (0.5 / rows["n_examples"].fillna(0.5 / SMALLEST_STEP)).to_numpy(dtype=float)


def against_a_line(
    value: np.ndarray,
    se: np.ndarray,
    scale: np.ndarray,
    smallest: np.ndarray,
    rng: np.random.Generator,
    *,
    draws: int = DRAWS,
) -> tuple[np.ndarray, np.ndarray]:
    """Median sharpness of the straight line in scale with the same noise, and the share of draws as sharp as seen.

    Where the noise is unknown, the scatter about the line stands in for it.

    Parameters
    ----------
    value, se : (n, L), larger is better; scale : (L,); smallest : (n,)
    """
    x = scale - scale.mean()
    fitted = value.mean(axis=1, keepdims=True) + (value @ x / (x @ x))[:, None] * x
    scatter = np.sqrt(((value - fitted) ** 2).sum(axis=1, keepdims=True) / max(len(x) - 2, 1))
    noise = np.where(np.isnan(se), scatter, se)
    drawn = sharpness(fitted + noise * rng.normal(size=(draws, *value.shape)), smallest)
    return np.median(drawn, axis=0), ((drawn >= sharpness(value, smallest)).sum(axis=0) + 1.0) / (draws + 1.0)


def _kinds(every: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Curves that rise, and those sharper than a line beyond chance, by kind of metric; 90% intervals over lines."""
    rising = every[every["rises"]]
    out = []
    for kind in KINDS:
        part = rising[rising["metric_kind"] == kind]
        if part.empty:
            continue
        by_line = part.groupby("line")["is_sharp"].agg(["sum", "size"])
        drawn = line_weights(len(by_line), seed=seed)
        share = (drawn @ by_line["sum"].to_numpy()) / (drawn @ by_line["size"].to_numpy())
        if len(by_line) < 3:
            share[1:] = np.nan
        row: dict[str, object] = {"metric_kind": kind, "lines": len(by_line), "curves": len(part)}
        row["sharp"] = int(part["is_sharp"].sum())
        row |= cells("share_sharp", share)
        out.append({**row, "median_sharpness": float(part["sharpness"].median()), "by_chance": LEVEL})
    return pd.DataFrame(out)


def _pairs(every: pd.DataFrame) -> pd.DataFrame:
    """Curves whose outputs are scored by a sudden metric and by a smoother one."""
    key = [*SUITE, "task"]
    order = every["metric_kind"].map(KINDS)
    sudden = every[order == 0]
    smooth = every[order > 0]
    both = sudden.merge(smooth, on=key, suffixes=("", "_smooth"))
    columns = {
        **{name: name for name in key}, "metric": "metric", "sharpness": "sharpness", "p": "p", "is_sharp": "is_sharp",
        "metric_smooth": "smoother", "sharpness_smooth": "smoother_sharpness", "p_smooth": "smoother_p",
        "is_sharp_smooth": "stays_sharp",
    }  # fmt: skip
    return both[list(columns)].rename(columns=columns)


def _sentences(tables: dict[str, pd.DataFrame]) -> list[str]:
    out = [_on_simulation(tables["simulation"])]
    if "kinds" in tables:
        out.append(_on_metric_kinds(tables["kinds"].to_dict("records")))
    if "pairs" in tables:
        out.append(_on_pairs(tables["pairs"]))
    return out


def _on_simulation(simulation: pd.DataFrame) -> str:
    rows = {row["metric"]: row for row in simulation.to_dict("records")}
    one, many = rows["exact match of 1"], rows["exact match of 64"]
    return (
        f"All or nothing makes a curve steeper, but not by much: a rise of {one['width']:.1f} decades under one token "
        f"takes {many['width']:.1f} under an exact match of 64. It hides the start: {many['at_zero']:.0%} of the "
        f"scores are 0 instead of {one['at_zero']:.0%}, and its own past forecasts the next gain with R2 = "
        f"{many['r2']:.2f}, the log-likelihood of the same outputs with {many['r2_from_likelihood']:.2f} (simulated)."
    )


def _on_metric_kinds(rows: list[dict]) -> str:
    def share(row: dict) -> str:
        low, high = row["share_sharp_low"], row["share_sharp_high"]
        return f"{row['share_sharp']:.2f}" + ("" if np.isnan(low) else f" {bracket(low, high)}")

    parts = [
        f"{row['sharp']} of {row['curves']} ({share(row)}) under {_KIND_NAMES[row['metric_kind']]} metrics"
        for row in rows
    ]
    return (
        f"Of the curves here over {FEWEST_MODELS} models or more that rise beyond noise, sharper than a straight line "
        f"with their noise are {', '.join(parts)}; {LEVEL:.0%} would be by chance."
    )


def _on_pairs(pairs: pd.DataFrame) -> str:
    sharp = pairs[pairs["is_sharp"]]
    return (
        f"{count_of(len(pairs), 'curve')} {'has' if len(pairs) == 1 else 'have'} a smoother metric of the same outputs "
        f"beside a sudden one: {len(sharp)} are sharp under the sudden metric, and {int(sharp['stays_sharp'].sum())} "
        f"of these stay so under the smoother one"
        + ("" if sharp.empty else f" ({_join_names(sharp[sharp['stays_sharp']])})")
        + f"; {int((pairs['stays_sharp'] & ~pairs['is_sharp']).sum())} are sharp under the smoother one alone."
    )


_KIND_NAMES = {"threshold": "all-or-nothing", "linear": "linear", "proper": "proper"}


def _join_names(pairs: pd.DataFrame) -> str:
    names = [
        f"{task} by {smoother}" for task, smoother in pairs[["task", "smoother"]].drop_duplicates().to_numpy().tolist()
    ]
    return ", ".join(names) or "none"


def draw(tables: dict[str, pd.DataFrame]) -> Figure:
    """Left, one task under each metric; right, sharpness under a sudden and a smoother metric of the same outputs."""
    from scale_forecast.show.plots.style import BLACK, COLOURS, GREY, MARKERS, legend, new_figure, nothing, plain

    figure, axes = new_figure(1, 2, height=5.0)
    left, right = axes[0]
    x = np.linspace(-3, 5, 300)
    p = expit(SLOPE * x)
    left.plot(x, p, color=BLACK, linewidth=2, label="share of right tokens")
    for tokens, colour in zip(TOKENS[1:], COLOURS, strict=False):
        left.plot(x, p**tokens, color=colour, label=f"exact match of {tokens}")
    left.set(xlabel="scale (decades)", ylabel="score")
    left.set_title("the same outputs, marked four ways")
    legend(left, loc="upper center", bbox_to_anchor=(0.5, -0.13), ncols=2)
    if "pairs" not in tables:
        nothing(right, "no task here has two metrics of the same outputs")
        return figure
    for i, (task, part) in enumerate(tables["pairs"].groupby("task")):
        colour, marker = COLOURS[i % len(COLOURS)], MARKERS[i % len(MARKERS)]
        name = f"{plain(task, 18)}: {part['metric'].iloc[0]}, {part['smoother'].iloc[0]}"
        right.plot(part["sharpness"], part["smoother_sharpness"], marker, color=colour, label=name, markersize=5)
    ends = [right.get_xlim(), right.get_ylim()]
    low, high = min(e[0] for e in ends), max(e[1] for e in ends)
    right.plot([low, high], [low, high], color=GREY, linewidth=1, linestyle="--")
    right.set(xlabel="emergence score, sudden metric", ylabel="emergence score, smoother metric")
    right.set_title("range ÷ root median squared step")
    legend(right, loc="upper center", bbox_to_anchor=(0.5, -0.13))
    return figure


STUDY = Study("metrics", "How sudden does the metric make the same outputs look?", example="simulation", run=study)
