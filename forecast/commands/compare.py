"""`forecast compare`: two families, organisations or days side by side."""

from __future__ import annotations

from typing import Any

import click

import scale_forecast
from scale_forecast.commands.groups import Command
from scale_forecast.commands.options import (
    Inputs,
    dates_options,
    output_options,
    reading_as_of,
    results_options,
    seed_option,
)
from scale_forecast.commands.printing import Output, note, records
from scale_forecast.show.compare import as_page


@click.command("compare", cls=Command)
@click.argument("a")
@click.argument("b")
@click.option("--benchmark", help="On this benchmark alone.")
@reading_as_of
@dates_options
@seed_option("Of the draws that intervals come from.")
@results_options
@output_options
def compare_command(inputs: Inputs, a: str, b: str, out: Output, **about: Any) -> None:
    """Set two families, organisations or days side by side on the tasks that both have scores on.

    Families: who is ahead at equal compute and with what compute the other would be level, with 80% intervals; where
    the lead changes; what saturates, emerges and falls; who is at human level. Organisations: whose record is higher,
    by how many months, and when the lead changed; as of a day by NAME@DAY, everyone's by a day alone. CSV holds the
    tasks, JSON everything.

    \b
    Examples:
        forecast compare LLaMA Llama-2
        forecast compare OpenAI Anthropic --as-of 2026-01
        forecast compare OpenAI@2025-03-31 OpenAI@2026-03-31
        forecast compare 2025-03-31 2026-03-31 --benchmark "GPQA Diamond"
        forecast compare mine LLaMA --results scores.csv
    """
    found = scale_forecast.compare(a, b, inputs.load(), tell=note, **about)
    data = {name: records(table) for name, table in found.tables.items()} | {"said": found.said}
    out.emit(found.frame, text=as_page(found.a, found.b, found.tables, found.said), data=data)
