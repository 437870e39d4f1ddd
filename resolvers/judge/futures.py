"""What a kind of question may ask of simulated futures: joint draws, one value a draw, the same draws for all."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Protocol

import numpy as np

from scale_forecast.resolvers.judge.events import Line

if TYPE_CHECKING:
    from scale_forecast.resolvers.judge.evidence import Measurement
    from scale_forecast.resolvers.terms.scope import Scope

OTHER = "other"
"""The option of whoever is not among those named."""
NOBODY = ""
"""Where nobody leads, or nobody reaches a level within what is looked at."""


class Untold(Exception):
    """Futures do not tell of what is asked; the sentence says of what they do not."""


class Futures(Protocol):
    """Joint draws of what is to come. Every method may raise `Untold`.

    ``of`` is ``organisation``, ``line`` or ``model``.
    """

    def best(self, measured: Measurement, scope: Scope, day: dt.date) -> np.ndarray:
        """The best score of those in scope by a day, (n,); NaN while there is none."""
        ...

    def first_day(self, measured: Measurement, scope: Scope, line: Line) -> np.ndarray:
        """The day on which somebody in scope reaches a line, (n,) of datetime64[D]; NaT for not within the range."""
        ...

    def leader(self, measured: Measurement, scope: Scope, of: str, day: dt.date) -> np.ndarray:
        """Whose the best score is on a day, (n,) of names."""
        ...

    def first(self, measured: Measurement, scope: Scope, of: str, line: Line, day: dt.date) -> np.ndarray:
        """Who reaches a line first, (n,) of names; `NOBODY` where nobody does by a day."""
        ...

    def knows(self, model: str) -> bool:
        """Whether a model has a score of any benchmark."""
        ...

    def largest(self, unit: str, day: dt.date) -> np.ndarray:
        """The largest public model by a day, (n,): training FLOP or parameters."""
        ...

    def largest_day(self, unit: str, line: Line) -> np.ndarray:
        """The day on which a public model of a size comes out, (n,) of datetime64[D]; NaT for not within the range."""
        ...
