"""Fit tables of scaling curves."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

import pandas as pd

from scale_forecast.curves.tables import fit_table, forms_table, read_curves
from scale_forecast.parallel import Workers


def fit_curve_table(
    curves: pd.DataFrame | str | Path,
    *,
    form: str = "auto",
    kind: str = "loss",
    workers: Workers | None = None,
    stdin: BinaryIO | None = None,
) -> pd.DataFrame:
    """Fit the rows of role 'fit' and predict every row, with quantiles of what would be observed there.

    Parameters
    ----------
    curves : table or CSV file with columns curve, x, y, role (fit or extrapolate); optionally n_examples, stderr,
        chance, ceiling, and family, whose curves share a prior; ``-`` is ``stdin``
    form : ``auto``, ``bnsl``, or a form that `curve_forms` names
    kind : ``loss``, any positive scale, lower is better; or ``accuracy``, in [0, 1], higher is better
    workers : who fits, a thousand curves a step
    """
    rows = curves if isinstance(curves, pd.DataFrame) else read_curves(str(curves), stdin)
    where = "curves" if isinstance(curves, pd.DataFrame) else str(curves)
    return fit_table(rows, form, kind, where=where, workers=workers or Workers(2, threads=True))


def curve_forms() -> pd.DataFrame:
    """The forms a curve may take, a row a form."""
    return forms_table()
