"""What further candidates say of the forecasts of `benchmarks.candidates`, kept beside them.

The curve engine's average, and what other lines' scores alone lead one to expect of the one known model and of its
target: how far the former stands above it on all of its tasks is what a line's first model tells.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.candidates import ONE, ROWS, ROWS_PAST, WHOLE, More, cut_to_one, load_or_make, past_and_targets
from scale_forecast.inputs.folds import Fold
from scale_forecast.inputs.panel import Panel
from scale_forecast.parallel import one_thread
from scale_forecast.predictors import pooling
from scale_forecast.predictors.curve import CurveAverage
from scale_forecast.predictors.pooling import COLUMNS, relevant
from scale_forecast.predictors.spread import half_an_item_inside
from scale_forecast.predictors.stack import PRIORS


@dataclass(frozen=True)
class KeptMore:
    """In the order of `candidates.Kept`."""

    past: list[dict[str, More]]
    held_out: list[dict[str, More]]


def load_or_ask_more(panel: Panel, line: str, folder: Path) -> KeptMore:
    """From the folder, where it is there."""
    kept: KeptMore = load_or_make(folder / f"{line}.more.pickle", _ask_more, panel, line)
    return kept


def _ask_more(panel: Panel, line: str) -> KeptMore:
    with one_thread():
        past, held_out = past_and_targets(panel, line)
        return KeptMore([_more(fold, ROWS_PAST) for fold in past], [_more(fold, ROWS) for fold in held_out])


_CURVES: dict[tuple[str, str, bytes], np.ndarray] = {}
"""By family, model and units: a curve reads the family's own scores alone, whichever line is held out."""


def _more(fold: Fold, most_rows: int) -> dict[str, More]:
    key = (fold.target.family, fold.target.model, fold.rows["unit"].to_numpy().tobytes())
    if key not in _CURVES:
        _CURVES[key] = half_an_item_inside(CurveAverage().locate(fold.rows, fold.evidence)[:, None], fold.rows)[:, 0]
    out = {WHOLE: More(_CURVES[key], *_without_line(fold, most_rows))}
    short = cut_to_one(fold)
    if short is not None:
        out[ONE] = More(np.full(len(short.rows), np.nan), *_without_line(short, most_rows))
    return out


def _without_line(fold: Fold, most_rows: int) -> tuple[np.ndarray, np.ndarray]:
    """What other lines lead one to expect of the origins and of the targets, (n, 2) each."""
    rows, n = fold.rows, len(fold.rows)
    at_origin, at_target = np.full((n, len(PRIORS)), np.nan), np.full((n, len(PRIORS)), np.nan)
    others = fold.evidence.take((fold.evidence.rows["line"] != fold.target.line).to_numpy()).rows
    known = {name: others[name].to_numpy() for name in COLUMNS}
    known["final"] = others["checkpoint"].isna().to_numpy()
    for at, wanted in _pairs(rows):
        picked = relevant({name: values[len(at) :] for name, values in wanted.items()}, known, most_rows)
        if not picked.any():
            continue
        chosen = {name: values[picked] for name, values in known.items()}
        for j, posterior in enumerate(pooling._suite_posterior(wanted, chosen, PRIORS)):
            at_origin[at, j], at_target[at, j] = np.split(posterior.mean, 2)
    return at_origin, at_target


def _pairs(rows: pd.DataFrame) -> Iterator[tuple[np.ndarray, pooling.Columns]]:
    """Of each suite its places, and its origins before its targets as columns."""
    wanted = {name: rows[name].to_numpy() for name in COLUMNS if name in rows}
    of_origin = wanted | {"compute": rows["origin_compute"].to_numpy()}
    for at in map(np.asarray, rows.groupby("suite", sort=True).indices.values()):
        yield at, {name: np.concatenate([of_origin[name][at], values[at]]) for name, values in wanted.items()}
