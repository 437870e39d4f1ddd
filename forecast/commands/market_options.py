"""Options that the market commands share: which market, our answer, the purse, whether to send."""

from __future__ import annotations

import dataclasses
import functools
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from platformdirs import user_state_path

from scale_forecast.commands.options import ledger_option
from scale_forecast.commands.printing import note
from scale_forecast.resolvers.markets.answers import parse_threshold
from scale_forecast.resolvers.markets.compare import Purse
from scale_forecast.resolvers.markets.find import find_market
from scale_forecast.resolvers.markets.journal import Journal, Request
from scale_forecast.resolvers.markets.keys import system_keyring
from scale_forecast.resolvers.markets.market import Market
from scale_forecast.resolvers.markets.ours import (
    given_answer,
    parse_options,
    parse_quantiles,
    quantiles_of_table,
    recorded_answer,
)
from scale_forecast.resolvers.markets.service import Answer
from scale_forecast.resolvers.markets.services import SERVICES, open_service
from scale_forecast.workflow.places import open_ledger_at


def service_of(name: str, server: str | None) -> Any:

    return open_service(name, os.environ, keyring=system_keyring, server=server)


@dataclasses.dataclass(frozen=True)
class Asked:
    """Which market a command is about; `market` finds it."""

    address: str
    id: str | None
    saved: Path | None
    server: str | None

    def market(self) -> Market:
        """From a file, a folder of saved answers, or the service itself."""

        return find_market(self.address, self.service, saved=self.saved, id=self.id)

    def service(self, name: str) -> Any:
        """The client of a service, with its key."""
        return service_of(name, self.server)

    @property
    def is_offline(self) -> bool:
        return self.saved is not None or Path(self.address).is_file()


def server_option(command: Callable[..., Any]) -> Callable[..., Any]:
    return click.option("--server", metavar="URL", hidden=True, help="A test server, instead of the service itself.")(
        command
    )


def market_argument(command: Callable[..., Any]) -> Callable[..., Any]:
    """``ADDRESS`` and where to look for it: the command receives one argument, ``asked``."""

    @click.argument("address")
    @click.option("--id", "id_", metavar="ID", help="Which market of a file that holds several.")
    @click.option(
        "--saved",
        type=click.Path(path_type=Path),
        metavar="PATH",
        help="Look the address up in this file or folder of saved answers instead of asking the service.",
    )
    @server_option
    @functools.wraps(command)
    def wrapped(
        *args: Any, address: str, id_: str | None, saved: Path | None, server: str | None, **kwargs: Any
    ) -> Any:
        return command(*args, asked=Asked(address, id_, saved, server), **kwargs)

    return wrapped


def answer_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """What we think, in one of several ways: the command receives ``ours``, a function from market to answer."""

    @click.option("-p", "--probability", type=float, help="Of yes.")
    @click.option("--option", "options", multiple=True, metavar="OPTION=P", help="Of one option; repeat for each.")
    @click.option("--quantile", "quantiles", multiple=True, metavar="LEVEL=VALUE", help="Of a number or date; repeat.")
    @click.option(
        "--forecast",
        "table",
        type=click.Path(dir_okay=False, path_type=Path),
        help="A table that 'forecast predict --format csv' wrote.",
    )
    @click.option("--task", help="Which task of that table.")
    @click.option("--recorded", metavar="FORECASTER", help="The last forecast in the ledger by this forecaster.")
    @click.option("--threshold", metavar="TEXT", help="What a yes-or-no market asks of a distribution: '>= 0.9'.")
    @click.option("--times", type=float, default=1.0, help="Factor from our unit to the market's: 100 for percentages.")
    @ledger_option
    @functools.wraps(command)
    def wrapped(*args: Any, ledger: str | None, **kwargs: Any) -> Any:
        names = ("probability", "options", "quantiles", "table", "task", "recorded", "threshold", "times")
        given = {name: kwargs.pop(name) for name in names}

        def ours(market: Market) -> Answer:
            return _answer(market, ledger, **given)

        return command(*args, ours=ours, **kwargs)

    return wrapped


def _answer(
    market: Market,
    ledger: str | None,
    *,
    probability: float | None,
    options: tuple[str, ...],
    quantiles: tuple[str, ...],
    table: Path | None,
    task: str | None,
    recorded: str | None,
    threshold: str | None,
    times: float,
) -> Answer:

    asked = parse_threshold(threshold) if threshold else None
    if recorded:
        with open_ledger_at(ledger) as opened:
            return recorded_answer(market, opened.forecasts(), recorded, asked, times)
    spread = quantiles_of_table(table, task) if table else None
    if quantiles:
        spread = parse_quantiles(quantiles, dates=market.kind == "date")
    return given_answer(
        market,
        probability=probability,
        options=parse_options(options, market),
        quantiles=spread and spread.times(times),
        threshold=asked,
    )


def purse_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """``--bankroll`` and ``--cap``: the command receives one argument, ``purse``."""

    @click.option("--bankroll", type=float, default=1000.0, show_default=True, help="What there is to stake.")
    @click.option("--cap", type=float, default=0.05, show_default=True, help="Largest share of it on one market.")
    @functools.wraps(command)
    def wrapped(*args: Any, bankroll: float, cap: float, **kwargs: Any) -> Any:

        return command(*args, purse=Purse(bankroll, cap), **kwargs)

    return wrapped


def send_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """``--yes``, ``--again`` and ``--journal``: the command receives ``send``, which shows a request and sends it."""

    @click.option("--yes", is_flag=True, help="Send it. Without this nothing is sent.")
    @click.option("--again", is_flag=True, help="Send it although the same was sent before.")
    @click.option(
        "--journal",
        type=click.Path(dir_okay=False, path_type=Path),
        envvar="FORECAST_JOURNAL",
        help="Where what was sent is noted, so that nothing is sent twice. A file of your own when not given.",
    )
    @functools.wraps(command)
    def wrapped(*args: Any, yes: bool, again: bool, journal: Path | None, **kwargs: Any) -> Any:
        def send(request: Request, service: Callable[[], Any], verb: str) -> None:
            _send(request, service, verb, journal, yes=yes, again=again)

        return command(*args, send=send, **kwargs)

    return wrapped


def _send(
    request: Request, service: Callable[[], Any], verb: str, journal: Path | None, *, yes: bool, again: bool
) -> None:
    """Show exactly what would be sent; with ``yes`` send it once."""

    address = f"{SERVICES[request.service].site.base}/{request.path}"
    click.echo(json.dumps({"method": "POST", "url": address, "body": request.body}, indent=1))
    if not yes:
        note("dry run: nothing was sent; add --yes to send this")
        return
    place = journal or user_state_path("scale-forecast") / "sent.jsonl"
    receipt = getattr(service(), verb)(request, Journal(place), again=again)
    note(f"{receipt.state}: {receipt.id}")
