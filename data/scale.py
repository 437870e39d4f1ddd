"""The one scale a family is measured on: log10 of training compute, else of parameters."""

from __future__ import annotations

import numpy as np
import pandas as pd

NEAR = 0.1
"""A model within this share of the target's scale counts as the target's size."""


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


def scale_kind(results: pd.DataFrame) -> pd.Series:
    """``"train_flops"`` or ``"params"`` for each row, constant within a family."""
    whole = results["train_flops"].notna().groupby(results["family"], observed=True).transform("all")
    return whole.map({True: "train_flops", False: "params"})
