"""What the candidates of the default predictor say of held-out models, and of the past ones learned from, kept on disk.

How candidates are combined can then be tried in seconds (`benchmarks.combinations`). Everything is made without the
held-out line: the evidence of past forecasts, and the variances of a third Gaussian process, fitted by marginal
likelihood. Shares only, the six largest models of each line, three past models of each other line.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import scipy.linalg
from scipy.optimize import minimize

from benchmarks.ablation import own_family_only, shares_of
from scale_forecast.backtests.training import past_folds
from scale_forecast.data.errors import DataError
from scale_forecast.inputs.folds import Exclusion, Fold, folds_of, held_out_models
from scale_forecast.inputs.panel import Panel
from scale_forecast.inputs.targets import smaller_models, target_rows
from scale_forecast.parallel import one_thread
from scale_forecast.predictors import pooling
from scale_forecast.predictors.events import trends
from scale_forecast.predictors.pooling import COLUMNS, Columns, Variances, relevant
from scale_forecast.predictors.spread import half_an_item_inside
from scale_forecast.predictors.stack import PRIORS, ask_plain

EACH, EACH_PAST = 6, 3
"""Models of a held-out line, and of each other line as past ones; the largest first."""
ROWS_PAST, ROWS = 300, 600
"""Of a suite, for the pooled posteriors."""
ROWS_FITTED, MODELS_FITTED, FEWEST_FITTED = 120, 8, 15
"""Of a suite and of each line in it, for the fit of variances; smaller suites are left out."""
HELD = 0.05
"""Ridge on the log of the variances over the round ones, a suite."""
WHOLE, OWN, ONE = "together", "alone", "cut1"
"""With all that is known; with the family's own scores; with all, but one model of the line known."""
DEEPEST = 3
"""So many of the family's own last models are foretold from smaller ones and other lines."""
NAMES = [field.name for field in fields(Variances)]


@dataclass(frozen=True)
class More:
    """What further candidates say of the n rows of one fold.

    Attributes
    ----------
    curve : (n,) the curve engine's average on the link scale; NaN where it was not asked
    at_origin, at_target : (n, 2) expected from other lines' scores alone, with round and rough variances, of the known
        model and of the target; NaN where no other line has a score on the suite
    """

    curve: np.ndarray
    at_origin: np.ndarray
    at_target: np.ndarray


@dataclass(frozen=True)
class Said:
    """What the candidates say of one fold, without its evidence.

    Attributes
    ----------
    fold : Fold
    z : (n, 8) points of the plain candidates, and of the Gaussian processes with round, rough and fitted variances
    var : (n, 3) posterior variances of the latter
    lines, known : (n,) how many other lines have scores on the suite; how many smaller models of the family on the unit
    past : squared standardised errors of the family's own last models, each foretold from what is smaller and other
        lines, an array a suite and model
    trend : (n,) of the family's scores so far
    more : what further candidates say (`more_candidates`), where they were asked
    """

    fold: Fold
    z: np.ndarray
    var: np.ndarray
    lines: np.ndarray
    known: np.ndarray
    past: list[np.ndarray]
    trend: np.ndarray
    more: More | None = None


@dataclass(frozen=True)
class Kept:
    """What was said of past models of other lines and of those of one held-out line, by `WHOLE`, `OWN` and `ONE`."""

    past: list[dict[str, Said]]
    held_out: list[dict[str, Said]]


def load_or_make(path: Path, make: Callable[[Panel, str], Any], panel: Panel, line: str) -> Any:
    """What ``make`` makes of a line, from the file where it is there."""
    if not path.exists():
        path.write_bytes(pickle.dumps(make(panel, line)))
    return pickle.loads(path.read_bytes())


def load_or_collect(panel: Panel, line: str, folder: Path) -> Kept:
    """From the folder, where it is there."""
    kept: Kept = load_or_make(folder / f"{line}.pickle", _collect, panel, line)
    return kept


def _collect(panel: Panel, line: str) -> Kept:
    past, targets = past_and_targets(panel, line)
    with one_thread():
        variances = [*PRIORS, fit_variances(panel.rows[Exclusion(line).allows(panel)])]
        return Kept(
            [_ask_each(fold, variances, ROWS_PAST, past=True) for fold in past],
            [_ask_each(fold, variances, ROWS, past=False) for fold in targets],
        )


def past_and_targets(panel: Panel, line: str) -> tuple[list[Fold], list[Fold]]:
    """The past forecasts of other lines that are learned from, and those of one line that are held out; shares."""
    models = held_out_models(panel)
    named = models.loc[models["line"].eq(line) & ~models["family"].astype("str").str.contains("@")]
    folds = [
        shares_of(fold)
        for fold in folds_of(panel, "leave-family-out", named["model"].astype("str").unique().tolist())
        if not fold.date_limited and "@" not in fold.target.family and fold.target.line == line
    ]
    in_order = sorted(folds, key=lambda fold: (-fold.target.compute, fold.target.family, fold.target.model))
    targets = [fold for fold in in_order if len(fold.rows)][:EACH]
    past = [shares_of(fold) for fold in _largest_of_each(past_folds(panel, Exclusion(line)))]
    return [fold for fold in past if len(fold.rows)], targets


def _largest_of_each(folds: list[Fold]) -> list[Fold]:
    lines = pd.Series([fold.target.line for fold in folds])
    return [fold for fold, place in zip(folds, lines.groupby(lines).cumcount(), strict=True) if place < EACH_PAST]


def _ask_each(fold: Fold, variances: list[Variances], most_rows: int, *, past: bool) -> dict[str, Said]:
    out = {WHOLE: _ask(fold, variances, most_rows)}
    if past:
        out[OWN] = _ask(own_family_only(fold), variances, most_rows)
    short = cut_to_one(fold)
    if short is not None:
        out[ONE] = _ask(short, variances, most_rows)
    return out


def cut_to_one(fold: Fold) -> Fold | None:
    """The fold of a user who has one model: of the line only the family's largest smaller model is left."""
    rows = fold.evidence.rows
    smaller = rows[smaller_models(fold.evidence, fold.target)]
    if smaller.empty:
        return None
    last = smaller.loc[smaller["scale"].idxmax(), "model"]
    mine = ((rows["family"] == fold.target.family) & (rows["model"] == last)).to_numpy()
    evidence = fold.evidence.take((rows["line"] != fold.target.line).to_numpy() | mine)
    units = np.intersect1d(rows.loc[mine, "unit"], fold.rows["unit"])
    if len(units) < 2:
        return None
    try:
        wanted = target_rows(evidence, fold.target, units)
    except DataError:
        return None
    at = pd.Index(fold.rows["unit"]).get_indexer(wanted["unit"])
    return replace(fold, evidence=evidence, rows=wanted, truth=fold.truth.iloc[at].reset_index(drop=True))


def _ask(fold: Fold, variances: list[Variances], most_rows: int) -> Said:
    rows, n = fold.rows, len(fold.rows)
    mean, var, lines = np.empty((n, len(variances))), np.empty((n, len(variances))), np.zeros(n, dtype=int)
    wanted = {name: rows[name].to_numpy() for name in COLUMNS if name in rows}
    known = {name: fold.evidence.rows[name].to_numpy() for name in COLUMNS}
    known["final"] = fold.evidence.rows["checkpoint"].isna().to_numpy()
    past = []
    for at in map(np.asarray, rows.groupby("suite", sort=True).indices.values()):
        part = {name: values[at] for name, values in wanted.items()}
        picked = relevant(part, known, most_rows)
        lines[at] = len(np.unique(known["line_code"][picked & (known["line_code"] != part["line_code"][0])]))
        chosen = {name: values[picked] for name, values in known.items()}
        for j, posterior in enumerate(pooling._suite_posterior(part, chosen, variances)):
            mean[at, j], var[at, j] = posterior.mean, np.diag(posterior.covariance)
        past += own_past(part, chosen, variances[-1])
    z = np.column_stack([half_an_item_inside(ask_plain(rows, fold.evidence), rows), mean])
    own = fold.evidence.rows[smaller_models(fold.evidence, fold.target)]
    scales = own.groupby("unit")["scale"].nunique().reindex(rows["unit"]).fillna(0).to_numpy()
    nothing = fold.evidence.take(np.zeros(len(fold.evidence.rows), dtype=bool))
    return Said(replace(fold, evidence=nothing), z, var, lines, scales, past, trends(rows, fold.evidence))


def own_past(rows: Columns, known: Columns, variances: Variances) -> list[np.ndarray]:
    """Squared standardised errors of the family's last models, each foretold from smaller ones and other lines."""
    own = known["family_code"] == rows["family_code"][0]
    if not own.any():
        return []
    prior = pooling._Parts(known, known["compute"] - rows["compute"][0]).covariance(variances)
    noise = known["z_se"] ** 2 + variances.noise
    prior[np.diag_indices(len(prior))] += noise
    away = known["z"] - np.average(known["z"], weights=1.0 / (noise + 0.1))
    models, first = np.unique(known["model_code"][own], return_index=True)
    last_first = models[np.argsort(-known["compute"][own][first])]
    blocks = [np.flatnonzero(known["model_code"] == model) for model in last_first[:DEEPEST]]
    at = np.concatenate(blocks)
    unit = np.zeros((len(prior), len(at)))
    unit[at, np.arange(len(at))] = 1.0
    inverse = scipy.linalg.cho_solve(scipy.linalg.cho_factor(prior, lower=True), np.column_stack([unit, away]))
    out, end = [], 0
    for place, block in enumerate(blocks):
        start, end = end, end + len(block)
        covariance = np.linalg.inv(inverse[at[:end], :end])
        error = (covariance @ inverse[at[:end], -1])[start:]
        if place < len(models) - 1:
            out.append(error**2 / np.diag(covariance)[start:])
    return out


def fit_variances(rows: pd.DataFrame) -> Variances:
    """Those of highest marginal likelihood over all suites, held towards the round ones."""
    data = []
    for suite in _thinned_suites(rows):
        columns = {name: suite[name].to_numpy() for name in COLUMNS}
        parts = pooling._Parts(columns, columns["compute"] - columns["compute"].max())
        each = [parts.covariance(replace(Variances().without(*NAMES), **{name: 1.0})) for name in NAMES[:-1]]
        shared = np.array([*each, np.eye(len(suite))], dtype=np.float32).reshape(len(NAMES), -1)
        data.append((shared, columns["z"], columns["z_se"] ** 2))
    start = np.log([getattr(Variances(), name) for name in NAMES])

    def loss(a: np.ndarray) -> tuple[float, np.ndarray]:
        v, ridge = np.exp(a), HELD * len(data)
        value, slope = 0.5 * ridge * (a - start) @ (a - start), ridge * (a - start)
        for shared, z, noise in data:
            covariance = (v.astype(np.float32) @ shared).reshape(len(z), len(z)).astype(float)
            covariance[np.diag_indices(len(z))] += noise + 1e-6
            factor = scipy.linalg.cholesky(covariance, lower=True, check_finite=False)
            inverse = scipy.linalg.cho_solve((factor, True), np.eye(len(z)), check_finite=False)
            away = z - np.average(z, weights=1.0 / (noise + v[-1] + 0.1))
            pull = inverse @ away
            value += 0.5 * away @ pull + np.log(np.diag(factor)).sum()
            slope += 0.5 * v * (shared @ (inverse - np.outer(pull, pull)).astype(np.float32).ravel())
        return float(value), slope

    bounds = [(a - 5.0, a + 3.0) for a in start]
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": 30}).x
    return Variances(**dict(zip(NAMES, np.exp(found).tolist(), strict=True)))


def _thinned_suites(rows: pd.DataFrame) -> list[pd.DataFrame]:
    """Some models of each line and some tasks of each suite, whole."""
    rng, out = np.random.default_rng(0), []
    for _, suite in rows[(rows["is_share"] & rows["checkpoint"].isna()).to_numpy()].groupby("suite", sort=True):
        models = suite.groupby("line_code")["model_code"].unique()
        some = np.concatenate([rng.permutation(np.sort(of_line))[:MODELS_FITTED] for of_line in models])
        left = suite[suite["model_code"].isin(some)]
        tasks = rng.permutation(np.sort(left["task_code"].unique()))
        sizes = left.groupby("task_code").size().loc[tasks].cumsum()
        left = left[left["task_code"].isin(tasks[: max(1, int((sizes <= ROWS_FITTED).sum()))])].iloc[:ROWS_FITTED]
        if len(left) >= FEWEST_FITTED:
            out.append(left)
    return out
