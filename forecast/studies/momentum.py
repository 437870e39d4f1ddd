"""Study 1: does a task that gained at the last step of scale gain at the next?

Two successive gains share the middle score, which enters the first with a plus and the second with a minus sign, so
that its sampling noise alone makes them correlate negatively: at -1/2 where the gains are nothing but noise. Beside
each correlation stands what noise alone would give for its gains, and the correlation that is left once the noise is
taken out of covariance and variances (Fuller 1987, Measurement Error Models, section 1.1).

Noise is binomial, as if every model saw items of its own. Models that answer the same items share part of it, and the
correction is then too strong; the column ``r_corrected_half`` takes out half the noise.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from scale_forecast.backtests.resampled import DRAWS
from scale_forecast.data.names import count_of
from scale_forecast.studies.correlation import corrected_correlation, moments, size_of
from scale_forecast.studies.findings import Findings, Study, bracket, signless
from scale_forecast.studies.ladders import SUITE, Ladder, Measured, label_ladders, ladder_of, ladders, measure_ladders
from scale_forecast.studies.resampling import cells, line_weights, task_weights, weighted_mean

if TYPE_CHECKING:
    from matplotlib.figure import Figure

VIEWS = ("raw", "logit", "log_error", "normalised_logit", "range_logit")
STATISTICS = ("r", "r_noise", "r_corrected", "r_corrected_half")
IN_VIEWS = tuple(f"r_{view}" for view in VIEWS[1:])
ROBUST = ("r_rank", "r_without", "without")
_NAMED = ["models", "benchmark", "tasks", "basis", "r_squared", *STATISTICS[:3], "r_clustered", *ROBUST]
FEWEST_IN_TRIPLE = 5


@dataclass(frozen=True)
class Named:
    """Three models that the argument names or could have named, and what was ``published`` of them, if anything."""

    name: str
    benchmark: str
    regime: str
    models: tuple[str, str, str]
    published: str = ""

    @property
    def suite(self) -> dict[str, str]:
        """What `ladders.ladder_of` looks for."""
        return {"benchmark": self.benchmark, "regime": self.regime}


_PALM = ("PaLM 8B", "PaLM 62B", "PaLM 540B")
NAMED = (
    Named("PaLM 8B, 62B, 540B", "BIG-bench Lite", "few", _PALM, "R2 = 0.04"),
    Named("PaLM 8B, 62B, 540B", "PaLM NLU", "any", _PALM),
    Named("GPT-3, Gopher, Chinchilla", "MMLU", "few", ("GPT-3 175B", "Gopher 280B", "Chinchilla 70B")),
    Named("LLaMA 7B, 13B, 65B", "MMLU", "few", ("LLaMA 7B", "LLaMA 13B", "LLaMA 65B")),
    Named("BIG-G 2m, 8b, 128b", "BIG-bench", "few", ("BIG-G 2m", "BIG-G 8b", "BIG-G 128b")),
    Named("GPT-3 6.7B, 13B, 175B", "GPT-3 suite", "few", ("GPT-3 6.7B", "GPT-3 13B", "GPT-3 175B")),
)
"""Only PaLM's on BIG-bench Lite was published, in 2022. ``any`` shots: PaLM's few-shot NLU has no one number."""


def study(results: pd.DataFrame, tasks: pd.DataFrame, metrics: pd.DataFrame, *, seed: int = 0) -> Findings:
    """Correlations of successive gains.

    Returns
    -------
    Findings with the tables ``named`` (`NAMED`, where the results hold their models; also by rank and without the task
    that moves the correlation most), ``families`` (per family and benchmark, mean over its triples of consecutive
    models), ``views`` (the same in other views of the score) and ``overall``; in detail ``triples``, in all views.
    """
    data = measure_ladders(results, tasks, metrics)
    weights = task_weights(data.rows["canonical_task"], seed=seed)
    gains = _Gains(data, weights)
    named = _name_suites(data, gains)
    found = [one for ladder in ladders(data.rows) if (one := _family(ladder, gains)).varies]
    triples = pd.DataFrame([row for one in found for row in one.triples])
    tables = {"named": named}
    if found:
        families = _families(found)
        seen = [name for name in families.columns if str(name).startswith(IN_VIEWS)]
        tables["families"] = families.drop(columns=seen)
        tables["views"] = families[[*SUITE, "r", "r_low", "r_high", *seen]]
        tables["overall"] = _overall(found, triples, seed)
        tables["named"] = _add_clustered_interval(named, float(tables["overall"]["spread_between_triples"].iloc[0]))
    tables = {name: table for name, table in tables.items() if len(table)}
    return Findings(
        tables,
        _sentences(tables, triples),
        draw=partial(draw, tables) if tables else None,
        details={"triples": triples},
        brief={"named": _NAMED, "families": [*SUITE, "triples", "tasks", *STATISTICS[:3], "r_apart"]},
    )


class _Gains:
    """Correlations of a triple's gains in any view, under all draws at once."""

    def __init__(self, data: Measured, weights: np.ndarray) -> None:
        self.weights = weights
        self._views = {view: data.view(view) for view in VIEWS}

    def correlations(self, triple: Ladder, view: str = "raw") -> dict[str, np.ndarray]:
        """``r``, ``r_noise``, ``r_corrected`` and ``r_corrected_half``, (draws,) each."""
        value, se = (triple.of(column) for column in self._views[view])
        weight = self.weights[:, triple.row[:, 0]]
        covariance, one, two = moments(value[:, 1] - value[:, 0], value[:, 2] - value[:, 1], weight)
        size = size_of(one, two)
        total = weight.sum(axis=1, keepdims=True)
        noise = (weight @ se**2) / np.where(total > 0, total, np.nan)
        with np.errstate(invalid="ignore"):
            return {
                "r": covariance / size,
                "r_noise": np.maximum(-noise[:, 1] / size, -1.0),
                "r_corrected": corrected_correlation(covariance, one, two, noise),
                "r_corrected_half": corrected_correlation(covariance, one, two, noise / 2.0),
            }

    def views(self, triple: Ladder) -> dict[str, np.ndarray]:
        """The measured correlation in every view but the raw one, (draws,) each, by the name of its column."""
        return {name: self._plain(triple, view, 1, 2) for name, view in zip(IN_VIEWS, VIEWS[1:], strict=True)}

    def by_rank(self, triple: Ladder) -> np.ndarray:
        """Spearman's correlation of the gains, (draws,); ranks are those among all tasks."""
        first, second = (rankdata(gain) for gain in self._gains(triple))
        covariance, one, two = moments(first, second, self.weights[:, triple.row[:, 0]])
        return covariance / size_of(one, two)

    def without_one(self, triple: Ladder) -> tuple[float, int]:
        """The correlation without the task that moves it most, and that task's place."""
        first, second = self._gains(triple)
        others = 1.0 - np.eye(len(first))
        covariance, one, two = moments(first, second, np.vstack([np.ones(len(first)), others]))
        r = covariance / size_of(one, two)
        place = int(np.nanargmax(np.abs(r[1:] - r[0])))
        return float(r[1 + place]), place

    def _gains(self, triple: Ladder) -> tuple[np.ndarray, np.ndarray]:
        value = triple.of(self._views["raw"][0])
        return value[:, 1] - value[:, 0], value[:, 2] - value[:, 1]

    def apart(self, four: Ladder) -> np.ndarray:
        """Correlation of two gains that share no score, (draws,)."""
        return self._plain(four, "raw", 2, 3)

    def _plain(self, ladder: Ladder, view: str, start: int, end: int) -> np.ndarray:
        """Correlation of the first gain with that from one place to another."""
        value = ladder.of(self._views[view][0])
        weight = self.weights[:, ladder.row[:, 0]]
        covariance, one, two = moments(value[:, 1] - value[:, 0], value[:, end] - value[:, start], weight)
        return covariance / size_of(one, two)


def _name_suites(data: Measured, gains: _Gains) -> pd.DataFrame:
    out = []
    for one in NAMED:
        triple = ladder_of(data.rows, one.suite, list(one.models))
        if triple is None:
            continue
        found = gains.correlations(triple)
        row: dict[str, object] = {
            "models": one.name, "benchmark": one.benchmark, "tasks": len(triple.row),
            "basis": f"published, {one.published}" if one.published else "computed here",
            "r_squared": float(found["r"][0] ** 2),
        }  # fmt: skip
        for statistic, draws in (found | {"r_rank": gains.by_rank(triple)}).items():
            row |= cells(statistic, draws)
        row["r_without"], place = gains.without_one(triple)
        row["without"] = str(data.rows["task"].iloc[triple.row[place, 0]])
        for view, draws in gains.views(triple).items():
            row |= cells(view, draws)
        out.append(row)
    return pd.DataFrame(out)


def _add_clustered_interval(named: pd.DataFrame, spread: float) -> pd.DataFrame:
    """With ``r_clustered``: r, and the 90% interval that lets the triple of models be another, as well as its tasks.

    ``spread`` is the standard deviation between triples in Fisher's z.
    """
    if named.empty or np.isnan(spread):
        return named
    z = np.arctanh(named["r"].clip(-0.999, 0.999))
    half = 1.645 * np.sqrt(spread**2 + 1.0 / (named["tasks"] - 3.0))
    return named.assign(r_clustered=named["r"], r_clustered_low=np.tanh(z - half), r_clustered_high=np.tanh(z + half))


@dataclass(frozen=True)
class _Family:
    """What is found for one ladder: its table row, its triples, and mean statistics under all draws."""

    row: dict[str, object]
    triples: list[dict[str, object]]
    draws: dict[str, np.ndarray]

    @property
    def varies(self) -> bool:
        """False where no triple has tasks enough, or gains that differ between them."""
        return bool(np.isfinite(self.draws["r"][0]))


def _family(ladder: Ladder, gains: _Gains) -> _Family:
    triples = [triple for triple in ladder.windows(3) if len(triple.row) >= FEWEST_IN_TRIPLE]
    found = [gains.correlations(triple) for triple in triples]
    draws = {name: _mean([one[name] for one in found], len(gains.weights)) for name in STATISTICS}
    in_views = [gains.views(triple) for triple in triples]
    draws |= {name: _mean([one[name] for one in in_views], len(gains.weights)) for name in IN_VIEWS}
    known = [one["r"] for one in found if np.isfinite(one["r_corrected"][0])]
    draws["r_same"] = _mean(known, len(gains.weights))
    fours = [four for four in ladder.windows(4) if len(four.row) >= FEWEST_IN_TRIPLE]
    draws["r_apart"] = _mean([gains.apart(four) for four in fours], len(gains.weights))
    row: dict[str, object] = {**ladder.name, "triples": len(triples), "tasks": len(ladder.row)}
    table = []
    for triple, one, seen in zip(triples, found, in_views, strict=True):
        first, over, last = triple.models
        detail: dict[str, object] = {**ladder.name, "from": first, "over": over, "to": last, "tasks": len(triple.row)}
        for name, values in (one | seen).items():
            detail |= cells(name, values)
        table.append(detail)
    return _Family(row, table, draws)


def _families(found: list[_Family]) -> pd.DataFrame:
    """One row a family on a benchmark; the recipes of a line that has many of them there are one row."""
    names = label_ladders(pd.DataFrame([one.row for one in found]))
    out = []
    for _, at in sorted(names.groupby(SUITE, sort=False).indices.items()):
        row: dict[str, object] = {**names.iloc[at[0]], "triples": int(names["triples"].iloc[at].sum())}
        row["tasks"] = int(names["tasks"].iloc[at].max())
        for name in found[at[0]].draws:
            row |= cells(name, _mean([found[i].draws[name] for i in at], DRAWS + 1))
        out.append(row)
    return pd.DataFrame(out)


def _mean(parts: list[np.ndarray], draws: int) -> np.ndarray:
    """Mean over parts that are known in the data, draw by draw."""
    known = [part for part in parts if np.isfinite(part[0])]
    if not known:
        return np.full(draws, np.nan)
    stacked = np.array(known)
    return weighted_mean(stacked.T, np.ones_like(stacked.T))


def _overall(found: list[_Family], triples: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Means over lines of means over their ladders, under resampling of tasks alone and of lines and tasks."""
    lines, names = pd.factorize(pd.Series([one.row["line"] for one in found]), sort=True)
    drawn = line_weights(len(names), seed=seed) if len(names) > 1 else np.ones((DRAWS + 1, 1))
    meaning = {
        "r": "measured",
        "r_noise": "expected if true gains were uncorrelated",
        "r_same": "measured, where noise can be taken out",
        "r_corrected": "noise taken out there",
        "r_corrected_half": "half the noise taken out",
        "r_apart": "gains that share no score",
    }
    out = []
    for name, what in meaning.items():
        by_line = np.array(
            [_mean([one.draws[name] for one, at in zip(found, lines, strict=True) if at == k], DRAWS + 1)
             for k in range(len(names))]
        ).T  # fmt: skip
        fixed = weighted_mean(by_line, np.ones_like(by_line))
        row = {"correlation": what, "lines": int(np.isfinite(by_line[0]).sum())} | cells("tasks_drawn", fixed)
        row |= cells("lines_and_tasks_drawn", weighted_mean(by_line, drawn))
        out.append(row)
    table = pd.DataFrame(out)
    return table.assign(**_clustering(triples))


def _clustering(triples: pd.DataFrame) -> dict[str, float]:
    """How far triples of models differ beyond their tasks' sampling: what a number of tasks is worth.

    Fisher's z of each triple has variance 1 / (n - 3) from its tasks; what is left of its spread between triples is
    DerSimonian and Laird's (1986) tau^2, doi:10.1016/0197-2456(86)90046-2.
    """
    use = triples[np.isfinite(triples["r"]) & (triples["r"].abs() < 1)]
    z = np.arctanh(use["r"].to_numpy(dtype=float))
    weight = use["tasks"].to_numpy(dtype=float) - 3.0
    if len(z) < 2:
        return {"spread_between_triples": np.nan, "worth_of_62_tasks": np.nan}
    mean = np.average(z, weights=weight)
    excess = (weight * (z - mean) ** 2).sum() - (len(z) - 1)
    tau2 = max(excess / (weight.sum() - (weight**2).sum() / weight.sum()), 0.0)
    return {"spread_between_triples": float(np.sqrt(tau2)), "worth_of_62_tasks": 3.0 + 1.0 / (tau2 + 1.0 / 59.0)}


def _sentences(tables: dict[str, pd.DataFrame], triples: pd.DataFrame) -> list[str]:
    out = [] if "named" not in tables else _describe_families(tables["named"])
    if "overall" not in tables:
        return out or [
            "No family here has three models whose gains on eight common tasks differ: nothing to correlate."
        ]
    return [
        *out,
        _on_families(tables["families"]),
        _on_overall(tables["overall"].set_index("correlation"), len(triples)),
        *_on_clustering(tables["overall"].iloc[0]),
    ]


def _on_families(families: pd.DataFrame) -> str:
    above, below = families["r_low"] > 0, families["r_high"] < 0
    less = int((families["r"] > families["r_noise"])[below].sum())
    best = families[above].sort_values("r", ascending=False, kind="stable").drop_duplicates("line").head(3)
    named = ", ".join(
        f"{row['r']:.2f} for {row['family']} on {row['benchmark']}{'' if row['shots'] == 'any' else _shots(row)}"
        for row in best.to_dict("records")
    )
    return (
        f"Of {count_of(len(families), 'ladder')} (a family on a benchmark) the 90% interval over tasks lies above zero "
        f"on {int(above.sum())}{f' ({named})' if named else ''} and below on {int(below.sum())}, where chance gives "
        f"{0.05 * len(families):.0f} each; on {less} of those below less far than noise alone would put it."
    )


def _shots(row: dict) -> str:
    return f", {row['shots']} shot{'' if row['shots'] == 'one' else 's'}"


def _on_overall(overall: pd.DataFrame, triples: int) -> str:
    raw, noise, same, free, apart = (
        ""
        if np.isnan(row["tasks_drawn"])
        else f"{signless(row['tasks_drawn'])} "
        + bracket(row["lines_and_tasks_drawn_low"], row["lines_and_tasks_drawn_high"])
        for _, row in overall.iloc[[0, 1, 2, 3, 5]].iterrows()
    )
    parts = [
        f"Over {count_of(triples, 'triple')} of consecutive models in "
        f"{count_of(int(overall['lines'].iloc[0]), 'line')} the mean correlation is {raw}"
    ]
    if noise:
        parts.append(f"; the noise of the middle score alone, with true gains uncorrelated, would give {noise}")
    if free:
        parts.append(f". Where the gains vary beyond noise it is {same} measured and {free} with the noise taken out")
    if apart:
        parts.append(f"; of gains that share no score {apart}")
    what = "lines and tasks" if overall["lines"].iloc[0] > 1 else "tasks of one line"
    return "".join(parts) + f" (90% intervals, {what} resampled)."


def _on_clustering(overall: pd.Series) -> list[str]:
    if np.isnan(overall["spread_between_triples"]):
        return []
    return [
        f"Triples differ from one another by more than their tasks explain (standard deviation "
        f"{overall['spread_between_triples']:.2f} in Fisher's z): 62 tasks of one triple of models say as much about "
        f"the next triple as {overall['worth_of_62_tasks']:.0f} independent tasks would."
    ]


def _describe_families(named: pd.DataFrame) -> list[str]:
    rows = named.to_dict("records")
    published = [row for row in rows if row["basis"] != "computed here"]
    parts = [
        f"{_who(row)} r = {signless(row['r'])} (squared {row['r_squared']:.3f}; by rank {signless(row['r_rank'])}, "
        f"without the task that moves it most {signless(row['r_without'])})"
        for row in rows
    ]
    said = "; ".join(f"{_who(row)} ({row['basis'].removeprefix('published, ')})" for row in published)
    basis = f"Only that of {said} was published, the others are computed here." if published else "All computed here."
    out = [f"Correlation of a task's successive gains: {'; '.join(parts)}. {basis}"]
    by_view = named[["r", *IN_VIEWS]].set_axis(list(VIEWS), axis=1)
    widest = int((by_view.max(axis=1) - by_view.min(axis=1)).argmax())
    views = by_view.iloc[widest]
    out.append(
        f"The view of the score decides: for {_who(rows[widest])} the same gains correlate at {signless(views.min())} "
        f"as {str(views.idxmin()).replace('_', ' ')} and at {signless(views.max())} as "
        f"{str(views.idxmax()).replace('_', ' ')}."
    )
    return out


def _who(row: dict) -> str:
    return f"{row['models']} on {row['benchmark']}"


def draw(tables: dict[str, pd.DataFrame]) -> Figure:
    """Left, models that the argument names, with intervals; right, each family's against what noise alone gives."""
    from scale_forecast.show.plots.style import BLACK, BLUE, COLOURS, GREY, MARKERS, ORANGE, legend, new_figure, plain

    figure, axes = new_figure(1, 2, height=4.9)
    left, right = axes[0]
    shown = tables.get("named", tables.get("families", pd.DataFrame())).head(8)
    y = np.arange(len(shown))
    left.hlines(y, shown["r_low"], shown["r_high"], color=BLUE, linewidth=2)
    left.plot(shown["r"], y, "o", color=BLUE, label="measured, 90% interval")
    left.plot(shown["r_noise"], y, "D", color=ORANGE, label="expected from noise alone")
    left.plot(shown["r_corrected"], y, "x", color=BLACK, label="noise taken out")
    who = shown["models" if "named" in tables else "family"]
    names = [f"{plain(who, 26)}\n{plain(on, 24)}" for who, on in zip(who, shown["benchmark"], strict=True)]
    left.set_yticks(y, names, fontsize=8.5)
    left.set(xlim=(-1, 1), xlabel="correlation of successive gains", ylim=(len(shown) - 0.4, -0.6))
    left.axvline(0, color=GREY, linewidth=1)
    legend(left, loc="upper center", bbox_to_anchor=(0.5, -0.16))
    families = tables.get("families", pd.DataFrame(columns=["line", "r", "r_noise"]))
    lines = families["line"].value_counts().index
    for i, line in enumerate(lines[: len(COLOURS) - 1]):
        part = families[families["line"] == line]
        right.plot(part["r_noise"], part["r"], MARKERS[i], color=COLOURS[i], label=plain(line, 20), markersize=5)
    rest = families[families["line"].isin(lines[len(COLOURS) - 1 :])]
    if len(rest):
        right.plot(rest["r_noise"], rest["r"], ".", color=GREY, label="other lines", markersize=7)
    right.plot([-1, 0], [-1, 0], color=BLACK, linewidth=1, linestyle="--", label="noise alone")
    right.axhline(0, color=GREY, linewidth=1)
    right.set(
        xlabel="correlation expected from noise alone",
        ylabel="measured correlation",
        xlim=(-1.03, 0.03),
        ylim=(-1.03, 1.03),
    )
    right.set_title("each family on each benchmark")
    left.set_title("models that the argument names" if "named" in tables else "families")
    legend(right, loc="upper center", bbox_to_anchor=(0.5, -0.16), ncols=3)
    return figure


STUDY = Study(
    "momentum", "Does a task that gained at the last step of scale gain at the next?", example="families", run=study
)
