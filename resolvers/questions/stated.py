"""What others said of a question by a day, and what a bet against it is worth to someone of another opinion. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import pandas as pd

from scale_forecast.resolvers.questions.question import Question
from scale_forecast.resolvers.scores.odds import edge, implied_probability, kelly_fraction

COLUMNS = ["who", "theirs", "edge", "side", "kelly"]


def stated_probabilities(
    question: Question, recorded: pd.DataFrame | None, *, as_of: dt.date
) -> list[tuple[str, float]]:
    """Who said what probability: the bet on the question, its published forecasts, and those in a ledger.

    Parameters
    ----------
    recorded : DataFrame
        As `Ledger.forecasts` gives it; of each forecaster the last on the question counts, and what a predictor of ours
        said is nobody to bet against.
    as_of : date
        What was said later is left out; a forecast without a time counts from the day the question opened.
    """
    said: dict[str, float] = {}
    if question.odds and question.opened.date() <= as_of:
        said[f"a bet at {question.odds}"] = implied_probability(question.odds)
    for given in question.forecasts:
        if given.implied is not None and (given.time or question.opened).date() <= as_of:
            said[given.forecaster] = given.implied
    if recorded is not None and not recorded.empty:
        theirs = recorded["predictor"].isna() & recorded["probability"].notna()
        found = recorded[theirs & (recorded["question_id"] == question.id) & (recorded["made_at"].dt.date <= as_of)]
        found = found.sort_values(["made_at", "sequence"], kind="stable")
        said |= dict(zip(found["forecaster"], found["probability"].astype(float), strict=True))
    return list(said.items())


def against(probability: float, said: Sequence[tuple[str, float]]) -> pd.DataFrame:
    """One row for each of `stated_probabilities`: ``who, theirs`` and what our ``probability`` makes of that price.

    ``edge`` is the expected gain of a share of YES (negative: of NO), ``kelly`` the share of wealth to stake on
    ``side``. Certainties, at which nobody bets, have neither.
    """
    rows = []
    for who, theirs in said:
        if 0.0 < theirs < 1.0:
            stake = float(kelly_fraction(probability, theirs))
            rows.append((who, theirs, float(edge(probability, theirs)), "YES" if stake >= 0 else "NO", abs(stake)))
        else:
            rows.append((who, theirs, float("nan"), "", float("nan")))
    return pd.DataFrame(rows, columns=COLUMNS)
