"""The one scale a family is measured on: log10 of training compute, else of parameters."""

from __future__ import annotations

import numpy as np
import pandas as pd

from scale_forecast.data.errors import UsageError
from scale_forecast.data.names import counted
from scale_forecast.data.results import has_size

NEAR = 0.1
"""A model within this share of the target's scale counts as the target's size."""
BELOW = -float(np.log10(1.0 - NEAR))
"""The same in decades: what a forecast may know lies more than this below the target."""


def scale_of(results: pd.DataFrame) -> pd.Series:
    """log10(train_flops) where every row of the family has it, else log10(params).

    Parameters
    ----------
    results : results table

    Returns
    -------
    Series of float, index of ``results``, in decades. Never a mixture within a family.
    """
    has_flops = results["train_flops"].notna()
    whole_family = has_flops.groupby(results["family"], observed=True).transform("all")
    return np.log10(results["train_flops"].where(whole_family, results["params"])).rename("scale")


def without_size(results: pd.DataFrame, higher_is_better: pd.Series) -> str | None:
    """What anything that needs a size goes without, in one sentence; None where every model has one.

    Parameters
    ----------
    results : results table
    higher_is_better : Series of bool, index of ``results``
    """
    gone = ~has_size(results)
    if not gone.any():
        return None
    better = results["score"].where(higher_is_better, -results["score"])
    key = [results[name] for name in ("benchmark", "task", "metric")]
    best = better == better.groupby(key, observed=True).transform("max")
    kept = (best & ~gone).groupby(key, observed=True).transform("any")
    records = results.loc[gone & best & ~kept, "task"].drop_duplicates()
    models = results.loc[gone, "model"].drop_duplicates()
    sentence = f"{counted(int(gone.sum()), 'score')} of {counted(len(models), 'model')} without a known size"
    sentence += f" ({_some(models)}) left out of what goes by size"
    if len(records):
        return f"{sentence}, among them the best score on {_some(records)}"
    return f"{sentence}; no task's best score is among them"


def _some(names: pd.Series, most: int = 3) -> str:
    return ", ".join(map(str, names.head(most))) + (", ..." if len(names) > most else "")


def scale_kind(results: pd.DataFrame) -> pd.Series:
    """``"train_flops"`` or ``"params"`` for each row, constant within a family."""
    whole = results["train_flops"].notna().groupby(results["family"], observed=True).transform("all")
    return whole.map({True: "train_flops", False: "params"})


def target_scale(
    family: pd.DataFrame,
    *,
    params: float | None = None,
    train_tokens: float | None = None,
    train_flops: float | None = None,
) -> tuple[float, str | None]:
    """Scale of an upcoming model, on the measure its family is on.

    Compute that is not given is 6 x params x tokens; tokens that are not given are those of the family's largest
    smaller model.

    Parameters
    ----------
    family : rows of one family

    Returns
    -------
    (decades, what was assumed in one sentence or None)

    Raises
    ------
    UsageError
        When what is given does not fix the target's scale.
    """
    name = family["family"].iloc[0]
    if scale_kind(family).iloc[0] == "params":
        if params is None:
            raise UsageError(
                f"the scale of {name} is its parameters (compute is not known of all its models): give them"
            )
        return float(np.log10(params)), None
    if train_flops is not None:
        return float(np.log10(train_flops)), None
    if params is None:
        raise UsageError(f"give the size of the next model of {name}: parameters or training compute")
    if train_tokens is not None:
        return float(np.log10(6.0 * params * train_tokens)), None
    smaller = family[family["params"] < (1.0 - NEAR) * params]
    if smaller.empty:
        raise UsageError(f"no model of {name} is smaller than {params:.3g} parameters: give a larger size")
    largest = smaller.iloc[int(smaller["params"].argmax())]
    tokens = float(largest["train_flops"] / (6.0 * largest["params"]))
    return float(np.log10(6.0 * params * tokens)), f"trained on {tokens:.3g} tokens, as {largest['model']}"
