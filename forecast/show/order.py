"""The order in which tasks are shown: benchmark by benchmark, of each those first that change most surely."""

from __future__ import annotations

import numpy as np
import pandas as pd


def screen_order(table: pd.DataFrame) -> pd.DataFrame:
    """The rows' labels in the order in which people see them: shares first, the largest benchmark first.

    How sure a change is, is its probability, which is low for the noise of a task of eight items. Shares come before
    all that has another unit, and no two units are ranked against each other.

    Parameters
    ----------
    table : the forecast table with ``is_share`` and ``prob_tie``

    Returns
    -------
    DataFrame
        ``unbounded, size, benchmark, sure``, with the labels of ``table`` as index.
    """
    sure = np.maximum(table["prob_gain"], 1 - table["prob_gain"] - table["prob_tie"])
    of = table["benchmark"].astype("str")
    sizes = of.map(of.value_counts())
    order = pd.DataFrame({"unbounded": ~table["is_share"], "size": -sizes, "benchmark": of, "sure": -sure})
    return order.sort_values(["unbounded", "size", "benchmark", "sure"], kind="stable")
