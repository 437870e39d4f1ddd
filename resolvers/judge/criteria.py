"""One pure function a kind of criterion: what was published by the cutoff -> a finding with its reason and rows.

The rules they share. Evidence counts when it became known by ``min(as_of, resolve_by)``. An event counts from the first
day on which the published scores showed it, so YES may come early and asking later does not undo it. NO comes only
after ``resolve_by``, and only where the benchmark has a score in scope from the deadline or later, or every model that
the scope names is measured: until then silence may be the tables' and not the world's. Where several sources give one
key different scores, the criterion is judged on every reading of them: the finding stands when all readings agree and
is `AMBIGUOUS` when they do not; nothing is averaged.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from scale_forecast.data.names import counted, fold
from scale_forecast.resolvers.judge.events import beats, needed
from scale_forecast.resolvers.judge.evidence import Evidence
from scale_forecast.resolvers.judge.first_shown import Shown, first_reached, first_turns, first_u_shapes, joined
from scale_forecast.resolvers.judge.status import Status
from scale_forecast.resolvers.questions.question import (
    AllOf,
    AnyOf,
    Comparison,
    Count,
    FirstBy,
    Manual,
    Measured,
    Not,
    Numeric,
    Reversal,
    Scope,
    Threshold,
    UShape,
)

_READINGS = 64
"""More combinations of conflicting sources than this in one family are not tried: it stays ambiguous."""
_NEAREST = 3


_IF_NOTHING = {"no": Status.NO, "annul": Status.ANNULLED, "ambiguous": Status.AMBIGUOUS, "open": Status.OPEN}


@dataclass(frozen=True)
class Finding:
    """What one criterion comes to. ``rows`` are positions in the evidence; ``known`` is when it was first shown."""

    status: Status
    reason: str
    rows: tuple[int, ...] = ()
    known: np.datetime64 | None = None
    value: float | None = None


@dataclass(frozen=True)
class Case:
    """What a criterion is judged on: the evidence, the question's scope, and the moments that bound it."""

    evidence: Evidence
    scope: Scope
    as_of: np.datetime64
    resolve_by: np.datetime64
    counts_until: np.datetime64
    """Evidence counts until here even after ``as_of``; ``resolve_by``, or earlier inside ``first_by``."""
    is_silence_no: bool = False
    """Read silence as NO even where no score reaches the deadline, for a criterion that says what silence means."""

    @property
    def cutoff(self) -> np.datetime64:
        return min(self.as_of, self.counts_until)

    @property
    def is_over(self) -> bool:
        """The deadline has passed, so that silence may be read as NO."""
        return bool(self.as_of > self.resolve_by)

    @property
    def deadline(self) -> str:
        return str(self.counts_until.astype("datetime64[D]"))


def judge(criterion: Any, case: Case) -> Finding:
    """The finding of any criterion."""
    finding = _JUDGES[type(criterion)](criterion, case)
    if finding.status is Status.NO and isinstance(criterion, Measured) and not case.is_silence_no:
        return _unless_blind(criterion, case, finding)
    return finding


def is_covered(criterion: Any, case: Case) -> bool:
    """Whether the scores known by ``as_of`` could show that an event did not happen by the deadline."""
    return all(not _is_blind(criterion, scope, case) for scope in _sides(criterion, case))


def _unless_blind(criterion: Measured, case: Case, no: Finding) -> Finding:
    """A NO, or open where what was published ends before the deadline."""
    blind = [scope for scope in _sides(criterion, case) if _is_blind(criterion, scope, case)]
    if not blind:
        return no
    ends = [case.evidence.newest(criterion, scope, case.as_of) for scope in blind]
    dates = [end for end in ends if end is not None]
    after = f" after {min(dates).astype('datetime64[D]')}" if len(dates) == len(ends) else ""
    of = criterion.benchmark or criterion.task
    known = (
        f"the newest score on {of} in scope is older than the deadline" if after else f"no score on {of} is in scope"
    )
    return Finding(Status.OPEN, f"open: awaiting evidence{after}, since {known}; {no.reason}", no.rows)


def _sides(criterion: Any, case: Case) -> list[Scope]:
    scope = case.scope.within(criterion.scope)
    if isinstance(criterion, Comparison):
        return [scope.within(criterion.better), scope.within(criterion.worse)]
    return [scope]


def _is_blind(criterion: Measured, scope: Scope, case: Case) -> bool:
    """No score in scope from the deadline on, and not every named model measured: its known scores stand."""
    evidence = case.evidence
    newest = evidence.newest(criterion, scope, case.as_of)
    if newest is not None and newest.astype("datetime64[D]") >= case.counts_until.astype("datetime64[D]"):
        return False
    rows = evidence.select(criterion, scope)
    rows = rows[evidence.may_decide(rows, scope) & (evidence.known[rows] <= case.cutoff)]
    known = {fold(evidence.name("model", int(row))) for row in rows} if scope.model else set()
    return not scope.model or not {fold(name) for name in scope.model} <= known


# --- events in families: threshold, reversal, u_shape ----------------------------------------------------------------


def judge_threshold(criterion: Threshold, case: Case) -> Finding:
    """YES once a qualifying score reaches the line (in every measured family, for ``over: all``)."""
    evidence, scope = case.evidence, case.scope.within(criterion.scope)
    rows = evidence.select(criterion, scope)
    rows = rows[evidence.may_decide(rows, scope)]

    def shown(part: np.ndarray) -> Shown:
        return first_reached(evidence, part, criterion)

    ever = evidence.cached(("reached", criterion, scope), lambda: shown(rows))
    happened = f"scored {criterion.side.replace('_', ' ')} {criterion.score:g}"
    event = _Event(criterion, scope, rows, shown, happened, lambda: _closest(criterion, case, rows), extremes=True)
    return _by_family(event, case, ever)


def judge_reversal(criterion: Reversal, case: Case) -> Finding:
    """YES once a larger model beats the best smaller one after a fall; annulled when nothing in scope ever fell."""
    evidence, scope = case.evidence, case.scope.within(criterion.scope)
    rows = evidence.with_size(evidence.select(criterion, scope))
    fallen, ever = evidence.cached(("turns", criterion, scope), lambda: first_turns(evidence, rows, scope))
    fallen = fallen.by(case.cutoff)
    if case.is_over and not len(fallen) and (evidence.known[rows] <= case.cutoff).any():
        return Finding(
            Status.ANNULLED,
            f"the premise is missing: no family in scope showed inverse scaling on {criterion.task} by {case.deadline}",
            known=case.resolve_by,
        )

    def shown(part: np.ndarray) -> Shown:
        return first_turns(evidence, part, scope)[1]

    happened = "fell and then beat its best smaller model"
    event = _Event(criterion, scope, rows, shown, happened, lambda: _largest(case, rows, fallen), extremes=False)
    return _by_family(event, case, ever, concerned=fallen.family)


def judge_u_shape(criterion: UShape, case: Case) -> Finding:
    """YES once a family's trend is u-shaped and its largest model may decide."""
    evidence, scope = case.evidence, case.scope.within(criterion.scope)
    rows = evidence.with_size(evidence.select(criterion, scope))

    def shown(part: np.ndarray) -> Shown:
        return first_u_shapes(evidence, part, scope)

    ever = evidence.cached(("shapes", criterion, scope), lambda: shown(rows))
    nearest = lambda: _largest(case, rows, None)  # noqa: E731
    event = _Event(criterion, scope, rows, shown, "fell and then rose", nearest, extremes=False)
    return _by_family(event, case, ever)


@dataclass(frozen=True)
class _Event:
    """What `_by_family` quantifies.

    ``shown`` finds the event in some rows; ``nearest`` gives rows and a sentence for when nothing qualified;
    ``extremes`` says that the lowest and highest readings of conflicting sources bound all others.
    """

    criterion: Measured
    scope: Scope
    rows: np.ndarray
    shown: Callable[[np.ndarray], Shown]
    happened: str
    nearest: Callable[[], tuple[tuple[int, ...], str]]
    extremes: bool


def _by_family(event: _Event, case: Case, ever: Shown, concerned: np.ndarray | None = None) -> Finding:
    """An event that families show, quantified as the scope says.

    ``ever`` is what the event's rows show without regard to conflicting sources, whenever published; ``concerned`` are
    the families that ``over: all`` asks of (all measured ones when None).
    """
    found, disputed = _settle_conflicts(event, case, ever.by(case.cutoff))
    if event.scope.over == "all":
        if concerned is None:
            measured = event.rows[case.evidence.known[event.rows] <= case.cutoff]
            concerned = np.unique(case.evidence.family[measured])
        return _all_families(event, case, concerned, found, disputed)
    if len(found):
        return _yes(event, case, found, int(found.known.argmin()))
    if disputed:
        return _disputed(event.criterion, case, disputed)
    return _nothing(event.criterion, case, event.nearest)


def _settle_conflicts(event: _Event, case: Case, found: Shown) -> tuple[Shown, dict[int, tuple[int, ...]]]:
    """What was found, with families of conflicting sources only where every reading shows it; and the disputed ones."""
    evidence, rows = case.evidence, event.rows
    disputed: dict[int, tuple[int, ...]] = {}
    for family in _families_in_conflict(case, rows):
        mine = rows[(evidence.family[rows] == family) & (evidence.known[rows] <= case.cutoff)]
        readings = [event.shown(part) for part in _readings(evidence, mine, event.extremes)]
        sure = [reading for reading in readings if len(reading)]
        found = found.keep(found.family != family)
        if readings and len(sure) == len(readings):
            found = joined([found, max(sure, key=lambda reading: reading.known[0])])
        elif sure or not readings:
            disputed[family] = tuple(int(row) for row in mine[evidence.conflict[mine] >= 0])
    return found, disputed


def _all_families(
    event: _Event, case: Case, concerned: np.ndarray, found: Shown, disputed: dict[int, tuple[int, ...]]
) -> Finding:
    """For ``over: all`` both answers wait for the deadline: a further family may be measured until then."""
    lacking = set(concerned.tolist()) - set(found.family.tolist()) - set(disputed)
    if not case.is_over or not len(concerned) or lacking:
        return _nothing(event.criterion, case, event.nearest)
    if disputed:
        return _disputed(event.criterion, case, disputed)
    finding = _yes(event, case, found, int(found.known.argmax()))
    rows = tuple(itertools.chain.from_iterable(found.rows_at(i) for i in range(len(found))))
    reason = f"all {len(concerned)} measured families {event.happened} on {event.criterion.task}"
    return replace(finding, rows=rows, reason=reason)


def _yes(event: _Event, case: Case, found: Shown, i: int) -> Finding:
    rows = found.rows_at(i)
    how = " -> ".join(case.evidence.say(row) for row in rows)
    subject = case.evidence.name("family" if len(rows) > 1 else "model", rows[-1])
    reason = f"{subject} {event.happened} on {event.criterion.task}: {how}"
    return Finding(Status.YES, reason, rows, found.known[i])


def _disputed(criterion: Measured, case: Case, disputed: dict[int, tuple[int, ...]]) -> Finding:
    rows = tuple(dict.fromkeys(itertools.chain.from_iterable(disputed.values())))
    model = case.evidence.name("model", rows[0])
    of_model = [r for r in rows if case.evidence.name("model", r) == model]
    sources = ", ".join(
        f"{case.evidence.score[r]:.4g} in {case.evidence.name('source', r)!r}" for r in of_model[: _NEAREST + 1]
    )
    others = len({case.evidence.name("model", r) for r in rows}) - 1
    more = f" and {counted(others, 'other model')}" if others else ""
    return Finding(
        Status.AMBIGUOUS,
        f"the sources disagree on {model} on {criterion.task} ({sources}){more} and the answer turns on it",
        rows,
    )


def _nothing(criterion: Measured, case: Case, nearest: Callable[[], tuple[tuple[int, ...], str]]) -> Finding:
    """Nothing qualified: open until the deadline, then what the criterion says."""
    rows, sentence = nearest()
    if not case.is_over:
        return Finding(Status.OPEN, f"{sentence}; evidence counts until {case.deadline}", rows)
    status = _IF_NOTHING[criterion.if_nothing]
    ending = {
        Status.NO: "",
        Status.OPEN: ", and the criterion waits for other evidence",
        Status.ANNULLED: ", which annuls it",
        Status.AMBIGUOUS: ", which leaves it ambiguous",
    }[status]
    known = case.resolve_by if status.is_settled else None
    return Finding(status, f"by {case.deadline} {sentence}{ending}", rows, known)


def _none_measured(criterion: Measured, case: Case) -> str:
    where = f"{criterion.benchmark}/{criterion.task}" if criterion.benchmark else criterion.task
    return f"no {criterion.metric} score on {where} was published for a model in scope"


def _closest(criterion: Threshold, case: Case, rows: np.ndarray) -> tuple[tuple[int, ...], str]:
    known = rows[case.evidence.known[rows] <= case.cutoff]
    if not len(known):
        return (), _none_measured(criterion, case)
    score = case.evidence.score[known]
    best = int(known[score.argmax() if criterion.side in ("at_least", "above") else score.argmin()])
    return (best,), (
        f"the nearest of {len(known)} scores on {criterion.task} to {criterion.side.replace('_', ' ')} "
        f"{criterion.score:g} was {case.evidence.say(best)}"
    )


def _largest(case: Case, rows: np.ndarray, fallen: Shown | None) -> tuple[tuple[int, ...], str]:
    evidence = case.evidence
    known = rows[evidence.known[rows] <= case.cutoff]
    if not len(known):
        return (), "no score in scope was published"
    families, task = len(np.unique(evidence.family[known])), evidence.name("task", known[0])
    if fallen is not None and len(fallen):
        shown = fallen.rows_at(int(fallen.known.argmin()))
        how = " -> ".join(evidence.say(row) for row in shown)
        return shown, f"of {families} families on {task} none turned; {len(fallen)} fell, the first {how}"
    largest = int(known[np.nan_to_num(evidence.params[known]).argmax()])
    return (largest,), f"none of {families} families on {task} turned, the largest model {evidence.say(largest)}"


# --- conflicting sources ---------------------------------------------------------------------------------------------


def _families_in_conflict(case: Case, rows: np.ndarray) -> list[int]:
    """Families with a key that carries several scores by the cutoff."""
    conflict = case.evidence.conflict[rows]
    if not (conflict >= 0).any():
        return []
    some = rows[(conflict >= 0) & (case.evidence.known[rows] <= case.cutoff)]
    keys, count = np.unique(case.evidence.conflict[some], return_counts=True)
    twice = np.isin(case.evidence.conflict[some], keys[count > 1])
    return [int(f) for f in np.unique(case.evidence.family[some[twice]])]


def _readings(evidence: Evidence, rows: np.ndarray, extremes: bool) -> list[np.ndarray]:
    """The rows with one score a key, for each way to choose among conflicting sources.

    ``extremes``: only all the lowest and all the highest, which bound a monotone criterion. Empty when there are too
    many ways to try.
    """
    conflict = evidence.conflict[rows]
    plain = rows[conflict < 0]
    groups = [rows[conflict == key] for key in np.unique(conflict[conflict >= 0])]
    if extremes:
        groups = [g[np.argsort(evidence.score[g], kind="stable")] for g in groups]
        chosen: Iterable[tuple[int, ...]] = (tuple(g[0] for g in groups), tuple(g[-1] for g in groups))
    else:
        if np.prod([len(g) for g in groups], dtype=float) > _READINGS:
            return []
        chosen = itertools.product(*groups)
    return [np.sort(np.r_[plain, np.array(pick, dtype=plain.dtype)]) for pick in chosen]


# --- comparison and numeric ------------------------------------------------------------------------------------------


def judge_comparison(criterion: Comparison, case: Case) -> Finding:
    """YES where the one side's best score beats the other's, in every way (shots, prompt) both were measured.

    With models named on both sides the answer is final once both are measured; otherwise a further model may come,
    and it waits for the deadline.
    """
    scope = case.scope.within(criterion.scope)
    sides = []
    for side in (criterion.better, criterion.worse):
        own = scope.within(side)
        rows = case.evidence.select(criterion, own)
        rows = rows[case.evidence.may_decide(rows, own) & (case.evidence.known[rows] <= case.cutoff)]
        sides.append(rows)
    alike = _alike(case.evidence, sides[0], sides[1])

    def nearest() -> tuple[tuple[int, ...], str]:
        lacking = [
            _side_name(side)
            for side, rows in zip((criterion.better, criterion.worse), sides, strict=True)
            if not len(rows)
        ]
        if lacking:
            return (), f"no {criterion.metric} score on {criterion.task} was published for {' nor '.join(lacking)}"
        both = _best_pair(case.evidence, *(alike[0] if alike else sides))
        return both, f"{case.evidence.say(both[0])} did not beat {case.evidence.say(both[1])} on {criterion.task}"

    if not (len(sides[0]) and len(sides[1])):
        return _nothing(criterion, case, nearest)
    named = bool(criterion.better.model and criterion.worse.model)
    if not (named or case.is_over):
        return _nothing(criterion, case, lambda: (nearest()[0], "both sides are measured, but more models may come"))
    verdicts = [_beats_in_unit(criterion, case.evidence, *pair) for pair in alike]
    if not verdicts:
        reason = f"the two sides were never measured alike on {criterion.task} (same shots and prompt)"
        return Finding(Status.AMBIGUOUS, reason, nearest()[0]) if case.is_over else _nothing(criterion, case, nearest)
    best = _best_pair(case.evidence, *alike[0])
    if len(set(verdicts)) > 1 or None in verdicts:
        reason = (
            f"the sources disagree on {criterion.task}"
            if None in verdicts
            else f"who leads on {criterion.task} depends on shots and prompt: fix them in the scope"
        )
        return Finding(Status.AMBIGUOUS, reason, best)
    if verdicts[0]:
        known = max(case.evidence.known[row] for row in best)
        reason = f"{case.evidence.say(best[0])} beat {case.evidence.say(best[1])} on {criterion.task}"
        return Finding(Status.YES, reason, best, known)
    return _nothing(criterion, case, nearest)


def _alike(evidence: Evidence, first: np.ndarray, second: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    """The rows of both sides in each way of measuring that they share."""
    shared = np.intersect1d(evidence.way[first], evidence.way[second])
    return [(first[evidence.way[first] == way], second[evidence.way[second] == way]) for way in shared]


def _best_pair(evidence: Evidence, first: np.ndarray, second: np.ndarray) -> tuple[int, int]:
    return int(first[evidence.better[first].argmax()]), int(second[evidence.better[second].argmax()])


def _beats_in_unit(criterion: Comparison, evidence: Evidence, first: np.ndarray, second: np.ndarray) -> bool | None:
    """True or False, None where it turns on which source is right."""
    seen = set()
    for one in _readings(evidence, first, extremes=True):
        for other in _readings(evidence, second, extremes=True):
            a, b = one[evidence.better[one].argmax()], other[evidence.better[other].argmax()]
            seen.add(
                bool(beats(criterion, evidence.better[a], evidence.better[b], evidence.stderr[a], evidence.stderr[b]))
            )
    return seen.pop() if len(seen) == 1 else None


def _side_name(side: Scope) -> str:
    return " or ".join([*side.model, *side.family, *side.line]) or "the one side"


def judge_numeric(criterion: Numeric, case: Case) -> Finding:
    """The statistic of the qualifying scores: ``first`` at once, ``highest`` and ``lowest`` after the deadline."""
    scope = case.scope.within(criterion.scope)
    rows = case.evidence.select(criterion, scope)
    rows = rows[case.evidence.may_decide(rows, scope) & (case.evidence.known[rows] <= case.cutoff)]
    if not len(rows):
        return _nothing(criterion, case, lambda: ((), _none_measured(criterion, case)))
    picks = [_statistic(criterion, case.evidence, part) for part in _readings(case.evidence, rows, extremes=True)]
    row = picks[-1]
    said = f"the {criterion.statistic} of {len(rows)} scores on {criterion.task} is {case.evidence.say(row)}"
    if criterion.statistic != "first" and not case.is_over:
        return Finding(Status.OPEN, f"so far {said}; evidence counts until {case.deadline}", (row,))
    if len({case.evidence.score[p] for p in picks}) > 1:
        return _disputed(criterion, case, {0: tuple(int(p) for p in dict.fromkeys(picks))})
    return Finding(Status.NUMBER, said, (row,), case.evidence.known[row], float(case.evidence.score[row]))


def _statistic(criterion: Numeric, evidence: Evidence, rows: np.ndarray) -> int:
    if criterion.statistic == "first":
        rows = rows[evidence.known[rows] == evidence.known[rows].min()]
    score = evidence.score[rows]
    return int(rows[score.argmin() if criterion.statistic == "lowest" else score.argmax()])


# --- combinations ----------------------------------------------------------------------------------------------------


def judge_first_by(criterion: FirstBy, case: Case) -> Finding:
    """The event, on evidence that became known by the criterion's own date."""
    by = moment(criterion.by)
    own = replace(case, counts_until=min(by, case.counts_until))
    return _said_otherwise(criterion, own, lambda seen: judge(criterion.event, seen))


def judge_several(criterion: Count | AllOf | AnyOf, case: Case) -> Finding:
    """Settled as soon as the parts that are settled decide it, whatever the others come to."""
    return _said_otherwise(criterion, case, lambda seen: _tally(criterion, seen))


def _tally(criterion: Count | AllOf | AnyOf, case: Case) -> Finding:
    parts = [judge(part, case) for part in criterion.of]
    yes = [p for p in parts if p.status is Status.YES]
    unsure = [p for p in parts if p.status not in (Status.YES, Status.NO)]
    rows = tuple(dict.fromkeys(itertools.chain.from_iterable(p.rows for p in parts)))
    tally = f"{len(yes)} of {len(parts)} hold, {needed(criterion)} needed: {_by_status(criterion, parts)}"
    if len(yes) >= needed(criterion):
        known = sorted(p.known for p in yes if p.known is not None)
        at = known[needed(criterion) - 1] if len(known) >= needed(criterion) else None
        return Finding(Status.YES, tally, rows, at)
    if len(yes) + len(unsure) < needed(criterion):
        known = [p.known for p in parts if p.status is Status.NO and p.known is not None]
        return Finding(Status.NO, tally, rows, max(known, default=None))
    for status in (Status.OPEN, Status.AMBIGUOUS, Status.ANNULLED):
        if any(p.status is status for p in unsure):
            return Finding(status, tally, rows)
    raise AssertionError(unsure)


def _by_status(criterion: Count | AllOf | AnyOf, parts: list[Finding]) -> str:
    """The parts by what they came to: ``yes for u_shape neqa; open for manual``."""
    labels = [" ".join(filter(None, [part.kind, getattr(part, "task", None)])) for part in criterion.of]
    grouped = {
        status: [label for label, part in zip(labels, parts, strict=True) if part.status is status] for status in Status
    }
    return "; ".join(f"{status.value} for {', '.join(which)}" for status, which in grouped.items() if which)


def judge_not(criterion: Not, case: Case) -> Finding:
    """Yes and no change places; the other states stay."""
    inner = judge(criterion.of, case)
    turned = {Status.YES: Status.NO, Status.NO: Status.YES}.get(inner.status, inner.status)
    return replace(inner, status=turned, reason=f"not: {inner.reason}")


def judge_manual(criterion: Manual, case: Case) -> Finding:
    """Open: no table settles it."""
    return Finding(Status.OPEN, criterion.why)


def _said_otherwise(criterion: Any, case: Case, judged: Callable[[Case], Finding]) -> Finding:
    """NO for want of evidence, however far the evidence reaches, becomes what the criterion says instead."""
    finding = judged(case)
    if criterion.if_nothing == "no" or not case.is_over or finding.status not in (Status.NO, Status.OPEN):
        return finding
    silent = judged(replace(case, is_silence_no=True))
    return replace(silent, status=_IF_NOTHING[criterion.if_nothing]) if silent.status is Status.NO else finding


_JUDGES: dict[type, Callable[[Any, Case], Finding]] = {
    Threshold: judge_threshold,
    Reversal: judge_reversal,
    UShape: judge_u_shape,
    Comparison: judge_comparison,
    Numeric: judge_numeric,
    FirstBy: judge_first_by,
    Count: judge_several,
    AllOf: judge_several,
    AnyOf: judge_several,
    Not: judge_not,
    Manual: judge_manual,
}


def moment(value: Any) -> np.datetime64:
    """A time with zone, as UTC in numpy's seconds."""
    return np.datetime64(value.replace(tzinfo=None), "s")
