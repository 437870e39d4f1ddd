"""HTML and SVG as text: everything that comes from data is escaped here."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable
from html import escape

import pandas as pd

from scale_forecast.show.terminal import cell


def text(value: object) -> str:
    """A value as the content of an element: unprintable characters replaced, markup escaped."""
    return escape(cell(value), quote=True)


def name(value: object) -> str:
    """A name, which may break after each of its parts."""
    return text(value).replace("_", "_<wbr>").replace("/", "/<wbr>")


def tag(element: str, content: str = "", **attributes: object) -> str:
    """An element; attributes that are None or False are left out, ``_`` in their names is ``-``, a last ``_`` dropped.

    >>> tag("a", text("<b>"), href="x?a&b", class_="go")
    '<a href="x?a&amp;b" class="go">&lt;b&gt;</a>'
    """
    given = [
        f" {key.rstrip('_').replace('_', '-')}" + ("" if value is True else f'="{text(value)}"')
        for key, value in attributes.items()
        if value is not None and value is not False
    ]
    return f"<{element}{''.join(given)}>{content}</{element}>"


def table(frame: pd.DataFrame, caption: str, *, numeric: Iterable[str] = ()) -> str:
    """A plain table of readable values with a caption; ``numeric`` columns align right."""
    right = set(numeric) | {str(c) for c in frame.columns if pd.api.types.is_float_dtype(frame[c])}
    head = "".join(tag("th", text(c), scope="col", class_="n" if str(c) in right else None) for c in frame.columns)
    rows = []
    for values in frame.itertuples(index=False):
        cells = [
            tag("td", text(value), class_="n" if str(c) in right else None)
            for c, value in zip(frame.columns, values, strict=True)
        ]
        rows.append(tag("tr", "".join(cells)))
    body = f"<thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody>"
    whole = tag("table", tag("caption", text(caption)) + body)
    return tag("div", whole, class_="wide", tabindex=0, role="region", aria_label=caption)


def download(frame: pd.DataFrame, file: str) -> str:
    """A link that saves the table as CSV; the page itself holds it."""
    content = frame.to_csv(index=False, float_format="%.4g").encode()
    address = f"data:text/csv;base64,{b64encode(content).decode()}"
    words = f"Download the {len(frame)} rows as CSV ({len(content) / 1000:.0f} kB)"
    return tag("p", tag("a", words, href=address, download=file))


def percent(value: float, digits: int = 0) -> str:
    """A share in percent, or a dash where it is missing; never 0% or 100% for what lies between.

    >>> percent(0.123), percent(0.999), percent(float("nan")), percent(0.0004)
    ('12%', '>99%', '–', '<1%')
    """
    if pd.isna(value):
        return "–"
    smallest = 10.0 ** -(digits + 2)
    if 0 < value < smallest / 2:
        return f"<{smallest:.{digits}%}"
    if 1 - smallest / 2 < value < 1:
        return f">{1 - smallest:.{digits}%}"
    return f"{value:.{digits}%}"


def number(value: float, is_share: bool) -> str:
    """A score as people read it: a share in percent with one digit, a loss as it is."""
    return percent(value, 1) if is_share else cell(float(value))
