"""Sideband counts: coverage with both counts fluctuating, and p-values that do not reject too often."""

import csv
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from darkaon.statistics import on_off
from darkaon.statistics.coverage import rejection, sideband_coverage
from darkaon.statistics.hybrid import Windows, limits
from darkaon.statistics.limits import set_limits

PATH = Path(__file__).parents[2] / "data/limits/onoff_coverage.csv"
ROWS = list(csv.DictReader(line for line in PATH.read_text().splitlines() if not line.startswith("#")))
COLUMNS = {0.0: "least_coverage_shape_n_off", 0.5: "least_coverage_n_off+0.5", 1.0: "least_coverage_n_off+1"}
ALPHA = np.array([0.00135, 0.0228, 0.1])


def shaped(n_on, n_off, tau, more):
    b, sigma = on_off.background(n_off + more, tau)
    return limits(Windows(n_on, b, sigma, sigma), 0.90)


@pytest.mark.parametrize("more", COLUMNS)
def test_least_coverage_with_the_sideband_fluctuating(more):
    """Shape n_off covers everywhere, n_off + 1/2 and n_off + 1 do not."""
    worst = []
    for row in ROWS:
        tau, b = float(row["tau"]), float(row["b"])
        least, _ = sideband_coverage(partial(shaped, more=more), b, tau)
        assert least == pytest.approx(float(row[COLUMNS[more]]), abs=1e-3), (tau, b)
        worst.append(least)
    assert (min(worst) >= 0.90) == (more == 0.0)


def test_on_off_is_hybrid_for_limits():
    on, off, tau = (np.array(x) for x in ([12.0, 0.0, 5.0], [80.0, 3.0, 0.0], [8.0, 1.0, 4.0]))
    b, sigma = on_off.background(off, tau)
    expected = set_limits(on, b, sigma).observed
    assert set_limits(on, b, sigma, method="on_off").observed == pytest.approx(expected, rel=1e-12)


def test_an_empty_sideband_is_no_background():
    b, sigma = on_off.background(np.array([0.0]), np.array([8.0]))
    assert set_limits(3.0, b, sigma, method="on_off").observed[0] == pytest.approx(6.680783, rel=1e-6)


def test_reference_values_of_z_bi():
    z = on_off.z_bi(np.array([150.0, 17.0]), np.array([100.0, 40.11]), np.array([1.0, 10.56]))
    assert z == pytest.approx([3.1080, 4.458], rel=1e-4)


def _p_value(tau, method, n, off):
    b, sigma = on_off.background(off, np.full(n.size, tau))
    if method == "shape n_off":
        return set_limits(n, b, sigma).p_value
    return set_limits(n, b, sigma, method=method, tau=tau).p_value


@pytest.mark.parametrize("tau", [0.5, 1.0, 8.0])
@pytest.mark.parametrize("b", [0.1, 0.5, 2.0, 10.0])
def test_p_values_of_counted_sidebands_never_reject_too_often(tau, b):
    for method in ("hybrid", "on_off"):
        assert np.all(rejection(partial(_p_value, tau, method), b, tau, ALPHA) <= ALPHA * (1 + 1e-9))


def test_p_values_with_shape_n_off_do():
    """227 times at 3 sigma for tau = 0.5, b = 0.5; 5.7 times for tau = 8."""
    for tau, factor in ((0.5, 227.0), (8.0, 5.7)):
        found = rejection(partial(_p_value, tau, "shape n_off"), 0.5, tau, ALPHA[:1])
        assert found[0] / ALPHA[0] == pytest.approx(factor, rel=0.02)


def test_a_systematic_is_added_after_the_sideband_event():
    """10 +- 3.2 of which sqrt(10/2) is counted at tau = 2: shape 21, mean 10.5."""
    b, sigma = on_off.for_p_value(np.array([10.0]), np.array([3.2]), np.array([2.0]))
    assert b[0] == 10.5
    assert sigma[0] ** 2 == pytest.approx(21 / 4 + 3.2**2 - 5.0)
    found = set_limits(20, 10.0, 3.2, tau=2.0).p_value
    assert found == pytest.approx(set_limits(20, b, sigma).p_value, rel=1e-12)
