"""Study by date: does a benchmark's last gain in its record say anything of its next, and do jumps follow jumps?

The question that was asked of scale in 2022, asked of time. A record is the best score known by a day; a gain is what
it rose over half a year in which a new model was measured, in logits of the share above chance. The end of one
half-year is the beginning of the next, so that an odd record enters the first gain with a plus and the second with a
minus: beside neighbours stand gains half a year apart, which share no score. Half-years differ (in some everything
moved), so each gain is also taken beside the mean of its half-year. Benchmarks count that went on being run: with
`FEWEST_MODELS` models, new ones of them in `FEWEST_HALVES` half-years since `FIRST_YEAR`, since when models come one
by one rather than as families of all sizes.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from scale_forecast.data.names import count_of
from scale_forecast.data.tasks import describe
from scale_forecast.studies.findings import Findings, Study, bracket, signless

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MONTHS = 6
EDGE = 0.005
"""A share this near to chance or to one is held here, as in forecasts by date."""
FEWEST_MODELS, FEWEST_HALVES = 10, 3
FIRST_YEAR = 2023
FEWEST_BENCHMARKS = 10
JUMP = 0.8
"""A gain above this quantile of all is a jump."""
DRAWS = 500
NEXT, APART = "the next half-year", "half a year later"
LAGS = {NEXT: 1, APART: 2}
BENCHMARK = ["benchmark", "task", "metric"]


def study(results: pd.DataFrame, tasks: pd.DataFrame, metrics: pd.DataFrame, *, seed: int = 0) -> Findings:
    """Correlations of a benchmark's successive gains by date, and how often a jump follows a jump.

    Returns
    -------
    Findings with the tables ``successive`` (by how far the gains are apart: correlation as measured, by rank, and
    beside the half-year's mean) and ``jumps``; in detail ``gains``. Intervals are over benchmarks drawn anew.
    """
    gains = half_year_gains(results, tasks, metrics)
    pairs = {lag: pairs_of(gains, steps) for lag, steps in LAGS.items()}
    if pairs[NEXT]["benchmark"].nunique() < FEWEST_BENCHMARKS:
        needed = f"{FEWEST_BENCHMARKS} benchmarks with dated scores in shares and new models in two half-years running"
        return Findings({}, [f"Gains by date need {needed}: these results have too few."])
    successive = pd.DataFrame([{"gain": lag, **_correlations(part, seed)} for lag, part in pairs.items()])
    jumps = pd.DataFrame([{"gain": lag, **_jumps(part, gains, seed)} for lag, part in pairs.items()])
    tables = {"successive": successive, "jumps": jumps}
    return Findings(tables, _sentences(successive, jumps), partial(draw, pairs[NEXT]), {"gains": gains})


def half_year_gains(results: pd.DataFrame, tasks: pd.DataFrame, metrics: pd.DataFrame) -> pd.DataFrame:
    """A row a benchmark and half-year in which a new model was measured: ``gain``, and ``beside`` its half-year's mean.

    The day of a score is ``known_on`` as it stands; of half of the scores since 2022 that is a lower bound.
    """
    rows = describe(results[results["known_on"].notna()], tasks, metrics)
    rows = rows[rows["is_share"] & rows["higher_is_better"] & rows["aggregate_of"].isna()]
    chance = rows["chance"].fillna(0.0)
    share = ((rows["score"] - chance) / (1.0 - chance)).clip(EDGE, 1.0 - EDGE)
    rows = rows.assign(z=np.log(share / (1.0 - share)))
    models = rows.groupby(BENCHMARK)["model"].transform("nunique")
    rows = rows[models >= FEWEST_MODELS]
    half = _half_of(rows["known_on"])
    last = rows["known_on"].max() + pd.Timedelta(days=1)
    rows = rows.assign(half=half)[half < _half_of(pd.Series([last])).iloc[0]]  # none that goes on
    first_half = _half_of(pd.Series([pd.Timestamp(FIRST_YEAR, 1, 1)])).iloc[0]
    found = []
    for name, own in rows.groupby(BENCHMARK, sort=True):
        first = own.groupby("model")["half"].min()
        new = first.groupby(first).size()
        new = new[new.index >= first_half]
        if len(new) < FEWEST_HALVES:
            continue
        record = own.groupby("half")["z"].max().cummax()
        every = np.arange(record.index.min(), record.index.max() + 1)
        path = record.reindex(every).ffill()
        gain = path.diff().iloc[1:]
        table = pd.DataFrame({"half": gain.index, "gain": gain.to_numpy(), "new": new.reindex(gain.index).to_numpy()})
        found.append(table[table["new"] >= 1].assign(benchmark=" / ".join(dict.fromkeys(map(str, name)))))
    columns = ["benchmark", "half", "begins", "gain", "beside", "new"]
    if not found or not sum(map(len, found)):
        return pd.DataFrame(columns=columns)
    gains = pd.concat(found, ignore_index=True)
    begins = [f"{half // 2}-{'01' if half % 2 == 0 else '07'}" for half in gains["half"]]
    mean = gains.groupby("half")["gain"].transform("mean")
    return gains.assign(begins=begins, beside=gains["gain"] - mean)[columns]


def _half_of(days: pd.Series) -> pd.Series:
    """Half-years since the year 0."""
    return (days.dt.year * 12 + days.dt.month - 1) // MONTHS


def pairs_of(gains: pd.DataFrame, steps: int) -> pd.DataFrame:
    """Each gain with that of the same benchmark some half-years later, as ``gain_next`` and ``beside_next``."""
    later = gains[["benchmark", "half", "gain", "beside"]].assign(half=gains["half"] - steps)
    return gains.merge(later, on=["benchmark", "half"], suffixes=("", "_next"))


def _correlations(pairs: pd.DataFrame, seed: int) -> dict[str, float]:
    ranks = pairs.assign(gain=pairs["gain"].rank(), gain_next=pairs["gain_next"].rank())
    out: dict[str, float] = {"pairs": len(pairs), "benchmarks": pairs["benchmark"].nunique()}
    for name, table, column in (("r", pairs, "gain"), ("r_rank", ranks, "gain"), ("r_beside", pairs, "beside")):
        x, y = table[column].to_numpy(float), table[f"{column}_next"].to_numpy(float)
        drawn = [_correlation(x[at], y[at]) for at in _resamples(pairs["benchmark"], seed)]
        out[name] = _correlation(x, y)
        out[f"{name}_low"], out[f"{name}_high"] = np.nanquantile(drawn, [0.05, 0.95])
    return out | {"r_squared": out["r"] ** 2}


def _jumps(pairs: pd.DataFrame, gains: pd.DataFrame, seed: int) -> dict[str, float]:
    """How often a jump follows a jump, and how often what was none."""
    line = float(gains["gain"].quantile(JUMP))
    first, after = (pairs["gain"] > line).to_numpy(), (pairs["gain_next"] > line).to_numpy()

    def shares(at: np.ndarray) -> tuple[float, float]:
        return tuple(after[at][mask].mean() if mask.any() else np.nan for mask in (first[at], ~first[at]))  # type: ignore[return-value]

    drawn = np.array([shares(at) for at in _resamples(pairs["benchmark"], seed)])
    whole = shares(np.arange(len(pairs)))
    low, high = np.nanquantile(drawn[:, 0] - drawn[:, 1], [0.05, 0.95])
    names = {"line": line, "jumps": int(first.sum()), "after_a_jump": whole[0], "after_none": whole[1]}
    return names | {"difference": whole[0] - whole[1], "difference_low": low, "difference_high": high}


def _resamples(benchmark: pd.Series, seed: int) -> list[np.ndarray]:
    """Positions of the pairs of benchmarks drawn anew."""
    code, names = pd.factorize(benchmark)
    where = [np.flatnonzero(code == i) for i in range(len(names))]
    drawn = np.random.default_rng(seed).integers(0, len(names), (DRAWS, len(names)))
    return [np.concatenate([where[i] for i in row]) for row in drawn]


def _correlation(x: np.ndarray, y: np.ndarray) -> float:
    if len(x) < 3 or np.ptp(x) == 0 or np.ptp(y) == 0:
        return np.nan
    return float(np.corrcoef(x, y)[0, 1])


def _sentences(successive: pd.DataFrame, jumps: pd.DataFrame) -> list[str]:
    near, apart = (successive[successive["gain"] == lag].iloc[0] for lag in LAGS)
    jump = jumps.iloc[0]
    return [
        f"Over {near['pairs']:.0f} pairs of successive half-years on {count_of(int(near['benchmarks']), 'benchmark')} "
        f"the gain of a record in one correlates with its gain in the next at {_with(near, 'r')} (squared "
        f"{near['r_squared']:.2f}; by rank {_with(near, 'r_rank')}), and beside the mean gain of each half-year at "
        f"{_with(near, 'r_beside')}.",
        f"Gains half a year apart, which share no score, correlate at {_with(apart, 'r')}, beside the mean at "
        f"{_with(apart, 'r_beside')} ({apart['pairs']:.0f} pairs).",
        f"A jump (a gain above {jump['line']:.1f} logits, the top fifth) follows a jump in {jump['after_a_jump']:.0%} "
        f"of {jump['jumps']:.0f} cases and anything else in {jump['after_none']:.0%}: a difference of "
        f"{signless(100 * jump['difference'], 0)} points "
        f"{bracket(100 * jump['difference_low'], 100 * jump['difference_high'], 0)} (90% intervals, benchmarks drawn "
        "anew; days as they stand).",
    ]


def _with(row: pd.Series, name: str) -> str:
    return f"{signless(row[name])} {bracket(row[f'{name}_low'], row[f'{name}_high'])}"


def draw(pairs: pd.DataFrame) -> Figure:
    """Each gain against the next, beside the mean of their half-years."""
    from scale_forecast.show.plots.style import BLUE, GREY, new_figure

    figure, axes = new_figure(1, 1, height=4.5)
    axis = axes[0, 0]
    axis.axhline(0, color=GREY, linewidth=1)
    axis.axvline(0, color=GREY, linewidth=1)
    axis.plot(pairs["beside"], pairs["beside_next"], ".", color=BLUE, markersize=6)
    axis.set(xlabel="gain of the record in a half-year, in logits", ylabel="its gain in the next")
    axis.set_title("both beside the mean gain of all benchmarks in the half-year")
    return figure


STUDY = Study(
    "records", "Does a benchmark's last gain by date say anything of its next, and do jumps follow jumps?",
    example="successive", run=study, by_date=True,
)  # fmt: skip
