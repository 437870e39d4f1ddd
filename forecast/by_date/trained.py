"""What a day's forecasts by date rest on, trained once on the data known then and kept on disk.

A state rests on the data, not on the date: days on which the same rows are known share it, so a question of tomorrow
trains nothing anew.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from scale_forecast.by_date.fit import Parameters
from scale_forecast.by_date.forecasts import Trained, train
from scale_forecast.by_date.history import cut_by
from scale_forecast.by_date.spread import Spread
from scale_forecast.by_date.state import state_with
from scale_forecast.by_date.tables import Tables
from scale_forecast.by_date.world import newest_day, see
from scale_forecast.cache.fingerprint import code_fingerprint, library_versions
from scale_forecast.cache.state import load_state, save_state
from scale_forecast.data.errors import DataError

TRAINING = ("scale_forecast.by_date.forecasts",)
"""Where training starts: a state is another one where anything that this imports has changed."""
RELEASED = "release"
"""The `known_basis` of a score that is taken as known from the day on which its model was released."""
SCORES_A_SECOND = 250
"""Scores that a second of processor time learns from, in round numbers."""
WORTH_SAYING = 5
"""Seconds below which nobody is told to wait."""


def silent(sentence: str) -> None:
    """Where it goes that something is being learned when nobody asks."""


def train_on(
    tables: Tables,
    as_of: pd.Timestamp,
    reading: str = "dated",
    cache: Path | None = None,
    tell: Callable[[str], None] = silent,
) -> Trained:
    """The state of what was known on a day, from the cache where it is kept; ``tell`` is told what is learned anew.

    Raises
    ------
    DataError
        Where nothing was known by then.
    """
    known = cut_by(tables, pd.Timestamp(as_of), reading)
    if known.scores.empty:
        raise DataError(f"no score by date was known on {pd.Timestamp(as_of):%Y-%m-%d} ({reading} reading)")
    newest = newest_day(known, pd.Timestamp(as_of), reading)
    if cache is None:
        tell_learning(len(known.scores), tell)
        return train(known, newest, reading)
    key = _key(known, newest, reading)
    kept = load_state(cache, key)
    if kept is not None:
        return _restore(known, newest, reading, kept)
    tell_learning(len(known.scores), tell)
    trained = train(known, newest, reading)
    save_state(cache, key, _arrays(trained))
    return trained


def tell_learning(scores: int, tell: Callable[[str], None]) -> None:
    """Says what is being learned and about how long that takes, where it takes long.

    >>> tell_learning(7327, print)
    learning by date from 7,327 scores, once for these tables: about 30 seconds
    """
    seconds = scores / SCORES_A_SECOND
    if seconds > WORTH_SAYING:
        about = WORTH_SAYING * round(seconds / WORTH_SAYING)
        tell(f"learning by date from {scores:,} scores, once for these tables: about {about} seconds")


def widen(trained: Trained, tables: Tables, as_of: pd.Timestamp) -> Trained:
    """The same with the tests that it knows nothing of, whose scores count from the day of release.

    Nothing is trained anew: such a test has the usual error and loading.
    """
    reading, old = trained.state.world.reading, trained.state.parameters
    told = tables.scores["task"].isin(trained.state.world.tasks.index)
    scores = tables.scores.assign(known_basis=tables.scores["known_basis"].where(told, RELEASED))
    known = cut_by(replace(tables, scores=scores), as_of, reading)
    world = see(known, newest_day(known, as_of, reading), reading)
    new = [str(name) for name in world.tasks.index if name not in old.loadings]
    parameters = replace(
        old, errors=dict.fromkeys(new, old.error) | old.errors, loadings=dict.fromkeys(new, 1.0) | old.loadings
    )
    return replace(trained, state=state_with(world, parameters))


def _key(known: Tables, newest: pd.Timestamp, reading: str) -> str:
    digest = hashlib.sha256("|".join([code_fingerprint(TRAINING), *library_versions(), reading, str(newest)]).encode())
    for table in (known.scores, known.releases, known.benchmarks):
        digest.update("|".join(table.columns).encode())
        digest.update(np.sort(pd.util.hash_pandas_object(table, index=False).to_numpy()).tobytes())
    return f"by-date-{digest.hexdigest()[:24]}"


def parameter_arrays(parameters: Parameters) -> dict[str, np.ndarray]:
    """Parameters as arrays, to be kept."""
    tasks = sorted(parameters.loadings)
    return {
        "ability": parameters.ability,
        "task": parameters.task,
        "offset_and_error": np.array([parameters.offset, parameters.error]),
        "tasks": np.array(tasks, dtype=str),
        "errors": np.array([parameters.errors[name] for name in tasks]),
        "loadings": np.array([parameters.loadings[name] for name in tasks]),
    }


def restored_parameters(kept: dict[str, np.ndarray]) -> Parameters:
    """The parameters that `parameter_arrays` made arrays of."""
    tasks = kept["tasks"].tolist()
    offset, error = kept["offset_and_error"].tolist()
    return Parameters(
        kept["ability"],
        kept["task"],
        offset,
        error,
        dict(zip(tasks, kept["errors"].tolist(), strict=True)),
        dict(zip(tasks, kept["loadings"].tolist(), strict=True)),
    )


def _arrays(trained: Trained) -> dict[str, np.ndarray]:
    spread = trained.spread
    return parameter_arrays(trained.state.parameters) | {
        "years": spread.years,
        "numbers": spread.numbers,
        "seen": spread.seen,
        "windows": spread.windows,
        "past_reading": np.array([trained.past_reading], dtype=str),
    }


def _restore(known: Tables, newest: pd.Timestamp, reading: str, kept: dict[str, np.ndarray]) -> Trained:
    spread = Spread(kept["years"], kept["numbers"], kept["seen"], kept["windows"])
    state = state_with(see(known, newest, reading), restored_parameters(kept))
    return Trained(state, spread, str(kept["past_reading"][0]))
