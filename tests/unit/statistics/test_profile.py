import numpy as np
import pytest

from darkaon.statistics.limits import set_limits


def minus_log_likelihood(n, a, s, b, sigma):
    return s + b - n * np.log(np.maximum(s + b, 1e-12)) + (b - a) ** 2 / (2 * sigma**2)


def fitted(n, a, s, sigma):
    """The background that fits best and its -ln L, by golden section: nothing of the engine."""
    low, high, golden = np.zeros_like(a), np.maximum(np.abs(a), n) + 10 * sigma, (np.sqrt(5) - 1) / 2
    for _ in range(60):
        c, d = high - golden * (high - low), low + golden * (high - low)
        left = minus_log_likelihood(n, a, s, c, sigma) < minus_log_likelihood(n, a, s, d, sigma)
        high, low = np.where(left, d, high), np.where(left, low, c)
    b = 0.5 * (low + high)
    return b, minus_log_likelihood(n, a, s, b, sigma)


def statistic(n, a, s, sigma):
    b = np.maximum(a, 0)
    free = minus_log_likelihood(n, a, np.maximum(n - b, 0), b, sigma)
    best = np.where(n >= b, free, fitted(n, a, 0.0, sigma)[1])
    return np.where(n - b >= s, 0.0, np.maximum(2 * (fitted(n, a, s, sigma)[1] - best), 0.0))


@pytest.mark.parametrize("n, b, sigma", [(1, 0.5, 0.1), (12, 10.0, 4.0)])
def test_the_enumeration_is_what_pseudo_experiments_give(n, b, sigma):
    rng, size = np.random.default_rng(1), 100_000
    s = set_limits(n, b, sigma, method="profile", nuisance="gauss").observed[0]
    observed = statistic(np.array([float(n)]), np.array([b]), s, sigma) * (1 - 1e-6)
    tails = []
    for signal in (s, 0.0):
        true = fitted(np.array([float(n)]), np.array([b]), signal, sigma)[0]
        drawn = rng.poisson(signal + true, size).astype(float), rng.normal(true, sigma, size)
        tails.append((statistic(*drawn, s, sigma) >= observed).mean())
    assert tails[0] / tails[1] == pytest.approx(0.1, abs=0.005)  # four standard deviations


def test_a_precise_auxiliary_measurement_still_breaks_the_ties():
    limit = set_limits(1, 0.5, 1e-3, method="profile", nuisance="gauss").observed[0]
    known = set_limits(1, 0.5, method="known").observed[0]
    assert 0.84 < limit / known < 0.91


def test_many_events_are_given_to_the_normal_approximation():
    n, b, sigma = [9_900, 30_100], [9_900.0, 30_100.0], [50.0, 50.0]
    ratio = set_limits(n, b, sigma, method="profile").observed / set_limits(n, b, sigma, method="asymptotic").observed
    assert ratio[0] == pytest.approx(1, abs=2e-3) and ratio[1] == 1
