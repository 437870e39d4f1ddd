"""Item-level logs of evaluations, aggregated out of core: one line an item in, one results row a metric out.

`formats` finds out what a file is and says in SQL what its items are, `aggregate` turns items into scores and profiles
of difficulty, `reading` ties both to the readers' account of what was kept and refused. DuckDB does the work: a file
is never held in memory.
"""

from scale_forecast.data.logs.reading import Logs, read_logs

__all__ = ["Logs", "read_logs"]
