import numpy as np
import pytest

from darkaon.statistics.coverage import coverage, grid

BACKGROUNDS = np.array([0.01, 0.1, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0])
RELATIVES = np.array([0.0, 0.1, 0.2, 0.35, 0.5])


@pytest.mark.parametrize("method", ["hybrid", "known"])
def test_exact_methods_cover_everywhere(method):
    assert grid(BACKGROUNDS, RELATIVES, method=method)["coverage"].min() >= 0.90 - 1e-6


def test_asymptotic_does_not():
    least = grid(BACKGROUNDS[:4], RELATIVES[1:2], method="asymptotic")["coverage"].min()
    assert least == pytest.approx(0.75, abs=0.02)


def test_coverage_is_one_just_below_the_smallest_limit_and_falls_just_above_it():
    just = np.log(10) * np.array([1 - 1e-9, 1 + 1e-9])
    covered = coverage(just, 0.5, 0.0, method="known")
    assert covered[0] == pytest.approx(1.0)
    assert covered[1] == pytest.approx(1 - 0.1 * np.exp(-0.5), rel=1e-6)
