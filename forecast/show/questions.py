"""Questions and what they came to, as HTML for a notebook."""

from __future__ import annotations

import html

import pandas as pd

from scale_forecast.resolvers.questions.bank import dump_questions
from scale_forecast.resolvers.questions.question import Question
from scale_forecast.resolvers.questions.resolve import Resolution


def question_html(question: Question) -> str:
    """The title, and the question as its file has it."""
    return f"<strong>{html.escape(question.title)}</strong><pre>{html.escape(dump_questions([question]))}</pre>"


def resolution_html(resolution: Resolution) -> str:
    """The title, what it came to and why, and the rows that settled it."""
    rows = pd.DataFrame(list(resolution.evidence), columns=["model", "task", "score", "known_on", "source"])
    table = rows.to_html(index=False, na_rep="–", border=0) if len(rows) else ""
    said = f"{resolution.status.value} as of {resolution.as_of:%Y-%m-%d}: {resolution.reason}"
    return f"<strong>{html.escape(resolution.title)}</strong><p>{html.escape(said)}</p>{table}"
