"""Rows that a forecast of a held-out model may not know, of every sort, and ways to change all that they say."""

from __future__ import annotations

import numpy as np
import pandas as pd

from scale_forecast.data.model_names import weights_name
from scale_forecast.data.results import as_results
from scale_forecast.data.scale import compute_of
from tests.worlds import make_results

TARGET = "Beta 3"
"""Of family and line Beta: 10^11 parameters, 3e11 tokens, out in February 2022."""
RELEASED = pd.Timestamp("2022-02-01")
FOREVER = {
    "larger, tuned, later, of unknown compute": {
        "model": "Beta 4", "family": "Beta", "params": 2e12, "train_tokens": np.nan, "tuning": "instruct",
        "released": "2025-01-01",
    },
    "its weights in another family and line": {
        "model": "Beta-3-Instruct", "family": "Bchat", "line": "Bchat", "tuning": "instruct", "released": "2022-03-01",
    },
    "a checkpoint of it": {"checkpoint": "step1000", "train_tokens": 1e10, "released": "2021-06-01"},
    "a checkpoint of it, of unknown size": {
        "checkpoint": "step2000", "params": np.nan, "train_flops": 2e22, "train_tokens": np.nan,
        "released": "2021-07-01",
    },
    "its weights tuned, of unknown size": {
        "model": "Beta 3 chat", "family": "Bsft", "line": "Bsft", "params": np.nan, "train_flops": 2e22,
        "train_tokens": np.nan, "tuning": "instruct", "released": "2021-07-02",
    },
    "small, trained for longer than it": {
        "model": "Beta tiny", "family": "Beta", "params": 1e9, "train_tokens": 3e14, "released": "2021-02-01",
    },
    "small sibling, trained for longer than it": {
        "model": "Beta-tuned tiny", "family": "Beta-tuned", "params": 1e9, "train_tokens": 2.9e14, "tuning": "instruct",
        "released": "2021-02-02",
    },
    "larger, hardly trained": {
        "model": "Beta wide", "family": "Beta", "params": 5e11, "train_tokens": 1e9, "released": "2021-03-01",
    },
    "of its family, of no known size": {
        "model": "Beta secret", "family": "Beta", "params": np.nan, "train_tokens": np.nan, "tuning": "instruct",
        "released": "2021-03-02",
    },
}  # fmt: skip
"""What no forecast of `TARGET` may know: how it differs from the target's own rows."""
DATED = {
    "smaller sibling that came out later": {
        "model": "Beta-tuned 1", "family": "Beta-tuned", "params": 2.5e9, "tuning": "instruct",
        "released": "2023-05-01",
    },
    "smaller of its family that came out later": {"model": "Beta late", "params": 1.2e10, "released": "2023-06-01"},
    "smaller sibling that came out later but was known before": {
        "model": "Beta-tuned 2", "family": "Beta-tuned", "params": 1.5e10, "tuning": "instruct",
        "released": "2023-07-01", "known_on": "2021-08-01",
    },
    "smaller sibling scored later": {
        "model": "Beta-tuned 0.5", "family": "Beta-tuned", "params": 1.1e9, "tuning": "instruct",
        "released": "2021-01-05", "known_on": "2023-08-01",
    },
    "smaller sibling without a date": {
        "model": "Beta-plain 0", "family": "Beta-plain", "params": 5e8, "released": None,
    },
    "another line, later": {
        "model": "Omega 0", "family": "Omega", "line": "Omega", "params": 1e9, "tuning": "rlhf",
        "train_tokens": np.nan, "released": "2024-01-01",
    },
    "another line, later and larger": {
        "model": "Omega 1", "family": "Omega", "line": "Omega", "params": 1e12, "released": "2024-01-02",
    },
    "another line, on its day": {
        "model": "Omega 2", "family": "Omega", "line": "Omega", "params": 2e9, "released": "2022-02-01",
    },
    "a model of a known line, later": {
        "model": "Alpha 9", "family": "Alpha", "line": "Alpha", "params": 1e13, "train_tokens": np.nan,
        "tuning": "rlhf", "released": "2024-02-01",
    },
}  # fmt: skip
"""What a forecast as of a day before `RELEASED` may not know besides."""
SEEN = {
    "smaller sibling that came out before": {
        "model": "Beta-tuned 0", "family": "Beta-tuned", "params": 6e8, "tuning": "instruct", "released": "2021-01-01",
    },
    "smaller sibling that came out with it": {
        "model": "Beta-tuned 0.2", "family": "Beta-tuned", "params": 8e8, "tuning": "instruct",
        "released": "2022-02-01",
    },
    "another line, known before it came out": {
        "model": "Sigma 0", "family": "Sigma", "line": "Sigma", "params": 3e9, "tuning": "rlhf",
        "released": "2023-02-02", "known_on": "2021-06-01",
    },
    "smaller of its family, scored later": {"model": "Beta 1.5", "params": 8e9, "released": "2020-06-01",
                                            "known_on": "2022-12-01"},
}  # fmt: skip
"""What a forecast may know, in a backtest."""


def rows_of(results: pd.DataFrame, sort: dict[str, dict], seed: int = 5) -> pd.DataFrame:
    """A row a task for each entry, like the target's but for what the entry says."""
    target = results[results["model"] == TARGET].drop(columns=["stderr", "known_on", "train_flops"])
    rng = np.random.default_rng(seed)
    parts = []
    for change in sort.values():
        score = rng.integers(20, 190, len(target)) / 200
        parts.append(target.assign(**change, score=score, source="more"))
    return pd.concat(parts, ignore_index=True)


def with_rows(results: pd.DataFrame, *sorts: dict[str, dict]) -> pd.DataFrame:
    """The results, and behind them the rows of some sorts."""
    more = [rows_of(results, sort, seed) for seed, sort in enumerate(sorts)]
    return as_results(pd.concat([results, *more], ignore_index=True), where="with hidden rows")


def hidden(results: pd.DataFrame, *, dated: bool, day: pd.Timestamp = RELEASED) -> np.ndarray:
    """Mask of what a backtest's forecast of `TARGET` may not know, by another way than the code's."""
    own = results[(results["model"] == TARGET) & results["checkpoint"].isna()].iloc[0]
    kin = results["line"] == own["line"]
    at_size = results["params"] >= 0.9 * own["params"]
    at_size |= ~(10 ** compute_of(results) < 0.9 * own["train_flops"])
    same = results["model"].str.replace("-", " ").str.startswith(own["model"])
    out = kin & (at_size | same)
    if dated:
        unknown = ~(results["known_on"] < day) & (results["family"] != own["family"])
        with_it = kin & (results["known_on"] == own["released"])
        out |= (unknown & ~with_it) | (kin & ~(results["released"] <= own["released"]))
    return out.to_numpy()


def changed(results: pd.DataFrame, rows: np.ndarray, *, seed: int = 1) -> pd.DataFrame:
    """The same table with everything else said in the given rows: scores, examples, tuning, tokens, compute, dates.

    What makes a row one that may not be known stays so: nothing gets smaller or earlier, and what has the target's
    weights keeps as many. Of the target itself only its scores and examples change: its size, tuning and day are the
    question.
    """
    rng = np.random.default_rng(seed)
    out = results.copy()
    n = int(rows.sum())
    out.loc[rows, "score"] = rng.integers(0, 201, n) / 200
    out.loc[rows, "n_examples"] = rng.integers(20, 5000, n).astype(float)
    out.loc[rows, "stderr"] = np.nan
    given = (results["model"] == TARGET) & results["checkpoint"].isna()
    for name in results.loc[rows, "model"].unique():
        same = rows & (results["model"] == name).to_numpy() & ~given.to_numpy()
        more = rng.uniform(1.0, 3.0)
        out.loc[same, "tuning"] = rng.choice(["base", "instruct", "rlhf"])
        of_it = weights_name(str(name)) == weights_name(TARGET)
        out.loc[same, ["train_tokens", "train_flops"] if of_it else ["params", "train_tokens", "train_flops"]] *= more
        large = same & (results["params"] >= 1e11).to_numpy()
        if rng.random() < 0.5 and large.any():
            out.loc[large, ["train_tokens", "train_flops"]] = np.nan
        later = pd.Timedelta(days=int(rng.integers(1, 400)))
        for date in ("released", "known_on"):
            out.loc[same & (results[date] >= RELEASED).to_numpy(), date] += later
    return as_results(out, where="changed")


def make_known_results(tasks: list[str]) -> pd.DataFrame:
    """A world with siblings, and others, that a forecast of `TARGET` may know."""
    return with_rows(make_results(tasks=tasks), SEEN)
