"""`forecast data add`, `added`, `remove`, `update` and `vintages`: a user's own data beside the bundled tables."""

from __future__ import annotations

from typing import Any

import click

import scale_forecast
from scale_forecast.commands.groups import Command
from scale_forecast.commands.options import data_option, output_options, own_data
from scale_forecast.commands.printing import Output, note, records
from scale_forecast.commands.types import DAY

_SHOWN_ADDED = ["id", "model", "task", "score", "known_on", "evaluator", "version", "setting", "source"]
_SHOWN_CHANGES = ["what", "task", "model", "setting", "before", "after", "known_on"]
_MOST_SHOWN = 20


@click.command("add", cls=Command)
@click.argument("scores", nargs=-1, metavar="BENCHMARK=SCORE...")
@click.option("--model", required=True, metavar="NAME", help="Whose scores; a known model under any of its names.")
@click.option("--organisation", metavar="NAME", help="Who makes it; needed of a new model.")
@click.option("--released", type=DAY, metavar="DATE", help="Day it came out; needed of a new model.")
@click.option("--known", type=DAY, metavar="DATE", help="Day the scores became public.  [default: today]")
@click.option("--evaluator", metavar="NAME", help="Who ran it; `vendor` for the model's maker.")
@click.option("--version", metavar="NAME", help="Which release of the questions or the scoring.")
@click.option("--setting", metavar="NAME", help="Effort, tools, scaffold.")
@click.option("--metric", metavar="NAME", help="Of a benchmark that no table knows, such as accuracy or elo.")
@click.option(
    "--higher-is-better/--lower-is-better", "higher_is_better", default=None, help="Of a metric that no table knows."
)
@click.option("--source", metavar="URL", help="Where it is published.")
@click.option("--replace", is_flag=True, help="Put it in place of what you added for the same thing before.")
@data_option
@output_options
def data_add(scores: tuple[str, ...], out: Output, **about: Any) -> None:
    """Add published scores by hand: BENCHMARK=SCORE, a share as 0.61 or 61%.

    They are kept in your own folder and read by every forecast by date, question and judgement from the day they were
    known, beside the bundled tables. Nothing bundled is changed; `forecast data added` lists them and `forecast data
    remove` takes them away.

    \b
    Example:
        forecast data add --model GPT-5 --evaluator vendor "Humanity's Last Exam=24.8%"
        forecast data add --model "Nova 9" --organisation Acme --released 2026-11-12 "GPQA Diamond=0.95"
    """
    table = scale_forecast.add_score(about.pop("model"), scores, tell=note, **own_data(), **about)
    out.emit(table, show=table[_filled_columns(table)])


@click.command("added", cls=Command)
@data_option
@output_options
def list_added_scores(out: Output) -> None:
    """List the scores that you added by hand, each with the id by which it is removed.

    \b
    Example:
        forecast data added
    """
    table = scale_forecast.added_scores(**own_data())
    if table.empty and out.is_for_people:
        note("no score was added by hand: see `forecast data add --help`")
    out.emit(table, show=table[_filled_columns(table)], text="" if table.empty else None)


@click.command("vintages", cls=Command)
@data_option
@output_options
def data_vintages(out: Output) -> None:
    """List the fetched tables that are kept, each with the id by which it is removed.

    \b
    Example:
        forecast data vintages
    """
    table = scale_forecast.data_vintages(**own_data())
    if table.empty and out.is_for_people:
        note("no table was fetched: see `forecast data update --help`")
    show = table[["id", "fetched_on", "scores", "size", "licence", "address"]]
    out.emit(table, show=show, text="" if table.empty else None)


@click.command("remove", cls=Command)
@click.argument("ids", nargs=-1, required=True, metavar="ID...")
@data_option
@output_options
def data_remove(ids: tuple[str, ...], out: Output) -> None:
    """Remove scores that you added, or fetched tables, by their ids: all of them or none.

    \b
    Example:
        forecast data remove 3f9a0c12
    """
    out.emit(scale_forecast.remove_data(ids, **own_data()))


@click.command("update", cls=Command)
@click.argument("sources", nargs=-1, metavar="[SOURCE]...")
@data_option
@output_options
def data_update(sources: tuple[str, ...], out: Output) -> None:
    """Fetch newer public tables into your own folder, and show what is new and what changed.

    SOURCE is the name of a public table (epoch, which is the default), an https address, or a file or folder of yours
    in any known format. What is fetched is kept as it is on that day; a forecast --as-of a day reads the newest tables
    not after it. Without a network later commands go on with what is there: exit 0 and a note where tables were
    fetched before, else 1.

    \b
    Example:
        forecast data update
        forecast data update https://example.org/leaderboard.csv --format csv
    """
    update = scale_forecast.update_data(sources, tell=note, **own_data())
    table = update.table
    show = table[_SHOWN_CHANGES].head(_MOST_SHOWN)
    if out.is_for_people and len(table) > _MOST_SHOWN:
        note(f"the first {_MOST_SHOWN} of {len(table):,} rows; all of them with --format csv")
    text = "" if table.empty else None
    out.emit(table, show=show, text=text, data={"kept": update.kept, "changes": records(table)})


def _filled_columns(table: Any) -> list[str]:
    return [name for name in _SHOWN_ADDED if name in ("id", "score") or table[name].notna().any()]


OWN_COMMANDS = (data_add, list_added_scores, data_remove, data_update, data_vintages)
"""In the group `forecast data`."""
