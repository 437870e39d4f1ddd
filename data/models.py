"""The models table, and how a results table that lacks sizes, tokens or families is completed.

In this order: what the results say themselves, the user's models table, the bundled models, the model's name.
Whatever did not stand in the file is said in a note.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache

import numpy as np
import pandas as pd

from scale_forecast.data.catalog import bundled_models, frontier_models, model_sizes
from scale_forecast.data.days import last_day
from scale_forecast.data.errors import DataError, UsageError
from scale_forecast.data.model_names import same_weights, weights_of, without_additions
from scale_forecast.data.names import count_of, fold, fold_series, refuse_unknown_columns
from scale_forecast.data.numbers import as_numbers
from scale_forecast.data.sizes import family_in_name, parse_sizes, sizes_in_name

MODEL_COLUMNS = {
    "model": "str",
    "checkpoint": "str",
    "params": "size",
    "active_params": "size",
    "train_tokens": "size",
    "train_flops": "size",
    "family": "str",
    "line": "str",
    "organisation": "str",
    "tuning": "str",
    "released": "date",
}
FILLED = [c for c in MODEL_COLUMNS if c not in ("model", "checkpoint")]
"""What a models table can tell of a model."""

_LAST_CHECKPOINT = {"pythia": "step143000"}
"""Families whose published final weights are also a numbered checkpoint."""
_OF_A_CHECKPOINT = ("params", "active_params", "line", "organisation", "tuning", "released")
"""What a checkpoint has of its final weights."""
_SAME_SIZE = 1.3
"""Two sizes further apart than this are of two models, whatever their names."""


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
            sizes = [_size(value, name, row, where) for row, value in enumerate(table[name])]
            table[name] = [size for size, _ in sizes]
            if name == "params":
                at_work = pd.Series([active for _, active in sizes], dtype=object)
                table["active_params"] = table["active_params"].astype(object).fillna(at_work)
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


def _size(value: object, name: str, row: int, where: str) -> tuple[float, float | None]:
    if pd.isna(value):  # type: ignore[call-overload]
        return np.nan, None
    try:
        return parse_sizes(str(value))
    except UsageError:
        raise DataError(
            f"{where}: {name} {value!r} in row {row + 2} is not a positive size: write it as 540B, 1.3T or 540e9"
        ) from None


def _day(value: object, name: str, row: int, where: str) -> object:
    if pd.isna(value):  # type: ignore[call-overload]
        return pd.NaT
    try:
        return pd.to_datetime(last_day(value), format="ISO8601").tz_localize(None).normalize()
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
    unsaid = [name for name in ("checkpoint", *FILLED) if name not in rows or rows[name].isna().all()]
    for name in ("checkpoint", *FILLED):
        rows[name] = None if name in unsaid else rows[name].astype(object).where(rows[name].notna(), None)
    key = rows["model"].astype(str)
    if "checkpoint" not in unsaid:
        key = key + "\0" + rows["checkpoint"].map(lambda c: "" if c is None else str(c)).astype(str)
    codes, names = pd.factorize(key)
    first = np.full(len(names), -1)
    first[codes[::-1]] = np.arange(len(rows))[::-1]
    said = _Said()
    lookups: list[_Lookup | _Repositories] = [_Lookup("the models table", models)] if models is not None else []
    lookups += _bundled_lookups()
    known = [_describe(rows.iloc[at], lookups, said) for at in first]
    for name in FILLED:
        if not any(name in one for one in known):
            continue
        fill = pd.Series([one.get(name) for one in known], dtype=object).iloc[codes].set_axis(rows.index)
        if name == "line":
            fill = _one_line_a_family(rows, fill)
        rows[name] = fill.infer_objects() if name in unsaid else rows[name].where(rows[name].notna(), fill)
    return Completed(rows, said.notes())


def _one_line_a_family(rows: pd.DataFrame, fill: pd.Series) -> pd.Series:
    """Of a family of which some models are of a known line and some unknown, all belong to the known one."""
    open_rows = rows["line"].isna()
    pairs = pd.DataFrame({"family": rows["family"], "line": fill})[open_rows].drop_duplicates()
    if pairs["family"].is_unique:
        return fill
    other = pairs[pairs["line"].map(lambda x: fold(str(x))) != pairs["family"].map(lambda x: fold(str(x)))]
    single = other.drop_duplicates("family", keep=False).set_index("family")["line"]
    mixed = pairs["family"][pairs["family"].duplicated()].unique()
    single = single[single.index.isin(mixed)]
    return fill.where(~rows["family"].isin(single.index), rows["family"].map(single))


class _Said:
    """Collects what was inferred from where, and puts it into one sentence per origin and set of models."""

    def __init__(self) -> None:
        self.found: dict[tuple[str, str], dict[str, None]] = {}
        self.other_models: dict[str, str] = {}
        self.own_lines: dict[str, str] = {}

    def add(self, column: str, origin: str, model: str) -> None:
        self.found.setdefault((column, origin), {})[model] = None

    def notes(self) -> list[str]:
        columns: dict[tuple[str, tuple[str, ...]], list[str]] = {}
        for (column, origin), models in self.found.items():
            columns.setdefault((origin, tuple(models)), []).append(column)
        sentences = [
            f"{', '.join(found)} of {count_of(len(names), 'model')} taken from {origin} ({_some(names)})"
            for (origin, names), found in columns.items()
        ]
        sentences += [
            f"{model} is not the {other}: its size differs, so nothing else is taken from there"
            for model, other in self.other_models.items()
        ]
        if self.own_lines:
            family, like = next(iter(self.own_lines.items()))
            sentences.append(
                f"lines of their own: {_some(self.own_lines)}; {family!r} begins like the bundled {like!r}: if it "
                "shares weights or data with it, say so in the column line of --models"
            )
        return sentences


def _some(names: Iterable[str]) -> str:
    names = list(names)
    return ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")


class _Lookup:
    """A models table, found by folded name."""

    def __init__(self, origin: str, table: pd.DataFrame) -> None:
        self.origin = origin
        records: list[dict[str, object]] = [
            {str(c): v for c, v in record.items() if not pd.isna(v)}  # type: ignore[call-overload]
            for record in table.to_dict("records")
        ]
        self.at = {(fold(str(r["model"])), _fold_checkpoint(r.get("checkpoint"))): r for r in records}

    def find(self, model: str, checkpoint: object) -> dict[str, object]:
        """What the table says of a model; of its weights where it lists them under the name of no copy."""
        for name in _spellings(model):
            if (fold(name), _fold_checkpoint(checkpoint)) in self.at:
                return self.at[fold(name), _fold_checkpoint(checkpoint)]
        original = (fold(same_weights(model)), _fold_checkpoint(checkpoint))
        return {c: v for c, v in self.at.get(original, {}).items() if c not in ("family", "tuning")}


class _Repositories:
    """Published sizes by the name of a repository, which is not folded: ``gpt2`` is the smallest GPT-2."""

    origin = "the bundled sizes"

    def find(self, model: str, checkpoint: object) -> dict[str, object]:
        bare = _spellings(model)[-1]
        found = _sizes_by_name().get(bare.casefold())
        if found is not None:
            return found
        original = _sizes_by_name().get(same_weights(model).casefold(), {})
        return {column: value for column, value in original.items() if column != "family"}


@cache
def _sizes_by_name() -> dict[str, dict[str, object]]:
    return {
        str(record["model"]).casefold(): {str(c): v for c, v in record.items() if c != "model" and not pd.isna(v)}
        for record in model_sizes().to_dict("records")
    }


@cache
def _bundled_lookups() -> tuple[_Lookup | _Repositories, ...]:
    frontier = frontier_models()[["model", "params", "train_tokens", "train_flops", "released"]].copy()
    frontier["model"] = frontier["model"].str.replace(r"[()]", "", regex=True)
    return (
        _Lookup("the bundled models", bundled_models()),
        _Repositories(),
        _Lookup("the bundled frontier models", frontier),
    )


def _fold_checkpoint(checkpoint: object) -> str:
    return fold(str(checkpoint)) if isinstance(checkpoint, str) and checkpoint else ""


def _spellings(model: str) -> list[str]:
    """A name as written, without its organisation, without the suffix of converted weights, and without brackets."""
    short = model.rsplit("/", 1)[-1]
    return [model, short, re.sub(r"[()\[\]]", "", short), re.sub(r"-hf$", "", short)]


def _describe(row: pd.Series, lookups: Sequence[_Lookup | _Repositories], said: _Said) -> dict[str, object]:
    """Everything to be known of one model, by column; its tokens and compute only from rows of the same checkpoint."""
    model, checkpoint = str(row["model"]), row["checkpoint"]
    known: dict[str, object] = {c: row[c] for c in FILLED if row[c] is not None}
    for lookup in lookups:
        found = lookup.find(model, checkpoint)
        if checkpoint is not None and not found:
            whole = lookup.find(re.sub(rf"@{re.escape(str(checkpoint))}$", "", model), None)
            found = {c: whole[c] for c in _OF_A_CHECKPOINT if c in whole}
            if isinstance(whole.get("family"), str):
                found["family"] = f"{whole['family']}@{checkpoint}"
        if _is_another(known, found):
            said.other_models[model] = f"{found.get('model', model)} of {lookup.origin}"
            continue
        for column in FILLED:
            if column not in known and column in found:
                known[column] = found[column]
                said.add(column, lookup.origin, model)
    _from_name(model, checkpoint, known, said)
    return known


def _is_another(known: dict[str, object], found: dict[str, object]) -> bool:
    """Whether two models of one name differ in size by so much that they are two."""
    sizes = [one.get("params") for one in (known, found)]
    if any(size is None for size in sizes):
        return False
    mine, theirs = (
        size if isinstance(size, float) else as_numbers(pd.Series([size], dtype=object)).iloc[0] for size in sizes
    )
    return bool(mine > 0 and theirs > 0 and max(mine, theirs) > _SAME_SIZE * min(mine, theirs))


def _from_name(model: str, checkpoint: object, known: dict[str, object], said: _Said) -> None:
    bare = _spellings(model)[-1]
    sizes = sizes_in_name(without_additions(model))
    for column, size in (("params", sizes.params), ("active_params", sizes.active_params)):
        if size is not None and column not in known and "train_flops" not in known:
            known[column] = size
            said.add(column, "the model's name", model)
    if "family" not in known:
        known["family"] = family_in_name(bare.partition("@")[0])
        if checkpoint is not None and f"@{checkpoint}" not in str(known["family"]):
            known["family"] = f"{known['family']}@{checkpoint}"
        if fold(str(known["family"])) != fold(bare):
            said.add("family", "the model's name", model)
    named = weights_of(family_in_name(bare), _bundled_lines())
    if "tuning" not in known and named.tuning is not None:
        known["tuning"] = named.tuning
        said.add("tuning", "the model's name", model)
    if "line" not in known:
        family = str(known["family"])
        of_family = weights_of(family, _bundled_lines())
        known["line"] = of_family.line
        if fold(of_family.line) != fold(family):
            said.add("line", of_family.origin or "the model's name", model)
        elif (like := _begins_like(family)) is not None and fold(like) not in (fold(family), fold(of_family.line)):
            said.own_lines[family] = like


@cache
def _bundled_lines() -> dict[str, str]:
    """Folded name of a bundled family to its line."""
    models = bundled_models()
    return {fold(f): line for f, line in zip(models["family"], models["line"], strict=True)}


@cache
def _first_words() -> dict[str, str]:
    """Folded name of a bundled family to the family, to find names that begin like it."""
    return {fold(family): family for family in bundled_models()["family"].unique()}


def _begins_like(family: str) -> str | None:
    """A bundled family whose words begin a family's name, where no version follows (PaLM 2 is not like PaLM)."""
    words = [word for word in re.split(r"[\s\-_]+", family) if word]
    heads = ("".join(words[:length]) for length in range(len(words) - 1, 0, -1) if not words[length][0].isdigit())
    return next((_first_words()[fold(head)] for head in heads if fold(head) in _first_words()), None)


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
