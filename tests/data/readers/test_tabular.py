"""Tables of one content in many files, long and wide; and what becomes of models that say little of themselves."""

import gzip
import io

import pandas as pd
import pytest
from click.testing import CliRunner

from scale_forecast.commands import main
from scale_forecast.data.catalog import bundled_results
from scale_forecast.data.errors import DataError
from scale_forecast.data.frontier import frontier_results
from scale_forecast.data.models import as_models, complete
from scale_forecast.data.readers import Layout, read
from scale_forecast.data.results import COLUMNS

ROWS = [
    {
        "benchmark": "B",
        "task": "t, one",
        "model": "a-1b",
        "params": 1e9,
        "score": 0.25,
        "shots": 5,
        "released": "2022-04-05",
    },
    {
        "benchmark": "B",
        "task": 'u "two"',
        "model": "a-7b",
        "params": 7e9,
        "score": 0.5,
        "shots": None,
        "released": None,
    },
]


def table(path, name, content):
    file = path / name
    file.write_bytes(content)
    return file


def as_bytes(kind):
    frame = pd.DataFrame(ROWS)
    text = frame.to_csv(index=False)
    if kind == "parquet":
        buffer = io.BytesIO()
        frame.to_parquet(buffer)
        return buffer.getvalue()
    return {
        "csv": text.encode(),
        "windows csv": b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode(),
        "tsv": frame.to_csv(index=False, sep="\t").encode(),
        "semicolons": frame.to_csv(index=False, sep=";").encode(),
        "json": frame.to_json(orient="records").encode(),
        "indented json": frame.to_json(orient="records", indent=2).encode(),
        "json lines": frame.to_json(orient="records", lines=True).encode(),
        "gzip": gzip.compress(text.encode()),
        "no line break at the end": text.rstrip("\n").encode(),
        "blank lines": text.replace("\n", "\n\n").encode(),
    }[kind]


KINDS = (
    "csv",
    "windows csv",
    "tsv",
    "semicolons",
    "json",
    "indented json",
    "json lines",
    "gzip",
    "parquet",
    "no line break at the end",
    "blank lines",
)


@pytest.mark.parametrize("kind", KINDS)
def test_one_table_reads_the_same_from_every_format_under_any_name(kind, tmp_path):
    plain = read([table(tmp_path, "plain.csv", as_bytes("csv"))]).results
    other = read([table(tmp_path, "whatever.dat", as_bytes(kind))])
    pd.testing.assert_frame_equal(other.results, plain)
    assert other.counts.loc[0, ["found", "kept", "refused"]].tolist() == [2, 2, 0]


def test_standard_input_is_read_like_a_file():
    loaded = read(["-"], stdin=io.BytesIO(as_bytes("gzip")))
    assert len(loaded.results) == 2


def test_a_single_json_line_is_a_table_of_one_row(tmp_path):
    line = as_bytes("json lines").splitlines()[0]
    assert len(read([table(tmp_path, "r.jsonl", line)]).results) == 1


def test_all_bundled_figures_survive_the_way_out_and_back(tmp_path):
    results = bundled_results()[list(COLUMNS)]
    path = tmp_path / "all.csv"
    results.to_csv(path, index=False)
    pd.testing.assert_frame_equal(read([path]).results, results, check_exact=False, rtol=1e-12)


# --- wide ------------------------------------------------------------------------------------------------------------

WIDE = b"Model,Size,MMLU/anatomy,hellaswag,piqa\na-1b,1e9,25,40,\na-7b,7e9,50,60,70\n"


def test_a_wide_table_becomes_one_row_a_cell_and_empty_cells_are_counted(tmp_path):
    layout = Layout(
        wide=True,
        percent=True,
        columns={"model": "Model", "params": "Size"},
        constants={"shots": "5", "source": "mine"},
    )
    loaded = read([table(tmp_path, "w.csv", WIDE)], layout=layout)
    assert loaded.counts.loc[0, ["found", "kept", "refused", "reasons"]].tolist() == [6, 5, 1, "1 empty cell"]
    rows = loaded.results.set_index(["benchmark", "task", "model"])
    assert rows.loc[("MMLU", "anatomy", "a-7b"), ["score", "params", "shots", "source"]].tolist() == [
        0.5,
        7e9,
        5,
        "mine",
    ]
    assert rows.loc[("user", "piqa", "a-7b"), "score"] == 0.7


def test_tasks_of_a_wide_table_can_be_named_and_the_rest_is_said_to_be_left(tmp_path):
    layout = Layout(wide=True, percent=True, columns={"model": "Model"}, task_columns=("piqa", "hellaswag"))
    loaded = read([table(tmp_path, "w.csv", WIDE)], layout=layout)
    assert set(loaded.results["task"]) == {"piqa", "hellaswag"}
    assert any("columns left aside: MMLU/anatomy" in note for note in loaded.notes)
    assert any("'Size' as params" in note for note in loaded.notes)


def test_percentages_do_not_touch_losses(tmp_path):
    content = b"task,model,params,score,metric\nt,a-1b,1e9,50,accuracy\nt,a-1b,1e9,2.5,loss\n"
    rows = read([table(tmp_path, "r.csv", content)], layout=Layout(percent=True)).results.set_index("metric")["score"]
    assert rows.to_dict() == {"accuracy": 0.5, "loss": 2.5}


# --- models ----------------------------------------------------------------------------------------------------------


def known(models=None, **row):
    done = complete(pd.DataFrame([{"model": "pythia-1.4b", **row}]), models)
    return done.rows.iloc[0], " | ".join(done.notes)


def test_the_file_goes_before_the_models_table_before_the_bundled_models_before_the_name():
    mine = as_models(pd.DataFrame([{"model": "Pythia 1.4B", "params": "1.5B", "family": "Mine"}]))
    assert known(mine, params=3e9)[0]["params"] == 3e9
    row, notes = known(mine)
    assert (row["params"], row["family"], row["train_tokens"]) == (1.5e9, "Mine", 2.99893e11)
    assert "params, family of 1 model taken from the models table (pythia-1.4b)" in notes
    assert "taken from the bundled models" in notes
    assert known()[0]["params"] == 1.41465e9
    row, notes = known(model="newcomer-3b-chat")
    assert (row["params"], row["family"], row["line"], row["tuning"]) == (3e9, "newcomer-chat", "newcomer", "instruct")
    assert "taken from the model's name" in notes


def test_what_stands_in_the_file_is_not_said_to_be_inferred():
    _, notes = known(
        model="x-9b",
        params=9e9,
        train_tokens=1e12,
        train_flops=1e20,
        family="x",
        line="x",
        tuning="base",
        released="2024-01-01",
    )
    assert notes == ""


def test_models_known_and_unknown_of_one_family_share_the_known_line():
    rows = complete(pd.DataFrame({"model": ["PaLM 8B", "PaLM 2T"], "family": "PaLM", "params": [8e9, 2e12]})).rows
    assert set(rows["line"]) == {"PaLM"}
    rows = complete(pd.DataFrame({"model": ["PaLM 8B", "other-3b"], "family": "mine"})).rows
    assert set(rows["line"]) == {"PaLM"}


def test_a_line_in_the_file_is_never_changed():
    assert known(line="apart")[0]["line"] == "apart"


def test_sizes_of_models_may_be_written_as_people_do():
    models = as_models(pd.DataFrame([{"model": "m", "params": "540B", "train_tokens": "1.3T", "released": "2022-04"}]))
    assert models.loc[0, ["params", "train_tokens"]].tolist() == [540e9, 1.3e12]
    assert models.loc[0, "released"] == pd.Timestamp("2022-04-30")


# --- commands --------------------------------------------------------------------------------------------------------


def run(*arguments, **options):
    result = CliRunner().invoke(main, ["data", *map(str, arguments)], **options)
    assert result.exit_code == 0, result.output
    return result


def test_import_writes_a_table_that_imports_as_itself(tmp_path):
    source = table(tmp_path, "r.json", as_bytes("json"))
    run("import", source, "-o", tmp_path / "one.csv")
    run("import", tmp_path / "one.csv", "-o", tmp_path / "two.csv")
    assert (tmp_path / "one.csv").read_text() == (tmp_path / "two.csv").read_text()
    assert pd.read_csv(tmp_path / "one.csv").columns.tolist() == list(COLUMNS)


def test_import_writes_parquet_to_a_file_called_so(tmp_path):
    source = table(tmp_path, "r.csv", as_bytes("csv"))
    run("import", source, "-o", tmp_path / "one.parquet")
    pd.testing.assert_frame_equal(read([tmp_path / "one.parquet"]).results, read([source]).results)


def test_models_without_a_date_are_named(tmp_path):
    notes = read([table(tmp_path, "r.csv", as_bytes("csv"))]).notes
    assert any("no release date of a-7b: " in note for note in notes)


def test_import_reads_standard_input_and_writes_csv_to_a_pipe():
    result = run("import", "-", "--format", "csv", input=as_bytes("parquet"))
    assert len(pd.read_csv(io.StringIO(result.stdout))) == 2
    assert "2 scores found, 2 kept, 0 refused" in result.stderr


def test_list_counts_every_bundled_score_once():
    for by in ("dataset", "benchmark", "family"):
        listed = pd.read_csv(io.StringIO(run("list", "--by", by, "--format", "csv").stdout))
        assert listed["scores"].sum() == len(bundled_results()) + len(frontier_results())
        assert listed["source"].notna().all()


def test_list_says_of_each_benchmark_how_new_it_is_and_who_is_covered_until_when():
    listed = pd.read_csv(io.StringIO(run("list", "--by", "benchmark", "--format", "csv").stdout), index_col="benchmark")
    said = listed.loc[["GPQA Diamond", "inverse_scaling_prize", "Humanity's Last Exam"], ["covers", "complete_until"]]
    assert said.to_numpy().tolist() == [
        ["leaders", "2026-07-31"],
        ["families", "2023-05-24"],
        ["list", "2026-04-24"],
    ]
    assert listed.loc["GPQA Diamond", "last"] == "2026-07-31"


def test_show_prints_the_rows_asked_for_with_all_columns():
    shown = pd.read_csv(io.StringIO(run("show", "--family", "palm", "--task", "hellaswag", "--format", "csv").stdout))
    expected = bundled_results()
    expected = expected[(expected["family"] == "PaLM") & (expected["task"].str.lower() == "hellaswag")]
    assert len(shown) == len(expected) > 0
    assert shown.columns.tolist() == list(COLUMNS)
    assert "540B" in run("show", "--model", "palm540b", "--task", "ARC-c").stdout


def test_validate_counts_file_by_file(tmp_path):
    one, two = table(tmp_path, "a.csv", as_bytes("csv")), table(tmp_path, "w.csv", WIDE)
    counts = pd.read_csv(io.StringIO(run("validate", one, "--format", "csv").stdout))
    assert counts["found"].tolist() == [2]
    wide = run("validate", two, "--wide", "--column", "model=Model", "--column", "params=Size", "--percent")
    assert "1 empty cell" in wide.stdout


def test_a_table_of_models_and_scores_that_names_no_task_is_refused_with_what_it_lacks():
    with pytest.raises(DataError, match=r"no column 'task' \(did you mean 'ask'\?\): a results table needs task"):
        read(["-"], stdin=io.BytesIO(b"ask,model,score\nneqa,widget-1b,0.5\n"))


LADDER = pd.DataFrame(
    {"Model": ["acme-1b", "acme-3b", "acme-8b"], "boolq": [0.45, 0.53, 0.61], "piqa": [0.5, 0.48, 0.6]}
)


def test_a_tables_index_is_no_task(tmp_path):
    """As pandas writes a table unless told otherwise; a column of scores without a name is one."""
    loaded = read([table(tmp_path, "r.csv", LADDER.to_csv().encode())])
    assert set(loaded.results["task"]) == {"boolq", "piqa"}
    scores = LADDER.rename(columns={"boolq": ""})[["Model", "", "piqa"]]
    assert len(read([table(tmp_path, "s.csv", scores.to_csv(index=False).encode())]).results) == 6


def test_a_first_line_of_scores_is_no_header(tmp_path):
    headless = table(tmp_path, "r.csv", LADDER.to_csv(index=False, header=False).encode())
    with pytest.raises(
        DataError, match=r"the first line holds acme-1b and 0.45, no names of columns: put a line above"
    ):
        read([headless])


def test_compute_in_petaflop_days_is_read_as_flop(tmp_path):
    frame = LADDER.assign(Model=["small", "medium", "large"], **{"Compute (PF-days)": [1, 10, 200]})
    rows = read([table(tmp_path, "r.csv", frame.to_csv(index=False).encode())]).results
    assert sorted(rows["train_flops"].unique()) == pytest.approx([8.64e19, 8.64e20, 1.728e22])
    assert set(rows["task"]) == {"boolq", "piqa"}


def test_a_workbook_is_read_where_its_numbers_are(tmp_path):
    pytest.importorskip("openpyxl")
    path = tmp_path / "r.xlsx"
    with pd.ExcelWriter(path) as book:
        pd.DataFrame({"Title": ["our results"], "by": ["us"]}).to_excel(book, sheet_name="notes", index=False)
        LADDER.to_excel(book, sheet_name="scores", index=False, startrow=3)
    assert len(read([path]).results) == 6
