"""Fit tables of scaling curves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO

import pandas as pd

from scale_forecast.curves.layout import complete_curves, is_of_accuracy, is_of_loss, points_along
from scale_forecast.curves.parameters import describe_fits, parameters_of
from scale_forecast.curves.tables import (
    OPTIONAL,
    REQUIRED,
    FittedTable,
    check_rows,
    fit_table,
    forms_table,
    read_curves,
)
from scale_forecast.data.names import count_of
from scale_forecast.data.notebook import ShowsHtml
from scale_forecast.data.numbers import as_numbers
from scale_forecast.data.whole import write_whole
from scale_forecast.parallel import Workers
from scale_forecast.workflow.inputs import Tell, silent

DRAWN = 60
"""Points along a curve in its picture."""
DESCRIBED = 20
"""Most curves whose formula and parameters are given."""


@dataclass(frozen=True)
class FittedCurves(ShowsHtml):
    """What `fit_curve_table` found.

    ``frame``: a row a row of the table, with what is predicted there, quantiles of what would be observed and, where a
    y was fitted, the residual; ``parameters``: those of each curve's form, with 80% intervals; ``said``: each curve's
    form in words. The last two are of the first `DESCRIBED` curves.
    """

    frame: pd.DataFrame
    parameters: pd.DataFrame
    said: list[str]

    def __repr__(self) -> str:
        return f"<FittedCurves: {count_of(self.frame['curve'].nunique(), 'curve')}>"


def fit_curve_table(
    curves: pd.DataFrame | str | Path,
    *,
    form: str = "auto",
    kind: str | None = None,
    x: str | None = None,
    y: str | None = None,
    at: str | float | Sequence[str | float] = (),
    plot: str | Path | None = None,
    workers: Workers | None = None,
    stdin: BinaryIO | None = None,
    tell: Tell = silent,
) -> FittedCurves:
    """Fit the rows that have a y and predict every row, with quantiles of what would be observed there.

    Parameters
    ----------
    curves : table or CSV file; two columns are enough (``x`` and ``y``, named by these arguments where they have other
        names, which leaves further columns aside). ``curve`` names several curves; ``role`` is fit or extrapolate,
        without it rows without a y are predicted; ``n_examples, stderr, chance, ceiling``, and ``family``, whose curves
        share a prior; ``-`` is ``stdin``
    form : ``auto``, ``bnsl``, or a form that `curve_forms` names
    kind : ``loss``, any positive scale, lower is better; or ``accuracy``, in [0, 1], higher is better; when None
        accuracy where the name of y says so, whose percentages are then read as such, else loss
    at : further points to predict of each curve, numbers or sizes as 70B
    plot : a PNG or SVG file for the picture of the first curves
    workers : who fits, a thousand curves a step

    Raises
    ------
    DataError, UsageError
        Naming the column or the first bad row, and the remedy.
    """
    if plot is not None:
        from scale_forecast.show.plots.style import as_bytes, check_suffix

        check_suffix(Path(plot))
    rows, where, axes, kind = _complete(curves, kind, x, y, at, stdin, tell)
    workers = workers or Workers(2, threads=True)
    _tell_single(rows, where, axes[0], tell)
    if plot is None:
        fitted = fit_table(rows, form, kind, where=where, workers=workers)
    else:
        fitted, figure = _fit_and_draw(rows, form, kind, where, workers, axes)
        write_whole(Path(plot), as_bytes(figure, Path(plot).suffix))
    if len(fitted.names) > DESCRIBED:
        tell(f"formulas and parameters: of the first {DESCRIBED} of {len(fitted.names):,} curves")
    parameters = parameters_of(fitted.fits, fitted.names, DESCRIBED)
    said = describe_fits(fitted.fits, fitted.names, DESCRIBED, x=axes[0], y=axes[1])
    return FittedCurves(fitted.frame, parameters, said)


def plot_curves(
    curves: pd.DataFrame | str | Path,
    *,
    form: str = "auto",
    kind: str | None = None,
    x: str | None = None,
    y: str | None = None,
    at: str | float | Sequence[str | float] = (),
    workers: Workers | None = None,
    stdin: BinaryIO | None = None,
    tell: Tell = silent,
) -> Any:
    """The picture of the first curves of a table, fitted as by `fit_curve_table`, whose arguments these are."""
    rows, where, axes, kind = _complete(curves, kind, x, y, at, stdin, tell)
    return _fit_and_draw(rows, form, kind, where, workers or Workers(2, threads=True), axes)[1]


def _complete(
    curves: pd.DataFrame | str | Path,
    kind: str | None,
    x: str | None,
    y: str | None,
    at: str | float | Sequence[str | float],
    stdin: BinaryIO | None,
    tell: Tell,
) -> tuple[pd.DataFrame, str, tuple[str, str], str]:
    """The rows of a table of curves with all columns that fitting reads, where it is from, its axes, and its kind."""
    if isinstance(curves, pd.DataFrame):
        table, where, name = curves, "curves", "curve"
    else:
        table, where = read_curves(str(curves), stdin), str(curves)
        name = "curve" if where == "-" else Path(where).stem
    rows, axes = complete_curves(table, REQUIRED + OPTIONAL, x=x, y=y, at=at, name=name, where=where, tell=tell)
    if kind is None:
        kind = "accuracy" if is_of_accuracy(axes[1]) else "loss"
        if kind == "accuracy":
            rows = _as_shares(rows, axes[1], where, tell)
        elif not is_of_loss(axes[1]):
            tell(f"{where}: read as losses, of which lower is better: {axes[1]}; scores are --kind accuracy")
    return rows, where, axes, kind


def _tell_single(rows: pd.DataFrame, where: str, x: str, tell: Tell) -> None:
    """Say which curves have scores at one x alone: nothing of them says how they go on."""
    if not set(REQUIRED) <= set(rows.columns):
        return  # the check of the table says what is missing
    fitted = rows[as_numbers(rows["y"]).notna() & (rows["role"] == "fit")]
    places = fitted.groupby("curve", sort=False)["x"].nunique()
    alone = [str(name) for name in places.index[places == 1]]
    if alone:
        some = ", ".join(alone[:3]) + (", ..." if len(alone) > 3 else "")
        tell(
            f"{where}: scores at one {x} alone: {some}: what is predicted elsewhere comes from what curves usually do, "
            "and not from these scores"
        )


def _as_shares(rows: pd.DataFrame, name: str, where: str, tell: Tell) -> pd.DataFrame:
    """Accuracies as shares, of percentages a hundredth; what was taken for granted is told."""
    y = as_numbers(rows["y"])
    percent = bool(y.max() > 1.5 and y.max() <= 100.0 and y.min() >= 0.0)
    said = f"{where}: read as accuracies, of which higher is better: {name}"
    tell(f"{said}, in percent" if percent else said)
    if not percent:
        return rows
    return rows.assign(y=y / 100.0, **({"stderr": as_numbers(rows["stderr"]) / 100.0} if "stderr" in rows else {}))


def _fit_and_draw(
    rows: pd.DataFrame, form: str, kind: str, where: str, workers: Workers, axes: tuple[str, str]
) -> tuple[FittedTable, Any]:
    """As `fit_table`, of the points along each curve too, which are drawn and not given back."""
    from scale_forecast.show.plots.curves import draw_curves

    points = check_rows(rows, where)
    every = pd.concat([points, points_along(points, DRAWN)], ignore_index=True)
    fitted = fit_table(every, form, kind, where=where, workers=workers)
    measured = points[points["y"].notna() & (points["role"] == "fit")]
    figure = draw_curves(measured, fitted.frame.iloc[len(points) :], x=axes[0], y=axes[1])
    return replace(fitted, frame=fitted.frame.iloc[: len(points)]), figure


def curve_forms() -> pd.DataFrame:
    """The forms a curve may take, a row a form."""
    return forms_table()
