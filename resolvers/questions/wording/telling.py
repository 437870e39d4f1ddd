"""A question in one sentence, from its criterion and not from its title."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any

from scale_forecast.data.sizes import format_size
from scale_forecast.resolvers.questions.question import (
    AllOf,
    AnyOf,
    Comparison,
    Count,
    FirstBy,
    Manual,
    Measured,
    Not,
    Numeric,
    Question,
    Reversal,
    Scope,
    Threshold,
    UShape,
    leaves,
)

_ENDINGS = {
    "no": "if nothing shows it by then, no",
    "annul": "annulled if no such score is published by then",
    "ambiguous": "ambiguous if no such score is published by then",
    "open": "if nothing shows it by then, a ruling is awaited",
}


def tell(question: Question) -> str:
    """What a question asks: the statement, which models and prompts count, until when, and what silence means."""
    parts = [_said(question.criterion), *_limits(question.scope)]
    until = "" if isinstance(question.criterion, FirstBy) else f", by {_day(question.resolve_by)}"
    endings = {leaf.if_nothing for leaf in leaves(question.criterion)}
    ending = f"; {_ENDINGS[next(iter(endings))]}" if len(endings) == 1 else ""
    return ", ".join(parts) + until + ending


def _said(criterion: Any) -> str:
    if isinstance(criterion, Threshold | Reversal | UShape | Comparison | Numeric):
        return _leaf(criterion, _place(criterion))
    return _WORDS[type(criterion)](criterion)


def _place(leaf: Any) -> str:
    place = f"{leaf.benchmark}/{leaf.task}" if leaf.benchmark else leaf.task
    return f"{place} ({leaf.metric})"


def _leaf(leaf: Any, place: str) -> str:
    """A measured criterion on a place, which may be a list of them."""
    limits = _limits(leaf.scope) if leaf.scope else []
    if isinstance(leaf, Reversal):
        said = (
            f"inverse scaling on {place} resolves with scale: after a fall, a larger model beats the best smaller one"
        )
        return ", ".join([f"{said} beyond noise", *limits])
    if isinstance(leaf, UShape):
        return ", ".join([f"scores on {place} turn U-shaped, falling and then rising, each beyond noise", *limits])
    if isinstance(leaf, Comparison):
        margin = f" by {leaf.margin:g} or more" if leaf.margin else ""
        noise = " beyond noise" if leaf.beyond_noise else ""
        said = f"{_who(leaf.better)[0]} beats {_who(leaf.worse)[0]}{margin}{noise} on {place}"
        return ", ".join([said, *limits])
    who, limits = _who(leaf.scope)
    if isinstance(leaf, Numeric):
        return ", ".join([f"the {leaf.statistic} score of {who} on {place}", *limits])
    return ", ".join([f"{who} scores {leaf.side.replace('_', ' ')} {leaf.score:g} on {place}", *limits])


def _several(criterion: Any, quantity: str, joint: str) -> str:
    """Parts that differ only in their tasks as one phrase, others one by one."""
    parts = criterion.of
    if isinstance(parts[0], Measured) and len({_but_for_the_task(part) for part in parts}) == 1:
        return _leaf(parts[0], quantity + _places(parts))
    return (f"at least {criterion.at_least} hold: " if isinstance(criterion, Count) else "") + joint.join(
        f"({_said(part)})" for part in parts
    )


def _places(parts: Sequence[Any]) -> str:
    """A list of tasks; what they share is said once."""
    if len({(part.benchmark, part.metric) for part in parts}) == 1:
        of = f" of {parts[0].benchmark}" if parts[0].benchmark else ""
        return f"{', '.join(part.task for part in parts)}{of} ({parts[0].metric})"
    return ", ".join(map(_place, parts))


def _but_for_the_task(criterion: Any) -> str:
    if not isinstance(criterion, Measured):
        return repr(criterion)
    return repr(criterion.model_copy(update={"task": "", "benchmark": None, "metric": ""}))


_WORDS: dict[type, Callable[[Any], str]] = {
    FirstBy: lambda c: f"{_said(c.event)}, by {_day(c.by)}",
    Count: lambda c: _several(c, f"at least {c.at_least} of the {len(c.of)} tasks ", "; "),
    AllOf: lambda c: _several(c, f"all of the {len(c.of)} tasks ", " and "),
    AnyOf: lambda c: _several(c, f"any of the {len(c.of)} tasks ", " or "),
    Not: lambda c: f"it does not hold that {_said(c.of)}",
    Manual: lambda c: c.why,
}


def _who(scope: Scope | None) -> tuple[str, list[str]]:
    """Whom a scope names as the subject, and what is left to say of it."""
    if scope is None:
        return "some model", []
    if scope.model:
        return " or ".join(scope.model), _limits(scope.model_copy(update={"model": (), "family": ()}))
    names = scope.family or scope.line
    size = _between(scope.min_params, scope.max_params, format_size, "parameters")
    who = " ".join(["some", " or ".join(names), "model", *size] if names else ["some model", *size])
    said = {"min_params": None, "max_params": None, "family": (), "line": () if not scope.family else scope.line}
    return who, _limits(scope.model_copy(update=said))


def _limits(scope: Scope) -> list[str]:
    """What a scope limits, a phrase each."""
    out = []
    if scope.over == "all":
        out.append("in every measured family")
    named = [(() if scope.model else scope.family, "family"), (scope.line, "line"), (scope.model, "model")]
    out += [f"{noun} {' or '.join(names)}" for names, noun in named if names]
    if scope.tuning:
        out.append(f"{' or '.join(scope.tuning)} models only")
    if scope.prompt:
        out.append(f"{' or '.join(scope.prompt)} prompts")
    if scope.shots:
        out.append(f"{' or '.join(map(str, scope.shots))} shots")
    if scope.checkpoints:
        out.append("checkpoints too")
    out += _between(scope.min_params, scope.max_params, format_size, "parameters")
    out += _between(scope.min_flops, scope.max_flops, lambda x: f"{x:.3g}", "FLOP")
    dates = [
        (scope.released_from, "released from"),
        (scope.released_until, "released until"),
        (scope.known_from, "known from"),
    ]
    out += [f"{words} {day}" for day, words in dates if day is not None]
    return out


def _between(low: float | None, high: float | None, shown: Callable[[float], str], unit: str) -> list[str]:
    if low is not None and high is not None:
        return [f"of {shown(low)} to {shown(high)} {unit}"]
    if low is not None:
        return [f"of at least {shown(low)} {unit}"]
    return [f"of at most {shown(high)} {unit}"] if high is not None else []


def _day(moment: dt.datetime) -> str:
    return f"{moment:%Y-%m-%d}"
