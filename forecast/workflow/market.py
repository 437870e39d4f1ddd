"""Exchange with prediction markets and forecast hubs: read, import, compare, submit, export."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
from platformdirs import user_state_path

from scale_forecast.data.errors import ForecastError, UsageError
from scale_forecast.resolvers.markets import exporting
from scale_forecast.resolvers.markets.answers import parse_threshold
from scale_forecast.resolvers.markets.compare import Purse, compare, readable
from scale_forecast.resolvers.markets.find import find_market
from scale_forecast.resolvers.markets.importing import criterion_of, import_export, import_markets
from scale_forecast.resolvers.markets.journal import Journal, Request
from scale_forecast.resolvers.markets.keeping import Kept
from scale_forecast.resolvers.markets.keys import system_keyring
from scale_forecast.resolvers.markets.market import Market
from scale_forecast.resolvers.markets.metaculus_export import is_export
from scale_forecast.resolvers.markets.ours import (
    given_answer,
    parse_options,
    parse_quantiles,
    quantiles_of_table,
    recorded_answer,
)
from scale_forecast.resolvers.markets.proposal import Proposal, propose
from scale_forecast.resolvers.markets.saved import read_saved
from scale_forecast.resolvers.markets.service import Answer
from scale_forecast.resolvers.markets.services import SERVICES, open_service
from scale_forecast.resolvers.markets.submitting import prepare, prepare_resolution, prepare_withdrawal
from scale_forecast.resolvers.markets.tables import SHOWN, market_table
from scale_forecast.resolvers.markets.writes import Receipt
from scale_forecast.resolvers.questions.bank import dump_questions
from scale_forecast.resolvers.questions.question import Question
from scale_forecast.workflow import clock
from scale_forecast.workflow.brief import Brief
from scale_forecast.workflow.clock import Day, as_day
from scale_forecast.workflow.places import open_ledger_at
from scale_forecast.workflow.tables import Tell, silent


def open_market_service(name: str, server: str | None = None) -> Any:
    """The client of a service, with its key from the environment or the system's keyring."""
    return open_service(name, os.environ, keyring=system_keyring, server=server)


@dataclass(frozen=True)
class MarketAddress:
    """Where a market is found: its address or a name as ``manifold:ID``, or a file with a service's answer.

    Attributes
    ----------
    address : str
    id : str, optional
        Which market of a file that holds several.
    saved : Path, optional
        A file or folder of saved answers to look in instead of asking the service.
    server : str, optional
        A test server, instead of the service itself.
    """

    address: str
    id: str | None = None
    saved: Path | None = None
    server: str | None = None
    opened: list[Any] = field(default_factory=list, repr=False, compare=False)
    """Clients of services that were opened for it."""

    def market(self) -> Market:
        """From the file, the folder of saved answers, or the service itself."""
        return find_market(self.address, self.service, saved=self.saved, id=self.id)

    def markets(self, tell: Tell = silent) -> list[Market]:
        """All markets of a file, unless one is named; else the one at the address."""
        if self.id is not None or not Path(self.address).is_file():
            return [self.market()]
        markets, refusals = read_saved(Path(self.address))
        if not markets:
            raise ForecastError(refusals[0])
        for refusal in refusals:
            tell(refusal)
        return markets

    def service(self, name: str) -> Any:
        """The client of a service, with its key."""
        self.opened.append(open_market_service(name, self.server))
        return self.opened[-1]

    @property
    def is_offline(self) -> bool:
        """No service is asked."""
        return self.saved is not None or Path(self.address).is_file()


@dataclass(frozen=True)
class Ours:
    """What we think of a market, in one of several ways.

    Attributes
    ----------
    probability : of yes
    options : texts ``OPTION=P``
    quantiles : texts ``LEVEL=VALUE``, of a number or date
    table, task : a table that ``forecast predict --format csv`` wrote, and which task of it
    recorded : the last forecast in the ledger by this forecaster
    threshold : what a yes-or-no market asks of a distribution, as ``">= 0.9"``
    times : factor from our unit to the market's, 100 for percentages
    """

    probability: float | None = None
    options: tuple[str, ...] = ()
    quantiles: tuple[str, ...] = ()
    table: Path | None = None
    task: str | None = None
    recorded: str | None = None
    threshold: str | None = None
    times: float = 1.0
    ledger: str | Path | None = None

    def answer(self, market: Market) -> Answer:
        """In the terms of a market."""
        threshold = parse_threshold(self.threshold) if self.threshold else None
        if self.recorded:
            with open_ledger_at(self.ledger) as book:
                return recorded_answer(market, book.forecasts(), self.recorded, threshold, self.times)
        spread = quantiles_of_table(self.table, self.task) if self.table else None
        if self.quantiles:
            spread = parse_quantiles(self.quantiles, dates=market.kind == "date")
        return given_answer(
            market,
            probability=self.probability,
            options=parse_options(self.options, market),
            quantiles=spread and spread.times(self.times),
            threshold=threshold,
        )


@dataclass(frozen=True, repr=False)
class MarketTable(Brief):
    """A table of markets, and what people are shown of it."""

    table: pd.DataFrame
    shown: pd.DataFrame


def show_market(address: MarketAddress, *, tell: Tell = silent) -> MarketTable:
    """What a market asks, when it closes, what the crowd says, how it resolved: a row a market or option."""
    markets = address.markets(tell)
    for market in markets:
        if market.unknown:
            tell(f"{market.name} has fields this version does not know: {', '.join(market.unknown)}")
    return _show_markets(markets)


def search_markets(text: str, *, on: str = "manifold", limit: int = 20, server: str | None = None) -> MarketTable:
    """Open markets of a service about a text: a row a market or option."""
    markets = open_market_service(on, server).search(text, limit)
    if not markets:
        raise ForecastError(f"{on} has no open market about {text!r}: try fewer words")
    return _show_markets(markets)


def _show_markets(markets: Sequence[Market]) -> MarketTable:
    table = market_table(markets)
    return MarketTable(table, table[SHOWN].dropna(axis=1, how="all"))


@dataclass(frozen=True)
class Imported:
    """What an import brought: questions, or the scores of an export; and what of it is new to the ledger."""

    questions: list[Question]
    scores: pd.DataFrame | None
    kept: Kept

    def text(self) -> str:
        """The questions as YAML."""
        return dump_questions(self.questions)


def import_market(
    address: MarketAddress,
    *,
    criterion: Path | None = None,
    task: str | None = None,
    benchmark: str | None = None,
    metric: str | None = None,
    at_least: float | None = None,
    opened: Day | None = None,
    closes: Day | None = None,
    history: str = "daily",
    ledger: str | Path | None = None,
    tell: Tell = silent,
) -> Imported:
    """Turn a market into a question of ours, and what its crowd said into forecasts in the ledger.

    Parameters
    ----------
    address : of a market, or of a file with many; a Metaculus data export (zip) brings its questions and scores
    criterion : YAML of a criterion of ours; without one the question is settled as the market settles
    task, benchmark, metric, at_least : a criterion of ours, instead: a score on a task reaches this
    opened, closes : for a market that does not say
    history : which of the crowd's probabilities are recorded: ``all``, ``daily``, ``last`` or ``none``
    """
    path = Path(address.address)
    with open_ledger_at(ledger, create=True) as book:
        if path.is_file() and is_export(path):
            scores, kept, unfit = import_export(path, book, at=clock.now())
            if unfit:
                tell(f"{unfit} forecasts are over other options or another grid than now, and are left out")
            questions: list[Question] = []
        else:
            scores = None
            questions, kept = import_markets(
                address.markets(tell),
                book,
                at=clock.now(),
                criterion=criterion_of(criterion, task=task, benchmark=benchmark, metric=metric, at_least=at_least),
                history=None if address.is_offline else address.service,
                every=history,
                opened=_in_utc(opened),
                closes=_in_utc(closes),
            )
    tell(f"ledger: {kept.questions} questions, {kept.forecasts} forecasts and {kept.resolutions} resolutions are new")
    return Imported(questions, scores, kept)


def _in_utc(day: Day | None) -> datetime | None:
    known = as_day(day)
    return None if known is None else known.to_pydatetime().replace(tzinfo=UTC)


def compare_market(address: MarketAddress, ours: Ours, *, purse: Purse | None = None) -> MarketTable:
    """Our forecast beside the crowd's: edge, Kelly stake under a cap, expected log score."""
    market = address.market()
    table = compare(market, ours.answer(market), purse)
    return MarketTable(table, readable(table, market))


@dataclass(frozen=True)
class Sending:
    """A request to a service, and what became of it: nothing yet when it was not sent."""

    request: Request
    receipt: Receipt | None = None

    def document(self) -> dict[str, Any]:
        """The request as it goes out."""
        url = f"{SERVICES[self.request.service].site.base}/{self.request.path}"
        return {"method": "POST", "url": url, "body": self.request.body}


@dataclass(frozen=True)
class Post:
    """Whether and how a request is sent.

    Attributes
    ----------
    send : bool
        Without it nothing is sent.
    again : bool
        Send it although the same was sent before.
    journal : Path, optional
        Where what was sent is noted, so that nothing is sent twice; the user's own when None.
    before : callable
        Told what is about to be sent.
    """

    send: bool = False
    again: bool = False
    journal: Path | None = None
    before: Callable[[Sending], None] = lambda sending: None

    def deliver(self, request: Request, address: MarketAddress, verb: str) -> Sending:
        """Show exactly what would be sent; with ``send`` send it once."""
        self.before(Sending(request))
        if not self.send:
            return Sending(request)
        place = self.journal or user_state_path("scale-forecast") / "sent.jsonl"
        client = address.service(request.service)
        return Sending(request, getattr(client, verb)(request, Journal(place), again=self.again))


def submit_forecast(
    address: MarketAddress,
    ours: Ours,
    *,
    purse: Purse | None = None,
    amount: float | None = None,
    post: Post = Post(),
    tell: Tell = silent,
) -> Sending:
    """Submit our forecast to Metaculus, or bet on it on Manifold, checked by the service's own rules first.

    ``amount`` is mana to stake on Manifold, instead of the Kelly stake under the purse's cap.
    """
    market = address.market()
    request = prepare(market, ours.answer(market), purse or Purse(), amount)
    if market.closes and market.closes < clock.now():
        tell(f"{market.name} was to close on {market.closes:%Y-%m-%d}: the service may refuse this")
    return post.deliver(request, address, "submit")


def withdraw_forecast(address: MarketAddress, *, post: Post = Post()) -> Sending:
    """Withdraw our standing forecast from Metaculus."""
    return post.deliver(prepare_withdrawal(address.market()), address, "withdraw")


def resolve_market(
    address: MarketAddress,
    *,
    outcome: str | None = None,
    because: str | None = None,
    ledger: str | Path | None = None,
    post: Post = Post(),
    tell: Tell = silent,
) -> Sending:
    """Propose a resolution of our own Manifold market, with the evidence: as given, else as the ledger has it."""
    market = address.market()
    if outcome is not None:
        if not because:
            raise UsageError("--outcome needs the evidence: give --because TEXT")
        proposal = Proposal(outcome, because)
    else:
        with open_ledger_at(ledger) as book:
            proposal = propose(market, book.resolutions())
    tell(f"{market.title}\nresolves {proposal.outcome}: {proposal.reason}")
    return post.deliver(prepare_resolution(market, proposal.outcome), address, "resolve")


def export_forecasts(
    to: str = "csv",
    *,
    by: str | None = None,
    questions: Path | None = None,
    organization: str | None = None,
    model_id: str | None = None,
    output: Path | None = None,
    ledger: str | Path | None = None,
    tell: Tell = silent,
) -> tuple[str, str | None]:
    """The ledger's forecasts, checked by the rules of the format they go into.

    Parameters
    ----------
    to : ``csv``, the whole record as a table; ``forecastbench``, a forecast set; ``hubverse``, model output
    by : whose forecasts; needed where there are several
    questions, organization : of ForecastBench, the question set to answer, and who answers
    model_id : of hubverse, names the file
    output : where it will be written, which ForecastBench's rules ask about

    Returns
    -------
    text : str
    name : str or None
        What the file is called, where the format says so.
    """
    with open_ledger_at(ledger) as book:
        forecasts, resolutions = book.forecasts(), book.resolutions()
    if to == "csv":
        return exporting.as_csv(forecasts, resolutions), None
    chosen = exporting.of_forecaster(forecasts, by)
    if to == "forecastbench":
        if questions is None or organization is None:
            raise UsageError("a forecast set needs --questions FILE and --organization NAME")
        text, remarks = exporting.as_forecast_set(chosen, questions, organization, output)
        for remark in remarks:
            tell(remark)
        return text, None
    return exporting.as_model_output(chosen, model_id)
