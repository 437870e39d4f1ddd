"""Study 9: what shots, chain of thought and instruction tuning add, beside what scale adds, task by task.

Three kinds of pairs of scores of one task, by one metric: few shots against none, chain of thought against the direct
prompt (the same model), and a tuned model against the base model of its line and size. Beside the gain stands the gain
from scale: of the plain score over the step that led to the model (for a family's smallest, the step away from it).
The two gains share the plain score, with opposite signs, so their correlation is taken with its noise removed.

Of the tasks that emerge with help, some do without shots as well. Lu et al. (2024, arXiv:2309.01809) found 2 of 14.
Here a task of a line counts once, however many settings and families help it, and the interval draws lines and tasks
anew.

A task *emerges* in a setting when its smaller models (the lower half of the family) are not above chance and the
largest is, by an exact one-sided binomial test at 5%, Holm's correction over the tasks of the setting. Chance 0 counts
as 1%.
"""

from __future__ import annotations

import difflib
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.stats import beta, binom

from scale_forecast.data.names import count_of, fold
from scale_forecast.data.results import UNIT
from scale_forecast.data.scale import BELOW
from scale_forecast.studies.correlation import corrected_correlation, moments
from scale_forecast.studies.findings import Findings, Study, bracket
from scale_forecast.studies.ladders import measure_ladders
from scale_forecast.studies.resampling import cells, line_weights, percentiles, task_weights, weighted_mean

if TYPE_CHECKING:
    from matplotlib.figure import Figure

KINDS = {"few shots": "few shots against none", "chain of thought": "chain of thought against direct",
         "tuning": "tuned against base"}  # fmt: skip
LEVEL = 0.05
LEAST_CHANCE = 0.01
FEWEST_TASKS = 5
SETTING = ["tuning", "regime", "prompt"]
GROUP = ["kind", "benchmark", "setting", "family"]
PUBLISHED = (2, 14)
"""Of how many emergent tasks how many emerge without examples in the prompt: Lu et al. 2024, arXiv:2309.01809."""


def study(results: pd.DataFrame, tasks: pd.DataFrame, metrics: pd.DataFrame, *, seed: int = 0) -> Findings:
    """Gains from elicitation beside gains from scale, emergence by setting, and spread over prompts.

    Returns
    -------
    Findings with the tables ``gains`` (at the largest model of each family, with what it is worth in decades of scale),
    ``emergence`` (how many tasks emerge in each setting), ``without_shots`` (of how many emergent tasks remain without
    shots, beside what was published), ``emergent`` (tasks that emerge with help, and what they do for base models
    without shots) and ``spread`` (over prompts, beyond sampling noise); in detail ``by_model`` and
    ``pairs``.
    """
    rows = measure_ladders(results, tasks, metrics).rows
    rows = rows[rows["is_share"] & rows["higher_is_better"]].reset_index(drop=True)
    pairs = pairs_of(rows)
    tables: dict[str, pd.DataFrame] = {}
    details: dict[str, pd.DataFrame] = {}
    if len(pairs):
        weights = task_weights(pairs["canonical_task"], seed=seed)
        by_model = _by_model(pairs, weights)
        if len(by_model):
            tables["gains"] = _gains(pairs, by_model, weights)
            details["by_model"] = by_model
        details["pairs"] = pairs.drop(columns="canonical_task")
    tested = above_chance(rows)
    if len(tested):
        tables["emergence"] = tested.groupby(["benchmark", *SETTING]).agg(
            families=("family", "nunique"), tests=("task", "size"), above_chance=("is_above", "sum"),
            emerge=("emerges", "sum"),
        ).reset_index()  # fmt: skip
        details["tests"] = tested
        emergent = _emergent(tested)
        if len(emergent):
            tables["without_shots"] = without_shots(emergent, seed)
            tables["emergent"] = emergent
    if len(pairs) and len(spread := _spread(pairs, seed)):
        tables["spread"] = spread
    return Findings(
        tables,
        _sentences(tables, details, seed),
        draw=partial(draw, details["by_model"]) if "by_model" in details else None,
        details=details,
    )


def pairs_of(rows: pd.DataFrame) -> pd.DataFrame:
    """Every score beside the same task's with more elicitation.

    Returns
    -------
    DataFrame: ``kind, benchmark, task, metric, setting, line, family, model, params, scale, plain, elicited, se, gain,
    gain_se, scale_gain, scale_se, scale_decades``; ``se`` is of the plain score, ``scale_se`` only of steps that led to
    the model
    """
    rows = _with_scale_gain(rows)
    few = (rows["regime"] == "few") | (rows["prompt"] == "few-shot")
    plain_prompt = rows["prompt"] == "direct"
    same_model = ["benchmark", "task", "metric", "model"]
    most = rows[few & (plain_prompt | (rows["prompt"] == "few-shot"))].sort_values("shots", kind="stable")
    shots = rows[plain_prompt & (rows["regime"] == "zero")].merge(
        most.drop_duplicates(same_model, keep="last"), on=same_model, suffixes=("", "_with")
    )
    thought = rows[plain_prompt].merge(
        rows[rows["prompt"].str.startswith("cot")], on=same_model, suffixes=("", "_with")
    )
    thought = thought.assign(apart=(thought["shots"] - thought["shots_with"]).abs()).sort_values("apart", kind="stable")
    thought = thought.drop_duplicates([*same_model, "prompt_with"])
    parts = [
        shots.assign(kind="few shots", setting="direct"),
        thought.assign(kind="chain of thought", setting=_setting(thought, "_with")),
        _pair_tuned(rows),
    ]
    parts = [part for part in parts if len(part)]
    if not parts:
        return pd.DataFrame()
    both = pd.concat(parts, ignore_index=True)
    both["gain"] = both["score_with"] - both["score"]
    both["gain_se"] = np.hypot(both["se"], both["se_with"])
    names = {"family_with": "family", "model_with": "model"}
    own = both["kind"] == "tuning"
    for source, name in names.items():
        if source in both:
            both[name] = both[source].where(own, both[name])
    columns = ["kind", "benchmark", "task", "metric", "setting", "line", "family", "model", "params", "scale",
               "score", "score_with", "se", "gain", "gain_se", "scale_gain", "scale_se", "scale_decades",
               "canonical_task"]  # fmt: skip
    return both[columns].rename(columns={"score": "plain", "score_with": "elicited"})


def _setting(rows: pd.DataFrame, suffix: str = "") -> pd.Series:
    """``few shots, cot``"""
    regime = rows[f"regime{suffix}"].map(lambda r: "" if r == "any" else f"{r} shot{'' if r == 'one' else 's'}, ")
    return regime + rows[f"prompt{suffix}"]


def _with_scale_gain(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows with the gain of their own score over the step to them, its noise, and the step's decades."""
    rows = rows.sort_values(["family", *UNIT, "scale"], kind="stable").reset_index(drop=True)
    group = rows.groupby(["family", *UNIT], dropna=False, sort=False)
    step = pd.DataFrame({"gain": group["score"].diff(), "decades": group["scale"].diff()})
    step["se"] = np.hypot(rows["se"], group["se"].shift())
    away = step["gain"].isna() & (group.cumcount(ascending=False) > 0)
    step = step.where(~away, step.shift(-1))
    step = step.where(step["decades"] > BELOW)
    return rows.assign(
        scale_gain=step["gain"], scale_decades=step["decades"], scale_se=step["se"].where(~away)
    )  # fmt: skip


def _pair_tuned(rows: pd.DataFrame) -> pd.DataFrame:
    """Tuned models beside the base model of their line and size whose family is nearest in name."""
    base, tuned = rows[rows["tuning"] == "base"], rows[rows["tuning"] != "base"]
    key = ["benchmark", "task", "metric", "shots", "prompt", "line", "params"]
    both = tuned.merge(base, on=key, suffixes=("_with", ""))
    if both.empty:
        return both
    names = both[["family_with", "family"]].drop_duplicates()
    alike = [difflib.SequenceMatcher(None, fold(a), fold(b)).ratio() for a, b in names.to_numpy()]
    nearest = names.assign(alike=alike).sort_values("alike").drop_duplicates("family_with", keep="last")
    both = both.merge(nearest[["family_with", "family"]], on=["family_with", "family"])
    return both.assign(kind="tuning", setting=_setting(both))


def _by_model(pairs: pd.DataFrame, weights: np.ndarray) -> pd.DataFrame:
    """Mean gain of each model, the mean gain of its plain scores from scale, and what one is worth in the other."""
    out = []
    for _, at in sorted(pairs.groupby([*GROUP, "scale", "model"]).indices.items()):
        if len(at) < FEWEST_TASKS:
            continue
        part, weight = pairs.iloc[at], weights[:, at]
        gain = weighted_mean(part["gain"].to_numpy(), weight)
        scale_gain, decades = part["scale_gain"].to_numpy(), part["scale_decades"].to_numpy()
        from_scale = weighted_mean(scale_gain, weight)
        per_decade = from_scale / weighted_mean(decades, weight)
        row: dict[str, object] = {name: part[name].iloc[0] for name in [*GROUP, "line", "scale", "model", "params"]} | {
            "tasks": len(part)
        }
        row |= cells("gain_points", 100.0 * gain) | cells("scale_points", 100.0 * from_scale)
        worth = np.where(per_decade > 0, gain / np.where(per_decade > 0, per_decade, 1.0), np.nan)
        row |= {"scale_decades": float(np.nanmean(decades)) if np.isfinite(decades).any() else np.nan}
        sure = np.nan_to_num(percentiles(from_scale)[0]) > 0
        row |= cells("worth_decades", worth if sure else np.full_like(worth, np.nan))
        out.append(row | cells("r_with_scale_gain", _correlation(part, weight)))
    return pd.DataFrame(out)


def _correlation(part: pd.DataFrame, weight: np.ndarray) -> np.ndarray:
    """Correlation over tasks of the true gain with the true gain from scale over the step to the model, (draws,)."""
    use = part[["gain_se", "scale_se"]].notna().all(axis=1).to_numpy()
    if use.sum() < FEWEST_TASKS:
        return np.full(len(weight), np.nan)
    part, weight = part[use], weight[:, use]
    covariance, one, two = moments(part["gain"].to_numpy(), part["scale_gain"].to_numpy(), weight)
    shared, *own = (weighted_mean(part[name].to_numpy() ** 2, weight) for name in ("se", "gain_se", "scale_se"))
    noise = np.column_stack([own[0] - shared, shared, own[1] - shared])
    return corrected_correlation(covariance, one, two, noise)


def _gains(pairs: pd.DataFrame, by_model: pd.DataFrame, weights: np.ndarray) -> pd.DataFrame:
    """The largest model of each family, and how its family's gain changes with scale, in points a decade."""
    largest = by_model.sort_values("scale", kind="stable").drop_duplicates(GROUP, keep="last")
    out = []
    for row in largest.sort_values(GROUP, kind="stable").to_dict("records"):
        mask = np.logical_and.reduce([pairs[name] == row[name] for name in GROUP])
        part = pairs[mask]
        x = part["scale"].to_numpy()
        weight = weights[:, mask]
        if len(part["scale"].unique()) > 1:
            centred = x - weighted_mean(x, weight)[:, None]
            spread = weighted_mean(centred**2, weight)
            slope = weighted_mean(centred * part["gain"].to_numpy(), weight) / np.where(spread > 0, spread, np.nan)
        else:
            slope = np.full(len(weight), np.nan)
        out.append(row | cells("more_a_decade", 100.0 * slope))
    return pd.DataFrame(out).drop(columns="scale")


def above_chance(rows: pd.DataFrame) -> pd.DataFrame:
    """Exact tests against chance of every task and family with a known chance and test size, in each setting.

    Returns
    -------
    One row per benchmark, task, family and setting: ``small`` and ``largest`` scores, ``p_small`` (least p of the lower
    half of the models), ``p_largest`` and Holm's ``p_corrected``, ``is_above`` and ``emerges``.
    """
    known = rows[rows["chance"].notna() & rows["n_examples"].notna()]
    if known.empty:
        return pd.DataFrame()
    successes = np.round(known["score"] * known["n_examples"])
    chance = known["chance"].clip(lower=LEAST_CHANCE)
    known = known.assign(p=binom.sf(successes - 1, known["n_examples"], chance))
    key = ["benchmark", "task", "metric", "shots", "line", "family", *SETTING]
    known = known.sort_values("scale", kind="stable")
    group = known.groupby(key, dropna=False, sort=True)
    place, size = group.cumcount(), group["p"].transform("size")
    known = known[size >= 2].assign(is_small=(place < size // 2)[size >= 2])
    if known.empty:
        return pd.DataFrame()
    small = known[known["is_small"]].groupby(key, dropna=False).agg(small=("score", "max"), p_small=("p", "min"))
    last = known.groupby(key, dropna=False).agg(
        largest_model=("model", "last"), largest=("score", "last"), p_largest=("p", "last"), chance=("chance", "last"),
        models=("p", "size"),
    )  # fmt: skip
    table = last.join(small).reset_index()
    table["p_corrected"] = table.groupby(["benchmark", "family", *SETTING])["p_largest"].transform(_holm)
    table["is_above"] = table["p_corrected"] < LEVEL
    table["emerges"] = table["is_above"] & (table["p_small"] >= LEVEL)
    return table


def _holm(p: pd.Series) -> pd.Series:
    """Holm's step-down correction for multiple tests."""
    order = np.argsort(p.to_numpy(), kind="stable")
    stepped = np.maximum.accumulate(p.to_numpy()[order] * np.arange(len(p), 0, -1))
    out = np.empty(len(p))
    out[order] = np.minimum(stepped, 1.0)
    return pd.Series(out, index=p.index)


def _emergent(tested: pd.DataFrame) -> pd.DataFrame:
    """Tasks that emerge with help (shots, thought or tuning), beside the base models of the line without shots."""
    without = (tested["tuning"] == "base") & (tested["regime"] == "zero") & (tested["prompt"] == "direct")
    helped = tested[~without & tested["emerges"]]
    key = ["benchmark", "task", "metric", "line"]
    beside = tested[without].drop_duplicates(key)
    both = helped.merge(beside, on=key, suffixes=("", "_zero"))
    if both.empty:
        return pd.DataFrame()
    at_zero = np.select(
        [both["emerges_zero"], ~both["is_above_zero"]], ["emerges", "not above chance"], "above chance before"
    )
    return pd.DataFrame(
        {
            "benchmark": both["benchmark"], "task": both["task"], "line": both["line"],
            "with": both["family"] + ", " + _setting(both), "small": both["small"], "largest": both["largest"],
            "chance": both["chance"], "largest_at_zero_shots": both["largest_zero"],
            "p_at_zero_shots": both["p_corrected_zero"], "at_zero_shots": at_zero,
        }
    )  # fmt: skip


def without_shots(emergent: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Of how many tasks that emerge with help the base models of the line show it without shots, beside `PUBLISHED`.

    Returns
    -------
    One row a line, one for all, one as published: ``tasks``, of which ``emerge``, were ``above_before`` in the lower
    half of sizes or stay ``at_chance``; ``remain``, the share that emerge, with an interval from resampling lines and
    tasks (of one line, and of the published figure, exact, as if tasks were independent).
    """
    tasks = emergent.drop_duplicates(["benchmark", "task", "line"]).reset_index(drop=True)
    out = [_counts(str(line), part) | _exact(*_remaining(part)) for line, part in tasks.groupby("line", sort=True)]
    code, lines = pd.factorize(tasks["line"])
    drawn = task_weights(tasks["benchmark"] + tasks["task"], seed=seed) * line_weights(len(lines), seed=seed)[:, code]
    remains = (tasks["at_zero_shots"] == "emerges").to_numpy(dtype=float)
    out.append(_counts("all lines", tasks) | cells("remain", weighted_mean(remains, drawn)))
    emerge, of = PUBLISHED
    out.append({"line": "published (Lu et al. 2024)", "tasks": of, "emerge": emerge} | _exact(emerge, of))
    counts = ["tasks", "emerge", "above_before", "at_chance"]
    table = pd.DataFrame(out)
    return table.astype(dict.fromkeys(counts, "Int64"))[["line", *counts, "remain", "remain_low", "remain_high"]]


def _remaining(tasks: pd.DataFrame) -> tuple[int, int]:
    return int((tasks["at_zero_shots"] == "emerges").sum()), len(tasks)


def _counts(name: str, tasks: pd.DataFrame) -> dict[str, object]:
    count = tasks["at_zero_shots"].value_counts()
    words = {"emerge": "emerges", "above_before": "above chance before", "at_chance": "not above chance"}
    return {"line": name, "tasks": len(tasks)} | {column: int(count.get(word, 0)) for column, word in words.items()}


def _exact(of_them: int, all_of_them: int) -> dict[str, float]:
    """A share and its 90% interval (Clopper and Pearson 1934, doi:10.1093/biomet/26.4.404)."""
    none, every = of_them == 0, of_them == all_of_them
    low = 0.0 if none else float(beta.ppf(0.05, of_them, all_of_them - of_them + 1))
    high = 1.0 if every else float(beta.ppf(0.95, of_them + 1, all_of_them - of_them))
    return {"remain": of_them / all_of_them, "remain_low": low, "remain_high": high}


def _spread(pairs: pd.DataFrame, seed: int) -> pd.DataFrame:
    """How far a prompt moves tasks apart beyond its mean effect and sampling noise: a noise term of one prompt.

    Per model, half the variance over tasks of the difference of two prompts less its sampling noise; averaged over
    models.
    """
    same_model = pairs[(pairs["kind"] != "tuning") & pairs["gain_se"].notna()].reset_index(drop=True)
    weights = task_weights(same_model["canonical_task"], seed=seed) if len(same_model) else None
    out = []
    for _, at in sorted(same_model.groupby(["kind", "benchmark"]).indices.items()):
        part = same_model.iloc[at].reset_index(drop=True)
        excess, noise, moved = [], [], []
        for model in np.unique(part["model"]):
            use = np.flatnonzero((part["model"] == model).to_numpy())
            if len(use) < FEWEST_TASKS or weights is None:
                continue
            weight = weights[:, at[use]]
            gain, se = part["gain"].to_numpy()[use], part["gain_se"].to_numpy()[use]
            mean = weighted_mean(gain, weight)
            spread = weighted_mean(gain**2, weight) - mean**2
            excess.append((spread - weighted_mean(se**2, weight)) / 2.0)
            noise.append(weighted_mean(se**2, weight)[0] / 2.0)
            moved.append(part["scale_gain"].iloc[use].var())
        if not excess:
            continue
        total = np.mean(excess, axis=0)
        row: dict[str, object] = {
            "between": KINDS[part["kind"].iloc[0]], "benchmark": part["benchmark"].iloc[0], "models": len(excess),
        }  # fmt: skip
        row |= cells("prompt_points", 100.0 * np.sqrt(np.maximum(total, 0.0)))
        row |= {"sampling_points": 100.0 * float(np.sqrt(np.mean(noise)))}
        out.append(row | {"scale_gain_points": 100.0 * float(np.sqrt(np.nanmean(moved)))})
    return pd.DataFrame(out)


def _sentences(tables: dict[str, pd.DataFrame], details: dict[str, pd.DataFrame], seed: int) -> list[str]:
    out = []
    if "gains" in tables:
        out += [s for kind in KINDS if (s := _on_kind(kind, tables["gains"], details["by_model"], seed))]
        r = tables["gains"].dropna(subset="r_with_scale_gain").groupby("kind")["r_with_scale_gain"]
        parts = [f"{value:.2f} for {kind}" for kind, value in r.median().reindex(list(KINDS)).dropna().items()]
        if parts:
            out.append(
                f"Task by task, what helps correlates with what scale gave at a median of {', '.join(parts)}, the "
                "noise of the score they share taken out."
            )
    if "emergent" in tables:
        out.append(_on_emergent(tables["without_shots"].to_dict("records")))
    if "spread" in tables:
        rows = tables["spread"].sort_values("prompt_points").to_dict("records")
        ratio = np.median([row["prompt_points"] / row["sampling_points"] for row in rows])
        least, most = (f"{row['prompt_points']:.1f} points ({row['benchmark']})" for row in (rows[0], rows[-1]))
        out.append(
            f"Beyond its mean effect a prompt moves tasks apart by {least}{f' to {most}' if len(rows) > 1 else ''}, a "
            f"median of {ratio:.1f} times the sampling noise of a score."
        )
    return out or ["No task here is measured with and without shots, thought or tuning."]


def _on_emergent(rows: list[dict]) -> str:
    *lines, every, theirs = rows
    told = "" if np.isnan(every["remain_low"]) else f" {bracket(every['remain_low'], every['remain_high'])}"
    outside = not theirs["remain_low"] <= every["remain"] <= theirs["remain_high"]
    overlap = every["remain_low"] <= theirs["remain_high"] and theirs["remain_low"] <= every["remain_high"]
    verdict = "agrees with" if not outside else "disagrees with"
    though = ", though the intervals overlap" if outside and overlap else ""
    by_line = ", ".join(f"{row['emerge']} of {row['tasks']} for {row['line']}" for row in lines)
    return (
        f"Of {count_of(every['tasks'], 'task')} of {count_of(len(lines), 'line')} that emerge with shots, thought or "
        f"tuning and are measured on the line's base models without shots, {every['emerge']} emerge there too "
        f"({by_line}), {every['at_chance']} are not above chance at the largest model, and {every['above_before']} "
        f"above it already in the lower half of sizes. That share, {every['remain']:.2f}{told}, {verdict} the "
        f"published {theirs['emerge']} of {theirs['tasks']}, {theirs['remain']:.2f} "
        f"{bracket(theirs['remain_low'], theirs['remain_high'])}{though}: other tasks, models and tests."
    )


def _on_kind(kind: str, gains: pd.DataFrame, by_model: pd.DataFrame, seed: int) -> str:
    part = gains[gains["kind"] == kind]
    if part.empty:
        return ""
    smallest = by_model[by_model["kind"] == kind].sort_values("scale", kind="stable").drop_duplicates(GROUP)
    rows = part.sort_values("gain_points").to_dict("records")
    values = part["gain_points"].to_numpy(dtype=float)
    code, lines = pd.factorize(part["line"])
    low = high = np.nan
    if len(lines) > 1:
        drawn = line_weights(len(lines), seed=seed)[:, code].astype(int)
        low, high = percentiles(np.array([np.median(np.repeat(values, times)) for times in drawn]))
    least, most = (
        f"{row['gain_points']:+.1f} for {row['family']} on {row['benchmark']}" for row in (rows[0], rows[-1])
    )
    worth = part["worth_decades"].dropna()
    is_worth = f"; where scale surely helps, worth a median of {worth.median():.1f} decades of it" if len(worth) else ""
    of = (
        f"{'' if np.isnan(low) else bracket(low, high, 1) + ' '}at the largest models (median of {len(rows)} in "
        f"{count_of(len(lines), 'line')}, from {least} to {most})"
        if len(rows) > 1
        else f"at the largest model of {rows[0]['family']} on {rows[0]['benchmark']}"
    )
    return (
        f"{KINDS[kind].capitalize()} adds {np.median(values):+.1f} points {of}, "
        f"{smallest['gain_points'].median():+.1f} at the smallest{is_worth}."
    )


def draw(by_model: pd.DataFrame) -> Figure:
    """One panel a kind: mean gain over tasks against scale, a line a family and benchmark."""
    from scale_forecast.show.plots.style import COLOURS, GREY, MARKERS, legend, new_figure, plain

    kinds = [kind for kind in KINDS if (by_model["kind"] == kind).any()]
    figure, axes = new_figure(1, len(kinds), height=5.8, sharey=True)
    for axis, kind in zip(axes[0], kinds, strict=True):
        part = by_model[by_model["kind"] == kind]
        lines = sorted(part.groupby(["benchmark", "setting", "family"]), key=lambda item: (-len(item[1]), item[0]))[:7]
        for i, (names, line) in enumerate(lines):
            benchmark, setting, family = (str(name) for name in names)
            colour, marker = COLOURS[i % len(COLOURS)], MARKERS[i % len(MARKERS)]
            how = f", {setting.split(', ')[-1]}" if kind == "tuning" else ""
            name = f"{plain(family, 16)}, {plain(benchmark, 12)}{how}"
            axis.plot(line["params"], line["gain_points"], marker + "-", color=colour, markersize=4, label=name)
            axis.vlines(line["params"], line["gain_points_low"], line["gain_points_high"], color=colour, linewidth=1)
        axis.axhline(0, color=GREY, linewidth=1)
        axis.set_title(KINDS[kind], fontsize=9)
        axis.set(xscale="log", xlabel="parameters")
        legend(axis, loc="upper center", bbox_to_anchor=(0.5, -0.13))
    axes[0, 0].set_ylabel("mean gain over tasks (points)")
    return figure


STUDY = Study(
    "elicitation", "What do shots, chain of thought and tuning add, beside what scale adds?", example="gains", run=study
)
