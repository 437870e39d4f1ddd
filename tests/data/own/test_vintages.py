"""Fetched tables: read within bounds, kept by day, never written again, and read as of a day."""

import io
import zipfile

import pandas as pd
import pytest

from scale_forecast.data.errors import DataError, UsageError
from scale_forecast.data.own import tables
from scale_forecast.data.own.sources import find_source, public_sources
from scale_forecast.data.own.tables import content_at, tables_in
from scale_forecast.data.own.vintages import keep, take_away_vintage, vintage_rows, vintages
from tests.data.own.hub import FILES, HUB, packed

EPOCH = find_source("epoch")
DAYS = [pd.Timestamp(day) for day in ("2026-10-01", "2026-11-01")]


def kept(folder, day, files=FILES):
    content = packed(files)
    return keep(folder, EPOCH, pd.Timestamp(day), content, tables_in(content, EPOCH).rows)


def scores(folder, as_of=None):
    return vintage_rows(folder, vintages(folder, as_of))


def test_every_public_source_says_where_it_is_on_what_terms_and_whom_to_credit():
    assert next(iter(public_sources())) == "epoch"
    for source in public_sources().values():
        assert source.address.startswith("https://")
        assert min(map(len, (source.licence, source.credit, source.reader))) > 0


def test_the_recorded_tables_are_read_and_what_is_no_table_is_said():
    found = tables_in(packed(), EPOCH)
    assert len(found.rows) == 19
    assert any("1 file left aside: benchmark_data/eci_scaling.csv" in note for note in found.notes)
    assert set(found.rows["licence"]) == {"CC BY 4.0"}
    assert "effort high" in set(found.rows["setting"])


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (packed()[:-200], "cut off or damaged"),
        (packed()[:2000], "cut off or damaged"),
        (packed({"../evil.csv": FILES["gpqa_diamond.csv"]}), "leads out of it"),
        (packed({"/etc/evil.csv": FILES["gpqa_diamond.csv"]}), "leads out of it"),
        (packed({"gpqa_diamond.csv": FILES["gpqa_diamond.csv"].replace(b"Model version", b"Name")}), "holds no table"),
        (packed({"readme.txt": b"hello"}), "holds no table"),
        (packed({}), "holds no table|damaged"),
        (b"<html>moved</html>", "holds no table"),
        (b"\x00\x01\x02", "holds no table"),
    ],
)
def test_what_cannot_be_trusted_is_refused_whole(content, sentence):
    with pytest.raises(DataError, match=sentence):
        tables_in(content, EPOCH)


def test_a_zip_bomb_and_a_crowd_of_files_are_refused_before_they_are_unpacked(monkeypatch):
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(9):
            archive.writestr(f"{number}.csv", bytes(1 << 25))
    assert len(bomb.getvalue()) < 1 << 20
    with pytest.raises(DataError, match="unpacks to more than 256 MB"):
        tables_in(bomb.getvalue(), EPOCH)
    monkeypatch.setattr(tables, "MOST_FILES", 3)
    with pytest.raises(DataError, match="holds 5 files"):
        tables_in(packed(), EPOCH)


def test_a_changed_table_is_left_aside_and_the_others_are_read():
    files = {**FILES, "gpqa_diamond.csv": FILES["gpqa_diamond.csv"].replace(b"mean_score", b"score_v2").replace(
        b"Best score (across scorers)", b"best_v2")}  # fmt: skip
    found = tables_in(packed(files), EPOCH)
    assert "GPQA Diamond" not in set(found.rows["task"])
    assert any(
        "gpqa_diamond.csv" in note and "its columns are not those of a table of Epoch AI's hub" in note
        for note in found.notes
    )


def test_a_vintage_is_kept_once_and_read_as_of_its_day(tmp_path):
    first = kept(tmp_path, DAYS[0])
    assert first.id.startswith("epoch-2026-10-01-")
    assert kept(tmp_path, DAYS[1]) is None  # the same scores are no new vintage
    assert scores(tmp_path, DAYS[0] - pd.Timedelta(days=1)).empty
    assert len(scores(tmp_path, DAYS[0])) == 19
    assert set(scores(tmp_path)["seen_on"]) == {DAYS[0]}


def test_a_later_vintage_dates_only_what_is_new_in_it_and_an_earlier_day_does_not_see_it(tmp_path):
    kept(tmp_path, DAYS[0])
    changed = {**FILES, "gpqa_diamond.csv": FILES["gpqa_diamond.csv"].replace(b"muse-spark,0.898", b"muse-spark,0.912")}
    kept(tmp_path, DAYS[1], changed)
    before, after = scores(tmp_path, DAYS[0]), scores(tmp_path, DAYS[1])
    muse = [rows.loc[rows["model"] == "muse-spark"].iloc[0] for rows in (before, after)]
    assert [row["score"] for row in muse] == [0.898, 0.912]
    assert [row["seen_on"] for row in muse] == DAYS
    assert muse[1]["looked_on"] == DAYS[0]
    others = after[after["model"] != "muse-spark"]
    assert set(others["seen_on"]) == {DAYS[0]}


def test_what_a_later_vintage_lacks_is_read_until_then(tmp_path):
    kept(tmp_path, DAYS[0])
    kept(tmp_path, DAYS[1], {name: data for name, data in FILES.items() if name != "swe_bench_verified.csv"})
    assert "SWE-bench Verified" in set(scores(tmp_path, DAYS[0])["task"])
    assert "SWE-bench Verified" not in set(scores(tmp_path, DAYS[1])["task"])


def test_a_vintage_that_was_touched_is_refused_and_can_be_taken_away(tmp_path):
    vintage = kept(tmp_path, DAYS[0])
    path = tmp_path / "vintages" / vintage.id / "scores.csv"
    path.write_bytes(path.read_bytes().replace(b"0.898", b"0.998"))
    with pytest.raises(DataError, match=f"was changed since it was fetched: .*forecast data remove {vintage.id}"):
        scores(tmp_path)
    assert take_away_vintage(tmp_path, vintage.id)
    assert vintages(tmp_path) == []
    assert not take_away_vintage(tmp_path, "../added")


def test_a_folder_and_a_file_of_any_known_format_are_read_like_what_is_fetched(tmp_path):
    assert len(tables_in(content_at(HUB), find_source(str(HUB))).rows) == 19
    own = tmp_path / "board.csv"
    own.write_text("task,model,score,released,known_on\nGPQA Diamond,zorg-7,0.5,2026-11-01,2026-11-09\n"
                   "GPQA Diamond,zorg-8,0.6,2026-11-01,\n")  # fmt: skip
    rows = tables_in(content_at(own), find_source(str(own))).rows
    assert rows["known_basis"].tolist() == ["listing date", "not before"]


def test_a_source_is_a_name_an_address_or_a_path():
    assert find_source("Epoch").name == find_source(EPOCH.address).name == "epoch"
    assert find_source("https://example.org/a/b.csv?x=1").name == "example.org-a-b.csv"
    with pytest.raises(UsageError, match=r"no public table is called 'epock'.*did you mean 'epoch'"):
        find_source("epock")
