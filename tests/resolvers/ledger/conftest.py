"""A ledger on each engine."""

import pytest

from scale_forecast.resolvers.ledger import open_ledger
from tests.ledgers import temporary_schema


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def where(request, tmp_path):
    if request.param == "sqlite":
        yield str(tmp_path / "folder" / "ledger.db")
    else:
        with temporary_schema() as url:
            yield url


@pytest.fixture
def ledger(where):
    with open_ledger(where) as opened:
        yield opened


@pytest.fixture
def postgres_url():
    with temporary_schema() as url:
        yield url
