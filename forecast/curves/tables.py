"""Curves in and out of tables: the rows of CURVES.csv."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pandas as pd

from scale_forecast.curves.estimator import THREADS, CurveFits, fit_curves
from scale_forecast.curves.registry import CHOSEN, FORMS, KINDS
from scale_forecast.data.errors import DataError
from scale_forecast.data.names import did_you_mean
from scale_forecast.data.numbers import as_numbers
from scale_forecast.data.readers.files import Limits, sources
from scale_forecast.data.readers.tables import UNNAMED, read_frame
from scale_forecast.parallel import Workers

REQUIRED = ("curve", "x", "y", "role")
OPTIONAL = ("n_examples", "stderr", "chance", "ceiling", "family")
ROLES = ("fit", "extrapolate")
LEVELS = {"q05": 0.05, "q10": 0.1, "q25": 0.25, "q75": 0.75, "q90": 0.9, "q95": 0.95}


LARGEST = 1e60
"""Beyond it, or below its inverse, powers of what is measured leave the range of numbers."""


def read_curves(path: str | Path, stdin: BinaryIO | None = None) -> pd.DataFrame:
    """Read a table (CSV, spaces between columns, Excel, Parquet, JSON), or ``-`` for ``stdin``; cells as they stand.

    A first line of numbers alone is a row, not a header: its columns are then called ``column 1`` and so on.
    """
    frame = read_frame(sources([path], stdin)[0], Limits())
    frame = _split_by_spaces(frame)
    titles = [str(name) for name in frame.columns]
    if len(titles) > 1 and all(_is_number(name) for name in titles):
        first = pd.DataFrame([titles], columns=frame.columns)
        about = frame.attrs
        frame = pd.concat([first, frame], ignore_index=True)
        frame.columns = pd.Index([UNNAMED.format(i + 1) for i in range(len(titles))])
        frame.attrs |= about
    return frame


def _split_by_spaces(frame: pd.DataFrame) -> pd.DataFrame:
    """The table of a file whose cells are set apart by spaces alone."""
    titles = str(frame.columns[0]).split()
    if len(frame.columns) > 1 or len(titles) < 2 or len(set(titles)) < len(titles):
        return frame
    cells = frame.iloc[:, 0].astype("str").str.split(expand=True)
    return cells.set_axis(titles, axis=1) if len(cells.columns) == len(titles) else frame


def _is_number(text: str) -> bool:
    try:
        return bool(np.isfinite(float(text)))
    except ValueError:
        return False


def fit_table(
    table: pd.DataFrame,
    form: str = "auto",
    kind: str = "loss",
    *,
    where: str = "curves",
    workers: Workers = THREADS,
) -> FittedTable:
    """Fit the rows of role ``fit`` and predict every row.

    Parameters
    ----------
    table : DataFrame
        ``curve, x, y, role`` and optionally ``n_examples, stderr, chance, ceiling, family``. ``y`` may be missing where
        the role is ``extrapolate``. Rows to fit whose y is missing are left out.
    form, kind, workers
        As in `fit_curves`.
    where : str
        What error messages call the table.

    Returns
    -------
    FittedTable, whose ``frame`` is in the order of ``table``.

    Raises
    ------
    DataError
        Naming the curve, the first bad row and the remedy.
    """
    rows = check_rows(table, where)
    is_fit = (rows["role"] == "fit") & rows["y"].notna()
    code, names = pd.factorize(rows["curve"])
    without = np.setdiff1d(np.arange(len(names)), code[is_fit])
    if len(without):
        raise DataError(f"{where}: curve {names[without[0]]!r} has no row of role 'fit' with a y: give at least one")
    _require_range(rows, is_fit, kind, where)

    fitted = rows[is_fit]
    place = _Places(code[is_fit.to_numpy()], len(names))
    constant = {
        name: rows.groupby(code)[name].first().to_numpy() if name in rows.columns else None
        for name in ("chance", "ceiling")
    }
    fits = fit_curves(
        place.spread(fitted["x"]),
        place.spread(fitted["y"]),
        form,
        kind=kind,
        n_examples=place.spread(fitted["n_examples"]) if "n_examples" in rows else None,
        stderr=place.spread(fitted["stderr"]) if "stderr" in rows else None,
        group=rows.groupby(code)["family"].first().fillna("").to_numpy() if "family" in rows else None,
        chance=constant["chance"],
        ceiling=constant["ceiling"],
        workers=workers,
    )
    every = _Places(code, len(names))
    x = every.spread(rows["x"])
    quantiles = every.collect(fits.quantiles(x, list(LEVELS.values())))
    predicted = every.collect(fits.predict(x))
    out = pd.DataFrame({"curve": rows["curve"], "x": rows["x"], "y": rows["y"], "y_pred": predicted})
    out["residual"] = (rows["y"] - predicted).where(is_fit)
    out[list(LEVELS)] = quantiles
    return FittedTable(out.assign(form=fits.form[code], converged=fits.converged[code]), fits, [str(n) for n in names])


@dataclass(frozen=True)
class FittedTable:
    """``frame``: ``curve, x, y, y_pred, residual`` (y - y_pred where y was fitted), ``q05, q10, q25, q75, q90, q95``,
    ``form, converged``; the fits, a curve each, and the curves' names."""

    frame: pd.DataFrame
    fits: CurveFits
    names: list[str]


class _Places:
    """Where each row of a long table stands in the matrix of curves."""

    def __init__(self, code: np.ndarray, n: int) -> None:
        order = np.argsort(code, kind="stable")
        starts = np.searchsorted(code[order], np.arange(n))
        self.code = code
        self.position = np.empty(len(code), dtype=int)
        self.position[order] = np.arange(len(code)) - starts[code[order]]
        self.shape = (n, int(self.position.max(initial=-1)) + 1)

    def spread(self, values: pd.Series) -> np.ndarray:
        """Long to (n, m), NaN in the padding."""
        out = np.full(self.shape, np.nan)
        out[self.code, self.position] = values.to_numpy(dtype=float)
        return out

    def collect(self, matrix: np.ndarray) -> np.ndarray:
        """(n, m, ...) back to long."""
        return matrix[self.code, self.position]


def check_rows(table: pd.DataFrame, where: str) -> pd.DataFrame:
    """The rows with their numbers as such; a `DataError` names the first bad one."""
    missing = [name for name in REQUIRED if name not in table.columns]
    if missing:
        named = f"; name by -{missing[0]} the column that is meant" if missing[0] in ("x", "y") else ""
        raise DataError(f"{where}: no column {missing[0]!r}: the columns are {', '.join(REQUIRED)}{named}")
    unknown = [name for name in table.columns if name not in REQUIRED + OPTIONAL]
    if unknown:
        hint = did_you_mean(str(unknown[0]), REQUIRED + OPTIONAL)
        raise DataError(f"{where}: unknown column {unknown[0]!r}{hint}: drop it; {', '.join(OPTIONAL)} are optional")
    if table.empty:
        raise DataError(f"{where}: the table has no rows: give at least one point to fit")
    rows = table.reset_index(drop=True).copy()
    _refuse(rows["curve"].isna(), rows["curve"], "curve", where, "is missing: name the curve")
    _refuse(~rows["role"].isin(ROLES), rows["role"], "role", where, f"is not one of {', '.join(ROLES)}")
    for name in ("x", "y", *OPTIONAL[:-1]):
        if name in rows:
            number = as_numbers(rows[name])
            bad = rows[name].notna() & ~np.isfinite(number)
            _refuse(bad, rows[name], name, where, "is not a number: give a plain number or leave it empty")
            rows[name] = number
    _refuse(~(rows["x"] > 0), rows["x"], "x", where, "is not positive: curves are fitted in log x")
    for name in ("x", "y"):
        size = rows[name].abs()
        bad = (size > LARGEST) | ((size > 0) & (size < 1 / LARGEST))
        _refuse(bad, rows[name], name, where, f"is not between {1 / LARGEST:g} and {LARGEST:g}: is its unit right?")
    if "n_examples" in rows:
        bad = rows["n_examples"].notna() & ~(rows["n_examples"] >= 1)
        _refuse(bad, rows["n_examples"], "n_examples", where, "is below 1: leave it empty when unknown")
    if "stderr" in rows:
        bad = rows["stderr"].notna() & ~(rows["stderr"] >= 0)
        _refuse(bad, rows["stderr"], "stderr", where, "is negative: leave it empty when unknown")
    return rows


def _require_range(rows: pd.DataFrame, is_fit: pd.Series, kind: str, where: str) -> None:
    y = rows["y"]
    if kind == "loss":
        _refuse(is_fit & ~(y > 0), y, "y", where, "is not a positive loss: use --kind accuracy for scores")
    elif kind == "accuracy":
        advice = "is outside [0, 1]: are these percentages? divide by 100; for losses use --kind loss"
        _refuse(is_fit & ~y.between(0.0, 1.0), y, "y", where, advice)


def _refuse(bad: pd.Series, column: pd.Series, name: str, where: str, what: str) -> None:
    if bad.any():
        row = int(np.flatnonzero(bad.to_numpy())[0])
        value = column.iloc[row]
        shown = f"{value:g}" if isinstance(value, float) else repr(value)
        raise DataError(f"{where}: {name} {shown} in row {row + 2} {what}")


def forms_table() -> pd.DataFrame:
    """One row per form: ``form, kind, parameters, formula, source``."""
    chosen = [
        {"form": name, "kind": " ".join(KINDS), "parameters": None, "formula": text, "source": None}
        for name, text in CHOSEN.items()
    ]
    single = [
        {
            "form": form.name,
            "kind": " ".join(form.kinds),
            "parameters": " ".join(q.name for q in form.parameters),
            "formula": f"{form.words}: {form.formula}",
            "source": form.source,
        }
        for form in FORMS.values()
    ]
    return pd.DataFrame([*chosen, *single])
