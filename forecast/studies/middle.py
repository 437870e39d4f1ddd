"""Study 5: does momentum depend on where the middle of three models stands between chance and ceiling?

A task flounders (within noise of chance, or a tenth of the way up), learns, or is on its plateau (the last tenth).
The argument of 2022 expects momentum from how tasks pass through these states: a task that begins to learn gains after
it did not gain, one that reaches its plateau no longer gains after it did. Three states at three models, never going
back, make ten cases. The correlation of the two gains is the mean over tasks of the product of their standardised
gains, so each case has a part in it, and its sign says whether it makes for momentum or against. Beside it stands the
sign that exact logistic curves without noise give (two decades wide, midpoints four decades apart, models a decade
apart), which is what the states alone do.
"""

from __future__ import annotations

import itertools
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from scale_forecast.data.names import count_of
from scale_forecast.studies.findings import Findings, Study, bracket, signless
from scale_forecast.studies.ladders import Ladder, Measured, ladders, measure_ladders
from scale_forecast.studies.logistic import CURVES, random_curves
from scale_forecast.studies.resampling import cells, line_weights, weighted_mean
from scale_forecast.studies.states import STATES, position_of, states_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

CASES = tuple(itertools.combinations_with_replacement(range(len(STATES)), 3))
"""The ten ways through three states at three models that never go back."""
FEWEST_IN_TRIPLE = 5
FEWEST_IN_STATE = 5
CURVES_OF_A_CASE = 20
"""Simulated curves from which a case has a sign."""
FEWEST_OF_A_CASE, FEWEST_LINES = 50, 5
"""Tasks, and lines, from which a case has one in the results."""


def study(results: pd.DataFrame, tasks: pd.DataFrame, metrics: pd.DataFrame, *, seed: int = 0) -> Findings:
    """Correlations of successive gains by the middle model's state, and the part of each transition in them.

    Returns
    -------
    Findings with the tables ``by_state`` (correlation, and what noise alone would give, among tasks whose middle model
    is in a state) and ``cases`` (of each transition its share of tasks, its part in the correlation and their signs);
    without tables where no chance is known.
    """
    data = measure_ladders(results, tasks, metrics)
    share = data.rows["is_share"].to_numpy(dtype=bool)
    kept = [ladder for ladder in ladders(data.rows) if share[ladder.row.max()]]
    gains = [table for ladder in kept for triple in ladder.windows(3) if len(table := _gains(triple, data))]
    if not gains:
        return Findings({}, ["No three models here have scores on five tasks whose chance is known: no states to see."])
    table = pd.concat(gains, keys=range(len(gains)), names=["triple", None]).reset_index("triple")
    tables = {"by_state": by_state(table, seed), "cases": cases(table, seed)}
    return Findings(tables, _sentences(tables, table), draw=partial(draw, tables))


def _gains(triple: Ladder, data: Measured) -> pd.DataFrame:
    """One row a task of a triple: two gains, the product of both standardised, what noise adds to it, three states."""
    position, at_chance = position_of(triple, data)
    known = np.isfinite(position).all(axis=1)
    if known.sum() < FEWEST_IN_TRIPLE:
        return pd.DataFrame()
    score, se = (triple.of(data.rows[name].to_numpy(dtype=float))[known] for name in ("score", "se"))
    state = states_of(position, at_chance)[known]
    first, second = score[:, 1] - score[:, 0], score[:, 2] - score[:, 1]
    if min(first.std(), second.std()) < 1e-9:
        return pd.DataFrame()
    size = first.std() * second.std()
    product = (first - first.mean()) * (second - second.mean()) / size
    noise = -np.nan_to_num(se[:, 1] ** 2) / size
    noise /= max(1.0, -noise.mean())  # binomial noise is an upper bound, and no correlation is below -1
    return pd.DataFrame(
        {"line": triple.name["line"], "first": first, "second": second, "product": product, "noise": se[:, 1] ** 2,
         "noise_product": noise, "from": state[:, 0], "over": state[:, 1],
         "to": state[:, 2]}
    )  # fmt: skip


def by_state(gains: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Correlation of the two gains among tasks with the middle model in a state, mean over lines.

    Gains are taken about their mean within a triple and state, and pooled over the triples of a line. ``r_noise`` is
    what the middle score's sampling noise alone would give.
    """
    key = ["triple", "over"]
    enough = gains.groupby(key)["first"].transform("size") >= FEWEST_IN_STATE
    rows = gains[enough]
    x, y = (rows[name] - rows.groupby(key)[name].transform("mean") for name in ("first", "second"))
    left = 1.0 - 1.0 / rows.groupby(key)["first"].transform("size")
    moments = pd.DataFrame({"xy": x * y, "xx": x * x, "yy": y * y, "noise": rows["noise"] * left})
    lines = sorted(gains["line"].unique())
    sums = moments.assign(line=rows["line"], over=rows["over"]).groupby(["over", "line"]).sum(min_count=1)
    drawn = line_weights(len(lines), seed=seed)
    out = []
    for code, state in enumerate(STATES):
        part = sums.reindex([(code, line) for line in lines])
        size = np.sqrt((part["xx"] * part["yy"]).to_numpy())
        size = np.where(size > 1e-12, size, np.nan)
        seen = rows["over"] == code
        row: dict[str, object] = {
            "middle_model": state,
            "tasks": int(seen.sum()),
            "lines": int(np.isfinite(size).sum()),
        }
        row |= cells("r", weighted_mean(part["xy"].to_numpy() / size, drawn))
        out.append(row | cells("r_noise", weighted_mean(np.maximum(-part["noise"].to_numpy() / size, -1.0), drawn)))
    return pd.DataFrame(out)


def cases(gains: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Each transition's part in the correlation, mean over triples of a line, then lines: the parts add up to it.

    ``noise_part`` is what the noise of the middle score alone gives, where it is known. A case with few tasks or lines
    has no sign.
    """
    lines = sorted(gains["line"].unique())
    drawn = line_weights(len(lines), seed=seed)
    code = gains[["from", "over", "to"]].apply(tuple, axis=1)
    triples = gains.groupby("triple").agg(line=("line", "first"), tasks=("line", "size"))
    simulated = _simulate_cases(seed)
    out = []
    for case in (*CASES, None):
        rows = gains[code == case] if case is not None else gains[~code.isin(CASES)]
        sums = rows.groupby("triple").agg(
            sum=("product", "sum"), size=("product", "size"), noise=("noise_product", "sum")
        ).reindex(triples.index, fill_value=0)  # fmt: skip
        by_line = sums.div(triples["tasks"], axis=0).groupby(triples["line"]).mean().reindex(lines)
        row: dict[str, object] = {"case": "falls back" if case is None else " → ".join(STATES[i] for i in case)}
        row |= {"tasks": len(rows), "lines": int(rows["line"].nunique())}
        row |= {"share": float(weighted_mean(by_line["size"].to_numpy(dtype=float), drawn)[0])}
        whole = cells("part", weighted_mean(by_line["sum"].to_numpy(dtype=float), drawn))
        row |= whole
        row["noise_part"] = float(weighted_mean(by_line["noise"].to_numpy(dtype=float), drawn)[0])
        few = len(rows) < FEWEST_OF_A_CASE or rows["line"].nunique() < FEWEST_LINES
        row["sign"] = "too few" if few else _sign(whole["part_low"], whole["part_high"])
        part = simulated.get(case) if case else None
        out.append(row | {"logistic_part": np.nan if part is None else part, "logistic_sign": _plain_sign(part)})
    return pd.DataFrame(out)


def _simulate_cases(seed: int) -> dict[tuple[int, ...], float]:
    """The part of each case among exact logistic curves."""
    curves = random_curves(CURVES, 4.0, 2.0, np.random.default_rng(seed), plateaus_vary=False)
    scale = np.array([-1.0, 0.0, 1.0])
    state = states_of(curves.position(scale))
    gain = np.diff(curves.score(scale), axis=1)
    product = ((gain - gain.mean(axis=0)) / gain.std(axis=0)).prod(axis=1)
    found = {case: (state == case).all(axis=1) for case in CASES}
    return {case: float(product[at].sum() / CURVES) for case, at in found.items() if at.sum() >= CURVES_OF_A_CASE}


def _sign(low: float, high: float) -> str:
    return "+" if low > 0 else "-" if high < 0 else "unclear"


def _plain_sign(part: float | None) -> str:
    return "not seen" if part is None else "+" if part > 0 else "-"


def _sentences(tables: dict[str, pd.DataFrame], gains: pd.DataFrame) -> list[str]:
    seen = [row for row in tables["by_state"].to_dict("records") if np.isfinite(row["r"])]
    states = "; ".join(
        f"{row['middle_model']} {signless(row['r'])} {bracket(row['r_low'], row['r_high'])}, noise alone "
        f"{signless(row['r_noise'])}"
        for row in seen
    )
    table = tables["cases"]
    out = (
        [
            f"Over {count_of(gains['triple'].nunique(), 'triple')} of consecutive models in "
            f"{count_of(gains['line'].nunique(), 'line')}, successive gains correlate by the state of the middle model "
            f"at: {states} (90% intervals, lines resampled)."
        ]
        if seen
        else []
    )
    ten = table[table["case"] != "falls back"]
    named = {sign: ten[ten["sign"] == sign] for sign in ("+", "-", "unclear", "too few")}
    parts = [
        f"{len(rows)} {words}" + (f" ({', '.join(rows['case'])})" if sign in ("+", "-", "unclear") else "")
        for (sign, rows), words in zip(
            named.items(), ("make for momentum", "make against it", "are unclear", "are too rare to tell"), strict=True
        )
        if len(rows)
    ]
    both = ten[ten["sign"].isin(["+", "-"]) & ten["logistic_sign"].isin(["+", "-"])]
    agree = int((both["sign"] == both["logistic_sign"]).sum())
    back = table[table["case"] == "falls back"].iloc[0]
    out.append(
        f"Of the ten transitions between states {'; '.join(parts)}. {agree} of the {len(both)} that have a sign here "
        f"have that of exact logistic curves. {back['share']:.0%} of tasks fall back to a lower state on the way, with "
        f"a part of {signless(back['part'])} {bracket(back['part_low'], back['part_high'])} in the correlation; noise "
        f"alone gives all transitions together {signless(table['noise_part'].sum())}."
    )
    return out


def draw(tables: dict[str, pd.DataFrame]) -> Figure:
    """Left, momentum by state; right, the part of each transition in the correlation, with that of logistic curves."""
    from scale_forecast.show.plots.style import BLUE, GREY, ORANGE, legend, new_figure

    figure, axes = new_figure(1, 2, height=5.0)
    left, right = axes[0]
    table = tables["by_state"]
    y = np.arange(len(table))
    left.hlines(y, table["r_low"], table["r_high"], color=BLUE, linewidth=2)
    left.plot(table["r"], y, "o", color=BLUE, label="measured, 90% interval")
    left.plot(table["r_noise"], y, "D", color=ORANGE, label="expected from noise alone")
    left.set_yticks(y, table["middle_model"])
    left.set(xlim=(-1, 1), ylim=(len(table) - 0.5, -0.5), xlabel="correlation of successive gains")
    left.set_title("by the middle model's state")
    left.axvline(0, color=GREY, linewidth=1)
    legend(left, loc="upper center", bbox_to_anchor=(0.5, -0.13))
    table = tables["cases"]
    y = np.arange(len(table))
    right.hlines(y, table["part_low"], table["part_high"], color=BLUE, linewidth=2)
    right.plot(table["part"], y, "o", color=BLUE, label="in these results, 90% interval")
    right.plot(table["logistic_part"], y, "x", color=ORANGE, label="exact logistic curves")
    right.set_yticks(y, table["case"], fontsize=7.5)
    right.set(ylim=(len(table) - 0.5, -0.5), xlabel="part in the correlation")
    right.axvline(0, color=GREY, linewidth=1)
    legend(right, loc="upper center", bbox_to_anchor=(0.5, -0.13))
    return figure


STUDY = Study(
    "middle", "Does momentum depend on where the middle model stands between chance and ceiling?", example="by_state",
    run=study,
)  # fmt: skip
