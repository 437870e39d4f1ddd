"""Sending exactly once: look whether it is there already, send, and when the answer is lost look again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from scale_forecast.data.errors import DataError
from scale_forecast.resolvers.markets.journal import ACCEPTED, REFUSED, SENT, Journal, Request
from scale_forecast.resolvers.markets.session import Refused, ServiceError, Session, Unanswered
from scale_forecast.resolvers.markets.timing import Clock

PAUSES = (1.0, 3.0, 8.0)
"""Seconds before each look for a write whose answer was lost."""
RECENT = timedelta(days=1)
UNLISTED = timedelta(hours=1)
"""How long a write that was accepted may be missing from what a service lists."""


class NotConfirmed(ServiceError):
    """A write that may or may not have been accepted."""


@dataclass(frozen=True)
class Trace:
    """A write of ours as the service shows it: its id, and when it was made (None while it stands)."""

    id: str
    time: datetime | None


@dataclass(frozen=True)
class Receipt:
    """What became of a write: ``accepted``, ``confirmed`` by reading back, or ``already there``."""

    state: str
    id: str | None


def send_once(
    session: Session,
    request: Request,
    journal: Journal,
    look: Callable[[], list[Trace]],
    receipt_of: Callable[[object], str | None],
    *,
    again: bool = False,
) -> Receipt:
    """Send a request at most once.

    Parameters
    ----------
    look : callable
        Identical writes of ours that the service shows.
    receipt_of : callable
        Receipt in the service's answer; None where the answer holds none, which counts as no answer.
    again : bool
        Send although an identical write is there, or one that was sent to the market before was never confirmed.

    Raises
    ------
    Refused
        Nothing was changed.
    NotConfirmed
        The answer was lost and the write cannot be seen; it is not sent again.
    """
    clock = session.clock
    with journal.lock():
        before = look()
        if not again:
            already = _already_there(request, journal, before, clock)
            if already:
                return already
        journal.give_up(request, clock.now())
        journal.note(request, SENT, clock.now())
        try:
            receipt = receipt_of(session.post(request.path, request.body))
            lost = None if receipt else Unanswered(f"{session.site.name} answered without a receipt")
        except Unanswered as error:
            receipt, lost = None, error
        except Refused:
            journal.note(request, REFUSED, clock.now())
            raise
        state = "accepted"
        if lost is not None:
            receipt, state = _find_since(before, look, clock), "confirmed"
            if receipt is None:
                raise NotConfirmed(
                    f"{lost}, and it is not to be seen there: it may still have been accepted; look at "
                    f"{request.url or session.site.name} before sending it again with --again"
                )
        journal.note(request, ACCEPTED, clock.now(), receipt)
        return Receipt(state, receipt)


def _already_there(request: Request, journal: Journal, before: list[Trace], clock: Clock) -> Receipt | None:
    """The receipt of an identical write that stands; raises where another one may still be on its way."""
    now = clock.now()
    recent = [trace for trace in before if trace.time is None or now - trace.time < RECENT]
    waiting = journal.find_unconfirmed(request)
    is_same = any(event.digest == request.digest for event in waiting)
    if recent:
        if is_same:
            journal.note(request, ACCEPTED, now, recent[-1].id)
        return Receipt("already there", recent[-1].id)
    if waiting:
        what, when = "the same" if is_same else "something else", f"{waiting[-1].time:%Y-%m-%dT%H:%M:%S}"
        raise NotConfirmed(
            f"{what} was sent to this market on {when} "
            f"UTC and never confirmed: look at {request.url or request.service}, and send it again with --again if "
            "it is not there"
        )
    taken = journal.last_acceptance(request)
    if taken is not None and now - taken.time < UNLISTED:  # the service has not listed it yet
        return Receipt("already there", taken.receipt)
    return None


def _find_since(before: list[Trace], look: Callable[[], list[Trace]], clock: Clock) -> str | None:
    known = {trace.id for trace in before}
    for pause in PAUSES:
        clock.sleep(pause)
        try:
            new = [trace for trace in look() if trace.id not in known]
        except DataError:
            continue
        if new:
            return new[-1].id
    return None
