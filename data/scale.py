"""The one scale a family is measured on, log10 of training compute, else of parameters; and what is below a target."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from scale_forecast.data.errors import UsageError
from scale_forecast.data.names import count_of
from scale_forecast.data.results import has_size
from scale_forecast.data.sizes import FLOPS_PER_PARAM_TOKEN

NEAR = 0.1
"""A model within this share of the target's scale counts as the target's size."""
BELOW = -float(np.log10(1.0 - NEAR))
"""The same in decades: what a forecast may know lies more than this below the target."""
TOKENS_PER_PARAM = 20.0
"""Places a model whose tokens are unknown among families measured in compute (Hoffmann et al. 2022)."""
_JUST = 1.0 + 1e-9


def scale_of(results: pd.DataFrame, by_compute: pd.Series | None = None) -> pd.Series:
    """log10(train_flops) where every row of the family has it, else log10(params).

    Parameters
    ----------
    results : results table
    by_compute : `in_compute` of it, where it is at hand

    Returns
    -------
    Series of float, index of ``results``, in decades. Never a mixture within a family.
    """
    by_compute = in_compute(results) if by_compute is None else by_compute
    return np.log10(results["train_flops"].where(by_compute, results["params"])).rename("scale")


def in_compute(results: pd.DataFrame) -> pd.Series:
    """Whether each row's family is measured in training compute: every row of it has it."""
    family, names = pd.factorize(results["family"])
    unknown = np.bincount(family, weights=results["train_flops"].isna(), minlength=len(names))
    return pd.Series(unknown[family] == 0, index=results.index, name="train_flops")


def without_size(results: pd.DataFrame, higher_is_better: pd.Series) -> str | None:
    """What anything that needs a size goes without, in one sentence; None where every model has one.

    Parameters
    ----------
    results : results table
    higher_is_better : Series of bool, index of ``results``
    """
    gone = ~has_size(results)
    if not gone.any():
        return None
    better = results["score"].where(higher_is_better, -results["score"])
    key = [results[name] for name in ("benchmark", "task", "metric")]
    best = better == better.groupby(key, observed=True).transform("max")
    kept = (best & ~gone).groupby(key, observed=True).transform("any")
    records = results.loc[gone & best & ~kept, "task"].drop_duplicates()
    models = results.loc[gone, "model"].drop_duplicates()
    sentence = f"{count_of(int(gone.sum()), 'score')} of {count_of(len(models), 'model')} without a known size"
    sentence += f" ({_some(models)}) left out of what goes by size"
    if len(records):
        return f"{sentence}, among them the best score on {_some(records)}"
    return f"{sentence}; no task's best score is among them"


def _some(names: pd.Series, most: int = 3) -> str:
    return ", ".join(map(str, names.head(most))) + (", ..." if len(names) > most else "")


def scale_kind(results: pd.DataFrame) -> pd.Series:
    """``"train_flops"`` or ``"params"`` for each row, constant within a family."""
    return in_compute(results).map({True: "train_flops", False: "params"})


def compute_of(results: pd.DataFrame) -> pd.Series:
    """Decades of training compute; where it is not known, of compute-optimal training of the parameters."""
    return np.log10(results["train_flops"]).fillna(_optimal(results["params"]))


def below(results: pd.DataFrame, params: float, compute: float) -> np.ndarray:
    """Mask of rows below 90% of a target's compute and of its parameters, (rows,).

    What is not known does not bind; but a model of which neither is known is below nothing.

    Parameters
    ----------
    results : with the columns ``params`` and ``compute`` (`compute_of`)
    params : of the target
    compute : of the target, decades
    """
    fewer = ~(results["params"].to_numpy() >= (1.0 - NEAR) * params)
    less = ~(results["compute"].to_numpy() >= compute - BELOW)
    return fewer & less & results["compute"].notna().to_numpy()


@dataclass(frozen=True)
class Size:
    """How large a family's next model is, as far as its smaller models tell; no other model has a say.

    Attributes
    ----------
    params, train_tokens, train_flops : float; NaN where unknown
    is_in_compute : whether the family's smaller models, and this one, are measured in compute
    smaller : DataFrame
        The smaller models, in order of ``scale``; first those that have no place on the measure.
    tokens_like, params_like : bool
        Whether that much was inferred from them.
    """

    params: float
    train_tokens: float
    train_flops: float
    is_in_compute: bool
    smaller: pd.DataFrame
    tokens_like: bool = False
    params_like: bool = False

    @property
    def compute(self) -> float:
        """Decades of training compute, known or guessed."""
        return (
            float(np.log10(self.train_flops))
            if np.isfinite(self.train_flops)
            else float(np.log10(FLOPS_PER_PARAM_TOKEN * TOKENS_PER_PARAM * self.params**2))
        )

    @property
    def scale(self) -> float:
        """Decades on the family's own measure."""
        return self.compute if self.is_in_compute else float(np.log10(self.params))


def next_size(
    family: pd.DataFrame,
    params: float | None = None,
    train_tokens: float | None = None,
    train_flops: float | None = None,
    *,
    tokens_from: Callable[[pd.DataFrame, float], float] | None = None,
) -> Size:
    """The size of a family's next model, what is not given inferred from its smaller models.

    Parameters
    ----------
    family : known rows of one family, with ``model, tuning`` and sizes; those that are not below the target are passed
        over, so that nothing of them moves a forecast
    params, train_tokens, train_flops : what is known of the target; parameters or compute at least
    tokens_from : how its tokens follow from smaller models and its parameters; `along_the_family` when None
    """
    models = family.drop_duplicates(["model", "params", "train_tokens", "train_flops"])
    models = models.assign(compute=compute_of(models))
    size, tokens = _or_unknown(params), _or_unknown(train_tokens)
    flops = _or_unknown(train_flops) if train_flops is not None else FLOPS_PER_PARAM_TOKEN * size * tokens
    smaller = models[below(models, size, float(np.log10(flops)))]
    has_compute = bool(len(smaller)) and bool(smaller["train_flops"].notna().all())
    tokens_like = np.isnan(flops) and has_compute
    if tokens_like:
        tokens = _consistent_tokens(smaller, size, tokens_from or along_the_family)
        flops = FLOPS_PER_PARAM_TOKEN * size * tokens
    params_like = params is None
    if params_like:
        size = _params_like(smaller, flops)
    made = Size(size, tokens, flops, has_compute, smaller, tokens_like, params_like)
    smaller = models[below(models, made.params, made.compute)]
    measure = np.log10(smaller["train_flops"] if has_compute else smaller["params"])
    smaller = smaller.assign(scale=measure).sort_values(["scale", "model"], kind="stable", na_position="first")
    return Size(size, tokens, flops, has_compute, smaller, tokens_like, params_like)


def along_the_family(smaller: pd.DataFrame, params: float) -> float:
    """Tokens of the largest smaller model, moved along the line of tokens on parameters where two sizes are known."""
    size, count = np.log10(smaller["params"]), np.log10(_tokens_of(smaller))
    if size.nunique() < 2:
        return float(10 ** count.iloc[-1])
    slope = np.clip(np.polyfit(size, count, 1)[0], 0.0, 1.0)
    return float(10 ** (count[size.idxmax()] + slope * (np.log10(params) - size.max())))


def as_the_largest(smaller: pd.DataFrame, params: float) -> float:
    """Tokens of the smaller model with most parameters."""
    largest = smaller.iloc[int(smaller["params"].argmax())]
    return float(largest["train_flops"] / (FLOPS_PER_PARAM_TOKEN * largest["params"]))


def target_scale(
    family: pd.DataFrame,
    *,
    params: float | None = None,
    train_tokens: float | None = None,
    train_flops: float | None = None,
) -> tuple[float, str | None]:
    """Scale of an upcoming model, on the measure its family's smaller models are on.

    Compute that is not given is 6 x params x tokens; tokens that are not given are those of the family's largest
    smaller model.

    Parameters
    ----------
    family : rows of one family

    Returns
    -------
    (decades, what was assumed in one sentence or None)

    Raises
    ------
    UsageError
        When what is given does not fix the target's scale.
    """
    name = family["family"].iloc[0]
    if params is None and train_flops is None:
        raise UsageError(f"give the size of the next model of {name}: parameters or training compute")
    made = next_size(family, params, train_tokens, train_flops, tokens_from=as_the_largest)
    if made.is_in_compute:
        if not made.tokens_like:
            return made.scale, None
        largest = made.smaller.iloc[int(made.smaller["params"].argmax())]
        return made.scale, f"trained on {made.train_tokens:.3g} tokens, as {largest['model']}"
    if made.smaller.empty and family["train_flops"].notna().all():
        size = f"{train_flops:.3g} FLOPs" if params is None else f"{params:.3g} parameters"
        raise UsageError(f"no model of {name} is smaller than {size}: give a larger size")
    if params is None:
        raise UsageError(f"the scale of {name} is its parameters (compute is not known of all its models): give them")
    return float(np.log10(params)), None


def _or_unknown(value: float | None) -> float:
    return np.nan if value is None else float(value)


def _optimal(params: pd.Series) -> pd.Series:
    return np.log10(FLOPS_PER_PARAM_TOKEN * TOKENS_PER_PARAM * params**2)


def _tokens_of(models: pd.DataFrame) -> pd.Series:
    return models["train_tokens"].fillna(models["train_flops"] / (FLOPS_PER_PARAM_TOKEN * models["params"]))


def _consistent_tokens(smaller: pd.DataFrame, params: float, guess: Callable[[pd.DataFrame, float], float]) -> float:
    """Tokens inferred from those models only whose compute is below what comes of it, beginning with the least.

    A small model trained for longer than the target will be is none of those, and must not say how long that is.
    """
    known = smaller[smaller["params"].notna()].sort_values(["train_flops", "params", "model"], kind="stable")
    if known.empty:
        return TOKENS_PER_PARAM * params
    flops, least = known["train_flops"].to_numpy(), FLOPS_PER_PARAM_TOKEN * (1.0 - NEAR) * params
    for count in range(1, len(known) + 1):
        tokens = max(guess(known.iloc[:count], params), _JUST * flops[count - 1] / least)
        if count == len(known) or flops[count] >= least * tokens:
            break
    return float(tokens)


def _params_like(smaller: pd.DataFrame, train_flops: float) -> float:
    """Parameters if the tokens grow with them as C ~ N^2 from the smaller model with most compute, and more than it."""
    known = smaller[smaller["params"].notna()].sort_values(["compute", "model"], kind="stable")
    optimal = (train_flops / (FLOPS_PER_PARAM_TOKEN * TOKENS_PER_PARAM)) ** 0.5
    if known.empty:
        return float(optimal)
    largest = known.iloc[-1]
    flops = largest["train_flops"]
    like = optimal if np.isnan(flops) else largest["params"] * (train_flops / flops) ** 0.5
    return float(max(like, _JUST * largest["params"] / (1.0 - NEAR)))
