"""The names that words may use: tasks, metrics, models and families there are scores of or questions on."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Self

import pandas as pd

from scale_forecast.data.errors import UsageError
from scale_forecast.data.names import did_you_mean, fold, suggest
from scale_forecast.data.scale import NEAR
from scale_forecast.data.sizes import format_size, split_size
from scale_forecast.resolvers.questions.question import Question

AVERAGE = "average"
"""The task of a benchmark's average, where the benchmark alone is named."""
_SHOWN = 4


@dataclass(frozen=True)
class Place:
    """A task as a criterion names it. ``has_scores`` says whether any result carries it."""

    benchmark: str
    task: str
    metrics: tuple[str, ...]
    families: frozenset[str]
    has_scores: bool = True

    @property
    def name(self) -> str:
        return f"{self.benchmark}/{self.task}"


@dataclass(frozen=True)
class Vocabulary:
    """Names, each under its folded form.

    Attributes
    ----------
    places : tasks by folded name, several where benchmarks share one
    benchmarks, families, lines, tunings, prompts : how each name is written
    models : (name, family)
    lower_is_better : metrics, folded
    """

    places: dict[str, list[Place]]
    benchmarks: dict[str, str]
    models: dict[str, tuple[str, str]]
    families: dict[str, str]
    lines: dict[str, str]
    tunings: dict[str, str]
    prompts: dict[str, str]
    metrics: dict[str, str]
    lower_is_better: frozenset[str]
    sizes: dict[str, list[tuple[float, str]]] = field(default_factory=dict)

    @classmethod
    def of(cls, results: pd.DataFrame, metrics: pd.DataFrame, questions: Iterable[Question] = ()) -> Self:
        """From a results table, a metrics table, and the questions whose tasks should be understood too."""
        rows = results[results["checkpoint"].isna()]
        places: dict[str, list[Place]] = {}
        for (benchmark, task), part in rows.groupby(["benchmark", "task"], observed=True, sort=True):
            families = frozenset(fold(name) for name in part["family"].unique())
            place = Place(str(benchmark), str(task), tuple(map(str, part["metric"].unique())), families)
            places.setdefault(fold(str(task)), []).append(place)
        known = {(fold(p.benchmark), fold(p.task)) for found in places.values() for p in found}
        for leaf in (leaf for question in questions for leaf in question.criterion.leaves()):
            if leaf.benchmark and (fold(leaf.benchmark), fold(leaf.task)) not in known:
                known.add((fold(leaf.benchmark), fold(leaf.task)))
                place = Place(leaf.benchmark, leaf.task, (leaf.metric,), frozenset(), has_scores=False)
                places.setdefault(fold(leaf.task), []).append(place)
        models = rows.drop_duplicates("model")[["model", "family", "params"]]
        sizes: dict[str, list[tuple[float, str]]] = {}
        for model, family, params in models.itertuples(index=False):
            sizes.setdefault(fold(family), []).append((float(params), str(model)))
        everywhere = [place for found in places.values() for place in found]
        return cls(
            places,
            _written(place.benchmark for place in everywhere),
            {fold(str(m)): (str(m), str(f)) for m, f in zip(models["model"], models["family"], strict=True)},
            _written(rows["family"].unique()),
            _written(rows["line"].unique()),
            _written(rows["tuning"].dropna().unique()),
            _written(rows["prompt"].unique()),
            _written(metrics["metric"]),
            frozenset(fold(m) for m in metrics.loc[~metrics["higher_is_better"].astype(bool), "metric"]),
            {family: sorted(found) for family, found in sizes.items()},
        )

    # --- tasks

    def task(self, name: str, sides: Sequence[frozenset[str]] = ()) -> Place:
        """The task that a name means; of benchmarks that share it the one with scores of a family of every side.

        Raises
        ------
        UsageError
            For a name that no task has, or several.
        """
        found = self.find_tasks(name)
        if len(found) > 1:
            found = [place for place in found if all(place.families & side for side in sides)] or found
        if not found:
            raise UsageError(f"no task {name!r}{did_you_mean(name, self._task_names())}: 'forecast data list' has them")
        if len(found) > 1:
            named = ", ".join(place.name for place in found[:_SHOWN]) + (", ..." if len(found) > _SHOWN else "")
            raise UsageError(f"{name!r} may be any of {named}: write one of these")
        return found[0]

    def find_tasks(self, name: str) -> list[Place]:
        """Every task a name may mean: ``task``, ``benchmark/task``, ``task of benchmark``; a benchmark is its mean."""
        name = name.strip("'\"` ")
        for form in (name, re.sub("^the ", "", name, flags=re.IGNORECASE), f"the {name}"):
            if found := self._find(form):
                return found
        return []

    def _find(self, name: str) -> list[Place]:
        if fold(name) in self.benchmarks:
            return [self._average(fold(name))]
        found = list(self.places.get(fold(name), []))
        if found:
            return found
        for benchmark, task in self._apart(name):
            if fold(task) == AVERAGE and fold(benchmark) in self.benchmarks:
                return [self._average(fold(benchmark))]
            found += [place for place in self.places.get(fold(task), []) if fold(place.benchmark) == fold(benchmark)]
        return found

    def _apart(self, name: str) -> Iterable[tuple[str, str]]:
        """Ways to read a name as benchmark and task."""
        if "/" in name:
            benchmark, _, task = name.partition("/")
            yield benchmark, task
        for word in (" of ", " in ", " from "):
            task, found, benchmark = name.rpartition(word)
            if found:
                yield benchmark, task
                yield benchmark.removeprefix("the "), task
        if name.endswith(")") and "(" in name:
            task, _, benchmark = name[:-1].partition("(")
            yield benchmark, task.strip()
        words = name.split(" ")
        for k in range(1, len(words)):
            yield " ".join(words[:k]), " ".join(words[k:])

    def _average(self, benchmark: str) -> Place:
        mine = [place for found in self.places.values() for place in found if fold(place.benchmark) == benchmark]
        own = [place for place in mine if fold(place.task) == AVERAGE]
        if own:
            return own[0]
        mine = [place for place in mine if place.has_scores] or mine
        if len(mine) == 1:
            return mine[0]
        metrics = tuple(dict.fromkeys(metric for place in mine for metric in place.metrics))
        families = frozenset().union(*(place.families for place in mine))
        return Place(self.benchmarks[benchmark], AVERAGE, metrics, families, has_scores=False)

    def metric(self, place: Place, name: str | None) -> str:
        """The metric that a task is asked in.

        Raises
        ------
        UsageError
            When the task has no score in it, or has several and none is named.
        """
        if name is not None:
            chosen = {fold(metric): metric for metric in place.metrics}
            if fold(name) not in chosen:
                raise UsageError(f"no {name} score on {place.name}: its metrics are {', '.join(place.metrics)}")
            return chosen[fold(name)]
        if len(place.metrics) == 1 or "accuracy" not in place.metrics:
            if len(place.metrics) > 1:
                scored = f"{place.name} is scored in {' and '.join(place.metrics)}"
                raise UsageError(f"{scored}: end with 'measured in {place.metrics[0]}'")
            return place.metrics[0]
        return "accuracy"

    def _task_names(self) -> list[str]:
        return [found[0].task for found in self.places.values()] + list(self.benchmarks.values())

    # --- models

    def who(self, name: str) -> dict[str, object] | None:
        """The scope fields of a model, a family, a line, or a model to come (a family with a size); None for none."""
        folded = fold(name)
        if folded in self.models:
            return {"model": self.models[folded][0]}
        if folded in self.families:
            return {"family": self.families[folded]}
        if folded in self.lines:
            return {"line": self.lines[folded]}
        return self._upcoming(name)

    def _upcoming(self, name: str) -> dict[str, object] | None:
        head, size = split_size(name)
        if size is None or fold(head) not in self.families:
            return None
        known = [model for params, model in self.sizes.get(fold(head), []) if abs(params / size - 1.0) < 0.01]
        if len(known) == 1:
            return {"model": known[0]}
        family = self.families[fold(head)]
        return {"family": family, "model": f"{family} {format_size(size)}"}

    def family_of(self, model: str) -> str:
        """The family of a model, which a model to come has before its size."""
        return self.models[fold(model)][1] if fold(model) in self.models else self.families[fold(split_size(model)[0])]

    def smaller(self, model: str) -> str | None:
        """The largest known model of the same family below one; None for the smallest."""
        mine = self.sizes[fold(self.family_of(model))]
        size = next((params for params, other in mine if fold(other) == fold(model)), split_size(model)[1])
        below = [other for params, other in mine if size is not None and params < (1.0 - NEAR) * size]
        return below[-1] if below else None

    def unknown_model(self, name: str) -> UsageError:
        """The error for a name that is no model and no family."""
        names = [model for model, _ in self.models.values()] + list(self.families.values())
        near = suggest(name, names)
        hint = f" (did you mean {' or '.join(map(repr, near))}?)" if near else ""
        return UsageError(
            f"no model or family {name!r}{hint}: write a known one, a known family with a size such as "
            "'PaLM 2T', or 'any model'"
        )


def _written(names: Iterable[object]) -> dict[str, str]:
    return {fold(str(name)): str(name) for name in names}
