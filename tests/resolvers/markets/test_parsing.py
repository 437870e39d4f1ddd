"""Every recorded answer becomes a market, or a refusal that names what it is."""

import copy
import json
import random
from pathlib import Path

import pytest

from scale_forecast.data.errors import DataError
from scale_forecast.resolvers.markets import kalshi, manifold, metaculus, polymarket
from scale_forecast.resolvers.markets.market import Kind, Market, Status, Unsupported
from scale_forecast.resolvers.markets.questions import crowd_rows, questions_of
from scale_forecast.resolvers.markets.saved import read_one, read_saved
from scale_forecast.resolvers.markets.services import SERVICES
from scale_forecast.resolvers.markets.tables import market_table

pytestmark = pytest.mark.usefixtures("words_of_options")

SAVED = Path(__file__).parent.parent.parent / "fixtures" / "markets"

MARKETS = {
    "metaculus/post_binary_cp_closed.json": ("metaculus:34666", Kind.BINARY, Status.CLOSED),
    "metaculus/post_binary_cp_open.json": ("metaculus:34519", Kind.BINARY, Status.OPEN),
    "metaculus/post_binary_nocp_open.json": ("metaculus:29783", Kind.BINARY, Status.OPEN),
    "metaculus/post_binary_nocp_upcoming.json": ("metaculus:34752", Kind.BINARY, Status.UPCOMING),
    "metaculus/post_binary_resolved_constructed.json": ("metaculus:34666", Kind.BINARY, Status.RESOLVED),
    "metaculus/post_date_cp_open.json": ("metaculus:30596", Kind.DATE, Status.OPEN),
    "metaculus/post_date_nocp_open.json": ("metaculus:31818", Kind.DATE, Status.OPEN),
    "metaculus/post_discrete_cp_open.json": ("metaculus:38880", Kind.DISCRETE, Status.OPEN),
    "metaculus/post_multiple_choice_cp_closed.json": ("metaculus:34280", Kind.MULTIPLE_CHOICE, Status.CLOSED),
    "metaculus/post_multiple_choice_nocp_upcoming.json": ("metaculus:31858", Kind.MULTIPLE_CHOICE, Status.UPCOMING),
    "metaculus/post_multiple_choice_resolved_constructed.json": (
        "metaculus:34280",
        Kind.MULTIPLE_CHOICE,
        Status.RESOLVED,
    ),
    "metaculus/post_numeric_cp_closed.json": ("metaculus:34278", Kind.NUMERIC, Status.CLOSED),
    "metaculus/post_numeric_nocp_upcoming.json": ("metaculus:31656", Kind.NUMERIC, Status.UPCOMING),
    "metaculus/post_numeric_resolved_constructed.json": ("metaculus:34278", Kind.NUMERIC, Status.RESOLVED),
    "metaculus/openapi_examples.json": ("metaculus:3530", Kind.NUMERIC, Status.RESOLVED),
    "manifold/pymanifold_test_cancel_market.json": (
        "manifold:H8Dc6yCj4TkvJfoOitYr",
        Kind.MULTIPLE_CHOICE,
        Status.RESOLVED,
    ),
    "manifold/pymanifold_test_create_market_binary.json": ("manifold:JNz71KomjIuJ79bjpCJD", Kind.BINARY, Status.OPEN),
    "manifold/pymanifold_test_create_market_free_response.json": (
        "manifold:ymUrlWhajYVo5Mm98Mci",
        Kind.MULTIPLE_CHOICE,
        Status.OPEN,
    ),
    "manifold/pymanifold_test_create_market_multiple_choice.json": (
        "manifold:1e485Dt5uTkwz932tShV",
        Kind.MULTIPLE_CHOICE,
        Status.OPEN,
    ),
    "manifold/pymanifold_test_create_market_numeric.json": (None, Kind.NUMERIC, Status.OPEN),
    "manifold/pymanifold_test_get_market_by_id.json": ("manifold:rIR6mWqaO9xKLifr6cLL", Kind.BINARY, Status.RESOLVED),
    "manifold/pymanifold_test_get_markets.json": ("manifold:8gUQD1g6X4BuWZwT4CpZ", Kind.BINARY, Status.OPEN),
    "manifold/pymanifold_test_list_markets.json": ("manifold:muSc9gpSliwGWRP9EKOT", Kind.BINARY, Status.RESOLVED),
    "manifold/pymanifold_test_resolve_market_binary.json": (
        "manifold:l6jsJPhOWSztXtzqhpU7",
        Kind.BINARY,
        Status.RESOLVED,
    ),
    "manifold/pymanifold_test_resolve_market_free_resonse.json": (
        "manifold:qjwjSMWj1s8Hr21hVbPC",
        Kind.MULTIPLE_CHOICE,
        Status.RESOLVED,
    ),
    "manifold/pymanifold_test_resolve_market_multiple_choice.json": (
        "manifold:TEW8dlA3pxk3GalxeQkI",
        Kind.MULTIPLE_CHOICE,
        Status.RESOLVED,
    ),
    "manifold/pymanifold_test_resolve_market_pseudo_numeric.json": (
        "manifold:MIVgHSvQ1s9MRGpm9QUb",
        Kind.NUMERIC,
        Status.RESOLVED,
    ),
    "manifold/shapes_2026.json": ("manifold:P0R6uAC2nU", Kind.BINARY, Status.OPEN),
    "polymarket/shapes_verified_2026.json": ("polymarket:will-spain-win-...", Kind.BINARY, Status.OPEN),
    "kalshi/markets_captured_2026-08-17.json": ("kalshi:KXBTCD-26AUG1717-T72749.99", Kind.BINARY, Status.OPEN),
    "forecastbench/question_set_sample.json": ("forecastbench:manifold/SEIqqlqg8L", Kind.BINARY, Status.OPEN),
}
REFUSED = {
    "manifold/errors.json": "an error",
    "manifold/pymanifold_test_create_bet.json": "a Manifold bet",
    "manifold/pymanifold_test_create_bet_binary.json": "a Manifold bet",
    "manifold/pymanifold_test_list_bet__market.json": "a Manifold bet",
    "manifold/pymanifold_test_get_groups.json": "a Manifold group",
    "manifold/pymanifold_test_get_user.json": "a Manifold user",
    "metaculus/errors.json": "an error",
    "forecastbench/forecast_set_shape.json": "a ForecastBench forecast set",
    "forecastbench/resolution_set_sample.json": "a ForecastBench resolution set",
    "forecastbench/resolution_set_combos_sample.json": "a ForecastBench resolution set",
}


def one(name, id=None):
    return read_one(SAVED / name, id)


def test_the_tables_below_name_every_saved_answer():
    """A sample added without an expectation would be tested by nothing."""
    files = {str(file.relative_to(SAVED)) for file in SAVED.rglob("*.json")} - {"vectors.json"}
    assert files == set(MARKETS) | set(REFUSED)


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_has_an_answer_that_was_saved(name):
    assert [id for id, *_ in MARKETS.values() if id and id.startswith(f"{name}:")]


@pytest.mark.parametrize("name", MARKETS)
def test_a_recorded_answer_becomes_a_market(name):
    id, kind, status = MARKETS[name]
    markets, _ = read_saved(SAVED / name)
    market = markets[0]
    assert id in (None, market.name)
    assert (market.kind, market.status) == (kind, status)
    assert market.unknown == ()
    for found in markets:
        assert Market.model_validate_json(found.model_dump_json()) == found


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_market_is_refused_by_name(name):
    with pytest.raises(Unsupported, match=f"holds no market: it holds {REFUSED[name]}, which asks nothing"):
        read_saved(SAVED / name)


def test_metaculus_reads_the_crowd_and_tells_post_from_question():
    market = one("metaculus/post_binary_cp_open.json")
    assert (market.id, market.question_id) == ("34519", "34034")
    assert market.probability == 0.12
    assert market.history[0].probability == 0.5
    assert market.closes.isoformat() == "2026-01-01T04:59:00+00:00"


def test_metaculus_numeric_scale_crowd_and_own_scores():
    market = one("metaculus/post_numeric_resolved_constructed.json")
    assert (market.scale.range_min, market.scale.range_max, market.scale.count) == (460.0, 488.5, 200)
    assert market.scale.open_lower
    assert market.scale.open_upper
    assert len(market.cdf) == 201
    assert market.median == pytest.approx(460 + 28.5 * 0.5717664555373282)
    assert market.resolution == "474.25"
    assert market.scores["baseline_score"] == 0.0
    assert len(market.mine[-1].values) == 201


def test_metaculus_discrete_grid_has_one_point_more_than_outcomes():
    market = one("metaculus/post_discrete_cp_open.json")
    assert market.scale.count == 8
    assert len(market.cdf) == 9
    assert market.scale.bucket(3) == 4


def test_metaculus_options_carry_the_crowds_share():
    market = one("metaculus/post_multiple_choice_cp_closed.json")
    assert [option.label for option in market.options] == ["Less than 10", "10", "Greater than 10"]
    assert sum(option.probability for option in market.options) == pytest.approx(1.0)
    with pytest.raises(DataError, match=r"has no option '11'.*its options are Less than 10, 10, Greater than 10"):
        market.option("11")


def test_groups_and_conditionals_are_several_questions_and_notebooks_none():
    markets, _ = read_saved(SAVED / "metaculus/openapi_examples.json")
    names = [market.name for market in markets]
    assert {"metaculus:11480/10880", "metaculus:21475/21477", "metaculus:21475/21476"} <= set(names)
    with pytest.raises(Unsupported, match="metaculus:7 is a post without a question, such as a notebook"):
        metaculus.markets_of({"id": 7, "curation_status": "approved", "notebook": {}})


def test_manifold_pseudo_numeric_value_comes_from_its_log_scale():
    market = one("manifold/pymanifold_test_resolve_market_pseudo_numeric.json")
    assert float(market.resolution) == pytest.approx(2045.0)
    assert market.scale.to_unit(2045.0) == pytest.approx(0.7196933145315632)


def test_manifold_independent_and_dependent_answers_are_told_apart():
    market = one("manifold/shapes_2026.json", "qtUIl9NEh8")
    assert market.sums_to_one
    assert [option.probability for option in market.options] == [0.24, 0.76]


@pytest.mark.parametrize("type_", ["BOUNTIED_QUESTION", "POLL", "STONK", "PERP", "QUADRATIC_FUNDING", "HOLOGRAM"])
def test_manifold_types_without_a_probability_or_unknown_are_refused_by_name(type_):
    with pytest.raises(Unsupported, match=f"manifold:x is of type {type_}"):
        manifold.market_of({"id": "x", "question": "?", "outcomeType": type_})


def test_metaculus_types_unknown_to_us_are_refused_by_name():
    with pytest.raises(Unsupported, match="metaculus:1 is of type vibes, which this version does not know"):
        metaculus.markets_of({"id": 1, "question": {"id": 2, "title": "?", "type": "vibes"}})


def test_fields_nobody_documented_are_tolerated_and_named():
    payload = {"id": "x", "question": "?", "outcomeType": "BINARY", "probability": 0.5, "mood": "blue", "_note": 1}
    assert manifold.market_of(payload).unknown == ("mood",)


def test_a_close_in_the_year_33658_is_no_date():
    payload = {"id": "x", "question": "?", "outcomeType": "BINARY", "closeTime": 10**15}
    assert manifold.market_of(payload).closes is None


def test_polymarket_resolution_is_read_from_strings_in_strings():
    payload = {
        "conditionId": "0x1",
        "slug": "s",
        "question": "?",
        "outcomes": '["Yes", "No"]',
        "outcomePrices": '["1", "0"]',
        "closed": True,
        "closedTime": "2024-11-06 15:17:41+00",
        "umaResolutionStatus": "resolved",
    }
    market = polymarket.market_of(payload)
    assert (market.status, market.resolution) == (Status.RESOLVED, "yes")
    assert market.resolved_on.isoformat() == "2024-11-06T15:17:41+00:00"
    split = polymarket.market_of(payload | {"outcomePrices": '["0.5", "0.5"]'})
    assert (split.resolution, split.settled_at) == ("share", 0.5)
    teams = polymarket.market_of(payload | {"outcomes": '["Reds", "Blues"]', "outcomePrices": '["0", "1"]'})
    assert (teams.kind, teams.resolution) == (Kind.MULTIPLE_CHOICE, "Blues")


def test_kalshi_prices_are_strings_and_strikes_are_thresholds():
    market = one("kalshi/markets_captured_2026-08-17.json", "KXBTC15M-26AUG170100-00")
    assert market.probability == pytest.approx(0.9525)
    assert market.threshold == (">=", 63441.03)


@pytest.mark.parametrize(
    ("change", "probability"),
    [
        ({"yes_bid_dollars": "0.0000", "yes_ask_dollars": "1.0000", "last_price_dollars": "0.3000"}, 0.3),
        ({"yes_bid_dollars": "0.0000", "yes_ask_dollars": "1.0000", "last_price_dollars": "0.0000"}, None),
        ({"yes_bid": 40, "yes_ask": 44}, 0.42),
    ],
)
def test_kalshi_price_without_quotes_or_in_old_cents(change, probability):
    market = kalshi.market_of({"ticker": "T", "event_ticker": "E", "title": "?", "status": "active", **change})
    assert market.probability == (None if probability is None else pytest.approx(probability))


@pytest.mark.parametrize(("status", "resolution"), [("determined", None), ("disputed", None), ("finalized", "yes")])
def test_a_kalshi_result_counts_only_once_it_is_final(status, resolution):
    market = kalshi.market_of({"ticker": "T", "event_ticker": "E", "title": "?", "status": status, "result": "yes"})
    assert market.resolution == resolution


@pytest.mark.parametrize(
    ("result", "settled", "share"),
    [("scalar", "share", None), ("void", "annulled", None), ("", None, None)],
)
def test_a_kalshi_market_that_is_final_without_yes_or_no_is_settled_still(result, settled, share):
    final = {"ticker": "T", "event_ticker": "E", "title": "?", "status": "finalized", "result": result}
    assert (kalshi.market_of(final).resolution, kalshi.market_of(final).settled_at) == (settled, share)
    paid = kalshi.market_of({**final, "result": "scalar", "settlement_value_dollars": "0.5000"})
    assert (paid.resolution, paid.settled_at) == ("share", 0.5)


def test_forecastbench_dataset_questions_ask_once_a_date_and_name_it():
    markets, _ = read_saved(SAVED / "forecastbench/question_set_sample.json")
    mmm = [market for market in markets if market.id.startswith("yfinance/MMM@")]
    assert len(mmm) == 8
    assert "on 2026-03-08 be higher than its market close price on 2026-03-01" in mmm[0].title
    assert mmm[0].probability is None
    market = next(market for market in markets if market.id == "metaculus/40965")
    assert market.probability == 0.65


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("nope", "is not valid JSON (Expecting value) at line 1, column 1: copy or export it again"),
        ("[]", "holds no market: it holds nothing that we know"),
        ('{"id": "x", "outcomeType": "BINARY"}', "manifold:x has no 'question': save the service's whole answer"),
        (
            '{"id": "x", "outcomeType": "BINARY", "question": "?", "probability": 7}',
            "probability 7 is not a probability between 0 and 1",
        ),
        (
            '{"ticker": "T", "event_ticker": "E", "title": "?", "open_time": "soon"}',
            "open_time 'soon' is no date: save the service's whole answer",
        ),
    ],
)
def test_a_broken_file_is_refused_in_one_sentence(tmp_path, content, message):
    file = tmp_path / "saved.json"
    file.write_text(content)
    with pytest.raises(DataError) as refusal:
        read_one(file)
    assert str(refusal.value).endswith(message)


def test_a_file_of_many_asks_which():
    with pytest.raises(DataError, match=r"holds 18 markets: say which with --id, such as forecastbench:manifold"):
        one("forecastbench/question_set_sample.json")
    with pytest.raises(DataError, match=r"holds no market 'abc': it holds forecastbench:manifold"):
        one("forecastbench/question_set_sample.json", "abc")


def test_an_address_finds_its_market():
    address = "https://manifold.markets/Someone/will-anthropic-restore-access-to-fa"
    assert one("manifold/shapes_2026.json", address).id == "P0R6uAC2nU"
    assert (
        one("metaculus/post_binary_cp_open.json", "https://www.metaculus.com/questions/34519/some-words/").id == "34519"
    )


def test_recorded_numeric_payload_keeps_its_numbers():
    content = json.loads((SAVED / "metaculus/post_numeric_cp_closed.json").read_text())
    latest = content["response"]["question"]["aggregations"]["recency_weighted"]["latest"]
    assert one("metaculus/post_numeric_cp_closed.json").cdf == tuple(latest["forecast_values"])


JUNK = [None, "", "x", -1, 3.7, 10**30, True, [], {}, [1], {"a": 1}, float("nan"), ["x"], [None], "2020-13-45", "[1"]


def places(content):
    """Every spot in a payload that could hold something else."""
    for spot in content if isinstance(content, dict) else range(len(content)):
        yield content, spot
        if isinstance(content[spot], dict | list):
            yield from places(content[spot])


def mutilated(seed):
    """A saved answer with a field dropped or replaced, in up to three places."""
    chance = random.Random(seed)
    content = json.loads((SAVED / chance.choice(sorted(MARKETS))).read_text())
    for _ in range(chance.choice([1, 1, 3])):
        spots = list(places(content))
        if spots:
            holder, spot = chance.choice(spots)
            if isinstance(holder, dict) and chance.random() < 0.3:
                del holder[spot]
            else:
                holder[spot] = copy.deepcopy(chance.choice(JUNK))
    return content


@pytest.mark.parametrize("n", [100, 600])
def test_a_mutilated_answer_is_read_or_refused_never_a_traceback(tmp_path, n):
    """Services change their answers without notice: whatever comes, one sentence says that it is not understood."""
    file = tmp_path / "saved.json"
    refusals = []
    for seed in range(n):
        file.write_text(json.dumps(mutilated(seed)))
        try:
            markets, _ = read_saved(file)
            market_table(markets)
            for market in markets:
                crowd_rows(market, market.history)
                questions_of(market)
        except DataError as refusal:
            refusals.append(str(refusal))
    assert 0 < len(refusals) < n
    assert not any("\n" in refusal for refusal in refusals)
