"""A table of curves from one that has less: columns of any names, no name of the curve, no role, cells as people write
them (7B, 45.1%, 0,451, 10^21)."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from scale_forecast.data.errors import UsageError
from scale_forecast.data.names import count_of, did_you_mean
from scale_forecast.data.numbers import as_numbers
from scale_forecast.data.readers.cells import as_cells
from scale_forecast.data.readers.headers import FLOP_OF_A_PF_DAY, PF_DAYS, counts_rows, is_known_share
from scale_forecast.data.readers.tables import DELIMITER
from scale_forecast.data.sizes import parse_size

OF_A_CURVE = ("chance", "ceiling", "family")
"""Columns that a point to predict takes over from its curve."""
OF_ACCURACY = re.compile(
    r"acc(?:uracy|\b|_)|score|exact.?match|\bem\b|\bf1\b|pass.?(?:@|at)|(?:solve|success|win).?rate|correct", re.I
)
OF_LOSS = re.compile(
    r"loss|perplexity|\bppl\b|\berr(?:or)?\b|bits?.per|\bbp[bcw]\b|\bnll\b|cross.?entropy|\bce\b", re.I
)
"""What a column of y is called, by which way is better."""
POWER = re.compile(r"(?:([0-9][0-9.,]*)\s*[x×*·]\s*)?10\s*(?:\^|\*\*)\s*([0-9]+(?:\.[0-9]+)?)", re.I)
"""A number such as 10^21 or 1.5x10^21."""


def complete_curves(
    table: pd.DataFrame,
    known: Sequence[str],
    *,
    x: str | None = None,
    y: str | None = None,
    at: str | float | Sequence[str | float] = (),
    name: str = "curve",
    where: str = "curves",
    tell: Callable[[str], None] = lambda _: None,
) -> tuple[pd.DataFrame, tuple[str, str]]:
    """The table with all of ``curve, x, y, role`` that can be told, and a row to predict a curve and point of ``at``;
    and what its x and y are called.

    Parameters
    ----------
    table : the rows as they stand; left as it is
    known : the columns that a table of curves may have
    x, y : the columns that stand for x and y, where they have other names; all but ``known`` are then left aside. Where
        they are not named, one other column of two is x if the name of one tells that it is y, else the first is; a
        column of names beside them names the curves.
    at : further points to predict for each curve, numbers or sizes as 70B
    name : what a curve is called where no column names it
    where, tell : what messages call the table, and who hears what was assumed

    Raises
    ------
    UsageError
        Where ``x`` or ``y`` is no column or cannot be told, or a point of ``at`` no positive number.
    """
    rows, axes = _rename(table, known, x, y, where, tell)
    if "x" not in rows or "y" not in rows or rows.empty:
        return rows, axes  # the check of the table says what is missing
    if "curve" not in rows:
        rows.insert(0, "curve", name)
    rows = _read_cells(rows, table.attrs.get(DELIMITER) == ";", where, tell)
    open_role = pd.Series(np.where(rows["y"].isna(), "extrapolate", "fit"), index=rows.index)
    rows["role"] = rows["role"].fillna(open_role) if "role" in rows else open_role
    at = [at] if isinstance(at, str | int | float) else list(at)
    return (pd.concat([rows, _points(rows, at)], ignore_index=True) if at else rows), axes


def _rename(
    table: pd.DataFrame, known: Sequence[str], x: str | None, y: str | None, where: str, tell: Callable[[str], None]
) -> tuple[pd.DataFrame, tuple[str, str]]:
    rows = table.rename(columns=lambda column: str(column).strip())
    if x is None and y is None and not {"x", "y"} & set(rows.columns):
        rows, x, y = _tell_axes(rows, known, where)
        if x is not None:
            tell(f"{where}: taken for x: {x}; for y: {y}")
    if x is None and y is None:
        return rows.copy(), ("x", "y")
    names = {x or "x": "x", y or "y": "y"}
    for column, axis in names.items():
        if column not in rows.columns:
            raise UsageError(
                f"{where}: no column {column!r}{did_you_mean(column, rows.columns)}: name by -{axis} the column of "
                f"{axis}; there are {', '.join(rows.columns)}"
            )
    if len(names) < 2:
        raise UsageError(f"{where}: column {x!r} is named for x and for y: name two columns")
    if x is not None and PF_DAYS.search(x):
        rows = rows.assign(**{x: as_numbers(rows[x]) * FLOP_OF_A_PF_DAY})
        tell(f"{where}: {x} is read as petaFLOP/s-days, {FLOP_OF_A_PF_DAY:g} FLOP each: x is in FLOP")
    aside = [name for name in rows.columns if name not in names and name not in known]
    aside += [axis for axis in ("x", "y") if axis in rows.columns and axis not in names]
    if aside:
        tell(f"{where}: left aside: {', '.join(aside)}")
    return rows.drop(columns=aside).rename(columns=names), (x or "x", y or "y")


def _tell_axes(rows: pd.DataFrame, known: Sequence[str], where: str) -> tuple[pd.DataFrame, str | None, str | None]:
    """The table with its curves named if another column does, and the columns that are x and y by names and content."""
    free = [name for name in rows.columns if name not in known and not counts_rows(name, rows[name])]
    numbers = [name for name in free if _holds_numbers(rows[name])]
    if not free or (len(free) < 2 and len(rows.columns) > 1):
        return rows, None, None  # the check of the table says what is missing
    texts = [name for name in free if name not in numbers]
    said = [name for name in numbers if is_of_loss(name) or is_of_accuracy(name)]
    if len(numbers) == 2 and len(texts) <= (0 if "curve" in rows else 1):
        y = said[0] if len(said) == 1 else numbers[1]
        x = next(name for name in numbers if name != y)
        return rows.rename(columns=dict.fromkeys(texts, "curve")), x, y
    if len(free) == 2:
        return rows, free[0], free[1]  # what is no number is named by the check
    there = ", ".join(rows.columns)
    y = said[0] if said else free[-1]
    x = next(name for name in free if name != y)
    raise UsageError(
        f"{where}: which column is x, and which is y? name them as -x {shlex.quote(x)} "
        f"-y {shlex.quote(y)}; there are {there}"
    )


def _holds_numbers(column: pd.Series) -> bool:
    """Whether most cells are numbers or sizes."""
    return bool(_as_x(column).map(lambda value: isinstance(value, int | float)).mean() > 0.5)


def is_of_loss(name: str) -> bool:
    """Whether a column's name says that lower is better."""
    return OF_LOSS.search(name) is not None


def is_of_accuracy(name: str) -> bool:
    """Whether a column's name says that higher is better: it is called like an accuracy, or is a known task."""
    return not is_of_loss(name) and (OF_ACCURACY.search(name) is not None or is_known_share(name))


def _read_cells(rows: pd.DataFrame, european: bool, where: str, tell: Callable[[str], None]) -> pd.DataFrame:
    """The numbers of ``x, y`` and what is beside them, as people write them; what is none stands for the check."""
    rows = rows.assign(x=_as_x(rows["x"]))
    for name in ("y", "stderr", "n_examples", "chance", "ceiling"):
        if name in rows:
            cells = as_cells(rows[name], european=european)
            rows[name] = cells.value if not cells.is_bad.any() else rows[name].where(cells.is_bad, cells.value)
            if name == "y" and "stderr" not in rows and cells.stderr.notna().any():
                rows["stderr"] = cells.stderr
    start = as_numbers(rows["x"]) == 0
    if start.any() and not start.all():
        tell(f"{where}: left aside: {count_of(int(start.sum()), 'row')} at x = 0, since curves are fitted in log x")
        rows = rows[~start].reset_index(drop=True)
    return rows


def _as_x(column: pd.Series) -> pd.Series:
    """A column of x with sizes and powers as numbers; anything else as it stands."""
    number = as_numbers(column)
    written = number.isna() & column.map(lambda value: isinstance(value, str))
    return (
        column.astype(object).where(~written, column.map(_size))
        if written.any()
        else number.where(number.notna() | column.isna(), column)
    )


def _size(value: Any) -> Any:
    """A text such as 7B, 10^21 or 1.5x10^21 as a number; anything else as it stands, for the check of the table."""
    power = POWER.fullmatch(str(value).strip())
    try:
        if power is not None:
            return parse_size(power[1] or 1) * 10.0 ** min(float(power[2]), 300.0)
        return parse_size(value)
    except UsageError:
        return value


def _points(rows: pd.DataFrame, at: Sequence[str | float]) -> pd.DataFrame:
    """A row to predict for each curve and point, as noisy as the curve's last one."""
    sizes = [_point(point) for point in at]
    last = _last_points(rows)
    return pd.concat([last.assign(x=size, role="extrapolate") for size in sizes], ignore_index=True)


def _point(value: str | float) -> float:
    """A point asked for, in any way that a cell may have it."""
    size = _size(value)
    return float(size) if isinstance(size, int | float) else parse_size(value)


def points_along(rows: pd.DataFrame, number: int) -> pd.DataFrame:
    """So many points to predict along each curve, from its smallest to its largest x, for a picture of it."""
    ends = rows.groupby("curve", sort=False)["x"].agg(["min", "max"])
    along = np.geomspace(ends["min"], ends["max"], number)
    grid = pd.DataFrame({"curve": np.tile(ends.index, number), "x": along.ravel(), "role": "extrapolate"})
    return _last_points(rows).merge(grid, on="curve")


def _last_points(rows: pd.DataFrame) -> pd.DataFrame:
    """The last row of each curve, of what belongs to the curve or says how noisy it is."""
    keep = [column for column in ("curve", *OF_A_CURVE, "n_examples", "stderr") if column in rows]
    return rows.loc[rows["curve"].notna(), keep].drop_duplicates("curve", keep="last")
