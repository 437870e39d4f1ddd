"""How the frontier model would have done: fitted at quarterly origins, held against the next four quarters.

``python -m benchmarks.frontier [--of params] [--histories N]``. One record decides many (origin, horizon) pairs, so
that the rate comes with two intervals: one from resampling blocks of four consecutive origins, and the rates that the
model itself shows on as many origins of histories simulated from it, where it is right.
"""

from __future__ import annotations

import argparse
import datetime as dt

import numpy as np
import pandas as pd

from scale_forecast.by_date.largest import ERA_SD, PRIORS, Frontier, interval_of
from scale_forecast.data.catalog import FRONTIER_COMPLETE_UNTIL, bundled_results, frontier_models

ORIGINS = [dt.date(year, month, 1) for year in range(2020, 2025) for month in (1, 4, 7, 10)]
HORIZONS = (1, 2, 3, 4)
BLOCK = 4
DRAWS = 4000
START, PER_YEAR = dt.date(2016, 9, 26), 60.0
"""Of simulated histories: the first day listed, and models a year, of which few are near the frontier."""


def quarters_after(origin: dt.date, quarters: int) -> dt.date:
    """The last day of the quarter that many ahead, counting the origin's own as 1."""
    months = origin.month - 1 + 3 * quarters
    return dt.date(origin.year + months // 12, months % 12 + 1, 1) - dt.timedelta(days=1)


def forecasts(models: pd.DataFrame, of: str, *, until: dt.date, draws: int = DRAWS) -> pd.DataFrame:
    """One row an origin and horizon: ``origin, quarters, held, width, error, crps, crps_line, crps_still``."""
    truth = Frontier.fit(models, as_of=until)
    rows = []
    for origin in ORIGINS:
        known = Frontier.fit(models, as_of=origin - dt.timedelta(days=1))
        still = known.sample(known.until, 1, 0, of=of)[0]
        slope, level, spread = line(known, of)
        for quarters in HORIZONS:
            by = quarters_after(origin, quarters)
            if by > until:
                continue
            drawn = known.sample(by, draws, 0, of=of)
            happened = truth.sample(by, 1, 0, of=of)[0]
            low, high = interval_of(drawn, 0.8)
            ahead = level + slope * (by - origin).days / 365.25
            straight = np.maximum(still, ahead + spread * np.random.default_rng(0).standard_normal(draws))
            rows.append(
                {
                    "origin": origin,
                    "quarters": quarters,
                    "held": low <= happened <= high,
                    "width": high - low,
                    "error": abs(np.median(drawn) - happened),
                    "crps": crps(drawn, happened),
                    "crps_line": crps(straight, happened),
                    "crps_still": abs(still - happened),
                }
            )
    return pd.DataFrame(rows)


def line(known: Frontier, of: str) -> tuple[float, float, float]:
    """Least squares through the records: decades a year, level at the origin, and spread of the residuals."""
    records = known.records_[of]
    years = (records.day - records.until) / 365.25
    slope, level = np.polyfit(years, records.size, 1) if len(years) > 1 else (0.0, records.size[-1])
    residual = records.size - level - slope * years
    return float(slope), float(level), float(np.sqrt((residual**2).sum() / max(len(years) - 2, 1)))


def crps(draws: np.ndarray, happened: float) -> float:
    """Continuous ranked probability score of draws, in decades."""
    ordered = np.sort(draws)
    n = len(ordered)
    return float(np.abs(ordered - happened).mean() - (ordered * (2 * np.arange(1, n + 1) - n - 1)).sum() / n**2)


def block_interval(held: pd.Series, origins: pd.Series, *, seed: int = 0, draws: int = 5000) -> np.ndarray:
    """A 90% interval of the rate: whole blocks of consecutive origins are drawn, wherever they start (circular)."""
    by_origin = held.groupby(origins).agg(["sum", "size"]).to_numpy(dtype=float)
    n = len(by_origin)
    rng = np.random.default_rng(seed)
    starts = rng.integers(0, n, (draws, max(n // BLOCK, 1)))
    picked = by_origin[(starts[..., None] + np.arange(BLOCK)) % n].sum(axis=(1, 2))
    return np.quantile(picked[:, 0] / picked[:, 1], [0.05, 0.95])


def simulated_rates(of: str, histories: int, *, seed: int = 0) -> np.ndarray:
    """The rates of the same origins and horizons on histories drawn from the model's own prior."""
    rng = np.random.default_rng(seed)
    prior = PRIORS[of]
    rates = []
    for _ in range(histories):
        growth = prior.growth * np.exp(prior.growth_sd * rng.standard_normal())
        jump = prior.jump * np.exp(prior.jump_sd * rng.standard_normal())
        models = history(rng, growth, jump, of)
        rates.append(forecasts(models, of, until=FRONTIER_COMPLETE_UNTIL, draws=1000)["held"].mean())
    return np.array(rates)


def history(rng: np.random.Generator, growth: float, jump: float, of: str) -> pd.DataFrame:
    """Models of a Poisson process above a line that rises, exponential in height; growth changes once, on the way."""
    years = (FRONTIER_COMPLETE_UNTIL - START).days / 365.25
    at = np.sort(rng.random(rng.poisson(PER_YEAR * years))) * years
    changed = growth * np.exp(ERA_SD * rng.standard_normal())
    line = growth * np.minimum(at, years / 2) + changed * np.maximum(at - years / 2, 0.0)
    sizes = 20.0 + line + jump * rng.standard_exponential(len(at))
    table = pd.DataFrame({"released": pd.Timestamp(START) + pd.to_timedelta((at * 365.25).astype(int), unit="D")})
    table = table.assign(params=np.nan, train_flops=np.nan, train_tokens=np.nan)
    table[of] = 10.0**sizes
    return table


def recipes() -> tuple[float, float, int]:
    """What recipes gained on MMLU: decades of compute a year, its standard error, and models used.

    Least squares of the normalised logit of base models' averages (5-shot, direct, above 0.3) on decades of compute
    and on the release date. The two splits of MMLU count as one.
    """
    rows = bundled_results()
    rows = rows[rows["benchmark"].isin(("MMLU", "MMLU (validation split)")) & rows["checkpoint"].isna()]
    rows = rows[(rows["tuning"] == "base") & (rows["prompt"] == "direct") & (rows["shots"] == 5)]
    models = rows.groupby("model", observed=True).agg(
        score=("score", "mean"), flops=("train_flops", "first"), released=("released", "first")
    )
    models = models[models["score"] > 0.3].dropna()
    share = (models["score"] - 0.25) / 0.75
    logit = np.log((share / (1.0 - share)).to_numpy())
    years = (models["released"] - models["released"].min()).dt.days / 365.25
    matrix = np.column_stack([np.ones(len(models)), np.log10(models["flops"]), years])
    coefficient, residual, *_ = np.linalg.lstsq(matrix, logit, rcond=None)
    covariance = np.linalg.inv(matrix.T @ matrix) * residual[0] / (len(models) - 3)
    gain = coefficient[2] / coefficient[1]
    slopes = np.array([0.0, -gain, 1.0]) / coefficient[1]
    return float(gain), float(np.sqrt(slopes @ covariance @ slopes)), len(models)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--of", default="train_flops", choices=("train_flops", "params"))
    parser.add_argument("--histories", type=int, default=60, help="Simulated histories; 0 leaves them out.")
    chosen = parser.parse_args()
    table = forecasts(frontier_models(), chosen.of, until=FRONTIER_COMPLETE_UNTIL)
    low, high = block_interval(table["held"], table["origin"])
    print(f"{chosen.of}: {table['origin'].nunique()} origins, {len(table)} forecasts")
    print(
        f"80% interval holds {table['held'].mean():.3f} "
        f"(90% interval {low:.3f} to {high:.3f}, by blocks of {BLOCK} origins)"
    )
    names = ["held", "width", "error", "crps", "crps_line", "crps_still"]
    print(table.groupby("quarters")[names].mean().round(3).to_string())
    print(table[names].mean().round(3).to_string())
    gain, error, n = recipes()
    print(f"recipes gained {gain:.2f} decades of compute a year on MMLU (standard error {error:.2f}, {n} models)")
    if chosen.histories:
        rates = simulated_rates(chosen.of, chosen.histories)
        few, many = np.quantile(rates, [0.05, 0.95])
        print(
            f"on {len(rates)} simulated histories: {rates.mean():.3f} on average, 90% of them {few:.3f} to {many:.3f}"
        )


if __name__ == "__main__":
    main()
