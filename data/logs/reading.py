"""From paths of logs to one results table and one table of profiles, with an account of every score."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pandas as pd

from scale_forecast.data.errors import DataError
from scale_forecast.data.logs.aggregate import RUN, Engine, profiles, summaries, take_in
from scale_forecast.data.logs.formats import look_at
from scale_forecast.data.logs.log import METRICS, Log
from scale_forecast.data.models import complete
from scale_forecast.data.names import count_of, fold_series
from scale_forecast.data.names.tasks import harness_place
from scale_forecast.data.profiles import PROFILE_COLUMNS
from scale_forecast.data.readers.files import SUFFIXES, Limits, Source, megabytes, sources
from scale_forecast.data.readers.identity import as_dict
from scale_forecast.data.readers.inspect_header import header_rows
from scale_forecast.data.readers.loading import Loaded, assemble, short_names
from scale_forecast.data.readers.metrics import metric_name
from scale_forecast.data.readers.numbers_in import number_of
from scale_forecast.data.readers.reading import Reading

LOG_SUFFIXES = tuple(suffix for suffix in SUFFIXES if suffix != ".xlsx")
_PLACE = ["benchmark", "task_name", "shots", "prompt", "filter"]


@dataclass(frozen=True)
class Logs:
    """What `read_logs` returns: results as `data.readers.read` gives them, and profiles (`PROFILE_COLUMNS`)."""

    loaded: Loaded
    profiles: pd.DataFrame


def read_logs(
    paths: Iterable[str | Path],
    *,
    models: pd.DataFrame | None = None,
    model: str | None = None,
    document: str | None = None,
    scale: float | None = None,
    memory: int = 1 << 30,
    threads: int = 2,
    scratch: Path | None = None,
    limits: Limits | None = None,
    stdin: BinaryIO | None = None,
    seen: Callable[[int, int], None] = lambda done, of: None,
) -> Logs:
    """Aggregate item-level logs into results.

    Parameters
    ----------
    paths : files, directories, or ``-``; JSON lines, JSON or Parquet, gzip or zstd
    models : a models table, asked before the bundled one; without a size a model's scores are refused
    model : the model's name, for logs that name none
    document : where an item's source document stands, such as ``passage_id``; guessed among common names when None
    scale : where grades of items end that are no shares, such as 10; such grades are refused when None
    memory, threads : what DuckDB may use
    scratch : folder for temporary files (about a tenth of the logs' size), a system folder when None
    seen : told how many files are done, of how many

    Raises
    ------
    DataError
        When a file the user named is no log or is broken, or when no usable score is left.
    """
    limits = limits or Limits()
    with tempfile.TemporaryDirectory(prefix="forecast-logs-", dir=scratch) as folder:
        engine = Engine(Path(folder), memory, threads)
        readings, unread, tables = [], [], []
        with engine.connect() as db:
            found = sources(paths, stdin, LOG_SUFFIXES)
            for file, source in enumerate(found):
                try:
                    log = look_at(source, _path_of(source, Path(folder), file), limits, model, document, scale)
                    take_in(db, file, log, limits, document)
                    found_runs = summaries(db, file)
                    if log.header is not None and not _is_whole(found_runs, log):
                        readings.append(_of_header(log, found_runs))
                        db.execute("DELETE FROM items WHERE file = ?", [file])
                        continue
                    runs = _place_runs(found_runs, log)
                    reading = _reading(log, runs)
                except DataError as error:
                    if source.root is None:
                        raise
                    db.execute("DELETE FROM items WHERE file = ?", [file])
                    unread.append(str(error))
                    continue
                tables.append(runs)
                readings.append(reading)
                seen(file + 1, len(found))
            if not readings:
                raise DataError(f"no file could be read as an item-level log; the first: {unread[0]}")
            loaded = assemble(readings, models, unread=unread)
            if not tables:
                return Logs(loaded, pd.DataFrame(columns=PROFILE_COLUMNS))
            everything = pd.concat(tables, ignore_index=True)
            return Logs(loaded, _with_profiles(everything, models, lambda runs: profiles(db, runs)))


def _path_of(source: Source, folder: Path, file: int) -> Path:
    """Where DuckDB finds the file; standard input and pipes are kept in the scratch folder."""
    if source.path is not None and source.data is None:
        return source.path
    if len(source.data or b"") > (limit := Limits().table):
        raise DataError(
            f"{source.name}: is longer than {megabytes(limit)}, the most that is kept of a pipe: name a file"
        )
    kept = folder / f"piped-{file}{os.extsep}log"
    kept.write_bytes(source.data or b"")
    return kept


def _place_runs(runs: pd.DataFrame, log: Log) -> pd.DataFrame:
    """Each run with its benchmark, task and model, from the log or from its lines."""
    if runs.empty:
        raise DataError(f"{log.source.name}: the log is empty")
    for name, given in (("model", log.identity), ("task", log.place)):
        if given is None and runs[name].isna().any():
            raise DataError(f"{log.source.name}: a line names no {name}: fill it, or give the log in another form")
    runs = runs.assign(named=runs["model"], family=log.family, params=np.nan, checkpoint=None, prompt=log.prompt)
    runs["shots"] = runs["line_shots"].astype("Int64").fillna(pd.NA if log.shots is None else log.shots)
    if log.identity is not None:
        runs = runs.assign(
            named=str(log.identity.row["model"]), params=log.identity.params, checkpoint=log.identity.checkpoint
        )
    places = [log.place or _place(log, str(task)) for task in runs["task"]]
    return runs.assign(benchmark=[b for b, _ in places], task_name=[t for _, t in places], when=log.when)


def _run_name(run: dict[Any, Any]) -> str:
    """A run's task, and its scorer or filter where there is one."""
    return str(run["task_name"]) if run["filter"] == "none" else f"{run['task_name']} ({run['filter']})"


def _place(log: Log, task: str) -> tuple[str, str]:
    return (log.benchmark, task) if log.benchmark else harness_place(task)


def _is_whole(runs: pd.DataFrame, log: Log) -> bool:
    """Whether the file holds all the items its header speaks of, and a score of some."""
    if runs.empty or (log.items_stated is not None and int(runs["items"].max()) < log.items_stated):
        return False
    return any(
        int(run[f"{metric}_missing"]) < int(run["items"]) for run in runs.to_dict("records") for metric in METRICS
    )


def _of_header(log: Log, runs: pd.DataFrame) -> Reading:
    """The scores of a log's own header, where the file holds no samples, a part of them, or none that is a share."""
    assert log.header is not None
    there = 0 if runs.empty else int(runs["items"].max())
    reading = Reading(log.source.name, log.kind, when=log.when, notes=[log.note] if log.note else [])
    reading.rows = pd.DataFrame(header_rows(log.header, log.source, log.top, reading))
    if reading.rows.empty:
        why = ", ".join(reading.refused) or f"{there} of {log.items_stated or 'its'} samples are in the file"
        raise DataError(f"{log.source.name}: no usable score: {why}")
    if there < (log.items_stated or 1):
        reading.notes.append(
            f"{log.source.name}: {there:,} of {log.items_stated or 'its'} samples are in the file: scores of its header"
        )
    return reading


_SAME = 5e-4
"""A header's accuracy is rounded no further than this."""


def _reading(log: Log, runs: pd.DataFrame) -> Reading:
    """The scores of one file; a metric that some items lack is refused as a whole, never a mean over a part."""
    reading = Reading(log.source.name, log.kind, when=log.when, notes=[log.note] if log.note else [])
    rows = []
    scored = False
    for run in runs.to_dict("records"):
        items, again = int(run["items"]), int(run["lines"] - run["items"])
        if log.items_stated is not None and log.header is None and items < log.items_stated:
            reading.found += 1
            reading.refused[f"{items} of {log.items_stated} items of {_run_name(run)} are in the log"] += 1
            scored = True
            continue
        if again:
            reading.notes.append(
                f"{log.source.name}: {count_of(again, 'line')} of {run['task_name']} answer an item again: "
                "each item counts once"
            )
        measured = [metric for metric in METRICS if int(run[f"{metric}_missing"]) < items]
        scored |= bool(measured)
        if not measured:
            reading.found += 1
            reading.refused[f"no score from 0 to 1 in any of the items of {_run_name(run)}"] += 1
        for metric in measured:
            missing = int(run[f"{metric}_missing"])
            reading.found += 1
            name = log.accuracy if metric == "accuracy" else metric
            if missing:
                reading.refused[f"{name} missing in some of the items of {_run_name(run)}"] += 1
                continue
            score, stderr = run[metric], run[f"{metric}_stderr"]
            stated = _stated_accuracy(log, run) if metric == "accuracy" else None
            if stated is not None and abs(stated - score) > _SAME:
                reading.notes.append(
                    f"{log.source.name}: its samples average {score:.4f}, its header says {stated:.4f}, which counts"
                )
                score = stated
            rows.append(
                {
                    "benchmark": run["benchmark"],
                    "task": run["task_name"],
                    "metric": metric_name(name, str(run["filter"])),
                    "shots": None if pd.isna(run["shots"]) else int(run["shots"]),
                    "prompt": run["prompt"],
                    "family": log.family,
                    "model": run["named"],
                    "checkpoint": run["checkpoint"],
                    "params": None if pd.isna(run["params"]) else run["params"],
                    "score": score,
                    "stderr": None if pd.isna(stderr) else stderr,
                    "n_examples": items,
                    "source": f"{log.kind}, {log.source.path.name if log.source.path else 'standard input'}",
                    **log.columns_of_run,
                }
            )
    reading.rows = pd.DataFrame(rows)
    if not scored:
        raise DataError(f"{log.source.name}: no item holds a score (accuracy, exact match or choices' log-likelihoods)")
    return reading


def _stated_accuracy(log: Log, run: dict[Any, Any]) -> float | None:
    """The accuracy of one scorer by the log's own header, where it is of all samples in the usual way."""
    scores = log.header.scores if log.header is not None and log.top is None else []
    of_run = [s for s in scores if len(scores) == 1 or s.get("name") == run["filter"]]
    if len(of_run) != 1 or of_run[0].get("reducer") not in (None, "mean") or of_run[0].get("unscored_samples"):
        return None
    return number_of(as_dict(as_dict(of_run[0].get("metrics")).get("accuracy")).get("value"))


def _with_profiles(
    runs: pd.DataFrame, models: pd.DataFrame | None, measured: Callable[[pd.DataFrame], pd.DataFrame]
) -> pd.DataFrame:
    """One row a run, of several runs of one key the newest."""
    runs = runs.assign(named=short_names(runs["named"]))
    known = complete(runs.drop(columns="model").rename(columns={"named": "model"}), models).rows
    runs = runs.assign(
        params=pd.to_numeric(known["params"]),
        family=known["family"].fillna(runs["named"]),
        released=pd.to_datetime(known["released"]),
    )
    for metric in ("prob_correct", "brier_score"):
        runs[metric] = runs[metric].where(runs[f"{metric}_missing"] == 0)
    runs = runs.sort_values("when", na_position="first", kind="stable")
    runs["panel"] = runs.groupby(_PLACE, dropna=False, sort=False).ngroup()
    newest = ~pd.DataFrame({"panel": runs["panel"], "model": fold_series(runs["named"])}).duplicated(keep="last")
    runs = runs[newest].sort_index()
    table = runs.join(measured(runs.dropna(subset="params")[[*RUN, "panel", "family", "params", "released"]]))
    table = table.drop(columns=["model", "task"]).rename(columns={"named": "model", "task_name": "task"})
    return table.sort_values(["benchmark", "task", "filter", "params", "model"])[PROFILE_COLUMNS].reset_index(drop=True)
