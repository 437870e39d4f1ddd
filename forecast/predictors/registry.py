"""All predictors by name, those of other distributions included, and what stands for one in the cache."""

from __future__ import annotations

import copy
import hashlib
import inspect
import sys
from collections.abc import Sequence
from pathlib import Path
from pickle import PicklingError

import joblib

from scale_forecast.data.errors import UsageError
from scale_forecast.data.members import Members, missing_parts
from scale_forecast.predictors.base import Predictor
from scale_forecast.predictors.boosted import Boosted
from scale_forecast.predictors.curve import CurveAverage
from scale_forecast.predictors.pooled import PooledTasks, PooledTasksRough
from scale_forecast.predictors.reference import REFERENCES
from scale_forecast.predictors.stack import Stack

PREDICTORS: Members[type[Predictor]] = Members(
    "scale_forecast.predictors",
    (*REFERENCES, CurveAverage, PooledTasks, PooledTasksRough, Boosted, Stack),
    Predictor,
    noun="predictor",
)
DEFAULT = "stack"
"""The recommended predictor."""
BESIDE = ("persistence", "drift", "pooled-law")
"""The references that ``default`` shows it beside."""


def reference_names() -> list[str]:
    """The naive predictors that stand in every report."""
    return [name for name, cls in PREDICTORS.items() if cls.is_reference]


def predictor_lines() -> list[tuple[str, str]]:
    """Each predictor's name, and what it does in one sentence."""
    return PREDICTORS.lines(first_sentence)


def first_sentence(cls: type) -> str:
    """How the docstring of a class begins."""
    return inspect.cleandoc(cls.__doc__ or "").split("\n\n")[0].replace("\n", " ")


def make(predictor: str | Predictor) -> Predictor:
    """An untrained predictor: of a name, or a copy of an instance, with its settings.

    Raises
    ------
    UsageError
        For an unknown name, with the nearest known one, and for what is no predictor.
    """
    if isinstance(predictor, str):
        return PREDICTORS.find(predictor)()
    if isinstance(predictor, type):
        raise UsageError(f"{predictor.__name__} is a class: give an instance, {predictor.__name__}()")
    if missing := missing_parts(predictor, Predictor):
        raise UsageError(f"{predictor!r} is no predictor: it brings no {', '.join(missing)}")
    return copy.deepcopy(predictor)


def name_of(predictor: str | Predictor) -> str:
    """What a predictor is called in tables."""
    return predictor if isinstance(predictor, str) else predictor.name


def distinct(predictors: Sequence[str | Predictor]) -> list[str | Predictor]:
    """The predictors, refused where two have one name: their rows could not be told apart."""
    names = [make(predictor).name for predictor in predictors]
    if twice := [name for name in names if names.count(name) > 1]:
        raise UsageError(f"two of the predictors are called {twice[0]!r}: give one of them a name of its own")
    return list(predictors)


def identity(predictor: str | Predictor) -> str | None:
    """What tells the trained states of a predictor from those of all others, beside the code of this package.

    For one of ours by name the name; an instance adds its settings, and a predictor of another distribution that
    distribution and its source. None for an instance whose source is unknown, a script's for example: what it learns
    cannot be recognised again and is not kept.
    """
    made, name = make(predictor), name_of(predictor)
    parts = [name]
    if origin := PREDICTORS.origin(name):
        if type(made) is not PREDICTORS[name]:
            return None
        parts += [origin, _source_digest(type(made).__module__)]
    elif PREDICTORS.get(name) is not type(made):
        return None
    if not isinstance(predictor, str):
        try:
            parts.append(joblib.hash(vars(made)))
        except PicklingError:
            return None
    return "|".join(parts)


def _source_digest(module: str) -> str:
    """A digest of the source of the top-level package, or single module, that a module belongs to."""
    source = Path(str(sys.modules[module.split(".")[0]].__file__))
    files = sorted(source.parent.rglob("*.py")) if source.name == "__init__.py" else [source]
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.relative_to(source.parent).as_posix().encode() + file.read_bytes())
    return digest.hexdigest()[:16]


def choose(names: str | None) -> list[str]:
    """``a,b`` as a list; ``default`` is the recommended one beside the strongest references; None is all."""
    if names is None:
        return list(PREDICTORS)
    wanted: list[str] = []
    for name in names.split(","):
        wanted += [DEFAULT, *BESIDE] if name.strip() == "default" else [name.strip()]
    for name in wanted:
        PREDICTORS.find(name)
    return list(dict.fromkeys(wanted))
