"""The ledger of forecasts and resolutions: written once, chained by hashes, never edited."""

from scale_forecast.resolvers.ledger.chain import Report
from scale_forecast.resolvers.ledger.engine import ledger_file, shown_address
from scale_forecast.resolvers.ledger.rows import score_forecasts
from scale_forecast.resolvers.ledger.stamps import add_stamp, read_stamps
from scale_forecast.resolvers.ledger.store import Head, Ledger, open_ledger, read_export

__all__ = [
    "Head",
    "Ledger",
    "Report",
    "add_stamp",
    "ledger_file",
    "open_ledger",
    "read_export",
    "read_stamps",
    "score_forecasts",
    "shown_address",
]
