"""Settled questions with a deadline: what somebody could have asked on a past day, of models nobody could name.

Made of what was public on that day alone, in numbers that do not depend on what came: thresholds are round numbers
beyond the best score so far, and only tasks that some family has fallen on are asked whether they turn. Any family may
decide, or one where a comparison names it. `pricing.made_questions` asks about models that are named.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd

from scale_forecast.data.load import Tables
from scale_forecast.inputs.panel import Panel
from scale_forecast.inputs.steps import Histories
from scale_forecast.pricing.made_questions import Asked
from scale_forecast.resolvers.judge.events import is_u_shaped, turns
from scale_forecast.resolvers.judge.evidence import Evidence
from scale_forecast.resolvers.judge.status import Status
from scale_forecast.resolvers.kinds.comparison import Comparison
from scale_forecast.resolvers.kinds.count import Count
from scale_forecast.resolvers.kinds.first_by import FirstBy
from scale_forecast.resolvers.kinds.reversal import Reversal
from scale_forecast.resolvers.kinds.threshold import Threshold
from scale_forecast.resolvers.kinds.u_shape import UShape
from scale_forecast.resolvers.questions.question import Question
from scale_forecast.resolvers.questions.resolve import resolve_all
from scale_forecast.resolvers.terms.scope import Scope

PER_DAY = {"threshold": 60, "first_by": 20, "comparison": 20, "count": 20, "reversal": 25, "u_shape": 25}
"""Most questions of each kind that open on one day."""
KINDS = tuple(PER_DAY)
HORIZONS = (3, 6, 12, 24)
"""Months until a deadline."""
STEP = 0.05
REACH = 0.35
"""A threshold lies this far beyond the best score at most."""
LOWER = (0.5, 0.98)
"""Of a score whose best is the lowest, the share of the best so far that a threshold asks for."""


def dated_questions(
    known: Panel, as_of: dt.date, last: dt.date, *, seed: int = 0, most: Mapping[str, int] = PER_DAY
) -> list[Asked]:
    """Questions that open on a day.

    Parameters
    ----------
    known : rows that were public by ``as_of``
    last : day after which no deadline lies, since nothing could settle it
    most : questions of each kind
    """
    final = known.take(known.rows["checkpoint"].isna().to_numpy())
    deadlines = [day for months in HORIZONS if (day := _months_after(as_of, months)) <= last]
    if final.rows.empty or not deadlines:
        return []
    return list(_Maker(final, as_of, deadlines, seed).questions(most))


def settle_deadlines(asked: Sequence[Asked], tables: Tables) -> np.ndarray:
    """What the judge makes of them with all results in hand: 1, 0, or NaN where these end before a deadline, (n,)."""
    evidence = Evidence(tables.results, tables.tasks, tables.metrics)
    outcome = {Status.YES: 1.0, Status.NO: 0.0}
    last = max([tables.results["known_on"].max(), *(pd.Timestamp(one.question.resolve_by.date()) for one in asked)])
    found = resolve_all([one.question for one in asked], evidence, as_of=last + pd.Timedelta(days=1))
    return np.array([outcome.get(resolution.status, np.nan) for resolution in found])


class _Maker:
    """Makes the questions of one day."""

    def __init__(self, known: Panel, as_of: dt.date, deadlines: Sequence[dt.date], seed: int) -> None:
        self.as_of, self.deadlines = as_of, deadlines
        self.rng = np.random.default_rng([seed, as_of.toordinal()])
        self.rows = known.rows
        names = ["benchmark", "task", "metric"]
        rows = known.rows.astype({name: "str" for name in (*names, "family")})
        way = rows.assign(better=rows["score"] * np.where(rows["higher_is_better"], 1.0, -1.0))
        top = way.sort_values("better", kind="stable").groupby(names, sort=True).tail(1)
        self.tasks = top.sort_values(names, kind="stable").reset_index(drop=True)
        self.families = rows.groupby(names)["family"].unique()
        self.made = 0

    def questions(self, most: Mapping[str, int]) -> Iterator[Asked]:
        every, turning = np.arange(len(self.tasks)), self._turning()
        pools = {kind: turning.get(kind, every) for kind in most}
        for kind, count in most.items():
            for at in self.rng.permutation(pools[kind])[:count]:
                criterion = getattr(self, f"_{kind}")(int(at))
                if criterion is not None:
                    yield self._ask(kind, criterion, int(at))

    def _ask(self, kind: str, criterion: object, at: int) -> Asked:
        self.made += 1
        until = self.deadlines[-1] if kind == "first_by" else self._some(self.deadlines)
        row = self.tasks.iloc[at]
        fields = {
            "id": f"dated:{self.as_of:%Y%m%d}:{self.made}",
            "title": f"{kind} on {row['benchmark']}/{row['task']} by {until}",
            "criterion": criterion, "opened": self.as_of, "resolve_by": until,
        }  # fmt: skip
        return Asked(kind, Question.model_validate(fields))

    def _some(self, values: Sequence[dt.date]) -> dt.date:
        return values[int(self.rng.integers(len(values)))]

    def _fields(self, at: int) -> dict[str, str]:
        return {name: str(self.tasks.at[at, name]) for name in ("benchmark", "task", "metric")}

    def _turning(self) -> dict[str, np.ndarray]:
        """Tasks on which some family's scores have fallen beyond noise and none has turned so far, by kind of turn."""
        series = Histories.of(self.rows)
        found = turns(series.better, series.se, series.scale)
        names = ["benchmark", "task", "metric"]
        first = self.rows.iloc[series.row[:, 0]][names].astype("str").reset_index(drop=True)
        turned = {"reversal": found.reversed, "u_shape": is_u_shaped(series.better, series.se)}
        out = {}
        for kind, over in turned.items():
            by_task = first.assign(fell=found.fell, over=over).groupby(names)[["fell", "over"]].any()
            open_ = by_task.index[(by_task["fell"] & ~by_task["over"]).to_numpy()]
            out[kind] = np.flatnonzero(pd.MultiIndex.from_frame(self.tasks[names]).isin(open_))
        return out

    def _threshold(self, at: int) -> Threshold | None:
        """A round number beyond the best score so far."""
        row = self.tasks.iloc[at]
        best = float(row["score"])
        if not row["is_share"]:
            lower = self.rng.uniform(*LOWER)
            return self._level(at, float(f"{best / lower if row['higher_is_better'] else best * lower:.2g}"))
        levels = np.arange(1, 20) * STEP
        beyond = levels - best if row["higher_is_better"] else best - levels
        near = levels[(beyond > 1e-9) & (beyond < REACH)]
        return self._level(at, round(float(self.rng.choice(near)), 9)) if len(near) else None

    def _level(self, at: int, score: float) -> Threshold:
        side = "at_least" if self.tasks.at[at, "higher_is_better"] else "at_most"
        return Threshold.model_validate({"score": score, "side": side, **self._fields(at)})

    def _first_by(self, at: int) -> FirstBy | None:
        threshold = self._threshold(at)
        if threshold is None:
            return None
        return FirstBy.model_validate({"event": threshold, "by": self._some(self.deadlines)})

    def _comparison(self, at: int) -> Comparison | None:
        """A family that was measured on the task against the best model so far, of another one."""
        best = self.tasks.iloc[at]
        others = [name for name in self.families[tuple(self._fields(at).values())] if name != best["family"]]
        if not others:
            return None
        family = str(others[int(self.rng.integers(len(others)))])
        worse = Scope.model_validate({"family": str(best["family"]), "model": str(best["model"])})
        sides = {"better": Scope.model_validate({"family": family}), "worse": worse}
        return Comparison.model_validate({**sides, **self._fields(at)})

    def _reversal(self, at: int) -> Reversal:
        return Reversal.model_validate(self._fields(at))

    def _u_shape(self, at: int) -> UShape:
        return UShape.model_validate(self._fields(at))

    def _count(self, at: int) -> Count | None:
        """At least so many thresholds on tasks of one benchmark."""
        same = np.flatnonzero((self.tasks["benchmark"] == self.tasks.at[at, "benchmark"]).to_numpy())
        picked = self.rng.permutation(same)[: int(self.rng.integers(3, 8))]
        parts = tuple(part for i in picked if (part := self._threshold(int(i))) is not None)
        if len(parts) < 2:
            return None
        return Count(of=parts, at_least=int(self.rng.integers(1, len(parts) + 1)))


def _months_after(day: dt.date, months: int) -> dt.date:
    month = day.month - 1 + months
    return dt.date(day.year + month // 12, month % 12 + 1, min(day.day, 28))
