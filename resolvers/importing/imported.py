"""What importing gives: rows for the ledger."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from scale_forecast.resolvers.questions.question import Question


@dataclass
class Imported:
    """What the files hold, as rows for the ledger.

    Attributes
    ----------
    questions : list of Question
        Those that are not known already; resolved by their ruling.
    forecasts : list of dict
        ``question_id, forecaster, made_at, probability, details``.
    resolutions : list of dict
        ``question_id, status, outcome, known_on, as_of, reason``.
    notes : list of str
        What was left out or is missing, one sentence each.
    """

    questions: list[Question] = field(default_factory=list)
    forecasts: list[dict[str, Any]] = field(default_factory=list)
    resolutions: list[dict[str, Any]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def resolution(name: str, status: str, on: dt.date, as_of: dt.datetime, where: str) -> dict[str, Any]:
    """A row for `Ledger.append_resolutions`."""
    outcome = {"yes": 1.0, "no": 0.0}.get(status)
    reason = f"{status} on {on} according to {where}"
    return {
        "question_id": name, "status": status, "outcome": outcome, "known_on": on, "as_of": as_of.date(),
        "reason": reason,
    }  # fmt: skip
