"""Settled questions without end: made of models that are already known, asked as if they were not.

Of a held-out model (`inputs.folds.Fold`) questions of every kind are made from what a forecaster could have seen, in
numbers that do not depend on what happened; the judge settles them on the very rows that were held out. Thresholds are
round numbers around the origin's score, rivals are models of other lines near in compute, and only tasks that have
fallen are asked whether they turn, so that few answers go without saying.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from scale_forecast.data.load import Tables
from scale_forecast.data.results import COLUMNS
from scale_forecast.inputs.folds import Fold
from scale_forecast.inputs.panel import Panel
from scale_forecast.pricing.model import histories_of
from scale_forecast.resolvers.judge.events import turns
from scale_forecast.resolvers.judge.evidence import Evidence
from scale_forecast.resolvers.judge.status import Status
from scale_forecast.resolvers.kinds.comparison import Comparison
from scale_forecast.resolvers.kinds.count import Count
from scale_forecast.resolvers.kinds.reversal import Reversal
from scale_forecast.resolvers.kinds.threshold import Threshold
from scale_forecast.resolvers.kinds.u_shape import UShape
from scale_forecast.resolvers.questions.question import Question
from scale_forecast.resolvers.questions.resolve import resolve_all
from scale_forecast.resolvers.terms.scope import Scope

PER_MODEL = {"threshold": 16, "gain": 12, "comparison": 12, "count": 12, "recovery": 40, "reversal": 40, "u_shape": 40}
"""Most questions of each kind on one model."""
KINDS = tuple(PER_MODEL)
STEP = 0.05
REACH = (-0.15, 0.35)
"""Thresholds lie this far around the origin's score."""
RIVALS_WITHIN = 0.7
"""Decades of compute between a model and its rival of another line."""
DAY = pd.Timedelta(days=1)


@dataclass(frozen=True)
class Asked:
    """A question of the factory: its ``kind`` there (a gain and a recovery are comparisons to the judge)."""

    kind: str
    question: Question


def questions_of(fold: Fold, panel: Panel, *, seed: int = 0, most: Mapping[str, int] = PER_MODEL) -> list[Asked]:
    """Questions about one held-out model, without regard to its scores.

    Parameters
    ----------
    fold : the model held out
    panel : all rows; only the days on which the model's scores became known are read of it
    most : questions of each kind
    """
    days = _days(fold, panel)
    if days is None:
        return []
    return list(_Maker(fold, days, seed).questions(most))


def settle_questions(asked: Sequence[Asked], fold: Fold, panel: Panel, tables: Tables) -> np.ndarray:
    """What the judge makes of them on the evidence of the fold and the model's own scores: 1, 0 or NaN, (n,)."""
    if not asked:
        return np.zeros(0)
    seen = fold.evidence.rows
    needed = seen["model"].isin(_rivals(asked)) | (seen["family"] == fold.target.family)
    own, seen = _own_rows(fold, panel)[list(COLUMNS)], seen.loc[needed.to_numpy(), list(COLUMNS)]
    rows = pd.concat([seen, own], ignore_index=True)
    names = rows.select_dtypes("category").columns
    evidence = Evidence(rows.astype(dict.fromkeys(names, "object")), tables.tasks, tables.metrics)
    questions = [one.question for one in asked]
    as_of = max(question.resolve_by for question in questions) + DAY
    found = resolve_all(questions, evidence, as_of=as_of)
    outcome = {Status.YES: 1.0, Status.NO: 0.0}
    return np.array([outcome.get(resolution.status, np.nan) for resolution in found])


def _rivals(asked: Sequence[Asked]) -> set[str]:
    """Models that some comparison is with."""
    contests = [leaf.sides for one in asked for leaf in one.question.criterion.leaves() if leaf.sides]
    return {name for _, rival in contests for name in rival.model}


def _own_rows(fold: Fold, panel: Panel) -> pd.DataFrame:
    rows = panel.rows
    own = (rows["model"] == fold.target.model) & (rows["family"] == fold.target.family)
    return rows[own.to_numpy() & rows["unit"].isin(fold.rows["unit"]).to_numpy()].drop_duplicates("unit")


def _days(fold: Fold, panel: Panel) -> tuple[pd.Timestamp, pd.Timestamp] | None:
    """The day before and the day after the model's scores, and all they are compared with, became known."""
    known = pd.concat([_own_rows(fold, panel)["known_on"], fold.evidence.rows["known_on"]])
    own = _own_rows(fold, panel)["known_on"]
    return None if own.isna().any() or own.empty else (own.min() - DAY, known.max() + DAY)


class _Maker:
    """Makes the questions of one fold."""

    def __init__(self, fold: Fold, days: tuple[pd.Timestamp, pd.Timestamp], seed: int) -> None:
        self.fold, self.rows = fold, fold.rows
        self.opened, self.closes = days
        self.rng = np.random.default_rng([seed, zlib.crc32(f"{fold.target.family}|{fold.target.model}".encode())])
        self.score = self.rows["origin_score"].to_numpy(dtype=float)
        self.up = self.rows["higher_is_better"].to_numpy(dtype=bool)
        self.is_share = self.rows["is_share"].to_numpy(dtype=bool)
        self.unit = self.rows["unit"].to_numpy()
        self.can = np.flatnonzero(self.rows["origin_is_own"].to_numpy(dtype=bool) & self._is_told_apart())
        self.named = (
            self.rows[["benchmark", "task", "metric", "prompt", "origin_model"]].astype("str").to_dict("records")
        )
        self.shots = [None if pd.isna(value) else int(value) for value in self.rows["shots"]]
        self.made = 0

    def _is_told_apart(self) -> np.ndarray:
        """A criterion without shots would also see the same task with shots."""
        told = self.rows["shots"].notna().to_numpy(dtype=bool)
        if told.all():
            return told
        way = ["benchmark", "task", "metric", "prompt"]
        units = self.fold.evidence.rows[[*way, "unit"]].drop_duplicates("unit").astype("str")
        several = units.set_index("unit").groupby(way)[way[0]].transform("size")
        return told | (several.reindex(self.rows["unit"].astype("str")) == 1).to_numpy(dtype=bool)

    def questions(self, most: Mapping[str, int]) -> Iterator[Asked]:
        fallen = self._find_falls()
        pools = {
            "threshold": self.can, "gain": self.can, "comparison": self.can,
            "recovery": fallen["recovery"], "reversal": fallen["any"], "u_shape": fallen["any"],
        }  # fmt: skip
        for kind, count in most.items():
            if kind == "count":
                yield from self._counts(count)
                continue
            pool = pools[kind]
            picked = self.rng.permutation(pool)[:count] if kind != "threshold" else self._pick(pool, count)
            for at in picked:
                criterion = getattr(self, f"_{kind}")(int(at))
                if criterion is not None:
                    yield self._ask(kind, criterion, f"{kind} of {self.fold.target.model} on {self._name(at)}")

    def _pick(self, pool: np.ndarray, count: int) -> np.ndarray:
        """So many of the tasks, some twice where there are few: a task may carry several thresholds."""
        return self.rng.choice(pool, size=min(count, 2 * len(pool))) if len(pool) else pool

    def _ask(self, kind: str, criterion: object, title: str) -> Asked:
        self.made += 1
        code = zlib.crc32(f"{self.fold.target.family}|{self.fold.target.model}".encode())
        fields = {"opened": self.opened.date(), "resolve_by": self.closes.date()}
        name = f"factory:{code:08x}:{self.made}"
        return Asked(kind, Question.model_validate({"id": name, "title": title, "criterion": criterion, **fields}))

    def _name(self, at: int) -> str:
        return f"{self.named[at]['benchmark']}/{self.named[at]['task']}"

    def _fields(self, at: int) -> dict[str, str]:
        return {name: self.named[at][name] for name in ("benchmark", "task", "metric")}

    def _way(self, at: int) -> dict[str, object]:
        shots = {} if self.shots[at] is None else {"shots": self.shots[at]}
        return {"prompt": self.named[at]["prompt"], "checkpoints": "@" in str(self.fold.target.family), **shots}

    def _scope(self, at: int) -> Scope:
        """The series of this row, of which the held-out model alone may decide."""
        target = self.fold.target
        return Scope.model_validate({"family": target.family, "model": target.model, **self._way(at)})

    def _find_falls(self) -> dict[str, np.ndarray]:
        """Rows whose scores so far have fallen beyond noise, and of these the ones that lie at their last fall."""
        histories = histories_of(self.rows, self.fold.evidence)
        fell, last = np.zeros(len(self.rows), dtype=bool), np.zeros(len(self.rows), dtype=bool)
        for at in self.can:
            score, stderr = histories[self.unit[at]]
            better = (score if self.up[at] else -score)[None]
            scale = np.arange(better.shape[1], dtype=float)[None]
            fell[at] = turns(better, stderr[None], scale).fell[0]
            last[at] = fell[at] and better[0, -1] == better[0].min()
        return {"any": np.flatnonzero(fell), "recovery": np.flatnonzero(last)}

    def _threshold(self, at: int) -> Threshold | None:
        """A round number around the origin's score, from either side; of a loss a share of the origin's."""
        if self.is_share[at]:
            levels = np.arange(1, 20) * STEP
            near = levels[(levels > self.score[at] + REACH[0]) & (levels < self.score[at] + REACH[1])]
            near = near if self.up[at] else levels[np.abs(levels - self.score[at]) < REACH[1]]
            if not len(near):
                return None
            level = float(self.rng.choice(near))
        else:
            level = float(f"{self.score[at] * self.rng.uniform(0.6, 1.1):.2g}")
        side = str(self.rng.choice(["at_least", "above", "at_most", "below"], p=[0.4, 0.3, 0.15, 0.15]))
        fields = {"score": round(level, 9), "side": side, "scope": self._scope(at), **self._fields(at)}
        return Threshold.model_validate(fields)

    def _gain(self, at: int) -> Comparison:
        return self._beats(at, self.fold.target.family, self.named[at]["origin_model"])

    def _recovery(self, at: int) -> Comparison:
        origin = self.named[at]["origin_model"]
        return self._beats(at, self.fold.target.family, origin, beyond_noise=True)

    def _comparison(self, at: int) -> Comparison | None:
        """Against a model of another line that is near in compute, where one has the score."""
        near = self._near[self._near["unit"].to_numpy() == self.unit[at]]
        if not len(near):
            return None
        rival = near.iloc[int(self.rng.integers(len(near)))]
        return self._beats(at, str(rival["family"]), str(rival["model"]))

    @cached_property
    def _near(self) -> pd.DataFrame:
        """Scores of models of other lines that are near in compute."""
        rows = self.fold.evidence.rows
        near = (rows["line"] != self.fold.target.line) & rows["checkpoint"].isna() & rows["known_on"].notna()
        near &= (rows["compute"] - self.fold.target.compute).abs() < RIVALS_WITHIN
        return rows.loc[near.to_numpy(), ["unit", "family", "model"]]

    def _beats(self, at: int, family: str, model: str, *, beyond_noise: bool = False) -> Comparison:
        better = {"family": self.fold.target.family, "model": self.fold.target.model}
        sides = {"better": better, "worse": {"family": family, "model": model}, "beyond_noise": beyond_noise}
        return Comparison.model_validate({**sides, "scope": self._way(at), **self._fields(at)})

    def _reversal(self, at: int) -> Reversal:
        return Reversal.model_validate({"scope": self._scope(at), **self._fields(at)})

    def _u_shape(self, at: int) -> UShape:
        return UShape.model_validate({"scope": self._scope(at), **self._fields(at)})

    def _counts(self, count: int) -> Iterator[Asked]:
        """At least k of a few tasks of one suite, each with a gain or a threshold."""
        suites = [self.can[self.rows["suite"].to_numpy()[self.can] == s] for s in np.unique(self.rows["suite"])]
        suites = [members for members in suites if len(members) >= 3]
        for _ in range(count if suites else 0):
            members = suites[int(self.rng.integers(len(suites)))]
            size = int(self.rng.integers(3, min(len(members), 7) + 1))
            picked = self.rng.permutation(members)[:size]
            gains = self.rng.random() < 0.5
            parts = [self._gain(int(at)) if gains else self._threshold(int(at)) for at in picked]
            some = tuple(part for part in parts if part is not None)
            if len(some) < 2:
                continue
            least = int(self.rng.integers(1, len(some) + 1))
            title = f"at least {least} of {len(some)} {'gains' if gains else 'thresholds'} of {self.fold.target.model}"
            yield self._ask("count", Count(of=some, at_least=least), title)
