"""`forecast market`: exchange with prediction markets and forecast hubs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import pandas as pd

import scale_forecast
from scale_forecast.commands.groups import Group
from scale_forecast.commands.market_options import (
    answer_options,
    market_argument,
    purse_options,
    send_options,
    server_option,
)
from scale_forecast.commands.options import FILE, ledger_option, output_options
from scale_forecast.commands.printing import Output, note, write
from scale_forecast.commands.types import DAY, MemberName

if TYPE_CHECKING:
    from scale_forecast import MarketAddress, Ours, Post, Purse
    from scale_forecast.workflow.market import Sending


@click.group("market", cls=Group)
def market_group() -> None:
    """Exchange with Manifold, Metaculus, Polymarket, Kalshi and ForecastBench.

    An ADDRESS is a market's address, a name such as manifold:ID or metaculus:POST, or a file with a service's answer.
    Keys are read from MANIFOLD_API_KEY and METACULUS_TOKEN, else from the system keyring (service scale-forecast).
    """


@market_group.command("show")
@market_argument
@click.option("--save", type=FILE, help="Also keep the service's answer in a file.")
@output_options
def market_show(address: MarketAddress, save: Path | None, out: Output) -> None:
    """Show a market: what it asks, when it closes, what the crowd says, how it resolved.

    \b
    Example:
        forecast market show https://www.metaculus.com/questions/34519/
        forecast market show saved.json --format csv
    """
    found = scale_forecast.show_market(address, tell=note)
    if save and address.opened:
        write(address.opened[-1].session.last_text(), save)
    out.emit(found.table, show=found.shown)


@market_group.command("search")
@click.argument("text")
@click.option(
    "--on",
    type=MemberName(lambda: scale_forecast.SERVICES),
    default="manifold",
    show_default=True,
    help="The service.",
)
@click.option("--limit", type=click.IntRange(1, 100), default=20, show_default=True, help="How many at most.")
@server_option
@output_options
def market_search(text: str, out: Output, **about: Any) -> None:
    """Search a service for open markets about a text.

    \b
    Example:
        forecast market search "FrontierMath" --on metaculus
    """
    found = scale_forecast.search_markets(text, **about)
    out.emit(found.table, show=found.shown)


@market_group.command("import")
@market_argument
@click.option("--criterion", type=FILE, help="YAML of a criterion of ours.")
@click.option("--task", help="Criterion of ours: a model's score on this task ...")
@click.option("--benchmark", help="... of this benchmark ...")
@click.option("--metric", help="... by this metric ...")
@click.option("--at-least", type=float, help="... reaches this score.")
@click.option("--opened", type=DAY, help="When it opened, for a market that does not say.")
@click.option("--closes", type=DAY, help="When it closes, for a market that does not say.")
@click.option(
    "--history",
    type=click.Choice(("all", "daily", "last", "none")),
    default="daily",
    show_default=True,
    help="Which of the crowd's probabilities go into the ledger.",
)
@ledger_option
@output_options
def market_import(address: MarketAddress, out: Output, **about: Any) -> None:
    """Turn a market into a question of ours, and what its crowd said into forecasts in the ledger.

    Without a criterion of ours the question is settled as the market settles. A Metaculus data export (zip) brings all
    its questions, your own forecasts and their scores; a ForecastBench question set brings all its questions.

    \b
    Example:
        forecast market import manifold:dI5U6ps6IP --task FrontierMath --at-least 0.85
        forecast market import metaculus-data.zip
    """
    found = scale_forecast.import_market(address, tell=note, **about)
    if found.scores is not None:
        out.emit(found.scores, title="Scores, as Metaculus defines them")
        return
    rows = [question.to_dict() for question in found.questions]
    out.emit(pd.DataFrame(rows), text=found.text(), data=rows)


@market_group.command("compare")
@market_argument
@answer_options
@purse_options
@output_options
def market_compare(address: MarketAddress, ours: Ours, purse: Purse, out: Output) -> None:
    """Compare our forecast with the crowd's: edge, Kelly stake under a cap, expected log score.

    Log scores are in nats, minus ln p, under our own probability; lower is better, and gain_nats is what the crowd's
    forecast would lose to ours if ours is right.

    \b
    Example:
        forecast market compare manifold:P0R6uAC2nU -p 0.62 --bankroll 500
        forecast market compare kalshi:TICKER --forecast predicted.csv --task MMLU --times 100
    """
    found = scale_forecast.compare_market(address, ours, purse=purse)
    out.emit(found.table, show=found.shown)


@market_group.command("submit")
@market_argument
@answer_options
@purse_options
@click.option("--amount", type=float, help="On Manifold: mana to stake, instead of the Kelly stake under the cap.")
@send_options
def market_submit(address: MarketAddress, ours: Ours, purse: Purse, amount: float | None, post: Post) -> Sending:
    """Submit our forecast to Metaculus, or bet on it on Manifold. Without --yes it only shows what would be sent.

    The request is checked by the service's own rules first and is sent at most once: when its answer is lost, the
    state is read back, and a second run finds what the first one did.

    \b
    Example:
        forecast market submit metaculus:34519 -p 0.2
        forecast market submit metaculus:34519 -p 0.2 --yes
    """
    return scale_forecast.submit_forecast(address, ours, purse=purse, amount=amount, post=post, tell=note)


@market_group.command("withdraw")
@market_argument
@send_options
def market_withdraw(address: MarketAddress, post: Post) -> Sending:
    """Withdraw our standing forecast from Metaculus. Without --yes it only shows what would be sent.

    \b
    Example:
        forecast market withdraw metaculus:34519 --yes
    """
    return scale_forecast.withdraw_forecast(address, post=post)


@market_group.command("resolve")
@market_argument
@click.option("--outcome", help="yes, no, a percentage, annulled, an option or a number; else the ledger's resolution.")
@click.option("--because", metavar="TEXT", help="The evidence, with --outcome.")
@ledger_option
@send_options
def market_resolve(
    address: MarketAddress, outcome: str | None, because: str | None, ledger: str | None, post: Post
) -> Sending:
    """Propose a resolution of our own Manifold market, with the evidence; written only with --yes.

    The outcome and the evidence are those that 'forecast resolve' recorded for the imported question.

    \b
    Example:
        forecast market resolve manifold:P0R6uAC2nU
        forecast market resolve manifold:P0R6uAC2nU --outcome no --because "no model reached 0.85 by the deadline"
    """
    return scale_forecast.resolve_market(address, outcome=outcome, because=because, ledger=ledger, post=post, tell=note)


@market_group.command("export")
@click.option(
    "--to",
    type=click.Choice(("csv", "forecastbench", "hubverse")),
    default="csv",
    show_default=True,
    help="The whole record as a table; a forecast set for upload; model output of a modelling hub.",
)
@click.option("--by", metavar="FORECASTER", help="Whose forecasts; needed where there are several.")
@click.option("--questions", type=FILE, help="ForecastBench: the question set to answer.")
@click.option("--organization", help="ForecastBench: your organization, as agreed with the benchmark.")
@click.option("--model-id", metavar="TEAM-MODEL", help="hubverse: names the file, with -o FOLDER.")
@ledger_option
@click.option("-o", "--output", type=click.Path(path_type=Path), help="A file; for hubverse also a folder.")
def market_export(output: Path | None, **about: Any) -> None:
    """Export the ledger's forecasts, checked by the rules of the format they go into.

    \b
    Example:
        forecast market export -o record.csv
        forecast market export --to forecastbench --questions 2026-03-01-llm.json --by stack --organization Example
        forecast market export --to hubverse --by stack --model-id ours-stack -o model-output/ours-stack
    """
    text, name = scale_forecast.export_forecasts(output=output, tell=note, **about)
    write(text, output / name if output is not None and name is not None and output.is_dir() else output)
