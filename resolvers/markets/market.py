"""A market as every service's client returns it: what is asked, what the crowd says, how it was resolved."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict

from scale_forecast.data.errors import DataError
from scale_forecast.resolvers.markets.scale import Scale


class Unsupported(DataError):
    """A payload that is understood but asks nothing we can forecast; the message names it and says why."""


class Kind(StrEnum):
    BINARY = "binary"
    MULTIPLE_CHOICE = "multiple_choice"
    NUMERIC = "numeric"
    DATE = "date"
    DISCRETE = "discrete"


class Status(StrEnum):
    UPCOMING = "upcoming"
    OPEN = "open"
    CLOSED = "closed"
    RESOLVED = "resolved"


CONTINUOUS = frozenset({Kind.NUMERIC, Kind.DATE, Kind.DISCRETE})


def _in_utc(time: datetime) -> datetime:
    return time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)


Time = Annotated[datetime, AfterValidator(_in_utc)]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Option(_Frozen):
    """One answer of a multiple-choice market."""

    id: str
    label: str
    probability: float | None = None


class Quote(_Frozen):
    """What the crowd said at a time: of yes, or of one option."""

    time: Time
    probability: float
    option: str | None = None


class Stance(_Frozen):
    """A forecast of our own that stood on the service from a time: probabilities per option (no, yes), or a CDF."""

    start: Time
    end: Time | None = None
    values: tuple[float, ...] = ()


class Market(_Frozen):
    """One question on one service.

    ``id`` addresses it on its service; ``question_id`` is the number forecasts go to where that differs (Metaculus).
    ``closes`` is the end of forecasting as planned, ``closed_on`` as it happened, ``resolved_on`` when the outcome
    was settled. ``resolution`` is ``yes``, ``no``, an option's label, a number, a date, ``below_lower_bound``,
    ``above_upper_bound``, ``ambiguous``, ``annulled`` or ``share`` (settled at ``settled_at`` rather than yes or no).
    ``unknown`` names fields of the payload that no version of the service's documentation we read contains.
    """

    service: str
    id: str
    question_id: str | None = None
    title: str
    kind: Kind
    status: Status
    url: str | None = None
    text: str = ""
    criteria: str = ""
    created: Time | None = None
    opens: Time | None = None
    closes: Time | None = None
    closed_on: Time | None = None
    resolve_by: Time | None = None
    spot: Time | None = None
    resolved_on: Time | None = None
    probability: float | None = None
    options: tuple[Option, ...] = ()
    sums_to_one: bool = True
    scale: Scale | None = None
    unit: str = ""
    median: float | None = None
    cdf: tuple[float, ...] | None = None
    forecasters: int | None = None
    resolution: str | None = None
    settled_at: float | None = None
    threshold: tuple[str, float] | None = None
    pool: tuple[float, float, float] | None = None
    tokens: tuple[str, ...] = ()
    history: tuple[Quote, ...] = ()
    mine: tuple[Stance, ...] = ()
    scores: dict[str, float] = {}
    unknown: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """How to address it here: service and id."""
        return f"{self.service}:{self.id}"

    def option(self, label: str) -> Option:
        """The option with this label or id."""
        from scale_forecast.data.names import did_you_mean

        for option in self.options:
            if label in (option.label, option.id):
                return option
        labels = [option.label for option in self.options]
        raise DataError(
            f"{self.name} has no option {label!r}{did_you_mean(label, labels)}: its options are {', '.join(labels)}"
        )
