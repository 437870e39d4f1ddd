"""The files that the README's commands name, as a user who trains models of a family called "mine" might have them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd

FIXTURES = Path(__file__).parent / "fixtures"
MODELS = pd.DataFrame(
    {
        "model": ["mine-1b", "mine-3b", "mine-7b"],
        "params": [1e9, 3e9, 7e9],
        "train_tokens": 1e12,
        "family": "mine",
        "released": ["2023-01-10", "2023-02-10", "2023-03-10"],
    }
)
TASKS = {"anatomy": 0.25, "world_religions": 0.25, "astronomy": 0.25, "sociology": 0.25}
"""Tasks of MMLU and the score at chance."""
ITEMS = 200


def write_files(folder: Path) -> None:
    """Every file but those that a command of the README writes or shows."""
    (folder / "tests").mkdir()
    (folder / "tests" / "fixtures").symlink_to(FIXTURES)
    MODELS.to_csv(folder / "models.csv", index=False)
    scores().to_csv(folder / "my_results.csv", index=False)
    for model in MODELS["model"]:
        write_harness_results(folder / "results" / model, model)
        write_items(folder / "runs" / f"org__{model}", model)
    (folder / "wide.csv").write_text("Model,Size,anatomy,astronomy\nacme-1b,1e9,31.5,\nacme-7b,7e9,41.0,44.5\n")
    (folder / "percentages.csv").write_text("task,model,params,score\nanatomy,acme-1b,1e9,41.7\n")
    (folder / "mine.yaml").write_text(QUESTION)
    (folder / "crowd.csv").write_text(
        "id,time,probability,outcome,resolved_on,title\nrain,2023-01-01,0.7,1,2023-02-01,Will it rain?\n"
    )
    for name in ("question", "resolution", "forecast"):
        saved = FIXTURES / "markets" / "forecastbench"
        found = next(saved.glob(f"{name}_set_s*.json"))
        (folder / f"{name}_set.json").write_bytes(found.read_bytes())


QUESTION = """
- id: my-anatomy
  title: Does one of my models reach 60% on anatomy by 2027?
  criterion: {kind: threshold, task: anatomy, benchmark: MMLU, score: 0.6, side: at_least}
  scope: {family: mine}
  opened: 2023-04-01
  resolve_by: 2027-01-01
  odds: 1:1
"""


def accuracy(model: str) -> float:
    return 0.3 + 0.1 * list(MODELS["model"]).index(model)


def scores() -> pd.DataFrame:
    rows = MODELS.merge(
        pd.DataFrame({"task": list(TASKS), "benchmark": "MMLU", "shots": 5, "n_examples": ITEMS}), how="cross"
    )
    spread = np.random.default_rng(0).normal(0, 0.03, len(rows))
    return rows.assign(score=(rows["model"].map(accuracy) + spread).round(3), metric="accuracy")


def write_harness_results(folder: Path, model: str) -> None:
    """As lm-evaluation-harness writes them."""
    folder.mkdir(parents=True)
    mine = scores().query("model == @model").set_index("task")["score"]
    results = {f"mmlu_{task}": {"acc,none": score, "acc_stderr,none": 0.03} for task, score in mine.items()}
    config = {
        "model": "hf",
        "model_args": f"pretrained=org/{model}",
        "model_num_parameters": int(MODELS.set_index("model")["params"][model]),
    }
    shots = {task: 5 for task in results}
    whole = {"results": results, "n-shot": shots, "config": config, "model_name": f"org/{model}", "date": 1.68e9}
    (folder / "results_2023-04-01T00-00-00.000000.json").write_text(json.dumps(whole))


def write_items(folder: Path, model: str) -> None:
    """Logs of items, as lm-evaluation-harness writes them."""
    folder.mkdir(parents=True)
    rng = np.random.default_rng(len(model))
    for task in TASKS:
        with open(folder / f"samples_mmlu_{task}_2023-04-01T00-00-00.000000.jsonl", "w") as log:
            for item in range(ITEMS):
                loglik = rng.normal(-5.0, 1.0, 4)
                loglik[item % 4] += 2 * accuracy(model)
                record = {
                    "doc_id": item,
                    "doc": {"question": "?"},
                    "target": str(item % 4),
                    "arguments": [["?", f" choice {k}"] for k in range(4)],
                    "filtered_resps": [[str(x), "False"] for x in loglik],
                    "acc": float(int(loglik.argmax()) == item % 4),
                }
                log.write(json.dumps(record) + "\n")
