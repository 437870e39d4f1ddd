"""Tables of Epoch AI's benchmarking hub: its own runs, one table a benchmark, and tables of others that it republishes.

The benchmark is the file's name; what stands behind an underscore in a model's name is how hard it was set to think.
"""

from __future__ import annotations

import re
from functools import cache

import pandas as pd

from scale_forecast.data.dates import LOWER_BOUND, RUN_DATE
from scale_forecast.data.errors import DataError
from scale_forecast.data.frontier import frontier_benchmarks
from scale_forecast.data.names import fold
from scale_forecast.data.names.keys import benchmark_key
from scale_forecast.data.readers.cells import as_cells
from scale_forecast.data.readers.content import Content
from scale_forecast.data.readers.layout import Layout
from scale_forecast.data.readers.numbers_in import seconds_of
from scale_forecast.data.readers.reader import Example
from scale_forecast.data.readers.reading import Reading

_SETTING = re.compile(r"_(xhigh|high|medium|low|minimal|none|max|unknown|thinking|[0-9]+[kK])$")
_MODEL = ("Model version", "model")
_SCORES = (
    *(
        "mean_score",
        "Best score (across scorers)",
        "Score",
        "Accuracy",
        "Percent correct",
        "Overall accuracy",
        "Overall",
    ),
    *(
        "Average score",
        "Average",
        "Global average",
        "Elo",
        "Rating",
        "EM",
        "% Resolved",
        "Success rate",
        "Time horizon",
    ),
)
_BEST = "Best score (across scorers)"
_ERRORS = ("stderr", "Accuracy Standard Error", "Standard error", "SE")
_BENCHMARKS = {
    "frontiermath": "FrontierMath Tier 1-3",
    "frontiermathtiers13": "FrontierMath Tier 1-3",
    "arcagi": "ARC-AGI-1",
    "metrtimehorizons": "METR time horizon",
    "timehorizons": "METR time horizon",
}
_OTHERS = {"METR time horizon": "METR", "ARC-AGI-1": "ARC Prize", "ARC-AGI-2": "ARC Prize"}
"""Who ran what the hub republishes, where it is one evaluator."""
_HORIZONS = {"Time horizon": "METR time horizon 50%", "Time Horizon (80%)": "METR time horizon 80%"}
_RELEASED = ("Release date", "Version release date")
_EXAMPLE = b"""Model version,mean_score,Best score (across scorers),Release date,Organization,stderr,Started at,id
gpt-5.4-mini-2026-03-17_high,0.8358585858585859,0.8358585858585859,2026-03-17,OpenAI,0.0222,2026-04-15T14:03:19.000Z,a
muse-spark,0.898,0.898,2026-04-08,Meta AI,0.022,2026-04-08T16:29:51.099Z,b
"""


class EpochHub:
    name = "table of Epoch AI's hub"
    example = Example(
        "gpqa_diamond.csv",
        _EXAMPLE,
        {
            ("GPQA Diamond", "accuracy", "gpt-5.4-mini-2026-03-17"): 0.8358585858585859,
            ("GPQA Diamond", "accuracy", "muse-spark"): 0.898,
        },
    )

    def recognises(self, content: Content) -> bool:
        titles = [title.strip().strip('"') for title in content.header.split(",")]
        has_score = any(title in titles for title in _SCORES)
        return has_score and (titles[:1] == ["Model version"] or {"task", "model", _BEST} <= set(titles))

    def read(self, content: Content, layout: Layout, model: str | None) -> Reading:
        frame = content.frame
        reading = Reading(content.name, self.name)
        is_runs = "task" in frame.columns
        columns = [c for c in _HORIZONS if c in frame.columns] or [next(c for c in _SCORES if c in frame.columns)]
        parts = [self._rows(frame, column, content, is_runs, reading) for column in columns]
        reading.rows = pd.concat(parts, ignore_index=True)
        said = ", ".join(f"{column!r} as the score" for column in columns)
        reading.notes.append(f"{content.name}: {said} of {', '.join(reading.rows['task'].unique()[:3])}")
        return reading

    def _rows(
        self, frame: pd.DataFrame, column: str, content: Content, is_runs: bool, reading: Reading
    ) -> pd.DataFrame:
        cells = as_cells(frame[column])
        minutes = column in _HORIZONS
        share = (
            cells.value
            if minutes or cells.value.max() <= 1.0
            else cells.value.where(cells.is_percent, cells.value / 100)
        )
        benchmark = frame["task"].map(_place) if is_runs else pd.Series([_benchmark(content)] * len(frame), frame.index)
        names = frame[next(c for c in _MODEL if c in frame.columns)].astype("str")
        setting = names.str.extract(_SETTING, expand=False)
        started = next((frame[c] for c in ("Started at", "started_at") if c in frame.columns), None)
        own = started is not None
        day = (
            pd.Series(pd.NaT, frame.index)
            if started is None
            else pd.to_datetime(started, errors="coerce", utc=True, format="ISO8601")
        )
        released = next((frame[c] for c in _RELEASED if c in frame.columns), pd.Series(None, frame.index, dtype=object))
        error = next(
            (as_cells(frame[c]).value for c in _ERRORS if c in frame.columns), pd.Series(float("nan"), frame.index)
        )
        rows = pd.DataFrame(
            {
                "benchmark": benchmark,
                "task": _HORIZONS.get(column, benchmark) if minutes else benchmark,
                "metric": "minutes" if minutes else "accuracy",
                "model": names.str.replace(_SETTING, "", regex=True),
                "setting": setting.where(setting != "unknown"),
                "evaluator": "Epoch AI" if own else _OTHERS.get(str(benchmark.iloc[0]) if len(benchmark) else ""),
                "version": frame["METR version"].str.extract(r"v([0-9.]+)", expand=False)
                if "METR version" in frame
                else None,
                "organisation": frame.get("Organization"),
                "released": released,
                "known_on": day.dt.strftime("%Y-%m-%d") if own else released,
                "known_basis": RUN_DATE if own else LOWER_BOUND,
                "score": share,
                "stderr": error.where(error <= 0.5) if not minutes else None,
                "source": f"Epoch AI, {content.source.stem}",
                "_when": float("nan") if started is None else [seconds_of(value) for value in started],
            }
        )
        rows["known_basis"] = rows["known_basis"].where(rows["known_on"].notna())
        good = share.notna() & names.notna() & (share >= 0) & ((share <= 1.0) | minutes) & rows["task"].notna()
        reading.found += len(rows)
        if (empty := int(cells.value.isna().sum())) > 0:
            reading.refused["empty cell"] += empty
        if (bad := int((~good & cells.value.notna()).sum())) > 0:
            reading.refused["no share, or of no known task"] += bad
        return rows[good]


def _benchmark(content: Content) -> str:
    stem = re.sub(r"_external$", "", content.source.stem)
    if content.source.path is None:
        raise DataError(f"{content.name}: a table of the hub is called after its benchmark: name the file")
    return _place(stem)


def _place(name: str) -> str:
    """A benchmark under its bundled name, else as it is called."""
    text = str(name)
    if text.startswith("FrontierMath-"):
        return "FrontierMath Tier 4" if "Tier-4" in text else "FrontierMath Tier 1-3"
    known = _BENCHMARKS.get(fold(text))
    return known or _names().get(benchmark_key(text), text)


@cache
def _names() -> dict[str, str]:
    return {benchmark_key(str(name)): str(name) for name in frontier_benchmarks()["benchmark"]}
