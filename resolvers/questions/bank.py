"""Questions in files: YAML text read with one sentence for what is wrong in it, and the bank bundled with the tool."""

from __future__ import annotations

import datetime as dt
import re
import typing
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import yaml
from pydantic import ValidationError

from scale_forecast.data.catalog import QUESTIONS
from scale_forecast.data.errors import DataError, UsageError
from scale_forecast.data.names import did_you_mean
from scale_forecast.data.readers.files import text_of
from scale_forecast.data.readers.yaml_parts import ShallowLoader
from scale_forecast.resolvers.kinds import KINDS
from scale_forecast.resolvers.questions.question import Question


def bundled_questions() -> list[Question]:
    """Every question that comes with the tool."""
    return list(_bank())


@cache
def _bank() -> tuple[Question, ...]:
    """The bundled files, parsed once a process: that takes longer than all else of most commands on questions."""
    return tuple(read_files([QUESTIONS], _Quick))


def read_files(paths: Iterable[Path], loader: type[_Loader] | type[_Quick] | None = None) -> list[Question]:
    """The questions of some YAML files, or of all YAML files in a folder, in order; an id may stand only once.

    Raises
    ------
    DataError
        For a file that cannot be read, with its name; for a bad question, its place; for a repeated id.
    """
    found: dict[str, tuple[Question, Path]] = {}
    for path in paths:
        for file in sorted(path.glob("*.yaml")) if path.is_dir() else [path]:
            for question in parse_questions(text_of(file), where=file.name, loader=loader):
                if question.id in found:
                    first = found[question.id][1].name
                    raise DataError(f"{file.name}: question {question.id!r} already stands in {first}: rename one")
                found[question.id] = (question, file)
    return [question for question, _ in found.values()]


def parse_questions(
    text: str, *, where: str = "questions", loader: type[_Loader] | type[_Quick] | None = None
) -> list[Question]:
    """Questions from YAML text: one mapping, a list of them, or several documents."""
    items = [item for d in documents(text, where=where, loader=loader) for item in (d if isinstance(d, list) else [d])]
    if not items:
        raise DataError(f"{where}: holds no question: give at least id, title, criterion, opened and resolve_by")
    return [_possible(item, f"{where}: question {_name(item, n)}") for n, item in enumerate(items, start=1)]


def documents(text: str, *, where: str, loader: type[_Loader] | type[_Quick] | None = None) -> list[Any]:
    """The documents of YAML text, read as people mean them; `require_moderate` before writing out their aliases."""
    try:
        return [d for d in yaml.load_all(text, Loader=loader or _Loader) if d is not None]
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise DataError(f"{where}: line {line} is not YAML ({error.problem}): check indentation and quotes") from error
    except RecursionError as error:
        raise DataError(f"{where}: is nested too deeply: write it with fewer levels") from error
    except ValueError as error:
        raise DataError(f"{where}: holds a date or number that does not exist ({error}): correct it") from error
    except yaml.YAMLError as error:
        raise DataError(f"{where}: not YAML ({str(error).splitlines()[0]}): save it as plain UTF-8 text") from error


def dump_questions(questions: Iterable[Question]) -> str:
    """YAML text that `parse_questions` reads back to equal questions."""
    plain = [question.to_dict() for question in questions]
    return yaml.dump(plain, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110)


def find_question(question_id: str, questions: Iterable[Question]) -> Question:
    """The question of that id.

    Raises
    ------
    UsageError
        With the nearest ids when there is none.
    """
    by_id = {question.id: question for question in questions}
    if question_id not in by_id:
        raise UsageError(
            f"no question {question_id!r}{did_you_mean(question_id, by_id)}: 'forecast questions list' names them"
        )
    return by_id[question_id]


def recorded_questions(definitions: Iterable[Mapping[str, Any]]) -> list[Question]:
    """Questions from the definitions a ledger keeps."""
    return [
        _parse_question(dict(definition), f"the ledger's question {definition.get('id')!r}")
        for definition in definitions
    ]


def merge_questions(*parts: Iterable[Question]) -> list[Question]:
    """Several lists as one; of a question that stands in several the one with a ruling, else the first.

    Raises
    ------
    DataError
        When two of one id ask different things.
    """
    found: dict[str, Question] = {}
    for question in (question for part in parts for question in part):
        before = found.setdefault(question.id, question)
        if before.fingerprint != question.fingerprint:
            raise DataError(
                f"question {question.id!r} already stands with another criterion, scope or date: "
                "give the new one an id of its own"
            )
        if before.ruling is None and question.ruling is not None:
            found[question.id] = question
    return list(found.values())


def summary(questions: Sequence[Question]) -> pd.DataFrame:
    """One row a question: ``question, kind, topic, opened, closes, resolve_by, probability, retrospective, title``."""
    rows = [
        (q.id, q.kind, q.topic, q.opened, q.closes, q.resolve_by, q.implied, q.retrospective, q.title)
        for q in questions
    ]
    names = ["question", "kind", "topic", "opened", "closes", "resolve_by", "probability", "retrospective", "title"]
    table = pd.DataFrame(rows, columns=names)
    for name in ("opened", "closes", "resolve_by"):
        table[name] = pd.to_datetime(table[name], utc=True).dt.tz_localize(None).astype("datetime64[s]")
    table["probability"] = table["probability"].astype(float)
    table["retrospective"] = table["retrospective"].astype(bool)
    return table


def _name(item: Any, number: int) -> str:
    named = item.get("id") if isinstance(item, dict) else None
    return repr(named) if named else f"number {number}"


def _parse_question(item: Any, where: str) -> Question:
    require_moderate(item, where)
    if not isinstance(item, dict):
        raise DataError(f"{where} is not a mapping but {item!r}: write fields as 'name: value'")
    try:
        return Question.model_validate(item)
    except ValidationError as error:
        raise DataError(f"{where}: {_sentence(error)}") from error


def _possible(item: Any, where: str) -> Question:
    """A question as `_parse_question` gives it, refused where no score could ever answer it."""
    question = _parse_question(item, where)
    premise = question.premise
    for criterion in (question.criterion, *(() if premise is None else (premise.criterion,))):
        if (why := criterion.impossible()) is not None:
            raise DataError(f"{where}: {why}")
    return question


_MOST_PARTS = 10_000
_MOST_LEVELS = 100


def require_moderate(item: Any, where: str) -> None:
    """Refuse what is large when written out: a few aliases of aliases unfold to billions of parts."""
    stack, parts = [(item, 0)], 0
    while stack:
        part, depth = stack.pop()
        parts += 1
        if depth > _MOST_LEVELS:
            raise DataError(
                f"{where} is nested too deeply, more than {_MOST_LEVELS} levels: flatten it, and let none hold itself"
            )
        if parts > _MOST_PARTS:
            raise DataError(
                f"{where} has more than {_MOST_PARTS:,} parts, aliases written out: shorten it, "
                "and let none hold itself"
            )
        if isinstance(part, dict):
            stack.extend((inner, depth + 1) for inner in part.values())
        elif isinstance(part, list):
            stack.extend((inner, depth + 1) for inner in part)


# --- one sentence for a validation error -----------------------------------------------------------------------------


def _sentence(error: ValidationError) -> str:
    """The first error as: field path, value, what is wrong and what to do."""
    first = error.errors(include_url=False)[0]
    path = _path(first["loc"])
    kind, value, context = first["type"], first["input"], first.get("ctx", {})
    shown = repr(value) if len(repr(value)) <= _SHOWN else f"{repr(value)[:_SHOWN]}..."
    more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
    if kind == "missing":
        return f"{path} is missing: add it{more}"
    if kind == "extra_forbidden":
        name = str(first["loc"][-1])
        if name in _field_names():
            return f"{path} is a field of something else and not known here: move or drop it{more}"
        return f"{path} is not a known field{did_you_mean(name, _field_names())}: rename or drop it{more}"
    if kind == "union_tag_invalid":
        tag = context["tag"]
        return f"{path}.kind {tag!r} is unknown{did_you_mean(tag, KINDS)}: choose one of {', '.join(KINDS)}{more}"
    if kind == "union_tag_not_found":
        return f"{path}.kind is missing: choose one of {', '.join(KINDS)}{more}"
    if kind == "value_error":
        said = str(context["error"])
        return f"{path} {shown} {said}{more}" if said.startswith(_CONTINUES) else f"{_at(path)}{said}{more}"
    if kind == "literal_error":
        return f"{path} {shown} is unknown: choose {context['expected']}{more}"
    if kind == "string_type":
        return f"{path} {shown} is not text: put it in quotes{more}"
    if kind == "string_pattern_mismatch":
        return f"{path} {shown} is not an id: use letters, digits and . _ - : / @ +{more}"
    wrong = first["msg"][0].lower() + first["msg"][1:]
    return f"{path} {shown} is refused, {wrong.replace('input ', 'it ')}: correct it{more}"


_SHOWN = 200
"""Characters of a value that a sentence repeats."""
_CONTINUES = ("is ", "has ")


def _at(path: str) -> str:
    return f"{path}: " if path else ""


def _path(loc: tuple[int | str, ...]) -> str:
    text = ""
    for part in loc:
        if isinstance(part, int):
            text += f"[{part}]"
        elif part not in KINDS and not re.match(r"(literal|float|function|constrained)", part):
            text += f".{part}"
    return text.lstrip(".")


@cache
def _field_names() -> list[str]:
    """Every field that a question or a criterion may have."""
    seen: set[str] = set()
    for model in (Question, *KINDS.values()):
        _add_fields(model, seen)
    return sorted(seen)


def _add_fields(model: Any, seen: set[str]) -> None:
    for name, field in model.model_fields.items():
        if name in seen:
            continue
        seen.add(name)
        stack = [field.annotation]
        while stack:
            part = stack.pop()
            stack.extend(typing.get_args(part))
            if isinstance(part, type) and hasattr(part, "model_fields"):
                _add_fields(part, seen)


# --- YAML as people mean it ------------------------------------------------------------------------------------------


class _Meant(yaml.constructor.SafeConstructor):
    """``yes``, ``no`` and ``1:1`` are words, not a truth value and the number 61; a repeated key is an error."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key_node, _ in node.value:
            key = key_node.value
            if not isinstance(key, str):
                raise yaml.constructor.ConstructorError(None, None, "a list where a name belongs", key_node.start_mark)
            if key in seen:
                raise yaml.constructor.ConstructorError(None, None, f"{key!r} stands twice", key_node.start_mark)
            seen.add(key)
        return super().construct_mapping(node, deep=deep)


class _Loader(_Meant, ShallowLoader):
    """For what anybody may have written: however deep it nests, it ends in a sentence."""

    deepest = 2 * _MOST_LEVELS


class _Quick(_Meant, getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """For the files of the tool, eight times as fast."""


for _one in (_Loader, _Quick):
    _one.yaml_implicit_resolvers = {}
_DIGITS = "0123456789"
_TIME = r"[Tt ]\d\d?:\d\d:\d\d(?:\.\d*)?(?: ?(?:Z|[-+]\d\d?(?::\d\d)?))?"
for _tag, _pattern, _first in (
    ("null", r"^(?:~|null|)$", ["~", "n", ""]),
    ("bool", r"^(?:true|false)$", list("tf")),
    ("int", r"^[-+]?[0-9]+$", list("-+" + _DIGITS)),
    ("float", r"^[-+]?(?:[0-9]+\.[0-9]*|\.[0-9]+|[0-9]+)(?:[eE][-+]?[0-9]+)?$", list("-+." + _DIGITS)),
    ("timestamp", rf"^\d{{4}}-\d\d-\d\d(?:{_TIME})?$", list(_DIGITS)),
    ("merge", r"^(?:<<)$", ["<"]),
):
    for _one in (_Loader, _Quick):
        _one.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(_pattern), _first)


class _Dumper(yaml.SafeDumper):
    """Dates stay dates, long texts are wrapped, lists are indented; no anchors."""

    def ignore_aliases(self, data: Any) -> bool:
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        return super().increase_indent(flow, False)


def _represent_moment(dumper: yaml.SafeDumper, value: dt.datetime) -> Any:
    return dumper.represent_scalar("tag:yaml.org,2002:timestamp", value.isoformat().replace("+00:00", "Z"))


_Dumper.add_representer(dt.datetime, _represent_moment)
