"""Scores that a user adds by hand: checked, kept in a file each, listed and taken away again."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import numpy as np
import pandas as pd

from scale_forecast.data.errors import DataError, UsageError
from scale_forecast.data.names import count_of, fold
from scale_forecast.data.own.files import content_of, digest, entries, remove, write_new
from scale_forecast.data.own.world import BY_HAND, OWN_COLUMNS

VENDOR = "vendor-reported"
"""The evaluator of what a model's own maker reports, in the bundled tables as here."""
_FOLDER = "added"
_ID = 8
_IDENTITY = ("benchmark", "task", "metric", "evaluator", "version", "setting", "model")


@dataclass(frozen=True)
class AddedScore:
    """One score by hand; days as YYYY-MM-DD. ``added_on`` is the day of adding, ``known_on`` when it became public."""

    benchmark: str
    task: str
    metric: str
    score: float
    model: str
    known_on: str
    added_on: str
    organisation: str | None = None
    released: str | None = None
    evaluator: str | None = None
    version: str | None = None
    setting: str | None = None
    stderr: float | None = None
    higher_is_better: bool | None = None
    source: str | None = None

    @property
    def id(self) -> str:
        """What is measured of which model and how, as 8 hex digits: one score each."""
        names = [fold(str(getattr(self, name) or "")).encode() for name in _IDENTITY]
        return digest(*names)[:_ID]

    @property
    def sentence(self) -> str:
        """For people."""
        how = ", ".join(filter(None, (self.evaluator, self.version, self.setting)))
        return f"{self.model} on {self.task}: {self.score:g}{f' ({how})' if how else ''}, known on {self.known_on}"


def add(folder: Path, scores: Sequence[AddedScore], *, replace: bool = False) -> list[AddedScore]:
    """Keep scores; those that are new. One that stands already with the same content stays as it is.

    Raises
    ------
    UsageError
        Where another score stands for the same thing, and ``replace`` is not said; then none is added.
    """
    standing = {score.id: score for score in list_added(folder)}
    twice = [score for at, score in enumerate(scores) if score.id in {other.id for other in scores[:at]}]
    if twice:
        raise UsageError(f"{twice[0].task} of {twice[0].model} stands twice: give one score")
    changed = [score for score in scores if score.id in standing and not _same(score, standing[score.id])]
    if changed and not replace:
        old = standing[changed[0].id]
        raise UsageError(
            f"{old.sentence} was added already as {old.id}: say --replace, "
            "or tell the two apart by --evaluator, --version or --setting"
        )
    new = [score for score in scores if score in changed or score.id not in standing]
    for score in new:
        path = _path(folder, score.id)
        if score in changed:
            remove(path)
        if not write_new(path, _encode_score(score)):
            raise DataError(f"{score.id} was added by another process just now: look at `forecast data added`")
    return new


def list_added(folder: Path) -> list[AddedScore]:
    """All scores by hand, by the day they became public.

    Raises
    ------
    DataError
        For a file that was not written by `add`.
    """
    found = [_read(path) for path in entries(folder / _FOLDER) if path.suffix == ".json"]
    return sorted(found, key=lambda score: (score.known_on, score.model, score.task, score.id))


def take_away(folder: Path, ids: Sequence[str]) -> list[AddedScore]:
    """Remove scores by id, all or none.

    Raises
    ------
    UsageError
        For an id that no score has.
    """
    standing = {score.id: score for score in list_added(folder)}
    for name in ids:
        if name not in standing:
            raise UsageError(
                f"no score of yours has the id {name!r}: `forecast data added` lists "
                f"{count_of(len(standing), 'score')} by hand"
            )
    for name in ids:
        remove(_path(folder, name))
    return [standing[name] for name in dict.fromkeys(ids)]


def added_rows(scores: Sequence[AddedScore], as_of: pd.Timestamp | None = None) -> pd.DataFrame:
    """The scores that were known on a day (all for None), as `data.own.world` takes them.

    ``known_on`` is the user's word, a listing that was seen on that day; ``seen_on``, which the strict reading goes by,
    is the day of adding.
    """
    known = [score for score in scores if as_of is None or pd.Timestamp(score.known_on) <= as_of]
    rows = pd.DataFrame([asdict(score) for score in known], columns=[field.name for field in fields(AddedScore)])
    rows = rows.rename(columns={"added_on": "seen_on"}).assign(
        known_basis="listing date",
        evaluator_kind=[_kind(score) for score in known],
        shots=np.nan,
        n_examples=np.nan,
        licence="yours",
        dataset=BY_HAND,
        source=[score.source or BY_HAND for score in known],
    )
    return rows.reindex(columns=OWN_COLUMNS)


def _kind(score: AddedScore) -> str:
    return "vendor" if score.evaluator == VENDOR else "listed"


def _same(score: AddedScore, other: AddedScore) -> bool:
    return asdict(score) | {"added_on": ""} == asdict(other) | {"added_on": ""}


def _path(folder: Path, name: str) -> Path:
    return folder / _FOLDER / f"{name}.json"


def _encode_score(score: AddedScore) -> bytes:
    return (json.dumps(asdict(score), ensure_ascii=False, indent=1) + "\n").encode()


def _read(path: Path) -> AddedScore:
    try:
        score = AddedScore(**json.loads(content_of(path)))
        days = [pd.Timestamp(day) for day in (score.known_on, score.added_on, score.released) if day is not None]
        if score.id != path.stem or not np.isfinite(score.score) or len(days) < 2:
            raise ValueError("another score than its name says")
    except (ValueError, TypeError, KeyError) as error:
        raise DataError(
            f"{path}: is not as `forecast data add` wrote it ({error}): remove the file and add the score again"
        ) from None
    return score
