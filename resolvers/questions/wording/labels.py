"""What stands behind a title: the option that a row of a multiple choice is about, or the options themselves."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from scale_forecast.data.errors import UsageError
from scale_forecast.resolvers.questions.wording.levels import on_test
from scale_forecast.resolvers.questions.wording.phrases import Context, Phrase, read_phrases
from scale_forecast.resolvers.questions.wording.slots import AskBack, Level, Reading, Slot, Who

_LABEL = re.compile(r"(?P<title>.*\S)\s*(?:\[(?P<bracket>[^\[\]]+)\]|(?<=\?)\s*(?:-|:|>)?\s*(?P<tail>[^?]+))\s*$")
_OPTIONS = re.compile(
    r"(?P<title>(?:who|which|what)\b.*\S)\s*(?::|\()\s*(?P<names>[^:()]+?,? (?:or|and|/) [^:()]+?)\)?\s*$",
    re.IGNORECASE,
)
_NAMES = r"(?P<one>[^:?,]+?) (?:vs\.?|versus|or) (?P<other>[^:?,]+?)"
_HIGHER = (
    r"(?:which|who|what)(?: (?:model|one|company|lab))?(?: (?:will|would|does|has|is))?"
    r"(?: (?:scores?|have|has|be|gets?|achieves?|performs?|do|does))?(?: (?:a|the))? (?:higher|better)"
    r"(?: (?:scores?|models?|results?))? (?P<rest>(?:on|at|in)\b.+?)"
)
_WILL_TWO = (
    r"(?:will|does|do) (?P<one>[^:?,]+?) or (?P<other>[^:?,]+?) (?:have|has|get|gets|achieve|post|score|perform)"
    r"(?: (?:a|the))? (?:higher|better)(?: (?:scores?|models?|results?))? (?P<rest>(?:on|at|in)\b.+)"
)
_TWO = tuple(
    re.compile(form, re.IGNORECASE)
    for form in (rf"{_NAMES}\s*[:?,-]\s*{_HIGHER}", rf"{_HIGHER}\s*[:?,]\s*{_NAMES}", _WILL_TWO)
)
"""Two names, and which is asked of them: "A vs B: which scores higher on HLE"."""
_OPTIONS_FIRST = re.compile(
    r"(?P<names>[^:?]+?(?: or | vs\.? | versus |, ?)[^:?]+?)\s*[:?-]\s*(?P<title>(?:who|which|what)\b.*)", re.IGNORECASE
)
_WHICH_ALONE = re.compile(
    r"^(?:which|what)(?= (?:will|would|has|have|is|does|scores?|performs?|leads?|ranks?)\b)", re.I
)
_BEST_FIRST = re.compile(
    r"^(?:the )?(?:top|best|leading|#1|highest)(?:[ -](?:performing|scoring))? "
    r"((?:ai )?(?:lab|company|organi[sz]ation|developer|model|llm))(?= (?:on|in|at)\b)",
    re.IGNORECASE,
)
_OTHERS = re.compile(
    r"(?:,| or| and|/)+ *(?:an(?:y )?other|others?|none(?: of (?:these|the above))?|neither|someone else|somebody else|"
    r"another (?:company|lab|model))(?: (?:company|lab|model))?$",
    re.IGNORECASE,
)


def split_label(text: str) -> tuple[str, str]:
    """A title and the option behind it, in brackets or after the question mark; an empty option where none is.

    >>> split_label("Which company leads GPQA Diamond at the end of 2026? [Google]")
    ('Which company leads GPQA Diamond at the end of 2026', 'Google')
    >>> split_label("Best HLE score at the end of 2026? 50-60%")
    ('Best HLE score at the end of 2026', '50-60%')
    """
    match = _LABEL.fullmatch(text)
    if match is None:
        return text, ""
    return match["title"].rstrip(" ?"), (match["bracket"] or match["tail"]).strip()


def split_options(text: str) -> tuple[str, str]:
    """A title that asks who or which, and the options that it lists at either end, without "or other".

    >>> split_options("Who is first to 90% on HLE: OpenAI, Google or other")
    ('Who is first to 90% on HLE', 'OpenAI, Google')
    """
    match = _OPTIONS.fullmatch(text) or _OPTIONS_FIRST.fullmatch(text)
    if match is None:
        return text, ""
    names = re.sub(r" (?:vs\.?|versus) ", " or ", _OTHERS.sub("", match["names"]), flags=re.IGNORECASE)
    return _WHICH_ALONE.sub("which model", match["title"].rstrip(" ?")), names


def as_contest(text: str) -> str:
    """A title that asks which of two is ahead, as whether the first is; any other title as it is.

    >>> as_contest("GPT-6 vs Gemini 4: which will score higher on HLE by 2027")
    'GPT-6 beats Gemini 4 on HLE by 2027'
    >>> as_contest("Which company leads HLE: OpenAI or Google")
    'Which company leads HLE: OpenAI or Google'
    """
    for form in _TWO:
        if match := form.fullmatch(text):
            return f"{match['one']} beats {match['other']} {match['rest']}"
    return text


def as_choice(text: str) -> str:
    """A title that names the best without a question as a question for it; any other title as it is.

    >>> as_choice("Top lab on WeirdML by Jan 1 2027")
    'which lab is best on WeirdML by Jan 1 2027'
    """
    return _BEST_FIRST.sub(r"which \1 is best", text)


def about_option(reading: Reading, label: str, context: Context) -> Reading:
    """The reading of a title with several answers as a question of yes or no on one of them.

    Raises
    ------
    UsageError
        Where the title has no several answers, or (an `AskBack` at the option) this is none of them.
    """
    if reading.kind not in _ON_AN_OPTION:
        raise UsageError("not a title with several answers")
    token, answer = _ON_AN_OPTION[reading.kind]
    phrases = read_phrases(Context(context.vocabulary, context.opened, label))
    if [phrase.token for phrase in phrases] == [token]:
        return answer(reading, phrases[0])
    sentence = f"{label!r} behind the title is no answer to what it asks: leave it out, or ask of it in one sentence"
    raise AskBack("option", sentence, words=label)


def with_options(reading: Reading, names: str, context: Context) -> Reading:
    """The reading of a choice with the options that its title lists; who is none of them is another.

    Raises
    ------
    UsageError
        Where the title has no several answers, or (an `AskBack` at the option) these are not names of one sort.
    """
    if reading.kind not in _OF_ONE:
        raise UsageError("not a title with several answers")
    phrases = read_phrases(Context(context.vocabulary, context.opened, names))
    who: Who = phrases[0].value if len(phrases) == 1 and phrases[0].token == "WHO" else Who()
    sort, found = _names(who)
    if not found:
        sentence = f"{names!r} behind the title are no options that are known: name companies, product lines or models"
        raise AskBack("option", sentence, words=names)
    slots = {**reading.slots, "of": Slot(sort, (0, 0)), "options": Slot(found, (0, 0))}
    return replace(reading, slots=slots)


def _names(who: Who) -> tuple[str, tuple[str, ...]]:
    for sort, names in (("organisation", who.organisations), ("line", who.lines), ("model", who.models)):
        if names:
            return sort, names
    return "", ()


def _with_who(reading: Reading, phrase: Phrase) -> Reading:
    """Who leads, or is first, as whether one does."""
    _, names = _names(phrase.value)
    if not names:
        raise AskBack(
            "option", f"{phrase.text!r} is no company, product line or model that is known", words=phrase.text
        )
    slots = {name: slot for name, slot in reading.slots.items() if name not in ("of", "options", "who")}
    asked: Who = reading.get("who", Who())
    facts = {name: value for name, value in phrase.value.facts().items() if name not in ("best", "first")}
    return Reading(
        _OF_ONE[reading.kind], {**slots, "who": Slot(replace(asked, **facts), phrase.span)}, notes=reading.notes
    )


def _with_level(reading: Reading, phrase: Phrase) -> Reading:
    """The best score as whether it is on a side of a level, or in a range, whose ends both count."""
    place, metric = reading.get("places")[0], reading.get("metrics")[0]
    level, note = on_test(replace(phrase.value, high=None), place, metric)
    notes = (*reading.notes, *([note] if note else []))
    slots = {name: slot for name, slot in reading.slots.items() if name != "statistic"}

    def reaches(one: Level, *, negated: bool = False) -> Reading:
        return Reading("threshold", {**slots, "level": Slot(one, phrase.span)}, negated=negated, notes=notes)

    if phrase.value.high is not None:
        high, _ = on_test(replace(phrase.value, value=phrase.value.high, high=None), place, metric)
        parts = (reaches(replace(level, side="at_least")), reaches(replace(high, side="above"), negated=True))
        return Reading("all_of", parts=parts, notes=notes)
    if level.side in ("below", "at_most"):
        return reaches(replace(level, side="at_least" if level.side == "below" else "above"), negated=True)
    return reaches(replace(level, side=level.side or "at_least"))


_OF_ONE = {"choice": "leads", "first_of": "first_to"}
"""What a title that asks who asks of one who is named."""
_ON_AN_OPTION: dict[str, tuple[str, Callable[[Reading, Phrase], Reading]]] = {
    "choice": ("WHO", _with_who),
    "first_of": ("WHO", _with_who),
    "numeric": ("LEVEL", _with_level),
}
"""By the kind of what the title asks: the phrase that an option is, and what is asked of it."""
