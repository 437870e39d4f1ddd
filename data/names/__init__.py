"""Names of models, tasks, benchmarks, metrics and organisations: written once, matched everywhere alike.

`text` compares spellings, `keys` knows which names mean one thing, `tasks` says which published task a user's task is.
"""

from scale_forecast.data.names.text import (
    count_of,
    did_you_mean,
    fold,
    fold_series,
    refuse_unknown_columns,
    suggest,
    tidy,
)

__all__ = ["count_of", "did_you_mean", "fold", "fold_series", "refuse_unknown_columns", "suggest", "tidy"]
