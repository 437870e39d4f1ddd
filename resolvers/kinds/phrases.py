"""Words for what a scope limits and for days, as the sentences of questions need them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from scale_forecast.data.sizes import format_size
from scale_forecast.resolvers.terms.scope import Scope


def who_of(scope: Scope | None) -> tuple[str, list[str]]:
    """Whom a scope names as the subject, and what is left to say of it."""
    if scope is None:
        return "some model", []
    if scope.model:
        return " or ".join(scope.model), limits_of(scope.model_copy(update={"model": (), "family": ()}))
    names = scope.family or scope.line or scope.organisation
    size = _between(scope.min_params, scope.max_params, format_size, "parameters")
    who = " ".join(["some", " or ".join(names), "model", *size] if names else ["some model", *size])
    said = {"min_params": None, "max_params": None, "family": (), "line": () if not scope.family else scope.line}
    if not (scope.family or scope.line):
        said["organisation"] = ()
    return who, limits_of(scope.model_copy(update=said))


def limits_of(scope: Scope | None) -> list[str]:
    """What a scope limits, a phrase each."""
    if scope is None:
        return []
    out = []
    if scope.over == "all":
        out.append("in every measured family")
    named = [
        (() if scope.model else scope.family, "family"),
        (scope.line, "line"),
        (scope.organisation, "organisation"),
        (scope.model, "model"),
    ]
    out += [f"{noun} {' or '.join(names)}" for names, noun in named if names]
    if scope.tuning:
        out.append(f"{' or '.join(scope.tuning)} models only")
    if scope.prompt:
        out.append(f"{' or '.join(scope.prompt)} prompts")
    if scope.shots:
        out.append(f"{' or '.join(map(str, scope.shots))} shots")
    if scope.evaluator:
        out.append(f"measured by {' or '.join(scope.evaluator)}")
    out += [
        f"{noun} {' or '.join(names)}"
        for names, noun in ((scope.version, "version"), (scope.setting, "setting"))
        if names
    ]
    if scope.weights:
        out.append(f"{scope.weights} weights")
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


def day_of(moment: dt.datetime) -> str:
    """The day of a moment."""
    return f"{moment:%Y-%m-%d}"
