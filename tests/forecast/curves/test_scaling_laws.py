"""Laws of two variables and accuracies through their loss: what was simulated is found, at the stated rate."""

import io

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from scale_forecast.commands import main
from scale_forecast.curves.steps import fit_two_steps
from scale_forecast.curves.surface import fit_surface
from scale_forecast.data.errors import DataError, UsageError
from scale_forecast.workflow.scaling_laws import fit_loss_surface, fit_steps_table

pytestmark = pytest.mark.usefixtures("words_of_options")

CHINCHILLA = {"E": 1.69, "A": 406.4, "alpha": 0.34, "B": 410.7, "beta": 0.28}


def law(n, d):
    """The law as Hoffmann et al. 2022 print it."""
    return CHINCHILLA["E"] + CHINCHILLA["A"] / n**0.34 + CHINCHILLA["B"] / d**0.28


def drawn(runs, noise, seed):
    rng = np.random.default_rng(seed)
    n = 10 ** rng.uniform(7.7, 10.2, runs)
    d = n * 10 ** rng.uniform(0.3, 2.2, runs)
    return n, d, law(n, d) * np.exp(noise * rng.normal(size=runs))


def test_a_law_without_noise_is_found_with_its_optimum():
    surface = fit_surface(*drawn(40, 0.0, 0), draws=20)
    found = surface.parameters().set_index("parameter")["estimate"]
    assert found[list(CHINCHILLA)].tolist() == pytest.approx(list(CHINCHILLA.values()), rel=1e-3)
    assert found["a"] == pytest.approx(0.28 / 0.62, rel=1e-3)
    sizes = np.geomspace(1e9, 1e12, 100_001)
    best = sizes[law(sizes, 5.76e23 / 6 / sizes).argmin()]
    optimum = surface.optimal([5.76e23]).iloc[0]
    assert optimum["params"] == pytest.approx(best, rel=1e-2)
    assert optimum["params"] * optimum["tokens"] * 6 == pytest.approx(5.76e23)


def test_intervals_of_a_simulated_law_hold_at_their_rate():
    """20 sets of 30 runs with 0.5% noise, five parameters each: 80% within what so few sets can tell."""
    held, truth = [], list(CHINCHILLA.values())
    for seed in range(20):
        table = fit_surface(*drawn(30, 0.005, seed), draws=100, seed=seed).parameters().head(5)
        held.append(table["estimate"].notna() & table["q10"].le(truth) & table["q90"].ge(truth))
    assert np.mean(held) == pytest.approx(0.8, abs=0.15)


def test_one_wild_run_does_not_move_the_law():
    n, d, y = drawn(40, 0.002, 1)
    y[3] *= 1.3
    found = fit_surface(n, d, y, draws=10).parameters().set_index("parameter")["estimate"]
    assert found["E"] == pytest.approx(1.69, abs=0.1)


def test_runs_that_cannot_tell_parameters_from_tokens_are_refused():
    n = np.logspace(8, 10, 9)
    with pytest.raises(DataError, match="tokens go with parameters in one line"):
        fit_surface(n, 20 * n, law(n, 20 * n))
    with pytest.raises(DataError, match="3 runs: a law of parameters and tokens has five parameters, give 7 or more"):
        fit_surface(n[:3], n[:3], n[:3])


def test_the_table_may_name_sizes_and_columns_as_people_do():
    n, d, y = drawn(12, 0.001, 2)
    runs = pd.DataFrame({"size": [f"{value / 1e9}B" for value in n], "seen": d, "nll": y})
    found = fit_loss_surface(runs, params="size", tokens="seen", loss="nll", compute=["1e24"], at=[(7e10, 1.4e12)])
    assert found.points["loss"].tolist() == pytest.approx([law(7e10, 1.4e12)], rel=0.02)
    assert found.optimal["compute"].tolist() == [1e24]
    with pytest.raises(UsageError, match="no column 'tokens'"):
        fit_loss_surface(runs, params="size")


def test_an_accuracy_follows_its_loss():
    """A sigmoid in the loss, whose curve over compute no single sigmoid gives: found two decades beyond."""
    x = np.logspace(18, 22, 9)
    loss = 0.3 + 1.5 * (x / 1e18) ** -0.15
    accuracy = 0.25 + 0.7 / (1 + np.exp(4 * (loss - 0.9)))
    steps = fit_two_steps(x[:7], loss[:7], accuracy[:7], chance=0.25)
    assert steps.predict(x[7:])[0].tolist() == pytest.approx(accuracy[7:].tolist(), abs=0.03)
    low, high = np.moveaxis(steps.quantiles(x[7:], [0.1, 0.9]), -1, 0)
    assert ((low < accuracy[7:]) & (accuracy[7:] < high)).all()


def test_rows_without_scores_are_predicted(tmp_path):
    table = pd.DataFrame(
        {"compute": [1e19, 1e20, 1e21, 1e22], "loss": [1.5, 1.1, 0.9, None], "accuracy": [0.3, 0.4, 0.5, None]}
    )
    found = fit_steps_table(table, at=["1e23"])
    assert found.frame["accuracy_pred"].is_monotonic_increasing
    table.to_csv(tmp_path / "ladder.csv", index=False)
    run = CliRunner().invoke(main, ["curves", "steps", str(tmp_path / "ladder.csv"), "--at", "1e23", "--format", "csv"])
    assert len(pd.read_csv(io.StringIO(run.stdout))) == 5
    with pytest.raises(DataError, match="2 rows have compute, loss and accuracy: give three or more"):
        fit_steps_table(table.head(2))
