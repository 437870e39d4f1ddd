"""Forecast benchmark scores of upcoming language models. The public API, in the words of the command line.

Each name is loaded when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from scale_forecast.curves import fit_curves
    from scale_forecast.data.load import Tables, load
    from scale_forecast.data.logs import read_logs
    from scale_forecast.data.readers import Layout
    from scale_forecast.data.readers.registry import READERS, reader_lines
    from scale_forecast.distribution import Forecast
    from scale_forecast.inputs.folds import folds_of
    from scale_forecast.inputs.panel import as_panel
    from scale_forecast.parallel import Workers
    from scale_forecast.prediction import Prediction
    from scale_forecast.predictors.registry import PREDICTORS, predictor_lines
    from scale_forecast.pricing import Desk, price, price_all
    from scale_forecast.resolvers.kinds import KINDS
    from scale_forecast.resolvers.ledger import Ledger, shown_address
    from scale_forecast.resolvers.markets.compare import Purse
    from scale_forecast.resolvers.markets.services import SERVICES
    from scale_forecast.show.plots.registry import PLOTS
    from scale_forecast.studies.registry import STUDIES
    from scale_forecast.workflow.ask import ask, ask_all
    from scale_forecast.workflow.backtest import backtest, backtest_questions, backtest_siblings, summary
    from scale_forecast.workflow.backtest_by_date import BY_DATE_FOLDS, backtest_by_date
    from scale_forecast.workflow.by_date import explain_by_date, index, predict_by_date, records
    from scale_forecast.workflow.by_date_views import plot_index, plot_records
    from scale_forecast.workflow.check import check
    from scale_forecast.workflow.compare import compare
    from scale_forecast.workflow.curves import curve_forms, fit_curve_table, plot_curves
    from scale_forecast.workflow.due import due
    from scale_forecast.workflow.estimator import ScaleForecaster
    from scale_forecast.workflow.figures import import_data, list_data, show_data
    from scale_forecast.workflow.forecasts import explain, predict, step_features, train
    from scale_forecast.workflow.frontier import frontier_tables
    from scale_forecast.workflow.largest import largest
    from scale_forecast.workflow.ledgers import copy_ledger, export_ledger, import_ledger, ledger_head, verify_ledger
    from scale_forecast.workflow.market import (
        MarketAddress,
        Ours,
        Post,
        compare_market,
        export_forecasts,
        import_market,
        resolve_market,
        search_markets,
        show_market,
        submit_forecast,
        withdraw_forecast,
    )
    from scale_forecast.workflow.own import add_score, added_scores, data_vintages, remove_data, update_data
    from scale_forecast.workflow.plots import (
        plot_backtest,
        plot_coverage,
        plot_gains,
        plot_largest,
        plot_pit,
        plot_question,
        plot_reach,
        plot_reliability,
        plot_reversal,
        plot_skill,
        plot_task,
    )
    from scale_forecast.workflow.questions import (
        add_questions,
        check_questions,
        import_questions,
        list_questions,
        show_question,
    )
    from scale_forecast.workflow.quick import quick
    from scale_forecast.workflow.reach import reach
    from scale_forecast.workflow.records_page import records_page
    from scale_forecast.workflow.report import report
    from scale_forecast.workflow.scaling_laws import fit_loss_surface, fit_steps_table
    from scale_forecast.workflow.settle import resolve, score
    from scale_forecast.workflow.study import study

from scale_forecast.data.notebook import show_as_html

_HOMES = {
    "curves": "fit_curves",
    "data.load": "Tables load",
    "data.logs": "read_logs",
    "data.readers": "Layout",
    "data.readers.registry": "READERS reader_lines",
    "distribution": "Forecast",
    "inputs.folds": "folds_of",
    "inputs.panel": "as_panel",
    "parallel": "Workers",
    "predictors.registry": "PREDICTORS predictor_lines",
    "pricing": "Desk price price_all",
    "resolvers.kinds": "KINDS",
    "prediction": "Prediction",
    "resolvers.ledger": "Ledger shown_address",
    "resolvers.markets.compare": "Purse",
    "resolvers.markets.services": "SERVICES",
    "show.plots.registry": "PLOTS",
    "studies.registry": "STUDIES",
    "workflow.ask": "ask ask_all",
    "workflow.backtest": "backtest backtest_questions backtest_siblings summary",
    "workflow.backtest_by_date": "BY_DATE_FOLDS backtest_by_date",
    "workflow.by_date": "explain_by_date index predict_by_date records",
    "workflow.by_date_views": "plot_index plot_records",
    "workflow.check": "check",
    "workflow.compare": "compare",
    "workflow.curves": "curve_forms fit_curve_table plot_curves",
    "workflow.due": "due",
    "workflow.estimator": "ScaleForecaster",
    "workflow.figures": "import_data list_data show_data",
    "workflow.forecasts": "explain predict step_features train",
    "workflow.frontier": "frontier_tables",
    "workflow.largest": "largest",
    "workflow.ledgers": "copy_ledger export_ledger import_ledger ledger_head verify_ledger",
    "workflow.market": "MarketAddress Ours Post compare_market export_forecasts import_market resolve_market "
    "search_markets show_market submit_forecast withdraw_forecast",
    "workflow.own": "add_score added_scores data_vintages remove_data update_data",
    "workflow.plots": "plot_backtest plot_coverage plot_gains plot_largest plot_pit plot_question plot_reach "
    "plot_reliability plot_reversal plot_skill plot_task",
    "workflow.questions": "add_questions check_questions import_questions list_questions show_question",
    "workflow.quick": "quick",
    "workflow.reach": "reach",
    "workflow.records_page": "records_page",
    "workflow.report": "report",
    "workflow.scaling_laws": "fit_loss_surface fit_steps_table",
    "workflow.settle": "resolve score",
    "workflow.study": "study",
}
"""Of each module the names that it lends to the public API, ``ours=theirs`` where they differ."""
_NAMES = {
    ours: (module, theirs or ours)
    for module, names in _HOMES.items()
    for ours, _, theirs in (name.partition("=") for name in names.split())
}
__all__ = sorted(_NAMES)

show_as_html(
    {
        "scale_forecast.prediction:Prediction": "scale_forecast.show.report.cells:prediction_html",
        "scale_forecast.upcoming:Upcoming": "scale_forecast.show.report.cells:upcoming_html",
        "scale_forecast.backtests.run:BacktestTable": "scale_forecast.show.report.cells:backtest_html",
        "scale_forecast.workflow.compare:Compared": "scale_forecast.show.compare:as_html",
        "scale_forecast.workflow.curves:FittedCurves": "scale_forecast.show.curves:as_html",
        "scale_forecast.workflow.scaling_laws:FittedSurface": "scale_forecast.show.curves:surface_html",
        "scale_forecast.workflow.scaling_laws:FittedSteps": "scale_forecast.show.curves:steps_html",
        "scale_forecast.workflow.quick:Quick": "scale_forecast.show.quick:as_html",
        "scale_forecast.pricing.price:Price": "scale_forecast.show.prices:price_html",
        "scale_forecast.resolvers.questions.question:Question": "scale_forecast.show.questions:question_html",
        "scale_forecast.resolvers.questions.resolve:Resolution": "scale_forecast.show.questions:resolution_html",
    }
)


def __getattr__(name: str) -> Any:
    if name not in _NAMES:
        raise AttributeError(f"module 'scale_forecast' has no attribute {name!r}")
    module, attribute = _NAMES[name]
    return getattr(import_module(f"scale_forecast.{module}"), attribute)


def __dir__() -> list[str]:
    return __all__
