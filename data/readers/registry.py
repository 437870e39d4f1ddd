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
from scale_forecast.data.readers.lm_eval import LmEval
from scale_forecast.data.readers.mteb import Mteb
from scale_forecast.data.readers.olmes import Olmes
from scale_forecast.data.readers.opencompass import OpenCompass
from scale_forecast.data.readers.reader import Reader
from scale_forecast.data.readers.sample_logs import SampleLog
from scale_forecast.data.readers.simple_evals import SimpleEvals
from scale_forecast.data.readers.table import Table

TABLE = Table()
READERS: Members[Reader] = Members(
    "scale_forecast.readers",
    (
        *(InspectHeader(), SampleLog(), Olmes(), EveryEvalEver(), Mteb(), LmEval(), BigBenchScores(), BigBenchTask()),
        *(Dclm(), EvalPlusRun(), EvalPlusBoard(), SimpleEvals(), Helm(), OpenCompass(), EpochHub(), TABLE),
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
