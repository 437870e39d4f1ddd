"""The report in a real Chromium, as its readers meet it. Run by `.ci/browser`; needs FORECAST_TEST_CHROMEDRIVER."""

import json
import os
import time
from importlib.resources import files
from pathlib import Path

import pytest
from click.testing import CliRunner

from scale_forecast.commands import main
from tests.forecast.show.report.worlds import make_hostile

pytestmark = pytest.mark.browser
FIXTURES = Path(__file__).parent.parent.parent.parent / "fixtures"
FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--force-prefers-reduced-motion",
)  # fmt: skip
MOST_BYTES = 1_000_000
"""Of the page of 340 tasks."""
ALIKE = "#all tbody tr:nth-child(n + 25), #multiples li:nth-child(n + 25), svg circle.faint:nth-child(n + 50)"
"""Left out of the audit, which would take a minute for a page of 340 tasks: rows and pictures that repeat the first."""


@pytest.fixture(scope="session")
def browser():
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = os.environ["FORECAST_TEST_CHROMIUM"]
    for flag in FLAGS:
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(os.environ["FORECAST_TEST_CHROMEDRIVER"]))
    driver.set_window_size(1200, 900)
    yield driver
    driver.quit()


@pytest.fixture(scope="session", params=["palm", "harness", "hostile"])
def report(request, tmp_path_factory):
    """Reports on PaLM 540B, on a user's lm-evaluation-harness folder, and on names that are markup."""
    home = tmp_path_factory.mktemp(request.param)
    hostile = home / "hostile.csv"
    make_hostile().to_csv(hostile, index=False)
    args = {
        "palm": ["--family", "PaLM", "--params", "540e9"],
        "harness": [str(FIXTURES / "lm_eval" / "old"), "--family", "pythia-v1.1", "--params", "30B"],
        "hostile": [str(hostile), "--family", "<b>mine</b>", "--params", "100B"],
    }[request.param]
    env = {
        "FORECAST_CACHE": os.environ.get("FORECAST_CACHE", str(home / "cache")),
        "FORECAST_LEDGER": str(home / "no.db"),
    }
    page = home / "report.html"
    out = CliRunner().invoke(main, ["report", *args, "--predictor", "drift", "-o", str(page)], env=env)
    assert out.exit_code == 0, out.output
    return page


@pytest.fixture
def opened(browser, report):
    browser.get_log("browser")
    browser.get_log("performance")
    browser.get(report.as_uri())
    return browser


def cells(driver, column):
    """The texts of a column's cells in the rows that are shown."""
    script = (
        "return [...document.querySelectorAll('#all tbody tr')].filter(r => !r.hidden)"
        ".map(r => r.cells[arguments[0]].dataset.v ?? r.cells[arguments[0]].textContent)"
    )
    return driver.execute_script(script, column)


def column_of(driver, title):
    heads = driver.find_elements("css selector", "#all thead th")
    return next(i for i, head in enumerate(heads) if head.text.startswith(title))


def test_it_opens_small_without_a_request_or_a_word_on_the_console(opened, report):
    assert report.stat().st_size < MOST_BYTES
    assert opened.execute_script("return document.documentElement.dataset.ready") is not None
    assert opened.get_log("browser") == []
    sent = [json.loads(entry["message"])["message"] for entry in opened.get_log("performance")]
    addresses = {m["params"]["request"]["url"] for m in sent if m["method"] == "Network.requestWillBeSent"}
    assert addresses - {"data:,"} == {report.as_uri()}
    assert opened.title.startswith("Forecast of ")
    ready = opened.execute_script("return document.documentElement.dataset.ready")
    print(f"{report.parent.name}: {report.stat().st_size / 1e6:.2f} MB, ready after {ready} ms")


def test_columns_sort_both_ways_with_missing_values_last(opened):
    for title in ("Forecast", "P(gain)", "P(reversal)"):
        at = column_of(opened, title)
        button = opened.find_elements("css selector", "#all thead th button")[at]
        for ascending in (False, True):
            button.click()
            values = cells(opened, at)
            known = [float(v) for v in values if v != ""]
            assert known == sorted(known, reverse=not ascending), title
            assert all(v == "" for v in values[len(known) :])
            head = opened.find_elements("css selector", "#all thead th")[at]
            assert head.get_attribute("aria-sort") == ("ascending" if ascending else "descending")
    opened.find_elements("css selector", "#all thead th button")[0].click()
    names = [name.lower() for name in cells(opened, 0)]
    assert names == sorted(names)
    groups = opened.execute_script(
        "return [...document.querySelectorAll('#multiples ul')].map(ul => [...ul.children].map(li => li.dataset.row))"
    )
    rows = opened.execute_script("return [...document.querySelectorAll('#all tbody tr')].map(r => r.dataset.row)")
    assert sorted(row for group in groups for row in group) == sorted(rows)
    assert all(group == [row for row in rows if row in group] for group in groups)


def test_search_and_filters_narrow_table_and_pictures_alike(opened):
    everything = len(cells(opened, 0))
    trend = opened.find_element("id", "by-trend")
    wanted = [o.get_attribute("value") for o in trend.find_elements("tag name", "option")][-1]
    opened.execute_script(
        "arguments[0].value = arguments[1]; arguments[0].dispatchEvent(new Event('input', {bubbles: true}))",
        trend,
        wanted,
    )
    shown = cells(opened, len(opened.find_elements("css selector", "#all thead th")) - 1)
    assert set(shown) == {wanted}
    pictures = opened.execute_script(
        "return [...document.querySelectorAll('#multiples li')].filter(l => l.offsetParent).length"
    )
    assert pictures == len(shown)
    assert opened.find_element("id", "count").text == f"{len(shown)} of {everything} tasks"
    opened.execute_script(
        "arguments[0].value = ''; arguments[0].dispatchEvent(new Event('input', {bubbles: true}))", trend
    )
    first = cells(opened, 0)[-1]
    opened.find_element("id", "search").send_keys(first[:30])
    assert 0 < len(cells(opened, 0)) <= everything
    assert first in cells(opened, 0)
    opened.find_element("id", "search").send_keys("no task is called this")
    assert cells(opened, 0) == []


def test_marks_tell_their_value_to_the_pointer_and_to_the_keyboard(opened):
    from selenium.webdriver import ActionChains, Keys

    tip = opened.find_element("id", "tip")
    assert not tip.is_displayed()
    mark = opened.find_element("css selector", "#multiples li:first-child circle")
    opened.execute_script("arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", mark)
    time.sleep(0.2)
    ActionChains(opened).move_to_element(mark).perform()
    assert tip.is_displayed()
    assert tip.text == mark.get_attribute("data-tip")
    first = opened.find_element("css selector", "#multiples li[tabindex='0']")
    opened.execute_script("arguments[0].focus({preventScroll: true})", first)
    assert "80% interval" in tip.text
    before = tip.text
    first.send_keys(Keys.ARROW_RIGHT)
    assert tip.text != before
    assert opened.switch_to.active_element.get_attribute("data-row") != first.get_attribute("data-row")


def audit(driver, scheme):
    """What axe objects to; that it found anything to pass is checked here."""
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    driver.execute_script(f"document.querySelectorAll('{ALIKE}').forEach(e => e.remove())")
    driver.set_script_timeout(120)
    driver.execute_script(files("axe_core_python").joinpath("axe.min.js").read_text(encoding="utf-8"))
    found = driver.execute_async_script(
        "const done = arguments[0]; axe.run(document, {resultTypes: ['violations']}).then(done, e => done(String(e)))"
    )
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
    assert len(found["passes"]) > 10
    return [(v["id"], [n["html"][:150] for n in v["nodes"][:3]]) for v in found["violations"]]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_violation(opened, scheme):
    assert audit(opened, scheme) == []


def test_the_page_of_records_is_as_quiet_as_legible_and_as_narrow(browser, tmp_path):
    page = tmp_path / "records.html"
    dates = ["--by", "2023-12", "--as-of", "2023-03-01", "--release-dates"]
    out = CliRunner().invoke(main, ["records", *dates, "--report", str(page)])
    assert out.exit_code == 0, out.output
    browser.get_log("browser")
    browser.get_log("performance")
    browser.get(page.as_uri())
    sent = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    addresses = {m["params"]["request"]["url"] for m in sent if m["method"] == "Network.requestWillBeSent"}
    assert addresses - {"data:,"} == {page.as_uri()}
    assert browser.get_log("browser") == []
    first = browser.find_element("css selector", "#multiples li[tabindex='0']")
    browser.execute_script("arguments[0].focus({preventScroll: true})", first)
    assert "80% interval" in browser.find_element("id", "tip").text
    narrow = {"width": 400, "height": 800, "deviceScaleFactor": 1, "mobile": True}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", narrow)
    wide = browser.execute_script("return [document.documentElement.scrollWidth, window.innerWidth]")
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    assert wide[0] <= wide[1] <= 400
    assert [audit(browser, scheme) for scheme in ("light", "dark")] == [[], []]


def test_a_narrow_screen_scrolls_only_tables_sideways(opened):
    opened.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride", {"width": 400, "height": 800, "deviceScaleFactor": 1, "mobile": True}
    )
    wide = opened.execute_script("return [document.documentElement.scrollWidth, window.innerWidth]")
    opened.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    assert wide[0] <= wide[1] <= 400


def test_it_prints_whole(opened):
    """Printed, nothing scrolls away and the controls are gone."""
    opened.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    box = opened.execute_script(
        "const b = document.querySelector('#table .wide'); return [b.scrollHeight, b.clientHeight]"
    )
    shown = opened.find_element("id", "controls").is_displayed()
    page = {"width": 720, "height": 1000, "deviceScaleFactor": 1, "mobile": False}
    opened.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", page)
    width = opened.execute_script("return [document.documentElement.scrollWidth, window.innerWidth]")
    opened.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    opened.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
    assert box[0] <= box[1] + 1
    assert width[0] <= width[1]
    assert not shown
