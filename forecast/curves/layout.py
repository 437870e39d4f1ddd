"""A table of curves from one that has less: two columns of any names, no name of the curve, no role, sizes as 7B."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from scale_forecast.data.errors import UsageError
from scale_forecast.data.names import did_you_mean
from scale_forecast.data.numbers import as_numbers
from scale_forecast.data.sizes import parse_size

OF_A_CURVE = ("chance", "ceiling", "family")
"""Columns that a point to predict takes over from its curve."""


def complete_curves(
    table: pd.DataFrame,
    known: Sequence[str],
    *,
    x: str | None = None,
    y: str | None = None,
    at: Sequence[str | float] = (),
    name: str = "curve",
    where: str = "curves",
    tell: Callable[[str], None] = lambda _: None,
) -> pd.DataFrame:
    """The table with all of ``curve, x, y, role`` that can be told, and a row to predict a curve and point of ``at``.

    Parameters
    ----------
    table : the rows as they stand; left as it is
    known : the columns that a table of curves may have
    x, y : the columns that stand for x and y, where they have other names; all but ``known`` are then left aside. Of a
        table of two columns neither of which is known the first is x and the second y.
    at : further points to predict for each curve, numbers or sizes as 70B
    name : what a curve is called where no column names it
    where, tell : what messages call the table, and who hears what was assumed

    Raises
    ------
    UsageError
        Where ``x`` or ``y`` is no column, or a point of ``at`` no positive number.
    """
    rows = _rename(table, known, x, y, where, tell)
    if "x" not in rows or "y" not in rows or rows.empty:
        return rows  # the check of the table says what is missing
    if "curve" not in rows:
        rows.insert(0, "curve", name)
    written = as_numbers(rows["x"]).isna() & rows["x"].map(lambda value: isinstance(value, str))
    if written.any():
        rows["x"] = rows["x"].astype(object).where(~written, rows["x"].map(_size))
    open_role = pd.Series(np.where(rows["y"].isna(), "extrapolate", "fit"), index=rows.index)
    rows["role"] = rows["role"].fillna(open_role) if "role" in rows else open_role
    return pd.concat([rows, _points(rows, at)], ignore_index=True) if at else rows


def _rename(
    table: pd.DataFrame, known: Sequence[str], x: str | None, y: str | None, where: str, tell: Callable[[str], None]
) -> pd.DataFrame:
    rows = table.rename(columns=lambda column: str(column).strip())
    if x is None and y is None and len(rows.columns) == 2 and not set(rows.columns) & set(known):
        x, y = rows.columns
        tell(f"{where}: taken for x: {x}; for y: {y}")
    if x is None and y is None:
        return rows.copy()
    names = {x or "x": "x", y or "y": "y"}
    for column, axis in names.items():
        if column not in rows.columns:
            raise UsageError(
                f"{where}: no column {column!r}{did_you_mean(column, rows.columns)}: name by -{axis} the column of "
                f"{axis}; there are {', '.join(rows.columns)}"
            )
    if len(names) < 2:
        raise UsageError(f"{where}: column {x!r} is named for x and for y: name two columns")
    aside = [name for name in rows.columns if name not in names and name not in known]
    aside += [axis for axis in ("x", "y") if axis in rows.columns and axis not in names]
    if aside:
        tell(f"{where}: left aside: {', '.join(aside)}")
    return rows.drop(columns=aside).rename(columns=names)


def _size(value: Any) -> Any:
    """A text such as 7B as a number; anything else as it stands, for the check of the table."""
    try:
        return parse_size(value)
    except UsageError:
        return value


def _points(rows: pd.DataFrame, at: Sequence[str | float]) -> pd.DataFrame:
    """A row to predict for each curve and point, as noisy as the curve's last one."""
    sizes = [parse_size(point) for point in at]
    last = _last_points(rows)
    return pd.concat([last.assign(x=size, role="extrapolate") for size in sizes], ignore_index=True)


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
