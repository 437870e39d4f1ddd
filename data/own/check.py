"""What a user says of one score, checked against what the tables know: names, unit, days."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from scale_forecast.data.catalog import bundled_results
from scale_forecast.data.errors import UsageError
from scale_forecast.data.frontier import Frontier
from scale_forecast.data.metrics import SHARE, known_metric
from scale_forecast.data.names import did_you_mean, fold, tidy
from scale_forecast.data.names.keys import (
    benchmark_key,
    metric_name,
    model_key,
    organisation_key,
    organisation_name,
    release_of,
    task_key,
)
from scale_forecast.data.own.added import VENDOR, AddedScore
from scale_forecast.data.readers.cells import as_cells

EARLIEST = dt.date(2017, 1, 1)
"""No language model with a score is older."""
_VENDOR_WORDS = {"vendor", "vendorreported", "selfreported", "itsmaker", "maker"}
_FORM = 'write BENCHMARK=SCORE, such as "Humanity\'s Last Exam=0.61"'


@dataclass(frozen=True)
class Said:
    """What a user says of all scores of one call; None where nothing was said."""

    model: str
    organisation: str | None = None
    released: dt.date | None = None
    known: dt.date | None = None
    evaluator: str | None = None
    version: str | None = None
    setting: str | None = None
    metric: str | None = None
    higher_is_better: bool | None = None
    source: str | None = None


@dataclass(frozen=True)
class Checked:
    """Scores as they are kept, and what was taken for what, a sentence each."""

    scores: list[AddedScore]
    notes: list[str]


def check(pairs: Sequence[str], said: Said, frontier: Frontier, today: dt.date) -> Checked:
    """The scores that texts ``BENCHMARK=SCORE`` mean.

    Parameters
    ----------
    pairs : texts
    said : of the model and of all scores
    frontier : the tables whose names count
    today : the day of adding

    Raises
    ------
    UsageError
        For what no score can be, with what to say instead.
    """
    if not pairs:
        raise UsageError(f"which score? {_FORM}")
    notes: list[str] = []
    model, organisation, released = _model(said, frontier, today, notes)
    known = said.known or today
    if known > today:
        raise UsageError(f"--known {known} is in the future: give the day on which the score became public")
    if known < EARLIEST or (released is not None and known < released):
        raise UsageError(
            f"the score would be known on {known}, before {model} was released ({released or 'unknown'}): "
            "mend --known or --released"
        )
    evaluator = _evaluator(said.evaluator, organisation)
    scores = []
    for text in pairs:
        name, sign, value = text.rpartition("=")
        if not sign or not name.strip() or not value.strip():
            raise UsageError(f"{text!r} has no score: {_FORM}")
        benchmark, task, metric = _task(tidy(name), said, frontier)
        score, stderr = _score(value.strip(), task, metric)
        if fold(task) != fold(name):
            notes.append(f"{name.strip()!r} is taken as {task}")
        notes += _beside(task, model, metric, score, frontier)
        scores.append(
            AddedScore(
                benchmark=benchmark,
                task=task,
                metric=metric,
                score=score,
                model=model,
                known_on=f"{known}",
                added_on=f"{today}",
                organisation=organisation,
                released=None if released is None else f"{released}",
                evaluator=evaluator,
                version=_text(said.version),
                setting=_text(said.setting),
                stderr=stderr,
                higher_is_better=said.higher_is_better,
                source=_text(said.source),
            )
        )
    return Checked(scores, notes)


def _model(said: Said, frontier: Frontier, today: dt.date, notes: list[str]) -> tuple[str, str | None, dt.date | None]:
    """The model's name, organisation and day of release; of one that the tables know, as they know it."""
    name = tidy(said.model)
    if not name:
        raise UsageError("--model is empty: name the model")
    if said.released is not None and said.released > today:
        raise UsageError(f"--released {said.released} is in the future: give the day on which {name} came out")
    if said.released is not None and said.released < EARLIEST:
        raise UsageError(f"--released {said.released} is before {EARLIEST}: no model with a score is so old")
    known = _known_model(name, frontier.releases)
    if known is None:
        return _new_model(name, said, frontier.releases, notes)
    day, organisation = pd.Timestamp(known["released"]).date(), str(known["organisation"])
    if fold(str(known["model"])) != fold(name):
        notes.append(f"{name!r} is taken as {known['model']}, released {day}")
    for option, ours, theirs, differ in (
        ("--released", day, said.released, said.released is not None and abs((said.released - day).days) > 0),
        (
            "--organisation",
            organisation,
            said.organisation,
            said.organisation is not None and organisation_key(said.organisation) != organisation_key(organisation),
        ),
    ):
        if differ:
            raise UsageError(
                f"the tables have {known['model']} with {option} {ours}, not {theirs}: leave {option} out, "
                "or give another model its full name"
            )
    return str(known["model"]), organisation, day


def _known_model(name: str, releases: pd.DataFrame) -> pd.Series | None:
    own = releases[[model_key(str(model)) == model_key(name) for model in releases["model"]]]
    if own.empty and (other := release_of(name)) is not None:
        own = releases[releases["model"] == other]
    return None if own.empty else own.iloc[0]


def _new_model(
    name: str, said: Said, releases: pd.DataFrame, notes: list[str]
) -> tuple[str, str | None, dt.date | None]:
    near = did_you_mean(name, releases["model"])
    missing = [f"--{part}" for part in ("organisation", "released") if getattr(said, part) is None]
    if missing:
        raise UsageError(f"no model {name!r} is known{near}: of a new one give {' and '.join(missing)}")
    organisation = organisation_name(tidy(str(said.organisation)))
    if organisation_key(organisation) not in {organisation_key(str(one)) for one in releases["organisation"].dropna()}:
        close = did_you_mean(organisation, releases["organisation"].dropna().unique())
        notes.append(f"{organisation} is a new organisation{close}")
    notes.append(f"{name} is a new model{near}")
    return name, organisation, said.released


def _evaluator(name: str | None, organisation: str | None) -> str | None:
    """Who ran it; a model's maker, under any of its names, as the tables call it."""
    text = _text(name)
    if text is None:
        return None
    own = organisation is not None and organisation_key(text) == organisation_key(organisation)
    return VENDOR if own or fold(text) in _VENDOR_WORDS else organisation_name(text)


def _task(name: str, said: Said, frontier: Frontier) -> tuple[str, str, str]:
    """Benchmark, task and metric of a name; one that nobody knows needs its metric."""
    stated = None if said.metric is None else metric_name(tidy(said.metric))
    if stated is not None and known_metric(stated) is None and said.higher_is_better is None:
        raise UsageError(
            f"metric {stated!r} is unknown: say which way is better, --higher-is-better or --lower-is-better"
        )
    places = _places(name, frontier)
    places = [place for place in places if place[2] == stated] or places
    if len(places) > 1:
        names = ", ".join(f"'{benchmark}/{task}' ({metric})" for benchmark, task, metric in places[:6])
        raise UsageError(f"{name!r} may be {names}: name one of them")
    if places:
        benchmark, task, metric = places[0]
        if stated is not None and stated != metric:
            raise UsageError(f"{task} is measured as {metric}, not {stated}: leave --metric out")
        return benchmark, task, metric
    known = [*frontier.benchmarks["task"], *frontier.benchmarks["benchmark"]]
    if stated is None:
        raise UsageError(
            f"no benchmark {name!r} is known{did_you_mean(name, map(str, known))}: "
            "of a new one state the metric, such as --metric accuracy"
        )
    return name, name, stated


def _places(name: str, frontier: Frontier) -> list[tuple[str, str, str]]:
    """What a name means: a task, else all tasks of a benchmark; in the frontier tables, else in the scaling tables."""
    table = frontier.benchmarks
    scaling = bundled_results()[["benchmark", "task", "metric"]].drop_duplicates()
    suite, slash, inner = name.partition("/")
    for rows in (table[["benchmark", "task", "metric"]], scaling):
        if slash:
            keys = zip(rows["benchmark"], rows["task"], strict=True)
            asked = (benchmark_key(suite), task_key(inner))
            rows = rows[[(benchmark_key(str(b)), task_key(str(t))) == asked for b, t in keys]]
            if len(rows):
                return [(str(b), str(t), str(m)) for b, t, m in rows.itertuples(index=False, name=None)]
            continue
        for column, key in (("task", benchmark_key), ("task", task_key), ("benchmark", benchmark_key)):
            names = {one: key(str(one)) == key(name) for one in rows[column].unique()}
            found = rows[rows[column].map(names)]
            if len(found):
                return [(str(b), str(t), str(m)) for b, t, m in found.itertuples(index=False, name=None)]
    return []


def _score(text: str, task: str, metric: str) -> tuple[float, float | None]:
    """The number of a text, in the metric's unit, and its standard error where the text has one."""
    cells = as_cells(pd.Series([text], dtype=object))
    score, stderr = float(cells.value.iloc[0]), float(cells.stderr.iloc[0])
    if not np.isfinite(score):
        raise UsageError(f"{task}: {text!r} is not a number: write 0.61 or 61%")
    unit = known.unit if (known := known_metric(metric)) else SHARE
    is_percent = bool(cells.is_percent.iloc[0])
    if unit == SHARE and not 0.0 <= score <= 1.0:
        meant = f": is it {score:g}%? write {task}={score / 100:g} or {score:g}%" if 1.0 < score <= 100.0 else ""
        raise UsageError(f"{task}: {text} is outside 0 to 1, where a share ({metric}) lies{meant}")
    if unit != SHARE and is_percent:
        raise UsageError(f"{task} is measured in {unit}, and {text} is a percentage: give it in {unit}")
    if unit != SHARE and score < 0:
        raise UsageError(f"{task}: {text} is negative, and is measured in {unit}")
    return score, stderr if np.isfinite(stderr) else None


def _beside(task: str, model: str, metric: str, score: float, frontier: Frontier) -> list[str]:
    """What the tables have of the model on the task, and whether the score would be a record: a slip shows at once."""
    rows = frontier.scores[frontier.scores["task"] == task]
    if rows.empty:
        return [f"{task} has no score by date yet"]
    lower = str(frontier.benchmarks.set_index("task")["higher_is_better"].get(task)) == "False"
    best = rows.iloc[int(rows["score"].argmin() if lower else rows["score"].argmax())]
    notes = []
    if len(own := rows[rows["model"] == model]):
        values = ", ".join(
            f"{value:g}{f' ({who})' if isinstance(who, str) else ''}"
            for value, who in own[["score", "evaluator"]].drop_duplicates().head(4).itertuples(index=False, name=None)
        )
        notes.append(f"the tables have {model} on {task} at {values}: one score more stands beside them")
    if score < best["score"] if lower else score > best["score"]:
        notes.append(f"a record on {task}: the best before is {best['score']:g} of {best['model']}")
    return notes


def _text(value: str | None) -> str | None:
    return None if value is None or not tidy(value) else tidy(value)
