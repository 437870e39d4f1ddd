"""Forecast benchmark scores of upcoming language models. The public API; each name is loaded when first used."""

from importlib import import_module
from typing import Any

from scale_forecast.data.notebook import show_as_html

_HOMES = {
    "load_results": ("scale_forecast.data.load", "load"),
    "as_panel": ("scale_forecast.inputs.panel", "as_panel"),
    "ScaleForecaster": ("scale_forecast.forecaster", "ScaleForecaster"),
    "Forecast": ("scale_forecast.distribution", "Forecast"),
    "backtest": ("scale_forecast.backtests.run", "backtest"),
    "folds_of": ("scale_forecast.inputs.folds", "folds_of"),
    "summary": ("scale_forecast.backtests.summary", "summary"),
    "Desk": ("scale_forecast.pricing", "Desk"),
    "price": ("scale_forecast.pricing", "price"),
    "price_all": ("scale_forecast.pricing", "price_all"),
    "fit_curves": ("scale_forecast.curves", "fit_curves"),
}
__all__ = list(_HOMES)

show_as_html(
    {
        "scale_forecast.upcoming:Upcoming": "scale_forecast.show.report.cells:upcoming_html",
        "scale_forecast.backtests.run:BacktestTable": "scale_forecast.show.report.cells:backtest_html",
        "scale_forecast.pricing.price:Price": "scale_forecast.show.prices:price_html",
        "scale_forecast.resolvers.questions.question:Question": "scale_forecast.show.questions:question_html",
        "scale_forecast.resolvers.judge.resolve:Resolution": "scale_forecast.show.questions:resolution_html",
    }
)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'scale_forecast' has no attribute {name!r}")
    module, attribute = _HOMES[name]
    return getattr(import_module(module), attribute)
