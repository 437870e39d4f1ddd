"""Scores of a table in the units of their metrics: shares, percentages, and what is neither."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import pandas as pd

from scale_forecast.data.metrics import known_metric
from scale_forecast.data.readers.cells import Numbers

_HUNDRED = 100.0
_SHOWN = 6
_ERRORS_OF_SPEECH = {"wer", "cer", "mer", "ter", "word_error_rate", "char_error_rate"}
_MOST_ERRORS = 2.0


@dataclass
class Scaled:
    """Scores in their units.

    Attributes
    ----------
    score, stderr : Series of float
    refused : Series of str or None
        Why a row has none.
    notes : list of str
        What was taken for what.
    """

    score: pd.Series
    stderr: pd.Series
    refused: pd.Series
    notes: list[str] = field(default_factory=list)


def in_units(cells: Numbers, metric: pd.Series, group: pd.Series, *, top: float | None, is_one_column: bool) -> Scaled:
    """Put scores into the units of their metrics.

    Parameters
    ----------
    cells : the cells read as numbers
    metric : the metric of each row
    group : what the scores of one scale share: the task, or the column's title
    top : where scores whose scale no sign states end, by the user's word; None to find out
    is_one_column : whether all scores stand in one column, whose numbers are of one scale
    """
    score, stderr = cells.value.copy(), cells.stderr.copy()
    names = {str(name): known_metric(str(name)) for name in metric.unique()}
    share = ~metric.astype(str).isin({name for name, known in names.items() if known and known.unit != "share"})
    notes = _share_errors(score, stderr, metric, group, cells.is_percent)
    infinite = score.abs() == float("inf")
    refused = pd.Series(None, index=score.index, dtype=object).mask(infinite, "score not finite")
    plain = share & ~cells.is_percent & score.notna() & ~infinite
    if plain.any() and (top is not None or float(score[plain].max()) > 1.0):
        largest = score.where(plain).groupby(group, sort=False).transform("max")
        signed = cells.is_percent.groupby(group, sort=False).transform("any")
        over = plain & (largest > (top or _HUNDRED))
        refused[over] = f"more than {top or _HUNDRED:g}, neither a share nor a percentage: name its metric"
        if top is not None:
            percent = plain & ~over
            _warn_of_small(notes, group[percent & (largest <= 1.0) & (largest > 0.0)], top)
        else:
            percent = plain & ~over & (largest > 1.0)
            small = plain & (largest <= 1.0) & (largest > 0.0)
            unclear = small & (signed | is_one_column) if percent.any() or signed.any() else small & signed
            refused[unclear] = "at most 1 among percentages, so a share or a percentage: say --percent or mend it"
            _say(notes, group[percent], group[small & ~unclear])
        score = (score / (top or _HUNDRED)).round(12).where(percent, score)
        stderr = (stderr / (top or _HUNDRED)).where(percent, stderr)
    return Scaled(score, stderr, refused, notes)


def _share_errors(
    score: pd.Series, stderr: pd.Series, metric: pd.Series, group: pd.Series, is_percent: pd.Series
) -> list[str]:
    """Put error rates of speech, which have no upper end, from percent into shares, in place: none is above 200%."""
    spoken = metric.astype(str).str.casefold().isin(_ERRORS_OF_SPEECH) & ~is_percent
    if not spoken.any():
        return []
    percent = spoken & (score.where(spoken).groupby(group, sort=False).transform("max") > _MOST_ERRORS)
    score[percent] /= _HUNDRED
    stderr[percent] /= _HUNDRED
    return [f"taken as percentages: {_names(group[percent])}"] if percent.any() else []


def _warn_of_small(notes: list[str], groups: pd.Series, top: float) -> None:
    if len(groups):
        names = _names(groups)
        notes.append(f"{names}: no score exceeds 1, and is taken as of {top:g} since you say so")


def _say(notes: list[str], percent: pd.Series, shares: pd.Series) -> None:
    if len(percent):
        notes.append(f"taken as percentages: {_names(percent)}")
        if len(shares):
            notes.append(f"taken as shares, since no score exceeds 1: {_names(shares)}; say --percent if they are not")


def _names(groups: pd.Series) -> str:
    names = list(dict.fromkeys(str(name) for name in groups.unique()))
    return ", ".join(names[:_SHOWN]) + (f", and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")


def without_direction(rows: pd.DataFrame) -> pd.Series:
    """True where neither the row nor the metrics table says which way is better."""
    metric = rows["metric"].astype(object).where(rows["metric"].notna(), "accuracy").astype(str)
    unknown = {name for name in metric.unique() if known_metric(name) is None}
    if not unknown:
        return pd.Series(False, index=rows.index)
    stated = rows["higher_is_better"].notna() if "higher_is_better" in rows else pd.Series(False, index=rows.index)
    return metric.isin(unknown) & ~stated


def ask_direction(metric: str) -> str:
    """The question to answer of a metric that nobody knows."""
    return f"metric {metric!r} is unknown: say which way is better, --set higher_is_better=true or false"


def count_refusals(refused: pd.Series) -> Counter[str]:
    """Reason to number of rows."""
    return Counter({str(reason): int(count) for reason, count in refused.dropna().value_counts().items()})
