"""What a question may have come to."""

from __future__ import annotations

from enum import StrEnum


class Status(StrEnum):
    """Each state a question can be in; only YES, NO and NUMBER are scored."""

    OPEN = "open"
    YES = "yes"
    NO = "no"
    NUMBER = "number"
    AMBIGUOUS = "ambiguous"
    ANNULLED = "annulled"

    @property
    def is_settled(self) -> bool:
        return self is not Status.OPEN


SETTLED = (Status.YES, Status.NO, Status.NUMBER)
"""With an outcome that forecasts are scored against; ``number`` is that of a quantity."""
