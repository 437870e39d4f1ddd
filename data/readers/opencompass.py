"""Summaries of OpenCompass: one line a dataset and metric, one column a model, in percent."""

from __future__ import annotations

import re

import pandas as pd

from scale_forecast.data.metrics import known_metric
from scale_forecast.data.names.tasks import harness_place
from scale_forecast.data.readers.cells import as_cells
from scale_forecast.data.readers.content import Content
from scale_forecast.data.readers.layout import Layout
from scale_forecast.data.readers.metrics import metric_name
from scale_forecast.data.readers.reader import Example
from scale_forecast.data.readers.reading import Reading

_ABOUT = ["dataset", "version", "metric", "mode"]
_DIVIDER = re.compile(r"-{3,}.*")
_RAISED = {"score"}
"""Metrics of OpenCompass of which more is better though their name does not say so."""
_EXAMPLE = b"""dataset,version,metric,mode,acme-1b,acme-7b
gsm8k,1d7fe4,accuracy,gen,15.62,65.62
hellaswag,47bff9,accuracy,ppl,-,71.20
--------- average ---------,-,-,-,-,-
mmlu,-,naive_average,gen,31.10,58.77
"""


class OpenCompass:
    name = "OpenCompass summary"
    example = Example(
        "summary.csv",
        _EXAMPLE,
        {
            ("gsm8k", "accuracy", "acme-1b"): 0.1562,
            ("gsm8k", "accuracy", "acme-7b"): 0.6562,
            ("hellaswag", "accuracy", "acme-7b"): 0.712,
            ("mmlu", "naive_average", "acme-7b"): 0.5877,
            ("mmlu", "naive_average", "acme-1b"): 0.311,
        },
    )

    def recognises(self, content: Content) -> bool:
        return [title.strip().strip('"') for title in content.header.split(",")][:4] == _ABOUT

    def read(self, content: Content, layout: Layout, model: str | None) -> Reading:
        frame = content.frame
        reading = Reading(content.name, self.name)
        frame = frame[~frame["dataset"].astype(str).str.fullmatch(_DIVIDER.pattern)]
        models = [c for c in frame.columns if c not in _ABOUT]
        long = frame.melt(id_vars=_ABOUT, value_vars=models, var_name="model", value_name="cell")
        cells = as_cells(long["cell"])
        reading.found = len(long)
        metric = long["metric"].fillna("accuracy").astype(str).map(_metric)
        unit = metric.map({name: known.unit for name in metric.unique() if (known := known_metric(name))})
        share = unit.fillna("share") == "share"
        most = cells.value.where(share & ~cells.is_percent).max()
        part = 100.0 if layout.top is None and most > 1.0 else layout.top or 1.0
        value = cells.value.where(~share | cells.is_percent, cells.value / part).round(12)
        good = value.notna() & (~share | value.between(0.0, 1.0)) & (value >= 0)
        oriented = metric.map(lambda name: known_metric(name) is not None or name in _RAISED).astype(bool)
        for reason, bad in (
            ("empty cell", cells.value.isna() & ~cells.is_bad),
            ("score not a number", cells.is_bad),
            ("outside the metric's range", cells.value.notna() & ~good),
            ("a metric of unknown direction", good & ~oriented),
        ):
            if bad.any():
                reading.refused[reason] += int(bad.sum())
        kept = long.assign(metric=metric, score=value)[good & oriented]
        places = {name: harness_place(str(name)) for name in kept["dataset"].unique()}
        reading.rows = pd.DataFrame(
            {
                "benchmark": [places[name][0] for name in kept["dataset"]],
                "task": [places[name][1] for name in kept["dataset"]],
                "metric": kept["metric"],
                "setting": kept["mode"].where(kept["mode"] != "-"),
                "version": kept["version"].where(kept["version"] != "-"),
                "model": kept["model"],
                "score": kept["score"],
                "higher_is_better": [True if name in _RAISED else None for name in kept["metric"]],
                "source": f"OpenCompass, {content.source.stem}",
            }
        ).reset_index(drop=True)
        reading.tasks = _averages(kept)
        return reading


def _metric(name: str) -> str:
    """``humaneval_pass@1`` is pass@1 of its dataset."""
    return metric_name(name.rsplit("_", 1)[-1] if "_pass@" in name else name)


def _averages(kept: pd.DataFrame) -> list[dict[str, object]]:
    """Datasets that are the average of others: of those whose names hold theirs, else of parts that are not shown."""
    is_average = kept["metric"].str.contains("average")
    parts = list(kept.loc[~is_average, "dataset"].unique())
    rows: list[dict[str, object]] = []
    for task in kept.loc[is_average, "dataset"].unique():
        benchmark, placed = harness_place(str(task))
        within = [harness_place(str(p)) for p in parts if re.search(rf"(?:^|[-_]){re.escape(str(task))}[-_]", str(p))]
        names = ",".join(sorted({name for _, name in within})) or "parts that are not in the summary"
        rows.append(
            {
                "benchmark": benchmark,
                "task": placed,
                "aggregate_of": f"{within[0][0] if within else benchmark}: {names}",
            }
        )
    return rows
