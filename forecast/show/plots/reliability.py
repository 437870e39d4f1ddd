"""What was said against what happened."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from scale_forecast.data.errors import DataError
from scale_forecast.resolvers.scores.calibration import corp_decomposition, reliability_curve
from scale_forecast.show.plots.style import BLACK, BLUE, GREY, legend, new_figure, shares_axis

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DRAWS = 200
BAND = 0.9
MOST = 5000


def draw_reliability(outcome: np.ndarray, probability: np.ndarray, *, of: str, seed: int = 0) -> Figure:
    """The isotonic reliability diagram (CORP) with the band in which calibrated forecasts fall, and their counts.

    Parameters
    ----------
    outcome : (n,) of 0 and 1
    probability : (n,) in [0, 1]
    of : what the probabilities are of, in a few words
    seed : of the simulated outcomes

    References
    ----------
    Dimitriadis, Gneiting and Jordan (2021), doi:10.1073/pnas.2016191118: consistency bands by resampling outcomes
    that happen as often as was said. The band takes forecasts for independent.
    """
    if not len(outcome):
        raise DataError("no probability whose outcome is known: there is nothing to draw")
    outcome, probability = np.asarray(outcome, dtype=float), np.asarray(probability, dtype=float)
    curve = reliability_curve(outcome, probability)
    found = corp_decomposition(outcome, probability)
    grid = np.linspace(probability.min(), probability.max(), 101)
    low, high = consistency_band(probability, grid, seed=seed)
    figure, axes = new_figure(2, 1, height=6.4, sharex=True, height_ratios=[4, 1])
    top, bottom = axes[:, 0]
    top.fill_between(grid, low, high, color=GREY, alpha=0.3, linewidth=0, label="90% of calibrated forecasts")
    top.plot([0, 1], [0, 1], color=BLACK, linewidth=1, linestyle="--", label="said = happened")
    top.plot(curve["probability"], curve["frequency"], color=BLUE, linewidth=2, label="isotonic fit")
    top.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
    shares_axis(top.yaxis, "how often it happened")
    top.set_title(
        f"{of}: {len(outcome):,} forecasts\nBrier score {found.brier:.3f} = miscalibration {found.miscalibration:.3f}"
        f" - discrimination {found.discrimination:.3f} + uncertainty {found.uncertainty:.3f}",
        loc="left",
    )
    legend(top, loc="upper left")
    bottom.hist(probability, bins=np.linspace(0, 1, 41), color=BLUE)
    shares_axis(bottom.xaxis, "probability that was said")
    bottom.set_ylabel("forecasts")
    return figure


def consistency_band(probability: np.ndarray, grid: np.ndarray, *, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Pointwise ends of the central `BAND` of isotonic fits to outcomes that happen as often as said, at ``grid``."""
    from sklearn.isotonic import IsotonicRegression

    rng = np.random.default_rng(seed)
    fits = np.empty((DRAWS, len(grid)))
    for draw in range(DRAWS):
        said = probability if len(probability) <= MOST else rng.choice(probability, MOST, replace=False)
        happened = rng.random(len(said)) < said
        fitted = IsotonicRegression(y_min=0.0, y_max=1.0, out_of_bounds="clip").fit(said, happened)
        fits[draw] = fitted.predict(grid)
    if len(probability) > MOST:
        fits = grid + (fits - grid) * (MOST / len(probability)) ** (1 / 3)
    low, high = np.quantile(fits, [(1 - BAND) / 2, (1 + BAND) / 2], axis=0)
    return low, high


def gain_outcomes(table: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Outcome and probability of a gain over the origin, for each row of a backtest table."""
    return table["gained"].to_numpy(dtype=float), table["prob_gain"].to_numpy(dtype=float)
