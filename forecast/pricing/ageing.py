"""How publications on a benchmark thin out as it ages, learned from windows of the past that are closed.

The rate of `arrivals.Publications` is that of a benchmark's busy time. Most benchmarks are left for others: the longer
nobody was newly measured, the longer nobody will be. ``pace`` and ``power`` say by how much, and at 1 and 0, towards
which they are held, nothing ages.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from scale_forecast.pricing.arrivals import TIMELESS, YEAR, Ageing, Publications

HORIZONS = (0.25, 0.5, 1.0, 2.0)
"""Years over which windows of the past run."""
PACES = np.exp(np.linspace(-2.0, 1.0, 25))
POWERS = np.linspace(0.0, 3.0, 31)


def closed_windows(rows: pd.DataFrame, as_of: pd.Timestamp) -> pd.DataFrame:
    """Windows that begin on first days of quarters and are closed by a day, a row a benchmark that was known then.

    ``silent`` years since the newest publication known, ``years`` of the window, ``shape`` and ``rate`` as known at its
    beginning, and the share of the benchmark's tasks on which a new model was ``measured`` in it.
    """
    all_known = Publications(rows)
    first = all_known.first
    days = first["known_on"]
    found = []
    for day in pd.date_range(days.min(), as_of, freq="QS"):
        if day + pd.Timedelta(days=round(min(HORIZONS) * YEAR)) > as_of:
            break
        known = all_known.until(day)
        later = first[(days > day).to_numpy()].groupby(["benchmark", "task"])["known_on"].min()
        for benchmark, own in known.first.groupby("benchmark"):
            tasks = own["task"].unique()
            coming = later.reindex(pd.MultiIndex.from_product([[benchmark], tasks])).to_numpy()
            silent, rate = (day - own["known_on"].max()).days / YEAR, known.rate(str(benchmark))
            for years in HORIZONS:
                close = day + pd.Timedelta(days=round(years * YEAR))
                if close <= as_of:
                    measured = float(np.mean(coming <= close.to_datetime64()))
                    found.append((str(benchmark), day, silent, years, rate.shape, rate.rate, measured))
    names = ["benchmark", "day", "silent", "years", "shape", "rate", "measured"]
    return pd.DataFrame(found, columns=names)


def prob_measurement(windows: Mapping[str, np.ndarray] | pd.DataFrame, ageing: Ageing) -> np.ndarray:
    """P(a new model is measured in each window), with rates drawn as `arrivals.Rate` has them."""
    silent, years, shape, rate = (np.asarray(windows[name]) for name in ("silent", "years", "shape", "rate"))
    return 1.0 - (rate / (rate + ageing.years(silent, silent + years))) ** shape


def learn_ageing(windows: pd.DataFrame) -> Ageing:
    """The ageing that tells closed windows best, where those of one benchmark and day count as one; none without any.

    The logarithm of the pace is held towards 0 by a normal, the power by an exponential prior, each of spread 1.
    """
    if windows.empty:
        return TIMELESS
    columns = {str(name): windows[name].to_numpy() for name in windows}
    measured = columns["measured"]

    def loss(ageing: Ageing) -> float:
        p = np.clip(prob_measurement(columns, ageing), 1e-6, 1.0 - 1e-6)
        told: npt.NDArray[np.float64] = measured * np.log(p) + (1.0 - measured) * np.log1p(-p)
        return float(-told.sum() / len(HORIZONS) + 0.5 * np.log(ageing.pace) ** 2 + ageing.power)

    every = (Ageing(float(pace), float(power)) for power in POWERS for pace in (1.0, *PACES))
    return min(every, key=loss)
