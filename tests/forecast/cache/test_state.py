"""What is kept on disk is used only where all that went into it is the same, and nothing half-written stays."""

import contextlib
import io
import multiprocessing
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from scale_forecast.cache import fingerprint as provenance
from scale_forecast.cache.state import load_state, save_state, state_key, write_checked
from scale_forecast.inputs.folds import Exclusion
from scale_forecast.inputs.panel import DERIVED, Panel
from tests.worlds import make_panel
from tests.writers import write_without_end

PANEL = make_panel()
GIVEN = sorted(set(PANEL.rows.columns) - DERIVED)
PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["tests.writers"])


def changed(column):
    """The panel with another value of one column in a row that training may see."""
    rows = PANEL.rows.copy()
    at = int(np.flatnonzero((rows["line"] != "Alpha").to_numpy())[0])
    values = rows[column].astype(object)
    old = values.iloc[at]
    if pd.api.types.is_datetime64_any_dtype(rows[column]):
        new = pd.Timestamp("1999-01-01")
    elif isinstance(old, (bool, np.bool_)):
        new = not old
    elif pd.api.types.is_numeric_dtype(rows[column]):
        new = 0.123 if pd.isna(old) else old * 1.5 + 1
    else:
        new = "other"
    values.iloc[at] = new
    is_name = isinstance(rows[column].dtype, pd.CategoricalDtype)
    return Panel(rows.assign(**{column: values.astype("category") if is_name else values.astype(rows[column].dtype)}))


@pytest.mark.parametrize("column", GIVEN)
def test_a_key_is_of_everything_that_is_known_of_a_row(column):
    """Numbers of choices and lengths once were not in it, so that trees trained on others were used."""
    key = state_key(PANEL, "boosted", Exclusion("Alpha"))
    assert state_key(changed(column), "boosted", Exclusion("Alpha")) != key


def test_a_key_is_of_what_computes(monkeypatch):
    key = state_key(PANEL, "boosted", Exclusion("Alpha"))
    provenance.library_versions.cache_clear()
    monkeypatch.setattr(provenance, "version", lambda name: "0.0")
    try:
        assert state_key(PANEL, "boosted", Exclusion("Alpha")) != key
    finally:
        provenance.library_versions.cache_clear()


@pytest.mark.parametrize("error", [OSError("No space left on device"), KeyboardInterrupt()])
def test_nothing_half_written_stays(tmp_path, monkeypatch, error):
    def fail(*_):
        raise error

    monkeypatch.setattr(Path, "replace", fail)
    passed_over = contextlib.nullcontext() if isinstance(error, OSError) else pytest.raises(KeyboardInterrupt)
    with passed_over:
        write_checked(tmp_path, "a.npz", lambda file: file.write(b"half"))
    assert list(tmp_path.iterdir()) == []


def test_a_state_comes_back_as_it_was(tmp_path):
    save_state(tmp_path, "k", {"a": np.arange(3.0)})
    assert load_state(tmp_path, "k")["a"].tolist() == [0.0, 1.0, 2.0]
    assert load_state(tmp_path, "other") is None
    with pytest.raises(TypeError, match="b is an array of objects"):
        save_state(tmp_path, "k", {"a": np.arange(3.0), "b": np.array([None])})
    assert set(load_state(tmp_path, "k")) == {"a"}


@pytest.mark.parametrize("change", ["a byte", "its end", "another array", "nothing left"])
def test_a_state_that_was_damaged_or_altered_is_no_state(tmp_path, change):
    save_state(tmp_path, "k", {"a": np.arange(300.0)})
    path = tmp_path / "k.npz"
    data = bytearray(path.read_bytes())
    if change == "a byte":
        data[len(data) // 2] ^= 1
    elif change == "its end":
        data = data[:-7]
    elif change == "another array":
        content = io.BytesIO()
        np.savez(content, a=np.zeros(300))
        data = content.getvalue() + data[-32:]
    else:
        data = b""
    path.write_bytes(data)
    assert load_state(tmp_path, "k") is None


def test_where_nothing_can_be_kept_the_work_goes_on(tmp_path):
    """A folder that is missing and cannot be made, as below a home that is a file or of another user."""
    (tmp_path / "home").write_text("")
    save_state(tmp_path / "home" / "cache", "k", {"a": np.arange(3.0)})
    assert load_state(tmp_path / "home" / "cache", "k") is None


@pytest.mark.parametrize("kills", [1, pytest.param(40, marks=pytest.mark.slow)])
def test_two_that_keep_the_same_at_once_and_are_killed_leave_it_whole(kills, tmp_path):
    """Whatever moment a kill strikes, what is read is one of the two, whole, and what is half written is not read."""
    for kill in range(kills):
        writers = [PROCESSES.Process(target=write_without_end, args=(tmp_path, value)) for value in (1.0, 2.0)]
        for writer in writers:
            writer.start()
        while load_state(tmp_path, "k") is None:
            time.sleep(0.001)
        time.sleep(0.002 * kill)
        for writer in writers:
            writer.kill()
            writer.join()
        kept = load_state(tmp_path, "k")["a"]
        assert kept.tolist() in ([1.0] * 50_000, [2.0] * 50_000)
        (tmp_path / "k.npz").unlink()
