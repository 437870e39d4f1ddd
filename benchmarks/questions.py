"""How well generated questions are priced on lines held out of everything that was learned.

``python -m benchmarks.questions [--jobs N] [--cache DIR]``: of every line up to 12 models are asked about as if they
were not out, priced by a predictor and a recalibration map that have seen nothing of the line, and settled by the
judge. Beside each calibration error stands the 90th percentile of what a perfectly calibrated forecaster would show on
the same questions, by simulation: outcomes are drawn from our own joint samples, so that questions about one model
share its luck; and models of one line share theirs as much as the lines' own luck turned out to do.
"""

from __future__ import annotations

import argparse
import time
import zlib
from pathlib import Path

import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from scipy import special

from data.load import Tables, load
from forecast import factory
from forecast.folds import Exclusion, Fold, held_out_models, make_fold
from forecast.panel import Panel, as_panel
from forecast.predictors.registry import DEFAULT
from forecast.pricing.model import PricedModel
from forecast.pricing.questions import events_on
from forecast.pricing.recalibration import Recalibration
from forecast.reversal import Reversal
from forecast.targets import held_out_target, visible
from forecast.training import Trained
from resolvers.calibration import expected_calibration_error
from resolvers.events import combine
from resolvers.scoring import brier_score, log_score

MODELS_PER_LINE = 12
SIMULATED = 1000
REPEATS = 500
"""Simulated forecasters."""
BOOTSTRAPPED = 1000
COLUMNS = ["raw", "probability", "kind", "line", "model", "happened", "base", "luck"]


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


def priced_line(panel: Panel, tables: Tables, line: str, cache: Path | None) -> tuple[pd.DataFrame, np.ndarray, float]:
    """Questions about one line: a row each, simulated outcomes (n, `SIMULATED`), and processor seconds of pricing."""
    exclusion, folds = Exclusion(line), held_out_folds(panel, line)
    learned = Recalibration.learned(panel, tables, exclusion, DEFAULT, cache=cache)
    predictor = Trained(panel, cache).get(DEFAULT, exclusion)
    reversal = Reversal().fit(panel.take(exclusion.allows(panel)))
    out, drawn, seconds = [pd.DataFrame(columns=COLUMNS)], [np.zeros((0, SIMULATED), dtype=bool)], 0.0
    for fold in folds:
        asked = factory.questions_of(fold, panel)
        happened = factory.settled(asked, fold, panel, tables)
        start = time.process_time()
        forecast = predictor.predict(fold.rows, fold.evidence)
        seed = zlib.crc32(fold.target.model.encode())
        model = PricedModel(forecast, fold.evidence, reversal=reversal, maps=learned.maps, seed=seed)
        table = factory.priced(asked, model)
        seconds += time.process_time() - start
        table = table.assign(kind=[one.kind for one in asked], line=line, model=fold.target.model, happened=happened)
        table["base"] = [learned.base_rate(kind)[0] for kind in table["kind"]]
        pit = np.clip(forecast.pit(fold.truth["score"].to_numpy()), 1e-3, 1 - 1e-3)
        table["luck"] = float(special.ndtri(pit).mean())
        keep = np.isfinite(happened)
        out.append(table[keep])
        drawn.append(simulated(asked, model)[keep])
    return pd.concat([part for part in out if len(part)] or out), np.vstack(drawn), seconds


def simulated(asked: list[factory.Asked], model: PricedModel) -> np.ndarray:
    """Outcomes of questions on one model in joint draws, as if we were right, (n, `SIMULATED`); least lucky first."""
    out = np.zeros((len(asked), SIMULATED), dtype=bool)
    if not asked:
        return out
    by_luck = np.argsort(model.rank.mean(axis=1), kind="stable")
    pick = by_luck[np.linspace(0, len(by_luck) - 1, SIMULATED).astype(int)]
    for i, one in enumerate(asked):
        events = events_on(model, one.question.criterion)
        out[i] = np.broadcast_to(combine(one.question.criterion, [e.holds(0.5)[pick] for e in events]), SIMULATED)
    return out


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
    drawn : (n, `SIMULATED`) of `simulated`
    shared : correlation of the luck of models of one line
    """
    rng = np.random.default_rng(seed)
    line, n_lines = pd.factorize(table["line"])[0], table["line"].nunique()
    model = pd.factorize(table["line"] + "|" + table["model"])[0]
    line_of = np.zeros(model.max() + 1, dtype=int)
    line_of[model] = line
    p, rows, out = table["probability"].to_numpy(dtype=float), np.arange(len(table)), []
    for _ in range(REPEATS):
        luck = np.sqrt(shared) * rng.standard_normal(n_lines)[line_of]
        luck = luck + np.sqrt(1 - shared) * rng.standard_normal(len(line_of))
        pick = np.minimum((special.ndtr(luck) * SIMULATED).astype(int), SIMULATED - 1)
        out.append(expected_calibration_error(drawn[rows, pick[model]], p))
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
                "happened": happened.mean(), "error": expected_calibration_error(happened, p),
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
    done = Parallel(n_jobs=options.jobs)(delayed(priced_line)(panel, tables, line, options.cache) for line in lines)
    table = pd.concat([part for part, _, _ in done if len(part)], ignore_index=True)
    if options.out:
        table.to_csv(options.out, index=False)
    print(report(table, np.vstack([drawn for _, drawn, _ in done])).round(4).to_string(index=False))
    seconds = sum(part for _, _, part in done)
    a_thousand = 1000 * seconds / len(table)
    print(f"{len(table)} questions priced in {seconds:.0f} s of processor time, {a_thousand:.1f} s a thousand")


if __name__ == "__main__":
    main()
