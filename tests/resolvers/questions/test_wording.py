"""Questions in words: what is understood, what is refused, and that nothing is guessed."""

import datetime as dt

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from scale_forecast.data.catalog import bundled_metrics, bundled_results
from scale_forecast.data.errors import UsageError
from scale_forecast.data.periods import parse_period
from scale_forecast.resolvers.kinds import KINDS
from scale_forecast.resolvers.questions.bank import bundled_questions, dump_questions, parse_questions
from scale_forecast.resolvers.questions.question import Question
from scale_forecast.resolvers.questions.wording import Vocabulary, alike, tell, understand
from scale_forecast.resolvers.terms.scope import Scope

OPENED = dt.date(2022, 11, 15)
PRIZE = "inverse_scaling_prize"
ROUND_ONE = "neqa, quote-repetition, hindsight-neglect, redefine-math"


@pytest.fixture(scope="module")
def vocabulary():
    return Vocabulary.of(bundled_results(), bundled_metrics(), bundled_questions())


@pytest.fixture(scope="module")
def read(vocabulary):
    return lambda text, opened=OPENED: understand(text, vocabulary=vocabulary, opened=opened)


def plain(question):
    """What is asked, without defaults."""
    asked = yaml.safe_load(dump_questions([question]))[0]
    return asked["criterion"], asked.get("scope", {}), str(asked["resolve_by"])


def neqa(kind, **more):
    return {"kind": kind, "task": "neqa", "benchmark": PRIZE, **more}


UNDERSTOOD = [
    ("NeQA resolves with scale by 2024-11-15", neqa("reversal"), {}, "2024-11-15"),
    (
        "Will ne-qa be resolved by scale alone before December 2024?",
        neqa("reversal"),
        {"tuning": "base", "prompt": "direct"},
        "2024-11-30",
    ),
    (
        "neqa resolves in base, instruct or rlhf models, without chain of thought, by 2024-Q4",
        neqa("reversal"),
        {"tuning": ["base", "instruct", "rlhf"], "prompt": "direct"},
        "2024-12-31",
    ),
    ("NeQA turns U-shaped within two years", neqa("u_shape"), {}, "2024-11-15"),
    (
        "by 2024 neqa shows u shaped scaling in PaLM or Gopher",
        neqa("u_shape"),
        {"family": ["PaLM", "Gopher"]},
        "2024-12-31",
    ),
    ("neqa turns u-shaped in every family by 2025", neqa("u_shape"), {"over": "all"}, "2025-12-31"),
    (
        "every model family scores above 0.5 on neqa by 2025",
        neqa("threshold", score=0.5, side="above", scope={"over": "all"}),
        {},
        "2025-12-31",
    ),
    ("neqa does not resolve within 18 months", {"kind": "not", "of": neqa("reversal")}, {}, "2024-05-15"),
    ("It is not the case that neqa resolves by 2024", {"kind": "not", "of": neqa("reversal")}, {}, "2024-12-31"),
    (
        "neqa resolves by 2023 or neqa turns U-shaped by 2024",
        {
            "kind": "any_of",
            "of": [{"kind": "first_by", "event": neqa("reversal"), "by": dt.date(2023, 12, 31)}, neqa("u_shape")],
        },
        {},
        "2024-12-31",
    ),
    (
        "neqa resolves and neqa turns U-shaped by 2024",
        {"kind": "all_of", "of": [neqa("reversal"), neqa("u_shape")]},
        {},
        "2024-12-31",
    ),
    (
        "PaLM 540B scores above 80% on neqa by 2024",
        neqa("threshold", score=0.8, side="above", scope={"model": "PaLM 540B"}),
        {},
        "2024-12-31",
    ),
    ("a model gets 0.9 or more on neqa by 2024", neqa("threshold", score=0.9), {}, "2024-12-31"),
    (
        "any PaLM model's accuracy on neqa is below 30 percent by 2024, 10-shot",
        neqa("threshold", score=0.3, side="below", scope={"family": "PaLM"}),
        {"shots": 10},
        "2024-12-31",
    ),
    (
        "some model with at least 1T parameters reaches 0.9 on neqa by 2024",
        neqa("threshold", score=0.9, scope={"min_params": 1e12}),
        {},
        "2024-12-31",
    ),
    (
        "no model scores above 90% on neqa by 2024",
        {"kind": "not", "of": neqa("threshold", score=0.9, side="above")},
        {},
        "2024-12-31",
    ),
    (
        "first model to score 90% on neqa before 2026",
        {"kind": "first_by", "event": neqa("threshold", score=0.9), "by": dt.date(2025, 12, 31)},
        {},
        "2025-12-31",
    ),
    (
        "PaLM 2T scores at least 0.9 on neqa by 2025",
        neqa("threshold", score=0.9, scope={"family": "PaLM", "model": "PaLM 2T"}),
        {},
        "2025-12-31",
    ),
    (
        "PaLM 540B beats Chinchilla 70B by at least 2 points on neqa by 2024",
        neqa("comparison", better={"model": "PaLM 540B"}, worse={"model": "Chinchilla 70B"}, margin=0.02),
        {},
        "2024-12-31",
    ),
    (
        "PaLM clearly outperforms any Gopher model on neqa by 2024",
        neqa("comparison", better={"family": "PaLM"}, worse={"family": "Gopher"}, beyond_noise=True),
        {},
        "2024-12-31",
    ),
    (
        "Chinchilla 70B improves on neqa by 2024",
        neqa("comparison", better={"model": "Chinchilla 70B"}, worse={"model": "Chinchilla 7.1B"}),
        {},
        "2024-12-31",
    ),
    (
        "Chinchilla 70B recovers on neqa by 2024",
        neqa("comparison", better={"model": "Chinchilla 70B"}, worse={"model": "Chinchilla 7.1B"}, beyond_noise=True),
        {},
        "2024-12-31",
    ),
    (
        "PaLM 2T improves on neqa by 2024",
        neqa("comparison", better={"family": "PaLM", "model": "PaLM 2T"}, worse={"model": "PaLM 540B"}),
        {},
        "2024-12-31",
    ),
    ("highest score on neqa by 2024", neqa("numeric"), {}, "2024-12-31"),
    ("neqa resolves by 2024 measured in loss", neqa("reversal", metric="loss"), {}, "2024-12-31"),
    (
        "state of the art on MMLU on June 30, 2023",
        {"kind": "numeric", "task": "average", "benchmark": "MMLU", "if_nothing": "open"},
        {},
        "2023-06-30",
    ),
]


@pytest.mark.parametrize(("words", "criterion", "scope", "resolve_by"), UNDERSTOOD)
def test_words_give_their_criterion(read, words, criterion, scope, resolve_by):
    assert plain(read(words).question) == (criterion, scope, resolve_by)


BY_DATE = (
    "which company has the best MMLU score on 2023-12-31?",
    "Will OpenAI have the best MMLU score on 2023-12-31?",
    "When will any model reach 90% on MMLU?",
    "Will the best open model be within 5 points of the best closed model on MMLU by 2024-12-31?",
    "Will a model be trained with more than 1e27 FLOP by 2025-12-31?",
    "Will GPT-5 be released by 2024-12-31?",
)


def test_every_kind_that_a_table_settles_has_words(read):
    kinds = {read(words).question.kind for words, *_ in UNDERSTOOD}
    kinds.add(read(f"at least 3 of {ROUND_ONE} turn U-shaped by 2024").question.kind)
    kinds |= {read(words).question.kind for words in BY_DATE}
    assert kinds == set(KINDS) - {"manual"}


BUNDLED = {
    "math-at-least-12-7-by-2022": "a model scores at least 12.7% on MATH by 2022-06-30",
    "mmlu-at-least-57-1-by-2022": "any model reaches 57.1% on MMLU by June 30, 2022",
    "manifold-math-above-50-before-2025": "a model scores above 50% on MATH before 2025",
    "hypermind-math-2022": "state of the art on MATH on June 30, 2022",
    "neqa-resolves-2024": "NeQA resolves by scale alone by November 2024",
    "neqa-resolves-tuned-2024": "neqa resolves in base, instruct or rlhf models with direct prompts by 2024-11",
    "round-one-three-quarters-u-shaped-2024": f"3/4 of {ROUND_ONE} turn U-shaped by scale alone before 2024",
    "palm-540b-two-of-four-u-shaped": f"at least 2 of {ROUND_ONE} turn U-shaped at PaLM 540B by 2022",
}


@pytest.mark.parametrize(("question_id", "words"), BUNDLED.items())
def test_bundled_questions_can_be_said_in_words(read, question_id, words):
    asked = {question.id: question for question in bundled_questions()}[question_id]
    said = read(words, asked.opened.date()).question

    def bare(criterion):
        return {k: [bare(p) for p in v] if k == "of" else v for k, v in criterion.items() if k != "if_nothing"}

    assert bare(said.to_dict()["criterion"]) == bare(asked.to_dict()["criterion"])
    assert (said.scope, said.resolve_by) == (asked.scope, asked.resolve_by)


REFUSED = [
    ("", "has no words"),
    ("hello world", "'hello world' is not understood"),
    ("neqq resolves by 2024", r"'neqq' is not understood \(did you mean 'neqa'"),
    ("formal_logic resolves by 2024", r"may be any of MMLU/formal_logic, MMLU \(validation split\)/formal_logic"),
    ("FooBar 7B beats PaLM 540B on neqa", "no model or family 'FooBar'"),
    (
        "PaLM 540 scores 0.9 on neqa by 2024",
        "'PaLM 540' may be a model of that name or one of the family PaLM of some size: write 'PaLM 540B'",
    ),
    ("PaLM 540B scores above 120% on neqa", r"120% is outside 0 to 1 \(100%\), between which accuracy"),
    ("PaLM 540B scores above -1 on neqa", r"-1 is outside 0 to 1 \(100%\), between which accuracy"),
    ("neqa improves by 2024", "does not say which model does: write 'PaLM 540B improves on MMLU'"),
    ("PaLM 8B improves on neqa", "has no smaller model"),
    ("neqa resolves by 2024-02-30", "is no day of the calendar"),
    ("neqa resolves by 2023 by 2024", "two deadlines"),
    ("neqa resolves with 3-shot prompts and 5-shot prompts by 2024", "limit shots twice"),
    ("at least 5 of neqa, sig-figs resolve by 2024", "at least 5 of 2 tasks cannot be"),
    ("at least 2 of neqa resolve by 2024", "is a single task"),
    ("exactly 2 of neqa, sig-figs resolve by 2024", "'exactly' is no form"),
    ("neqa and sig-figs or memo-trap resolve by 2024", "mixes 'and' with 'or'"),
    ("neqa or sig-figs do not resolve by 2024", "can be read two ways"),
    ("PaLM resolves with scale by 2024", "is a model or a family: say which task"),
    ("PaLM 540B scores 0.5 on gsm8k measured in f1", "no f1 score on"),
    ("CB resolves by 2024 " + "x" * 700, "is too long"),
    ("neqa resolves within 99999 years", "is beyond the calendar"),
    ("not highest score on neqa by 2024", "cannot be denied"),
    ("some model doesn't reach 0.9 on neqa by 2024", "'not' after 'some model' can be read two ways"),
    ("every family does not reach 0.9 on neqa by 2024", "can be read two ways"),
    ("PaLM 540B beats any model on neqa by 2024", "'any model' may mean some or every model"),
    ("every family beats PaLM 540B on neqa", "name two models or families"),
    ("PaLM 540B beats PaLM 540B on neqa", "compares PaLM 540B with itself"),
    ("PaLM -5B scores 0.5 on neqa", "'-5B' has a minus sign"),
    ("neqa resolves with -5-shot prompts by 2024", "'-5-shot' has a minus sign"),
    ("at least 2 of neqa, NeQA, memo-trap resolve by 2024", "'neqa' is in the list twice"),
    (
        "any model with at least 1T parameters with at most 1B parameters scores 0.5 on neqa by 2024",
        "no model has both the least and the most params",
    ),
]


@pytest.mark.parametrize(("words", "message"), REFUSED)
def test_what_is_not_understood_is_refused_with_the_words_to_mend(read, words, message):
    with pytest.raises(UsageError, match=message) as refusal:
        read(words)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(("words", "criterion"), [u[:2] for u in UNDERSTOOD])
def test_the_sentence_names_task_metric_and_deadline(read, words, criterion):
    understood = read(words)
    assert understood.sentence == tell(understood.question)
    assert "neqa (" in understood.sentence or "MMLU/average (" in understood.sentence
    assert f"{understood.question.resolve_by:%Y-%m-%d}" in understood.sentence
    assert "\n" not in understood.sentence


def test_a_named_model_that_is_never_measured_annuls_a_question_without_deadline(read):
    without, with_deadline = read("PaLM 2T scores 0.9 on neqa"), read("PaLM 2T scores 0.9 on neqa by 2024")
    assert without.question.criterion.if_nothing == "annul"
    assert with_deadline.question.criterion.if_nothing == "no"
    assert "annulled" in without.sentence


@pytest.mark.parametrize(
    ("words", "same"),
    [
        ("neqa and sig-figs do not resolve by 2024", "none of neqa, sig-figs resolve by 2024"),
        ("both neqa and sig-figs resolve by 2024", "all of neqa,sig-figs resolve by 2024"),
        (
            "neqa, sig figs and memo-trap all turn u-shaped by 2024",
            "3 of neqa, sig-figs, memo-trap turn U-shaped by 2024",
        ),
        ("Gopher 280B loses to PaLM 540B on neqa by 2024", "PaLM 540B beats Gopher 280B on neqa by 2024"),
        ("neqa is above 90% by 2024", "any model > 0.9 on neqa by 2024"),
        ("Chinchilla 70B scores 0.6 on The Pile/arxiv", "Chinchilla 70B scores at most 0.6 on arxiv of the pile"),
    ],
)
def test_two_ways_of_saying_one_thing(read, words, same):
    one, other = (read(text).question for text in (words, same))
    if one.kind == "all_of":  # at least all of them
        assert one.criterion.of == other.criterion.of
    else:
        assert one.criterion == other.criterion


def test_parts_that_are_denied_are_told_one_by_one(read):
    told = read("neqa does not resolve or sig-figs does not resolve by 2024").sentence
    assert told.count("it does not hold that") == 2


def test_a_denial_in_front_denies_all_that_follows(read):
    assert read("it is not the case that neqa resolves or sig-figs resolves by 2024").question.kind == "not"


def test_a_task_without_scores_waits_for_a_ruling_and_not_for_silence(read):
    assert read("PaLM 2T scores above 0.8 on MMLU").question.criterion.if_nothing == "open"


def test_the_same_question_has_one_id_and_another_question_another(read):
    same = {read(words).question.id for words in ("NeQA resolves by 2024", "will ne-qa be resolved by end of 2024?")}
    assert len(same) == 1
    assert read("NeQA resolves by 2025").question.id not in same


def test_questions_alike_are_those_of_one_kind_on_the_same_tasks(read):
    found = [question.id for question in alike(read("NeQA resolves by 2024-11-30").question, bundled_questions())]
    assert found == ["neqa-resolves-2024", "neqa-resolves-tuned-2024", "prize-neqa-resolves"]


@pytest.mark.parametrize("model", ["LLaMA 65B", "PaLM 540B"])
def test_a_test_that_several_suites_ran_is_one_whatever_model_is_spoken_of(read, model):
    criterion = read(f"{model} scores above 60% on gsm8k").question.criterion
    assert (criterion.benchmark, criterion.task) == ("GSM8K", "GSM8K")


def test_a_question_from_words_survives_yaml(read):
    for words, *_ in UNDERSTOOD:
        question = read(words).question
        assert parse_questions(dump_questions([question])) == [question]


KNOWN_WORDS = """
neqa sig-figs MMLU PaLM 540B 62B Gopher Chinchilla 70B any model at least 3 of 2 all none , and or not no resolves with
scale turns U-shaped scores above 80% 0.8 on beats improves by 2024 before within two years in base models 5-shot
measured loss first to reach the state art highest every family parameters 1T 1e25 FLOP than 3/0 1/2 ' ( ) / is case
that PaLM/neqa neqa/ 0/2
"""
WORDS = st.sampled_from(KNOWN_WORDS.split())


@given(st.one_of(st.text(max_size=60), st.lists(WORDS, max_size=14).map(" ".join)))
def test_whatever_is_typed_is_understood_or_refused_in_one_sentence(vocabulary, text):
    try:
        understood = understand(text, vocabulary=vocabulary, opened=OPENED)
    except UsageError as error:
        sentence = str(error)
    else:
        sentence = understood.sentence
    assert sentence
    assert "\n" not in sentence


@given(st.text(max_size=30))
def test_periods_are_read_or_refused(text):
    try:
        first, last = parse_period(text)
    except UsageError:
        return
    assert first <= last


def test_telling_says_every_limit_of_a_scope(read):
    question = read("neqa resolves by 2024").question
    scope = Scope(
        line="PaLM", tuning="base", shots=5, checkpoints=True, min_flops=1e25, released_from=dt.date(2023, 1, 1)
    )
    told = tell(question.model_copy(update={"scope": scope}))
    for phrase in (
        "line PaLM",
        "base models only",
        "5 shots",
        "checkpoints too",
        "at least 1e+25 FLOP",
        "from 2023-01-01",
    ):
        assert phrase in told


@pytest.mark.parametrize("name", [name for name in Scope.model_fields if name != "over"])
def test_whatever_a_scope_limits_is_told(name):
    """Three fields were once counted and never said."""
    value = {"checkpoints": True, "shots": 3, "weights": "open"}.get(
        name, "2020-01-01" if name[-4:] in ("from", "ntil") else "x1"
    )
    value = 5e9 if name[:4] in ("min_", "max_") else value
    fields = {"id": "q", "title": "t", "criterion": {"kind": "reversal", "task": "neqa"}, "opened": "2019-01-01"}
    limited = Question.model_validate({**fields, "resolve_by": "2023-01-01", "scope": {name: value}})
    assert tell(limited) != tell(limited.model_copy(update={"scope": Scope()}))
