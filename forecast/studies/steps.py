"""Study 7: tasks of many steps. Success of a chain, what its steps must be worth, and what checking buys.

Steps succeed independently with probability p, so that a chain of n succeeds with p^n. Where the steps follow the
two-parameter law -log p = A C^-alpha, so does the chain, with n A in place of A: a chain ten times as long costs
1 / alpha decades of compute, whatever its length and the success asked for.

Checking: a verifier rejects a wrong step with probability ``detect`` and a right one with probability ``alarm``; what
is rejected is tried again, at most ``attempts`` times, and the last try stands. With tries without limit the odds of a
step are multiplied by (1 - alarm) / (1 - detect).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from scale_forecast.data.names import count_of
from scale_forecast.studies.findings import Findings, Study, bracket
from scale_forecast.studies.ladders import SUITE, Ladder, Measured, label_ladders, ladders, measure_ladders
from scale_forecast.studies.resampling import cells, percentiles, task_weights

if TYPE_CHECKING:
    from matplotlib.figure import Figure

STEPS = (1, 10, 100, 1000)
FAR = (10, 100, 1000)
PER_STEP = (0.9, 0.99, 0.999)
MOST_CHAINS, MOST_TRIES = 20_000, 3_000_000
"""Chains simulated for each closed form, and tries in them."""
THRESHOLDS = (0.5, 0.9)
HALF = 0.5
LAW_FLOOR = 0.2
"""Added to the standard error in the weights of a fit, in the law's view: what a task strays from its line."""


@dataclass(frozen=True)
class Verifier:
    """How often a wrong step is rejected (``detect``), and a right one (``alarm``); tries of a step at most.

    A check costs as much work as ``cost`` tries.
    """

    detect: float = 0.9
    alarm: float = 0.1
    attempts: int = 3
    cost: float = 1.0

    @property
    def odds_factor(self) -> float:
        """By how much the odds of a step are multiplied when it may be tried without limit."""
        return (1.0 - self.alarm) / (1.0 - self.detect)


def study(
    results: pd.DataFrame,
    tasks: pd.DataFrame,
    metrics: pd.DataFrame,
    *,
    seed: int = 0,
    verifier: Verifier | None = None,
) -> Findings:
    """Chains of steps in closed form, checked by simulation, and what they cost in compute by the figures.

    Returns
    -------
    Findings with the tables ``chains`` (success by per-step probability and length, unchecked and checked), ``needed``
    (what a step must be worth), ``amplification`` (what checking, voting and repairing multiply, and where that
    crosses 1) and ``figures`` (each family's law on a benchmark, and the compute of longer chains).
    """
    verifier = verifier or Verifier()
    tables = {
        "chains": _chains(verifier, seed),
        "needed": _require_per_step(verifier),
        "amplification": _amplification(verifier),
    }
    data = measure_ladders(results, tasks, metrics)
    weights = task_weights(data.rows["canonical_task"], seed=seed)
    laws = [one for ladder in ladders(data.rows, fewest_models=2) if (one := _law(ladder, data, weights))]
    if laws:
        tables["figures"] = _figures(laws)
    ladder_table = pd.DataFrame([law.row for law in laws])
    return Findings(
        tables,
        _sentences(tables, laws, verifier, seed),
        draw=partial(draw, laws, verifier),
        details={"ladders": ladder_table} if laws else {},
    )


def chain_success(per_step: npt.ArrayLike, steps: npt.ArrayLike) -> np.ndarray:
    """Probability that all steps of a chain succeed.

    >>> chain_success([0.9, 0.99, 0.999], 100).round(6).tolist()
    [2.7e-05, 0.366032, 0.904792]
    """
    return np.asarray(per_step, dtype=float) ** np.asarray(steps, dtype=float)


def required_step(threshold: npt.ArrayLike, steps: npt.ArrayLike) -> np.ndarray:
    """Per-step probability at which a chain reaches a threshold.

    >>> required_step(0.5, [1, 100]).round(4).tolist()
    [0.5, 0.9931]
    """
    return np.asarray(threshold, dtype=float) ** (1.0 / np.asarray(steps, dtype=float))


def checked_step(per_step: npt.ArrayLike, verifier: Verifier) -> tuple[np.ndarray, np.ndarray]:
    """Probability that a checked step ends right, and the mean number of its tries."""
    p = np.asarray(per_step, dtype=float)
    right = p * (1.0 - verifier.alarm)
    rejected = 1.0 - right - (1.0 - p) * (1.0 - verifier.detect)
    last = rejected ** (verifier.attempts - 1)
    tries = (1.0 - rejected**verifier.attempts) / (1.0 - rejected)
    return right * (1.0 - last) / (1.0 - rejected) + last * p, tries


def required_unchecked_step(checked: npt.ArrayLike, verifier: Verifier) -> np.ndarray:
    """Per-step probability that a verifier lifts to ``checked`` with tries without limit."""
    q = np.asarray(checked, dtype=float)
    return q / (q + verifier.odds_factor * (1.0 - q))


def required_scale(level: npt.ArrayLike, slope: npt.ArrayLike, steps: npt.ArrayLike, threshold: float) -> np.ndarray:
    """Decades of compute at which a chain of the law -log p = exp(-level - slope x) reaches a threshold.

    ``level`` and ``slope`` are those of a line in the view ``law`` of `features.links`, x in decades.
    """
    per_step = -np.log(threshold) / np.asarray(steps, dtype=float)
    return (-np.log(per_step) - np.asarray(level, dtype=float)) / np.asarray(slope, dtype=float)


def simulated_chains(per_step: float, steps: int, verifier: Verifier, rng: np.random.Generator) -> tuple[float, float]:
    """Share of simulated chains that succeed, unchecked and checked."""
    size = (min(MOST_CHAINS, MOST_TRIES // (steps * verifier.attempts)), steps, verifier.attempts)
    right = rng.random(size) < per_step
    accepted = rng.random(size) < np.where(right, 1.0 - verifier.alarm, 1.0 - verifier.detect)
    accepted[..., -1] = True
    used = np.take_along_axis(right, accepted.argmax(axis=-1)[..., None], axis=-1)
    return float(right[..., 0].all(axis=1).mean()), float(used[..., 0].all(axis=1).mean())


def _chains(verifier: Verifier, seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    out = []
    for p in PER_STEP:
        checked, tries = checked_step(p, verifier)
        for n in STEPS:
            once, again = simulated_chains(p, n, verifier, rng)
            out.append(
                {"per_step": p, "steps": n, "success": float(chain_success(p, n)), "simulated": once,
                 "checked_step": float(checked), "checked_success": float(chain_success(checked, n)),
                 "checked_simulated": again, "tries_a_step": float(tries)}
            )  # fmt: skip
    return pd.DataFrame(out)


def _require_per_step(verifier: Verifier) -> pd.DataFrame:
    rows = pd.DataFrame([{"threshold": t, "steps": n} for t in THRESHOLDS for n in STEPS])
    needed = required_step(rows["threshold"], rows["steps"])
    return rows.assign(
        per_step=needed,
        errors_per_1000_steps=1000.0 * (1.0 - needed),
        per_step_with_checks=required_unchecked_step(needed, verifier),
    )


def _amplification(verifier: Verifier) -> pd.DataFrame:
    """What each device multiplies at several per-step probabilities, and the probability at which that crosses 1."""
    devices: dict[str, Callable[[np.ndarray], np.ndarray]] = {
        "check and retry: odds of a step": lambda p: np.full_like(p, verifier.odds_factor),
        "majority of 5: odds of a step": lambda p: _odds(_majority(p, 5)) / _odds(p),
        "repairs that fail in vain: errors": lambda p: 1.0 - p,
        "repairs that break 1 thing when they fail: errors": lambda p: 2.0 * (1.0 - p),
        "repairs that break 9 things when they fail: errors": lambda p: 10.0 * (1.0 - p),
        "check and retry, 10 steps: success per unit of work": lambda p: _worth(p, 10, verifier),
        "check and retry, 100 steps: success per unit of work": lambda p: _worth(p, 100, verifier),
    }
    shown = np.array([0.3, 0.5, 0.7, 0.9, 0.99])
    return pd.DataFrame(
        [
            {"device": name} | {f"p_{p:g}": x for p, x in zip(shown, device(shown), strict=True)}
            | {"crosses_1_at_p": _crossing(device)}
            for name, device in devices.items()
        ]
    )  # fmt: skip


def _worth(p: np.ndarray, steps: int, verifier: Verifier) -> np.ndarray:
    """Success of a checked chain over that of an unchecked one, per unit of work."""
    checked, tries = checked_step(p, verifier)
    return (checked / p) ** steps / (tries * (1.0 + verifier.cost))


def _crossing(device: Callable[[np.ndarray], np.ndarray]) -> float:
    """The probability at which a device's factor is 1; NaN where it never is."""
    p = np.linspace(0.001, 0.9995, 4000)
    above = np.log(device(p)) > 0
    at = np.flatnonzero(above[1:] != above[:-1])
    return float(p[at[0]] + p[at[0] + 1]) / 2.0 if len(at) else np.nan


def _majority(p: np.ndarray, votes: int) -> np.ndarray:
    from scipy.stats import binom

    return binom.sf(votes // 2, votes, p)


def _odds(p: np.ndarray) -> np.ndarray:
    return p / (1.0 - p)


@dataclass(frozen=True)
class _Law:
    """A ladder's row of ``figures``, its scales, the mean of its tasks in the law's view, and the line through it."""

    row: dict[str, object]
    alpha: np.ndarray
    steps_at_half: float
    scale: np.ndarray
    view: np.ndarray
    level: float

    @property
    def slope(self) -> float:
        """Of the line, per decade of compute."""
        return float(self.alpha[0] * np.log(10.0))


def _law(ladder: Ladder, data: Measured, weights: np.ndarray) -> _Law | None:
    rows = data.rows
    if not rows["is_share"].iloc[ladder.row.max()]:
        return None
    whole = ladder.rungs(list(range(len(ladder.models))))
    flops = whole.of(rows["train_flops"].to_numpy(dtype=float))
    value, noise = (whole.of(column) for column in data.view("law"))
    if len(whole.row) < 5 or np.isnan(flops).any() or np.isnan(noise).any():
        return None
    weight = 1.0 / (noise**2 + LAW_FLOOR**2)
    total = weight.sum(axis=1, keepdims=True)
    x = whole.scale - (weight * whole.scale).sum(axis=1, keepdims=True) / total
    y = value - (weight * value).sum(axis=1, keepdims=True) / total
    drawn = weights[:, whole.row[:, 0]]
    spread = drawn @ (weight * x * x).sum(axis=1)
    slope = (drawn @ (weight * x * y).sum(axis=1)) / np.where(spread > 0, spread, np.nan)
    of_task = weight.mean(axis=1)
    mean = of_task @ value / of_task.sum()
    shape = (mean - slope[0] * whole.scale).mean()
    row: dict[str, object] = {**whole.name, "tasks": len(whole.row), "largest": whole.models[-1]}
    at_half = float(-np.log(HALF) * np.exp(shape + slope[0] * whole.scale[-1]))
    return _Law(
        row | _of_law(slope / np.log(10.0), at_half), slope / np.log(10.0), at_half, whole.scale, mean, float(shape)
    )


def _of_law(alpha: np.ndarray, steps_at_half: float) -> dict[str, float]:
    """Exponent, decades for a tenfold length, steps the largest model does at even odds, and decades to more."""
    rising = np.where(alpha > 0, alpha, np.nan)
    decades = np.where(alpha <= 0, np.inf, 1.0 / rising)
    level = np.log(steps_at_half / -np.log(HALF))
    far = required_scale(level, rising[0] * np.log(10.0), FAR, HALF) if alpha[0] > 0 else np.full(len(FAR), np.inf)
    further = {f"decades_to_{n}": float(max(x, 0.0)) for n, x in zip(FAR, far, strict=True)}
    return cells("alpha", alpha) | cells("decades_per_tenfold", decades) | {"steps_at_half": steps_at_half} | further


def _figures(laws: list[_Law]) -> pd.DataFrame:
    """One row a family on a benchmark; the recipes of a line that has many of them there are one row."""
    names = label_ladders(pd.DataFrame([law.row for law in laws])[[*SUITE, "line", "tasks", "largest"]])
    out = []
    for _, at in sorted(names.groupby(SUITE).indices.items()):
        alpha = np.mean([laws[i].alpha for i in at], axis=0)
        half = float(np.median([laws[i].steps_at_half for i in at]))
        largest = names["largest"].iloc[at[0]] if len(at) == 1 else "median of the largest"
        out.append({**names.iloc[at[0]], "largest": largest} | _of_law(alpha, half))
    return pd.DataFrame(out)


def _sentences(tables: dict[str, pd.DataFrame], laws: list[_Law], verifier: Verifier, seed: int) -> list[str]:
    able = pd.DataFrame([law.row for law in laws if law.alpha[0] > 0 and law.steps_at_half >= 1])
    return [
        _on_chains(tables["chains"], verifier),
        _on_amplification(tables["amplification"], verifier),
        *([_on_laws(able, len(laws), seed)] if len(able) else []),
    ]


def _on_chains(chains: pd.DataFrame, verifier: Verifier) -> str:
    hundred = chains[chains["steps"] == 100]
    off = max(
        (chains[a] - chains[b]).abs().max()
        for a, b in (("success", "simulated"), ("checked_success", "checked_simulated"))
    )
    return (
        f"A hundred steps that each succeed with probability {', '.join(f'{p:g}' for p in PER_STEP)} succeed together "
        f"with {', '.join(f'{p:.2g}' for p in hundred['success'])}; even odds need "
        f"{float(required_step(HALF, 100)):.4f} a step. With a check that catches {verifier.detect:.0%} of errors, "
        f"rejects {verifier.alarm:.0%} of right steps and allows {verifier.attempts} tries, they succeed with "
        f"{', '.join(f'{p:.2g}' for p in hundred['checked_success'])} (simulated; within {off:.3f} of closed form)."
    )


def _on_amplification(table: pd.DataFrame, verifier: Verifier) -> str:
    crosses = dict(zip(table["device"], table["crosses_1_at_p"], strict=True))
    return (
        f"Such a check multiplies the odds of a step by up to {verifier.odds_factor:.0f}, and any check by more than 1 "
        "that catches more errors than right steps it rejects. Per unit of work it pays in chains of a hundred steps "
        f"up to p = {crosses['check and retry, 100 steps: success per unit of work']:.3f}. A majority of 5 amplifies "
        f"above p = {crosses['majority of 5: odds of a step']:.2f}, and repairs that break 1 thing when they fail come "
        f"to an end above p = {crosses['repairs that break 1 thing when they fail: errors']:.2f}."
    )


def _on_laws(able: pd.DataFrame, ladders: int, seed: int) -> str:
    decades = able["decades_per_tenfold"]
    by_line = able.groupby("line")["decades_per_tenfold"].median()
    low, high = percentiles(_resampled_medians(by_line.to_numpy(dtype=float), seed=seed))
    interval = "" if np.isnan(low) or len(by_line) < 2 else f" {bracket(low, high, 1)}"
    return (
        f"Of {count_of(ladders, 'ladder')} in these results, {len(able)} rise to even odds for a single step of "
        f"their tasks; on those a chain ten times as long costs a median of {by_line.median():.1f} decades of "
        f"compute over {count_of(len(by_line), 'line')}{interval}, and between {decades.quantile(0.25):.1f} and "
        f"{decades.quantile(0.75):.1f} on the middle half of ladders."
    )


def _resampled_medians(values: np.ndarray, *, seed: int, draws: int = 500) -> np.ndarray:
    picked = np.random.default_rng(seed).integers(len(values), size=(draws, len(values)))
    return np.concatenate([[np.median(values)], np.median(values[picked], axis=1)])


def draw(laws: list[_Law], verifier: Verifier) -> Figure:
    """Left, success by length, unchecked and checked; right, steps done at even odds by compute, with each law."""
    from scale_forecast.show.plots.style import COLOURS, GREY, MARKERS, legend, new_figure, nothing, plain

    figure, axes = new_figure(1, 2, height=5.0)
    left, right = axes[0]
    n = np.logspace(0, 4, 200)
    for p, colour in zip(PER_STEP, COLOURS, strict=False):
        checked, _ = checked_step(p, verifier)
        left.plot(n, chain_success(p, n), color=colour, label=f"{p:g} a step")
        left.plot(n, chain_success(checked, n), color=colour, linestyle="--")
    left.plot([], [], color=GREY, linestyle="--", label="the same, checked")
    left.set(xscale="log", xlabel="steps", ylabel="probability that all succeed", ylim=(-0.02, 1.02))
    legend(left, loc="upper center", bbox_to_anchor=(0.5, -0.13), ncols=2)
    best = {str(law.row["line"]): law for law in sorted(laws, key=lambda law: law.steps_at_half) if law.slope > 0}
    for i, law in enumerate(sorted(best.values(), key=lambda law: -law.steps_at_half)[:6]):
        colour = COLOURS[i]
        name = f"{plain(law.row['family'], 16)}, {plain(law.row['benchmark'], 16)}"
        steps = -np.log(HALF) * np.exp(law.view)
        right.plot(law.scale, steps, MARKERS[i], color=colour, markersize=4, label=name)
        x = np.array([law.scale[0], law.scale[-1] + 1.0])
        right.plot(x, -np.log(HALF) * np.exp(law.level + law.slope * x), color=colour, linewidth=1.2)
    left.set_title("success of a chain")
    if not best:
        nothing(right, "no family here is measured in compute")
        return figure
    right.set_yscale("log", subs=[2, 5])
    right.yaxis.set_major_formatter("{x:g}")
    right.yaxis.set_minor_formatter("{x:g}")
    right.set(xlabel="training compute (log10 FLOP)", ylabel="steps done at even odds")
    legend(right, loc="upper center", bbox_to_anchor=(0.5, -0.13))
    right.set_title("law fitted, drawn one decade further")
    return figure


STUDY = Study(
    "steps", "What does a task of many steps ask of each step, and what does checking buy?", example="chains", run=study
)
