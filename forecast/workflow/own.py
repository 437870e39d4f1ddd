"""A user's own data: add scores by hand, fetch public tables, list and remove both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pandas as pd

from scale_forecast.data.errors import DataError
from scale_forecast.data.fetch import Unreachable, fetch
from scale_forecast.data.names import count_of
from scale_forecast.data.own import added as by_hand
from scale_forecast.data.own import vintages as fetched
from scale_forecast.data.own.changes import CHANGES, changes, in_words
from scale_forecast.data.own.check import Said, check
from scale_forecast.data.own.sources import PublicSource, find_source
from scale_forecast.data.own.tables import content_at, tables_in
from scale_forecast.workflow.brief import Brief
from scale_forecast.workflow.clock import Day, as_day, now
from scale_forecast.workflow.frontier import frontier_at
from scale_forecast.workflow.places import data_folder
from scale_forecast.workflow.tables import Tell, names_in, silent

DEFAULT_SOURCE = "epoch"


def add_score(
    model: str,
    scores: str | Sequence[str],
    *,
    organisation: str | None = None,
    released: Day | None = None,
    known: Day | None = None,
    evaluator: str | None = None,
    version: str | None = None,
    setting: str | None = None,
    metric: str | None = None,
    higher_is_better: bool | None = None,
    source: str | None = None,
    replace: bool = False,
    data: str | Path | None = None,
    tell: Tell = silent,
) -> pd.DataFrame:
    """Add published scores of a model by hand, which every later forecast by date, question and judgement reads.

    Parameters
    ----------
    model : its name; one that the tables know is taken as theirs
    scores : ``BENCHMARK=SCORE``, a share as 0.61 or 61%
    organisation, released : needed of a new model
    known : day on which the scores became public; today when None
    evaluator, version, setting : who ran it (its maker: ``vendor``), which release of the questions, how
    metric, higher_is_better : of a benchmark that no table knows
    source : where it is published
    replace : put a score in place of another of the same thing
    data : the user's folder; FORECAST_DATA or a folder of the user's when None

    Returns
    -------
    DataFrame
        A row a score, as `added_scores` lists them.
    """
    folder, today = data_folder(data), now().date()
    said = Said(
        model,
        organisation,
        _date(released),
        _date(known),
        evaluator,
        version,
        setting,
        metric,
        higher_is_better,
        source,
    )
    frontier = frontier_at(folder, pd.Timestamp(today))
    checked = check(names_in(scores), said, frontier, today)
    for sentence in checked.notes:
        tell(sentence)
    new = by_hand.add(folder, checked.scores, replace=replace)
    standing = len(checked.scores) - len(new)
    tell(f"{count_of(len(new), 'score')} added" + (f", {standing} stood already" if standing else ""))
    return _list_scores(checked.scores)


def added_scores(*, data: str | Path | None = None) -> pd.DataFrame:
    """The scores added by hand, by the day they became public, each with the id by which it is removed."""
    return _list_scores(by_hand.list_added(data_folder(data)))


def data_vintages(*, data: str | Path | None = None) -> pd.DataFrame:
    """The fetched tables that are kept, oldest first, each with the id by which it is removed."""
    found = fetched.vintages(data_folder(data))
    columns = ["id", "source", "fetched_on", "scores", "size", "sha256", "licence", "credit", "address"]
    rows = [{name: getattr(vintage, name) for name in columns} for vintage in found]
    return pd.DataFrame(rows, columns=columns)


def remove_data(ids: str | Sequence[str], *, data: str | Path | None = None) -> pd.DataFrame:
    """Remove scores added by hand, or vintages, by their ids: all or none; a row for each, with what it was."""
    folder, names = data_folder(data), names_in(ids)
    kept = {vintage.id for vintage in fetched.vintages(folder)}
    gone = by_hand.take_away(folder, [name for name in names if name not in kept])
    removed = [(score.id, score.sentence) for score in gone]
    for name in dict.fromkeys(names):
        if name in kept and fetched.take_away_vintage(folder, name):
            removed.append((name, "fetched table"))
    return pd.DataFrame(removed, columns=["removed", "what"])


@dataclass(frozen=True, repr=False)
class Update(Brief):
    """What an update brought: a row a score that is new, changed or gone (`data.own.changes`), and what is kept."""

    table: pd.DataFrame
    kept: list[str]


def update_data(sources: str | Sequence[str] = (), *, data: str | Path | None = None, tell: Tell = silent) -> Update:
    """Fetch public tables into the user's folder, each as a dated vintage that is never written again.

    Parameters
    ----------
    sources : names of public tables, addresses (https), files or folders; Epoch AI's hub when empty
    data : the user's folder; FORECAST_DATA or a folder of the user's when None
    tell : told what was read and what is new, a sentence at a time

    Raises
    ------
    DataError
        For what was fetched and is refused; or where nobody could be reached and nothing was ever fetched.
    """
    folder, day = data_folder(data), pd.Timestamp(now().date())
    asked = [find_source(name) for name in names_in(sources) or (DEFAULT_SOURCE,)]
    tables, kept, unreached = [], [], []
    for source in asked:
        try:
            content = fetch(source.address) if "://" in source.address else content_at(Path(source.address))
        except Unreachable as error:
            unreached.append(error)
            tell(f"{error} {_what_is_there(folder, source)}")
            continue
        table, name = _keep_vintage(folder, source, day, content, tell)
        tables.append(table)
        kept += [name] if name else []
    if unreached and len(unreached) == len(asked) and not fetched.vintages(folder):
        raise DataError(str(unreached[0]))
    table = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=CHANGES)
    return Update(table, kept)


def _what_is_there(folder: Path, source: PublicSource) -> str:
    """What later commands go on with."""
    standing = [vintage for vintage in fetched.vintages(folder) if vintage.source == source.name]
    if standing:
        return f"(commands go on with {source.title} of {standing[-1].fetched_on})"
    return "(commands go on with the bundled tables)"


def _keep_vintage(
    folder: Path, source: PublicSource, day: pd.Timestamp, content: bytes, tell: Tell
) -> tuple[pd.DataFrame, str | None]:
    """Keep what was fetched, and tell what is new in it."""
    found = tables_in(content, source)
    for sentence in found.notes:
        tell(sentence)
    own = [vintage for vintage in fetched.vintages(folder) if vintage.source == source.name]
    old = fetched.vintage_rows(folder, own)
    before = frontier_at(folder, day)
    vintage = fetched.keep(folder, source, day, content, found.rows)
    if vintage is None:
        tell(f"{source.title}: nothing new since {own[-1].fetched_on if own else f'{day:%Y-%m-%d}'}")
        return pd.DataFrame(columns=CHANGES), None
    new = fetched.vintage_rows(folder, [*own, vintage])
    table = changes(before, frontier_at(folder, day), old, new)
    tell(f"{source.title} of {vintage.fetched_on}: {in_words(table)}; kept as {vintage.id}")
    if vintage.licence != PublicSource.licence:
        tell(f"whoever shows these figures credits {vintage.credit} ({vintage.licence})")
    return table, vintage.id


def _list_scores(scores: Sequence[by_hand.AddedScore]) -> pd.DataFrame:
    columns = [
        *("id", "benchmark", "task", "score", "metric", "model", "organisation", "released", "known_on", "added_on"),
        *("evaluator", "version", "setting", "stderr", "source"),
    ]
    return pd.DataFrame([{name: getattr(score, name) for name in columns} for score in scores], columns=columns)


def _date(day: Day | None) -> date | None:
    found = as_day(day)
    return None if found is None else found.date()
