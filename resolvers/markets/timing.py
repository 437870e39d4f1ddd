"""Time as the network code sees it, and how often a service may be asked."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Clock:
    """Wall clock, stopwatch and waiting, so that tests may replace all three."""

    now: Callable[[], datetime] = _now
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


@dataclass(frozen=True)
class Rate:
    """At most ``calls`` within any ``seconds``."""

    calls: int
    seconds: float


@dataclass
class RateLimit:
    """Waits before a call that would exceed a rate."""

    rate: Rate
    clock: Clock
    _made: deque[float] = field(default_factory=deque)

    def wait(self) -> None:
        """Return as soon as one more call is within the rate, and count it."""
        now = self.clock.monotonic()
        if len(self._made) == self.rate.calls:
            pause = self._made[0] + self.rate.seconds - now
            if pause > 0:
                self.clock.sleep(pause)
                now = self.clock.monotonic()
            self._made.popleft()
        self._made.append(now)
