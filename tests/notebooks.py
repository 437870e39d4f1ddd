"""Running the notebooks of ``examples/`` without Jupyter: their cells one after another, their outputs as Jupyter's.

``python -m tests.notebooks`` executes them all and stores what they show.
"""

from __future__ import annotations

import ast
import base64
import contextlib
import io
import json
import os
import sys
from pathlib import Path

EXAMPLES = Path(__file__).parent.parent / "examples"
SHOWN_AS = {"text/html": "_repr_html_", "image/png": "_repr_png_", "text/plain": "__repr__"}


def code_cells(notebook):
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def run_cells(sources):
    """The outputs of each source, run in one namespace."""
    space = {"__name__": "__main__"}
    return [_outputs(source, space, place) for place, source in enumerate(sources, start=1)]


def _outputs(source, space, place):
    tree = ast.parse(source)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    stdout, value = io.StringIO(), None
    with contextlib.redirect_stdout(stdout):
        exec(compile(tree, f"cell {place}", "exec"), space)
        if last is not None:
            value = eval(compile(ast.Expression(last.value), f"cell {place}", "eval"), space)
    out = []
    if stdout.getvalue():
        out.append({"output_type": "stream", "name": "stdout", "text": _lines(stdout.getvalue())})
    if value is not None:
        data = {kind: shown for kind, method in SHOWN_AS.items() if (shown := _shown(value, method)) is not None}
        out.append({"output_type": "execute_result", "execution_count": place, "metadata": {}, "data": data})
    return out


def _shown(value, method):
    shown = getattr(value, method, lambda: None)()
    if isinstance(shown, bytes):
        return base64.b64encode(shown).decode()
    return None if shown is None else _lines(shown)


def _lines(text):
    return text.splitlines(keepends=True)


def read(path):
    return json.loads(path.read_text(encoding="utf-8"))


def execute(path):
    """Run a notebook and store its outputs in it."""
    notebook = read(path)
    cells = code_cells(notebook)
    for place, (cell, outputs) in enumerate(
        zip(cells, run_cells(["".join(cell["source"]) for cell in cells]), strict=True), start=1
    ):
        cell["outputs"], cell["execution_count"] = outputs, place
    path.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    os.chdir(EXAMPLES)
    for name in sys.argv[1:] or sorted(path.name for path in EXAMPLES.glob("*.ipynb")):
        execute(EXAMPLES / name)
