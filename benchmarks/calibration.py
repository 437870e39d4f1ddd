"""Do the forecasts mean what they say? Coverage by group, PIT, P(gain), and several tasks together.

    python -m benchmarks.accuracy --keep table.parquet      # first: the backtest on held-out lines
    python -m benchmarks.calibration table.parquet

What a perfectly calibrated forecaster would show is simulated with errors that cluster by line, model and task as these
do, so that hundreds of tasks of one model do not pass for hundreds of trials.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.special import ndtr, ndtri

from scale_forecast.backtests.gains import TARGET
from scale_forecast.backtests.resampled import Resampled, interval, nested_mean
from scale_forecast.backtests.summary import COVERAGES
from scale_forecast.predictors.covered import far_below_chance
from scale_forecast.predictors.registry import DEFAULT

DRAWS = 2000
BINS = 10
FEW_EXAMPLES = 150
LONG = 1.0
CLOSE = 2.0
"""Standard errors from chance within which an origin counts as near it."""
CEILING = 0.9
CLUSTERS = {
    "line": ["line"],
    "model": TARGET,
    "task": ["canonical_task"],
    "task in line": ["line", "canonical_task"],
}
"""What errors may share."""
AT_LEAST = np.arange(1, 10) / 10
"""Shares of a model's tasks that are asked to improve."""


def groups(table: pd.DataFrame) -> dict[str, np.ndarray]:
    """Masks of the named groups, (rows,) each."""
    low, far = (table["is_share"] & table["origin_score"].between(0.05, 0.2)).to_numpy(), far_below_chance(table)
    near_chance = (table["origin_score"] - table["chance"]).abs() <= CLOSE * table["origin_se"]
    return {
        "all": np.ones(len(table), dtype=bool),
        "near chance": near_chance.to_numpy(),
        "far below chance": far,
        "origin .05 to .2": low,
        "origin .05 to .2, not far below": low & ~far,
        "near the ceiling": (table["is_share"] & (table["origin_score"] >= CEILING)).to_numpy(),
        "few examples": (table["n_examples"] < FEW_EXAMPLES).to_numpy(),
        "long steps": (table["distance"] >= LONG).to_numpy(),
        "falling": (table["trend"] == "falling").to_numpy(),
        "losses": ~table["is_share"].to_numpy(),
        "origin of another line": ~table["origin_is_own"].to_numpy(),
    }


def coverage(table: pd.DataFrame) -> pd.DataFrame:
    """Coverage of each group with its 90% interval from resampling lines and tasks."""
    out = []
    for name, mask in groups(table).items():
        part = table[mask].reset_index(drop=True)
        if part.empty:
            continue
        resampled = Resampled(part)
        row = {"group": name, "scores": len(part), "lines": part["line"].nunique()}
        for level, (low_name, high_name) in COVERAGES.items():
            inside = part["score"].between(part[low_name], part[high_name]).astype(float)
            low, high = interval(resampled.means(inside.to_numpy()))
            held = nested_mean(part.assign(inside=inside), "inside")
            row[level.removeprefix("cover") + "%"] = f"{held:.0%} [{low:.0%}, {high:.0%}]"
            row["±" + level.removeprefix("cover")] = f"{(high - low) / 2:.0%}"
        out.append(row)
    return pd.DataFrame(out)


def clustering(table: pd.DataFrame) -> dict[str, float]:
    """Share of the variance of the errors (normal scores of the PIT) that goes with each of `CLUSTERS`.

    Moments of pairs: two tasks of one model share its line and itself, a task at two models of a line shares line, task
    and both together. Lines count the same. What is negative counts as none.
    """
    u = ndtri(table["pit"].clip(0.005, 0.995)).to_numpy()
    u = (u - u @ line_weights(table)) / u.std()
    rows = table[["line", "canonical_task"]].assign(target=table.groupby(TARGET).ngroup(), u=u, square=u**2)

    def pairs(by: list[str], of: pd.DataFrame = rows) -> tuple[float, float]:
        sums = of.groupby(by)[["u", "square"]].sum()
        count = of.groupby(by).size()
        return float((sums["u"] ** 2 - sums["square"]).sum()), float((count**2 - count).sum())

    found = []
    for _, line in rows.groupby("line"):
        whole, same_model, same_task = (pairs(by, line) for by in (["line"], ["target"], ["canonical_task"]))
        others = whole[0] - same_model[0] - same_task[0], whole[1] - same_model[1] - same_task[1]
        found.append([total / count if count > 0 else np.nan for total, count in (others, same_model, same_task)])
    in_line, in_model, at_task = np.nanmean(found, axis=0)
    across = [a - b for a, b in zip(pairs(["canonical_task"]), pairs(["canonical_task", "line"]), strict=True)]
    at_task_elsewhere = across[0] / across[1] if across[1] > 0 else 0.0
    parts = {
        "line": in_line,
        "model": in_model - max(in_line, 0.0),
        "task": at_task_elsewhere,
        "task in line": at_task - max(in_line, 0.0) - max(at_task_elsewhere, 0.0),
    }
    held = {name: max(float(part), 0.0) for name, part in parts.items()}
    return {name: part / max(sum(held.values()), 1.0) for name, part in held.items()}


def simulate(table: pd.DataFrame, shares: dict[str, float], draws: int, seed: int = 0) -> np.ndarray:
    """PIT values of calibrated forecasts whose errors cluster as `clustering` says, (draws, rows)."""
    rng = np.random.default_rng(seed)
    left = np.sqrt(1.0 - sum(shares.values()))
    score = left * rng.standard_normal((draws, len(table)), dtype=np.float32)
    for name, share in shares.items():
        group = table.groupby(CLUSTERS[name]).ngroup().to_numpy()
        score += np.sqrt(share) * rng.standard_normal((draws, group.max() + 1), dtype=np.float32)[:, group]
    return ndtr(score)


def line_weights(table: pd.DataFrame) -> np.ndarray:
    """Each line the same, within it each target, within it each task; they sum to 1, (rows,)."""
    tasks = table.groupby(TARGET)["score"].transform("size")
    targets = table.groupby("line")["target_model"].transform(lambda names: names.nunique())
    weight = 1.0 / (tasks * targets)
    return (weight / weight.sum()).to_numpy()


def off_by_line(table: pd.DataFrame, said: str, happened: str) -> str:
    """How far what happened differs from what was said from line to line, chance included: what no map can mend."""
    off = (table[happened].astype(float) - table[said]).groupby(table["line"]).mean().sort_values()
    ends = f"{off.index[0]} {off.iloc[0]:+.2f} to {off.index[-1]} {off.iloc[-1]:+.2f}"
    return f"happened less said, by line: standard deviation {off.std():.2f} over {len(off)} lines ({ends})"


def pit_histogram(table: pd.DataFrame, chance: np.ndarray) -> pd.DataFrame:
    """Weighted share of PIT values in each tenth beside the 90% band of the simulation."""
    weight = line_weights(table)

    def shares(pit: np.ndarray) -> np.ndarray:
        bins = np.minimum((pit * BINS).astype(int), BINS - 1)
        return np.bincount(bins, weight, BINS)

    seen, drawn = shares(table["pit"].to_numpy()), np.array([shares(pit) for pit in chance])
    low, high = np.quantile(drawn, [0.05, 0.95], axis=0)
    out = pd.DataFrame({"tenth": np.arange(1, BINS + 1), "share": seen, "low": low, "high": high})
    return out.assign(inside=out["share"].between(out["low"], out["high"]))


def gain_reliability(table: pd.DataFrame, chance: np.ndarray) -> pd.DataFrame:
    """Share of gains in each tenth of P(gain) beside the 90% band of the simulation."""
    weight, prob = line_weights(table), table["prob_gain"].to_numpy()
    bins = np.minimum((prob * BINS).astype(int), BINS - 1)
    total = np.maximum(np.bincount(bins, weight, BINS), 1e-12)
    seen = np.bincount(bins, weight * table["gained"].to_numpy(), BINS) / total
    drawn = np.array([np.bincount(bins, weight * (pit > 1 - prob), BINS) / total for pit in chance])
    low, high = np.quantile(drawn, [0.05, 0.95], axis=0)
    said = np.bincount(bins, weight * prob, BINS) / total
    out = pd.DataFrame(
        {"said": said, "gained": seen, "low": low, "high": high, "scores": np.bincount(bins, minlength=BINS)}
    )
    return out[out["scores"] > 0].assign(inside=lambda t: t["gained"].between(t["low"], t["high"]))


def overall(table: pd.DataFrame, chance: np.ndarray) -> pd.DataFrame:
    """Summed distance of PIT tenths from a tenth, and of P(gain) from what happened, beside 90% of the simulation's."""
    weight, prob = line_weights(table), table["prob_gain"].to_numpy()
    bins = np.minimum((prob * BINS).astype(int), BINS - 1)

    def pit_distance(pit: np.ndarray) -> float:
        tenths = np.minimum((pit * BINS).astype(int), BINS - 1)
        return float(np.abs(np.bincount(tenths, weight, BINS) - 1.0 / BINS).sum())

    def gain_error(gained: np.ndarray) -> float:
        return float(np.abs(np.bincount(bins, weight * (gained - prob), BINS)).sum())

    seen = [pit_distance(table["pit"].to_numpy()), gain_error(table["gained"].to_numpy(dtype=float))]
    drawn = np.array([[pit_distance(pit), gain_error(pit > 1 - prob)] for pit in chance])
    names = ["PIT, distance from even", "P(gain), calibration error"]
    return pd.DataFrame({"": names, "seen": seen, "90% of calibrated below": np.quantile(drawn, 0.9, axis=0)})


def several_together(table: pd.DataFrame, draws: int = DRAWS, seed: int = 0) -> pd.DataFrame:
    """Brier score of "at least k of a model's n tasks improve", by joint draws and by independent ones."""
    rng = np.random.default_rng(seed)
    out = []
    for key, part in table[table["origin_is_own"]].groupby(TARGET):
        if len(part) < 4:
            continue
        prob, loading = part["prob_gain"].to_numpy(), part["loading"].to_numpy()
        own = rng.standard_normal((draws, len(part)))
        shift = rng.standard_normal((draws, 1))
        needed = ndtri(1 - prob)
        joint = (loading * shift + np.sqrt(1 - loading**2) * own > needed).mean(axis=1)
        alone = (own > needed).mean(axis=1)
        happened = part["gained"].mean()
        for share in AT_LEAST:
            outcome = float(happened >= share)
            out.append(
                dict(zip(TARGET, key, strict=True))
                | {
                    "share": share,
                    "joint": ((joint >= share).mean() - outcome) ** 2,
                    "independent": ((alone >= share).mean() - outcome) ** 2,
                }
            )
    return pd.DataFrame(out)


def report(table: pd.DataFrame) -> None:
    print("Coverage by group\n", coverage(table).to_string(index=False), sep="")
    shares = clustering(table)
    print("\nof the errors' variance", ", ".join(f"{share:.0%} goes with the {name}" for name, share in shares.items()))
    chance = simulate(table, shares, DRAWS // 4)
    pits, gains = pit_histogram(table, chance), gain_reliability(table, chance)
    for title, part in (("PIT by tenths", pits), ("P(gain) by tenths", gains)):
        print(f"\n{title}; {int(part['inside'].sum())} of {len(part)} within the 90% band of a calibrated forecaster")
        print(part.round(3).to_string(index=False))
    print(off_by_line(table, "prob_gain", "gained"))
    print("\nas a whole\n", overall(table, chance).round(3).to_string(index=False), sep="")
    joint = several_together(table)
    brier = joint.groupby("share").apply(
        lambda part: pd.Series({n: nested_mean(part, n) for n in ("joint", "independent")})
    )
    print("\nBrier score of: at least this share of a model's tasks improves\n", brier.round(4).T.to_string(), sep="")
    lines = joint.assign(canonical_task="all").reset_index(drop=True)  # shares asked of one model are no tasks to draw
    low, high = interval(Resampled(lines).means((lines["independent"] - lines["joint"]).to_numpy()))
    print(
        f"independent less joint: {nested_mean(joint.assign(d=joint['independent'] - joint['joint']), 'd'):.4f}", end=""
    )
    print(f" [{low:.4f}, {high:.4f}]")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("table", type=Path, help="backtest table (Parquet), as `benchmarks.accuracy --keep` writes it")
    parser.add_argument("--predictor", default=DEFAULT)
    given = parser.parse_args()
    table = pd.read_parquet(given.table)
    report(table[table["predictor"] == given.predictor].reset_index(drop=True))


if __name__ == "__main__":
    main()
