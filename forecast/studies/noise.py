"""Study 3: how much sampling noise hides, by simulation and in the figures.

The simplest world with perfect momentum: task t truly gains s_t at every step, s_t varies between tasks with variance
V (their *scalability*), and each score carries sampling noise of variance e = p (1 - p) / n. Successive measured gains
then have covariance V - e and variance V + 2 e, so that they correlate at

    r = (v - 1) / (v + 2),   v = V / e

which is -1/2 without scalability and 0 where it equals the noise of one score. With own movement of variance U in each
gain besides, r = (v - 1) / (v + u + 2). As e falls with 1 / n, that is a curve in the size of the test set.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from scale_forecast.data.names import count_of
from scale_forecast.studies.correlation import moments
from scale_forecast.studies.findings import Findings, Study, bracket, signless
from scale_forecast.studies.ladders import Ladder, Measured, ladders, measure_ladders
from scale_forecast.studies.resampling import cells, task_weights

if TYPE_CHECKING:
    from matplotlib.figure import Figure

RATIOS = (0.0, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
SUITES = (24, 62, 1000)
REPETITIONS = 1000
MOST_SIMULATED = 100_000
ITEMS = 400
"""Examples of each simulated task."""
SUITE = ["benchmark", "shots", "prompt"]
FEWEST_IN_STEP = 5
NEARLY = 0.8
"""Share of the correlation without noise that counts as nearly all of it."""


def study(results: pd.DataFrame, tasks: pd.DataFrame, metrics: pd.DataFrame, *, seed: int = 0) -> Findings:
    """Simulated correlations of successive gains, and the noise of the figures.

    Returns
    -------
    Findings with the tables ``simulation`` (per ratio of variances and number of tasks) and ``benchmarks``: of each
    suite the share of its gains' variance that is noise, the highest R2 of any forecast of the gains (``ceiling_r2``),
    and the size of test set at which successive gains start to correlate.
    """
    tables = {"simulation": simulate(seed=seed)}
    if len(benchmarks := ceilings(results, tasks, metrics, seed=seed)):
        tables["benchmarks"] = benchmarks
    return Findings(
        tables,
        _sentences(tables),
        draw=partial(draw, tables),
        brief={"benchmarks": [*SUITE, "families", "tasks", "examples", "noise_share", "ceiling_r2", "persisting_points",
                              "examples_for_zero", "r_without_noise", "examples_for_most"]},
    )  # fmt: skip


def expected_correlation(ratio: npt.ArrayLike, own: npt.ArrayLike = 0.0) -> np.ndarray:
    """Correlation of successive gains where scalability varies ``ratio`` times, and own movement ``own`` times, as
    much as the noise of one score.

    >>> expected_correlation([0.0, 1.0, 4.0]).tolist()
    [-0.5, 0.0, 0.5]
    """
    ratio = np.asarray(ratio, dtype=float)
    return (ratio - 1.0) / (ratio + np.asarray(own, dtype=float) + 2.0)


def simulate(*, seed: int, repetitions: int = REPETITIONS) -> pd.DataFrame:
    """Three binomial scores of tasks with perfect momentum: mean correlation and its spread over simulated suites.

    Returns
    -------
    One row per ratio and number of tasks: ``variance_ratio, tasks, closed_form, r`` with ``r_low, r_high``, between
    which 90% of the suites lie.
    """
    rng = np.random.default_rng(seed)
    steps = np.array([-1.0, 0.0, 1.0])[:, None, None]
    out = []
    for ratio in RATIOS:
        for tasks in SUITES:
            scalability = rng.normal(
                0.0, np.sqrt(ratio * 0.25 / ITEMS), size=(min(repetitions, MOST_SIMULATED // tasks), tasks)
            )
            truth = np.clip(0.5 + steps * scalability, 0.0, 1.0)
            score = rng.binomial(ITEMS, truth) / ITEMS
            r = _correlations(score[1] - score[0], score[2] - score[1])
            low, high = np.quantile(r, [0.05, 0.95])
            out.append(
                {"variance_ratio": ratio, "tasks": tasks, "closed_form": float(expected_correlation(ratio)),
                 "r": r.mean(), "r_low": low, "r_high": high}
            )  # fmt: skip
    return pd.DataFrame(out)


def _correlations(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Correlation along the last axis."""
    x = x - x.mean(axis=-1, keepdims=True)
    y = y - y.mean(axis=-1, keepdims=True)
    return (x * y).sum(axis=-1) / np.sqrt((x * x).sum(axis=-1) * (y * y).sum(axis=-1))


@dataclass(frozen=True)
class _Noise:
    """Mean moments of one ladder's steps and triples under all draws, (draws,) each, in squared score units."""

    name: dict[str, str]
    tasks: int
    examples: float
    gain: np.ndarray
    noise_of_gain: np.ndarray
    noise_of_target: np.ndarray
    persisting: np.ndarray
    of_one_item: np.ndarray


def _noise(ladder: Ladder, data: Measured, weights: np.ndarray) -> _Noise | None:
    score = data.rows["score"].to_numpy(dtype=float)
    variance = data.rows["se"].to_numpy(dtype=float) ** 2
    known = ladder.row[ladder.row >= 0]
    if not data.rows["is_share"].iloc[known[0]] or not np.isfinite(variance[known]).all():
        return None
    steps = [_step(w, score, variance, weights) for w in ladder.windows(2) if len(w.row) >= FEWEST_IN_STEP]
    triples = [_triple(w, score, variance, weights) for w in ladder.windows(3) if len(w.row) >= FEWEST_IN_STEP]
    if not steps or not np.isfinite(steps[0][0][0]):
        return None
    of_one_item = score[known] * (1.0 - score[known])
    gain, both, target = np.mean(steps, axis=0)
    return _Noise(
        ladder.name, len(ladder.row), float(np.median(_examples(of_one_item, variance[known]))), gain, both, target,
        np.mean(triples, axis=0) if triples else np.full(len(weights), np.nan),
        np.full(len(weights), of_one_item.mean()),
    )  # fmt: skip


def _examples(of_one_item: np.ndarray, variance: np.ndarray) -> np.ndarray:
    """Sizes of test sets that the noise implies, of the scores that imply one."""
    inside = of_one_item > 0
    return of_one_item[inside] / variance[inside] if inside.any() else np.array([np.nan])


def _step(pair: Ladder, score: np.ndarray, variance: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Variance of the gain, noise in it, and the noise of its target alone, (3, draws)."""
    value, noise = pair.of(score), pair.of(variance)
    weight = weights[:, pair.row[:, 0]]
    gain = value[:, 1] - value[:, 0]
    _, spread, _ = moments(gain, gain, weight)
    mean = (weight @ noise) / np.maximum(weight.sum(axis=1, keepdims=True), 1.0)
    return np.array([spread, mean.sum(axis=1), mean[:, 1]])


def _triple(triple: Ladder, score: np.ndarray, variance: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Covariance of the two true gains, (draws,)."""
    value, noise = triple.of(score), triple.of(variance)
    weight = weights[:, triple.row[:, 0]]
    covariance, _, _ = moments(value[:, 1] - value[:, 0], value[:, 2] - value[:, 1], weight)
    return covariance + (weight @ noise[:, 1]) / np.maximum(weight.sum(axis=1), 1.0)


def ceilings(results: pd.DataFrame, tasks: pd.DataFrame, metrics: pd.DataFrame, *, seed: int) -> pd.DataFrame:
    """The table ``benchmarks``; empty where the noise of no suite is known."""
    data = measure_ladders(results, tasks, metrics)
    weights = task_weights(data.rows["canonical_task"], seed=seed)
    return _benchmarks(
        [one for ladder in ladders(data.rows, fewest_models=2) if (one := _noise(ladder, data, weights))]
    )


def _benchmarks(found: list[_Noise]) -> pd.DataFrame:
    names = pd.DataFrame([one.name for one in found], columns=[*SUITE, "family", "line"])
    out = []
    for _, at in sorted(names.groupby(SUITE).indices.items()):
        part = [found[i] for i in at]
        lines = names["line"].iloc[at]
        share = (1.0 / lines.groupby(lines).transform("size") / lines.nunique()).to_numpy()
        row: dict[str, object] = {name: part[0].name[name] for name in SUITE} | {
            "families": len(part), "tasks": max(one.tasks for one in part),
            "examples": float(np.median([one.examples for one in part])),
        }  # fmt: skip

        def mean(name: str, part: list[_Noise] = part, share: np.ndarray = share) -> np.ndarray:
            columns = np.array([getattr(one, name) for one in part])
            known = np.isfinite(columns[:, 0])
            return share[known] @ columns[known] / share[known].sum() if known.any() else columns[0]

        for name, draws in _ratios({n: mean(n) for n in list(vars(part[0]))[3:]}).items():
            row |= cells(name, draws)
        out.append(row)
    return pd.DataFrame(out)


def _ratios(m: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """What the mean moments say; ``examples_*`` are infinite where nothing persists.

    Where gains vary less than binomial noise, the noise is not binomial, and nothing is said of what lies behind it.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        persists = np.where(m["persisting"] > 0, m["persisting"], np.where(np.isnan(m["persisting"]), np.nan, 0.0))
        true = np.maximum(m["gain"] - m["noise_of_gain"], 0.0)
        limit = np.where(persists > 0, np.clip(persists / np.maximum(true, 1e-12), 0.0, 1.0), persists)
        zero = m["of_one_item"] / persists
        if m["noise_of_gain"][0] > m["gain"][0]:
            persists = limit = zero = np.full_like(zero, np.nan)
        return {
            "noise_share": m["noise_of_gain"] / m["gain"],
            "ceiling_r2": np.clip(1.0 - m["noise_of_target"] / m["gain"], 0.0, 1.0),
            "persisting_points": 100.0 * np.sqrt(persists),
            "examples_for_zero": zero,
            "r_without_noise": limit,
            "examples_for_most": zero * (1.0 + 2.0 * NEARLY * limit) / (1.0 - NEARLY),
        }


def _sentences(tables: dict[str, pd.DataFrame]) -> list[str]:
    out = [_on_simulation(tables["simulation"])]
    if "benchmarks" not in tables:
        return out
    rows = (
        tables["benchmarks"]
        .assign(name=_label_suites(tables["benchmarks"]))
        .sort_values("ceiling_r2")
        .to_dict("records")
    )
    lowest, highest, noisy = rows[0], rows[-1], max(rows, key=lambda row: row["noise_share"])
    ceiling = (
        f"runs from {lowest['ceiling_r2']:.2f} ({lowest['name']}) to {highest['ceiling_r2']:.2f} ({highest['name']})"
        if len(rows) > 1
        else f"is {lowest['ceiling_r2']:.2f}"
    )
    out.append(
        f"Of {count_of(len(rows), 'suite')} in these results, noise makes up more than half of the variance of gains "
        f"on {sum(row['noise_share'] > 0.5 for row in rows)}; "
        f"the best R2 any forecast of the gains could reach {ceiling}."
    )
    known = [row for row in rows if not np.isnan(row["examples_for_zero"])]
    if known:
        out.append(_on_examples(known))
    if noisy["noise_share"] > 1:
        share = 1 / noisy["noise_share"]
        out.append(
            f"On {noisy['name']}, gains vary by only {share:.2f} of what independent binomial noise would give: models "
            f"that answer the same items share at least {1 - share:.2f} of it, and binomial noise is an upper bound."
        )
    return out


def _on_examples(known: list[dict]) -> str:
    zero, most, limit = (
        np.median([row[name] for row in known])
        for name in ("examples_for_zero", "examples_for_most", "r_without_noise")
    )
    never = sum(row["examples_for_zero"] == np.inf for row in known)
    if np.isinf(zero):
        return f"In {never} of the {len(known)} suites where the noise can be taken out, no gain persists."
    short = sum(row["examples"] < row["examples_for_zero"] for row in known)
    return (
        f"In the median of the {len(known)} suites where the noise can be taken out, successive gains stop correlating "
        f"negatively at {zero:,.0f} examples a task and come within {1 - NEARLY:.0%} of their correlation without "
        f"noise at {most:,.0f}; {short} have fewer than they need for the first, {never} of them because nothing "
        f"persists. Without any noise the median correlation would be {limit:.2f}."
    )


def _on_simulation(table: pd.DataFrame) -> str:
    small = table[(table["tasks"] == SUITES[0]) & (table["variance_ratio"] == 1.0)].iloc[0]
    large = table[table["tasks"] == max(SUITES)]
    r = dict(zip(large["variance_ratio"], large["r"], strict=True))
    off = (large["r"] - large["closed_form"]).abs().max()
    return (
        f"If every task gained exactly as much at each step as at the last, measured gains would still correlate at "
        f"{r[0.0]:.2f} where tasks do not differ in how they scale, {signless(r[1.0])} where they differ as much as "
        f"one score's noise, and {r[4.0]:.2f} at four times its variance (simulated; within {off:.3f} of closed form). "
        f"A suite of {SUITES[0]} tasks whose correlation is 0 shows anything in "
        f"{bracket(small['r_low'], small['r_high'])}."
    )


def _label_suites(table: pd.DataFrame) -> list[str]:
    """``MMLU, zero shots, cot``"""
    return [
        ", ".join(
            [b] + ([] if s == "any" else [f"{s} shot{'' if s == 'one' else 's'}"]) + ([] if p == "direct" else [p])
        )
        for b, s, p in zip(table["benchmark"], table["shots"], table["prompt"], strict=True)
    ]


def draw(tables: dict[str, pd.DataFrame]) -> Figure:
    """Left, the correlation against the ratio of variances; right, the highest R2 that noise leaves on each suite."""
    from scale_forecast.show.plots.style import BLACK, BLUE, GREY, ORANGE, legend, new_figure, nothing, plain

    figure, axes = new_figure(1, 2, height=5.4)
    left, right = axes[0]
    simulation = tables["simulation"]
    place = simulation["variance_ratio"].map({r: i for i, r in enumerate(RATIOS)})
    fine = np.linspace(0, len(RATIOS) - 1, 200)
    ratio = np.interp(fine, range(len(RATIOS)), RATIOS)
    left.plot(fine, expected_correlation(ratio), color=BLACK, linewidth=1.2, label="closed form")
    for tasks, colour, marker, shift in ((SUITES[0], ORANGE, "s", -0.1), (SUITES[1], BLUE, "o", 0.1)):
        part = simulation[simulation["tasks"] == tasks]
        x = place[part.index] + shift
        left.vlines(x, part["r_low"], part["r_high"], color=colour, linewidth=2)
        left.plot(x, part["r"], marker, color=colour, label=f"{tasks} tasks: mean, 90% of suites", markersize=5)
    left.axhline(0, color=GREY, linewidth=1)
    left.set_xticks(range(len(RATIOS)), [f"{r:g}" for r in RATIOS])
    left.set(xlabel="variance of true gains ÷ noise", ylabel="correlation of successive gains")
    left.set_title("perfect momentum, simulated")
    legend(left, loc="upper center", bbox_to_anchor=(0.5, -0.13))
    if "benchmarks" in tables:
        table = tables["benchmarks"].sort_values("ceiling_r2").tail(26)
        y = np.arange(len(table))
        right.hlines(y, table["ceiling_r2_low"], table["ceiling_r2_high"], color=BLUE, linewidth=2)
        right.plot(table["ceiling_r2"], y, "o", color=BLUE, markersize=5)
        right.set_yticks(y, [plain(name) for name in _label_suites(table)], fontsize=7.5)
        right.set(xlim=(-0.02, 1.02), xlabel="highest R² that noise allows")
        right.set_title("in these results, 90% intervals")
    else:
        nothing(right, "the noise of these scores is unknown")
    return figure


STUDY = Study(
    "noise",
    "What would noise alone make of perfect momentum, and how much of it do the results hold?",
    example="simulation",
    run=study,
)
