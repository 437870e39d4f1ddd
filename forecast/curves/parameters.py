"""What was fitted, for people: each curve's form in words and its parameters with intervals, in units of x and y."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from scale_forecast.curves.averaging import Averaged, leading_form
from scale_forecast.curves.batch import Batch
from scale_forecast.curves.estimator import CurveFits
from scale_forecast.curves.fitting import Prior, Task, fit_form_exactly, fitted_part, information
from scale_forecast.curves.forms import Form
from scale_forecast.curves.levmar import inverse_spd
from scale_forecast.curves.profiles import profile_intervals

COLUMNS = ("curve", "form", "share", "parameter", "estimate", "q10", "q90", "meaning")


def parameters_of(fits: CurveFits, names: Sequence[str], most: int) -> pd.DataFrame:
    """The first ``most`` curves' parameters of `CurveFits.form`, fitted on its own, a row a parameter.

    Columns ``curve, form, share`` (its weight in the prediction), ``parameter`` (as in the form's formula),
    ``estimate, q10, q90`` (an 80% interval by profile likelihood, given that the form is right), ``meaning``.
    """
    rows: list[tuple[int, list[dict[str, object]]]] = []
    start = 0
    for batch, average in fits.chunks:
        here = np.arange(min(len(batch), most - start))
        best = leading_form(batch, average)[here]
        for k in np.unique(best):
            rows += _of_form(batch, average, int(k), here[best == k], start, names)
        start += len(batch)
        if start >= most:
            break
    ordered = sorted(rows, key=lambda pair: pair[0])
    return pd.DataFrame([row for _, part in ordered for row in part], columns=COLUMNS)


def _of_form(
    batch: Batch, average: Averaged, k: int, which: np.ndarray, start: int, names: Sequence[str]
) -> list[tuple[int, list[dict[str, object]]]]:
    form, part = average.fits[k].form, batch.take(which)
    estimate, low, high = parameter_intervals(form, part, average.priors[k])
    scale = part.x_ref, part.y_ref
    natural = [
        [q.natural(value, *scale) for value in (estimate[j], low[j], high[j])] for j, q in enumerate(form.parameters)
    ]
    return [
        (
            start + curve,
            [
                {"curve": names[start + curve], "form": form.name, "share": average.weights[k, curve],
                 "parameter": q.said, "estimate": values[0][i], "q10": values[1][i], "q90": values[2][i],
                 "meaning": q.meaning}
                for q, values in zip(form.parameters, natural, strict=True)
            ],
        )
        for i, curve in enumerate(which)
    ]  # fmt: skip


def parameter_intervals(
    form: Form, batch: Batch, prior: Prior, *, level: float = 0.8
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The form's parameters on each curve and the ends of their intervals, (p, n) each, as they are fitted."""
    fit, part = fit_form_exactly(form, batch, prior), fitted_part(form, batch)
    task = Task(form, part, prior)
    covariance = inverse_spd(information(fit, part, prior))
    low, high = profile_intervals(task.model(np.arange(len(part))), task.problem, fit.theta, covariance, level=level)
    return fit.theta, low, high


def describe_fits(fits: CurveFits, names: Sequence[str], most: int, *, x: str, y: str) -> list[str]:
    """A sentence on each of the first ``most`` curves: its form in words, formula, and share of the prediction."""
    said = []
    position = 0
    for batch, average in fits.chunks:
        best = leading_form(batch, average)
        for curve in range(min(len(batch), most - position)):
            form = average.fits[best[curve]].form
            error = " (y here: 1 - q)" if batch.kind == "accuracy" and form.of_loss else ""
            what = "" if y == "y" else f"y = {y}, "
            place = f"{what}r = {x} / {batch.x_ref[curve]:.4g}"
            share = average.weights[best[curve], curve]
            part = f"; {share:.0%} of the average that is predicted" if share < 0.995 else ""
            said.append(f"{names[position + curve]}: {form.words}, {form.formula}{error}; {place}{part}")
        position += len(batch)
        if position >= most:
            break
    return said
