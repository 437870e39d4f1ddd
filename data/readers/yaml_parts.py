"""YAML that holds results: plain values alone, within bounds, and no aliases, which could stand for without end."""

from __future__ import annotations

from typing import Any

import yaml

from scale_forecast.data.errors import DataError
from scale_forecast.data.readers.content import Content
from scale_forecast.data.readers.files import decode_text, megabytes

_MOST = 1 << 24
"""Bytes of a file: YAML is read some hundred times as slowly as JSON."""


class ShallowLoader(yaml.SafeLoader):
    """Ends at a depth of its own, ``deepest``: at the interpreter's, destructors fail too and say so on stderr."""

    deepest = 100
    depth = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        self.depth += 1
        if self.depth > self.deepest:
            raise RecursionError
        try:
            return super().compose_node(parent, index)
        finally:
            self.depth -= 1


class Loader(ShallowLoader):
    """Plain values; days stay text."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            raise yaml.composer.ComposerError(None, None, "an alias, which results never need", None)
        return super().compose_node(parent, index)


Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in pairs if tag != "tag:yaml.org,2002:timestamp"]
    for first, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def document_of(content: Content) -> Any:
    """The document of a YAML file."""
    data = content.source.whole(content.limits.json)
    if len(data) > _MOST:
        raise DataError(f"{content.name}: is YAML of more than {megabytes(_MOST)}: split it into smaller files")
    return parse_yaml(decode_text(data, content.name), content.name)


def parse_yaml(text: str, name: str) -> Any:
    """One YAML document; a sentence for what is none."""
    try:
        return yaml.load(text, Loader=Loader)
    except yaml.MarkedYAMLError as error:
        line = f"line {error.problem_mark.line + 1} " if error.problem_mark else ""
        raise DataError(f"{name}: {line}is not YAML ({_plain(error.problem)}): export the file again") from None
    except RecursionError:
        raise DataError(f"{name}: is nested too deeply to hold results") from None
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        raise DataError(f"{name}: is not YAML ({_plain(error)}): export the file again") from None


def _plain(error: object) -> str:
    return " ".join("".join(c for c in str(error) if c.isprintable() or c.isspace()).split())[:120].rstrip(".:")
