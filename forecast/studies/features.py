"""Study 10: what each thing that is known of a task is worth for its next gain.

A small boosted model learns the gain of every step of the figures from the features of `features.transitions`, and is
judged on lines it never saw: each line is held out in turn. The worth of a feature is what is lost of R2 there when its
values are shuffled (Breiman 2001, doi:10.1023/A:1010933404324): among the tasks of one model, for how tasks differ, and
over the whole held-out line, for the gain as such. Features that say the same thing share their worth, so they are
shuffled in groups as well; a worth near 0 says that the others suffice, not that the feature is empty.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from scale_forecast.data.tasks import describe
from scale_forecast.features.transitions import features, observed_steps
from scale_forecast.studies.findings import Findings, Study, bracket, signless
from scale_forecast.studies.resampling import cells, line_weights, percentiles, weighted_mean

if TYPE_CHECKING:
    from lightgbm import LGBMRegressor
    from matplotlib.figure import Figure

SINGLE = {
    "number of choices": ["n_choices"],
    "input length": ["input_words"],
    "answer length": ["target_chars"],
    "chance": ["chance"],
    "human scores": ["human_average", "human_best", "to_human"],
    "size of the test set": ["n_examples"],
    "kind of metric": ["metric_kind"],
    "shots": ["shots"],
    "chain of thought": ["is_chain_of_thought"],
    "tuning": ["tuning", "target_tuning"],
    "distance above chance": ["above_chance", "above_chance_in_stderr"],
    "distance to the ceiling": ["to_ceiling", "to_ceiling_in_stderr"],
    "trend and falls": ["trend", "run_of_falls", "falls", "best_minus_last", "best_minus_last_in_stderr"],
    "size of the step": ["distance"],
    "scale and time": ["target_scale", "years"],
}
PREFIXES = {
    "score at the origin": ("origin_raw", "origin_logit", "origin_log_error", "origin_normalised_logit", "origin_law",
                            "fitted_"),
    "prior slopes": ("slope_", "curvature_", "gain_last_in_stderr"),
    "other tasks of the family": ("family_",),
    "other lines on the task": ("peer_", "origin_minus_peers"),
}  # fmt: skip
TOGETHER = {
    "all descriptors of the task": ["number of choices", "input length", "answer length", "chance", "human scores",
                                    "size of the test set", "kind of metric"],
    "all of the task's own history": ["score at the origin", "prior slopes", "distance above chance",
                                      "distance to the ceiling", "trend and falls"],
}  # fmt: skip
REPEATS = 2
FEWEST_STEPS = 20
FEWEST_LINES = 3
SETTINGS: dict[str, Any] = {
    "n_estimators": 60, "learning_rate": 0.09, "num_leaves": 15, "min_child_samples": 40, "subsample": 0.8,
    "subsample_freq": 1, "colsample_bytree": 0.5, "reg_lambda": 10.0, "n_jobs": 1, "verbose": -1,
    "deterministic": True, "force_row_wise": True,
}  # fmt: skip


def study(results: pd.DataFrame, tasks: pd.DataFrame, metrics: pd.DataFrame, *, seed: int = 0) -> Findings:
    """Permutation importance of features for the next gain, on held-out lines.

    Returns
    -------
    Findings with the tables ``worth`` (R2 lost by shuffling each feature or group, with 90% intervals over lines) and
    ``held_out`` (R2 on each line by a model that never saw it); without tables where there are fewer than three lines.
    """
    steps, matrix, gain = known_gains(results, tasks, metrics)
    lines = steps["line"].value_counts()
    kept = sorted(lines[lines >= FEWEST_STEPS].index)
    if len(kept) < FEWEST_LINES:
        return Findings(
            {},
            [f"Features need {FEWEST_LINES} lines of at least {FEWEST_STEPS} steps to be judged on lines never trained "
             f"on, and here are {len(kept)}: study yours beside the bundled figures with --joined."],
        )  # fmt: skip
    groups = groups_of(list(matrix.columns))
    within = _models(steps)
    places = {name: [list(matrix.columns).index(c) for c in wanted] for name, wanted in groups.items()}
    held_out: list[dict[str, object]] = []
    losses: dict[str, list[tuple[float, float]]] = {name: [] for name in groups}
    rng = np.random.default_rng(seed)
    for line in kept:
        mask = (steps["line"] == line).to_numpy()
        model = _fit_trees(matrix[~mask].to_numpy(), gain[~mask], steps["line"][~mask], seed)
        judge = Judge(matrix[mask].to_numpy(), gain[mask], within[mask])
        row, lost = judge_groups(model, judge, places, rng)
        held_out.append({"line": line, "steps": int(mask.sum())} | row)
        for name in groups:
            losses[name].append(lost[name])
    tables = {
        "worth": _worth(losses, matrix, groups, seed),
        "held_out": pd.DataFrame(held_out),
    }
    return Findings(tables, _sentences(tables, seed), draw=partial(draw, tables["worth"]))


def known_gains(
    results: pd.DataFrame, tasks: pd.DataFrame, metrics: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame, np.ndarray]:
    """Steps between final models' shares, their features, and the gain of each in points."""
    final = results[results["checkpoint"].isna()].reset_index(drop=True)
    described = describe(final, tasks, metrics)
    own = described["is_share"] & described["higher_is_better"] & described["aggregate_of"].isna()
    final = final[own].reset_index(drop=True)
    steps = observed_steps(final)
    if steps.empty:
        return steps, pd.DataFrame(), np.zeros(0)
    score = final["score"].to_numpy(dtype=float)
    gain = score[steps["target_row"].to_numpy(dtype=int)] - score[steps["origin_row"].to_numpy(dtype=int)]
    return steps, features(final, tasks, metrics, steps), 100.0 * gain


def groups_of(columns: list[str]) -> dict[str, list[str]]:
    """Which columns are shuffled together, by the name they are reported under."""
    groups = {name: [c for c in wanted if c in columns] for name, wanted in SINGLE.items()}
    for name, prefixes in PREFIXES.items():
        groups[name] = [c for c in columns if c.startswith(prefixes) and not c.endswith("_stderr")]
    for name, parts in TOGETHER.items():
        groups[name] = [c for part in parts for c in groups[part]]
    return {name: wanted for name, wanted in groups.items() if wanted}


def _models(steps: pd.DataFrame) -> np.ndarray:
    """Code of the target model and suite of each step."""
    return steps.groupby(["family", "target_model", "benchmark", "prompt", "shots"], dropna=False).ngroup().to_numpy()


def _fit_trees(matrix: np.ndarray, gain: np.ndarray, lines: pd.Series, seed: int) -> LGBMRegressor:
    """The boosted model; a line's weight grows with the root of its steps, so that no line outweighs the others."""
    from lightgbm import LGBMRegressor

    weight = lines.groupby(lines).transform("size").to_numpy(dtype=float) ** -0.5
    return LGBMRegressor(**SETTINGS, random_state=seed).fit(matrix, gain, sample_weight=weight)


class Judge:
    """Held-out steps: R2 of a forecast of their gains, whole, and of what sets the tasks of one model apart.

    Parameters
    ----------
    matrix : (n, k); gain : (n,); model : (n,) codes of the target model and suite
    """

    def __init__(self, matrix: np.ndarray, gain: np.ndarray, model: np.ndarray) -> None:
        self.matrix, self.gain = matrix, gain
        _, self.model = np.unique(model, return_inverse=True)
        self._own = self._apart(gain)

    def r2(self, forecast: np.ndarray) -> tuple[float, float]:
        """Of the whole gain about its mean, and of the tasks of one model about theirs."""
        whole = 1.0 - ((self.gain - forecast) ** 2).sum() / ((self.gain - self.gain.mean()) ** 2).sum()
        own = 1.0 - ((self._own - self._apart(forecast)) ** 2).sum() / (self._own**2).sum()
        return float(whole), float(own)

    def shuffle(self, columns: list[int], rng: np.random.Generator, *, among_tasks: bool) -> np.ndarray:
        """The matrix with some columns' rows shuffled together: among the tasks of each model, or altogether."""
        order = np.lexsort((rng.random(len(self.gain)), self.model if among_tasks else np.zeros(len(self.gain))))
        place = np.argsort(self.model, kind="stable") if among_tasks else np.arange(len(self.gain))
        out = self.matrix.copy()
        out[place[:, None], columns] = self.matrix[order[:, None], columns]
        return out

    def _apart(self, values: np.ndarray) -> np.ndarray:
        mean = np.bincount(self.model, values) / np.bincount(self.model)
        return values - mean[self.model]


def judge_groups(
    model: LGBMRegressor, judge: Judge, groups: dict[str, list[int]], rng: np.random.Generator
) -> tuple[dict[str, float], dict[str, tuple[float, float]]]:
    """R2 on held-out steps, and what is lost of it (whole, own) by shuffling each group, mean of `REPEATS`."""
    forecast = np.asarray(model.predict(judge.matrix))
    whole, own = judge.r2(forecast)
    lost = {}
    for name, columns in groups.items():
        shuffled = [judge.shuffle(columns, rng, among_tasks=among) for among in (False, True) for _ in range(REPEATS)]
        forecasts = np.asarray(model.predict(np.concatenate(shuffled))).reshape(2, REPEATS, -1)
        lost[name] = (
            whole - float(np.mean([judge.r2(f)[0] for f in forecasts[0]])),
            own - float(np.mean([judge.r2(f)[1] for f in forecasts[1]])),
        )
    return {"r2_whole": whole, "r2_among_tasks": own}, lost


def _worth(
    losses: dict[str, list[tuple[float, float]]], matrix: pd.DataFrame, groups: dict[str, list[str]], seed: int
) -> pd.DataFrame:
    out = []
    for name, lost in losses.items():
        whole, own = np.array(lost).T
        drawn = line_weights(len(lost), seed=seed)
        known = matrix[groups[name]].notna().to_numpy().mean()
        row: dict[str, object] = {"feature": name, "columns": len(groups[name]), "known": float(known)}
        row |= cells("among_tasks", weighted_mean(own, drawn))
        out.append(row | cells("whole_gain", weighted_mean(whole, drawn)))
    table = pd.DataFrame(out)
    return table.sort_values("among_tasks", ascending=False, kind="stable").reset_index(drop=True)


def _sentences(tables: dict[str, pd.DataFrame], seed: int) -> list[str]:
    held_out = tables["held_out"]
    drawn = line_weights(len(held_out), seed=seed)
    whole, own = (weighted_mean(held_out[f"r2_{n}"].to_numpy(dtype=float), drawn) for n in ("whole", "among_tasks"))
    rows = {row["feature"]: row for row in tables["worth"].to_dict("records")}
    single = [row for name, row in rows.items() if name not in TOGETHER]

    def worth(row: dict) -> str:
        return (
            f"{signless(row['among_tasks'], 3)} "
            f"{bracket(row['among_tasks_low'], row['among_tasks_high'], 3)}"
        )  # fmt: skip

    best = "; ".join(f"{row['feature']} {worth(row)}" for row in single[:4])
    out = [
        f"On {len(held_out)} lines that it never saw, a small boosted model explains R2 = {own[0]:.2f} "
        f"{bracket(*percentiles(own))} of what sets the gains of one model's tasks apart, and {whole[0]:.2f} "
        f"{bracket(*percentiles(whole))} of the gains as such.",
        f"Shuffled among a model's tasks, these lose most of it: {best}.",
    ]
    together = [f"{name} {worth(rows[name])}" for name in TOGETHER if name in rows]
    out.append(f"Together, {' and '.join(together)}.")
    return out


def draw(worth: pd.DataFrame) -> Figure:
    """R2 lost on held-out lines by shuffling each feature, among a model's tasks and over the line, with intervals."""
    from scale_forecast.show.plots.style import BLUE, GREY, ORANGE, legend, new_figure

    figure, axes = new_figure(1, 1, height=5.8)
    axis = axes[0, 0]
    table = worth.iloc[::-1]
    y = np.arange(len(table))
    for name, colour, marker, shift, label in (
        ("among_tasks", BLUE, "o", 0.16, "among the tasks of one model"),
        ("whole_gain", ORANGE, "s", -0.16, "over the whole held-out line"),
    ):
        axis.hlines(y + shift, table[f"{name}_low"], table[f"{name}_high"], color=colour, linewidth=1.8)
        axis.plot(table[name], y + shift, marker, color=colour, markersize=4.5, label=label)
    axis.axvline(0, color=GREY, linewidth=1)
    names = [f"{name} ({known:.0%} known)" for name, known in zip(table["feature"], table["known"], strict=True)]
    axis.set_yticks(y, names, fontsize=8.5)
    axis.set(xlabel="R² of the next gain lost when shuffled (lines never trained on)", ylim=(-0.7, None))
    legend(axis, loc="lower right")
    return figure


STUDY = Study("features", "What is each thing known of a task worth for its next gain?", example="worth", run=study)
