"""Records of JSON with objects and lists in them, as rows of one value a cell."""

from __future__ import annotations

import json
from typing import Any

from scale_forecast.data.readers.numbers_in import number_of

_LONGEST = 200
"""Characters kept of what stays nested: it tells rows apart and is no score."""


def flatten(record: dict[str, Any]) -> dict[str, Any]:
    """One value a cell: what is nested comes under its own names, or under both where its own is taken.

    >>> flatten({"model": {"name": "a-1b", "sha": "x"}, "metrics": {"acc": 0.5}, "tags": ["x"]})
    {'model': 'a-1b', 'acc': 0.5, 'tags': '["x"]'}
    """
    if not any(isinstance(value, (dict, list)) for value in record.values()):
        return record
    flat: dict[str, Any] = {}
    for key, value in record.items():
        if isinstance(value, dict):
            name = next((value[k] for k in ("name", "id") if isinstance(value.get(k), str)), None)
            numbers = {str(k): v for k, v in value.items() if number_of(v) is not None and not isinstance(v, str)}
            if name is not None:
                flat[key] = name
            elif numbers:
                flat |= {(k if k not in record and k not in flat else f"{key} {k}"): v for k, v in numbers.items()}
            else:
                flat[key] = json.dumps(value, default=str)[:_LONGEST]
        elif isinstance(value, list):
            flat[key] = json.dumps(value, default=str)[:_LONGEST]
        else:
            flat[key] = value
    return flat
