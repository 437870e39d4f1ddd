"""What each ingredient of the default predictor adds: the same backtest without it.

    python -m benchmarks.ablation            # all held-out lines; about half an hour of processor time
    python -m benchmarks.ablation PaLM LLaMA # some lines

Everything is learned anew without the ingredient, from past forecasts of other lines, and the held-out line is forecast
by the result. Shares only, leave-family-out, other lines whatever their date.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from scale_forecast.backtests.fold_rows import fold_rows
from scale_forecast.backtests.resampled import Resampled, interval, nested_mean
from scale_forecast.backtests.training import past_folds
from scale_forecast.data.load import load
from scale_forecast.distribution import Forecast
from scale_forecast.inputs.folds import Exclusion, Fold, folds_of
from scale_forecast.inputs.panel import Panel, as_panel
from scale_forecast.predictors.pooling import Variances
from scale_forecast.predictors.stack import (
    CASES,
    PLAIN,
    PREDICTING_ROWS,
    PRIORS,
    TRAINING_ROWS,
    Candidates,
    Mixture,
    learn_mixture,
)

FLAT_NOISE = 0.1
"""Link units of noise that every score has where the noise model is left out."""
DESCRIPTORS = ("chance", "chance_slope", "task_prompt", "task_tuning")
EACH = 6
"""Largest models of a line that are held out, so that no line takes most of the time."""


def as_it_is(fold: Fold) -> Fold:
    return fold


def own_family_only(fold: Fold) -> Fold:
    return replace(fold, evidence=fold.evidence.take((fold.evidence.rows["family"] == fold.target.family).to_numpy()))


def all_scores_alike(fold: Fold) -> Fold:
    """Every score as noisy as any other."""
    rows = fold.rows.assign(n_examples=np.nan, origin_z_se=FLAT_NOISE)
    return replace(fold, rows=rows, evidence=Panel(fold.evidence.rows.assign(z_se=FLAT_NOISE)))


def without_pooling(candidates: Candidates) -> Candidates:
    kept = slice(0, len(PLAIN))
    z = candidates.z[:, kept]
    terms = candidates.terms.copy()
    terms[:, 1], terms[:, 3] = 0.0, z.var(axis=1)
    return replace(candidates, own=candidates.own[:, kept], shift=candidates.shift[:, kept], z=z, terms=terms)


def in_one_part(candidates: Candidates) -> Candidates:
    """Shift and own part with the same weights."""
    return replace(candidates, own=np.zeros_like(candidates.z), shift=candidates.z)


@dataclass(frozen=True)
class Variant:
    """What is changed before the candidates are asked, in what they are asked, and in what they said."""

    fold: Callable[[Fold], Fold] = as_it_is
    priors: tuple = PRIORS
    said: Callable[[Candidates], Candidates] = field(default=lambda candidates: candidates)

    def candidates(self, fold: Fold, most_rows: int) -> Candidates:
        return self.said(Candidates.of(fold.rows, fold.evidence, most_rows, priors=self.priors))


VARIANTS = {
    "all of it": Variant(),
    "without pooling": Variant(said=without_pooling),
    "without the fitted prior": Variant(priors=(Variances(), Variances())),
    "without other families": Variant(fold=own_family_only),
    "without descriptors": Variant(priors=tuple(prior.without(*DESCRIPTORS) for prior in PRIORS)),
    "without the noise model": Variant(fold=all_scores_alike),
    "in one part": Variant(said=in_one_part),
}


def shares_of(fold: Fold) -> Fold:
    return fold.take((fold.rows["is_share"] & fold.rows["origin_is_own"]).to_numpy())


def hold_out(panel: Panel, lines: list[str]) -> Iterator[tuple[str, list[Fold]]]:
    folds = [
        shares_of(fold)
        for fold in folds_of(panel, "leave-family-out")
        if not fold.date_limited and "@" not in fold.target.family
    ]
    for line in lines or sorted({fold.target.line for fold in folds}):
        mine = [fold for fold in folds if fold.target.line == line and len(fold.rows)]
        yield line, sorted(mine, key=lambda fold: -fold.target.compute)[:EACH]


def forecasts(variant: Variant, past: list[Fold], targets: list[Fold]) -> Iterator[pd.DataFrame]:
    """Backtest rows of the targets under one variant."""
    changed = [variant.fold(fold) for fold in past]
    asked = [(fold, variant.candidates(fold, TRAINING_ROWS)) for fold in changed]
    with_others = [(fold, said) for fold, said in asked if (said.case == CASES.index("together")).any()]
    width = asked[0][1].z.shape[1]
    equal = replace(Mixture.without_past(), own=np.full(width, 1 / width), shift=np.full(width, 1 / width))
    mixture = learn_mixture(with_others or asked, equal)
    for fold in targets:
        target = variant.fold(fold)
        said = variant.candidates(target, PREDICTING_ROWS)
        yield fold_rows(Forecast.from_knots(target.rows, mixture.knots(said), "", loading=mixture.loading), target)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("lines", nargs="*")
    tables = load()
    panel = as_panel(tables.results, tables.tasks, tables.metrics)
    parts = []
    for line, targets in hold_out(panel, parser.parse_args().lines):
        past = [fold for fold in map(shares_of, past_folds(panel, Exclusion(line))) if len(fold.rows)]
        for name, variant in VARIANTS.items():
            rows = pd.concat(forecasts(variant, past, targets), ignore_index=True)
            parts.append(rows.assign(predictor=name, line=line))
        print(f"{line}: {len(targets)} models", file=sys.stderr)
    report(pd.concat(parts, ignore_index=True))


def report(table: pd.DataFrame) -> None:
    order = ["line", "family", "target_model", "benchmark", "task", "metric", "shots", "prompt"]
    by_name = {
        name: rows.sort_values(order).reset_index(drop=True) for name, rows in table.groupby("predictor", sort=False)
    }
    full = by_name["all of it"]
    resampled = Resampled(full)
    base = resampled.means(full["crps"].to_numpy())
    for name, rows in by_name.items():
        inside = rows["score"].between(rows["q10"], rows["q90"]).astype(float)
        low, high = interval(resampled.means(rows["crps"].to_numpy()) / base - 1)
        ratio = nested_mean(rows, "crps") / nested_mean(full, "crps") - 1
        held = nested_mean(rows.assign(inside=inside), "inside")
        print(
            f"{name:24} CRPS {nested_mean(rows, 'crps'):.4f}  {ratio:+.1%} [{low:+.1%}, {high:+.1%}]"
            f"  MAE {nested_mean(rows, 'abs_error'):.4f}  in 80% {held:.0%}"
        )


if __name__ == "__main__":
    main()
