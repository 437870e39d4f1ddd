"""A question in one sentence, from its criterion and not from its title."""

from __future__ import annotations

from scale_forecast.resolvers.kinds.phrases import day_of, limits_of
from scale_forecast.resolvers.questions.question import Question

_ENDINGS = {
    "no": "if nothing shows it by then, no",
    "annul": "annulled if no such score is published by then",
    "ambiguous": "ambiguous if no such score is published by then",
    "open": "if nothing shows it by then, a ruling is awaited",
}


def tell(question: Question) -> str:
    """What a question asks: the statement, which models and prompts count, until when, and what silence means."""
    criterion = question.criterion
    until = "" if criterion.says_its_date else f", by {day_of(question.resolve_by)}"
    endings = {leaf.if_nothing for leaf in criterion.leaves()}
    ending = f"; {_ENDINGS[next(iter(endings))]}" if len(endings) == 1 else ""
    return ", ".join([criterion.say(), *limits_of(question.scope)]) + until + ending
