"""How large the largest public models will be by a date."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import pandas as pd

from scale_forecast.by_date.largest import bundled_frontier, show_table
from scale_forecast.data.errors import UsageError
from scale_forecast.data.periods import parse_period
from scale_forecast.workflow.brief import Brief
from scale_forecast.workflow.clock import Day, day_of_knowledge
from scale_forecast.workflow.tables import Tell, names_in, silent

COLUMNS_OF = {"compute": "train_flops", "params": "params", "effective-compute": "effective_flops"}
"""What is largest: our word for it, and the column it is read from."""


@dataclass(frozen=True, repr=False)
class Largest(Brief):
    """The largest public model by some dates: a table, what people are shown of it, and the day of knowledge."""

    table: pd.DataFrame
    shown: pd.DataFrame
    as_of: date


def largest(
    by: str | Sequence[str],
    *,
    of: str = "compute",
    as_of: Day | None = None,
    seed: int = 0,
    tell: Tell = silent,
) -> Largest:
    """The largest public model by some dates, as a distribution: a row a date.

    Parameters
    ----------
    by : days, months, quarters or years (``2024-11-15``, ``2024-11``, ``2024-Q4``, ``2024``), each its last day
    of : ``compute``, ``params`` or ``effective-compute``, which counts what later recipes gain as if it were compute
    as_of : only models released by then; today when None
    seed : of the simulated futures
    """
    if of not in COLUMNS_OF:
        raise UsageError(f"largest of {of!r}: choose one of {', '.join(COLUMNS_OF)}")
    days = [parse_period(period)[1] for period in names_in(by)]
    known_at = day_of_knowledge(as_of)
    frontier = bundled_frontier(known_at)
    if frontier.until < min(known_at, max(days)):
        tell(f"the bundled models are complete until {frontier.until}: what came after is forecast too")
    table = frontier.table(days, of=COLUMNS_OF[of], seed=seed)
    return Largest(table, show_table(table), known_at)
