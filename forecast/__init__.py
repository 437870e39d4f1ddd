"""Forecast benchmark scores of upcoming language models. The public API; each name is loaded when first used."""

from importlib import import_module
from typing import Any

_HOMES = {
    "load_results": ("data.load", "load"),
    "as_panel": ("forecast.panel", "as_panel"),
    "ScaleForecaster": ("forecast.forecaster", "ScaleForecaster"),
    "Forecast": ("forecast.distribution", "Forecast"),
    "backtest": ("forecast.backtesting", "backtest"),
    "folds_of": ("forecast.folds", "folds_of"),
    "summary": ("forecast.evaluation", "summary"),
    "Desk": ("forecast.pricing", "Desk"),
    "price": ("forecast.pricing", "price"),
    "price_all": ("forecast.pricing", "price_all"),
    "fit_curves": ("forecast.curves", "fit_curves"),
}
__all__ = list(_HOMES)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'forecast' has no attribute {name!r}")
    module, attribute = _HOMES[name]
    return getattr(import_module(module), attribute)
