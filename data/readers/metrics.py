"""Metrics as harnesses name and scale them, put into the names and units of the metrics table."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from scale_forecast.data.names.keys import metric_name as plain_name
from scale_forecast.data.results import is_unbounded

_ONLY_FILTER = {
    *("none", "strict-match", "get-answer", "remove_whitespace", "custom-extract", "create_test"),
    *("cond_log_prob", "generate_text"),
}
"""Filters that are the one reading of a task, or the strict one of two: the metric keeps its plain name. The last two
are how BIG-bench asks, by choice or freely."""

_CORRELATIONS = {"mcc", "matthews_correlation", "pearson", "pearsonr", "spearman", "spearmanr", "kendall"}
_PERCENT = re.compile(r"(bleu|chrf|rouge(1|2|l|lsum)?)(_max)?", re.IGNORECASE)
_SQUAD = re.compile(r"(hasans_|noans_|best_)?(exact|f1)", re.IGNORECASE)


@dataclass(frozen=True)
class Score:
    """A score in the unit of the results table, or the reason why the table cannot hold it."""

    metric: str
    value: float = math.nan
    stderr: float | None = None
    refused: str | None = None


def metric_name(name: str, filter_: str = "none") -> str:
    """The metrics table's name; a second reading of the same answers keeps its filter.

    >>> metric_name("acc"), metric_name("exact_match", "flexible-extract")
    ('accuracy', 'exact_match:flexible-extract')
    """
    plain = plain_name(name)
    if plain in _CORRELATIONS:
        plain += "_rescaled"
    return plain if filter_ in _ONLY_FILTER else f"{plain}:{filter_}"


def score(name: str, value: object, stderr: object = None, *, filter_: str = "none", task: str = "") -> Score:
    """One score of a harness in the table's unit.

    Percentages (BLEU, chrF, ROUGE above 1, SQuAD's own metrics) become shares; a correlation r in [-1, 1] becomes
    (1 + r) / 2, under the name ``..._rescaled``. What is not a finite number, or not in the metric's range, is refused.

    >>> score("acc", 0.5).value, score("mcc", -0.5).value, score("acc", True).refused
    (0.5, 0.25, 'not a number')
    """
    metric = metric_name(name, filter_)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return Score(metric, refused="not a number")
    if not math.isfinite(value):
        return Score(metric, refused="not finite")
    number, error = float(value), _error(stderr)
    if name in _CORRELATIONS:
        number, error = (1.0 + number) / 2.0, None if error is None else error / 2.0
    elif _is_percent(name, number, task):
        number, error = number / 100.0, None if error is None else error / 100.0
    if name.endswith("_diff") and name != "likelihood_diff":
        return Score(metric, refused="a signed difference, which is no score")
    if number < 0.0 and is_unbounded(metric):
        return Score(metric, refused="negative, where the metric is a loss")
    if not (0.0 <= number <= 1.0 or is_unbounded(metric)):
        return Score(metric, refused="outside the metric's range [0, 1]")
    return Score(metric, number, error)


def _is_percent(name: str, value: float, task: str) -> bool:
    if task.lower().startswith("squad") and _SQUAD.fullmatch(name):
        return True
    match = _PERCENT.fullmatch(name)
    return bool(match) and (not name.lower().startswith("rouge") or name.endswith("_max") or value > 1.0)


def _error(stderr: object) -> float | None:
    if isinstance(stderr, bool) or not isinstance(stderr, (int, float)):
        return None
    return float(stderr) if math.isfinite(stderr) and stderr >= 0 else None
