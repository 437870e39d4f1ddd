"""Comparing forecasters who answered different questions, as ForecastBench does.

Tables have one row per (forecaster, question): columns ``forecaster``, ``question`` and ``brier``.
A question asked at several dates is several questions.
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import numpy.typing as npt
import pandas as pd

from scale_forecast.data.errors import DataError

COLUMNS = ["forecaster", "question", "brier"]
UNINFORMED = 0.5
"""What a missing forecast counts as."""


def question_difficulty(scores: pd.DataFrame, *, left_out: Collection[str] = ()) -> pd.Series:
    """How hard each question was: b of the two-way model ``brier = a(forecaster) + b(question)``, by least squares.

    Effects have mean 0 over the questions; only their differences are determined.

    Parameters
    ----------
    scores : DataFrame with `COLUMNS`
    left_out : names
        Forecasters who do not enter the fit (constant or random ones, outdated models).

    Returns
    -------
    Series of float, indexed by question.

    Raises
    ------
    DataError
        When a question is answered only by those left out, or the forecasters fall into groups that share no
        question, whose levels cannot be compared.
    """
    used = scores[~scores["forecaster"].isin(list(left_out))]
    missing = set(scores["question"]) - set(used["question"])
    if missing:
        raise DataError(
            f"question {sorted(missing, key=str)[0]!r} ({len(missing)} such) is answered only by forecasters left out "
            "of the fit: keep one of them in, or drop the question"
        )
    who, forecasters = pd.factorize(used["forecaster"])
    what, questions = pd.factorize(used["question"])
    ability = _forecaster_effects(who, what, used["brier"].to_numpy(float), len(forecasters), len(questions))
    rest = used["brier"].to_numpy(float) - ability[who]
    effect = np.bincount(what, rest) / np.bincount(what)
    return pd.Series(effect - effect.mean(), index=pd.Index(questions, name="question"), name="difficulty")


def difficulty_adjusted_brier(
    scores: pd.DataFrame, *, left_out: Collection[str] = (), difficulty: pd.Series | None = None
) -> pd.Series:
    """Mean Brier score of each forecaster after taking out how hard its questions were; lower is better.

    Shifted so that one who says 1/2 to every question of the table gets 0.25. Can fall below 0 for a forecaster far
    better than the field on hard questions.

    Parameters
    ----------
    scores : DataFrame with `COLUMNS`
    left_out : names
        Scored, but not used to fit the difficulty.
    difficulty : Series indexed by question, optional
        Use these instead of the fit (for market questions, the market's own Brier score).

    Returns
    -------
    Series of float, indexed by forecaster.
    """
    _require_columns(scores)
    hard = question_difficulty(scores, left_out=left_out) if difficulty is None else difficulty
    unknown = set(scores["question"]) - set(hard.index)
    if unknown:
        raise DataError(f"no difficulty is given for question {sorted(unknown, key=str)[0]!r} ({len(unknown)} such)")
    shift = hard.loc[list(dict.fromkeys(scores["question"]))].mean()
    adjusted = scores["brier"] - scores["question"].map(hard) + shift
    return adjusted.groupby(scores["forecaster"]).mean().rename("adjusted_brier")


def brier_index(brier: npt.ArrayLike) -> np.ndarray:
    r"""Brier Index, :math:`100 (1 - \sqrt{b})`: 100 perfect, 50 for always 1/2, 0 always wrong; higher is better.

    An adjusted score below 0, where the root does not exist, is continued as :math:`100 (1 + \sqrt{-b})`.

    >>> brier_index([0.0, 0.25, 1.0]).tolist()
    [100.0, 50.0, 0.0]
    """
    b = np.asarray(brier, float)
    return 100.0 * (1.0 - np.sign(b) * np.sqrt(np.abs(b)))


def brier_peer_score(scores: pd.DataFrame) -> pd.Series:
    """The question's mean Brier score less one's own, row by row; positive is better than the others."""
    _require_columns(scores)
    return (scores.groupby("question")["brier"].transform("mean") - scores["brier"]).rename("peer")


def brier_against(scores: pd.DataFrame, reference: str) -> pd.Series:
    """The reference forecaster's Brier score on the question less one's own, row by row; positive is better."""
    _require_columns(scores)
    theirs = scores[scores["forecaster"] == reference].set_index("question")["brier"]
    unanswered = set(scores["question"]) - set(theirs.index)
    if unanswered:
        raise DataError(
            f"{reference!r} did not answer question {sorted(unanswered, key=str)[0]!r} ({len(unanswered)} such): "
            "choose a reference that answered them all"
        )
    return (scores["question"].map(theirs) - scores["brier"]).rename("skill")


def with_missing(forecasts: pd.DataFrame, *, fill: float | pd.Series = UNINFORMED) -> pd.DataFrame:
    """One row for every forecaster and question, what is missing being filled in and marked.

    Parameters
    ----------
    forecasts : DataFrame with ``forecaster``, ``question``, ``probability``
    fill : float, or Series indexed by question
        1/2, or the crowd's forecast of each question.

    Returns
    -------
    DataFrame with those columns and ``imputed`` (bool), ordered by forecaster and question as they first appear.
    """
    who, what = forecasts["forecaster"].unique(), forecasts["question"].unique()
    every = pd.MultiIndex.from_product([who, what], names=["forecaster", "question"])
    table = forecasts.set_index(["forecaster", "question"])["probability"].reindex(every).reset_index()
    imputed = table["probability"].isna()
    instead = table["question"].map(fill) if isinstance(fill, pd.Series) else fill
    return table.assign(probability=table["probability"].where(~imputed, instead), imputed=imputed)


def _require_columns(scores: pd.DataFrame) -> None:
    missing = [name for name in COLUMNS if name not in scores.columns]
    if missing:
        raise DataError(f"the table of scores has no column {missing[0]!r}: it needs {', '.join(COLUMNS)}")
    repeated = scores.duplicated(["forecaster", "question"])
    if repeated.any():
        first = scores.loc[repeated].iloc[0]
        raise DataError(
            f"{first['forecaster']!r} answers question {first['question']!r} twice: keep one forecast of each"
        )


def _forecaster_effects(who: np.ndarray, what: np.ndarray, brier: np.ndarray, n: int, m: int) -> np.ndarray:
    """Least-squares effects of n forecasters, the m question effects having been projected out."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    answered = coo_matrix((np.ones(who.size), (who, what)), shape=(n, m)).tocsr()
    parts, _ = connected_components(answered @ answered.T, directed=False)
    if parts > 1:
        raise DataError(f"the forecasters form {parts} groups without a common question: compare each group by itself")
    per_question = np.asarray(answered.sum(axis=0)).ravel()
    shared = (answered @ answered.multiply(1.0 / per_question).T).toarray()
    mean = np.bincount(what, brier, m) / per_question
    target = np.bincount(who, brier - mean[what], n)
    normal = np.diag(np.asarray(answered.sum(axis=1)).ravel()) - shared
    return np.linalg.lstsq(normal, target, rcond=None)[0]
