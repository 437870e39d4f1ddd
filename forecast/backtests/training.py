"""What a predictor learns from: simulated past forecasts, made of nothing but what an exclusion allows."""

from __future__ import annotations

import zlib
from pathlib import Path

import numpy as np
import pandas as pd

from scale_forecast.cache.state import load_state, save_state, state_key
from scale_forecast.data.results import unit_names
from scale_forecast.inputs.folds import Exclusion, Fold, folds_of_models, held_out_models
from scale_forecast.inputs.panel import Panel
from scale_forecast.parallel import Workers, one_thread
from scale_forecast.predictors.base import Predictor
from scale_forecast.predictors.registry import identity, make
from scale_forecast.predictors.reversal import Reversal

TARGETS_PER_LINE = 6
MOST_TASKS = 60
FEWEST_TASKS = 4


class Trained:
    """Predictors trained for an exclusion, each once, and kept on disk where a folder is given.

    ``workers``, which may change between trainings, go through the past forecasts that are learned from.
    """

    def __init__(
        self,
        panel: Panel,
        cache: Path | None = None,
        *,
        workers: Workers | None = None,
    ) -> None:
        self._panel = panel
        self._cache = cache
        self.workers = workers or Workers()
        self._past: dict[Exclusion, list[Fold]] = {}
        self._fitted: dict[tuple[str | int, Exclusion], Predictor] = {}
        self._given: dict[int, Predictor] = {}
        self._reversals: dict[Exclusion, Reversal] = {}

    def get(self, predictor: str | Predictor, exclusion: Exclusion) -> Predictor:
        """A predictor, by name or a copy of an instance, having learned only from what ``exclusion`` allows."""
        if isinstance(predictor, str):
            of: str | int = predictor
        else:
            of = id(predictor)
            self._given[of] = predictor  # while it is held here, no other object has its id
        if (of, exclusion) not in self._fitted:
            self._fitted[of, exclusion] = self._load_or_fit(predictor, exclusion)
        return self._fitted[of, exclusion]

    def reversal(self, exclusion: Exclusion) -> Reversal:
        """What is known of falling tasks, likewise."""
        if exclusion not in self._reversals:
            self._reversals[exclusion] = Reversal().fit(self._panel.restrict(exclusion.allows(self._panel)))
        return self._reversals[exclusion]

    def _load_or_fit(self, predictor: str | Predictor, exclusion: Exclusion) -> Predictor:
        """From the cache where it is there; learned, and put there, where it is not."""
        name = identity(predictor)
        if self._cache is None or name is None:
            return self._fit_anew(predictor, exclusion)
        key = state_key(self._panel, name, exclusion)
        state = load_state(self._cache, key)
        if state is not None:
            return make(predictor).restore(state)
        learned = self._fit_anew(predictor, exclusion)
        save_state(self._cache, key, learned.state())
        return learned

    def _fit_anew(self, predictor: str | Predictor, exclusion: Exclusion) -> Predictor:
        if exclusion not in self._past:
            self._past = {exclusion: past_folds(self._panel, exclusion)}
        with one_thread():
            return make(predictor).fit(self._past[exclusion], self.workers)


def past_folds(panel: Panel, exclusion: Exclusion) -> list[Fold]:
    """Folds of known models, their evidence and truth taken only from rows the exclusion allows.

    Of each line at most `TARGETS_PER_LINE` models, those with most scores first; of each model at most `MOST_TASKS`
    units, chosen by a hash of their name, so that no line outweighs the others and nothing depends on chance.
    """
    allowed = panel.restrict(exclusion.allows(panel))
    if allowed.rows.empty:
        return []
    made = folds_of_models(allowed, _chosen_models(allowed), exclusion, "past")
    return [_thin(fold) for fold in made if len(fold.rows) >= FEWEST_TASKS]


def _chosen_models(allowed: Panel) -> pd.DataFrame:
    models = held_out_models(allowed)
    rows = allowed.rows
    final = rows["checkpoint"].isna().groupby([rows["family"], rows["model"]]).any().rename("final")
    count = rows.groupby(["family", "model"])["unit"].nunique().rename("n")
    models = models.join(final, on=["family", "model"]).join(count, on=["family", "model"])
    models = models[(models["n"] >= FEWEST_TASKS) & models["final"]]
    models["rank"] = models.groupby("family")["scale"].rank(ascending=False, method="first")
    models = models.sort_values(["line", "rank", "n", "family"], ascending=[True, True, False, True], kind="stable")
    return models.groupby("line", sort=True).head(TARGETS_PER_LINE)


def _thin(made: Fold) -> Fold:
    if len(made.rows) <= MOST_TASKS:
        return made
    names = unit_names(made.rows)
    order = np.argsort([zlib.crc32(repr(name).encode()) for name in names], kind="stable")
    return made.take(np.sort(order[:MOST_TASKS]))
