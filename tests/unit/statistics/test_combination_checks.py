"""What the combination is compared with is right itself, and would see a combination that is not."""

import numpy as np
import pytest

from darkaon.statistics import combination_checks as checks
from darkaon.statistics.limits import set_limits


def test_an_enumeration_of_one_window_is_the_single_limit():
    one = (np.array([x]) for x in (12.0, 10.0, 3.0, 1.0))
    assert checks.enumerated(*one) == pytest.approx(set_limits(12, 10.0, 3.0).observed[0], rel=1e-6)


def test_toys_of_one_window_give_its_cls():
    n, b, sigma = (np.array([x]) for x in (12.0, 10.0, 3.0))
    limit = set_limits(12, 10.0, 3.0).observed
    ratio, error = checks.drawn(n, b, sigma, limit, 100_000, np.random.default_rng(3))
    assert ratio == pytest.approx(0.1, abs=3 * error) and error < 2e-3


def test_the_combination_meets_them():
    for _, _, want, found in checks.reductions():
        assert found == pytest.approx(want, rel=checks.REDUCED)
    for _, _, want, found in checks.against_enumeration():
        assert found == pytest.approx(want, rel=checks.ORDERED)


def test_toys_see_a_signal_10_percent_off():
    n, b, sigma, share = (np.array(values, dtype=float) for values in checks.SEVERAL[2])
    (_, _, _, ratio, error), *_ = checks.against_toys(100_000, np.random.default_rng(3))[2:]
    assert ratio == pytest.approx(0.1, abs=4 * error)
    limit = checks.combined_limit(checks.windows_from(n, b, sigma), share)
    ratio, error = checks.drawn(n, b, sigma, 1.1 * limit * share, 100_000, np.random.default_rng(3))
    assert ratio < 0.1 - 4 * error
