"""The unit in which a score is scored: a share as it is, a loss by its logarithm.

A perplexity that falls from 40 to 20 and one that falls from 4 to 2 are the same progress, and neither may outweigh a
thousand shares because its numbers are larger.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from scale_forecast.features.links import SMALLEST_LOSS


def in_scored_units(values: npt.ArrayLike, is_share: npt.ArrayLike) -> np.ndarray:
    """Scores, or quantiles of them, in the unit of their losses; ``is_share`` broadcasts against ``values``.

    >>> in_scored_units([0.5, 1.0], [True, False]).tolist()
    [0.5, 0.0]
    """
    values = np.asarray(values, dtype=float)
    return np.where(is_share, values, np.log(np.maximum(values, SMALLEST_LOSS)))
