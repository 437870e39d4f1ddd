"""Conditions on a forecast, such as ``P(MMLU > 0.8) >= 0.5``: what a pipeline asks before it goes on."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from scale_forecast.data.errors import UsageError
from scale_forecast.data.names import did_you_mean, fold
from scale_forecast.distribution import PRINTED
from scale_forecast.means import mean_draws, suite_names
from scale_forecast.upcoming import Upcoming

COMPARE: dict[str, Callable[[float, float], bool]] = {
    ">=": operator.ge, "<=": operator.le, ">": operator.gt, "<": operator.lt,
}  # fmt: skip
LEVELS = {**PRINTED, "median": 0.5}
_NUMBER = r"([-+]?\d*\.?\d+(?:e[-+]?\d+)?)\s*(%?)"
_SIGN = r"(>=|<=|>|<)"
_PROBABILITY = re.compile(rf"P\(\s*(.+?)\s*{_SIGN}\s*{_NUMBER}\s*\)\s*{_SIGN}\s*{_NUMBER}", re.IGNORECASE)
_QUANTILE = re.compile(rf"({'|'.join(LEVELS)})\(\s*(.+?)\s*\)\s*{_SIGN}\s*{_NUMBER}", re.IGNORECASE)
FORM = "write P(NAME > SCORE) >= PROBABILITY, or median(NAME) >= SCORE (also q05, q10, q25, q75, q90, q95)"


@dataclass(frozen=True)
class Condition:
    """``of(name) sign bound``: of a quantile at ``level``, or with ``above`` of the probability of a score there.

    Attributes
    ----------
    text : as it was written
    name : of a benchmark, a task, or ``benchmark/task``
    level : of the quantile; None for a probability
    above : the score whose passing is asked for, and on which side; None for a quantile
    sign, bound : what the value is held against
    """

    text: str
    name: str
    level: float | None
    above: tuple[str, float] | None
    sign: str
    bound: float

    def value(self, draws: np.ndarray) -> float:
        """Of draws of the score."""
        if self.level is not None:
            return float(np.quantile(draws, self.level))
        assert self.above is not None, "a condition is on a level or on a probability"
        sign, score = self.above
        return float(COMPARE[sign](draws, score).mean())  # type: ignore[arg-type,attr-defined]

    def holds(self, value: float) -> bool:
        """Whether a value is on the side that is asked for."""
        return COMPARE[self.sign](value, self.bound)


def parse_condition(text: str) -> Condition:
    """A condition as it is written.

    >>> parse_condition("P(MMLU > 80%) >= 0.5").above, parse_condition("q10(MGSM/de) >= .3").bound
    (('>', 0.8), 0.3)

    Raises
    ------
    UsageError
        For what has not the form.
    """
    if found := _PROBABILITY.fullmatch(text.strip()):
        name, side, score, score_percent, sign, bound, bound_percent = found.groups()
        asked = _number(bound, bound_percent)
        if not 0 <= asked <= 1:
            raise UsageError(f"{text!r} asks for a probability of {asked:g}: probabilities are from 0 to 1")
        return Condition(text, name, None, (side, _number(score, score_percent)), sign, asked)
    if found := _QUANTILE.fullmatch(text.strip()):
        of, name, sign, bound, percent = found.groups()
        return Condition(text, name, LEVELS[of.lower()], None, sign, _number(bound, percent))
    raise UsageError(f"{text!r} is no condition: {FORM}")


def _number(text: str, percent: str) -> float:
    return float(text) / (100 if percent else 1)


def check_conditions(upcoming: Upcoming, conditions: list[Condition], *, seed: int = 0) -> pd.DataFrame:
    """Of each condition what it names, one row a setting, with its value and whether that is as asked.

    A benchmark's name stands for the mean of its shares, from joint draws; a task's for its own score.

    Returns
    -------
    DataFrame
        ``condition, of, value, bound, holds``.
    """
    rows = []
    for condition in conditions:
        for name, draws in _draws_of(upcoming, condition.name, seed).items():
            value = condition.value(draws)
            rows.append((condition.text, name, value, condition.bound, condition.holds(value)))
    return pd.DataFrame(rows, columns=["condition", "of", "value", "bound", "holds"])


def _draws_of(upcoming: Upcoming, name: str, seed: int) -> dict[str, np.ndarray]:
    """Draws of what a name stands for, by a name that tells its settings apart."""
    table = upcoming.table.reset_index(drop=True)
    benchmark, task = table["benchmark"].astype("str"), table["task"].astype("str")
    if (benchmark.map(fold) == fold(name)).any():
        means = mean_draws(upcoming, seed=seed)
        names = suite_names(upcoming)
        return {names[suite]: draws for suite, draws in means.items() if fold(names[suite].split(",")[0]) == fold(name)}
    found = (task.map(fold) == fold(name)) | ((benchmark + "/" + task).map(fold) == fold(name))
    if not found.any():
        near = did_you_mean(name, [*benchmark.unique(), *task.unique()])
        raise UsageError(f"nothing forecast is called {name!r}{near}")
    places = np.flatnonzero(found)
    draws = upcoming.forecast.take(places).sample(4000, seed=seed)
    shots = table["shots"].map(lambda s: "" if pd.isna(s) else f", {s:g}-shot")
    labels = (
        benchmark + "/" + task + ", " + table["metric"].astype("str") + ", " + table["prompt"].astype("str") + shots
    )
    return {f"{labels[place]}": draws[:, i] for i, place in enumerate(places)}
