"""How well generated questions are priced on lines held out of everything that was learned.

``python -m benchmarks.questions [--jobs N] [--cache DIR]``: of every line up to 12 models are asked about as if
they were not out, priced by a predictor and a recalibration map that have seen nothing of the line, and settled by the
judge.
Beside each calibration error stands the 90th percentile of what a perfectly calibrated forecaster would show on the
same questions: outcomes are drawn from our own joint samples, so that questions about one model share its luck.
"""

from __future__ import annotations

import time
import zlib
from pathlib import Path

import numpy as np
import pandas as pd

from data.load import Tables
from forecast import factory
from forecast.folds import Exclusion, Fold, held_out_models, make_fold
from forecast.panel import Panel
from forecast.predictors.registry import DEFAULT
from forecast.pricing.model import PricedModel
from forecast.pricing.questions import events_on
from forecast.pricing.recalibration import Recalibration
from forecast.reversal import Reversal
from forecast.targets import held_out_target, visible
from forecast.training import Trained
from resolvers.events import combine

MODELS_PER_LINE = 12
SIMULATED = 1000
BINS = 10


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
    exclusion = Exclusion(line)
    folds = held_out_folds(panel, line)
    learned = Recalibration.learned(panel, tables, exclusion, DEFAULT, cache=cache)
    predictor = Trained(panel, cache).get(DEFAULT, exclusion)
    reversal = Reversal().fit(panel.take(exclusion.allows(panel)))
    maps = learned.maps
    out, drawn, seconds = [], [], 0.0
    for fold in folds:
        asked = factory.questions_of(fold, panel)
        happened = factory.settled(asked, fold, panel, tables)
        start = time.process_time()
        forecast = predictor.predict(fold.rows, fold.evidence)
        seed = zlib.crc32(fold.target.model.encode())
        model = PricedModel(forecast, fold.evidence, reversal=reversal, maps=maps, seed=seed)
        table = factory.priced(asked, model)
        seconds += time.process_time() - start
        table = table.assign(kind=[one.kind for one in asked], line=line, model=fold.target.model, happened=happened)
        table["base"] = [learned.base_rate(kind)[0] for kind in table["kind"]]
        out.append(table)
        drawn.append(simulated(asked, model))
    empty = pd.DataFrame(columns=["raw", "probability", "kind", "line", "model", "happened", "base"])
    return (
        pd.concat([*out, empty.iloc[:0]]) if out else empty,
        np.vstack(drawn) if drawn else np.zeros((0, SIMULATED)),
        seconds,
    )


def simulated(asked: list[factory.Asked], model: PricedModel) -> np.ndarray:
    """Outcomes of questions on one model in joint draws, (n, `SIMULATED`) of bool: as if we were right."""
    out = np.zeros((len(asked), SIMULATED), dtype=bool)
    if asked:
        middle = np.argsort(model.rank.mean(axis=1), kind="stable")
        pick = middle[np.linspace(0, len(middle) - 1, SIMULATED).astype(int)]
    for i, one in enumerate(asked):
        events = events_on(model, one.question.criterion)
        out[i] = np.broadcast_to(combine(one.question.criterion, [e.holds(0.5)[pick] for e in events]), SIMULATED)
    return out
