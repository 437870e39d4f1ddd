"""The models table, and how a results table that lacks sizes, tokens or families is completed.

In this order: what the results say themselves, the user's models table, the bundled models, the model's name.
Whatever did not stand in the file is said in a note.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache

import numpy as np
import pandas as pd

from scale_forecast.data.catalog import bundled_models, frontier_models
from scale_forecast.data.errors import DataError, UsageError
from scale_forecast.data.names import counted, fold, fold_series, refuse_unknown_columns
from scale_forecast.data.sizes import family_in_name, parse_size, size_in_name

MODEL_COLUMNS = {
    "model": "str",
    "checkpoint": "str",
    "params": "size",
    "train_tokens": "size",
    "train_flops": "size",
    "family": "str",
    "line": "str",
    "tuning": "str",
    "released": "date",
}
FILLED = [c for c in MODEL_COLUMNS if c not in ("model", "checkpoint")]
"""What a models table can tell of a model."""

_TUNED = {
    "instruct": "instruct",
    "it": "instruct",
    "chat": "instruct",
    "sft": "instruct",
    "dpo": "rlhf",
    "rlhf": "rlhf",
}
_LAST_CHECKPOINT = {"pythia": "step143000"}
"""Families whose published final weights are also a numbered checkpoint."""


def as_models(frame: pd.DataFrame, *, where: str = "models") -> pd.DataFrame:
    """Check a models table: `MODEL_COLUMNS`, one row per (model, checkpoint). Sizes may be written 540B or 1.3T.

    Raises
    ------
    DataError
        For unknown columns, a missing or repeated model, or a value that is no size or date.
    """
    refuse_unknown_columns(frame, MODEL_COLUMNS, where)
    if "model" not in frame.columns or frame.empty:
        raise DataError(f"{where}: a models table needs a column 'model' and at least one row")
    table = frame.reset_index(drop=True).reindex(columns=list(MODEL_COLUMNS))
    for name, kind in MODEL_COLUMNS.items():
        if kind == "size":
            table[name] = [_size(value, name, row, where) for row, value in enumerate(table[name])]
        elif kind == "date":
            days = [_day(value, name, row, where) for row, value in enumerate(table[name])]
            table[name] = pd.Series(days, dtype="datetime64[s]")
        else:
            table[name] = table[name].astype(object).where(table[name].notna(), None)
    if table["model"].isna().any():
        raise DataError(
            f"{where}: row {int(np.flatnonzero(table['model'].isna())[0]) + 2} names no model: fill or drop it"
        )
    repeated = pd.DataFrame({c: fold_series(table[c]) for c in ("model", "checkpoint")}).duplicated()
    if repeated.any():
        row = int(np.flatnonzero(repeated)[0])
        raise DataError(f"{where}: row {row + 2} describes {table['model'].iloc[row]!r} again: keep one row per model")
    return table


def _size(value: object, name: str, row: int, where: str) -> float:
    if pd.isna(value):  # type: ignore[call-overload]
        return np.nan
    try:
        return parse_size(str(value))
    except UsageError:
        raise DataError(
            f"{where}: {name} {value!r} in row {row + 2} is not a positive size: write it as 540B, 1.3T or 540e9"
        ) from None


def _day(value: object, name: str, row: int, where: str) -> object:
    if pd.isna(value):  # type: ignore[call-overload]
        return pd.NaT
    try:
        return pd.to_datetime(str(value), format="ISO8601").tz_localize(None).normalize()
    except ValueError:
        raise DataError(
            f"{where}: {name} {value!r} in row {row + 2} is not a date: write dates as YYYY-MM-DD"
        ) from None


@dataclass
class Completed:
    """A results table with what could be found of its models, and what was inferred, as sentences."""

    rows: pd.DataFrame
    notes: list[str] = field(default_factory=list)


def complete(rows: pd.DataFrame, models: pd.DataFrame | None = None) -> Completed:
    """Fill what a raw results table leaves open about its models; never overwrites.

    Parameters
    ----------
    rows : DataFrame
        At least ``model``; any of `MODEL_COLUMNS`.
    models : DataFrame, optional
        As `as_models` returns it.
    """
    rows = rows.copy()
    for name in ("checkpoint", *FILLED):
        if name not in rows:
            rows[name] = None
        rows[name] = rows[name].astype(object).where(rows[name].notna(), None)
    key = rows["model"].astype(str) + "\0" + rows["checkpoint"].map(lambda c: "" if c is None else str(c)).astype(str)
    codes, names = pd.factorize(key)
    first = np.full(len(names), -1)
    first[codes[::-1]] = np.arange(len(rows))[::-1]
    said = _Said()
    lookups = [_Lookup("the models table", models)] if models is not None else []
    lookups += _bundled_lookups()
    known = [_describe(rows.iloc[at], lookups, said) for at in first]
    for name in FILLED:
        fill = pd.Series([one.get(name) for one in known], dtype=object).iloc[codes].set_axis(rows.index)
        if name == "line":
            fill = _one_line_a_family(rows, fill)
        rows[name] = rows[name].where(rows[name].notna(), fill)
    return Completed(rows, said.notes())


def _one_line_a_family(rows: pd.DataFrame, fill: pd.Series) -> pd.Series:
    """Of a family of which some models are of a known line and some unknown, all belong to the known one."""
    open_rows = rows["line"].isna()
    pairs = pd.DataFrame({"family": rows["family"], "line": fill})[open_rows].drop_duplicates()
    other = pairs[pairs["line"].map(lambda x: fold(str(x))) != pairs["family"].map(lambda x: fold(str(x)))]
    single = other.drop_duplicates("family", keep=False).set_index("family")["line"]
    mixed = pairs["family"][pairs["family"].duplicated()].unique()
    single = single[single.index.isin(mixed)]
    return fill.where(~rows["family"].isin(single.index), rows["family"].map(single))


class _Said:
    """Collects what was inferred from where, and puts it into one sentence per origin and set of models."""

    def __init__(self) -> None:
        self.found: dict[tuple[str, str], dict[str, None]] = {}

    def add(self, column: str, origin: str, model: str) -> None:
        self.found.setdefault((column, origin), {})[model] = None

    def notes(self) -> list[str]:
        columns: dict[tuple[str, tuple[str, ...]], list[str]] = {}
        for (column, origin), models in self.found.items():
            columns.setdefault((origin, tuple(models)), []).append(column)
        sentences = []
        for (origin, names), found in columns.items():
            some = ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")
            sentences.append(f"{', '.join(found)} of {counted(len(names), 'model')} taken from {origin} ({some})")
        return sentences


class _Lookup:
    """A models table, found by folded name."""

    def __init__(self, origin: str, table: pd.DataFrame) -> None:
        self.origin = origin
        records: list[dict[str, object]] = [
            {str(c): v for c, v in record.items()} for record in table.to_dict("records")
        ]
        self.at = {(fold(str(r["model"])), _folded(r.get("checkpoint"))): r for r in records}

    def find(self, model: str, checkpoint: object) -> dict[str, object]:
        for name in _spellings(model):
            if (fold(name), _folded(checkpoint)) in self.at:
                return self.at[fold(name), _folded(checkpoint)]
        return {}


@cache
def _bundled_lookups() -> tuple[_Lookup, ...]:
    frontier = frontier_models()[["model", "params", "train_tokens", "train_flops", "released"]].copy()
    frontier["model"] = frontier["model"].str.replace(r"[()]", "", regex=True)
    return _Lookup("the bundled models", bundled_models()), _Lookup("the bundled frontier models", frontier)


def _folded(checkpoint: object) -> str:
    return fold(str(checkpoint)) if isinstance(checkpoint, str) and checkpoint else ""


def _spellings(model: str) -> list[str]:
    """A name as written, without its organisation, and without the suffix of converted weights."""
    short = model.rsplit("/", 1)[-1]
    return [model, short, re.sub(r"-hf$", "", short)]


def _describe(row: pd.Series, lookups: Sequence[_Lookup], said: _Said) -> dict[str, object]:
    """Everything to be known of one model, by column; its tokens and compute only from rows of the same checkpoint."""
    model, checkpoint = str(row["model"]), row["checkpoint"]
    known: dict[str, object] = {c: row[c] for c in FILLED if row[c] is not None}
    for lookup in lookups:
        found = lookup.find(model, checkpoint)
        if checkpoint is not None and not found:
            whole = lookup.find(re.sub(rf"@{re.escape(str(checkpoint))}$", "", model), None)
            found = {c: whole[c] for c in ("params", "line", "tuning", "released") if c in whole}
            if isinstance(whole.get("family"), str):
                found["family"] = f"{whole['family']}@{checkpoint}"
        for column in FILLED:
            value = found.get(column)
            if column not in known and value is not None and not pd.isna(value):  # type: ignore[call-overload]
                known[column] = value
                said.add(column, lookup.origin, model)
    _from_name(model, checkpoint, known, said)
    return known


def _from_name(model: str, checkpoint: object, known: dict[str, object], said: _Said) -> None:
    if "params" not in known and "train_flops" not in known:
        size = size_in_name(model)
        if size is not None:
            known["params"] = size
            said.add("params", "the model's name", model)
    bare = _spellings(model)[-1]
    if "family" not in known:
        known["family"] = family_in_name(bare)
        if checkpoint is not None and f"@{checkpoint}" not in str(known["family"]):
            known["family"] = f"{known['family']}@{checkpoint}"
        if fold(str(known["family"])) != fold(bare):
            said.add("family", "the model's name", model)
    if "tuning" not in known:
        words = re.split(r"[\s\-_.]+", bare.casefold())
        tuned = [_TUNED[w] for w in words if w in _TUNED]
        if tuned:
            known["tuning"] = tuned[-1]
            said.add("tuning", "the model's name", model)
    if "line" not in known:
        line, origin = line_of(str(known["family"]))
        known["line"] = line
        if fold(line) != fold(str(known["family"])):
            said.add("line", origin, model)


def line_of(family: str) -> tuple[str, str]:
    """The line a family belongs to by its name, and where that comes from.

    The line of the bundled family of that name, or a bundled line whose words begin the family's name, unless a
    version number follows (PaLM 2 is not PaLM); else the family without the words that speak of tuning or of a
    checkpoint, so that base and chat models of one name are held out together.

    >>> line_of("OPT-IML")[0], line_of("PaLM-2")[0], line_of("Llama-3.2-Instruct")[0], line_of("Pythia@step9")[0]
    ('OPT', 'PaLM-2', 'Llama-3.2', 'Pythia')
    """
    words = _words(family.partition("@")[0])
    families, lines = _bundled_lines()
    for name in (family, family.partition("@")[0]):
        if fold(name) in families:
            return families[fold(name)], "the bundled family of that name"
    for line, head in lines:
        rest = words[len(head) :]
        if [w.casefold() for w in words[: len(head)]] == head and not (rest and rest[0][0].isdigit()):
            return line, "the bundled line of that name"
    base = family.partition("@")[0]
    for word in words:
        if word.casefold() in _TUNED:
            base = re.sub(rf"[\s\-_]*\b{re.escape(word)}\b", "", base)
    return base.strip(" -_") or family, "the model's name"


@cache
def _bundled_lines() -> tuple[dict[str, str], list[tuple[str, list[str]]]]:
    """Folded family to its line; and the lines with their words, longest first."""
    models = bundled_models()
    families = {fold(f): line for f, line in zip(models["family"], models["line"], strict=True)}
    lines = sorted(models["line"].unique(), key=len, reverse=True)
    return families, [(line, [w.casefold() for w in _words(line)]) for line in lines]


def _words(name: str) -> list[str]:
    return [w for w in re.split(r"[\s\-_]+", name) if w]


def checkpoint_of(model: str, revision: object) -> str | None:
    """The checkpoint a model revision stands for; None for the final weights.

    >>> [checkpoint_of("pythia-1.4b", revision) for revision in ("step63000", "step143000", "main")]
    ['step63000', None, None]
    """
    match = re.fullmatch(r"(?:global_?)?(step)[_-]?(\d+)", str(revision)) if revision is not None else None
    if not match:
        return None
    step = match[1] + match[2]
    final = {last for family, last in _LAST_CHECKPOINT.items() if fold(family) in fold(model)}
    return None if step in final else step
