"""The largest public model is of some size."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import ClassVar, Literal, Self

import numpy as np
import pandas as pd
from pydantic import model_validator

from scale_forecast.data.catalog import FRONTIER_COMPLETE_UNTIL, frontier_models
from scale_forecast.resolvers.judge.case import Case, Finding
from scale_forecast.resolvers.judge.events import Line
from scale_forecast.resolvers.judge.futures import Futures
from scale_forecast.resolvers.judge.status import Status
from scale_forecast.resolvers.kinds.base import Answers, Example, Kind
from scale_forecast.resolvers.terms.scope import Scope

COLUMNS = {"flops": ("train_flops", "training FLOP"), "params": ("params", "parameters")}


class Size(Kind):
    """A public model of so many parameters, or trained with so much compute, comes out.

    ``value`` left out asks for the number: the largest one's. With ``asks: date`` it is the day on which one does.
    """

    kind: Literal["size"] = "size"
    unit: Literal["flops", "params"] = "flops"
    value: float | None = None
    side: Literal["at_least", "above"] = "at_least"
    asks: Literal["whether", "date"] = "whether"

    example: ClassVar[Example] = {"kind": "size", "unit": "flops", "value": 1.0e30}
    may_be_dated: ClassVar[bool] = False
    needs_futures: ClassVar[bool] = True

    @property
    def is_number(self) -> bool:
        """Where no value is given."""
        return self.value is None

    @property
    def answers(self) -> Answers:
        """Yes or no, a number, or a day."""
        return "date" if self.asks == "date" else super().answers

    @model_validator(mode="after")
    def _a_day_of_a_size(self) -> Self:
        if self.asks == "date" and self.value is None:
            raise ValueError("asks 'date' needs a value: say which size is to be reached")
        return self

    @property
    def parts(self) -> tuple[Kind, ...]:
        """None."""
        return ()

    def dated_leaves(self, until: dt.datetime) -> list[tuple[Kind, dt.datetime]]:
        """Itself."""
        return [(self, until)]

    def judge(self, case: Case) -> Finding:
        """By the table of the largest models, which tells of silence until a day of its own."""
        models = frontier_models()
        column, unit = COLUMNS[self.unit]
        known = models[(models["released"] <= pd.Timestamp(case.cutoff)) & models[column].notna()]
        if known.empty:
            return Finding(Status.OPEN, f"no model with its {unit} was known")
        over = case.is_over and np.datetime64(FRONTIER_COMPLETE_UNTIL) >= case.counts_until.astype("datetime64[D]")
        awaited = f"; awaiting evidence after {FRONTIER_COMPLETE_UNTIL}" if case.is_over else ""
        if self.value is None:
            top = known.iloc[int(known[column].argmax())]
            said = f"the largest is {_say_model(top, column, unit)}"
            if over:
                day = np.datetime64(top["released"], "s")
                return Finding(Status.NUMBER, said, (), day, float(top[column]))
            return Finding(Status.OPEN, f"so far {said}{awaited}")
        reached = known[Line(self.value, self.side).is_reached(known[column].to_numpy())]
        if len(reached):
            first = reached.sort_values("released", kind="stable").iloc[0]
            day = np.datetime64(first["released"], "s")
            if self.asks == "date":
                answer = str(day.astype("datetime64[D]"))
                return Finding(Status.DATE, _say_model(first, column, unit), (), day, answer=answer)
            return Finding(Status.YES, _say_model(first, column, unit), (), day)
        said = f"the largest known is {_say_model(known.iloc[int(known[column].argmax())], column, unit)}"
        if over:
            return Finding(Status.NO, f"{said}; the table tells until {FRONTIER_COMPLETE_UNTIL}", (), case.resolve_by)
        return Finding(Status.OPEN, f"{said}{awaited}")

    def combine(self, happened: Iterator[np.ndarray]) -> np.ndarray:
        """Where its own event happened."""
        return next(happened)

    def foretell(self, futures: Futures, scope: Scope, until: dt.date) -> np.ndarray:
        """Where the largest model is so large, or how large it is."""
        if self.asks == "date" and self.value is not None:
            day = futures.largest_day(self.unit, Line(self.value, self.side))
            return np.where(day <= np.datetime64(until), day, np.datetime64("NaT"))
        largest = futures.largest(self.unit, until)
        return largest if self.value is None else Line(self.value, self.side).is_reached(largest)

    def say(self) -> str:
        """Which size."""
        unit = COLUMNS[self.unit][1]
        if self.value is None:
            return f"the {unit} of the largest public model"
        if self.asks == "date":
            side = self.side.replace("_", " ")
            return f"the day on which a public model first has {side} {self.value:.3g} {unit}"
        return f"a public model has {self.side.replace('_', ' ')} {self.value:.3g} {unit}"


def _say_model(model: pd.Series, column: str, unit: str) -> str:
    return f"{model['model']} with {model[column]:.3g} {unit} ({model['released']:%Y-%m-%d}, {model['source']})"
