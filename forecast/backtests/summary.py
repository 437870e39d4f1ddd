"""Summaries of a backtest: shares first, losses apart in log units, every line counting the same."""

from __future__ import annotations

import numpy as np
import pandas as pd

from scale_forecast.backtests.gains import STATISTICS, SUITE, TARGET, gain_statistics
from scale_forecast.backtests.resampled import (
    DRAWS,
    OF_THESE_TASKS,
    Resampled,
    between_targets,
    interval,
    nested_mean,
)

COVERAGES = {"cover50": ("q25", "q75"), "cover80": ("q10", "q90"), "cover90": ("q05", "q95")}
SHARES, LOSSES = "shares", "losses, log units"
UNIT = ["fold", *SUITE, "task", "metric"]


def summary(
    table: pd.DataFrame,
    *,
    references: list[str],
    beside: pd.DataFrame | None = None,
    draws: int = DRAWS,
    seed: int = 0,
) -> pd.DataFrame:
    """One row per predictor, of shares and then of losses (and per date limit where both are there).

    ``beside``, a backtest of more targets of the line, enters the ``_between`` of the skills alone.

    Columns: ``of``, what is averaged; ``mae, rmse, crps``, in score units of shares and log units of losses;
    ``skill_<reference>`` = 1 - CRPS / the reference's CRPS over the scores that both foretold, with its 90% interval
    (``_low, _high``) and, as ``_between``, its standard deviation between targets of one line (NaN: one target);
    ``interval_over``, what is drawn anew for the interval; the columns of `backtests.gains.gain_statistics`;
    ``cover50/80/90``.
    """
    parts = []
    for limited, dated in table.groupby("date_limited", sort=True):
        for of, keep in ((SHARES, dated["is_share"]), (LOSSES, ~dated["is_share"].astype(bool))):
            part = dated[keep.to_numpy(dtype=bool)]
            if part.empty:
                continue
            more = None if beside is None else _alike(beside, limited, of == SHARES)
            compared = _Compared(part, more, draws, seed)
            one = [_one(name, compared, references) for name in compared.rows]
            parts.append(pd.DataFrame(one).assign(of=of, date_limited=limited).sort_values("crps", kind="stable"))
    found = pd.concat(parts, ignore_index=True)
    return found[["predictor", "of", "date_limited", *found.columns.drop(["predictor", "of", "date_limited"])]]


def _alike(table: pd.DataFrame, limited: object, is_share: bool) -> pd.DataFrame:
    return table[(table["date_limited"] == limited) & (table["is_share"].astype(bool) == is_share)]


def readable(table: pd.DataFrame) -> pd.DataFrame:
    """The summary as a person reads it: skill with its interval in one cell, against each naive predictor.

    The best of these comes first. A skill of one target is headed as of these tasks; of several, it ends with its
    spread between targets of a line.
    """
    out = table[["predictor"]].copy()
    if (table["of"] != SHARES).any():
        out["of"] = table["of"]
    if table["date_limited"].nunique() > 1:
        out["other lines"] = np.where(table["date_limited"], "by date", "all")
    for column, name in (("scores", "scores"), ("mae", "MAE"), ("rmse", "RMSE"), ("crps", "CRPS")):
        out[name] = table[column]
    only = ", these tasks" if (table["interval_over"] == OF_THESE_TASKS).all() else ""
    for name in table["predictor"].drop_duplicates():  # in order of CRPS: the hardest to beat comes first
        if f"skill_{name}" in table:
            cells = (table[f"skill_{name}{end}"] for end in ("", "_low", "_high", "_between"))
            out[f"vs {name}{only}"] = [_skill(*cell) for cell in zip(*cells, strict=True)]
    for column, name in (("r2", "R2"), ("r2_shift_forgiven", "R2, shift forgiven")):
        out[name] = table[column].round(3) + 0.0  # never -0
    out["R2 ceiling"] = ["unknown" if pd.isna(value) else f"{value:.2f}" for value in table["ceiling_r2"]]
    out["r of gains"], out["r, origin out"] = table["r"], table["partial_r"]
    for column in COVERAGES:
        out[f"in {column.removeprefix('cover')}%"] = [f"{value:.0%}" for value in table[column]]
    return out


def _skill(value: float, low: float, high: float, between: float) -> str:
    if pd.isna(value):
        return ""
    return f"{value:+.0%} [{low:+.0%}, {high:+.0%}]" + ("" if pd.isna(between) else f" ± {between:.0%}")


def _by_unit(part: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The rows of each predictor, indexed alike by what was foretold."""
    part = part.sort_values(["predictor", *SUITE, "task", "metric", "fold"], kind="stable")
    again = part.groupby(["predictor", *UNIT], dropna=False).cumcount().rename("again")
    code = part.groupby([*(part[name] for name in UNIT), again], dropna=False).ngroup()
    part = part.set_index(code.to_numpy())
    return {str(name): rows for name, rows in part.groupby("predictor", sort=False)}


class _Compared:
    """The rows of each predictor, and nested means over the scores that two of them foretold, resampled alike."""

    def __init__(self, part: pd.DataFrame, beside: pd.DataFrame | None, draws: int, seed: int) -> None:
        self.rows = _by_unit(part)
        self._beside = self.rows if beside is None else _by_unit(pd.concat([part, beside], ignore_index=True))
        self._settings = {"draws": draws, "seed": seed}
        self._resampled: dict[bytes, Resampled] = {}
        self._drawn: dict[tuple[str, bytes], np.ndarray] = {}

    def resampling(self, index: pd.Index) -> Resampled:
        """The draws for some scores, the same for every predictor that foretold them."""
        key = index.to_numpy().tobytes()
        if key not in self._resampled:
            one = next(rows for rows in self.rows.values() if index.isin(rows.index).all())
            self._resampled[key] = Resampled(one.loc[index], **self._settings)
        return self._resampled[key]

    def skill(self, name: str, reference: str) -> dict[str, float]:
        """Of one predictor over another, on the scores that both have."""
        both = self.rows[name].index.intersection(self.rows[reference].index, sort=True)
        if both.empty or name == reference:
            return dict.fromkeys(("", "_low", "_high", "_between"), np.nan)
        mine, theirs = (self.rows[one].loc[both] for one in (name, reference))
        low, high = interval(1 - self._means(name, both) / self._means(reference, both))
        value = 1 - nested_mean(mine, "crps") / nested_mean(theirs, "crps")
        return {"": value, "_low": low, "_high": high, "_between": self._between(name, reference)}

    def _between(self, name: str, reference: str) -> float:
        mine, theirs = (self._beside[one] for one in (name, reference))
        both = mine.index.intersection(theirs.index)
        means = [rows.loc[both].groupby(TARGET)["crps"].mean() for rows in (mine, theirs)]
        return between_targets(1 - means[0] / means[1])

    def _means(self, name: str, index: pd.Index) -> np.ndarray:
        key = (name, index.to_numpy().tobytes())
        if key not in self._drawn:
            self._drawn[key] = self.resampling(index).means(self.rows[name].loc[index, "crps"].to_numpy())
        return self._drawn[key]


def _one(name: str, compared: _Compared, references: list[str]) -> dict[str, object]:
    rows = compared.rows[name]
    out: dict[str, object] = {
        "predictor": name,
        "scores": len(rows),
        "targets": rows[TARGET].drop_duplicates().shape[0],
        "lines": rows["line"].nunique(),
        "mae": nested_mean(rows, "abs_error"),
        "rmse": nested_mean(rows, "sq_error") ** 0.5,
        "crps": nested_mean(rows, "crps"),
        "interval_over": compared.resampling(rows.index.sort_values()).over,
    }
    for reference in references:
        if reference in compared.rows:
            out |= {f"skill_{reference}{end}": x for end, x in compared.skill(name, reference).items()}
    gains = gain_statistics(rows)
    for column in STATISTICS:
        out[column] = nested_mean(gains, column) if len(gains) else np.nan
    for column, (low_name, high_name) in COVERAGES.items():
        out[column] = nested_mean(
            rows.assign(inside=rows["score"].between(rows[low_name], rows[high_name]).astype(float)), "inside"
        )
    return out
