"""Models under names that carry their day: ``gpt-5.2-2025-12-11`` is the GPT-5.2 that came out about then."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pandas as pd

from scale_forecast.data.names.keys import release_of

_DAY = re.compile(r"[-_ ](20\d\d)-?(\d\d)-?(\d\d)$")
_NEAR = pd.Timedelta(days=10)
"""So far apart can the day in a snapshot's name and the day of its announcement lie."""


def dated_release(model: str, released: object, days: Mapping[str, pd.Timestamp]) -> str | None:
    """The release that a model's name without the day in it means, if it came out near that day; else None.

    Parameters
    ----------
    model, released : as a table lists them
    days : of each release the day it came out

    >>> dated_release("gpt-5.2-2025-12-11", None, {"GPT-5.2": pd.Timestamp("2025-12-11")})
    'GPT-5.2'
    """
    match = _DAY.search(model)
    if match is None:
        return None
    found = release_of(model[: match.start()])
    day = pd.to_datetime("-".join(match.groups()), errors="coerce")
    if found is None or found not in days or pd.isna(day):
        return None
    return found if abs(days[found] - day) <= _NEAR else None
