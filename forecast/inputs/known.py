"""Scores of the target that are already published: ``--known TASK=SCORE`` or a file of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from scale_forecast.data.errors import DataError, UsageError
from scale_forecast.data.names import did_you_mean, fold
from scale_forecast.data.readers.tables import read_csv
from scale_forecast.data.results import UNIT
from scale_forecast.inputs.panel import Panel
from scale_forecast.inputs.targets import Target, evidence_of, target_rows, visible


def known_scores(
    panel: Panel, target: Target, texts: Sequence[str], as_of: pd.Timestamp | None = None
) -> pd.DataFrame | None:
    """The units and scores that ``--known`` names, among those a forecast on the day ``as_of`` has; None without any.

    Each text is ``task=score``, ``benchmark/task=score``, ``benchmark/task/metric/shots/prompt=score``, or a CSV file
    with the columns ``task`` and ``score`` and any of ``benchmark, metric, shots, prompt``.

    Raises
    ------
    UsageError
        For a text of another form, a task that is not known, or one that is not unique.
    DataError
        For a file without the columns, or a score outside the metric's range.
    """
    if not texts:
        return None
    rows = target_rows(evidence_of(panel, target, visible(panel, target, as_of)), target)
    names = set(rows["task"].astype("str").map(fold))
    found = [(_unit(rows, parts), score) for text in texts for parts, score in _parse_known(text, names)]
    known = pd.DataFrame(found, columns=["unit", "score"])
    if known["unit"].duplicated().any():
        raise UsageError("--known names one task twice: give each score once")
    share = rows.set_index("unit").loc[known["unit"], "is_share"].to_numpy(dtype=bool)
    outside = ~np.isfinite(known["score"]) | (known["score"] < 0) | (share & (known["score"] > 1))
    if outside.any():
        score, in_percent = known["score"][outside].iloc[0], share[outside][0]
        if in_percent:
            raise DataError(f"--known score {score} is outside [0, 1]: is it a percentage? divide by 100")
        raise DataError(f"--known score {score} is not a loss: a loss is a finite number of 0 or more")
    return known.sort_values("unit", ignore_index=True)


def _parse_known(text: str, tasks: set[str]) -> list[tuple[dict[str, str], float]]:
    """The names and score of each unit a text speaks of; one of the ``tasks`` (folded) may have a slash in its name."""
    name, sign, score = text.rpartition("=")
    if sign:
        parts = [name] if fold(name) in tasks else name.split("/")
        fields = ["task"] if len(parts) == 1 else UNIT[: len(parts)]
        if not 1 <= len(parts) <= len(UNIT) or not name:
            raise UsageError(
                f"--known {text!r} is not of the form TASK=SCORE or BENCHMARK/TASK/METRIC/SHOTS/PROMPT=SCORE"
            )
        return [(dict(zip(fields, parts, strict=True)), _number(score, text))]
    path = Path(text)
    if not path.is_file():
        raise UsageError(f"--known {text!r} is neither TASK=SCORE nor a file")
    table = read_csv(path, "give the columns task and score", dtype=str)
    missing = {"task", "score"} - set(table.columns)
    if missing or table.empty:
        raise DataError(f"{path}: a --known file needs the columns task and score, and at least one row")
    fields = [name for name in UNIT if name in table]
    return [
        (
            {str(name): value for name, value in row[fields].dropna().items()},
            _number(row["score"], f"{path}: {row['task']}"),
        )
        for _, row in table.iterrows()
    ]


def _number(text: str, where: str) -> float:
    try:
        return float(text)
    except (TypeError, ValueError):
        raise UsageError(f"--known {where!r}: {text!r} is not a number") from None


def _unit(rows: pd.DataFrame, parts: dict[str, str]) -> int:
    match = np.ones(len(rows), dtype=bool)
    for name, value in parts.items():
        if name == "shots":
            match &= rows["shots"].map(lambda s: "" if pd.isna(s) else f"{s:g}").astype(str).to_numpy() == value.strip()
        else:
            match &= (rows[name].astype("str").map(fold) == fold(value)).to_numpy()
    named = "/".join(parts.values())
    if not match.any():
        near = did_you_mean(parts["task"], rows["task"].unique())
        raise UsageError(f"--known names no task of this family's history: {named!r}{near}")
    if match.sum() > 1:
        first = rows[match].iloc[0]
        full = "/".join(
            "" if pd.isna(first[n]) else f"{first[n]:g}" if n == "shots" else str(first[n]) for n in UNIT
        ).rstrip("/")
        raise UsageError(f"--known {named!r} fits {int(match.sum())} rows: name one fully, as in {full}=SCORE")
    return int(rows.loc[match, "unit"].iloc[0])
