"""The report's small multiples as hand-made SVG against the same pictures by Vega-Lite with its scripts inlined.

``pip install altair vl-convert-python; bash .ci/browser python -m benchmarks.pictures [REPORT.html]``: size of the page
and time until its pictures stand, in one Chromium, turn by turn. REPORT.html is what ``forecast report`` wrote; the
Vega-Lite page holds pictures alone, without tables.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

PICTURES = 340
TURNS = 5


def vega_page(path: Path) -> None:
    """As many pictures as `forecast report` draws of PaLM 540B, each two scores and a forecast with its interval."""
    import altair as alt

    rng = np.random.default_rng(0)
    rows = []
    for i in range(PICTURES):
        first, last = np.sort(rng.uniform(0.1, 0.8, 2))
        rows += [
            {"task": f"{i:03d} a task", "scale": 22.6, "score": first, "low": None, "high": None},
            {"task": f"{i:03d} a task", "scale": 23.5, "score": last, "low": None, "high": None},
            {"task": f"{i:03d} a task", "scale": 24.4, "score": last + 0.1, "low": last - 0.1, "high": last + 0.2},
        ]
    alt.data_transformers.disable_max_rows()
    base = alt.Chart(pd.DataFrame(rows)).encode(
        x=alt.X("scale:Q", scale=alt.Scale(zero=False)), tooltip=["task", "score", "low", "high"]
    )
    lines = base.mark_line(point=True).encode(y="score:Q")
    bars = base.mark_rule().encode(y="low:Q", y2="high:Q")
    chart = alt.layer(lines, bars).properties(width=120, height=70).facet("task:N", columns=6)
    chart.save(str(path), inline=True)


def ready(driver: Any, page: Path) -> float:
    """Milliseconds from opening the page until its pictures stand."""
    driver.get(page.as_uri())
    while True:
        found = driver.execute_script(
            "const r = document.documentElement.dataset.ready;"
            "return r ?? (document.querySelector('.vega-embed canvas, .vega-embed svg') ? performance.now() : null)"
        )
        if found is not None:
            return float(found)
        time.sleep(0.01)


def main(report: Path) -> None:
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = os.environ["FORECAST_TEST_CHROMIUM"]
    for flag in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-background-networking"):
        options.add_argument(flag)
    driver = webdriver.Chrome(options=options, service=Service(os.environ["FORECAST_TEST_CHROMEDRIVER"]))
    with tempfile.TemporaryDirectory() as folder:
        vega = Path(folder) / "vega.html"
        vega_page(vega)
        pages = {"report, SVG": report.resolve(), "pictures, Vega-Lite": vega}
        times = {name: [ready(driver, page) for _ in range(TURNS)] for name, page in pages.items()}
        for name, page in pages.items():
            print(f"{name}: {page.stat().st_size / 1e6:.2f} MB, ready after {np.median(times[name]):.0f} ms (median)")
    driver.quit()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
