"""`forecast curves fit` as people read it: the rows, then each curve's form in words and its parameters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from scale_forecast.show.report.cells import tables_html
from scale_forecast.show.terminal import as_text

SHOWN = ["curve", "x", "y", "y_pred", "residual", "q10", "q90", "form", "converged"]


def as_page(frame: pd.DataFrame, parameters: pd.DataFrame, said: Sequence[str]) -> str:
    """All of it as text."""
    parts = [as_text(table, title=title or None) for title, table in _tables(frame, parameters).items()]
    return "\n".join([parts[0], "".join(f"{sentence}\n" for sentence in said), *parts[1:]])


def as_html(found: Any) -> str:
    """The same for a notebook; ``found`` is a `workflow.curves.FittedCurves`."""
    return tables_html(_tables(found.frame, found.parameters), found.said)


def _tables(frame: pd.DataFrame, parameters: pd.DataFrame) -> dict[str, pd.DataFrame]:
    ends = zip(parameters["q10"], parameters["q90"], strict=True)
    shown = pd.DataFrame(
        {
            "curve": parameters["curve"],
            "parameter": parameters["parameter"],
            "estimate": [f"{value:.4g}" for value in parameters["estimate"]],
            "80% interval": [f"{low:.4g} to {high:.4g}" for low, high in ends],
            "meaning": parameters["meaning"],
        }
    )
    return {"": frame[SHOWN], "parameters, given the form": shown}
