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
from typing import IO, Any

from scale_forecast.data.errors import DataError

try:
    import fcntl
except ImportError:  # Windows has no such lock; two commands at the same moment are then on their own
    fcntl = None  # type: ignore[assignment]

SENT, ACCEPTED, REFUSED = "sent", "accepted", "refused"


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


class Journal:
    """A file of JSON lines at ``path``, made on first use."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @contextmanager
    def locked(self) -> Iterator[None]:
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
        entry = {
            "time": time.isoformat(),
            "service": request.service,
            "market": request.market,
            "request": request.digest,
            "state": state,
            "receipt": receipt,
        }
        with self._open() as file:
            try:
                file.write(json.dumps(entry) + "\n")
                file.flush()
                os.fsync(file.fileno())
            except OSError as error:
                raise DataError(f"cannot write {self.path} ({error.strerror})") from error

    def unconfirmed(self, request: Request) -> str | None:
        """When this very request was sent without ever being confirmed or refused; None where it was not."""
        sent = None
        if not self.path.exists():
            return None
        for line in self.path.read_text(encoding="utf-8").split("\n"):
            try:
                entry = json.loads(line)
            except ValueError:
                continue  # a line cut short by a crash: the request it was to announce never went out
            if entry.get("request") == request.digest:
                sent = entry["time"] if entry["state"] == SENT else None
        return sent
