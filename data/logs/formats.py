"""What a log is, which run it belongs to, and its items as a query of DuckDB.

Every query gives the columns of `ITEM_COLUMNS`: one row a line of the log. A value the log does not hold, or holds as
something that is no number in its range, is NULL and counted later; nothing is guessed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from scale_forecast.data.errors import DataError
from scale_forecast.data.logs.bigbench import bigbench_log
from scale_forecast.data.logs.inspect import inspect_archive, inspect_log
from scale_forecast.data.logs.log import Log
from scale_forecast.data.names.tasks import harness_place
from scale_forecast.data.readers.files import Limits, Source, decode_text
from scale_forecast.data.readers.helm import helm_metric, main_stat, plain_stats, read_run
from scale_forecast.data.readers.identity import Identity, as_dict, identify, name_in_path
from scale_forecast.data.readers.json_parts import Parts
from scale_forecast.data.readers.lm_eval import About, time_of
from scale_forecast.data.readers.reading import IS_LIMITED
from scale_forecast.data.readers.sample_logs import DOCUMENTS, is_sample, results_beside, task_of


def look_at(
    source: Source, path: Path, limits: Limits, model: str | None, document: str | None, top: float | None = None
) -> Log:
    """Find out from the first bytes what ``source`` is.

    Raises
    ------
    DataError
        For a file that is no item-level log of a known format, or whose run cannot be told.
    """
    head = source.head()
    if head[:4] == b"PAR1":
        return _parquet(source, path, limits, model)
    if head[:4] == b"PK\x03\x04":
        if compression_of(path) != "uncompressed":
            raise DataError(f"{source.name}: is a zip file inside a compressed one: unpack it first")
        return inspect_archive(source, path, limits, model, document, top)
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise DataError(f"{source.name}: is in UTF-16: save it as UTF-8")
    text = decode_text(head, source.name, whole=False).lstrip()
    if not text:
        raise DataError(f"{source.name}: the file is empty")
    record = _first_line(text)
    if record is not None and (kind := _kind_of(record)):
        return _log_of(kind, Log(source, kind, path, columns=tuple(record)), limits, model)
    if text[0] == "[" and '"instance_id"' in text and '"stats"' in text:
        return _helm(Log(source, "HELM per-instance stats", path), limits, model)
    if text[0] == "{" and '"eval"' in text:
        return inspect_log(source, path, limits, model, document, top)
    if text[0] == "{" and '"score_dict"' in text:
        return bigbench_log(source, path, limits, model, document)
    if text[0] == "{" and record is None and len(text.partition("\n")[0]) > 20:  # more than a document's open brace
        raise DataError(f"{source.name}: line 1 is not JSON: the file is cut off or damaged")
    raise DataError(
        f"{source.name}: is no item-level log: give lm-evaluation-harness samples_*.jsonl, Inspect, BIG-bench or "
        "every_eval_ever logs, HELM per-instance stats, or a table with model, task, item and correct"
    )


def _first_line(text: str) -> dict[str, Any] | None:
    try:
        record = json.loads(text.partition("\n")[0])
    except (ValueError, RecursionError):
        return None
    return record if isinstance(record, dict) else None


def _kind_of(record: Iterable[str]) -> str | None:
    names = set(record)
    if is_sample(dict.fromkeys(names)):
        return "lm-evaluation-harness samples"
    if {"sample_id", "model_id", "evaluation"} <= names:
        return "every_eval_ever samples"
    return "item table" if {"model", "task", "item", "correct"} <= names else None


def _log_of(kind: str, log: Log, limits: Limits, model: str | None) -> Log:
    if kind != "lm-evaluation-harness samples":
        return replace(log, identity=Identity(model) if model else None)
    beside = results_beside(log.source, limits)
    task = task_of(log.source)
    about = About(beside or {}, log.source)
    if beside or model:
        identity = identify(beside or {}, log.source, model)
    elif "__" in (log.source.path.parent.name if log.source.path else ""):
        identity = Identity(*name_in_path(log.source))
    else:
        raise DataError(
            f"{log.source.name}: names no model: keep the log beside its results_*.json, in a folder called "
            "organisation__model, or say --as-model"
        )
    return replace(
        log,
        identity=identity,
        place=harness_place(task),
        shots=about.shots(task, None, {}),
        prompt=about.prompt(task, identity),
        when=time_of(beside or {}, log.source),
        note=f"{log.source.name}: the run was limited to {about.limited}" if about.limited else None,
        items_stated=about.examples(task),
        columns_of_run={"setting": identity.setting, **about.run(task)},
    )


def _parquet(source: Source, path: Path, limits: Limits, model: str | None) -> Log:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        names = tuple(pq.read_schema(path).names)
    except (pa.ArrowException, OSError, ValueError) as error:  # of which names that are not UTF-8
        raise DataError(f"{source.name}: is no readable Parquet file ({_first(error)}): write it again") from error
    kind = _kind_of(names)
    if kind is None:
        raise DataError(
            f"{source.name}: this Parquet file has no columns of a log ({', '.join(names[:6])}): give model, task, "
            "item and correct, or the columns of lm-evaluation-harness samples"
        )
    return _log_of(kind, Log(source, kind, path, columns=names), limits, model)


def _first(error: BaseException) -> str:
    return str(error).strip().split("\n")[0].rstrip(".")


def _helm(log: Log, limits: Limits, model: str | None) -> Log:
    """The run stands in ``run_spec.json`` beside the stats; which statistic counts, HELM's schema says."""
    run = read_run(log.source, "per_instance_stats", limits, model)
    names = set()
    with log.source.open() as stream:
        parts = Parts(stream, log.source.name, limits)
        for _ in parts.elements() if parts.next() == "[" else ():
            names |= {(metric, split) for metric, split, _ in plain_stats(as_dict(parts.value()).get("stats"))}
    stat = main_stat(run, names)
    if stat is None:
        raise DataError(f"{log.source.name}: no item holds a score that HELM's schema counts: give stats of a scenario")
    return replace(
        log,
        identity=run.identity,
        place=run.place,
        shots=run.shots,
        prompt=run.prompt,
        accuracy="accuracy" if run.is_choice else helm_metric(stat[0]),
        stat=stat,
        note=f"{log.source.name}: {stat[0]} on the split {stat[1]}, as HELM reports it",
        columns_of_run={IS_LIMITED: run.is_limited},
    )


def items_query(log: Log, limits: Limits, document: str | None) -> str:
    """The items of a log as SQL, in the order of `ITEM_COLUMNS`; those read elsewhere are registered as ``batch``."""
    if log.items is not None:
        return """SELECT NULL, task, line_shots, filter, key(item), key(document),
            accuracy, NULL, exact_match, prob_correct, brier_score FROM batch"""
    if log.kind == "HELM per-instance stats":
        return _helm_items(log, limits)
    lines = _lines(log, limits)
    if log.kind == "lm-evaluation-harness samples":
        return _harness_items(lines, document)
    if log.kind == "every_eval_ever samples":
        return _eee_items(lines, document, named=log.identity is not None)
    return _table_items(lines, named=log.identity is not None)


NO_SHOTS = -1
"""Stands for a number of shots that is none."""


def _nothing(number: int) -> str:
    return ", ".join(["NULL"] * number)


_HARNESS = (
    *("doc_id", "doc", "doc_hash", "target", "arguments", "resps", "filtered_resps", "filter"),
    *("acc", "acc_norm", "exact_match", "em", "acc_mutual_info"),
)
_EEE = ("model_id", "evaluation_name", "sample_id", "evaluation", "metadata")
_TABLE = ("model", "task", "shots", "item", "correct", "document", "prob_correct", "brier_score")
_FIELDS = {"lm-evaluation-harness samples": _HARNESS, "every_eval_ever samples": _EEE, "item table": _TABLE}


def quote(text: str) -> str:
    """A string of SQL."""
    return "'" + text.replace("'", "''") + "'"


def _glob_free(path: Path) -> str:
    """A path that DuckDB takes as it stands: ``*`` and ``[`` in a file's name are no patterns."""
    return quote(re.sub(r"([*?\[])", r"[\1]", str(path.resolve())))


def compression_of(path: Path) -> str:
    """``gzip``, ``zstd`` or ``uncompressed``, by the first bytes."""
    with path.open("rb") as stream:
        head = stream.read(4)
    return "gzip" if head[:2] == b"\x1f\x8b" else "zstd" if head == b"\x28\xb5\x2f\xfd" else "uncompressed"


def _lines(log: Log, limits: Limits) -> str:
    """Every field the queries use as JSON, NULL where the file has none."""
    fields = _FIELDS[log.kind]
    if log.source.head()[:4] == b"PAR1":
        taken = ", ".join(f'{_as_json(f)} AS "{f}"' if f in log.columns else f'NULL::JSON AS "{f}"' for f in fields)
        return f"(SELECT {taken} FROM read_parquet({_glob_free(log.path)}, hive_partitioning=false))"
    columns = ", ".join(f"{quote(f)}: 'JSON'" for f in fields)
    return _read_json(log, limits, "newline_delimited", columns)


def _read_json(log: Log, limits: Limits, form: str, columns: str) -> str:
    return f"""read_json({_glob_free(log.path)}, format='{form}', columns={{{columns}}},
        compression='{compression_of(log.path)}', maximum_object_size={limits.line}, hive_partitioning=false)"""


def _as_json(name: str) -> str:
    """A column of any type; text that holds JSON is taken as JSON."""
    return f"""CASE WHEN typeof("{name}") = 'VARCHAR' AND left("{name}"::VARCHAR, 1) IN ('[', '{{') AND
        json_valid("{name}"::VARCHAR) THEN "{name}"::VARCHAR::JSON ELSE to_json("{name}") END"""


def _text(field: str) -> str:
    """A JSON scalar as text; NULL for JSON's null."""
    return f"json_extract_string({field}, '$')"


def _share(field: str) -> str:
    """A number in [0, 1], or true or false, else NULL."""
    number = (
        f"CASE {_text(field)} WHEN 'true' THEN 1.0 WHEN 'false' THEN 0.0 ELSE try_cast({_text(field)} AS DOUBLE) END"
    )
    return f"(CASE WHEN ({number}) BETWEEN 0.0 AND 1.0 THEN ({number}) END)"


def _harness_items(lines: str, document: str | None) -> str:
    """Softmax over the choices' log-likelihoods, as `data.readers.sample_logs` does line by line.

    Where a line's own accuracy contradicts its log-likelihoods, neither probability nor Brier score is given.
    """
    where = _document("doc", document)
    return f"""
    WITH line AS (
        SELECT *, {_share("acc")} AS accuracy,
            list_transform(
                CASE WHEN filtered_resps IS NOT NULL THEN json_extract_string(filtered_resps, '$[*][0]')
                ELSE json_extract_string(resps, '$[*][0][0]') END,
                lambda x: try_cast(x AS DOUBLE)) AS every_loglik,
            {_text("target")} AS gold_text, json_type(target) AS gold_type
        FROM {lines}),
    choice AS (
        SELECT *, CASE WHEN acc_mutual_info IS NULL THEN every_loglik
            ELSE every_loglik[1:len(every_loglik) // 2] END AS loglik FROM line),
    gold AS (
        SELECT *, list_max(loglik) AS best,
            CASE WHEN gold_type = 'ARRAY' THEN NULL
                WHEN gold_type = 'BOOLEAN' THEN gold_text::BOOLEAN::INTEGER + 1
                WHEN regexp_full_match(trim(gold_text), '[0-9]{{1,6}}') AND trim(gold_text)::INTEGER < len(loglik)
                    THEN trim(gold_text)::INTEGER + 1
                ELSE {_position_of_target()} END AS gold
        FROM choice),
    usable AS (
        SELECT *, len(loglik) >= 2 AND gold BETWEEN 1 AND len(loglik)
            AND len(list_filter(loglik, lambda x: x IS NULL OR NOT isfinite(x))) = 0
            AND (accuracy IS NULL OR (accuracy IN (0, 1) AND (list_position(loglik, best) = gold) = (accuracy = 1)))
            AS usable
        FROM gold),
    spread AS (SELECT *, CASE WHEN usable THEN list_transform(loglik, lambda x: exp(x - best)) END AS e FROM usable),
    share AS (SELECT *, e[gold] / list_sum(e) AS right_share,
        list_sum(list_transform(e, lambda x: x * x)) / (list_sum(e) * list_sum(e)) AS squares FROM spread)
    SELECT NULL, NULL, NULL, coalesce({_text("filter")}, 'none'), key(coalesce({_text("doc_id")}, {_text("doc_hash")})),
        {where}, accuracy, {_share("acc_norm")}, coalesce({_share("exact_match")}, {_share("em")}),
        right_share, squares - 2 * right_share + 1
    FROM share"""


def _position_of_target() -> str:
    """Where the target's text stands among the continuations, if exactly once."""
    texts = """list_transform(CASE WHEN json_type(arguments) = 'OBJECT'
        THEN json_extract_string(arguments, '$.*.arg_1') ELSE json_extract_string(arguments, '$[*][1]') END,
        lambda x: trim(x))"""
    return f"""(CASE WHEN len(list_filter({texts}, lambda x: x = trim(gold_text))) = 1
        THEN list_position({texts}, trim(gold_text)) END)"""


def _document(field: str, path: str | None) -> str:
    """Hash of the source document, NULL where a line names none."""
    if path is not None:
        text = f"json_extract_string({field}, {quote('$.' + path)})"
    else:
        several = ", ".join(quote(f"$.{name}") for name in DOCUMENTS)
        text = f"list_filter(json_extract_string({field}, [{several}]), lambda x: x IS NOT NULL)[1]"
    return f"key({text})"


def _eee_items(lines: str, document: str | None, *, named: bool) -> str:
    model = "NULL" if named else _text("model_id")
    right = _share("json_extract(evaluation, '$.is_correct')")
    score = _share("json_extract(evaluation, '$.score')")
    return f"""SELECT {model}, {_text("evaluation_name")}, NULL, 'none', key({_text("sample_id")}),
        {_document("metadata", document)}, coalesce({right}, {score}),
        {_nothing(4)}
        FROM {lines}"""


def _shots(text: str) -> str:
    """A whole number, NULL where there is none, and `NO_SHOTS` for anything else, which is refused."""
    return f"""CASE WHEN {text} IS NULL OR lower({text}) IN ('', 'nan') THEN NULL
        WHEN regexp_full_match({text}, '[0-9]{{1,6}}(\\.0*)?') THEN {text}::DOUBLE::INTEGER ELSE {NO_SHOTS} END"""


def _table_items(lines: str, *, named: bool) -> str:
    model = "NULL" if named else _text("model")
    return f"""SELECT {model}, {_text("task")}, {_shots(_text("shots"))}, 'none', key({_text("item")}),
        key({_text("document")}), {_share("correct")}, NULL, NULL,
        {_share("prob_correct")}, CASE WHEN try_cast({_text("brier_score")} AS DOUBLE) BETWEEN 0 AND 2
        THEN try_cast({_text("brier_score")} AS DOUBLE) END
        FROM {lines}"""


def _helm_items(log: Log, limits: Limits) -> str:
    """The statistic that counts of each instance of its split, unperturbed."""
    metric, split = log.stat or ("exact_match", "test")
    score = f"""list_filter(stats, lambda s: json_extract_string(s, '$.name.name') = {quote(metric)}
        AND json_extract_string(s, '$.name.split') IS NOT DISTINCT FROM {quote(split)}
        AND json_extract(s, '$.name.perturbation') IS NULL)[1]"""
    value = _share("json_extract(score, '$.mean')")
    lines = _read_json(log, limits, "array", "'instance_id': 'JSON', 'stats': 'JSON[]'")
    return f"""SELECT NULL, NULL, NULL, 'none', key({_text("instance_id")}), NULL, {value}, {_nothing(4)}
        FROM (SELECT instance_id, {score} AS score FROM {lines}) WHERE score IS NOT NULL"""
