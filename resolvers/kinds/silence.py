"""What a measured criterion comes to where nothing qualified, or where its sources disagree."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping

from scale_forecast.data.names import count_of
from scale_forecast.resolvers.judge.case import SILENCE, Case, Finding
from scale_forecast.resolvers.judge.status import Status
from scale_forecast.resolvers.kinds.base import Measured

Nearest = tuple[tuple[int, ...], str]
"""The rows that came nearest, and a sentence about them."""
_NEAREST = 3


def nothing(criterion: Measured, case: Case, nearest: Callable[[], Nearest]) -> Finding:
    """Nothing qualified: open until the deadline, then what the criterion says."""
    rows, sentence = nearest()
    if not case.is_over:
        return Finding(Status.OPEN, f"{sentence}; evidence counts until {case.deadline}", rows)
    status = SILENCE[criterion.if_nothing]
    ending = {
        Status.NO: "",
        Status.OPEN: ", and the criterion waits for other evidence",
        Status.ANNULLED: ", which annuls it",
        Status.AMBIGUOUS: ", which leaves it ambiguous",
    }[status]
    known = case.resolve_by if status.is_settled else None
    return Finding(status, f"by {case.deadline} {sentence}{ending}", rows, known)


def no_measurement(criterion: Measured) -> Nearest:
    """No row, and a sentence that says so."""
    where = f"{criterion.benchmark}/{criterion.task}" if criterion.benchmark else criterion.task
    return (), f"no {criterion.metric} score on {where} was published for a model in scope"


def dispute(criterion: Measured, case: Case, rows_of: Mapping[int, tuple[int, ...]]) -> Finding:
    """The sources disagree, and the answer turns on which is right; ``rows_of`` are theirs, by family."""
    rows = tuple(dict.fromkeys(itertools.chain.from_iterable(rows_of.values())))
    model = case.evidence.name("model", rows[0])
    of_model = [r for r in rows if case.evidence.name("model", r) == model]
    sources = ", ".join(
        f"{case.evidence.score[r]:.4g} in {case.evidence.name('source', r)!r}" for r in of_model[: _NEAREST + 1]
    )
    others = len({case.evidence.name("model", r) for r in rows}) - 1
    more = f" and {count_of(others, 'other model')}" if others else ""
    return Finding(
        Status.AMBIGUOUS,
        f"the sources disagree on {model} on {criterion.task} ({sources}){more} and the answer turns on it",
        rows,
    )
