"""Sampling noise of a score."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from scale_forecast.data.results import is_share


def binomial_stderr(score: npt.ArrayLike, n_examples: npt.ArrayLike) -> np.ndarray:
    """Standard error of a share of ``n_examples`` items, never zero.

    Two successes and two failures are added (Agresti and Coull 1998), so that a score of 0 or 1 on a
    small test set is not taken for certain.

    >>> binomial_stderr(1.0, 96).round(4).tolist()
    0.014
    """
    n = np.asarray(n_examples, dtype=float) + 4.0
    p = (np.asarray(score, dtype=float) * (n - 4.0) + 2.0) / n
    return np.sqrt(p * (1.0 - p) / n)


def clustered_stderr(values: pd.Series, documents: pd.Series) -> float | None:
    """Standard error of a mean whose items come in documents: sqrt(G/(G-1) sum over G of (sum of x - mean)^2) / n.

    With one item a document the usual one; None with a single document (Liang and Zeger 1986).

    >>> clustered_stderr(pd.Series([1.0, 1.0, 0.0, 0.0]), pd.Series(["a", "a", "b", "b"]))
    0.5
    """
    residuals = (values - values.mean()).groupby(documents.to_numpy()).sum()
    groups = len(residuals)
    if groups < 2:
        return None
    return float(np.sqrt((residuals**2).sum() * groups / (groups - 1)) / len(values))


def standard_error(results: pd.DataFrame) -> pd.Series:
    """Standard error of each row in the score's unit; NaN where nothing is known of it.

    The stated ``stderr`` where it is positive, else the binomial one from ``n_examples`` (shares only).
    """
    stated = results["stderr"].where(results["stderr"] > 0)
    share = results["score"].where(is_share(results["metric"]))
    return stated.fillna(pd.Series(binomial_stderr(share, results["n_examples"]), index=results.index))


def examples_behind(score: npt.ArrayLike, stderr: npt.ArrayLike) -> np.ndarray:
    """Number of examples that a share's stated standard error implies; NaN where it implies none.

    >>> examples_behind([0.5, 1.0], [0.05, 0.0]).tolist()
    [100.0, nan]
    """
    p = np.asarray(score, dtype=float)
    variance = np.asarray(stderr, dtype=float) ** 2
    with np.errstate(divide="ignore", invalid="ignore"):
        n = np.round(p * (1.0 - p) / variance)
    return np.where(n >= 1, n, np.nan)
