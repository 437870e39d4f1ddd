"""The page of the world by date: records with fans, thresholds crossed and to come, who leads, the index."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from scale_forecast.data.names import count_of
from scale_forecast.show.by_date import past_lines, readable_records
from scale_forecast.show.report.dated import fan_picture, score_text
from scale_forecast.show.report.markup import download, name, percent, table, tag, text
from scale_forecast.show.report.shell import whole_page
from scale_forecast.show.report.small import interval_svg

MOST_PICTURES = 30
MOST_MODELS = 20
YEARS_BACK = 3
HOW = (
    "Dots are scores of models on the day on which they became known, the line is the record. Where the tables end the "
    "fan begins: 50, 80 and 90% intervals of the record to come and its median, with its value at the end. Benchmarks "
    "of many models come first that are likeliest to change. Point at a fan for its values, or move from picture to "
    "picture with the arrow keys."
)
METHOD = (
    "Read: scores that were known on the day of knowledge, as their dates say; what was released and measured since "
    "the tables end is simulated like what is to come.",
    "A record to come is the best of the models that simulated futures release and measure, never below the record "
    "that stands. Every probability on the page is a share of the same futures, so none contradicts another.",
    "The index is the ability that explains the scores of a model on all its benchmarks together, with the 80% "
    "interval of what these leave open.",
)


@dataclass(frozen=True)
class World:
    """Everything on the page.

    Attributes
    ----------
    records : DataFrame
        `by_date.present.record_table` with how such forecasts fared, a row a benchmark and day.
    fan : the same of the benchmarks drawn, on the days between
    known : DataFrame, ``task, day, score, model``
    ladder : DataFrame
        `by_date.present.ladder_table` of the benchmarks drawn: thresholds above their records.
    crossed : DataFrame, ``task, threshold, day, model``
    holders : DataFrame, ``organisation, now, to_come`` in records
    index : `by_date.index.capability_index`
    as_of, newest : day of knowledge, and day until which the tables go
    whose : whose records, in words; empty for everybody's
    """

    records: pd.DataFrame
    fan: pd.DataFrame
    known: pd.DataFrame
    ladder: pd.DataFrame
    crossed: pd.DataFrame
    holders: pd.DataFrame
    index: pd.DataFrame
    as_of: pd.Timestamp
    newest: pd.Timestamp
    whose: str = ""
    facts: dict[str, str] = field(default_factory=dict)

    @property
    def last(self) -> pd.DataFrame:
        """The records of the last day asked for."""
        return self.records[self.records["by"] == self.records["by"].max()]


def world_page(world: World) -> str:
    """The whole page; the same world gives the same text."""
    sections = {
        "records": ("Records and their fans", _fans(world)),
        "thresholds": ("Thresholds crossed and to come", _thresholds(world)),
        "leaders": ("Who leads", _leaders(world)),
        "index": ("The capability index", _index(world)),
        "table": ("All records in numbers", _table(world)),
        "record": ("How good such forecasts were", _track_record(world)),
        "methods": ("Methods, sources, download", _methods(world)),
    }
    whose = f" of {text(world.whose)}" if world.whose else ""
    subtitle = (
        f"Records{whose} as known on {world.as_of:%Y-%m-%d}; the tables go until {world.newest:%Y-%m-%d}. "
        f"{count_of(len(world.last), 'benchmark')}, {count_of(len(world.index), 'model')}."
    )
    return whole_page("Benchmark records by date", finding(world), subtitle, sections, ("pictures.js",), skip="table")


def finding(world: World) -> str:
    """What the page found, in a few words without markup."""
    last = world.last
    by = last["by"].iloc[0]
    day = f"{by.day} {by:%B %Y}"
    if len(last) == 1:
        row = last.iloc[0]
        now, then = score_text(row["record_now"], row["unit"]), score_text(row["median"], row["unit"])
        if now == then:
            return f"{row['task']} should stand at {now} on {day}: its record holds with P {percent(row['unchanged'])}"
        return f"{row['task']} should reach {then} by {day}, from {now} now"
    falls = (1 - last["unchanged"]).sum()
    return f"About {falls:.0f} of {len(last)} benchmark records should fall by {day}"


def tasks_to_draw(records: pd.DataFrame) -> list[str]:
    """Those that get a picture: of the benchmarks of most models the likeliest to change first."""
    last = records[records["by"] == records["by"].max()]
    most = last.sort_values(["models", "task"], ascending=[False, True], kind="stable").head(2 * MOST_PICTURES)
    return most.sort_values("unchanged", kind="stable")["task"].head(MOST_PICTURES).tolist()


def _fans(world: World) -> str:
    last = world.last.set_index("task", drop=False)
    first = world.newest - pd.DateOffset(years=YEARS_BACK)
    known, fans = dict(iter(world.known.groupby("task"))), dict(iter(world.fan.groupby("task")))
    items = []
    for place, task in enumerate(tasks_to_draw(world.records)):
        row = last.loc[task].to_dict()
        words = tag("strong", name(task)) + tag("span", text(_caption(row)))
        picture = fan_picture(row, known[task], fans[task], first, world.newest)
        whole = tag("figure", picture + tag("figcaption", words))
        items.append(tag("li", whole, data_row=place, tabindex="-1"))
    lead = (
        tag("p", text(f"How sure that is: {said[-1]}."), class_="lead") if (said := past_lines(world.records)) else ""
    )
    return lead + tag("ul", "".join(items), class_="multiples dated", id="multiples") + tag("p", HOW)


def _caption(row: Mapping[Any, Any]) -> str:
    unit = str(row["unit"])
    span = f"{score_text(row['q10'], unit)} to {score_text(row['q90'], unit)}"
    held = f"{score_text(row['record_now'], unit)} now ({row['record_model']})"
    return f"{held}; {span} with 80%, stands with {percent(row['unchanged'])}"


def _thresholds(world: World) -> str:
    units = world.last.set_index("task")["unit"]
    days = sorted(world.ladder["by"].unique()) if len(world.ladder) else []
    rows = [
        {"benchmark": row["task"], "threshold": score_text(row["threshold"], units[row["task"]]),
         "crossed": f"{row['day']:%Y-%m-%d} by {row['model']}"}
        | {f"by {day:%Y-%m-%d}": "crossed" for day in days} | {"even odds": "crossed"}
        for row in world.crossed.to_dict("records")
    ]  # fmt: skip
    for _, part in world.ladder.groupby(["task", "threshold"], sort=False):
        task, threshold = str(part["task"].iloc[0]), float(part["threshold"].iloc[0])
        even = part["even_odds"].iloc[0]
        rows.append(
            {"benchmark": task, "threshold": score_text(threshold, units[task]), "crossed": "to come"}
            | {f"by {day:%Y-%m-%d}": percent(prob) for day, prob in zip(part["by"], part["probability"], strict=True)}
            | {"even odds": "later" if pd.isna(even) else f"{even:%Y-%m}"}
        )
    frame = pd.DataFrame(rows)
    if frame.empty:
        return tag("p", "No threshold lies above or below these records.")
    order = frame["benchmark"].map({task: place for place, task in enumerate(tasks_to_draw(world.records))})
    frame = frame.loc[order.sort_values(kind="stable").index]
    said = tag("p", "Even odds: the month by which a threshold is likelier crossed than not.")
    numbers = [str(column) for column in frame if str(column).startswith("by ")]
    return said + table(frame, "Thresholds by benchmark", numeric=("threshold", *numbers))


def _leaders(world: World) -> str:
    shown = world.holders.rename(columns={"now": "records now", "to_come": "expected then"})
    top = world.holders.iloc[0]
    said = (
        f"{text(top['organisation'])} holds {int(top['now'])} of {int(world.holders['now'].sum())} records, and is "
        f"expected to hold {top['to_come']:.0f} by {world.last['by'].iloc[0]:%Y-%m-%d}."
    )
    shown = shown.assign(**{"expected then": shown["expected then"].map("{:.1f}".format)})
    return tag("p", said) + table(shown, "Records held", numeric=("records now", "expected then"))


def _index(world: World) -> str:
    top = world.index.head(MOST_MODELS)
    low, high = float(top["low"].min()), float(top["high"].max())
    items = "".join(_ability(row, low, high) for row in top.to_dict("records"))
    caption = tag("figcaption", f"The {len(top)} ablest models; bar: 80% interval, from {low:.0f} to {high:.0f}.")
    return tag("figure", tag("ul", items) + caption, class_="means")


def _ability(row: Mapping[Any, Any], low: float, high: float) -> str:
    who = tag("span", text(row["model"]), class_="name") + tag("span", f" {text(row['organisation'])}", class_="sub")
    said = f"<strong>{row['index']:.1f}</strong> ({row['low']:.1f} to {row['high']:.1f})"
    picture = interval_svg([(row["low"], row["high"], "b80", 3)], row["index"], (low, high), wide=480)
    return tag("li", tag("div", who) + tag("div", said, class_="n") + picture)


def _table(world: World) -> str:
    return table(readable_records(world.records, len(world.last)), "Records now and by each day, most models first")


def _track_record(world: World) -> str:
    lines = past_lines(world.records)
    if not lines:
        return tag("p", "Too few past forecasts of this kind have closed for anything to be said of them.")
    return tag("ul", "".join(tag("li", text(line)) for line in lines))


def _methods(world: World) -> str:
    steps = "".join(tag("li", sentence) for sentence in METHOD)
    facts = "".join(tag("dt", text(k)) + tag("dd", tag("code", text(v))) for k, v in world.facts.items())
    counts = world.last["record_source"].astype("str").value_counts().rename("records").reset_index()
    where = table(counts.set_axis(["source", "records"], axis=1), "Where the standing records are published",
                  numeric=("records",))  # fmt: skip
    return tag("ul", steps) + tag("dl", facts) + where + download(world.records, "records.csv")
