"""What a service accepts: its own validation, run here before anything is sent.

Each function returns the complaints a server would make, in its words where they are known; an empty list means that
the server accepts. Source: Metaculus/metaculus@100c4088f questions/serializers/common.py, checked against
server messages recorded from the live site; manifoldmarkets/manifold@1e3ad3be7 backend/api.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

LEAST, MOST = 0.001, 0.999
"""Limits of one probability on Metaculus, and of the mass inside an open bound."""
LEAST_STEP_TOTAL = 0.01
MOST_STEP_TOTAL = 40.0
"""A CDF over N buckets rises by 0.01/N to 40/N at every step: 0.00005 to 0.2 on the usual 200."""
ROUNDING, STEP_ROUNDING = 10, 9


def step_limits(count: int) -> tuple[float, float]:
    """Least and most that a CDF over ``count`` buckets may rise in one step.

    >>> step_limits(200)
    (5e-05, 0.2)
    """
    return LEAST_STEP_TOTAL / count, MOST_STEP_TOTAL / count


def binary_complaints(probability: float) -> list[str]:
    """Complaints about a probability of yes.

    >>> binary_complaints(0.0009)
    ['probability_yes should be between 0.001 and 0.999 (inclusive)']
    """
    if LEAST <= probability <= MOST:
        return []
    return ["probability_yes should be between 0.001 and 0.999 (inclusive)"]


def multiple_choice_complaints(probabilities: Mapping[str, float], options: Sequence[str]) -> list[str]:
    """Complaints about one probability per option; every current option needs one."""
    complaints = []
    missing = [option for option in options if option not in probabilities]
    unknown = [option for option in probabilities if option not in options]
    if missing:
        complaints.append(f"no probability for option {missing[0]!r}")
    if unknown:
        complaints.append(f"{unknown[0]!r} is not an option; the options are {', '.join(options)}")
    outside = {option: p for option, p in probabilities.items() if not LEAST <= p <= MOST}
    if outside:
        option, p = next(iter(outside.items()))
        complaints.append(f"the probability {p:g} of {option!r} is not between 0.001 and 0.999 (inclusive)")
    total = float(sum(probabilities.values()))
    if not np.isclose(total, 1.0):
        complaints.append(f"the probabilities sum to {total:g}, not to 1")
    return complaints


def cdf_complaints(cdf: Sequence[float] | np.ndarray, count: int, open_lower: bool, open_upper: bool) -> list[str]:
    """Complaints about a cumulative distribution on a grid of ``count`` buckets (``count + 1`` points)."""
    values = np.asarray(cdf, dtype=float)
    if values.ndim != 1 or len(values) != count + 1:
        return [f"continuous_cdf must have {count + 1} values."]
    if not np.isfinite(values).all():
        return ["continuous_cdf must be numbers."]
    values = values.round(ROUNDING)
    steps = np.diff(values).round(STEP_ROUNDING)
    least, most = step_limits(count)
    complaints = []
    if (steps < least).any():
        complaints.append(f"continuous_cdf must be increasing by at least {least:g} at every step.")
    if (steps > most).any():
        complaints.append(f"continuous_cdf must be increasing by no more than {most:g} at every step.")
    return complaints + _end_complaints(values[0], values[-1], open_lower, open_upper)


def _end_complaints(first: float, last: float, open_lower: bool, open_upper: bool) -> list[str]:
    complaints = []
    if open_lower and first < LEAST:
        complaints.append(f"continuous_cdf at lower bound must be at least {LEAST} due to lower bound being open.")
    if not open_lower and first != 0.0:
        complaints.append("continuous_cdf at lower bound must be 0.00 due to lower bound being closed.")
    if open_upper and last > MOST:
        complaints.append(f"continuous_cdf at upper bound must be at most {MOST} due to upper bound being open.")
    if not open_upper and last != 1.0:
        complaints.append("continuous_cdf at upper bound must be 1.00 due to upper bound being closed.")
    return complaints


def bet_complaints(bet: Mapping[str, object]) -> list[str]:
    """Complaints about a Manifold bet: whole outcome names, a positive amount, a limit in whole percent."""
    complaints = []
    amount, limit = bet.get("amount"), bet.get("limitProb")
    if bet.get("outcome") not in ("YES", "NO"):
        complaints.append(f"outcome {bet.get('outcome')!r} is neither YES nor NO")
    if not isinstance(amount, int | float) or isinstance(amount, bool) or not 0 < amount < float("inf"):
        complaints.append(f"amount {amount!r} is not a positive number of mana")
    if limit is not None and not (isinstance(limit, int | float) and 0.01 <= limit <= 0.99):
        complaints.append(f"limitProb {limit!r} is not between 0.01 and 0.99")
    elif isinstance(limit, int | float) and abs(limit * 100 - round(limit * 100)) > 1e-9:
        complaints.append(f"limitProb {limit!r} has more than two decimals")
    return complaints


def resolution_complaints(request: Mapping[str, object]) -> list[str]:
    """Complaints about a Manifold resolution: percentages sum to 100 within 0.1, a share lies in 0 … 100."""
    complaints = []
    share = request.get("probabilityInt")
    if share is not None and not (isinstance(share, int | float) and 0 <= share <= 100):
        complaints.append(f"probabilityInt {share!r} is not between 0 and 100")
    if request.get("outcome") == "CHOOSE_MULTIPLE":
        parts = request.get("resolutions")
        total = sum(float(part["pct"]) for part in parts) if isinstance(parts, list) else 0.0
        if abs(total - 100.0) > 0.1:
            complaints.append(f"Resolution percentages must sum to 100, not {total:g}")
    if request.get("outcome") == "CHOOSE_ONE" and not request.get("answerId"):
        complaints.append("answerId field is required for multiple choice markets")
    return complaints
