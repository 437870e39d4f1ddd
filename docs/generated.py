"""Pages of the manual that are made when it is built: a page a command, the gallery of pictures, the notebooks.

A hook of MkDocs, named in ``mkdocs.yml``. What it writes comes from the code and from ``examples/``, so that it cannot
say anything else than they do.
"""

from __future__ import annotations

import inspect
import json
import re
from base64 import b64decode
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any

import click
from mkdocs.structure.files import File

ROOT = Path(__file__).parent.parent
COMMANDS, EXAMPLES = "Commands", "Examples"


def on_config(config: Any, **_: Any) -> Any:
    """Names the pages of commands and notebooks in the navigation."""
    for entry in config.nav:
        for name, pages in entry.items():
            if name == "Reference":
                pages[:0] = [{COMMANDS: ["commands.md", *(f"commands/{one}.md" for one in _commands())]}]
            if name == EXAMPLES:
                pages += [f"notebooks/{path.stem}.md" for path in _notebooks()]
    return config


def on_files(files: Any, config: Any, **_: Any) -> Any:
    """The files themselves."""
    for path, content in _generate_files():
        files.append(File.generated(config, path, content=content))
    return files


def _generate_files() -> Iterator[tuple[str, str | bytes]]:
    commands = _commands()
    rows = [f"| [`forecast {name}`](commands/{name}.md) | {_cell(one.get_short_help_str(200))} |"
            for name, one in commands.items()]  # fmt: skip
    yield "commands.md", "\n".join(["# Commands", "", "| command | |", "|---|---|", *rows, ""])
    for name, command in commands.items():
        yield f"commands/{name}.md", command_page(f"forecast {name}", command)
    for path in _notebooks():
        notebook = json.loads(path.read_text(encoding="utf-8"))
        yield f"notebooks/{path.stem}.md", notebook_page(notebook)
        if (picture := last_picture(notebook)) is not None:
            yield f"notebooks/{path.stem}.png", picture
    yield from gallery()


def _commands() -> dict[str, click.Command]:
    from scale_forecast.commands import main

    context = click.Context(main, info_name="forecast")
    found = {name: main.get_command(context, name) for name in main.list_commands(context)}
    return {name: command for name, command in found.items() if command is not None and not command.hidden}


def _notebooks() -> list[Path]:
    return sorted((ROOT / "examples").glob("*.ipynb"))


def command_page(name: str, command: click.Command, level: int = 1) -> str:
    """A command's help as Markdown: what it does, an example, its options with the defaults that there are."""
    context = click.Context(command, info_name=name)
    usage = " ".join(command.collect_usage_pieces(context))
    parts = [f"{'#' * level} {name}", f"```text\n{name} {usage}\n```", *_help(command.help or "")]
    options = [param.get_help_record(context) for param in command.params]
    rows = [f"| `{record[0]}` | {_cell(record[1])} |" for record in options if record]
    if rows:
        parts.append("\n".join(["| option | |", "|---|---|", *rows]))
    if isinstance(command, click.Group):
        for sub in command.list_commands(context):
            if (one := command.get_command(context, sub)) is not None and not one.hidden:
                parts.append(command_page(f"{name} {sub}", one, level + 1))
    return "\n\n".join(parts) + "\n"


def _help(text: str) -> Iterator[str]:
    """Paragraphs, and the examples, which click does not wrap, as they stand."""
    for block in inspect.cleandoc(text).split("\n\n"):
        if block.startswith("\b"):
            title, _, rest = block.lstrip("\b\n").partition("\n")
            yield f"{_cell(title)}\n\n```text\n{inspect.cleandoc(rest)}\n```"
        else:
            yield _cell(" ".join(block.split()))


def _cell(text: str) -> str:
    return re.sub(r"([*\\])", r"\\\1", escape(" ".join(text.split()), quote=False)).replace("|", "\\|")


def notebook_page(notebook: dict[str, Any]) -> str:
    """A notebook as Markdown: its words, its code, and what the code showed when it was run."""
    return "\n\n".join(part for cell in notebook["cells"] for part in _cell_parts(cell)) + "\n"


def _cell_parts(cell: dict[str, Any]) -> Iterator[str]:
    source = "".join(cell["source"])
    if cell["cell_type"] == "markdown":
        yield source
        return
    yield f"```python\n{source}\n```"
    for output in cell["outputs"]:
        data = output.get("data", {"text/plain": output.get("text", "")})
        if "text/html" in data:
            # Without empty lines, which would end the block of HTML.
            lines = (line for line in "".join(data["text/html"]).splitlines() if line.strip())
            yield f'<div class="shown" style="overflow-x: auto">{" ".join(lines)}</div>'
        elif "image/png" in data:
            yield f'<img alt="{escape(source)}" src="data:image/png;base64,{"".join(data["image/png"]).strip()}">'
        else:
            yield f"```text\n{''.join(data['text/plain'])}\n```"


def last_picture(notebook: dict[str, Any]) -> bytes | None:
    """The last picture that a notebook drew, for the page of its job."""
    drawn = [output["data"]["image/png"] for cell in notebook["cells"] for output in cell.get("outputs", ())
             if "image/png" in output.get("data", {})]  # fmt: skip
    return b64decode("".join(drawn[-1])) if drawn else None


def gallery() -> Iterator[tuple[str, str | bytes]]:
    """Every kind of picture from made-up data, with the command that draws it."""
    from scale_forecast.show.plots.registry import PLOTS
    from scale_forecast.show.plots.style import as_bytes

    lines = [
        "# Gallery",
        "Every kind of picture, drawn from made-up data. `forecast plot KIND -o FILE.png` draws yours.",
    ]
    for name, plot in PLOTS.items():
        yield f"gallery/{name}.svg", as_bytes(plot.example(), ".svg")
        lines += [
            f"## {name}",
            f"{plot.says} [`forecast plot {name}`](commands/plot.md)",
            f"![{name}](gallery/{name}.svg)",
        ]
    yield "gallery.md", "\n\n".join(lines) + "\n"
