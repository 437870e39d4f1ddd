"""Records by date forecast at past origins, beside every reference: a row a predictor and window that counts."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection
from functools import partial

import numpy as np
import pandas as pd

from scale_forecast.by_date.backtests.kept import Cut, Kept
from scale_forecast.by_date.backtests.references import REFERENCES, centres, draws_of, scores_of
from scale_forecast.by_date.backtests.rule import MODELS_AT_THE_END, THRESHOLDS, origins, targets
from scale_forecast.by_date.forecasts import Trained
from scale_forecast.by_date.history import (
    HORIZONS,
    MODELS_AT_THE_ORIGIN,
    closed_windows,
    counted_tasks,
    cut_by,
    learn_spread,
)
from scale_forecast.by_date.link import to_link
from scale_forecast.by_date.present import LEVELS, QUANTILES
from scale_forecast.by_date.record_forecast import forecast_records
from scale_forecast.by_date.records import Simulated
from scale_forecast.by_date.spread import NOTHING_LEARNED, Spread, crps
from scale_forecast.by_date.tables import Tables
from scale_forecast.by_date.world import scale_of, see
from scale_forecast.parallel import Workers

MODEL, SIMULATED = "model", "simulated"
FEWEST_CLOSED = 20
FINE = 240
"""Equally likely values that stand for a distribution."""
STALE, PRESENT_DRAWS = 120, 400


def measure(
    kept: Kept,
    reading: str,
    *,
    last: bool,
    only: Collection[str] = (),
    progress: Callable[[str, int, int], None] = lambda *_: None,
    workers: Workers | None = None,
) -> pd.DataFrame:
    """One row per predictor and window, of some benchmarks or of all; ``last`` adds the origins looked at once."""
    counted = targets(kept.tables, reading, last=last)
    counted = counted[counted["task"].isin(only)] if only else counted
    groups = [(pd.Timestamp(str(day)), rows) for day, rows in counted.groupby("origin", sort=True)]
    found = (workers or Workers()).map(partial(at_origin, kept, reading), groups)
    tables = []
    for number, (origin, _) in enumerate(groups, start=1):
        progress(f"records {origin:%Y-%m-%d}", number, len(groups))
        tables.append(next(found))
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()


def at_origin(kept: Kept, reading: str, windows: tuple[pd.Timestamp, pd.DataFrame]) -> pd.DataFrame:
    """The windows of one origin; what is learned rests on windows that had closed by then."""
    origin, targets = windows
    taken, closed = closed_windows(kept.tables, reading, origin)
    cut: Cut = None if taken == reading else (reading, origin)
    tables = kept.tables if cut is None else cut_by(kept.tables, origin, reading)
    world = see(kept.tables, origin, reading)
    past = past_centres(tables, taken, closed)
    spread = learn_spread(closed, world.tasks, lambda day: kept.simulated_records(taken, day, cut))
    simulated = kept.simulated_records(reading, origin)
    rows = []
    for months in sorted(targets["months"].unique().tolist()):
        group = targets[targets["months"] == months].sort_values("task").reset_index(drop=True)
        about = world.tasks.loc[group["task"]]
        record = group["record"].to_numpy()
        centre = centres(world, group["task"].tolist(), months)
        own = past[past["months"] == months]
        if len(own) < FEWEST_CLOSED:
            own = stretch_errors(past, months)
        for name in REFERENCES:
            rows.append(score_windows(name, group, about, draws_of(centre, own, name, about, record)))
        for name, use in ((SIMULATED, NOTHING_LEARNED), (MODEL, spread)):
            rows.append(score_windows(name, group, about, model_draws(simulated, use, group, about, months)))
    return pd.concat(rows, ignore_index=True)


def past_centres(tables: Tables, reading: str, closed: pd.DataFrame) -> pd.DataFrame:
    """The closed windows with the references' centres at their origins."""
    found = []
    for origin in sorted(closed["origin"].unique()):
        group = closed[closed["origin"] == origin]
        world = see(tables, pd.Timestamp(origin), reading)
        for months in sorted(group["months"].unique().tolist()):
            rows = group[group["months"] == months]
            centre = centres(world, rows["task"].tolist(), months).drop(columns="z").reset_index(drop=True)
            found.append(pd.concat([rows.reset_index(drop=True), centre], axis=1))
    return pd.concat(found, ignore_index=True)


def stretch_errors(past: pd.DataFrame, months: int) -> pd.DataFrame:
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
    z = np.zeros((len(at), FINE))
    fine = (np.arange(FINE) + 0.5) / FINE
    for i, (j, record) in enumerate(zip(at, group["z"], strict=True)):
        gains = simulated.best[:, j, d].astype(float) - record
        gains = gains[np.isfinite(gains)] if np.isfinite(gains).any() else np.full(1, -1.0)
        gains = spread.adjust(gains, simulated.gap[j], record, about["unit"].iloc[i], months / 12)
        z[i] = record + np.maximum(np.quantile(gains, fine), 0.0)
    return scores_of(z, about, group["record"].to_numpy())


def measure_present(kept: Kept, reading: str, *, last: bool) -> pd.DataFrame:
    """The record of the day when the tables end `STALE` days before it, whether or not anything new was measured."""
    days = origins(kept.tables, reading=reading, last=False)
    days += origins(kept.tables, reading=reading, last=True) if last else []
    newest = kept.tables.scores["known_on"].max()
    counted = counted_tasks(see(kept.tables, newest, reading), MODELS_AT_THE_END)
    found = []
    for origin in days:
        today = origin + pd.Timedelta(days=STALE)
        if today > newest:
            continue
        taken, closed = closed_windows(kept.tables, reading, origin)
        cut: Cut = None if taken == reading else (reading, origin)
        state = kept.state(reading, origin)
        spread = learn_spread(closed, state.world.tasks, partial(kept.simulated_records, taken, cut=cut))
        tasks = sorted(counted_tasks(state.world, MODELS_AT_THE_ORIGIN) & counted)
        forecast = forecast_records(Trained(state, spread, taken), [today], tasks, draws=PRESENT_DRAWS, start=origin)
        after = see(kept.tables, today, reading).rows.groupby("task")["score"].max()
        about = state.world.tasks.loc[tasks]
        record = np.array([forecast.records[task].score for task in tasks])
        group = pd.DataFrame({"task": tasks, "origin": origin, "months": 4, "record": record, "models": 0, "new": 0})
        group = group.assign(record_after=after[tasks].to_numpy())
        found.append(score_windows(MODEL, group, about, forecast.draws[:, :, 0].T))
    return pd.concat(found, ignore_index=True)


def score_windows(name: str, group: pd.DataFrame, about: pd.DataFrame, draws: np.ndarray) -> pd.DataFrame:
    """One predictor's forecasts of some windows and what they lost.

    Losses are in score units of shares, else on the link: logarithms of minutes and dollars, Elo in logits. Brier
    scores are of thresholds so far (`THRESHOLDS`) from the record to 1.
    """
    share = (about["unit"] == "share").to_numpy()
    outcome = group["record_after"].to_numpy()
    below, at_most = (draws < outcome[:, None] - 1e-12).mean(1), (draws <= outcome[:, None] + 1e-12).mean(1)
    random = np.array(
        [_uniform(t, o, m) for t, o, m in zip(group["task"], group["origin"], group["months"], strict=True)]
    )
    table = group[["task", "origin", "months", "record", "record_after", "models", "new"]].assign(
        predictor=name, unit=about["unit"].to_numpy(), median=np.median(draws, axis=1)
    )
    table = table.rename(columns={"record": "origin_score", "record_after": "score"})
    quantiles = np.quantile(draws, LEVELS, axis=1)
    table = table.assign(**{q: row for q, row in zip(QUANTILES, quantiles, strict=True) if q != "q50"})
    scales = [scale_of(about, task) for task in about.index]
    pairs = [
        (row, value) if is_share else (to_link(row, scale), float(to_link(np.array(value), scale)))
        for row, value, scale, is_share in zip(draws, outcome, scales, share, strict=True)
    ]
    lost = np.stack([row for row, _ in pairs])
    came = np.array([value for _, value in pairs])
    middle = np.median(lost, axis=1)
    table = table.assign(
        crps=crps(lost.T, came), error=middle - came, abs_error=np.abs(middle - came),
        pit=below + random * (at_most - below),
    )  # fmt: skip
    levels = group["record"].to_numpy()[:, None] + (1.0 - group["record"].to_numpy()[:, None]) * np.array(THRESHOLDS)
    for k, threshold in enumerate(THRESHOLDS):
        said = (draws >= levels[:, [k]]).mean(axis=1)
        table[f"brier_{threshold}"] = np.where(share, (said - (outcome >= levels[:, k])) ** 2, np.nan)
    return table


def _uniform(task: str, origin: pd.Timestamp, months: int) -> float:
    """The same number between 0 and 1 for a window on every machine: a PIT is randomised where a value has weight."""
    return int(hashlib.sha256(f"{task}|{origin.date()}|{months}".encode()).hexdigest()[:12], 16) / 16**12
