"""Options without a default say nothing of one, where the tables of commands print click's own mark for that.

A hook of MkDocs, named in ``mkdocs.yml``.
"""

from __future__ import annotations

from typing import Any


def on_page_content(content: str, **_: Any) -> str:
    """The page's HTML with an empty cell for a default that there is not."""
    return content.replace("<td><code>Sentinel.UNSET</code></td>", "<td></td>")
