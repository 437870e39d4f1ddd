"""Questions about records, leaders and days at rolling origins, priced as `forecast ask` prices them, and scored.

    python -m benchmarks.questions_by_date --cache FOLDER [--output FILE]
    python -m benchmarks.questions_by_date --read FILE

At every quarter (dated reading: only rows that somebody had seen by then) each benchmark with enough models gives
questions that the day leaves open: is a level reached that lies .25, .75 or 1.5 logits above the record; does one of
the three organisations with the best scores lead at the end; by when is a level .5 logits above the record reached (the
mean Brier score of a third, two thirds and the whole of the window). A benchmark counts in a window where the tables
have a score of it from after the window's end, so that its silence is evidence. References: the record's drift with the
errors of its closed windows (of leaders: how often those who led, and those who did not, led at the end of closed
windows), each kind's frequency over all of these questions, and that of each sort (a level, who leads now or not yet):
both frequencies know the outcomes, and that of the sort also which questions are alike.

Who leads is scored as a choice too, between the three best organisations and anybody else: log and Brier scores over
all four, against the rule that who leads mostly stays, in the shares in which the first, second, third and others led
at the end of windows that were closed at the origin.
"""

from __future__ import annotations

import argparse
import ast
import datetime as dt
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.records import TABLES
from scale_forecast.by_date.backtests.records import FEWEST_CLOSED, past_centres, stretch_errors
from scale_forecast.by_date.backtests.references import centres, draws_of
from scale_forecast.by_date.history import MODELS_AT_THE_ORIGIN, closed_windows, counted_tasks, cut_by
from scale_forecast.by_date.link import from_link
from scale_forecast.by_date.tables import Tables, read_tables
from scale_forecast.by_date.world import World, scale_of, see
from scale_forecast.pricing.futures import RecordFutures
from scale_forecast.resolvers.kinds.base import Measured
from scale_forecast.resolvers.kinds.leads import Leads
from scale_forecast.resolvers.kinds.threshold import Threshold
from scale_forecast.resolvers.terms.scope import Scope

READING = "dated"
ORIGINS = pd.date_range("2024-10-01", "2026-07-01", freq="QS")
MONTHS = (6, 12)
ABOVE = (0.25, 0.75, 1.5)
DATED = 0.5
DRAWS = 1000
RESAMPLED = 1000
HIGHEST = 0.999
"""No level above this is asked for."""
LED, DID_NOT = 0.75, 0.12
"""P(leads at the end) of who leads and who does not, before any window is closed."""
PLACES = 3
STAYS = np.array([0.75, 0.08, 0.05, 0.12])
"""The same of the first, second, third and anybody else, counted as `PRIOR_WINDOWS`."""
PRIOR_WINDOWS = 10.0


def measure(tables: Tables, cache: Path) -> pd.DataFrame:
    """A row a question: origin, months, task, sort, outcome, and what each method said (of a day, its loss)."""
    end = see(tables, pd.Timestamp("2100-01-01"), READING).rows.groupby("task")["day"].max()
    found = [at_origin(tables, origin, end, cache) for origin in ORIGINS]
    return with_leaders_rate(pd.concat(found, ignore_index=True))


def at_origin(tables: Tables, origin: pd.Timestamp, end: pd.Series, cache: Path) -> pd.DataFrame:
    """The questions of one origin over all windows that the tables reach."""
    world, rows = see(tables, origin, READING), []
    futures = RecordFutures(tables, origin.date(), {}, draws=DRAWS, seed=0, cache=cache)
    for months in MONTHS:
        until = origin + pd.DateOffset(months=months)
        open_tasks = sorted(task for task in counted_tasks(world, MODELS_AT_THE_ORIGIN) if end[task] >= until)
        tasks = [task for task in open_tasks if world.tasks.loc[task, "unit"] == "share"]
        if not tasks:
            continue
        drift = drifts(tables, world, tasks, months)
        thirds = [origin + (until - origin) * share / 3 for share in (1, 2, 3)]
        later = [see(tables, day, READING) for day in thirds]
        for j, task in enumerate(tasks):
            asked = questions_on(world, task, drift[j], futures, thirds, later)
            rows += [{"origin": origin, "months": months, "task": task, **one} for one in asked]
    return pd.DataFrame(rows)


def questions_on(
    world: World, task: str, drift: np.ndarray, futures: RecordFutures, days: list[pd.Timestamp], later: list[World]
) -> list[dict[str, object]]:
    """The questions about one benchmark in one window, each priced by its kind's own reading of the futures."""
    rows = world.rows[world.rows["task"] == task]
    scale = scale_of(world.tasks, task)
    z, record = float(rows["z"].max()), float(rows["score"].max())
    after = [w.rows.loc[w.rows["task"] == task, "score"].max() for w in later]
    about = {"task": task, "benchmark": str(world.tasks.loc[task, "benchmark"])}
    until = days[-1].date()
    out: list[dict[str, object]] = []
    for more in ABOVE:
        level = float(from_link(np.array([z + more]), scale)[0])
        if record < level <= HIGHEST:
            said = tell(Threshold(**about, score=level), futures, until)
            outcome = float(after[-1] >= level)
            out.append(row(f"threshold +{more}", outcome, said, float((drift >= level).mean())))
    level = float(from_link(np.array([z + DATED]), scale)[0])
    if record < level <= HIGHEST:
        line = Threshold(**about, score=level)
        spread = [float((record + (drift - record) * np.sqrt(s) >= level).mean()) for s in (1 / 3, 2 / 3, 1.0)]
        losses = [
            (tell(line, futures, day.date()), by, float(best >= level))
            for day, by, best in zip(days, spread, after, strict=True)
        ]
        own, reference = (float(np.mean([(loss[i] - loss[2]) ** 2 for loss in losses])) for i in (0, 1))
        out.append({"sort": "date", "by": [loss[2] for loss in losses], "loss": own, "loss_drift": reference})
    leaders = best_of(world, task)
    final = best_of(later[-1], task).index[0]
    for place, name in enumerate(leaders.index[:3]):
        said = tell(Leads(**about, who=(name,)), futures, until)
        out.append(row("leads now" if place == 0 else "leads not yet", float(name == final), said, np.nan))
    return out


def row(sort: str, outcome: float, said: float, drift: float) -> dict[str, object]:
    return {"sort": sort, "outcome": outcome, "said": said, "drift": drift}


def tell(leaf: Measured, futures: RecordFutures, until: dt.date) -> float:
    return float(leaf.foretell(futures, Scope(), until).mean())


def best_of(world: World, task: str) -> pd.Series:
    """The best score of each organisation, the leader first; of equal scores the one known first."""
    rows = world.rows[world.rows["task"] == task]
    maker = rows["model"].map(world.models["organisation"])
    ordered = rows.assign(maker=maker).sort_values(["score", "day"], ascending=[False, True], kind="stable")
    return ordered.drop_duplicates("maker").set_index("maker")["score"]


def drifts(tables: Tables, world: World, tasks: list[str], months: int) -> np.ndarray:
    """Draws of each record by its drift over the last 18 months, with the errors of closed windows."""
    taken, closed = closed_windows(tables, READING, world.as_of)
    known = tables if taken == READING else cut_by(tables, world.as_of, READING)
    past = past_centres(known, taken, closed)
    own = past[past["months"] == months]
    own = own if len(own) >= FEWEST_CLOSED else stretch_errors(past, months)
    record = world.rows.groupby("task")["score"].max()[tasks].to_numpy()
    return draws_of(centres(world, tasks, months), own, "record's drift", world.tasks.loc[tasks], record)


def with_leaders_rate(table: pd.DataFrame) -> pd.DataFrame:
    """The reference of who leads: how it came out in windows that were closed at the origin."""
    table = table.copy()
    closes = pd.Series(
        [at + pd.DateOffset(months=months) for at, months in zip(table["origin"], table["months"], strict=True)],
        index=table.index,
    )
    for at in table.index[table["sort"].str.startswith("leads")]:
        sort, months, origin = table.loc[at, ["sort", "months", "origin"]]
        past = table[(table["sort"] == sort) & (table["months"] == months) & (closes <= origin)]["outcome"]
        prior = LED if sort == "leads now" else DID_NOT
        table.loc[at, "drift"] = (past.sum() + 10.0 * prior) / (len(past) + 10.0)
    return table


def losses(table: pd.DataFrame) -> pd.DataFrame:
    """Brier scores of each question by ours, the drift and the frequency of its sort (which knows the outcomes)."""
    out = table.copy()
    dated = out["sort"] == "date"
    for name, column in (("loss", "said"), ("loss_drift", "drift")):
        out.loc[~dated, name] = (out.loc[~dated, column] - out.loc[~dated, "outcome"]) ** 2
    out["kind"] = out["sort"].str.split().str[0]
    for column in ("kind", "sort"):
        mean = out.groupby(["months", column])["outcome"].transform("mean")
        out[f"loss_{column}"] = (out["outcome"] - mean) ** 2
    for _, group in out[dated].groupby("months"):
        by = np.stack(group["by"].to_numpy())
        for column in ("loss_kind", "loss_sort"):
            out.loc[group.index, column] = ((by - by.mean(axis=0)) ** 2).mean(axis=1)
    return out


def summary(table: pd.DataFrame, seed: int = 0) -> pd.DataFrame:
    """Skill of each kind and of all, with 90% intervals from resampling origins and benchmarks in blocks."""
    scored, rows = losses(table), []
    for months, window in scored.groupby("months"):
        for kind, group in [("all", window), *window.groupby("kind")]:
            rows.append({"months": months, "kind": kind, **_skill(group, np.random.default_rng(seed))})
    return pd.DataFrame(rows)


def _skill(group: pd.DataFrame, rng: np.random.Generator) -> dict[str, object]:
    references = ["drift", "kind", "sort"]
    names = ["loss", *(f"loss_{name}" for name in references)]
    total = _resample(group, names, rng)
    low, high = np.quantile(1 - total[:, :1] / total[:, 1:], [0.05, 0.95], axis=0)
    mean, binary = group[names].mean(), group.dropna(subset=["said"])
    out: dict[str, object] = {"questions": len(group), "benchmarks": group["task"].nunique()}
    out |= {"yes": binary["outcome"].mean(), "brier": mean["loss"]}
    for i, name in enumerate(references):
        out[f"against_{name}"] = 1 - mean["loss"] / mean[f"loss_{name}"]
        out[f"{name}_interval"] = f"{low[i]:.2f} to {high[i]:.2f}"
    return {**out, "calibration": calibration_error(binary["said"], binary["outcome"]) if len(binary) else np.nan}


def calibration_error(said: pd.Series, outcome: pd.Series, bins: int = 10) -> float:
    """Mean difference between what was said and how often it happened, over bins of equal width."""
    at = np.minimum((said * bins).astype(int), bins - 1)
    each = pd.DataFrame({"said": said, "outcome": outcome}).groupby(at)
    return float(((each["said"].mean() - each["outcome"].mean()).abs() * each.size()).sum() / len(said))


def choices(table: pd.DataFrame) -> pd.DataFrame:
    """A row for each question of who leads at the end: loss of ours, of who leads stays, and of an even mix of both.

    Said are the three organisations with the best scores and anybody else; whoever is third is missing where only two
    have a score, and then nobody is.
    """
    leads = table[table["sort"].str.startswith("leads")]
    keys = ["origin", "months", "task"]
    place = leads.groupby(keys).cumcount()
    said, came = (leads.assign(place=place).pivot_table(index=keys, columns="place", values=name, fill_value=0.0)
                  .reindex(columns=range(PLACES), fill_value=0.0) for name in ("said", "outcome"))  # fmt: skip
    ours = with_others(said.to_numpy())
    outcome = np.column_stack([came.to_numpy(), 1.0 - came.sum(axis=1)])
    found = said.index.to_frame(index=False)
    closes = pd.Series([at + pd.DateOffset(months=m) for at, m in zip(found["origin"], found["months"], strict=True)])
    stays = np.zeros_like(ours)
    for at, (origin, months) in enumerate(zip(found["origin"], found["months"], strict=True)):
        closed = ((found["months"] == months) & (closes <= origin)).to_numpy()
        stays[at] = (outcome[closed].sum(axis=0) + PRIOR_WINDOWS * STAYS) / (closed.sum() + PRIOR_WINDOWS)
    for name, p in (("ours", ours), ("stays", stays), ("mix", 0.5 * (ours + stays))):
        found[f"brier_{name}"] = ((p - outcome) ** 2).sum(axis=1)
        found[f"log_{name}"] = -np.log((p * outcome).sum(axis=1))
    return found


def with_others(said: np.ndarray) -> np.ndarray:
    """Probabilities of those named and of anybody else, none of them nothing: half a draw stands for what never was."""
    p = np.column_stack([said, np.maximum(1.0 - said.sum(axis=1), 0.0)]) + 0.5 / DRAWS
    return p / p.sum(axis=1, keepdims=True)


def summary_of_choices(table: pd.DataFrame, seed: int = 0) -> pd.DataFrame:
    """Mean scores, and how far ours and the mix are below who leads stays, with 90% intervals as in `summary`."""
    rows = []
    for months, window in choices(table).groupby("months"):
        for rule in ("log", "brier"):
            names = [f"{rule}_{name}" for name in ("stays", "ours", "mix")]
            drawn = _resample(window, names, np.random.default_rng(seed))
            low, high = np.quantile(1.0 - drawn[:, 1:] / drawn[:, :1], [0.05, 0.95], axis=0)
            mean = window[names].mean()
            one: dict[str, object] = {"months": months, "questions": len(window), "rule": rule}
            one |= dict(zip(("stays", "ours", "mix"), mean, strict=True))
            for i, name in enumerate(("ours", "mix")):
                one[f"skill_{name}"] = 1.0 - mean.iloc[i + 1] / mean.iloc[0]
                one[f"{name}_interval"] = f"{low[i]:.2f} to {high[i]:.2f}"
            rows.append(one)
    return pd.DataFrame(rows)


def _resample(group: pd.DataFrame, names: list[str], rng: np.random.Generator) -> np.ndarray:
    """Sums of losses over blocks of origins and of benchmarks, drawn anew, (resampled, names)."""
    cells = group.groupby(["origin", "task"])[names].sum()
    origins, tasks = (np.unique(cells.index.get_level_values(i)) for i in (0, 1))
    at = [np.searchsorted(keys, cells.index.get_level_values(i)) for i, keys in enumerate((origins, tasks))]
    drawn = []
    for _ in range(RESAMPLED):
        weights = [rng.multinomial(len(keys), np.full(len(keys), 1 / len(keys))) for keys in (origins, tasks)]
        drawn.append((weights[0][at[0]] * weights[1][at[1]]) @ cells.to_numpy())
    total = np.array(drawn)
    return total[(total > 0).all(axis=1)]


def _as_list(text: str) -> list[float] | None:
    return ast.literal_eval(text.replace("np.float64", "")) if text else None


def print_summaries(table: pd.DataFrame) -> None:
    print(summary(table).round(3).to_string(index=False))
    print("\nwho leads, as a choice", summary_of_choices(table).round(3).to_string(index=False), sep="\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cache", type=Path, help="folder of trained states")
    parser.add_argument("--read", type=Path, help="score the questions that --output wrote before")
    parser.add_argument("--output", type=Path, help="write a row a question to this CSV file")
    chosen = parser.parse_args()
    if chosen.read:
        found = pd.read_csv(chosen.read, parse_dates=["origin"], converters={"by": _as_list})
        print_summaries(found)
        return
    tables = read_tables(TABLES / "scores.csv", TABLES / "releases.csv", TABLES / "benchmarks.csv")
    table = measure(tables, chosen.cache)
    if chosen.output:
        table.to_csv(chosen.output, index=False)
    print_summaries(table)


if __name__ == "__main__":
    main()
