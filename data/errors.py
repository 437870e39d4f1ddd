"""Errors a user can act on. Anything else that escapes is a bug of ours."""


class ForecastError(Exception):
    """Says in one sentence what is wrong, where, and what to do. The command line exits with 1."""


class DataError(ForecastError):
    """The data given cannot be used as they are."""


class UsageError(ForecastError):
    """The request itself cannot be understood. The command line exits with 2."""
