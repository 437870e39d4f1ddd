"""What the rules of a service's grid cost: ``python -m benchmarks.markets``.

Random predictive distributions (normal, logistic, beta, mixtures, point masses, from a hundred-thousandth of the range
to wider than it) on linear, logarithmic, date and discrete questions with open and closed ends, as in the tests.
"""

from __future__ import annotations

import argparse

import numpy as np

from tests.resolvers.markets.test_cdf import send


def main() -> None:
    """Print how many are refused, and what is lost in CRPS as shares of the range on the service's scale."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--n", type=int, default=20_000)
    arguments.add_argument("--seed", type=int, default=8)
    given = arguments.parse_args()
    rng = np.random.default_rng(given.seed)
    losses, ends, complaints = zip(*(send(rng) for _ in range(given.n)), strict=True)
    lost, piled = np.array(losses), np.array(ends)
    print(f"distributions               {given.n:,}")
    print(f"refused by the rules        {sum(map(bool, complaints))}")
    print(f"CRPS lost, mean             {lost.mean():.5f}")
    print(f"CRPS lost, 99% quantile     {np.quantile(lost, 0.99):.5f}")
    print(f"CRPS lost, largest          {lost[~piled].max():.5f}   mass not piled up on a closed end")
    share = f"more than half of it in the bucket there ({piled.mean():.1%})"
    print(f"CRPS lost, largest          {lost[piled].max():.5f}   {share}")
    print(f"more than 0.005             {(lost > 0.005).mean():.2%}")


if __name__ == "__main__":
    main()
