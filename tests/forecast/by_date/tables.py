"""A small world by date: organisations that release lines of models, and benchmarks of every unit."""

import numpy as np
import pandas as pd

from scale_forecast.by_date.tables import Tables, as_tables

AS_OF = pd.Timestamp("2024-07-01")
LINES = [("A", "Alpha", "flagship"), ("A", "Alpha small", "small"), ("B", "Beta", "flagship"), ("C", "Gamma", "mid")]
UNITS = {"shares 1": "share", "shares 2": "share", "shares 3": "share", "hard": "share", "easy": "share", "time":
"minutes",
         "arena": "Elo", "shop": "US dollars"}  # fmt: skip
LEVELS = {
    "shares 1": -1.5,
    "shares 2": -0.5,
    "shares 3": 0.0,
    "hard": -4.0,
    "easy": 4.5,
    "time": 1.0,
    "arena": 0.5,
    "shop": 6.0,
}


def frames(*, seed: int = 0, until: str = "2025-04-01") -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Scores, releases and benchmarks: a release a line each three months, scores a month after it."""
    rng = np.random.default_rng(seed)
    releases, scores = [], []
    for number, day in enumerate(pd.date_range("2023-01-15", until, freq="91D")):
        for organisation, line, tier in LINES:
            model = f"{line} {number}"
            released = day + pd.Timedelta(days=int(rng.integers(0, 60)))
            reasoning = "yes" if number > 3 else "no"
            releases.append((model, organisation, line, tier, reasoning, "no", released))
            years = (released - pd.Timestamp("2024-01-01")).days / 365.25
            ability = 1.2 * years + 0.6 * (tier == "flagship") + rng.normal(0.0, 0.25)
            for task, unit in UNITS.items():
                if rng.random() < 0.7:
                    z = LEVELS[task] + ability + rng.normal(0.0, 0.2)
                    score = {"share": 1 / (1 + np.exp(-z)), "Elo": 1200 + 173 * z}.get(unit, np.exp(z))
                    known = released + pd.Timedelta(days=30)
                    basis = "launch" if rng.random() < 0.8 else "not before"
                    kind = "vendor" if rng.random() < 0.6 else "epoch"
                    seen = known + pd.Timedelta(days=120)
                    scores.append((task, model, kind, known, basis, seen, score, np.nan, "a table"))
    names = ["task", "model", "evaluator_kind", "known_on", "known_basis", "seen_on", "score", "n_examples", "source"]
    groups = ["model", "organisation", "product_line", "tier", "reasoning", "open_weights", "released"]
    benchmarks = pd.DataFrame({"task": list(UNITS), "unit": list(UNITS.values())})
    return pd.DataFrame(scores, columns=names), pd.DataFrame(releases, columns=groups), benchmarks


def tables(**options: object) -> Tables:
    return as_tables(*frames(**options))
