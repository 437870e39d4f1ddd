"""One side beats another."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, ClassVar, Literal, Self

import numpy as np
import numpy.typing as npt
from pydantic import Field

from scale_forecast.data.trend import beyond_noise
from scale_forecast.resolvers.judge.case import Case, Finding
from scale_forecast.resolvers.judge.conflicts import readings
from scale_forecast.resolvers.judge.events import Draws
from scale_forecast.resolvers.judge.evidence import Evidence
from scale_forecast.resolvers.judge.futures import Futures, Untold
from scale_forecast.resolvers.judge.status import Status
from scale_forecast.resolvers.kinds.base import Example, Measured
from scale_forecast.resolvers.kinds.phrases import limits_of, who_of
from scale_forecast.resolvers.kinds.silence import Nearest, nothing
from scale_forecast.resolvers.terms.scope import Scope


class Comparison(Measured):
    """``better`` beats ``worse``, each at its best score, measured alike (same metric, shots and prompt)."""

    kind: Literal["comparison"] = "comparison"
    better: Scope
    worse: Scope
    margin: Annotated[float, Field(ge=0.0)] = 0.0
    beyond_noise: bool = False

    example: ClassVar[Example] = {
        "kind": "comparison",
        "task": "formal_logic",
        "benchmark": "MMLU",
        "better": {"family": "PaLM"},
        "worse": {"model": "Chinchilla 70B"},
    }
    in_every_way: ClassVar[bool] = True

    @property
    def is_number(self) -> bool:
        """No."""
        return False

    @property
    def sides(self) -> tuple[Scope, ...]:
        """The side that should win, and the other."""
        return self.better, self.worse

    def swap_sides(self, *, keep_margin: bool = False) -> Self:
        """The other side beating this one, noise aside; with ``keep_margin`` by more than the margin below it."""
        margin = -self.margin if keep_margin else 0.0
        sides = {"better": self.worse, "worse": self.better}
        return self.model_copy(update={**sides, "margin": margin, "beyond_noise": False})

    @property
    def asked_scores(self) -> tuple[float, ...]:
        """The margin, where its own side of zero counts."""
        return (abs(self.margin),)

    @property
    def event_kind(self) -> str:
        """Within a family a ``gain``, or a ``recovery`` where it must be beyond noise; else a ``comparison``."""
        if not self.better.family or self.better.family != self.worse.family:
            return self.kind
        return "recovery" if self.beyond_noise else "gain"

    @property
    def is_any_gain(self) -> bool:
        """A gain without a margin."""
        return self.event_kind == "gain" and self.margin == 0.0

    def find(self, case: Case) -> Finding:
        """YES where the one side's best score beats the other's, in every way (shots, prompt) both were measured.

        With models named on both sides the answer is final once both are measured; otherwise a further model may come,
        and it waits for the deadline.
        """
        evidence = case.evidence
        first, second = (self.deciding_rows(scope, case) for scope in self.scopes(case.scope))
        alike = _alike(evidence, first, second)

        def nearest() -> Nearest:
            return self._nearest(case, first, second, alike)

        if not (len(first) and len(second)):
            return nothing(self, case, nearest)
        named = bool(self.better.model and self.worse.model)
        if not (named or case.is_over):
            return nothing(self, case, lambda: (nearest()[0], "both sides are measured, but more models may come"))
        verdicts = [self._beats_in_unit(evidence, *pair) for pair in alike]
        if not verdicts:
            reason = f"the two sides were never measured alike on {self.task} (same shots and prompt)"
            return Finding(Status.AMBIGUOUS, reason, nearest()[0]) if case.is_over else nothing(self, case, nearest)
        best = _best_pair(evidence, *alike[0])
        if len(set(verdicts)) > 1 or None in verdicts:
            reason = (
                f"the sources disagree on {self.task}"
                if None in verdicts
                else f"who leads on {self.task} depends on shots and prompt: fix them in the scope"
            )
            return Finding(Status.AMBIGUOUS, reason, best)
        if verdicts[0]:
            known = max(evidence.known[row] for row in best)
            reason = f"{evidence.say(best[0])} beat {evidence.say(best[1])} on {self.task}"
            return Finding(Status.YES, reason, best, known)
        return nothing(self, case, nearest)

    def _nearest(
        self, case: Case, first: np.ndarray, second: np.ndarray, alike: list[tuple[np.ndarray, np.ndarray]]
    ) -> Nearest:
        lacking = [_name_of(side) for side, rows in zip(self.sides, (first, second), strict=True) if not len(rows)]
        if lacking:
            return (), f"no {self.metric} score on {self.task} was published for {' nor '.join(lacking)}"
        both = _best_pair(case.evidence, *(alike[0] if alike else (first, second)))
        return both, f"{case.evidence.say(both[0])} did not beat {case.evidence.say(both[1])} on {self.task}"

    def _beats_in_unit(self, evidence: Evidence, first: np.ndarray, second: np.ndarray) -> bool | None:
        """True or False, None where it turns on which source is right."""
        seen = set()
        for one in readings(evidence, first, extremes=True):
            for other in readings(evidence, second, extremes=True):
                a, b = one[evidence.better[one].argmax()], other[evidence.better[other].argmax()]
                seen.add(
                    bool(self._beats(evidence.better[a], evidence.better[b], evidence.stderr[a], evidence.stderr[b]))
                )
        return seen.pop() if len(seen) == 1 else None

    def _beats(
        self, better: npt.ArrayLike, worse: npt.ArrayLike, better_se: npt.ArrayLike, worse_se: npt.ArrayLike
    ) -> np.ndarray:
        """Where the one side is ahead by more than the margin, and beyond noise where that is asked for."""
        first, second = np.asarray(better, dtype=float), np.asarray(worse, dtype=float) + self.margin
        if self.beyond_noise:
            return beyond_noise(first, second, np.asarray(better_se, dtype=float), np.asarray(worse_se, dtype=float))
        return first > second

    def read(self, draws: Draws) -> np.ndarray:
        """Where the simulated model beats the other side's best score."""
        if draws.rival is None:
            raise ValueError("a comparison needs the rival's score")
        rival = draws.sign * np.asarray(draws.rival, dtype=float)
        return self._beats(draws.better, rival, draws.stderr, draws.rival_stderr)

    def foretell(self, futures: Futures, scope: Scope, until: dt.date) -> np.ndarray:
        """Where the one side's best score on the deadline is ahead; by which noise of the two no record tells."""
        if self.beyond_noise:
            raise Untold("records do not tell of noise")
        first, second = (futures.best(self, side, until) for side in self.scopes(scope))
        return first > second + self.margin

    def say_on(self, place: str) -> str:
        """Who beats whom."""
        margin = f" by {self.margin:g} or more" if self.margin else ""
        noise = " beyond noise" if self.beyond_noise else ""
        said = f"{_say_side(self.better)} beats {_say_side(self.worse)}{margin}{noise} on {place}"
        return ", ".join([said, *limits_of(self.scope)])


def _alike(evidence: Evidence, first: np.ndarray, second: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    """The rows of both sides in each way of measuring that they share."""
    shared = np.intersect1d(evidence.way[first], evidence.way[second])
    return [(first[evidence.way[first] == way], second[evidence.way[second] == way]) for way in shared]


def _best_pair(evidence: Evidence, first: np.ndarray, second: np.ndarray) -> tuple[int, int]:
    return int(first[evidence.better[first].argmax()]), int(second[evidence.better[second].argmax()])


def _say_side(side: Scope) -> str:
    who, limits = who_of(side)
    return f"{who} ({', '.join(limits)})" if limits else who


def _name_of(side: Scope) -> str:
    return " or ".join([*side.model, *side.family, *side.line]) or "the one side"
