"""How well generated questions are priced on lines held out of everything that was learned.

``python -m benchmarks.questions [--jobs N] [--cache DIR]``: of every line up to 12 models are asked about as if they
were not out, priced by a predictor and a recalibration map that have seen nothing of the line, and settled by the
judge. Beside each calibration error stands the 90th percentile of what a perfectly calibrated forecaster would show on
the same questions, by simulation: errors cluster by line, model and task as those of the very forecasts did, and
questions about one score share its fate.
"""

from __future__ import annotations

import argparse
import functools
import time
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.calibration import clustering, off_by_line, simulate
from scale_forecast.backtests.fold_rows import fold_rows
from scale_forecast.backtests.training import Trained
from scale_forecast.data.load import Tables, load
from scale_forecast.inputs.folds import Exclusion, Fold, folds_of_models, held_out_models
from scale_forecast.inputs.panel import Panel, as_panel
from scale_forecast.parallel import Workers
from scale_forecast.predictors.registry import DEFAULT
from scale_forecast.predictors.reversal import Reversal
from scale_forecast.pricing import made_questions as factory
from scale_forecast.pricing.maps import Map, chosen_map
from scale_forecast.pricing.model import PricedModel
from scale_forecast.pricing.questions import leaf_on, units_of
from scale_forecast.pricing.recalibration import KINDS
from scale_forecast.pricing.space import Event, hold_off, probability_of
from scale_forecast.resolvers.kinds.count import Count
from scale_forecast.resolvers.scores.calibration import bin_index, expected_calibration_error
from scale_forecast.resolvers.scores.probabilities import brier_score, log_score
from scale_forecast.resolvers.terms.scope import Scope

MODELS_PER_LINE = 12
BINS = 10
REPEATS = 500
"""Simulated forecasters."""
BOOTSTRAPPED = 1000


def held_out_folds(panel: Panel, line: str) -> list[Fold]:
    """Folds of a line's models, final ones before checkpoints, otherwise chosen by a hash of their names."""
    models = held_out_models(panel)
    models = models[models["line"] == line]
    order = [
        ("@" in family, zlib.crc32(name.encode()))
        for family, name in zip(models["family"], models["model"], strict=True)
    ]
    models = models.iloc[sorted(range(len(models)), key=order.__getitem__)]
    return list(islice(folds_of_models(panel, models, Exclusion(line), "questions"), MODELS_PER_LINE))


@dataclass(frozen=True)
class Leaf:
    """A measured criterion of a question: which map it goes through, its event before that, and the forecast it is of.

    ``row`` is the place of that forecast in the table of all of them.
    """

    kind: str
    event: Event
    row: int

    def apply(self, maps: dict[str, Map]) -> Leaf:
        found = maps.get(self.kind)
        share = self.event.share if found is None else float(found(np.array([self.event.share]))[0])
        return replace(self, event=replace(self.event, share=share))


@dataclass(frozen=True)
class Line:
    """Questions about one line, a table a model, the leaves of each question, and the models' forecasts, scored."""

    asked: list[pd.DataFrame]
    parts: list[list[Leaf]]
    forecasts: list[pd.DataFrame]


def asked_line(panel: Panel, tables: Tables, line: str, cache: Path | None) -> Line:
    """Questions about one line, priced by what has not seen the line."""
    exclusion, folds = Exclusion(line), held_out_folds(panel, line)
    predictor = Trained(panel, cache).get(DEFAULT, exclusion)
    reversal = Reversal().fit(panel.restrict(exclusion.allows(panel)))
    out: list[pd.DataFrame] = []
    forecasts: list[pd.DataFrame] = []
    parts: list[list[Leaf]] = []
    for fold in folds:
        asked = factory.questions_of(fold, panel)
        happened = factory.settle_questions(asked, fold, panel, tables)
        start = time.process_time()
        forecast = predictor.predict(fold.rows, fold.evidence)
        model = PricedModel(forecast, fold.evidence, reversal=reversal, seed=zlib.crc32(fold.target.model.encode()))
        before = sum(len(part) for part in forecasts)
        found = [leaves_of(model, one, before) for one in asked]
        seconds = (time.process_time() - start) / max(len(asked), 1)
        table = pd.DataFrame(
            {
                "kind": [one.kind for one in asked], "criterion": [one.question.criterion for one in asked],
                "line": line, "model": fold.target.model, "happened": happened, "seconds": seconds,
            }
        )  # fmt: skip
        keep = np.isfinite(happened)
        out.append(table[keep])
        parts += [leaves for leaves, kept in zip(found, keep, strict=True) if kept]
        forecasts.append(fold_rows(forecast, fold))
    return Line(out, parts, forecasts)


def leaves_of(model: PricedModel, asked: factory.Asked, before: int) -> list[Leaf]:
    """The leaves of one question, of a model whose forecasts stand after ``before`` others."""
    out = []
    for leaf in asked.question.criterion.leaves():
        ((at, _),) = units_of(model, leaf, Scope())
        event = leaf_on(model, leaf, Scope())[1]
        out.append(Leaf(leaf.event_kind, replace(event, rank=event.rank.astype(np.int16)), before + at))
    return out


def join_lines(lines: list[Line]) -> tuple[pd.DataFrame, list[list[Leaf]], pd.DataFrame]:
    """All lines' questions, leaves and forecasts."""
    parts: list[list[Leaf]] = []
    before = 0
    for one in lines:
        parts += [[replace(leaf, row=leaf.row + before) for leaf in leaves] for leaves in one.parts]
        before += sum(len(part) for part in one.forecasts)
    tables = [[part for one in lines for part in getattr(one, name)] for name in ("asked", "forecasts")]
    asked, forecasts = (pd.concat(table, ignore_index=True) for table in tables)
    return asked, parts, forecasts


def recalibrate(table: pd.DataFrame, parts: list[list[Leaf]]) -> tuple[pd.DataFrame, list[list[Leaf]]]:
    """The table with ``raw``, ``probability``, ``base`` and ``form``, and the leaves recalibrated.

    Maps and base rates of a line are those of the questions on all other lines.
    """
    table = table.reset_index(drop=True)
    table["raw"] = [probability_of(c, [x.event for x in p]) for c, p in zip(table["criterion"], parts, strict=True)]
    table["probability"], table["base"], table["form"] = np.nan, np.nan, "identity"
    out = list(parts)
    for line in table["line"].unique():
        others, mine = table[table["line"] != line], np.flatnonzero(table["line"] == line)
        maps: dict[str, Map] = {}
        for kind in KINDS:
            part = others[others["kind"] == kind]
            form, found = chosen_map(*(part[name].to_numpy() for name in ("raw", "happened", "line")))
            of_kind = mine[(table["kind"].iloc[mine] == kind).to_numpy()]
            table.loc[of_kind, "form"] = form
            if form != "identity":
                maps[kind] = found
        rates = others.groupby("kind")["happened"].mean()
        for i in mine:
            out[i] = [leaf.apply(maps) for leaf in parts[i]]
            events = [leaf.event for leaf in out[i]]
            table.at[i, "probability"] = hold_off(probability_of(table.at[i, "criterion"], events))
            table.at[i, "base"] = rates[table.at[i, "kind"]]
    return table, out


def calibrated_outcomes(parts: list[list[Leaf]], criteria: pd.Series, forecasts: pd.DataFrame) -> np.ndarray:
    """What would happen if every forecast were right, (`REPEATS`, questions) of bool.

    Errors cluster by line, model and task as those of the forecasts did (`benchmarks.calibration.clustering`), and
    questions on one score share its fate.
    """
    pit = simulate(forecasts, clustering(forecasts), REPEATS)
    flat = [(i, leaf.row, leaf.event.share, leaf.event.turned) for i, part in enumerate(parts) for leaf in part]
    question, row, share, turned = (np.array(column) for column in zip(*flat, strict=True))
    held = (pit[:, row] > 1.0 - share) != turned
    needed = np.array([criterion.at_least if isinstance(criterion, Count) else 1 for criterion in criteria])
    first = np.searchsorted(question, np.arange(len(parts)))
    return np.add.reduceat(held.astype(np.int16), first, axis=1) >= needed


def calibrated_errors(table: pd.DataFrame, outcomes: np.ndarray) -> np.ndarray:
    """Calibration errors of simulated forecasters who are right, (`REPEATS`,)."""
    p = table["probability"].to_numpy(dtype=float)
    bins = bin_index(p, BINS)
    said = np.bincount(bins, p, BINS)  # `expected_calibration_error`, its bins found once
    return np.array([np.abs(np.bincount(bins, happened, BINS) - said).sum() / len(p) for happened in outcomes])


def skill_interval(table: pd.DataFrame, seed: int = 0) -> tuple[float, float, float]:
    """Brier skill over the base rate of the kind in hindsight, and its 90% interval over lines drawn anew.

    NaN where everything came out alike, so that hindsight is never wrong; draws in which it is not are left out.
    """
    rng = np.random.default_rng(seed)
    happened, p = table["happened"].to_numpy(dtype=float), table["probability"].to_numpy(dtype=float)
    rate = table.groupby("kind")["happened"].transform("mean").to_numpy(dtype=float)
    ours, base = brier_score(happened, p), brier_score(happened, rate)
    code, lines = pd.factorize(table["line"])
    if not base.any():
        return np.nan, np.nan, np.nan
    sums = np.array([np.bincount(code, x, len(lines)) for x in (ours, base)])
    times = rng.multinomial(len(lines), np.full(len(lines), 1 / len(lines)), size=BOOTSTRAPPED)
    drawn, reference = times @ sums[0], times @ sums[1]
    low, high = np.quantile(1 - drawn[reference > 0] / reference[reference > 0], [0.05, 0.95])
    return float(1 - ours.sum() / base.sum()), float(low), float(high)


def report(
    table: pd.DataFrame, kinds: Sequence[str], chance: Mapping[str, Callable[[np.ndarray], np.ndarray]]
) -> pd.DataFrame:
    """One row a kind, and one for all.

    ``chance`` gives, under the name of a column, the calibration errors of simulated forecasters on some rows.
    """
    rows = []
    for kind in ("all", *kinds):
        at = np.flatnonzero((table["kind"] == kind).to_numpy() | (kind == "all"))
        part = table.iloc[at]
        happened, p = part["happened"].to_numpy(dtype=float), part["probability"].to_numpy(dtype=float)
        skill, low, high = skill_interval(part)
        rows.append(
            {
                "kind": kind, "questions": len(part), "lines": part["line"].nunique(), "said": p.mean(),
                "happened": happened.mean(), "error": expected_calibration_error(happened, p, bins=BINS),
                **{name: np.quantile(errors(at), 0.9) for name, errors in chance.items()},
                "Brier": brier_score(happened, p).mean(), "skill": skill, "90%": f"{low:.2f} to {high:.2f}",
                "log": log_score(happened, p).mean(),
            }
        )  # fmt: skip
    return pd.DataFrame(rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--cache", type=Path, help="folder of trained states")
    parser.add_argument("--out", type=Path, help="write the questions as CSV")
    options = parser.parse_args()
    tables = load()
    panel = as_panel(tables.results, tables.tasks, tables.metrics)
    lines = sorted(panel.rows["line"].astype("str").unique())
    work = functools.partial(asked_line, panel, tables, cache=options.cache)
    asked, parts, forecasts = join_lines(list(Workers(options.jobs).map(work, lines)))
    start = time.process_time()
    table, parts = recalibrate(asked, parts)
    seconds = float(table["seconds"].sum()) + time.process_time() - start
    if options.out:
        table.drop(columns="criterion").to_csv(options.out, index=False)
    shares = clustering(forecasts)
    print("of the errors' variance", ", ".join(f"{share:.0%} goes with the {name}" for name, share in shares.items()))
    outcomes = calibrated_outcomes(parts, table["criterion"], forecasts)
    chance = {"p90": lambda at: calibrated_errors(table.iloc[at], outcomes[:, at])}
    print(report(table, factory.KINDS, chance).round(4).to_string(index=False))
    for kind, part in table.groupby("kind"):
        print(f"{kind}: {off_by_line(part, 'probability', 'happened')}")
    forms = table[table["kind"].isin(KINDS)].groupby(["kind", "form"])["line"].nunique()
    print("maps, in lines: " + "; ".join(f"{kind} {form} {count}" for (kind, form), count in forms.items()))
    a_thousand = 1000 * seconds / len(table)
    print(f"{len(table)} questions priced in {seconds:.0f} s of processor time, {a_thousand:.1f} s a thousand")


if __name__ == "__main__":
    main()
