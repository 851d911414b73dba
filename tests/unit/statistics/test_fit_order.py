"""Orders by spurious signals, and goodness of fit."""

from __future__ import annotations

import numpy as np
import pytest

from darkaon.statistics.fit import fit_limits
from darkaon.statistics.fit_model import Layout, Model
from darkaon.statistics.fit_order import MOST_SPURIOUS, choose_orders, goodness, joined_chi2, spurious_signal

LAYOUT = Layout(9.0)
SHAPE = LAYOUT.gaussian()
USED = np.ones((1, 180), dtype=bool)


def spectrum(level, *c):
    return level * np.exp(np.polynomial.legendre.legval(LAYOUT.x, [0.0, *c]))[None]


def test_the_order_is_that_of_the_spectrum():
    """exp(Legendre of order k) is fitted by order k without any signal, and here by nothing lower."""
    for order in (1, 2, 3, 4, 5):
        counts = spectrum(1e4, *np.linspace(0.5, 0.3, order))
        found = choose_orders(LAYOUT, counts, SHAPE[None], USED)
        assert found.order[0] == (order if order > 1 else 1)
        assert abs(found.spurious[0]) < 1e-3


def test_few_events_need_no_high_order():
    """A curvature counts in units of the uncertainty."""
    curved = np.concatenate([spectrum(level, 0.3, 0.1) for level in (0.05, 500.0)])
    found = choose_orders(LAYOUT, curved, np.tile(SHAPE, (2, 1)), np.tile(USED, (2, 1)))
    assert found.order[0] == 1 and found.order[1] == 2
    assert 0 < abs(found.spurious[0]) <= MOST_SPURIOUS


def test_no_order_will_do_for_an_edge():
    edge = np.where(LAYOUT.x < 0.02, 2e4, 1e2)[None]
    found = choose_orders(LAYOUT, edge, SHAPE[None], USED)
    assert found.order[0] == 0 and abs(found.spurious[0]) > MOST_SPURIOUS


def test_spurious_signals_have_a_sign_and_a_size():
    model = Model(LAYOUT, 1, SHAPE[None], USED)
    error = fit_limits(model, spectrum(100.0)).signal_error[0]
    for signal in (-0.5 * error, 0.5 * error):
        found = spurious_signal(model, spectrum(100.0) + signal * SHAPE)
        assert found[0] == pytest.approx(signal / error, rel=0.03)


def test_what_is_left_over_at_the_end_joins_the_last_bin_that_is_full():
    """Expected 3 + 3, 5 and 2: the last two are one bin of 7, (8 - 6)^2/6 + (3 - 7)^2/7; too few are one."""
    mean, counts = np.array([[3.0, 3.0, 5.0, 2.0]]), np.array([[4.0, 4.0, 3.0, 0.0]])
    used = np.ones((1, 4), dtype=bool)
    chi2, bins = joined_chi2(counts, mean, used)
    assert (chi2[0], bins[0]) == (pytest.approx(4 / 6 + 16 / 7), 2)
    chi2, bins = joined_chi2(counts[:, :1], mean[:, :1], used[:, :1])
    assert (chi2[0], bins[0]) == (pytest.approx(1 / 3), 1)
    np.testing.assert_allclose(joined_chi2(counts, mean, np.array([[True, True, False, False]]))[0], 4 / 6)


@pytest.mark.parametrize("background", [6.0, 100.0])
def test_goodness_is_uniform_for_what_is_fitted_and_small_for_what_is_not(background):
    rng = np.random.default_rng(5)
    mean = background * 9.0 / 180
    counts = rng.poisson(mean, (1500, 180)).astype(float)
    model = Model(LAYOUT, 1, np.tile(SHAPE, (1500, 1)), np.tile(USED, (1500, 1)))
    found = fit_limits(model, counts, bands=False)
    p = goodness(counts, found.mean, model.used, 2.0 + (found.signal > 0))
    for cut in (0.1, 0.5, 0.9):
        assert np.mean(p < cut) == pytest.approx(cut, abs=0.06)
    wavy = rng.poisson(mean * (1 + 0.8 * np.sin(12 * LAYOUT.x)), (300, 180)).astype(float)
    bad = fit_limits(model.take(np.arange(300)), wavy, bands=False)
    assert np.median(goodness(wavy, bad.mean, USED.repeat(300, 0), np.full(300, 3.0))) < 0.1
