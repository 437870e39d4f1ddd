"""Study 4: what follows if every task is an exact logistic curve of scale, and how near the figures are to that.

A task scores chance + (plateau - chance) F(x), F logistic in decades of scale x with a midpoint and a width: the
decades from a tenth to nine tenths of its range, 2 ln 9 / slope. Nothing is random but which task has which curve.
Three models a decade apart then give two gains a task.

Two cases in closed form: curves that are steps, with midpoints spread evenly over so many decades, correlate at
-p / (1 - p), p the share of tasks whose step falls between two models; and logits of curves normalised by their own
plateaus correlate at +1, each gain being the curve's slope, as far as a test set can see that near chance and plateau.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.special import expit, logit

from scale_forecast.data.names import count_of
from scale_forecast.studies.correlation import moments
from scale_forecast.studies.findings import Findings, Study, bracket, signless
from scale_forecast.studies.ladders import SUITE, Ladder, Measured, label_ladders, ladders, measure_ladders
from scale_forecast.studies.resampling import cells, line_weights, task_weights
from scale_forecast.studies.states import HIGH, LOW, STATES, position_of, states_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TENTH = 2.0 * np.log(9.0)
"""Logits from a tenth to nine tenths."""
SPREADS = (0.5, 1.0, 2.0, 4.0)
WIDTHS = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0)
CURVES = 20_000
RESOLVED = 1e-3
PARTS = (1, 2, 5, 20, 100)
FLOOR = 0.2
"""Added to the standard error of a normalised logit in weights: what a task strays from its line."""


@dataclass(frozen=True)
class Curves:
    """n logistic curves: ``midpoint`` and ``width`` in decades, ``chance`` and ``plateau`` in [0, 1]; (n,) each."""

    midpoint: np.ndarray
    width: np.ndarray
    chance: np.ndarray
    plateau: np.ndarray

    def position(self, scale: np.ndarray) -> np.ndarray:
        """Share of each curve's range that is reached at scales (L,) in decades, (n, L)."""
        return expit(TENTH / self.width[:, None] * (scale - self.midpoint[:, None]))

    def score(self, scale: np.ndarray) -> np.ndarray:
        """(n, L)"""
        return self.chance[:, None] + (self.plateau - self.chance)[:, None] * self.position(scale)


def study(results: pd.DataFrame, tasks: pd.DataFrame, metrics: pd.DataFrame, *, seed: int = 0) -> Findings:
    """Momentum of noise-free logistic curves, states and their transitions, widths of curves, and mixtures.

    Returns
    -------
    Findings with the tables ``momentum`` (by width of the curves and spread of their midpoints), ``transitions``
    (between the states, simulated and in the results), ``widths`` (decades from chance to plateau of each family on a
    benchmark) and ``mixtures`` (averages over sub-tasks).
    """
    tables = {"momentum": _momentum(seed)}
    data = measure_ladders(results, tasks, metrics)
    kept = [ladder for ladder in ladders(data.rows, fewest_models=2) if data.rows["is_share"].iloc[ladder.row.max()]]
    states = pd.concat([_simulated_states(seed), _observed_states(kept, data, seed)], ignore_index=True)
    tables["transitions"] = states
    weights = task_weights(data.rows["canonical_task"], seed=seed)
    lines = [line for ladder in kept if (line := _line(ladder, data, weights))]
    if lines:
        tables["widths"] = _widths(lines)
    tables["mixtures"] = mixtures(seed=seed)
    return Findings(
        tables,
        _sentences(tables, lines),
        draw=partial(draw, tables),
        details={"ladders": pd.DataFrame([line.row for line in lines])} if lines else {},
    )


def random_curves(
    n: int,
    spread: float,
    width: float,
    rng: np.random.Generator,
    *,
    slopes_vary: bool = True,
    plateaus_vary: bool = True,
) -> Curves:
    """Curves with normal midpoints around 0, widths within a factor e^0.5 of ``width``, and plateaus of 0.6 to 1."""
    return Curves(
        midpoint=rng.normal(0.0, spread, n),
        width=width * (np.exp(rng.normal(0.0, 0.5, n)) if slopes_vary else np.ones(n)),
        chance=rng.choice([0.0, 0.25, 0.5], n),
        plateau=rng.uniform(0.6, 1.0, n) if plateaus_vary else np.ones(n),
    )


def gain_correlation(score: np.ndarray) -> float:
    """Correlation of the two gains of scores (n, 3)."""
    covariance, one, two = moments(score[:, 1] - score[:, 0], score[:, 2] - score[:, 1], np.ones((1, len(score))))
    return float(covariance[0] / np.sqrt(one[0] * two[0]))


def _momentum(seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    scale = np.array([-1.0, 0.0, 1.0])
    out = []
    for spread in SPREADS:
        for width in WIDTHS:
            curves = random_curves(CURVES, spread, width, rng)
            score = curves.score(scale)
            of_ceiling = (score - curves.chance[:, None]) / (1.0 - curves.chance[:, None])
            out.append(
                {"midpoint_spread": spread, "width": width, "r": gain_correlation(score),
                 "r_normalised_logit": gain_correlation(_seen_logit(of_ceiling)),
                 "r_own_plateau": gain_correlation(_seen_logit(curves.position(scale)))}
            )  # fmt: skip
    return pd.DataFrame(out)


def _seen_logit(position: np.ndarray) -> np.ndarray:
    """Logits of positions as a test set sees them that cannot tell less than `RESOLVED` from either end."""
    return logit(np.clip(position, RESOLVED, 1.0 - RESOLVED))


def _simulated_states(seed: int) -> pd.DataFrame:
    """Transitions over a decade of tasks whose curves are two decades wide, with midpoints four decades apart."""
    curves = random_curves(CURVES, 4.0, 2.0, np.random.default_rng(seed + 1), plateaus_vary=False)
    state = states_of(curves.position(np.array([-0.5, 0.5])))
    count = np.zeros((3, 3))
    np.add.at(count, (state[:, 0], state[:, 1]), 1)
    return _transition_table("simulated", count[None], np.ones(3), count)


def _observed_states(kept: list[Ladder], data: Measured, seed: int) -> pd.DataFrame:
    """Transitions between consecutive models; intervals from resampling lines, every line counting the same."""
    names = sorted({ladder.name["line"] for ladder in kept})
    count, decades = np.zeros((len(names), 3, 3)), np.zeros((len(names), 3))
    for ladder in kept:
        line = names.index(ladder.name["line"])
        for state, step in _steps(ladder, data):
            np.add.at(count[line], (state[:, 0], state[:, 1]), 1)
            np.add.at(decades[line], state[:, 0], step)
    if not count.sum():
        return pd.DataFrame()
    share = count / np.maximum(count.sum(axis=2, keepdims=True), 1.0)
    seen = count.sum(axis=2) > 0
    drawn = line_weights(len(names), seed=seed)
    total = np.einsum("dl,lf->df", drawn, seen.astype(float))
    mean = np.einsum("dl,lft->dft", drawn, share * seen[:, :, None]) / np.where(total > 0, total, np.nan)[:, :, None]
    return _transition_table(
        "results", mean, decades.sum(axis=0) / np.maximum(count.sum(axis=(0, 2)), 1.0), count.sum(axis=0)
    )


def _transition_table(where: str, share: np.ndarray, decades: np.ndarray, count: np.ndarray) -> pd.DataFrame:
    total = share.sum(axis=2, keepdims=True)
    share = share / np.where(total > 0, total, np.nan)
    out = []
    for i, origin in enumerate(STATES):
        row: dict[str, object] = {"where": where, "from": origin, "steps": int(count[i].sum())}
        row["decades_a_step"] = float(decades[i])
        for j, target in enumerate(STATES):
            row |= cells(f"to_{target}", share[:, i, j])
        out.append(row)
    return pd.DataFrame(out)


def _steps(ladder: Ladder, data: Measured) -> Iterator[tuple[np.ndarray, float]]:
    """States (n, 2) before and after each step of a ladder, of the tasks whose chance is known, and its decades."""
    position, at_chance = position_of(ladder, data)
    state = states_of(position, at_chance)
    for j in range(len(ladder.models) - 1):
        known = np.isfinite(position[:, j : j + 2]).all(axis=1)
        if known.any():
            yield state[known, j : j + 2], float(ladder.scale[j + 1] - ladder.scale[j])


@dataclass(frozen=True)
class _Line:
    """A ladder's row, and its mean slope under all draws."""

    row: dict[str, object]
    mean: np.ndarray


def _line(ladder: Ladder, data: Measured, weights: np.ndarray) -> _Line | None:
    """Slopes of the normalised logit per decade of scale, each task with an intercept of its own."""
    position, at_chance = position_of(ladder, data)
    value, noise = (ladder.of(column) for column in data.view("normalised_logit"))
    usable = np.isfinite(position) & np.isfinite(noise)
    enough = usable.sum(axis=1) >= 2
    if enough.sum() < 5:
        return None
    weight = np.where(usable, 1.0 / (np.where(usable, noise, 1.0) ** 2 + FLOOR**2), 0.0)[enough]
    value, rows = np.where(usable, value, 0.0)[enough], ladder.row.max(axis=1)[enough]
    total = weight.sum(axis=1, keepdims=True)
    x = ladder.scale - (weight * ladder.scale).sum(axis=1, keepdims=True) / total
    spread = (weight * x * x).sum(axis=1)
    slope = (weight * x * value).sum(axis=1) / spread
    mean = (weights[:, rows] @ (spread * slope)) / np.maximum(weights[:, rows] @ spread, 1e-12)
    between = _between(slope, spread)
    state = states_of(position, at_chance)
    known = np.isfinite(position)
    low, high = known & (state == 0), known & (state == 2)
    through = low.any(axis=1) & high.any(axis=1) & (low.argmax(axis=1) < high.argmax(axis=1))
    row: dict[str, object] = {**ladder.name, "tasks": int(enough.sum()), "decades_seen": float(np.ptp(ladder.scale))}
    row |= cells("slope", mean) | {"slope_spread": between} | cells("width", _decades(mean))
    return _Line(row | {"chance_to_plateau": int(through.sum())}, mean)


def _between(slope: np.ndarray, precision: np.ndarray) -> float:
    """Standard deviation of slopes between tasks beyond their own errors (DerSimonian and Laird 1986)."""
    mean = np.average(slope, weights=precision)
    excess = (precision * (slope - mean) ** 2).sum() - (len(slope) - 1)
    return float(np.sqrt(max(excess / (precision.sum() - (precision**2).sum() / precision.sum()), 0.0)))


def _decades(slope: np.ndarray) -> np.ndarray:
    """Decades from a tenth to nine tenths of the way; infinite where nothing rises."""
    return np.where(slope > 0, TENTH / np.where(slope > 0, slope, 1.0), np.inf)


def _widths(lines: list[_Line]) -> pd.DataFrame:
    names = label_ladders(pd.DataFrame([line.row for line in lines]))
    out = []
    for _, at in sorted(names.groupby(SUITE).indices.items()):
        mean = np.mean([lines[i].mean for i in at], axis=0)
        part = names.iloc[at]
        row = {name: part[name].iloc[0] for name in [*SUITE, "line"]}
        row |= {"tasks": int(part["tasks"].max()), "decades_seen": float(part["decades_seen"].median())}
        row |= cells("slope", mean) | {"slope_spread": float(part["slope_spread"].median())}
        out.append(row | cells("width", _decades(mean)) | {"chance_to_plateau": int(part["chance_to_plateau"].sum())})
    return pd.DataFrame(out)


def mixtures(*, seed: int, part_width: float = 0.25, within: float = 1.0, tasks: int = 400) -> pd.DataFrame:
    """Averages over sub-tasks, each sharp, whose midpoints lie around the task's own, itself spread by two decades.

    Returns
    -------
    One row per number of sub-tasks: the median width of the average in decades, and the correlation of successive
    gains over decades between tasks.
    """
    rng = np.random.default_rng(seed + 2)
    fine = np.linspace(-4.0, 4.0, 401)
    out = []
    for parts in PARTS:
        centre = rng.normal(0.0, 2.0, size=(tasks, 1))
        midpoint = centre + rng.normal(0.0, within, size=(tasks, parts))
        steep = TENTH / part_width
        score = expit(steep * (np.array([-1.0, 0.0, 1.0]) - midpoint[:, :, None])).mean(axis=1)
        few = min(tasks, 20_000 // parts)
        curve = expit(steep * (fine - (midpoint - midpoint.mean(axis=1, keepdims=True))[:few, :, None])).mean(axis=1)
        reached = [np.argmax(curve >= share, axis=1) for share in (LOW, HIGH)]
        width = np.median(fine[reached[1]] - fine[reached[0]])
        out.append({"sub_tasks": parts, "width": float(width), "r": gain_correlation(score)})
    return pd.DataFrame(out)


def _sentences(tables: dict[str, pd.DataFrame], lines: list[_Line]) -> list[str]:
    return [
        _on_momentum(tables["momentum"]),
        *_on_transitions(tables["transitions"]),
        *(_on_widths(pd.DataFrame([line.row for line in lines])) if lines else []),
        _on_mixtures(tables["mixtures"]),
    ]


def _on_momentum(table: pd.DataFrame) -> str:
    cases = sorted(table.to_dict("records"), key=lambda row: row["r"])
    low, high = cases[0], cases[-1]
    (middle,) = (row for row in cases if row["midpoint_spread"] == row["width"] == 2.0)
    return (
        "Exact logistic curves without any noise already take momentum away: over successive decades gains correlate "
        f"between {signless(low['r'])} (curves {low['width']:g} decades wide, midpoints spread by "
        f"{low['midpoint_spread']:g}) and {signless(high['r'])} ({high['width']:g} wide, spread by "
        f"{high['midpoint_spread']:g}), at {signless(middle['r'])} when both are 2 ({middle['r_own_plateau']:.2f} in "
        "the logit normalised by each task's own plateau)."
    )


def _on_transitions(table: pd.DataFrame) -> list[str]:
    seen = {row["from"]: row for row in table.to_dict("records") if row["where"] == "results"}
    if not seen or not seen["floundering"]["steps"]:
        return []
    stuck, top = seen["floundering"], seen["plateau"]
    stays = f"; a task on its plateau stays with {top['to_plateau']:.2f} ({count_of(top['steps'], 'such step')} seen)"
    return [
        "In these results a floundering task (within noise of chance, or a tenth of the way up) still flounders at "
        f"the next model with probability {stuck['to_floundering']:.2f} "
        f"{bracket(stuck['to_floundering_low'], stuck['to_floundering_high'])} and learns with "
        f"{stuck['to_learning']:.2f}, over {stuck['decades_a_step']:.1f} decades of scale"
        f"{stays if top['steps'] else ''}."
    ]


def _on_widths(every: pd.DataFrame) -> list[str]:
    rising = every[every["slope"] > 0]
    if rising.empty:
        return []
    by_line = rising.groupby("line")["width"].median()
    return [
        f"From a tenth to nine tenths of its range the average task takes a median of {by_line.median():.1f} "
        f"decades over {count_of(len(by_line), 'line')} ({by_line.min():.1f} to {by_line.max():.1f}), where a "
        f"family spans {every['decades_seen'].median():.1f}: of {int(every['tasks'].sum()):,} series "
        f"{int(every['chance_to_plateau'].sum())} go from chance to plateau within it."
    ]


def _on_mixtures(table: pd.DataFrame) -> str:
    first, last = table.iloc[0], table.iloc[-1]
    return (
        f"Averages over sub-tasks are smoother than their parts: a curve of {first['width']:.2f} decades becomes one "
        f"of {last['width']:.1f} as the mean of {last['sub_tasks']:.0f}, and successive gains correlate at "
        f"{signless(last['r'])} instead of {signless(first['r'])}."
    )


def draw(tables: dict[str, pd.DataFrame]) -> Figure:
    """Left, momentum by width of the curves; right, decades from chance to plateau in the figures."""
    from scale_forecast.show.plots.style import BLUE, COLOURS, GREY, MARKERS, legend, new_figure, nothing, plain

    figure, axes = new_figure(1, 2, height=5.4)
    left, right = axes[0]
    for i, (spread, part) in enumerate(tables["momentum"].groupby("midpoint_spread")):
        label = f"midpoints spread by {spread}"
        left.plot(part["width"], part["r"], MARKERS[i] + "-", color=COLOURS[i], label=label, markersize=5)
    left.axhline(0, color=GREY, linewidth=1)
    left.set_xscale("log", base=2)
    left.set_xticks(WIDTHS, [f"{w:g}" for w in WIDTHS])
    left.set(xlabel="width of the curves (decades)", ylabel="correlation of successive gains")
    left.set_title("noise-free logistic curves")
    legend(left, loc="upper center", bbox_to_anchor=(0.5, -0.13), ncols=1)
    if "widths" not in tables:
        nothing(right, "no task here has a known chance and two models")
        return figure
    widths = tables["widths"]
    widths = widths[np.isfinite(widths["width_high"])].sort_values("width", ascending=False)
    widths = widths.drop_duplicates(["benchmark", "line"], keep="last").tail(24)
    y = np.arange(len(widths))
    right.hlines(y, widths["width_low"], widths["width_high"], color=BLUE, linewidth=2)
    right.plot(widths["width"], y, "o", color=BLUE, markersize=5)
    names = [f"{plain(line, 12)}, {plain(b, 22)}" for line, b in zip(widths["line"], widths["benchmark"], strict=True)]
    right.set_yticks(y, names, fontsize=7.5)
    right.set_xscale("log")
    right.xaxis.set_major_formatter("{x:g}")
    right.set(xlabel="decades from a tenth to nine tenths")
    right.set_title("in these results, 90% intervals")
    return figure


STUDY = Study(
    "logistic", "What follows if every task is an exact logistic curve of scale?", example="widths", run=study
)
