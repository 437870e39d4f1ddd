"""Scaling curves fitted by the thousand: forms, batched fitting, averaging, intervals."""

from forecast.curves.estimator import CurveFits, fit_curves
from forecast.curves.registry import FORMS

__all__ = ["FORMS", "CurveFits", "fit_curves"]
