"""Formulas as MathML, made when the site is built: readers' browsers fetch nothing from anyone.

A hook of MkDocs, named in ``mkdocs.yml``; `pymdownx.arithmatex` marks the formulas.
"""

from __future__ import annotations

import html
import re
from typing import Any

from latex2mathml.converter import convert

_FORMULA = re.compile(r'<(span|div) class="arithmatex">\\[(\[](.*?)\\[)\]]</\1>', re.DOTALL)


def on_page_content(content: str, **_: Any) -> str:
    """The page's HTML with each formula as MathML."""
    return _FORMULA.sub(_draw_formula, content)


def _draw_formula(match: re.Match[str]) -> str:
    return convert(html.unescape(match[2]).strip(), display="block" if match[1] == "div" else "inline")
