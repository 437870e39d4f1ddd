"""What was sent and never confirmed, so that not even a second run sends it twice.

One JSON line an event, appended and flushed to disk before the request goes out. No key, no header: the service, the
market, a digest of the request, and what became of it.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any, NamedTuple

from scale_forecast.data.errors import DataError

try:
    import fcntl
except ImportError:  # Windows has no such lock; two commands at the same moment are then on their own
    fcntl = None  # type: ignore[assignment]

SENT, ACCEPTED, REFUSED, GIVEN_UP = "sent", "accepted", "refused", "given up"
"""``given up``: never confirmed, and a person who looked said that the next may be sent."""


@dataclass(frozen=True)
class Request:
    """A write as it will be sent: shown to the person before it goes out."""

    service: str
    market: str
    path: str
    body: Any
    url: str | None = None

    @property
    def digest(self) -> str:
        """SHA-256 of what the service will get."""
        content = json.dumps([self.service, self.path, self.body], sort_keys=True)
        return hashlib.sha256(content.encode()).hexdigest()


class Event(NamedTuple):
    """What became of a request with this digest, and when."""

    digest: str
    state: str
    time: datetime
    receipt: str | None


class Journal:
    """A file of JSON lines at ``path``, made on first use."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold off another command that wants to send at the same moment."""
        with self._open() as file:
            if fcntl is not None:
                fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def _open(self) -> IO[str]:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            return self.path.open("a", encoding="utf-8")
        except OSError as error:
            raise DataError(f"cannot write {self.path} ({error.strerror}): nothing was sent") from error

    def note(self, request: Request, state: str, time: datetime, receipt: str | None = None) -> None:
        """Append what became of a request, and wait until it is on disk."""
        self._append(request, request.digest, state, time, receipt)

    def give_up(self, request: Request, time: datetime) -> None:
        """Append that nobody waits any more for what was sent to a request's market and never confirmed."""
        for event in self.find_unconfirmed(request):
            self._append(request, event.digest, GIVEN_UP, time, None)

    def find_unconfirmed(self, request: Request) -> list[Event]:
        """What was sent to the request's market, whatever its content, without ever being confirmed or refused."""
        last: dict[str, Event] = {}
        for event in self._events(request):
            last[event.digest] = event
        return [event for event in last.values() if event.state == SENT]

    def last_acceptance(self, request: Request) -> Event | None:
        """When this very request was accepted, if nothing else was accepted on its market since."""
        taken = [event for event in self._events(request) if event.state == ACCEPTED]
        return taken[-1] if taken and taken[-1].digest == request.digest else None

    def _events(self, request: Request) -> Iterator[Event]:
        """What was noted of the request's market, in order."""
        if not self.path.exists():
            return
        try:
            text = self.path.read_text(encoding="utf-8", errors="replace")
        except OSError as error:
            raise DataError(f"cannot read {self.path} ({error.strerror}): nothing was sent") from error
        for line in text.split("\n"):
            try:
                entry = json.loads(line)
                event = Event(entry["request"], entry["state"], datetime.fromisoformat(entry["time"]), entry["receipt"])
                place = entry["service"], entry["market"]
            except (ValueError, KeyError, TypeError):
                continue  # a line cut short by a crash: the request it was to announce never went out
            if place == (request.service, request.market):
                yield event

    def _is_cut_short(self) -> bool:
        with self.path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(size - 1, 0))
            return file.read(1) not in (b"", b"\n")

    def _append(self, request: Request, digest: str, state: str, time: datetime, receipt: str | None) -> None:
        entry = {
            "time": time.isoformat(),
            "service": request.service,
            "market": request.market,
            "request": digest,
            "state": state,
            "receipt": receipt,
        }
        with self._open() as file:
            try:
                # After a line cut short by a crash: what follows on the same line could not be read either.
                file.write(("\n" if self._is_cut_short() else "") + json.dumps(entry) + "\n")
                file.flush()
                os.fsync(file.fileno())
            except OSError as error:
                raise DataError(f"cannot write {self.path} ({error.strerror})") from error
