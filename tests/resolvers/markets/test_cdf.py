"""One distribution on a service's grid: accepted by every rule, and as near as the rules allow."""

import numpy as np
import pytest
from scipy.optimize import LinearConstraint, minimize
from scipy.special import betainc, expit, ndtr

from scale_forecast.data.errors import DataError
from scale_forecast.resolvers.markets.cdf import admissible_cdf, cdf_of_quantiles
from scale_forecast.resolvers.markets.rules import cdf_complaints, step_limits
from scale_forecast.resolvers.markets.scale import Scale

FINE = 8
"""Points a bucket when measuring what is lost, so that mass between two points of the grid counts."""
DAY = 86400.0
FORCED = 1 / 120 + 2e-4
"""Lost when all mass lies on a closed end: the CDF must be 0 there and climb at most 0.2 in each of five buckets, and a
ramp of width w loses w/3; the small rest is the least step everywhere else. No admissible CDF loses less."""


def random_scale(rng):
    """Linear, logarithmic, date and discrete questions with every combination of open and closed ends."""
    open_lower, open_upper = (bool(b) for b in rng.integers(2, size=2))
    kind = rng.choice(["linear", "log", "date", "discrete"], p=[0.5, 0.2, 0.15, 0.15])
    if kind == "linear":
        low = rng.normal(0, 100)
        return Scale(low, low + 10 ** rng.uniform(-3, 6), None, open_lower, open_upper)
    if kind == "log":
        return Scale(1.0, 10 ** rng.uniform(0.5, 10), 0.0, open_lower, open_upper)
    if kind == "date":
        start = rng.integers(1_500_000_000, 2_000_000_000)
        return Scale(start, start + DAY * rng.integers(10, 20_000), None, open_lower, open_upper)
    count = int(rng.integers(2, 200))
    return Scale(-0.5, count - 0.5, None, open_lower, open_upper, count)


def random_distribution(rng, u):
    """Cumulative probabilities at positions ``u``: from a hundred-thousandth of the range to wider than it."""
    kind = rng.choice(["normal", "logistic", "beta", "mixture", "point"], p=[0.4, 0.2, 0.15, 0.2, 0.05])
    centre, width = rng.uniform(0.0, 1.0), 10 ** rng.uniform(-5, 0.5)
    if kind == "normal":
        return ndtr((u - centre) / width)
    if kind == "logistic":
        return expit((u - centre) / width)
    if kind == "beta":
        return betainc(*(10 ** rng.uniform(-0.5, 4, size=2)), u)
    if kind == "point":
        return (u >= centre).astype(float)
    share = rng.uniform(0.02, 0.98)
    return share * ndtr((u - centre) / width) + (1 - share) * ndtr((u - rng.uniform()) / (3 * width))


def inside_closed_ends(wanted, scale):
    """An outcome cannot lie beyond a closed end: mass there counts as lying on it."""
    wanted = wanted.copy()
    if not scale.open_lower:
        wanted[0] = 0.0
    if not scale.open_upper:
        wanted[-1] = 1.0
    return wanted


def crps_loss(wanted, sent, *, discrete):
    """Expected CRPS given up by sending one CDF when another, on a grid `FINE` times finer, holds, in shares of the
    range: of a bucket the probabilities between buckets alone count."""
    if discrete:
        between = wanted[::FINE] - sent
        return (between[1:-1] ** 2).sum() / (len(sent) - 1)
    fine = np.linspace(0.0, 1.0, len(wanted))
    gap = wanted - np.interp(fine, np.linspace(0.0, 1.0, len(sent)), sent)
    left, right = gap[:-1], gap[1:]
    return ((left**2 + left * right + right**2) / 3.0).mean()


def send(rng):
    """One random question and distribution: what is lost, whether mass piles up on a closed end, and any complaint."""
    scale = random_scale(rng)
    discrete = scale.range_min == -0.5
    u = np.linspace(0.0, 1.0, FINE * scale.count + 1)
    wanted = inside_closed_ends(random_distribution(rng, u), scale)
    sent = admissible_cdf(wanted[::FINE], scale)
    complaints = cdf_complaints(sent, scale.count, scale.open_lower, scale.open_upper)
    below, above = wanted[FINE] - wanted[0] > 0.5, wanted[-1] - wanted[-1 - FINE] > 0.5
    piled = bool(below and not scale.open_lower) or bool(above and not scale.open_upper)
    return crps_loss(wanted, sent, discrete=discrete), piled, complaints


@pytest.mark.parametrize("n", [500, 3_000, pytest.param(20_000, marks=pytest.mark.slow)])
def test_random_distributions_pass_every_rule_and_lose_at_most_five_thousandths(n):
    """Of 20,000 the documented helper of the service has 6,475 refused. Mass piled in the bucket at a closed end costs
    what the rules force; everywhere else the promise holds."""
    rng = np.random.default_rng(8)
    lost, piled, complaints = zip(*(send(rng) for _ in range(n)), strict=True)
    lost, piled = np.array(lost), np.array(piled)
    assert not any(complaints)
    assert piled.mean() < 0.04
    assert lost[~piled].max() <= 0.005
    assert lost.max() <= FORCED
    assert lost.mean() <= 0.001


@pytest.mark.parametrize("seed", range(12))
def test_no_admissible_cdf_is_nearer(seed):
    """Where only the cap binds, a general solver with the same constraints finds nothing nearer in squares."""
    rng = np.random.default_rng(seed)
    scale = Scale(0.0, 1.0, None, True, bool(seed % 2), count=200)
    u = np.linspace(0, 1, 201)
    sharp = ndtr((u - rng.uniform(0.1, 0.9)) / 10 ** rng.uniform(-4, -2.3))
    wanted = 0.002 + (0.018 if scale.open_upper else 0.02) * u + 0.978 * sharp
    sent = admissible_cdf(wanted, scale)
    least, most = step_limits(scale.count)
    near = np.arange(max(0, sharp.searchsorted(0.5) - 15), min(200, sharp.searchsorted(0.5) + 15) + 1)
    steps = np.diff(np.eye(len(near)), axis=0)
    ends = [(sent[near[0]],) * 2, *[(0, 1)] * (len(near) - 2), (sent[near[-1]],) * 2]
    other = minimize(
        lambda x: ((x - wanted[near]) ** 2).sum(),
        np.linspace(sent[near[0]], sent[near[-1]], len(near)),
        jac=lambda x: 2 * (x - wanted[near]),
        bounds=ends,
        constraints=[LinearConstraint(steps, least, most)],
        method="SLSQP",
        options={"maxiter": 500, "ftol": 1e-12},
    )
    assert ((sent - wanted)[near] ** 2).sum() <= other.fun + 1e-6


@pytest.mark.parametrize("seed", range(6))
def test_least_steps_cost_the_least_log_score(seed):
    """Where only the floor binds, every other admissible set of masses has a lower expected log score."""
    rng = np.random.default_rng(seed)
    scale = Scale(0.0, 1.0)
    mass = np.diff(ndtr((np.linspace(0, 1, 201) - rng.uniform(0.3, 0.7)) / 0.05))
    mass /= mass.sum()
    sent = np.diff(admissible_cdf(np.concatenate([[0.0], np.cumsum(mass)]), scale))
    best = (mass * np.log(sent)).sum()
    for _ in range(200):
        other = np.maximum(sent * np.exp(rng.normal(0, 0.3, 200)), 0.0)
        other = 5e-5 + other * (1 - 200 * 5e-5) / other.sum()
        assert (mass * np.log(other)).sum() < best


@pytest.mark.parametrize("open_lower", [False, True])
@pytest.mark.parametrize("open_upper", [False, True])
@pytest.mark.parametrize("inside", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("below", [0.0, 0.5, 1.0])
def test_mass_wholly_outside_the_range_still_gives_an_admissible_cdf(open_lower, open_upper, inside, below):
    """The documented helper divides by zero when all mass lies beyond a closed end."""
    scale = Scale(0.0, 1.0, None, open_lower, open_upper)
    outside = 1 - inside
    wanted = outside * below + inside * np.linspace(0, 1, 201)
    sent = admissible_cdf(wanted, scale)
    assert cdf_complaints(sent, 200, open_lower, open_upper) == []
    if open_lower and open_upper and inside > 0.02:
        assert sent[0] == pytest.approx(max(outside * below, 0.001))
        assert 1 - sent[-1] == pytest.approx(max(outside * (1 - below), 0.001))


@pytest.mark.parametrize("centre", [0.0005, 0.03, 0.5, 0.999])
def test_mass_spills_over_an_open_end_only_when_its_buckets_are_full(centre):
    """At most one bucket's worth; away from the ends not at all, and never over a closed end."""
    u = np.linspace(0, 1, 201)
    wanted = ndtr((u - centre) / 1e-4)
    both = admissible_cdf(wanted, Scale(0.0, 1.0, None, True, True))
    full = (centre < 0.01, centre > 0.99)
    assert [both[0] > 0.0011, both[-1] < 0.9989] == list(full)
    assert both[0] <= 0.2
    assert both[-1] >= 0.8
    closed = admissible_cdf(wanted, Scale(0.0, 1.0))
    assert (closed[0], closed[-1]) == (0.0, 1.0)


def test_a_cdf_within_the_rules_is_sent_as_it_is():
    wanted = ndtr((np.linspace(0, 1, 201) - 0.5) / 0.1)
    wanted = 0.001 + 0.011 * np.linspace(0, 1, 201) + 0.98 * wanted
    assert np.abs(admissible_cdf(wanted, Scale(0.0, 1.0, None, True, True)) - wanted).max() < 1e-9


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        (np.linspace(0, 1, 200), "a CDF of 200 points: this question's grid has 201"),
        (np.linspace(0, 2, 201), "a CDF holds values that are no probabilities: give numbers between 0 and 1"),
        (np.full(201, np.nan), "a CDF holds values that are no probabilities: give numbers between 0 and 1"),
        (
            [*np.linspace(0.5, 0.3, 2), *np.ones(199)],
            "a CDF falls from point 1 to point 2: give cumulative probabilities",
        ),
    ],
)
def test_what_is_no_cdf_is_refused_with_advice(wanted, message):
    with pytest.raises(DataError) as refusal:
        admissible_cdf(wanted, Scale(0.0, 1.0))
    assert str(refusal.value) == message


def test_quantiles_come_back_from_their_cdf():
    levels, values = np.array([0.05, 0.25, 0.5, 0.75, 0.95]), np.array([0.2, 0.3, 0.35, 0.5, 0.9])
    assert cdf_of_quantiles(levels, values, values) == pytest.approx(levels)


def test_normal_quantiles_give_the_normal_cdf_tails_included():
    at = np.linspace(-6, 6, 101)
    levels = np.array([0.05, 0.5, 0.95])
    values = 2.0 * np.array([-1.6448536269514722, 0.0, 1.6448536269514722])
    assert cdf_of_quantiles(levels, values, at) == pytest.approx(ndtr(at / 2.0), abs=1e-12)


def test_equal_quantiles_are_a_point_mass():
    levels = np.array([0.1, 0.5, 0.9])
    below, above = cdf_of_quantiles(levels, np.array([3.0, 3.0, 3.0]), np.array([2.999, 3.0]))
    assert (below, above) == (0.0, 1.0)
    at = np.array([2.9999, 3.0, 3.0001])
    before, here, after = cdf_of_quantiles(levels, np.array([3.0, 3.0, 4.0]), at)
    assert before == pytest.approx(0.1, abs=1e-3)
    assert here == pytest.approx(0.5)
    assert after == pytest.approx(0.5, abs=1e-3)


@pytest.mark.parametrize(
    ("levels", "values", "part"),
    [
        ([0.5], [1.0], "give at least two of each"),
        ([0.1, 0.1], [1.0, 2.0], "levels of quantiles must rise"),
        ([0.0, 0.5], [1.0, 2.0], "levels of quantiles must rise"),
        ([0.1, 0.5], [2.0, 1.0], "must not fall"),
        ([0.1, 0.5], [2.0, np.inf], "must be finite"),
    ],
)
def test_quantiles_that_are_none_are_refused(levels, values, part):
    with pytest.raises(DataError, match=part):
        cdf_of_quantiles(levels, values, np.array([0.0]))
