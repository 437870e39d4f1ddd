"""Whatever a hostile file holds, it is read or refused in one sentence: results, logs, questions, ledgers, markets.

Run `FORECAST_FUZZ=100000 python -m pytest tests/test_fuzz.py` for as many tries of each, each of them held to ten
seconds and the whole to 1 GB; `.ci/fuzz` does so for an hour.
"""

import datetime as dt
import gzip
import io
import json
import zipfile
from functools import cache

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scale_forecast.curves.tables import fit_table, read_curves
from scale_forecast.data.catalog import QUESTIONS, bundled_metrics, bundled_results
from scale_forecast.data.errors import DataError, ForecastError
from scale_forecast.data.readers import Limits, files, read, read_models, read_tasks
from scale_forecast.resolvers.importing import import_files
from scale_forecast.resolvers.ledger import open_ledger
from scale_forecast.resolvers.markets.forecastbench_sets import read_set
from scale_forecast.resolvers.markets.importing import criterion_of
from scale_forecast.resolvers.markets.metaculus_export import read_export, score_record
from scale_forecast.resolvers.markets.ours import quantiles_of_table
from scale_forecast.resolvers.markets.saved import read_saved
from scale_forecast.resolvers.questions.bank import bundled_questions, parse_questions
from scale_forecast.resolvers.questions.wording import Vocabulary, understand
from scale_forecast.show.plots.backtests import read_backtest
from tests.fuzzing import (
    FIXTURES,
    damaged,
    documents,
    fuzzed,
    mutated,
    read_or_refused,
    said_in_one_sentence,
    texts,
    twisted,
)
from tests.ledgers import fill

WORDS = [
    "at least 3 of neqa, quote-repetition, redefine-math, hindsight-neglect turn U-shaped by 2024",
    "does NeQA resolve with scale by November 2024?",
    "PaLM 540B scores at least 70% on MMLU",
    "MATH reaches 50% by 2025 and MMLU does not reach 90% by 2026",
]
WORD_TOKENS = [
    "by",
    "not ",
    "(",
    ")",
    "and",
    "or",
    "%",
    "9" * 400,
    "1e999",
    "\x00",
    "2024-13-45",
    "-",
    "at least",
    ", ",
    "ſ",
    "٣",
]


@cache
def vocabulary():
    return Vocabulary.of(bundled_results(), bundled_metrics(), bundled_questions())


@fuzzed(60)
@given(mutated(WORDS, WORD_TOKENS))
def test_words_are_understood_or_refused_in_one_sentence(text):
    with read_or_refused():
        understand(text, vocabulary=vocabulary(), opened=dt.date(2023, 1, 1))


YAML = [
    text
    for file in sorted(QUESTIONS.glob("*.yaml"))
    for text in ["- " + part for part in file.read_text().split("\n- ")[1:9]]
]
YAML_TOKENS = [
    *(
        "!!python/object/apply:os.system [id]",
        "&a",
        "*a",
        "{",
        "[",
        "? ",
        ": ",
        "- ",
        "|",
        ".nan",
        ".inf",
        "0x",
        "null",
    ),
    *(
        "2024-02-30",
        "\t",
        "---",
        "9" * 400,
        "1e400",
        "\x00",
        "\x85",
        "<<: *a",
        "!!binary x",
        "kind: not",
        "=",
        "'",
        '"',
    ),
]


@fuzzed(60)
@given(mutated(YAML, YAML_TOKENS))
def test_a_question_file_is_read_or_refused_in_one_sentence(text):
    with read_or_refused():
        parse_questions(text)


def laughs(depth):
    """Each level names the one before it ten times."""
    lines = ["a0: &a0 {kind: manual, why: lol}"]
    lines += [f"a{n}: &a{n} {{kind: all_of, of: [{', '.join([f'*a{n - 1}'] * 10)}]}}" for n in range(1, depth)]
    return "\n".join(lines)


@pytest.mark.parametrize("text", ["- " * 5000 + "x", "[" * 5000, "{a: " * 5000])
def test_a_deep_question_file_is_refused(text):
    with pytest.raises(DataError):
        parse_questions(text)


def test_aliases_that_multiply_are_refused_before_they_do():
    with pytest.raises(DataError, match="more than 10,000 parts, aliases written out"):
        parse_questions(f"{laughs(9)}\nid: x\ntitle: y\ncriterion: *a8\nopened: 2022-01-01\nresolve_by: 2023-01-01\n")


def test_a_criterion_whose_aliases_multiply_is_refused(tmp_path):
    """It went to validation written out: minutes and gigabytes."""
    file = tmp_path / "criterion.yaml"
    file.write_text(f"{laughs(9)}\nkind: all_of\nof: *a8\n")
    with pytest.raises(DataError, match="more than 10,000 parts, aliases written out"):
        criterion_of(file)


@pytest.mark.parametrize("read_file", [read_saved, read_set, lambda path: import_files([path], as_of=LATER)])
def test_a_bomb_is_refused_before_it_is_held_in_memory(read_file, tmp_path, monkeypatch):
    """A small gzip of much, and brackets without end: both were once read whole."""
    monkeypatch.setattr(files, "Limits", lambda: Limits(json=1_000_000))
    packed, deep = tmp_path / "packed.json", tmp_path / "deep.json"
    packed.write_bytes(gzip.compress(b"[" + b" " * 10_000_000))
    deep.write_text("[" * 500_000)
    for path, said in ((packed, "is larger than"), (deep, "nested too deeply")):
        with pytest.raises(DataError, match=said):
            read_file(path)


LATER = dt.datetime(2025, 1, 1, tzinfo=dt.UTC)


@pytest.fixture(scope="module")
def lines(tmp_path_factory):
    with open_ledger(tmp_path_factory.mktemp("ledger") / "ledger.db") as ledger:
        fill(ledger, entries=10)
        return list(ledger.export())


LEDGER_TOKENS = [
    '"',
    "{",
    "}",
    "[",
    "null",
    "true",
    "1e999",
    "NaN",
    "9" * 400,
    "-1",
    "\\ud800",
    "\\u0000",
    '"sequence":',
]


@fuzzed(40)
@given(data=st.data())
def test_an_export_that_was_mangled_is_refused_and_nothing_recorded(lines, tmp_path_factory, data):
    mangled = list(lines)
    at = data.draw(st.integers(0, len(lines) - 1))
    mangled[at] = data.draw(mutated([lines[at]], LEDGER_TOKENS))
    with open_ledger(tmp_path_factory.mktemp("copy") / "ledger.db") as copy, read_or_refused():
        try:
            copy.load(mangled)
        except ForecastError as error:
            said_in_one_sentence(error)
            assert copy.head().sequence == 0
        else:
            assert copy.verify().is_intact


ITEM = json.dumps(
    {"doc_id": 0, "doc": {"passage": "p"}, "target": "1", "filtered_resps": [["-1.0", "x"], ["-2.0", "y"]], "acc": 0.0}
)
CHOICE = {"input": "?", "targets": ["a", "b"], "scores": [-1, -2], "target_values": {"a": 1, "b": 0}, "correct": 1.0}
BIG_BENCH = {
    "scores": [{"score_dict": {"multiple_choice_grade": 1.0}}],
    "task": {"task_name": "q"},
    "model": {"model_family": "a", "model_name": "a-1b", "total_params": 1e9},
    "queries": [{"function": "cond_log_prob", "samples": [CHOICE, CHOICE], "shots": 0, "task": "q"}],
}
LOGS = [
    f"{ITEM}\n{ITEM}\n",
    json.dumps({"model_id": "a-1b", "evaluation_name": "q", "sample_id": "1", "evaluation": {"is_correct": True}})
    + "\n",
    json.dumps({"model": "a-1b", "task": "q", "item": 1, "correct": True, "prob_correct": 0.5}) + "\n",
    (FIXTURES / "logs" / "helm" / "per_instance_stats.json").read_text()[:1500] + "}]}]",
    (FIXTURES / "logs" / "inspect_arc.json").read_text(),
    json.dumps(BIG_BENCH),
]


def log_is_read_or_refused(folder, data):
    pytest.importorskip("duckdb")
    from scale_forecast.data.logs import read_logs

    path = folder / "samples_q.jsonl"
    path.write_bytes(data)
    with read_or_refused():
        read_logs([path], model="a-1b", threads=1)


@fuzzed(15)
@given(mutated(LOGS + texts("logs")))
def test_a_mangled_item_log_is_read_or_refused_in_one_sentence(tmp_path_factory, text):
    log_is_read_or_refused(tmp_path_factory.mktemp("log"), text.encode("utf-8", "surrogatepass"))


@fuzzed(15)
@given(twisted(documents(LOGS + texts("logs"))))
def test_an_item_log_of_odd_values_is_read_or_refused_in_one_sentence(tmp_path_factory, text):
    log_is_read_or_refused(tmp_path_factory.mktemp("log"), text.encode())


def as_parquet(**columns):
    file = io.BytesIO()
    pd.DataFrame(columns).to_parquet(file)
    return file.getvalue()


ITEMS = as_parquet(model=["a-1b"] * 3, task=["q"] * 3, item=[1, 2, 3], correct=[True, False, True])


@fuzzed(15)
@given(damaged([ITEMS, gzip.compress(LOGS[0].encode()), (FIXTURES / "logs" / "inspect_arc.eval").read_bytes()]))
def test_a_damaged_item_log_is_read_or_refused_in_one_sentence(tmp_path_factory, data):
    log_is_read_or_refused(tmp_path_factory.mktemp("log"), data)


SAMPLES = json.loads((FIXTURES / "logs" / "inspect_arc.json").read_text())
PARTS = {
    "header.json": json.dumps({"status": "success", "eval": SAMPLES["eval"]}),
    "summaries.json": json.dumps([{"id": s["id"], "metadata": {}, "scores": s["scores"]} for s in SAMPLES["samples"]]),
    "samples/1_epoch_1.json": json.dumps(SAMPLES["samples"][0]),
}


@fuzzed(15)
@given(data=st.data())
def test_a_mangled_zip_file_of_items_is_read_or_refused_in_one_sentence(tmp_path_factory, data):
    """What a part holds, how it is called, then the bytes of the whole."""
    parts = {name: plain(text) for name, text in PARTS.items()}
    name = data.draw(st.sampled_from(sorted(parts)))
    change = data.draw(st.one_of(mutated([PARTS[name]]), twisted([PARTS[name]])))
    del parts[name]
    parts[data.draw(st.sampled_from([name, "other.json", "../x"]))] = plain(change)
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", data.draw(st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED]))) as archive:
        for part, content in parts.items():
            archive.writestr(part, content)
    whole = file.getvalue()
    log_is_read_or_refused(tmp_path_factory.mktemp("log"), data.draw(st.one_of(st.just(whole), damaged([whole]))))


RESULTS = [
    "task,model,params,score,released,n_examples\nt,a-1b,1e9,0.5,2022-01-01,100\nu,b-2b,2B,0.25,,\n",
    "Model,params,MMLU,ARC\na-1b,1e9,0.5,0.25\n",
    json.dumps({"task": "t", "model": "a-1b", "params": 1e9, "score": 0.5}) + "\n",
    json.dumps([{"task": "t", "model": "a-1b", "params": "1e9", "score": 0.5, "shots": 5}]),
    json.dumps({"name": "n", "description": "d", "keywords": [], "metrics": ["multiple_choice_grade"],
                "examples": [{"input": "i", "target_scores": {"a": 1, "b": 0}}]}),
    json.dumps({"model": {"model_name": "BIG-G 1b", "total_params": 1e9, "non_embedding_params": 9e8},
                "task": {"name": "t"}, "scores": [{"score_dict": {"multiple_choice_grade": 0.5}, "number_of_shots": 0,
                "preferred_score": "multiple_choice_grade", "low_score": 0.25, "high_score": 1.0}]}),
    *texts("lm_eval", "logs"),
]  # fmt: skip


def results_are_read_or_refused(folder, data):
    path = folder / "results_2025-03-03T00-05-12.json"
    path.write_bytes(data)
    with read_or_refused():
        read([path], model="a-1b")


@fuzzed(30)
@given(mutated(RESULTS))
def test_mangled_results_are_read_or_refused_in_one_sentence(tmp_path_factory, text):
    results_are_read_or_refused(tmp_path_factory.mktemp("results"), text.encode("utf-8", "surrogatepass"))


@fuzzed(30)
@given(twisted(documents(RESULTS)))
def test_results_of_odd_values_are_read_or_refused_in_one_sentence(tmp_path_factory, text):
    results_are_read_or_refused(tmp_path_factory.mktemp("results"), text.encode())


@fuzzed(30)
@given(damaged([RESULTS[0].encode(), as_parquet(task=["t"], model=["a-1b"], params=[1e9], score=[0.5]),
                gzip.compress(RESULTS[0].encode())]))  # fmt: skip
def test_damaged_results_are_read_or_refused_in_one_sentence(tmp_path_factory, data):
    results_are_read_or_refused(tmp_path_factory.mktemp("results"), data)


TABLES = {
    "models": (read_models, "model,params,train_tokens,family,line,released\na-1b,1B,3e11,a,a,2022-01-01\n"),
    "tasks": (read_tasks, "benchmark,task,metric,n_choices,chance,ceiling,n_examples\nB,t,accuracy,4,0.25,1,100\n"),
    "curves": (
        lambda path: fit_table(read_curves(path), "m1", "loss", where="curves").frame,
        "curve,x,y,role,n_examples,family\nc,1,3.0,fit,10,f\nc,10,2.5,fit,10,f\nc,100,,extrapolate,,f\n",
    ),
    "backtest": (read_backtest, "predictor,fold,task,score,median,gained,is_share\nlaw,f,t,.5,.4,True,True\n"),
    "forecast": (lambda path: quantiles_of_table(path, None), "task,median,q05,q95\nt,0.5,0.1,0.9\n"),
    "criterion": (criterion_of, "kind: threshold\ntask: t\nscore: 0.5\n"),
}  # fmt: skip


@pytest.mark.parametrize("name", TABLES)
@fuzzed(15)
@given(data=st.data())
def test_a_mangled_table_is_read_or_refused_in_one_sentence(name, tmp_path_factory, data):
    reader, text = TABLES[name]
    path = tmp_path_factory.mktemp("table") / f"{name}.csv"
    path.write_bytes(data.draw(mutated([text])).encode("utf-8", "surrogatepass"))
    with read_or_refused():
        reader(path)


MARKETS = documents(texts("markets"))


@fuzzed(60)
@given(twisted(MARKETS))
def test_an_odd_answer_of_a_market_is_read_or_refused_in_one_sentence(tmp_path_factory, text):
    path = tmp_path_factory.mktemp("market") / "answer.json"
    path.write_text(text, encoding="utf-8")
    with read_or_refused():
        read_saved(path)


@fuzzed(30)
@given(mutated(MARKETS))
def test_a_mangled_answer_of_a_market_is_read_or_refused_in_one_sentence(tmp_path_factory, text):
    path = tmp_path_factory.mktemp("market") / "answer.json"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    with read_or_refused():
        read_saved(path)


IMPORTED = "question,forecaster,made_at,probability,outcome,resolved_on\nWill it?,me,2024-03-01,0.4,yes,2024-04-01\n"
SETS = documents(texts("markets/forecastbench"))


@fuzzed(30)
@given(st.one_of(mutated([IMPORTED, *SETS]), twisted(SETS)))
def test_a_track_record_of_others_is_imported_or_refused_in_one_sentence(tmp_path_factory, text):
    path = tmp_path_factory.mktemp("record") / "record.csv"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    with read_or_refused():
        import_files([path], as_of=LATER)
    with read_or_refused():
        read_set(path)


def test_a_set_whose_source_is_a_list_is_refused(tmp_path):
    path = tmp_path / "set.json"
    path.write_text(json.dumps({"resolutions": [{"id": "1", "source": [], "resolution_date": "2024-07-01"}]}))
    with pytest.raises(DataError, match="not of the shape it documents"):
        import_files([path], as_of=LATER)


ASKED = (
    "Question ID,Question Title,Post ID,Question Type,MC Options,Lower Bound,Upper Bound,Open Lower Bound,"
    "Open Upper Bound,Continuous Range,Created Time,Open Time,CP Reveal Time,Scheduled Close Time,Actual Close Time,"
    "Scheduled Resolve Time,Actual Resolve Time,Resolution\n"
    "7,Will it?,9,binary,,,,,,,2024-01-01 00:00:00,2024-01-01 00:00:00,2024-01-02 00:00:00,2024-02-01 00:00:00,"
    "2024-02-01 00:00:00,2024-02-01 00:00:00,2024-02-01 00:00:00,yes\n"
)
SAID = (
    "Question ID,Forecaster ID,Forecaster Username,Start Time,End Time,Probability Yes,Probability Yes Per Category,"
    "Continuous CDF\n7,1,user1,2024-01-03 00:00:00,2024-01-20 00:00:00,0.4,,\n"
)


def export_of(asked, said):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("question_data.csv", asked)
        archive.writestr("forecast_data.csv", said)
    return file.getvalue()


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data.replace(b"PK\x01\x02", b"PK\x01\x03", 1),
        lambda data: data[:60] + b"\xff" * 20 + data[80:],
        lambda _: export_of(ASKED, SAID.replace("7,1,", "7,1,,,,,,,,,,,")),
    ],
)
def test_a_damaged_export_is_refused(tmp_path, damage):
    path = tmp_path / "metaculus-data.zip"
    path.write_bytes(damage(export_of(ASKED, SAID)))
    with pytest.raises(DataError, match="as Metaculus sent it"):
        read_export(path)


def plain(text):
    return text.encode("utf-8", "surrogatepass")


@fuzzed(30)
@given(
    st.one_of(
        st.tuples(mutated([ASKED]), mutated([SAID])).map(lambda pair: export_of(*map(plain, pair))),
        damaged([export_of(ASKED, SAID)]),
    )
)
def test_a_mangled_export_of_forecasts_is_read_or_refused_in_one_sentence(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("export") / "metaculus-data.zip"
    path.write_bytes(data)
    with read_or_refused():
        score_record(read_export(path))
