"""What a column's or a row's title says: which of our columns it is, or which task, metric and shots."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from scale_forecast.data.catalog import bundled_models, bundled_results, bundled_tasks
from scale_forecast.data.metrics import is_unbounded, known_metric
from scale_forecast.data.model_names import is_hosted, same_weights
from scale_forecast.data.names import fold
from scale_forecast.data.names.keys import metric_name, release_of
from scale_forecast.data.numbers import as_numbers
from scale_forecast.data.readers.cells import without_markup
from scale_forecast.data.results import COLUMNS
from scale_forecast.data.sizes import sizes_in_name

_TABLES = Path(__file__).parent.parent / "tables"
_SIGNS = re.compile(r"[#()\[\]{}%*:\u2191\u2193\u2b06\u2b07\ufe0f_\-/]+")
_UNIT = re.compile(
    r"\((?:in )?(k|m|b|t|thousands?|millions?|billions?|trillions?)\)|[_ ](billions?|millions?)$|[_ ,]in (k|m|b|t)$",
    re.I,
)
_UNITS = {"k": 1e3, "t": 1e12, "b": 1e9, "m": 1e6}
PF_DAYS = re.compile(r"(?:pf|peta.?flops?(?:/s)?)[\s_-]*days?", re.I)
FLOP_OF_A_PF_DAY = 8.64e19
_SHOTS = re.compile(r"[\s(,\[@_-]*\b([0-9]+)[\s-]*shots?\b[\s)\],]*", re.IGNORECASE)
_COT = re.compile(r"[\s(,\[+-]*\bcot\b[\s)\],]*", re.IGNORECASE)
_METRIC_BEHIND = re.compile(r"^(?P<task>.*\S)[\s(\[,:]+(?P<metric>[A-Za-z][\w@.^+-]*)[\s)\]]*$")
_METRIC_BEFORE = re.compile(r"^(?P<metric>[A-Za-z][\w@.^+-]*)[\s:]+(?:on |of |for )?(?P<task>\S.*)$")
_METRIC_AT_END = re.compile(
    r"(?P<task>.*[^/_.])[/_.](?P<metric>acc_norm|acc|accuracy|exact_match|em|f1|pass@\d+|ppl|perplexity|bpb|mc1|mc2|bleu|score)"
    r"(?:,(?P<filter>[a-z-]+))?",
    re.IGNORECASE,
)
"""How harnesses and trackers of experiments put a metric behind a task: ``eval/mmlu/acc``, ``gsm8k_exact_match``."""
_PLACE = re.compile(r"^(?:evals?|tests?|val(?:id(?:ation)?)?|metrics?|results?|benchmarks?)[/.](?=\S)", re.IGNORECASE)
_IS_LOWER = re.compile(
    r"[\u2193\u2b07]|\b(?:errors?|hallucinations?|(?:error|hallucination|failure|miss) rate)\b"
    r"(?! (?:analysis|detection|correction))",
    re.IGNORECASE,
)
"""What says in a title that lower scores are better."""
_RAW = re.compile(r"[\s_(\[]+raw[)\]]?$", re.IGNORECASE)
_IN_BRACKETS = re.compile(r"\s*[(\[]([^()\[\]]*)[)\]]")
_SCORE_ALONE = {"score", "scores", "overall", "result", "results", "accuracy", "acc", "performance", "overall score"}
_GO_BEFORE = re.compile(
    r"accuracy|exact_match|f1|(?:sacre)?bleu.*|chrf.*|rouge.*|(?:\w+_)?(?:ppl|perplexity)|bits_per_byte|wer|cer|ter|loss"
    r"|pass@\d+|elo|brier_score"
)
"""Metrics that people write before the task; words that begin names of tasks are not among them."""
_SPREAD = re.compile(
    r"(?P<of>.+?)[\s_(\[,:-]*(?:std\.?[\s_]?err(?:or)?\.?|stderr|s\.?e\.?m?\.?|std(?:[\s_]?dev)?|sd|\u00b1|\+/-|errors?"
    r"|(?:95\s?%?\s?)?ci(?:\s?95\s?%?)?|(?:ci[\s_]?)?(?:lower|upper)(?:[\s_]?(?:bound|ci))?|ci[\s_]?(?:low|high)|[lu]b"
    r"|q0?\.?[0-9]{1,3})[)\]]?",
    re.IGNORECASE,
)
_ONLY_SIZE = re.compile(
    r"[~\u2248]?\s*[0-9.,]+\s*(?:[kmbt]|bn|billion|million)(?:\s*(?:params|parameters))?", re.IGNORECASE
)
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
    """Tasks whose name says the metric, and those that the bundled figures hold in one metric that is no share."""
    tasks = bundled_results()[["task", "metric"]].drop_duplicates().groupby("task")["metric"].agg(list)
    alone = {fold(str(task)): str(metrics[0]) for task, metrics in tasks.items() if len(metrics) == 1}
    found = {task: metric for task, metric in alone.items() if is_unbounded(metric)}
    with open(_TABLES / "task_metrics.csv", encoding="utf-8", newline="") as file:
        return found | {fold(row["task"]): row["metric"] for row in csv.DictReader(file)}


def our_column(title: str) -> str | None:
    """The column of a results table that a title means; None when it means none.

    >>> our_column("Task"), our_column("#Params (B)"), our_column("Release date"), our_column("MMLU")
    ('task', 'params', 'released', None)
    """
    if PF_DAYS.search(title):
        return "train_flops"
    plain = fold(_SIGNS.sub(" ", _UNIT.sub("", title)))
    exact = {fold(name): name for name in COLUMNS}
    return exact.get(fold(title)) or exact.get(plain) or _columns().get(plain)


def unit_of(title: str) -> float:
    """The unit that a title gives its numbers: a billion for ``Params (B)``.

    >>> unit_of("#Params (B)"), unit_of("params_billions"), unit_of("params"), unit_of("compute (PF-days)")
    (1000000000.0, 1000000000.0, 1.0, 8.64e+19)
    """
    if PF_DAYS.search(title):
        return FLOP_OF_A_PF_DAY
    match = _UNIT.search(title)
    return _UNITS[(match[1] or match[2] or match[3])[0].lower()] if match else 1.0


def scores_of(title: str) -> Header:
    """A title above or beside scores.

    >>> scores_of("MMLU (5-shot)"), scores_of("WikiText PPL").metric, scores_of("HumanEval pass@1").task
    (Header(task='MMLU', metric=None, shots=5, prompt=None), 'ppl', 'HumanEval')
    >>> scores_of("MT-Bench").metric, scores_of("GSM8K (8-shot, CoT)")
    ('grade', Header(task='GSM8K', metric=None, shots=8, prompt='cot'))
    >>> scores_of("BLEU WMT14")
    Header(task='WMT14', metric='bleu', shots=None, prompt=None)
    """
    plain = re.sub(r"[\u2191\u2193\u2b06\u2b07\ufe0f*]|\s*\(%\)|\s*%$", "", without_markup(title)).strip()
    plain = _RAW.sub("", _PLACE.sub("", plain)) or plain
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
    metric = _metrics_of_tasks().get(fold(plain)) or _metrics_of_tasks().get(fold(_IN_BRACKETS.sub("", plain)))
    at_end = _METRIC_AT_END.fullmatch(plain)
    if metric is None and at_end is not None and fold(plain) not in _tasks():
        plain = at_end["task"]
        known = _metric_of(at_end["metric"]) or "accuracy"
        metric = f"{known}:{at_end['filter']}" if at_end["filter"] not in (None, "none", "strict-match") else known
    behind = _METRIC_BEHIND.match(plain)
    if metric is None and behind is not None and (named := _metric_of(behind["metric"])) is not None:
        metric, plain = named, behind["task"].strip(" -_(,:[")
    before = _METRIC_BEFORE.match(plain)
    if metric is None and before is not None and fold(plain) not in _tasks():
        named = _metric_of(before["metric"])
        if named is not None and _GO_BEFORE.fullmatch(named):
            metric, plain = named, before["task"].strip()
    if metric is None and ((whole := known_metric(plain)) is None or "*" not in whole.name or "@" in plain):
        metric = _metric_of(plain)
    if metric is None and _IS_LOWER.search(title):
        lower = known_metric("_".join(plain.casefold().split()))
        metric = "_".join(plain.casefold().split()) if lower and not lower.higher_is_better else "error_rate"
    return Header(plain, metric, int(shots[1]) if shots else None, "cot" if cot else None)


def metric_alone(title: str) -> str | None:
    """The metric that a title names where it names nothing else; a bare ``Score`` is an accuracy.

    >>> metric_alone("Accuracy (%) \u2191"), metric_alone("Score (AVG@5)"), metric_alone("EM"), metric_alone("MMLU")
    ('accuracy', 'AVG@5', 'exact_match', None)
    """
    header = scores_of(title)
    if shots_of(title) is not None:
        return "accuracy"
    if known_metric(header.task) is not None and not re.search(r"\s", header.task):
        return metric_name(header.task)
    plain = _IN_BRACKETS.sub("", header.task).strip()
    inner = [named for word in _IN_BRACKETS.findall(title) if (named := _metric_of(word.strip())) is not None]
    if plain.casefold() in _SCORE_ALONE:
        return inner[0] if inner else (header.metric or "accuracy")
    known = known_metric("_".join(plain.casefold().split()))
    return None if known is None or fold(plain) in _tasks() else _metric_of(plain) or "_".join(plain.casefold().split())


def is_rescaled(title: str, titles: Iterable[str]) -> bool:
    """Whether a column holds the scores of another anew, with chance as 0: ``BBH`` beside ``BBH Raw``.

    >>> is_rescaled("BBH", ["BBH", "BBH Raw"]), is_rescaled("BBH Raw", ["BBH", "BBH Raw"])
    (True, False)
    """
    raw = {fold(_RAW.sub("", other)) for other in titles if other != title and _RAW.search(other)}
    return fold(title) in raw


def shots_of(text: str) -> Header | None:
    """What a cell says of how a task was asked, where it says nothing else: ``5-shot``, ``0-shot, CoT``, ``CoT@32``.

    >>> shots_of("5-shot").shots, shots_of("8-shot CoT"), shots_of("MMLU")
    (5, Header(task='', metric=None, shots=8, prompt='cot'), None)
    """
    shots, is_cot = _SHOTS.search(text), _COT.search(text) is not None
    left = re.sub(r"[\s,;()+@0-9-]|no |with(?:out)? |zero-?shot|few-?shot", "", _COT.sub("", _SHOTS.sub("", text)))
    is_zero = re.search(r"\bzero-?shot\b", text, re.IGNORECASE) is not None
    if left or not (shots or is_cot or is_zero):
        return None
    return Header("", None, int(shots[1]) if shots else (0 if is_zero else None), "cot" if is_cot else None)


def _metric_of(word: str) -> str | None:
    """A metric by its own name or abbreviation; a name of an average or a bare ``score`` is none."""
    word = word.rstrip(".")
    name = metric_name(_WORDS.get(word.casefold(), word))
    known = known_metric(name) or known_metric(name.lower())
    if known is None or "average" in known.name or known.name in ("map", "grade", "average"):
        return None
    return known.name if "*" not in known.name else name


@cache
def _tasks() -> frozenset[str]:
    return frozenset(map(fold, bundled_tasks()["task"].unique()))


def is_known_share(title: str) -> bool:
    """Whether a title is that of a bundled task whose scores are shares.

    >>> is_known_share("MMLU (5-shot)"), is_known_share("WikiText"), is_known_share("reward")
    (True, False, False)
    """
    header = scores_of(title)
    return header.metric is None and fold(header.task) in _tasks()


@cache
def _no_scores() -> tuple[re.Pattern[str], ...]:
    with open(_TABLES / "columns_aside.csv", encoding="utf-8", newline="") as file:
        return tuple(re.compile(row["pattern"], re.IGNORECASE) for row in csv.DictReader(file))


def is_spread(title: str, titles: Iterable[str]) -> bool:
    """Whether a title is that of the errors of another column: ``MMLU stderr`` beside ``MMLU``.

    >>> is_spread("MMLU stderr", ["MMLU"]), is_spread("acc_stderr", ["acc"]), is_spread("MMLU STEM", ["MMLU"])
    (True, True, False)
    >>> is_spread("mmlu stderr", ["mmlu acc"])
    True
    """
    match = _SPREAD.fullmatch(title.strip())
    if match is None:
        return False
    of, others = fold(match["of"]), [other for other in titles if other != title]
    return of in map(fold, others) or any(of == fold(scores_of(other).task) for other in others)


def is_no_score(title: str) -> bool:
    """Whether a title is that of numbers which are no scores: time, price, memory, rank, votes, settings of training.

    >>> [is_no_score(title) for title in ("Latency (s)", "#", "Context length", "MMLU", "Time horizon (min)")]
    [True, True, True, False, False]
    """
    plain = " ".join(title.replace("_", " ").split())
    return any(pattern.fullmatch(plain) for pattern in _no_scores())


@cache
def _no_models() -> re.Pattern[str]:
    with open(_TABLES / "columns_aside.csv", encoding="utf-8", newline="") as file:
        patterns = [row["pattern"] for row in csv.DictReader(file) if row["what"] == "what is no model"]
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns), re.IGNORECASE)


def is_no_model(name: str) -> bool:
    """Whether a name is that of people or of chance, as tables of models show them for comparison.

    >>> is_no_model("Human Baseline"), is_no_model("random"), is_no_model("HumanLM-7B")
    (True, True, False)
    """
    return _no_models().fullmatch(" ".join(name.split()).rstrip("* ")) is not None


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


def is_only_size(title: str) -> bool:
    """Whether a title is a size and nothing else.

    >>> is_only_size("7B"), is_only_size("~1.3 billion params"), is_only_size("Gopher 7B")
    (True, True, False)
    """
    return _ONLY_SIZE.fullmatch(title.strip()) is not None


def looks_like_models(titles: Iterable[str]) -> bool:
    """Whether most of some titles are names of models."""
    found = [looks_like_a_model(str(title)) for title in titles]
    return bool(found) and sum(found) * 2 > len(found)


def counts_rows(title: str, column: pd.Series) -> bool:
    """Whether a column without a name of its own counts the rows, as tables are written with their index."""
    if not re.fullmatch(r"Unnamed: \d+|column \d+|index|", title.strip()):
        return False
    number = as_numbers(column).to_numpy()
    return len(number) > 0 and bool((np.diff(number) == 1).all()) and bool(number[0] in (0.0, 1.0))
