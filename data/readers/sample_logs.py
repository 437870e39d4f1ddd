"""``samples_*.jsonl`` logs of lm-evaluation-harness: what the model thought of every choice, not only of the best.

From the log-likelihoods of the choices come two further metrics of kind ``proper``, which move smoothly where accuracy
jumps: ``prob_correct``, the mean over questions of the softmax probability of the correct choice (higher is better, in
[0, 1]), and ``brier_score``, the mean of sum over choices of (p - right)^2 (lower is better, in [0, 2]; Brier 1950,
as in the harness).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from functools import lru_cache

import numpy as np
import pandas as pd

from scale_forecast.data.errors import DataError
from scale_forecast.data.names.tasks import harness_place
from scale_forecast.data.readers.files import Limits, Source, decoded, parsed, parsed_line
from scale_forecast.data.readers.identity import Identity, identify, name_in_path, stamp_in
from scale_forecast.data.readers.lm_eval import About, is_lm_eval, time_of
from scale_forecast.data.readers.reading import Reading

_SCORES = ("prob_correct", "brier_score")


class _Unusable(Exception):
    """Why a log gives no probabilities."""


def is_sample(record: object) -> bool:
    """True for one line of such a log."""
    return isinstance(record, dict) and "doc_id" in record and ("resps" in record or "filtered_resps" in record)


def read_sample_log(source: Source, limits: Limits, model: str | None = None) -> Reading:
    """Two scores from one log, or two refusals with the reason; never a mean over a part of the questions."""
    beside = results_beside(source, limits)
    reading = Reading(source.name, "lm-evaluation-harness samples", found=len(_SCORES))
    document = beside or {}
    reading.when = time_of(document, source)
    task = task_of(source)
    try:
        probability, brier = _read(source.lines(limits), source.name)
    except _Unusable as reason:
        reading.refused[f"{reason} (samples of {task})"] += len(_SCORES)
        return reading
    if beside is None and model is None and "__" not in (source.path.parent.name if source.path else ""):
        reading.refused["names no model: keep the log beside its results_*.json or say --as-model"] += len(_SCORES)
        return reading
    identity = identify(document, source, model) if beside or model else Identity(*name_in_path(source))
    about = About(document, source)
    benchmark, name = harness_place(task)
    reading.rows = pd.DataFrame(
        {
            "benchmark": benchmark,
            "task": name,
            "metric": metric,
            "shots": about.shots(task, None, {}),
            "prompt": about.prompt(task),
            "score": float(values.mean()),
            "stderr": float(values.std(ddof=1) / math.sqrt(len(values))) if len(values) > 1 else None,
            "n_examples": len(values),
            "source": f"lm-evaluation-harness, {source.path.name if source.path else 'standard input'}",
            **identity.row,
        }
        for metric, values in zip(_SCORES, (probability, brier), strict=True)
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
        document = parsed(decoded(source.whole(limits.json), source.name), source.name)
    except DataError:
        return None
    return document if isinstance(document, dict) and is_lm_eval(document) else None


def _read(lines: Iterable[bytes], name: str) -> tuple[np.ndarray, np.ndarray]:
    """Probability of the correct choice and Brier score of every question, (n,) each."""
    right, loss = [], []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        record = parsed_line(decoded(line, name), number, name)
        if not isinstance(record, dict) or not is_sample(record):
            raise DataError(f"{name}: line {number} is no sample of an evaluation: give the log as it was written")
        p, gold = _probabilities(record)
        right.append(p[gold])
        loss.append(float(((p - (np.arange(len(p)) == gold)) ** 2).sum()))
    if not right:
        raise _Unusable("the log is empty")
    return np.array(right), np.array(loss)


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
    for response in responses if isinstance(responses, list) else []:
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
    pairs = arguments if isinstance(arguments, list) else []
    return [str(pair[1]) for pair in pairs if isinstance(pair, list) and len(pair) > 1]
