"""The documentation does what it says: its tutorial runs from start to end, and its site needs nobody's server."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from scale_forecast.show.plots.registry import PLOTS

ROOT = Path(__file__).parent.parent
COMMANDS = re.compile(r"^\$ (.*)$", flags=re.MULTILINE)


@pytest.mark.slow
def test_the_tutorials_commands_run_one_after_the_other(tmp_path):
    commands = COMMANDS.findall((ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8"))
    assert len(commands) > 10
    script = f'set -e\nforecast() {{ "{sys.executable}" "{ROOT / "cli.py"}" "$@"; }}\n' + "\n".join(commands)
    environment = {**os.environ, "FORECAST_CACHE": str(tmp_path / "cache")}
    done = subprocess.run(["bash", "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "made when the outcome was already public" in done.stderr
    assert "intact up to entry" in done.stdout
    assert (tmp_path / "tutorial.db").exists()


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
    assert not [page for page, text in pages.items() if "Sentinel" in text]  # click's mark for no default
    for name in ("predict", "ledger", "plot"):
        assert f'<h1 id="forecast-{name}">' in pages[tmp_path / "commands" / name / "index.html"]
    assert pages[tmp_path / "notebooks" / "score" / "index.html"].count('class="shown"') >= 1
    for name in ("quick", "compare", "ask", "curves"):
        (picture,) = re.findall(r'<img\b[^>]*\bsrc="\.\./([^"]+)"', pages[tmp_path / name / "index.html"])
        assert (tmp_path / picture).stat().st_size > 1000
    assert pages[tmp_path / "gallery" / "index.html"].count("<img") == len(PLOTS)
