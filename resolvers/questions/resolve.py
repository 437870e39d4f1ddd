"""Questions in, resolutions out: pure, so that the same call settles today's questions and yesterday's."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from scale_forecast.data.notebook import ShowsHtml
from scale_forecast.resolvers.judge.case import Case, Finding, end_of_last_day, moment
from scale_forecast.resolvers.judge.evidence import Evidence
from scale_forecast.resolvers.judge.status import Status
from scale_forecast.resolvers.questions.bank import summary
from scale_forecast.resolvers.questions.question import Question


@dataclass(frozen=True)
class Resolution(ShowsHtml):
    """What a question came to, as of a moment.

    Attributes
    ----------
    question, title : str
    status : Status
    reason : str
        One sentence.
    value : float or None
        1 for yes, 0 for no, the number of a numeric question; None while open, ambiguous or annulled.
    known_on : date or None
        When the outcome was first public: the day of the evidence for a yes, the deadline for a no.
    as_of : datetime
    evidence : tuple of dict
        The rows that settled it, or that came nearest.
    fingerprint : str
        Of the question as it was judged (`Question.fingerprint`).
    """

    question: str
    title: str
    status: Status
    reason: str
    value: float | None
    known_on: dt.date | None
    as_of: dt.datetime
    evidence: tuple[dict[str, Any], ...]
    fingerprint: str
    answer: str | None = None


def resolve(question: Question, evidence: Evidence, *, as_of: Any) -> Resolution:
    """Resolve one question from what was public at ``as_of``; see `resolve_all`."""
    return resolve_all([question], evidence, as_of=as_of)[0]


def resolve_all(questions: Iterable[Question], evidence: Evidence, *, as_of: Any) -> list[Resolution]:
    """Resolve questions from what was public at ``as_of``; a row published after ``resolve_by`` never counts.

    Parameters
    ----------
    questions : iterable of Question
    evidence : Evidence
        Build it once for many calls.
    as_of : date, datetime, Timestamp or str
        A time without zone is UTC; a date is its first moment.

    Returns
    -------
    list of Resolution, in the order of ``questions``
    """
    at = _utc(as_of)
    judged = [(question, *_sure_finding(question, evidence, moment(at))) for question in questions]
    records = {id(known): _records(known, judged) for known in (evidence, evidence.earliest)}
    return [
        Resolution(
            question=question.id,
            title=question.title,
            status=finding.status,
            reason=finding.reason,
            value=_value(finding),
            known_on=None if finding.known is None else finding.known.astype("datetime64[D]").item(),
            as_of=at,
            evidence=tuple(next(records[id(known)]) for _ in finding.rows),
            fingerprint=question.fingerprint,
            answer=finding.answer,
        )
        for question, finding, known in judged
    ]


def _records(known: Evidence, judged: list[tuple[Question, Finding, Evidence]]) -> Iterator[dict[str, Any]]:
    """The rows of the findings that rest on some evidence, in order."""
    rows = [row for _, finding, on in judged if on is known for row in finding.rows]
    return iter(known.records(np.array(rows, dtype=int)) if rows else [])


def _sure_finding(question: Question, evidence: Evidence, as_of: np.datetime64) -> tuple[Finding, Evidence]:
    """What the scores show on whichever day they became public, else that they do not tell; and what it rests on.

    A score of a day that the deadline divides, and one of which only bounds of its day are known, may have come before
    the deadline or after.
    """
    late = _finding(question, evidence, as_of, whole_days=True)
    if not evidence.has_bounds and all(map(_ends_a_day, _deadlines(question))):
        return late, evidence
    early = _finding(question, evidence.earliest, as_of)
    if (late.status, late.value) == (early.status, early.value) or not early.rows:
        return late, evidence
    if early.status is Status.OPEN:
        return early, evidence.earliest
    said = f"{early.status.value} if public by {_when(question.resolve_by)}, which its source does not tell"
    reason = f"{said}: {early.reason}, {_between(evidence.earliest, early.rows)}"
    return Finding(Status.OPEN, reason, early.rows), evidence.earliest


def _deadlines(question: Question) -> list[dt.datetime]:
    """Every moment until which evidence of something counts."""
    premise = question.premise
    asked = [(question.criterion, question.resolve_by)]
    asked += [] if premise is None else [(premise.criterion, premise.by or question.resolve_by)]
    return [until for criterion, at in asked for until in (at, *(own for _, own in criterion.dated_leaves(at)))]


def _ends_a_day(at: dt.datetime) -> bool:
    """Whether a deadline is the end of a day in UTC, or the midnight after it."""
    return bool(moment(at) - end_of_last_day(moment(at)) <= np.timedelta64(1, "s"))


def _when(at: dt.datetime) -> str:
    return f"{at:%Y-%m-%d}" if _ends_a_day(at) else f"{at:%Y-%m-%d %H:%M} UTC"


def _between(evidence: Evidence, rows: tuple[int, ...]) -> str:
    """Between which days the last of some rows became public, as far as the table tells."""
    last = max(rows, key=lambda row: evidence.known[row])
    first, sure = (evidence.day(last, of) for of in (evidence.known, evidence.sure))
    if sure == first:
        return f"on {first}, a day without a time"
    return f"not before {first} and {f'for sure by {sure}' if sure else 'nobody knows until when'}"


def for_ledger(resolutions: Iterable[Resolution]) -> list[dict[str, Any]]:
    """The settled ones as rows for the ledger."""
    return [
        {
            "question_id": r.question,
            "status": r.status.value,
            "outcome": r.value,
            "reason": r.reason,
            "evidence": [*([] if r.answer is None else [{"answer": r.answer}]), *r.evidence],
            "as_of": r.as_of,
            "known_on": r.known_on,
        }
        for r in resolutions
        if r.status.is_settled
    ]


def as_table(resolutions: Iterable[Resolution]) -> pd.DataFrame:
    """One row a question: ``question, title, status, value, known_on, reason, evidence_rows``."""
    columns = ["question", "title", "status", "value", "known_on", "reason", "evidence_rows"]
    rows = [(r.question, r.title, r.status.value, r.value, r.known_on, r.reason, len(r.evidence)) for r in resolutions]
    table = pd.DataFrame(rows, columns=columns)
    table["value"] = table["value"].astype(float)
    table["known_on"] = pd.to_datetime(table["known_on"]).astype("datetime64[s]")
    return table


def listing(questions: Sequence[Question], resolutions: Sequence[Resolution]) -> pd.DataFrame:
    """`summary` with the ``status``, ``value`` and ``reason`` of each question's resolution."""
    table = summary(questions)
    table.insert(1, "status", [r.status.value for r in resolutions])
    table.insert(2, "value", pd.Series([r.value for r in resolutions], dtype=float))
    return table.assign(reason=[r.reason for r in resolutions])


def evidence_table(resolutions: Iterable[Resolution]) -> pd.DataFrame:
    """One row an evidence row, with its ``question`` and ``status`` before it."""
    rows = [{"question": r.question, "status": r.status.value, **row} for r in resolutions for row in r.evidence]
    return pd.DataFrame(rows)


def _utc(as_of: Any) -> dt.datetime:
    stamp = pd.Timestamp(as_of)
    stamp = stamp.tz_localize("UTC") if stamp.tzinfo is None else stamp.tz_convert("UTC")
    return stamp.to_pydatetime().replace(microsecond=0)


def _value(finding: Finding) -> float | None:
    return {Status.YES: 1.0, Status.NO: 0.0, Status.NUMBER: finding.value}.get(finding.status)


def _finding(question: Question, evidence: Evidence, as_of: np.datetime64, *, whole_days: bool = False) -> Finding:
    """The criterion's finding, unless the question has not opened, its premise fails, or its own judge has ruled."""
    if as_of < moment(question.opened):
        return Finding(Status.OPEN, f"the question opens only on {question.opened:%Y-%m-%d}")
    deadline = moment(question.resolve_by)
    case = Case(evidence, question.scope, as_of, deadline, deadline, whole_days=whole_days)
    finding = _with_premise(question, case, question.criterion.judge(case))
    return _with_ruling(question, as_of, finding)


def _with_premise(question: Question, case: Case, finding: Finding) -> Finding:
    premise = question.premise
    if premise is None or premise.criterion.by_hand:
        return finding
    by = moment(premise.by or question.resolve_by)
    met = premise.criterion.judge(replace(case, resolve_by=by, counts_until=by))
    if met.status is Status.YES:
        return finding
    if met.status is Status.OPEN and case.as_of <= by:
        return Finding(Status.OPEN, f"the premise is open: {met.reason}", met.rows)
    return Finding(Status.ANNULLED, f"the premise failed: {met.reason}", met.rows, by)


def _with_ruling(question: Question, as_of: np.datetime64, finding: Finding) -> Finding:
    ruling = question.ruling
    if ruling is None or as_of < moment(ruling.on):
        return finding
    number = ruling.outcome if isinstance(ruling.outcome, float) else None
    status = Status.NUMBER if number is not None else Status(str(ruling.outcome))
    said = f"{number:g}" if number is not None else status.value
    reason = f"ruled {said} on {ruling.on:%Y-%m-%d} ({ruling.source})"
    if finding.status.is_settled and (finding.status, finding.value) != (status, number):
        shown = f"{finding.value:g}" if finding.value is not None else finding.status.value
        reason += f"; the scores given here say {shown}: {finding.reason}"
    return Finding(status, reason, finding.rows, moment(ruling.on), number)
