"""Are prices of questions with a deadline right, where nobody can name the models to come?

    python -m benchmarks.deadlines [--timeless] [--jobs N] [--cache FOLDER] [--out FILE]

At quarterly origins everything is dropped that was not public then; questions are made of what is left
(`benchmarks.dated_questions`), priced by what was trained on it, and settled by the judge on all bundled results. A
deadline never lies after the last bundled publication. What counts as measured is what the bundled tables hold, for
the price and the judge alike. First it says how well it is foretold that anything new is measured on a benchmark, by
the rates as they are learned at each origin with and without ageing; with ``--timeless`` questions are priced without
it.
"""

from __future__ import annotations

import argparse
import datetime as dt
import functools
import time
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.dated_questions import KINDS, dated_questions, settle_deadlines
from benchmarks.questions import BINS, REPEATS, report
from scale_forecast.data.errors import DataError
from scale_forecast.data.load import Tables, load
from scale_forecast.inputs.panel import as_panel
from scale_forecast.parallel import Workers
from scale_forecast.pricing.ageing import closed_windows, learn_ageing, prob_measurement
from scale_forecast.pricing.arrivals import TIMELESS, YEAR
from scale_forecast.pricing.desk import Desk
from scale_forecast.pricing.price import events_at
from scale_forecast.pricing.space import hold_off, probability_of
from scale_forecast.resolvers.scores.calibration import expected_calibration_error

ORIGINS = [dt.date(year, month, 1) for year in range(2020, 2024) for month in (1, 4, 7, 10)]
ORIGINS = [day for day in ORIGINS if dt.date(2020, 6, 1) < day < dt.date(2023, 12, 1)]
COLUMNS = ["kind", "line", "deadline", "probability", "happened", "why"]


def ask_on(
    tables: Tables, as_of: dt.date, cache: Path | None, timeless: bool = False
) -> tuple[pd.DataFrame, np.ndarray]:
    """Questions that open on a day, a row each, and in which joint draws each comes true, (n, draws)."""
    desk = Desk(tables, as_of, cache=cache)
    if timeless:
        desk.ageing = TIMELESS
    last = pd.Timestamp(tables.results["known_on"].max()).date()
    asked = dated_questions(desk.panel, as_of, last)
    happened = settle_deadlines(asked, tables)
    rows, found, reach = [], [], []
    for one, outcome in zip(asked, happened, strict=True):
        criterion, why = one.question.criterion, ""
        try:
            events = events_at(desk, one.question)
        except DataError as error:
            events, why = None, str(error)
        p = np.nan if events is None else hold_off(probability_of(criterion, events))
        rows.append((one.kind, f"{as_of}", f"{one.question.resolve_by:%Y-%m-%d}", p, outcome, why))
        if events is not None:
            found.append((criterion, events))
            reach.append(np.mean([event.reach for event in events], axis=0))
    table = pd.DataFrame(rows, columns=COLUMNS)
    if not found:
        return table, np.zeros((0, 1), dtype=bool)
    order = np.argsort(np.mean(reach, axis=0), kind="stable")
    drawn = np.array([criterion.holds([event.holds(0.5) for event in events]) for criterion, events in found])
    return table, drawn[:, order]


def calibrated_errors(table: pd.DataFrame, drawn: np.ndarray, *, together: bool, seed: int = 0) -> np.ndarray:
    """Calibration errors of forecasters who are right, whose origins have one luck or each their own, (`REPEATS`,)."""
    rng = np.random.default_rng(seed)
    origin, names = pd.factorize(table["line"])
    p, rows = table["probability"].to_numpy(dtype=float), np.arange(len(table))
    out = []
    for _ in range(REPEATS):
        pick = rng.integers(drawn.shape[1], size=1 if together else len(names))
        happened = drawn[rows, np.broadcast_to(pick, len(names))[origin]]
        out.append(expected_calibration_error(happened.astype(float), p, bins=BINS))
    return np.array(out)


def measured_in_windows(rows: pd.DataFrame) -> pd.DataFrame:
    """Brier scores of whether anything new is measured in a window, by what was closed when it began."""
    windows = closed_windows(rows, rows["known_on"].max())
    close = windows["day"] + pd.to_timedelta((windows["years"] * YEAR).round(), unit="D")
    said = {"rates of busy times": np.zeros(len(windows)), "rates that age": np.zeros(len(windows))}
    for day in windows["day"].unique():
        here = (windows["day"] == day).to_numpy()
        learned = learn_ageing(windows[(close <= day).to_numpy()])
        for name, ageing in zip(said, (TIMELESS, learned), strict=True):
            said[name][here] = prob_measurement(windows[here], ageing)
    measured = windows["measured"].to_numpy()
    losses = {name: (p - measured) ** 2 for name, p in said.items()}
    code, names = pd.factorize(windows["benchmark"])
    times = np.random.default_rng(0).multinomial(len(names), np.full(len(names), 1 / len(names)), size=REPEATS)[:, code]
    rows_out = []
    for name, loss in [*losses.items(), ("aged less busy", losses["rates that age"] - losses["rates of busy times"])]:
        low, high = np.quantile(times @ loss / times.sum(axis=1), [0.05, 0.95])
        mean = said[name].mean() if name in said else np.nan
        rows_out.append((name, len(windows), len(names), mean, measured.mean(), loss.mean(), low, high))
    return pd.DataFrame(
        rows_out, columns=["by", "windows", "benchmarks", "said", "measured", "Brier", "low", "high"]
    )  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--cache", type=Path, help="folder of trained states")
    parser.add_argument("--timeless", action="store_true", help="rates do not age")
    parser.add_argument("--out", type=Path, help="write the questions as CSV")
    options = parser.parse_args()
    tables = load()
    start = time.process_time()
    rows = as_panel(tables.results, tables.tasks, tables.metrics).rows
    print(measured_in_windows(rows[rows["known_on"].notna().to_numpy()]).round(3).to_string(index=False))
    work = functools.partial(ask_on, tables, cache=options.cache, timeless=options.timeless)
    found = list(Workers(options.jobs).map(work, ORIGINS))
    asked = pd.concat([part for part, _ in found], ignore_index=True)
    drawn = np.vstack([part for _, part in found if len(part)])
    if options.out:
        asked.to_csv(options.out, index=False)
    refused = asked[asked["why"] != ""]
    print(f"{len(asked)} questions at {len(ORIGINS)} origins, {len(refused)} of them refused")
    priced = asked["probability"].notna().to_numpy()
    settled_too = asked["happened"].notna().to_numpy()
    table = asked[priced & settled_too].reset_index(drop=True)
    kept = drawn[settled_too[priced]]
    chance = {
        "p90": lambda at: calibrated_errors(table.iloc[at], kept[at], together=False),
        "p90 one luck": lambda at: calibrated_errors(table.iloc[at], kept[at], together=True),
    }
    print(report(table, KINDS, chance).round(4).to_string(index=False))
    bins = pd.cut(table["probability"], [0, 0.02, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1.0])
    print(table.groupby(bins, observed=True).agg(n=("happened", "size"), said=("probability", "mean"),
                                                 happened=("happened", "mean")).round(3).to_string())  # fmt: skip
    print(f"{time.process_time() - start:.0f} s of processor time in this process, training included")


if __name__ == "__main__":
    main()
