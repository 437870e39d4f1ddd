"""Records by date against every reference, origin by origin: CRPS, coverage, Brier scores of thresholds.

    python -m benchmarks.records --cache FOLDER [--tables FOLDER] [--reading dated|release] [--last]

Which benchmarks, origins and windows count is `benchmarks.by_date_rule`. ``--last`` adds the origins looked at once.
"""

from __future__ import annotations

import argparse
import hashlib
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.by_date_cache import Cache
from benchmarks.by_date_references import REFERENCES, centres, draws_of, scores_of
from benchmarks.by_date_rule import MODELS_AT_THE_END, THRESHOLDS, origins, targets
from scale_forecast.by_date.forecasts import Trained
from scale_forecast.by_date.history import (
    HORIZONS,
    MODELS_AT_THE_ORIGIN,
    closed_windows,
    counted_tasks,
    known_by,
    learn_spread,
)
from scale_forecast.by_date.record_forecast import forecast_records
from scale_forecast.by_date.records import Simulated
from scale_forecast.by_date.spread import NOTHING_LEARNED, Spread, crps
from scale_forecast.by_date.tables import Tables, read_tables
from scale_forecast.by_date.trained import TRAINING
from scale_forecast.by_date.world import see
from scale_forecast.cache.fingerprint import code_fingerprint

TABLES = Path(__file__).parent.parent / "data" / "tables" / "frontier"
FEWEST_CLOSED = 20
QUANTILES = 240
STALE, PRESENT_DRAWS = 120, 400
CELLS = [0.0, 0.2, 0.5, 0.8, 1.01]


def measure(cache: Cache, reading: str, *, last: bool) -> pd.DataFrame:
    """One row per method and target."""
    counted = targets(cache.tables, reading, last=last)
    found = [at_origin(cache, reading, origin, group) for origin, group in counted.groupby("origin")]
    return pd.concat(found, ignore_index=True)


def at_origin(cache: Cache, reading: str, origin: pd.Timestamp, targets: pd.DataFrame) -> pd.DataFrame:
    taken, closed = closed_windows(cache.tables, reading, origin)
    cut = None if taken == reading else (reading, origin)
    tables = cache.tables if cut is None else known_by(cache.tables, origin, reading)
    world = see(cache.tables, origin, reading)
    past = past_centres(tables, taken, closed)
    spread = learn_spread(closed, world.tasks, lambda day: cache.simulated(taken, day, cut))
    simulated = cache.simulated(reading, origin)
    rows = []
    for months, group in targets.groupby("months"):
        group = group.sort_values("task").reset_index(drop=True)
        about = world.tasks.loc[group["task"]]
        record = group["record"].to_numpy()
        centre = centres(world, group["task"].tolist(), months)
        own = past[past["months"] == months]
        if len(own) < FEWEST_CLOSED:
            own = stretched(past, months)
        for name in REFERENCES:
            rows.append(scored(name, group, about, draws_of(centre, own, name, about, record)))
        for name, use in (("simulated", NOTHING_LEARNED), ("model", spread)):
            rows.append(scored(name, group, about, model_draws(simulated, use, group, about, months)))
    return pd.concat(rows, ignore_index=True) if rows else pd.DataFrame()


def past_centres(tables: Tables, reading: str, closed: pd.DataFrame) -> pd.DataFrame:
    """The closed windows with the references' centres at their origins."""
    found = []
    for origin, group in closed.groupby("origin"):
        world = see(tables, origin, reading)
        for months, rows in group.groupby("months"):
            centre = centres(world, rows["task"].tolist(), months).drop(columns="z").reset_index(drop=True)
            found.append(pd.concat([rows.reset_index(drop=True), centre], axis=1))
    return pd.concat(found, ignore_index=True)


def stretched(past: pd.DataFrame, months: int) -> pd.DataFrame:
    """Where few windows of a horizon are closed: those of all horizons, with errors that grow with the root of time."""
    factor = np.sqrt(months / past["months"].to_numpy(float))
    out = past.copy()
    out["record_after"] = past["record"] + (past["record_after"] - past["record"]) * factor
    for name in REFERENCES:
        if name in past:
            out[name] = past["z_after"] - (past["z_after"] - past[name]) * factor
    out["z_after"] = past["z_after"]
    return out


def model_draws(
    simulated: Simulated, spread: Spread, group: pd.DataFrame, about: pd.DataFrame, months: int
) -> np.ndarray:
    """Draws of the record given that something new is measured, as the rule has it."""
    at = [simulated.tasks.index(task) for task in group["task"]]
    d = HORIZONS.index(months)
    z = np.zeros((len(at), QUANTILES))
    fine = (np.arange(z.shape[1]) + 0.5) / z.shape[1]
    for i, (j, record) in enumerate(zip(at, group["z"], strict=True)):
        gains = simulated.best[:, j, d].astype(float) - record
        gains = gains[np.isfinite(gains)] if np.isfinite(gains).any() else np.full(1, -1.0)
        gains = spread.adjust(gains, simulated.gap[j], record, about["unit"].iloc[i], months / 12)
        z[i] = record + np.maximum(np.quantile(gains, fine), 0.0)
    return scores_of(z, about, group["record"].to_numpy())


def measure_present(cache: Cache, reading: str, *, last: bool) -> pd.DataFrame:
    """The record of the day when the tables end `STALE` days before it, whether or not anything new was measured."""
    days = origins(cache.tables, reading=reading, last=False)
    days += origins(cache.tables, reading=reading, last=True) if last else []
    counted = counted_tasks(see(cache.tables, cache.tables.scores["known_on"].max(), reading), MODELS_AT_THE_END)
    found = []
    for origin in days:
        today = origin + pd.Timedelta(days=STALE)
        if today > cache.tables.scores["known_on"].max():
            continue
        taken, closed = closed_windows(cache.tables, reading, origin)
        cut = None if taken == reading else (reading, origin)
        state = cache.state(reading, origin)
        spread = learn_spread(closed, state.world.tasks, lambda day, r=taken, c=cut: cache.simulated(r, day, c))
        tasks = sorted(counted_tasks(state.world, MODELS_AT_THE_ORIGIN) & counted)
        forecast = forecast_records(Trained(state, spread, taken), [today], tasks, draws=PRESENT_DRAWS, start=origin)
        after = see(cache.tables, today, reading).rows.groupby("task")["score"].max()
        about = state.world.tasks.loc[tasks]
        record = np.array([forecast.records[task].score for task in tasks])
        group = pd.DataFrame({"task": tasks, "origin": origin, "months": 4, "record": record, "models": 0, "new": 0})
        group = group.assign(record_after=after[tasks].to_numpy())
        found.append(scored("model", group, about, forecast.draws[:, :, 0].T))
    return pd.concat(found, ignore_index=True)


def scored(name: str, group: pd.DataFrame, about: pd.DataFrame, draws: np.ndarray) -> pd.DataFrame:
    """Scores of one method's draws, in points for shares, in hundredths of the link's own logarithm for other units."""
    share = (about["unit"] == "share").to_numpy()
    outcome = group["record_after"].to_numpy()
    scale = np.where(share, 100.0, np.nan)
    below, at_most = (draws < outcome[:, None] - 1e-12).mean(1), (draws <= outcome[:, None] + 1e-12).mean(1)
    random = np.array(
        [_uniform(t, o, m) for t, o, m in zip(group["task"], group["origin"], group["months"], strict=True)]
    )
    table = group[["task", "origin", "months", "record", "record_after", "models", "new"]].assign(
        method=name,
        unit=about["unit"].to_numpy(),
        crps=crps(draws.T, outcome) * scale,
        abs_error=np.abs(np.median(draws, axis=1) - outcome) * scale,
        error=(np.median(draws, axis=1) - outcome) * scale,
        pit=below + random * (at_most - below),
    )
    levels = group["record"].to_numpy()[:, None] + (1.0 - group["record"].to_numpy()[:, None]) * np.array(THRESHOLDS)
    for k, threshold in enumerate(THRESHOLDS):
        said = (draws >= levels[:, [k]]).mean(axis=1)
        table[f"brier_{threshold}"] = np.where(share, (said - (outcome >= levels[:, k])) ** 2, np.nan)
    return table


def _uniform(task: str, origin: pd.Timestamp, months: int) -> float:
    return int(hashlib.sha256(f"{task}|{origin.date()}|{months}".encode()).hexdigest()[:12], 16) / 16**12


def write_past(table: pd.DataFrame, reading: str, path: Path) -> None:
    """Put a reading's windows, forecast and drift, in place of its rows in the file that forecasts quote from."""
    key = ["origin", "months", "task"]
    shares = table[table["unit"] == "share"]
    drift = shares[shares["method"] == "record's drift"].set_index(key)["crps"].rename("crps_of_drift")
    model = shares[shares["method"] == "model"].set_index(key)[["record", "pit", "crps"]].join(drift).reset_index()
    digits = dict.fromkeys(("record", "pit", "crps", "crps_of_drift"), 4)
    new = model.round(digits).assign(reading=reading, code=code_fingerprint(TRAINING)[:12])
    new = new[["reading", *key, "record", "pit", "crps", "crps_of_drift", "code"]]
    if path.exists():
        kept = pd.read_csv(path, parse_dates=["origin"])
        new = pd.concat([kept[kept["reading"] != reading], new])
    new.sort_values(["reading", *key]).to_csv(path, index=False)


def summary(table: pd.DataFrame) -> pd.DataFrame:
    """Origins equally, benchmarks equally within an origin."""
    shares = table[table["unit"] == "share"]
    brier = [f"brier_{t}" for t in THRESHOLDS]
    shares = shares.assign(brier=shares[brier].mean(axis=1), inside=shares["pit"].between(0.1, 0.9).astype(float))
    columns = ["crps", "abs_error", "error", "brier", "inside"]
    by_origin = shares.groupby(["method", "months", "origin"])[columns].mean()
    return by_origin.groupby(["months", "method"]).mean().round(4)


def cells(table: pd.DataFrame, method: str = "model") -> pd.DataFrame:
    """Coverage of 80% by horizon and record, with the number of targets."""
    own = table[(table["method"] == method) & (table["unit"] == "share")]
    cell = pd.cut(own["record"], CELLS, right=False)
    inside = own["pit"].between(0.1, 0.9)
    grouped = inside.groupby([own["months"], cell], observed=True)
    return pd.DataFrame({"inside": grouped.mean().round(3), "targets": grouped.size()}).unstack()


def ratio(
    table: pd.DataFrame, reference: str, months: int, *, resamples: int = 2000, seed: int = 1
) -> tuple[float, ...]:
    """Ratio of the model's CRPS to a reference's, with the 90% interval over resampled origins and benchmarks."""
    own = table[(table["months"] == months) & (table["unit"] == "share")]
    wide = own.pivot_table(index=["origin", "task"], columns="method", values="crps")[["model", reference]].dropna()
    origin, task = wide.index.get_level_values(0), wide.index.get_level_values(1)
    o, t = pd.factorize(origin)[0], pd.factorize(task)[0]
    rng = np.random.default_rng(seed)
    model, other = wide["model"].to_numpy(), wide[reference].to_numpy()

    def value(weight: np.ndarray) -> float:
        size = np.bincount(o, weight)
        kept = size > 0
        means = [(np.bincount(o, weight * x)[kept] / size[kept]) for x in (model, other)]
        counted = origin_weight[kept]
        return float(counted @ means[0] / (counted @ means[1]))

    origin_weight = np.ones(o.max() + 1)
    point = value(np.ones(len(o)))
    drawn = []
    for _ in range(resamples):
        origin_weight = np.bincount(rng.integers(0, o.max() + 1, o.max() + 1), minlength=o.max() + 1).astype(float)
        benchmarks = np.bincount(rng.integers(0, t.max() + 1, t.max() + 1), minlength=t.max() + 1)
        drawn.append(value(benchmarks[t].astype(float)))
    return (point, *np.nanquantile(drawn, [0.05, 0.95]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--tables", type=Path, default=TABLES, help="a folder with scores.csv, releases.csv, benchmarks.csv"
    )
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--reading", choices=["dated", "release"], default="dated")
    parser.add_argument("--last", action="store_true")
    parser.add_argument("--keep", type=Path, help="a file for the table of all targets")
    parser.add_argument("--past", type=Path, help="the file of past forecasts that commands quote from, to be renewed")
    parser.add_argument("--present", action="store_true", help="the record of the day where the tables ended before it")
    given = parser.parse_args()
    tables = read_tables(*(given.tables / f"{name}.csv" for name in ("scores", "releases", "benchmarks")))
    cache = Cache(tables, given.cache)
    if given.present:
        table = measure_present(cache, given.reading, last=given.last)
        print(summary(table).to_string(), cells(table).to_string(), sep="\n")
        return
    table = measure(cache, given.reading, last=given.last)
    if given.keep:
        table.to_csv(given.keep, index=False)
    if given.past:
        write_past(table, given.reading, given.past)
    print(summary(table).to_string())
    print(cells(table).to_string())
    found = summary(table)["crps"]
    for months in HORIZONS:
        best = found[months].drop(["model", "simulated"]).idxmin()
        point, low, high = ratio(table, best, months)
        print(f"{months} months against {best}: {point:.3f} ({low:.3f} to {high:.3f})")


if __name__ == "__main__":
    main()
