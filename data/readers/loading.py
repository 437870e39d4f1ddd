"""From paths to one checked results table, with an account of every score: found = kept + refused."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pandas as pd

from scale_forecast.data.errors import DataError
from scale_forecast.data.models import as_models, complete
from scale_forecast.data.names import counted, fold_series
from scale_forecast.data.readers import bigbench, lm_eval, sample_logs, tabular
from scale_forecast.data.readers.files import Limits, Source, decoded, parsed, sources
from scale_forecast.data.readers.reading import Reading
from scale_forecast.data.readers.runs import choose_runs
from scale_forecast.data.readers.tabular import Layout
from scale_forecast.data.results import COLUMNS, as_results
from scale_forecast.data.tasks import TASK_COLUMNS, as_tasks

FORMATS = (
    "a results table (CSV, Parquet, JSON lines), lm-evaluation-harness results or samples, "
    "BIG-bench scores or a BIG-bench task"
)
_REMARKS = 6


@dataclass(frozen=True)
class Loaded:
    """What `read` returns.

    Attributes
    ----------
    results : DataFrame
        As `as_results` returns it; no rows when the paths hold only task descriptors.
    tasks : DataFrame
        Descriptors found in the files, as `as_tasks` returns them; possibly no rows.
    counts : DataFrame
        One row a file: ``file, format, found, kept, refused, reasons``; found = kept + refused.
    notes : list of str
        What was inferred, refused or left out, one sentence each.
    """

    results: pd.DataFrame
    tasks: pd.DataFrame
    counts: pd.DataFrame
    notes: list[str]


def read(
    paths: Iterable[str | Path],
    *,
    models: pd.DataFrame | None = None,
    layout: Layout | None = None,
    model: str | None = None,
    limits: Limits | None = None,
    stdin: BinaryIO | None = None,
    several_sources: bool = False,
) -> Loaded:
    """Read results in any known format.

    Parameters
    ----------
    paths : files, directories, or ``-`` for ``stdin``; gzip is undone
    models : a models table (`data.models.as_models`), asked before the bundled one
    layout : how the columns of a table are to be understood
    model : the model's name, for files that hold none
    limits : how much of a file is read at most
    several_sources : a key may stand once for each source; a file whose rows name none is a source of its own

    Raises
    ------
    DataError
        When a file the user named cannot be read as results, when a table breaks the contract, or when nothing is left.
    """
    layout, limits = layout or Layout(), limits or Limits()
    readings, unread = [], []
    for source in sources(paths, stdin):
        try:
            readings.append(_read_one(source, layout, model, limits))
        except DataError as error:
            if source.root is None:
                raise
            unread.append(str(error))
    if not readings:
        raise DataError(f"no file could be read as results; the first: {unread[0]}")
    return assemble(readings, models, unread=unread, several_sources=several_sources)


def assemble(
    readings: list[Reading],
    models: pd.DataFrame | None = None,
    *,
    unread: Iterable[str] = (),
    several_sources: bool = False,
) -> Loaded:
    """One checked table of what the readers hand on, at least one reading; ``unread`` says why files were left out."""
    tables = [_checked_table(r, models, several_sources) for r in readings if r.is_table]
    logs, log_notes = _checked_logs([r for r in readings if not r.is_table], models)
    frames = [t for t, _ in tables] + ([logs] if logs is not None else [])
    notes = [n for _, ns in tables for n in ns] + log_notes
    results = _joined(frames, len(readings), several_sources)
    tasks = _task_rows(readings)
    if results.empty and tasks.empty:
        raise DataError(f"{readings[0].name}: no usable score is left: {_reasons(sum_of(readings))}")
    return Loaded(
        results=results,
        tasks=tasks,
        counts=_counts(readings),
        notes=[*_account(readings, list(unread)), *notes, *_remarks(readings), *_undated(results)],
    )


def _read_one(source: Source, layout: Layout, model: str | None, limits: Limits) -> Reading:
    """One file by the reader its content asks for."""
    head = source.head()
    if head[:4] == b"PAR1":
        return _table(source, layout, limits)
    if not head.strip():
        raise DataError(f"{source.name}: the file is empty")
    text = decoded(head, source.name, whole=False)
    first = text.lstrip()[:1]
    if first not in ("{", "["):
        return _table(source, layout, limits)
    record = _first_record(text)
    if record is not None:
        if sample_logs.is_sample(record):
            return sample_logs.read_sample_log(source, limits, model)
        return _table(source, layout, limits)
    document = parsed(decoded(source.whole(limits.json), source.name), source.name)
    if isinstance(document, dict):
        if lm_eval.is_lm_eval(document):
            return lm_eval.read_lm_eval(document, source, model)
        if bigbench.is_score_file(document):
            return bigbench.read_score_file(document, source, model)
        if bigbench.is_task(document):
            return bigbench.read_task(document, source)
        if "score" not in document:
            raise DataError(f"{source.name}: is JSON of an unknown kind: give {FORMATS}")
    return _table(source, layout, limits)


def _first_record(text: str) -> dict[str, object] | None:
    """The first line when it is a JSON object by itself and more lines follow or could: then these are JSON lines."""
    line, _, rest = text.lstrip().partition("\n")
    try:
        record = parsed(line, "")
    except DataError:
        return None
    if isinstance(record, dict) and (rest.strip() or sample_logs.is_sample(record) or "score" in record):
        return record
    return None


def _table(source: Source, layout: Layout, limits: Limits) -> Reading:
    frame = tabular.read_frame(source, limits)
    if source.root is not None and not tabular.is_results_frame(frame, layout):
        raise DataError(f"{source.name}: is not {FORMATS}")
    return tabular.read_table(frame, source, layout)


def _checked_table(
    reading: Reading, models: pd.DataFrame | None, several_sources: bool
) -> tuple[pd.DataFrame, list[str]]:
    """A table people wrote: strict, an error for the first bad row."""
    rows, notes = reading.rows, []
    if {"model"} <= set(rows.columns) and not rows["model"].isna().any():
        done = complete(rows, models)
        rows, notes = done.rows, done.notes
    source = reading.name if several_sources else None
    return as_results(rows, where=reading.name, source=source, several_sources=several_sources), notes


def _checked_logs(readings: list[Reading], models: pd.DataFrame | None) -> tuple[pd.DataFrame | None, list[str]]:
    """The output of harnesses: of several runs of one key one counts (`data.readers.runs`), the others are counted."""
    frames = [r.rows.assign(_file=i, _when=r.when) for i, r in enumerate(readings) if len(r.rows)]
    if not frames:
        return None, []
    rows = pd.concat(frames, ignore_index=True)
    rows["model"] = short_names(rows["model"])
    done = complete(rows, models)
    chosen = choose_runs(done.rows, readings)
    notes = [*done.notes, *chosen.notes]
    if chosen.rows.empty:
        return None, notes
    rows = chosen.rows.drop(columns=["_file", "_when"]).reset_index(drop=True)
    where = readings[0].name if len(readings) == 1 else f"{len(readings)} files"
    return as_results(rows, where=where), notes


def short_names(models: pd.Series) -> pd.Series:
    """Models without the organisation, except where two organisations have a model of one name."""
    full = models.drop_duplicates()
    short = full.str.rsplit("/", n=1).str[-1]
    clash = short[fold_series(short).duplicated(keep=False)].index
    names = dict(zip(full, short, strict=True)) | {full[i]: full[i] for i in clash}
    return models.map(names)


def _joined(frames: list[pd.DataFrame], n_files: int, several_sources: bool) -> pd.DataFrame:
    if not frames:
        return pd.DataFrame(columns=list(COLUMNS))
    if len(frames) == 1:
        return frames[0]
    together = pd.concat(frames, ignore_index=True)
    return as_results(together, where=f"the {n_files} files together", several_sources=several_sources)


def _task_rows(readings: list[Reading]) -> pd.DataFrame:
    rows = pd.DataFrame([t for r in readings for t in r.tasks])
    if rows.empty:
        return pd.DataFrame(columns=list(TASK_COLUMNS))
    key = pd.DataFrame({c: fold_series(rows[c]) for c in ("benchmark", "task")})
    merged = rows.groupby([key["benchmark"], key["task"]], sort=False).first()
    return as_tasks(merged.reset_index(drop=True), where="task descriptors")


def sum_of(readings: list[Reading]) -> Counter[str]:
    """All refusals of several files."""
    return sum((r.refused for r in readings), Counter())


def _counts(readings: list[Reading]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "file": r.name,
            "format": r.format,
            "found": r.found,
            "kept": r.found - r.refused.total(),
            "refused": r.refused.total(),
            "reasons": _reasons(r.refused),
        }
        for r in readings
    )


def _reasons(refused: Counter[str]) -> str:
    return ", ".join(f"{count} {reason}" for reason, count in refused.most_common())


def _account(readings: list[Reading], unread: list[str]) -> list[str]:
    """The sentence on what was found, kept and refused, and one on files that were not read."""
    formats = Counter(r.format for r in readings)
    refused = sum_of(readings)
    found = sum(r.found for r in readings)
    kinds = ", ".join(f"{n} x {f}" if n > 1 else f for f, n in formats.items())
    said = (
        f"{counted(len(readings), 'file')} ({kinds}): {counted(found, 'score')} found, "
        f"{found - refused.total():,} kept, {refused.total():,} refused"
    )
    notes = [said + (f": {_reasons(refused)}" if refused else "")]
    if unread:
        notes.append(f"{counted(len(unread), 'file')} in the directory left out, the first because {unread[0]}")
    return notes


def _remarks(readings: list[Reading]) -> list[str]:
    remarks = list(dict.fromkeys(note for r in readings for note in r.notes))
    computed = sum(r.computed_n for r in readings)
    if computed:
        remarks.insert(0, f"n_examples of {counted(computed, 'score')} computed from standard errors")
    more = [f"and {len(remarks) - _REMARKS} more remarks of this kind"] if len(remarks) > _REMARKS else []
    return remarks[:_REMARKS] + more


def _undated(results: pd.DataFrame) -> list[str]:
    names = results.loc[results["known_on"].isna(), "model"].drop_duplicates()
    if names.empty:
        return []
    some = ", ".join(names.head(3)) + (", ..." if len(names) > 3 else "")
    return [f"no release date of {some}: no fold that depends on dates uses them; give released in --models"]


def read_tasks(path: str | Path, *, limits: Limits | None = None) -> pd.DataFrame:
    """A user's tasks table (CSV, Parquet or JSON), or the descriptors of a BIG-bench task folder."""
    path = Path(path)
    if path.is_dir():
        tasks = read([path], limits=limits).tasks
        if tasks.empty:
            raise DataError(f"{path}: no task is described in this directory: give a tasks table or BIG-bench tasks")
        return tasks
    return as_tasks(_frame(path, limits), where=str(path))


def read_models(path: str | Path, *, limits: Limits | None = None) -> pd.DataFrame:
    """A user's models table (CSV, Parquet or JSON)."""
    return as_models(_frame(Path(path), limits), where=str(path))


def _frame(path: Path, limits: Limits | None) -> pd.DataFrame:
    frame = tabular.read_frame(sources([path])[0], limits or Limits())
    return frame.replace({np.nan: None})
