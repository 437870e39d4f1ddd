"""Manifold's automatic market maker: price, and what a bet does to it. y**p · n**(1-p) stays constant, before fees.

Source: manifoldmarkets/manifold@1e3ad3be7 common/src/calculate-cpmm.ts.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Pool:
    """Shares of yes and no that the market maker holds, and the probability constant ``p``."""

    yes: float
    no: float
    p: float = 0.5

    @property
    def probability(self) -> float:
        """Of yes.

        >>> Pool(150.0, 50.0).probability
        0.25
        """
        return self.p * self.no / ((1.0 - self.p) * self.yes + self.p * self.no)

    def shares(self, amount: float, outcome: str) -> float:
        """Shares bought for an amount; each pays 1 if the outcome happens.

        >>> round(Pool(100.0, 100.0).shares(10.0, "YES"), 6)
        19.090909
        """
        constant = self.yes**self.p * self.no ** (1.0 - self.p)
        if outcome == "YES":
            kept = (constant * (amount + self.no) ** (self.p - 1.0)) ** (1.0 / self.p)
            return self.yes + amount - kept
        kept = (constant * (amount + self.yes) ** -self.p) ** (1.0 / (1.0 - self.p))
        return self.no + amount - kept

    def after(self, amount: float, outcome: str) -> Pool:
        """The pool once the bet has been filled."""
        bought = self.shares(amount, outcome)
        if outcome == "YES":
            return Pool(self.yes + amount - bought, self.no + amount, self.p)
        return Pool(self.yes + amount, self.no + amount - bought, self.p)
