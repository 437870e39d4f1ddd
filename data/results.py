"""The results table: one row is one score of one language model on one task, measured one way.

Checked once, here, where it enters; code downstream trusts it and never checks again.
Accuracies are in [0, 1]; below chance is allowed and meant. A column marked ``?`` in
`COLUMNS` may be missing. The key is `KEY`: two rows with one key are refused. A row needs a
task, a model and a score; what needs a size or a date says of how many rows it goes without.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping

import numpy as np
import pandas as pd

from scale_forecast.data.dates import Reading, known_days
from scale_forecast.data.days import last_day
from scale_forecast.data.errors import DataError
from scale_forecast.data.metrics import is_unbounded, known_metric
from scale_forecast.data.model_names import weights_name
from scale_forecast.data.names import did_you_mean, fold, tidy
from scale_forecast.data.names.keys import metric_name
from scale_forecast.data.numbers import as_numbers
from scale_forecast.data.sizes import FLOPS_PER_PARAM_TOKEN

UNIT = ["benchmark", "task", "metric", "shots", "prompt", "evaluator", "version", "setting"]
"""What is measured and how, whatever the model: who ran it, which release of the questions, effort and tools too."""
SUITE = [name for name in UNIT if name not in ("task", "metric")]
"""What tasks are measured together by."""
KEY = [*UNIT, "model", "checkpoint"]
SAME_SIZE = 1.1
"""Two sizes further apart than this are not of the same weights, whatever the names."""
_ALWAYS_SAID = 5
"""Of `UNIT`, the columns that a row always says; the rest is empty where scores are published the plain way."""

COLUMNS = {
    "benchmark": "str",
    "task": "str",
    "metric": "str",
    "shots": "int?",
    "prompt": "str",
    "evaluator": "str?",
    "version": "str?",
    "setting": "str?",
    "family": "str",
    "line": "str",
    "organisation": "str?",
    "model": "str",
    "checkpoint": "str?",
    "params": "float?",
    "active_params": "float?",
    "train_tokens": "float?",
    "train_flops": "float?",
    "tuning": "str",
    "released": "date?",
    "known_on": "date?",
    "known_basis": "str?",
    "seen_on": "date?",
    "score": "float",
    "stderr": "float?",
    "n_examples": "int?",
    "higher_is_better": "bool?",
    "source": "str",
}
REQUIRED = ["task", "model", "score"]
DEFAULTS = {"metric": "accuracy", "prompt": "direct", "tuning": "base", "source": "user"}
_TRUTH: dict[object, bool] = {
    **{word: True for word in (True, "true", "True", "TRUE", "yes", "1")},
    **{word: False for word in (False, "false", "False", "FALSE", "no", "0")},
}
_DTYPES = {"str": "str", "date": "datetime64[s]", "int": "float64", "float": "float64", "bool": "boolean"}


def as_results(
    frame: pd.DataFrame,
    *,
    where: str = "results",
    source: str | None = None,
    benchmark: str = "user",
    several_sources: bool = False,
) -> pd.DataFrame:
    """Check a table at the door and complete what follows from it.

    Parameters
    ----------
    frame : DataFrame
        At least the columns `REQUIRED`; unknown columns are refused.
    where : str
        What error messages call the table (a file name).
    source, benchmark : str
        Fill missing ``source`` and ``benchmark``.
    several_sources : bool
        A key may stand once for each ``source``: what the judge reads, so that it can report where sources disagree.

    Returns
    -------
    DataFrame with exactly the columns of `COLUMNS` in order, types fixed, index 0..n-1.
    ``family`` defaults to the model's name, ``line`` to the family, ``known_on`` to ``released``,
    ``train_flops`` to 6 x active parameters (else parameters) x train_tokens, ``stderr`` of a share to the binomial
    one. Metrics stand under their names in the metrics table. Checkpoints are families of their own, and one model's
    weights lie in one line whatever they are called (`data.model_names.weights_name`).

    Raises
    ------
    DataError
        Naming the value, the first bad row and the remedy.
    """
    columns = _with_all_columns(frame, where, source, benchmark)
    columns = _convert_columns(columns, where)
    columns["metric"] = _by_name(columns["metric"], metric_name)
    _require_values(columns, where)
    _require_ranges(columns, where)
    table = _hold_together(_complete_table(columns))
    _require_unique(table, where, several_sources)
    _require_one_line_per_family(table, where)
    return table


def join_results(tables: Iterable[pd.DataFrame], *, where: str, several_sources: bool = False) -> pd.DataFrame:
    """Tables of `as_results` as one; what each row says was checked, what rows say of each other is checked here.

    Raises
    ------
    DataError
        For a key that stands in two of them, or a family in two lines.
    """
    table = _hold_together(pd.concat(tables, ignore_index=True)[list(COLUMNS)])
    _require_unique(table, where, several_sources)
    _require_one_line_per_family(table, where)
    return table


def _with_all_columns(frame: pd.DataFrame, where: str, source: str | None, benchmark: str) -> dict[str, pd.Series]:
    """Every column by its name, those with a default filled; by themselves they are quicker than in a frame."""
    if frame.empty:
        raise DataError(f"{where}: the table has no rows: give at least one score")
    unknown = [str(c) for c in frame.columns if c not in COLUMNS]
    missing = [c for c in REQUIRED if c not in frame.columns]
    if missing:
        raise DataError(
            f"{where}: no column {missing[0]!r}{did_you_mean(missing[0], unknown)}: a results table needs "
            f"{', '.join(REQUIRED)} (for one column per task say --wide)"
        )
    if unknown:
        raise DataError(
            f"{where}: unknown column {unknown[0]!r}{did_you_mean(unknown[0], COLUMNS)}: "
            f"rename or drop it; the columns are {', '.join(COLUMNS)}"
        )
    rows = frame.reset_index(drop=True)
    nothing = pd.Series(np.nan, index=rows.index, dtype="float64")
    columns = {name: rows.get(name, nothing) for name in COLUMNS}
    defaults: dict[str, object] = {**DEFAULTS, "benchmark": benchmark}
    if source is not None:
        defaults["source"] = source
    for name, default in defaults.items():
        columns[name] = _fill_missing(columns[name], default)
    columns["family"] = _fill_missing(columns["family"], columns["model"])
    columns["line"] = _fill_missing(columns["line"], columns["family"])
    return columns


def _fill_missing(column: pd.Series, default: object) -> pd.Series:
    """A column with ``default`` (a value, or a column) where it is missing."""
    given = column.notna()
    return column if given.all() else column.astype(object).where(given, default)


def _convert_columns(columns: dict[str, pd.Series], where: str) -> dict[str, pd.Series]:
    """Every column as its kind; those without a value, as most are, share one of nothing."""
    index = columns["score"].index
    nothing = {kind: pd.Series(None, index=index, dtype=dtype) for kind, dtype in _DTYPES.items()}
    converted = {}
    for name, kind in COLUMNS.items():
        is_empty = bool(columns[name].isna().all())
        converted[name] = nothing[kind.rstrip("?")] if is_empty else _convert_column(columns[name], name, kind, where)
    return converted


def _convert_column(column: pd.Series, name: str, kind: str, where: str) -> pd.Series:
    if kind.startswith("str"):
        return _by_name(column.astype("str"), tidy)
    if kind == "bool?":
        truth = column.map(_TRUTH, na_action="ignore")
        _refuse(column.notna() & truth.isna(), column, name, where, "is neither true nor false", "write true or false")
        return truth.astype("boolean")
    if kind == "date?":
        if not pd.api.types.is_datetime64_any_dtype(column):
            column = column.map({value: last_day(value) for value in column.dropna().unique()})
        parsed = pd.to_datetime(column, errors="coerce", format="ISO8601", utc=True).dt.tz_localize(None)
        _refuse(column.notna() & parsed.isna(), column, name, where, "is not a date", "write dates as YYYY-MM-DD")
        return parsed.dt.normalize().astype("datetime64[s]")
    if column.dtype == np.float64:
        number = column
    else:
        if pd.api.types.infer_dtype(column, skipna=True).startswith(("boolean", "mixed")):
            truth = column.map(lambda value: isinstance(value, (bool, np.bool_))).astype(bool)
            _refuse(truth, column, name, where, "is not a number", "give a plain number")
        number = as_numbers(column)
        _refuse(column.notna() & number.isna(), column, name, where, "is not a number", "give a plain number")
    if kind == "int?":
        _refuse(number.notna() & (number % 1 != 0), column, name, where, "is not a whole number", "round it")
    return number


def _by_name(names: pd.Series, change: Callable[[str], str]) -> pd.Series:
    """A column of text with each distinct name changed; what becomes empty is missing."""
    changed = {name: change(name) or None for name in names.unique() if isinstance(name, str)}
    if all(name == new for name, new in changed.items()):
        return names
    return pd.Series([changed.get(name) for name in names], index=names.index, dtype="str")


def _refuse(bad: pd.Series | np.ndarray, column: pd.Series, name: str, where: str, what: str, remedy: str) -> None:
    """Raise for the first bad row. Rows are counted as in a file with one header line."""
    if bad.any():
        row = int(np.flatnonzero(bad)[0])
        count = int(bad.sum())
        others = f" ({count} such rows)" if count > 1 else ""
        value = column.iloc[row]
        shown = "" if np.ndim(value) == 0 and pd.isna(value) else f" {getattr(value, 'item', lambda: value)()!r}"
        raise DataError(f"{where}: {name}{shown} in row {row + 2} {what}{others}: {remedy}")


def _require_values(columns: Mapping[str, pd.Series], where: str) -> None:
    for name in ("benchmark", "task", "metric", "prompt", "family", "line", "model", "tuning", "source", "score"):
        _refuse(columns[name].isna(), columns[name], name, where, "is missing", "fill it or drop the row")


_FROM = {
    **dict.fromkeys(
        ("params", "active_params", "train_tokens", "train_flops"),
        (np.greater, 0, "is not positive and finite", "give a size such as 7e9"),
    ),
    "stderr": (np.greater_equal, 0, "is negative or not finite", "leave it empty when unknown"),
    "n_examples": (np.greater_equal, 1, "is below 1", "leave it empty when unknown"),
    "shots": (np.greater_equal, 0, "is negative", "leave it empty when unknown"),
}
"""Of a number that may be missing, from where on it is allowed, and what is said of others."""
_MAY_BE_INFINITE = {"n_examples", "shots"}


def _require_ranges(columns: Mapping[str, pd.Series], where: str) -> None:
    score = columns["score"].to_numpy()
    _refuse(
        ~np.isfinite(score), columns["score"], "score", where, "is not finite", "drop the row or give the true score"
    )
    for name, (is_right, least, what, remedy) in _FROM.items():
        value = columns[name].to_numpy()
        right = is_right(value, least) & (np.isfinite(value) | (name in _MAY_BE_INFINITE))
        _refuse(~right & ~np.isnan(value), columns[name], name, where, what, remedy)
    share = is_share(columns["metric"]).to_numpy()
    outside = share & ~((score >= 0.0) & (score <= 1.0))
    percent = share & (score > 1.0) & (score <= 100.0)
    remedy = (
        "are these percentages? divide by 100, or say --percent"
        if (outside & percent).any()
        else "scores of this metric are shares between 0 and 1"
    )
    _refuse(outside, columns["score"], "score", where, "is outside [0, 1]", remedy)
    _refuse(~share & (score < 0), columns["score"], "score", where, "is negative", "a loss or perplexity is positive")


def is_share(metric: pd.Series) -> pd.Series:
    """True where a metric is a share in [0, 1], False for losses, ratings and other sizes."""
    return ~metric.isin({m for m in metric.unique() if is_unbounded(str(m))})


def _complete_table(columns: dict[str, pd.Series]) -> pd.DataFrame:
    """The table, with what follows from its columns where they leave it open."""
    compute = FLOPS_PER_PARAM_TOKEN * columns["active_params"].fillna(columns["params"]) * columns["train_tokens"]
    columns["train_flops"] = columns["train_flops"].fillna(compute)
    columns["known_on"] = columns["known_on"].fillna(columns["released"])
    known = {name: known_metric(name) for name in columns["metric"].unique()}
    better = {name: metric.higher_is_better for name, metric in known.items() if metric is not None}
    stated = columns["higher_is_better"]
    columns["higher_is_better"] = stated.fillna(columns["metric"].map(better).astype("boolean"))
    p = columns["score"].where(is_share(columns["metric"]))
    columns["stderr"] = columns["stderr"].fillna((p * (1 - p) / columns["n_examples"]) ** 0.5)
    return pd.DataFrame(columns)


def _hold_together(table: pd.DataFrame) -> pd.DataFrame:
    """Families and lines such that no family mixes checkpoints with other models, and no two lines share weights."""
    if table["checkpoint"].notna().any():
        state = table["checkpoint"].fillna("")
        mixed = state.groupby(table["family"]).transform("nunique") > 1
        of_series = mixed & (state != "")
        table["family"] = table["family"].where(~of_series, table["family"] + "@" + state)
    pairs = list(table[["line", "model"]].drop_duplicates().itertuples(index=False, name=None))
    if len({(line, weights_name(model)) for line, model in pairs}) == len({weights_name(model) for _, model in pairs}):
        return table
    models = table[["line", "model", "params"]].drop_duplicates()
    weights = models["model"].map({name: weights_name(name) for name in models["model"].unique()})
    several = models.groupby(weights)["line"].transform("nunique") > 1
    joined = {str(line): str(line) for line in models["line"]}
    for _, copies in models[several].groupby(weights[several], sort=False):
        first = copies.iloc[0]
        alike = ~((copies["params"] / first["params"]).map(np.log).abs() > np.log(SAME_SIZE))
        for line in copies["line"][alike]:
            old, new = joined[str(line)], joined[str(first["line"])]
            joined = {name: new if into == old else into for name, into in joined.items()}
    table["line"] = table["line"].map(joined)
    return table


def _require_unique(table: pd.DataFrame, where: str, several_sources: bool) -> None:
    names = [*KEY, "source"] if several_sources else KEY
    told = [name for name in names if table[name].notna().any()]
    repeated = pd.DataFrame({name: _code_values(table[name], name in KEY) for name in told}).duplicated(keep="first")
    if repeated.any():
        row = int(np.flatnonzero(repeated.to_numpy())[0])
        key = ", ".join(f"{c}={table[c].iloc[row]}" for c in names if pd.notna(table[c].iloc[row]))
        once = "task, metric, shots, prompt, evaluator, version, setting, model and checkpoint"
        once += " from one source" if several_sources else ""
        raise DataError(
            f"{where}: row {row + 2} repeats the key ({key}; {int(repeated.sum())} such rows): "
            f"keep one score per {once}"
        )


def _code_values(column: pd.Series, folds: bool) -> np.ndarray:
    """Numbers for the values of a column, the same for values that mean the same; -1 for a missing one."""
    codes, values = pd.factorize(column)
    if not folds or column.dtype != "str":
        return codes
    names = [fold(name) for name in values]
    number = {name: i for i, name in enumerate(names)}
    return np.array([*(number[name] for name in names), -1])[codes]


def _require_one_line_per_family(table: pd.DataFrame, where: str) -> None:
    family, line = (pd.factorize(table[name])[0].astype(np.int64) for name in ("family", "line"))
    if np.unique(family * (line.max() + 1) + line).size == family.max() + 1:
        return
    lines = table[["family", "line"]].drop_duplicates()
    twice = lines[lines["family"].duplicated()]
    if not twice.empty:
        family = twice["family"].iloc[0]
        names = " and ".join(map(repr, lines.loc[lines["family"] == family, "line"].head(2)))
        raise DataError(f"{where}: family {family!r} stands in two lines, {names}: give each family one line")


def has_size(results: pd.DataFrame) -> pd.Series:
    """True where a model's parameters or its training compute are known."""
    return results["params"].notna() | results["train_flops"].notna()


def known_rows(
    results: pd.DataFrame, as_of: pd.Timestamp | str | None, reading: Reading = Reading.DATED
) -> pd.DataFrame:
    """Rows that were public on the day ``as_of``; all of them when it is None. Undated rows are left out by a date."""
    if as_of is None:
        return results
    return results[known_days(results, reading) <= pd.Timestamp(as_of)]


def unit_names(rows: pd.DataFrame) -> list[tuple[object, ...]]:
    """What each row measures, as a tuple: the columns of `UNIT` in order, of the last ones only what is said."""
    given = [name for name in UNIT if name in rows]
    always = sum(name in UNIT[:_ALWAYS_SAID] for name in given)
    said = rows[given].itertuples(index=False, name=None)
    return [(*name[:always], *(value for value in name[always:] if not pd.isna(value))) for name in said]


def fingerprint(results: pd.DataFrame) -> str:
    """SHA-256 over the content of a table, independent of the order of its rows; 16 hex digits."""
    rows = pd.util.hash_pandas_object(results[list(COLUMNS)], index=False).to_numpy()
    return hashlib.sha256(np.sort(rows).tobytes()).hexdigest()[:16]
