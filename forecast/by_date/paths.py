"""Whole paths of records: of each draw the record on every day, and who holds it, by scope.

All that is asked of records by date is read off these paths: thresholds, first days, leads, differences. Draws are the
same for every benchmark, scope and day, so answers cannot contradict each other: a later day is never lower, and the
record of some is never above that of all.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from scale_forecast.by_date.forecasts import Trained
from scale_forecast.by_date.futures import MONTH, Future, Measured
from scale_forecast.by_date.leaders import Lasting, count_lasting, keeps_lead
from scale_forecast.by_date.link import Scale, from_link
from scale_forecast.by_date.records import Record, best_by, carry_maker, standing
from scale_forecast.by_date.releases import Measuring, active_lines, measuring
from scale_forecast.by_date.scopes import EVERYBODY, Scope
from scale_forecast.by_date.world import YEAR, World, scale_of

BEHIND = 1e-6
"""The least share of a record by which everybody but its holder is below it."""
QUIET = 30
"""Days without a new row that are no sign that the tables have ended."""
MONTHS = np.array([0, 1, 2, 3, 4, 6, 8, 10, 12])
"""Months after the start on which a path is worked out; beyond a year each quarter."""


def tables_end(world: World) -> pd.Timestamp:
    """The day from which releases are simulated: the newest visible day, or the forecast's own where that is near."""
    quiet = (world.as_of - world.newest).days
    return world.as_of if quiet <= QUIET else world.newest


@dataclass(frozen=True)
class Path:
    """A benchmark's record in each draw: ``scores`` (draws, days), NaN while nobody in scope has a score.

    ``maker`` is the row of ``RecordPaths.makers`` that set it, -1 where it is the standing record; ``new`` whether
    anything new was measured.
    """

    scores: np.ndarray
    maker: np.ndarray
    new: np.ndarray


class RecordPaths:
    """Joint draws of every benchmark's record from a day on. Cheap to make; each benchmark is simulated when asked for.

    Parameters
    ----------
    trained : what the forecasts of a day rest on
    until : the last day that may be asked for; a later one changes nothing of the days before it
    draws, seed : of the simulated futures
    start : where the tables end; by default `tables_end`

    Attributes
    ----------
    makers : a row for whoever may set a record: ``organisation, product_line, weights``; lines to come, then known
        models
    days : days on which a path is worked out; on a day between two of them some draws have changed already
    """

    def __init__(
        self,
        trained: Trained,
        until: pd.Timestamp,
        *,
        draws: int = 1000,
        seed: int = 0,
        start: pd.Timestamp | None = None,
    ) -> None:
        state = trained.state
        self.trained, self.state, self.draws, self.seed = trained, state, draws, seed
        self.start = tables_end(state.world) if start is None else pd.Timestamp(start)
        self.ahead = path_days((pd.Timestamp(until) - self.start).days)
        self.days = [self.start + pd.Timedelta(days=int(day)) for day in self.ahead]
        self.tasks = sorted(state.tasks)
        self._measured: dict[str, Measured] = {}
        self._paths: dict[tuple[str, Scope], Path] = {}
        self._standing: dict[Scope, dict[str, Record]] = {}

    @cached_property
    def future(self) -> Future:
        end = max(int(self.ahead[-1]) / YEAR, MONTH)
        begin = self.state.years(self.start)
        return Future(self.state, active_lines(self.state, self.start), begin, begin + end, self.draws, self.seed)

    @property
    def makers(self) -> pd.DataFrame:
        return self.future.makers

    def records(self, scope: Scope = EVERYBODY) -> dict[str, Record]:
        """The standing records of those in scope; a benchmark on which nobody in scope has a score is missing."""
        if scope not in self._standing:
            self._standing[scope] = standing(self.state, scope=scope)
        return self._standing[scope]

    def path(self, task: str, scope: Scope = EVERYBODY) -> Path:
        """The record on each of ``days``."""
        key = (task, scope)
        if key not in self._paths:
            self._paths[key] = self._everybodys(task) if scope == EVERYBODY else self._of(task, scope)
        return self._paths[key]

    def over(self, task: str, days: Sequence[pd.Timestamp], scope: Scope = EVERYBODY) -> np.ndarray:
        """The record by each of these days, shape (draws, days)."""
        path, (row, at) = self.path(task, scope), self._at(days)
        return path.scores[row, at]

    def holders(self, task: str, days: Sequence[pd.Timestamp], scope: Scope = EVERYBODY) -> np.ndarray:
        """The row of ``makers`` that holds the record by each of these days, -1 for the standing one's holder."""
        path, (row, at) = self.path(task, scope), self._at(days)
        return path.maker[row, at]

    def new(self, task: str, days: Sequence[pd.Timestamp], scope: Scope = EVERYBODY) -> np.ndarray:
        """Whether anything new is measured by each of these days."""
        path, (row, at) = self.path(task, scope), self._at(days)
        return path.new[row, at]

    def first_day(self, task: str, score: float, scope: Scope = EVERYBODY) -> np.ndarray:
        """Days after ``start`` until the record is ``score`` or more, in each draw; 0 where it is, infinity for not by
        the last day."""
        reached = self.path(task, scope).scores >= score
        first = reached.argmax(axis=1)
        share = self._change[np.arange(self.draws), np.maximum(first - 1, 0)]
        before = self.ahead[np.maximum(first - 1, 0)]
        day = before + np.ceil(share * (self.ahead[first] - before))
        return np.where(reached.any(axis=1), np.where(first == 0, 0.0, day), np.inf)

    @cached_property
    def _change(self) -> np.ndarray:
        """Of each draw and pair of neighbouring days the share of the time between after which it has changed."""
        rng = np.random.default_rng([self.seed, 1])
        return rng.random((len(self.ahead), self.draws)).T

    def _at(self, days: Sequence[pd.Timestamp]) -> tuple[np.ndarray, np.ndarray]:
        """Of each draw and day where its value stands on the path."""
        asked = np.array([(pd.Timestamp(day) - self.start).days for day in days], float)
        asked = np.clip(asked, 0.0, self.ahead[-1])
        before = np.clip(np.searchsorted(self.ahead, asked, side="right") - 1, 0, max(len(self.ahead) - 2, 0))
        after = np.minimum(before + 1, len(self.ahead) - 1)
        share = (asked - self.ahead[before]) / np.maximum(self.ahead[after] - self.ahead[before], 1)
        at = np.where(self._change[:, before] <= share[None, :], after, before)
        return np.arange(self.draws)[:, None], at

    def measurements(self, task: str, scope: Scope = EVERYBODY) -> Measured:
        """New measurements of those in scope, over all draws."""
        found = self._new_measurements(task)
        return found if scope == EVERYBODY else found.of(scope.holds(self.makers))

    def expected_record(self, task: str, scope: Scope = EVERYBODY) -> float:
        """The record, on the link, that the measured models in scope should have had by all benchmarks together."""
        if scope == EVERYBODY:
            return self.future.expected_record(task)
        return self.future.expected_record(task, scope.holds(self.makers)[len(self.future.lines.table) :])

    def _new_measurements(self, task: str) -> Measured:
        if task not in self._measured:
            self._measured[task] = self.future.measure(task, self._measuring)
        return self._measured[task]

    @cached_property
    def _measuring(self) -> Measuring:
        return measuring(self.state, self.future.lines, self.start)

    def _everybodys(self, task: str) -> Path:
        best, maker = best_by(self._new_measurements(task), self._years, self.draws)
        record = self.records()[task]
        scores = self._adjust_scores(task, best, record, self.expected_record(task))
        maker = self._leader(task, record, np.where(scores > record.score, carry_maker(maker, scores), -1))
        return self._path(task, EVERYBODY, scores, maker, np.isfinite(best))

    def _leader(self, task: str, record: Record, maker: np.ndarray) -> np.ndarray:
        """Who leads, with the organisation that does today keeping the lead as past leads lasted too."""
        own = np.where(maker >= 0, (self.makers["organisation"] == record.organisation).to_numpy()[maker], True)
        drawn = self.future.random(task, "keeps the lead").random(self.draws)
        kept = keeps_lead(own, self._lasting.stays(self.ahead / YEAR), drawn)
        return np.where(kept, self._next_of(record), maker)

    def _next_of(self, record: Record) -> int:
        """The row of ``makers`` of who would set a record next for its holder: its line, else its busiest, else it."""
        lines, holder = self.future.lines, self.state.world.models.loc[record.model]
        own = np.flatnonzero((lines.table["organisation"] == record.organisation).to_numpy())
        if not len(own):
            return len(lines.table) + int(self.state.world.models.index.get_indexer(pd.Index([record.model]))[0])
        alike = (lines.table.loc[own, ["product_line", "weights"]] == holder[["product_line", "weights"]]).all(axis=1)
        return int(own[np.lexsort((lines.rate[own], alike.to_numpy()))[-1]])

    @cached_property
    def _lasting(self) -> Lasting:
        return count_lasting(self.state.world, self.trained.past_reading)

    def _of(self, task: str, scope: Scope) -> Path:
        """Somebody's record: the best of the scope's parts, each held below whatever it is a part of."""
        if len(parts := scope.parts()) > 1:
            paths = [self.path(task, part) for part in parts]
            scores = np.stack([np.nan_to_num(path.scores, nan=-np.inf) for path in paths])
            best = scores.argmax(axis=0)[None]
            maker = np.take_along_axis(np.stack([path.maker for path in paths]), best, axis=0)[0]
            new = np.any([path.new for path in paths], axis=0)
            return self._path(task, scope, scores.max(axis=0), maker, new)
        counts = scope.holds(self.makers)
        best, maker = best_by(self.measurements(task, scope), self._years, self.draws)
        scores = self._own_scores(task, scope, best)
        for other in scope.wider():
            around = self.path(task, other)
            scores = np.minimum(scores, np.nan_to_num(around.scores, nan=-np.inf))
        # Whoever holds the record of all has it among his own.
        whole, record = self.path(task), self.records(scope).get(task)
        leads = record is not None and record.score >= self.records()[task].score
        holds = np.where(whole.maker >= 0, counts[whole.maker], leads)
        scores = np.maximum.accumulate(np.where(holds, whole.scores, scores), axis=1)
        scores = np.where(holds, scores, self._behind(task, whole.scores, scores, record))
        return self._path(
            task, scope, scores, carry_maker(np.where(holds, whole.maker, maker), scores), np.isfinite(best)
        )

    def _behind(self, task: str, whole: np.ndarray, scores: np.ndarray, record: Record | None) -> np.ndarray:
        """The scores of those who do not hold the record of all: below it, unless a score that they have is level.

        All that a test has is had by many.
        """
        own = -np.inf if record is None else record.score
        least = np.maximum(whole - BEHIND * np.abs(whole), own)
        most = np.inf if scale_of(self.state.world.tasks, task).unit != "share" else 1.0
        return np.where(whole < most, np.minimum(scores, least), scores)

    def _own_scores(self, task: str, scope: Scope, best: np.ndarray) -> np.ndarray:
        """The scope's record by its own measurements alone; minus infinity where there is none."""
        record = self.records(scope).get(task)
        if record is not None:
            return self._adjust_scores(task, best, record, self.expected_record(task, scope))
        scale = scale_of(self.state.world.tasks, task)
        return np.where(np.isfinite(best), round_to_test(from_link(best, scale), scale), -np.inf)

    def _path(self, task: str, scope: Scope, scores: np.ndarray, maker: np.ndarray, new: np.ndarray) -> Path:
        record = self.records(scope).get(task)
        maker = np.where(scores > (-np.inf if record is None else record.score), maker, -1)
        return Path(np.where(np.isfinite(scores), scores, np.nan), maker, new)

    @cached_property
    def _years(self) -> np.ndarray:
        return self.state.years(self.start) + self.ahead / YEAR

    def _adjust_scores(self, task: str, best: np.ndarray, record: Record, expected: float) -> np.ndarray:
        """Scores by day from the best new measurements by day, as past windows say that they should be."""
        scale = scale_of(self.state.world.tasks, task)
        scores = np.full(best.shape, record.score)
        for d, ahead in enumerate(self.ahead):
            years = max(ahead / YEAR, 1.0 / YEAR)
            gain = self.trained.spread.adjust(best[:, d] - record.z, record.z - expected, record.z, scale.unit, years)
            better = round_to_test(from_link(record.z + np.maximum(gain, 0.0), scale), scale)
            wanted = np.where(gain > 0.0, np.maximum(better, record.score), record.score)
            scores[:, d] = wanted if d == 0 else rising(scores[:, d - 1], wanted, best[:, d])
        return scores


def round_to_test(score: np.ndarray, scale: Scale) -> np.ndarray:
    """Scores as a test shows them: who fails on less than half an example has all of them right.

    >>> round_to_test(np.array([0.97, 0.99]), Scale("share", n_examples=30.0)).tolist()
    [0.97, 1.0]
    """
    if scale.unit != "share" or scale.ceiling < 1.0 or not np.isfinite(scale.n_examples):
        return score
    return np.where(score > 1.0 - 0.5 / scale.n_examples, 1.0, score)


def rising(before: np.ndarray, wanted: np.ndarray, best: np.ndarray) -> np.ndarray:
    """The values wanted on a day, dealt out so that no draw falls below what it had before.

    Each draw's own value would be lower in some: how far a gain is adjusted depends on the day. To take the higher of
    the two would raise the record on the whole. From the lowest value up, each goes to the draw with the least ``best``
    among those that had no more than it.
    """
    if (wanted >= before).all():
        return wanted
    values = np.maximum(np.sort(wanted), np.sort(before))
    order = np.argsort(best, kind="stable")
    had = before[order]
    # Draws of the lowest value need no search: they are the least of those that had no more.
    low = np.flatnonzero(had <= values[0])[: np.searchsorted(values, values[0], side="right")]
    out = np.full(len(best), values[0])
    stays = np.zeros(len(best), dtype=bool)
    stays[low] = True
    left = np.flatnonzero(~stays)
    above = values[len(low) :]
    if (had[left] <= above).all():
        out[order[left]] = above
        return out
    by_had = left[np.argsort(had[left], kind="stable")]
    places = by_had.tolist()
    dealt: list[int] = []
    waiting: list[int] = []
    at = 0
    for until in np.searchsorted(had[by_had], above, side="right").tolist():
        if until == at + 1:
            dealt.append(heapq.heappushpop(waiting, places[at]))
        else:
            for place in places[at:until]:
                heapq.heappush(waiting, place)
            dealt.append(heapq.heappop(waiting))
        at = until
    out[order[dealt]] = above
    return out


def path_days(last: int) -> np.ndarray:
    """Days after the start on which a path is worked out, from 0 to the first that is not before ``last``.

    >>> path_days(40).tolist(), path_days(500)[-2:].tolist()
    ([0, 30, 61], [457, 548])
    """
    month = YEAR / 12.0
    quarters = max(int(np.ceil((last / month - MONTHS[-1]) / 3.0)), 0)
    days = np.round(month * np.concatenate([MONTHS, MONTHS[-1] + 3.0 * np.arange(1, quarters + 1)])).astype(int)
    return days[: max(int(np.searchsorted(days, last)), 1) + 1]
