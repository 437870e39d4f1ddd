"""The Open LLM Leaderboard: its tables of all models (first and second), and the JSON of its service.

The second board also shows scores rescaled so that chance is 0; what is read is the score as it was measured.
"""

from __future__ import annotations

import re
from typing import Any

from scale_forecast.data.dates import LOWER_BOUND
from scale_forecast.data.readers.board import Board, publication_fields, text_of
from scale_forecast.data.readers.cells import plain_name
from scale_forecast.data.readers.content import Content
from scale_forecast.data.readers.identity import as_dict, as_list
from scale_forecast.data.readers.layout import Layout
from scale_forecast.data.readers.numbers_in import number_of
from scale_forecast.data.readers.reader import Example
from scale_forecast.data.readers.reading import Reading

_FIRST = {
    "ARC": ("arc_challenge", "acc_norm", 25),
    "HellaSwag": ("hellaswag", "acc_norm", 10),
    "MMLU": ("MMLU", "accuracy", 5),
    "TruthfulQA": ("truthfulqa_mc2", "mc2", 0),
    "Winogrande": ("winogrande", "accuracy", 5),
    "GSM8K": ("gsm8k", "accuracy", 5),
}
_SECOND = {
    "IFEval": ("IFEval", "accuracy", 0),
    "BBH": ("BBH", "acc_norm", 3),
    "MATH Lvl 5": ("MATH Lvl 5", "exact_match", 4),
    "GPQA": ("GPQA", "acc_norm", 0),
    "MUSR": ("MuSR", "acc_norm", 0),
    "MuSR": ("MuSR", "acc_norm", 0),
    "MMLU-PRO": ("MMLU-Pro", "accuracy", 5),
}
_EVALUATOR = "Open LLM Leaderboard"
_FEW_BITS = re.compile(r"(?:4|8)-?bits?|gptq|awq|int[48]|.*q[248].*", re.IGNORECASE)
_NAMES = ("fullname", "model_name_for_query", "Model")


class OpenLlmTable:
    name = "Open LLM Leaderboard table"
    example = Example(
        "open_llm_leaderboard.csv",
        """Precision,Type,Model,fullname,Model sha,Average ⬆️,#Params (B),IFEval Raw,IFEval,GPQA Raw,GPQA,Submission Date
bfloat16,pretrained,"<a href=""x"">acme/a-7b</a>",acme/a-7b,1a,21,7.6,0.337,33.7,0.3247,9.96,2024-09-19
""".encode(),
        {("IFEval", "accuracy", "a-7b"): 0.337, ("GPQA", "acc_norm", "a-7b"): 0.3247},
    )

    def recognises(self, content: Content) -> bool:
        head = content.header
        return "Model sha" in head and "Average" in head and ("Precision" in head or "#Params (B)" in head)

    def read(self, content: Content, layout: Layout, model: str | None) -> Reading:
        board = Board(content, self.name)
        frame = content.frame
        titles = set(map(str, frame.columns))
        is_second = any(f"{title} Raw" in titles for title in _SECOND)
        tests = {f"{title} Raw": test for title, test in _SECOND.items()} if is_second else _FIRST
        for row in frame.to_dict("records"):
            name = next((plain_name(str(row[c])) for c in _NAMES if c in titles and row[c]), None)
            about = _about(name, row.get("Precision"), row.get("#Params (B)"), row.get("Submission Date"))
            for title, (task, metric, shots) in tests.items():
                if title in titles:
                    top = 1.0 if is_second else 100.0
                    board.add(row[title], top=top, task=task, metric=metric, shots=shots, **about)
        return board.finish()


class OpenLlmService:
    name = "Open LLM Leaderboard service"
    example = Example(
        "formatted.json",
        b"""[{"id": "acme/a-7b_bfloat16_1a", "model": {"name": "acme/a-7b", "precision": "bfloat16"}, "evaluations":
{"ifeval": {"name": "IFEval", "value": 0.337, "normalized_score": 33.7}, "gpqa": {"name": "GPQA", "value": 0.3247}},
"metadata": {"submission_date": "2024-09-19", "params_billions": 7.6}}]""",
        {("IFEval", "accuracy", "a-7b"): 0.337, ("GPQA", "acc_norm", "a-7b"): 0.3247},
    )

    def recognises(self, content: Content) -> bool:
        rows = as_list(content.document)
        return bool(rows) and all({"model", "evaluations"} <= as_dict(row).keys() for row in rows[:10])

    def read(self, content: Content, layout: Layout, model: str | None) -> Reading:
        board = Board(content, self.name)
        for row in map(as_dict, content.document):
            what, meta = as_dict(row.get("model")), as_dict(row.get("metadata"))
            about = _about(
                text_of(what.get("name")),
                what.get("precision"),
                meta.get("params_billions"),
                meta.get("submission_date"),
            )
            for key, one in as_dict(row.get("evaluations")).items():
                named = text_of(as_dict(one).get("name")) or str(key)
                task, metric, shots = _SECOND.get(named, (named, "accuracy", None))
                board.add(as_dict(one).get("value"), task=task, metric=metric, shots=shots, **about)
        return board.finish()


def _about(name: str | None, precision: object, billions: object, day: object) -> dict[str, Any]:
    """What is said of a model; weights of few bits are a copy of the whole ones.

    The board dates the submission, which was evaluated and shown later: a lower bound of when the score was known.
    """
    size = number_of(billions)
    bits = str(precision or "").removeprefix("torch.")
    is_small = _FEW_BITS.fullmatch(bits) is not None and name is not None and bits.casefold() not in name.casefold()
    return {
        "model": f"{name}+{bits}" if is_small else name,
        "params": size * 1e9 if size and size > 0 else None,
        "evaluator": _EVALUATOR,
        **publication_fields(day, LOWER_BOUND),
    }
