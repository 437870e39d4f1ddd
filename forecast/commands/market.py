"""`forecast market`: exchange with prediction markets and forecast hubs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import pandas as pd

from scale_forecast.commands.groups import Group
from scale_forecast.commands.market_options import (
    Asked,
    answer_options,
    market_argument,
    purse_options,
    send_options,
    server_option,
    service_of,
)
from scale_forecast.commands.options import ledger_option, output_options
from scale_forecast.commands.printing import emit, note, write
from scale_forecast.commands.types import DAY, MemberName
from scale_forecast.data.errors import ForecastError, UsageError
from scale_forecast.resolvers.markets import exporting
from scale_forecast.resolvers.markets.compare import Purse, compare, readable
from scale_forecast.resolvers.markets.find import find_market
from scale_forecast.resolvers.markets.importing import criterion_of, import_export, import_markets
from scale_forecast.resolvers.markets.market import Market
from scale_forecast.resolvers.markets.metaculus_export import is_export
from scale_forecast.resolvers.markets.proposal import Proposal, propose
from scale_forecast.resolvers.markets.saved import read_saved
from scale_forecast.resolvers.markets.service import Answer
from scale_forecast.resolvers.markets.services import SERVICES
from scale_forecast.resolvers.markets.submitting import prepare, prepare_resolution, prepare_withdrawal
from scale_forecast.resolvers.markets.tables import SHOWN, market_table
from scale_forecast.resolvers.questions.bank import dump_questions
from scale_forecast.workflow import clock
from scale_forecast.workflow.places import open_ledger_at


@click.group("market", cls=Group)
def market_group() -> None:
    """Exchange with Manifold, Metaculus, Polymarket, Kalshi and ForecastBench.

    An ADDRESS is a market's address, a name such as manifold:ID or metaculus:POST, or a file with a service's answer.
    Keys are read from MANIFOLD_API_KEY and METACULUS_TOKEN, else from the system keyring (service scale-forecast).
    """


@market_group.command("show")
@market_argument
@click.option(
    "--save", type=click.Path(dir_okay=False, path_type=Path), help="Also keep the service's answer in a file."
)
@output_options
def market_show(asked: Asked, save: Path | None, format_: str, output: Path | None) -> None:
    """Show a market: what it asks, when it closes, what the crowd says, how it resolved.

    \b
    Example:
        forecast market show https://www.metaculus.com/questions/34519/
        forecast market show saved.json --format csv
    """

    opened: list[Any] = []

    def service(name: str) -> Any:
        opened.append(asked.service(name))
        return opened[-1]

    if Path(asked.address).is_file() and asked.id is None:
        markets, refusals = read_saved(Path(asked.address))
        if not markets:
            raise ForecastError(refusals[0])
    else:
        markets, refusals = [find_market(asked.address, service, saved=asked.saved, id=asked.id)], []
    for refusal in refusals:
        note(refusal)
    for market in markets:
        if market.unknown:
            note(f"{market.name} has fields this version does not know: {', '.join(market.unknown)}")
    if save and opened:
        write(opened[-1].session.last_text(), save)
    table = market_table(markets)
    emit(table, format_, output, show=table[SHOWN].dropna(axis=1, how="all"))


@market_group.command("search")
@click.argument("text")
@click.option(
    "--on",
    type=MemberName(SERVICES),
    default="manifold",
    show_default=True,
    help="The service.",
)
@click.option("--limit", type=click.IntRange(1, 100), default=20, show_default=True, help="How many at most.")
@server_option
@output_options
def market_search(text: str, on: str, limit: int, server: str | None, format_: str, output: Path | None) -> None:
    """Search a service for open markets about a text.

    \b
    Example:
        forecast market search "FrontierMath" --on metaculus
    """

    markets = service_of(on, server).search(text, limit)
    if not markets:
        raise ForecastError(f"{on} has no open market about {text!r}: try fewer words")
    table = market_table(markets)
    emit(table, format_, output, show=table[SHOWN].dropna(axis=1, how="all"))


@market_group.command("import")
@market_argument
@click.option("--criterion", type=click.Path(dir_okay=False, path_type=Path), help="YAML of a criterion of ours.")
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
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="The question's YAML, in a file.")
def market_import(
    asked: Asked,
    criterion: Path | None,
    task: str | None,
    benchmark: str | None,
    metric: str | None,
    at_least: float | None,
    opened: pd.Timestamp | None,
    closes: pd.Timestamp | None,
    history: str,
    ledger: str | None,
    output: Path | None,
) -> None:
    """Turn a market into a question of ours, and what its crowd said into forecasts in the ledger.

    Without a criterion of ours the question is settled as the market settles. A Metaculus data export (zip) brings all
    its questions, your own forecasts and their scores; a ForecastBench question set brings all its questions.

    \b
    Example:
        forecast market import manifold:dI5U6ps6IP --task FrontierMath --at-least 0.85
        forecast market import metaculus-data.zip
    """

    path = Path(asked.address)
    with open_ledger_at(ledger, create=True) as book:
        if path.is_file() and is_export(path):
            scores, kept, unfit = import_export(path, book, at=clock.now())
            if unfit:
                note(f"{unfit} forecasts are over other options or another grid than now, and are left out")
            emit(scores, "table", None, title="Scores, as Metaculus defines them")
        else:
            questions, kept = import_markets(
                _asked_markets(asked),
                book,
                at=clock.now(),
                criterion=criterion_of(criterion, task=task, benchmark=benchmark, metric=metric, at_least=at_least),
                history=None if asked.is_offline else asked.service,
                every=history,
                opened=_in_utc(opened),
                closes=_in_utc(closes),
            )
            write(dump_questions(questions), output)
    note(f"ledger: {kept.questions} questions, {kept.forecasts} forecasts and {kept.resolutions} resolutions are new")


def _asked_markets(asked: Asked) -> list[Market]:
    """All markets of a file, unless one is named; else the one at the address."""

    if asked.id is not None or not Path(asked.address).is_file():
        return [asked.market()]
    markets, refusals = read_saved(Path(asked.address))
    for refusal in refusals:
        note(refusal)
    if not markets:
        raise ForecastError(refusals[0])
    return markets


def _in_utc(day: pd.Timestamp | None) -> datetime | None:
    return None if day is None else day.to_pydatetime().replace(tzinfo=UTC)


@market_group.command("compare")
@market_argument
@answer_options
@purse_options
@output_options
def market_compare(
    asked: Asked, ours: Callable[[Market], Answer], purse: Purse, format_: str, output: Path | None
) -> None:
    """Compare our forecast with the crowd's: edge, Kelly stake under a cap, expected log score.

    Log scores are in nats, minus ln p, under our own probability; lower is better, and gain_nats is what the crowd's
    forecast would lose to ours if ours is right.

    \b
    Example:
        forecast market compare manifold:P0R6uAC2nU -p 0.62 --bankroll 500
        forecast market compare kalshi:TICKER --forecast predicted.csv --task MMLU --times 100
    """

    market = asked.market()
    table = compare(market, ours(market), purse)
    emit(table, format_, output, show=readable(table, market))


@market_group.command("submit")
@market_argument
@answer_options
@purse_options
@click.option("--amount", type=float, help="On Manifold: mana to stake, instead of the Kelly stake under the cap.")
@send_options
def market_submit(
    asked: Asked, ours: Callable[[Market], Answer], purse: Purse, amount: float | None, send: Callable[..., None]
) -> None:
    """Submit our forecast to Metaculus, or bet on it on Manifold. Without --yes it only shows what would be sent.

    The request is checked by the service's own rules first and is sent at most once: when its answer is lost, the
    state is read back, and a second run finds what the first one did.

    \b
    Example:
        forecast market submit metaculus:34519 -p 0.2
        forecast market submit metaculus:34519 -p 0.2 --yes
    """

    market = asked.market()
    request = prepare(market, ours(market), purse, amount)
    if market.closes and market.closes < clock.now():
        note(f"{market.name} was to close on {market.closes:%Y-%m-%d}: the service may refuse this")
    send(request, lambda: asked.service(market.service), "submit")


@market_group.command("withdraw")
@market_argument
@send_options
def market_withdraw(asked: Asked, send: Callable[..., None]) -> None:
    """Withdraw our standing forecast from Metaculus. Without --yes it only shows what would be sent.

    \b
    Example:
        forecast market withdraw metaculus:34519 --yes
    """

    market = asked.market()
    send(prepare_withdrawal(market), lambda: asked.service(market.service), "withdraw")


@market_group.command("resolve")
@market_argument
@click.option("--outcome", help="yes, no, a percentage, annulled, an option or a number; else the ledger's resolution.")
@click.option("--because", metavar="TEXT", help="The evidence, with --outcome.")
@ledger_option
@send_options
def market_resolve(
    asked: Asked, outcome: str | None, because: str | None, ledger: str | None, send: Callable[..., None]
) -> None:
    """Propose a resolution of our own Manifold market, with the evidence; written only with --yes.

    The outcome and the evidence are those that 'forecast resolve' recorded for the imported question.

    \b
    Example:
        forecast market resolve manifold:P0R6uAC2nU
        forecast market resolve manifold:P0R6uAC2nU --outcome no --because "no model reached 0.85 by the deadline"
    """

    market = asked.market()
    if outcome is not None:
        if not because:
            raise UsageError("--outcome needs the evidence: give --because TEXT")
        proposal = Proposal(outcome, because)
    else:
        with open_ledger_at(ledger) as book:
            proposal = propose(market, book.resolutions())
    note(f"{market.title}\nresolves {proposal.outcome}: {proposal.reason}")
    send(prepare_resolution(market, proposal.outcome), lambda: asked.service(market.service), "resolve")


@market_group.command("export")
@click.option(
    "--to",
    type=click.Choice(("csv", "forecastbench", "hubverse")),
    default="csv",
    show_default=True,
    help="The whole record as a table; a forecast set for upload; model output of a modelling hub.",
)
@click.option("--by", "forecaster", metavar="FORECASTER", help="Whose forecasts; needed where there are several.")
@click.option(
    "--questions", type=click.Path(dir_okay=False, path_type=Path), help="ForecastBench: the question set to answer."
)
@click.option("--organization", help="ForecastBench: your organization, as agreed with the benchmark.")
@click.option("--model-id", metavar="TEAM-MODEL", help="hubverse: names the file, with -o FOLDER.")
@ledger_option
@click.option("-o", "--output", type=click.Path(path_type=Path), help="A file; for hubverse also a folder.")
def market_export(
    to: str,
    forecaster: str | None,
    questions: Path | None,
    organization: str | None,
    model_id: str | None,
    ledger: str | None,
    output: Path | None,
) -> None:
    """Export the ledger's forecasts, checked by the rules of the format they go into.

    \b
    Example:
        forecast market export -o record.csv
        forecast market export --to forecastbench --questions 2026-03-01-llm.json --by stack --organization Example
        forecast market export --to hubverse --by stack --model-id ours-stack -o model-output/ours-stack
    """

    with open_ledger_at(ledger) as book:
        forecasts, resolutions = book.forecasts(), book.resolutions()
    if to == "csv":
        write(exporting.as_csv(forecasts, resolutions), output)
        return
    chosen = exporting.of_forecaster(forecasts, forecaster)
    if to == "forecastbench":
        if questions is None or organization is None:
            raise UsageError("a forecast set needs --questions FILE and --organization NAME")
        text, remarks = exporting.as_forecast_set(chosen, questions, organization, output)
        for remark in remarks:
            note(remark)
        write(text, output)
        return
    text, name = exporting.as_model_output(chosen, model_id)
    if output is not None and output.is_dir():
        output = output / name
    write(text, output)
