"""What each ingredient of the default predictor adds: the same backtest without it.

    python -m benchmarks.ablation --keep DIR  # all held-out lines; about half an hour of processor time
    python -m benchmarks.ablation PaLM LLaMA  # some lines

Everything is learned anew without the ingredient, from past forecasts of other lines, and the held-out line is forecast
by the result. Shares only, leave-family-out, other lines whatever their date.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd

from scale_forecast.backtests.fold_rows import fold_rows
from scale_forecast.backtests.resampled import Resampled, interval, nested_mean
from scale_forecast.backtests.training import past_folds
from scale_forecast.data.load import load
from scale_forecast.inputs.folds import Exclusion, Fold, folds_of, held_out_models
from scale_forecast.inputs.panel import Panel, as_panel
from scale_forecast.parallel import one_thread
from scale_forecast.predictors.pooling import Variances
from scale_forecast.predictors.stack import (
    PLAIN,
    PREDICTING_ROWS,
    PRIORS,
    TRAINING_ROWS,
    Candidates,
    Mixture,
    Stack,
    learn_mixture,
)
from scale_forecast.predictors.ties import Ties

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


Asked = tuple[Fold, Candidates]
"""A fold and what the candidates say of it."""


@dataclass(frozen=True)
class Variant:
    """What is changed before the candidates are asked, in what they said, and in what is made of it."""

    fold: Callable[[Fold], Fold] = as_it_is
    priors: tuple[Variances, ...] = PRIORS
    said: Callable[[Candidates], Candidates] = field(default=lambda candidates: candidates)
    cases: bool = True
    ties: bool = True

    def ask(self, folds: list[Fold], most_rows: int) -> list[Asked]:
        changed = [self.fold(fold) for fold in folds]
        return [(fold, Candidates.of(fold.rows, fold.evidence, most_rows, priors=self.priors)) for fold in changed]


VARIANTS = {
    "all of it": Variant(),
    "without pooling": Variant(said=without_pooling),
    "without the fitted prior": Variant(priors=(Variances(), Variances())),
    "without other families": Variant(fold=own_family_only),
    "without descriptors": Variant(priors=tuple(prior.without(*DESCRIPTORS) for prior in PRIORS)),
    "without the noise model": Variant(fold=all_scores_alike),
    "in one part": Variant(said=in_one_part),
    "in one case": Variant(cases=False),
    "without ties": Variant(ties=False),
}


class Answers:
    """What the candidates say for each way of asking them, each asked once of one line's past and held-out models."""

    def __init__(self, past: list[Fold], held_out: list[Fold]) -> None:
        self._folds = past, held_out
        self._kept: dict[object, tuple[list[Asked], list[Asked], list[Asked]]] = {}

    def of(self, variant: Variant) -> tuple[list[Asked], list[Asked], list[Asked]]:
        """Past ones from the family's own scores, past ones from all, held-out ones."""
        key = (variant.fold, variant.priors)
        if key not in self._kept:
            past, held_out = self._folds
            own = [own_family_only(fold) for fold in past]
            asked = variant.ask(held_out, PREDICTING_ROWS)
            self._kept[key] = (variant.ask(own, TRAINING_ROWS), variant.ask(past, TRAINING_ROWS), asked)
        said = [[(fold, variant.said(candidates)) for fold, candidates in each] for each in self._kept[key]]
        return said[0], said[1], said[2]


def shares_of(fold: Fold) -> Fold:
    return fold.take((fold.rows["is_share"] & fold.rows["origin_is_own"]).to_numpy())


def hold_out(panel: Panel, lines: list[str]) -> Iterator[tuple[str, list[Fold]]]:
    models = held_out_models(panel)
    named = models[models["line"].isin(lines or models["line"])]["model"].astype("str").unique().tolist()
    folds = [
        shares_of(fold)
        for fold in folds_of(panel, "leave-family-out", named)
        if not fold.date_limited and "@" not in fold.target.family
    ]
    for line in lines or sorted({fold.target.line for fold in folds}):
        mine = [fold for fold in folds if fold.target.line == line and len(fold.rows)]
        yield line, sorted(mine, key=lambda fold: -fold.target.compute)[:EACH]


def forecasts(variant: Variant, answers: Answers) -> Iterator[pd.DataFrame]:
    """Backtest rows of the held-out models under one variant, which learns as `Stack.fit` does."""
    alone, past, asked = answers.of(variant)
    stack = Stack()
    together = [(fold, said) for fold, said in past if (said.case > 0).any()]
    first = learn_mixture(alone, equal_weights(alone))
    second = learn_mixture(together, first)
    stack.mixtures_ = [first if variant.cases else second, second, second]
    best = [pair if (pair[1].case > 0).any() else own for own, pair in zip(alone, past, strict=True)]
    stack.ties_ = Ties.fit([(fold, stack._continuous(fold.rows, said).prob_tie()) for fold, said in best])
    for fold, said in asked:
        made = stack.combine(fold.rows, fold.evidence, said) if variant.ties else stack._continuous(fold.rows, said)
        yield fold_rows(made, fold)


def equal_weights(asked: list[Asked]) -> Mixture:
    width = asked[0][1].z.shape[1]
    return replace(Mixture.without_past(), own=np.full(width, 1 / width), shift=np.full(width, 1 / width))


def of_line(panel: Panel, line: str, targets: list[Fold], folder: Path | None) -> pd.DataFrame:
    """Backtest rows of one held-out line under every variant, from the folder where they are there."""
    path = folder / f"{line}.parquet" if folder else None
    if path is not None and path.exists():
        return pd.read_parquet(path)
    past = [fold for fold in map(shares_of, past_folds(panel, Exclusion(line))) if len(fold.rows)]
    answers = Answers(past, targets)
    with one_thread():
        made = {name: pd.concat(forecasts(variant, answers)) for name, variant in VARIANTS.items()}
    rows = pd.concat([table.assign(predictor=name, line=line) for name, table in made.items()], ignore_index=True)
    if path is not None:
        rows.to_parquet(path)
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("lines", nargs="*")
    parser.add_argument("--keep", type=Path, help="folder for the forecasts of each line, which are made once")
    given = parser.parse_args()
    if given.keep:
        given.keep.mkdir(parents=True, exist_ok=True)
    tables = load()
    panel = as_panel(tables.results, tables.tasks, tables.metrics)
    parts = []
    for line, targets in hold_out(panel, given.lines):
        parts.append(of_line(panel, line, targets, given.keep))
        print(f"{line}: {len(targets)} models", file=sys.stderr, flush=True)
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
