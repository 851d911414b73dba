import itertools

import numpy as np
import pytest
from scipy import stats
from scipy.special import ndtr

from darkaon.errors import InputError
from darkaon.statistics.combination import combined_limit
from darkaon.statistics.limits import set_limits


@pytest.mark.parametrize("n, b, sigma", [(0, 0.01, 0.0), (1, 0.5, 0.0), (3, 1.0, 0.2), (12, 8.0, 2.0)])
def test_one_window_is_the_single_limit(n, b, sigma):
    assert combined_limit(n, b, sigma) == pytest.approx(set_limits(n, b, sigma).observed[0], rel=1e-7)


def test_a_signal_uncertainty_is_that_of_the_single_limit():
    single = set_limits(3, 1.0, 0.2, signal_uncertainty=0.1).observed[0]
    assert combined_limit(3, 1.0, 0.2, signal_uncertainty=0.1) == pytest.approx(single, rel=1e-7)


def test_windows_of_equal_purity_are_their_sum():
    combined = combined_limit([1, 0, 4], [0.5, 1.0, 1.5], 0.0, [1 / 6, 2 / 6, 3 / 6])
    assert combined == pytest.approx(set_limits(5, 3.0).observed[0], rel=1e-7)


def test_a_window_without_signal_changes_nothing():
    assert combined_limit([3, 50], [1.0, 40.0], 0.0, [1.0, 0.0]) == pytest.approx(set_limits(3, 1.0).observed[0])


def test_nothing_observed_anywhere_gives_the_limit_of_no_background():
    assert combined_limit([0, 0], [0.3, 5.0], [0.1, 1.0], [0.7, 0.3]) == pytest.approx(np.log(10), rel=1e-7)


def test_the_limit_solves_cls_summed_over_all_outcomes():
    n, b, share = np.array([2, 4]), np.array([0.4, 3.0]), np.array([0.6, 0.4])
    mu = combined_limit(n, b, 0.0, share)

    def tail(mean):
        w = np.log1p(mu * share / b)
        outcomes = itertools.product(range(40), range(40))
        kept = [k for k in outcomes if (w * k).sum() <= (w * n).sum() * (1 + 1e-9)]
        return sum(stats.poisson.pmf(k, mean).prod() for k in kept)

    assert tail(b + mu * share) / tail(b) == pytest.approx(0.1, rel=0.02)  # weights are rounded to 1/400


def test_a_clean_window_helps_more_in_a_combination_than_in_a_sum():
    combined = combined_limit([0, 20], [0.2, 20.0], 0.0, [0.5, 0.5])
    assert combined < set_limits(20, 20.2).observed[0]
    assert combined < set_limits(0, 0.2).observed[0] / 0.5 * (1 + 1e-9)


def test_the_periods_of_pi_nu_nu_combine():
    single = set_limits(20, 7.0).observed[0]
    assert 0 < combined_limit([1, 2, 20], [0.152, 1.5, 7.0], 0.0, [0.02, 0.15, 0.83]) < 1.5 * single


def test_a_deep_deficit_is_no_trouble():
    assert combined_limit(3, 800.0) == pytest.approx(set_limits(3, 800.0).observed[0], rel=1e-7)
    assert np.isfinite(combined_limit([3, 400], [800.0, 500.0], [10.0, 1e-7], [0.5, 0.5]))


def test_absurd_input():
    with pytest.raises(InputError, match="share"):
        combined_limit([1], [1.0], 0.0, [0.0])
    with pytest.raises(InputError, match=r"n_observed\[1\]"):
        combined_limit([1, -1], [1.0, 1.0])
    with pytest.raises(InputError, match=r"background\[0\]"):
        combined_limit([1], [0.0], 0.1)


@pytest.mark.parametrize(("z", "name"), [(-2, "expected_m2"), (0, "expected"), (2, "expected_p2")])
def test_expected_limits_of_equal_signal_to_background_are_those_of_the_sum(z, name):
    share = np.array([7, 2, 8]) / 17
    combined = combined_limit(None, 1.7 * share, 0.0, share, quantile=float(ndtr(z)))
    assert combined == pytest.approx(getattr(set_limits(None, 1.7), name)[0], rel=1e-6)


def test_expected_limits_gain_from_a_clean_window():
    one = set_limits(None, 3.0).expected[0]
    assert combined_limit(None, [0.3, 2.7], 0.0, [0.5, 0.5], quantile=0.5) < 0.95 * one
