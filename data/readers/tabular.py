"""Tables people keep, long (one row a score), wide (one column a task) or the other way round, as raw rows.

Which column is what, and in which unit, is found out and said in one line; what the user says goes first.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import replace

import numpy as np
import pandas as pd

from scale_forecast.data.catalog import bundled_tasks
from scale_forecast.data.days import as_days
from scale_forecast.data.errors import DataError, UsageError
from scale_forecast.data.model_names import step_in_name
from scale_forecast.data.models import checkpoint_of
from scale_forecast.data.names import count_of, did_you_mean, fold
from scale_forecast.data.numbers import as_numbers
from scale_forecast.data.readers import averages
from scale_forecast.data.readers.cells import EMPTY, Numbers, as_cells, as_sizes, plain_name
from scale_forecast.data.readers.files import Source
from scale_forecast.data.readers.headers import (
    counts_rows,
    is_no_model,
    is_no_score,
    is_only_size,
    looks_like_models,
    metric_alone,
    our_column,
    scores_of,
    shots_of,
)
from scale_forecast.data.readers.layout import Form, Layout, Titled, find_titles
from scale_forecast.data.readers.reading import Reading
from scale_forecast.data.readers.scales import ask_direction, count_refusals, in_units, without_direction
from scale_forecast.data.readers.tables import ABOVE, DELIMITER, IS_WESTERN, OTHER_SHEETS, OTHER_TABLES, SKIPPED
from scale_forecast.data.results import COLUMNS, REQUIRED
from scale_forecast.data.sizes import sizes_in_name

_CELL = "_cell"
_TITLE = "_title"
_EMPTY = "empty cell"
_FEW = 40
"""Columns that are named where some are left aside."""
_RIGHT = tuple(map(fold, ("correct", "n_correct", "num_correct", "number correct", "correct answers")))
_WHOLE = tuple(
    map(fold, ("total", "n_total", "num_total", "n", "n_examples", "num_examples", "questions", "n_questions"))
)
_VOTES = frozenset(map(fold, ("votes", "battles", "number of votes", "num battles", "n votes")))
_LEAST_RATING = 400.0
"""Above this, and beside counts of votes, scores are ratings: no share, grade or percentage is so high."""
_SHOTS_BEHIND = r"\(\s*([0-9]+)[\s-]*shots?\b"
_WORDS_OF_A_NAME = 2
_CAPTION = re.compile(r"(?:table|tab|figure|fig|results?|scores?|benchmarks?|evaluations?|source)\b", re.IGNORECASE)


def read_table(frame: pd.DataFrame, source: Source, layout: Layout, model: str | None = None) -> Reading:
    """A table as raw rows of the results table; ``model`` is the family of models whose titles are sizes alone.

    Raises
    ------
    DataError
        When the table holds no scores under any reading of its titles.
    """
    for ours, value in layout.constants.items():
        if ours in frame.columns:
            raise UsageError(f"{source.name}: has a column {ours!r} already: leave out --set {ours}={value}")
    if frame.empty:
        raise DataError(f"{source.name}: the table has no rows: give at least one score")
    _require_header(frame, source)
    frame = _drop_index(_with_counts(frame))
    table = find_titles(frame, layout, source.name)
    if table.form is Form.NONE:
        raise _no_scores(frame, table, source)
    reading = Reading(source.name, _FORMATS[table.form], is_table=True, notes=_remarks(frame, table, source))
    skipped = int(frame.attrs.get(SKIPPED, 0))
    long = _LONG[table.form](table)
    for ours, value in layout.constants.items():
        long[ours] = value
    _with_shots(long)
    if "task" not in long:
        _call_by_file(long, frame, table, source, reading)
    if table.form is Form.ACROSS and (aside := [t for t in long[_TITLE].unique() if is_no_score(str(t))]):
        reading.notes.append(f"{source.name}: rows left aside, being no scores: {', '.join(aside)}")
        long = long[~long[_TITLE].isin(aside)].reset_index(drop=True)
    for ours in ("model", "task", "benchmark", "metric"):
        names = {name: plain_name(str(name)) for name in long[ours].dropna().unique()} if ours in long else {}
        if any(name != plain for name, plain in names.items()):
            long[ours] = long[ours].map(names)
    _with_checkpoints(long)
    reading.found = len(long) + skipped
    if "model" in long and (people := [n for n in long["model"].dropna().unique() if is_no_model(str(n))]):
        reading.refused["of people or chance, not of a model"] += int(long["model"].isin(people).sum())
        long = long[~long["model"].isin(people)].reset_index(drop=True)
    if skipped:
        reading.refused["line with another number of cells than the header"] += skipped
    european = frame.attrs.get(DELIMITER) == ";"
    long, notes = _with_sizes(long, table.units)
    long, others = _with_days(long)
    reading.notes += [f"{source.name}: {note}" for note in (*notes, *others)]
    cells = as_cells(long[_CELL], european=european)
    long = _with_units(long, cells, layout, table.form, reading, european)
    if len(long) and "model" in long:
        long = _name_by_size(long, model or _title_above(frame) or source.stem, reading)
    if "benchmark" not in long and "benchmark" not in layout.constants and len(long):
        _with_benchmarks(long)
    reading.rows = long.drop(columns=[c for c in (_CELL, _TITLE) if c in long]).reset_index(drop=True)
    of = averages.of_names if table.form is Form.LONG else averages.of_titles
    reading.tasks = of(reading.rows)
    return reading


_FORMATS = {
    Form.LONG: "results table",
    Form.WIDE: "wide table",
    Form.ACROSS: "table with models across",
    Form.METRICS: "table with metrics across",
}


def _drop_index(frame: pd.DataFrame) -> pd.DataFrame:
    """The table without a first column that has no name and counts the rows."""
    first = str(frame.columns[0])
    if len(frame.columns) < 3 or not counts_rows(first, frame.iloc[:, 0]):
        return frame
    left = frame.iloc[:, 1:]
    left.attrs |= frame.attrs
    return left


def _require_header(frame: pd.DataFrame, source: Source) -> None:
    """Refuse a table whose first line is a model and its scores: the row would be lost as titles."""
    first, *others = map(str, frame.columns)
    numbers = as_numbers(pd.Series(others, dtype=object)).to_numpy()
    if not others or np.isnan(numbers).any() or our_column(first) is not None or not looks_like_models([first]):
        return
    as_sizes_rise = len(numbers) > 1 and bool((np.diff(numbers) > 0).all()) and numbers[-1] > 1
    if (numbers % 1 != 0).any() and not as_sizes_rise:
        raise DataError(
            f"{source.name}: the first line holds {first} and {others[0]}, no names of columns: put a line above it, "
            "as model,TASK,TASK"
        )


def _with_counts(frame: pd.DataFrame) -> pd.DataFrame:
    """A table that counts right answers and all, with their share as the score."""
    titles = {fold(str(title)): title for title in frame.columns}
    right, whole = (next((titles[name] for name in names if name in titles), None) for names in (_RIGHT, _WHOLE))
    if right is None or whole is None or any(our_column(str(title)) == "score" for title in frame.columns):
        return frame
    share = as_cells(frame[right]).value / as_cells(frame[whole]).value
    return frame.rename(columns={whole: "n_examples"}).drop(columns=right).assign(score=share)


def _no_scores(frame: pd.DataFrame, table: Titled, source: Source) -> DataError:
    have = {*table.frame.columns, *(str(c) for c in frame.columns)}
    missing = next((name for name in REQUIRED if name not in have), "score")
    near = did_you_mean(missing, [str(c) for c in frame.columns])
    if len(frame.columns) >= 2 and all(pd.to_numeric(frame[c], errors="coerce").notna().mean() > 0.5 for c in frame):
        x, y = map(str, frame.columns[:2])
        command = f"forecast curves fit {source.name} -x {shlex.quote(x)} -y {shlex.quote(y)}"
        return DataError(
            f"{source.name}: numbers alone ({x} and {y}), without a model or a task: points of a learning or scaling "
            f"curve are fitted with `{command}`; a results table needs a column model and a column for each task"
        )
    return DataError(
        f"{source.name}: no column {missing!r}{near}: a results table needs {', '.join(REQUIRED)}, or one column for "
        "each task beside a column model, or tasks down and models across; say which is which with --column, or --wide"
    )


def _remarks(frame: pd.DataFrame, table: Titled, source: Source) -> list[str]:
    """What was taken for what, and what was left aside."""
    said = [f"{theirs!r} as {ours}" for theirs, ours in table.taken.items()]
    remarks = [f"{source.name}: {table.form.value}{': ' if said else ''}{', '.join(said)}"]
    if not said and table.form in (Form.LONG,):
        remarks = []
    if table.aside:
        wrong = [(c, near) for c in table.aside[:_FEW] if (near := did_you_mean(c, COLUMNS)) and our_column(c) is None]
        rest = f" and {len(table.aside) - _FEW:,} more" if len(table.aside) > _FEW else ""
        hint = f"; {wrong[0][0]!r}{wrong[0][1]}" if wrong and table.form is Form.LONG else ""
        remarks.append(f"{source.name}: columns left aside: {', '.join(table.aside[:_FEW])}{rest}{hint}")
    others = frame.attrs.get(OTHER_SHEETS) or []
    if others:
        remarks.append(
            f"{source.name}: of the workbook only the first sheet with a table is read, not {', '.join(others)}"
        )
    if more := frame.attrs.get(OTHER_TABLES):
        remarks.append(f"{source.name}: of the page's tables of numbers only the first is read, {more} are not")
    if frame.attrs.get(IS_WESTERN):
        remarks.append(f"{source.name}: is not in UTF-8 and read as Windows-1252")
    return remarks


def _long(table: Titled) -> pd.DataFrame:
    frame = table.frame
    if "task" not in frame and "benchmark" in frame:
        frame = frame.assign(task=frame["benchmark"])
    return frame.rename(columns={"score": _CELL})


def _wide(table: Titled) -> pd.DataFrame:
    """One column a task: each title is taken apart into task, metric, shots and prompt."""
    about = [c for c in table.frame.columns if c not in table.scores]
    long = table.frame.melt(id_vars=about, value_vars=table.scores, var_name=_TITLE, value_name=_CELL)
    return _with_titles(long, _TITLE)


def _across(table: Titled) -> pd.DataFrame:
    """One column a model: each row's title is taken apart."""
    about = [c for c in table.frame.columns if c not in table.scores]
    long = table.frame.melt(id_vars=about, value_vars=table.scores, var_name="model", value_name=_CELL)
    is_task = "task" not in long
    long["task"] = long["benchmark"] if is_task else long["task"]
    long = long[long["task"].notna()].reset_index(drop=True)
    long[_TITLE] = long["task"].astype(str)
    long = _with_titles(long, _TITLE)
    return long.assign(benchmark=long["task"]) if is_task else long


def _metrics(table: Titled) -> pd.DataFrame:
    """One column a metric."""
    about = [c for c in table.frame.columns if c not in table.scores]
    long = table.frame.melt(id_vars=about, value_vars=table.scores, var_name="metric", value_name=_CELL)
    asked = {title: header.shots for title in table.scores if (header := shots_of(title)) is not None}
    if asked and "shots" not in long:
        long["shots"] = long["metric"].map(asked)
    long["metric"] = long["metric"].map({title: metric_alone(title) for title in table.scores})
    if "task" not in long and "benchmark" in long:
        long["task"] = long["benchmark"]
    return long


_LONG = {Form.LONG: _long, Form.WIDE: _wide, Form.ACROSS: _across, Form.METRICS: _metrics}


def _with_titles(long: pd.DataFrame, title: str) -> pd.DataFrame:
    """Task, metric, shots and prompt as titles say them; what a column says goes first."""
    headers = {str(name): scores_of(str(name)) for name in long[title].dropna().unique()}
    names = long[title].astype(str)
    long["task"] = names.map({name: header.task for name, header in headers.items()})
    for column in ("metric", "shots", "prompt"):
        said = {name: value for name, header in headers.items() if (value := getattr(header, column)) is not None}
        if said:
            by_title = names.map(said)
            long[column] = by_title if column not in long else long[column].where(long[column].notna(), by_title)
    return long


def _call_by_file(long: pd.DataFrame, frame: pd.DataFrame, table: Titled, source: Source, reading: Reading) -> None:
    """A table of one task that it does not name is of the task the file is called after; of ratings, an arena's."""
    if source.path is None or did_you_mean("task", table.aside):
        raise _no_scores(frame, table, source)
    titles = {fold(str(title)) for title in frame.columns}
    numbers = as_cells(long[_CELL]).value
    if titles & _VOTES and "metric" not in long and numbers.min() > _LEAST_RATING:
        long["task"], long["metric"] = "Arena Score", "elo"
        return
    long["task"] = source.stem
    reading.notes.append(f"{source.name}: the task is called {source.stem!r} after the file: say --set task=NAME")


def _with_shots(long: pd.DataFrame) -> None:
    """Shots and prompt as cells say them: in a column (``5-shot``, ``-``) or behind a score (``86.4 (5-shot)``)."""
    if "shots" in long:
        texts = {text: str(text).strip() for text in long["shots"].dropna().unique()}
        found = {text: shots_of(plain) for text, plain in texts.items()}
        said = {text: header.shots for text, header in found.items() if header is not None}
        empty = {text for text, plain in texts.items() if plain.casefold() in EMPTY}
        if said or empty:
            cots = long["shots"].isin([text for text, header in found.items() if header and header.prompt])
            if cots.any() and "prompt" not in long:
                long["prompt"] = pd.Series(None, index=long.index, dtype=object).mask(cots, "cot")
            shots = long["shots"].map(lambda text: said.get(text, None if text in empty else text))
            long["shots"] = shots.astype(object)
    elif long[_CELL].dtype == "str" or long[_CELL].dtype == object:
        cells = long[_CELL].astype("str")
        if cells.str.contains("shot", regex=False).any():
            behind = cells.str.extract(_SHOTS_BEHIND, expand=False)
            long["shots"] = pd.to_numeric(behind) if behind.notna().any() else None


def _with_checkpoints(long: pd.DataFrame) -> None:
    """Checkpoints that names end with (``pythia-410m-step3000``), where no column says them."""
    if "model" not in long or "checkpoint" in long:
        return
    found = {name: step_in_name(str(name)) for name in long["model"].dropna().unique()}
    state = {name: checkpoint_of(model, step) for name, (model, step) in found.items() if step is not None}
    if state:
        names = {name: found[name][0] + (f"@{step}" if step else "") for name, step in state.items()}
        long["checkpoint"] = long["model"].map(state)
        long["model"] = long["model"].map(lambda name: names.get(name, name))


def _with_sizes(long: pd.DataFrame, units: dict[str, float]) -> tuple[pd.DataFrame, list[str]]:
    """Sizes as numbers, whatever way they are written; what is none is unknown, and said."""
    notes = []
    for name in ("params", "active_params", "train_tokens", "train_flops"):
        if name not in long:
            continue
        number, at_work, bad = as_sizes(long[name], units.get(name, 1.0))
        if bad.any():
            first = long.loc[bad, name].iloc[0]
            such = count_of(int(bad.sum()), "such cell")
            notes.append(f"{name} {first!r} is no size ({such}): taken as unknown; write 7B, or the unit in the title")
        long[name] = number
        if name == "params" and at_work.notna().any():
            given = long["active_params"] if "active_params" in long else pd.Series(np.nan, index=long.index)
            long["active_params"] = given.where(given.notna(), at_work)
    return long, notes


def _with_days(long: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Days as YYYY-MM-DD, whatever way they are written; what is none is left to be counted."""
    notes = []
    for name in ("released", "known_on", "seen_on"):
        if name in long:
            long[name], said = as_days(long[name])
            notes += [f"{name} {note}" for note in said]
    return long, notes


def _with_units(
    long: pd.DataFrame, cells: Numbers, layout: Layout, form: Form, reading: Reading, european: bool
) -> pd.DataFrame:
    """Rows with a score in the unit of its metric; the others are refused and counted, each with its reason."""
    metric = long["metric"] if "metric" in long else pd.Series(None, index=long.index, dtype=object)
    metric = metric.astype(object).where(metric.notna(), "accuracy")
    if "stderr" in long:
        stated = as_cells(long["stderr"], european=european)
        cells = replace(cells, stderr=stated.value.fillna(cells.stderr))
    group = long[_TITLE].astype(str) if _TITLE in long else _groups(long, metric)
    one = form in (Form.LONG, Form.ACROSS)
    scaled = in_units(cells, metric, group, top=layout.top, is_one_column=one)
    reading.notes += [f"{reading.name}: {note}" for note in scaled.notes]
    refused = scaled.refused
    no_number = cells.value.isna()
    refused = refused.where(~no_number, _EMPTY)
    if cells.is_bad.any():
        at = int(np.flatnonzero(cells.is_bad.to_numpy())[0])
        row = f" in row {at + 2}" if form is Form.LONG else ""
        refused = refused.where(~cells.is_bad, f"score not a number, first {str(long[_CELL].iloc[at])[:30]!r}{row}")
    if form is Form.LONG:
        refused = refused.where(~(no_number & ~cells.is_bad), "empty score")
    no_way = refused.isna() & without_direction(long.assign(metric=metric))
    for name in metric[no_way].unique():
        refused[no_way & (metric == name)] = ask_direction(str(name))
    long = long.assign(score=scaled.score)
    if scaled.stderr.notna().any() or "stderr" in long:
        long = long.assign(stderr=scaled.stderr)
    reading.refused.update(count_refusals(refused))
    return long[refused.isna()]


def _groups(long: pd.DataFrame, metric: pd.Series) -> pd.Series:
    """The task and metric of each row, as text; the benchmark too where one is given."""
    parts = [long[name].astype("str") for name in ("benchmark", "task") if name in long]
    if not parts:
        return metric.astype(str)
    named = parts[0] if len(parts) == 1 else parts[0].fillna("") + "/" + parts[1].fillna("")
    return named if metric.nunique() == 1 else named.fillna("") + " " + metric.astype(str)


def _title_above(frame: pd.DataFrame) -> str | None:
    """What stands above a table alone, where it can be the name of a family: a word or two that are no caption."""
    above = str(frame.attrs.get(ABOVE) or "").strip()
    return above if above and len(above.split()) <= _WORDS_OF_A_NAME and not _CAPTION.match(above) else None


def _name_by_size(long: pd.DataFrame, family: str, reading: Reading) -> pd.DataFrame:
    """Models that are called by their size alone belong to one family, named by the user or else by the file."""
    is_size = {name: is_only_size(str(name)) for name in long["model"].unique()}
    if not any(is_size.values()):
        return long
    alone = long["model"].map(is_size).astype(bool)
    if "family" in long and long.loc[alone, "family"].notna().all():
        return long.assign(model=long["model"].where(~alone, long["family"].astype(str) + " " + long["model"]))
    sizes = long["model"].astype(str).map(lambda name: sizes_in_name(name).params)
    long = long.assign(
        model=long["model"].where(~alone, family + " " + long["model"].astype(str).str.strip()),
        family=(long["family"] if "family" in long else pd.Series(None, index=long.index, dtype=object)).where(
            ~alone, family
        ),
        params=(long["params"] if "params" in long else pd.Series(np.nan, index=long.index)).where(~alone, sizes),
    )
    names = ", ".join(long.loc[alone, "model"].drop_duplicates().head(3))
    reading.notes.append(f"{reading.name}: sizes alone name models of one family ({names}): call it by --as-model")
    return long


def _with_benchmarks(rows: pd.DataFrame) -> None:
    """``MMLU/anatomy`` in a title is task ``anatomy`` of MMLU, when that benchmark is a known one."""
    known = {fold(b): b for b in bundled_tasks()["benchmark"].unique()}
    split = {t: str(t).partition("/") for t in rows["task"].dropna().unique() if "/" in str(t)}
    hit = {t: (known[fold(head)], tail) for t, (head, sign, tail) in split.items() if sign and fold(head) in known}
    if hit:
        rows["benchmark"] = rows["task"].map(lambda t: hit[t][0] if t in hit else np.nan)
        rows["task"] = rows["task"].map(lambda t: hit[t][1] if t in hit else t)
