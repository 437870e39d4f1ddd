"""Forecasts by date: the records to come, a coming model whose size nobody publishes, and the capability index."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from scale_forecast.by_date.coming import describe_coming, with_groups
from scale_forecast.by_date.explain import ExplainedByDate, explain_model, explain_record
from scale_forecast.by_date.forecasts import Trained
from scale_forecast.by_date.history import cut_by
from scale_forecast.by_date.index import apart, capability_index
from scale_forecast.by_date.new_model import NewModel, predict_model
from scale_forecast.by_date.own import join_own
from scale_forecast.by_date.past import with_past
from scale_forecast.by_date.paths import QUIET, RecordPaths
from scale_forecast.by_date.present import ladder_table, record_table, scores_table
from scale_forecast.by_date.record_forecast import read_records
from scale_forecast.by_date.records import standing
from scale_forecast.by_date.scopes import Scope
from scale_forecast.by_date.tables import Tables, as_tables
from scale_forecast.by_date.trained import train_on
from scale_forecast.by_date.world import World, see
from scale_forecast.data.dates import FRESH_DAYS, Reading, Stale, say_reading
from scale_forecast.data.errors import ForecastError, UsageError
from scale_forecast.data.frontier import Frontier, bundled_frontier_tables, frontier_releases, past_records
from scale_forecast.data.names import count_of, did_you_mean, fold
from scale_forecast.data.names.keys import benchmark_key
from scale_forecast.data.periods import parse_period
from scale_forecast.workflow.brief import Brief
from scale_forecast.workflow.clock import Day, day_of_knowledge, now
from scale_forecast.workflow.found_by_date import ModelByDate, Records
from scale_forecast.workflow.frontier import frontier_tables, swept_until
from scale_forecast.workflow.places import cache_folder
from scale_forecast.workflow.record_by_date import record_model, record_records
from scale_forecast.workflow.tables import Results, Tell, names_in, silent, tables_of


@dataclass(frozen=True, repr=False)
class Index(Brief):
    """The capability index: a row a model, and of each benchmark how much of it the index explains."""

    table: pd.DataFrame
    benchmarks: pd.DataFrame
    as_of: pd.Timestamp


def records(
    by: str | Sequence[str],
    results: Results = None,
    *,
    benchmarks: str | Sequence[str] = (),
    organisation: str | Sequence[str] = (),
    line: str | Sequence[str] = (),
    open_weights: bool = False,
    thresholds: Sequence[float] = (),
    as_of: Day | None = None,
    reading: str = "dated",
    draws: int = 1000,
    seed: int = 0,
    record: bool = False,
    ledger: str | Path | None = None,
    data: str | Path | None = None,
    bundled: bool = False,
    tell: Tell = silent,
) -> Records:
    """The best score on each benchmark by some dates, as a joint distribution.

    Parameters
    ----------
    by : days, months, quarters or years, each its last day
    results : tables, or files of any known layout, beside the bundled scores by date; those alone when None
    benchmarks : only these, by name; all with data when empty
    organisation, line, open_weights : the records of these organisations, of these product lines, of models with open
        weights; never above the record of all
    thresholds : of the ladder; a usual one when empty
    as_of : only what was known on this day; today when None
    reading : ``dated``, ``release`` (optimistic) or ``strict``: how the day of a score is read
    draws, seed : of the simulated futures
    record, ledger : append to the ledger, as questions: see `workflow.record_by_date`
    data, bundled : the folder of your own data, or leave them out: see `workflow.frontier.frontier_tables`

    Raises
    ------
    UsageError
        For a day that is none, is not after ``as_of``, or a benchmark, organisation or line that no table has.
    ForecastError
        Where nobody in scope has a score.
    """
    day = pd.Timestamp(day_of_knowledge(as_of))
    days = [pd.Timestamp(parse_period(period)[1]) for period in names_in(by)]
    if early := [one for one in days if one < day]:
        raise UsageError(
            f"{early[0]:%Y-%m-%d} is before {day:%Y-%m-%d}, the day of knowledge: give a later day to --by"
        )
    tables, trained, newest = _train_tables(results, day, reading, data, bundled, tell)
    world = trained.state.world
    tasks = _find_tasks(names_in(benchmarks), world, tables.benchmarks)
    scope = _scope(names_in(organisation), names_in(line), open_weights, world.models)
    start = day if (day - newest).days <= QUIET else newest
    asked = sorted({*days, day} if start < day else set(days))
    paths = RecordPaths(trained, max(days), draws=draws, seed=seed, start=start)
    forecast = read_records(paths, asked, tasks, scope)
    if not forecast.tasks:
        raise ForecastError(f"no model of {scope.sentence()} has a score there: leave the scope or the benchmark out")
    if lacking := len(paths.tasks if tasks is None else tasks) - len(forecast.tasks):
        tell(f"{count_of(lacking, 'benchmark')} on which no model of {scope.sentence()} has a score: left out")
    table = record_table(forecast, tables.benchmarks)
    table = with_past(table, past_records(), day, reading, start)
    ladder = pd.DataFrame()
    if tasks is not None or thresholds:
        months = pd.date_range(day, max(days), freq="MS")
        ladder = ladder_table(read_records(paths, sorted({*asked, *months}), forecast.tasks, scope), thresholds)
        ladder = ladder[ladder["by"].isin(asked)].reset_index(drop=True)
    found = Records(forecast, table, ladder, day, newest, paths, scope)
    if record:
        metrics = _metrics(results, day, data, bundled)
        count = record_records(found, tables, metrics, reading, ledger, at=now())
        tell(f"recorded {count_of(count, 'forecast')} in the ledger; `forecast resolve` settles them")
    return found


def _metrics(results: Results, day: pd.Timestamp, data: str | Path | None, bundled: bool) -> dict[str, str]:
    """The metric of each task, by which a recorded forecast is settled."""
    known = frontier_tables(day, data=data, bundled=bundled).benchmarks
    metrics = dict(zip(known["task"], known["metric"], strict=True))
    if results is None:
        return metrics
    own = tables_of(results, silent).results
    return dict(zip(own["task"], own["metric"], strict=True)) | metrics


def _scope(organisations: Sequence[str], lines: Sequence[str], open_weights: bool, models: pd.DataFrame) -> Scope:
    """Whose records: each name in any case, of organisations and lines that have a model."""
    for names, column, word in (
        (organisations, "organisation", "organisation"),
        (lines, "product_line", "product line"),
    ):
        known = sorted(name for name in set(models[column]) if name)
        for name in names:
            if name.casefold() not in {one.casefold() for one in known}:
                raise UsageError(f"no {word} with scores by date is called {name!r}{did_you_mean(name, known)}")
    return Scope(tuple(organisations), tuple(lines), "open" if open_weights else "")


def predict_by_date(
    name: str,
    released: str,
    results: Results = None,
    *,
    organisation: str | None = None,
    line: str | None = None,
    tier: str | None = None,
    reasoning: bool | None = None,
    known: Mapping[str, float] | None = None,
    benchmarks: str | Sequence[str] = (),
    as_of: Day | None = None,
    reading: str = "dated",
    record: bool = False,
    ledger: str | Path | None = None,
    data: str | Path | None = None,
    bundled: bool = False,
    tell: Tell = silent,
) -> ModelByDate:
    """What a coming model will score on every benchmark with data, jointly, given its day of release and its groups.

    Parameters
    ----------
    name : of the model; what is not said of it is taken from the newest earlier model of a like name, and told
    released : a day, month, quarter or year; its middle counts
    results : as for `records`
    organisation, line, tier, reasoning : who makes it; its product line; flagship, mid, small, nano; does it reason
    known : scores that are out already, by benchmark
    benchmarks : only these, by name; all with data when empty
    record, ledger : append to the ledger, to be settled by the model's name
    as_of, reading, data, bundled : as for `records`
    """
    day, trained, tables, coming, out = _coming(
        name,
        released,
        results,
        as_of,
        reading,
        data,
        bundled,
        tell,
        known or {},
        organisation=organisation,
        line=line,
        tier=tier,
        reasoning=reasoning,
    )
    world = trained.state.world
    tasks = _find_tasks(names_in(benchmarks), world, tables.benchmarks) or sorted(trained.state.tasks)
    asked = sorted({*tasks, *out})
    scores = predict_model(trained.state, coming, out, tasks=asked)
    table = scores_table(scores, name, coming.released, standing(trained.state, asked), tables.benchmarks)
    table = table[table["task"].isin(tasks)].reset_index(drop=True)
    found = ModelByDate(scores, table, day, world.newest)
    if record:
        metrics = _metrics(results, day, data, bundled)
        count = record_model(found, tables, metrics, reading, ledger, at=now())
        tell(f"recorded {count_of(count, 'forecast')} in the ledger; results under the name {name} settle them")
    return found


def explain_by_date(
    tasks: str | Sequence[str],
    results: Results = None,
    *,
    by: str | None = None,
    model: str | None = None,
    released: str | None = None,
    organisation: str | None = None,
    line: str | None = None,
    tier: str | None = None,
    reasoning: bool | None = None,
    open_weights: bool = False,
    known: Mapping[str, float] | None = None,
    as_of: Day | None = None,
    reading: str = "dated",
    seed: int = 0,
    data: str | Path | None = None,
    bundled: bool = False,
    tell: Tell = silent,
) -> ExplainedByDate:
    """Say what moved the forecast by date of some benchmarks: of the record by a day, or of a coming model's scores.

    With ``by`` the other arguments are those of `records`; with ``model`` and ``released`` those of `predict_by_date`.
    """
    if (by is None) == (model is None):
        raise UsageError("by date either --by DATE explains a record, or --model NAME the scores of a coming model")
    if model is not None:
        if released is None:
            raise UsageError("--model needs the day of its release: give --released, such as 2027-02")
        _, trained, tables, coming, out = _coming(
            model,
            released,
            results,
            as_of,
            reading,
            data,
            bundled,
            tell,
            known or {},
            organisation=organisation,
            line=line,
            tier=tier,
            reasoning=reasoning,
        )
        names = _find_tasks(names_in(tasks), trained.state.world, tables.benchmarks) or []
        return _together([explain_model(trained.state, coming, out, name) for name in names])
    found = records(
        by or (),
        results,
        benchmarks=tasks,
        organisation=organisation or (),
        line=line or (),
        open_weights=open_weights,
        as_of=as_of,
        reading=reading,
        seed=seed,
        data=data,
        bundled=bundled,
        tell=tell,
    )
    return _together([explain_record(found.paths, name, found.last, found.scope) for name in found.forecast.tasks])


def _together(parts: Sequence[ExplainedByDate]) -> ExplainedByDate:
    steps = pd.concat([part.steps for part in parts], ignore_index=True)
    return ExplainedByDate(steps, pd.concat([part.releases for part in parts], ignore_index=True))


def _coming(
    name: str,
    released: str,
    results: Results,
    as_of: Day | None,
    reading: str,
    data: str | Path | None,
    bundled: bool,
    tell: Tell,
    known: Mapping[str, float],
    **groups: Any,
) -> tuple[pd.Timestamp, Trained, Tables, NewModel, dict[str, float]]:
    """Day of knowledge, what is known then, the coming model as its name and its user say, and its scores by task."""
    day = pd.Timestamp(day_of_knowledge(as_of))
    first, last = (pd.Timestamp(end) for end in parse_period(released))
    release = (first + (last - first) / 2).normalize()
    tables, trained, _ = _train_tables(results, day, reading, data, bundled, tell)
    coming = describe_coming(name, release, cut_by(tables, day, reading).releases, **groups)
    if sentence := coming.sentence():
        tell(sentence)
    world = trained.state.world
    if sentence := _say_if_out(name, world):
        tell(sentence)
    out = {_find_tasks([task], world, tables.benchmarks)[0]: score for task, score in known.items()}  # type: ignore[index]
    return day, trained, tables, coming.model, out


def index(
    results: Results = None,
    *,
    as_of: Day | None = None,
    reading: str = "dated",
    data: str | Path | None = None,
    bundled: bool = False,
    tell: Tell = silent,
) -> Index:
    """The capability index of every model known by a day, with 80% intervals, and the benchmarks that move apart.

    The arguments are those of `records`.
    """
    day = pd.Timestamp(day_of_knowledge(as_of))
    _, trained, _ = _train_tables(results, day, reading, data, bundled, tell)
    return Index(capability_index(trained.state), apart(trained.state), day)


def tables_by_date(
    results: Results,
    day: pd.Timestamp,
    reading: str,
    data: str | Path | None,
    bundled: bool,
    tell: Tell,
    *,
    of_many_days: bool = False,
) -> tuple[Tables, Frontier]:
    """The tables by date that a day's forecasts read, a user's among them; and those they were joined from."""
    if reading not in list(Reading):
        raise UsageError(f"no reading of days is called {reading!r}: choose one of {', '.join(Reading)}")
    frontier = frontier_tables(day, data=data, bundled=bundled)
    if frontier.own is not None:
        tell(frontier.own)
    releases = with_groups(frontier.releases, len(bundled_frontier_tables().releases))
    tables = as_tables(frontier.scores, releases, frontier.benchmarks)
    if results is not None:
        tables = _with_own(tables, results, day, tell, None if of_many_days else day)
    return tables, frontier


def _say_if_out(name: str, world: World) -> str | None:
    """That a model to come has the name of one that is out, whose scores are no part of its forecast."""
    same = [str(model) for model in world.models.index if fold(str(model)) == fold(name)]
    if not same:
        return None
    scores = count_of(int((world.best["model"] == same[0]).sum()), "score")
    since: Any = world.models.at[same[0], "released"]
    return f"{same[0]} is out since {since:%Y-%m-%d}, with {scores} here: this is of another, to come under its name"


def _train_tables(
    results: Results, day: pd.Timestamp, reading: str, data: str | Path | None, bundled: bool, tell: Tell
) -> tuple[Tables, Trained, pd.Timestamp]:
    """The tables, what was trained on them, and the day until which they go."""
    tables, frontier = tables_by_date(results, day, reading, data, bundled, tell)
    trained = train_on(tables, day, reading, cache_folder(), tell)
    newest = min(trained.state.world.newest, swept_until(frontier, day, reading))
    if (day - newest).days > FRESH_DAYS:
        tell(Stale("score by date", newest.date(), day.date(), "what came since is simulated"))
    if caveat := say_reading(reading):
        tell(caveat)
    return tables, trained, newest


def _with_own(
    tables: Tables, results: Results, day: pd.Timestamp, tell: Tell, replace_as_of: pd.Timestamp | None
) -> Tables:
    """The bundled tables and a user's results; says what of those no forecast by date covers."""
    loaded = tables_of(results, tell, by_size=False)
    if not loaded.own_families:
        return tables
    joined, notes = join_own(tables, loaded, frontier_releases().set_index("model")["aliases"], replace_as_of)
    for sentence in notes:
        tell(sentence)
    own = set(joined.benchmarks["task"]) - set(tables.benchmarks["task"])
    for task, why in see(joined, day, "release").left_out.items():
        if task in own:
            tell(f"{task} of yours is left out by date: {why}")
    return joined


def _find_tasks(names: Sequence[str], world: World, described: pd.DataFrame) -> list[str] | None:
    """The tasks of benchmarks given by name, in any spelling; None, which means all, for no name.

    ``described`` are the benchmarks of the tables, for the reason why one of them has no forecast.
    """
    if not names:
        return None
    tasks = world.tasks
    known: dict[str, list[str]] = {}
    for task, benchmark in tasks["benchmark"].items():
        known.setdefault(benchmark_key(str(benchmark)), []).append(str(task))
    known |= {benchmark_key(str(task)): [str(task)] for task in tasks.index}
    found: list[str] = []
    for name in names:
        if benchmark_key(name) not in known:
            for task in described["task"]:
                if benchmark_key(str(task)) == benchmark_key(name):
                    unseen = f"no score of it was known on the day asked ({world.reading} reading)"
                    raise UsageError(f"{task} has no forecast by date: {world.left_out.get(str(task), unseen)}")
            near = did_you_mean(name, [str(task) for task in tasks.index])
            raise UsageError(
                f"no benchmark with scores by date is called {name!r}{near}: `forecast data list` names them"
            )
        found += known[benchmark_key(name)]
    return sorted(set(found))
