"""The names that words may use: tasks, metrics, models and families there are scores of or questions on."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Self

import pandas as pd

from scale_forecast.data.catalog import bundled_tasks
from scale_forecast.data.frontier import frontier_benchmarks, frontier_releases, frontier_scores
from scale_forecast.data.names import did_you_mean, fold, suggest
from scale_forecast.data.names.keys import aliases, benchmark_key
from scale_forecast.data.scale import NEAR
from scale_forecast.data.sizes import format_size, split_size
from scale_forecast.resolvers.questions.question import Question
from scale_forecast.resolvers.questions.wording.names import (
    AVERAGE,
    Name,
    frontier_places,
    is_name,
    line_names,
    result_places,
    spoken_names,
)
from scale_forecast.resolvers.questions.wording.slots import AskBack, Place

_SHOWN = 4
_PASS_ONCE = fold("pass@1")


@dataclass(frozen=True, repr=False)
class Vocabulary:
    """Names, each under its folded form.

    Attributes
    ----------
    names : what each name is, for the reader of words
    suites : the tasks of each benchmark in the results tables
    frontier : the tasks of each benchmark in the frontier tables
    models : (name, family) of models of known families
    families : how each family is written
    sizes : (size, model) of each family, from small to large
    releases : (name in small letters with spaces, day) of dated releases
    lower_is_better : metrics, folded
    """

    names: dict[str, Name]
    suites: dict[str, list[Place]]
    frontier: dict[str, list[Place]]
    models: dict[str, tuple[str, str]]
    families: dict[str, str]
    metrics: dict[str, str]
    lower_is_better: frozenset[str]
    sizes: dict[str, list[tuple[float, str]]] = field(default_factory=dict)
    releases: tuple[tuple[str, dt.date], ...] = ()

    @classmethod
    def of(cls, results: pd.DataFrame, metrics: pd.DataFrame, questions: Iterable[Question] = ()) -> Self:
        """From a results table, a metrics table, and the questions whose tasks should be understood too.

        The names of the frontier tables are known as well.
        """
        places = list(result_places(results, bundled_tasks()))
        known = {(fold(place.benchmark), fold(place.task)) for place in places}
        frontier = [*frontier_places(frontier_benchmarks())]
        known |= {(fold(place.benchmark), fold(place.task)) for place in frontier}
        for leaf in (leaf for question in questions for leaf in question.criterion.leaves()):
            if leaf.benchmark and (fold(leaf.benchmark), fold(leaf.task)) not in known:
                known.add((fold(leaf.benchmark), fold(leaf.task)))
                places.append(Place(leaf.benchmark, leaf.task, (leaf.metric,), has_scores=False))
        rows = results[results["checkpoint"].isna()]
        models = rows.drop_duplicates("model")[["model", "family", "params"]]
        sizes: dict[str, list[tuple[float, str]]] = {}
        for model, family, params in models.itertuples(index=False):
            sizes.setdefault(fold(family), []).append((float(params), str(model)))
        releases = frontier_releases()
        dated = [
            (_space_out(name), day.date()) for name, day in zip(releases["model"], releases["released"], strict=True)
        ]
        made = rows.dropna(subset=["released"]).drop_duplicates("model")
        dated += [(_space_out(name), day.date()) for name, day in zip(made["model"], made["released"], strict=True)]
        vocabulary = cls(
            {},
            _by_benchmark(places),
            _by_benchmark(frontier),
            {fold(str(m)): (str(m), str(f)) for m, f in zip(models["model"], models["family"], strict=True)},
            _written_names(rows["family"].unique()),
            _written_names(metrics["metric"]),
            frozenset(fold(m) for m in metrics.loc[~metrics["higher_is_better"].astype(bool), "metric"]),
            {family: sorted(found) for family, found in sizes.items()},
            tuple(dated),
        )
        vocabulary.names.update(_index_names(vocabulary, releases, rows))
        return vocabulary

    # --- tests

    def find(self, name: str) -> list[Place]:
        """The places that ``benchmark``, ``task`` or ``benchmark/task`` may mean; a benchmark alone is its average."""
        benchmark, _, task = name.partition("/")
        if task:
            mine = [*self.suites.get(fold(benchmark), []), *self.frontier.get(fold(benchmark), [])]
            found = [place for place in mine if fold(place.task) == fold(task)]
            return found[:1] or ([self.average(benchmark)] if fold(task) == AVERAGE and mine else [])
        if fold(name) in self.suites or fold(name) in self.frontier:
            return self._alone(fold(name))
        places = [place for found in (*self.frontier.values(), *self.suites.values()) for place in found]
        return [place for place in places if fold(place.task) == fold(name)]

    def average(self, benchmark: str) -> Place:
        """The average over a benchmark's tasks, or its only task."""
        mine = self.suites.get(fold(benchmark), [])
        own = [place for place in mine if fold(place.task) == AVERAGE]
        if own:
            mine = [place for place in mine if place.has_scores] or mine
        if len(mine) == 1:
            return mine[0]
        metrics = tuple(dict.fromkeys(metric for place in mine for metric in place.metrics)) or ("accuracy",)
        families = frozenset().union(*(place.families for place in mine))
        key = benchmark_key(benchmark)
        whole = next((places[0] for name, places in self.frontier.items() if benchmark_key(name) == key), None)
        human = (whole.human_average, whole.human_best) if whole else (_mean_human(mine, 0), _mean_human(mine, 1))
        place = Place(
            mine[0].benchmark if mine else benchmark,
            AVERAGE,
            metrics,
            families,
            has_scores=False,
            human_average=human[0],
            human_best=human[1],
            released=None if whole is None else whole.released,
        )
        if whole is None:
            return place
        return replace(place, human_usual=whole.human_usual, human_names=whole.human_names)

    def _alone(self, folded: str) -> list[Place]:
        """What a benchmark's name alone means: its average, its only task, the task called like it, or any of them."""
        mine = self.frontier.get(folded, [])
        suite = next((name for name in self.suites if benchmark_key(name) == benchmark_key(folded)), folded)
        if folded not in self.suites and len(self.suites.get(suite, [])) > 1:
            return [self.average(suite)]
        if folded in self.suites and (len(self.suites[folded]) > 1 or not mine):
            return [self.average(self.suites[folded][0].benchmark)]
        return [place for place in mine if fold(place.task) == folded] or mine

    def containing(self, word: str) -> list[Place]:
        """Places whose task has a word in its name."""
        return [
            place
            for places in (*self.suites.values(), *self.frontier.values())
            for place in places
            if fold(word) in map(fold, re.split(r"[\s_\-/]+", place.task))
        ]

    def metric(self, place: Place, name: str | None) -> str:
        """The metric that a task is asked in.

        Raises
        ------
        AskBack
            When the task has no score in it, or has several and none is named.
        """
        if name is not None:
            chosen = {fold(metric): metric for metric in place.metrics}
            if fold(name) == _PASS_ONCE and place.metrics == ("accuracy",):  # the share that is solved at once
                return "accuracy"
            if fold(name) not in chosen:
                sentence = f"no {name} score on {place.name}: its metrics are {', '.join(place.metrics)}"
                raise AskBack("metric", sentence, words=name, candidates=place.metrics)
            return chosen[fold(name)]
        if len(place.metrics) == 1 or "accuracy" not in place.metrics:
            if len(place.metrics) > 1:
                scored = f"{place.name} is scored in {' and '.join(place.metrics)}"
                sentence = f"{scored}: end with 'measured in {place.metrics[0]}'"
                raise AskBack("metric", sentence, candidates=place.metrics)
            return place.metrics[0]
        return "accuracy"

    def is_lower_better(self, metric: str) -> bool:
        """Whether a lower score in a metric is the better one."""
        return fold(metric) in self.lower_is_better

    def test_names(self) -> list[str]:
        """Benchmarks and tasks, for 'did you mean'."""
        places = [place for found in (*self.frontier.values(), *self.suites.values()) for place in found]
        return list(dict.fromkeys([*(place.benchmark for place in places), *(place.task for place in places)]))

    # --- models

    def family_of(self, model: str) -> str | None:
        """The family of a model, which a model to come has before its size; None where no family is known."""
        if fold(model) in self.models:
            return self.models[fold(model)][1]
        return self.families.get(fold(split_size(model)[0]))

    def with_size(self, family: str, size: float) -> dict[str, str]:
        """The model of a family that has a size: a known one, or one to come as the family's name with the size."""
        known = [model for params, model in self.sizes.get(fold(family), []) if abs(params / size - 1.0) < 0.01]
        if len(known) == 1:
            return {"model": known[0]}
        return {"family": family, "model": f"{family} {format_size(size)}"}

    def smaller(self, model: str) -> str | None:
        """The largest known model of the same family below one; None for the smallest."""
        family = self.family_of(model)
        mine = [] if family is None else self.sizes[fold(family)]
        size = next((params for params, other in mine if fold(other) == fold(model)), split_size(model)[1])
        below = [other for params, other in mine if size is not None and params < (1.0 - NEAR) * size]
        return below[-1] if below else None

    def has_ladder(self, family: str) -> bool:
        """Whether models of a family are told apart by their sizes."""
        return len(self.sizes.get(fold(family), [])) > 2

    def is_generation(self, name: str, by: dt.date) -> bool:
        """Whether a release by some day is called by a name, with more behind it or not."""
        said = _space_out(name)
        return any(
            other.startswith(said) and not other[len(said) : len(said) + 1].isalnum() and day <= by
            for other, day in self.releases
        )

    def unknown_model(self, name: str) -> AskBack:
        """The error for a name that is no model and no family."""
        known = [name.value for name in self.names.values() if name.token in ("MODEL", "FAMILY", "LINE")]
        near = suggest(name, known)
        sentence = (
            f"no model or family {name!r}{did_you_mean(name, known)}: write a known one, a known family with a size "
            "such as 'PaLM 2T', or 'any model'"
        )
        return AskBack("model", sentence, words=name, candidates=near)


def candidates(places: Sequence[Place]) -> str:
    """Some places in words."""
    names = list(dict.fromkeys(place.name for place in places))
    return ", ".join(names[:_SHOWN]) + (", ..." if len(names) > _SHOWN else "")


def _by_benchmark(places: Iterable[Place]) -> dict[str, list[Place]]:
    found: dict[str, list[Place]] = {}
    for place in places:
        found.setdefault(fold(place.benchmark), []).append(place)
    return found


def _index_names(vocabulary: Vocabulary, releases: pd.DataFrame, rows: pd.DataFrame) -> dict[str, Name]:
    """Every name with what it is; of one that is several things the first in this order."""
    table = spoken_names()
    found: dict[str, Name] = {}

    def add(token: str, pairs: Iterable[tuple[str, object]]) -> None:
        for folded, value in pairs:
            if is_name(folded):
                found.setdefault(folded, Name(token, value))

    add("UNSURE", table.unsure.items())
    add("PLACE", table.places.items())
    add("ELSEWHERE", table.elsewhere.items())
    found |= {folded: Name("COUNTRY", value) for folded, value in table.groups.items()}  # "US" is one, short as it is
    add("ORG", table.organisations.items())
    organisations = sorted({*releases["organisation"].dropna(), *rows["organisation"].dropna()})
    add("ORG", ((fold(name), name) for name in organisations))
    add("MODEL", ((folded, model) for folded, (model, _) in vocabulary.models.items()))
    add("FAMILY", vocabulary.families.items())
    whole = [places[0].benchmark for places in (*vocabulary.frontier.values(), *vocabulary.suites.values())]
    add("PLACE", ((fold(name), (name,)) for name in whole))
    tasks = [
        place
        for places in (*vocabulary.frontier.values(), *vocabulary.suites.values())
        for place in places
        if fold(place.task) != AVERAGE
    ]
    add("PLACE", ((fold(f"{place.benchmark}/{place.task}"), (f"{place.benchmark}/{place.task}",)) for place in tasks))
    for row in releases[["model", "family_name", "aliases"]].fillna("").itertuples(index=False):
        named = [(row.family_name, row.family_name), (row.model, row.model)]
        named += [(alias.strip(), row.model) for alias in str(row.aliases).split(";")]
        add("MODEL", ((fold(str(name)), model) for name, model in named))
    add("LINE", table.lines.items())
    lines = [*releases["product_line"].dropna().unique(), *rows["line"].unique()]
    add("LINE", line_names(lines, [*organisations, *vocabulary.families.values()]).items())
    add("ORG", aliases("organisations").items())
    add("PLACE", ((alias, (name,)) for alias, name in aliases("benchmarks").items() if vocabulary.find(name)))
    add("TASK", ((fold(place.task), place.task) for place in tasks))
    add("EVALUATOR", table.evaluators.items())
    counts = frontier_scores()["evaluator"].value_counts()
    add("EVALUATOR", ((fold(name), name) for name in counts.index[counts >= 20] if " " in name))
    add("METRIC", vocabulary.metrics.items())
    return found


def _mean_human(places: Sequence[Place], which: int) -> float | None:
    """The mean human level over tasks, where every one has it."""
    levels = [(place.human_average, place.human_best)[which] for place in places]
    known = [level for level in levels if level is not None]
    return sum(known) / len(known) if known and len(known) == len(levels) else None


def _space_out(name: object) -> str:
    return re.sub(r"[\s\-_]+", " ", str(name)).casefold()


def _written_names(names: Iterable[object]) -> dict[str, str]:
    return {fold(str(name)): str(name) for name in names}
