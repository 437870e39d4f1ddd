"""How well generated questions are priced on lines held out of everything that was learned.

``python -m benchmarks.questions [--jobs N] [--cache DIR]``: of every line up to 12 models are asked about as if they
were not out, priced by a predictor and a recalibration map that have seen nothing of the line, and settled by the
judge. Beside each calibration error stands the 90th percentile of what a perfectly calibrated forecaster would show on
the same questions, by simulation: outcomes are drawn from our own joint samples, so that questions about one model
share its luck; and models of one line share theirs as much as the lines' own luck turned out to do.
"""

from __future__ import annotations

import argparse
import functools
import time
import zlib
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import special

from data.load import Tables, load
from forecast import factory
from forecast.folds import Exclusion, Fold, held_out_models, make_fold
from forecast.panel import Panel, as_panel
from forecast.parallel import Workers
from forecast.predictors.registry import DEFAULT
from forecast.pricing.maps import Map, chosen_map
from forecast.pricing.model import PricedModel, kind_of
from forecast.pricing.questions import leaf_on
from forecast.pricing.recalibration import KINDS
from forecast.pricing.space import Event, held_off, probability_of
from forecast.reversal import Reversal
from forecast.targets import held_out_target, visible
from forecast.training import Trained
from resolvers.calibration import bin_index, expected_calibration_error
from resolvers.events import combine
from resolvers.questions import Scope, leaves
from resolvers.scoring import brier_score, log_score

MODELS_PER_LINE = 12
BINS = 10
REPEATS = 500
"""Simulated forecasters."""
BOOTSTRAPPED = 1000
COLUMNS = ["kind", "criterion", "line", "model", "happened", "luck", "seconds"]


def held_out_folds(panel: Panel, line: str) -> list[Fold]:
    """Folds of a line's models, final ones before checkpoints, otherwise chosen by a hash of their names."""
    models = held_out_models(panel)
    models = models[models["line"] == line]
    order = [
        ("@" in family, zlib.crc32(name.encode()))
        for family, name in zip(models["family"], models["model"], strict=True)
    ]
    models = models.iloc[sorted(range(len(models)), key=order.__getitem__)]
    folds = []
    for row in models.itertuples():
        target = held_out_target(panel, str(row.model), str(row.family))
        made = make_fold(panel, target, Exclusion(line), visible(panel, target), "questions")
        if made is not None:
            folds.append(made)
        if len(folds) == MODELS_PER_LINE:
            break
    return folds


@dataclass(frozen=True)
class Leaf:
    """A measured criterion of a question: which map it goes through, and its event before that."""

    kind: str
    event: Event

    def mapped(self, maps: dict[str, Map]) -> Event:
        found = maps.get(self.kind)
        share = self.event.share if found is None else float(found(np.array([self.event.share]))[0])
        return replace(self.event, share=share)


def asked_line(panel: Panel, tables: Tables, line: str, cache: Path | None) -> tuple[pd.DataFrame, list[list[Leaf]]]:
    """Questions about one line, a row each, and the leaves of each, priced by what has not seen the line."""
    exclusion, folds = Exclusion(line), held_out_folds(panel, line)
    predictor = Trained(panel, cache).get(DEFAULT, exclusion)
    reversal = Reversal().fit(panel.take(exclusion.allows(panel)))
    out, parts = [], []
    for fold in folds:
        asked = factory.questions_of(fold, panel)
        happened = factory.settled(asked, fold, panel, tables)
        start = time.process_time()
        forecast = predictor.predict(fold.rows, fold.evidence)
        model = PricedModel(forecast, fold.evidence, reversal=reversal, seed=zlib.crc32(fold.target.model.encode()))
        found = [leaves_of(model, one) for one in asked]
        pit = np.clip(forecast.pit(fold.truth["score"].to_numpy()), 1e-3, 1 - 1e-3)
        table = pd.DataFrame(
            {"kind": [one.kind for one in asked], "criterion": [one.question.criterion for one in asked]}
        )
        table = table.assign(
            line=line, model=fold.target.model, happened=happened, luck=float(special.ndtri(pit).mean()),
            seconds=(time.process_time() - start) / max(len(asked), 1),
        )  # fmt: skip
        keep = np.isfinite(happened)
        out.append(table[keep])
        parts += [leaves for leaves, kept in zip(found, keep, strict=True) if kept]
    return pd.concat(out) if out else pd.DataFrame(columns=COLUMNS), parts


def leaves_of(model: PricedModel, asked: factory.Asked) -> list[Leaf]:
    """The leaves of one question, their draws in the order of the model's luck, the worst first."""
    order = np.argsort(model.rank.mean(axis=1), kind="stable")
    out = []
    for leaf in leaves(asked.question.criterion):
        _, event = leaf_on(model, leaf, Scope())
        out.append(Leaf(kind_of(leaf), replace(event, rank=event.rank[order].astype(np.int16))))
    return out


def recalibrated(table: pd.DataFrame, parts: list[list[Leaf]]) -> tuple[pd.DataFrame, np.ndarray]:
    """The table with ``raw``, ``probability``, ``base`` and ``form``, and simulated outcomes (n, draws).

    Maps and base rates of a line are those of the questions on all other lines.
    """
    table = table.reset_index(drop=True)
    table["raw"] = [probability_of(c, [x.event for x in p]) for c, p in zip(table["criterion"], parts, strict=True)]
    table["probability"], table["base"], table["form"] = np.nan, np.nan, "identity"
    drawn = np.zeros((len(table), len(parts[0][0].event.rank)), dtype=bool)
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
            criterion, events = table.at[i, "criterion"], [leaf.mapped(maps) for leaf in parts[i]]
            table.at[i, "probability"] = held_off(probability_of(criterion, events))
            table.at[i, "base"] = rates[table.at[i, "kind"]]
            drawn[i] = combine(criterion, [event.holds(0.5) for event in events])
    return table, drawn


def shared_luck(table: pd.DataFrame) -> float:
    """How much the luck of two models of one line correlates (intraclass correlation over lines), at least 0."""
    models = table.groupby(["line", "model"])["luck"].first()
    groups = [group.to_numpy() for _, group in models.groupby("line") if len(group) > 1]
    within = float(np.mean([group.var(ddof=1) for group in groups]))
    spread = float(np.var([group.mean() for group in groups], ddof=1))
    between = max(spread - np.mean([group.var(ddof=1) / len(group) for group in groups]), 0.0)
    return between / (between + within)


def calibrated_errors(table: pd.DataFrame, drawn: np.ndarray, shared: float, seed: int = 0) -> np.ndarray:
    """Calibration errors of simulated forecasters who are right, (`REPEATS`,), their outcomes clustered like ours.

    Parameters
    ----------
    drawn : (n, draws) of `recalibrated`
    shared : correlation of the luck of models of one line
    """
    rng = np.random.default_rng(seed)
    line, n_lines = pd.factorize(table["line"])[0], table["line"].nunique()
    model = pd.factorize(table["line"] + "|" + table["model"])[0]
    line_of = np.zeros(model.max() + 1, dtype=int)
    line_of[model] = line
    p, rows, out = table["probability"].to_numpy(dtype=float), np.arange(len(table)), []
    bins, said = bin_index(p, BINS), np.bincount(bin_index(p, BINS), p, BINS)
    for _ in range(REPEATS):
        luck = np.sqrt(shared) * rng.standard_normal(n_lines)[line_of]
        luck = luck + np.sqrt(1 - shared) * rng.standard_normal(len(line_of))
        pick = np.minimum((special.ndtr(luck) * drawn.shape[1]).astype(int), drawn.shape[1] - 1)
        happened = np.bincount(bins, drawn[rows, pick[model]], BINS)
        out.append(np.abs(happened - said).sum() / len(p))  # `expected_calibration_error`, its bins found once
    return np.array(out)


def skill_interval(table: pd.DataFrame, seed: int = 0) -> tuple[float, float, float]:
    """Brier skill over the base rate of the kind in hindsight, and its 90% interval over lines drawn anew."""
    rng = np.random.default_rng(seed)
    happened, p = table["happened"].to_numpy(dtype=float), table["probability"].to_numpy(dtype=float)
    rate = table.groupby("kind")["happened"].transform("mean").to_numpy(dtype=float)
    ours, base = brier_score(happened, p), brier_score(happened, rate)
    code, lines = pd.factorize(table["line"])
    sums = np.array([np.bincount(code, x, len(lines)) for x in (ours, base)])
    times = rng.multinomial(len(lines), np.full(len(lines), 1 / len(lines)), size=BOOTSTRAPPED)
    drawn = 1 - (times @ sums[0]) / (times @ sums[1])
    return (1 - ours.sum() / base.sum(), *(float(x) for x in np.quantile(drawn, [0.05, 0.95])))


def report(table: pd.DataFrame, drawn: np.ndarray) -> pd.DataFrame:
    """One row a kind, and one for all."""
    shared, rows = shared_luck(table), []
    print(f"luck of two models of one line correlates at {shared:.2f}")
    for kind in ("all", *factory.KINDS):
        at = np.flatnonzero((table["kind"] == kind).to_numpy() | (kind == "all"))
        part, sub = table.iloc[at], drawn[at]
        happened, p = part["happened"].to_numpy(dtype=float), part["probability"].to_numpy(dtype=float)
        skill, low, high = skill_interval(part)
        rows.append(
            {
                "kind": kind, "questions": len(part), "lines": part["line"].nunique(), "said": p.mean(),
                "happened": happened.mean(), "error": expected_calibration_error(happened, p, bins=BINS),
                "p90": np.quantile(calibrated_errors(part, sub, shared), 0.9),
                "p90 apart": np.quantile(calibrated_errors(part, sub, 0.0), 0.9),
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
    found = list(Workers(options.jobs).map(work, lines))
    asked = pd.concat([part for part, _ in found if len(part)], ignore_index=True)
    start = time.process_time()
    table, drawn = recalibrated(asked, [leaves for _, parts in found for leaves in parts])
    seconds = float(table["seconds"].sum()) + time.process_time() - start
    if options.out:
        table.drop(columns="criterion").to_csv(options.out, index=False)
    print(report(table, drawn).round(4).to_string(index=False))
    forms = table[table["kind"].isin(KINDS)].groupby(["kind", "form"])["line"].nunique()
    print("maps, in lines: " + "; ".join(f"{kind} {form} {count}" for (kind, form), count in forms.items()))
    a_thousand = 1000 * seconds / len(table)
    print(f"{len(table)} questions priced in {seconds:.0f} s of processor time, {a_thousand:.1f} s a thousand")


if __name__ == "__main__":
    main()
