"""The documentation needs nobody's server."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.mark.slow
def test_the_site_is_built_strictly_and_loads_nothing_from_elsewhere(tmp_path):
    """A formula was once drawn by a script of another's server: without the network it stayed TeX."""
    pytest.importorskip("mkdocs")
    pytest.importorskip("latex2mathml")
    command = [sys.executable, "-m", "mkdocs", "build", "--quiet", "--strict", "--site-dir", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    pages = {page: page.read_text(encoding="utf-8") for page in tmp_path.rglob("*.html")}
    loading = re.compile(r"""<(?:script|img|iframe|source)\b[^>]*\bsrc=["']?(?:https?:)?//|<link\b[^>]*\brel=["']?"""
                         r"""(?:stylesheet|preconnect|preload|icon)\b[^>]*\bhref=["']?(?:https?:)?//""")  # fmt: skip
    assert {page.name: loading.findall(text) for page, text in pages.items() if loading.search(text)} == {}
    method = pages[tmp_path / "method" / "index.html"]
    assert method.count("<math") > 10
    assert "arithmatex" not in method
