"""The probability of a question over time: ours, the crowd's, and what came of it."""

from __future__ import annotations

import itertools
import textwrap
from typing import TYPE_CHECKING, Any

import pandas as pd

from scale_forecast.data.errors import DataError
from scale_forecast.resolvers.questions.question import Question
from scale_forecast.show.plots.style import (
    BLACK,
    BLUE,
    COLOURS,
    GREY,
    ORANGE,
    VERMILION,
    legend,
    new_figure,
    plain,
    shares_axis,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_FORECASTERS = 6


def forecasts_of(question: Question, recorded: pd.DataFrame | None) -> pd.DataFrame:
    """Who gave the question what probability when: forecasts published with it, and those recorded in a ledger.

    Returns
    -------
    DataFrame
        ``made_at`` (UTC, no time zone), ``forecaster, probability``, its interval ``low, high`` where it has one, and
        ``is_crowd``, in order of time; published forecasts and those of forecasters called ``crowd`` or ``crowd:...``
        are the crowd's.
    """
    given = [
        (pd.Timestamp(g.time or question.opened), g.forecaster, g.implied, None, None, True)
        for g in question.forecasts
        if g.implied is not None
    ]
    if recorded is not None:
        mine = recorded[(recorded["question_id"] == question.id) & recorded["probability"].notna()]
        for row in mine.to_dict("records"):
            found = row.get("details")
            details: dict[str, Any] = found if isinstance(found, dict) else {}
            name = str(row["forecaster"])
            ends = details.get("low"), details.get("high")
            given.append((row["made_at"], name, row["probability"], *ends, name.split(":")[0] == "crowd"))
    table = pd.DataFrame(given, columns=["made_at", "forecaster", "probability", "low", "high", "is_crowd"])
    table["made_at"] = pd.to_datetime(table["made_at"], utc=True).dt.tz_localize(None)
    table[["low", "high"]] = table[["low", "high"]].astype(float)
    return table.sort_values("made_at", kind="stable", ignore_index=True)


def draw_question(
    question: Question,
    forecasts: pd.DataFrame,
    *,
    outcome: float | None = None,
    resolved_on: pd.Timestamp | None = None,
) -> Figure:
    """Every forecaster's probability as steps over time, the odds when it was opened, and the resolution.

    Parameters
    ----------
    question : of yes or no
    forecasts : DataFrame of `forecasts_of`
    outcome : 0 or 1 once it is settled
    resolved_on : day the outcome became public

    Raises
    ------
    DataError
        When there is neither a probability nor odds.
    """
    opened, resolve_by = (pd.Timestamp(t).tz_localize(None) for t in (question.opened, question.resolve_by))
    odds = question.implied if question.odds else None
    if forecasts.empty and odds is None:
        raise DataError(f"nobody has given {question.id} a probability yet: forecast it, or import others' forecasts")
    end = max([t for t in (resolved_on or resolve_by, opened, *forecasts["made_at"].tail(1)) if pd.notna(t)])
    figure, axes = new_figure(height=4.4)
    panel = axes[0, 0]
    panel.axhline(0.5, color=GREY, linewidth=0.8, linestyle=":", label="even odds")
    if odds is not None:
        panel.plot([opened, end], [odds, odds], color=BLACK, linewidth=1, linestyle=(0, (1, 3)))
        panel.plot(opened, odds, "D", color=BLACK, markersize=6, label=f"odds offered ({odds:.0%})", zorder=4)
    _steps(panel, forecasts, end)
    if outcome is None:
        panel.axvline(resolve_by, color=VERMILION, linewidth=1.2, linestyle="--", label="last day of evidence")
    else:
        label = f"resolved {'yes' if outcome == 1 else 'no' if outcome == 0 else format(outcome, '.2f')}"
        when = end if resolved_on is None else resolved_on
        panel.plot(when, outcome, "*", color=VERMILION, markersize=16, clip_on=False, zorder=6, label=label)
    panel.set_ylim(-0.02, 1.02)
    shares_axis(panel.yaxis, "probability of yes")
    panel.set_xlabel("date (UTC)")
    panel.tick_params(axis="x", rotation=30)
    panel.set_title(textwrap.fill(plain(question.title, 170), 80), loc="left")
    legend(panel, loc="upper left", bbox_to_anchor=(1.01, 1.0))
    return figure


def _steps(axes: Axes, rows: pd.DataFrame, end: pd.Timestamp) -> None:
    names = rows.drop_duplicates("forecaster").sort_values("is_crowd", kind="stable")
    ours = names.loc[~names["is_crowd"].astype(bool), "forecaster"].tolist()
    crowds = names.loc[names["is_crowd"].astype(bool), "forecaster"]
    dashes = dict(zip(crowds, itertools.cycle(("--", "-.", ":")), strict=False))
    colours = dict(zip(ours, [BLUE, *COLOURS[2:]], strict=False))
    for name, is_crowd in zip(names["forecaster"], names["is_crowd"], strict=True):
        if not is_crowd and ours.index(name) >= MOST_FORECASTERS:
            continue
        part = rows[rows["forecaster"] == name]
        part = pd.concat([part, part.tail(1).assign(made_at=end)])
        colour = ORANGE if is_crowd else colours.get(name, GREY)
        if part["low"].notna().any():
            band = part["made_at"], part["low"], part["high"]
            axes.fill_between(*band, step="post", color=colour, alpha=0.2, linewidth=0)
        axes.step(
            part["made_at"], part["probability"], where="post", color=colour, linewidth=1.6,
            linestyle=dashes.get(name, "-"), marker="." if len(part) < 40 else "", label=plain(name, 20),
        )  # fmt: skip
