"""How well recovery and reversal of falling tasks are foretold, on lines held out of everything learned.

``python -m benchmarks.reversal [--dated] [--cache DIR]``: for every known model and every task whose scores had fallen
up to it, the probabilities that a forecast of it would have carried, their Brier scores against the base rate (which
leaves out the line too), and their reliability. Intervals (90%) come from resampling lines and tasks.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.special import expit
from scipy.stats import beta

from scale_forecast.backtests.resampled import Resampled, interval, nested_mean
from scale_forecast.backtests.training import Trained
from scale_forecast.data.load import load
from scale_forecast.data.trend import recovers, reverses
from scale_forecast.inputs.folds import Fold, folds_of
from scale_forecast.inputs.panel import Panel, as_panel
from scale_forecast.inputs.steps import FALLING, Histories, known_steps
from scale_forecast.predictors.events import trends_and_events
from scale_forecast.predictors.registry import DEFAULT
from scale_forecast.predictors.reversal import Reversal

EVENTS = ("recovery", "reversal")
ALONE = {
    "distribution": "the distribution alone",
    "regression": "the regression alone",
    "both": "both (what is shipped)",
}
EDGES = np.array([0.0, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0])
DRAWS = 2000


def falling_folds(panel: Panel, dated: bool) -> Iterator[Fold]:
    """Leave-family-out folds of the models that some falling task of theirs leads to, line by line."""
    series = Histories.of(panel.rows)
    steps = known_steps(series, FALLING)
    models = panel.rows["model"].to_numpy()[series.row[steps.at, steps.target]]
    for fold in folds_of(panel, "leave-family-out", sorted(set(models))):
        if fold.date_limited == dated:
            yield fold


def outcomes(fold: Fold, at: np.ndarray) -> dict[str, np.ndarray]:
    """Whether each of some rows of a fold recovered, and whether it reversed, from the scores themselves."""
    rows, truth, own = fold.rows.iloc[at], fold.truth.iloc[at], fold.evidence.rows
    own = own[(own["family"] == fold.target.family).to_numpy()].sort_values("scale", kind="stable")
    happened = []
    for unit, score, se, up in zip(rows["unit"], truth["score"], truth["se"], rows["higher_is_better"], strict=True):
        past = own[(own["unit"] == unit).to_numpy()]
        sign = 1.0 if up else -1.0
        better, better_se = sign * past["score"].to_numpy()[None], past["se"].to_numpy()[None]
        target, target_se = np.array([sign * score]), np.array([se])
        happened.append(
            (
                recovers(target, better[:, -1], target_se, better_se[:, -1])[0],
                reverses(target, better, target_se, better_se)[0],
            )
        )
    return dict(zip(EVENTS, np.array(happened, dtype=float).T, strict=True))


def cases(panel: Panel, dated: bool, cache: Path | None) -> pd.DataFrame:
    """One row per event and falling task of a held-out model."""
    trained, out = Trained(panel, cache), []
    learned: dict[object, Reversal] = {}
    for fold in falling_folds(panel, dated):
        forecast = trained.get(DEFAULT, fold.exclusion).predict(fold.rows, fold.evidence)
        if fold.exclusion not in learned:
            learned = {fold.exclusion: Reversal().fit(panel.take(fold.exclusion.allows(panel)))}
        reversal = learned[fold.exclusion]
        said, stated = reversal.predict(forecast, fold.evidence), trends_and_events(forecast, fold.evidence)
        falling = np.flatnonzero((said["trend"] == "falling") & fold.rows["origin_is_own"])
        if not len(falling):
            continue
        happened = outcomes(fold, falling)
        recovery, share = reversal.log_odds(fold.rows.iloc[falling], fold.evidence)
        regression = {"recovery": expit(recovery), "reversal": expit(recovery) * expit(share)}
        for event in EVENTS:
            table = fold.rows.iloc[falling][["line", "family", "target_model", "canonical_task"]]
            table = table.assign(event=event, happened=happened[event], regression=regression[event])
            table["checkpoint"] = "@" in str(fold.target.family)
            table["base"] = said[f"base_{event}"].to_numpy()[falling]
            table["both"] = said[f"prob_{event}"].to_numpy()[falling]
            table["distribution"] = stated[f"prob_{event}"].to_numpy()[falling]
            out.append(table)
    return pd.concat(out, ignore_index=True)


def skills(table: pd.DataFrame) -> Iterator[tuple[str, float, float, str, str]]:
    """Of each way to a probability: Brier scores, and skill over the base rate by case and by line, with intervals."""
    rng = np.random.default_rng(0)
    resampled = Resampled(table, draws=DRAWS)
    groups = [pd.factorize(table[name])[0] for name in ("line", "canonical_task")]
    weight = np.ones((DRAWS, len(table)))
    for code in groups:
        n = code.max() + 1
        weight *= rng.multinomial(n, np.full(n, 1 / n), size=DRAWS)[:, code]
    loss = {name: (table[name] - table["happened"]).to_numpy() ** 2 for name in (*ALONE, "base")}
    for name, words in ALONE.items():
        ours, base = loss[name], loss["base"]
        by_case = 1 - ours.mean() / base.mean()
        nested = 1 - nested_mean(table.assign(x=ours), "x") / nested_mean(table.assign(x=base), "x")
        draws = 1 - (weight @ ours) / (weight @ base)
        by_line = 1 - resampled.means(ours) / resampled.means(base)
        yield words, base.mean(), ours.mean(), _say_interval(by_case, draws), _say_interval(nested, by_line)


def _say_interval(value: float, draws: np.ndarray) -> str:
    low, high = interval(draws)
    return f"{value:6.1%} [{low:6.1%}, {high:6.1%}]"


def reliability(table: pd.DataFrame) -> Iterator[str]:
    """Cases by the probability that was said: how many, what was said on average, and how many happened."""
    bin_of = np.digitize(table["both"], EDGES[1:-1])
    for i in range(len(EDGES) - 1):
        part = table[bin_of == i]
        if part.empty:
            continue
        n, k = len(part), int(part["happened"].sum())
        low, high = beta.ppf([0.05, 0.95], k + 0.5, n - k + 0.5)
        yield (
            f"  {EDGES[i]:4.0%} to {EDGES[i + 1]:4.0%}  {n:4d} cases  said {part['both'].mean():5.1%}  "
            f"happened {k:3d} = {k / n:5.1%} [{low:5.1%}, {high:5.1%}]"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dated", action="store_true", help="learn and read only what was public before each model")
    parser.add_argument("--cache", type=Path, help="folder of trained states")
    parser.add_argument("--out", type=Path, help="write the cases as CSV")
    options = parser.parse_args()
    tables = load()
    panel = as_panel(tables.results, tables.tasks, tables.metrics)
    everything = cases(panel, options.dated, options.cache)
    if options.out:
        everything.to_csv(options.out, index=False)
    for event in EVENTS:
        for checkpoints in (False, True):
            table = everything[(everything["event"] == event) & (checkpoints | ~everything["checkpoint"])]
            table = table.reset_index(drop=True)
            kind = "with checkpoints of Pythia" if checkpoints else "final models"
            print(
                f"\n{event}, {kind}: {len(table)} cases of {table['line'].nunique()} lines, "
                f"{int(table['happened'].sum())} happened"
            )
            print(f"  {'':24s}  Brier (base rate's {skills_base(table):.4f})  skill by case, by line [90%]")
            for words, _, ours, by_case, by_line in skills(table):
                print(f"  {words:24s}  {ours:.4f}  {by_case}  {by_line}")
            if not checkpoints:
                print("\n".join(reliability(table)))


def skills_base(table: pd.DataFrame) -> float:
    """Brier score of the base rate."""
    return float(((table["base"] - table["happened"]) ** 2).mean())


if __name__ == "__main__":
    main()
