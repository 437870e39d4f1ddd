"""How a table's columns are to be understood: what the user says of them, and what their titles say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

import pandas as pd

from scale_forecast.data.errors import DataError, UsageError
from scale_forecast.data.names import did_you_mean, fold
from scale_forecast.data.readers.cells import as_cells, as_sizes, without_markup
from scale_forecast.data.readers.headers import (
    is_no_score,
    is_only_size,
    is_rescaled,
    is_spread,
    looks_like_models,
    metric_alone,
    our_column,
    shots_of,
    unit_of,
)
from scale_forecast.data.readers.tables import UNNAMED
from scale_forecast.data.results import COLUMNS
from scale_forecast.data.sizes import format_size

_SIZES = ("params", "active_params", "train_tokens", "train_flops")
_EFFORTS = {
    "xhigh",
    "high",
    "medium",
    "low",
    "minimal",
    "none",
    "max",
    "thinking",
    "non-thinking",
    "default",
    "no thinking",
}
_LOOKED_AT = 200
"""Rows that are looked at to find out what a column of no known title holds."""
_SEVERAL = 2
_FIRST = 6
"""Columns among which one that names models is looked for."""
_ENOUGH = 0.5
"""A column of which at least this share of the filled cells are numbers is one of scores."""


@dataclass(frozen=True)
class Layout:
    """What the user says of a table.

    Attributes
    ----------
    wide : bool
        One column a task, one row a model.
    columns : mapping
        Our column name to the file's.
    constants : mapping
        Our column name to a value for the whole file.
    task_columns : tuple of str
        Of a wide table, the columns that are tasks; () when all that are not ours.
    percent : bool
        Scores are percentages.
    scale : float or None
        Scores whose scale no file states run from 0 to this.
    """

    wide: bool = False
    columns: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    task_columns: tuple[str, ...] = ()
    percent: bool = False
    scale: float | None = None

    def __post_init__(self) -> None:
        for ours in (*self.columns, *self.constants):
            if ours not in COLUMNS:
                raise UsageError(
                    f"{ours!r} is no column of a results table{did_you_mean(ours, COLUMNS)}: "
                    f"the columns are {', '.join(COLUMNS)}"
                )
        if self.scale is not None and not self.scale > 0:
            raise UsageError(f"a scale runs from 0 to a positive number, not to {self.scale:g}")

    @property
    def top(self) -> float | None:
        """Where scores whose scale no file states end."""
        return 100.0 if self.percent else self.scale


class Form(Enum):
    """How a table is laid out."""

    LONG = "one row a score"
    WIDE = "one column a task"
    ACROSS = "one column a model"
    METRICS = "one column a metric"
    LONE = "one row a score, of no known title"
    NONE = "no scores"


@dataclass(frozen=True)
class Titled:
    """A table under our names.

    Attributes
    ----------
    frame : DataFrame
    taken : dict
        The file's title to our column, where they differ and the user did not say so.
    units : dict
        Our column of sizes to the unit its title gives it.
    form : Form
    scores : list of str
        Columns that hold scores, unless the form is long.
    aside : list of str
        Columns that are left aside.
    """

    frame: pd.DataFrame
    taken: dict[str, str]
    units: dict[str, float]
    form: Form
    scores: list[str]
    aside: list[str]


def find_titles(frame: pd.DataFrame, layout: Layout, name: str) -> Titled:
    """Find out which column is what.

    Raises
    ------
    DataError
        When a column the user names is not there, or no form of a table of scores fits.
    """
    for ours, theirs in layout.columns.items():
        if theirs not in frame.columns:
            raise DataError(
                f"{name}: no column {theirs!r}{did_you_mean(theirs, map(str, frame.columns))} "
                f"to take as {ours}: the columns are {', '.join(map(str, frame.columns))}"
            )
    frame = _with_plain_titles(_without_empty(frame), {*layout.columns.values(), *layout.task_columns})
    said = {theirs: ours for ours, theirs in layout.columns.items()}
    guessed = _guess_columns(frame, set(layout.columns) | set(layout.constants), {*said, *layout.task_columns})
    if not {"model", "family"} & {*guessed.values(), *said.values(), *layout.constants}:
        guessed |= _find_models(frame, {*guessed, *said, *layout.task_columns})
    if "shots" not in {*guessed.values(), *said.values(), *layout.constants}:
        frame, asked = _find_shots(frame, {*guessed, *said, *layout.task_columns})
        guessed |= asked
    if "setting" not in {*guessed.values(), *said.values(), *layout.constants}:
        guessed |= _find_settings(frame, {*guessed, *said, *layout.task_columns})
    names = guessed | said
    units = {ours: unit_of(theirs) for theirs, ours in names.items() if ours in _SIZES}
    frame = _with_models(frame.rename(columns=names), layout, units.get("params", 1.0))
    have = {*map(str, frame.columns), *layout.constants}
    form, scores = _form(frame, have, layout, name)
    if form is Form.LONE:
        frame, guessed[scores[0]] = frame.rename(columns={scores[0]: "score"}), "score"
        form, scores = Form.LONG, []
    if form is Form.ACROSS and not {"task", "benchmark"} & have:
        tasks = _find_tasks(frame, scores)
        frame = frame.rename(columns={tasks: "task"})
        guessed[tasks] = "task"
    if form is Form.ACROSS and "model" in frame:
        frame = frame.rename(columns={"model": "family"})
    if form is Form.WIDE and "model" not in have:
        guessed[str(frame.columns[0])] = "model"
        frame = frame.rename(columns={frame.columns[0]: "model"})
    about = [c for c in frame.columns if c in COLUMNS and c not in scores]
    if form is not Form.LONG:
        about = [c for c in about if c not in ("score", *(("task",) if form is Form.WIDE else ()))]
    if form in (Form.WIDE, Form.METRICS) and len(scores) > 1:
        about = [c for c in about if c != "stderr"]  # one column of errors beside several of scores is of any of them
    named = {*about, *scores}
    aside = [str(c) for c in frame.columns if c not in named]
    taken = {theirs: ours for theirs, ours in guessed.items() if fold(theirs) != fold(ours)}
    return Titled(frame[[*about, *scores]], taken, units, form, scores, aside)


def _with_plain_titles(frame: pd.DataFrame, said: set[str]) -> pd.DataFrame:
    """Titles without the markup of pages, but for those that the user names; two stay two."""
    plain = {c: without_markup(str(c)) for c in frame.columns if str(c) not in said}
    names = {c: name for c, name in plain.items() if name != c and list(plain.values()).count(name) == 1}
    return frame.rename(columns=names) if names else frame


def _find_models(frame: pd.DataFrame, used: set[str]) -> dict[str, str]:
    """A column of no known title beside others of numbers that names another model in each of several rows."""
    if len(frame) < _SEVERAL:
        return {}
    for title in map(str, frame.columns[:_FIRST]):
        cells = frame[title].dropna()
        if title in used or our_column(title) is not None or len(cells) < len(frame) or is_no_score(title):
            continue
        texts = cells.iloc[:_LOOKED_AT].map(str)
        if texts.nunique() > _ENOUGH * len(texts) and not _holds_numbers(frame[title]) and looks_like_models(texts):
            return {title: "model"}
    return {}


def _find_shots(frame: pd.DataFrame, used: set[str]) -> tuple[pd.DataFrame, dict[str, str]]:
    """A column of no known title of which most cells say how a task was asked, with nothing else in it."""
    for title in (str(c) for c in frame.columns[:_FIRST] if str(c) not in used):
        cells = frame[title].dropna()
        some = [text for text in cells.iloc[:_LOOKED_AT] if isinstance(text, str)]
        if sum(shots_of(text) is not None for text in some) >= max(1, _ENOUGH * len(cells.iloc[:_LOOKED_AT])):
            asks = {text: shots_of(str(text)) is not None for text in cells.unique()}
            if cells.map(asks).mean() >= _ENOUGH:
                return frame.assign(**{title: frame[title].where(frame[title].map(asks).eq(True))}), {title: "shots"}
    return frame, {}


def _find_settings(frame: pd.DataFrame, used: set[str]) -> dict[str, str]:
    """A column of no known title that says in each cell how hard a model was set to think."""
    for title in (str(c) for c in frame.columns[:_FIRST] if str(c) not in used):
        some = {str(text).strip().casefold() for text in frame[title].iloc[:_LOOKED_AT].dropna()}
        if some and some <= _EFFORTS and frame[title].nunique() > 1:
            return {title: "setting"}
    return {}


def _find_tasks(frame: pd.DataFrame, models: list[str]) -> str:
    """The column that names a task in each row, of a table with models across: the first whose cells all differ."""
    others = [str(c) for c in frame.columns if c not in models and c not in COLUMNS]
    return next((c for c in others if frame[c].notna().all() and frame[c].is_unique), str(frame.columns[0]))


def _with_models(frame: pd.DataFrame, layout: Layout, unit: float) -> pd.DataFrame:
    """A table that names its models by their size, or by family and size, with a column for their names."""
    if "model" in frame or "model" in layout.constants or "params" not in frame or not len(frame):
        return frame
    size, _, bad = as_sizes(frame["params"], unit)
    if bad.any() or size.isna().any():
        return frame
    name = size.map(format_size)
    return frame.assign(model=frame["family"].astype(str) + " " + name if "family" in frame else name)


def _without_empty(frame: pd.DataFrame) -> pd.DataFrame:
    """A table without columns of no name and no content, as a comma at the end of each line makes them."""
    empty = [c for c in frame.columns if str(c).startswith(UNNAMED.format("")) and frame[c].isna().all()]
    return frame.drop(columns=empty) if empty else frame


def _guess_columns(frame: pd.DataFrame, said: set[str], used: set[str]) -> dict[str, str]:
    """Titles that mean one of our columns; of several the first, and an exact one before all."""
    found: dict[str, str] = {}
    titles = [str(c) for c in frame.columns if str(c) not in used]
    for exact in (True, False):
        for title in titles:
            ours = our_column(title)
            if ours is None or title in found or ours in said or ours in found.values():
                continue
            if exact == (fold(title) == fold(ours)):
                found[title] = ours
    return found


def _form(frame: pd.DataFrame, have: set[str], layout: Layout, name: str) -> tuple[Form, list[str]]:
    if layout.wide or layout.task_columns:
        return Form.WIDE, _task_columns(frame, layout, name)
    place = bool({"task", "benchmark"} & have)
    if "model" in have and "score" in have:
        return Form.LONG, []
    others = [str(c) for c in frame.columns if c not in COLUMNS]
    numbers = _scores_among(frame, others)
    if "model" in have and place:
        metrics = [c for c in numbers if metric_alone(c) is not None]
        sizes = [c for c in numbers if is_only_size(c)]
        if sizes and not metrics and "family" not in have:
            return Form.ACROSS, sizes
        return (Form.METRICS, metrics) if metrics else (Form.LONE, numbers) if len(numbers) == 1 else (Form.NONE, [])
    if "model" in have:
        alone = {(metric, _shots(c)) for c in numbers if (metric := metric_alone(c)) is not None}
        if numbers and len(alone) == len(numbers):
            return Form.METRICS, numbers
        return (Form.WIDE, numbers) if numbers else (Form.NONE, [])
    first = str(frame.columns[0]) if len(frame.columns) else ""
    labels = frame[first].dropna().map(str) if first else pd.Series(dtype=str)
    models = [c for c in numbers if c != first]
    if models and (place or first not in numbers) and looks_like_models(models):
        return Form.ACROSS, models
    if models and first in others and first not in numbers and looks_like_models(labels):
        return Form.WIDE, models
    return Form.NONE, []


def _shots(title: str) -> int | None:
    header = shots_of(title)
    return header.shots if header is not None else None


def _scores_among(frame: pd.DataFrame, titles: list[str]) -> list[str]:
    """Columns of numbers that can be scores: no errors of others, no times, prices or ranks."""
    return [
        c
        for c in titles
        if _holds_numbers(frame[c]) and not (is_no_score(c) or is_spread(c, titles) or is_rescaled(c, titles))
    ]


def _task_columns(frame: pd.DataFrame, layout: Layout, name: str) -> list[str]:
    if "model" not in frame.columns and "model" not in layout.constants:
        raise DataError(f"{name}: a wide table needs a column 'model': say which with --column model=NAME")
    missing = [t for t in layout.task_columns if t not in frame.columns]
    if missing:
        raise DataError(
            f"{name}: no column {missing[0]!r}{did_you_mean(missing[0], map(str, frame.columns))} for a task"
        )
    if layout.task_columns:
        return list(layout.task_columns)
    ours = [c for c in ("task", "score") if c in frame.columns]
    if ours:
        raise DataError(f"{name}: has a column {ours[0]!r}, so it is no wide table: leave out --wide")
    others = [str(c) for c in frame.columns if c not in COLUMNS]
    tasks = _scores_among(frame, others)
    if not tasks:
        raise DataError(f"{name}: no column is left to be a task: none of the others holds numbers")
    return tasks


def _holds_numbers(column: pd.Series) -> bool:
    cells = as_cells(column)
    filled = cells.value.notna() | cells.is_bad
    return bool(filled.any()) and cells.value.notna().sum() >= _ENOUGH * filled.sum()


def is_table_of_scores(frame: pd.DataFrame, layout: Layout) -> bool:
    """True when the columns, as the layout and their titles name them, make a results table."""
    try:
        return find_titles(frame, layout, "").form is not Form.NONE
    except DataError:
        return False
