"""A process that keeps a state again and again until it is killed."""

from pathlib import Path

import numpy as np

from scale_forecast.cache.state import save_state


def write_without_end(folder: Path, value: float) -> None:
    while True:
        save_state(folder, "k", {"a": np.full(50_000, value)})
