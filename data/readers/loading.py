"""From paths to one checked results table, with an account of every score: found = kept + refused."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pandas as pd

from scale_forecast.data.dates import RUN_DATE
from scale_forecast.data.errors import DataError
from scale_forecast.data.models import as_models, complete
from scale_forecast.data.names import count_of, fold_series
from scale_forecast.data.readers.content import Content
from scale_forecast.data.readers.files import Limits, Source, sources
from scale_forecast.data.readers.layout import Layout
from scale_forecast.data.readers.reading import Reading
from scale_forecast.data.readers.registry import LAST, READERS, TABLE
from scale_forecast.data.readers.rows import usable_rows
from scale_forecast.data.readers.runs import choose_runs
from scale_forecast.data.readers.scales import ask_direction, without_direction
from scale_forecast.data.readers.tables import read_frame
from scale_forecast.data.results import COLUMNS, as_results, join_results
from scale_forecast.data.tasks import TASK_COLUMNS, as_tasks

_REMARKS = 6
_COMMON = ("Inspect log", "lm-evaluation-harness or lighteval results", "HELM statistics", "every_eval_ever record")


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
    paths: Iterable[str | Path | Source],
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
    paths : files, directories, ``-`` for ``stdin``, or sources; gzip is undone
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
    readings, unread, passed = [], list[str](), list[str]()
    for source in sources(paths, stdin):
        try:
            readings.append(read_one(source, layout, model, limits))
        except DataError as error:
            if source.root is None:
                raise
            (passed if _is_for_people(source) else unread).append(str(error))
    if not readings:
        raise DataError(f"no file could be read as results; the first: {[*unread, *passed][0]}")
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
    frames = [t for t, _ in tables if len(t)] + ([logs] if logs is not None else [])
    notes = [n for _, ns in tables for n in ns] + log_notes
    results = _join_frames(frames, len(readings), several_sources)
    tasks = _task_rows(readings)
    if results.empty and tasks.empty:
        raise DataError(f"{readings[0].name}: no usable score is left: {_reasons(sum_of(readings))}")
    return Loaded(
        results=results,
        tasks=tasks,
        counts=_counts(readings),
        notes=[*_account(readings, list(unread)), *notes, *_remarks(readings), *_remark_undated(results)],
    )


def read_one(source: Source, layout: Layout, model: str | None, limits: Limits) -> Reading:
    """One file by the first reader that recognises it; tables are looked for last."""
    content = Content(source, limits)
    last = [reader.name for reader in LAST if reader is not TABLE]
    names = [*(name for name in READERS if name not in {*last, TABLE.name}), *last]
    reader = next((READERS[name] for name in names if READERS[name].recognises(content)), TABLE)
    if reader is TABLE and (not TABLE.recognises(content) or (source.root is not None and _is_for_people(source))):
        raise content.unknown(formats())
    reading = reader.read(content, layout, model)
    better = layout.constants.get("higher_is_better")
    if better is not None and not reading.is_table and len(reading.rows):
        stated = reading.rows.get("higher_is_better", pd.Series(None, reading.rows.index, dtype=object)).astype(object)
        reading.rows["higher_is_better"] = stated.where(stated.notna(), better)
    return reading


def _is_for_people(source: Source) -> bool:
    """Whether a file of a directory is most often a text beside results: then it is read where it is of a format."""
    return source.path is not None and source.path.suffix.lower() in (".md", ".yaml", ".yml")


def formats() -> str:
    """What is read, in words: the formats met most, those of other distributions, and where all of ours are listed."""
    ours = {reader.name for reader in READERS.ours}
    named = ", ".join([*_COMMON, *(name for name in READERS if name not in ours)])
    return f"{named} or a {TABLE.name}; the manual's page on data lists {len(ours)} formats"


def _checked_table(
    reading: Reading, models: pd.DataFrame | None, several_sources: bool
) -> tuple[pd.DataFrame, list[str]]:
    """A table people wrote: a bad row refuses itself and is counted."""
    rows = reading.rows
    notes: list[str] = []
    if rows.empty:
        return pd.DataFrame(columns=list(COLUMNS)), notes
    if "model" in rows and rows["model"].notna().all():
        done = complete(rows, models)
        rows, notes = done.rows, done.notes
    source = reading.name if several_sources else None
    return _as_results(rows, [reading], reading.name, source, several_sources, models), notes


def _as_results(
    rows: pd.DataFrame,
    readings: list[Reading],
    where: str,
    source: str | None = None,
    several_sources: bool = False,
    models: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """The rows as a results table; where it refuses them, the rows that break its contract are counted and left out."""
    about = {c: rows[c] for c in ("_file", "_when") if c in rows}
    plain = rows.drop(columns=list(about))
    how = {"where": where, "source": source, "several_sources": several_sources}
    try:
        return as_results(plain, **how)  # type: ignore[arg-type]
    except DataError as error:
        usable, refused, notes = usable_rows(plain, several_sources=several_sources)
        if not refused and not notes:
            raise
        files = about.get("_file", pd.Series(0, index=rows.index))
        lost = files[~files.index.isin(usable.index)]
        _count(refused, lost, readings)
        readings[0].notes += [f"{where}: {note}" for note in notes]
        if usable.empty:
            raise DataError(str(error)) from None
        if "family" not in usable or usable["family"].isna().any():
            usable = complete(usable, models).rows
        return as_results(usable, **how)  # type: ignore[arg-type]


def _count(refused: Counter[str], lost: pd.Series, readings: list[Reading]) -> None:
    """Book refusals of rows of several files on the files, which know how many but not why each."""
    if lost.nunique() <= 1:
        readings[int(lost.iloc[0]) if len(lost) else 0].refused.update(refused)
        return
    why = ", ".join(refused)
    for file, count in lost.value_counts().items():
        readings[int(file)].refused[why] += int(count)  # type: ignore[call-overload]


def _checked_logs(readings: list[Reading], models: pd.DataFrame | None) -> tuple[pd.DataFrame | None, list[str]]:
    """The output of harnesses: of several runs of one key one counts (`data.readers.runs`), the others are counted."""
    frames = [r.rows.assign(_file=i, _when=r.rows.get("_when", r.when)) for i, r in enumerate(readings) if len(r.rows)]
    if not frames:
        return None, []
    rows = pd.concat(frames, ignore_index=True)
    rows["model"] = short_names(rows["model"])
    rows = _with_direction(rows, readings)
    if rows.empty:
        return None, []
    done = complete(rows, models)
    chosen = choose_runs(done.rows, readings)
    notes = [*done.notes, *chosen.notes]
    if chosen.rows.empty:
        return None, notes
    where = readings[0].name if len(readings) == 1 else f"{len(readings)} files"
    rows, dated = _date_by_run(chosen.rows.reset_index(drop=True))
    return _as_results(rows, readings, where), [*notes, *dated]


def _date_by_run(rows: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Scores of models whose release nobody states are known from the day on which they were run; and a remark."""
    empty = pd.Series(None, index=rows.index, dtype=object)
    stated = rows.get("released", empty).notna() | rows.get("known_on", empty).notna()
    ran = pd.to_datetime(rows["_when"].astype("float64"), unit="s", errors="coerce").dt.normalize()
    by_run = ~stated & ran.notna()
    if not by_run.any():
        return rows, []
    days = rows.get("known_on", empty).astype(object).where(~by_run, ran)
    basis = rows.get("known_basis", empty).astype(object).where(~by_run, RUN_DATE)
    models = rows.loc[by_run, "model"].drop_duplicates()
    some = ", ".join(models.head(3)) + (", ..." if len(models) > 3 else "")
    said = (
        f"no release date of {some}: {count_of(int(by_run.sum()), 'score')} dated by the run; give released in --models"
    )
    return rows.assign(known_on=days, known_basis=basis), [said]


def _with_direction(rows: pd.DataFrame, readings: list[Reading]) -> pd.DataFrame:
    """Without scores of metrics of which nobody says which way is better, each counted with the question to answer."""
    if "metric" not in rows:
        return rows
    unknown = without_direction(rows)
    counts = rows.loc[unknown].groupby(["_file", "metric"], sort=False).size().reset_index(name="rows")
    for file, metric, count in counts.itertuples(index=False, name=None):
        readings[int(file)].refused[ask_direction(str(metric))] += int(count)
    return rows[~unknown].reset_index(drop=True)


def short_names(models: pd.Series) -> pd.Series:
    """Models without the organisation, except where two organisations have a model of one name."""
    full = models.drop_duplicates()
    short = full.str.rsplit("/", n=1).str[-1]
    clash = short[fold_series(short).duplicated(keep=False)].index
    names = dict(zip(full, short, strict=True)) | {full[i]: full[i] for i in clash}
    return models.map(names)


def _join_frames(frames: list[pd.DataFrame], n_files: int, several_sources: bool) -> pd.DataFrame:
    if not frames:
        return pd.DataFrame(columns=list(COLUMNS))
    if len(frames) == 1:
        return frames[0]
    return join_results(frames, where=f"the {n_files} files together", several_sources=several_sources)


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
        f"{count_of(len(readings), 'file')} ({kinds}): {count_of(found, 'score')} found, "
        f"{found - refused.total():,} kept, {refused.total():,} refused"
    )
    notes = [said + (f": {_reasons(refused)}" if refused else "")]
    if unread:
        notes.append(f"{count_of(len(unread), 'file')} in the directory left out, the first because {unread[0]}")
    return notes


def _remarks(readings: list[Reading]) -> list[str]:
    remarks = list(dict.fromkeys(note for r in readings for note in r.notes))
    computed = sum(r.computed_n for r in readings)
    if computed:
        remarks.insert(0, f"n_examples of {count_of(computed, 'score')} computed from standard errors")
    more = [f"and {len(remarks) - _REMARKS} more remarks of this kind"] if len(remarks) > _REMARKS else []
    return remarks[:_REMARKS] + more


def _remark_undated(results: pd.DataFrame) -> list[str]:
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
    frame = read_frame(sources([path])[0], limits or Limits())
    return frame.replace({np.nan: None})
