"""Whether silence about a criterion is the world's or the tables': which source would hold a score, and until when."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from scale_forecast.data.coverage import silence_until
from scale_forecast.data.names.keys import model_key
from scale_forecast.resolvers.judge.evidence import Evidence, Measurement
from scale_forecast.resolvers.terms.scope import Scope


@dataclass(frozen=True)
class Silence:
    """Until when nothing can have been published about a scope without showing, and what tells.

    ``until`` is None where no source tells; ``said`` names the source, or says what is missing.
    """

    until: np.datetime64 | None
    said: str

    def reaches(self, day: np.datetime64) -> bool:
        """Whether silence on a day is evidence."""
        return self.until is not None and bool(self.until >= day.astype("datetime64[D]"))


def silence_about(measured: Measurement, scope: Scope, evidence: Evidence, as_of: np.datetime64) -> Silence:
    """What the sources tell of a scope's silence, as they stood at a moment.

    Without a coverage table the newest score in scope stands for it. With one, a scope that names families is told of
    by the sources that cover all of them, any other by a list of the benchmark's leaders.
    """
    of = measured.benchmark or measured.task
    if evidence.coverage is None:
        newest = evidence.newest(measured, scope, as_of)
        if newest is None:
            return Silence(None, f"no score on {of} is in scope")
        return Silence(newest.astype("datetime64[D]"), f"the newest score on {of} in scope is older than the deadline")
    seen = evidence.coverage[evidence.coverage["seen_on"].to_numpy() <= as_of]
    families: list[str | None] = [*_families(scope, evidence)]
    found = [_read_silence(seen, measured, scope, family) for family in families or [None]]
    return min(found, key=lambda silence: silence.until or np.datetime64("0001-01-01"))


def _read_silence(coverage: pd.DataFrame, measured: Measurement, scope: Scope, family: str | None) -> Silence:
    """What the sources tell of one family, or of everybody."""
    told = silence_until(
        coverage,
        benchmark=measured.benchmark or measured.task,
        task=measured.task,
        family=family,
        evaluator=scope.evaluator[0] if len(scope.evaluator) == 1 else None,
        version=scope.version[0] if len(scope.version) == 1 else None,
    )
    of = measured.benchmark or measured.task
    if told is None:
        who = f"all scores of {family} on {of}" if family else f"the leaders of {of}"
        return Silence(None, f"no source lists {who}")
    return Silence(np.datetime64(told[0], "D"), f"{told[1]} tells of {of} until {told[0]}")


def _families(scope: Scope, evidence: Evidence) -> list[str]:
    """The families that a scope is limited to, by their own names or by lines and models; none where it is open."""
    if scope.family:
        return list(scope.family)
    if scope.model:
        return [evidence.family_of(name) or name for name in scope.model]
    return [family for line in scope.line for family in evidence.families_of(line)]


def are_measured(scope: Scope, evidence: Evidence, rows: np.ndarray) -> bool:
    """Whether every model that a scope names is among some rows: then their scores stand, whatever else is silent."""
    known = {model_key(evidence.name("model", int(row))) for row in rows}
    return bool(scope.model) and {model_key(name) for name in scope.model} <= known
