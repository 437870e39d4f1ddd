"""The forecaster in the manner of scikit-learn: a table of known scores in, scores of coming models out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.utils.validation import check_is_fitted

from scale_forecast.backtests.training import Trained
from scale_forecast.data.errors import DataError, UsageError
from scale_forecast.data.load import Tables
from scale_forecast.data.models import complete
from scale_forecast.data.names import did_you_mean, fold
from scale_forecast.data.results import UNIT
from scale_forecast.distribution import Forecast
from scale_forecast.inputs.panel import Panel, as_panel
from scale_forecast.prediction import concatenate
from scale_forecast.predictors.base import Predictor
from scale_forecast.predictors.registry import DEFAULT, make
from scale_forecast.upcoming import predict_upcoming
from scale_forecast.workflow.clock import as_day
from scale_forecast.workflow.inputs import family_of, number, target_of
from scale_forecast.workflow.notebooks import show_in_notebook
from scale_forecast.workflow.places import cache_folder
from scale_forecast.workflow.tables import Results, tables_of

SIZES = ("params", "train_tokens", "train_flops")


class ScaleForecaster(RegressorMixin, BaseEstimator):
    """Predicts benchmark scores of language models, a row of a table each, from scores of smaller and other models.

    A row that is predicted names a task and a model: ``task``, ``params`` (or ``train_flops``), and where it does not
    follow ``family``, ``train_tokens`` and how the task is measured. Of its line nothing is learned, and only scores of
    smaller models are read, whatever the fitted table holds.

    Parameters
    ----------
    predictor : name in `predictors.registry.PREDICTORS`, or an untrained instance, of which a copy is trained
    as_of : read only what was public on this day
    cache : keep what was trained in the user's cache folder (True), in a folder, or not at all (None or False)

    Attributes
    ----------
    tables_ : Tables
        The results, joined with the bundled figures.
    panel_ : Panel
        The same as predictors see them.

    Examples
    --------
    >>> from scale_forecast import ScaleForecaster, load
    >>> wanted = pd.DataFrame({"family": "PaLM", "params": 540e9, "benchmark": "MGSM", "task": ["de", "fr"]})
    >>> ScaleForecaster("persistence").fit(load()).predict(wanted).round(2).tolist()
    [0.25, 0.25]
    """

    def __init__(
        self, predictor: str | Predictor = DEFAULT, *, as_of: pd.Timestamp | str | None = None,
        cache: Path | str | bool | None = True,
    ) -> None:  # fmt: skip
        self.predictor = predictor
        self.as_of = as_of
        self.cache = cache

    def fit(self, X: Results, y: Any = None) -> Self:
        """Take the known scores in; training for a line happens when one of its models is first predicted.

        Parameters
        ----------
        X : a DataFrame of results (``model, task, score``, ...), or whatever `load` reads; joined with the bundled ones
        y : the scores, where ``X`` does not hold them

        Raises
        ------
        UsageError
            For an unknown predictor, and for what is no table of results.
        """
        make(self.predictor)
        if y is not None:
            X = _frame(X).assign(score=np.asarray(y, dtype=float))
        elif not (X is None or isinstance(X, Tables | str | Path | pd.DataFrame | list | tuple)):
            _frame(X)
        self.tables_: Tables = tables_of(X)
        self.panel_: Panel = as_panel(self.tables_.results, self.tables_.tasks, self.tables_.metrics)
        self._trained = Trained(self.panel_, self._folder())
        return self

    def predict(self, X: pd.DataFrame) -> np.ndarray:
        """The median forecast of each row, (n,), in score units."""
        return self.predict_distribution(X).median

    def predict_quantiles(self, X: pd.DataFrame, levels: Sequence[float] = (0.1, 0.5, 0.9)) -> np.ndarray:
        """Quantiles of each row's score, (n, len(levels))."""
        return self.predict_distribution(X).quantiles(list(levels))

    def predict_distribution(self, X: pd.DataFrame) -> Forecast:
        """The distribution of each row's score, in the order of the rows.

        Raises
        ------
        DataError
            For a row whose task has no score of a smaller model of the family.
        """
        check_is_fitted(self, "panel_")
        rows = self._describe_rows(_frame(X))
        parts, order = [], []
        with show_in_notebook(None) as workers:
            self._trained.workers = workers  # whose bar a notebook shows
            for _, group in rows.groupby(["family", *SIZES], dropna=False, sort=False):
                parts.append(self._forecast(group))
                order.append(group["_row"].to_numpy())
        return concatenate(parts).take(np.argsort(np.concatenate(order), kind="stable"))

    def _describe_rows(self, X: pd.DataFrame) -> pd.DataFrame:
        """The rows with a family and sizes, as far as they follow from the models' names or the fitted table."""
        if "task" not in X:
            raise UsageError(f"no column 'task'{did_you_mean('task', X.columns)}: a row to predict names its task")
        rows = X.reset_index(drop=True)
        if "model" in rows and rows["model"].notna().all():
            rows = complete(rows).rows
        if "family" not in rows or rows["family"].isna().any():
            family = family_of(self.tables_, None)
            rows["family"] = rows["family"].fillna(family) if "family" in rows else family
        for name in SIZES:
            given = rows[name] if name in rows else pd.Series(None, index=rows.index, dtype=object)
            rows[name] = [np.nan if pd.isna(size) else number(size) for size in given]
        return rows.assign(_row=np.arange(len(rows)))

    def _forecast(self, group: pd.DataFrame) -> Forecast:
        """The forecast of one model on the tasks of its rows."""
        first, day = group.iloc[0], as_day(self.as_of)
        sizes = [None if pd.isna(first[name]) else float(first[name]) for name in SIZES]
        params, tokens, flops = sizes
        target = target_of(self.panel_, str(first["family"]), params, tokens, flops, day)
        found = predict_upcoming(self.panel_, target, predictor=self.predictor, as_of=day, trained=self._trained)
        names = {name: found.table[name].astype(str).map(fold) for name in UNIT if name != "shots" and name in group}
        return found.forecast.take(
            np.array([_place(found.table, names, row) for _, row in group.iterrows()], dtype=int)
        )

    def _folder(self) -> Path | None:
        if self.cache is True:
            return cache_folder()
        return Path(self.cache) if self.cache else None

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False  # a DataFrame with names in it
        tags.no_validation = True
        tags.target_tags.required = False
        return tags


def _place(table: pd.DataFrame, names: dict[str, pd.Series], row: pd.Series) -> int:
    """Where the forecast table has what a row asks for."""
    keep = np.ones(len(table), dtype=bool)
    for name, folded in names.items():
        if pd.notna(row[name]):
            keep &= (folded == fold(str(row[name]))).to_numpy()
    if "shots" in row and pd.notna(row["shots"]):
        keep &= (table["shots"] == float(row["shots"])).to_numpy()
    at = np.flatnonzero(keep)
    what = f"row {row['_row']}: {row['task']!r} of {table['target_model'].iloc[0]}"
    if not len(at):
        near = did_you_mean(str(row["task"]), table["task"].unique())
        raise DataError(f"{what} has no score of a smaller model{near}: leave it out")
    if len(at) > 1:
        apart = [name for name in UNIT if table[name].iloc[at].nunique(dropna=False) > 1]
        raise DataError(f"{what} is measured in {len(at)} ways: give a column {apart[0]} too")
    return int(at[0])


def _frame(X: Any) -> pd.DataFrame:
    if not isinstance(X, pd.DataFrame):
        raise UsageError(
            f"a DataFrame with named columns is needed, such as model, params, task; not {type(X).__name__}"
        )
    return X
