"""Study 2: of the next model's score nearly everything is foretold by the last one's, of its gain next to nothing.

Both statements are about the same forecast. A line through the medium model's scores misses the large model's by as
much, whether its level or its gain is asked for; but levels differ between tasks by several times what gains do, and
explained variance is what is missed against what there is to miss. A high R2 of levels says that hard tasks stay hard,
not that progress is foretold.

R2 is 1 - squared error / variance. Fitted and judged on the same tasks it cannot be negative and grows with every
predictor; ``_out`` is that of tasks left out one by one (Allen 1974, doi:10.1080/00401706.1974.10489157), against the
mean of the others, and can be.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from scale_forecast.data.names import count_of
from scale_forecast.studies.findings import Findings, Study, bracket, signless
from scale_forecast.studies.ladders import SUITE, Ladder, label_ladders, ladder_of, ladders, measure_ladders
from scale_forecast.studies.momentum import NAMED
from scale_forecast.studies.resampling import cells, line_weights, weighted_mean

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FEWEST_IN_TRIPLE = 8
FORECASTS = {
    "level": "the large model's score, from the medium model's",
    "gain": "the last gain, from the one before",
    "gain_both": "the last gain, from both smaller models' scores",
}
STATISTICS = tuple(f"{name}{end}" for name in FORECASTS for end in ("", "_out"))


def study(results: pd.DataFrame, tasks: pd.DataFrame, metrics: pd.DataFrame, *, seed: int = 0) -> Findings:
    """R2 of levels and of gains, of the same models and tasks.

    Returns
    -------
    Findings with the tables ``named`` (three models that the argument names, where the results hold them), ``overall``
    (mean over lines) and ``families`` (per family and benchmark, mean over its triples of consecutive models).
    """
    data = measure_ladders(results, tasks, metrics)
    score = data.rows["score"].to_numpy(dtype=float)
    share = data.rows["is_share"].to_numpy(dtype=bool)
    tables: dict[str, pd.DataFrame] = {}
    named = [
        {"models": one.name, "benchmark": one.benchmark} | explain_levels(triple.of(score))
        for one in NAMED
        if (triple := ladder_of(data.rows, one.suite, list(one.models))) is not None
    ]
    if named:
        tables["named"] = pd.DataFrame(named)
    found = [row for ladder in ladders(data.rows) if share[ladder.row.max()] for row in _triples(ladder, score)]
    if found:
        triples = pd.DataFrame(found)
        tables["overall"] = _overall(triples, seed)
        tables["families"] = _families(triples)
    if not tables:
        return Findings({}, ["No family here has three models with scores on eight common tasks: nothing to explain."])
    return Findings(tables, _sentences(tables, len(found)), draw=partial(draw, tables) if found else None)


def explain_levels(score: np.ndarray) -> dict[str, float]:
    """R2 of levels and gains of tasks (n, 3) by ordinary least squares, on the same tasks and on tasks left out.

    Returns
    -------
    ``tasks``; `STATISTICS`, NaN where nothing varies; in points the standard deviations ``spread_level`` and
    ``spread_gain``, and ``missed``, the root mean squared error from the medium model's score on tasks left out:
    the level's and the gain's alike
    """
    small, medium, large = score.T
    gain = large - medium
    out: dict[str, float] = {"tasks": len(score)}
    out["level"], out["level_out"], missed = _least_squares(medium[:, None], large)
    out["gain"], out["gain_out"], _ = _least_squares((medium - small)[:, None], gain)
    out["gain_both"], out["gain_both_out"], _ = _least_squares(np.column_stack([small, medium]), gain)
    return out | {
        "spread_level": 100.0 * float(large.std()), "spread_gain": 100.0 * float(gain.std()), "missed": 100.0 * missed,
    }  # fmt: skip


def _least_squares(known: np.ndarray, target: np.ndarray) -> tuple[float, float, float]:
    """R2 of a line through all tasks, R2 of tasks left out one by one, and their root mean squared error."""
    n = len(target)
    design = np.column_stack([np.ones(n), known])
    hat = design @ np.linalg.pinv(design)
    error = target - hat @ target
    apart = target - target.mean()
    if apart @ apart < 1e-12:
        return np.nan, np.nan, np.nan
    left_out = error / np.maximum(1.0 - np.diag(hat), 1e-9)
    of_others = apart * n / (n - 1.0)
    r2, out = (1.0 - float(a @ a / (b @ b)) for a, b in ((error, apart), (left_out, of_others)))
    return r2, out, float(np.sqrt(np.mean(left_out**2)))


def _triples(ladder: Ladder, score: np.ndarray) -> list[dict[str, object]]:
    out: list[dict[str, object]] = []
    for triple in ladder.windows(3):
        if len(triple.row) >= FEWEST_IN_TRIPLE:
            row = explain_levels(triple.of(score))
            if all(np.isfinite(row[name]) for name in STATISTICS):
                out.append({**ladder.name, **row})
    return out


def _families(triples: pd.DataFrame) -> pd.DataFrame:
    """One row a family on a benchmark; the recipes of a line that has many of them there are one row."""
    ladder = triples.drop_duplicates([*SUITE, "line"])[[*SUITE, "line"]]
    label = ladder.assign(label=label_ladders(ladder)["family"])
    table = triples.merge(label, on=[*SUITE, "line"]).drop(columns="family").rename(columns={"label": "family"})
    of = [*SUITE, "line"]
    means = table.groupby(of, sort=True)[[*STATISTICS, "spread_level", "spread_gain"]].mean()
    means.insert(0, "tasks", table.groupby(of, sort=True)["tasks"].max())
    means.insert(0, "triples", table.groupby(of, sort=True).size())
    return means.reset_index()


def _overall(triples: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Medians over a line's triples, then means over lines, with intervals from resampling lines.

    A triple whose gains hardly differ has an R2 left out of minus anything, so medians.
    """
    by_line = triples.groupby("line")[list(STATISTICS)].median()
    drawn = line_weights(len(by_line), seed=seed)
    out = []
    for name, what in FORECASTS.items():
        row: dict[str, object] = {"forecast": what, "lines": len(by_line), "triples": len(triples)}
        row |= cells("r2", weighted_mean(by_line[name].to_numpy(dtype=float), drawn))
        out.append(row | cells("r2_out", weighted_mean(by_line[f"{name}_out"].to_numpy(dtype=float), drawn)))
    return pd.DataFrame(out)


def _sentences(tables: dict[str, pd.DataFrame], triples: int) -> list[str]:
    out = []
    if "named" in tables:
        out += _describe_families(tables["named"])
    if "overall" in tables:
        level, gain, both = tables["overall"].to_dict("records")
        out.append(
            f"Over {count_of(triples, 'triple')} of consecutive models in {count_of(level['lines'], 'line')}, on tasks "
            f"left out, the medium model's score explains {_r2(level)} of how the large one's scores differ; the last "
            f"gain explains {_r2(gain)} of the next, and both smaller models' scores {_r2(both)} (medians of a line's "
            "triples, mean over lines; 90% intervals, lines resampled)."
        )
    return out


def _r2(row: dict) -> str:
    return f"{signless(row['r2_out'])} {bracket(row['r2_out_low'], row['r2_out_high'])}"


def _who(row: dict) -> str:
    return f"{row['models']} on {row['benchmark']}"


def _describe_families(named: pd.DataFrame) -> list[str]:
    rows = named.to_dict("records")
    levels, gains = (
        "; ".join(
            f"{_who(row)} {row[name]:.2f}, {signless(row[f'{name}_out'])} on tasks left out"
            for row in sorted(rows, key=lambda row: row[f"{name}_out"])
        )
        for name in ("level", "gain_both")
    )
    wide = max(rows, key=lambda row: row["level"])
    return [
        f"From the medium model's score the large one's is foretold with R2 = {levels}.",
        f"Its gain is foretold less well: from both smaller models' scores with R2 = {gains}; the noise of the medium "
        "score, which is in the gain as well, has a part in that.",
        f"A line through the medium score misses level and gain by as much ({wide['missed']:.1f} points for "
        f"{_who(wide)}), but levels differ between tasks by a standard deviation of {wide['spread_level']:.1f} points, "
        f"gains by {wide['spread_gain']:.1f}: a high R2 of levels says that hard tasks stay hard, not that progress is "
        "foretold.",
    ]


def draw(tables: dict[str, pd.DataFrame]) -> Figure:
    """Of each family on each benchmark, R2 of gains against R2 of levels, on tasks left out."""
    from scale_forecast.show.plots.style import BLACK, BLUE, COLOURS, GREY, MARKERS, legend, new_figure, plain

    figure, axes = new_figure(1, 1, height=5.0)
    axis = axes[0, 0]
    table = tables["families"]
    low = -1.0
    lines = table["line"].value_counts().index
    for i, line in enumerate(lines[: len(COLOURS) - 1]):
        part = table[table["line"] == line]
        x, y = (part[name].clip(lower=low) for name in ("level_out", "gain_both_out"))
        axis.plot(x, y, MARKERS[i], color=COLOURS[i], label=plain(line, 20), markersize=5)
    rest = table[table["line"].isin(lines[len(COLOURS) - 1 :])]
    if len(rest):
        x, y = (rest[name].clip(lower=low) for name in ("level_out", "gain_both_out"))
        axis.plot(x, y, ".", color=GREY, label="other lines", markersize=7)
    axis.axline((0, 0), slope=1, color=BLACK, linewidth=1, linestyle="--", label="as much of gains as of levels")
    axis.axhline(0, color=BLUE, linewidth=1)
    axis.set(
        xlabel="R² of the large model's score", ylabel="R² of its gain",
        xlim=(low - 0.05, 1.05), ylim=(low - 0.05, 1.05),
    )  # fmt: skip
    axis.set_title("from smaller models' scores, on tasks left out (below -1: at -1)")
    legend(axis, loc="upper center", bbox_to_anchor=(0.5, -0.13), ncols=3)
    return figure


STUDY = Study(
    "levels", "Is the next model's score foretold by the last one's, and is its gain?", example="overall", run=study
)
