"""All readers, in the order in which a file is shown to them; those of other distributions come last but for tables."""

from __future__ import annotations

from scale_forecast.data.members import Members
from scale_forecast.data.readers.bigbench import BigBenchScores, BigBenchTask
from scale_forecast.data.readers.dclm import Dclm
from scale_forecast.data.readers.epoch import EpochHub
from scale_forecast.data.readers.evalplus import EvalPlusBoard, EvalPlusRun
from scale_forecast.data.readers.every_eval_ever import EveryEvalEver
from scale_forecast.data.readers.helm import Helm
from scale_forecast.data.readers.inspect_header import InspectHeader
from scale_forecast.data.readers.json_boards import ArcPrize, ArtificialAnalysis, HelmTables, OpenVlm
from scale_forecast.data.readers.json_runs import BigCodeRun, EvalScope, LiveCodeBench, PapersWithCode
from scale_forecast.data.readers.json_tables import JsonTable
from scale_forecast.data.readers.live_bench import LiveBenchJudgments, LiveBenchTable
from scale_forecast.data.readers.lm_eval import LmEval
from scale_forecast.data.readers.lm_eval_table import LmEvalTable
from scale_forecast.data.readers.model_card import EvalResults, ModelCard
from scale_forecast.data.readers.mteb import Mteb
from scale_forecast.data.readers.olmes import Olmes
from scale_forecast.data.readers.open_llm import OpenLlmService, OpenLlmTable
from scale_forecast.data.readers.opencompass import OpenCompass
from scale_forecast.data.readers.reader import Reader
from scale_forecast.data.readers.sample_logs import SampleLog
from scale_forecast.data.readers.simple_evals import SimpleEvals
from scale_forecast.data.readers.swe_bench import SweBenchBoard, SweBenchRun
from scale_forecast.data.readers.table import Table
from scale_forecast.data.readers.yaml_boards import Aider, Metr

TABLE = Table()
JSON_TABLE = JsonTable()
LAST = (JSON_TABLE, TABLE)
"""What is of no format of its own: looked for when no other reader recognises a file, those of others too."""
READERS: Members[Reader] = Members(
    "scale_forecast.readers",
    (
        *(InspectHeader(), LiveBenchJudgments(), SampleLog(), Olmes(), EveryEvalEver(), Mteb(), OpenVlm(), LmEval()),
        *(BigBenchScores(), BigBenchTask(), LmEvalTable(), ModelCard(), EvalResults(), Metr(), Aider(), BigCodeRun()),
        *(EvalScope(), SweBenchBoard(), SweBenchRun(), ArcPrize(), ArtificialAnalysis(), LiveCodeBench(), HelmTables()),
        *(PapersWithCode(), OpenLlmTable(), OpenLlmService(), LiveBenchTable()),
        *(Dclm(), EvalPlusRun(), EvalPlusBoard(), SimpleEvals(), Helm(), OpenCompass(), EpochHub(), *LAST),
    ),
    Reader,
    noun="reader",
)


def reader_lines() -> list[tuple[str, str]]:
    """Each format by name, and a file of it."""
    return READERS.lines(file_of)


def file_of(reader: Reader) -> str:
    """How a file of a format is called, by its example; no reader goes by the name."""
    return f"such as {reader.example.name}"
