"""How long resolving many questions takes, and how much memory: ``python benchmarks/resolve.py``.

Questions of every kind in equal parts, spread over all tasks and several scopes, against made-up results of as many
models as it takes; nothing is cached between runs, and building the index counts.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).parent.parent))

from scale_forecast.data.catalog import bundled_metrics, bundled_tasks
from scale_forecast.resolvers.judge.evidence import Evidence
from scale_forecast.resolvers.questions.question import Question
from scale_forecast.resolvers.questions.resolve import resolve_all

SIZES = 10.0 ** np.linspace(8, 12, 8)


def made_up_results(n: int, n_tasks: int, rng: np.random.Generator) -> pd.DataFrame:
    """A results table of n rows: families of 8 sizes, each size published on a day of its own; 1% conflicting."""
    n_families = -(-n // (n_tasks * len(SIZES)))
    family, size, task = (
        a.ravel()[:n]
        for a in np.meshgrid(np.arange(n_families), np.arange(len(SIZES)), np.arange(n_tasks), indexing="ij")
    )
    score = np.clip(0.5 + 0.1 * np.cumsum(rng.standard_normal((n_families, len(SIZES))), axis=1)[family, size], 0, 1)
    known = pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 2500, n), unit="D")
    families = np.array([f"family {i}" for i in range(n_families)])
    models = np.array([[f"family {i} {s:.3g}" for s in SIZES] for i in range(n_families)])
    table = pd.DataFrame(
        {
            "benchmark": "made up",
            "task": np.array([f"task {i}" for i in range(n_tasks)])[task],
            "metric": "accuracy",
            "shots": 0.0,
            "prompt": "direct",
            "family": families[family],
            "line": families[family],
            "model": models[family, size],
            "checkpoint": pd.Series(np.nan, index=range(n), dtype="str"),
            "params": SIZES[size],
            "train_tokens": np.nan,
            "train_flops": np.nan,
            "tuning": np.where(family % 4 == 0, "rlhf", "base"),
            "released": known,
            "known_on": known.astype("datetime64[s]"),
            "score": score,
            "stderr": 0.01,
            "n_examples": np.nan,
            "source": "made up",
        }
    )
    again = table.sample(frac=0.01, random_state=0).assign(source="another")
    return pd.concat([table, again.assign(score=rng.random(len(again)))], ignore_index=True).iloc[:n]


def made_up_questions(n: int, n_tasks: int, rng: np.random.Generator) -> list[Question]:
    """Questions of every kind in turn."""
    scopes: list[object] = [
        "any",
        "all",
        {"tuning": "rlhf"},
        {"family": ["family 1", "family 2"]},
        {"min_params": "1e10"},
    ]

    def leaf(kind: str) -> dict[str, object]:
        task: dict[str, object] = {"kind": kind, "task": f"task {rng.integers(n_tasks)}"}
        if kind == "threshold":
            return {**task, "score": round(float(rng.uniform(0.5, 1)), 3)}
        if kind == "comparison":
            return {**task, "better": {"family": "family 1"}, "worse": {"family": "family 2"}}
        return task

    def criterion(i: int) -> dict[str, object]:
        kinds = ("threshold", "reversal", "u_shape", "comparison", "numeric")
        which = i % 9
        if which < 5:
            return leaf(kinds[which])
        if which == 5:
            return {"kind": "first_by", "by": "2023-06-01", "event": leaf("threshold")}
        if which == 6:
            return {"kind": "count", "at_least": 2, "of": [leaf(k) for k in ("threshold", "reversal", "u_shape")]}
        if which == 7:
            return {"kind": "any_of", "of": [leaf("u_shape"), leaf("comparison")]}
        return {"kind": "not", "of": leaf("reversal")}

    deadlines = pd.to_datetime("2021-06-01") + pd.to_timedelta(rng.integers(0, 2000, n), unit="D")
    return [
        Question.model_validate(
            {
                "id": f"q{i}",
                "title": "made up",
                "criterion": criterion(i),
                "scope": scopes[rng.integers(len(scopes))],
                "opened": "2021-01-01",
                "resolve_by": deadlines[i].date(),
            }
        )
        for i in range(n)
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--questions", type=int, default=10_000)
    parser.add_argument("--results", type=int, default=1_000_000)
    parser.add_argument("--tasks", type=int, default=1_000)
    chosen = parser.parse_args()
    rng = np.random.default_rng(0)
    results = made_up_results(chosen.results, chosen.tasks, rng)
    questions = made_up_questions(chosen.questions, chosen.tasks, rng)

    start, start_cpu = time.perf_counter(), time.process_time()
    evidence = Evidence(results, bundled_tasks(), bundled_metrics())
    indexed = time.perf_counter()
    resolutions = resolve_all(questions, evidence, as_of="2024-06-01")
    end, cpu = time.perf_counter(), time.process_time() - start_cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    print(f"{len(questions):,} questions, {len(results):,} results on {chosen.tasks:,} tasks")
    print(
        f"index {indexed - start:.1f} s, resolve {end - indexed:.1f} s, both {end - start:.1f} s"
        f" ({cpu:.1f} s of one core); peak {peak:.2f} GB"
    )
    print(dict(Counter(r.status.value for r in resolutions)))


if __name__ == "__main__":
    main()
