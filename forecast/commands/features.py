"""`forecast features`: what was known of each step before its target existed."""

from __future__ import annotations

from pathlib import Path

import click
import pandas as pd

from scale_forecast.commands.groups import Command
from scale_forecast.commands.options import (
    Inputs,
    input_options,
    output_options,
    profiles_option,
    read_profiles_for,
)
from scale_forecast.commands.printing import emit, note
from scale_forecast.commands.types import DAY, SIZE
from scale_forecast.data.errors import ForecastError, UsageError
from scale_forecast.data.overview import select
from scale_forecast.data.scale import target_scale
from scale_forecast.features.transitions import family_rows, feature_table, observed_steps, target_steps

_SHOWN_FEATURES = {
    "benchmark": "benchmark",
    "task": "task",
    "origin_model": "origin",
    "target_model": "target",
    "distance": "decades",
    "origin_score": "score",
    "origin_normalised_logit": "logit",
    "slope_weighted_normalised_logit": "slope",
    "trend": "trend",
    "family_benchmark_gain_last": "family gain",
    "peer_lines": "lines",
    "peer_near": "nearest",
}


_SHOWN_STEPS = 40


@click.command("features", cls=Command)
@input_options
@profiles_option
@click.option("--family", metavar="NAME", help="Only this family; with a size, its next model.")
@click.option("--params", type=SIZE, help="Parameters of the family's next model.")
@click.option("--train-tokens", type=SIZE, help="Its training tokens.")
@click.option("--train-flops", type=SIZE, help="Its training compute.")
@click.option("--benchmark", metavar="NAME", help="Only this benchmark.")
@click.option("--task", metavar="NAME", help="Only this task.")
@click.option("--pairs", type=click.Choice(("consecutive", "all")), default="consecutive", help="Which known steps.")
@click.option("--as-of", type=DAY, metavar="DATE", help="Only what was public on that day.")
@output_options
def features_command(
    inputs: Inputs,
    profiles: str | None,
    family: str | None,
    params: float | None,
    train_tokens: float | None,
    train_flops: float | None,
    benchmark: str | None,
    task: str | None,
    pairs: str,
    as_of: pd.Timestamp | None,
    format_: str,
    output: Path | None,
) -> None:
    """Print the matrix of features: what was known of each step before its target existed.

    One row a step from a family's known score to a larger model: of the bundled figures, of your RESULTS, or with
    --family and a size to a model that does not exist yet. A table shows a few columns; CSV and JSON hold all.

    \b
    Example:
        forecast features --family PaLM --params 540e9 --benchmark "BIG-bench Lite"
        forecast features results/ --format csv -o features.csv
    """

    tables = inputs.load()
    sized = params or train_tokens or train_flops
    if sized and family is None:
        raise UsageError("a size is that of a family's next model: say which with --family")
    rows = tables.results if family is None else family_rows(tables.results, family, as_of=as_of)
    if sized:
        scale, assumed = target_scale(rows, params=params, train_tokens=train_tokens, train_flops=train_flops)
        if assumed:
            note(f"the target's compute is not given: {assumed}")
        steps = target_steps(tables.results, family, scale, as_of=as_of)
    else:
        steps = observed_steps(tables.results, pairs=pairs, as_of=as_of)
        families = tables.own_families if family is None else tuple(rows["family"].unique())
        steps = steps[steps["family"].isin(families)] if families else steps
    if steps.empty:
        raise ForecastError("no task has scores of two models of one family more than 10% apart in scale: add results")
    steps = select(steps, benchmark=benchmark, task=task)
    table = feature_table(
        tables.results, tables.tasks, tables.metrics, steps, as_of=as_of, profiles=read_profiles_for(profiles, tables)
    )
    if format_ == "table" and len(table) > _SHOWN_STEPS:
        note(f"the first {_SHOWN_STEPS} of {len(table)} steps; --format csv prints all, with all features")
    shown = table.rename(columns=_SHOWN_FEATURES)[list(_SHOWN_FEATURES.values())].head(_SHOWN_STEPS)
    shown = shown.astype({"lines": int})
    emit(table, format_, output, show=shown)
