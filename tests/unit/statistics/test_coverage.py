import numpy as np
import pytest

from darkaon.statistics.coverage import coverage, critical_signals, limits_by_count

BACKGROUNDS, RELATIVES = np.array([0.01, 0.1, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0]), np.array([0.0, 0.1, 0.2, 0.35, 0.5])
MOST = 20.0


def least(method: str, backgrounds: np.ndarray = BACKGROUNDS) -> float:
    """The least coverage over signals from 0 to 20, those just above each limit included."""
    b, relative = (x.ravel() for x in np.meshgrid(backgrounds, RELATIVES))
    limits = limits_by_count(b, relative * b, MOST, method=method)
    return float(coverage(limits, b, critical_signals(limits, MOST, np.linspace(0.0, MOST, 201))).min())


@pytest.mark.parametrize("method", ["hybrid", "known"])
def test_exact_methods_cover_everywhere(method):
    assert least(method) >= 0.90 - 1e-6


def test_asymptotic_does_not():
    assert least("asymptotic", BACKGROUNDS[:4]) == pytest.approx(0.75, abs=0.02)


def test_coverage_is_one_just_below_the_smallest_limit_and_falls_just_above_it():
    just = np.log(10) * np.array([1 - 1e-9, 1 + 1e-9])
    b = np.array([0.5])
    covered = coverage(limits_by_count(b, 0 * b, 5.0, method="known"), b, just)[0]
    assert covered == pytest.approx([1.0, 1 - 0.1 * np.exp(-0.5)], rel=1e-6)
