"""Inspect's logs: the zip file says what the document says, old and new, and a hostile one is refused within bounds."""

import copy
import json
import struct
import tracemalloc
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner

from scale_forecast.commands import main
from scale_forecast.data.errors import DataError
from scale_forecast.data.logs import read_logs
from scale_forecast.data.readers import Limits

pytest.importorskip("duckdb")
FIXTURES = Path(__file__).parent.parent.parent / "fixtures" / "logs"
LOG = json.loads((FIXTURES / "inspect_arc.json").read_text())
HEADER = {name: LOG[name] for name in ("version", "status", "eval", "plan", "results", "stats") if name in LOG}


def a_log(**changes):
    """The recorded log with one sample in five wrong."""
    log = copy.deepcopy(LOG)
    for sample in log["samples"]:
        sample.setdefault("epoch", 1)
        sample.setdefault("metadata", {})
    log["samples"][0]["scores"]["choice"]["value"] = "I"
    return log | changes


def summary(sample):
    return {name: sample[name] for name in ("id", "epoch", "metadata") if name in sample} | {
        "scores": {scorer: {"value": score["value"]} for scorer, score in sample["scores"].items()}
    }


def parts_of(log, layout="2025"):
    """As inspect_ai's recorders lay a log out, by the year in which they did."""
    header = {name: log[name] for name in HEADER}
    samples = {f"samples/{s['id']}_epoch_{s['epoch']}.json": s for s in log["samples"]}
    if layout == "2024":
        start = {name: header[name] for name in ("version", "eval") if name in header}
        summaries = [{k: v for k, v in summary(s).items() if k != "metadata"} for s in log["samples"]]
        return {"start.json": start, **samples, "summary.json": summaries, "results.json": {"status": header["status"]}}
    summaries = [summary(s) for s in log["samples"]]
    start = {"_journal/start.json": {"version": 2, "eval": header["eval"]}, "_journal/summaries/1.json": summaries}
    return start | samples | {"summaries.json": summaries, "header.json": header}


def write(path, parts, method=zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, content in parts.items():
            archive.writestr(name, content if isinstance(content, bytes) else json.dumps(content))
    return path


def rows(path, **options):
    table = read_logs([path], model="a-1b", **options).loaded.results
    return table[["benchmark", "task", "metric", "score", "stderr", "n_examples"]].to_dict("records")


@pytest.fixture
def document(tmp_path):
    path = tmp_path / "arc.json"
    path.write_text(json.dumps(a_log()))
    return path


@pytest.fixture(scope="module")
def said(tmp_path_factory):
    """What the document of `a_log` says."""
    path = tmp_path_factory.mktemp("said") / "arc.json"
    path.write_text(json.dumps(a_log()))
    return rows(path)


@pytest.mark.parametrize("layout", ["2024", "2025"])
@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_the_zip_file_says_what_the_document_says(tmp_path, said, layout, method):
    assert rows(write(tmp_path / "arc.eval", parts_of(a_log(), layout), method)) == said
    assert said[0]["score"] == 0.8


def zstandard(path, parts):
    """A zip file whose parts are compressed by zstd (method 93), which `zipfile` does not write before Python 3.14."""
    import pyarrow as pa

    body, listed = b"", b""
    for name, content in parts.items():
        plain, offset = json.dumps(content).encode(), len(body)
        packed = b"".join(pa.compress(half, "zstd", asbytes=True) for half in (plain[:100], plain[100:]) if half)
        about = struct.pack("<HHHHIIIHH", 0, 93, 0, 0, zipfile.crc32(plain), len(packed), len(plain), len(name), 0)
        body += b"PK\x03\x04" + struct.pack("<H", 63) + about + name.encode() + packed
        more = struct.pack("<HHHII", 0, 0, 0, 0, offset)
        listed += b"PK\x01\x02" + struct.pack("<HH", 63, 63) + about + more + name.encode()
    end = struct.pack("<HHHHIIH", 0, 0, len(parts), len(parts), len(listed), len(body), 0)
    path.write_bytes(body + listed + b"PK\x05\x06" + end)
    return path


def test_parts_in_several_frames_of_zstd_are_read(tmp_path, document):
    assert rows(zstandard(tmp_path / "arc.eval", parts_of(a_log()))) == rows(document)


def test_a_zip_file_that_inspect_wrote_is_read_like_its_document():
    assert rows(FIXTURES / "inspect_arc.eval") == rows(FIXTURES / "inspect_arc.json")


def test_a_directory_gives_its_zip_files_too(tmp_path):
    write(tmp_path / "arc.eval", parts_of(a_log()))
    assert read_logs([tmp_path], model="a-1b").loaded.counts["format"].tolist() == ["Inspect log"]


def test_of_a_sample_that_was_run_again_the_last_counts(tmp_path):
    """The recorder appends a second part of the same name (here without summaries)."""
    first, again = a_log(), a_log()
    again["samples"][0]["scores"]["choice"]["value"] = "C"
    parts = {name: part for name, part in parts_of(first).items() if name != "summaries.json"}
    path = write(tmp_path / "arc.eval", parts)
    name, sample = next((n, s) for n, s in parts_of(again).items() if n.startswith("samples/"))
    with zipfile.ZipFile(path, "a") as archive, pytest.warns(UserWarning, match="Duplicate name"):
        archive.writestr(name, json.dumps(sample))
    assert rows(path)[0]["score"] == 1.0


def test_epochs_of_a_sample_are_one_item(tmp_path):
    log = a_log()
    log["samples"] += [copy.deepcopy(s) | {"epoch": 2} for s in log["samples"]]
    once, twice = (
        rows(write(tmp_path / "a.eval", parts_of(a_log())))[0],
        rows(write(tmp_path / "b.eval", parts_of(log)))[0],
    )
    assert twice["n_examples"] == 5
    assert twice["stderr"] == pytest.approx(once["stderr"])


def test_a_scorer_that_says_several_things_counts_as_several(tmp_path):
    """Of them, what is no share of 1 is refused by name, and the others are kept."""
    log = a_log()
    for number, sample in enumerate(log["samples"]):
        sample["scores"] = {"quiz": {"value": {"right": "C" if number else "I", "fluent": 0.5, "words": 120}}}
    loaded = read_logs([write(tmp_path / "a.eval", parts_of(log))], model="a-1b").loaded
    assert loaded.results.set_index("metric")["score"].to_dict() == {
        "accuracy:quiz/fluent": 0.5,
        "accuracy:quiz/right": 0.8,
    }
    assert loaded.counts["reasons"].tolist() == ["1 no score from 0 to 1 in any of the items of arc_easy (quiz/words)"]


def test_a_sample_that_one_of_several_scorers_lacks_is_missed(tmp_path):
    log = a_log()
    for sample in log["samples"]:
        sample["scores"]["model_graded"] = {"value": 0.5}
    del log["samples"][2]["scores"]["model_graded"]
    loaded = read_logs([write(tmp_path / "a.eval", parts_of(log))], model="a-1b").loaded
    assert loaded.results["metric"].tolist() == ["accuracy:choice"]
    assert loaded.counts["reasons"].tolist() == ["1 accuracy missing in some of the items of arc_easy (model_graded)"]


@pytest.mark.parametrize(
    ("value", "score"),
    [("P", 0.5), ("N", 0.0), (True, 1.0), (0.25, 0.25), ("yes", 1.0), ("No", 0.0), ("0.75", 0.75)],
)
def test_values_mean_what_inspect_takes_them_for(tmp_path, value, score):
    log = a_log()
    for sample in log["samples"]:
        sample["scores"]["choice"]["value"] = value
    assert rows(write(tmp_path / "a.eval", parts_of(log)))[0]["score"] == score


@pytest.mark.parametrize("form", ["document", "zip"])
def test_the_source_document_is_metadata_or_named(tmp_path, form):
    log = a_log()
    for number, sample in enumerate(log["samples"]):
        sample["metadata"] = {"passage_id": number // 2}
        sample["chapter"] = {"id": number // 3}
    path = tmp_path / "a"
    if form == "zip":
        write(path, parts_of(log))
    else:
        path.write_text(json.dumps(log))
    assert read_logs([path], model="a-1b").profiles["documents"].tolist() == [3]
    assert read_logs([path], model="a-1b", document="chapter.id").profiles["documents"].tolist() == [2]


def test_events_of_any_size_are_passed_over(tmp_path):
    """A run of agents holds events by the megabyte, of which nothing is needed."""
    log = a_log()
    log["samples"][1]["events"] = [{"event": "model", "output": {"text": "x" * 900}}] * 200
    path = tmp_path / "big.json"
    path.write_text(json.dumps(log))
    assert rows(path, limits=Limits(line=50_000))[0]["score"] == 0.8


SAMPLE = "samples/1_epoch_1.json"


def without(*names):
    return {name: part for name, part in parts_of(a_log()).items() if name not in names}


@pytest.mark.parametrize(
    ("parts", "sentence"),
    [
        ({**parts_of(a_log()), "../../etc/passwd": b"x"}, "holds a path that leads out of it ('../../etc/passwd')"),
        ({**parts_of(a_log()), "/etc/passwd": b"x"}, "holds a path that leads out of it"),
        ({**parts_of(a_log()), "samples\\..\\..\\x": b"x"}, "holds a path that leads out of it"),
        (without("header.json"), "the run did not finish (status 'started')"),
        (parts_of(a_log(status="error")), "the run did not finish (status 'error')"),
        ({**parts_of(a_log()), "header.json": {**HEADER, "invalidated": True}}, "marked this run as invalid"),
        ({"other.json": {}}, "is no Inspect log with eval.model and eval.task"),
        (parts_of(a_log(samples=[])), "no usable score: 0 of its samples"),
        ({**without("summaries.json"), SAMPLE: b'{"id": 1, "scores"'}, "is cut off"),
        ({**without("summaries.json"), SAMPLE: b"{} {}"}, "sample 1 has no id"),
        ({**without("summaries.json"), SAMPLE: b'{"id": ' + b"[" * 100_000}, "is nested too deeply"),
        ({**without("summaries.json"), SAMPLE: b"\xff\xfe{"}, "is not UTF-8"),
    ],
)
def test_a_broken_zip_file_gives_one_sentence(tmp_path, parts, sentence):
    path = write(tmp_path / "a.eval", parts)
    result = CliRunner().invoke(main, ["data", "logs", str(path), "--as-model", "a-1b"])
    assert result.exit_code == 1
    assert isinstance(result.exception, SystemExit)
    assert sentence in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize("cut", [10, 400, -5, -60])
def test_a_zip_file_that_is_cut_off_is_refused(tmp_path, cut):
    path = write(tmp_path / "a.eval", parts_of(a_log()))
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(DataError, match="cut off or damaged"):
        read_logs([path], model="a-1b")


def test_damaged_content_is_refused(tmp_path):
    path = write(tmp_path / "a.eval", parts_of(a_log()), zipfile.ZIP_STORED)
    path.write_bytes(path.read_bytes().replace(b'"value": "C"', b'"value": "I"'))
    with pytest.raises(DataError, match="cut off or damaged"):
        read_logs([path], model="a-1b")


@pytest.mark.parametrize(
    ("method", "sentence"),
    [(zipfile.ZIP_LZMA, "compressed in a way that is not read"), (zipfile.ZIP_BZIP2, "compressed in a way")],
)
def test_compression_that_costs_memory_is_refused(tmp_path, method, sentence):
    with pytest.raises(DataError, match=sentence):
        read_logs([write(tmp_path / "a.eval", parts_of(a_log()), method)], model="a-1b")


BOMB_LIMITS = Limits(line=1 << 20, json=1 << 20, table=1 << 22)


@pytest.mark.parametrize(
    ("parts", "sentence"),
    [
        ({**without("summaries.json"), SAMPLE: b'{"id": "' + b"x" * (3 << 20)}, "a part of it is longer than 1 MB"),
        ({**without("summaries.json"), SAMPLE: b" " * (64 << 20)}, "unpacks to more than 4 MB"),
        ({**without("summaries.json"), **{f"samples/{n}.json": b" " * 10_000 for n in range(500)}}, "unpacks to more"),
        ({f"samples/{n:0>200}.json": b"" for n in range(5000)}, "lists more parts than fit 1 MB"),
    ],
)
def test_a_zip_bomb_is_refused_within_its_limit(tmp_path, parts, sentence):
    path = write(tmp_path / "a.eval", parts)
    tracemalloc.start()
    with pytest.raises(DataError, match=sentence):
        read_logs([path], model="a-1b", limits=BOMB_LIMITS)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 32 << 20


def test_a_part_gives_no_more_than_it_declares(tmp_path):
    """The list of parts says 100 bytes, behind which 50 MB lie packed."""
    path = write(tmp_path / "a.eval", {**without("summaries.json"), SAMPLE: b'{"id": 1}' + b" " * (50 << 20)})
    path.write_bytes(path.read_bytes().replace(struct.pack("<I", 9 + (50 << 20)), struct.pack("<I", 100)))
    with pytest.raises(DataError, match="cut off or damaged"):
        read_logs([path], model="a-1b", limits=BOMB_LIMITS)
