"""Draw every picture from made-up tables: for tests, for the docs, and as a pattern for whoever writes another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.special import ndtr

from scale_forecast.resolvers.questions.question import Question
from scale_forecast.show.plots.backtests import of_predictor
from scale_forecast.show.plots.curves import draw_curves
from scale_forecast.show.plots.largest import draw_largest
from scale_forecast.show.plots.pit import draw_pit
from scale_forecast.show.plots.question import draw_question, forecasts_of
from scale_forecast.show.plots.reach import draw_reach
from scale_forecast.show.plots.records import draw_index, draw_records
from scale_forecast.show.plots.reversal import sizes_ahead

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PREDICTORS = {"stack": 1.0, "drift": 1.4, "pooled-law": 1.2, "persistence": 2.0}
LEVELS = {"q05": -1.645, "q10": -1.282, "q25": -0.674, "median": 0.0, "q75": 0.674, "q90": 1.282, "q95": 1.645}


def make_backtest(*, seed: int = 0, tasks: int = 30) -> pd.DataFrame:
    """A backtest of four predictors on three models of two lines and two benchmarks, calibrated by construction."""
    rng = np.random.default_rng(seed)
    parts = []
    for line, model, benchmark in (
        ("Alpha", "Alpha 7B", "one"),
        ("Alpha", "Alpha 70B", "two"),
        ("Beta", "Beta", "one"),
    ):
        origin = rng.uniform(0.2, 0.7, tasks)
        score = np.clip(origin + rng.normal(0.08, 0.1, tasks), 0, 1)
        for name, spread in PREDICTORS.items():
            wide = 0.08 * spread
            centre = score + rng.normal(0, wide, tasks)
            gain = ndtr((centre - origin) / wide)
            part = pd.DataFrame(
                {
                    "predictor": name, "fold": "next-scale", "benchmark": benchmark, "metric": "accuracy",
                    "task": [f"task{i:02d}" for i in range(tasks)], "shots": 5.0, "prompt": "direct",
                    "target_model": model, "line": line, "family": line, "distance": 0.9, "date_limited": True,
                    "origin_score": origin, "score": score, "crps": np.abs(centre - score) / 2 + 0.01 * spread,
                    "abs_error": np.abs(centre - score), "sq_error": (centre - score) ** 2,
                    "pit": ndtr((score - centre) / wide), "prob_gain": gain, "gained": score > origin,
                    "canonical_task": [f"task{i:02d}" for i in range(tasks)], "is_share": True, "se": 0.02,
                }
            )  # fmt: skip
            for column, z in LEVELS.items():
                part[column] = centre + z * wide
            parts.append(part)
    return pd.concat(parts, ignore_index=True)


def make_scores(*, task: str = "negation") -> tuple[pd.DataFrame, pd.Series]:
    """Scores of one task by three families and a forecast of the first one's next model."""
    families = {"Mine": [0.26, 0.31, 0.38], "Theirs": [0.25, 0.24, 0.3, 0.45], "Other": [0.3, 0.5]}
    rows = [
        {
            "family": family,
            "model": f"{family} {i}",
            "params": 10.0 ** (8 + i),
            "train_flops": 10.0 ** (20 + 1.4 * i),
            "score": score,
            "se": 0.02,
            "chance": 0.25,
            "ceiling": 1.0,
            "human_average": 70.0,
            "human_best": 95.0,
            "is_share": True,
            "is_alike": family == "Other",
        }
        for family, scores in families.items()
        for i, score in enumerate(scores)
    ]
    forecast = pd.Series(
        {
            "benchmark": "suite",
            "task": task,
            "metric": "accuracy",
            "shots": 5.0,
            "prompt": "direct",
            "family": "Mine",
            "target_model": "Mine 100B",
            "target_params": 1e11,
            "target_flops": 10.0**24.2,
            "origin_model": "Mine 2",
            "origin_score": 0.38,
            "median": 0.5,
            "q05": 0.33,
            "q10": 0.37,
            "q25": 0.43,
            "q75": 0.57,
            "q90": 0.63,
            "q95": 0.68,
        }
    )
    return pd.DataFrame(rows), forecast


def make_reversals() -> pd.DataFrame:
    """Two families' falling tasks at six sizes."""
    parts = [
        pd.DataFrame(
            {
                "task": task,
                "family": family,
                "params": sizes_ahead(params),
                "prob_reversal": np.linspace(0.02, high, 6),
                "prob_recovery": np.linspace(0.1, 2 * high, 6),
                "base_reversal": 0.06,
                "base_reversal_low": 0.02,
                "base_reversal_high": 0.12,
                "base_recovery": 0.2,
                "base_recovery_low": 0.12,
                "base_recovery_high": 0.3,
            }
        )
        for task, high in (("neqa", 0.3), ("memo-trap", 0.2), ("quote-repetition", 0.1), ("redefine", 0.05))
        for family, params in (("Alpha", 1e11), ("Beta", 3e11))
    ]
    return pd.concat(parts, ignore_index=True)


def make_question(*, title: str = "Does negation resolve with scale by November 2024?") -> Question:
    return Question.model_validate(
        {
            "id": "negation-2024", "title": title, "criterion": {"kind": "reversal", "task": "negation"},
            "opened": "2022-11-15", "resolve_by": "2024-11-30", "odds": "1:1",
            "forecasts": [{"forecaster": "A crowd", "time": "2023-02-01", "probability": 0.62}],
        }
    )  # fmt: skip


def make_recorded() -> pd.DataFrame:
    """Our forecasts and a market's, as a ledger gives them."""
    days = pd.to_datetime(["2023-01-01", "2023-06-01", "2024-01-01", "2023-03-01", "2024-03-01"], utc=True)
    who = ["stack"] * 3 + ["crowd:market"] * 2
    said = [0.3, 0.45, 0.7, 0.5, 0.8]
    details = [{"low": p - 0.15, "high": p + 0.1} for p in said[:3]] + [None, None]
    return pd.DataFrame(
        {"question_id": "negation-2024", "made_at": days, "forecaster": who, "probability": said, "details": details}
    )


def draw_pit_example() -> Figure:
    table = make_backtest()
    return draw_pit({name: of_predictor(table, name)["pit"].to_numpy() for name in ("stack", "drift")})


def draw_question_example() -> Figure:
    question = make_question()
    forecasts = forecasts_of(question, make_recorded())
    return draw_question(question, forecasts, outcome=1.0, resolved_on=pd.Timestamp("2024-07-01"))


def draw_largest_example() -> Figure:
    days = pd.date_range("2019-01-01", "2025-01-01", periods=20)
    sizes = pd.DataFrame({"released": days, "size": 10.0 ** (21 + 0.2 * np.arange(20) + 0.5 * np.sin(np.arange(20)))})
    until = pd.Timestamp("2023-01-01")
    ahead = pd.date_range(until, "2025-01-01", periods=9)
    steps = np.linspace(0, 1, 9)
    table = pd.DataFrame({"by": ahead, "of": "train_flops"})
    for column, z in LEVELS.items():
        table[column] = 10.0 ** (24 + (0.8 + 0.3 * z) * np.maximum(steps, 0))
    return draw_largest(sizes, table, as_of=until, until=until)


def draw_records_example() -> Figure:
    days = pd.date_range("2024-01-01", "2026-01-01", periods=20)
    ahead = pd.date_range("2026-02-01", "2027-01-01", periods=7)
    scores, fans = [], []
    for task, unit, level, slope in (("exam", "share", 0.2, 0.02), ("horizon", "minutes", 4.0, 9.0)):
        score = level + slope * np.arange(20) + 2 * slope * np.sin(np.arange(20))
        scores.append(pd.DataFrame({"task": task, "day": days, "score": score}))
        fan = pd.DataFrame({"task": task, "unit": unit, "by": ahead})
        for column, z in LEVELS.items():
            fan[column] = score.max() + slope * np.maximum(1.2 + z, 0.0) * np.sqrt(np.arange(7)) * 3
        fans.append(fan)
    until = pd.Timestamp("2026-02-01")
    return draw_records(pd.concat(scores), pd.concat(fans), as_of=until, until=until)


def draw_index_example() -> Figure:
    number = np.arange(24)
    index = 100 + 2.0 * number + 6 * np.sin(number * 1.7)
    table = pd.DataFrame(
        {
            "model": [f"Model {i}" for i in number],
            "released": pd.date_range("2024-01-01", "2026-01-01", periods=24),
            "index": index,
            "low": index - 3 - number % 4,
            "high": index + 3 + number % 4,
        }
    )
    return draw_index(table, as_of=pd.Timestamp("2026-02-01"))


def draw_reach_example() -> Figure:
    sizes = {"q10": 2e23, "q25": 6e23, "q50": 3e24, "q75": 2e25, "q90": np.nan}
    days = {"q10": "2027-03-01", "q25": "2027-12-01", "q50": "2029-02-01", "q75": "2032-01-01", "q90": None}
    rows = [
        {"of": "compute", **sizes, "not_within": 0.15, "looked_at": 8e25},
        {
            "of": "params",
            **{name: size**0.5 / 10 for name, size in sizes.items()},
            "not_within": 0.15,
            "looked_at": 9e11,
        },
        {"of": "date", **days, "not_within": 0.2, "looked_at": "2036-01-01"},
    ]
    rows[1]["looked_at"] = 9e11
    return draw_reach(pd.DataFrame(rows), title="the score of 0.8 on negation")


def draw_curves_example() -> Figure:
    fans, points = [], []
    along = np.logspace(18, 24, 40)
    for name, level in (("small", 30.0), ("large", 60.0)):
        law = 1.7 + level * along**-0.08
        wide = 0.01 * (1 + np.maximum(np.log10(along) - 21.5, 0))
        fan = pd.DataFrame({"curve": name, "x": along, "y_pred": law})
        fans.append(fan.assign(**{q: law * (1 + z * wide) for q, z in LEVELS.items() if q != "median"}))
        points.append(pd.DataFrame({"curve": name, "x": along[:23:2], "y": law[:23:2]}))
    return draw_curves(pd.concat(points), pd.concat(fans), x="compute", y="loss")
