"""The page of licences lists what is declared and what that brings, and nothing of it binds who uses the tool."""

import tomllib

import pytest

pytest.importorskip("packaging")
from tests.licences import ROOT, licence_of, listed, needed

LISTED, NEEDED = listed(), needed()


def test_every_package_that_is_asked_for_is_listed():
    assert sorted(set(needed(indirect=False)) - set(LISTED)) == [], "run: python -m tests.licences"


@pytest.mark.slow
def test_every_package_that_these_bring_is_listed():
    """Not in every run, since a release of somebody else's may bring another one any day."""
    assert sorted(set(NEEDED) - set(LISTED)) == [], "run: python -m tests.licences"


def test_a_listed_licence_is_the_packages_own():
    told = {name: licence_of(name) for name in sorted(set(NEEDED) & set(LISTED))}
    said = {name: (LISTED[name][0], licence) for name, licence in told.items() if licence is not None}
    assert len(said) > 30
    assert {name: both for name, both in said.items() if len({one.casefold()[:3] for one in both}) > 1} == {}


def test_what_every_install_brings_asks_for_no_source_in_return():
    always = {name: licence for name, (licence, by) in LISTED.items() if by == "every install"}
    assert len(always) > 30
    assert not [name for name, licence in always.items() if "GPL" in licence or licence == "unknown"]


def test_a_urllib3_that_unpacks_without_bounds_is_not_taken():
    """Before 2.6 an answer's links of compression had no end."""
    asked = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
    assert "urllib3>=2.6" in asked
