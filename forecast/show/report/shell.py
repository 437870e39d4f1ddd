"""The frame of a page that asks nothing of any server: head, contents, sections, style and script."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.resources import files

from scale_forecast.show.report.markup import tag, text

POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:"
"""The page may load nothing: a name that slipped through unescaped could not call anyone either."""


def whole_page(
    title: str, finding: str, subtitle: str, sections: Mapping[str, tuple[str, str]], scripts: Sequence[str], skip: str
) -> str:
    """The page as text; the same arguments give the same text.

    Parameters
    ----------
    title, finding : of the window and of the page, as they are
    subtitle : markup
    sections : by anchor, the title and the markup of each
    scripts : files of this package
    skip : anchor of the table to which the first link leads
    """
    bodies = "".join(
        tag("section", tag("h2", name, id=f"{key}-title") + body, id=key, aria_labelledby=f"{key}-title")
        for key, (name, body) in sections.items()
    )
    contents = tag("ul", "".join(tag("li", tag("a", name, href=f"#{key}")) for key, (name, _) in sections.items()))
    nav = tag("nav", contents, aria_label="Sections")
    header = tag("header", tag("h1", text(finding)) + tag("p", subtitle, class_="sub") + nav)
    head = (
        '<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}"><link rel="icon" href="data:,">'
        f"{tag('title', text(title))}{tag('style', _asset('report.css'))}"
    )
    link = f'<a class="skip" href="#{skip}">Skip to the table</a>'
    tip = '<div id="tip" role="status" hidden></div>'
    script = tag("script", "".join(map(_asset, scripts)))
    body = f"{link}{header}{tag('main', bodies)}{tip}{script}"
    return f'<!doctype html>\n<html lang="en"><head>{head}</head><body>{body}</body></html>\n'


def _asset(file: str) -> str:
    return files("scale_forecast.show.report").joinpath(file).read_text(encoding="utf-8")
