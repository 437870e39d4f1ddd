"""`docs/extending.md` names every member, and tests that exist.

After a change to a tuple: ``python -m tests.test_extending`` writes the tables anew.
"""

import re
from pathlib import Path

import pytest

from scale_forecast.data.readers.registry import READERS, file_of
from scale_forecast.predictors.registry import PREDICTORS, first_sentence
from scale_forecast.resolvers.kinds import KINDS
from scale_forecast.resolvers.markets.services import SERVICES
from scale_forecast.show.plots.registry import PLOTS
from scale_forecast.studies.registry import STUDIES

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "extending.md"
TABLES = {
    "predictors": (PREDICTORS, first_sentence),
    "readers": (READERS, file_of),
    "studies": (STUDIES, lambda study: study.asks),
    "plots": (PLOTS, lambda plot: plot.says),
    "kinds": (KINDS, first_sentence),
    "services": (SERVICES, lambda service: service.example[0]),
}


def table(kind):
    members, say = TABLES[kind]
    rows = [f"| `{member.name}` | {say(member)} |" for member in members.ours]
    return "\n".join([f"<!-- {kind} -->", "", f"| {members.noun} | |", "|---|---|", *rows, "", "<!-- end -->"])


def section(kind):
    return re.compile(rf"<!-- {kind} -->.*?<!-- end -->", re.DOTALL)


@pytest.mark.parametrize("kind", TABLES)
def test_the_page_names_every_member(kind):
    (found,) = section(kind).findall(PAGE.read_text(encoding="utf-8"))
    assert found == table(kind)


def test_the_tests_and_modules_that_the_page_names_are_there():
    named = re.findall(r"`((?:tests|forecast|resolvers|data|docs)/[\w./]+)`", PAGE.read_text(encoding="utf-8"))
    assert len(named) > 10
    assert [name for name in named if "NAME" not in name and not (ROOT / name).exists()] == []


if __name__ == "__main__":
    text = PAGE.read_text(encoding="utf-8")
    for each in TABLES:
        text = section(each).sub(lambda _, each=each: table(each), text)
    PAGE.write_text(text, encoding="utf-8")
