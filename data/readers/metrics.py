"""Metrics as harnesses name and scale them, put into the names and units of the metrics table."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from scale_forecast.data.metrics import is_unbounded, known_metric
from scale_forecast.data.names.keys import metric_name as plain_name

_ONLY_FILTER = {
    *("none", "strict-match", "get-answer", "remove_whitespace", "custom-extract", "create_test"),
    *("cond_log_prob", "generate_text"),
}
"""Filters that are the one reading of a task, or the strict one of two: the metric keeps its plain name. The last two
are how BIG-bench asks, by choice or freely."""

_CORRELATIONS = {"mcc", "matthews_correlation", "pearson", "pearsonr", "spearman", "spearmanr", "kendall"}
_TWO_SCALES = re.compile(
    r"(?:sacre)?bleu(?:_max|[-_]?[1-4])?|chrf(?:\+\+)?|rouge(?:[-_]?(?:1|2|l|lsum))?(?:_max|_f\w*)?|meteor",
    re.IGNORECASE,
)
"""Metrics that some libraries give from 0 to 1 and others from 0 to 100."""
_FIRST_OF_HUNDRED = re.compile(r"(?:sacre)?bleu|chrf", re.IGNORECASE)
"""Of these, those that are below 1 in percent too, for small models; their scale must be known."""
_SQUAD = re.compile(r"(hasans_|noans_|best_)?(exact|f1)", re.IGNORECASE)


@dataclass(frozen=True)
class Score:
    """A score in the unit of the results table, or the reason why the table cannot hold it."""

    metric: str
    value: float = math.nan
    stderr: float | None = None
    refused: str | None = None


@dataclass(frozen=True)
class Scales:
    """Of metrics that come from 0 to 1 or from 0 to 100, which a file gives in percent: those with a value above 1.

    Attributes
    ----------
    largest : dict
        Metric to its largest value in the file.
    stated : float or None
        The top of the scale where the user says it: 1 or 100.
    """

    largest: Mapping[str, float]
    stated: float | None = None

    @classmethod
    def of(cls, cells: Iterable[tuple[str, object]], stated: float | None = None) -> Scales:
        """From the metric and value of every cell of a file."""
        largest: dict[str, float] = {}
        for metric, value in cells:
            if isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value):
                largest[metric] = max(float(value), largest.get(metric, 0.0))
        return cls(largest, stated)

    def top(self, metric: str, task: str) -> float | None:
        """100 for a percentage, 1 for a share, None where neither the file nor the user says which."""
        if task.lower().startswith("squad") and _SQUAD.fullmatch(metric):
            return 100.0
        if not _TWO_SCALES.fullmatch(metric):
            return self.stated if self.stated is not None and known_metric(metric) is None else 1.0
        most = self.largest.get(metric, 0.0)
        if most > 1.0 or most == 0.0:
            return 100.0
        if self.stated is not None:
            return self.stated
        return None if _FIRST_OF_HUNDRED.match(metric) else 1.0


def metric_name(name: str, filter_: str = "none") -> str:
    """The metrics table's name; a second reading of the same answers keeps its filter.

    >>> metric_name("acc"), metric_name("exact_match", "flexible-extract")
    ('accuracy', 'exact_match:flexible-extract')
    """
    plain = plain_name(name)
    if plain in _CORRELATIONS:
        plain += "_rescaled"
    return plain if filter_ in _ONLY_FILTER else f"{plain}:{filter_}"


def score(
    name: str,
    value: object,
    stderr: object = None,
    *,
    filter_: str = "none",
    task: str = "",
    scales: Scales | None = None,
) -> Score:
    """One score of a harness in the table's unit.

    Percentages become shares, of the metrics that come in both scales (`Scales`). A correlation r in [-1, 1] becomes
    (1 + r) / 2, under the name ``..._rescaled``. What is not a finite number, not in the metric's range, or in an
    unknown scale is refused.

    >>> score("acc", 0.5).value, score("mcc", -0.5).value, score("acc", True).refused
    (0.5, 0.25, 'not a number')
    >>> score("bleu", 31.25).value, score("bleu", 0.3125, scales=Scales({"bleu": 0.3125}, stated=1.0)).value
    (0.3125, 0.3125)
    """
    metric = metric_name(name, filter_)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return Score(metric, refused="not a number")
    if not math.isfinite(value):
        return Score(metric, refused="not finite")
    number, error = float(value), _error(stderr)
    top = (scales or Scales.of([(name, value)])).top(name, task)
    if top is None:
        return Score(
            metric, refused=f"of unknown scale, {value:g} may be a share or a percentage: say --scale 1 or 100"
        )
    if name in _CORRELATIONS:
        number, error = (1.0 + number) / 2.0, None if error is None else error / 2.0
    number, error = number / top, None if error is None else error / top
    if name.endswith("_diff") and name != "likelihood_diff":
        return Score(metric, refused="a signed difference, which is no score")
    if number < 0.0 and is_unbounded(metric):
        return Score(metric, refused="negative, where the metric is a loss")
    if not (0.0 <= number <= 1.0 or is_unbounded(metric)):
        if known_metric(metric) is None:
            return Score(metric, refused="more than 1 of a metric that is unknown: say the scale (--scale 100)")
        return Score(metric, refused="outside the metric's range [0, 1]")
    return Score(metric, number, error)


def _error(stderr: object) -> float | None:
    if isinstance(stderr, bool) or not isinstance(stderr, (int, float)):
        return None
    return float(stderr) if math.isfinite(stderr) and stderr >= 0 else None
