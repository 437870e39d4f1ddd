"""A trained state depends on the modules that training imports: on each of them, and on nothing that only shows."""

import subprocess
import sys
from pathlib import Path

import pytest

from scale_forecast.cache import fingerprint
from scale_forecast.cache.fingerprint import JUDGING, SCORING, TRAINING, code_fingerprint, import_closure

ROOT = Path(__file__).parent.parent.parent.parent
TRAIN_ALL = """
import sys
from scale_forecast.backtests.training import Trained
from scale_forecast.inputs.folds import Exclusion
from scale_forecast.predictors.registry import PREDICTORS
import tests.worlds
trained = Trained(tests.worlds.make_panel())
for name in PREDICTORS:
    trained.get(name, Exclusion("Alpha"))
print(*sorted(name for name in sys.modules if name.startswith("scale_forecast")))
"""


@pytest.fixture
def change(monkeypatch, tmp_path):
    """Puts another line at the end of a module of the package, as far as fingerprints see."""
    source_of = fingerprint.source_of

    def change(module):
        copy = tmp_path / "changed.py"
        copy.write_bytes(source_of(module).read_bytes() + b"\nCHANGED = 1\n")
        monkeypatch.setattr(fingerprint, "source_of", lambda name: copy if name == module else source_of(name))
        code_fingerprint.cache_clear()

    yield change
    code_fingerprint.cache_clear()


def test_all_that_is_loaded_to_train_every_predictor_is_in_the_fingerprint():
    """What is imported late, inside a function, too."""
    out = subprocess.run([sys.executable, "-c", TRAIN_ALL], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = set(out.stdout.split())
    assert {"scale_forecast.predictors.stack", "scale_forecast.inputs.panel", "scale_forecast.curves"} <= loaded
    shown = {"scale_forecast", "scale_forecast.data.notebook"}  # the package lends names and says how objects are shown
    assert loaded - shown <= set(import_closure(TRAINING))


def test_a_change_to_any_module_that_training_imports_is_another_fingerprint(change):
    before = code_fingerprint()
    unseen = []
    for module in import_closure(TRAINING):
        change(module)
        if code_fingerprint() == before:
            unseen.append(module)
    assert unseen == []


@pytest.mark.parametrize("roots", [TRAINING, SCORING, JUDGING])
def test_neither_pictures_nor_commands_nor_markets_are_in_the_fingerprint(roots):
    """A trained state outlives a change of colours."""
    rooms = ("show", "commands", "studies", "workflow", "resolvers.markets", "resolvers.ledger")
    assert [m for m in import_closure(roots) if m.startswith(tuple(f"scale_forecast.{room}" for room in rooms))] == []


def test_a_plot_may_change_and_states_are_kept(change):
    before = code_fingerprint()
    change("scale_forecast.show.plots.style")
    assert code_fingerprint() == before


def test_a_fold_is_kept_by_the_rules_that_scored_it():
    """Tables of folds once outlived a change to the scoring rules."""
    assert "scale_forecast.resolvers.scores.quantiles" in import_closure(SCORING)
    assert "scale_forecast.predictors.events" in import_closure(SCORING)


def test_a_root_that_is_no_module_is_refused():
    with pytest.raises(ModuleNotFoundError, match=r"no module 'scale_forecast\.nowhere' to fingerprint"):
        import_closure(("scale_forecast.nowhere",))
