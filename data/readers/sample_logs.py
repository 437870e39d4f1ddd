"""``samples_*.jsonl`` logs of lm-evaluation-harness: what the model thought of every choice, not only of the best.

From the log-likelihoods of the choices come two further metrics of kind ``proper``, which move smoothly where accuracy
jumps: ``prob_correct``, the mean over questions of the softmax probability of the correct choice (higher is better, in
[0, 1]), and ``brier_score``, the mean of sum over choices of (p - right)^2 (lower is better, in [0, 2]; Brier 1950,
as in the harness).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

import numpy as np
import pandas as pd

from scale_forecast.data.errors import DataError
from scale_forecast.data.names.tasks import harness_place
from scale_forecast.data.noise import clustered_stderr
from scale_forecast.data.readers.content import Content
from scale_forecast.data.readers.files import Limits, Source, decode_text, parse_json, parsed_line
from scale_forecast.data.readers.identity import Identity, as_dict, as_list, identify, name_in_path, stamp_in
from scale_forecast.data.readers.layout import Layout
from scale_forecast.data.readers.lm_eval import About, is_lm_eval, time_of
from scale_forecast.data.readers.reader import Example
from scale_forecast.data.readers.reading import Reading

_SCORES = ("prob_correct", "brier_score")


DOCUMENTS = ("document_id", "passage_id", "article_id", "story_id", "passage", "article", "story", "document")
"""Where a question's source document stands when nobody says so: its name, or else its text."""


class _Unusable(Exception):
    """Why a log gives no probabilities."""


def is_sample(record: object) -> bool:
    """True for one line of such a log."""
    return isinstance(record, dict) and "doc_id" in record and ("resps" in record or "filtered_resps" in record)


class SampleLog:
    name = "lm-evaluation-harness samples"
    example = Example(
        "acme__widget-1b/samples_race_2025-06-15T15-06-40.jsonl",
        b"""{"doc_id": 0, "target": "0", "filtered_resps": [["0.0", "False"], ["0.0", "False"]], "acc": 1.0}
{"doc_id": 1, "target": "1", "filtered_resps": [["0.0", "False"], ["0.0", "False"]], "acc": 0.0}
""",
        {("race", "prob_correct", "widget-1b"): 0.5, ("race", "brier_score", "widget-1b"): 0.5},
    )

    def recognises(self, content: Content) -> bool:
        if content.record is not None:
            return is_sample(content.record)
        line = content.text.partition("\n")[0]
        return content.text[:1] == "{" and '"doc_id"' in line and is_sample(content.objects)

    def read(self, content: Content, layout: Layout, model: str | None) -> Reading:
        return read_sample_log(content.source, content.limits, model)


def read_sample_log(source: Source, limits: Limits, model: str | None = None) -> Reading:
    """Two scores from one log, or two refusals with the reason; never a mean over a part of the questions."""
    beside = results_beside(source, limits)
    reading = Reading(source.name, "lm-evaluation-harness samples", found=len(_SCORES))
    document = beside or {}
    reading.when = time_of(document, source)
    task = task_of(source)
    try:
        items = _read(source.lines(limits), source.name)
    except _Unusable as reason:
        reading.refused[f"{reason} (samples of {task})"] += len(_SCORES)
        return reading
    if beside is None and model is None and "__" not in (source.path.parent.name if source.path else ""):
        reading.refused["names no model: keep the log beside its results_*.json or say --as-model"] += len(_SCORES)
        return reading
    identity = identify(document, source, model) if beside or model else Identity(*name_in_path(source))
    about = About(document, source)
    count = items["item"].nunique()
    if (stated := about.examples(task)) is not None and count < stated:
        reading.refused[f"{count} of {stated} items are in the log (samples of {task})"] += len(_SCORES)
        return reading
    benchmark, name = harness_place(task)
    each = items.groupby("item", sort=False).agg({"document": "first", **dict.fromkeys(_SCORES, "mean")})
    reading.rows = pd.DataFrame(
        {
            "benchmark": benchmark,
            "task": name,
            "metric": metric,
            "shots": about.shots(task, None, {}),
            "prompt": about.prompt(task, identity),
            "score": float(each[metric].mean()),
            "stderr": clustered_stderr(each[metric], each["document"]),
            "n_examples": count,
            "source": f"lm-evaluation-harness, {source.path.name if source.path else 'standard input'}",
            **identity.row,
            **about.run(task),
        }
        for metric in _SCORES
    )
    return reading


def task_of(source: Source) -> str:
    """The task as it stands in the log's name."""
    stamp = stamp_in(source.stem)
    stem = source.stem.replace(stamp, "") if stamp else source.stem
    return re.sub(r"^(?:.*__)?samples_", "", stem).strip("_- ") or source.stem


def results_beside(source: Source, limits: Limits) -> dict[str, object] | None:
    """The result file of the same run in the same folder; without one of its time, the only one there."""
    if source.path is None:
        return None
    files = sorted(p for p in source.path.parent.glob("*.json*") if "results" in p.name and "samples_" not in p.name)
    stamp = stamp_in(source.stem)
    same = [p for p in files if stamp and stamp in p.name] or (files if len(files) == 1 else [])
    return _document(Source(same[0]), limits) if same else None


@lru_cache(maxsize=8)
def _document(source: Source, limits: Limits) -> dict[str, object] | None:
    try:
        document = parse_json(decode_text(source.whole(limits.json), source.name), source.name)
    except DataError:
        return None
    return document if isinstance(document, dict) and is_lm_eval(document) else None


def _read(lines: Iterable[bytes], name: str) -> pd.DataFrame:
    """Every line's item, source document, probability of the correct choice and Brier score."""
    found = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        record = parsed_line(decode_text(line, name), number, name)
        if not isinstance(record, dict) or not is_sample(record):
            raise DataError(f"{name}: line {number} is no sample of an evaluation: give the log as it was written")
        p, gold = _probabilities(record)
        item = record.get("doc_id", record.get("doc_hash"))
        loss = float(((p - (np.arange(len(p)) == gold)) ** 2).sum())
        found.append((str(item), _document_of(record.get("doc")) or str(item), float(p[gold]), loss))
    if not found:
        raise _Unusable("the log is empty")
    return pd.DataFrame(found, columns=["item", "document", *_SCORES])


def _document_of(doc: object) -> str | None:
    """The source document of a question, where its name or text stands in the question."""
    about = as_dict(doc)
    return next((f"d{about[name]}" for name in DOCUMENTS if about.get(name) is not None), None)


def _probabilities(record: dict[str, object]) -> tuple[np.ndarray, int]:
    """Softmax over the choices of one question, and the position of the correct one."""
    loglik = _log_likelihoods(record)
    if "acc_mutual_info" in record:  # the second half are the choices without their question
        loglik = loglik[: len(loglik) // 2]
    if len(loglik) < 2:
        raise _Unusable("one continuation a question, no choices to compare")
    gold = _correct_choice(record, len(loglik))
    accuracy = record.get("acc")
    if isinstance(accuracy, (int, float)):
        if accuracy not in (0.0, 1.0):
            raise _Unusable("several right answers a question")
        if bool(accuracy) != (int(loglik.argmax()) == gold):
            raise _Unusable("the log-likelihoods contradict the log's own accuracy")
    p = np.exp(loglik - loglik.max())
    return p / p.sum(), gold


def _log_likelihoods(record: dict[str, object]) -> np.ndarray:
    responses = record.get("filtered_resps", record.get("resps"))
    values = []
    for response in as_list(responses):
        while isinstance(response, list) and len(response) == 1:
            response = response[0]
        first = response[0] if isinstance(response, list) and len(response) == 2 else None
        try:
            values.append(float(first))  # type: ignore[arg-type]
        except (TypeError, ValueError):
            raise _Unusable("no log-likelihoods of choices, the answers are free text") from None
    loglik = np.array(values)
    if not np.isfinite(loglik).all():
        raise _Unusable("a log-likelihood is not finite")
    return loglik


def _correct_choice(record: dict[str, object], choices: int) -> int:
    target = record.get("target")
    if isinstance(target, list):
        raise _Unusable("several right answers a question")
    if isinstance(target, bool):
        target = int(target)
    if isinstance(target, int) or (isinstance(target, str) and target.strip().isdecimal()):
        gold = int(target)
        if 0 <= gold < choices:
            return gold
    texts = [text.strip() for text in _continuations(record)][:choices]
    if isinstance(target, str) and texts.count(target.strip()) == 1:
        return texts.index(target.strip())
    raise _Unusable("the correct choice cannot be told from the target")


def _continuations(record: dict[str, object]) -> list[str]:
    arguments = record.get("arguments")
    if isinstance(arguments, dict):
        arguments = [list(v.values()) if isinstance(v, dict) else v for v in arguments.values()]
    return [str(pair[1]) for pair in as_list(arguments) if isinstance(pair, list) and len(pair) > 1]
