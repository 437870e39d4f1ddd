"""Trained predictors kept on disk: arrays only, no pickle, keyed by everything that went into them."""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pandas as pd

from scale_forecast.cache.fingerprint import code_fingerprint, library_versions
from scale_forecast.data.whole import write_whole
from scale_forecast.inputs.folds import Exclusion
from scale_forecast.inputs.panel import DERIVED, Panel

_CHECKSUM = hashlib.sha256().digest_size


def state_key(panel: Panel, name: str, exclusion: Exclusion) -> str:
    """Name of a state: the code, the predictor, what was excluded, and all that is known of the rows that were not.

    ``name`` is the predictor's identity, and what stands before a ``|`` in it begins the key.
    """
    given = [column for column in panel.rows.columns if column not in DERIVED]
    allowed = panel.rows.loc[exclusion.allows(panel), given]
    rows = np.sort(pd.util.hash_pandas_object(allowed, index=False).to_numpy())
    sizes = [repr(exclusion.compute), repr(exclusion.params), exclusion.weights]
    exclusions = [exclusion.line, *sizes, str(exclusion.as_of)]
    parts = [code_fingerprint(), *library_versions(), *given, name, *exclusions]
    digest = hashlib.sha256("|".join([*parts, *sorted(exclusion.tasks)]).encode() + rows.tobytes())
    return f"{_file_name(name)}-{digest.hexdigest()[:24]}"


def _file_name(identity: str) -> str:
    """A name that any file system takes, whatever somebody called a predictor."""
    return re.sub(r"[^\w.,-]+", "-", identity.split("|")[0])[:60]


def save_state(folder: Path, key: str, state: dict[str, np.ndarray]) -> None:
    """Write a state whole or not at all; a folder that cannot be written is passed over.

    Raises
    ------
    TypeError
        For an array of objects, which only a pickle could hold.
    """
    if pickled := [name for name, array in state.items() if array.dtype == object]:
        raise TypeError(f"{pickled[0]} is an array of objects")
    write_checked(folder, f"{key}.npz", lambda file: np.savez(file, **state))  # type: ignore[arg-type]


def write_checked(folder: Path, name: str, write: Callable[[BinaryIO], None]) -> None:
    """A file, checksum last, that appears whole or not at all; a folder that cannot be written is passed over."""
    content = io.BytesIO()
    write(content)
    data = content.getvalue()
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(folder / name, data + hashlib.sha256(data).digest())


def read_checked(folder: Path, name: str) -> BinaryIO | None:
    """What `write_checked` wrote, or None where there is no such file or its bytes are not those written."""
    try:
        content = (folder / name).read_bytes()
    except OSError:
        return None
    data, checksum = content[:-_CHECKSUM], content[-_CHECKSUM:]
    return io.BytesIO(data) if hashlib.sha256(data).digest() == checksum else None


def load_state(folder: Path, key: str) -> dict[str, np.ndarray] | None:
    """A saved state, or None where there is none that can be read. Never runs code from the file."""
    content = read_checked(folder, f"{key}.npz")
    if content is None:
        return None
    with np.load(content, allow_pickle=False) as file:
        return {name: file[name] for name in file.files}
