"""Wordings of questions: as meant, or asked back at the named slot; never read otherwise."""

import datetime as dt
from pathlib import Path

import pytest
import yaml

from scale_forecast.data.catalog import bundled_metrics, bundled_results
from scale_forecast.data.errors import UsageError
from scale_forecast.resolvers.questions.bank import bundled_questions
from scale_forecast.resolvers.questions.wording import AskBack, Vocabulary, near_record, on_record, understand
from scale_forecast.resolvers.questions.wording.phrases import Context, read_phrases
from scale_forecast.resolvers.questions.wording.slots import Who
from scale_forecast.resolvers.questions.wording.statements import read_statement

WORDINGS = yaml.safe_load((Path(__file__).parent / "wordings.yaml").read_text(encoding="utf-8"))
_WHO = ("models", "organisations", "lines", "released_from", "released_until")


@pytest.fixture(scope="module")
def vocabulary():
    return Vocabulary.of(bundled_results(), bundled_metrics(), bundled_questions())


def said(who):
    """A side of a contest by its name."""
    return who.weights or next(iter((*who.models, *who.families, *who.lines, *who.organisations)), "any model")


def meaning(reading):
    """What a reading says, in the words of the file."""
    level, when, who = reading.get("level"), reading.get("when"), reading.get("who", Who())
    places = [place.name for place in reading.get("places", ())]
    found = {"kind": reading.kind, "negated": reading.negated or None, "place": places}
    if level is not None:
        human = level.human is not None
        found |= {"side": level.side, "score": "human" if human else level.value}
    if when is not None:
        found |= {"by": str(when.last), "since": None if when.how != "in" else str(when.first)}
    if reading.kind in ("comparison", "lead_margin"):
        names = ("better", "worse") if reading.kind == "comparison" else ("ahead", "behind")
        found |= dict(zip(names, (said(who), said(reading.get("against"))), strict=True))
    else:
        limits = {name: plain(value) for name, value in who.facts().items() if name in _WHO}
        if who.max_params is not None:
            limits["below_params"] = round(who.max_params, 3)
        found["who"] = limits or None
    quantity = reading.get("quantity")
    found["fewer_than"] = None if quantity is None or quantity.side != "below" else quantity.number
    found["unit"] = reading.get("unit") or (level.unit if reading.kind == "size" else None)
    found |= {name: reading.get(name) for name in ("statistic", "stated", "shots", "of")}
    found["place"] = (places[0] if len(places) == 1 else places) or None
    return {name: value for name, value in found.items() if value is not None}


def plain(value):
    return [str(one) for one in value] if isinstance(value, tuple) else str(value)


def read(words, day, vocabulary):
    """What words mean, or which slot they ask back; a further clause tells the word and what it is near to."""
    context = Context(vocabulary, dt.date.fromisoformat(day), words.rstrip(" ?."))
    try:
        return meaning(read_statement(read_phrases(context), context))
    except AskBack as asked:
        near = next(iter(asked.candidates), None)
        return {"ask": asked.slot} | ({"words": asked.words, "near": near} if asked.slot == "word" else {})


@pytest.mark.parametrize("wording", WORDINGS, ids=[wording["words"] for wording in WORDINGS])
def test_a_wording_is_read_as_meant_or_asked_back_at_the_named_slot(wording, vocabulary):
    assert read(wording["words"], wording["as_of"], vocabulary) in wording["means"]


MISREADINGS = [
    ("any model scores 80% on MMLU unless GPT-4 does by 2025", "conditional"),
    ("any model except GPT-4 scores 80% on MMLU by 2025", "exclusion"),
    ("Will any model stay above 80% on MMLU until the end of 2025?", "kind"),
    ("Which will lead GPQA Diamond at the end of 2026?", "who"),
    ("any model scores 80% on MMLU in early 2025", "when"),
    ("METR time horizon above 24 by 2027", "value"),
    ("any model reaches 3 days on METR time horizon by 2027", "value"),
    ("Will Anthropic have the best AI model at the end of March 2027?", "benchmark"),
    ("any model scores above 1400 on Chatbot Arena by 2027", "benchmark"),
    ("any model scores about 80% on MMLU by 2025", "side"),
    ("some model does not reach 80% on MMLU by 2025", "who"),
    ("GPT-5 announced by the end of 2025", "kind"),
    ("any model scores 80% on MMLU 2026", "when"),
]


@pytest.mark.parametrize(("words", "slot"), MISREADINGS)
def test_what_could_be_read_two_ways_is_asked_back_at_its_slot(words, slot, vocabulary):
    assert read(words, "2024-06-01", vocabulary).get("ask") == slot


BANK = bundled_questions()


@pytest.mark.parametrize("question", BANK, ids=lambda question: question.id)
def test_a_title_of_the_bank_is_its_own_question_and_no_other(question):
    """Asked by its own words, or by another title that people gave it, however they are set."""
    for title in (question.title, *question.also):
        for words in (title, title.upper(), f" {title.rstrip('?')}. "):
            assert on_record(words, BANK) == [question]


def test_a_market_is_found_by_its_address_however_it_is_written():
    by_id = {question.id: question for question in BANK}
    manifold, metaculus = (
        by_id["manifold-frontiermath-above-80-2025"],
        by_id["metaculus-gpqa-diamond-95-before-april-2026"],
    )
    for address in (
        "https://manifold.markets/sponge/will-an-ai-score-over-80-on-frontie",
        "https://www.manifold.markets/sponge/will-an-ai-score-over-80-on-frontie?play=true#comments",
        "manifold.markets/sponge/Will-an-AI-score-over-80-on-frontie/",
    ):
        assert on_record(address, BANK) == [manifold]
    for address in ("https://www.metaculus.com/questions/42274", "metaculus.com/questions/42274/gpqa-by-april/?sub=1"):
        assert on_record(address, BANK) == [metaculus]
    assert not on_record("https://example.org/none", BANK)
    assert len(on_record("https://www.metaculus.com/questions/11676/mmlu-sota-in-2023-2025/", BANK)) == 3


@pytest.mark.parametrize(
    ("words", "tasks"),
    [
        ("NegationQA resolves with scale within two years, 1:1", ["neqa"]),
        ("4:1 that Redefine Math resolves with scale by November 2024", ["redefine-math"]),
        ("Hindsight Neglect 10-shot turns U-shaped by 2024", ["hindsight-neglect"]),
        (
            "at least 3/4 of the round 1 winners turn U-shaped by 2024",
            ["neqa", "quote-repetition", "hindsight-neglect", "redefine-math"],
        ),
        (
            "half of the round two winners turn U-shaped by 2025",
            ["into-the-unknown", "memo-trap", "modus-tollens", "pattern-matching-suppression", "prompt-injection",
             "repetitive-algebra", "sig-figs"],
        ),
    ],
)  # fmt: skip
def test_the_bets_of_2022_are_understood_by_the_names_people_gave_the_tasks(words, tasks, vocabulary):
    asked = understand(words, vocabulary=vocabulary, opened=dt.date(2022, 11, 15)).question
    assert [leaf.task for leaf in asked.criterion.leaves()] == tasks


NEAR = {
    "Will an AI achieve >85% performance on the FrontierMath benchmark before 2026?": (
        "manifold-frontiermath-above-85-before-2028"
    ),
    "Will GPT-5.4 outperform Claude Opus 4.7 at METR 50% time horizon?": "manifold-gpt-5-4-above-claude-opus-4-6-metr",
    "Will at least 3/4 of the inverse scaling first-round winners show U-shaped scaling by 2024?": (
        "round-one-three-quarters-u-shaped-2024"
    ),
    "half of the inverse scaling second round winners demonstrate U-shaped scaling by 2025": (
        "round-two-half-u-shaped-2025"
    ),
    "Will the ARC-AGI grand prize be claimed by the end of 2027?": "manifold-arc-agi-grand-prize-2026",
}


@pytest.mark.parametrize(("words", "nearest"), NEAR.items())
def test_a_title_near_one_on_record_is_offered_and_never_taken(words, nearest):
    assert on_record(words, BANK) == []
    assert nearest in [question.id for question in near_record(words, BANK)]


@pytest.mark.parametrize("words", ["MMLU 80% by EOY 2025", "the best model on GPQA", "any model", ""])
def test_words_that_share_little_with_every_title_are_offered_none(words):
    assert near_record(words, BANK) == []


def test_every_phrase_means_one_thing():
    import csv

    from scale_forecast.data.catalog import TABLES
    from scale_forecast.resolvers.questions.wording.tokens import phrases

    with open(TABLES / "wording" / "phrases.csv", encoding="utf-8", newline="") as file:
        written = [
            (phrase, row["token"], row["value"]) for row in csv.DictReader(file) for phrase in row["phrases"].split("|")
        ]
    counted: dict[str, set[tuple[str, str]]] = {}
    for phrase, token, value in written:
        counted.setdefault(phrase, set()).add((token, value))
    assert phrases()
    assert {phrase: tokens for phrase, tokens in counted.items() if len(tokens) > 1} == {}


def test_no_reading_is_guessed_for_words_in_no_table(vocabulary):
    with pytest.raises(UsageError, match="'modle' is not understood"):
        read_phrases(Context(vocabulary, dt.date(2024, 6, 1), "any modle scores 80% on MMLU"))


HUMAN = [
    ("any model beats the human baseline on MMLU by 2025", 0.898, "experts"),
    ("any model beats the average human on MMLU by 2025", 0.345, "crowd workers"),
    ("any model reaches expert level on MMLU by 2025", 0.898, "experts"),
    ("any model surpasses the average human rater on BIG-Bench Hard by 2025", 0.677, "average human rater"),
    ("any model surpasses the best human rater on BBH by 2025", 0.944, "best human rater"),
    ("any model reaches human level on GPQA by 2025", 0.697, "PhD experts"),
]


@pytest.mark.parametrize(("words", "score", "whose"), HUMAN)
def test_human_is_the_usual_baseline_of_a_benchmark_unless_the_words_choose_and_says_whose(
    words, score, whose, vocabulary
):
    understood = understand(words, vocabulary=vocabulary, opened=dt.date(2024, 6, 1))
    assert understood.question.criterion.score == pytest.approx(score)
    told = understood.sentence.split(f": {score:g} (", 1)[1].split(";")[0]
    assert whose in told
