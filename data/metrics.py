"""Known metrics: which way is better, and in which unit they are, from ``tables/metrics.csv``.

A name with a star in the table stands for all names of that form; an exact name goes first, then the longest form. What
follows a colon in a metric's name (``exact_match:flexible-extract``) is another reading of the answers, and no other
metric.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from fnmatch import translate
from functools import cache
from pathlib import Path

from scale_forecast.data.names.keys import metric_name

_TABLE = Path(__file__).parent / "tables" / "metrics.csv"
SHARE = "share"


@dataclass(frozen=True)
class Metric:
    """One row of the metrics table; ``unit`` is ``share`` for what lies in [0, 1]."""

    name: str
    higher_is_better: bool
    kind: str
    unit: str


@cache
def _table() -> tuple[dict[str, Metric], list[tuple[re.Pattern[str], Metric]]]:
    with open(_TABLE, encoding="utf-8", newline="") as file:
        rows = [
            Metric(row["metric"], row["higher_is_better"] == "True", row["metric_kind"], row["unit"])
            for row in csv.DictReader(file)
        ]
    exact = {metric.name.casefold(): metric for metric in rows if "*" not in metric.name}
    forms = sorted((metric for metric in rows if "*" in metric.name), key=lambda metric: -len(metric.name))
    return exact, [(re.compile(translate(metric.name.casefold())), metric) for metric in forms]


@cache
def known_metric(name: str) -> Metric | None:
    """What the table says of a metric, under any of its names; None when it says nothing.

    >>> known_metric("exact_match:strict").higher_is_better, known_metric("pass@10").unit, known_metric("zorg")
    (True, 'share', None)
    >>> known_metric("acc").name, known_metric("Perplexity").unit
    ('accuracy', 'perplexity')
    """
    exact, forms = _table()
    plain = metric_name(name.partition(":")[0].strip()).casefold()
    if plain in exact:
        return exact[plain]
    return next((metric for form, metric in forms if form.match(plain)), None)


def is_unbounded(name: str) -> bool:
    """True for a metric that is no share: a loss, a rating, minutes. An unknown metric counts as a share.

    >>> is_unbounded("word_perplexity"), is_unbounded("elo"), is_unbounded("f1"), is_unbounded("zorg")
    (True, True, False, False)
    """
    metric = known_metric(name)
    return metric is not None and metric.unit != SHARE


_READ_FIRST = ("acc_norm", "accuracy", "preferred", "exact_match", "multiple_choice_grade", "pass@1", "f1")


def metric_rank(name: str) -> int:
    """How early a metric is read where a task has several, 0 the first: `acc_norm`, `acc`, other shares, the rest.

    >>> metric_rank("acc_norm") < metric_rank("acc") < metric_rank("f1") < metric_rank("prob_correct")
    True
    >>> metric_rank("f1a") < metric_rank("perplexity")
    True
    """
    plain = metric_name(name.partition(":")[0].strip()).casefold()
    if plain in _READ_FIRST:
        return _READ_FIRST.index(plain)
    metric = known_metric(name)
    if metric is None:
        return len(_READ_FIRST) + 4
    kinds = ((SHARE, "threshold"), (SHARE, "linear"), (SHARE, "proper"))
    of_kind = (metric.unit, metric.kind)
    return len(_READ_FIRST) + (kinds.index(of_kind) if of_kind in kinds else 3)
