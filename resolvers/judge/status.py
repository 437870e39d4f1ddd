"""What a question may have come to."""

from __future__ import annotations

from enum import StrEnum


class Status(StrEnum):
    """Each state a question can be in; YES, NO, NUMBER, DATE and OPTION are answers."""

    OPEN = "open"
    YES = "yes"
    NO = "no"
    NUMBER = "number"
    DATE = "date"
    OPTION = "option"
    AMBIGUOUS = "ambiguous"
    ANNULLED = "annulled"

    @property
    def is_settled(self) -> bool:
        return self is not Status.OPEN


SETTLED = (Status.YES, Status.NO, Status.NUMBER)
"""With an outcome that forecasts are scored against; ``number`` is that of a quantity."""
ANSWERED = (*SETTLED, Status.DATE, Status.OPTION)
"""With an answer."""
