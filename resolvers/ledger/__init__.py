"""The ledger of forecasts and resolutions: written once, chained by hashes, never edited."""

from scale_forecast.resolvers.ledger.chain import Report
from scale_forecast.resolvers.ledger.engine import shown_address
from scale_forecast.resolvers.ledger.rows import score_forecasts
from scale_forecast.resolvers.ledger.store import Head, Ledger, open_ledger, read_export

__all__ = ["Head", "Ledger", "Report", "open_ledger", "read_export", "score_forecasts", "shown_address"]
