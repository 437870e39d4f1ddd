"""Whose records: everybody's, or those of some organisations, product lines, or of open weights."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class Scope:
    """Which models count. Each condition that is not empty must hold; names are compared without case.

    weights is ``open`` or ``closed``; a model whose weights are not known to be either is in neither.
    """

    organisations: tuple[str, ...] = ()
    product_lines: tuple[str, ...] = ()
    weights: str = ""

    def holds(self, models: pd.DataFrame) -> np.ndarray:
        """Of each row with ``organisation, product_line, weights`` whether it counts."""
        kept = np.ones(len(models), dtype=bool)
        named = {"organisation": self.organisations, "product_line": self.product_lines}
        for column, names in named.items():
            if names:
                kept &= models[column].str.casefold().isin([name.casefold() for name in names]).to_numpy(bool)
        return kept & (models["weights"] == self.weights).to_numpy(bool) if self.weights else kept

    def parts(self) -> list[Scope]:
        """The scopes of one organisation and one product line each that make up this one."""
        whose: list[tuple[str, ...]] = [(name,) for name in self.organisations] or [()]
        which: list[tuple[str, ...]] = [(name,) for name in self.product_lines] or [()]
        return [replace(self, organisations=own, product_lines=lines) for own in whose for lines in which]

    def wider(self) -> list[Scope]:
        """The scopes that this one is within: each with one condition less."""
        without = [replace(self, organisations=()), replace(self, product_lines=()), replace(self, weights="")]
        return [scope for scope in without if scope != self]

    def sentence(self) -> str:
        """The scope for people; empty for everybody."""
        words = [*self.organisations, *self.product_lines, *([f"{self.weights} weights"] if self.weights else [])]
        return ", ".join(words)


EVERYBODY = Scope()
