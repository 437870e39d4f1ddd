"""Errors a user can act on. Anything else that escapes is a bug of ours.

They are written in the words of the command line, ``--train-tokens``, and say themselves in those of Python,
``train_tokens``, to whoever calls a function.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_AS_OPTIONS: ContextVar[bool] = ContextVar("as_options", default=False)
_OPTION = re.compile(r"(`[^`]*`)|(?<![\w-])--([a-z]+(?:-[a-z]+)*)(?:[ =](\w+)=([\w.]+))?")
"""What stands between backquotes is a command and stays one."""
_AXES = re.compile(r"(`[^`]*`)|(?<![\w-])-([xy])\b(?: (?='|\w+(?: -[xy]|;|$))('[^']*'|[^\s;]+))?")
"""``-x`` and ``-y``, with a column behind where both are given one."""
_RENAMED = {"task": "tasks", "as-model": "model", "product-line": "line", "question": "questions"}
_LAYOUT = {"wide": "wide=True", "percent": "percent=True", "scale": "scale=...", "task-columns": "task_columns=..."}
_PAIRS = {"set": "constants", "column": "columns"}


class ForecastError(Exception):
    """Says in one sentence what is wrong, where, and what to do. The command line exits with 1."""

    def __str__(self) -> str:
        return translate(super().__str__())


class DataError(ForecastError):
    """The data given cannot be used as they are."""


class UsageError(ForecastError):
    """The request itself cannot be understood. The command line exits with 2."""


@contextmanager
def speak_of_options() -> Iterator[None]:
    """Inside, sentences name options of the command line; elsewhere arguments of functions."""
    token = _AS_OPTIONS.set(True)
    try:
        yield
    finally:
        _AS_OPTIONS.reset(token)


def translate(sentence: str) -> str:
    """A sentence in the words of whoever reads it.

    >>> translate("give --train-tokens or see `forecast data list --sizes`")
    'give train_tokens or see `forecast data list --sizes`'
    >>> translate("say --set shots=5 or --percent")
    'say layout=Layout(constants={"shots": "5"}) or layout=Layout(percent=True)'
    >>> translate("fit them by `forecast curves fit runs.csv -x compute`")
    'fit them by `forecast curves fit runs.csv -x compute`'
    >>> translate("name by -x the column of x"), translate("as -x params -y 'Val loss'; there are params, Val loss")
    ('name by x the column of x', "as x='params' y='Val loss'; there are params, Val loss")
    """
    if _AS_OPTIONS.get():
        return sentence
    return _AXES.sub(_axis, _OPTION.sub(_argument, sentence))


def _axis(match: re.Match[str]) -> str:
    command, axis, column = match.groups()
    if command is not None:
        return str(command)
    return axis if column is None else f"{axis}={column if column.startswith(chr(39)) else repr(column)}"


def _argument(match: re.Match[str]) -> str:
    command, name, key, value = match.groups()
    if command is not None:
        return command
    if name in _PAIRS:
        return f'layout=Layout({_PAIRS[name]}={{"{key}": "{value}"}})' if key else f"layout=Layout({_PAIRS[name]}=...)"
    tail = f" {key}={value}" if key else ""
    if name in _LAYOUT:
        return f"layout=Layout({_LAYOUT[name]}){tail}"
    return _RENAMED.get(name, name.replace("-", "_")) + tail
