"""Settling recorded score forecasts against results: what did the language model score? Pure."""

from __future__ import annotations

import difflib
import math
from typing import Any

import pandas as pd

from scale_forecast.data.names import fold
from scale_forecast.data.names.keys import name_keys
from scale_forecast.data.results import UNIT, known_rows
from scale_forecast.resolvers.judge.evidence import SHOWN
from scale_forecast.resolvers.judge.status import Status
from scale_forecast.resolvers.questions.resolve import Resolution

SUBJECT = ["benchmark", "task", "metric", "shots", "prompt", "model"]
"""What a score forecast is about."""
MEASURED = ("evaluator", "version", "setting")
"""By whom, of which release and how a score is measured, which forecasts of it may say."""

SAME_SIZE = 0.03
"""How far apart the sizes of two models of a family may be for one to be the other: people round them."""
NEAR_SIZE = 0.25
"""How far apart they may be for the one to be offered as a near miss of the other."""

_NAMES = [name for name in UNIT if name != "shots"]
_TEST = ["benchmark", "task", "metric"]
_UNCLEAR = (
    "forecasts of several evaluators, versions or settings are recorded of it, and an entry settles them together"
)
BY_DATE = "date"
"""What an entry's details say under ``by`` where the forecast is of the best score that its model has, however it was
measured: by date a score is one of several settings, reruns and evaluators."""
_NEAR_NAME = 0.8
_OFFERED = 2


def settle_scores(forecasts: pd.DataFrame, results: pd.DataFrame, *, as_of: pd.Timestamp | str) -> pd.DataFrame:
    """The observed score of everything that score forecasts are about, as far as it was public on ``as_of``.

    Names match as `scale_forecast.data.names.keys` compares them; where no model of the name was measured so, the one
    of the family whose size is within `SAME_SIZE` is taken for it, and said. Shots must be the same; intermediate
    checkpoints never settle a forecast of the model. Near misses are named in the reason, and settle nothing.

    Parameters
    ----------
    forecasts : DataFrame
        As `Ledger.forecasts` gives it; rows of other kinds are passed over.
    results : results table
        A key may carry a score from each of several sources; where they differ the subject is ``ambiguous``.
    as_of : day
        Rows that became public later do not count, nor do undated ones.

    Returns
    -------
    DataFrame
        One row for each distinct subject: `SUBJECT`, ``status`` (``number``, ``ambiguous`` or ``open``), ``outcome``,
        ``stderr``, ``known_on``, ``as_of``, ``reason``, ``evidence`` (the rows that settled it). Those that are not
        open are rows for `Ledger.append_resolutions`.
    """
    recorded = forecasts[forecasts["kind"] == "score"]
    scores = recorded[[*SUBJECT, "family", "params", "train_flops", *MEASURED]].assign(by=_ways_of(recorded))
    about = scores.drop_duplicates([*SUBJECT, *MEASURED], keep="last").reset_index(drop=True)
    about["_unclear"] = about.duplicated(SUBJECT, keep=False)
    final = known_rows(results, as_of)
    final = final[final["checkpoint"].isna()]
    tests = _keys(final, _TEST)
    final = final[tests.isin(set(_keys(about, _TEST)))]
    ways, models = _ways(final), name_keys("model", final["model"].astype("str"))
    by_way = {str(way): rows for way, rows in final.assign(_model=models).groupby(ways)}
    by_test = {str(test): rows for test, rows in final.assign(_model=models).groupby(_keys(final, _TEST))}
    day = pd.Timestamp(as_of)
    wanted = about.assign(
        _way=_ways(about), _test=_keys(about, _TEST), _model=name_keys("model", about["model"].astype("str"))
    )
    settled = [
        _settle_subject(row, by_way.get(str(row["_way"])), by_test.get(str(row["_test"])), day)
        for row in wanted.to_dict("records")
    ]
    columns = ["status", "outcome", "stderr", "known_on", "reason", "evidence"]
    return about[SUBJECT].join(pd.DataFrame(settled, columns=columns)).assign(as_of=day)


def _ways_of(forecasts: pd.DataFrame) -> pd.Series:
    """Whether score forecasts go by date, from their details."""
    given = [one.get("by") if isinstance(one, dict) else None for one in forecasts["details"]]
    return pd.Series(given, forecasts.index, dtype="str")


def _settle_subject(
    about: dict[Any, Any], alike: pd.DataFrame | None, on_test: pd.DataFrame | None, day: pd.Timestamp
) -> dict[str, object]:
    """What one subject came to: by the model's name, else by its family and size, else open with what is near."""
    if about["_unclear"]:
        return {"status": "open", "reason": _UNCLEAR}
    if about["by"] == BY_DATE and on_test is not None:
        named = on_test[on_test["_model"] == about["_model"]]
        if len(named):
            return _best(named.drop(columns="_model"))
    if alike is not None:
        named = alike[alike["_model"] == about["_model"]]
        if len(named):
            return _resolution(named.drop(columns="_model"))
        same = alike[_is_family(alike, about) & (_size_gap(alike, about) <= SAME_SIZE)]
        if same["_model"].nunique() == 1:
            found = _resolution(same.drop(columns="_model"))
            who = f"taken for {same['model'].iloc[0]}, the model of {about['family']} of that size"
            return {**found, "reason": f"{found['reason']}; {who}"}
    near = _near(about, on_test)
    offered = f"; near misses, which settle nothing: {', '.join(near)}" if near else ""
    return {"status": "open", "reason": f"no score was public by {day:%Y-%m-%d}{offered}"}


def _best(rows: pd.DataFrame) -> dict[str, object]:
    """The best of a model's scores, public from the day on which the first of them was."""
    falling = bool((rows["higher_is_better"] == False).all())  # noqa: E712
    ordered = rows.sort_values(["score", "known_on"], ascending=[falling, True], kind="stable")
    found = _resolution(ordered.head(1))
    if len(rows) == 1:
        return found
    return {**found, "known_on": rows["known_on"].min(), "reason": f"{found['reason']}; the best of {len(rows)} scores"}


def _near(about: dict[Any, Any], on_test: pd.DataFrame | None) -> list[str]:
    """Scores on the same test that a person may have meant, in words: measured another way, or of a model near it."""
    if on_test is None:
        return []
    wanted = fold(str(about["model"]))
    likeness = on_test["model"].map(lambda name: difflib.SequenceMatcher(None, fold(str(name)), wanted).ratio())
    sized = _is_family(on_test, about) & (_size_gap(on_test, about) <= NEAR_SIZE)
    close = on_test.assign(_likeness=likeness.where(~sized, 1.0))
    close = close[(close["_likeness"] >= _NEAR_NAME) | sized]
    close = close.sort_values("_likeness", ascending=False, kind="stable").drop_duplicates("_model")
    return [
        f"{row['model']} at {row['score']:.4g} ({_way_in_words(row)})"
        for row in close.head(_OFFERED).to_dict("records")
    ]


def _way_in_words(row: dict[Any, Any]) -> str:
    shots = "" if pd.isna(row["shots"]) else f"{row['shots']:.0f}-shot"
    said = [row.get("prompt"), shots, row.get("evaluator"), row.get("version"), row.get("setting")]
    return ", ".join(str(part) for part in said if pd.notna(part) and part)


def _is_family(rows: pd.DataFrame, about: dict[Any, Any]) -> pd.Series:
    """Which rows are of the subject's family."""
    if pd.isna(about["family"]):
        return pd.Series(False, index=rows.index)
    wanted = name_keys("family", pd.Series([about["family"]], dtype="str")).iloc[0]
    return name_keys("family", rows["family"].astype("str")) == wanted


def _size_gap(rows: pd.DataFrame, about: dict[Any, Any]) -> pd.Series:
    """How far each row's model is from the subject in parameters, else in training compute; missing without either."""
    gap = pd.Series(math.nan, index=rows.index)
    for name in ("params", "train_flops"):
        if pd.notna(about[name]):
            gap = gap.fillna((rows[name].astype("float64") / about[name] - 1.0).abs())
    return gap


def settled_rows(settled: pd.DataFrame) -> list[dict[str, Any]]:
    """Those of `settle_scores` that are no longer open, as rows for `Ledger.append_resolutions`."""
    return [{str(k): v for k, v in row.items()} for row in settled[settled["status"] != "open"].to_dict("records")]


def as_resolutions(settled: pd.DataFrame) -> list[Resolution]:
    """The rows of `settle_scores` in the form of questions' resolutions, to be printed beside them."""
    return [_as_resolution(row) for row in settled.to_dict("records")]


def _as_resolution(row: dict[Any, Any]) -> Resolution:
    shots = "" if pd.isna(row["shots"]) else f"{row['shots']:.0f}-shot "
    name = f"{row['benchmark']}/{row['task']} {shots}{row['metric']} of {row['model']}"
    evidence = row["evidence"] if isinstance(row["evidence"], list) else []
    return Resolution(
        question=name,
        title=name,
        status=Status(row["status"]),
        reason=row["reason"],
        value=None if pd.isna(row["outcome"]) else row["outcome"],
        known_on=None if pd.isna(row["known_on"]) else row["known_on"].date(),
        as_of=row["as_of"].to_pydatetime(),
        evidence=tuple({c: _show_value(e.get(c)) for c in SHOWN} for e in evidence),
        fingerprint="",
    )


def _show_value(value: Any) -> Any:
    return f"{value:%Y-%m-%d}" if isinstance(value, pd.Timestamp) else value


def _ways(table: pd.DataFrame) -> pd.Series:
    """One hashable name for how each row was measured; a forecast that names no evaluator is about plain scores."""
    return table["shots"].astype("float64").fillna(-1.0).astype("str") + _keys(table, _NAMES)


def _keys(table: pd.DataFrame, names: list[str]) -> pd.Series:
    """One hashable name for what some columns say together."""
    parts = [_key_texts(table[name], name) if name in table else [""] * len(table) for name in names]
    return pd.Series(["\x1f".join(row) for row in zip(*parts, strict=True)], index=table.index, dtype="str")


def _key_texts(column: pd.Series, name: str) -> list[str]:
    return [key if isinstance(key, str) else "" for key in name_keys(name, column.astype("str"))]


def _resolution(rows: pd.DataFrame) -> dict[str, object]:
    """What the rows of one subject say, for the ledger."""
    evidence = [{name: value for name, value in row.items() if pd.notna(value)} for row in rows.to_dict("records")]
    if rows["score"].nunique() > 1:
        scores = ", ".join(f"{row['score']:.4g} ({row['source']})" for row in evidence)
        return {"status": "ambiguous", "reason": f"the sources disagree: {scores}", "evidence": evidence}
    row = rows.sort_values("known_on", kind="stable").iloc[0]
    return {
        "status": "number",
        "outcome": float(row["score"]),
        "stderr": row["stderr"],
        "known_on": row["known_on"],
        "reason": f"scored {row['score']:.4g}, public since {row['known_on']:%Y-%m-%d} ({row['source']})",
        "evidence": evidence,
    }
