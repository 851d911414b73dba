"""Unified intervals against the classic table and averaged cases, and their coverage."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from darkaon.errors import InputError
from darkaon.statistics.unified import gamma_nodes, unified_intervals
from darkaon.tables.table import read_table

CASES = read_table("tests/data/limits/unified.csv")


def test_check_values():
    lower, upper = unified_intervals(CASES["n"], CASES["b"], CASES["sigma"])
    np.testing.assert_allclose(lower, CASES["lower"], atol=1.1e-4)
    np.testing.assert_allclose(upper, CASES["upper"], atol=1.1e-4)


def test_the_authors_lengthen_the_intervals_of_an_empty_window():
    """At b = 3 and n = 0 they give 1.08, on their grid: the end jumps to 1.07 at a background of 3.48."""
    _, raw = unified_intervals(0, 3.0)
    _, upper = unified_intervals(0, 3.0, lengthened=True)
    assert raw[0] == pytest.approx(0.953, abs=1e-3)
    assert upper[0] == pytest.approx(1.07, abs=0.01)


def test_nodes_are_the_gamma_distribution():
    for b, sigma in ((3.0, 1.5), (100.0, 10.0), (2.0, 3.0)):
        nodes, weights = gamma_nodes(b, sigma)
        assert np.sum(weights * nodes) == pytest.approx(b, rel=1e-8)
        assert np.sum(weights * (nodes - b) ** 2) == pytest.approx(sigma**2, rel=1e-7)


@pytest.mark.parametrize("signal", [0.0, 3.7])
def test_averaged_intervals_cover(signal):
    """Over the distribution of the background, summed over all counts."""
    b, sigma = 3.0, 1.5
    n = np.arange(20)
    lower, upper = unified_intervals(n, b, sigma)
    nodes, weights = gamma_nodes(b, sigma)
    chance = np.sum(weights[:, None] * stats.poisson.pmf(n, nodes[:, None] + signal), axis=0)
    assert np.sum(chance[(lower <= signal) & (signal <= upper)]) > 0.9 - 1e-5


def test_many_events():
    """Ends tend to the central interval, n - b -+ 1.645 standard deviations."""
    lower, upper = unified_intervals(10_600, 10_000.0, 50.0)
    spread = np.sqrt(10_600 + 2_500)
    assert lower[0] == pytest.approx(600 - 1.645 * spread, abs=0.05 * spread)
    assert upper[0] == pytest.approx(600 + 1.645 * spread, abs=0.05 * spread)


def test_a_background_of_nothing_has_no_uncertainty():
    with pytest.raises(InputError, match="background"):
        unified_intervals(1, 0.0, 1.0)
