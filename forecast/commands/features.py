"""`forecast features`: what was known of each step before its target existed."""

from __future__ import annotations

from typing import Any

import click

import scale_forecast
from scale_forecast.commands.groups import Command
from scale_forecast.commands.options import Inputs, as_of_option, input_options, output_options, profiles_option
from scale_forecast.commands.printing import Output, note
from scale_forecast.commands.types import SIZE

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
@as_of_option("Only what was public on that day.")
@output_options
def features_command(inputs: Inputs, out: Output, **about: Any) -> None:
    """Print the matrix of features: what was known of each step before its target existed.

    One row a step from a family's known score to a larger model: of the bundled figures, of your RESULTS, or with
    --family and a size to a model that does not exist yet. A table shows a few columns; CSV and JSON hold all.

    \b
    Example:
        forecast features --family PaLM --params 540e9 --benchmark "BIG-bench Lite"
        forecast features results/ --format csv -o features.csv
    """
    table = scale_forecast.step_features(inputs.load(), tell=note, **about)
    if out.is_for_people and len(table) > _SHOWN_STEPS:
        note(f"the first {_SHOWN_STEPS} of {len(table)} steps; --format csv prints all, with all features")
    shown = table.rename(columns=_SHOWN_FEATURES)[list(_SHOWN_FEATURES.values())].head(_SHOWN_STEPS)
    out.emit(table, show=shown.astype({"lines": int}))
