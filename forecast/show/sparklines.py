"""Pictures of a line's height: sparklines of a history, bars of an interval, a level, a calibration."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

SPARKS = "▁▂▃▄▅▆▇█"
EIGHTHS = " ▏▎▍▌▋▊▉█"


def sparkline(values: Sequence[float] | np.ndarray, low: float, high: float, most: int = 8) -> str:
    """One block a value, its height between ``low`` and ``high``; of many values the last ``most``.

    >>> sparkline([0.0, 0.5, 1.0], 0, 1)
    '▁▅█'
    """
    known = np.asarray(values, dtype=float)
    known = known[np.isfinite(known)][-most:]
    share = np.clip((known - low) / max(high - low, 1e-12), 0, 1)
    return "".join(SPARKS[round(s * (len(SPARKS) - 1))] for s in share)


def interval_bar(
    q10: float,
    q25: float,
    median: float,
    q75: float,
    q90: float,
    *,
    low: float = 0.0,
    high: float = 1.0,
    width: int = 20,
) -> str:
    """A line from ``low`` to ``high`` with the 80% interval thin, the 50% interval thick, and the median across.

    >>> interval_bar(0.2, 0.3, 0.5, 0.7, 0.8, width=10)
    '··─━━┃━━─·'
    """
    ends = np.array([q10, q25, median, q75, q90])
    if not np.isfinite(ends).all() or high <= low:
        return ""
    at = np.clip(np.floor((ends - low) / (high - low) * width), 0, width - 1).astype(int)
    cells = ["·"] * width
    cells[at[0] : at[4] + 1] = "─" * (at[4] - at[0] + 1)
    cells[at[1] : at[3] + 1] = "━" * (at[3] - at[1] + 1)
    cells[at[2]] = "┃"
    return "".join(cells)


def level_bar(value: float, most: float, width: int = 10) -> str:
    """A bar as long as ``value`` of ``most``, to an eighth of a character.

    >>> level_bar(0.5, 1.0, 4), level_bar(0.0, 1.0, 4)
    ('██', '')
    """
    if not np.isfinite(value) or most <= 0:
        return ""
    eighths = round(float(np.clip(value / most, 0, 1)) * width * 8)
    return "█" * (eighths // 8) + EIGHTHS[eighths % 8].strip()


def calibration_bar(said: float, happened: float, band_low: float, band_high: float, width: int = 20) -> str:
    """From 0 to 1: the band of calibrated forecasts, where what was said stands (│) and what happened (●).

    >>> calibration_bar(0.25, 0.75, 0.1, 0.4, width=10)
    '·░│░░··●··'
    """
    at = [int(min(max(v, 0.0) * width, width - 1)) for v in (said, happened, band_low, band_high)]
    cells = ["·"] * width
    cells[at[2] : at[3] + 1] = "░" * (at[3] - at[2] + 1)
    cells[at[0]] = "│"
    cells[at[1]] = "●"
    return "".join(cells)
