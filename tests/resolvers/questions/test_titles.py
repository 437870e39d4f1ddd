"""Kinds of titles that were misread, or refused at no slot: each as meant, or asked back at the slot it misses."""

import datetime as dt

import pytest

from scale_forecast.data.catalog import bundled_metrics, bundled_results
from scale_forecast.resolvers.questions.bank import bundled_questions
from scale_forecast.resolvers.questions.wording import AskBack, Vocabulary, understand

DAY = dt.date(2025, 6, 1)


@pytest.fixture(scope="module")
def vocabulary():
    return Vocabulary.of(bundled_results(), bundled_metrics(), bundled_questions())


OF_HLE = "Humanity's Last Exam/Humanity's Last Exam"
HLE = f"{OF_HLE} (accuracy)"
FOUR = "FrontierMath/FrontierMath Tier 4"
READ = [
    # names joined by "and" are each of them, by "or" one of them
    (
        "Will GPT-6 and Gemini 4 both exceed 40% on HLE by 2027?",
        f"(GPT-6 scores above 0.4 on {HLE}) and (Gemini 4 scores above 0.4 on {HLE}), by 2027-12-31",
    ),
    ("Will GPT-6 or Gemini 4 exceed 40% on HLE by 2027?", f"GPT-6 or Gemini 4 scores above 0.4 on {HLE}"),
    # pictures, raised digits, clock times, lengths in hours and minutes, days with dots
    ("\U0001f9e0 HLE: best score by EOY 2026?", f"the highest score of some model on {HLE}, by 2026-12-31"),
    ("Will a model be trained on 5\u00d710\u00b2\u2076 FLOP in 2026?", "a public model has at least 5e+26 training"),
    ("HLE above 50% by Dec 31, 2026, 11:59 PM ET?", f"some model scores above 0.5 on {HLE}, by 2026-12-31"),
    ("HLE above 50% by 31.12.2026", f"some model scores above 0.5 on {HLE}, by 2026-12-31"),
    ("METR 50% time horizon over 2 hrs 17 mins by 2026", "some model scores above 137 on METR time horizon/"),
    ("Will any model exceed 50% on HLE by Q3?", f"some model scores above 0.5 on {HLE}, by 2025-09-30"),
    # with tools and on text alone some tests are others
    ("Will GPT-6 exceed 50% on HLE with tools?", f"GPT-6 scores above 0.5 on {OF_HLE} (with"),
    ("Will GPT-6 exceed 50% on HLE (no tools)?", f"GPT-6 scores above 0.5 on {HLE}"),
    ("Will GPT-6 exceed 50% on text-only HLE?", f"GPT-6 scores above 0.5 on {OF_HLE} (text"),
    # a number behind a human level is that level
    ("Will AI exceed human performance (72.36%) on OSWorld by 2026?", "some model scores above 0.7236 on OSWorld/"),
    # slots in orders that no form has
    ("Will agents resolve more than 50% of SWE-bench Pro by 2026?", "some model scores above 0.5 on SWE-bench Pro/"),
    ("What share of HLE questions will the best AI solve by 2026?", f"the highest score of some model on {HLE}"),
    ("How many FLOP will the largest training run use by 2027?", "the training FLOP of the largest public model"),
    # options behind a title
    ("Which company leads HLE at the end of 2026? [Google]", f"Google has the best score on {HLE}, by 2026-12-31"),
    ("Best HLE score at the end of 2026? [\u226560%]", f"some model scores at least 0.6 on {HLE}, by 2026-12-31"),
    ("What is the top HLE score at the end of 2026? [<60%]", "it does not hold that some model scores at least 0.6"),
    ("Who will be first to 90% on HLE: OpenAI, Google or other?", "which organisation of OpenAI, Google or another"),
    # who is spoken of a second time limits whom it is about
    ("Which lab has the best open model on HLE on 2026-12-31?", f"which organisation has the best score on {HLE}, o"),
    ("Will DeepSeek have the best open model on HLE on 2026-12-31?", f"DeepSeek has the best score on {HLE}, open"),
    ("Will the top model on HLE be from Google on June 1, 2026?", f"Google has the best score on {HLE}, by 2026-06-01"),
    ("FrontierMath: will the record pass 50% (Tier 4) by 2026?", f"some model scores above 0.5 on {FOUR}"),
    ("Will the human baseline of 72% on OSWorld be exceeded by EOY?", "some model scores above 0.72 on OSWorld/"),
    ("Will OpenAI, Meta and xAI all exceed 60% on HLE by 2026?", f"(some OpenAI model scores above 0.6 on {HLE}) and"),
    ("Will an AI solve half of FrontierMath Tier 4 by 2026?", f"some model scores at least 0.5 on {FOUR}"),
    ("Is the record on HLE still held by Google on 1 Oct 2026?", f"Google has the best score on {HLE}, by 2026-10-01"),
    ("Gemini 4 HLE score?", f"the highest score of Gemini 4 on {HLE}"),
    ("Longest METR horizon at end of 2026? [10-20 hours]", "(some model scores at least 600 on METR time horizon/"),
    ("HLE above 50% by Q3'26", f"some model scores above 0.5 on {HLE}, by 2026-09-30"),
    ("Will a US lab lead HLE on 2026-12-31?", "OpenAI or Google or Anthropic or"),
    # which of two is ahead is whether the first is; options may stand in front
    ("GPT-6 vs Gemini 4: which scores higher on HLE?", f"GPT-6 beats Gemini 4 on {HLE}"),
    ("Which will score higher on HLE by 2027: GPT-6 or Gemini 4?", f"GPT-6 beats Gemini 4 on {HLE}"),
    ("GPT-6 or Gemini 4: who will lead HLE at the end of 2026?", "which model of GPT-6, Gemini 4 or"),
    # models in general do not reach it: none does
    ("Will AI fail to reach 50% on HLE by the end of 2026?", "it does not hold that some model scores at least 0.5"),
    # a level behind the test, or announced, in a release
    ("Will Anthropic release a model with HLE > 60% by 2027?", f"some Anthropic model scores above 0.6 on {HLE}"),
    ("Will OpenAI announce a model with over 60% on HLE by 2027?", f"some OpenAI model scores above 0.6 on {HLE}"),
    ("Will a publicly available model exceed 60% on HLE by 2027?", f"some model scores above 0.6 on {HLE}"),
    ("Will any model exceed 60% on HLE with no tool use by 2027?", f"some model scores above 0.6 on {HLE}"),
    ("Will METR measure a horizon longer than 24 hours by 2027?", "some model scores above 1440 on METR time horizon"),
    ("When will METR horizons exceed one week (40 work hours)?", "the day on which some model first scores above 2400"),
    ("Date of first 60% on HLE", f"the day on which some model first scores at least 0.6 on {HLE}"),
    ("In which quarter will HLE exceed 60%?", f"the day on which some model first scores above 0.6 on {HLE}"),
    ("When will the first 1e28 FLOP training run occur?", "the day on which a public model first has at least 1e+28"),
    # the year beside "year end", short years, halves of years
    ("HLE above 60% by 2027 year end", f"some model scores above 0.6 on {HLE}, by 2027-12-31"),
    ("HLE above 60% by June 2027 month end", f"some model scores above 0.6 on {HLE}, by 2027-06-30"),
    ("HLE above 60% by 12/31/27", f"some model scores above 0.6 on {HLE}, by 2027-12-31"),
    ("HLE above 60% in the first half of 2027", f"some model scores above 0.6 on {HLE}, known from 2027-01-01, by"),
    ("HLE above 60% between now and June 30, 2027", f"some model scores above 0.6 on {HLE}, by 2027-06-30"),
    # shares of the problems, horizons as scores, whose weights lead
    ("HLE: will an AI solve more than half of the problems by 2027?", f"some model scores above 0.5 on {HLE}"),
    ("METR 50%-time horizon of GPT-6 in hours?", "the highest score of GPT-6 on METR time horizon/"),
    ("Will the METR horizon be between 16 and 32 hours on June 1, 2027?", "(some model scores at least 960 on METR"),
    ("Will GPT-6 have a longer METR time horizon than GPT-5?", "GPT-6 beats GPT-5 on METR time horizon/"),
    ("When will METR publish a model with a horizon of 100 hours?", "the day on which some model first sc"),
    ("Will an open model take the lead on HLE by 2027?", "the best of model with open weights is above 0 ahead"),
    ("Will a model with open weights match GPT-5 on HLE by 2027?", "the best of GPT-5 is at most 0 ahead"),
    ("Top lab on HLE by June 1, 2027?", f"which organisation has the best score on {HLE}"),
    ("Will Google have the best coding model on SWE-bench Verified on June 1?", "Google has the best score on"),
    ("Will all of OpenAI, Meta and xAI exceed 60% on HLE by 2026?", f"(some OpenAI model scores above 0.6 on {HLE})"),
    ("Will any of OpenAI, Meta or xAI exceed 60% on HLE by 2026?", "some OpenAI or Meta or xAI model scores"),
    ("Will GPT-6 or Gemini 4 have the higher score on HLE by 2027?", f"GPT-6 beats Gemini 4 on {HLE}"),
    ("Will Mistral outrank Meta on HLE at the end of 2026?", f"some Mistral model beats some Meta model on {HLE}"),
    ("Will a sub-10B model exceed 60% on HLE by 2027?", "some model of at most 10B parameters scores above"),
    ("Best performing model on HLE on June 1, 2027?", f"which model has the best score on {HLE}"),
    ("Will horizons measured by METR exceed 1000 minutes by 2027?", "some model scores above 1000 on METR time"),
    ("What will be the largest training compute in 2027 (log10 FLOP)?", "the training FLOP of the largest public"),
    # a deadline that is over is settled, not refused
    ("Will any model exceed 50% on HLE by March 2025?", f"some model scores above 0.5 on {HLE}, by 2025-03-31"),
    ("Will GPT-6 score 10 points higher than o3 on HLE?", "the best of GPT-6 is at least 0.1 ahead of the best of o3"),
]  # fmt: skip


@pytest.mark.parametrize(("title", "means"), READ)
def test_a_title_means_what_its_kind_means(title, means, vocabulary):
    assert understand(title, vocabulary=vocabulary, opened=DAY).sentence.startswith(means)


ASKED_BACK = [
    ("Will any model exceed 60% on SWE-bench Lite by 2027?", "version"),
    ("Will any model exceed 60% on HLE-Verified by 2027?", "version"),
    ("Will any model exceed 60% on MMLU-CF by 2027?", "version"),
    ("Will any model exceed 60% on the ARC-AGI-2 public eval set by 2027?", "version"),
    ("Will any model exceed 60% on Terminal-Bench 3 by 2027?", "version"),
    ("What will be the SOTA on LiveCodeBench v9 on Jan 1, 2027?", "version"),
    ("Will any model exceed 60% on GPQA Diamond according to Artificial Analysis by 2027?", "evaluator"),
    ("Will any non-OpenAI model exceed 60% on HLE by 2027?", "exclusion"),
    ("Will anyone but OpenAI lead HLE at the end of 2026?", "exclusion"),
    ("Will the same model lead HLE and FrontierMath at the end of 2026?", "kind"),
    ("Will the HLE record increase by 10 points by 2027?", "kind"),
    ("Will a European model exceed 60% on HLE by 2027?", "model"),
    ("Will GPT-6 exceed 60% on HLE at launch?", "when"),
    ("Will GPT-6 exceed 60% on HLE within a month of its release?", "when"),
    ("Will any model exceed 60% on HLE by the end of the decade?", "when"),
    ("Once GPT-6 is out, will it exceed 60% on HLE?", "conditional"),
    ("Will OpenAI and Google lead HLE at the end of 2026?", "model"),
    ("AIME 2025: will any model score 95% without tools by 2027?", "setting"),
    ("Which company has the best AI model at the end of June?", "benchmark"),
    ("Will any model exceed 60% on HLE for less than $1 per task by 2027?", "benchmark"),
    ("Which company leads HLE at the end of 2026? [50%]", "option"),
    ("Will any model beat the human baseline on MMLU by 5 points by 2027?", "value"),
    ("Will the average score of GPT-6 on HLE and GPQA exceed 50% by 2027?", "metric"),
    ("Which models will be in the top 3 on HLE on June 30, 2026?", "rank"),
    # what limits a test, how it is run, or who counts is never dropped
    ("Will any model exceed 60% on the public evaluation set of ARC-AGI-2 by 2027?", "version"),
    ("Will any model exceed 60% on the private ARC-AGI-2 set by 2027?", "version"),
    ("Will an AI exceed 60% on the full SWE-bench by 2027?", "benchmark"),
    ("Will any model exceed 60% on HLE with pass@5 by 2027?", "setting"),
    ("Will any model exceed 60% on HLE with majority voting by 2027?", "setting"),
    ("Will any model exceed 60% on HLE in a single attempt by 2027?", "setting"),
    ("Will a model under 32B active parameters exceed 60% on HLE by 2027?", "model"),
    ("Will a reasoning model exceed 60% on HLE by 2027?", "model"),
    ("Will any model not from OpenAI exceed 60% on HLE by 2027?", "exclusion"),
    ("Will any model exceed 60% on HLE according to OpenAI by 2027?", "evaluator"),
    ("Will two or more models exceed 60% on HLE by 2027?", "kind"),
    ("Will at least 3 companies have models above 60% on HLE by 2027?", "kind"),
    ("How far behind will the best open model be on HLE at the end of 2026?", "kind"),
    ("Will a new SOTA on HLE be set in December 2026?", "value"),
    ("Will any AI fail to reach 50% on HLE by the end of 2026?", "who"),
    ("OpenAI o5 vs Claude 5: which is better on HLE?", "model"),
    ("Will AI solve at least 10 FrontierMath Tier 4 problems by 2027?", "value"),
    ("When will an open model surpass GPT-5 on HLE?", "kind"),
    ("Will >1 lab exceed 60% on HLE by 2027?", "kind"),
    ("Will at most one lab exceed 60% on HLE by 2027?", "kind"),
    ("Will at least 2 of OpenAI, Meta and xAI exceed 60% on HLE by 2027?", "kind"),
]


@pytest.mark.parametrize(("title", "slot"), ASKED_BACK)
def test_a_refusal_names_the_slot(title, slot, vocabulary):
    with pytest.raises(AskBack) as asked:
        understand(title, vocabulary=vocabulary, opened=DAY)
    assert asked.value.slot == slot


def test_a_short_name_means_no_test_that_was_not_published_yet(vocabulary):
    title = "Will any agent resolve 50% of SWE-bench by the end of 2024?"
    with pytest.raises(AskBack, match="before 2024-08-13"):
        understand(title, vocabulary=vocabulary, opened=dt.date(2024, 3, 20))
    read = understand(title, vocabulary=vocabulary, opened=dt.date(2024, 9, 1)).question.criterion
    assert read.task == "SWE-bench Verified"


def test_a_margin_in_percent_is_said_to_be_of_points(vocabulary):
    read = understand("Will GPT-6 score 10% higher than o3 on HLE?", vocabulary=vocabulary, opened=DAY)
    assert "'10%' is read as percentage points" in read.sentence
