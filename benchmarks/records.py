"""Records by date against every reference, origin by origin: CRPS, coverage, Brier scores of thresholds.

    python -m benchmarks.records --cache FOLDER [--tables FOLDER] [--reading dated|release] [--last]

Which benchmarks, origins and windows count is `scale_forecast.by_date.backtests.rule`. ``--last`` adds the origins
looked at once. `forecast backtest --folds records` makes the same table.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import pandas as pd

from scale_forecast.by_date.backtests.kept import Kept
from scale_forecast.by_date.backtests.records import MODEL, measure, measure_present
from scale_forecast.by_date.backtests.summary import cells, ratio, records_summary
from scale_forecast.by_date.history import HORIZONS
from scale_forecast.by_date.tables import Tables, read_tables
from scale_forecast.by_date.trained import TRAINING
from scale_forecast.by_date.world import see
from scale_forecast.cache.fingerprint import code_fingerprint

TABLES = Path(__file__).parent.parent / "data" / "tables" / "frontier"


def write_past(table: pd.DataFrame, reading: str, path: Path) -> None:
    """Put a reading's windows, forecast and drift, in place of its rows in the file that forecasts quote from."""
    key = ["origin", "months", "task"]
    shares = table[table["unit"] == "share"].assign(record=table["origin_score"], crps=100.0 * table["crps"])
    drift = shares[shares["predictor"] == "record's drift"].set_index(key)["crps"].rename("crps_of_drift")
    model = shares[shares["predictor"] == MODEL].set_index(key)[["record", "pit", "crps"]].join(drift).reset_index()
    digits = dict.fromkeys(("record", "pit", "crps", "crps_of_drift"), 4)
    new = model.round(digits).assign(reading=reading, code=code_fingerprint(TRAINING)[:12])
    new = new[["reading", *key, "record", "pit", "crps", "crps_of_drift", "code"]]
    if path.exists():
        kept = pd.read_csv(path, parse_dates=["origin"])
        new = pd.concat([kept[kept["reading"] != reading], new])
    new.sort_values(["reading", *key]).to_csv(path, index=False)


def in_own_units(table: pd.DataFrame) -> pd.DataFrame:
    """Mean losses of the units that are no shares: on the link, logarithms of minutes and dollars, Elo in logits."""
    others = table[table["unit"] != "share"]
    inside = others["pit"].between(0.1, 0.9).astype(float)
    grouped = others.assign(inside=inside).groupby(["unit", "months", "predictor"])
    return grouped[["crps", "abs_error", "error", "inside"]].mean().round(3).assign(windows=grouped.size())


def has_new_models(table: pd.DataFrame, tables: Tables, reading: str) -> pd.Series:
    """Of each row whether a model released in the window was measured in it; else all that is new there was out before,
    and came to be known late."""
    world = see(tables, tables.scores["known_on"].max(), reading)
    first = world.rows.groupby(["task", "model"], as_index=False)["day"].min()
    released = first["model"].map(world.models["released"])
    found = pd.Series(False, table.index)
    for (origin, months), rows in table.groupby(["origin", "months"]):
        inside = first["day"].between(origin, origin + pd.DateOffset(months=months), inclusive="right")
        found[rows.index] = rows["task"].isin(first.loc[inside & (released > origin), "task"])
    return found


def print_ratios(table: pd.DataFrame, which: str = "") -> None:
    """The model's CRPS over that of the best reference at each horizon, with its interval."""
    found = records_summary(table)
    for months in (*HORIZONS, None):
        own = found[found["predictor"] != MODEL]
        own = own[own["months"] == months] if months else own
        if own.empty:
            continue
        best = own.groupby("predictor")["crps"].mean().idxmin()
        point, low, high = ratio(table, best, months, resamples=2000)
        print(f"{months or 'all'} months{which} against {best}: {point:.3f} ({low:.3f} to {high:.3f})")


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
    kept = Kept(tables, given.cache)
    if given.present:
        table = measure_present(kept, given.reading, last=given.last)
        print(records_summary(table).round(4).to_string(), cells(table).to_string(), sep="\n")
        return
    table = measure(kept, given.reading, last=given.last)
    if given.keep:
        table.to_csv(given.keep, index=False)
    if given.past:
        write_past(table, given.reading, given.past)
    found = records_summary(table)
    print(found.round(4).to_string(index=False), cells(table).to_string(), in_own_units(table).to_string(), sep="\n")
    print_ratios(table)
    fresh = has_new_models(table, tables, given.reading)
    for which, part in ((", told by new models", table[fresh]), (", by older ones alone", table[~fresh])):
        shares = part[(part["unit"] == "share") & (part["predictor"] == MODEL)]
        print(shares.groupby("months")["origin"].value_counts().unstack().to_string())
        print_ratios(part, which)


if __name__ == "__main__":
    main()
