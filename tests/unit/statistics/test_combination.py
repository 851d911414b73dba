"""Several windows in one limit: check values, reductions, brute force, common nuisances."""

import csv
import itertools
import json
from pathlib import Path

import numpy as np
import pytest
from scipy import stats
from scipy.special import gammaincc, gammainccinv, ndtr

from darkaon.errors import InputError
from darkaon.statistics.combination import combined_limit, log_cls, windows_from
from darkaon.statistics.generating import Source, Windows
from darkaon.statistics.limits import set_limits
from darkaon.typing import BANDS

PATH = Path(__file__).parents[2] / "data/limits/combination.csv"
ROWS = list(csv.DictReader(line for line in PATH.read_text().splitlines() if not line.startswith("#")))
QUANTILES = dict(zip(BANDS, ndtr([-2.0, -1.0, 0.0, 1.0, 2.0]).tolist(), strict=True))


@pytest.mark.parametrize("nuisance", ["gamma", "gauss", "lognormal"])
@pytest.mark.parametrize("down", [8.0, 0.0])
def test_one_window_of_unequal_sides_is_that_of_set_limits(nuisance, down):
    windows = windows_from([12], [10.0], [22.0], uncertainty_down=[down], nuisance=nuisance)
    assert combined_limit(windows) == pytest.approx(set_limits(12, 10.0, 22.0, down).observed[0], rel=1e-4)


@pytest.mark.parametrize("row", ROWS, ids=[row["b"][:30] for row in ROWS])
def test_check_values(row):
    """limits_engine.md, section 4; the order of near ties moves limits by up to 0.3 %."""
    n, b, sigma, share = (np.array(json.loads(row[name])) for name in ("n", "b", "sigma", "share"))
    windows = windows_from(n, b, sigma, common_signal_uncertainty=float(row["signal_uncertainty"]))
    assert combined_limit(windows, share) == pytest.approx(float(row["observed"]), rel=4e-3)
    for name in ("expected_m1", "expected", "expected_p1"):
        found = combined_limit(windows, share, quantile=QUANTILES[name])
        assert found == pytest.approx(float(row[name]), rel=4e-3)


def test_weights_with_the_uncertainty_beat_those_without():
    """100 +- 50 beside 100 +- 1: with ln(1 + s/b) alone the two were worse than the better window by itself."""
    row = ROWS[1]
    better = set_limits(None, 100.0, 1.0).expected[0] / 0.5
    two = combined_limit(windows_from([100, 100], 100.0, [50.0, 1.0]), 0.5, quantile=0.5)
    assert two < better < float(row["expected_with_weights_ln(1+s/b)"])
    assert two == pytest.approx(34.06, rel=4e-3)


@pytest.mark.parametrize(
    ("n", "b", "sigma", "options"),
    [
        (0, 0.01, 0.0, {}),
        (1, 0.5, 0.0, {}),
        (12, 8.0, 2.0, {}),
        (12, 10.0, 3.0, {"signal_uncertainty": 0.15}),
        (3, 800.0, 10.0, {}),
        (9900, 1e4, 100.0, {}),
        (5, 4.0, 8.0, {}),
        (110, 100.0, 20.0, {"nuisance": "gauss"}),
        (12, 10.0, 3.0, {"nuisance": "lognormal"}),
        (12, 10.0, 22.0, {"uncertainty_down": 8.0}),
    ],
)
def test_one_window_is_the_single_limit_with_its_bands(n, b, sigma, options):
    single = set_limits(n, b, sigma, **options)
    own = dict(options)
    common = own.pop("signal_uncertainty", 0.0)
    windows = windows_from([n], b, sigma, common_signal_uncertainty=common, **own)
    assert combined_limit(windows) == pytest.approx(single.observed[0], rel=4e-7)
    for name, quantile in QUANTILES.items():
        assert combined_limit(windows, quantile=quantile) == pytest.approx(getattr(single, name)[0], rel=1e-6)


def test_published_values_of_one_window():
    assert combined_limit(windows_from([12], 10.0, 3.0, common_signal_uncertainty=0.15)) == pytest.approx(
        9.99873, rel=1e-6
    )
    assert combined_limit(windows_from([12], 10.0, correlated=0.3)) == pytest.approx(9.303755, rel=4e-7)


def test_fully_correlated_backgrounds_are_their_sum_and_independent_ones_are_not():
    both = combined_limit(windows_from([6, 6], 5.0, correlated=0.3), 0.5)
    assert both == pytest.approx(set_limits(12, 10.0, 3.0, nuisance="lognormal").observed[0], rel=4e-7)
    independent = combined_limit(windows_from([6, 6], 5.0, 1.5, nuisance="lognormal"), 0.5)
    assert independent == pytest.approx(8.78397, rel=1e-6)


def test_windows_of_equal_purity_are_their_sum():
    combined = combined_limit(windows_from([1, 0, 4], [0.5, 1.0, 1.5]), [1 / 6, 2 / 6, 3 / 6])
    assert combined == pytest.approx(set_limits(5, 3.0).observed[0], rel=4e-7)


def test_a_window_without_signal_changes_nothing():
    assert combined_limit(windows_from([3, 50], [1.0, 40.0]), [1.0, 0.0]) == pytest.approx(
        set_limits(3, 1.0).observed[0]
    )


def test_nothing_observed_anywhere_gives_the_limit_of_no_background():
    windows = windows_from([0, 0], [0.3, 5.0], [0.1, 1.0])
    assert combined_limit(windows, [0.7, 0.3]) == pytest.approx(np.log(10), rel=1e-7)


def _outcomes(b, sigma, signal, w, x):
    """P(sum w n <= x) by adding up all outcomes: negative binomial backgrounds, Poisson signals."""
    size = 70
    k, each = np.arange(size), []
    for mean, error, s in zip(b, sigma, signal, strict=True):
        tau = mean / error**2
        background = stats.nbinom.pmf(k, mean * tau, tau / (1 + tau))
        each.append(np.convolve(background, stats.poisson.pmf(k, s))[:size])
    outcomes = itertools.product(range(size), repeat=len(b))
    return sum(np.prod([p[i] for p, i in zip(each, n, strict=True)]) for n in outcomes if np.dot(w, n) <= x)


def test_the_limit_solves_cls_summed_over_all_outcomes():
    n, b, sigma, share = [2, 4], np.array([0.4, 3.0]), np.array([0.2, 1.0]), np.array([0.6, 0.4])
    mu = combined_limit(windows_from(n, b, sigma), share)
    exact = np.log1p(mu * share / b) * b / (b + sigma**2)
    w = np.rint(exact / exact.max() * 300)
    with_signal, without = (_outcomes(b, sigma, s, w, np.dot(w, n)) for s in (mu * share, 0 * share))
    assert with_signal / without == pytest.approx(0.1, rel=1e-6)


def test_signal_uncertainties_common_and_independent_by_pseudo_experiments():
    b, s, n = np.array([2.0, 5.0]), np.array([3.0, 4.0]), np.array([3, 6])
    rng = np.random.default_rng(3)
    weights = np.log1p(s / b)
    for option in ("signal_uncertainty", "common_signal_uncertainty"):
        z = rng.standard_normal((400_000, 2 if option == "signal_uncertainty" else 1))
        x = weights @ n * (1 + 1e-6)
        tails = [np.mean(rng.poisson(b + signal) @ weights <= x) for signal in (s * 1.5**z, np.zeros((400_000, 2)))]
        found = log_cls(windows_from(n, b, **{option: 0.5}), s)
        assert found == pytest.approx(np.log(tails[0] / tails[1]), abs=0.012)


def test_several_sources_of_one_window_are_convolved():
    """Two Gaussian sources are one with their errors in quadrature; a gamma and a Gaussian by pseudo-experiments."""
    nothing = np.zeros(1)
    two = Windows(
        np.array([110.0]),
        (Source(0, 60.0, 6.0, 6.0, "gauss"), Source(0, 40.0, 4.0, 4.0, "gauss")),
        nothing,
        nothing,
    )
    one = set_limits(110, 100.0, np.hypot(6.0, 4.0), nuisance="gauss").observed[0]
    assert combined_limit(two) == pytest.approx(one, rel=1e-6)
    mixed = Windows(
        np.array([6.0]), (Source(0, 2.0, 1.0, 1.0), Source(0, 1.5, 0.5, 0.5, "lognormal")), nothing, nothing
    )
    rng = np.random.default_rng(8)
    b = rng.gamma(4.0, 0.5, 400_000) + 1.5 * np.exp(np.log(4 / 3) * rng.standard_normal(400_000))
    limit = combined_limit(mixed)
    assert gammaincc(7, b + limit).mean() / gammaincc(7, b).mean() == pytest.approx(0.1, rel=3e-3)


def test_counts_near_the_real_point_and_on_the_whole_circle_agree():
    """Just below and just above the switch: a hundred windows' worth of weights, the same limit."""
    b = np.array([3300.0, 3400.0])
    below = combined_limit(windows_from([3300, 3400], b, 60.0), [0.6, 0.4])
    above = combined_limit(windows_from([3400, 3500], b + 100.0, 60.0), [0.6, 0.4])
    assert above == pytest.approx(below * np.sqrt((3450 + 3600) / (3350 + 3600)), rel=5e-3)


def test_a_clean_window_helps_more_in_a_combination_than_in_a_sum():
    combined = combined_limit(windows_from([0, 20], [0.2, 20.0]), 0.5)
    assert combined < set_limits(20, 20.2).observed[0]
    assert combined < set_limits(0, 0.2).observed[0] / 0.5 * (1 + 1e-9)


def test_a_deep_deficit_and_a_hopeless_signal_are_no_trouble():
    assert np.isfinite(combined_limit(windows_from([3, 400], [800.0, 500.0], [10.0, 1e-7]), 0.5))
    windows = windows_from([1, 3], [0.5, 40.0], [0.1, 5.0])
    signals = [1.0, 10.0, 1e3, 1e6]
    found = [log_cls(windows, np.array([s, s])) for s in signals]
    assert found == sorted(found, reverse=True) and found[-1] < -1e4


def test_a_far_excess_is_covered_by_no_limit_near_it():
    assert log_cls(windows_from([500, 300], [10.0, 10.0], 2.0), np.array([1.0, 1.0])) == pytest.approx(0.0, abs=1e-9)


def test_absurd_input():
    with pytest.raises(InputError, match="share"):
        combined_limit(windows_from([1], [1.0]), [0.0])
    with pytest.raises(InputError, match=r"n_observed\[1\]"):
        windows_from([1, -1], [1.0, 1.0])
    with pytest.raises(InputError, match=r"background\[0\]"):
        windows_from([1], [0.0], 0.1)


@pytest.mark.parametrize("name", ["expected_m2", "expected", "expected_p2"])
def test_expected_limits_of_equal_signal_to_background_are_those_of_the_sum(name):
    share = np.array([7, 2, 8]) / 17
    combined = combined_limit(windows_from(None, 1.7 * share), share, quantile=QUANTILES[name])
    assert combined == pytest.approx(getattr(set_limits(None, 1.7), name)[0], rel=1e-6)


def test_a_known_background_is_the_closed_form():
    for n, b in ((0, 3.0), (5, 2.0), (100, 110.0), (400, 400.0)):
        assert combined_limit(windows_from([n], b)) == pytest.approx(
            gammainccinv(n + 1, 0.1 * gammaincc(n + 1, b)) - b, rel=1e-7
        )


def test_a_deficit_far_below_a_window_of_hardly_known_background_has_an_answer():
    """The curvature at the saddle is then nothing like that at the mean: once NaN."""
    for n in (0.0, 1.0, 30.0):
        windows = windows_from([n, 3.0], [1.0e5, 2.0], [5.0e4, 0.5])
        value = combined_limit(windows, [0.6, 0.4])
        assert np.isfinite(value) and value > 0


@pytest.mark.parametrize("down", [10.0, 12.0])
def test_a_downward_uncertainty_is_below_the_background(down):
    with pytest.raises(InputError, match=r"uncertainty_down\[1\] is 1\d; it must be smaller than the background"):
        windows_from([5, 12], 10.0, 22.0, uncertainty_down=[8.0, down])
    assert windows_from([5, 12], 10.0, 22.0, uncertainty_down=[8.0, np.nan]).sources[1].down == 22.0
