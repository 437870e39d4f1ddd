"""Measure claims about scaling, and write what was found as pages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from scale_forecast.data.errors import UsageError
from scale_forecast.parallel import Workers
from scale_forecast.show.plots.style import as_bytes
from scale_forecast.studies.findings import Findings
from scale_forecast.studies.registry import STUDIES, find_study, run_studies, table_of
from scale_forecast.studies.report import pages, print_findings, summary
from scale_forecast.workflow.tables import Results, Tell, silent, tables_of


@dataclass(frozen=True, repr=False)
class Studied:
    """What studies found, by name."""

    findings: dict[str, Findings]

    def __repr__(self) -> str:
        return f"<Studied: {', '.join(self.findings)}>"

    @property
    def sentences(self) -> pd.DataFrame:
        """What was found in words, a row a sentence."""
        rows = [(name, sentence) for name, found in self.findings.items() for sentence in found.sentences]
        return pd.DataFrame(rows, columns=["study", "finding"])

    def table(self, name: str | None = None) -> pd.DataFrame:
        """A table of the only study, by name; the main one when None."""
        return table_of(self._only(), name)

    def picture(self, suffix: str) -> bytes | None:
        """The picture of the only study as ``.png`` or ``.svg``; None where it has none."""
        draw = self._only().draw
        return None if draw is None else as_bytes(draw(), suffix)

    def text(self) -> str:
        """For people: of one study all it says, of several the sentences."""
        return print_findings(self._only()) if len(self.findings) == 1 else summary(self.findings)

    def pages(self) -> dict[str, bytes]:
        """The findings as a page with pictures and tables: file names and what stands in them."""
        return pages(self.findings)

    def _only(self) -> Findings:
        if len(self.findings) != 1:
            raise UsageError("name one study: several have no table or picture in common")
        return next(iter(self.findings.values()))


def study(
    name: str = "all",
    results: Results = None,
    *,
    joined: bool = False,
    seed: int = 0,
    workers: Workers | None = None,
    tell: Tell = silent,
) -> Studied:
    """Measure a claim about scaling on the bundled figures or on the user's own results.

    Parameters
    ----------
    name : of a study, or ``all``
    results : tables, or files of any known layout; the bundled figures when None
    joined : study the user's results together with the bundled figures
    seed : of resampling and simulation
    workers : who studies where there are several studies
    """
    names: list[Any] = list(STUDIES) if name.lower() == "all" else [find_study(name)]
    if len(names) == 1 and workers is not None and (workers.jobs > 1 or workers.dask is not None):
        tell("one study is the work of one process: `forecast study all` spreads its studies over several")
        workers = None
    tables = tables_of(results, tell)
    return Studied(run_studies(names, tables, joined=joined, seed=seed, workers=workers))
