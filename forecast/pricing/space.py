"""A sample space on which events of any shape have coherent probabilities.

Each event comes with a probability of its own, as exact as whoever states it can make it, and with the order in which
joint draws would bring it about. The event is then the top share of that order: a set of draws whose measure is the
stated probability to the last digit, one draw being split where the share does not end between two. Whatever is
combined from such sets (and, or, not, at least k of n) is again a set, so that no two prices contradict each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from scale_forecast.resolvers.kinds.base import Kind

FLOOR = 5e-4
"""No price is nearer to 0 or 1 than this: what no draw showed may still happen."""


@dataclass(frozen=True)
class Event:
    """An event on N draws: the top ``share`` of the order ``rank`` (N,), a permutation of 0..N-1; or what is not in it.

    ``turned`` events are the complement of that share.
    """

    rank: np.ndarray
    share: float
    turned: bool = False

    @classmethod
    def top(cls, index: np.ndarray, probability: float) -> Event:
        """The event of a probability that draws with a larger ``index`` (N,) bring about sooner."""
        return cls(ranks(index), probability)

    @property
    def reach(self) -> np.ndarray:
        """Place of each draw, (N,): the larger, the sooner it brings the event about."""
        return len(self.rank) - 1 - self.rank if self.turned else self.rank

    def at(self, probability: float) -> Event:
        """The event with another probability."""
        return replace(self, share=1.0 - probability if self.turned else probability)

    @property
    def probability(self) -> float:
        return 1.0 - self.share if self.turned else self.share

    @property
    def _start(self) -> float:
        return len(self.rank) * (1.0 - self.share)

    @property
    def split(self) -> float:
        """Where within its draw the event begins, in [0, 1)."""
        return self._start % 1.0

    def holds(self, within: float) -> np.ndarray:
        """Draws in which the event holds at a place ``within`` each draw, in (0, 1); (N,) of bool."""
        return (self.rank + within >= self._start) != self.turned


def ranks(index: np.ndarray) -> np.ndarray:
    """Places of values (N,) or (N, k) in their ascending order, column by column; ties keep the order of the draws."""
    order = np.argsort(index, axis=0, kind="stable")
    out = np.empty_like(order)
    np.put_along_axis(out, order, np.arange(len(index)).reshape((-1,) + (1,) * (index.ndim - 1)), axis=0)
    return out


def probability_of(criterion: Kind, events: Sequence[Event]) -> float:
    """P(criterion) from the event of each of its leaves, in their order."""
    cuts = np.unique(np.concatenate([[0.0, 1.0], [event.split for event in events]]))
    middle, width = 0.5 * (cuts[1:] + cuts[:-1]), np.diff(cuts)
    shares = [np.mean(criterion.holds([event.holds(at) for event in events])) for at in middle]
    return float(np.clip(width @ np.array(shares, dtype=float), 0.0, 1.0))


def hold_off(probability: float) -> float:
    """A price that is never 0 or 1: strictly increasing, and symmetric, so that complements still sum to 1."""
    return FLOOR + (1.0 - 2.0 * FLOOR) * probability
