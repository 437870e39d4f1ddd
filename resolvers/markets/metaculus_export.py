"""A track record from Metaculus: the zip file that it offers as "Download data", and its scores recomputed.

``question_data.csv`` describes the questions, ``forecast_data.csv`` holds one's own forecasts and the community's,
``score_data.csv`` the official scores. Columns: Metaculus/metaculus@04f3d944 utils/csv_utils.py.
"""

from __future__ import annotations

import ast
import io
import json
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from scale_forecast.data.errors import DataError
from scale_forecast.data.numbers import as_numbers
from scale_forecast.resolvers.markets.market import CONTINUOUS, Kind, Market, Option, Status
from scale_forecast.resolvers.markets.scale import Scale
from scale_forecast.resolvers.scores import peer
from scale_forecast.resolvers.scores.probabilities import brier_score, brier_score_categories

QUESTIONS, FORECASTS, SCORES = "question_data.csv", "forecast_data.csv", "score_data.csv"
LARGEST = 512 * 2**20
CROWDS = {"recency_weighted", "unweighted", "single_aggregation", "metaculus_prediction", "geometric_mean", "medalists"}
OFFICIAL = {
    "baseline": "baseline",
    "peer": "peer",
    "spot_baseline": "spot_baseline",
    "spot_peer": "spot_peer",
}
SCORED = ["baseline", "spot_baseline", "peer", "spot_peer", "brier"]


@dataclass(frozen=True)
class TrackRecord:
    """Questions, who said what from when to when, and the official scores where the file holds them.

    ``forecasts`` has the columns ``question`` (the question's number), ``forecaster``, ``is_crowd``, ``start``, ``end``
    (UTC; none while it stands), ``probability`` (of yes) and ``values``: probabilities per option with NaN for those
    that did not exist, or the CDF.
    """

    markets: dict[str, Market]
    forecasts: pd.DataFrame
    official: pd.DataFrame


def is_export(path: Path) -> bool:
    """Whether a file is a zip file with questions and forecasts in it."""
    if not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as archive:
        return {QUESTIONS, FORECASTS} <= {Path(name).name for name in archive.namelist()}


def read_export(path: Path) -> TrackRecord:
    """Read a data export.

    Raises
    ------
    DataError
        For a file that is none, a column that is missing, or a row that cannot be understood, with its place.
    """
    tables = _tables(path)
    forecasts = _forecasts(tables[FORECASTS], f"{path.name}/{FORECASTS}")
    counts = {
        question: len(values) - 1
        for question, values in zip(forecasts["question"], forecasts["values"], strict=True)
        if len(values) > 2
    }
    where = f"{path.name}/{QUESTIONS}"
    questions = tables[QUESTIONS]
    posts = questions["Post ID"] if "Post ID" in questions else pd.Series(dtype="str")
    in_groups = set(posts[posts.duplicated(keep=False)])
    markets = [_market(row, counts, in_groups, f"{where} row {n}") for n, row in _rows(questions)]
    official = tables.get(SCORES, pd.DataFrame(columns=["Question ID", "User Username", "Score Type", "Score"]))
    return TrackRecord({str(market.question_id): market for market in markets}, forecasts, official)


_DAMAGED = (ValueError, NotImplementedError, RuntimeError, EOFError, zlib.error)
"""What a table that is none, an unknown or damaged compression, and encryption raise."""


def _tables(path: Path) -> dict[str, pd.DataFrame]:
    try:
        with zipfile.ZipFile(path) as archive:
            infos = {Path(info.filename).name: info for info in archive.infolist()}
            missing = [name for name in (QUESTIONS, FORECASTS) if name not in infos]
            if missing:
                raise DataError(f"{path} holds no {missing[0]}: download the data of a Metaculus question again")
            wanted = [infos[name] for name in (QUESTIONS, FORECASTS, SCORES) if name in infos]
            if sum(info.file_size for info in wanted) > LARGEST:
                raise DataError(f"{path} unpacks to more than 512 MB: export fewer questions at a time")
            return {Path(info.filename).name: _table(archive.read(info)) for info in wanted}
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror}") from error
    except zipfile.BadZipFile as error:
        raise DataError(f"{path} is no zip file: give the file as Metaculus sent it") from error
    except _DAMAGED as error:
        why = str(error).strip().rsplit("\n", 1)[-1]
        raise DataError(f"{path} cannot be unpacked and read ({why}): give the file as Metaculus sent it") from error


def _table(content: bytes) -> pd.DataFrame:
    return pd.read_csv(
        io.BytesIO(content), dtype="str", keep_default_na=False, encoding="utf-8", encoding_errors="replace"
    )


def _rows(table: pd.DataFrame) -> Iterator[tuple[int, dict[str, Any]]]:
    """Rows with their number in the file, whose first line is the header."""
    for number, row in enumerate(table.to_dict("records"), start=2):
        yield number, {str(name): value for name, value in row.items()}


def _market(row: Mapping[str, Any], counts: Mapping[str, int], in_groups: set[str], where: str) -> Market:
    """One question; several of one post are told apart by their own number."""
    id, post = _field(row, "Question ID", where), _field(row, "Post ID", where)
    type_ = _field(row, "Question Type", where)
    if type_ not in set(Kind):
        raise DataError(f"{where}: question type {type_!r} is unknown: leave this question out of the export")
    kind = Kind(type_)
    options = [str(label) for label in _list(row.get("MC Options"), where)] if kind is Kind.MULTIPLE_CHOICE else []
    resolution = str(row.get("Resolution") or "").strip()
    return Market(
        service="metaculus",
        id=f"{post}/{id}" if post in in_groups else post,
        question_id=id,
        title=_field(row, "Question Title", where),
        kind=kind,
        status=Status.RESOLVED if resolution else Status.OPEN,
        url=row.get("Question URL") or None,
        opens=_time(row.get("Open Time"), where),
        closes=_time(row.get("Scheduled Close Time"), where),
        closed_on=_time(row.get("Actual Close Time"), where),
        resolved_on=_time(row.get("Resolution Known Time"), where),
        spot=_time(row.get("CP Reveal Time"), where),
        options=tuple(Option(id=label, label=label) for label in options),
        scale=_scale(row, kind, counts.get(id), where) if kind in CONTINUOUS else None,
        resolution=resolution or None,
    )


def _field(row: Mapping[str, Any], name: str, where: str) -> str:
    value = str(row.get(name) or "").strip()
    if not value:
        raise DataError(f"{where}: {name!r} is missing: give the file as Metaculus sent it")
    return value


def _time(value: Any, where: str) -> Any:
    if value in (None, "", "None"):
        return None
    try:
        found = pd.to_datetime(str(value), utc=True, format="ISO8601")
        if pd.isna(found):
            raise ValueError
        return found.to_pydatetime()
    except ValueError as error:
        raise DataError(f"{where}: {value!r} is no time: give the file as Metaculus sent it") from error


def _list(text: Any, where: str) -> list[Any]:
    """A list as JSON, Python or numpy prints it."""
    if text in (None, "", "None"):
        return []
    plain = re.sub(r"np\.float64\(([^()]*)\)", r"\1", str(text))
    try:
        try:
            found = json.loads(plain)
        except ValueError:
            found = ast.literal_eval(plain)
    except (ValueError, SyntaxError, MemoryError, RecursionError) as error:
        raise DataError(f"{where}: {str(text)[:40]!r} is no list: give the file as Metaculus sent it") from error
    if not isinstance(found, list):
        raise DataError(f"{where}: {str(text)[:40]!r} is no list: give the file as Metaculus sent it")
    return found


def _scale(row: Mapping[str, Any], kind: Kind, count: int | None, where: str) -> Scale:
    """The export names no zero point, but the middle of its grid gives a logarithmic scale away."""
    low, high = (_on_line(_field(row, name, where), kind, where) for name in ("Lower Bound", "Upper Bound"))
    grid = _list(row.get("Continuous Range"), where)
    zero_point = None
    if kind is not Kind.DATE and len(grid) > 2 and len(grid) % 2:
        middle = float(grid[len(grid) // 2])
        root = (high - low) / (middle - low) - 1.0
        if abs(root - 1.0) > 1e-9:
            zero_point = (root**2 * low - high) / (root**2 - 1.0)
    below, above = (str(row.get(f"Open {end} Bound")).strip().lower() == "true" for end in ("Lower", "Upper"))
    return Scale(low, high, zero_point, below, above, count or 200)


def _on_line(text: str, kind: Kind, where: str) -> float:
    """A number, or a date as unix seconds."""
    if kind is Kind.DATE:
        return float(_time(text, where).timestamp())
    try:
        return float(text)
    except ValueError as error:
        raise DataError(f"{where}: {text!r} is no number: give the file as Metaculus sent it") from error


def _forecasts(table: pd.DataFrame, where: str) -> pd.DataFrame:
    rows = []
    name = "Forecaster Username" if "Forecaster Username" in table else "Forecaster (Anonymized)"
    for number, row in _rows(table):
        place = f"{where} row {number}"
        probability = str(row.get("Probability Yes") or "").strip()
        yes = _on_line(probability, Kind.NUMERIC, place) if probability else None
        values = _values(row, yes, place)
        if not len(values):
            continue  # a withdrawal leaves a row without a forecast
        forecaster = _field(row, name, place)
        rows.append(
            {
                "question": _field(row, "Question ID", place),
                "forecaster": forecaster,
                "is_crowd": forecaster in CROWDS and not str(row.get("Forecaster ID") or "").strip(),
                "start": _time(_field(row, "Start Time", place), place),
                "end": _time(row.get("End Time"), place),
                "probability": yes,
                "values": values,
            }
        )
    frame = pd.DataFrame(rows, columns=["question", "forecaster", "is_crowd", "start", "end", "probability", "values"])
    for moment in ("start", "end"):
        frame[moment] = pd.to_datetime(frame[moment], utc=True)
    return frame


def _values(row: Mapping[str, Any], yes: float | None, where: str) -> np.ndarray:
    if yes is not None:
        return np.array([1.0 - yes, yes])
    listed = _list(row.get("Probability Yes Per Category"), where) or _list(row.get("Continuous CDF"), where)
    try:
        return np.array([np.nan if p is None else float(p) for p in listed])
    except (TypeError, ValueError) as error:
        raise DataError(f"{where}: a forecast holds something that is no number: export the data again") from error


# --- scores -----------------------------------------------------------------------------------------------------------


def outcome_of(market: Market) -> int | None:
    """Index of what happened: 0 no, 1 yes; an option's place; a bucket. None while open, ambiguous or annulled."""
    resolution = market.resolution
    if resolution in (None, "ambiguous", "annulled"):
        return None
    if market.kind is Kind.BINARY:
        return {"no": 0, "yes": 1}.get(str(resolution))
    if market.kind is Kind.MULTIPLE_CHOICE:
        labels = [option.label for option in market.options]
        return labels.index(str(resolution)) if resolution in labels else None
    assert market.scale is not None
    if resolution == "below_lower_bound":
        return 0
    if resolution == "above_upper_bound":
        return market.scale.count + 1
    return market.scale.bucket(_on_line(str(resolution), market.kind, f"metaculus:{market.id}"))


def fits(values: np.ndarray, market: Market) -> bool:
    """Whether a forecast has one probability for each option, or one for each point of the grid."""
    if market.kind is Kind.BINARY:
        return len(values) == 2
    size = len(market.options) if market.scale is None else market.scale.count + 1
    return len(values) == size and (market.scale is None or not np.isnan(values).any())


def score_record(record: TrackRecord) -> pd.DataFrame:
    """One row per settled question and forecaster, with the scores of `SCORED` and the official ones beside them.

    Conventions: baseline and peer scores as on Metaculus (100 is one doubling above chance; higher is better), averaged
    over the question's scheduled time, the spot ones at the time the community's forecast was revealed; peers are the
    people in the file, not the crowds. ``brier`` is (p - o)² summed over options and halved, so that it lies between 0
    and 1, averaged over the time a forecast stood (lower is better; none for continuous questions). Forecasts over
    other options, or on another grid, than the question has now cannot be compared with the others and are left out.
    """
    parts = []
    for number, group in record.forecasts.groupby("question", sort=False):
        market = record.markets.get(str(number))
        outcome = None if market is None else outcome_of(market)
        fitting = group[[market is not None and fits(values, market) for values in group["values"]]]
        if market is not None and outcome is not None and len(fitting):
            parts.append(_score_market(market, outcome, fitting.reset_index(drop=True)))
    columns = ["question", "title", "forecaster", "resolution", "coverage", *SCORED]
    table = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)
    return _with_official(table[columns], record.official)


def _score_market(market: Market, outcome: int, group: pd.DataFrame) -> pd.DataFrame:
    times = _Times.of(market, group)
    values = np.vstack(group["values"].to_list())
    people = ~group["is_crowd"].to_numpy(dtype=bool)
    if market.kind in CONTINUOUS:
        assert market.scale is not None
        mass = peer.cdf_to_pmf(values)
        bounds = int(market.scale.open_lower) + int(market.scale.open_upper)
        given, baseline = mass[:, outcome], peer.baseline_score_continuous(mass, outcome, open_bounds=bounds)
    else:
        given, options = peer.outcome_probability(values, outcome)
        baseline = peer.baseline_score(given, options)
    halved, stood = market.kind in CONTINUOUS, (times.start, times.end)
    horizon = {"opened": times.opened, "closed": times.closed, "scheduled": times.scheduled}
    averaged = peer.over_time(baseline, *stood, **horizon)
    against = peer.peer_score_over_time(given, *stood, peers=people, continuous=halved, **horizon)
    at_spot = peer.peer_score_at(given, *stood, when=times.spot, peers=people, continuous=halved)
    table = pd.DataFrame(
        {
            "forecaster": group["forecaster"],
            "coverage": averaged.coverage,
            "baseline": averaged.score,
            "spot_baseline": peer.at_time(baseline, *stood, when=times.spot).score,
            "peer": against.score,
            "spot_peer": at_spot.score,
            "brier": averaged.coverage * _brier(values, outcome, market),
        }
    )
    total = table.groupby("forecaster", sort=False).sum().reset_index()
    with np.errstate(invalid="ignore", divide="ignore"):
        total["brier"] = total["brier"] / total["coverage"]
    return total.assign(question=market.question_id, title=market.title, resolution=market.resolution)


def _brier(values: np.ndarray, outcome: int, market: Market) -> np.ndarray:
    """An option that did not exist when a forecast was made counts as its last one, "Other"."""
    if market.kind in CONTINUOUS:
        return np.full(len(values), np.nan)
    if market.kind is Kind.BINARY:
        return brier_score(np.full(len(values), outcome), values[:, 1])
    happened = np.where(np.isnan(values[:, outcome]), values.shape[1] - 1, outcome)
    return brier_score_categories(happened, np.nan_to_num(values)) / 2.0


@dataclass(frozen=True)
class _Times:
    """Unix seconds of a question and its forecasts; infinite where a forecast still stands."""

    opened: float
    closed: float
    scheduled: float
    spot: float
    start: np.ndarray
    end: np.ndarray

    @classmethod
    def of(cls, market: Market, group: pd.DataFrame) -> _Times:
        if market.opens is None or market.closes is None:
            raise DataError(
                f"metaculus:{market.id} has no open or no scheduled close time: it cannot be scored in time"
            )
        closed = (market.closed_on or market.closes).timestamp()
        spot = market.spot.timestamp() if market.spot else closed
        start, end = (_seconds(group[name]) for name in ("start", "end"))
        return cls(
            market.opens.timestamp(),
            closed,
            market.closes.timestamp(),
            spot,
            start,
            np.where(np.isnan(end), np.inf, end),
        )


def _seconds(times: pd.Series) -> np.ndarray:
    epoch = pd.Timestamp(0, tz="UTC")
    return ((times - epoch) / pd.Timedelta(seconds=1)).to_numpy(dtype=float)


def _with_official(table: pd.DataFrame, official: pd.DataFrame) -> pd.DataFrame:
    """Official scores of the same question and forecaster, as ``official_*``, where the export holds them."""
    if official.empty or table.empty:
        return table
    who = "User Username" if "User Username" in official else "User (Anonymized)"
    known = official[official["Score Type"].isin(OFFICIAL)]
    wide = known.assign(value=as_numbers(known["Score"])).pivot_table(
        index=["Question ID", who], columns="Score Type", values="value", aggfunc="last"
    )
    wide = wide.rename(columns=lambda name: f"official_{name}").reset_index()
    wide = wide.rename(columns={"Question ID": "question", who: "forecaster"})
    return table.merge(wide, how="left", on=["question", "forecaster"])
