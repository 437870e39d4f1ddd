"""`forecast curves fit` as people read it: the rows, then each curve's form in words and its parameters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from scale_forecast.data.plain import plain_text
from scale_forecast.show.report.cells import tables_html
from scale_forecast.show.terminal import as_text

SHOWN = ["curve", "x", "y", "y_pred", "residual", "q10", "q90", "form", "converged"]


def as_page(frame: pd.DataFrame, parameters: pd.DataFrame, said: Sequence[str]) -> str:
    """All of it as text."""
    parts = [as_text(table, title=title or None) for title, table in _tables(frame, parameters).items()]
    return "\n".join([parts[0], "".join(f"{plain_text(sentence)}\n" for sentence in said), *parts[1:]])


def as_html(found: Any) -> str:
    """The same for a notebook; ``found`` is a `workflow.curves.FittedCurves`."""
    return tables_html(_tables(found.frame, found.parameters), found.said)


def _tables(frame: pd.DataFrame, parameters: pd.DataFrame) -> dict[str, pd.DataFrame]:
    shown = _parameters(parameters, digits=4)
    shown.insert(0, "curve", parameters["curve"])
    return {"": frame[SHOWN], "parameters, given the form": shown}


def surface_page(found: Any) -> str:
    """A `workflow.scaling_laws.FittedSurface` as text."""
    parts = [as_text(table, title=title) for title, table in _surface_tables(found).items()]
    return "\n".join(["".join(f"{sentence}\n" for sentence in found.said), *parts])


def surface_html(found: Any) -> str:
    """The same for a notebook."""
    return tables_html(_surface_tables(found), found.said)


def steps_page(found: Any) -> str:
    """A `workflow.scaling_laws.FittedSteps` as text."""
    return "\n".join([as_text(found.frame), "".join(f"{sentence}\n" for sentence in found.said)])


def steps_html(found: Any) -> str:
    """The same for a notebook."""
    return tables_html({"": found.frame}, found.said)


def _surface_tables(found: Any) -> dict[str, pd.DataFrame]:
    best = found.optimal
    shown = {
        "parameters": _parameters(found.frame, digits=3),
        "best for compute": pd.DataFrame(
            {
                "compute": best["compute"],
                "N": [f"{value:.3g}" for value in best["params"]],
                "80% of N": _interval(best, "params_q10", "params_q90"),
                "D": [f"{value:.3g}" for value in best["tokens"]],
                "D / N": [f"{value:.3g}" for value in best["tokens_per_param"]],
                "80% of D / N": _interval(best, "tokens_per_param_q10", "tokens_per_param_q90"),
                "loss": best["loss"],
                "80% of loss": _interval(best, "loss_q10", "loss_q90"),
            }
        ),
    }
    if len(found.points):
        rows = found.points
        shown["losses asked for"] = rows[["params", "tokens", "loss"]].assign(**{"80%": _interval(rows, "q10", "q90")})
    return shown


def _parameters(table: pd.DataFrame, digits: int) -> pd.DataFrame:
    """Estimates with their intervals, these in so many digits, and what each parameter means."""
    return pd.DataFrame(
        {
            "parameter": table["parameter"],
            "estimate": [f"{value:.4g}" for value in table["estimate"]],
            "80% interval": _interval(table, "q10", "q90", digits),
            "meaning": table["meaning"],
        }
    )


def _interval(table: pd.DataFrame, low: str, high: str, digits: int = 3) -> list[str]:
    return [f"{a:.{digits}g} to {b:.{digits}g}" for a, b in zip(table[low], table[high], strict=True)]
