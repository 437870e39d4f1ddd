"""The one reading of the clock."""

from __future__ import annotations

from datetime import UTC, datetime


def now() -> datetime:
    """The one reading of the clock."""
    return datetime.now(UTC)
