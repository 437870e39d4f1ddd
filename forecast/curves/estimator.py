"""Fit curves, predict them, and say how sure: the engine's public face."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from scale_forecast.curves.averaging import (
    POOL,
    Averaged,
    average_forms,
    choose_breaks,
    leading_form,
    learn_priors,
    share_weights,
)
from scale_forecast.curves.batch import Batch, as_batch
from scale_forecast.curves.fitting import Prior, fit_form_exactly, learn_prior
from scale_forecast.curves.forms import Form
from scale_forecast.curves.inside import band_size
from scale_forecast.curves.intervals import Size, centre_of, held_out_growth, held_out_ratios, offsets_of, own_size
from scale_forecast.curves.registry import CHOSEN, find_form
from scale_forecast.data.errors import UsageError
from scale_forecast.data.names import count_of
from scale_forecast.parallel import Workers

CHUNK = 1000
"""Curves fitted at once."""
THREADS = Workers(jobs=2, threads=True)


@dataclass(frozen=True)
class CurveFits:
    """n fitted curves.

    Attributes
    ----------
    form : ndarray of str, (n,)
        The form used, or of those averaged the one of largest weight that its points can carry.
    converged : ndarray of bool, (n,)
    names : tuple of str
        The forms fitted; ``weights`` (k, n) are their shares in the prediction.
    """

    chunks: tuple[tuple[Batch, Averaged], ...]

    def __repr__(self) -> str:
        forms = ", ".join(dict.fromkeys(self.form.tolist()))
        return f"<CurveFits: {count_of(sum(len(batch) for batch, _ in self.chunks), 'curve')}, {forms}>"

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(fit.form.name for fit in self.chunks[0][1].fits)

    @property
    def weights(self) -> np.ndarray:
        return np.concatenate([average.weights for _, average in self.chunks], axis=1)

    @property
    def form(self) -> np.ndarray:
        return np.array(self.names)[np.concatenate([leading_form(*chunk) for chunk in self.chunks])]

    @property
    def converged(self) -> np.ndarray:
        return np.concatenate([_has_converged(average) for _, average in self.chunks])

    def params(self, name: str) -> dict[str, np.ndarray]:
        """Parameters of one fitted form, as described by `forecast curves list`, (n,) each."""
        at = self.names.index(name)
        theta = np.concatenate([average.fits[at].theta for _, average in self.chunks], axis=1)
        return {q.name: row for q, row in zip(self.chunks[0][1].fits[at].form.parameters, theta, strict=True)}

    def predict(self, x: npt.ArrayLike) -> np.ndarray:
        """The curves at ``x``, (n, m), or (m,) or one number for all curves, as (n, m); NaN where x is missing."""
        return np.concatenate([b.to_raw(centre_of(b, a, u)).T for b, a, u in self._parts(x)])

    def quantiles(self, x: npt.ArrayLike, levels: float | Sequence[float] = (0.1, 0.5, 0.9)) -> np.ndarray:
        """Predictive quantiles of an observation at ``x``, (n, m, k): monotone, and inside the range of y."""
        at = np.atleast_1d(np.asarray(levels, dtype=float))
        if ((at <= 0) | (at >= 1)).any():
            raise UsageError(f"level {at[(at <= 0) | (at >= 1)][0]:g} is outside (0, 1)")
        out = []
        for b, a, u in self._parts(x):
            centre, offsets = centre_of(b, a, u), offsets_of(b, a, u, at, size=self.size, band=self.band)
            out.append(np.stack([b.to_raw(centre + offset).T for offset in offsets], axis=-1))
        return np.concatenate(out)

    @cached_property
    def size(self) -> Size:
        """What the batch's own held-out points say of the size of its intervals."""
        ratios = [held_out_ratios(batch, average) for batch, average in self.chunks]
        growth = [held_out_growth(batch, average) for batch, average in self.chunks]
        return own_size(np.concatenate(ratios, axis=1), growth, self.chunks[0][0].kind)

    @cached_property
    def band(self) -> float:
        """The 80% point of errors within the points, in units of the spread there, by the batch's own points."""
        parts = [average.inside.ratios for _, average in self.chunks if average.inside is not None]
        return band_size(parts, self.chunks[0][0].kind)

    def _parts(self, x: npt.ArrayLike) -> list[tuple[Batch, Averaged, np.ndarray]]:
        n = sum(len(batch) for batch, _ in self.chunks)
        new = np.atleast_1d(np.asarray(x, dtype=float))
        new = np.broadcast_to(new, (n, new.shape[-1])) if new.ndim == 1 else new
        if new.ndim != 2 or len(new) != n:
            raise UsageError(f"x has shape {new.shape} for {n} curves: give (curves, points)")
        if (new <= 0).any():
            raise UsageError(f"x {new[new <= 0][0]:g} is not positive: curves are fitted in log x")
        parts, start = [], 0
        for batch, average in self.chunks:
            u = np.log(new[start : start + len(batch)]).T - np.log(batch.x_ref)
            parts.append((batch, average, u))
            start += len(batch)
        return parts


def _has_converged(average: Averaged) -> np.ndarray:
    done = np.stack([fit.converged for fit in average.fits])
    return (done * average.weights).sum(axis=0) > 0.5


def fit_curves(
    x: npt.ArrayLike,
    y: npt.ArrayLike,
    form: str = "auto",
    *,
    kind: str = "loss",
    weights: npt.ArrayLike | None = None,
    stderr: npt.ArrayLike | None = None,
    n_examples: npt.ArrayLike | None = None,
    chance: npt.ArrayLike | None = None,
    ceiling: npt.ArrayLike | None = None,
    group: npt.ArrayLike | None = None,
    workers: Workers = THREADS,
) -> CurveFits:
    """Fit n curves at once.

    Parameters
    ----------
    x, y : array-like, (n, m), or lists of n sequences
        Points of each curve in any order, NaN where there is none; x > 0. ``kind="loss"``: y > 0, lower is better;
        ``kind="accuracy"``: y in [0, 1], higher is better.
    form : str
        One of `FORMS`, ``bnsl``, or ``auto``.
    weights, stderr, n_examples : array-like, (n, m) or (n,) for n_examples, optional
        Relative weights; standard errors of y; number of test examples behind each score (binomial noise).
    chance, ceiling : float or (n,), optional
        Score of guessing and highest score that can be reached, 0 and 1 where not given. Never estimated from y.
    group : array-like, (n,), optional
        Curves of one family: they share priors of exponents and breaks, learned from them. Where it is not given,
        ``auto`` takes all curves for one family, and a single form keeps its own prior. In ``auto`` all curves also
        share how far each form is trusted.
    workers : Workers
        Who fits the parts of a large batch. The result does not depend on it.

    Returns
    -------
    CurveFits

    Raises
    ------
    DataError, UsageError
        As `as_batch`; for a form that is unknown or does not describe the kind.
    """
    batch = as_batch(
        x,
        y,
        kind=kind,
        weights=weights,
        stderr=stderr,
        n_examples=n_examples,
        chance=chance,
        ceiling=ceiling,
        group=group,
    )
    if form not in CHOSEN:
        find_form(form, kind)
    chunks = [batch.take(slice(i, i + CHUNK)) for i in range(0, len(batch), CHUNK)]
    average = _fitter(batch, form, group is not None)
    averages = list(workers.map(average, chunks))
    averages = share_weights(list(zip(chunks, averages, strict=True)))
    return CurveFits(tuple(zip(chunks, averages, strict=True)))


def _fitter(batch: Batch, form: str, pooled: bool) -> Callable[[Batch], Averaged]:
    """What is done with each part of a batch."""
    if form == "bnsl":
        return choose_breaks
    if form == "auto":
        priors = learn_priors(batch, tuple(POOL[batch.kind]))
        return functools.partial(average_forms, priors=priors)
    one = find_form(form, batch.kind)
    prior = learn_prior(one, batch) if pooled else None
    return functools.partial(_alone, one, prior)


def _alone(form: Form, prior: Prior | None, part: Batch) -> Averaged:
    prior = prior or Prior.of(form, part.groups)
    return Averaged([fit_form_exactly(form, part, prior)], np.ones((1, len(part))), priors=(prior,))
