"""Logs of Inspect: one JSON document, or a zip file (``.eval``) with the run in one part and each sample in another.

The shape is that of inspect_ai's recorders (`src/inspect_ai/log/_recorders/eval.py`): ``header.json``, or before 2025
``start.json`` and ``results.json``; ``samples/ID_epoch_N.json``; and ``summaries.json``, which repeats of each sample
what is needed here. Parts are deflated or, since 2026, compressed by zstd.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from scale_forecast.data.errors import DataError
from scale_forecast.data.logs.log import Item, Log, at, share
from scale_forecast.data.readers.archives import Archive, open_archive
from scale_forecast.data.readers.files import Limits, Source
from scale_forecast.data.readers.identity import as_dict
from scale_forecast.data.readers.inspect_header import (
    ENTRIES,
    KIND,
    as_header,
    entries,
    header_of_archive,
    run_columns,
)
from scale_forecast.data.readers.json_parts import Parts
from scale_forecast.data.readers.reading import IS_LIMITED, OF_EXAMPLES, TASK_VERSION
from scale_forecast.data.readers.sample_logs import DOCUMENTS

_SUMMARIES = ("summaries.json", "summary.json")
_LETTERS = {"C": 1.0, "I": 0.0, "P": 0.5, "N": 0.0}
_WORDS = {"yes": 1.0, "true": 1.0, "no": 0.0, "false": 0.0}
_MOST_SCORERS = 100

Samples = Callable[[], Iterator[dict[str, object]]]


def inspect_log(
    source: Source, path: Path, limits: Limits, model: str | None, document: str | None, top: float | None = None
) -> Log:
    """A log in one JSON document.

    Raises
    ------
    DataError
        For a document that is no finished run with samples.
    """
    wanted = _wanted_fields(document)
    header: dict[str, object] = {}
    for name, value in _document(source, limits, wanted):
        if name != "samples":
            header[name] = value

    def samples() -> Iterator[dict[str, object]]:
        return (as_dict(value) for name, value in _document(source, limits, wanted) if name == "samples")

    return _log(Log(source, KIND, path), header, samples, model, document, top)


def inspect_archive(
    source: Source, path: Path, limits: Limits, model: str | None, document: str | None, top: float | None = None
) -> Log:
    """A log in a zip file. Raises as `inspect_log` does, and for what is no such file or not to be trusted."""
    with open_archive(path, source.name, limits) as archive:
        header = header_of_archive(archive, source, limits)
        summary = _summary(archive, source, limits) if document is None else None
        parts = archive.below("samples") if summary is None else [summary]
        archive.check(parts)

    def samples() -> Iterator[dict[str, object]]:
        with open_archive(path, source.name, limits) as archive:
            for part in parts:
                with archive.open(part) as stream:
                    read = Parts(stream, f"{source.name}: {part}", limits)
                    yield from _summaries(read) if summary else [_sample(read, _wanted_fields(document))]

    return _log(Log(source, KIND, path), header, samples, model, document, top)


def _summary(archive: Archive, source: Source, limits: Limits) -> str | None:
    """The part with the summaries, where these hold the samples' metadata; older ones did not."""
    for part in _SUMMARIES:
        if part in archive:
            archive.check([part])
            with archive.open(part) as stream:
                first = next(_summaries(Parts(stream, f"{source.name}: {part}", limits)), {})
            return part if "metadata" in first else None
    return None


def _wanted_fields(document: str | None) -> tuple[str, ...]:
    return ("id", "scores", "metadata", *([document.partition(".")[0]] if document else []))


def _document(source: Source, limits: Limits, wanted: tuple[str, ...]) -> Iterator[tuple[str, object]]:
    """The header's entries, and each sample under the name ``samples``."""
    with source.open() as stream:
        parts = Parts(stream, source.name, limits)
        for key in parts.entries():
            if key == "samples" and parts.next() == "[":
                for _ in parts.elements():
                    yield key, _sample(parts, wanted)
            elif key in ENTRIES:
                yield key, parts.value()
            else:
                parts.skip()
        parts.finish()


def _sample(parts: Parts, wanted: tuple[str, ...]) -> dict[str, object]:
    """One sample without its messages and events, which may be of any size."""
    if parts.next() != "{":
        parts.skip()
        return {}
    return dict(entries(parts, wanted))


def _summaries(parts: Parts) -> Iterator[dict[str, object]]:
    for _ in parts.elements():
        yield as_dict(parts.value())
    parts.finish()


def _log(
    log: Log, raw: dict[str, object], samples: Samples, model: str | None, document: str | None, top: float | None
) -> Log:
    header = as_header(raw, log.source.name, log.source, model)
    scorers = _scorers(samples, log.source.name)
    return replace(
        log,
        identity=header.identity,
        place=header.place,
        shots=header.shots,
        prompt=header.prompt,
        when=header.when,
        items=functools.partial(_items, samples, scorers, document, top),
        items_stated=header.items,
        header=header,
        top=top,
        note=f"{log.source.name}: the run was limited to {header.limit}" if header.limit else None,
        columns_of_run={name: value for name, value in run_columns(header).items() if name in _OF_RUN},
    )


_OF_RUN = ("setting", OF_EXAMPLES, IS_LIMITED, TASK_VERSION)


def _scorers(samples: Samples, where: str) -> list[str]:
    """Who scored any of the samples; each of which must have a number."""
    scorers: set[str] = set()
    for number, sample in enumerate(samples(), start=1):
        if sample.get("id") is None:
            raise DataError(f"{where}: sample {number} has no id: export the log again")
        scorers |= set(_values(sample))
        if len(scorers) > _MOST_SCORERS:
            raise DataError(f"{where}: holds more than {_MOST_SCORERS} scorers: this is no log of results")
    return sorted(scorers)


def _items(samples: Samples, scorers: list[str], document: str | None, top: float | None) -> Iterator[Item]:
    """One item a sample and scorer, so that a sample somebody did not score is missed there."""
    for sample in samples():
        values = _values(sample)
        for scorer in scorers or [""]:
            yield Item(
                item=str(sample["id"]),
                filter=scorer if len(scorers) > 1 else "none",
                document=at(sample, document) if document else _source_document(sample),
                accuracy=_value(values.get(scorer), top),
            )


def _values(sample: dict[str, object]) -> dict[str, object]:
    """What each scorer said of a sample; a scorer that says several things counts as several."""
    values: dict[str, object] = {}
    for scorer, score in as_dict(sample.get("scores")).items():
        value = as_dict(score).get("value")
        values |= (
            {f"{scorer}/{name}": one for name, one in value.items()} if isinstance(value, dict) else {scorer: value}
        )
    return values


def _value(value: object, top: float | None) -> float | None:
    """As inspect_ai's ``value_to_float``: letters and words of right and wrong, and numbers, from 0 to ``top`` or 1."""
    if not isinstance(value, str):
        is_grade = top is not None and isinstance(value, (int, float)) and not isinstance(value, bool)
        return share(value / top if is_grade else value)  # type: ignore[operator]
    if value in _LETTERS or value.casefold() in _WORDS:
        return _LETTERS.get(value, _WORDS.get(value.casefold()))
    try:
        return share(float(value) / (top or 1.0))
    except ValueError:
        return None


def _source_document(sample: dict[str, object]) -> str | None:
    about = as_dict(sample.get("metadata"))
    return next((str(about[name]) for name in DOCUMENTS if about.get(name) is not None), None)
