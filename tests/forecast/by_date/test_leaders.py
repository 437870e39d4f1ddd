"""Leads last as they lasted: counted in closed windows by what was known, and dealt to draws."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from scale_forecast.by_date.leaders import PRIOR, SHARE, TRUST, Lasting, count_lasting, keeps_lead
from scale_forecast.by_date.world import see
from tests.forecast.by_date.tables import AS_OF, tables


@pytest.fixture(scope="module")
def world():
    return see(tables(), AS_OF, "release")


def test_leads_are_counted_by_rows_known_on_the_day_alone(world):
    found = count_lasting(world, "release")
    assert found.windows[0] > 0
    assert ((found.shares > 0.0) & (found.shares < 1.0)).all()
    later = tables()
    ahead = later.scores.assign(
        score=0.999, known_on=AS_OF + pd.Timedelta(days=1), seen_on=AS_OF + pd.Timedelta(days=1)
    )
    more = type(later)(pd.concat([later.scores, ahead]), later.releases, later.benchmarks)
    assert count_lasting(see(more, AS_OF, "release"), "release").shares.tolist() == found.shares.tolist()


def test_a_change_of_leader_that_was_known_makes_leads_last_less(world):
    """Against the same rows, of which one organisation's are now the best of all: there the lead never changes."""
    makers = world.rows["model"].map(world.models["organisation"])
    never = replace(world, rows=world.rows.assign(score=np.where(makers == makers.iloc[0], 0.99, 0.01)))
    changed, kept = count_lasting(world, "release"), count_lasting(never, "release")
    assert (changed.shares < kept.shares)[changed.windows > 0].all()
    assert kept.shares[0] == pytest.approx((kept.windows[0] + TRUST * PRIOR) / (kept.windows[0] + TRUST))


def test_a_lead_is_kept_as_often_as_half_way_to_how_long_leads_lasted():
    rng = np.random.default_rng(0)
    own = np.repeat(rng.random(4000)[:, None] < 0.3, 2, axis=1)
    stays = np.array([0.8, 0.2])
    kept = keeps_lead(own, stays, rng.random(4000))
    assert not (kept & own).any()
    after = (own | kept).mean(axis=0)
    assert after[0] == pytest.approx(own.mean() + SHARE * (0.8 - own.mean()), abs=0.02)
    assert after[1] == own[:, 1].mean()


def test_leads_never_last_longer_the_later():
    stays = Lasting(np.array([0.8, 0.7, 0.5]), np.zeros(3)).stays(np.array([0.0, 0.1, 0.25, 0.5, 1.0, 3.0]))
    assert (stays[0], stays[-1]) == (1.0, 0.5)
    assert (np.diff(stays) <= 0).all()
