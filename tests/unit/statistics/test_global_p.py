"""Global p-values in closed form against check values and pseudo-experiments."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import special

from darkaon.statistics import look_elsewhere as le
from darkaon.statistics.fit_model import Layout
from darkaon.statistics.global_p import box_global_p, box_roughness, fit_global_p, fit_roughness, overshoot
from darkaon.tables.table import read_table

CASES = read_table("tests/data/limits/global_p.csv")


@pytest.mark.parametrize("row", range(len(CASES)))
def test_check_values(row):
    case = {name: values[row] for name, values in CASES.columns.items()}
    steps = np.full(round(case["length_sigma"] / case["step_sigma"]), case["step_sigma"])
    found = box_global_p(np.array([case["z"]]), steps, case["C"])
    assert found[0] == pytest.approx(case["global_p"], rel=1e-6)


def test_roughness_of_a_line_beside_one_sigma():
    assert box_roughness(1.0, 9.0, 1) == pytest.approx(41 / 72, rel=1e-5)
    assert box_roughness(1.0, 9.0, 0) == pytest.approx(41 / 72, rel=1e-5)  # symmetric: the line has no say


def test_trial_factors():
    """A local 5 sigma: 307 at steps of 1 sigma, 1129 at 0.2, 4384 without a grid."""
    z = np.array([5.0])
    p = -np.expm1(-special.ndtr(-5.0))
    for step, factor in ((1.0, 307), (0.2, 1129), (1e-6, 4384)):
        steps = np.full(1, step)
        rate = box_global_p(z, steps, 41 / 72)[0] - p
        assert (p + rate * 297 / step) / p == pytest.approx(factor, rel=0.01)


def test_overshoot_is_smooth_at_nothing():
    assert overshoot(np.array([0.0]))[0] == 1
    assert overshoot(np.array([0.99e-4, 1.01e-4])) == pytest.approx(1 - 0.583e-4, rel=1e-5)


def test_fits_are_smooth():
    assert fit_roughness(Layout(9.0), 1) == pytest.approx(0.894, abs=2e-3)
    assert fit_roughness(Layout(9.0), 2) == pytest.approx(1.592, abs=2e-3)
    assert fit_roughness(Layout(9.0), 3) == pytest.approx(1.592, abs=2e-3)
    for order, p in ((1, 0.392), (2, 0.485)):
        found = fit_global_p(np.array([3.0]), np.full(297, 1.0), np.full(297, fit_roughness(Layout(9.0), order)))
        assert found[0] == pytest.approx(p, abs=2e-3)


@pytest.mark.parametrize("step", [1.0, 0.5, 0.2, 0.1])
def test_pseudo_experiments(step):
    """1,000 of 60 sigma; 1e5 of 297 sigma are those of `validate_engine.py --scans 100000 --scans-alone`."""
    over = le.flat_scan(step, 60.0, 150.0)
    assert over.background == pytest.approx(np.full(round(60 / step) + 1, 150.0))
    largest = np.concatenate([le.experiments(over, le.generator(3, 1, block))["max_z_stat"] for block in range(2)])
    z = np.array([2.0, 2.5])
    p, error = le.global_p(largest, z)
    closed = box_global_p(z, np.full(len(over.background) - 1, step), 41 / 72)
    assert np.all(np.abs(p - closed) < 0.2 * closed + 3 * error)
