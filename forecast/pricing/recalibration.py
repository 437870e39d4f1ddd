"""What settled questions of other lines say about our probabilities: base rates, and a map for every kind of event.

The questions are the factory's, on simulated past forecasts made of nothing but what an exclusion allows. Each group of
lines is forecast by a predictor trained without it, so that the map corrects what a new line would meet.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Self

import numpy as np
import pandas as pd

from scale_forecast.backtests.training import past_folds
from scale_forecast.cache.state import load_state, save_state, state_key
from scale_forecast.data.load import Tables
from scale_forecast.inputs.folds import Exclusion, Fold
from scale_forecast.inputs.panel import Panel
from scale_forecast.parallel import Workers, one_thread
from scale_forecast.predictors.base import Predictor
from scale_forecast.predictors.registry import identity, make
from scale_forecast.predictors.reversal import Reversal
from scale_forecast.pricing import made_questions as factory
from scale_forecast.pricing.maps import FEWEST, IDENTITY, Map, chosen_map, resampled_map
from scale_forecast.pricing.model import PricedModel
from scale_forecast.pricing.questions import raw_on

GROUPS = 3
MOST = {"threshold": 12, "gain": 10, "comparison": 10, "recovery": 30, "reversal": 30, "u_shape": 30}
"""Questions of each kind on one past model."""
KINDS = tuple(MOST)
TYPICAL = 2.0
"""A base rate is held towards one half as by this many questions."""


NOTHING = pd.DataFrame({"kind": [], "line": [], "raw": [], "happened": []}).astype({"kind": "str", "line": "str"})


@dataclass(frozen=True)
class Recalibration:
    """Settled questions of the past, and what is learned from them.

    Attributes
    ----------
    settled : DataFrame
        ``kind, line, raw`` (our probability) and ``happened``; one row a question.
    """

    settled: pd.DataFrame

    @classmethod
    def learn(
        cls, panel: Panel, tables: Tables, exclusion: Exclusion, predictor: str, *, cache: Path | None = None,
        workers: Workers | None = None,
    ) -> Self:  # fmt: skip
        """From what ``exclusion`` allows; kept on disk where a folder is given."""
        key = state_key(panel, f"questions-{identity(predictor)}", exclusion)
        state = None if cache is None else load_state(cache, key)
        if state is not None:
            return cls(pd.DataFrame(state))
        with one_thread():
            found = cls(_settled_past(panel, tables, exclusion, predictor, workers or Workers()))
        if cache is not None:
            columns = {str(name): column.to_numpy() for name, column in found.settled.items()}
            save_state(cache, key, {name: v if v.dtype != object else v.astype(str) for name, v in columns.items()})
        return found

    @cached_property
    def chosen(self) -> dict[str, tuple[str, Map]]:
        """By kind the form of its map, and the map."""
        return {kind: self._fit_map(kind) for kind in KINDS}

    @cached_property
    def maps(self) -> dict[str, Map]:
        """By kind, where it is not the identity."""
        return {kind: found for kind, (_, found) in self.chosen.items() if found is not IDENTITY}

    def _fit_map(self, kind: str) -> tuple[str, Map]:
        part = self.of(kind)
        return chosen_map(part["raw"].to_numpy(), part["happened"].to_numpy(), part["line"].to_numpy())

    def of(self, kind: str) -> pd.DataFrame:
        """The settled questions of one kind."""
        return self.settled[self.settled["kind"] == kind]

    def resample(self, kind: str, seed: int) -> dict[str, Map]:
        """Maps in which that of one kind is fitted to lines drawn anew, logistic whatever was chosen."""
        part = self.of(kind)
        if len(part) < FEWEST:
            return dict(self.maps)
        drawn = resampled_map(*(part[name].to_numpy() for name in ("raw", "happened", "line")), seed=seed)
        return {**self.maps, kind: drawn}

    def base_rate(self, kind: str) -> tuple[float, int]:
        """How often questions of a kind came out yes, a line weighing as the root of its number; and their number."""
        part = self.of(kind)
        code = np.unique(part["line"].to_numpy(), return_inverse=True)[1]
        weight = np.bincount(code)[code] ** -0.5 if len(code) else np.zeros(0)
        happened = float(weight @ part["happened"].to_numpy(dtype=float))
        return (happened + 0.5 * TYPICAL) / (float(weight.sum()) + TYPICAL), len(part)


def _settled_past(panel: Panel, tables: Tables, exclusion: Exclusion, predictor: str, workers: Workers) -> pd.DataFrame:
    allowed = panel.restrict(exclusion.allows(panel))
    past = past_folds(panel, exclusion)
    parts = [NOTHING]
    for group in _groups(past):
        trained = make(predictor).fit([fold for fold in past if fold.target.line not in group], workers)
        others = ~allowed.rows["line"].isin(group).to_numpy()
        reversal = Reversal().fit(allowed.take(others))
        work = functools.partial(_settle_fold, panel=allowed, tables=tables, trained=trained, reversal=reversal)
        parts += workers.map(work, [fold for fold in past if fold.target.line in group])
    return pd.concat(parts, ignore_index=True)


def _settle_fold(fold: Fold, panel: Panel, tables: Tables, trained: Predictor, reversal: Reversal) -> pd.DataFrame:
    asked = factory.questions_of(fold, panel, most=MOST)
    happened = factory.settle_questions(asked, fold, panel, tables)
    model = PricedModel(trained.predict(fold.rows, fold.evidence), fold.evidence, reversal=reversal)
    table = pd.DataFrame(
        {
            "kind": [one.kind for one in asked],
            "line": fold.target.line,
            "raw": [raw_on(model, *one.question.criterion.leaves()) for one in asked],
            "happened": happened,
        }
    )
    return table[np.isfinite(happened)]


def _groups(past: Sequence[Fold]) -> list[set[str]]:
    """Lines in `GROUPS` parts of about equally many past forecasts; fewer where there are few lines."""
    count: dict[str, int] = {}
    for fold in past:
        count[fold.target.line] = count.get(fold.target.line, 0) + len(fold.rows)
    groups: list[set[str]] = [set() for _ in range(min(GROUPS, len(count)))]
    for line in sorted(count, key=lambda name: (-count[name], name)):
        min(groups, key=lambda group: sum(count[name] for name in group)).add(line)
    return groups
