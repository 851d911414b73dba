import numpy as np
import pytest

from darkaon.statistics.look_elsewhere import smooth_spectrum
from darkaon.windows.scans import HIGHEST_ORDER, MOST_ORDER, fit_smooth_spectrum, smooth_order


def spectrum(density, n=200_000):
    x = np.linspace(0, 1000, 20_001)
    c = np.cumsum(density(x))
    return np.interp(np.arange(0.5, n) / n, c / c[-1], x)  # quantiles: no fluctuation


@pytest.mark.parametrize("seed", range(5))
def test_a_gentle_spectrum_keeps_its_order(seed):
    x = np.sort(np.random.default_rng(seed).choice(spectrum(lambda m: np.exp(-m / 300)), 30_000))
    assert len(fit_smooth_spectrum(x, 0.0, 1000.0, None, 4).coefficients) == 5


def test_a_steep_edge_is_followed_until_it_is_described():
    edge = lambda m: 1 + 40 / (1 + np.exp(-(m - 700) / 25)) * np.exp(-(((m - 700) / 400) ** 2))  # noqa: E731
    x = spectrum(edge)
    found = fit_smooth_spectrum(x, 0.0, 1000.0, None, 8)
    assert 8 < len(found.coefficients) - 1 <= HIGHEST_ORDER and found.p_value > 1e-3
    edges = np.linspace(0, 1000, 101)
    counts = np.histogram(x, edges)[0]
    assert np.all(np.abs(found(edges) - counts) < 4 * np.sqrt(counts))
    stiff = smooth_spectrum(x, 0.0, 1000.0)
    assert np.any(np.abs(stiff(edges) - counts) > 8 * np.sqrt(counts))


def test_few_candidates_end_it():
    x = np.concatenate([np.linspace(0, 1000, 30), np.full(30, 500.0)])  # no smooth spectrum at all
    assert len(fit_smooth_spectrum(np.sort(x), 0.0, 1000.0, None, 4).coefficients) <= 12


def test_the_order_is_one_for_each_full_width_of_the_sidebands():
    half_width = np.full(5, 10.0)
    assert smooth_order(np.linspace(0, 15, 5), half_width) == 1
    assert smooth_order(np.linspace(0, 50, 5), half_width) == 3
    assert smooth_order(np.linspace(0, 500, 5), half_width) == MOST_ORDER
