"""Options that the market commands share: which market, our answer, the purse, whether to send."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import pandas as pd

import scale_forecast
from scale_forecast.commands.options import FILE, AnyCommand, ledger_option, output_options
from scale_forecast.commands.printing import Output, note

if TYPE_CHECKING:
    from scale_forecast.workflow.market import Sending


def server_option(command: AnyCommand) -> AnyCommand:
    return click.option("--server", metavar="URL", hidden=True, help="A test server, instead of the service itself.")(
        command
    )


def market_argument(command: AnyCommand) -> AnyCommand:
    """``ADDRESS`` and where to look for it: the command receives one argument, ``address``."""

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
    def wrapper(
        *args: Any, address: str, id_: str | None, saved: Path | None, server: str | None, **kwargs: Any
    ) -> Any:
        return command(*args, address=scale_forecast.MarketAddress(address, id_, saved, server), **kwargs)

    return wrapper


def answer_options(command: AnyCommand) -> AnyCommand:
    """What we think, in one of several ways: the command receives one argument, ``ours``."""

    @click.option("-p", "--probability", type=float, help="Of yes.")
    @click.option("--option", "options", multiple=True, metavar="OPTION=P", help="Of one option; repeat for each.")
    @click.option("--quantile", "quantiles", multiple=True, metavar="LEVEL=VALUE", help="Of a number or date; repeat.")
    @click.option(
        "--forecast",
        "table",
        type=FILE,
        help="A table that 'forecast predict --format csv' wrote.",
    )
    @click.option("--task", help="Which task of that table.")
    @click.option("--recorded", metavar="FORECASTER", help="The last forecast in the ledger by this forecaster.")
    @click.option("--threshold", metavar="TEXT", help="What a yes-or-no market asks of a distribution: '>= 0.9'.")
    @click.option("--times", type=float, default=1.0, help="Factor from our unit to the market's: 100 for percentages.")
    @ledger_option
    @functools.wraps(command)
    def wrapper(*args: Any, ledger: str | None, **kwargs: Any) -> Any:
        names = ("probability", "options", "quantiles", "table", "task", "recorded", "threshold", "times")
        given = {name: kwargs.pop(name) for name in names}

        return command(*args, ours=scale_forecast.Ours(**given, ledger=ledger), **kwargs)

    return wrapper


def purse_options(command: AnyCommand) -> AnyCommand:
    """``--bankroll`` and ``--cap``: the command receives one argument, ``purse``."""

    @click.option("--bankroll", type=float, default=1000.0, show_default=True, help="What there is to stake.")
    @click.option("--cap", type=float, default=0.05, show_default=True, help="Largest share of it on one market.")
    @functools.wraps(command)
    def wrapper(*args: Any, bankroll: float, cap: float, **kwargs: Any) -> Any:

        return command(*args, purse=scale_forecast.Purse(bankroll, cap), **kwargs)

    return wrapper


def send_options(command: AnyCommand) -> AnyCommand:
    """``--yes``, ``--again`` and ``--journal``: the command receives one argument, ``post``."""

    @output_options
    @click.option("--yes", is_flag=True, help="Send it. Without this nothing is sent.")
    @click.option("--again", is_flag=True, help="Send it although the same was sent before.")
    @click.option(
        "--journal",
        type=FILE,
        envvar="FORECAST_JOURNAL",
        help="Where what was sent is noted, so that nothing is sent twice. A file of your own when not given.",
    )
    @functools.wraps(command)
    def wrapper(*args: Any, yes: bool, again: bool, journal: Path | None, out: Output, **kwargs: Any) -> Any:
        def show(sending: Sending) -> None:
            if out.is_for_people:
                click.echo(json.dumps(sending.document(), indent=1))

        sending = command(*args, post=scale_forecast.Post(yes, again, journal, show), **kwargs)
        _tell(sending, out)

    return wrapper


def _tell(sending: Sending, out: Output) -> None:
    """What was sent and what became of it."""
    receipt = sending.receipt
    if receipt is None:
        note("dry run: nothing was sent; add --yes to send this")
    else:
        note(f"{receipt.state}: {receipt.id}")
    data = sending.document() | {
        "sent": receipt is not None,
        "state": receipt and receipt.state,
        "id": receipt and receipt.id,
    }
    if not out.is_for_people:
        out.emit(pd.DataFrame([data | {"body": json.dumps(data["body"])}]), data=data)
