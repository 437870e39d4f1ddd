"""Other ways to combine the candidates of the default predictor, each with its interval, in one table.

    python -m benchmarks.combinations --cache DIR         # some minutes of processor time a line, kept; then seconds
    python -m benchmarks.combinations --cache DIR PaLM    # some lines

Weights, spread, ties and variances are learned without the held-out line (`benchmarks.candidates`). The change of CRPS
and of P(gain)'s Brier score is against the default's own way, learned from the same past forecasts.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

import numpy as np
import pandas as pd
from scipy.special import expit

from benchmarks.calibration import CEILING, CLOSE, FEW_EXAMPLES
from benchmarks.candidates import ONE, OWN, WHOLE, Kept, More, Said, load_or_collect
from benchmarks.known_level import KnownLevel, pool_weights, pooled_knots
from benchmarks.more_candidates import KeptMore, load_or_ask_more
from scale_forecast.backtests.resampled import Resampled, interval, nested_mean
from scale_forecast.data.load import load
from scale_forecast.distribution import MID_LEVELS, Forecast
from scale_forecast.inputs.folds import Fold, held_out_models
from scale_forecast.inputs.panel import as_panel
from scale_forecast.predictors.base import suite_mean
from scale_forecast.predictors.covered import far_below_chance
from scale_forecast.predictors.events import prob_gain
from scale_forecast.predictors.spread import SHORTEST_STEP, half_an_item_inside, noise_at, without_smoothing
from scale_forecast.predictors.stack import BLURRED, NEARLY_PERFECT, Candidates, Mixture, learn_mixture
from scale_forecast.predictors.ties import Ties
from scale_forecast.resolvers.scores.quantiles import crps_quantile

PLAIN, ROUND, ROUGH, FITTED = (0, 1, 2, 3, 4), 5, 6, 7
"""Columns of `Said.z`; the first of the plain candidates is persistence."""
CURVE, LEVEL = 8, 9
"""Columns that `with_more` and `KnownLevel` add."""
AS_IT_IS = (*PLAIN, ROUND, ROUGH)
PRIOR_ERRORS = 4.0
"""For how many errors of a family's own past the typical size counts."""
SHARED = 0.2
"""Correlation of the squared errors of one model's tasks."""
WILDEST = 9.0
"""Squared standardised errors beyond count as this."""


@dataclass(frozen=True)
class Way:
    """How candidates are combined.

    Attributes
    ----------
    columns : of `Said.z`, weighed
    one : of a mixture of its own where one model is known, learned on histories cut to one; None for no such case
    own_past : power with which the size of the family's own past errors scales its variance
    beside : columns of more mixtures learned like that of ``one``, whose quantiles are averaged with the others' where
        one model is known
    pooled : columns whose distributions, each with a spread of its own, are averaged where one model is known
    linear : whether their probabilities are averaged, not their quantiles
    ties : whether the distribution holds an atom at the origin; without, its CRPS is that of 3c7487b, P(gain) is not
    """

    columns: tuple[int, ...] = AS_IT_IS
    one: tuple[int, ...] | None = None
    own_past: float = 0.0
    beside: tuple[tuple[int, ...], ...] = ()
    pooled: tuple[int, ...] = ()
    linear: bool = False
    ties: bool = True


POOLED = "one known as a case, round process alone"
WAYS = {
    "as it is": Way(),
    "without atoms, as at 3c7487b": Way(ties=False),
    "without the rough process": Way((*PLAIN, ROUND)),
    "fitted variances for the rough ones": Way((*PLAIN, ROUND, FITTED)),
    "persistence and rough": Way((0, ROUGH)),
    "persistence and fitted": Way((0, FITTED)),
    "persistence, round and fitted": Way((0, ROUND, FITTED)),
    "rough alone": Way((ROUGH,)),
    "fitted alone": Way((FITTED,)),
    "one known as a case": Way(one=AS_IT_IS),
    "one known as a case, processes alone": Way(one=(ROUND, ROUGH)),
    "one known as a case, persistence, processes": Way(one=(0, ROUND, ROUGH)),
    "one known: averaged with its case": Way(beside=(AS_IT_IS,)),
    "one known: averaged with its case and processes": Way(beside=(AS_IT_IS, (ROUND, ROUGH))),
    "one known: averaged with persistence and rough": Way(beside=((0, ROUGH),)),
    POOLED: Way(one=(ROUND,)),
    "own past in the spread, root": Way(own_past=0.5),
    "own past in the spread": Way(own_past=1.0),
    "one known as a case, and own past, root": Way(one=AS_IT_IS, own_past=0.5),
    "curve as one more": Way((*AS_IT_IS, CURVE)),
    "one known as a case, with the shared level": Way(one=(*AS_IT_IS, LEVEL)),
    "one known as a case, shared level alone": Way(one=(LEVEL,)),
    "one known as a case, persistence, shared level": Way(one=(0, LEVEL)),
    "one known as a case, processes, shared level": Way(one=(0, ROUND, ROUGH, LEVEL)),
    "one known: averaged with two cases, shared level": Way(beside=((*AS_IT_IS, LEVEL), (0, ROUND, ROUGH, LEVEL))),
    "one known: quantiles of four averaged": Way(pooled=(0, 2, ROUND, ROUGH)),
    "one known: linear pool of four": Way(pooled=(0, 2, ROUND, ROUGH), linear=True),
    "one known: quantiles, with the shared level": Way(pooled=(0, 2, ROUND, ROUGH, LEVEL)),
    "one known: linear pool, with the shared level": Way(pooled=(0, 2, ROUND, ROUGH, LEVEL), linear=True),
}


Learned = dict[tuple[str, tuple[int, ...], float], tuple[Mixture, ...]]
"""Mixtures that ways share, of one held-out line."""


class Combined:
    """The default predictor with another `Way`, on what its candidates said."""

    def __init__(self, way: Way, learned: Learned | None = None) -> None:
        self.way = way
        self._learned = {} if learned is None else learned
        self.typical = 1.0
        self.ties = Ties.fit([])
        self.level: KnownLevel | None = None

    def fit(self, past: Sequence[dict[str, Said]]) -> Self:
        short = [said[ONE] for said in past if ONE in said]
        if any(LEVEL in columns for columns in (self.way.one or (), self.way.pooled, *self.way.beside)):
            self.level = KnownLevel.fit(short)
        if self.way.own_past:
            known = [_own_errors(said[WHOLE], 1.0, 1e-9) for said in past if said[WHOLE].past]
            self.typical = float(np.mean(known)) if known else 1.0
        self.mixtures = list(self._mixtures(past))
        if self.way.one is not None:
            self.mixtures.append(self._of_one(past, self.way.one))
        self.beside = [(columns, self._of_one(past, columns)) for columns in self.way.beside]
        self.each = [self._of_one(past, (column,)) for column in self.way.pooled]
        if self.each:
            knots = np.concatenate([self._knots_each(said) for said in short])
            self.weights = pool_weights(short, knots, linear=self.way.linear)
        whole = [said[WHOLE] for said in past]
        self.ties = Ties.fit([(said.fold, self._continuous(said).prob_tie()) for said in whole])
        return self

    def predict(self, said: Said) -> Forecast:
        made = self._continuous(said)
        return made.with_ties(self.ties.predict(said.fold.rows, made.prob_tie())) if self.way.ties else made

    def _mixtures(self, past: Sequence[dict[str, Said]]) -> tuple[Mixture, Mixture]:
        """From the family's own scores, and with other lines'."""
        key = (WHOLE, self.way.columns, self.way.own_past)
        if key not in self._learned:
            first = learn_mixture(self._pairs(past, OWN, self.way.columns), _equal_mixture(self.way.columns))
            together = [pair for pair in self._pairs(past, WHOLE, self.way.columns) if (pair[1].case > 0).any()]
            self._learned[key] = first, learn_mixture(together, first)
        return self._learned[key][0], self._learned[key][1]

    def _of_one(self, past: Sequence[dict[str, Said]], columns: tuple[int, ...]) -> Mixture:
        """From histories cut to one model."""
        key = (ONE, columns, self.way.own_past)
        if key not in self._learned:
            self._learned[key] = (learn_mixture(self._pairs(past, ONE, columns), _equal_mixture(columns)),)
        return self._learned[key][0]

    def _pairs(
        self, past: Sequence[dict[str, Said]], what: str, columns: tuple[int, ...]
    ) -> list[tuple[Fold, Candidates]]:
        return [(each[what].fold, self._candidates(each[what], columns)) for each in past if what in each]

    def _candidates(self, said: Said, columns: tuple[int, ...]) -> Candidates:
        rows, z = said.fold.rows, said.z
        if LEVEL in columns and self.level is not None:
            z = np.column_stack([z, half_an_item_inside(self.level.locate(said)[:, None], rows)])
        z = z[:, list(columns)]
        shift = suite_mean(z, rows["suite"].to_numpy())
        processes = [column - ROUND for column in columns if ROUND <= column <= FITTED]
        variance = said.var[:, processes or [0, 1]].mean(axis=1)
        step = np.maximum(rows["step"].to_numpy(), SHORTEST_STEP)
        terms = np.column_stack(
            [noise_at(rows, z.mean(axis=1)) ** 2, variance, step, z.var(axis=1), np.ones(len(rows))]
        )
        if self.way.own_past:
            terms = terms * _own_errors(said, self.typical, PRIOR_ERRORS) ** self.way.own_past
        high = expit((rows["origin_z"].to_numpy() - NEARLY_PERFECT) / BLURRED)
        return Candidates(z - shift, shift, z, terms, high, np.where(said.lines == 0, 0, 1))

    def _continuous(self, said: Said) -> Forecast:
        rows, asked = said.fold.rows, self._candidates(said, self.way.columns)
        knots = [mixture.knots(asked) for mixture in self.mixtures[:2]]
        case = asked.case
        if self.way.one is not None:
            knots.append(self.mixtures[2].knots(self._candidates(said, self.way.one)))
            case = np.where((said.known <= 1) & (case == 1), 2, case)
        loading = np.array([mixture.loading for mixture in self.mixtures])[case]
        chosen = np.stack(knots)[case, np.arange(len(rows))]
        lone = (said.known <= 1) & (asked.case == 1)
        if self.beside:
            more = [mixture.knots(self._candidates(said, columns)) for columns, mixture in self.beside]
            chosen = np.where(lone[:, None], np.mean([chosen, *more], axis=0), chosen)
        if self.each:
            pool = pooled_knots(self._knots_each(said), self.weights, linear=self.way.linear)
            chosen = np.where(lone[:, None], pool, chosen)
        placed = without_smoothing(chosen, rows)
        return Forecast.from_knots(rows, placed, "combined", loading=loading)

    def _knots_each(self, said: Said) -> np.ndarray:
        """The distributions that are pooled, (n, k, levels)."""
        made = zip(self.way.pooled, self.each, strict=True)
        return np.stack([mixture.knots(self._candidates(said, (column,))) for column, mixture in made], axis=1)


def _own_errors(said: Said, typical: float, prior: float) -> float:
    """Mean squared standardised error of the family's own past steps, held towards a typical one."""
    total, weight = prior * typical, prior
    for squared in said.past:
        errors = len(squared) / (1.0 + SHARED * (len(squared) - 1.0))
        total += errors * float(np.minimum(squared, WILDEST).mean())
        weight += errors
    return total / weight


def _equal_mixture(columns: tuple[int, ...]) -> Mixture:
    equal = np.full(len(columns), 1.0 / len(columns))
    return replace(Mixture.without_past(), own=equal, shift=equal)


def with_more(held: Kept, more: KeptMore) -> Kept:
    """With the curve as a further column, which stays at the origin where one model is known, and what lines expect."""
    return Kept(
        [_each_with_more(*pair) for pair in zip(held.past, more.past, strict=True)],
        [_each_with_more(*pair) for pair in zip(held.held_out, more.held_out, strict=True)],
    )


def _each_with_more(each: dict[str, Said], more: dict[str, More]) -> dict[str, Said]:
    out = {}
    for what, said in each.items():
        curve = said.z[:, 0] if what == ONE else more[WHOLE].curve
        out[what] = replace(said, z=np.column_stack([said.z, curve]), more=more.get(what))
    return out


def forecasts(way: Way, lines: dict[str, Kept], learned: dict[str, Learned]) -> pd.DataFrame:
    """A row a score: of held-out models as they are, and as they would be with one model known."""
    parts = []
    for line, held in lines.items():
        combined = Combined(way, learned.setdefault(line, {})).fit(held.past)
        for each in held.held_out:
            asked = {what: said for what, said in each.items() if what in (WHOLE, ONE)}
            parts += [_score_table(combined.predict(said), said, line, what) for what, said in asked.items()]
    return pd.concat(parts, ignore_index=True)


def _score_table(forecast: Forecast, said: Said, line: str, what: str) -> pd.DataFrame:
    rows, score = said.fold.rows, said.fold.truth["score"].to_numpy()
    low, high = forecast.interval(0.8).T
    table = rows[["family", "target_model", "canonical_task"]].astype("str").assign(line=line, what=what)
    for name in ("tuning", "origin_score", "chance", "origin_se", "n_examples", "step"):
        table[name] = rows[name]
    table["far_below"] = far_below_chance(rows)
    table["known"], table["trend"], table["falls"] = said.known, said.trend, said.z[:, ROUND:FITTED].mean(axis=1)
    table["falls"] = table["falls"] < said.z[:, 0]
    table["crps"] = crps_quantile(score, forecast.quantiles(MID_LEVELS), MID_LEVELS)
    table["inside"] = ((low <= score) & (score <= high)).astype(float)
    sign = np.where(rows["higher_is_better"], 1.0, -1.0)
    table["gained"] = (sign * (score - rows["origin_score"]) > 1e-9).astype(float)
    table["prob_gain"] = prob_gain(forecast)
    table["brier"] = (table["prob_gain"] - table["gained"]) ** 2
    table["change"] = sign * (score - rows["origin_score"])
    table["foretold"] = sign * (forecast.median - rows["origin_score"])
    return table


def groups(table: pd.DataFrame) -> dict[str, np.ndarray]:
    """Masks of what is looked at apart, (rows,) each."""
    origin, whole = table["origin_score"], table["what"] == WHOLE
    low, far = whole & origin.between(0.05, 0.2), whole & table["far_below"]
    named = {
        "all": whole,
        "one known": whole & (table["known"] <= 1),
        "cut to one": ~whole,
        "two known": whole & (table["known"] == 2),
        "three or more": whole & (table["known"] > 2),
        "near chance": whole & ((origin - table["chance"]).abs() <= CLOSE * table["origin_se"]),
        "origin .05 to .2": low,
        "far below chance": far,
        "origin .05 to .2, not far below": low & ~far,
        "origin above .9": whole & (origin >= CEILING),
        "origin 0 or 1": whole & ((origin <= 0) | (origin >= 1)),
        "few examples": whole & (table["n_examples"] < FEW_EXAMPLES),
        "tuned": whole & (table["tuning"] != "base"),
        "above the pool": whole & (table["trend"] == "rising") & table["falls"],
    }
    named |= {line: whole & (table["line"] == line) for line in ("Falcon", "GPT-2")}
    return {name: mask.to_numpy(dtype=bool) for name, mask in named.items() if mask.any()}


def report_pooled(tables: dict[str, pd.DataFrame]) -> None:
    """Where one model is known: the default's CRPS against that of the pooled process alone, by group."""
    base, pooled = (table[table["what"] == ONE].assign(what=WHOLE) for table in (tables["as it is"], tables[POOLED]))
    print("\ncut to one, against the pooled process alone")
    for name, mask in groups(base).items():
        one, other = (table[mask].reset_index(drop=True) for table in (base, pooled))
        print(f"  {name:32} {mask.sum():5} scores CRPS {_change(one, other, 'crps', Resampled(one))}")


def _change(table: pd.DataFrame, base: pd.DataFrame, column: str, resampled: Resampled) -> str:
    draws = [resampled.means(of[column].to_numpy()) for of in (table, base)]
    low, high = interval(draws[0] / draws[1] - 1.0)
    return f"{nested_mean(table, column) / nested_mean(base, column) - 1.0:+.1%} [{low:+.1%}, {high:+.1%}]"


def report(tables: dict[str, pd.DataFrame]) -> None:
    base = tables["as it is"]
    for of in ("all", "one known", "cut to one"):
        mask = groups(base).get(of)
        if mask is None:
            continue
        start = base[mask].reset_index(drop=True)
        resampled = Resampled(start)
        print(f"\n{of}: {len(start)} scores of {start['line'].nunique()} lines, CRPS {nested_mean(start, 'crps'):.4f}")
        for way, table in tables.items():
            part = table[mask].reset_index(drop=True)
            crps, brier = (_change(part, start, column, resampled) for column in ("crps", "brier"))
            print(f"  {way:44} CRPS {crps:26} Brier {brier:26} in 80% {nested_mean(part, 'inside'):.0%}")
    held = {
        way: [f"{nested_mean(table[mask], 'inside'):.0%}" for mask in groups(base).values()]
        for way, table in tables.items()
    }
    counts = [f"{name} ({mask.sum()})" for name, mask in groups(base).items()]
    print("\nin the 80% interval\n", pd.DataFrame(held, index=counts).T.to_string(), sep="")
    report_pooled(tables)
    above = groups(base).get("above the pool")
    if above is not None:
        part = base[above]
        said = {name: nested_mean(part, name) for name in ("prob_gain", "gained", "foretold", "change")}
        print(f"\nrising and above the pool, {len(part)} scores of {part['line'].nunique()} lines, as it is: ", end="")
        print(", ".join(f"{name} {value:.3f}" for name, value in said.items()))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("lines", nargs="*")
    parser.add_argument("--cache", type=Path, required=True, help="folder that keeps what the candidates said")
    given = parser.parse_args()
    given.cache.mkdir(parents=True, exist_ok=True)
    tables = load()
    panel = as_panel(tables.results, tables.tasks, tables.metrics)
    lines = given.lines or sorted(held_out_models(panel)["line"].astype("str").unique())
    said = {
        line: with_more(load_or_collect(panel, line, given.cache), load_or_ask_more(panel, line, given.cache))
        for line in lines
    }
    said = {line: held for line, held in said.items() if held.held_out}
    learned: dict[str, Learned] = {}
    report({name: forecasts(way, said, learned) for name, way in WAYS.items()})


if __name__ == "__main__":
    main()
