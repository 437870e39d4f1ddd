"""Items to scores: means, standard errors by source document, and what smaller models found difficult.

The items of all files lie in one DuckDB table on disk, in the order of the files. Each file is summed by itself and
each panel (one task as several models answered it) by itself, so that memory holds one file's or one panel's groups;
what is larger spills to disk.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from scale_forecast.data.errors import DataError
from scale_forecast.data.logs.formats import NO_SHOTS, items_query
from scale_forecast.data.logs.log import ITEM_COLUMNS, METRICS, Log, batches
from scale_forecast.data.names import count_of
from scale_forecast.data.readers.files import Limits, Source, decode_text, parsed_line

if TYPE_CHECKING:
    import duckdb

RUN = ["file", "model", "task", "line_shots", "filter"]
DECILES = [f"decile_{k}" for k in range(1, 11)]
OF_PANEL = ["smaller_models", "never_solved", "failed_by_smaller", "solved_of_failed", *DECILES]
"""What is known of a run only beside others on the same items."""
UNIT = 1 << 30
"""Sums are of whole numbers of 1 / `UNIT`: those of floats depend on the order in which threads add, these do not."""


@dataclass(frozen=True)
class Engine:
    """DuckDB as it is allowed to work: threads, memory in bytes, and a folder for what does not fit."""

    folder: Path
    memory: int = 1 << 30
    threads: int = 2

    @contextmanager
    def connect(self) -> Iterator[duckdb.DuckDBPyConnection]:
        try:
            import duckdb
        except ImportError:
            raise DataError("reading item-level logs needs DuckDB: pip install 'scale-forecast[logs]'") from None
        settings: dict[str, Any] = {
            "memory_limit": f"{self.memory}B",
            "threads": self.threads,
            "temp_directory": str(self.folder / "spill"),
            "preserve_insertion_order": False,
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        }
        with duckdb.connect(str(self.folder / "items.duckdb"), config=settings) as db:
            db.execute("SET enable_progress_bar = false")
            columns = ", ".join(f'"{name}" {kind}' for name, kind in {"file": "INTEGER", **ITEM_COLUMNS}.items())
            db.execute(f"CREATE TABLE items ({columns})")
            db.execute("CREATE MACRO key(x) AS CASE WHEN x IS NOT NULL THEN hash(x::VARCHAR) END")
            yield db


def take_in(db: duckdb.DuckDBPyConnection, file: int, log: Log, limits: Limits, document: str | None) -> None:
    """Append a log's items to the table.

    Raises
    ------
    DataError
        When a line is broken or too long, or names no item, or the memory allowed does not suffice.
    """
    import duckdb

    insert = f"INSERT INTO items SELECT {file}, * FROM ({items_query(log, limits, document)})"
    try:
        if log.items is None:
            db.execute(insert)
        else:
            for batch in batches(log.items()):
                db.register("batch", batch)
                db.execute(insert)
                db.unregister("batch")
    except duckdb.Error as error:
        raise _why(str(error), log.source, limits) from None
    lost, odd = db.execute(
        f"SELECT count(*) FILTER (item IS NULL), count(*) FILTER (line_shots = {NO_SHOTS}) FROM items WHERE file = ?",
        [file],
    ).fetchall()[0]
    if lost:
        raise DataError(f"{log.source.name}: {lost:,} lines name no item (doc_id, sample_id, item): number the items")
    if odd:
        raise DataError(
            f"{log.source.name}: {count_of(odd, 'line')} with shots that are no whole number: mend or empty them"
        )


def _why(message: str, source: Source, limits: Limits) -> DataError:
    """What DuckDB says, as a sentence about the file; the broken line is looked for again, DuckDB miscounts lines."""
    if "Out of Memory" in message:
        return DataError(
            f"{source.name}: the memory allowed does not suffice: allow more with --memory, or a larger --scratch"
        )
    if "JSON" in message or "maximum_object_size" in message:
        try:
            for number, line in enumerate(source.lines(replace(limits, table=sys.maxsize)), start=1):
                if line.strip() and not isinstance(
                    parsed_line(decode_text(line, source.name), number, source.name), dict
                ):
                    return DataError(f"{source.name}: line {number} is no object in braces: this is no log of items")
        except DataError as error:
            return error
    first = message.strip().split("\n")[0].rstrip(". ")
    return DataError(f"{source.name}: cannot be read as a log ({first}): export it again")


def summaries(db: duckdb.DuckDBPyConnection, file: int) -> pd.DataFrame:
    """One row a run of a file (model and task where lines name them, and filter).

    An item that several lines answer (epochs, padding of a batch) counts once, with their mean. Columns: ``lines``,
    ``items``, ``documents`` (clusters; items where no document is named), and for each of `METRICS` ``<m>_missing``
    (items with a line that lacks it), ``<m>`` (mean over items) and ``<m>_stderr``: the standard error with items of
    one document taken together, sqrt(G / (G - 1) * sum over documents of (sum of x - mean)^2) / n (Liang and Zeger
    1986), which with one item a document is the usual one. NULL with a single document.
    """
    run = "file, model, task, line_shots, filter"
    each = ", ".join(
        f"CASE WHEN count({m}) = count(*) THEN {_whole(f'sum({_whole(m)}) / count(*)::DOUBLE / {UNIT}')} END AS {m}"
        for m in METRICS
    )
    sums = ", ".join(f"count({m}) AS n_{m}, sum({m}) AS s_{m}" for m in METRICS)
    per_metric = ", ".join(
        f"""sum(n) - sum(n_{m}) AS {m}_missing, sum(s_{m})::DOUBLE / sum(n_{m}) / {UNIT} AS {m},
        CASE WHEN count(*) > 1 THEN sqrt(greatest(0, sum(s_{m} * s_{m})::DOUBLE - 2 * (sum(s_{m})::DOUBLE / sum(n_{m}))
            * sum(s_{m} * n_{m}) + pow(sum(s_{m})::DOUBLE / sum(n_{m}), 2) * sum(n_{m} * n_{m}))
            * count(*) / (count(*) - 1)) / sum(n_{m}) / {UNIT} END AS {m}_stderr"""
        for m in METRICS
    )
    return db.execute(
        f"""WITH each AS (
            SELECT {run}, item, min(document) AS document, count(*) AS lines, {each}
            FROM items WHERE file = {file} GROUP BY {run}, item),
        clusters AS (
            SELECT {run}, coalesce(document, item) AS cluster, count(*) AS n, sum(lines) AS lines, {sums}
            FROM each GROUP BY {run}, cluster)
        SELECT {run}, sum(lines)::BIGINT AS lines, sum(n)::BIGINT AS items,
            count(*)::BIGINT AS documents, {per_metric}
        FROM clusters GROUP BY {run} ORDER BY model, task, line_shots, filter"""
    ).df()


def _whole(value: str) -> str:
    """A number of SQL in whole units."""
    return f"round({value}::DOUBLE * {UNIT})::BIGINT"


def profiles(db: duckdb.DuckDBPyConnection, runs: pd.DataFrame) -> pd.DataFrame:
    """What each model made of the items that smaller models found difficult.

    Parameters
    ----------
    runs : DataFrame
        Columns `RUN`, ``panel`` (runs on the same items), ``family``, ``params`` and ``released``.

    Returns
    -------
    DataFrame
        One row a run whose panel holds a smaller model, index as ``runs``: ``smaller_models``, ``failed_by_smaller``
        (share of items no smaller model ever answered correctly), ``solved_of_failed`` (share of those that this model
        did), and ``decile_1`` to ``decile_10``: its accuracy on tenths of the items, the most difficult first, where
        difficulty is the share of smaller models' answers that were wrong. Items of equal difficulty share the tenths
        they lie across. Nothing of this model or of larger ones enters difficulty. ``never_solved`` is the share of
        items that neither this model nor a smaller one of its family, released no later, ever answered correctly.
    """
    found = []
    for _, panel in runs.groupby("panel", sort=False):
        scale = panel["params"].rank(method="dense")
        if scale.nunique() > 1:
            found.append(_panel_profile(db, panel, scale))
    return pd.concat(found) if found else pd.DataFrame(columns=OF_PANEL)


def _panel_profile(db: duckdb.DuckDBPyConnection, panel: pd.DataFrame, scale: pd.Series) -> pd.DataFrame:
    # A model of no date counts as there before all others, which then do not count for it.
    moment = panel.groupby("family")["released"].rank(method="dense").fillna(0.0)
    members = panel[RUN].assign(
        run=panel.index,
        scale=scale.astype("int32"),
        family=pd.factorize(panel["family"])[0].astype("int32"),
        moment=moment.astype("int32"),
    )
    db.register("members", members)
    files = ", ".join(str(f) for f in members["file"].unique())
    db.execute(
        f"""CREATE TEMP TABLE answers AS
        SELECT members.run, members.scale, members.family, members.moment, item,
            round(avg(coalesce(accuracy, exact_match, acc_norm)), 9) AS correct
        FROM items JOIN members ON items.file = members.file AND items.filter = members.filter
            AND items.model IS NOT DISTINCT FROM members.model AND items.task IS NOT DISTINCT FROM members.task
            AND items.line_shots IS NOT DISTINCT FROM members.line_shots
        WHERE items.file IN ({files}) GROUP BY ALL HAVING correct IS NOT NULL"""
    )
    groups = db.execute(
        f"""WITH seen AS (
            SELECT run, correct, avg(correct) OVER smaller AS before, max(correct) OVER smaller AS best FROM answers
            WINDOW smaller AS (PARTITION BY item ORDER BY scale RANGE BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING))
        SELECT run, round(before, 9) AS before, count(*) AS n, sum({_whole("correct")})::DOUBLE / {UNIT} AS right,
            count(*) FILTER (best = 0) AS failed,
            coalesce(sum({_whole("correct")}) FILTER (best = 0), 0)::DOUBLE / {UNIT} AS solved
        FROM seen GROUP BY ALL ORDER BY run, before"""
    ).df()
    never = db.execute(
        """WITH moments AS (SELECT DISTINCT family, moment FROM members),
        seen AS (
            SELECT run, answers.moment = moments.moment AS is_own,
                max(correct) OVER (PARTITION BY item, answers.family, moments.moment ORDER BY scale
                    RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS best
            FROM answers JOIN moments ON answers.family = moments.family AND answers.moment <= moments.moment)
        SELECT run, count(*) FILTER (best = 0) / count(*) AS never FROM seen WHERE is_own GROUP BY run ORDER BY run"""
    ).df()
    db.execute("DROP TABLE answers")
    db.unregister("members")
    rows = {run: _profile(group) for run, group in groups.dropna(subset="before").groupby("run")}
    table = pd.DataFrame.from_dict(rows, orient="index", columns=OF_PANEL[2:]).reindex(never["run"])
    smaller = pd.Series({run: (scale < scale[run]).sum() for run in rows}, dtype=float)
    return table.assign(smaller_models=smaller, never_solved=never.set_index("run")["never"])[OF_PANEL]


def _profile(group: pd.DataFrame) -> dict[str, float]:
    """Of one run's items, grouped by difficulty with the most difficult first."""
    n, right = group["n"].sum(), group["right"].to_numpy()
    reached = np.concatenate([[0.0], group["n"].cumsum()])
    edges = np.interp(np.linspace(0.0, n, 11), reached, np.concatenate([[0.0], right.cumsum()]))
    failed = group["failed"].sum()
    return {
        "failed_by_smaller": failed / n,
        "solved_of_failed": group["solved"].sum() / failed if failed else np.nan,
        **dict(zip(DECILES, np.diff(edges) / (n / 10.0), strict=True)),
    }
