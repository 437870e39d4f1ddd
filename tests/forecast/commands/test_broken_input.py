"""Every kind of broken input gives one sentence on stderr and exit 1 (data) or 2 (usage), never a traceback."""

import gzip
import json
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

from scale_forecast.commands import main
from scale_forecast.data.errors import DataError
from scale_forecast.data.readers import Limits, read
from scale_forecast.data.readers.files import Source

GOOD = {"task": "t", "model": "a-1b", "params": "1e9", "score": "0.5"}


def csv(path, *rows, name="r.csv", drop=()):
    """A CSV of rows that differ from a good one; ``drop`` leaves columns out."""
    file = path / name
    pd.DataFrame([{**GOOD, **row} for row in rows or [{}]]).drop(columns=list(drop)).to_csv(file, index=False)
    return [str(file)]


def raw(path, content, name="r.csv"):
    file = path / name
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return [str(file)]


def harness(path, results, name="r.json", **rest):
    return raw(path, json.dumps({"results": results, **rest}), name)


def parquet(path):
    pd.DataFrame([GOOD]).to_parquet(path / "r.parquet")
    return raw(path, (path / "r.parquet").read_bytes()[:-20], "r.parquet")


def bombs(depth):
    return '{"results":' * depth


def folder(path, **files):
    inner = path / "dir"
    inner.mkdir()
    for name, content in files.items():
        (inner / name.replace("_", ".")).write_text(content)
    return [str(inner)]


def sample(**changes):
    record = {"doc_id": 0, "target": "1", "filtered_resps": [["-1.0", "False"], ["-2.0", "False"]], "acc": 0.0}
    return json.dumps({**record, **changes}) + "\n"


def with_file(path, option, text, name):
    return [*csv(path), option, *raw(path, text, name)]


WIDE = "Model,params,MMLU,note\na-1b,1e9,0.5,good\n"
HEADER = "task,model,params,score\n"

READ_WITH_A_REMARK = {
    *("percentages", "text for a score", "negative size", "size of zero", "infinite size", "size in words"),
    *("negative tokens", "misspelt column", "column without a name", "no such day", "date in words"),
    *("negative standard error", "no examples", "wide table without --wide", "key twice by another spelling"),
    *("wide table without models", "wide table with remarks"),
}
"""What refuses a cell or a row, or is understood and said, since one bad cell does not refuse a table."""
DATA_ERRORS = {
    "empty file": (lambda p: raw(p, ""), "the file is empty"),
    "only blank lines": (lambda p: raw(p, "\n\n  \n"), "the file is empty"),
    "header without rows": (lambda p: raw(p, HEADER), "has no rows"),
    "percentages": (lambda p: csv(p, {"score": 41.7}), "are these percentages? divide by 100"),
    "missing score": (lambda p: csv(p, {"score": "NaN"}), "1 empty score"),
    "infinite score": (lambda p: csv(p, {"score": "inf"}), "not finite"),
    "minus infinity": (lambda p: csv(p, {"score": "-inf"}), "not finite"),
    "text for a score": (lambda p: csv(p, {}, {"task": "u", "score": "high"}), "'high' in row 3 is not a number"),
    "truth values for scores": (lambda p: csv(p, {"score": "True"}), "not a number, first 'True' in row 2"),
    "truth values in JSON": (lambda p: raw(p, json.dumps({**GOOD, "score": True}), "r.jsonl"), "not a number"),
    "negative loss": (lambda p: csv(p, {"metric": "loss", "score": "-0.1"}), "is negative"),
    "negative size": (lambda p: csv(p, {"params": "-7e9"}), "is not positive and finite"),
    "size of zero": (lambda p: csv(p, {"params": "0"}), "is not positive and finite"),
    "infinite size": (lambda p: csv(p, {"params": "1e999"}), "is not positive and finite"),
    "size in words": (lambda p: csv(p, {"params": "seven billion"}), "is not a number"),
    "negative tokens": (lambda p: csv(p, {"train_tokens": "-1"}), "is not positive and finite"),
    "key twice": (lambda p: csv(p, {}, {"score": "0.6"}), "row 3 repeats the key"),
    "key twice by another spelling": (lambda p: csv(p, {}, {"model": "A 1B"}), "row 3 repeats the key"),
    "key twice in two files": (lambda p: csv(p) + csv(p, {"score": "0.6"}, name="s.csv"), "repeats the key"),
    "no score column": (lambda p: csv(p, drop=["score"]), "no column 'score'"),
    "no model column": (lambda p: csv(p, drop=["model", "params"]), "no column 'model'"),
    "empty model": (lambda p: csv(p, {"model": ""}), "is missing"),
    "misspelt column": (lambda p: csv(p, {"familly": "A"}), "unknown column 'familly' (did you mean 'family'?)"),
    "column twice": (lambda p: raw(p, "task,model,params,score,score\nt,a-1b,1e9,.5,.5\n"), "stands twice"),
    "column without a name": (lambda p: raw(p, "task,model,params,score,\nt,a-1b,1e9,.5,x\n"), "has no name"),
    "row too long": (lambda p: raw(p, HEADER + "t,a-1b,1e9,.5,x\n"), "as many cells as the header"),
    "row too short": (lambda p: raw(p, HEADER + "t,a-1b,1e9\n"), "as many cells as the header"),
    "open quotation mark": (lambda p: raw(p, HEADER + 't,"a-1b,1e9,.5\n'), "as many cells as the header"),
    "no such day": (lambda p: csv(p, {"released": "2022-13-45"}), "is not a date: write dates as YYYY-MM-DD"),
    "date in words": (lambda p: csv(p, {"known_on": "last week"}), "is not a date"),
    "negative standard error": (lambda p: csv(p, {"stderr": "-0.1"}), "is negative or not finite"),
    "half a shot": (lambda p: csv(p, {"shots": "1.5"}), "is not a whole number"),
    "negative shots": (lambda p: csv(p, {"shots": "-1"}), "is negative"),
    "no examples": (lambda p: csv(p, {"n_examples": "0"}), "is below 1"),
    "family in two lines": (
        lambda p: csv(p, {"family": "A", "line": "L"}, {"family": "A", "line": "M", "model": "b-2b"}),
        "stands in two lines",
    ),
    "UTF-16": (lambda p: raw(p, HEADER.encode("utf-16")), "the table has no rows"),
    "UTF-16 without a mark": (lambda p: raw(p, HEADER.encode("utf-16-le")), "the table has no rows"),
    "Latin-1": (
        lambda p: raw(p, (HEADER + "café,a-1b,1e9,.5\n").encode("latin-1")),
        "0xe9 at position 27 is not UTF-8",
    ),
    "an image": (lambda p: raw(p, b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"), "binary file of unknown kind"),
    "gzip cut off": (lambda p: raw(p, gzip.compress(HEADER.encode() * 99)[:-12], "r.csv.gz"), "cut off or damaged"),
    "gzip damaged": (lambda p: raw(p, b"\x1f\x8b\x08\x00" + b"x" * 99, "r.csv.gz"), "cut off or damaged"),
    "Parquet damaged": (parquet, "the Parquet file is damaged"),
    "JSON cut off": (lambda p: raw(p, '{"results": {"t": {"acc": 0.5', "r.json"), "is cut off at line 1"),
    "JSON cut inside a name": (lambda p: raw(p, '{"results": {"t": {"ac', "r.json"), "is cut off at line 1"),
    "no JSON after all": (lambda p: raw(p, "{results: 1}", "r.json"), "is not valid JSON"),
    "JSON nested without end": (lambda p: raw(p, bombs(100_000), "r.json"), "nested too deeply"),
    "JSON lists without end": (lambda p: raw(p, "[" * 100_000, "r.json"), "nested too deeply"),
    "JSON key twice": (lambda p: raw(p, '{"results": {"t": {"acc": 0.5, "acc": 0.6}}}', "r.json"), "stands twice"),
    "a number of 9,999 digits": (
        lambda p: raw(p, '{"results": {"t": {"acc": ' + "9" * 9999 + "}}}", "r.json"),
        "1 not finite",
    ),
    "JSON of another kind": (lambda p: raw(p, '{"colour": "blue"}', "r.json"), "JSON of an unknown kind"),
    "JSON that is no rows": (lambda p: raw(p, "[1, 2]", "r.json"), "not a list of rows"),
    "JSON rows in rows": (lambda p: raw(p, json.dumps([{**GOOD, "score": [0.5]}]), "r.json"), "score not a number"),
    "JSON line cut off": (
        lambda p: raw(p, json.dumps(GOOD) + "\n" + json.dumps(GOOD)[:20], "r.jsonl"),
        "line 2 is not JSON",
    ),
    "half a character": (lambda p: raw(p, json.dumps({**GOOD, "task": "\ud800"}), "r.jsonl"), "half a character"),
    "empty list of rows": (lambda p: raw(p, "[]", "r.json"), "has no rows"),
    "empty directory": (folder, "holds no result files"),
    "directory without results": (lambda p: folder(p, a_csv="x,y\n1,2\n", b_json="{}"), "no file could be read"),
    "no such file": (lambda p: [str(p / "absent.csv")], "No such file or directory"),
    "harness without a usable score": (lambda p: harness(p, {"t": {"acc": float("nan")}}), "no usable score is left"),
    "sample log cut off": (lambda p: raw(p, sample() + sample()[:30], "samples_t.jsonl"), "line 2 is not JSON"),
    "sample log of no model": (lambda p: raw(p, sample(), "samples_t.jsonl"), "say --as-model"),
    "BIG-bench without scores": (lambda p: raw(p, '{"scores": [], "model": {}}', "scores_x.json"), "no usable score"),
    "BIG-bench task that scores in words": (
        lambda p: raw(
            p,
            json.dumps({"name": "n", "description": "d", "examples": [{"input": "i", "target_scores": {"a": "yes"}}]}),
            "task.json",
        ),
        "target_scores must be numbers",
    ),
    "tasks of unknown columns": (lambda p: with_file(p, "--tasks", "task,chnce\nt,.5\n", "t.csv"), "'chnce'"),
    "chance above one": (lambda p: with_file(p, "--tasks", "task,chance\nt,25\n", "t.csv"), "is not in [0, ceiling)"),
    "task described twice": (
        lambda p: with_file(p, "--tasks", "task\nt\nT\n", "t.csv"),
        "again: keep one row per task",
    ),
    "models without names": (lambda p: with_file(p, "--models", "params\n7e9\n", "m.csv"), "needs a column 'model'"),
    "model of no size": (lambda p: with_file(p, "--models", "model,params\nx,big\n", "m.csv"), "'big' in row 2"),
    "model of no day": (lambda p: with_file(p, "--models", "model,released\nx,soon\n", "m.csv"), "is not a date"),
    "model described twice": (lambda p: with_file(p, "--models", "model\nx\nX\n", "m.csv"), "keep one row per model"),
    "wide table without --wide": (lambda p: raw(p, WIDE), "for one column per task say --wide"),
    "wide table without models": (lambda p: [*raw(p, WIDE), "--wide"], "say which with --column model=NAME"),
    "wide table with remarks": (lambda p: [*raw(p, WIDE), "--wide", "--column", "model=Model"], "holds no number"),
    "long table called wide": (lambda p: [*csv(p), "--wide"], "so it is no wide table: leave out --wide"),
    "column to map is absent": (
        lambda p: [*csv(p), "--column", "model=Modell"],
        "no column 'Modell' (did you mean 'model'?)",
    ),
    "nothing on standard input": (lambda p: ["-"], "standard input: the file is empty"),
}

USAGE_ERRORS = {
    "nothing to check": (lambda p: ["validate"], "name a file or directory to check"),
    "nothing to import": (lambda p: ["import"], "name a file or directory to import"),
    "mapping without a sign": (lambda p: ["validate", *csv(p), "--column", "model"], "is not of the form FIELD=VALUE"),
    "mapping to no column of ours": (lambda p: ["validate", *csv(p), "--set", "shotz=5"], "(did you mean 'shots'?)"),
    "constant for a column that is there": (lambda p: ["validate", *csv(p), "--set", "params=1"], "leave out --set"),
    "unknown task": (lambda p: ["show", "--task", "anacronisms"], "(did you mean 'anachronisms'"),
    "unknown family": (lambda p: ["show", "--family", "Palm2"], "no family 'Palm2' in these results (did you mean"),
    "names that never meet": (lambda p: ["show", "--family", "Gopher", "--model", "PaLM 540B"], "together"),
    "unknown command": (lambda p: ["imprt"], "no command 'imprt' (did you mean 'import'?)"),
    "unknown format": (lambda p: ["list", "--format", "yaml"], "'yaml' is not one of"),
}


def run(arguments, **options):
    return CliRunner().invoke(main, ["data", *arguments], **options)


def assert_one_sentence(result, code, message):
    assert isinstance(result.exception, SystemExit), f"escaped: {result.exception!r}"
    assert result.exit_code == code
    lines = [line for line in result.stderr.splitlines() if line.startswith("Error: ")]
    assert result.stderr.count("Error: ") == len(lines) == 1
    assert message in lines[0]
    assert result.stderr.splitlines()[-1] == lines[0]


@pytest.mark.parametrize("kind", DATA_ERRORS)
def test_broken_data_give_one_sentence_and_exit_1(kind, tmp_path):
    arguments, message = DATA_ERRORS[kind]
    result = run(["validate", *arguments(tmp_path)])
    if kind in READ_WITH_A_REMARK:
        assert result.exit_code == 0, result.output
        assert "found," in result.stderr
        return
    assert_one_sentence(result, 1, message)


@pytest.mark.parametrize("kind", USAGE_ERRORS)
def test_broken_requests_give_one_sentence_and_exit_2(kind, tmp_path):
    arguments, message = USAGE_ERRORS[kind]
    assert_one_sentence(run(arguments(tmp_path)), 2, message)


def test_a_file_that_may_not_be_read_is_named(tmp_path, monkeypatch):
    def refuse(self, *args, **kwargs):
        raise PermissionError(13, "Permission denied")

    path = csv(tmp_path)
    monkeypatch.setattr(Path, "open", refuse)
    assert_one_sentence(run(["validate", *path]), 1, f"cannot read {path[0]}: Permission denied")


def test_output_that_cannot_be_written_is_named(tmp_path):
    result = run(["import", *csv(tmp_path), "-o", str(tmp_path / "absent" / "out.csv")])
    assert_one_sentence(result, 1, "cannot write")


def test_scores_without_tasks_out_are_asked_for(tmp_path):
    task = json.dumps({"name": "n", "description": "d", "examples": [{"input": "i", "target": "t"}]})
    assert_one_sentence(run(["import", *raw(tmp_path, task, "task.json")]), 1, "write them with --tasks-out FILE")


@pytest.mark.parametrize("name", ["r.csv", "r.csv.gz", "samples_x.jsonl"])
def test_an_endless_line_is_refused_before_it_fills_the_memory(name, tmp_path):
    """Only one byte more than the limit is ever asked for."""
    start = sample()[:-2].encode() if name.endswith("jsonl") else HEADER.encode()
    content = start + b"x" * 300_000
    path = raw(tmp_path, gzip.compress(content) if name.endswith("gz") else content, name)
    with pytest.raises(DataError, match=r"line \d is longer than"):
        list(Source(Path(path[0])).lines(Limits(line=1000)))
    with pytest.raises(DataError):
        read(path, limits=Limits(line=1000, json=1000))


def test_a_file_beyond_the_limit_is_refused(tmp_path):
    with pytest.raises(DataError, match="is larger than"):
        read(harness(tmp_path, {f"t{i}": {"acc": 0.5} for i in range(99)}), limits=Limits(json=1000))
    with pytest.raises(DataError, match="is larger than"):
        read(csv(tmp_path, *({"task": f"t{i}"} for i in range(99))), limits=Limits(table=1000))


def test_one_broken_file_in_a_directory_is_named_and_the_rest_is_read(tmp_path):
    good = json.dumps({"results": {"t": {"acc": 0.5}}, "model_name": "a-1b"})
    loaded = read(folder(tmp_path, good_json=good, cut_json=good[:30]))
    assert len(loaded.results) == 1
    assert any("cut.json" in note and "cut off" in note for note in loaded.notes)
