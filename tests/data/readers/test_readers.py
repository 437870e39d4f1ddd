"""Every reader reads its own example, and no other reader takes it for its own."""

from pathlib import Path

import pytest

from scale_forecast.data.dates import RUN_DATE
from scale_forecast.data.readers import read
from scale_forecast.data.readers.content import Content
from scale_forecast.data.readers.files import Limits, Source
from scale_forecast.data.readers.registry import LAST, READERS


def written(folder, example):
    path = folder / example.name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(example.data)
    for name, data in (example.beside or {}).items():
        (path.parent / name).write_bytes(data)
    return path


@pytest.mark.parametrize("name", list(READERS))
def test_a_reader_reads_its_example(tmp_path, name):
    example = READERS[name].example
    loaded = read([written(tmp_path, example)])
    rows = loaded.results
    found = {(r.task, r.metric, r.model): r.score for r in rows.itertuples()}
    assert found == pytest.approx(example.scores)
    assert (loaded.counts["found"] == loaded.counts["kept"] + loaded.counts["refused"]).all()
    assert loaded.counts["kept"].sum() == len(rows)


@pytest.mark.parametrize("name", list(READERS))
def test_no_reader_takes_the_example_of_another(tmp_path, name):
    content = Content(Source(written(tmp_path, READERS[name].example)), Limits())
    general = {reader.name for reader in LAST}
    assert [other for other in READERS if other not in general and READERS[other].recognises(content)] == (
        [] if name in general else [name]
    )


def test_the_manual_lists_every_format_and_no_other():
    page = (Path(__file__).parents[3] / "docs" / "data.md").read_text(encoding="utf-8")
    table = page.split("| format | what is taken |")[1].split("\n\n")[0]
    named = [row.split("|")[1].strip() for row in table.splitlines()[2:]]
    listed = [name for cell in named for name in ([cell] if cell in READERS else cell.split(", "))]
    assert sorted(listed) == sorted(READERS)


@pytest.mark.parametrize("name", ["SWE-bench leaderboards", "Aider leaderboard"])
def test_the_day_of_a_submission_is_told_from_one_of_publication(tmp_path, name):
    dated = read([written(tmp_path, READERS[name].example)]).results
    assert set(dated.loc[dated["known_on"].notna(), "known_basis"]) == {RUN_DATE}
