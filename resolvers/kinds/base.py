"""What a kind of question brings: its fields, how it is judged, read off draws and said, its parts and an example.

A kind is a class; a criterion is an instance of it. Whoever judges, prices or tells a question calls these methods and
never asks of which kind a criterion is. A kind that lacks one of them fails where it is defined.
"""

from __future__ import annotations

import datetime as dt
from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any, ClassVar, Literal, Protocol, Self, Union

import numpy as np
import numpy.typing as npt
from pydantic import (
    AfterValidator,
    Field,
    GetCoreSchemaHandler,
    SerializerFunctionWrapHandler,
    ValidationInfo,
    model_serializer,
)
from pydantic_core import CoreSchema

from scale_forecast.data.metrics import SHARE, known_metric
from scale_forecast.resolvers.judge.case import Case, Finding
from scale_forecast.resolvers.judge.events import Draws, Line
from scale_forecast.resolvers.judge.futures import Futures, Untold
from scale_forecast.resolvers.judge.silence import are_measured, silence_about
from scale_forecast.resolvers.judge.status import Status
from scale_forecast.resolvers.terms.fields import Name, Strict
from scale_forecast.resolvers.terms.scope import Scope

Answers = Literal["event", "number", "date", "option"]
IfNothing = Literal["no", "annul", "ambiguous", "open"]
Example = Mapping[str, object]


def better_side(metric: str) -> str:
    """The side of a line that is the better one: below it where a metric's lower scores are better."""
    known = known_metric(metric)
    return "at_least" if known is None or known.higher_is_better else "at_most"


def _omit_better_side(side: str | None, info: ValidationInfo) -> str | None:
    """A side that is no other than the better one need not be said."""
    return None if side == better_side(str(info.data.get("metric", ""))) else side


Side = Annotated[Literal["at_least", "above", "at_most", "below"] | None, AfterValidator(_omit_better_side)]
"""Which side of a line counts; None for the better one of the metric."""


class Kind(Strict):
    """The base of every kind. ``abstract=True`` in the class's header makes a further base, not a kind."""

    kind: str

    kinds: ClassVar[Mapping[str, type[Kind]]] = {}
    """Every kind by name, filled in by the package: a criterion's parts may be of any of them."""
    name: ClassVar[str]
    """What ``kind`` says in a question's criterion."""
    example: ClassVar[Example]
    """A criterion of this kind as a question's YAML has it."""
    may_be_part: ClassVar[bool] = True
    """Whether it may stand inside others: it comes to yes or no."""
    may_be_dated: ClassVar[bool] = True
    """Whether ``first_by`` may give it a date of its own."""
    by_hand: ClassVar[bool] = False
    """Whether a ruling alone settles it, whatever the results say."""
    needs_futures: ClassVar[bool] = False
    """Whether simulated futures alone can tell of it, and not the score of one simulated model."""
    says_its_date: ClassVar[bool] = False
    """Whether what it says names the day until which it counts."""

    def __init_subclass__(cls, *, abstract: bool = False, **more: Any) -> None:
        super().__init_subclass__(**more)

    @classmethod
    def __pydantic_init_subclass__(cls, *, abstract: bool = False, **more: Any) -> None:
        super().__pydantic_init_subclass__(**more)
        if abstract:
            return
        lacking = sorted(getattr(cls, "__abstractmethods__", ()))
        name = cls.model_fields["kind"].default
        lacking += [] if isinstance(name, str) else ["a field `kind` with its name as the default"]
        lacking += [] if "example" in vars(cls) else ["example"]
        lacking += [] if cls.__dict__.get("__doc__") else ["a docstring"]
        lacking += cls._lacking()
        if lacking:
            raise TypeError(f"the kind of question {cls.__name__} lacks {', '.join(lacking)}")
        cls.name = name

    @classmethod
    def _lacking(cls) -> list[str]:
        """What a kind with these parts lacks besides."""
        return []

    @model_serializer(mode="wrap")
    def _put_kind_first(self, rest: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """``kind`` equals its default, and yet a dump without it could not be read back."""
        return {"kind": self.kind, **rest(self)}

    # --- what every kind brings

    @abstractmethod
    def judge(self, case: Case) -> Finding:
        """What the scores published by the case's cutoff make of it, with the reason and the rows."""

    @abstractmethod
    def say(self) -> str:
        """The statement in words, without the question's own scope and deadline."""

    @abstractmethod
    def combine(self, happened: Iterator[np.ndarray]) -> np.ndarray:
        """Whether it holds, taking from ``happened`` where the event of each of its leaves does, in their order."""

    @property
    @abstractmethod
    def is_number(self) -> bool:
        """Whether it resolves to a number rather than to yes or no."""

    @property
    @abstractmethod
    def parts(self) -> tuple[Kind, ...]:
        """The criteria it is made of; none for what is measured or ruled."""

    # --- what follows from that, and what few kinds change

    @property
    def answers(self) -> Answers:
        """What it is answered by."""
        return "number" if self.is_number else "event"

    @property
    def label(self) -> str:
        """A word or two for it in a list of several."""
        return self.kind

    def with_parts(self, parts: tuple[Kind, ...]) -> Self:
        """The same criterion over other parts; only where it has any."""
        return self

    def leaves(self) -> list[Measured]:
        """The measured criteria inside it, in order; a manual one has none."""
        return [leaf for part in self.parts for leaf in part.leaves()]

    def dated_leaves(self, until: dt.datetime) -> list[tuple[Kind, dt.datetime]]:
        """What has an event of its own inside it, with the moment until which evidence counts, ``until`` if it says no
        earlier: its `leaves`, and what no benchmark measures."""
        return [found for part in self.parts for found in part.dated_leaves(until)]

    def holds(self, happened: Sequence[npt.ArrayLike]) -> np.ndarray:
        """Whether it holds, given for each of its `leaves` (in their order) where the event happened.

        A part that is settled by hand is taken as not holding.
        """
        return np.asarray(self.combine(iter([np.asarray(one, dtype=bool) for one in happened])), dtype=bool)

    def impossible(self) -> str | None:
        """Why no score can ever show it, such as a line in percent of a metric of shares; None where one can."""
        return next((why for part in self.parts if (why := part.impossible()) is not None), None)

    def why_unpriced(self) -> str | None:
        """Why it has no price, to be said after the question's id; None where it has one."""
        return next((why for part in self.parts if (why := part.why_unpriced()) is not None), None)

    def within(self, scope: Scope) -> Self:
        """The same criterion with every leaf limited to a scope, where it does not say otherwise itself."""
        return self.with_parts(tuple(part.within(scope) for part in self.parts))

    def annul_if_silent(self) -> Self:
        """The same criterion, annulled rather than no where the models that it names are never measured."""
        return self

    def foretell(self, futures: Futures, scope: Scope, until: dt.date) -> np.ndarray:
        """What it comes to in each of some simulated futures, (n,): truth values, numbers, days or names.

        ``scope`` is the question's. Raises `Untold` where futures by date do not tell.
        """
        raise Untold(f"futures by date do not tell of the kind {self.kind}")


class Measured(Kind, abstract=True):
    """What is measured. ``metric`` names one metric; ``benchmark`` may be left open where the task's name is unique.

    A kind of it says what its scores come to (`find`), when a simulated one brings it about (`read`), and its words on
    a place (`say_on`).
    """

    task: Name
    benchmark: Name | None = None
    metric: Name = "accuracy"
    scope: Scope | None = None
    if_nothing: IfNothing = "no"

    reads_ladders: ClassVar[bool] = False
    """Whether a family's smaller models count beside the one that decides; then `shows` says which ladders show it."""
    needs_fall: ClassVar[bool] = False
    """Whether it can only be asked of families whose scores fell."""
    in_every_way: ClassVar[bool] = False
    """Whether it has to hold in every way of measuring (shots, prompt), rather than in any."""

    @classmethod
    def _lacking(cls) -> list[str]:
        needed = {"shows": cls.reads_ladders, "swap_sides": cls.sides is not Measured.sides}
        inherited = {name for name in needed if getattr(cls, name) is getattr(Measured, name)}
        return [name for name, is_needed in needed.items() if is_needed and name in inherited]

    # --- what every measured kind brings

    @abstractmethod
    def find(self, case: Case) -> Finding:
        """What the scores come to. A NO is one by what is published; `judge` asks whether that reaches far enough."""

    @abstractmethod
    def read(self, draws: Draws) -> np.ndarray:
        """Where simulated scores of one upcoming model bring it about, (n,) of bool; of a number the number, (n,)."""

    @abstractmethod
    def say_on(self, place: str) -> str:
        """The statement in words on a place, which may be a list of them."""

    # --- what some bring

    @property
    def sides(self) -> tuple[Scope, ...]:
        """Of a contest the scope of the side that should win and that of the other; none where nobody is beaten."""
        return ()

    def swap_sides(self, *, keep_margin: bool = False) -> Self:
        """Of a contest the event that would undo it: the other side beating this one, noise aside.

        With ``keep_margin`` the other side undoes it by reaching into the margin.
        """
        raise NotImplementedError

    @property
    def line(self) -> Line | None:
        """The line that a score has to reach, where that is all there is to it."""
        return None

    @property
    def place_fields(self) -> dict[str, Any]:
        """What another kind on the same test, of the same models, is made with."""
        return {"task": self.task, "benchmark": self.benchmark, "metric": self.metric, "scope": self.scope}

    def whether(self, score: float) -> Measured | None:
        """The yes or no that a day or a number is read off, for a number at a score; None for what needs none."""
        return None

    @property
    def event_kind(self) -> str:
        """The kind of event, of which past ones tell how often it happens."""
        return self.kind

    @property
    def is_any_gain(self) -> bool:
        """Whether any gain within a family counts, however small."""
        return False

    def shows(self, better: np.ndarray, stderr: np.ndarray, scale: np.ndarray) -> np.ndarray:
        """Which ladders (n, L) of a family's scores show it, (n,) of bool; arrays as for `judge.events.turns`."""
        raise NotImplementedError

    # --- what follows

    def line_at(self, score: float, side: str | None) -> Line:
        """A score to be reached; without a side the better one of the metric."""
        return Line(score, side or better_side(self.metric))

    def impossible(self) -> str | None:
        """A line or margin outside a metric's range, where the metric is known to be a share."""
        asked = self.asked_scores
        known = known_metric(self.metric)
        outside = [value for value in asked if not 0.0 <= value <= 1.0]
        if known is None or known.unit != SHARE or not outside:
            return None
        value = outside[0]
        meant = f": is {value:g}% meant? write {value / 100:g}" if 1.0 < value <= 100.0 else ""
        return f"{value:g} is outside [0, 1], where {self.metric} on {self.task} lies{meant}"

    @property
    def asked_scores(self) -> tuple[float, ...]:
        """The scores and differences of scores that it names."""
        return () if self.line is None else (self.line.score,)

    def judge(self, case: Case) -> Finding:
        """What the scores come to; what rests on silence is open where no source tells of it until the deadline."""
        if (why := self.impossible()) is not None:
            return Finding(Status.AMBIGUOUS, f"as it is written nothing can answer it: {why}")
        finding = self.find(case)
        if case.is_silence_no or not self.rests_on_silence(finding, case):
            return finding
        told = [silence_about(self, scope, case.evidence, case.as_of) for scope in self._open_scopes(case)]
        blind = [silence for silence in told if not silence.reaches(case.counts_until)]
        if not blind:
            sources = dict.fromkeys(silence.said for silence in told) if case.evidence.coverage is not None else ()
            return replace(finding, reason="; ".join([finding.reason, *sources]))
        dates = [silence.until for silence in blind]
        after = "" if None in dates else f" after {min(dates)}"  # type: ignore[type-var]
        reason = f"open: awaiting evidence{after}, since {blind[0].said}; {finding.reason}"
        return Finding(Status.OPEN, reason, finding.rows)

    def rests_on_silence(self, finding: Finding, case: Case) -> bool:
        """Whether a finding holds only if nothing else was published."""
        return finding.status is Status.NO

    def is_covered(self, case: Case) -> bool:
        """Whether the scores known by ``as_of`` could show that an event did not happen by the deadline."""
        told = (silence_about(self, scope, case.evidence, case.as_of) for scope in self._open_scopes(case))
        return all(silence.reaches(case.counts_until) for silence in told)

    def _open_scopes(self, case: Case) -> list[Scope]:
        """The scopes of which some model may still be unpublished: those that do not name measured models only."""
        scopes = self.scopes(case.scope)
        return [s for s in scopes if not are_measured(s, case.evidence, self.deciding_rows(s, case))]

    def deciding_rows(self, scope: Scope, case: Case) -> np.ndarray:
        """Rows known by the cutoff of models that may decide."""
        rows = case.evidence.select(self, scope)
        return rows[case.evidence.may_decide(rows, scope) & (case.evidence.known[rows] <= case.cutoff)]

    def scopes(self, of_question: Scope) -> list[Scope]:
        """Whose scores it looks at: one scope, or one for each side."""
        scope = of_question.within(self.scope)
        return [scope.within(side) for side in self.sides] or [scope]

    def say(self) -> str:
        """The statement in words."""
        return self.say_on(self.place)

    @property
    def place(self) -> str:
        """Benchmark, task and metric in words."""
        return f"{self.benchmark}/{self.task} ({self.metric})" if self.benchmark else f"{self.task} ({self.metric})"

    @property
    def label(self) -> str:
        """Kind and task."""
        return f"{self.kind} {self.task}"

    @property
    def parts(self) -> tuple[Kind, ...]:
        """None: it is measured."""
        return ()

    def leaves(self) -> list[Measured]:
        """Itself."""
        return [self]

    def dated_leaves(self, until: dt.datetime) -> list[tuple[Kind, dt.datetime]]:
        """Itself, as long as the question says."""
        return [(self, until)]

    def combine(self, happened: Iterator[np.ndarray]) -> np.ndarray:
        """Where its own event happened."""
        return next(happened)

    def within(self, scope: Scope) -> Self:
        """The same, limited to a scope where its own does not say otherwise."""
        return self.model_copy(update={"scope": scope.within(self.scope)})

    def annul_if_silent(self) -> Self:
        """Annulled rather than no, where it names the models that decide."""
        named = [scope for scope in (self.scope, *self.sides[:1]) if scope is not None and scope.model]
        return self.model_copy(update={"if_nothing": "annul"}) if named and self.if_nothing == "no" else self


class KindOfQuestion(Protocol):
    """What a member of `KINDS` brings, ours or another package's; `Kind` has the rest."""

    name: str
    example: Mapping[str, object]
    model_fields: Mapping[str, Any]

    def judge(self, case: Case) -> Finding: ...
    def say(self) -> str: ...
    def combine(self, happened: Iterator[np.ndarray]) -> np.ndarray: ...
    def leaves(self) -> list[Any]: ...
    def why_unpriced(self) -> str | None: ...


class _OneOf:
    """In an annotation: a criterion of any kind that a condition accepts, told apart by its ``kind``.

    The kinds are looked up when a model is first used, so that those of other packages are among them.
    """

    def __init__(self, accepts: Callable[[type[Kind]], bool]) -> None:
        self._accepts = accepts

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        kinds = tuple(kind for kind in Kind.kinds.values() if self._accepts(kind))
        return handler.generate_schema(Annotated[Union[kinds], Field(discriminator="kind")])  # noqa: UP007


Criterion = Annotated[Kind, _OneOf(lambda kind: True)]
"""What a question may ask."""
Condition = Annotated[Kind, _OneOf(lambda kind: kind.may_be_part)]
"""What may stand inside another criterion."""
Datable = Annotated[Kind, _OneOf(lambda kind: kind.may_be_dated)]
"""What may have a date of its own."""
