"""Show objects as HTML in notebooks, with functions that stand in another room than the objects.

An object knows nothing of how it is shown: the package says once, by name, which function shows which class, and it is
loaded when a notebook first asks.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module

_FORMATTERS: dict[str, str] = {}


def show_as_html(functions: Mapping[str, str]) -> None:
    """Say which function gives the HTML of which class, both as ``module:name``."""
    _FORMATTERS.update(functions)


class ShowsHtml:
    """An object that notebooks show as HTML where a function of `show_as_html` is for its class, else as text."""

    def _repr_html_(self) -> str | None:
        for cls in type(self).__mro__:
            if (found := _FORMATTERS.get(f"{cls.__module__}:{cls.__qualname__}")) is not None:
                module, name = found.split(":")
                html: str = getattr(import_module(module), name)(self)
                return html
        return None
