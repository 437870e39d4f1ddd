"""What a reader hands on: raw rows, descriptors, and an account of every score it met."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import pandas as pd

OF_EXAMPLES = "_of_examples"
IS_LIMITED = "_is_limited"
TASK_VERSION = "_task_version"
"""Columns of a reading's rows that say of a run how many examples its task has, whether it was run on fewer on purpose,
and which version of the task it ran. They help to choose between runs and are no part of a results table."""


@dataclass
class Reading:
    """One file, read.

    Attributes
    ----------
    name, format : str
        The file, and what it was taken for.
    rows : DataFrame
        Columns of the results table, as far as the file holds them.
    found : int
        Scores met in the file: ``found == len(rows) + sum(refused.values())``.
    refused : Counter
        Reason to number of scores left out.
    tasks : list of dict
        Descriptors the file holds, as rows of a tasks table.
    computed_n : int
        Scores whose ``n_examples`` follow from their standard error.
    notes : list of str
        Remarks for the person.
    is_table : bool
        True for tables people wrote (strict: an error at the door), False for the output of harnesses
        (of two runs of one key the newer counts).
    when : float
        Time of the run in seconds, NaN when unknown.
    """

    name: str
    format: str
    rows: pd.DataFrame = field(default_factory=pd.DataFrame)
    found: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    tasks: list[dict[str, object]] = field(default_factory=list)
    computed_n: int = 0
    notes: list[str] = field(default_factory=list)
    is_table: bool = False
    when: float = float("nan")
