"""Reads that are retried, writes that never are, and a key that no output shows."""

import logging
import random
from datetime import UTC, datetime

import pytest

from scale_forecast.data.errors import DataError, UsageError
from scale_forecast.resolvers.markets.journal import Journal
from scale_forecast.resolvers.markets.keys import Key, find_key, system_keyring
from scale_forecast.resolvers.markets.market import Kind
from scale_forecast.resolvers.markets.service import Answer, Stake
from scale_forecast.resolvers.markets.services import SERVICES, locate, open_service, services_with
from scale_forecast.resolvers.markets.session import Patience, Refused, ServiceError, Session, Site, reason
from scale_forecast.resolvers.markets.timing import Clock, Rate, RateLimit
from scale_forecast.resolvers.markets.writes import NotConfirmed
from tests.resolvers.markets.server import KEY, Services, random_faults, saved

PATIENT = Patience(connect=2.0, read=0.4, whole=0.4, retries=3, backoff=0.01)
IMPATIENT = Patience(connect=2.0, read=0.1, whole=0.1, retries=3, backoff=0.01)
KEYS = {"MANIFOLD_API_KEY": KEY, "METACULUS_TOKEN": KEY}
BET = Stake("YES", 10.0, 0.62)
FORECAST = Answer(probability=0.63)
WRITES = {"manifold": ("P0R6uAC2nU", BET), "metaculus": ("34519", FORECAST)}
"""Of each service that can be written to a market of the test server, and an answer to it."""
SAMPLES = {
    "polymarket": ("will-spain-win-...", lambda market: market.probability == 0.1225),
    "kalshi": ("kxbtc15m-26aug170100-00", lambda market: market.threshold == (">=", 63441.03)),
    "metaculus": ("30596", lambda market: market.kind is Kind.DATE),
    "manifold": ("will-anthropic-restore-access-to-fa", lambda market: market.id == "P0R6uAC2nU"),
}
"""Of each service a market of the test server, and what is true of it."""


class Waits(list):
    """Waiting that takes no time but is remembered."""

    def __call__(self, seconds):
        self.append(seconds)


def client(server, name, keys=KEYS, waits=None, patience=PATIENT):
    return open_service(
        name, keys, server=server.address, clock=Clock(sleep=Waits() if waits is None else waits), patience=patience
    )


def submit(server, name, journal, *, again=False, patience=PATIENT, answer=None):
    """Read, prepare and send, as the command does."""
    service = client(server, name, patience=patience)
    id, usual = WRITES[name]
    answer = usual if answer is None else answer
    request = service.prepare(service.get(id), answer)
    return service.submit(request, journal, again=again)


@pytest.fixture
def journal(tmp_path):
    return Journal(tmp_path / "sent.jsonl")


# --- reads ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", ["429", "500", "cut", None])
def test_a_read_is_tried_again_after_a_passing_fault(fault):
    waits = Waits()
    with Services([fault]) as server:
        assert client(server, "manifold", waits=waits).get("P0R6uAC2nU").probability == 0.4
        assert len(server.requests) == (1 if fault is None else 2)
    if fault == "429":
        assert waits == [2.0]


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        ("429", "Manifold asks for fewer requests (429: Too many requests): wait a minute and try again"),
        ("500", "Manifold is out of order (500: Too many requests): try again later"),
        ("drip", "Manifold did not answer (the answer took more than 0.4 s): try again later"),
        ("cut", "Manifold did not answer (the connection broke): try again later"),
        ("garbage", "Manifold answered with something that is not JSON (oops)"),
    ],
)
def test_a_fault_that_stays_is_one_sentence(fault, sentence):
    with Services([fault] * 50) as server, pytest.raises(ServiceError) as error:
        client(server, "manifold").get("will-anthropic-restore-access-to-fa")
    assert str(error.value) == sentence


def test_a_pause_of_an_hour_is_reported_not_waited_for(monkeypatch):
    monkeypatch.setattr("scale_forecast.resolvers.markets.session.LONGEST_WAIT", 1.0)
    waits = Waits()
    with Services(["429"]) as server, pytest.raises(ServiceError, match="Manifold asks to wait 2 s: try again then"):
        client(server, "manifold", waits=waits).get("P0R6uAC2nU")
    assert waits == []


def test_nobody_there_is_one_sentence():
    service = open_service("manifold", {}, server="http://127.0.0.1:9", clock=Clock(sleep=Waits()), patience=PATIENT)
    with pytest.raises(ServiceError) as error:
        service.get("P0R6uAC2nU")
    assert str(error.value) == "Manifold did not answer (no connection): try again later"


def test_unknown_ids_are_refused_with_advice():
    with Services() as server, pytest.raises(Refused) as error:
        client(server, "manifold").get("nope")
    assert str(error.value) == "Manifold has nothing at this address (404: Contract not found): check the id"


def test_metaculus_wants_a_key_for_reading_too():
    with Services() as server, pytest.raises(Refused) as error:
        client(server, "metaculus", keys={}).get("34519")
    assert str(error.value) == (
        "Metaculus wants a key (403: Authentication credentials were not provided.): "
        "set METACULUS_TOKEN or store one in the system keyring"
    )


@pytest.mark.parametrize("name", SERVICES)
def test_each_service_answers_from_its_samples(name):
    id, is_right = SAMPLES[name]
    with Services() as server:
        market = client(server, name).get(id)
        assert market.service == name
        assert is_right(market)


def test_a_market_that_is_gone_is_said_to_be():
    with Services() as server, pytest.raises(DataError, match="Polymarket has no market 'gone'"):
        client(server, "polymarket").get("gone")


def test_search_leaves_out_what_asks_nothing():
    with Services() as server:
        assert [m.id for m in client(server, "manifold").search("ai", 10)] == ["P0R6uAC2nU", "qtUIl9NEh8"]
        assert len(client(server, "metaculus").search("ai", 10)) == 4
        assert [m.id for m in client(server, "kalshi").search("bitcoin", 10)] == ["KXBTCD-26AUG1717-T72749.99"]


def test_histories_are_read_oldest_first():
    with Services() as server:
        polymarket, kalshi = client(server, "polymarket"), client(server, "kalshi")
        prices = polymarket.history(polymarket.get("will-spain-win-..."))
        assert [quote.probability for quote in prices] == [0.615, 0.605]
        assert prices[0].time < prices[1].time
        market = kalshi.get("KXBTC15M-26AUG170100-00")
        assert [quote.probability for quote in kalshi.history(market)] == [0.41, 0.41]
        metaculus = client(server, "metaculus")
        assert metaculus.history(metaculus.get("34519"))[0].probability == 0.5


# --- writes -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", services_with("submit"))
def test_a_write_goes_out_once_and_a_second_run_finds_it_there(name, journal):
    with Services() as server:
        assert submit(server, name, journal).state == "accepted"
        assert submit(server, name, journal).state == "already there"
        assert len(server.accepted) == 1
        assert submit(server, name, journal, again=True).state == "accepted"
        assert len(server.accepted) == 2


@pytest.mark.parametrize("name", services_with("submit"))
@pytest.mark.parametrize("fault", ["500 after", "cut after", "silent after", "garbage after", "drip after"])
def test_a_write_whose_answer_is_lost_is_found_by_reading_back(name, fault, journal):
    with Services(faults_at_the_write(name, fault)) as server:
        assert submit(server, name, journal).state == "confirmed"
        assert len(server.accepted) == 1


@pytest.mark.parametrize("name", services_with("submit"))
@pytest.mark.parametrize("fault", ["500 before", "cut before", "late"])
def test_a_write_that_cannot_be_seen_is_not_sent_again(name, fault, journal):
    """Not even by a second run, unless the person says so: it may be accepted after all, and with ``late`` it is."""
    with Services(faults_at_the_write(name, fault)) as server:
        with pytest.raises(NotConfirmed, match=r"may still have been accepted; look at https://\S+ before sending"):
            submit(server, name, journal)
        if fault == "late":
            server.settle()
            assert submit(server, name, journal).state == "already there"
        else:
            with pytest.raises(
                NotConfirmed, match=r"the same was sent to this market on 20\S+ UTC and never confirmed"
            ):
                submit(server, name, journal)
            assert server.accepted == []
            assert submit(server, name, journal, again=True).state == "accepted"
        assert len(server.accepted) == 1


OTHERS = {
    "manifold": [Stake("YES", 10.0, 0.63), Stake("NO", 10.0, 0.3), Stake("YES", 11.0, 0.62)],
    "metaculus": [Answer(probability=0.64), Answer(probability=0.2)],
}
"""Of each service answers that are not those of `WRITES`."""


@pytest.mark.parametrize("name", services_with("submit"))
def test_what_was_never_confirmed_stops_every_other_write_to_its_market(name, journal):
    """With another probability too: the first may have been accepted, and the second would be a second bet."""
    with Services(faults_at_the_write(name, "500 before")) as server:
        with pytest.raises(NotConfirmed):
            submit(server, name, journal)
        for other in OTHERS[name]:
            with pytest.raises(NotConfirmed, match=r"something else was sent to this market on 20.* never confirmed"):
                submit(server, name, journal, answer=other)
        assert server.accepted == []
        assert submit(server, name, journal, again=True, answer=OTHERS[name][0]).state == "accepted"
        assert submit(server, name, journal, answer=OTHERS[name][1]).state == "accepted"  # nothing is waited for now
        assert len(server.accepted) == 2


def test_another_market_is_not_stopped_by_it(journal):
    with Services(faults_at_the_write("manifold", "500 before")) as server:
        with pytest.raises(NotConfirmed):
            submit(server, "manifold", journal)
        assert submit(server, "metaculus", journal).state == "accepted"


def test_what_was_accepted_and_is_not_listed_yet_counts_as_sent(journal):
    with Services() as server:
        assert submit(server, "manifold", journal).state == "accepted"
        server.lists_bets = False
        again = submit(server, "manifold", journal)
        assert (again.state, again.id) == ("already there", "bet0")
        assert submit(server, "manifold", journal, answer=OTHERS["manifold"][0]).state == "accepted"
        assert len(server.accepted) == 2


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        ("429", "Metaculus asks for fewer requests (429: Too many requests): wait a minute and try again"),
        ("403", "Metaculus refused, with the key from METACULUS_TOKEN (403: Invalid token. Token ***)"),
        ("405", "Metaculus refused the request (405: Question 34034 is already closed to forecasting !)"),
    ],
)
def test_a_refused_write_says_why_and_may_be_sent_again(fault, sentence, journal):
    with Services(faults_at_the_write("metaculus", fault)) as server:
        with pytest.raises(Refused) as error:
            submit(server, "metaculus", journal)
        assert str(error.value) == sentence
        assert submit(server, "metaculus", journal).state == "accepted"
        assert len(server.accepted) == 1


def faults_at_the_write(name, fault):
    """Manifold is read for the market, the account and the bets before a write; Metaculus for the post, twice."""
    return [None] * (3 if name == "manifold" else 2) + [fault]


@pytest.mark.parametrize(
    "schedules", [range(20), range(20, 100), pytest.param(range(100, 1100), marks=pytest.mark.slow)]
)
def test_no_schedule_of_faults_submits_twice_or_shows_the_key(schedules, tmp_path, caplog):
    """Four runs each, as an impatient person would, with another answer now and then until one succeeds. Whatever
    happens, at most one write is accepted, a run that reports success is right, and the key stands in no message,
    log, receipt or file."""
    caplog.set_level(logging.DEBUG)
    outcomes = {"success": 0, "refused": 0, "unknown": 0}
    for seed in schedules:
        name = list(WRITES)[seed % 2]
        journal = Journal(tmp_path / f"{seed}.jsonl")
        with Services(random_faults(seed), delay=0.15) as server:
            done, said, answer, chance = False, "", None, random.Random(seed)
            for _ in range(4):
                if not done and chance.random() < 0.5:
                    answer = chance.choice(OTHERS[name])
                try:
                    receipt = submit(server, name, journal, patience=IMPATIENT, answer=answer)
                    done, said = True, said + repr(receipt)
                    outcomes["success"] += 1
                except DataError as error:
                    said += f"{error!s}{error!r}"
                    outcomes["unknown" if isinstance(error, NotConfirmed) else "refused"] += 1
            server.settle()
            assert len(server.accepted) <= 1, seed
            assert len(server.accepted) == 1 or not done, seed
        written = journal.path.read_text() if journal.path.exists() else ""
        assert KEY not in said + written, seed
        assert "k3y" not in said + written, seed
    assert all(outcomes.values()), outcomes
    assert "k3y" not in caplog.text


def test_two_commands_at_one_moment_send_once(tmp_path):
    import threading

    with Services() as server:
        states = []

        def run():
            states.append(submit(server, "manifold", Journal(tmp_path / "sent.jsonl")).state)

        threads = [threading.Thread(target=run) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(states) == ["accepted", "already there", "already there", "already there"]
        assert len(server.accepted) == 1


def test_a_journal_that_cannot_be_written_stops_the_write(tmp_path):
    (tmp_path / "file").write_text("")
    with Services() as server:
        with pytest.raises(DataError, match="nothing was sent"):
            submit(server, "manifold", Journal(tmp_path / "file" / "sent.jsonl"))
        assert server.accepted == []


@pytest.mark.parametrize("torn", [b'{"time": "2026-11-24T12:00', b"\xff\xfe", b'{"time": "\xc3'])
def test_a_line_cut_short_by_a_crash_swallows_no_line_after_it(torn, journal):
    """What was sent next stood on the same line and could not be read: a second bet went out."""
    journal.path.write_bytes(torn)
    with Services(faults_at_the_write("manifold", "500 before")) as server:
        for _ in range(2):
            with pytest.raises(NotConfirmed):
                submit(server, "manifold", journal)
        assert server.accepted == []
    with Services() as server:
        with pytest.raises(NotConfirmed):
            submit(server, "manifold", journal, answer=OTHERS["manifold"][0])
        assert server.accepted == []


def test_a_resolution_and_a_withdrawal_are_sent_once(journal):
    with Services() as server:
        manifold = client(server, "manifold")
        request = manifold.prepare_resolution(manifold.get("P0R6uAC2nU"), "yes")
        assert manifold.resolve(request, journal).state == "accepted"
        assert manifold.resolve(request, journal).state == "already there"
        assert server.accepted == [{"outcome": "YES"}]
    with Services() as server:
        submit(server, "metaculus", journal)
        metaculus = client(server, "metaculus")
        request = metaculus.prepare_withdrawal(metaculus.get("34519"))
        assert metaculus.withdraw(request, journal).state == "accepted"
        assert metaculus.withdraw(request, journal).state == "already there"
        assert server.accepted[1] == [{"question": 34034}]


# --- what is sent -----------------------------------------------------------------------------------------------------


def test_forecasts_go_to_the_questions_number_in_a_list():
    with Services() as server:
        metaculus = client(server, "metaculus")
        market = metaculus.get("34519")
        assert metaculus.prepare(market, FORECAST).body == [{"question": 34034, "probability_yes": 0.63}]


@pytest.mark.parametrize(
    ("post", "answer", "part"),
    [
        ("34519", Answer(probability=0.9999), "probability_yes should be between 0.001 and 0.999"),
        ("34519", Answer(), "is binary: it takes a probability"),
        ("34519", Stake("YES", 1.0), "takes forecasts, not stakes"),
        ("30596", Answer(cdf=[0.0, 1.0]), "continuous_cdf must have 201 values"),
        ("34666", FORECAST, "is closed: it takes no forecasts"),
    ],
)
def test_what_metaculus_would_refuse_is_refused_before_it_is_sent(post, answer, part):
    with Services() as server:
        metaculus = client(server, "metaculus")
        with pytest.raises(DataError, match=part):
            metaculus.prepare(metaculus.get(post), answer)


@pytest.mark.parametrize(
    ("id", "stake", "part"),
    [
        ("P0R6uAC2nU", Stake("YES", 10.0, 0.625), "limitProb 0.625 has more than two decimals"),
        ("P0R6uAC2nU", Answer(probability=0.5), "takes bets, not forecasts"),
        ("qtUIl9NEh8", Stake("YES", 10.0), "is multiple choice: say which option to bet on"),
        ("qtUIl9NEh8", Stake("YES", 10.0, option="Burt"), "has no option 'Burt'"),
    ],
)
def test_what_manifold_would_refuse_is_refused_before_it_is_sent(id, stake, part):
    with Services() as server:
        manifold = client(server, "manifold")
        with pytest.raises(DataError, match=part):
            manifold.prepare(manifold.get(id), stake)


def test_resolutions_take_the_forms_the_server_takes():
    """The documentation's own forms for sum-to-one answers and for numbers are stale; the recorded request is right."""
    from scale_forecast.resolvers.markets.manifold import Manifold, market_of

    manifold = Manifold(Session(Site("Manifold", "https://example.invalid")))
    recorded = saved("manifold/pymanifold_test_resolve_market_pseudo_numeric.json")["interactions"]
    numeric = market_of(recorded[0]["response"])
    body = manifold.prepare_resolution(numeric, "2045").body
    assert body == pytest.approx(recorded[1]["request_body"])
    shapes = saved("manifold/shapes_2026.json")
    choice = market_of(shapes["GET /v0/market/qtUIl9NEh8"])
    assert manifold.prepare_resolution(choice, "Burt Jones").body == {
        "outcome": "CHOOSE_ONE",
        "answerId": "9OSOqNPqZ8",
    }
    apart = market_of(shapes["GET /v0/market/qtUIl9NEh8"] | {"shouldAnswersSumToOne": False})
    assert manifold.prepare_resolution(apart, "Burt Jones=no").body == {"outcome": "NO", "answerId": "9OSOqNPqZ8"}
    binary = market_of(shapes["GET /v0/market/P0R6uAC2nU"])
    assert manifold.prepare_resolution(binary, "annulled").body == {"outcome": "CANCEL"}
    assert manifold.prepare_resolution(binary, "37%").body == {"outcome": "MKT", "probabilityInt": 37.0}
    with pytest.raises(DataError, match="resolves yes, no, annulled or to a percentage, not 'maybe'"):
        manifold.prepare_resolution(binary, "maybe")


# --- keys -------------------------------------------------------------------------------------------------------------


def test_a_key_shows_itself_to_nobody():
    key = Key(KEY, "MANIFOLD_API_KEY")
    assert "s3cret" not in repr(key) + str(key) + repr(vars(Session(Site("M", "https://m"), key)).keys())
    quoted = "s3cret-k3y%2Fwith%2Bsigns"
    assert key.redact(f"a {KEY} b {quoted}") == "a *** b ***"


def test_keys_come_from_the_environment_first_then_from_the_keyring():
    def keyring(service, account):
        return {"scale-forecast/manifold": "stored"}.get(f"{service}/{account}")

    assert find_key("MANIFOLD_API_KEY", "manifold", {"MANIFOLD_API_KEY": " set\n"}, keyring).header("Key") == "Key set"
    assert find_key("MANIFOLD_API_KEY", "manifold", {}, keyring).header("Key") == "Key stored"
    assert find_key("MANIFOLD_API_KEY", "metaculus", {}, keyring) is None
    with pytest.raises(DataError) as refusal:
        find_key("MANIFOLD_API_KEY", "manifold", {"MANIFOLD_API_KEY": "two\nlines"})
    assert "two" not in str(refusal.value)


def test_a_system_without_a_keyring_has_no_key(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "keyring", None)
    assert system_keyring("scale-forecast", "manifold") is None


def test_a_key_goes_only_over_an_encrypted_connection():
    with pytest.raises(DataError, match=r"http://example\.org is not encrypted: a key is sent only over https"):
        Session(Site("Manifold", "http://example.org", "Key", "MANIFOLD_API_KEY"), Key("abc", "X"))


# --- rates, addresses, errors -----------------------------------------------------------------------------------------


def test_a_rate_limit_waits_only_when_the_window_is_full():
    now = [0.0]
    waits = Waits()
    clock = Clock(monotonic=lambda: now[0], sleep=lambda s: (waits.append(s), now.__setitem__(0, now[0] + s)))
    limit = RateLimit(Rate(2, 10.0), clock)
    for at in (0.0, 1.0, 4.0):
        now[0] = max(now[0], at)
        limit.wait()
    assert waits == [6.0]
    limit.wait()
    assert waits == [6.0, 1.0]


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_knows_its_addresses(name):
    address, id = SERVICES[name].example
    assert locate(address) == locate(address.removeprefix("https://")) == locate(f"{name}:{id}") == (name, id)


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("https://manifold.markets/Someone/will-it-rain", ("manifold", "will-it-rain")),
        ("manifold.markets/Someone/will-it-rain", ("manifold", "will-it-rain")),
        ("manifold:P0R6uAC2nU", ("manifold", "P0R6uAC2nU")),
        ("https://www.metaculus.com/questions/34519/denmark/", ("metaculus", "34519")),
        ("https://polymarket.com/event/world-cup/will-spain-win", ("polymarket", "will-spain-win")),
        ("https://kalshi.com/markets/kxbtcd/bitcoin/kxbtcd-26aug1717", ("kalshi", "KXBTCD-26AUG1717")),
    ],
)
def test_addresses_name_a_service_and_an_id(address, place):
    assert locate(address) == place


@pytest.mark.parametrize("address", ["https://example.org/x", "manifold:", "https://manifold.markets/", "hello"])
def test_other_addresses_are_refused_with_the_forms_understood(address):
    with pytest.raises(UsageError, match=r"is no market's address: give its address on manifold, metaculus"):
        locate(address)


@pytest.mark.parametrize(
    ("case", "text"),
    [
        ("forecast_second_of_two_bad", "probability_yes should be between 0.001 and 0.999 (inclusive)"),
        ("forecast_missing_question", "question: This field is required."),
        ("forecast_body_not_a_list", 'Expected a list of items but got type "dict".'),
        ("recorded_2024-11-01_old_shape", "continuous_cdf invalid. Must be increasing, have 201 points"),
    ],
)
def test_errors_of_every_shape_are_read(case, text):
    import json

    body = saved("metaculus/errors.json")[case]["body"]
    assert reason(json.dumps(body).encode()).startswith(text)


def test_errors_keyed_by_index_are_read():
    assert reason(b'{"non_field_errors": {"1": {"non_field_errors": ["too high"]}}}') == "too high"


def test_the_clock_reads_utc():
    assert Clock().now().tzinfo is UTC
    assert abs((Clock().now() - datetime.now(UTC)).total_seconds()) < 60
