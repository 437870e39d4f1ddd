"""Study 8: which tasks get worse with scale, how sure that is, and what selection makes of it.

Every task x family carries one of DESIGN's trends (`data.trend`), each with a probability: how often a repeat of the
tests, with scores drawn around those observed, would get that label. (`data.trend` counts only differences beyond two
standard errors of the difference.) Where the noise of a score is unknown there is a label, and no probability.

Tasks that are picked because they fell regress at the next model, even where their true trend goes on. If true gains
vary between tasks with variance V around 0 and each score carries noise of variance e, the next gain of a task whose
last gain is below -t is on average

    (V - e) / sqrt(V + 2 e) x (-h(t / sqrt(V + 2 e))),   h(z) = phi(z) / Phi(-z)

which is a rise wherever V < e.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import norm

from scale_forecast.data.series import SeriesMatrix, as_series
from scale_forecast.data.trend import BEYOND, TRENDS, beyond_noise, recovers, reverses
from scale_forecast.studies.findings import Findings, Study, bracket, signless
from scale_forecast.studies.labels import SURE, by_noise, label_probabilities, some
from scale_forecast.studies.ladders import measure_ladders
from scale_forecast.studies.resampling import cells, line_weights, task_weights, weighted_mean

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

DIRECTIONS = {"up": ("rising", "emerging", "saturated"), "flat": ("flat",), "down": ("falling",),
              "turning": ("u-shaped", "inverted-u")}  # fmt: skip
PRIZE = "inverse_scaling_prize"
RATIOS = (0.0, 0.5, 1.0, 2.0, 4.0)
SIMULATED = 150_000
MOST_SHOWN = 60


def study(results: pd.DataFrame, tasks: pd.DataFrame, metrics: pd.DataFrame, *, seed: int = 0) -> Findings:
    """Trends with their probabilities, agreement between families, prompts that reverse, and the selection effect.

    Returns
    -------
    Findings with the tables ``labels`` (how many series carry each trend), ``by_noise`` (how many would surely fall or
    be U-shaped if no true score fell), ``falling`` (the surest falling and U-shaped series), ``agreement`` (between
    lines on the same task), ``prompts`` (falling series that another prompt turns), ``selection`` (by simulation) and
    ``next_gain`` (of tasks that fell, in the results); in detail every series.
    """
    series, first = arrange_series(results, tasks, metrics)
    probability = label_probabilities(series, first, np.random.default_rng(seed))
    every = _every(series, first, probability)
    tables = {"labels": _labels(every)}
    long = ((every["models"] > 2) & every["probability"].notna()).to_numpy(dtype=bool)
    if long.any():
        tables["by_noise"] = by_noise(some(series, long), first[long], seed=seed)
    parts = {
        "falling": _falling(every), "agreement": _agreement(every, seed), "prompts": _prompts(every, series),
        "selection": select_falls(seed=seed), "next_gain": next_gains(series, first, seed=seed),
    }  # fmt: skip
    tables |= {name: table for name, table in parts.items() if len(table)}
    return Findings(
        tables,
        _sentences(tables, every),
        draw=partial(draw, every, tables["selection"]),
        details={"every_series": every},
    )


def arrange_series(
    results: pd.DataFrame, tasks: pd.DataFrame, metrics: pd.DataFrame
) -> tuple[SeriesMatrix, pd.DataFrame]:
    """Final models' scores as series of at least two, and the described row of the first score of each."""
    rows = measure_ladders(results, tasks, metrics).rows
    series = as_series(rows, rows["higher_is_better"])
    series = some(series, series.length >= 2)
    return series, rows.iloc[series.row[:, 0]]


def expected_next(ratio: npt.ArrayLike, beyond: float = BEYOND) -> np.ndarray:
    """Mean next gain, in standard errors of a score, of tasks that fell by ``beyond`` standard errors of a difference.

    ``ratio`` is that of the variance of true gains to the noise variance of a score; true gains go on unchanged.

    >>> (expected_next([0.0, 1.0]).round(3) + 0.0).tolist()
    [1.678, 0.0]
    """
    ratio = np.asarray(ratio, dtype=float)
    spread = np.sqrt(ratio + 2.0)
    z = beyond * np.sqrt(2.0) / spread
    return (1.0 - ratio) / spread * norm.pdf(z) / norm.sf(z)


def select_falls(*, seed: int, tasks: int = SIMULATED) -> pd.DataFrame:
    """Tasks with constant true gains, picked because they fell beyond noise: their next gain, in standard errors.

    Returns
    -------
    One row per ratio of variances: ``share_picked``, the mean true gain of the picked, their mean measured last gain
    and next gain, the latter also in ``closed_form``.
    """
    rng = np.random.default_rng(seed)
    out = []
    for ratio in RATIOS:
        true = rng.normal(0.0, np.sqrt(ratio), tasks)
        score = rng.normal(size=(3, tasks)) + np.arange(3)[:, None] * true
        last, following = score[1] - score[0], score[2] - score[1]
        picked = last < -BEYOND * np.sqrt(2.0)
        out.append(
            {"variance_ratio": ratio, "share_picked": picked.mean(), "last_gain": last[picked].mean(),
             "true_gain": true[picked].mean(), "next_gain": following[picked].mean(),
             "closed_form": float(expected_next(ratio))}
        )  # fmt: skip
    return pd.DataFrame(out)


def _every(series: SeriesMatrix, first: pd.DataFrame, probability: np.ndarray) -> pd.DataFrame:
    table = series.keys.drop(columns="higher_is_better")
    table["canonical_task"] = first["canonical_task"].to_numpy()
    table["models"] = series.length
    known = np.isfinite(series.stderr).all(axis=1, where=np.isfinite(series.score))
    table["label"] = np.array(TRENDS)[probability.argmax(axis=1)]
    table["probability"] = np.where(known, probability.max(axis=1), np.nan)
    probability = np.where(known[:, None], probability, np.nan)
    for i, name in enumerate(TRENDS):
        table[f"p_{name}"] = probability[:, i]
    for name, labels in DIRECTIONS.items():
        table[f"is_{name}"] = sum(table[f"p_{label}"] for label in labels)
    return table


def _labels(every: pd.DataFrame) -> pd.DataFrame:
    """Share of series with each trend, expected from their probabilities; of the prize's tasks and of all others."""
    every = every[every["probability"].notna()]
    prize = every["benchmark"] == PRIZE
    out = []
    for where, part in (("prize tasks", every[prize]), ("other tasks", every[~prize])):
        for models, these in (("2 models", part[part["models"] == 2]), ("3 or more", part[part["models"] > 2])):
            if len(these):
                row: dict[str, object] = {"where": where, "models": models, "series": len(these)}
                out.append(row | {name: float(these[f"p_{name}"].mean()) for name in TRENDS})
    return pd.DataFrame(out)


def _falling(every: pd.DataFrame) -> pd.DataFrame:
    """Series that fall or turn up again: the prize's first, then the surest."""
    p = every["p_falling"] + every["p_u-shaped"]
    columns = ["benchmark", "task", "shots", "prompt", "family", "models", "label", "probability", "p_falling",
               "p_u-shaped", "p_rising"]  # fmt: skip
    sure = pd.DataFrame({"prize": every["benchmark"] == PRIZE, "p": p})[(p >= SURE) & (every["models"] > 2)]
    order = sure.sort_values(["prize", "p"], ascending=False, kind="stable").index
    return every.loc[order, columns].head(MOST_SHOWN).reset_index(drop=True)


def _agreement(every: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Probability that two lines have the same direction on a task, against that of two lines on different tasks."""
    shares = every[[f"is_{name}" for name in DIRECTIONS]].to_numpy(dtype=float)
    out = []
    groups = {"prize tasks": every["benchmark"] == PRIZE, "other tasks": every["benchmark"] != PRIZE}
    for where, mask in groups.items():
        known = mask & every["probability"].notna()
        part, p = every[known].reset_index(drop=True), shares[known.to_numpy()]
        if part.empty:
            continue
        unit = part.groupby(["benchmark", "task", "metric", "shots", "prompt"], dropna=False, sort=True).ngroup()
        by_line = pd.DataFrame(p).groupby([unit, part["line"]]).mean()
        total, own = (by_line.groupby(level=0).sum(), (by_line**2).groupby(level=0).sum())
        lines = by_line.groupby(level=0).size()
        several = lines >= 2
        if not several.any():
            continue
        pairs = (lines * (lines - 1))[several].to_numpy(dtype=float)
        same = ((total**2 - own)[several].sum(axis=1) / pairs).to_numpy()
        marginal = (total[several].div(lines[several], axis=0)).to_numpy()
        weight = task_weights(pd.Series(np.flatnonzero(several).astype(str)), seed=seed)
        observed = weighted_mean(same, weight)
        mean = (weight @ marginal) / weight.sum(axis=1, keepdims=True)
        chance = (mean**2).sum(axis=1)
        row: dict[str, object] = {"where": where, "tasks": int(several.sum()), "lines": part["line"].nunique()}
        row |= cells("same_direction", observed) | {"by_chance": float(chance[0])}
        out.append(row | cells("kappa", (observed - chance) / (1.0 - chance)))
    return pd.DataFrame(out)


def _prompts(every: pd.DataFrame, series: SeriesMatrix) -> pd.DataFrame:
    """Series that surely fall (and may rise again) under the direct prompt, beside the same under another prompt."""
    better, se = series.better, series.stderr
    last = series.length - 1
    rows = np.arange(len(last))
    table = every.assign(end=better[rows, last], end_se=se[rows, last], scale=series.scale[rows, last])
    key = ["benchmark", "task", "metric", "family"]
    falling = table[(table["prompt"] == "direct") & (table["is_down"] + table["p_u-shaped"] >= SURE)]
    other = table[(table["prompt"] != "direct") & table["probability"].notna()]
    both = falling.merge(other, on=[*key, "scale"], suffixes=("", "_other"))
    if both.empty:
        return pd.DataFrame()
    se = np.hypot(both["end_se"], both["end_se_other"])
    gain = both["end_other"] - both["end"]
    return pd.DataFrame(
        {
            "benchmark": both["benchmark"], "task": both["task"], "family": both["family"], "models": both["models"],
            "direct": both["label"], "p_direct_falls": both["p_falling"], "prompt": both["prompt_other"],
            "with_it": both["label_other"], "p_it_falls": both["p_falling_other"],
            "p_it_rises": both["is_up_other"], "gain_at_largest": gain, "gain_at_largest_low": gain - 1.645 * se,
            "gain_at_largest_high": gain + 1.645 * se,
        }
    )  # fmt: skip


def next_gains(series: SeriesMatrix, first: pd.DataFrame, *, seed: int) -> pd.DataFrame:
    """Next gains of series that fell beyond noise at their last step, beside all others; in points and in errors.

    Every step that has one before and one after, steps of one line counting together and every line the same.
    """
    steps = _steps_after_steps(series, first)
    if steps.empty or not steps["fell"].any():
        return pd.DataFrame()
    out = []
    for prize, where in ((True, "prize tasks"), (False, "other tasks")):
        for has_fallen, what in ((True, "fell"), (False, "did not")):
            part = steps[(steps["prize"] == prize) & (steps["fell"] == has_fallen)]
            if len(part):
                out.append({"where": where, "last_step": what, "steps": len(part)} | _line_means(part, seed))
    table = pd.DataFrame(out)
    noise = table.pop("se_points") * float(expected_next(0.0))
    table = table.drop(columns=["se_points_low", "se_points_high"])
    return table.assign(if_noise_alone=noise.where(table["last_step"] == "fell"))


def _steps_after_steps(series: SeriesMatrix, first: pd.DataFrame) -> pd.DataFrame:
    """Every two successive gains of a share whose noise is known, and what became of the second."""
    better, se = series.better, series.stderr
    share = first["is_share"].to_numpy(dtype=bool)
    parts = []
    for j in range(1, better.shape[1] - 1):
        known = share & np.isfinite(better[:, j + 1]) & np.isfinite(se[:, j - 1 : j + 2]).all(axis=1)
        before, last, after = (better[:, i] for i in (j - 1, j, j + 1))
        step = {
            "line": series.keys["line"], "prize": series.keys["benchmark"] == PRIZE,
            "fell": beyond_noise(before, last, se[:, j - 1], se[:, j]),
            "last": last - before, "gain": after - last, "se": se[:, j],
            "recovers": recovers(after, last, se[:, j + 1], se[:, j]),
            "reverses": reverses(after, better[:, : j + 1], se[:, j + 1], se[:, : j + 1]),
        }  # fmt: skip
        parts.append(pd.DataFrame(step)[known])
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def _line_means(steps: pd.DataFrame, seed: int) -> dict[str, float]:
    """Means over lines of each line's mean, with intervals from resampling lines."""
    by_line = steps.groupby("line")[["last", "gain", "se", "recovers", "reverses"]].mean()
    drawn = line_weights(len(by_line), seed=seed)
    row: dict[str, float] = {}
    for name in ("last", "gain", "se"):
        row |= cells(f"{name}_points", 100.0 * weighted_mean(by_line[name].to_numpy(dtype=float), drawn))
    for name in ("recovers", "reverses"):
        row |= cells(f"prob_{name}", weighted_mean(by_line[name].to_numpy(dtype=float), drawn))
    return row


def _sentences(tables: dict[str, pd.DataFrame], every: pd.DataFrame) -> list[str]:
    out = [_on_labels(every), *(_on_noise(tables["by_noise"]) if "by_noise" in tables else [])]
    if "agreement" in tables:
        out.append(_on_agreement(tables["agreement"].to_dict("records")))
    if "prompts" in tables:
        out.append(_on_prompts(tables["prompts"]))
    out.append(_on_selection(tables["selection"].to_dict("records")))
    if "next_gain" in tables:
        out += [_describe_falls(row) for row in tables["next_gain"].to_dict("records") if row["last_step"] == "fell"]
    return out


def _on_labels(every: pd.DataFrame) -> str:
    long = every[(every["models"] > 2) & every["probability"].notna()]
    if long.empty:
        return "No series here has three models or more and known noise: no trend has a probability."
    prize = long[long["benchmark"] == PRIZE]
    counts = [int((part[f"p_{name}"] >= SURE).sum()) for part in (long, prize) for name in ("falling", "u-shaped")]
    of_prize = (
        f"; {counts[2]} and {counts[3]} of these are among the {len(prize)} series of the inverse scaling prize"
        if len(prize)
        else ""
    )
    return (
        f"Of {len(long):,} series over three models or more with known noise, {counts[0]} fall and {counts[1]} are "
        f"U-shaped with probability {SURE:g} or more{of_prize}."
    )


def _on_noise(table: pd.DataFrame) -> list[str]:
    falls, still = (
        f"{row['falling']:.1f} [{row['falling_low']:.0f}, {row['falling_high']:.0f}] falls and {row['u_shaped']:.1f} "
        f"[{row['u_shaped_low']:.0f}, {row['u_shaped_high']:.0f}] U-shapes"
        for row in table.to_dict("records")
    )
    return [
        f"Sampling noise alone would give {falls} if no true score fell, and {still} if none changed at all "
        "(simulated; in brackets nine of ten repeats). What else moves a score between models, such as a prompt that "
        "suits one of them, is not in it."
    ]


def _on_agreement(rows: list[dict]) -> str:
    parts = [
        f"{row['same_direction']:.2f} on {row['where']} against {row['by_chance']:.2f} by chance (kappa "
        f"{row['kappa']:.2f} {bracket(row['kappa_low'], row['kappa_high'])})"
        for row in rows
    ]
    told = " and ".join(parts)
    return f"Two lines move the same way on a task with probability {told} (tasks resampled; of these lines)."


def _on_prompts(prompts: pd.DataFrame) -> str:
    parts = []
    for prompt, part in prompts.groupby("prompt"):
        turned, rises = int((part["p_it_falls"] < 0.5).sum()), int((part["p_it_rises"] > 0.5).sum())
        parts.append(f"{turned} of {len(part)} no longer fall under {prompt} ({rises} rise)")
    return f"Of series that fall under the direct prompt with probability {SURE:g}, {'; '.join(parts)}."


def _on_selection(rows: list[dict]) -> str:
    off = max(abs(row["next_gain"] - row["closed_form"]) for row in rows)
    (even,) = (row for row in rows if row["variance_ratio"] == 1.0)
    return (
        f"Tasks picked because they fell by {BEYOND:g} standard errors rise at the next model by "
        f"{rows[0]['next_gain']:.2f} standard errors of a score if all movement is noise, and by "
        f"{signless(even['next_gain'])} if true gains go on unchanged and vary as much as the noise "
        f"(simulated; within {off:.2f} of closed form)."
    )


def _describe_falls(row: dict) -> str:
    return (
        f"In these results, {row['where']} that fell at one step move by {row['gain_points']:+.1f} points "
        f"{bracket(row['gain_points_low'], row['gain_points_high'], 1)} at the next, "
        f"{row['if_noise_alone']:+.1f} if the fall were noise; {row['prob_recovers']:.2f} recover beyond "
        f"noise and {row['prob_reverses']:.2f} beat their best."
    )


_COLOUR_NAMES = {"rising": "BLUE", "emerging": "BLUE", "saturated": "BLUE", "flat": "PALE", "falling": "VERMILION",
                 "u-shaped": "ORANGE", "inverted-u": "SKY"}  # fmt: skip
_LETTERS = {"rising": "+", "emerging": "+", "saturated": "+", "flat": "0", "falling": "–", "u-shaped": "U",
            "inverted-u": "∩"}  # fmt: skip


def draw(every: pd.DataFrame, selection: pd.DataFrame) -> Figure:
    """Left, the label of each prize task (else each falling task) and family; right, the selection effect."""
    from scale_forecast.show.plots.style import BLACK, BLUE, GREY, VERMILION, legend, new_figure

    figure, axes = new_figure(1, 2, height=5.6, width_ratios=[1.9, 1])
    left, right = axes[0]
    _draw_labels(left, every)
    fine = np.linspace(0, RATIOS[-1], 100)
    right.plot(fine, expected_next(fine), color=BLACK, linewidth=1.2, label="closed form")
    right.plot(selection["variance_ratio"], selection["next_gain"], "o", color=BLUE, label="next gain, simulated")
    right.plot(selection["variance_ratio"], selection["last_gain"], "s", color=VERMILION, label="last gain")
    right.axhline(0, color=GREY, linewidth=1)
    right.set(xlabel="true variance ÷ noise", ylabel="mean gain (standard errors)")
    right.set_title("tasks picked for falling", fontsize=9.5)
    legend(right, loc="upper center", bbox_to_anchor=(0.45, -0.13))
    return figure


def _draw_labels(axis: Axes, every: pd.DataFrame) -> None:
    from matplotlib.colors import to_rgba

    from scale_forecast.show.plots import style

    shown = every[(every["benchmark"] == PRIZE) & (every["prompt"] == "direct")]
    if shown.empty:
        shown = every[every["is_down"] > 0.5]
    shown = shown.drop_duplicates(["task", "family"])
    tasks = shown["task"].value_counts().index[:14]
    families = shown["family"].value_counts().index[:12]
    shown = shown[shown["task"].isin(tasks) & shown["family"].isin(families)]
    axis.grid(False)
    if shown.empty:
        style.nothing(axis, "no series here falls")
        return
    x, y = families.get_indexer(pd.Index(shown["family"])), tasks.get_indexer(pd.Index(shown["task"]))
    shade = 0.35 + 0.65 * shown["probability"].fillna(0.5)
    colours = [getattr(style, _COLOUR_NAMES[name]) for name in shown["label"]]
    axis.scatter(x, y, s=190, marker="s", color=[to_rgba(c, p) for c, p in zip(colours, shade, strict=True)])
    for i, j, name in zip(x.tolist(), y.tolist(), shown["label"], strict=True):
        axis.text(i, j, _LETTERS[name], ha="center", va="center", fontsize=9)
    axis.set_xticks(range(len(families)), [style.plain(f, 18) for f in families], rotation=50, ha="right", fontsize=8)
    axis.set_yticks(range(len(tasks)), [style.plain(t, 24) for t in tasks], fontsize=8)
    axis.set(xlim=(-0.6, len(families) - 0.4), ylim=(len(tasks) - 0.4, -0.6))
    axis.set_title("+ rises  0 flat  – falls  U turns up  ∩ turns down\n(fainter: less sure)", fontsize=9.5)


STUDY = Study(
    "inverse", "Which tasks get worse with scale, and what does picking them for it do?", example="labels", run=study
)
