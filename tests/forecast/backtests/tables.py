"""Backtest tables with known truth, for the tests of summaries."""

import numpy as np
import pandas as pd


def made_table(crps, *, line="Alpha", model="Alpha 1", predictor="ours", benchmark="one", **columns):
    """One target's rows from the CRPS of its tasks; scores are gained by 0.1 and foretold to the digit."""
    n = len(crps)
    tasks = [f"task {i}" for i in range(n)]
    origin = np.linspace(0.2, 0.6, n)
    table = pd.DataFrame(
        {
            "predictor": predictor, "fold": "next-scale", "benchmark": benchmark, "task": tasks, "metric": "accuracy",
            "shots": 5.0, "prompt": "direct", "target_model": model, "line": line, "family": line,
            "date_limited": False, "origin_score": origin, "score": origin + 0.1 + 0.01 * (np.arange(n) % 3),
            "crps": crps, "canonical_task": tasks, "is_share": True, "se": 0.001,
        }
    )  # fmt: skip
    table["median"] = table["score"]
    table = table.assign(**columns)
    table["abs_error"], table["sq_error"] = table["crps"], table["crps"] ** 2
    for name, shift in {"q05": -0.3, "q10": -0.2, "q25": -0.1, "q75": 0.1, "q90": 0.2, "q95": 0.3}.items():
        table[name] = table["median"] + shift
    return table


def against(ours, theirs, **about):
    """Two predictors' rows on the same tasks."""
    parts = [made_table(ours, **about), made_table(theirs, **about | {"predictor": "drift"})]
    return pd.concat(parts, ignore_index=True)
