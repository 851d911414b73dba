"""Corners where quadratures were inexact, against sums over a dense grid of backgrounds."""

import bisect

import numpy as np
import pytest
from scipy import special
from scipy.optimize import brentq

from darkaon.statistics.limits import set_limits

Z = np.linspace(-9, 9, 20_001)
WEIGHT = np.exp(-0.5 * Z * Z) / np.exp(-0.5 * Z * Z).sum()


def brute(n, b, *, level=0.90, signal_uncertainty=0.0, weight=WEIGHT):
    """The limit for backgrounds `b` of these weights."""
    z = np.linspace(-8, 8, 401 if signal_uncertainty else 1) if signal_uncertainty else np.zeros(1)
    strength, share = (1 + signal_uncertainty) ** z, np.exp(-0.5 * z * z)

    def tail(s):
        each = [np.sum(weight * special.gammaincc(n + 1, b + s * f)) for f in strength]
        return np.sum(share * each) / share.sum()

    whole, high = np.sum(weight * special.gammaincc(n + 1, b)), 4.0
    while tail(high) / whole > 1 - level:
        high *= 2
    return brentq(lambda s: tail(s) / whole - (1 - level), 0, high, rtol=1e-8)


def gamma(b, sigma, step=1):
    k = (b / sigma) ** 2
    return special.gammaincinv(k, special.ndtr(Z[::step])) * sigma * sigma / b


def test_p_value_with_a_background_much_wider_than_the_count():
    """Lognormal n = 300000 on 200000 +- 30000: the step of the count is 1/55 of the distribution's width."""
    b = 200_000 * np.exp(np.log1p(0.15) * Z)
    expected = np.sum(WEIGHT * special.gammainc(300_000, b))
    assert expected == pytest.approx(0.001861, rel=1e-3)
    assert set_limits(300_000, 200_000, 30_000, nuisance="lognormal").p_value[0] == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(("n", "b", "sigma"), [(30_000, 20_000, 5_000), (3_000, 2_000, 500), (12, 2, 3)])
def test_p_values_of_wide_gaussians(n, b, sigma):
    x = np.linspace(0.0, b + 12 * sigma, 400_001)
    weight = np.exp(-0.5 * ((x - b) / sigma) ** 2)
    weight[0] *= 0.5
    expected = np.sum(weight * special.gammainc(n, x)) / weight.sum()
    assert set_limits(n, b, sigma, nuisance="gauss").p_value[0] == pytest.approx(expected, rel=2e-5)


@pytest.mark.parametrize(("n", "b"), [(5, 3), (100, 50), (400, 200)])
def test_uncertainties_of_the_signal_and_of_the_background_of_100_percent(n, b):
    weight = WEIGHT[::20] / WEIGHT[::20].sum()
    expected = brute(n, gamma(b, b, 20), signal_uncertainty=1.0, weight=weight)
    assert set_limits(n, b, b, signal_uncertainty=1.0).observed[0] == pytest.approx(expected, rel=1e-5)


def test_a_deficit_of_138_standard_deviations():
    found = set_limits(148_936, 212_787.5, 280.5, level=0.99).observed[0]
    assert found == pytest.approx(19.32, abs=0.005)
    # the integrand's bulk lies 120 standard deviations below the background
    k, rate = (212_787.5 / 280.5) ** 2, 212_787.5 / 280.5**2
    t = np.linspace(-60_000, 10_000, 700_001) + 212_787.5
    log_weight = (k - 1) * np.log(t) - rate * t

    def log_tail(s):
        mean = t + s
        logs = (
            log_weight + 148_936 * np.log(mean) - mean
        )  # the pmf: far below the mean the tail is 1/(1 - n/mean) of it
        logs += -np.log1p(-148_936 / mean)
        return special.logsumexp(logs[t > 160_000])

    assert log_tail(found) - log_tail(0.0) == pytest.approx(np.log(0.01), rel=2e-3)


@pytest.mark.parametrize(
    ("n", "b", "up", "down"),
    [
        (12, 10, 22, 8),
        (2800, 2800, 70, 1400),
        (1864, 1434, 2200, 23),
        (500, 530, 108, 85),
        (40, 50, 2, 40),
        (3, 1.5, 0.7, 0),
        (3, 10, 3, 0),
        (1000, 1000, 100, 0),
        (12, 10, 0, 4),
        (100, 100, 0, 40),
    ],
)
def test_two_pieces_of_unequal_sides(n, b, up, down):
    x = b * np.exp(np.where(Z > 0, np.log1p(up / b), -np.log1p(-down / b)) * Z)
    found = set_limits(n, b, up, down)
    assert found.observed[0] == pytest.approx(brute(n, x), rel=2e-5)
    assert found.p_value[0] == pytest.approx(np.sum(WEIGHT * special.gammainc(n, x)), rel=2e-5)


def test_half_a_gaussian_has_all_that_others_have():
    found = set_limits([0, 3], 0.0, 1.0, nuisance="gauss")
    x = np.linspace(0.0, 12.0, 200_001)
    weight = np.exp(-0.5 * x * x)
    weight[0] *= 0.5
    expected = np.sum(weight * special.gammainc(3, x)) / weight.sum()
    assert found.p_value == pytest.approx([1.0, expected], rel=1e-6)
    assert found.observed[1] == pytest.approx(brute(3, x, weight=weight), rel=1e-6)
    assert np.all(np.isfinite(found.expected_p2)) and np.all(found.expected_p2 > found.expected)


BACKGROUNDS = {
    "gamma": gamma,
    "gauss": lambda b, sigma: b + sigma * Z,
    "lognormal": lambda b, sigma: b * np.exp(np.log1p(sigma / b) * Z),
}


@pytest.mark.parametrize("nuisance", BACKGROUNDS)
@pytest.mark.parametrize(
    ("n", "b", "sigma"), [(55_350, 56_627, 208), (3_320, 3_669, 69), (1_661, 1_822, 81), (66, 100, 10), (97, 100, 3)]
)
def test_nodes_follow_a_deficit(n, b, sigma, nuisance):
    expected = brute(n, BACKGROUNDS[nuisance](b, sigma))
    assert set_limits(n, b, sigma, nuisance=nuisance).observed[0] == pytest.approx(expected, rel=1e-6)


def test_a_large_gaussian_background_at_95_percent():
    """40000 on 40000 +- 1000: 1999.479 and the band [1439.447, 2783.187]; 1994.2 is the limit of 39992 events."""
    b = 40_000 + 1_000 * Z

    def quantile(z):
        counts = np.arange(38_000, 42_000)
        first = bisect.bisect_left(
            counts, special.ndtr(z), key=lambda n: np.sum(WEIGHT * special.gammaincc(n + 1, b))
        )
        return int(counts[first])

    found = set_limits(40_000, 40_000, 1_000, nuisance="gauss", level=0.95)
    assert found.observed[0] == pytest.approx(brute(40_000, b, level=0.95), rel=1e-6)
    assert found.observed[0] == pytest.approx(1999.479, abs=1e-3)
    limits = found.expected_m1, found.expected, found.expected_p1
    for z, limit, value in zip((-1, 0, 1), limits, (1439.447, 1999.479, 2783.187), strict=True):
        assert limit[0] == pytest.approx(brute(quantile(z), b, level=0.95), rel=1e-6)
        assert limit[0] == pytest.approx(value, abs=1e-3)
    assert brute(39_992, b, level=0.95) == pytest.approx(1994.2, abs=0.05)


def test_masked_windows_stay_masked():
    n = np.ma.array([3, -7, 5], mask=[False, True, False])
    b = np.ma.array([1.0, 2.0, np.nan], mask=[False, False, True])
    found = set_limits(n, b, 0.2)
    for values in found.columns().values():
        assert values.mask.tolist() == [False, True, True]
    assert found.observed[0] == set_limits(3, 1.0, 0.2).observed[0]


@pytest.mark.parametrize("nuisance", ["gauss", "gamma"])
def test_profile_does_not_jump_where_enumeration_ends(nuisance):
    for edge in (1e4, 3e4):
        n = np.array([edge - 1, edge + 1])
        found = set_limits(n, n, 0.8 * np.sqrt(n), method="profile", nuisance=nuisance).observed
        assert found[1] / found[0] == pytest.approx(np.sqrt(n[1] / n[0]), abs=6e-5)
