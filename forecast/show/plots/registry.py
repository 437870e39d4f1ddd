"""The plots by name: what each draws, from what, and an example of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from scale_forecast.data.members import Members
from scale_forecast.show.plots import examples
from scale_forecast.show.plots.backtests import of_predictor
from scale_forecast.show.plots.coverage import draw_coverage
from scale_forecast.show.plots.curves import draw_curves
from scale_forecast.show.plots.gains import draw_gains
from scale_forecast.show.plots.largest import draw_largest
from scale_forecast.show.plots.pit import draw_pit
from scale_forecast.show.plots.question import draw_question
from scale_forecast.show.plots.reach import draw_reach
from scale_forecast.show.plots.records import draw_index, draw_records
from scale_forecast.show.plots.reliability import draw_reliability, gain_outcomes
from scale_forecast.show.plots.reversal import draw_reversal
from scale_forecast.show.plots.skill import draw_skill
from scale_forecast.show.plots.task import draw_task

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Plot:
    """One kind of picture.

    Attributes
    ----------
    name : str
        Also of its command, ``forecast plot NAME``.
    says : str
        What it shows, a line of help.
    reads : str
        What it is drawn from: a ``backtest``, its ``outcomes``, a ``forecast``, a ``question``, ``models``, ``points``.
    draw : function that returns the figure
        Of one that reads a ``backtest``, the only argument without a default is the backtest table.
    example : function without arguments that returns the figure
        Drawn from made-up data.
    """

    name: str
    says: str
    reads: str
    draw: Callable[..., Figure]
    example: Callable[[], Figure]


OURS = (
    Plot(
        "task",
        "All scores of a task against scale, with the forecast of an upcoming model and, once known, its score.",
        "forecast",
        draw_task,
        lambda: draw_task(*examples.make_scores()),
    ),
    Plot(
        "gains",
        "Predicted against actual gains of known models, a panel a benchmark.",
        "backtest",
        draw_gains,
        lambda: draw_gains(of_predictor(examples.make_backtest())),
    ),
    Plot(
        "coverage",
        "How often the 50, 80 and 90% intervals held the score, group by group.",
        "backtest",
        draw_coverage,
        lambda: draw_coverage(of_predictor(examples.make_backtest())),
    ),
    Plot(
        "skill",
        "Skill of every predictor on every held-out line or model, and over all of them.",
        "backtest",
        draw_skill,
        lambda: draw_skill(examples.make_backtest()),
    ),
    Plot(
        "reliability",
        "What was said against what happened: probabilities of a gain in a backtest, or of recorded questions.",
        "outcomes",
        draw_reliability,
        lambda: draw_reliability(*gain_outcomes(of_predictor(examples.make_backtest())), of="A gain"),
    ),
    Plot(
        "pit",
        "Where outcomes fell in their forecasts: flat is calibrated.",
        "outcomes",
        draw_pit,
        examples.draw_pit_example,
    ),
    Plot(
        "reversal",
        "The probability that each falling task turns, against the size of the family's next model.",
        "forecast",
        draw_reversal,
        lambda: draw_reversal(examples.make_reversals()),
    ),
    Plot(
        "question",
        "Our probability of a question over time, the crowd's, and the resolution.",
        "question",
        draw_question,
        examples.draw_question_example,
    ),
    Plot(
        "largest",
        "The largest public models by date, as known on a day, and what came after it.",
        "models",
        draw_largest,
        examples.draw_largest_example,
    ),
    Plot(
        "records",
        "Known scores of benchmarks by date, their records, and the fan of what is to come.",
        "models",
        draw_records,
        examples.draw_records_example,
    ),
    Plot(
        "index",
        "The capability index of every model by its day of release, those named that led.",
        "models",
        draw_index,
        examples.draw_index_example,
    ),
    Plot(
        "reach",
        "The probability that a score is reached within so much compute, so many parameters, and by a day.",
        "forecast",
        draw_reach,
        examples.draw_reach_example,
    ),
    Plot(
        "curves",
        "Fitted curves with what was measured, and the fan along them.",
        "points",
        draw_curves,
        examples.draw_curves_example,
    ),
)
PLOTS: Members[Plot] = Members("scale_forecast.plots", OURS, Plot, noun="plot")
