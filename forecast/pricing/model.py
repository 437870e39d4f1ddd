"""The events of one upcoming model: what each measured criterion comes to, read off its joint distribution.

The kind of a criterion says itself at which scores its event happens (`resolvers.kinds`); the forecast says how likely
those are. For a fall that may turn, what past falls did counts too (`predictors.reversal`).
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit

from scale_forecast.data.names import fold
from scale_forecast.data.names.keys import name_key, name_keys, same_test
from scale_forecast.data.noise import binomial_stderr, standard_error
from scale_forecast.distribution import Forecast
from scale_forecast.inputs.panel import Panel
from scale_forecast.predictors.events import prob_gain
from scale_forecast.predictors.reversal import EVENTS, Reversal
from scale_forecast.pricing.maps import Map
from scale_forecast.pricing.space import Event, ranks
from scale_forecast.resolvers.judge.events import Draws
from scale_forecast.resolvers.kinds.base import Measured
from scale_forecast.resolvers.terms.scope import WAYS, Scope

Rival = tuple[Any, Any]
"""Score and standard error of the side to beat: numbers, or (k,) arrays of equally likely ones."""
DRAWS = 1000
RIVAL_LEVELS = (np.arange(21) + 0.5) / 21
GRID = expit(np.linspace(-13.0, 13.0, 521))
"""Levels at which an event is looked for, finer towards the ends."""


class PricedModel:
    """An upcoming model whose events can be priced.

    Parameters
    ----------
    forecast : Forecast
        Of n units of one model.
    evidence : Panel
        The visible rows: the family's history is read off them.
    reversal : Reversal, optional
        What past falls did; without it turns are read off the distribution alone.
    maps : by kind of event (`Measured.event_kind`); a kind that is not there is left as it is
    seed : int
        Of the joint draws. Equal seeds make prices of one model coherent.
    """

    def __init__(
        self,
        forecast: Forecast,
        evidence: Panel,
        *,
        reversal: Reversal | None = None,
        maps: Mapping[str, Map] | None = None,
        seed: int = 0,
        draws: int = DRAWS,
    ) -> None:
        self.forecast = forecast
        self.evidence = evidence
        self.maps = maps or {}
        self._reversal = reversal
        self._seed, self._draws = seed, draws
        self._units: list[int] = forecast.targets["unit"].tolist()
        self._singles: dict[int, Forecast] = {}
        self._rival: PricedModel | None = None
        self.up = forecast.targets["higher_is_better"].to_numpy(dtype=bool)
        self._items = forecast.targets["n_examples"].to_numpy(dtype=float)
        self._share = forecast.targets["is_share"].to_numpy(dtype=bool)

    def with_maps(self, maps: Mapping[str, Map] | None) -> PricedModel:
        """The same model, its draws included, with other maps; itself for None."""
        if maps is None:
            return self
        _ = self.rank
        other = copy.copy(self)
        other.maps = maps
        return other

    def with_rival(self, rival: PricedModel | None) -> PricedModel:
        """The same model, which comparisons measure against a forecast where the other side has no score yet."""
        if rival is None:
            return self
        other = copy.copy(self)
        other._rival = rival
        return other

    @property
    def name(self) -> str:
        """Of the upcoming model."""
        return str(self.forecast.targets["target_model"].iloc[0])

    @cached_property
    def places(self) -> dict[str, list[int]]:
        """Positions of the units of each task, by folded name."""
        out: dict[str, list[int]] = {}
        for i, task in enumerate(self.forecast.targets["task"].astype("str")):
            out.setdefault(name_key("task", task), []).append(i)
        return out

    @cached_property
    def benchmarks(self) -> list[str]:
        """Of each unit."""
        return self.forecast.targets["benchmark"].astype("str").tolist()

    @cached_property
    def ways(self) -> list[dict[str, Any]]:
        """Shots and, as they are compared, benchmark, metric, prompt, evaluator, version and setting of each unit."""
        rows = self.forecast.targets
        known = self.evidence.rows.drop_duplicates("suite").set_index("suite")
        columns = {name: rows[name].astype("str") for name in ("benchmark", "metric", "prompt")}
        columns |= {name: rows["suite"].map(known[name].astype("object")) for name in WAYS if name in known}
        names = {name: name_keys(name, column).tolist() for name, column in columns.items()}
        shots = [None if pd.isna(value) else int(value) for value in rows["shots"]]
        return [dict(zip([*names, "shots"], way, strict=True)) for way in zip(*names.values(), shots, strict=True)]

    def is_measured(self, at: int, leaf: Measured, scope: Scope) -> bool:
        """Whether unit ``at`` is one that a leaf looks at: its benchmark, metric, prompt, shots, evaluator, ..."""
        way = self.ways[at]
        return (
            way["metric"] == name_key("metric", leaf.metric)
            and (leaf.benchmark is None or same_test(self.benchmarks[at], leaf.task, leaf.benchmark, leaf.task))
            and (not scope.prompt or way["prompt"] in {fold(name) for name in scope.prompt})
            and (not scope.shots or way["shots"] in scope.shots)
            and all(
                way.get(name) in [name_key(name, value) for value in getattr(scope, name)]
                for name in WAYS
                if getattr(scope, name)
            )
        )

    @cached_property
    def _known(self) -> KnownScores:
        return KnownScores.of(self.evidence)

    def best_of(self, at: int, side: Scope) -> Rival | None:
        """The best known score on unit ``at`` of the models of a scope, and its error; None without one.

        With a rival that is itself forecast: the scores at equally likely levels.
        """
        unit = self._units[at]
        if self._rival is not None:
            if unit not in self._rival._units:
                return None
            scores = self._rival.single(self._rival._units.index(unit)).quantiles(RIVAL_LEVELS)[0]
            return scores, np.zeros(len(scores))
        return self._known.best(unit, side, up=bool(self.up[at]))

    @cached_property
    def rank(self) -> np.ndarray:
        """Places of each unit's joint draws, (draws, n): larger is better."""
        scores = self.forecast.sample(self._draws, seed=self._seed)
        return ranks(np.where(self.up, scores, -scores))

    @cached_property
    def turning(self) -> pd.DataFrame:
        """``trend, prob_recovery, prob_reversal`` of each unit, and their base rates (`predictors.reversal`).

        Averages over tasks, which stand last and have a negative unit, are not in it.
        """
        assert self._reversal is not None
        own = np.flatnonzero(self.forecast.targets["unit"] >= 0)
        return self._reversal.predict(self.forecast.take(own), self.evidence)

    @cached_property
    def histories(self) -> dict[int, tuple[np.ndarray, np.ndarray]]:
        """See `histories_of`."""
        return histories_of(self.forecast.targets, self.evidence)

    def event(self, at: int, leaf: Measured, *, rival: Rival | None = None) -> Event:
        """The event of a measured criterion on unit ``at``, recalibrated.

        Parameters
        ----------
        at : position among the forecast's targets
        leaf : of any measured kind that comes to yes or no
        rival : score and standard error of the side to beat, of a contest
        """
        raw = self.raw(at, leaf, rival=rival)
        better_side = leaf.line is None or leaf.line.is_upward == bool(self.up[at])
        p = self._recalibrate(leaf.event_kind, raw if better_side else 1.0 - raw)
        return Event(self.rank[:, at], p, turned=not better_side)

    def _recalibrate(self, kind: str, raw: float) -> float:
        found = self.maps.get(kind)
        return raw if found is None else float(found(np.array([raw]))[0])

    def raw(self, at: int, leaf: Measured, *, rival: Rival | None = None) -> float:
        """The probability of the event before recalibration."""
        if leaf.line is not None:
            above = float(self.single(at).prob_above(leaf.line.score)[0])
            return above if leaf.line.is_upward else 1.0 - above
        learned = f"prob_{leaf.event_kind}"
        known = self._reversal is not None and at < len(self.turning)
        if known and learned in EVENTS and self.turning["trend"].iat[at] == "falling":
            return float(self.turning[learned].to_numpy()[at])
        if leaf.is_any_gain and rival is not None and self._is_of_origin(at, rival):
            return float(self._gains[at])
        if rival is not None and np.ndim(rival[0]):
            each = zip(*rival, strict=True)
            return float(np.mean([self._share_where(at, leaf, (float(s), float(e))) for s, e in each]))
        return self._share_where(at, leaf, rival)

    @cached_property
    def _gains(self) -> np.ndarray:
        return prob_gain(self.forecast)

    def _is_of_origin(self, at: int, rival: Rival) -> bool:
        """Whether the score to beat is that of the unit's own origin, over which `prob_gain` knows ties."""
        origin = self.forecast.targets["origin_score"].to_numpy()[at]
        return np.ndim(rival[0]) == 0 and float(rival[0]) == origin

    @cached_property
    def _slim(self) -> Forecast:
        """The forecast with no more columns than its distributions need, from which rows are cheap to take."""
        needed = ["is_share", "higher_is_better", "n_examples", "origin_score"]
        return replace(self.forecast, targets=self.forecast.targets[needed])

    def single(self, at: int) -> Forecast:
        """The distribution of one unit."""
        if at not in self._singles:
            self._singles[at] = self._slim.take(np.array([at]))
        return self._singles[at]

    def _share_where(self, at: int, leaf: Measured, rival: Rival | None) -> float:
        """The measure of the levels of "how good" at which the event happens."""
        happens = self._happens(at, leaf, rival, GRID)
        edges = np.concatenate([[0.0], 0.5 * (GRID[1:] + GRID[:-1]), [1.0]])
        change = np.flatnonzero(happens[1:] != happens[:-1])
        if len(change) == 1 and happens[-1]:
            low, high = GRID[change[0]], GRID[change[0] + 1]
            fine = np.linspace(low, high, 65)
            first = int(self._happens(at, leaf, rival, fine).argmax())
            return float(1.0 - 0.5 * (fine[first] + fine[max(first - 1, 0)]))
        return float(np.clip(np.diff(edges) @ happens, GRID[0], GRID[-1]))

    def _happens(self, at: int, leaf: Measured, rival: Rival | None, levels: np.ndarray) -> np.ndarray:
        """Where the event happens, at the scores of these levels, (k,)."""
        one = self.single(at)
        score = one.link.inverse(one.link_quantiles(levels))[0]
        items = self._items[at]
        stderr: np.ndarray | float = 0.0
        if self._share[at] and np.isfinite(items):
            score = np.round(score * items) / items
            stderr = binomial_stderr(score, items)
        past: tuple[np.ndarray, np.ndarray] = (np.empty(0), np.empty(0))
        if leaf.reads_ladders:
            past = self.histories.get(self._units[at], past)
        draws = Draws(
            score,
            stderr=stderr,
            history=past[0],
            history_stderr=past[1],
            higher_is_better=bool(self.up[at]),
            rival=None if rival is None else rival[0],
            rival_stderr=0.0 if rival is None else rival[1],
        )
        return leaf.read(draws)


@dataclass(frozen=True)
class KnownScores:
    """Published scores by unit: places ``at`` of each unit, their scores and errors, and who had them."""

    at: dict[Any, np.ndarray]
    score: np.ndarray
    stderr: np.ndarray
    code: dict[str, np.ndarray]
    lookup: dict[str, dict[str, list[int]]]

    @classmethod
    def of(cls, evidence: Panel) -> KnownScores:
        rows = evidence.rows
        code, lookup = {}, dict[str, dict[str, list[int]]]()
        for name in ("family", "line", "model"):
            column = rows[name].astype("category").cat
            code[name] = column.codes.to_numpy()
            lookup[name] = {}
            for i, value in enumerate(column.categories):
                lookup[name].setdefault(name_key(name, str(value)), []).append(i)
        stderr = standard_error(rows[["score", "stderr", "metric", "n_examples"]].astype({"metric": "str"}))
        at = {unit: np.asarray(places) for unit, places in rows.groupby("unit").indices.items()}
        score = rows["score"].to_numpy(dtype=float)
        return cls(at, score, stderr.fillna(0.0).to_numpy(dtype=float), code, lookup)

    def best(self, unit: int, side: Scope, *, up: bool) -> tuple[float, float] | None:
        """The best score on a unit of the models of a scope, and its error; None without one."""
        at = self.at.get(unit, np.empty(0, dtype=int))
        for name, code in self.code.items():
            wanted = [c for value in getattr(side, name) for c in self.lookup[name].get(name_key(name, value), [-1])]
            at = at[np.isin(code[at], wanted)] if wanted else at
        if not len(at):
            return None
        best = at[(self.score[at] if up else -self.score[at]).argmax()]
        return float(self.score[best]), float(self.stderr[best])


def histories_of(targets: pd.DataFrame, evidence: Panel) -> dict[int, tuple[np.ndarray, np.ndarray]]:
    """By unit the family's scores so far in order of scale, and their standard errors as the judge takes them."""
    rows, family = evidence.rows, targets["family_code"].iloc[0]
    own = rows[(rows["family_code"] == family).to_numpy() & rows["unit"].isin(targets["unit"]).to_numpy()]
    own = own[["unit", "scale", "score", "stderr", "metric", "n_examples"]].sort_values(
        ["unit", "scale"], kind="stable"
    )
    stderr = standard_error(own.astype({"metric": "str"})).fillna(0.0).to_numpy(dtype=float)
    unit, start = np.unique(own["unit"].to_numpy(), return_index=True)
    scores = np.split(own["score"].to_numpy(dtype=float), start[1:])
    return dict(zip(unit.tolist(), zip(scores, np.split(stderr, start[1:]), strict=True), strict=False))
