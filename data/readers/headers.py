"""What a column's or a row's title says: which of our columns it is, or which task, metric and shots."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from scale_forecast.data.catalog import bundled_models
from scale_forecast.data.metrics import known_metric
from scale_forecast.data.model_names import is_hosted, same_weights
from scale_forecast.data.names import fold
from scale_forecast.data.names.keys import metric_name, release_of
from scale_forecast.data.results import COLUMNS
from scale_forecast.data.sizes import sizes_in_name

_TABLES = Path(__file__).parent.parent / "tables"
_SIGNS = re.compile(r"[#()\[\]{}%*:\u2191\u2193\u2b06\u2b07\ufe0f_\-/]+")
_UNIT = re.compile(r"\((?:in )?(k|m|b|t|thousands?|millions?|billions?|trillions?)\)|[_ ](billions?|millions?)$", re.I)
_UNITS = {"k": 1e3, "t": 1e12, "b": 1e9, "m": 1e6}
_SHOTS = re.compile(r"[\s(,\[@_-]*\b([0-9]+)[\s-]*shots?\b[\s)\],]*", re.IGNORECASE)
_COT = re.compile(r"[\s(,\[+-]*\bcot\b[\s)\],]*", re.IGNORECASE)
_METRIC_BEHIND = re.compile(r"^(?P<task>.*\S)[\s(\[,:]+(?P<metric>[A-Za-z][\w@.^+-]*)[\s)\]]*$")
_WORDS = {
    **{f"rouge{sign}{kind}": f"rouge{kind.upper()}" for sign in ("", "-") for kind in "12l"},
    **{"pass1": "pass@1", "p@1": "pass@1"},
}
_AVERAGES = {
    *("average", "avg", "avg.", "mean", "overall", "overall score", "total", "aggregate", "macro average", "macro avg"),
    *("average score", "mean score", "global average", "weighted average", "overall average", "average accuracy"),
    *("overall acc", "overall accuracy", "avg acc", "average acc", "mean accuracy", "score"),
}


@dataclass(frozen=True)
class Header:
    """A title of scores, taken apart; None where it does not say."""

    task: str
    metric: str | None = None
    shots: int | None = None
    prompt: str | None = None


@cache
def _columns() -> dict[str, str]:
    with open(_TABLES / "aliases_columns.csv", encoding="utf-8", newline="") as file:
        return {fold(row["alias"]): row["name"] for row in csv.DictReader(file)}


@cache
def _metrics_of_tasks() -> dict[str, str]:
    with open(_TABLES / "task_metrics.csv", encoding="utf-8", newline="") as file:
        return {fold(row["task"]): row["metric"] for row in csv.DictReader(file)}


def our_column(title: str) -> str | None:
    """The column of a results table that a title means; None when it means none.

    >>> our_column("Task"), our_column("#Params (B)"), our_column("Release date"), our_column("MMLU")
    ('task', 'params', 'released', None)
    """
    plain = fold(_SIGNS.sub(" ", _UNIT.sub("", title)))
    exact = {fold(name): name for name in COLUMNS}
    return exact.get(fold(title)) or exact.get(plain) or _columns().get(plain)


def unit_of(title: str) -> float:
    """The unit that a title gives its numbers: a billion for ``Params (B)``.

    >>> unit_of("#Params (B)"), unit_of("params_billions"), unit_of("params")
    (1000000000.0, 1000000000.0, 1.0)
    """
    match = _UNIT.search(title)
    return _UNITS[(match[1] or match[2])[0].lower()] if match else 1.0


def scores_of(title: str) -> Header:
    """A title above or beside scores.

    >>> scores_of("MMLU (5-shot)"), scores_of("WikiText PPL").metric, scores_of("HumanEval pass@1").task
    (Header(task='MMLU', metric=None, shots=5, prompt=None), 'ppl', 'HumanEval')
    >>> scores_of("MT-Bench").metric, scores_of("GSM8K (8-shot, CoT)")
    ('grade', Header(task='GSM8K', metric=None, shots=8, prompt='cot'))
    """
    plain = re.sub(r"[\u2191\u2193\u2b06\u2b07\ufe0f*]|\s*\(%\)|\s*%$", "", title).strip()
    shots = _SHOTS.search(plain)
    if shots is not None and (rest := (plain[: shots.start()] + " " + plain[shots.end() :]).strip()):
        plain = rest
    else:
        shots = None
    cot = _COT.search(plain)
    if cot is not None and (rest := (plain[: cot.start()] + " " + plain[cot.end() :]).strip(" -_+,()")):
        plain = rest
    else:
        cot = None
    metric = _metrics_of_tasks().get(fold(plain))
    behind = _METRIC_BEHIND.match(plain)
    if metric is None and behind is not None and (known := _metric_of(behind["metric"])) is not None:
        metric, plain = known, behind["task"].strip(" -_(,:[")
    if metric is None and ((whole := known_metric(plain)) is None or "*" not in whole.name or "@" in plain):
        metric = _metric_of(plain)
    return Header(plain, metric, int(shots[1]) if shots else None, "cot" if cot else None)


def _metric_of(word: str) -> str | None:
    """A metric by its own name or abbreviation; a name of an average or a bare ``score`` is none."""
    name = metric_name(_WORDS.get(word.casefold(), word))
    known = known_metric(name) or known_metric(name.lower())
    if known is None or "average" in known.name or known.name in ("map", "grade", "average"):
        return None
    return known.name if "*" not in known.name else name


def says_average(title: str) -> bool:
    """Whether a title is that of an average over the others.

    >>> says_average("Average ⬆️"), says_average("Avg."), says_average("MMLU")
    (True, True, False)
    """
    plain = re.sub(r"[^\w. ]+", "", title).strip().casefold()
    return plain in _AVERAGES and plain != "score"


def looks_like_a_model(title: str) -> bool:
    """Whether a title is a model's name, or a size.

    >>> [looks_like_a_model(title) for title in ("7B", "Gopher 280B", "GPT-4o", "MMLU", "Task")]
    [True, True, True, False, False]
    """
    found = sizes_in_name(title)
    if found.params is not None or found.is_mixture or is_hosted(title):
        return True
    return fold(title) in _families() or release_of(same_weights(title)) is not None


@cache
def _families() -> frozenset[str]:
    return frozenset(map(fold, bundled_models()["family"].unique()))


def looks_like_models(titles: Iterable[str]) -> bool:
    """Whether most of some titles are names of models."""
    found = [looks_like_a_model(str(title)) for title in titles]
    return bool(found) and sum(found) * 2 > len(found)
