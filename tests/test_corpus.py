"""Each hostile file that was ever found is read, or refused in one sentence, by the command that reads its kind."""

import pytest

from tests.doors import CORPUS, DOORS, bring_in, fault_of, files_of

FILES = [(door, file) for door in DOORS for file in files_of(door)]


@pytest.mark.parametrize(("door", "file"), FILES, ids=[f"{door}/{file.name}" for door, file in FILES])
def test_a_hostile_file_is_read_or_refused_in_a_sentence(door, file, tmp_path):
    assert fault_of(bring_in(door, file, tmp_path)) is None


def test_every_folder_of_the_corpus_has_its_door():
    assert {folder.name for folder in CORPUS.iterdir() if folder.is_dir()} == set(DOORS)


@pytest.mark.parametrize("ends", ["crlf", "crlf_blank", "lone_cr"])
def test_line_endings_of_other_systems_change_nothing(ends, tmp_path):
    file = CORPUS / "results" / f"{ends}.csv"
    plain = tmp_path / file.name
    plain.write_bytes(file.read_bytes().replace(b"\r\n", b"\n").replace(b"\r", b"\n"))
    (before, told), (after, expected) = ([bring_in("results", path, tmp_path), path] for path in (file, plain))
    assert before.exit_code == after.exit_code == 0
    assert before.stdout.replace(str(told), "").split() == after.stdout.replace(str(expected), "").split()


def test_nested_columns_are_told_from_those_that_count(tmp_path):
    """A score that is an object is no number, one aside is left there, and neither ends in a traceback."""
    nested = bring_in("results", CORPUS / "results" / "nested_struct.parquet", tmp_path)
    aside = bring_in("results", CORPUS / "results" / "nested_aside.parquet", tmp_path)
    assert (nested.exit_code, aside.exit_code) == (1, 0)
    assert "not a number" in nested.stderr
    assert "columns left aside: notes" in aside.stderr


@pytest.mark.parametrize("door", ["results", "models", "tasks", "tracks"])
def test_a_hundred_thousand_columns_are_refused_in_a_sentence(door, tmp_path):
    file = tmp_path / "many.csv"
    file.write_text(
        "task,model,params,score," + ",".join(f"c{n}" for n in range(100_000)) + "\n" + "1," * 100_003 + "1\n"
    )
    result = bring_in(door, file, tmp_path)
    assert fault_of(result) is None
    assert result.exit_code == 1
    assert "more than 10,000" in result.stderr
    assert len(result.stderr) < 2000


def test_of_many_columns_that_are_left_aside_a_few_are_named(tmp_path):
    result = bring_in("results", CORPUS / "results" / "many_columns.csv", tmp_path)
    assert "c39 and 2,960 more" in result.stderr
