"""Accuracies in two steps (compute to the task's loss, loss to accuracy) against one step, on bundled ladders.

    python -m benchmarks.two_steps

Of the bundled figures GPT-3's LAMBADA (three settings) and OPT's NeQA have a loss beside an accuracy on four models or
more; their one, two and three largest models are held out.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from benchmarks.curves import show
from scale_forecast.curves import fit_curves
from scale_forecast.curves.steps import fit_two_steps
from scale_forecast.data.catalog import bundled_results

KEY = ["benchmark", "task", "family", "model", "shots"]
ONE_STEP = ("auto", "m4", "law", "sigmoid", "persistence")
CHANCE = {"neqa": 0.5}


def ladders() -> pd.DataFrame:
    """``loss``, ``accuracy`` and compute of each model that has both on a task."""
    rows = bundled_results()
    lost = rows[rows["metric"].isin(["ppl", "loss"])]
    lost = lost.assign(loss=np.log(lost["score"]).where(lost["metric"] == "ppl", lost["score"]))
    scored = rows[rows["metric"] == "accuracy"].rename(columns={"score": "accuracy"})
    return lost[[*KEY, "loss"]].merge(scored[[*KEY, "accuracy", "train_flops"]], on=KEY)


def compare() -> pd.DataFrame:
    """Mean absolute error in points, a row a ladder, over one to three largest models held out."""
    out = []
    for (task, family, shots), ladder in ladders().groupby(["task", "family", "shots"], observed=True):
        if len(ladder) < 6:
            continue
        ladder = ladder.sort_values("train_flops")
        errors: dict[str, list[float]] = {name: [] for name in ("two steps", *ONE_STEP)}
        for held in (1, 2, 3):
            fitted, beyond = ladder.iloc[:-held], ladder.iloc[-held:]
            x, y = fitted["train_flops"].to_numpy(), fitted["accuracy"].to_numpy()
            chance, new = CHANCE.get(task, 0.0), beyond["train_flops"].to_numpy()
            said = {"two steps": fit_two_steps(x, fitted["loss"], y, chance=chance).predict(new)[0]}
            said |= {
                name: fit_curves([x], [y], name, kind="accuracy", chance=chance).predict(new)[0] for name in ONE_STEP
            }
            for name, predicted in said.items():
                errors[name].append(100 * float(np.abs(predicted - beyond["accuracy"]).mean()))
        out.append({"ladder": f"{family} {task} {shots:g}-shot"} | {k: float(np.mean(v)) for k, v in errors.items()})
    table = pd.DataFrame(out)
    return pd.concat([table, pd.DataFrame([{"ladder": "mean"} | table.drop(columns="ladder").mean().to_dict()])])


if __name__ == "__main__":
    show(compare())
