"""Views of a score."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scale_forecast.data.noise import binomial_stderr
from scale_forecast.features.links import LINKS, Limits, link, link_slope, link_stderr, unlink
from tests.thorough import tries

CURVED = [view for view in LINKS if view not in ("raw", "normalised")]
shares = st.floats(0.0, 1.0)


@st.composite
def limits(draw):
    chance = draw(st.one_of(st.just(np.nan), st.floats(0.0, 0.6)))
    low, high = sorted((draw(shares), draw(shares)))
    return Limits(
        chance=chance,
        ceiling=draw(st.one_of(st.just(np.nan), st.floats(0.8, 1.0))),
        n_examples=draw(st.one_of(st.just(np.nan), st.integers(1, 20000))),
        is_share=draw(st.booleans()),
        higher_is_better=draw(st.booleans()),
        low=low,
        high=high,
    )


def better(score, given_limits):
    return score if given_limits.higher_is_better else -score


@pytest.mark.parametrize("view", LINKS)
@settings(max_examples=tries(40), deadline=None, derandomize=True)
@given(score=shares, given_limits=limits())
def test_every_view_of_every_score_is_finite(view, score, given_limits):
    assert np.isfinite(link(score, view, given_limits))
    assert np.isfinite(link_slope(score, view, given_limits))


@pytest.mark.parametrize("view", LINKS)
@settings(max_examples=tries(40), deadline=None, derandomize=True)
@given(score=shares, given_limits=limits())
def test_a_view_read_back_and_taken_again_is_the_same_view(view, score, given_limits):
    value = link(score, view, given_limits)
    assert link(unlink(value, view, given_limits), view, given_limits) == pytest.approx(value, abs=1e-6)


@pytest.mark.parametrize("view", LINKS)
@settings(max_examples=tries(40), deadline=None, derandomize=True)
@given(score=st.floats(0.65, 0.75), given_limits=limits())
def test_a_score_well_inside_its_limits_comes_back_from_every_view(view, score, given_limits):
    if given_limits.n_examples < 100 or (view == "range_logit" and not given_limits.low <= score <= given_limits.high):
        return
    assert unlink(link(score, view, given_limits), view, given_limits) == pytest.approx(score, abs=1e-9)


@pytest.mark.parametrize("view", LINKS)
@settings(max_examples=tries(40), deadline=None, derandomize=True)
@given(a=shares, b=shares, given_limits=limits())
def test_a_better_score_is_never_lower_in_any_view(view, a, b, given_limits):
    worse, good = sorted((a, b), key=lambda s: better(s, given_limits))
    assert link(worse, view, given_limits) <= link(good, view, given_limits)


@pytest.mark.parametrize("view", LINKS)
def test_a_better_score_inside_the_limits_is_higher_in_every_view(view):
    scores = np.linspace(0.35, 0.9, 50)
    for shared in (Limits(chance=0.25, n_examples=500), Limits(is_share=False, higher_is_better=False)):
        value = link(scores if shared.is_share else scores[::-1], view, shared)
        assert (np.diff(value) > 0).all()


@pytest.mark.parametrize("view", CURVED)
@pytest.mark.parametrize("score", [0.0, 0.2, 0.25])
def test_at_or_below_chance_the_view_is_finite_and_the_same_for_all(view, score):
    """Only views anchored at chance promise it; a below-chance score still differs where a view has no limit there."""
    shared = Limits(chance=0.25, n_examples=250)
    value = link(score, view, shared)
    assert np.isfinite(value)
    if view in ("normalised_logit", "law"):
        assert value == link(0.25, view, shared)


def test_a_score_at_chance_is_uncertain_by_about_two_logits_whatever_the_test_set():
    for n in (50, 250, 10000):
        shared = Limits(chance=0.25, n_examples=n)
        stderr = link_stderr(0.25, binomial_stderr(0.25, n), "normalised_logit", shared)
        assert 1.8 < stderr < 2.3


@pytest.mark.parametrize("view", LINKS)
def test_the_slope_is_the_derivative(view):
    scores = np.linspace(0.4, 0.9, 11)
    for shared in (
        Limits(chance=0.25, ceiling=0.98, n_examples=1000),
        Limits(higher_is_better=False, n_examples=1000),
        Limits(is_share=False, higher_is_better=False),
    ):
        step = 1e-6
        numeric = (link(scores + step, view, shared) - link(scores - step, view, shared)) / (2 * step)
        assert np.abs(numeric) == pytest.approx(link_slope(scores, view, shared), rel=1e-5)


def test_known_values():
    """q = (0.7 - 0.25) / 0.75 = 0.6 by hand."""
    shared = Limits(chance=0.25, n_examples=1000, low=0.4, high=0.8)
    expected = {
        "raw": 0.7,
        "logit": np.log(0.7 / 0.3),
        "log_error": -np.log(0.4),
        "normalised": 0.6,
        "normalised_logit": np.log(0.6 / 0.4),
        "range_logit": np.log((0.7 - 0.36) / (0.82 - 0.7)),
        "law": -np.log(-np.log(0.6)),
    }
    assert {view: float(link(0.7, view, shared)) for view in LINKS} == pytest.approx(expected)


def test_a_loss_is_its_negative_logarithm_in_every_view_beside_shares():
    mixed = Limits(chance=[0.25, np.nan], is_share=[True, False], higher_is_better=[True, False])
    for view in LINKS:
        value = link([0.7, 2.5], view, mixed)
        assert value[1] == pytest.approx(-np.log(2.5))
        assert unlink(value, view, mixed) == pytest.approx([0.7, 2.5])


def test_a_rating_rises_with_its_view_as_a_loss_falls():
    sizes = Limits(is_share=[False, False], higher_is_better=[True, False])
    for view in LINKS:
        value = link([1200.0, 1200.0], view, sizes)
        assert value == pytest.approx([np.log(1200.0), -np.log(1200.0)])
        assert unlink(value, view, sizes) == pytest.approx([1200.0, 1200.0])


def test_limits_of_series_broadcast_over_their_scores():
    shared = Limits(chance=np.array([0.25, 0.5]), n_examples=np.array([100.0, 200.0]))
    table = np.array([[0.3, 0.6, np.nan], [0.55, 0.9, 0.95]])
    whole = link(table, "normalised_logit", shared.column)
    assert whole[1].tolist() == link(table[1], "normalised_logit", shared[1]).tolist()
    assert np.isnan(whole[0, 2])
