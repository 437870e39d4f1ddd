"""Findings as text: for the terminal, and as one page in Markdown and HTML with all tables and pictures."""

from __future__ import annotations

import base64
import textwrap
from html import escape

import pandas as pd

from scale_forecast.data.spreadsheet import mark_table
from scale_forecast.show.plots.style import as_bytes
from scale_forecast.show.terminal import as_text, cell
from scale_forecast.studies.findings import Findings
from scale_forecast.studies.registry import STUDIES

TITLE = "The argument as measurements"


def print_findings(findings: Findings) -> str:
    """Tables and sentences of one study for the terminal."""
    tables = [as_text(findings.readable(name), title=_title(name)) for name in findings.tables]
    return "\n".join([*tables, *(textwrap.fill(s, 118) + "\n" for s in findings.sentences)])


def summary(found: dict[str, Findings]) -> str:
    """What the studies found, one Markdown item a study."""
    items = [f"- **{name}.** {' '.join(findings.sentences)}" for name, findings in found.items()]
    return "".join(textwrap.fill(item, 118, subsequent_indent="  ", break_on_hyphens=False) + "\n" for item in items)


def pages(found: dict[str, Findings]) -> dict[str, bytes]:
    """The report as files by name: ``studies.md``, ``studies.html``, each picture and each table as CSV."""
    files: dict[str, bytes] = {}
    for name, findings in found.items():
        if findings.draw is not None:
            files[f"{name}.png"] = as_bytes(findings.draw(), ".png")
        for table, content in (findings.tables | findings.details).items():
            files[f"{name}_{table}.csv"] = mark_table(content).to_csv(index=False).encode()
    markdown = [f"# {TITLE}\n", *(_markdown(name, one, f"{name}.png" in files) for name, one in found.items())]
    files["studies.md"] = "\n".join(markdown).encode()
    files["studies.html"] = _html(found, files).encode()
    return files


def _title(name: str) -> str:
    return name.replace("_", " ")


def _markdown(name: str, findings: Findings, has_picture: bool) -> str:
    out = [f"## {name}", "", f"*{STUDIES[name].asks}*", ""]
    out += [f"- {sentence}" for sentence in findings.sentences] + [""]
    if has_picture:
        out += [f"![{name}]({name}.png)", ""]
    for table in findings.tables:
        out += [f"**{_title(table)}** ([all columns]({name}_{table}.csv))", "", _pipes(findings.readable(table)), ""]
    out += [f"In detail: [{_title(table)}]({name}_{table}.csv)\n" for table in findings.details]
    return "\n".join(out)


def _pipes(table: pd.DataFrame) -> str:
    def row(cells: list[str]) -> str:
        return "| " + " | ".join(c.replace("|", r"\|").replace("\n", " ") for c in cells) + " |"

    rule = "|" + "|".join("---:" if _is_number(table[c]) else "---" for c in table.columns) + "|"
    rows = [row([cell(value) for value in values]) for values in table.itertuples(index=False)]
    return "\n".join([row([str(c) for c in table.columns]), rule, *rows])


def _is_number(column: pd.Series) -> bool:
    return pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)


def _html(found: dict[str, Findings], files: dict[str, bytes]) -> str:
    out = []
    for name, findings in found.items():
        out.append(f'<h2 id="{name}">{name}</h2><p><em>{escape(STUDIES[name].asks)}</em></p>')
        out.append("<ul>" + "".join(f"<li>{escape(s)}</li>" for s in findings.sentences) + "</ul>")
        if f"{name}.png" in files:
            picture = base64.b64encode(files[f"{name}.png"]).decode()
            out.append(f'<img alt="{name}: {escape(STUDIES[name].asks)}" src="data:image/png;base64,{picture}">')
        for table in findings.tables:
            shown = findings.readable(table)
            out.append(f"<details open><summary>{escape(_title(table))}</summary>{_html_table(shown)}</details>")
    contents = " · ".join(f'<a href="#{name}">{name}</a>' for name in found)
    return _PAGE.format(title=TITLE, contents=contents, body="\n".join(out))


def _html_table(table: pd.DataFrame) -> str:
    head = "".join(f"<th>{escape(str(c))}</th>" for c in table.columns)
    numeric = [_is_number(table[c]) for c in table.columns]
    rows = "".join(
        "<tr>"
        + "".join(
            f"<td{' class=n' if number else ''}>{escape(cell(value))}</td>"
            for value, number in zip(values, numeric, strict=True)
        )
        + "</tr>\n"
        for values in table.itertuples(index=False)
    )
    return f"<div><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"


_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #222 }}
img {{ width: 100%; max-width: 800px }}
div {{ overflow-x: auto }}
table {{ border-collapse: collapse; font-size: 0.85rem; margin: 0.5rem 0 1rem }}
th, td {{ text-align: left; padding: 0.2rem 0.6rem; border-bottom: 1px solid #ddd; white-space: nowrap }}
.n {{ text-align: right; font-variant-numeric: tabular-nums }}
summary {{ cursor: pointer; font-weight: 600 }}
</style></head>
<body><h1>{title}</h1><p>{contents}</p>
{body}
</body></html>
"""
