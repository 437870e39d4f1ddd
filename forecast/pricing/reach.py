"""The inverse question: the size, compute and day at which a score is reached, as distributions.

Of a family the chance that its next model reaches the score is worked out at several sizes; made to rise with size it
is the distribution of the least size that reaches it. The day on which a public model is so large, or on futures by
date on which anybody reaches the score, follows in the same draws.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from scale_forecast.data.errors import DataError
from scale_forecast.pricing.arrivals import Template
from scale_forecast.pricing.desk import Desk
from scale_forecast.pricing.model import DRAWS
from scale_forecast.pricing.sentences import why_unpriced
from scale_forecast.pricing.templates import families_in_scope, newcomer, template_of
from scale_forecast.resolvers.judge.futures import Untold
from scale_forecast.resolvers.kinds.base import Measured
from scale_forecast.resolvers.terms.scope import Scope

LEVELS = (0.1, 0.25, 0.5, 0.75, 0.9)
FINE = 200
"""Sizes between which a chance is read off by lines."""
YEARS = 10
"""Years ahead in which a model of some size may come."""
_MONTH = 30.4375


@dataclass(frozen=True)
class Reached:
    """When one family, any family or anybody reaches a score.

    ``table`` has a row a coordinate (``of``: compute, params, date): quantiles of what is needed, ``not_within`` (the
    probability that it is not reached within what was looked at) and ``looked_at`` (how far that was). A quantile that
    is not reached within it is missing.
    """

    table: pd.DataFrame
    said: tuple[str, ...]


def reach_of(desk: Desk, leaf: Measured, scope: Scope, *, anybody: bool) -> Reached:
    """By size of the families in scope (of ``anybody`` new ones too), and by date.

    Raises
    ------
    DataError
        Where neither a family has a score to start from, nor futures by date tell.
    """
    rows, said = [], []
    families = families_in_scope(desk, leaf, scope)
    made = [found for family in families if (found := template_of(desk, leaf, scope, family)) is not None]
    templates = [template for template, _, _ in made]
    if made and anybody and (fresh := newcomer(desk, leaf, scope, made[0][1], every=False)) is not None:
        templates.append(fresh)
    by_size = None
    if templates:
        grid, chance = _chance(templates)
        by_size = _sizes(grid, chance, desk.seed)
        rows += [
            _row("compute", 10.0**by_size, 10.0 ** grid[-1]),
            _row("params", _params(by_size), _params(grid[-1:])[0]),
        ]
        said += [f"{len(made)} families have scores on it: {', '.join(families)}", *(one[2][0] for one in made[:1])]
        said.append("parameters are those of dense models trained on 20 tokens for each")
    days, until = _days(desk, leaf, scope, by_size, anybody=anybody)
    if days is not None:
        rows.append(_summarise_days(days, until))
    if not rows:
        raise DataError(why_unpriced(desk, leaf, next(iter(scope.family), None), scope))
    return Reached(pd.DataFrame(rows), tuple(said))


def _chance(templates: Sequence[Template]) -> tuple[np.ndarray, np.ndarray]:
    """Sizes in decades, and P(reached by a model of that size or a smaller one), each family counting alike."""
    grid = np.linspace(min(t.compute[0] for t in templates), max(t.compute[-1] for t in templates), FINE)
    each = np.array([np.where(grid >= t.compute[0], t.at(grid, None), 0.0) for t in templates])
    known = np.array([grid >= t.compute[0] for t in templates])
    mean = (each * known).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    return grid, np.maximum.accumulate(mean)


def _sizes(grid: np.ndarray, chance: np.ndarray, seed: int) -> np.ndarray:
    """Draws of the least size that reaches it, (n,) decades; infinity for none that was looked at."""
    luck = (np.random.default_rng([seed, 23]).permutation(DRAWS) + 0.5) / DRAWS
    at = np.searchsorted(chance, luck)
    return np.where(at < len(grid), grid[np.minimum(at, len(grid) - 1)], np.inf)


def _params(compute: np.ndarray) -> np.ndarray:
    return (10.0**compute / 120.0) ** 0.5


def _days(
    desk: Desk, leaf: Measured, scope: Scope, by_size: np.ndarray | None, *, anybody: bool
) -> tuple[np.ndarray | None, dt.date]:
    """Draws of the day, NaT for none within what is looked at, and how far that is.

    Of anybody the first score by date; else the first day on which a public model is as large as it takes.
    """
    assert leaf.line is not None
    until = desk.as_of + dt.timedelta(days=round(365.25 * YEARS) - 1)
    if anybody and desk.futures is not None:
        try:
            return desk.futures.first_day(leaf, scope, leaf.line), until
        except Untold:
            pass
    if by_size is None or desk.frontier is None:
        return None, until
    days = [desk.as_of + dt.timedelta(days=round(_MONTH * month)) for month in range(12 * YEARS)]
    largest = np.array([desk.frontier.sample(day, DRAWS, desk.seed) for day in days])
    reached = largest >= by_size[None, :]
    first = np.array(days, dtype="datetime64[D]")[reached.argmax(axis=0)]
    return np.where(reached.any(axis=0), first, np.datetime64("NaT")), until


def _row(of: str, values: np.ndarray, furthest: float) -> dict[str, object]:
    ordered = np.sort(values)
    found = {level: ordered[min(int(np.ceil(level * len(values))), len(values)) - 1] for level in LEVELS}
    quantiles = {f"q{level * 100:02.0f}": f"{v:.3g}" if np.isfinite(v) else "" for level, v in found.items()}
    return {"of": of, **quantiles, "not_within": float(np.isinf(values).mean()), "looked_at": f"{furthest:.3g}"}


def _summarise_days(days: np.ndarray, until: dt.date) -> dict[str, object]:
    ordered = np.sort(days)  # those of no day come last
    found = {level: ordered[min(int(np.ceil(level * len(days))), len(days)) - 1] for level in LEVELS}
    quantiles = {f"q{level * 100:02.0f}": "" if np.isnat(v) else str(v) for level, v in found.items()}
    return {"of": "date", **quantiles, "not_within": float(np.isnat(days).mean()), "looked_at": f"{until}"}
