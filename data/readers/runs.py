"""Which of several runs of one key counts: a whole one before a part, then the newer; and parts that make a whole.

A run on some examples (``--limit``, or cut off) replaces nothing that was run on more. Files of several processes, of
which each answered its part of the examples, are added up where they make up the task. What gave way is listed.
"""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from scale_forecast.data.metrics import known_metric
from scale_forecast.data.names import count_of, fold_series
from scale_forecast.data.readers.reading import IS_LIMITED, OF_EXAMPLES, TASK_VERSION, Reading
from scale_forecast.data.results import KEY, UNIT

OLDER = "superseded by a newer run"
SMALLER = "a part of the examples, where a fuller run is there"
ADDED = "added to the other part of its run"
_SHOWN = 5
_SAME_RUN = 6 * 3600.0
"""Parts of one run end within so many seconds."""


@dataclass
class Chosen:
    """The rows that count, and what gave way to what, as sentences."""

    rows: pd.DataFrame
    notes: list[str] = field(default_factory=list)


def choose_runs(rows: pd.DataFrame, readings: list[Reading]) -> Chosen:
    """One row a key. Rows carry ``_file`` (position in ``readings``), ``_when``, and what `Reading` says of a run."""
    needed = [*KEY, "n_examples", "stderr", OF_EXAMPLES, IS_LIMITED, TASK_VERSION]
    rows = rows.reindex(columns=list(dict.fromkeys([*rows.columns, *needed])))
    rows, notes = _tell_versions_apart(rows)
    is_part = _is_part(rows)
    key = _key(rows)
    if key.is_unique:
        return _choice(rows, [*notes, *_parts_alone(rows, is_part, readings)])
    rows, added = _add_up_parts(rows, key, is_part, readings)
    notes += added
    is_part, key = _is_part(rows), key.loc[rows.index]
    order = pd.DataFrame(
        {
            "whole": ~is_part,
            "n": rows["n_examples"].astype(float).where(is_part).fillna(0.0),
            "when": rows["_when"].fillna(-np.inf),
        }
    )
    order = order.sort_values(["whole", "n", "when"], kind="stable")
    loses = key.loc[order.index].duplicated(keep="last").loc[rows.index]
    notes += _sentences_given_way(rows, key, loses, is_part, readings)
    for reason, bad in ((SMALLER, loses & is_part), (OLDER, loses & ~is_part)):
        for file, count in rows.loc[bad, "_file"].value_counts().items():
            readings[int(file)].refused[reason] += int(count)  # type: ignore[call-overload]
    kept = rows[~loses]
    notes += _parts_alone(kept, is_part.loc[kept.index], readings)
    return _choice(kept, notes)


def _choice(rows: pd.DataFrame, notes: list[str]) -> Chosen:
    return Chosen(rows.drop(columns=[OF_EXAMPLES, IS_LIMITED, TASK_VERSION]), notes)


def _key(rows: pd.DataFrame) -> pd.Series:
    """One number a key."""
    told = [name for name in KEY if rows[name].notna().any()]
    folded = rows[told].apply(lambda column: fold_series(column.astype("str")) if column.dtype == object else column)
    return folded.groupby(told, dropna=False, sort=False).ngroup()


def _is_part(rows: pd.DataFrame) -> pd.Series:
    """Rows of a run on some of the task's examples."""
    fewer = rows["n_examples"].astype(float) < rows[OF_EXAMPLES].astype(float)
    return fewer | rows[IS_LIMITED].eq(True)


def _tell_versions_apart(rows: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Where files ran several versions of a task, the version is part of what was measured."""
    if rows[TASK_VERSION].nunique() < 2:
        return rows, []
    unit = [name for name in UNIT if name != "version"]
    task = rows[unit].apply(lambda column: fold_series(column.astype("str")) if column.dtype == object else column)
    task = task.groupby(unit, dropna=False, sort=False).ngroup()
    several = rows.groupby(task)[TASK_VERSION].transform("nunique") > 1
    if not several.any():
        return rows, []
    versions = rows["version"].astype(object).where(~(several & rows["version"].isna()), rows[TASK_VERSION])
    names = rows.loc[several, "task"].unique()
    some = ", ".join(names[:_SHOWN]) + (", ..." if len(names) > _SHOWN else "")
    said = sorted(set(rows.loc[several, TASK_VERSION].dropna()))
    return rows.assign(version=versions), [
        f"{count_of(len(names), 'task')} stand in several versions of their harness, kept apart in the column version "
        f"({some}: {', '.join(said[:_SHOWN])})"
    ]


def _add_up_parts(
    rows: pd.DataFrame, key: pd.Series, is_part: pd.Series, readings: list[Reading]
) -> tuple[pd.DataFrame, list[str]]:
    """Parts of one key that nobody limited and that together are the whole task, as one row."""
    candidates = is_part & ~rows[IS_LIMITED].eq(True) & key.duplicated(keep=False)
    gone, files = [], {}
    for _, parts in rows[candidates].groupby(key[candidates], sort=False):
        if not _make_up_a_whole(parts) or not _is_mean(str(parts["metric"].iloc[0])):
            continue
        first = parts.index[0]
        n, score = parts["n_examples"].astype(float), parts["score"].astype(float)
        mean = float((n * score).sum() / n.sum())
        rows.loc[first, "score"], rows.loc[first, "n_examples"] = mean, n.sum()
        rows.loc[first, "stderr"] = _joint_error(n, score, parts["stderr"].astype(float), mean)
        rows.loc[first, OF_EXAMPLES] = n.sum()
        rows.loc[first, "_when"] = parts["_when"].max()
        gone += list(parts.index[1:])
        files[tuple(parts["_file"])] = parts["task"].iloc[0]
        for file in parts["_file"].iloc[1:]:
            readings[int(file)].refused[ADDED] += 1
    notes = [
        f"{', '.join(readings[int(file)].name for file in together)} are parts of one run, added up ({task}, ...)"
        for together, task in list(files.items())[:_SHOWN]
    ]
    return rows.drop(index=gone), notes


def _make_up_a_whole(parts: pd.DataFrame) -> bool:
    """Whether parts are of one task, made at one time, and as many as it has (padding may repeat one a part)."""
    whole = parts[OF_EXAMPLES].astype(float)
    times = parts["_when"].dropna()
    together = float(parts["n_examples"].astype(float).sum())
    return bool(
        whole.nunique() == 1
        and whole.iloc[0] <= together < whole.iloc[0] + len(parts)
        and (times.empty or times.max() - times.min() <= _SAME_RUN)
    )


def _is_mean(metric: str) -> bool:
    """Metrics whose value on all examples is the mean of the parts', weighted by their examples."""
    known = known_metric(metric)
    return known is not None and known.kind != "linear" and known.unit in ("share", "squared error")


def _joint_error(n: pd.Series, score: pd.Series, stderr: pd.Series, mean: float) -> float:
    """Standard error of the mean of all examples, from the parts' means and standard errors."""
    within = (n * (n - 1.0) * stderr**2).sum(skipna=False)
    between = (n * (score - mean) ** 2).sum()
    return float(np.sqrt((within + between) / (n.sum() * (n.sum() - 1.0))))


def _sentences_given_way(
    rows: pd.DataFrame, key: pd.Series, loses: pd.Series, is_part: pd.Series, readings: list[Reading]
) -> list[str]:
    """One sentence for each pair of files of which one gave way to the other."""
    if not loses.any():
        return []
    winner = rows.loc[~loses, ["_file"]].assign(key=key[~loses]).set_index("key")["_file"]
    pairs: Counter[tuple[int, int, str]] = Counter()
    example: dict[tuple[int, int, str], str] = {}
    lost = rows[loses]
    for file, by, task, metric, part, n, whole in zip(
        lost["_file"], key[loses].map(winner), lost["task"], lost["metric"], is_part[loses], lost["n_examples"],
        lost[OF_EXAMPLES], strict=True,
    ):  # fmt: skip
        of = f"{n:g} of {whole:g} examples" if part and pd.notna(n) and pd.notna(whole) else "a part of the examples"
        pair = (int(file), int(by), of if part else "older")
        pairs[pair] += 1
        example.setdefault(pair, f"{task} {metric}")
    said = [
        f"{readings[file].name} gives way to {readings[by].name} for {count_of(count, 'score')} "
        f"({example[file, by, why]}): {why}"
        for (file, by, why), count in itertools.islice(pairs.items(), _SHOWN)
    ]
    more = len(pairs) - len(said)
    return [*said, *([f"and {count_of(more, 'more file')} gave way to other runs"] if more > 0 else [])]


def _parts_alone(kept: pd.DataFrame, is_part: pd.Series, readings: list[Reading]) -> list[str]:
    """Scores of a part of the examples that nobody limited on purpose, kept since nothing fuller is there."""
    cut = kept[is_part & ~kept[IS_LIMITED].eq(True)]
    if cut.empty:
        return []
    row = cut.iloc[0]
    return [
        f"{readings[int(row['_file'])].name}: {count_of(len(cut), 'score')} of a part of the examples "
        f"({row['task']}: {row['n_examples']:g} of {row[OF_EXAMPLES]:g}), though no limit was set"
    ]
