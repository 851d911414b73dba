"""The reference values and traps of the limit engine, and the properties that hold for every window."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special, stats

from darkaon.errors import InputError
from darkaon.statistics.limits import set_limits

N = np.array([0, 1, 3, 5, 100, 400])
B = np.array([0.01, 0.5, 1, 2, 110, 400])
SIGMA = np.array([0.002, 0.1, 0.2, 0.4, 3, 6])

SLICED: list[dict] = [
    {},
    {"method": "known"},
    {"method": "on_off"},
    {"method": "profile"},
    {"method": "profile", "nuisance": "gauss"},
    {"method": "asymptotic"},
    {"nuisance": "gauss"},
    {"nuisance": "lognormal"},
    {"signal_uncertainty": 0.1},
]

counts = st.integers(0, 1_000_000)
backgrounds = st.floats(1e-3, 1e6)
few = st.integers(1, 60)
little = st.floats(0.01, 60)


def windows(seed: int, size: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    b = 10 ** rng.uniform(-3, 6, size)
    n = np.where(rng.random(size) < 0.7, rng.poisson(b), np.floor(10 ** rng.uniform(0, 6, size)) - 1)
    return n, b, b * 10 ** rng.uniform(-3, 0, size)


def test_reference_values_for_a_known_background():
    expected = [2.3026, 3.508, 5.711, 7.306, 13.108, 34.227]
    assert set_limits(N, B, SIGMA, method="known").observed == pytest.approx(expected, rel=1e-3)


def test_reference_values_of_hybrid_with_a_gaussian():
    expected = [2.3026, 3.514, 5.726, 7.351, 13.688, 35.619]
    assert set_limits(N, B, SIGMA, nuisance="gauss").observed == pytest.approx(expected, rel=1e-3)


def test_reference_values_of_profile_with_a_gaussian_auxiliary_measurement():
    expected = [2.303, 3.061, 5.145, 6.765, 13.460, 35.281]
    assert set_limits(N, B, SIGMA, method="profile", nuisance="gauss").observed == pytest.approx(expected, rel=1e-3)


def test_reference_values_of_asymptotic():
    expected = [1.372, 2.831, 5.010, 6.646, 13.332, 35.176]
    assert set_limits(N, B, SIGMA, method="asymptotic").observed == pytest.approx(expected, rel=1e-3)


def test_significance_of_on_off_is_z_bi():
    # n_off = 100, tau = 1: a background of 100 +- 10
    assert set_limits(150, 100, 10, method="on_off").significance[0] == pytest.approx(3.1080, rel=1e-4)


def test_classical_limits_without_background():
    expected = [2.303, 3.890, 5.322, 6.681, 7.994, 9.275]
    for method in ("known", "hybrid"):
        assert set_limits(np.arange(6), 0.0, method=method).observed == pytest.approx(expected, rel=1e-3)


def test_two_piece_log_normal_of_pi0_to_invisible():
    assert set_limits(12, 10, 22, 8).observed[0] == pytest.approx(14.5, abs=0.05)


@pytest.mark.parametrize("nuisance", ["gamma", "gauss", "lognormal"])
def test_nothing_observed_gives_the_same_limit_for_every_background(nuisance):
    b = np.logspace(-6, 6, 40)
    for relative in (0.0, 0.1, 1.0, 3.0):
        for level in (0.5, 0.90, 0.95, 0.9999):
            limits = set_limits(0, b, relative * b, nuisance=nuisance, level=level)
            assert limits.observed == pytest.approx(-np.log1p(-level), rel=1e-6)


def test_expected_bands_collapse_at_a_tiny_background():
    limits = set_limits(None, 0.01, 0.002)
    for name, value in limits.columns().items():
        if name.startswith("expected"):
            assert value[0] == pytest.approx(np.log(10), rel=1e-6)


def test_expected_bands_are_the_limits_of_the_quantile_counts():
    limits = set_limits(4, 4.0, 0.8)
    # 4 +- 0.8 gamma distributed: a negative binomial count
    assert stats.nbinom.ppf(stats.norm.cdf([-2, -1, 0, 1, 2]), 25, 25 / 29).tolist() == [0, 2, 4, 6, 9]
    for count, band in zip((0, 2, 4, 6, 9), ("_m2", "_m1", "", "_p1", "_p2"), strict=True):
        assert getattr(limits, f"expected{band}") == set_limits(count, 4.0, 0.8).observed


def test_a_blinded_search_has_expected_limits_only():
    limits = set_limits(None, B, SIGMA)
    assert all(np.isnan(x).all() for x in (limits.observed, limits.p_value, limits.significance))
    assert np.array_equal(limits.expected_p2, set_limits(N, B, SIGMA).expected_p2)


def test_significance_is_that_of_the_p_value():
    limits = set_limits([10, 0, 5], [2.0, 3.0, 5.0])
    assert limits.p_value == pytest.approx([4.64981e-05, 1.0, 0.559507], rel=1e-5)
    assert limits.significance == pytest.approx([3.90838, 0, 0], rel=1e-4)


def test_significance_of_a_hopeless_background_stays_finite():
    for method in ("hybrid", "known", "on_off", "profile", "asymptotic"):
        limits = set_limits([1, 7, 1e6], [0.0, 1e-5, 0.01], method=method)
        assert np.all(np.isfinite(limits.significance)), method
    limits = set_limits([1, 7, 1e6], [0.0, 1e-5, 0.01])
    assert np.all(np.isfinite(limits.significance)) and limits.significance[0] > 37


def test_a_deep_deficit_is_evaluated_in_logarithms():
    # s e^-s-like tail: Q(4, b + s)/Q(4, b) = 0.1 at b = 800, solved with 50 digits
    assert set_limits(3, 800.0, method="known").observed[0] == pytest.approx(2.31109, rel=1e-4)
    assert set_limits(3, 800.0, 1e-3).observed[0] == pytest.approx(2.31109, rel=1e-4)


@pytest.mark.parametrize("nuisance", ["gamma", "gauss", "lognormal"])
@pytest.mark.parametrize("n, b, sigma", [(2, 2.9, 0.4), (60, 50, 5), (60, 50, 20), (300, 320, 90), (20, 60, 15)])
def test_hybrid_agrees_with_the_average_on_a_dense_grid(nuisance, n, b, sigma):
    if nuisance == "gauss":
        x = np.linspace(0, b + 12 * sigma, 400_001)
        weight = stats.norm.pdf(x, b, sigma)
    elif nuisance == "gamma":
        x = np.linspace(1e-9, b + 40 * sigma, 400_001)
        weight = stats.gamma.pdf(x, (b / sigma) ** 2, scale=sigma**2 / b)
    else:
        x = np.linspace(1e-9, b + 60 * sigma, 400_001)
        weight = stats.lognorm.pdf(x, np.log1p(sigma / b), scale=b)
    s = set_limits(n, b, sigma, nuisance=nuisance).observed[0]
    ratio = (weight * special.gammaincc(n + 1, s + x)).sum() / (weight * special.gammaincc(n + 1, x)).sum()
    assert ratio == pytest.approx(0.1, rel=2e-5)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"nuisance": "gauss"},
        {"nuisance": "lognormal"},
        {"method": "known"},
        {"method": "on_off"},
        {"method": "asymptotic"},
        {"method": "asymptotic", "nuisance": "gauss"},
    ],
    ids=str,
)
def test_any_mixture_of_windows_gives_finite_ordered_numbers(options):
    n, b, sigma = windows(1, 600)
    limits = set_limits(n, b, sigma, **options)
    assert all(np.isfinite(column).all() for column in limits.columns().values())
    bands = [limits.expected_m2, limits.expected_m1, limits.expected, limits.expected_p1, limits.expected_p2]
    assert np.all(np.diff(bands, axis=0) >= -1e-6 * limits.expected)
    if options.get("method") != "asymptotic":
        assert np.all(limits.observed > np.log(10) * (1 - 1e-9))


@pytest.mark.parametrize("nuisance", ["gamma", "gauss"])
def test_profile_gives_finite_ordered_numbers(nuisance):
    n, b, sigma = (x[:60] for x in windows(4, 60))
    limits = set_limits(n, b, sigma, method="profile", nuisance=nuisance)
    assert np.all(limits.observed > np.log(10) * (1 - 1e-6))
    assert all(np.isfinite(column).all() for column in limits.columns().values())


@pytest.mark.parametrize("options", SLICED, ids=str)
def test_order_and_slicing_of_the_windows_change_no_bit(options):
    slow = options.get("method") == "profile" or "signal_uncertainty" in options
    n, b, sigma = windows(2, 40 if slow else 200)
    whole = set_limits(n, b, sigma, **options).columns()
    shuffle = np.random.default_rng(3).permutation(n.size)
    parts = [shuffle, *(slice(i, i + size) for size in (1, 2, 3, 7, 8, 33) for i in range(0, n.size, 61))]
    for part in parts:
        for name, values in set_limits(n[part], b[part], sigma[part], **options).columns().items():
            assert np.array_equal(values, whole[name][part]), name


@given(counts, backgrounds, st.floats(0, 1), st.floats(0.5, 0.99))
@settings(max_examples=60, deadline=None)
def test_the_limit_grows_with_the_level(n, b, relative, level):
    lower, higher = (set_limits(n, b, relative * b, level=x).observed[0] for x in (level, level + 0.005))
    assert higher > lower


@given(few, little, st.floats(0, 1))
@settings(max_examples=60, deadline=None)
def test_the_limit_grows_with_the_count(n, b, relative):
    limits = set_limits([n - 1, n], b, relative * b).observed
    assert limits[1] > limits[0]


@given(counts.filter(bool), st.floats(0.01, 1e5), st.floats(1.01, 2))
@settings(max_examples=60, deadline=None)
def test_the_limit_for_a_known_background_falls_as_it_grows(n, b, factor):
    limits = set_limits(n, [b, b * factor], method="known").observed
    assert limits[1] <= limits[0] * (1 + 1e-9)


@given(counts, backgrounds, st.sampled_from(["gamma", "gauss", "lognormal"]))
@settings(max_examples=60, deadline=None)
def test_hybrid_tends_to_known(n, b, nuisance):
    sigma = min(1e-4 * b, 1e-3)
    known = set_limits(n, b, method="known").observed[0]
    assert set_limits(n, b, sigma, nuisance=nuisance).observed[0] == pytest.approx(known, rel=1e-5)
    assert set_limits(n, b, 0, nuisance=nuisance).observed[0] == pytest.approx(known, rel=1e-6)


def test_a_signal_uncertainty_weakens_the_limit_and_vanishes_smoothly():
    for method in ("hybrid", "known"):
        plain, tiny, large = (
            set_limits(N, B, SIGMA, method=method, signal_uncertainty=x).observed for x in (0, 1e-5, 0.2)
        )
        assert tiny == pytest.approx(plain, rel=1e-6)
        assert np.all(large > plain)
    # n = 0: the mean of exp(-s e^(z ln 1.1)) over z is 0.1
    z = np.linspace(-9, 9, 20_001)
    s = set_limits(0, 1.0, 0.2, signal_uncertainty=0.1).observed[0]
    weight = np.exp(-0.5 * z * z)
    assert (weight * np.exp(-s * 1.1**z)).sum() / weight.sum() == pytest.approx(0.1, rel=1e-7)


@pytest.mark.parametrize(
    "arguments, message",
    [
        (([1, -1], 1.0), r"n_observed\[1\] is -1"),
        (([1, 2.5], 1.0), r"n_observed\[1\] is 2.5.*whole"),
        (([1, np.nan], 1.0), r"n_observed\[1\] is nan"),
        ((1, [1.0, -2.0]), r"background\[1\] is -2"),
        ((1, [np.inf]), r"background\[0\] is inf"),
        ((1, 1.0, [0.1, 0.1, -0.1]), r"uncertainty\[2\]"),
        (([1, 2], [1.0, 1.0, 1.0]), "n_observed has 2 entries"),
        (([], []), "n_observed is empty"),
        ((1, []), "background is empty"),
        ((1, [[1.0]]), "background has 2 dimensions"),
        (("x", 1.0), "n_observed"),
        ((1, 0.0, 0.1), r"background\[0\] is 0.*gauss"),
        ((5, 10.0, 3.0, 10.0), r"uncertainty_down\[0\] is 10"),
    ],
)
def test_absurd_input_is_named(arguments, message):
    with pytest.raises(InputError, match=message):
        set_limits(*arguments)


@pytest.mark.parametrize("level", [0, 1, -0.1, 90, np.nan, "high"])
def test_a_level_outside_0_1_is_refused(level):
    with pytest.raises(InputError, match="level"):
        set_limits(1, 1.0, level=level)


@pytest.mark.parametrize("nuisance", ["gauss", "lognormal"])
def test_a_sideband_is_gamma(nuisance):
    with pytest.raises(InputError, match=f"{nuisance}: on_off counts the background in a sideband, which is gamma"):
        set_limits(3, 1.5, 0.7, method="on_off", nuisance=nuisance)


def test_unknown_names_are_refused():
    with pytest.raises(InputError, match="method: 'magic'"):
        set_limits(1, 1.0, method="magic")
    with pytest.raises(InputError, match="nuisance: 'beta'"):
        set_limits(1, 1.0, nuisance="beta")


def test_meaningful_extremes_have_an_answer():
    assert set_limits(3, 0.0).observed[0] == pytest.approx(6.681, rel=1e-3)  # the classical limit
    assert np.isfinite(set_limits(3, 1.0, 5.0).observed[0])  # sigma_b > b: a gamma distribution of shape below 1
    assert np.isfinite(set_limits(3, 0.0, 1.0, nuisance="gauss").observed[0])  # half a Gaussian
