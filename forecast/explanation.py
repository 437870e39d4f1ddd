"""What moved a forecast: origin, common shift, own part, who says so with what weight, and what past steps did.

The default predictor's median is taken apart exactly, in score units: the origin's score, the shift common to its
suite, the task's own part, and what past errors add. The own part is explained a second time by the SHAP values of the
boosted trees, which look at the same gains from another side.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from scale_forecast.backtests.training import Trained
from scale_forecast.data.results import UNIT
from scale_forecast.data.trend import TRENDS
from scale_forecast.distribution import Forecast, Link
from scale_forecast.inputs.folds import Exclusion
from scale_forecast.inputs.panel import Panel
from scale_forecast.inputs.steps import Histories, chance_z, known_steps
from scale_forecast.inputs.targets import Target, evidence_of, target_rows, visible
from scale_forecast.predictors.base import suite_mean
from scale_forecast.predictors.boosted import INPUTS, OF_ITEMS, Boosted, Gains
from scale_forecast.predictors.ceiling import noise_ceiling, sampling_noise
from scale_forecast.predictors.events import prob_gain
from scale_forecast.predictors.pooling import Variances, pooled_posterior
from scale_forecast.predictors.reversal import Reversal
from scale_forecast.predictors.stack import CANDIDATES, Candidates, Stack
from scale_forecast.upcoming import select_targets

SIMILAR = 5
SHOWN = 8
ALIKE = {"level": 1.0, "above chance": 1.0, "step": 0.3, "noise": 0.7}
"""How far apart two steps may be to count as alike, by each measure: link units, decades, log of link units."""


@dataclass(frozen=True)
class Explanation:
    """What moved the forecasts of m tasks.

    Attributes
    ----------
    tasks : DataFrame, (m, ...)
        One row a task, its `UNIT` as far as said, and: ``origin_model, origin_score, origin_se, pooled_origin`` (what
        all scores together say the origin should have scored), ``common_shift, own_part, past_errors`` (points of
        score; with the origin they sum to ``median``), ``median, q10, q90, prob_gain, prob_recovery, prob_reversal``,
        ``trend, base_recovery``, ``noise`` (standard error that sampling alone gives the target's score) and
        ``ceiling_r2`` (share of the variance of its suite's gains, as forecast, that is not such noise: no predictor's
        R2 can be expected higher).
    candidates : DataFrame, (m x candidates, ...)
        ``row`` (place in ``tasks``), ``candidate, says`` (a score), its ``shift`` and ``own`` part (link units from the
        origin), and its weights in either.
    features : DataFrame, (m x inputs, ...)
        ``row, feature, value, link`` (SHAP value, link units) and ``points`` (about so many points of score).
    similar : DataFrame, (at most m x `SIMILAR`, ...)
        ``row, task, from, to, decades, score, became, gain_se``: the past steps that looked most alike, and what came.
    """

    tasks: pd.DataFrame
    candidates: pd.DataFrame
    features: pd.DataFrame
    similar: pd.DataFrame

    @property
    def _unit(self) -> list[str]:
        """The columns that say what is measured."""
        return [name for name in UNIT if name in self.tasks]

    def as_long(self) -> pd.DataFrame:
        """One table for files: a row a ``number`` (or ``text``) with its task, ``part``, ``name`` and ``quantity``."""
        parts = [self.tasks.drop(columns=self._unit).assign(row=range(len(self.tasks)), part="forecast", name="")]
        parts.append(self.candidates.assign(part="candidate").rename(columns={"candidate": "name"}))
        parts.append(self.features.assign(part="feature").rename(columns={"feature": "name"}))
        names = self.similar[["task", "from", "to"]].astype("str")
        label = names["task"] + ": " + names["from"] + " to " + names["to"]
        parts.append(self.similar.drop(columns=["task", "from", "to"]).assign(part="past step", name=label))
        melted = [p.melt(["row", "part", "name"], var_name="quantity", value_name="number") for p in parts]
        long = pd.concat([m.astype({"number": object}) for m in melted], ignore_index=True)
        is_text = long["number"].map(lambda value: isinstance(value, str))
        long["text"] = long["number"].where(is_text)
        long["number"] = pd.to_numeric(long["number"].where(~is_text))
        return self.tasks[self._unit].iloc[long["row"]].reset_index(drop=True).join(long.drop(columns="row"))

    def views(self) -> Iterator[tuple[str, pd.DataFrame]]:
        """Titled tables for a terminal, four for each task."""
        for row, task in self.tasks.iterrows():
            setting = f"{task['metric']}, {task['prompt']}" + (
                "" if pd.isna(task["shots"]) else f", {task['shots']:g}-shot"
            )
            yield f"{task['benchmark']}: {task['task']} ({setting})", _how_it_sums(task)
            mine = self.candidates[self.candidates["row"] == row].drop(columns="row")
            heavy = mine.sort_values(["weight_in_own", "weight_in_shift"], ascending=False, kind="stable").round(6)
            yield (
                "\nWho says so (parts in link units from the origin)",
                heavy.rename(columns=lambda c: c.replace("_", " ")),
            )
            first = self.features[self.features["row"] == row].head(SHOWN).drop(columns="row")
            yield (
                "\nWhat moved the own part of the boosted trees",
                first.assign(meaning=first["feature"].map(INPUTS | OF_ITEMS)),
            )
            past = self.similar[self.similar["row"] == row].drop(columns="row")
            yield (
                "\nPast steps that looked most alike, in other lines",
                past.rename(columns={"gain_se": "gain in s.e."}),
            )


def explain_upcoming(
    panel: Panel,
    target: Target,
    tasks: tuple[str, ...],
    *,
    benchmark: str | None = None,
    as_of: pd.Timestamp | None = None,
    cache: Path | None = None,
) -> Explanation:
    """Explain the default forecast of some tasks of an upcoming model.

    Parameters
    ----------
    panel : all rows
    target : the upcoming model
    tasks, benchmark : which rows (names match loosely)
    as_of, cache : as `upcoming.predict_upcoming`

    Raises
    ------
    DataError
        When there is nothing to predict from.
    UsageError
        For a task or benchmark that the evidence does not have.
    """
    evidence = evidence_of(panel, target, visible(panel, target, as_of))
    rows = target_rows(evidence, target)
    at = np.flatnonzero(select_targets(rows, benchmark, tasks))
    exclusion = Exclusion(target.line, as_of=as_of)
    trained = Trained(panel, cache)
    stack, boosted = trained.get("stack", exclusion), trained.get("boosted", exclusion)
    assert isinstance(stack, Stack)
    assert isinstance(boosted, Boosted)
    asked = Candidates.of(rows[rows["is_share"].to_numpy()], evidence)
    forecast = stack.combine(rows, evidence, asked)
    allowed = panel.restrict(exclusion.allows(panel))
    reversal = Reversal().fit(allowed).predict(forecast, evidence)
    return Explanation(
        tasks=_summary(rows, evidence, forecast, stack, asked, reversal).iloc[at].reset_index(drop=True),
        candidates=_candidates(rows, stack, asked, at),
        features=_features(rows, boosted, Gains.of(rows, evidence), at),
        similar=_similar(rows, reversal["trend"].to_numpy(), allowed, at),
    )


def _how_it_sums(task: pd.Series) -> pd.DataFrame:
    """The sum from origin to forecast, and what else is known of it, in words."""
    lines = [
        ("origin", task["origin_score"], f"{task['origin_model']}, standard error {task['origin_se']:.3f}"),
        ("", np.nan, f"all scores together say that it should have scored {task['pooled_origin']:.3f}"),
        ("common shift", task["common_shift"], "of all tasks of the suite"),
        ("own part", task["own_part"], "of this task beyond it"),
        ("past errors", task["past_errors"], "median error of past forecasts, and rounding at the ends"),
        ("forecast", task["median"], f"80% interval {task['q10']:.3f} to {task['q90']:.3f}"),
        ("P(gain)", task["prob_gain"], f"the scores so far are {task['trend']}"),
    ]
    if np.isfinite(task["prob_recovery"]):
        base = f"of falling tasks at large {task['base_recovery']:.0%} recovered"
        lines += [
            ("P(recovery)", task["prob_recovery"], base),
            ("P(reversal)", task["prob_reversal"], "beats its best"),
        ]
    lines += [
        ("noise", task["noise"], "standard error that sampling alone gives the target's score"),
        ("noise ceiling", task["ceiling_r2"], "highest R2 of the suite's gains that any predictor could expect"),
    ]
    return pd.DataFrame(lines, columns=["part", "score", "what"])


def _summary(
    rows: pd.DataFrame, evidence: Panel, forecast: Forecast, stack: Stack, asked: Candidates, reversal: pd.DataFrame
) -> pd.DataFrame:
    link = Link.of(rows)
    start = rows["origin_z"].to_numpy()
    shift, own = _parts(rows, forecast, stack, asked)
    origin = rows["origin_score"].to_numpy()
    shifted, ended = link.inverse(start + shift), link.inverse(start + shift + own)
    pooled = pooled_posterior(rows.assign(compute=rows["origin_compute"]), evidence, [Variances()])[0][0].mean
    median = forecast.median
    out = rows[[*(name for name in UNIT if name in rows), "origin_model", "origin_score", "origin_se"]].astype(
        {name: "str" for name in ("benchmark", "task", "metric", "prompt", "origin_model")}
    )
    out["pooled_origin"] = link.inverse(pooled)
    out["common_shift"] = shifted - link.inverse(start)
    out["own_part"] = ended - shifted
    out["past_errors"] = median - origin - out["common_shift"] - out["own_part"]
    out["median"] = median
    out[["q10", "q90"]] = forecast.quantiles([0.1, 0.9])
    out["prob_gain"] = prob_gain(forecast)
    out[["prob_recovery", "prob_reversal", "trend", "base_recovery"]] = reversal[
        ["prob_recovery", "prob_reversal", "trend", "base_recovery"]
    ]
    out["noise"] = sampling_noise(forecast)
    out["ceiling_r2"] = noise_ceiling(forecast, out["noise"].to_numpy())
    return out


def _parts(rows: pd.DataFrame, forecast: Forecast, stack: Stack, asked: Candidates) -> tuple[np.ndarray, np.ndarray]:
    """The common shift and the own part of each row's step, (n,) each, link units; a loss moves by itself."""
    start, share = rows["origin_z"].to_numpy(), rows["is_share"].to_numpy()
    mean = suite_mean(start[share], rows["suite"].to_numpy()[share])
    own_weight, shift_weight = stack.weights(asked)
    shift, own = np.zeros(len(rows)), forecast.link_quantiles(np.array([0.5]))[:, 0] - start
    shift[share] = (asked.shift * shift_weight).sum(axis=1) - mean
    own[share] = (asked.own * own_weight).sum(axis=1) - (start[share] - mean)
    return shift, own


def _candidates(rows: pd.DataFrame, stack: Stack, asked: Candidates, at: np.ndarray) -> pd.DataFrame:
    """What each candidate said of the shares among the rows ``at``; ``row`` is the place in ``at``."""
    share = np.flatnonzero(rows["is_share"].to_numpy())
    wanted, among = np.flatnonzero(np.isin(at, share)), np.searchsorted(share, at[np.isin(at, share)])
    rows = rows.iloc[share]
    link = Link.of(rows)
    suite, start = rows["suite"].to_numpy(), rows["origin_z"].to_numpy()
    mean = suite_mean(start, suite)
    own_weight, shift_weight = stack.weights(asked)
    columns = {
        "says": link.inverse(asked.z),
        "shift": asked.shift - mean[:, None],
        "own": asked.own - (start - mean)[:, None],
        "weight_in_shift": shift_weight,
        "weight_in_own": own_weight,
    }
    table = pd.DataFrame({name: values[among].ravel() for name, values in columns.items()})
    table.insert(0, "candidate", np.tile(CANDIDATES, len(among)))
    table.insert(0, "row", np.repeat(wanted, len(CANDIDATES)))
    return table


def _features(rows: pd.DataFrame, boosted: Boosted, gains: Gains, at: np.ndarray) -> pd.DataFrame:
    moved = boosted.contributions(gains)[at]
    link = Link.of(rows.iloc[at])
    here = link.slope(link.inverse(gains.start[at]))
    sign = np.where(link.up, 1.0, -1.0)
    table = pd.DataFrame(
        {
            "row": np.repeat(np.arange(len(at)), len(gains.names)),
            "feature": np.tile(gains.names, len(at)),
            "value": gains.inputs[at].ravel(),
            "link": moved.ravel(),
            "points": (sign[:, None] * moved / here[:, None]).ravel(),
        }
    )
    order = table["link"].abs().sort_values(ascending=False, kind="stable").index
    return table.loc[order].sort_values("row", kind="stable", ignore_index=True)


def _similar(rows: pd.DataFrame, trend: np.ndarray, allowed: Panel, at: np.ndarray) -> pd.DataFrame:
    """Past steps with the same trend and a like level, distance to chance, step and noise; one a task and line."""
    series = Histories.of(allowed.rows)
    steps = known_steps(series)
    known = allowed.rows.iloc[series.row[steps.at, steps.origin]].reset_index(drop=True)
    after = allowed.rows.iloc[series.row[steps.at, steps.target]].reset_index(drop=True)
    decades = (after["scale"] - known["scale"]).to_numpy()
    there = _places(known, known["z"].to_numpy(), known["z_se"].to_numpy(), decades)
    here = _places(rows, rows["origin_z"].to_numpy(), rows["origin_z_se"].to_numpy(), rows["step"].to_numpy())
    up = np.where(known["higher_is_better"], 1.0, -1.0)
    gain = up * (after["score"] - known["score"]) / np.hypot(known["se"], after["se"])
    names = np.array(TRENDS)[steps.trend]
    found = []
    for row, place in enumerate(at):
        comparable = (names == trend[place]) & (known["is_share"] == rows["is_share"].iloc[place]).to_numpy()
        far = np.where(comparable, ((there - here[place]) ** 2).sum(axis=1), np.inf)
        nearest = pd.DataFrame({"far": far, "task": known["task_code"], "line": known["line_code"]})
        nearest = nearest[np.isfinite(far)].sort_values("far", kind="stable").drop_duplicates(["task", "line"])
        pick = nearest.index[:SIMILAR]
        found.append(
            pd.DataFrame(
                {
                    "row": row,
                    "task": known["task"].iloc[pick].astype("str").to_numpy(),
                    "from": known["model"].iloc[pick].astype("str").to_numpy(),
                    "to": after["model"].iloc[pick].astype("str").to_numpy(),
                    "decades": decades[pick],
                    "score": known["score"].to_numpy()[pick],
                    "became": after["score"].to_numpy()[pick],
                    "gain_se": gain.to_numpy()[pick],
                }
            )
        )
    return pd.concat(found, ignore_index=True)


def _places(rows: pd.DataFrame, z: np.ndarray, z_se: np.ndarray, step: np.ndarray) -> np.ndarray:
    """Where steps stand, (n, 4), in units of `ALIKE`; a task without chance counts as its level above even odds."""
    columns = {"level": z, "above chance": z - chance_z(rows, 0.0), "step": step, "noise": np.log(z_se)}
    return np.column_stack([columns[name] / size for name, size in ALIKE.items()])
