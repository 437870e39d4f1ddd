"""What the small world by date teaches, learned once for all tests of what is said of it."""

import pytest

from scale_forecast.by_date.trained import train_on
from tests.forecast.by_date.tables import AS_OF, tables
from tests.worlds import session_cache


@pytest.fixture(scope="session")
def trained():
    """Not for tests of what training may know: those train themselves."""
    return train_on(tables(), AS_OF, cache=session_cache())
