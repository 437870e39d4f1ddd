"""Laws of two variables, and accuracies in two steps, of a table of runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pandas as pd

from scale_forecast.curves.steps import fit_two_steps
from scale_forecast.curves.surface import fit_surface
from scale_forecast.curves.tables import read_curves
from scale_forecast.data.errors import DataError, UsageError
from scale_forecast.data.names import count_of, did_you_mean
from scale_forecast.data.notebook import ShowsHtml
from scale_forecast.data.numbers import as_numbers
from scale_forecast.data.sizes import FLOPS_PER_PARAM_TOKEN, parse_size

LEVELS = {"q10": 0.1, "q90": 0.9}
FURTHER = (10.0, 100.0)
"""Times the largest compute for which the best sizes are given where none is asked for."""


@dataclass(frozen=True)
class FittedSurface(ShowsHtml):
    """A fitted L(N, D): ``frame`` its parameters, ``optimal`` the best N and D by compute, ``points`` the losses asked
    for, each with 80% intervals; ``said`` the law in words."""

    frame: pd.DataFrame
    optimal: pd.DataFrame
    points: pd.DataFrame
    said: list[str]

    def __repr__(self) -> str:
        return f"<FittedSurface: {self.said[0]}>"


def fit_loss_surface(
    runs: pd.DataFrame | str | Path,
    *,
    params: str = "params",
    tokens: str = "tokens",
    loss: str = "loss",
    compute: Sequence[str | float] = (),
    at: Sequence[tuple[float, ...]] = (),
    seed: int = 0,
    stdin: BinaryIO | None = None,
) -> FittedSurface:
    """Fit L(N, D) = E + A / N^alpha + B / D^beta to runs of several sizes and lengths.

    Parameters
    ----------
    runs : table or CSV file with a row a run; ``-`` is ``stdin``
    params, tokens, loss : its columns
    compute : training FLOP for which the best N and D are given; 10 and 100 times the largest run's when empty
    at : pairs of N and D whose loss is predicted
    seed : of the bootstrap that intervals come from

    Raises
    ------
    DataError, UsageError
        For a column that is not there, a value that is no positive number, or runs that cannot tell N from D.
    """
    table, where = _read(runs, stdin)
    n, d, y = (_numbers(table, name, where) for name in (params, tokens, loss))
    known = np.isfinite(y)
    surface = fit_surface(n[known], d[known], y[known], seed=seed)
    asked = [parse_size(value) for value in compute] or [
        k * float((FLOPS_PER_PARAM_TOKEN * n * d)[known].max()) for k in FURTHER
    ]
    if any(len(pair) != 2 for pair in at):
        raise UsageError("give a point as parameters and tokens with a comma between, such as 70B,1.4T")
    points = pd.DataFrame({"params": [pair[0] for pair in at], "tokens": [pair[1] for pair in at]}, dtype=float)
    points["loss"] = surface.predict(points["params"], points["tokens"]) if len(points) else []
    bands = surface.quantiles(points["params"], points["tokens"], list(LEVELS.values())) if len(points) else None
    for k, name in enumerate(LEVELS):
        points[name] = bands[:, k] if bands is not None else []
    found = surface.parameters()
    e, a, alpha, b, beta, _ = found["estimate"]
    said = [
        f"{loss} = {e:.4g} + {a:.4g} / N^{alpha:.4g} + {b:.4g} / D^{beta:.4g}, N = {params}, D = {tokens}",
        f"{count_of(int(known.sum()), 'run')}; residuals of {100 * surface.sigma:.2g}% of the loss; compute is 6 N D; "
        "intervals hold 80% by a bootstrap of the residuals, given that the law is right",
    ]
    return FittedSurface(found, surface.optimal(asked), points, said)


@dataclass(frozen=True)
class FittedSteps(ShowsHtml):
    """An accuracy through its loss: ``frame`` a row an x with both as predicted, and the accuracy's 80% interval."""

    frame: pd.DataFrame
    said: list[str]

    def __repr__(self) -> str:
        return f"<FittedSteps: {count_of(len(self.frame), 'point')}>"


def fit_steps_table(
    runs: pd.DataFrame | str | Path,
    *,
    x: str = "compute",
    loss: str = "loss",
    accuracy: str = "accuracy",
    chance: float = 0.0,
    at: Sequence[str | float] = (),
    stdin: BinaryIO | None = None,
) -> FittedSteps:
    """Fit the task's loss over x and its accuracy over that loss, and predict the accuracy at x.

    Parameters
    ----------
    runs : table or CSV file with a row a model; ``-`` is ``stdin``
    x, loss, accuracy : its columns; rows without a loss and an accuracy are predicted
    chance : accuracy of guessing
    at : further x, numbers or sizes as 70B

    Raises
    ------
    DataError, UsageError
        For a column that is not there, or fewer than three models with a loss and an accuracy.
    """
    table, where = _read(runs, stdin)
    size, lost, score = (_numbers(table, name, where) for name in (x, loss, accuracy))
    known = np.isfinite(size) & np.isfinite(lost) & np.isfinite(score)
    if known.sum() < 3:
        raise DataError(f"{where}: {known.sum()} rows have {x}, {loss} and {accuracy}: give three or more")
    fits = fit_two_steps(size[known], lost[known], score[known], chance=chance)
    points = np.concatenate([size, [parse_size(value) for value in at]])
    blank = np.full(len(at), np.nan)
    frame = pd.DataFrame({x: points, loss: np.concatenate([lost, blank]), accuracy: np.concatenate([score, blank])})
    frame["loss_pred"], frame["accuracy_pred"] = fits.loss.predict(points)[0], fits.predict(points)[0]
    for k, name in enumerate(LEVELS):
        frame[name] = fits.quantiles(points, list(LEVELS.values()))[0, :, k]
    sigmoid = fits.accuracy.params("sigmoid")
    top, slope = chance + (1 - chance) * sigmoid["T"][0], sigmoid["slope"][0] * fits.unit[0, 0]
    said = [
        f"{loss} from {x}: an average of forms, {fits.loss.form[0]} first; {accuracy} from {loss}: a sigmoid from "
        f"chance ({chance:g}) to {top:.3f}, {slope:.3g} log-odds for each unit of {loss} less"
    ]
    return FittedSteps(frame, said)


def _read(runs: pd.DataFrame | str | Path, stdin: BinaryIO | None) -> tuple[pd.DataFrame, str]:
    table = runs if isinstance(runs, pd.DataFrame) else read_curves(str(runs), stdin)
    return table.rename(columns=lambda name: str(name).strip()), "runs" if table is runs else str(runs)


def _numbers(table: pd.DataFrame, name: str, where: str) -> np.ndarray:
    """A column of positive numbers, sizes as 7B among them; NaN where the cell is empty."""
    if name not in table:
        there = ", ".join(map(str, table.columns))
        raise UsageError(f"{where}: no column {name!r}{did_you_mean(name, list(table.columns))}; there are {there}")
    column = table[name]
    number = as_numbers(column)
    text = number.isna() & column.notna()
    if text.any():
        try:
            number = number.where(~text, column.where(text).map(parse_size, na_action="ignore").astype(float))
        except UsageError as error:
            raise DataError(f"{where}: {name}: {error}") from None
    return number.to_numpy(dtype=float)
