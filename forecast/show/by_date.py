"""Forecasts by date as people read them: records, ladders of thresholds, a coming model's scores, the index."""

from __future__ import annotations

import pandas as pd

from scale_forecast.by_date.past import Fared
from scale_forecast.by_date.present import round_score

MOST_LINES = 6
MOST = 40
"""Rows for people; the rest is counted."""


def readable_records(table: pd.DataFrame, most: int = MOST) -> pd.DataFrame:
    """Records with the benchmarks of most models first, a row a benchmark and day."""
    order = table.sort_values(["models", "task", "by"], ascending=[False, True, True], kind="stable")
    shown = order[order["task"].isin(order["task"].drop_duplicates().head(most))]
    return pd.DataFrame(
        {
            "benchmark": shown["task"],
            "by": shown["by"].dt.strftime("%Y-%m-%d"),
            "record now": _each(shown, "record_now"),
            "of": shown["record_model"] + shown["record_date"].dt.strftime(", %Y-%m-%d"),
            "median": _each(shown, "median"),
            "80% interval": _each(shown, "q10") + " to " + _each(shown, "q90"),
            "P(unchanged)": shown["unchanged"].map("{:.2f}".format),
            "likeliest holder": shown["leader"] + shown["prob_leader"].map(" {:.2f}".format),
        }
    )


def past_lines(table: pd.DataFrame) -> list[str]:
    """How such forecasts fared: a line a kind of window, those of most benchmarks shown first."""
    names = ["past_of", "past_months", "past_windows", "past_held", "past_skill"]
    kinds = table.dropna(subset=names).groupby(names, sort=False).size().sort_values(ascending=False, kind="stable")
    found = [Fared(of, int(months), int(n), held, skill) for of, months, n, held, skill in kinds.index]
    return [like.sentence() for like in sorted(found[:MOST_LINES], key=lambda like: like.months)]


def readable_ladder(ladder: pd.DataFrame) -> pd.DataFrame:
    """A ladder with a column a day."""
    wide = ladder.assign(by=ladder["by"].dt.strftime("%Y-%m-%d")).pivot_table(
        index=["task", "threshold"], columns="by", values="probability", sort=False
    )
    wide = wide.loc[pd.MultiIndex.from_frame(ladder[["task", "threshold"]].drop_duplicates())]
    even = ladder.groupby(["task", "threshold"], sort=False)["even_odds"].first()
    wide = wide.map("{:.3f}".format)
    wide["even odds"] = even.map(lambda day: "later" if pd.isna(day) else f"{day:%Y-%m}")
    return wide.reset_index().rename(columns={"task": "benchmark"}).rename_axis(columns=None)


def readable_scores(table: pd.DataFrame, most: int = MOST) -> pd.DataFrame:
    """A coming model's scores, the benchmarks of most models first."""
    shown = table.sort_values(["models", "task"], ascending=[False, True], kind="stable").head(most)
    return pd.DataFrame(
        {
            "benchmark": shown["task"],
            "record now": _each(shown, "record_now"),
            "of": shown["record_model"],
            "forecast": _each(shown, "median"),
            "80% interval": _each(shown, "q10") + " to " + _each(shown, "q90"),
            "P(record)": shown["prob_record"].map("{:.2f}".format),
        }
    )


def readable_index(table: pd.DataFrame, most: int = MOST) -> pd.DataFrame:
    """The ablest models of the index."""
    shown = table.head(most)
    return pd.DataFrame(
        {
            "model": shown["model"],
            "organisation": shown["organisation"],
            "released": shown["released"].dt.strftime("%Y-%m-%d"),
            "index": shown["index"].map("{:.1f}".format),
            "80% interval": shown["low"].map("{:.1f}".format) + " to " + shown["high"].map("{:.1f}".format),
            "scores": shown["scores"],
        }
    )


def readable_backtest(summary: pd.DataFrame) -> pd.DataFrame:
    """Averages of a backtest by date, losses in points."""
    points = {"crps": "CRPS", "abs_error": "MAE", "error": "bias"}
    out = summary.drop(columns=["ratio", "low", "high", "inside", *points]).copy()
    for column, name in points.items():
        out[name] = (100.0 * summary[column]).map(_one_digit)
    if "brier" in out:
        out["brier"] = out["brier"].map("{:.3f}".format)
    out["in 80%"] = summary["inside"].map(lambda share: "" if pd.isna(share) else f"{share:.0%}")
    cells = zip(summary["ratio"], summary["low"], summary["high"], strict=True)
    ratios = [f"{ratio:.3f} [{low:.3f}, {high:.3f}]" for ratio, low, high in cells]
    out["model / row"] = pd.Series(ratios, index=out.index, dtype=object).where(out["predictor"] != "model", "")
    return out


def _one_digit(value: float) -> str:
    return "" if pd.isna(value) else f"{value:.1f}"


def _each(table: pd.DataFrame, column: str) -> pd.Series:
    """Scores in their own unit, as people write them."""
    units = zip(table[column], table["unit"], strict=True)
    return pd.Series([round_score(value, unit) for value, unit in units], index=table.index, dtype=object)
