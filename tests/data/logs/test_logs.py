"""Item-level logs: each form gives the same scores, errors cluster by document, difficulty knows smaller models."""

import gzip
import io
import json
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from scale_forecast.commands import main
from scale_forecast.data.errors import DataError
from scale_forecast.data.logs import read_logs
from scale_forecast.data.readers import Limits, read

pytest.importorskip("duckdb")
FIXTURES = Path(__file__).parent.parent.parent / "fixtures" / "logs"
MODELS = pd.DataFrame({"model": ["a-1b", "a-2b", "a-4b"], "params": [1e9, 2e9, 4e9]})


def sample(item, loglik, gold, **changes):
    """A line of lm-evaluation-harness."""
    record = {
        "doc_id": item,
        "doc": {"question": "?"},
        "target": str(gold),
        "arguments": [["?", f" choice {k}"] for k in range(len(loglik))],
        "filtered_resps": [[str(x), "False"] for x in loglik],
        "acc": float(int(np.argmax(loglik)) == gold),
    }
    return {**record, **changes}


def samples(n=40, *, skill=0.0, seed=0, **changes):
    rng = np.random.default_rng(seed)
    logliks = rng.normal(-5.0, 1.0, (n, 4))
    logliks[np.arange(n), np.arange(n) % 4] += skill
    return [sample(i, loglik.tolist(), i % 4, **changes) for i, loglik in enumerate(logliks)]


def write(folder, records, model="org__a-1b", name="samples_qa.jsonl"):
    path = folder / model / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("".join(json.dumps(r) + "\n" for r in records))
    return path


def scores(logs):
    return logs.loaded.results.set_index("metric")["score"].to_dict()


def test_probabilities_are_those_of_the_reader_that_goes_line_by_line(tmp_path):
    path = write(tmp_path, samples(skill=1.0))
    columns = ["metric", "score", "stderr", "n_examples"]
    beside = read([path]).results[columns].reset_index(drop=True)
    ours = read_logs([path]).loaded.results[columns]
    ours = ours[ours["metric"] != "accuracy"].reset_index(drop=True)
    pd.testing.assert_frame_equal(ours, beside, rtol=1e-5)


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """What the harness's own lines say."""
    return scores(read_logs([write(tmp_path_factory.mktemp("plain"), samples())]))


@pytest.mark.parametrize(
    "rewrite",
    [
        lambda r: {**r, "resps": [[pair] for pair in r.pop("filtered_resps")]},
        lambda r: {**r, "target": int(r["target"])},
        lambda r: {**r, "target": f"choice {r['target']}"},
        lambda r: {**r, "target": f"choice {r['target']}", "arguments": arguments_by_name(r)},
        lambda r: {**r, "filtered_resps": [[float(x), False] for x, _ in r["filtered_resps"]]},
        lambda r: {**r, "acc": bool(r["acc"])},
        lambda r: {**r, "filtered_resps": r["filtered_resps"] + [["0.0", "False"]] * 4, "acc_mutual_info": 1.0},
    ],
)
def test_every_way_the_harness_wrote_a_line_means_the_same(tmp_path, plain, rewrite):
    other = read_logs([write(tmp_path, [rewrite(r) for r in samples()], name="samples_qa2.jsonl")])
    assert scores(other) == pytest.approx(plain)


def arguments_by_name(record):
    return {f"gen_args_{k}": {"arg_0": q, "arg_1": c} for k, (q, c) in enumerate(record["arguments"])}


@pytest.mark.parametrize("form", ["gzip", "zstd", "parquet", "stdin", "pattern in the name"])
def test_compression_and_form_do_not_matter(tmp_path, plain, form):
    records = samples()
    path = write(tmp_path, records)
    stdin = None
    if form == "gzip":
        other = path.with_name("samples_x.jsonl.gz")
        other.write_bytes(gzip.compress(path.read_bytes()))
    elif form == "zstd":
        import pyarrow as pa

        other = path.with_name("samples_x.jsonl.zst")
        with pa.OSFile(str(other), "wb") as file, pa.CompressedOutputStream(file, "zstd") as stream:
            stream.write(path.read_bytes())
    elif form == "parquet":
        other = path.with_name("samples_x.parquet")
        pd.DataFrame(records).to_parquet(other)
    elif form == "stdin":
        other, stdin = "-", io.BytesIO(path.read_bytes())
    else:
        other = path.with_name("samples_[x]*.jsonl")
        other.write_bytes(path.read_bytes())
    assert scores(read_logs([other], model="a-1b", stdin=stdin)) == pytest.approx(plain)


def test_the_error_takes_items_of_one_document_together(tmp_path):
    """Liang and Zeger (1986): three copies of each item tell no more than one of them."""
    once = [dict(r, doc={"passage_id": f"p{r['doc_id']}"}) for r in samples()]
    thrice = [dict(r, doc_id=3 * r["doc_id"] + k) for r in once for k in range(3)]
    first = read_logs([write(tmp_path, once)]).loaded.results
    again = read_logs([write(tmp_path, thrice, name="samples_again.jsonl")]).loaded.results
    np.testing.assert_allclose(again["score"], first["score"], rtol=1e-6)
    np.testing.assert_allclose(again["stderr"], first["stderr"], rtol=1e-5)
    assert (again["n_examples"] == 3 * first["n_examples"]).all()


def test_the_source_document_can_be_named(tmp_path):
    records = [dict(r, doc={"chapter": {"id": r["doc_id"] // 10}}) for r in samples()]
    named = read_logs([write(tmp_path, records)], document="chapter.id")
    assert named.profiles["documents"].tolist() == [4]


def test_difficulty_is_what_smaller_models_failed(tmp_path):
    """By hand: the small model solves items 0-4 of 10, the large one 3-9."""
    for model, right in (("org__a-1b", range(5)), ("org__a-2b", range(3, 10))):
        records = [sample(i, [-1.0, -2.0] if i in right else [-2.0, -1.0], 0) for i in range(10)]
        write(tmp_path, records, model=model)
    profiles = read_logs([tmp_path], models=MODELS).profiles.set_index("model")
    large = profiles.loc["a-2b"]
    assert (large["smaller_models"], large["failed_by_smaller"], large["solved_of_failed"]) == (1, 0.5, 1.0)
    np.testing.assert_allclose(large[[f"decile_{k}" for k in range(1, 11)]].astype(float), [1.0] * 5 + [0.4] * 5)
    assert math.isnan(profiles.loc["a-1b", "failed_by_smaller"])


def test_a_larger_model_never_changes_what_was_difficult(tmp_path):
    for model, seed in (("org__a-1b", 1), ("org__a-2b", 2)):
        write(tmp_path, samples(seed=seed), model=model)
    before = read_logs([tmp_path], models=MODELS).profiles
    write(tmp_path, samples(seed=3, skill=2.0), model="org__a-4b")
    after = read_logs([tmp_path], models=MODELS).profiles
    pd.testing.assert_frame_equal(after[after["model"] != "a-4b"].reset_index(drop=True), before)


def test_filters_of_one_answer_are_scores_of_their_own(tmp_path):
    records = [
        {"doc_id": i, "filter": name, "resps": [["text"]], "filtered_resps": ["text"], "exact_match": value}
        for i in range(4)
        for name, value in (("strict-match", 0.0), ("flexible-extract", float(i > 0)))
    ]
    assert scores(read_logs([write(tmp_path, records)])) == {"exact_match": 0.0, "exact_match:flexible-extract": 0.75}


def test_helm_inspect_every_eval_ever_and_item_tables(tmp_path):
    helm = read_logs([FIXTURES / "helm" / "per_instance_stats.json"], model="a-1b").loaded.results.iloc[0]
    assert (helm["benchmark"], helm["task"], helm["metric"]) == ("MMLU", "philosophy", "accuracy")
    assert (helm["shots"], helm["score"], helm["n_examples"]) == (5, pytest.approx(1 / 9), 9)
    inspect = read_logs([FIXTURES / "inspect_arc.json"], model="a-1b").loaded.results.iloc[0]
    assert (inspect["task"], inspect["score"], inspect["n_examples"]) == ("arc_easy", 1.0, 5)
    lines = [
        {"model_id": "org/a-1b", "evaluation_name": "qa", "sample_id": f"s{i}", "evaluation": {"is_correct": i > 0}}
        for i in range(4)
    ]
    eee = tmp_path / "eee_samples.jsonl"
    eee.write_text("\n".join(map(json.dumps, lines)))
    assert scores(read_logs([eee])) == {"accuracy": 0.75}
    table = pd.DataFrame({"model": "a-1b", "task": "qa", "item": range(4), "correct": [True, False, True, True]})
    table.to_parquet(tmp_path / "items.parquet")
    assert scores(read_logs([tmp_path / "items.parquet"])) == {"accuracy": 0.75}


def broken(path, content, name="samples_qa.jsonl"):
    file = path / "org__a-1b" / name
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return file


LINE = json.dumps(sample(0, [-1.0, -2.0], 0)) + "\n"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (LINE + '{"doc_id": 1, "resps"', "line 2 is not JSON"),
        (LINE + "nonsense\n", "line 2 is not JSON"),
        (LINE + LINE.replace('"doc_id": 0', '"number": 1'), "1 lines name no item"),
        ("", "the file is empty"),
        ("{}", "is no item-level log"),
        ('{"doc_id": 0, "resps": []}\n', "no item holds a score"),
        (gzip.compress(LINE.encode() * 100)[:-20], "the gzip data are cut off or damaged"),
        (b"PAR1 and no more", "is no readable Parquet file"),
        (LINE + "[" * 100_000 + "\n", "line 2: is nested too deeply"),
        ('{"eval": ' + "[" * 100_000, "nested too deeply"),
        (LINE + '{"doc_id": "' + "x" * (34 << 20) + '"}\n', "longer than 16 MB"),
    ],
)
def test_a_broken_log_gives_one_sentence(tmp_path, content, sentence):
    result = CliRunner().invoke(main, ["data", "logs", str(broken(tmp_path, content))])
    assert result.exit_code == 1
    assert isinstance(result.exception, SystemExit)
    assert sentence in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1


def test_a_metric_that_some_items_lack_is_refused_as_a_whole(tmp_path):
    records = samples()
    del records[3]["acc"]
    loaded = read_logs([write(tmp_path, records)]).loaded
    assert set(loaded.results["metric"]) == {"prob_correct", "brier_score"}
    assert loaded.counts["reasons"].tolist() == ["1 accuracy missing in some of the items of qa"]


def told(loaded, words):
    """The one sentence in which something is said."""
    (sentence,) = [note for note in loaded.notes if words in note]
    return sentence


def test_an_item_that_stands_twice_is_said(tmp_path):
    records = samples()
    loaded = read_logs([write(tmp_path, records + records[:3])], models=MODELS).loaded
    assert "3 lines of qa answer an item again" in told(loaded, "again")
    assert (loaded.results["n_examples"] == len(records)).all()


def test_of_several_runs_of_a_task_the_newest_counts_and_the_others_are_counted(tmp_path):
    for day, skill in (("2025-01-02", 5.0), ("2025-01-01", 0.0)):
        write(tmp_path, samples(skill=skill), name=f"samples_qa_{day}T00-00-00.jsonl")
    logs = read_logs([tmp_path], models=MODELS)
    assert scores(logs)["accuracy"] > 0.9
    assert "3 superseded by a newer run" in told(logs.loaded, "superseded")
    assert len(logs.profiles) == 1


@pytest.mark.parametrize(
    "spoil",
    [
        lambda r: r.pop("filtered_resps"),
        lambda r: r.update(filtered_resps=[["nan", "False"]] * 4),
        lambda r: r.update(filtered_resps=[["-inf", "False"], ["-1", "False"], ["-2", "False"], ["-3", "False"]]),
        lambda r: r.update(filtered_resps=[[None, False]] * 4),
        lambda r: r.update(target=None),
    ],
    ids=["no responses", "nan", "infinite", "null", "no target"],
)
def test_one_line_without_probabilities_refuses_them_for_the_task_in_one_sentence(tmp_path, spoil):
    records = samples()
    spoil(records[7])
    loaded = read_logs([write(tmp_path, records)], models=MODELS).loaded
    assert loaded.results["metric"].tolist() == ["accuracy"]
    assert "1 prob_correct missing in some of the items of qa" in told(loaded, "prob_correct")


def test_lines_of_several_versions_of_the_harness_may_stand_in_one_file(tmp_path):
    plain, mixed = samples(), samples()
    for record in mixed[:10]:  # before filters
        record["resps"] = [[pair] for pair in record.pop("filtered_resps")]
    for record in mixed[10:20]:  # since requests have names and documents a hash
        record |= {
            "arguments": arguments_by_name(record),
            "filter": "none",
            "doc_hash": "x",
            "acc": bool(record["acc"]),
        }
    assert scores(read_logs([write(tmp_path, mixed, name="samples_mixed.jsonl")], models=MODELS)) == pytest.approx(
        scores(read_logs([write(tmp_path, plain)], models=MODELS))
    )


@pytest.mark.parametrize("form", ["jsonl", "parquet"])
@pytest.mark.parametrize("folder", ["correct=1", "model=other", "shots=9", "task=other"])
def test_the_name_of_a_folder_is_no_column(tmp_path, folder, form):
    """DuckDB by itself takes ``name=value`` in a path for a column that goes before the file's own."""
    table = pd.DataFrame({"model": "a-1b", "task": "qa", "shots": 2, "item": range(10), "correct": [0.0, 1.0] * 5})
    path = tmp_path / folder / f"items.{form}"
    path.parent.mkdir()
    table.to_parquet(path) if form == "parquet" else table.to_json(path, orient="records", lines=True)
    row = read_logs([path]).loaded.results.iloc[0]
    assert (row["model"], row["task"], row["shots"], row["score"]) == ("a-1b", "qa", 2, 0.5)


def test_a_parquet_file_whose_columns_are_not_in_utf8_is_refused(tmp_path):
    path = tmp_path / "items.parquet"
    pd.DataFrame({"model": ["a-1b"], "task": "qa", "item": 1, "correct": True}).to_parquet(path, store_schema=False)
    path.write_bytes(path.read_bytes().replace(b"model", b"\x80odel"))
    with pytest.raises(DataError, match="is no readable Parquet file"):
        read_logs([path])


@pytest.mark.parametrize("shots", [5.7, -5, 1e20, "five"])
def test_shots_that_are_no_whole_number_are_refused(tmp_path, shots):
    path = tmp_path / "items.jsonl"
    lines = [{"model": "a-1b", "task": "qa", "item": k, "correct": 1, "shots": shots if k else 5} for k in range(3)]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    with pytest.raises(DataError, match="2 lines with shots that are no whole number"):
        read_logs([path])


@pytest.mark.parametrize("shots", [5, 5.0, "5"])
def test_shots_may_be_written_as_a_float_or_as_text(tmp_path, shots):
    path = tmp_path / "items.jsonl"
    path.write_text(json.dumps({"model": "a-1b", "task": "qa", "item": 1, "correct": 1, "shots": shots}) + "\n")
    assert read_logs([path]).loaded.results["shots"].tolist() == [5]


@pytest.mark.parametrize("line", ["[1, 2]", "5", '"text"'])
def test_a_line_that_is_no_object_is_named(tmp_path, line):
    path = tmp_path / "items.jsonl"
    good = json.dumps({"model": "a-1b", "task": "qa", "item": 1, "correct": 1})
    path.write_text(f"{good}\n{line}\n")
    with pytest.raises(DataError, match="line 2 is no object in braces"):
        read_logs([path])


def test_threads_do_not_move_a_score(tmp_path):
    """Sums of floats depend on the order of adding; a score whose last digit moved would retrain every predictor."""
    rng = np.random.default_rng(0)
    n = 300_000
    table = pd.DataFrame(
        {"model": "a-1b", "task": "qa", "item": range(n), "correct": (rng.random(n) < 0.5).astype(float)}
    )
    table["prob_correct"], table["document"] = rng.random(n), rng.integers(0, 5000, n)
    path = tmp_path / "items.parquet"
    table.to_parquet(path, row_group_size=10_000)
    first, other = (read_logs([path], threads=threads).loaded.results for threads in (1, 4))
    pd.testing.assert_frame_equal(first, other, check_exact=True)
    assert first["score"].tolist() == pytest.approx([table["correct"].mean(), table["prob_correct"].mean()], abs=1e-7)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ('{"doc_id": 0, "resps": []}\n', "no item holds a score"),
        ("\n", "the file is empty"),
        ('{"doc_id": ', "is no item-level log"),
    ],
)
def test_one_bad_log_in_a_directory_is_named_and_the_rest_is_read(tmp_path, content, sentence):
    write(tmp_path, samples())
    bad = tmp_path / "org__a-2b" / "samples_qa.jsonl"
    bad.parent.mkdir()
    bad.write_text(content)
    loaded = read_logs([tmp_path]).loaded
    assert loaded.results["model"].unique().tolist() == ["a-1b"]
    assert any(sentence in note for note in loaded.notes)


def test_a_bomb_is_refused_within_its_limit(tmp_path):
    """A line without end, of which a gzip file of a few kilobytes holds as much as one likes."""
    bomb = gzip.compress(LINE.encode() * 3000 + b'{"doc_id": "' + b"x" * (8 << 20), compresslevel=9)
    path = broken(tmp_path, bomb, "samples_qa.jsonl.gz")
    with pytest.raises(DataError, match="line 3001 is longer than 1 MB"):
        read_logs([path], limits=Limits(line=1 << 20))
