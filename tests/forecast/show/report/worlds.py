"""Results that make trouble on a page, and reports of them."""

from __future__ import annotations

import numpy as np
import pandas as pd

MARKUP = "<script>alert(1)</script>"
LONG = ("Оценка языковых моделей 语言模型评测任务 言語モデル評価 언어 모델 평가 " * 9)[:299] + "я"
NAMES = (MARKUP, LONG, "x' onmouseover='alert(2)", '"><img src=x onerror=alert(3)>', "$x^2$ & <b>bold</b>", "a|b\tc")


def make_hostile(*, tasks: int = 12, seed: int = 0) -> pd.DataFrame:
    """One family of three models on tasks whose names are markup, very long, or both; one falls, one is a loss."""
    rng = np.random.default_rng(seed)
    names = [*NAMES, *(f"plain_task_{i}" for i in range(tasks - len(NAMES)))]
    rows = []
    for i, task in enumerate(names):
        for j, params in enumerate((1e8, 1e9, 1e10)):
            score = 0.25 + 0.02 * i + (-0.09 if i == 2 else 0.08) * j + rng.normal(0, 0.01)
            rows.append(
                {
                    "task": task,
                    "benchmark": "<i>suite</i>",
                    "family": "<b>mine</b>",
                    "model": f"<u>mine</u> {j}",
                    "params": params,
                    "score": round(score, 3),
                    "n_examples": 2000,
                    "metric": "accuracy",
                    "source": "<script>alert(4)</script>",
                }
            )
    for j, params in enumerate((1e8, 1e9, 1e10)):
        rows.append(
            {
                "task": "held-out text",
                "benchmark": "<i>suite</i>",
                "family": "<b>mine</b>",
                "model": f"<u>mine</u> {j}",
                "params": params,
                "score": 3.0 - 0.4 * j,
                "n_examples": None,
                "metric": "loss",
                "source": "own",
            }
        )
    return pd.DataFrame(rows)
