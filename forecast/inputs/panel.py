"""The results as predictors see them: every score on the link scale, with its noise, its place and its names coded."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from scale_forecast.data.dates import Reading, as_read
from scale_forecast.data.model_names import weights_name
from scale_forecast.data.noise import binomial_stderr, standard_error
from scale_forecast.data.profiles import OF_ITEMS, beside
from scale_forecast.data.results import SUITE, UNIT, has_size
from scale_forecast.data.scale import compute_of, in_compute, scale_of
from scale_forecast.data.tasks import describe
from scale_forecast.distribution import Link

UNKNOWN_STDERR = 0.03
LOSS_STDERR = 0.03
MAX_LINK_STDERR = 3.0
NAMED_CODES = {
    "task_code": "canonical_task",
    "metric_code": "metric",
    "tuning_code": "tuning",
    "family_code": "family",
    "line_code": "line",
}
"""Integer codes of names, for what compares all rows with all; ``prompt_code`` is by the prompt's first letters."""
DERIVED = {
    *(
        "scale",
        "in_compute",
        "compute",
        "weights",
        "unit",
        "suite",
        "noise_known",
        "se",
        "z",
        "z_se",
        "prompt_code",
        "model_code",
    ),
    *NAMED_CODES,
}
"""Columns that follow from the others."""
UNUSED = ["keywords", "low_score", "high_score", "shots_in_prompt"]


@dataclass(frozen=True)
class Panel:
    """Results with everything a predictor may look at beside each score.

    Attributes
    ----------
    rows : DataFrame
        The results, their descriptors, and ``scale`` (decades; comparable within a family; of compute where
        ``in_compute``), ``compute`` (decades of training compute, comparable between families), ``weights`` (the name
        of the weights a model was made of), ``z`` and ``z_se`` (the score on the link scale and its
        standard error), ``se`` (in score units; assumed if not ``noise_known``), ``unit`` and ``suite`` (codes of what
        is measured, and of its benchmark, shots and prompt), and the codes of `NAMED_CODES`. Index 0..n-1.
    """

    rows: pd.DataFrame

    def __repr__(self) -> str:
        models = self.rows["model"].nunique() if "model" in self.rows else 0
        return f"<Panel: {len(self.rows):,} scores of {models:,} models>"

    @property
    def has_profiles(self) -> bool:
        """Whether profiles of item-level logs were given."""
        return set(OF_ITEMS) <= set(self.rows.columns)

    def take(self, mask: np.ndarray) -> Panel:
        """Some of the rows, with an index of their own; codes and scales keep their meaning."""
        return Panel(self.rows[mask].reset_index(drop=True))

    def restrict(self, mask: np.ndarray, *, without_compute: str | None = None) -> Panel:
        """What is known where some rows are: the same as `take`, but these rows alone say what measures a family.

        Parameters
        ----------
        mask : of the rows
        without_compute : a family that is measured in parameters whatever its rows say
        """
        rows = self.rows[mask].reset_index(drop=True)
        seen = (
            rows
            if without_compute is None
            else rows.assign(train_flops=rows["train_flops"].mask((rows["family"] == without_compute).to_numpy()))
        )
        by_compute = in_compute(seen)
        return Panel(rows.assign(scale=scale_of(seen, by_compute), in_compute=by_compute))


def as_panel(
    results: pd.DataFrame, tasks: pd.DataFrame, metrics: pd.DataFrame, profiles: pd.DataFrame | None = None
) -> Panel:
    """Describe, measure and code a results table. Names become categories, so that rows are cheap to take.

    A day that a table holds only bounds of is the last one, so that ``known_on`` is when a score was known for sure.
    Rows of models without a size have no place on a scale and are left out: `data.scale.without_size` says which.

    With ``profiles`` (`data.profiles`) every row has the columns `data.profiles.OF_ITEMS` too.
    """
    sized = as_read(results[has_size(results)], Reading.DATED)
    rows = describe(sized.reset_index(drop=True), tasks, metrics).drop(columns=UNUSED)
    if profiles is not None:
        rows = rows.join(beside(rows, profiles))
    rows["weights"] = rows["model"].map({model: weights_name(model) for model in rows["model"].unique()})
    sizes = rows.groupby("weights")["params"]
    rows["params"] = rows["params"].fillna(sizes.transform("max").where(sizes.transform("nunique") == 1))
    by_compute = in_compute(rows)
    rows["scale"], rows["in_compute"] = scale_of(rows, by_compute), by_compute
    rows["compute"] = compute_of(rows)
    rows["unit"] = rows.groupby(UNIT, dropna=False, sort=True).ngroup()
    rows["suite"] = rows.groupby(SUITE, dropna=False, sort=True).ngroup()
    stated = standard_error(rows).to_numpy()
    rows["noise_known"] = np.isfinite(stated)
    rows["se"], rows["z"], rows["z_se"] = _measure_scores(rows, stated)
    for code, name in NAMED_CODES.items():
        rows[code] = pd.factorize(rows[name], sort=True)[0]
    rows["prompt_code"] = pd.factorize(rows["prompt"].str.slice(0, 3), sort=True)[0]
    rows["model_code"] = rows.groupby(["family", "model"], sort=True).ngroup()
    names = rows.select_dtypes(["object", "str"]).columns
    return Panel(rows.astype(dict.fromkeys(names, "category")))


def own_history(rows: pd.DataFrame, evidence: Panel, columns: list[str]) -> tuple[pd.DataFrame, np.ndarray]:
    """The evidence of the rows' own family on their units, in order of unit and scale; and each one's row, (m,).

    Parameters
    ----------
    rows : target rows of one family, sorted by unit, as `inputs.targets.target_rows`
    columns : of the evidence, to take
    """
    seen = evidence.rows["unit"].to_numpy()
    own = evidence.rows["family_code"].to_numpy() == rows["family_code"].iloc[0]
    past = evidence.rows.loc[
        own & np.isin(seen, rows["unit"].to_numpy()), list(dict.fromkeys(["unit", "scale", *columns]))
    ]
    past = past.sort_values(["unit", "scale"], kind="stable")
    return past, np.searchsorted(rows["unit"].to_numpy(), past["unit"].to_numpy())


def pad_rows(n: int, at: np.ndarray, *columns: pd.Series) -> list[np.ndarray]:
    """Each column's m values spread over n rows in the order given, (n, L), NaN on the right; ``at`` (m,) ascends."""
    place = np.arange(len(at)) - np.searchsorted(at, at)
    out = [np.full((n, place.max(initial=-1) + 1), np.nan) for _ in columns]
    for table, column in zip(out, columns, strict=True):
        table[at, place] = column
    return out


def smooth(score: np.ndarray, items: np.ndarray, link: Link) -> np.ndarray:
    """Shares with one success and one failure added, so that 0 and 1 stay finite on the link scale."""
    return np.where(link.share, (score * items + 1.0) / (items + 2.0), score)


def link_noise(score: np.ndarray, items: np.ndarray, link: Link) -> np.ndarray:
    """Link-scale standard error of sampling that scores (n,) on ``items`` examples would have."""
    binomial = binomial_stderr(np.where(link.share, score, 0.5), items)
    se = np.where(link.share, binomial, LOSS_STDERR * score)
    return np.minimum(se * link.slope(smooth(score, items, link)), MAX_LINK_STDERR)


def known_items(rows: pd.DataFrame) -> np.ndarray:
    """Examples of each row's test set; where unknown, so many that a score of one half has `UNKNOWN_STDERR`."""
    return rows["n_examples"].fillna(0.25 / UNKNOWN_STDERR**2).to_numpy(dtype=float)


def _measure_scores(rows: pd.DataFrame, stated: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    score, items, link = rows["score"].to_numpy(dtype=float), known_items(rows), Link.of(rows)
    slope = link.slope(smooth(score, items, link))
    se = np.where(np.isfinite(stated), stated, link_noise(score, items, link) / slope)
    return se, link.forward(smooth(score, items, link)), np.minimum(se * slope, MAX_LINK_STDERR)
