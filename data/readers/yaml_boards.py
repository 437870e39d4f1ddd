"""Leaderboards that are kept in YAML: METR's time horizons and Aider's."""

from __future__ import annotations

import re

from scale_forecast.data.dates import LOWER_BOUND, RUN_DATE
from scale_forecast.data.readers.board import Board, publication_fields, text_of
from scale_forecast.data.readers.content import Content
from scale_forecast.data.readers.identity import as_dict, objects_in
from scale_forecast.data.readers.layout import Layout
from scale_forecast.data.readers.numbers_in import count_of
from scale_forecast.data.readers.reader import Example
from scale_forecast.data.readers.reading import Reading
from scale_forecast.data.readers.yaml_parts import document_of

_IS_METR = re.compile(r"p50_horizon_length:")
_VERSION = re.compile(r"v([0-9.]+)", re.IGNORECASE)
_SCAFFOLD = re.compile(r"_(?:inspect|flock|modular|triframe|react)\b.*$", re.IGNORECASE)
_POINT = re.compile(r"(?<=_)([0-9])_([0-9])(?![0-9])")
"""Between two single digits of a name an underscore is the point of a release: ``claude_3_5_sonnet``."""
_IS_AIDER = re.compile(r"^- (?:dirname|model): .*\n(?:  .*\n){1,40}?  pass_rate_1:", re.MULTILINE)
_SETTING = re.compile(r"\s*\((high|medium|low|minimal|no think|[0-9]+k think(?:ing)?(?: tokens)?)\)$", re.IGNORECASE)
_HORIZONS = {"p50_horizon_length": "METR time horizon 50%", "p80_horizon_length": "METR time horizon 80%"}
_CASES = {133: "Aider code editing", 225: "Aider polyglot", 89: "Aider refactoring"}
"""Aider's benchmarks, by how many tasks they have."""
_TRIES = ("pass_rate_1", "pass_rate_2", "pass_rate_3")


class Metr:
    name = "METR time horizons"
    example = Example(
        "benchmark_results.yaml",
        b"""benchmark_name: METR-Horizon-v1.1
results:
  widget_5_1_2025_08_07_inspect:
    metrics:
      is_sota: true
      p50_horizon_length: {ci_high: 300.1, ci_low: 60.2, estimate: 137.3}
      p80_horizon_length: {estimate: 26.3}
    release_date: 2025-08-07
""",
        {
            ("METR time horizon 50%", "minutes", "widget-5.1-2025-08-07"): 137.3,
            ("METR time horizon 80%", "minutes", "widget-5.1-2025-08-07"): 26.3,
        },
    )

    def recognises(self, content: Content) -> bool:
        return not content.is_binary and content.text[:1] not in "{[<" and _IS_METR.search(content.text) is not None

    def read(self, content: Content, layout: Layout, model: str | None) -> Reading:
        document = as_dict(document_of(content))
        board = Board(content, self.name)
        version = _VERSION.search(text_of(document.get("benchmark_name")) or "")
        for name, one in as_dict(document.get("results")).items():
            metrics = as_dict(as_dict(one).get("metrics"))
            for key, task in _HORIZONS.items():
                if key in metrics:
                    released = text_of(as_dict(one).get("release_date"))
                    board.add(
                        as_dict(metrics[key]).get("estimate"),
                        metric="minutes",
                        benchmark="METR time horizon",
                        task=task,
                        model=_POINT.sub(r"\1.\2", _SCAFFOLD.sub("", str(name))).replace("_", "-"),
                        version=version[1].rstrip(".") if version else None,
                        evaluator="METR",
                        released=released,
                        **publication_fields(released, LOWER_BOUND),
                    )
        return board.finish()


class Aider:
    name = "Aider leaderboard"
    example = Example(
        "polyglot_leaderboard.yml",
        b"""- dirname: 2024-12-21--polyglot
  test_cases: 225
  model: widget-mini (high)
  edit_format: whole
  pass_rate_1: 0.9
  pass_rate_2: 3.6
  date: 2024-12-21
""",
        {("Aider polyglot", "accuracy", "widget-mini"): 0.036},
    )

    def recognises(self, content: Content) -> bool:
        return _IS_AIDER.search(content.text[:8192]) is not None

    def read(self, content: Content, layout: Layout, model: str | None) -> Reading:
        board = Board(content, self.name)
        for entry in objects_in(document_of(content)):
            tries = [name for name in _TRIES if name in entry]
            name = text_of(entry.get("model")) or ""
            setting = _SETTING.search(name)
            cases = count_of(entry.get("test_cases"))
            if not tries:
                continue
            board.add(
                entry.get(tries[-1]),
                top=100.0,
                task=_CASES.get(cases or 0, f"Aider {content.source.stem}"),
                model=_SETTING.sub("", name),
                setting=setting[1] if setting else None,
                n_examples=cases,
                evaluator="Aider",
                **publication_fields(entry.get("date"), RUN_DATE),
            )
        return board.finish()
