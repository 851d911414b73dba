"""Enumerated coverage and rejection against closed forms."""

import numpy as np
import pytest
from scipy import special

from darkaon.errors import InputError
from darkaon.statistics.coverage import coverage, critical_signals, grid, limits_by_count, rejection
from darkaon.statistics.known import log_excess


def test_coverage_without_background_is_least_at_the_limits():
    """Just above the classical limit for n the coverage is exactly the level."""
    b = np.zeros(1)
    limits = limits_by_count(b, b, 20.0, method="known")
    signal = critical_signals(limits, 20.0, np.array([1.0, 5.0]))
    values = coverage(limits, b, signal)[0]
    assert values[0] == 1.0  # below ln 10 every limit covers
    assert values[1] == pytest.approx(1 - special.gammaincc(2.0, 5.0))  # n = 0, 1 do not
    assert values[2] == pytest.approx(0.90, abs=1e-6)
    assert np.sort(values)[0] >= 0.90 - 1e-6


def test_grid_names_the_worst_signal():
    found = grid(np.array([1.0]), np.array([0.0, 0.2]), method="known")
    assert found["coverage"] == pytest.approx([0.90, 0.90], abs=1e-4)
    assert np.all(found["mean_coverage"] > found["coverage"])


def test_limits_that_fall_are_refused():
    with pytest.raises(InputError, match="must not fall"):
        coverage(np.array([[2.0, 1.0, 30.0]]), np.ones(1), np.array([1.0]))
    with pytest.raises(InputError, match="last limit"):
        coverage(np.array([[2.0, 3.0]]), np.ones(1), np.array([5.0]))


def test_rejection_of_a_known_background_is_the_largest_p_below_alpha():
    b, alpha = 3.0, np.array([0.001, 0.01, 0.1, 1.0])
    tails = special.gammainc(np.arange(1.0, 60), b)
    expected = [max(t for t in (*tails, 1.0) if t <= a) for a in alpha]
    found = rejection(lambda n, _: np.exp(log_excess(n, np.full(n.size, b))), b, None, alpha)
    assert found == pytest.approx(expected, rel=1e-6)


def test_rejection_over_a_sideband_is_a_probability():
    found = rejection(lambda n, m: 1.0 / (1.0 + n + m), 4.0, 2.0, np.array([1e-9, 1.0]))
    assert found == pytest.approx([0.0, 1.0])
