"""The bank's settled questions, priced as `forecast ask` would have priced them on the day they opened.

    python -m benchmarks.bank [--jobs N] [--output FILE]
    python -m benchmarks.bank --read FILE

Each question that is settled yes or no is priced from what was public on its opening day (dated reading: only rows that
somebody had seen by then, no test taken as known from the day of release), and from nothing later. Beside it stands the
base rate that an observer of that day could have known: how often questions of its kind in the bank, settled and public
before that day, came out yes; where none was, how often those of any kind did; where none was at all, a half. Questions
that were asked before anybody knew stand apart from those written in retrospect, whose kinds and bars were chosen with
the outcome known. Intervals draw benchmarks anew, since questions on one share its fate. P(measured) is how likely
anything in scope is to be newly measured by the deadline, P(event | measured) how likely the event is if so.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

import scale_forecast
from scale_forecast.parallel import Workers
from scale_forecast.resolvers.scores.probabilities import brier_score, log_score

RESAMPLED = 1000
SURE = 0.1
"""A price is foolish where it gave what happened less than this."""
MEASURED = "P(measured)"
SHOWN = ["question", "as_of", "probability", "base", "base_of", "measured", "given_measured", "happened"]


def with_base_rates(table: pd.DataFrame) -> pd.DataFrame:
    """The frequency that was known on each question's opening day (``base``), and of what (``base_of``)."""
    public, opened = (pd.to_datetime(table[name]) for name in ("public", "opened"))
    rates = []
    for at in table.index:
        before = (public < opened[at]).to_numpy()
        alike = before & (table["kind"] == table.at[at, "kind"]).to_numpy()
        for mask, of in ((alike, str(table.at[at, "kind"])), (before, "all kinds")):
            if mask.any():
                rates.append((float(table["happened"][mask].mean()), f"{of}, {mask.sum()}"))
                break
        else:
            rates.append((0.5, "none before"))
    return table.assign(base=[rate for rate, _ in rates], base_of=[of for _, of in rates])


def averages(table: pd.DataFrame, seed: int = 0) -> pd.DataFrame:
    """Brier and log scores of both, and their differences, with 90% intervals over benchmarks drawn anew."""
    rng = np.random.default_rng(seed)
    rows = []
    for of, part in (("asked", table[~table["retrospective"]]), ("in retrospect", table[table["retrospective"]])):
        if part.empty:
            continue
        code, names = pd.factorize(part["benchmark"])
        times = rng.multinomial(len(names), np.full(len(names), 1 / len(names)), size=RESAMPLED)[:, code]
        happened = part["happened"].to_numpy(dtype=float)
        for score, loss in (("Brier", brier_score), ("log", log_score)):
            ours, base = (
                loss(happened, np.clip(part[name].to_numpy(dtype=float), 0.01, 0.99) if name == "base" else
                     part[name].to_numpy(dtype=float)) for name in ("probability", "base")
            )  # fmt: skip
            for who, losses in (("ours", ours), ("base rate", base), ("ours less base rate", ours - base)):
                drawn = times @ losses / times.sum(axis=1)
                low, high = np.quantile(drawn, [0.05, 0.95])
                rows.append((of, len(part), len(names), score, who, losses.mean(), low, high))
    names = ["questions are", "questions", "benchmarks", "score", "who", "mean", "low", "high"]
    return pd.DataFrame(rows, columns=names)


def show(table: pd.DataFrame) -> None:
    table = with_base_rates(table)
    priced = table[table["probability"].notna()]
    print(f"{len(priced)} of {len(table)} settled questions are priced as of their opening")
    for of, part in priced.groupby("retrospective"):
        print(f"\n{'written in retrospect' if of else 'asked before anybody knew'}")
        print(part[SHOWN].round(3).to_string(index=False))
    print("\n" + averages(priced).round(3).to_string(index=False))
    said = np.where(priced["happened"] == 1, priced["probability"], 1 - priced["probability"])
    foolish = priced[said < SURE]
    print(f"\nsure and wrong ({len(foolish)}, less than {SURE:g} for what happened)")
    print(foolish[SHOWN].round(3).to_string(index=False) if len(foolish) else "none")
    print("\nnot priced")
    print(table.loc[table["probability"].isna(), ["question", "opened", "why_not"]].to_string(index=False))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--read", type=Path, help="show the questions that --output wrote before")
    parser.add_argument("--output", type=Path, help="write a row a question to this CSV file")
    chosen = parser.parse_args()
    if chosen.read:
        show(pd.read_csv(chosen.read))
        return
    bank = scale_forecast.backtest_questions(later=0, interval=False, workers=Workers(chosen.jobs), tell=print)
    if chosen.output:
        bank.table.to_csv(chosen.output, index=False)
    show(bank.table)


if __name__ == "__main__":
    main()
