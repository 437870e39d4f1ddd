"""Sentences of a price: what is forecast of a model, which models may come, and why a question has no price."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from scale_forecast.data.names import did_you_mean
from scale_forecast.data.names.keys import benchmark_key, metric_key, name_key
from scale_forecast.data.sizes import format_size
from scale_forecast.predictors.covered import remarks
from scale_forecast.pricing.arrivals import STEPS, DatedEvent
from scale_forecast.pricing.desk import Desk
from scale_forecast.pricing.model import PricedModel, Rival
from scale_forecast.pricing.narrowed import NEAREST
from scale_forecast.pricing.questions import name_leaf
from scale_forecast.resolvers.kinds.base import Measured
from scale_forecast.resolvers.terms.scope import WAYS, Scope


def describe_model(
    name: str, params: float, compute: float, model: PricedModel, units: Sequence[tuple[int, Rival | None]]
) -> Iterator[str]:
    """Of each unit: where the model starts from and what is forecast."""
    size = f"{format_size(params)} parameters, 1e{compute:.1f} FLOP" if np.isfinite(params) else f"1e{compute:.1f} FLOP"
    for at, _ in list(units)[:3]:
        row, one = model.forecast.targets.iloc[at], model.single(at)
        low, high = one.interval(0.8)[0]
        shots = "" if pd.isna(row["shots"]) else f", {int(row['shots'])}-shot"
        remark = remarks(model.forecast.targets.iloc[[at]])[0]
        unsure = f"; {remark}" if remark else ""
        trend = ""
        if at < len(model.turning):
            trend = f", so far {model.turning['trend'].iat[at]}"
        yield (
            f"{name} ({size}) on {row['benchmark']}/{row['task']} ({row['prompt']}{shots}): "
            f"from {row['origin_score']:.3f} of {row['origin_model']}{trend}, "
            f"forecast {one.median[0]:.3f} ({low:.3f} to {high:.3f}{unsure})"
        )


def describe_families(families: Sequence[str], asked: Sequence[str]) -> tuple[str, ...]:
    """Where every family must show it: which have not."""
    if not asked:
        return (f"none of the {len(families)} families measured so far lacks it",)
    return (f"of {len(families)} families measured so far {len(asked)} still lack it: {', '.join(asked)}",)


def describe_arrivals(dated: DatedEvent, example: tuple[str, ...] | None) -> Iterator[str]:
    low, mid, high = np.quantile(dated.course.size_by(dated.deadline), [0.1, 0.5, 0.9])
    gain = 10.0 ** float(np.median(dated.course.gain_by(dated.deadline)))
    yield (
        f"by {dated.deadline} newly measured models train on 1e{mid:.1f} FLOP (80%: 1e{low:.1f} to 1e{high:.1f}), "
        f"and recipes are worth {gain:.1f} times as much compute; {dated.expected:.1f} publications of them expected "
        f"on {dated.benchmark}, at {dated.rate.mean:.2f} a year"
    )
    if example:
        yield example[0]
    sizes = [f"{t.family} {t.raw[0]:.2f} to {t.raw[-1]:.2f}" for t in dated.templates if not t.is_new]
    if sizes:
        yield f"P(its next model shows it), from just above its largest to {STEPS[-1]:g} decades on: {', '.join(sizes)}"
    for t in dated.templates:
        low, high = (f"1e{size:.1f}" for size in (t.compute[0], t.compute[-1]))
        if t.is_new:
            new = f"{t.weight:.0%} of newly measured models are of new families"
            if t.is_rate:
                yield f"{new}, which show it with probability {t.raw[0]:.2f}, as others did"
            else:
                yield f"{new}: from {t.raw[0]:.2f} at {low} FLOP to {t.raw[-1]:.2f} at {high}"


def why_unpriced(desk: Desk, leaf: Measured, family: str | None, scope: Scope | None = None) -> str:
    """Why a leaf cannot be priced, and what could be asked instead; ``scope`` is all that it is limited to."""
    names = desk.evidence.names("task")
    has = len(desk.evidence.rows_about(leaf)) > 0
    whose = f" of {family}" if family else ""
    if not has:
        benchmarks = {benchmark_key(name) for name in desk.evidence.names("benchmark")}
        of = leaf.benchmark or leaf.task
        more = "" if benchmark_key(of) in benchmarks else f", nor any of a benchmark {of!r}"
        return (
            f"no score{whose} on {name_leaf(leaf)} was known by {desk.as_of}{more}{did_you_mean(leaf.task, names)}: "
            f"there is nothing to start from; give results on it{desk.futures.hint(leaf) if desk.futures else ''}"
        )
    metrics = desk.evidence.metrics_of(leaf)
    if metric_key(leaf.metric) not in map(metric_key, metrics):
        return f"{leaf.task} was measured in {' and '.join(metrics)}, not {leaf.metric}: ask about one of these"
    known = f"no score{whose} on {name_leaf(leaf)} in the question's scope was known by {desk.as_of}"
    if scope is not None and (said := list(_others(desk, leaf, scope))):
        return f"{known}: {'; '.join(said)}; ask by one of these, leave it out for any, or bring its table"
    return f"{known}: widen tuning, prompt or shots"


def _others(desk: Desk, leaf: Measured, scope: Scope) -> Iterator[str]:
    """Of each field that says how a score came about and names what no score has: who or what there is instead."""
    rows = desk.evidence.rows_about(leaf)
    for field in WAYS:
        wanted = {name_key(field, name) for name in getattr(scope, field)}
        counts = Counter(name for row in rows if (name := desk.evidence.name_or_none(field, int(row))))
        if wanted and not wanted & {name_key(field, name) for name in counts}:
            others = ", ".join(f"{name} ({count})" for name, count in counts.most_common(NEAREST))
            asked = " or ".join(getattr(scope, field))
            yield f"no bundled or given table has {field} {asked} for it, but {others or 'none that is named'}"
