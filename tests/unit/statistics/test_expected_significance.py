"""Expected significances against check values."""

from __future__ import annotations

import numpy as np
import pytest

from darkaon.errors import InputError
from darkaon.statistics.expected_significance import asimov_significance, expected_significance
from darkaon.tables.table import read_table

CASES = read_table("tests/data/limits/expected_significance.csv")


def test_check_values():
    found = expected_significance(CASES["s"], CASES["b"], CASES["sigma"])
    np.testing.assert_array_equal(found.median_count, CASES["median_count"])
    np.testing.assert_allclose(found.p_value, CASES["p_value"], rtol=1e-5)
    np.testing.assert_allclose(found.median, CASES["Z_median"], atol=1.1e-5)
    np.testing.assert_allclose(found.asimov, CASES["Z_asimov"], atol=1.1e-5)


def test_an_exact_background_is_the_limit_of_a_precise_one():
    exact, precise = asimov_significance(np.full(2, 20.0), np.full(2, 50.0), np.array([0.0, 1e-3]))
    assert exact == pytest.approx(precise, rel=1e-6)


def test_without_signal_there_is_none():
    found = expected_significance(0.0, 30.0, 3.0)
    assert found.asimov[0] == pytest.approx(0.0, abs=1e-6)
    assert found.median[0] < 0.2


def test_a_background_of_nothing():
    with pytest.raises(InputError, match="background"):
        expected_significance(3.0, 0.0)
