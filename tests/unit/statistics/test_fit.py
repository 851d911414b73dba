"""Fits against check values, against scalar minimisation, and against themselves."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest
from scipy import optimize, special

from darkaon.statistics.fit import LOW_COUNTS, FitLimits, cls, fit_limits
from darkaon.statistics.fit_coverage import coverage_of
from darkaon.statistics.fit_model import Layout, Model
from darkaon.tables.table import read_table
from darkaon.typing import BANDS

CASES = read_table("tests/data/limits/fit_cases.csv", text=["counts"])
NINE = Layout(9.0)


def model(layout=NINE, order=1, windows=1):
    shape = layout.gaussian()
    return Model(layout, order, np.tile(shape, (windows, 1)), np.ones((windows, layout.bins), dtype=bool))


def toys(windows, background, seed=1, layout=NINE):
    mean = background * layout.half_width_sigma / layout.bins
    return np.random.default_rng(seed).poisson(mean, (windows, layout.bins)).astype(float)


@pytest.mark.parametrize("row", range(len(CASES)))
def test_check_values(row):
    counts = np.array(CASES["counts"][row].split(), dtype=float)[None]
    layout = Layout(CASES["half_width_sigma"][row], int(CASES["bins"][row]))
    found = fit_limits(model(layout, int(CASES["order"][row])), counts, calibrated=False)
    assert found.settled.all()
    for name in ("observed", *BANDS):
        assert getattr(found, name)[0] == pytest.approx(CASES[name][row], rel=5e-6), name
    assert found.signal[0] == pytest.approx(CASES["shat"][row], rel=2e-5, abs=1e-8)
    assert found.significance[0] == pytest.approx(CASES["Z"][row], rel=1e-6, abs=1e-8)


def scalar_limit(counts, layout, order, level=0.9):
    """The observed limit by one minimisation after another."""
    basis = np.polynomial.legendre.legvander(layout.x, order)
    shape = layout.gaussian()

    def nll(n, s, c):
        mean = s * shape + np.exp(basis @ c)
        return np.sum(mean - special.xlogy(n, mean))

    def profiled(n, s, c):
        def gradient(c):
            e = np.exp(basis @ c)
            return basis.T @ (e * (1 - n / (s * shape + e)))

        best = optimize.minimize(lambda c: nll(n, s, c), c, jac=gradient, method="BFGS", options={"gtol": 1e-9})
        return best.fun, best.x

    start = np.zeros(order + 1)
    start[0] = np.log(counts.mean())
    null, c0 = profiled(counts, 0.0, start)
    asimov = np.exp(basis @ c0)
    top = optimize.minimize_scalar(
        lambda s: profiled(counts, s, c0)[0], bounds=(0.0, 200.0), method="bounded", options={"xatol": 1e-7}
    )
    best, shat = min((top.fun, top.x), (null, 0.0))

    def excess(s):
        q = np.array(
            [2 * (profiled(counts, s, c0)[0] - best), 2 * (profiled(asimov, s, c0)[0] - nll(asimov, 0.0, c0))]
        )
        return np.exp(cls(q[:, None], np.ones((2, 1)))[0][0]) - (1 - level)

    return optimize.brentq(excess, shat + 1e-3, shat + 200.0, xtol=1e-8)


@pytest.mark.parametrize(("background", "order"), [(8.0, 1), (60.0, 2), (400.0, 3)])
def test_agrees_with_one_minimisation_after_another(background, order):
    counts = toys(2, background, seed=7)
    found = fit_limits(model(order=order, windows=2), counts, calibrated=False)
    for i in range(2):
        assert found.observed[i] == pytest.approx(scalar_limit(counts[i], NINE, order), rel=1e-5)


def test_a_window_does_not_depend_on_its_neighbours():
    counts = np.concatenate([toys(40, 6.0), toys(40, 300.0), np.zeros((1, 180)), toys(220, 40.0)])
    used = np.ones(counts.shape, dtype=bool)
    used[5, :60] = False
    whole = Model(NINE, 2, np.tile(NINE.gaussian(), (len(counts), 1)), used)
    error, narrow, wide = 0.1, NINE.gaussian(0.9), NINE.gaussian(1.1)
    varied = tuple(np.tile(t, (len(counts), 1)) for t in (narrow, wide))
    together = fit_limits(whole, counts, signal_uncertainty=error, varied=varied)
    for i in (np.array([5]), np.arange(3, 301, 7)):
        alone = fit_limits(whole.take(i), counts[i], signal_uncertainty=error, varied=(varied[0][i], varied[1][i]))
        for field in fields(FitLimits):
            np.testing.assert_array_equal(getattr(alone, field.name), getattr(together, field.name)[i], field.name)


def test_low_counts_raise_limits_by_their_factor():
    counts = toys(5, 9.0)
    plain, raised = (fit_limits(model(windows=5), counts, calibrated=c) for c in (False, True))
    factor = 1 + LOW_COUNTS / np.sqrt(plain.background)
    for name in ("observed", *BANDS):
        np.testing.assert_allclose(getattr(raised, name), getattr(plain, name) * factor, rtol=1e-12)


def test_total_signal_whatever_part_of_the_bins_is_seen():
    """The bins beyond a threshold are left out, the limit is on all signal: larger, and still that of the fit."""
    counts = np.full((2, 180), 20.0)
    used = np.ones(counts.shape, dtype=bool)
    used[1, :70] = False  # below -2 sigma
    found = fit_limits(Model(NINE, 1, np.tile(NINE.gaussian(), (2, 1)), used), counts)
    assert found.settled.all()
    assert 1.1 < found.expected[1] / found.expected[0] < 2.0


def test_blinded_windows_keep_expected_limits_from_what_is_seen():
    counts = toys(3, 100.0)
    seen = np.ones(counts.shape, dtype=bool)
    seen[:, 80:100] = False
    changed = np.where(seen, counts, 1e3)
    blinded = np.array([True, True, False])
    found = fit_limits(model(windows=3), counts, blinded=blinded, seen=seen)
    other = fit_limits(model(windows=3), changed, blinded=blinded, seen=seen)
    assert np.isnan(found.observed[:2]).all() and np.isnan(found.p_value[:2]).all()
    assert np.isfinite(found.observed[2])
    np.testing.assert_array_equal(found.expected, other.expected)
    assert np.all((found.expected > 0) & np.isfinite(found.expected))


def test_signal_uncertainty_raises_limits_as_averaged_cls_does():
    counts = np.full((1, 180), 50.0)
    plain = fit_limits(model(), counts, calibrated=False)
    smeared = fit_limits(model(), counts, signal_uncertainty=0.2, calibrated=False)
    z = np.random.default_rng(3).standard_normal(400_000)
    sigma = plain.expected[0] / 1.6448536  # near enough a constant at 500 events in +-1 sigma
    tail = special.ndtr(-smeared.expected[0] * np.exp(np.log1p(0.2) * z) / sigma).mean()
    assert tail == pytest.approx(0.05, rel=0.03)
    assert smeared.expected[0] > 1.02 * plain.expected[0]
    none = fit_limits(model(), counts, signal_uncertainty=0.0, calibrated=False)
    assert none.observed[0] == plain.observed[0]


def test_width_of_the_template_is_an_uncertainty_of_the_signal():
    """A signal 10 % wider than the template is found in part: what toys of it give is what kappa says."""
    layout, counts = NINE, np.full((1, 180), 100.0)
    varied = tuple(layout.gaussian(w)[None] for w in (0.9, 1.1))
    found = fit_limits(model(), counts, varied=varied, calibrated=False)
    signals = [
        fit_limits(model(), counts + 300.0 * shape, calibrated=False, bands=False).signal[0] for shape in varied
    ]
    assert abs(found.kappa[0]) == pytest.approx(0.5 * abs(np.log(signals[1] / signals[0])), rel=0.03)
    assert found.observed[0] > fit_limits(model(), counts, calibrated=False).observed[0]


def test_bands_hold_the_limits_of_background_alone():
    found = fit_limits(model(windows=600), toys(600, 50.0), calibrated=False)
    inside = np.mean((found.observed >= found.expected_m1) & (found.observed <= found.expected_p1))
    wide = np.mean((found.observed >= found.expected_m2) & (found.observed <= found.expected_p2))
    assert 0.62 < inside < 0.80
    assert wide > 0.92
    assert np.mean(found.p_value < 0.05) == pytest.approx(0.05, abs=0.03)


def test_empty_spectra_are_not_settled_and_not_fatal():
    found = fit_limits(model(windows=2), np.concatenate([np.zeros((1, 180)), toys(1, 50.0)]))
    assert list(found.settled) == [False, True]


@pytest.mark.parametrize(("background", "order"), [(5.0, 1), (50.0, 2), (200.0, 1), (1e4, 2)])
@pytest.mark.parametrize("strength", [1.0, 3.0, 5.0])
def test_coverage(background, order, strength):
    """A small grid; the full one, 12,000 pseudo-experiments a cell, is that of the validation page."""
    toy = coverage_of(background, strength, order, 600, np.random.default_rng([int(background), int(strength)]))
    assert toy.coverage > 0.885 - 3 * 0.0123
    assert toy.fitted == 1
