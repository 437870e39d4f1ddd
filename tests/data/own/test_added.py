"""One score by hand: what is refused, how names are taken, and that it is kept, listed and taken away."""

import datetime as dt
import json

import pandas as pd
import pytest

from scale_forecast.data.errors import DataError, UsageError
from scale_forecast.data.frontier import bundled_frontier_tables
from scale_forecast.data.own.added import VENDOR, add, added_rows, list_added, take_away
from scale_forecast.data.own.check import Said, check

pytestmark = pytest.mark.usefixtures("words_of_options")

TODAY = dt.date(2026, 11, 30)
NEW = {"model": "Nova 9", "organisation": "Acme", "released": dt.date(2026, 11, 12)}


def checked(*pairs, **said):
    return check(pairs, Said(**{**NEW, **said}), bundled_frontier_tables(), TODAY)


def one(*pairs, **said):
    (score,) = checked(*pairs, **said).scores
    return score


@pytest.mark.parametrize("text", ["0.61", "61%", "61 %", "0,61", " .61 ", "61.0%", "0.61 ± 0.02"])
def test_a_share_is_taken_as_people_write_it(text):
    assert one(f"Humanity's Last Exam={text}").score == pytest.approx(0.61)


@pytest.mark.parametrize(
    ("pair", "sentence"),
    [
        ("HLE=61", "61 is outside 0 to 1.*is it 61%.*HLE|is it 61%"),
        ("HLE=610", "610 is outside 0 to 1"),
        ("HLE=-0.1", "outside 0 to 1"),
        ("HLE=nan", "not a number"),
        ("HLE=high", "'high' is not a number: write 0.61 or 61%"),
        ("HLE", "has no score: write BENCHMARK=SCORE"),
        ("=0.5", "has no score"),
        ("HLE=", "has no score"),
        ("Gpqa dimond=0.9", "did you mean 'GPQA Diamond'.*state the metric"),
        ("zorgbench=0.9", "no benchmark 'zorgbench' is known.*--metric accuracy"),
        ("METR time horizon 50%=90%", "measured in minutes, and 90% is a percentage"),
        ("METR time horizon 50%=-3", "is negative"),
        ("FrontierMath=0.4", "may be .*FrontierMath Tier 1-3.*FrontierMath Tier 4.*name one of them"),
    ],
)
def test_what_no_score_can_be_is_refused_with_what_to_say(pair, sentence):
    with pytest.raises(UsageError, match=sentence):
        checked(pair)


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"organisation": None}, "no model 'Nova 9' is known.*give --organisation"),
        ({"released": None}, "give --released"),
        ({"model": "Gemni 3 Pro", "released": None}, "did you mean 'Gemini 3 Pro'"),
        ({"known": dt.date(2027, 1, 1)}, "--known 2027-01-01 is in the future"),
        ({"released": dt.date(2027, 1, 1)}, "--released 2027-01-01 is in the future"),
        ({"released": dt.date(1026, 11, 12)}, "no model with a score is so old"),
        ({"known": dt.date(2026, 11, 1)}, "before Nova 9 was released"),
        ({"model": "GPT-5"}, "the tables have GPT-5 with --released 2025-08-07, not 2026-11-12"),
        ({"model": "GPT-5", "released": None}, "the tables have GPT-5 with --organisation OpenAI, not Acme"),
        ({"model": " "}, "--model is empty"),
        ({"metric": "elo"}, "measured as accuracy, not elo"),
        ({"metric": "zorgs"}, "--higher-is-better or --lower-is-better"),
    ],
)
def test_what_cannot_be_said_of_a_model_is_refused(said, sentence):
    with pytest.raises(UsageError, match=sentence):
        checked("HLE=0.6", **said)


def test_names_are_those_of_the_tables_and_it_is_said():
    found = checked(
        "hle=0.6", model="openai/gpt-5-2025-08-07", organisation="open ai", released=None, evaluator="OpenAI"
    )
    (score,) = found.scores
    assert (score.model, score.organisation, score.task) == ("GPT-5", "OpenAI", "Humanity's Last Exam")
    assert score.evaluator == VENDOR
    assert any("is taken as GPT-5" in note for note in found.notes)
    assert any("one score more stands beside them" in note for note in found.notes)
    assert any("a record on Humanity's Last Exam" in note for note in found.notes)


def test_a_new_benchmark_enters_by_its_metric_and_a_new_metric_by_its_direction():
    assert one("zorgbench=1400", metric="elo").metric == "elo"
    assert one("zorgbench=0.2", metric="zorgs", higher_is_better=False).higher_is_better is False
    with pytest.raises(UsageError, match="outside 0 to 1"):
        one("zorgbench=12", metric="zorgs", higher_is_better=True)


def test_the_scores_of_a_call_enter_all_or_none(tmp_path):
    with pytest.raises(UsageError):
        add(tmp_path, checked("HLE=0.6", "GPQA Diamond=95").scores)
    assert list_added(tmp_path) == []


def test_a_score_is_kept_listed_and_taken_away(tmp_path):
    score = one("HLE=0.6", source="https://example.org")
    assert add(tmp_path, [score]) == [score]
    assert list_added(tmp_path) == [score]
    assert add(tmp_path, [one("HLE=0.6", source="https://example.org")]) == []
    assert take_away(tmp_path, [score.id]) == [score]
    assert list_added(tmp_path) == []
    with pytest.raises(UsageError, match="no score of yours has the id"):
        take_away(tmp_path, [score.id])


def test_another_score_of_the_same_thing_needs_a_word(tmp_path):
    add(tmp_path, [one("HLE=0.6")])
    with pytest.raises(UsageError, match=r"was added already as .*--replace"):
        add(tmp_path, [one("HLE=0.7")])
    add(tmp_path, [one("HLE=0.7", setting="with tools")])
    add(tmp_path, [one("HLE=0.65")], replace=True)
    assert sorted(score.score for score in list_added(tmp_path)) == [0.65, 0.7]
    with pytest.raises(UsageError, match="stands twice"):
        add(tmp_path, [one("HLE=0.6"), one("hle=0.7")])


def test_a_score_enters_on_the_day_it_was_known_and_in_the_strict_reading_on_the_day_of_adding(tmp_path):
    add(tmp_path, [one("HLE=0.6", known=dt.date(2026, 11, 20))])
    scores = list_added(tmp_path)
    assert len(added_rows(scores, pd.Timestamp("2026-11-19"))) == 0
    (row,) = added_rows(scores, pd.Timestamp("2026-11-20")).to_dict("records")
    assert (row["known_on"], row["seen_on"]) == ("2026-11-20", "2026-11-30")


@pytest.mark.parametrize("spoil", [lambda text: text[:20], lambda text: text.replace("0.6", '"x"'),
                                   lambda text: text.replace("Nova", "Nora"), lambda text: "[]"])  # fmt: skip
def test_a_file_that_was_touched_is_named(tmp_path, spoil):
    add(tmp_path, [one("HLE=0.6")])
    (path,) = (tmp_path / "added").iterdir()
    path.write_text(spoil(path.read_text()))
    with pytest.raises(DataError, match=f"{path.name}: is not as `forecast data add` wrote it"):
        list_added(tmp_path)


def test_what_is_kept_is_plain_json(tmp_path):
    add(tmp_path, [one("HLE=0.6")])
    (path,) = (tmp_path / "added").iterdir()
    assert json.loads(path.read_text())["model"] == "Nova 9"
