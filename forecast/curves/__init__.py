"""Scaling curves fitted by the thousand: forms, batched fitting, averaging, intervals."""

from scale_forecast.curves.estimator import CurveFits, fit_curves
from scale_forecast.curves.registry import FORMS

__all__ = ["FORMS", "CurveFits", "fit_curves"]
