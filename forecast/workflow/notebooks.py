"""Progress where nobody asked for it by an argument: a bar under a notebook's cell, nothing elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from scale_forecast.parallel import Workers


@contextmanager
def show_in_notebook(workers: Workers | None, what: str = "learning from past forecasts") -> Iterator[Workers]:
    """The workers given, or one in this process, whose progress a notebook shows; the bar is gone at the end."""
    shell = _notebook()
    if workers is not None or shell is None:
        yield workers or Workers()
        return
    from IPython.display import HTML, display

    shown = display(HTML(""), display_id=True)
    try:
        yield replace(
            Workers(),
            progress=lambda done, total: shown.update(HTML(f"{what}: <progress value={done} max={total}></progress>")),
        )
    finally:
        shown.update(HTML(""))


def _notebook() -> Any:
    """The shell of the notebook this runs in; None elsewhere, where IPython need not even be there."""
    ipython = sys.modules.get("IPython")
    shell = None if ipython is None else ipython.get_ipython()
    return shell if shell is not None and hasattr(shell, "kernel") else None
