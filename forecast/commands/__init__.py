"""The commands: each reads its arguments, makes one call, and prints. This room alone speaks click."""

from __future__ import annotations

import click

from scale_forecast.commands.groups import LazyGroup

_HERE = "scale_forecast.commands"
TABLE = {
    "ask": (f"{_HERE}.ask:ask_command", "Price a question, and compare with what others say."),
    "backtest": (f"{_HERE}.backtest:backtest_command", "Score every predictor on models already known."),
    "check": (f"{_HERE}.check:check_command", "Hold a forecast against conditions: exit 0 or 3."),
    "compare": (f"{_HERE}.compare:compare_command", "Two families or organisations side by side."),
    "curves": (f"{_HERE}.curves:curves", "Fit scaling curves by the thousand."),
    "data": (f"{_HERE}.data:data_group", "Look at the bundled figures; check and convert yours."),
    "due": (f"{_HERE}.due:due_command", "What waits: evidence that arrived, deadlines past and next."),
    "explain": (f"{_HERE}.predict:explain_command", "Say what moved the forecast of each task."),
    "features": (f"{_HERE}.features:features_command", "Print what was known before each step in scale."),
    "index": (f"{_HERE}.records:index_command", "What all benchmarks say together of each model."),
    "largest": (f"{_HERE}.largest:largest_command", "How large the largest public models will be."),
    "ledger": (f"{_HERE}.ledger:ledger_group", "Prove that no recorded forecast was touched."),
    "market": (f"{_HERE}.market:market_group", "Exchange with Manifold, Metaculus and others."),
    "plot": (f"{_HERE}.plot:plot_group", "Draw forecasts, backtests, questions."),
    "predict": (f"{_HERE}.predict:predict_command", "Predict the scores of an upcoming model."),
    "questions": (f"{_HERE}.questions:questions_group", "List, show, check and record questions."),
    "quick": (f"{_HERE}.quick:quick_command", "What your results hold, and what comes next."),
    "reach": (f"{_HERE}.reach:reach_command", "The size, compute and date at which a score is reached."),
    "records": (f"{_HERE}.records:records_command", "How far each benchmark's record will be by a date."),
    "report": (f"{_HERE}.report:report_command", "Write one page about an upcoming model."),
    "resolve": (f"{_HERE}.resolve:resolve_command", "Settle questions and recorded forecasts."),
    "score": (f"{_HERE}.score:score_command", "Score recorded forecasts that are settled."),
    "study": (f"{_HERE}.study:study_command", "Measure a claim about scaling."),
    "train": (f"{_HERE}.predict:train_command", "Train beforehand, so that predict answers at once."),
}
"""Of every command, where it stands and its help in one line; nothing else is loaded for ``forecast --help``."""

SECTIONS = {
    "Forecast": ("quick", "predict", "compare", "records", "reach", "index", "largest", "explain", "check"),
    "Ask and settle": ("ask", "questions", "resolve", "score", "due", "ledger", "market"),
    "Doubt": ("backtest", "study"),
    "Show": ("report", "plot", "curves"),
    "Data": ("data", "features", "train"),
}
"""In what order and under which titles the help names them; what stands under none comes last."""
FIRST = "forecast predict --family PaLM --params 540e9"
"""Works without anything of one's own."""


def _say_version(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    """The version of the tool, and of the data as entries of the ledger carry it."""
    if not wanted or ctx.resilient_parsing:
        return
    from scale_forecast.commands.printing import tool_version  # what --help has no need of
    from scale_forecast.data.load import load
    from scale_forecast.data.results import fingerprint

    results = load().results
    click.echo(f"forecast {tool_version()}, data {fingerprint(results)} ({len(results):,} scores)")
    ctx.exit()


@click.group(
    cls=LazyGroup,
    table=TABLE,
    sections=SECTIONS,
    first=FIRST,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_say_version, help="Say the version."
)
def main() -> None:
    """Forecast benchmark scores of upcoming language models, price questions about them, and keep score."""
