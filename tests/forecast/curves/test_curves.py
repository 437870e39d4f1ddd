"""The curve engine: derivatives, recovery, sanity on hard inputs, intervals, tables."""

import io
import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from benchmarks.learning_curves import broken_law, learning_curves, noiseless
from scale_forecast.commands import main
from scale_forecast.curves import FORMS, fit_curves, fitting, levmar, power
from scale_forecast.curves.averaging import carry_residuals
from scale_forecast.curves.batch import as_batch
from scale_forecast.curves.levmar import inverse_spd, minimise, solve_spd
from scale_forecast.curves.tables import fit_table
from scale_forecast.data.errors import DataError, UsageError
from scale_forecast.parallel import Workers

pytestmark = pytest.mark.usefixtures("words_of_options")

SCALES = np.logspace(8, 11, 8)
BOTH = [pytest.param(form.name, kind, id=f"{form.name}-{kind}") for form in FORMS.values() for kind in form.kinds]


@pytest.mark.parametrize("form", FORMS.values(), ids=lambda form: form.name)
def test_jacobian_is_the_derivative_of_the_value(form):
    rng = np.random.default_rng(0)
    near = np.array([[max(q.lower, q.mean - 1), min(q.upper, q.mean + 1)] for q in form.parameters])
    theta = rng.uniform(near[:, :1], near[:, 1:], (len(near), 50))
    u, floor, step = rng.uniform(-5, 3, (6, 50)), -rng.uniform(0, 0.5, 50), 1e-6
    _, jacobian = form.value_and_jacobian(theta, u, floor)
    for row, moved in zip(jacobian, step * np.eye(len(near))[:, :, None], strict=True):
        slope = (form.value(theta + moved, u, floor) - form.value(theta - moved, u, floor)) / (2 * step)
        np.testing.assert_allclose(row, slope, atol=1e-6)


def test_small_systems_are_solved_and_inverted_at_any_scale():
    rng = np.random.default_rng(1)
    root = rng.normal(size=(4, 4, 30)) * np.exp(rng.normal(0, 8, (4, 1, 30)))
    matrix = np.einsum("ikb,jkb->ijb", root, root)
    right = rng.normal(size=(4, 30))
    expected = np.linalg.solve(matrix.transpose(2, 0, 1), right.T[:, :, None])[:, :, 0].T
    np.testing.assert_allclose(solve_spd(matrix, right), expected, rtol=1e-4)
    np.testing.assert_allclose(
        inverse_spd(matrix), np.linalg.inv(matrix.transpose(2, 0, 1)).transpose(1, 2, 0), rtol=1e-4
    )


@pytest.mark.parametrize("breaks", [1, 2])
def test_noiseless_broken_laws_are_recovered(breaks):
    """RMSLE below 1e-4 one decade beyond for 95% of curves, with their exponents; three breaks in the benchmark."""
    x, y, beyond, held, truth = noiseless(20, breaks, seed=10 + breaks)
    fits = fit_curves(np.tile(x, (20, 1)), y, f"bnsl{breaks}")
    error = np.sqrt(np.mean((np.log(fits.predict(beyond)) - np.log(held)) ** 2, axis=1))
    assert np.mean(error < 1e-4) >= 0.95
    found = fits.params(f"bnsl{breaks}")["c0"]
    assert np.mean(np.abs(found - truth[:, 0]) < 1e-3) >= 0.95
    assert fits.converged.mean() >= 0.95


def test_a_break_beyond_the_fitted_points_is_found_where_there_is_no_noise():
    """The noiseless example of Caballero et al. 2022 (arXiv:2210.14891, figure 4 right), every fifth point of it."""
    law = (0.41388453071629455, 2.2772722897737556, 0.055077348404973955)
    breaks = [(5.662903816010331, 612.5836172918001, 0.059193036393742314)]
    x, beyond = np.arange(5.0, 406.0, 5.0), np.arange(406.0, 4096.0, 10.0)
    fits = fit_curves([x], [broken_law(x, *law, breaks)], "bnsl1")
    error = np.log(fits.predict([beyond])[0]) - np.log(broken_law(beyond, *law, breaks))
    assert np.sqrt(np.mean(error**2)) < 1e-4
    assert 405 * np.exp(fits.params("bnsl1")["log_d1"]) == pytest.approx([612.58], abs=0.1)


def test_the_number_of_breaks_is_chosen():
    x, y, beyond, held, _ = noiseless(4, 2, seed=5)
    fits = fit_curves(np.tile(x, (4, 1)), y, "bnsl")
    assert (np.abs(np.log(fits.predict(beyond)) - np.log(held)) < 1e-4).all()
    assert set(fits.form) <= {"bnsl2", "bnsl3"}


def test_no_break_is_added_that_the_points_do_not_carry():
    """The measured example of Caballero et al. 2022 (figure 4 left): their procedure has a log(1 + y) RMSLE of .0042 on
    the three points held out; two breaks, which once were chosen, had .048."""
    x = np.array([160, 192, 256, 320, 384, 448, 480, 512, 544, 576, 608, 640, 672, 736, 800, 864, 928.0])
    y = np.array(
        [2.13809046, 2.11813418, 2.08955508, 2.06988398, 2.05404987, 2.03837089, 2.02814281, 2.00496872, 1.95576149,
         1.86313841, 1.70891537, 1.50637664, 1.29754721, 0.96559684, 0.75856477, 0.64768338, 0.55695445]
    )  # fmt: skip
    fits = fit_curves([x[:14]], [y[:14]], "bnsl")
    assert fits.form.tolist() == ["bnsl1"]
    assert np.sqrt(np.mean((np.log1p(fits.predict(x[14:])[0]) - np.log1p(y[14:])) ** 2)) < 0.00425


def test_noiseless_curves_of_one_break_are_done_with_one():
    """Thirty points each: once every search was repeated, since the guessed noise alone looked like residuals."""
    x, y, beyond, held, _ = noiseless(12, 1, seed=200, points=30)
    fits = fit_curves(np.tile(x, (12, 1)), y, "bnsl")
    assert set(fits.form) == {"bnsl1"}
    assert (np.abs(np.log(fits.predict(beyond)) - np.log(held)) < 1e-4).all()


def exact(form_name):
    """Curves of each simple form without noise: x, y, kind, chance."""
    u = np.log(SCALES / 1e10)
    curves = {
        "m1": (3.0 * np.exp(-0.2 * u), "loss"),
        "m2": (1.5 + np.exp(-0.3 * u), "loss"),
        "m3": (2.0 * (np.exp(-u) + 0.3) ** 0.4, "loss"),
        "law": (0.25 + 0.75 * np.exp(-np.exp(0.2 - 0.25 * u)), "accuracy"),
        "sigmoid": (0.25 + 0.75 / (1 + np.exp(-0.3 - 0.5 * u)), "accuracy"),
        "linear": (0.5 + 0.04 * u, "accuracy"),
        "logit": (1 / (1 + np.exp(-0.2 - 0.3 * u)), "accuracy"),
    }
    return curves[form_name]


@pytest.mark.parametrize("name", ["m1", "m2", "m3", "law", "sigmoid", "linear", "logit"])
def test_each_form_extrapolates_its_own_curve(name):
    y, kind = exact(name)
    fits = fit_curves(SCALES[:7], y[:7], name, kind=kind, chance=0.25 if kind == "accuracy" else None)
    assert fits.predict(SCALES[7:])[0, 0] == pytest.approx(y[7], rel=0.01)


HARD = {
    "constant": [0.5] * 6,
    "decreasing": [0.9, 0.8, 0.6, 0.4, 0.2, 0.1],
    "two points": [0.3, 0.5, np.nan, np.nan, np.nan, np.nan],
    "one point": [0.4, np.nan, np.nan, np.nan, np.nan, np.nan],
    "gaps": [0.2, np.nan, 0.3, np.nan, 0.5, 0.6],
    "all wrong": [0.0] * 6,
    "all right": [1.0] * 6,
    "sudden": [0.0, 0.0, 0.0, 0.0, 0.0, 1.0],
    "zigzag": [0.1, 0.9, 0.1, 0.9, 0.1, 0.9],
}
LOSSES = [
    [5.0] * 6,
    [5.0, 4.0, 3.0, 2.5, 2.2, 2.0],
    [2.0, 3.0, 4.0, 5.0, 6.0, 7.0],
    [5.0, 4.0, np.nan, np.nan, np.nan, np.nan],
    [1e-30, 1e-31, 1e-32, 1e-33, 1e-34, 1e-35],
    [1e30, 1e29, 1e28, 9e27, 8e27, 7e27],
    [1.0, 1e-9, 1.0, 1e-9, 1.0, 1e9],
]


def assert_sane(fits, x):
    predicted = fits.predict(x)
    quantiles = fits.quantiles(x, [0.05, 0.1, 0.25, 0.75, 0.9, 0.95])
    assert np.isfinite(predicted).all()
    assert np.isfinite(quantiles).all()
    assert (predicted >= 0).all()
    assert (np.diff(quantiles, axis=-1) >= 0).all()
    return predicted


@pytest.mark.parametrize(("name", "kind"), [*BOTH, ("auto", "loss"), ("auto", "accuracy")])
def test_hard_curves_give_finite_curves_and_no_warning(name, kind):
    x = np.logspace(8, 11, 6)
    y = np.array(list(HARD.values()) if kind == "accuracy" else LOSSES)
    fits = fit_curves(np.tile(x, (len(y), 1)), y, name, kind=kind)
    predicted = assert_sane(fits, np.array([1e3, 1e10, 1e11, 1e12, 1e20]))
    if name == "auto":
        assert predicted[0, 3] == pytest.approx(y[0, 0], abs=0.01 * y[0, 0])


@pytest.mark.parametrize(
    "x", [[7.0] * 6, [7, 7, 7, 8, 8, 8], [1e-290, 2e-290, 3e-290, 4e-290, 5e-290, 6e-290], [1e3 + i for i in range(6)]]
)
def test_repeated_and_wildly_scaled_x_are_borne(x):
    x = np.array([x], dtype=float)
    for kind in ("loss", "accuracy"):
        assert_sane(fit_curves(x, [[0.9, 0.8, 0.7, 0.5, 0.45, 0.4]], kind=kind), x[:, -1:] * 3)


@pytest.mark.parametrize(
    ("x", "y", "kind", "message"),
    [
        ([[0.0, 1.0]], [[1.0, 2.0]], "loss", "curve 0 has an x that is not positive (0): curves are fitted in log x"),
        ([[1.0, 2.0]], [[1.0, -2.0]], "loss", "curve 0 has a loss that is not positive (-2): use --kind accuracy"),
        ([[1.0, 2.0]], [[1.0, 41.7]], "accuracy", "curve 0 has a score outside [0, 1] (41.7): are these percentages?"),
        ([[1.0, 2.0]], [[np.nan, np.nan]], "loss", "curve 0 has no point with finite x and y: give at least one"),
    ],
)
def test_unusable_curves_are_refused_with_advice(x, y, kind, message):
    with pytest.raises(DataError) as caught:
        fit_curves(x, y, kind=kind)
    assert str(caught.value).startswith(message)


def test_a_form_of_the_other_kind_is_refused():
    with pytest.raises(UsageError, match="'law' describes accuracy curves, not loss"):
        fit_curves([[1, 2, 3]], [[3, 2, 1]], "law")


def test_units_of_x_and_y_change_nothing():
    x, y, beyond, _ = learning_curves(6, 12, 1.5, 4.0, seed=1)
    plain, scaled = fit_curves(x, y), fit_curves(x * 1e9, y * 1e-3)
    np.testing.assert_allclose(scaled.predict(beyond * 1e9), 1e-3 * plain.predict(beyond), rtol=1e-5)


def test_order_padding_and_other_threads_change_nothing():
    x, y, beyond, _ = learning_curves(2, 12, 1.5, 4.0, seed=2)
    shuffled = np.random.default_rng(0).permutation(12)
    wide = np.full((2, 3), np.nan)
    moved = fit_curves(np.hstack([x[:, shuffled], wide]), np.hstack([y[:, shuffled], wide]), workers=Workers())
    np.testing.assert_allclose(moved.predict(beyond), fit_curves(x, y).predict(beyond), rtol=1e-9)


@pytest.mark.parametrize("kind", ["loss", "accuracy"])
def test_one_curve_is_fitted_in_few_steps_to_the_values_of_many(kind, monkeypatch):
    """What is fitted without its last points, or without some among them, goes along with the whole curve; and so do
    all forms.

    Fourteen points, of which fewer are left at each origin: a coarser grid of starts is then enough.
    """
    x = np.logspace(8, 11, 14)
    wobble = 0.01 * np.sin(7 * np.arange(14.0))
    y = 0.4 + 3 * (x / 1e8) ** -0.2 + wobble if kind == "loss" else 0.3 + 0.6 / (1 + 1e10 / x) + wobble
    called, found = [], []
    monkeypatch.setattr(levmar, "minimise", lambda *a, **k: called.append(a) or minimise(*a, **k))
    for at_once in (fitting.AT_ONCE, 0):
        monkeypatch.setattr(fitting, "AT_ONCE", at_once)
        fits = fit_curves([x], [y], kind=kind, workers=Workers())
        found.append((len(called), fits.quantiles([[5e10, 1e12]], [0.1, 0.5, 0.9])))
    np.testing.assert_allclose(found[0][1], found[1][1], rtol=1e-6)
    assert 0 < found[0][0] < 0.2 * (found[1][0] - found[0][0])


def test_searches_of_several_models_together_find_what_each_finds_alone():
    x = np.logspace(8, 11, 14)
    batch = as_batch([x, x], [0.4 + 3 * (x / 1e8) ** -0.2, 0.1 + 2 * (x / 1e8) ** -0.1], kind="loss")
    searches = []
    for name, steps in (("m1", 1), ("m2", 60), ("bnsl1", 7)):
        form = FORMS[name]
        task = fitting.Task(form, batch, fitting.Prior.of(form))
        searches.append(task.search(task.starts(0)[:, :2], steps))
    together = levmar.minimise_together(searches, 1e-9)
    for search, found in zip(searches, together, strict=True):
        (alone,) = levmar.minimise_together([search], 1e-9)
        np.testing.assert_allclose(found.theta, alone.theta, atol=1e-7)
        np.testing.assert_array_equal(found.converged, alone.converged)


def test_the_root_in_m4_is_found_in_three_steps():
    alpha, s = np.meshgrid(np.r_[0.2, 0.5, 1.0:20.0], np.linspace(-30.0, 10.0, 201))
    share, rest, bend = power.solve_m4(s, alpha, iterations=3)
    np.testing.assert_allclose(np.log(share) + alpha * bend, s, atol=1e-9)
    np.testing.assert_allclose(np.log(rest), -bend, atol=1e-9)


@pytest.mark.parametrize("kind", ["loss", "accuracy"])
def test_no_form_looks_at_points_that_are_left_out(kind):
    """So that what a form says of a held-out end, by which it is weighed, cannot rest on that end."""
    x = np.logspace(8, 11, 9)
    y = 0.4 + 3 * (x / 1e8) ** -0.2 if kind == "loss" else 0.3 + 0.6 / (1 + 1e10 / x)
    batch = as_batch([x], [y], kind=kind)
    kept = batch.with_weights(batch.w * (np.arange(9) < 7)[:, None])
    moved = replace(kept, z=kept.z + 0.2 * (kept.w == 0.0))
    for name, form in FORMS.items():
        if kind in form.kinds:
            fits = [fitting.fit_form(form, one) for one in (kept, moved)]
            np.testing.assert_allclose(fits[0].theta, fits[1].theta, rtol=1e-6, err_msg=name)
    level = fitting.fit_form(FORMS["persistence"], kept).theta[0]
    np.testing.assert_allclose(level, batch.z[6], rtol=1e-3)


def test_three_points_take_their_exponent_from_the_family():
    """A short noisy curve among many of one slope is extrapolated near that slope, alone near its own prior."""
    rng = np.random.default_rng(3)
    slopes = rng.normal(0.5, 0.02, (80, 1))
    q = 1 / (1 + np.exp(-(rng.normal(0, 1, (80, 1)) + slopes * np.log(SCALES / 1e10))))
    y = rng.binomial(300, q) / 300
    y[:, 3:7] = np.nan
    x = np.where(np.isfinite(y), SCALES, np.nan)
    x[:, 7] = y[:, 7] = np.nan
    truth = q[:, 5:6]
    count = np.full(80, 300.0)
    family = fit_curves(x, y, "sigmoid", kind="accuracy", n_examples=count, group=np.zeros(80))
    alone = fit_curves(x, y, "sigmoid", kind="accuracy", n_examples=count)
    error = [np.abs(fits.predict(SCALES[5:6]) - truth).mean() for fits in (family, alone)]
    assert error[0] < 0.9 * error[1]


def test_a_curve_too_short_to_tell_trusts_the_forms_that_its_batch_trusts():
    """Two points of a curve among sixty that saturate, and among sixty that do not move."""
    rng = np.random.default_rng(5)
    rising = 1 / (1 + np.exp(-(rng.normal(-1, 1, (60, 1)) + 0.5 * np.log(SCALES / 1e10))))
    still = np.repeat(rng.uniform(0.3, 0.7, (60, 1)), 8, axis=1)
    short = np.array([[0.3, 0.4, *[np.nan] * 6]])
    said = []
    for others in (rising, still):
        y = np.vstack([short, np.clip(others + rng.normal(0, 0.01, others.shape), 0, 1)])
        fits = fit_curves(np.where(np.isfinite(y), SCALES, np.nan), y, kind="accuracy")
        flat = [fits.names.index("persistence"), fits.names.index("constant")]
        said.append(fits.weights[flat, 0].sum())
        assert fits.weights.sum(axis=0) == pytest.approx(1.0)
    assert said[0] < 0.5 * said[1]


def test_curves_that_agree_make_each_other_surer_of_a_form():
    fits = [fit_curves([SCALES] * n, [np.linspace(0.9, 0.2, 8)] * n).weights[:, 0] for n in (1, 10)]
    assert fits[0].max() <= fits[1].max()


@pytest.mark.parametrize("name", ["auto", "constant", "persistence", "m4"])
def test_nothing_is_predicted_where_x_is_missing(name):
    fits = fit_curves([SCALES], [np.linspace(0.9, 0.2, 8)], name)
    assert np.isfinite(fits.predict([[1e12, np.nan]])).tolist() == [[True, False]]
    assert np.isfinite(fits.quantiles([[1e12, np.nan]], [0.1])).ravel().tolist() == [True, False]


def test_near_chance_the_forecast_stays_near_chance():
    rng = np.random.default_rng(4)
    y = rng.binomial(200, 0.25, (40, 8)) / 200
    fits = fit_curves(np.tile(SCALES, (40, 1)), y, kind="accuracy", chance=0.25, n_examples=np.full(40, 200.0))
    assert np.abs(fits.predict([1e12]) - 0.25).mean() < 0.03


def test_auto_beats_persistence_and_covers_on_learning_curves():
    """Curves whose truth is none of the forms; the band is that of 800 points in clusters of 8."""
    x, y, beyond, held = learning_curves(100, 16, 2.0, 10.0, seed=6)
    auto, last = fit_curves(x, y), fit_curves(x, y, "persistence")
    error = [np.abs(np.log(fits.predict(beyond)) - np.log(held)).mean() for fits in (auto, last)]
    assert error[0] < 0.5 * error[1]
    low, high = np.moveaxis(auto.quantiles(beyond, [0.1, 0.9]), -1, 0)
    assert 0.68 < ((held >= low) & (held <= high)).mean() < 0.92


def test_what_every_form_misses_at_the_end_is_carried_forward():
    """The average passes within noise of last points that lie off any form, and does not follow noise."""
    rng = np.random.default_rng(8)
    x = np.logspace(0, 4, 60)
    step = np.where(np.arange(60) >= 57, -0.02, 0.0)
    y = 0.9 * x ** -rng.uniform(0.1, 0.3, (40, 1)) * np.exp(step + 0.003 * rng.normal(size=(40, 60)))
    fits = fit_curves(np.tile(x, (40, 1)), y)
    assert np.abs(np.log(fits.predict([x[-1] * 1.001])[:, 0] / y[:, -1])).mean() < 0.004
    residual = rng.normal(0, 0.02, (30, 200))
    batch = as_batch(np.tile(np.arange(1.0, 31.0), (200, 1)), np.exp(residual.T), kind="loss")
    assert np.abs(carry_residuals(batch, batch.w, residual)).mean() < 0.6 * np.abs(residual[-1]).mean()


def test_nothing_is_carried_forward_from_scores():
    x = np.tile(SCALES, (3, 1))
    batch = as_batch(x, np.linspace(0.1, 0.9, 24).reshape(3, 8), kind="accuracy")
    assert carry_residuals(batch, batch.w, batch.z).tolist() == [0.0, 0.0, 0.0]


def test_the_end_of_a_loss_curve_counts_more_than_its_start():
    """A power law after a plateau: the form that knows of no plateau follows the law the more closely in `auto`."""
    x = np.logspace(0, 4, 30)
    y = np.array([np.minimum(0.8 * (x / 100) ** -0.3, top) for top in (0.6, 0.7, 0.8)])
    fits = [fit_curves(np.tile(x, (3, 1)), y, form) for form in ("m2", "auto")]
    plain, recent = (fit.params("m2")["c"] for fit in fits)
    assert (np.abs(recent - 0.3) < 0.6 * np.abs(plain - 0.3)).all()


CSV = """curve,x,y,role
a,100,2,fit
b,100,1,fit
a,200,1.7,fit
a,400,1.5,fit
b,100,1,fit
a,1600,,extrapolate
b,900,,extrapolate
"""


def test_command_predicts_every_row_in_order(tmp_path):
    path = tmp_path / "curves.csv"
    path.write_text(CSV)
    result = CliRunner().invoke(main, ["curves", "fit", str(path), "--format", "csv"])
    assert result.exit_code == 0, result.output
    table = pd.read_csv(io.StringIO(result.stdout))
    quantiles = ["q05", "q10", "q25", "q75", "q90", "q95"]
    assert list(table) == ["curve", "x", "y", "y_pred", "residual", *quantiles, "form", "converged"]
    np.testing.assert_allclose(table["residual"].dropna(), (table["y"] - table["y_pred"]).dropna())
    assert table["curve"].tolist() == list("abaabab")
    assert table.loc[5, "q05"] < table.loc[5, "y_pred"] < 1.5


@pytest.mark.parametrize(
    ("text", "options", "code", "message"),
    [
        ("curve,x,role\na,1,fit\n", [], 1, "no column 'y': the columns are curve, x, y, role"),
        ("curve,x,y,role\na,1,2,train\n", [], 1, "role 'train' in row 2 is not one of fit, extrapolate"),
        ("curve,x,y,role\na,1,2,extrapolate\n", [], 1, "curve 'a' has no row of role 'fit' with a y"),
        ("curve,x,y,role\na,-1,2,fit\n", [], 1, "x -1 in row 2 is not positive: curves are fitted in log x"),
        ("curve,x,y,role\na,1,41.7,fit\n", ["--kind", "accuracy"], 1, "y 41.7 in row 2 is outside [0, 1]: are these"),
        (CSV, ["--form", "m7"], 2, "no form 'm7'"),
        ("", [], 1, "the file is empty"),
    ],
)
def test_bad_tables_are_refused_in_one_sentence(tmp_path, text, options, code, message):
    path = tmp_path / "curves.csv"
    path.write_text(text)
    result = CliRunner().invoke(main, ["curves", "fit", str(path), *options])
    assert result.exit_code == code
    assert message in result.output


def test_rows_to_fit_without_y_are_left_out():
    table = pd.read_csv(io.StringIO(CSV))
    with_gap = pd.concat([table, pd.DataFrame({"curve": ["a"], "x": [800.0], "y": [np.nan], "role": ["fit"]})])
    assert fit_table(with_gap).frame["y_pred"].iloc[5] == fit_table(table).frame["y_pred"].iloc[5]


def test_fits_are_short_to_see_and_asked_by_one_number():
    fits = fit_curves([1e8, 1e9, 1e10], [3.0, 2.5, 2.2])
    assert re.fullmatch(r"<CurveFits: 1 curve, \w+>", repr(fits))
    assert fits.predict(1e11).tolist() == fits.predict([[1e11]]).tolist()
    assert fits.quantiles(1e11).shape == (1, 1, 3)
    assert fits.quantiles([1e11], 0.5).tolist() == fits.quantiles([1e11], [0.5]).tolist()
    with pytest.raises(UsageError, match="could not convert string to float: '7B'"):
        fit_curves(["7B", "70B"], [3.0, 2.5])


def test_every_form_is_listed():
    result = CliRunner().invoke(main, ["curves", "list", "--format", "csv"])
    assert set(pd.read_csv(io.StringIO(result.output))["form"]) == {"auto", "bnsl", *FORMS}


def test_a_number_beyond_all_floats_is_refused_in_a_sentence(tmp_path):
    """Four hundred digits once ended in a traceback."""
    file = tmp_path / "curves.csv"
    file.write_text(f"curve,x,y,role\nc,{'9' * 400},3.0,fit\nc,10,2.5,fit\nc,100,,extrapolate\n")
    result = CliRunner().invoke(main, ["curves", "fit", str(file), "--form", "m1", "--kind", "loss"])
    assert result.exit_code == 1
    assert re.search("is not a number|int too large", result.stderr)  # as this pandas reads it
