import iminuit
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from darkaon.errors import InputError
from darkaon.windows.sidebands import fit_sidebands, sideband_background, sideband_design

WIDE = (0.0, 1000.0)


def one(value):
    return np.array([float(value)])


def fitted(ordered, order=1, spectrum=WIDE, **more):
    return sideband_background(
        np.sort(ordered), one(300), one(299), one(301), one(9), spectrum=spectrum, bins=180, order=order, **more
    )


@given(st.integers(0, 2**32 - 1), st.integers(20, 3000))
@settings(max_examples=30, deadline=None)
def test_linear_fit_to_symmetric_sidebands_is_n_over_8(seed, events):
    """statistics.md: +-9 sigma without +-1 sigma gives exactly b = N_SB/8, sigma_b = sqrt(N_SB)/8."""
    rng = np.random.default_rng(seed)
    x = 290 + 20 * rng.beta(1.2, 1.1, events)
    sidebands = np.sum(((x >= 291) & (x < 299)) | ((x >= 301) & (x < 309)))
    result = fitted(x)
    assert result.background[0] == pytest.approx(sidebands / 8, rel=1e-6)
    assert result.statistical[0] == pytest.approx(np.sqrt(sidebands) / 8, rel=1e-6)
    assert result.n_observed[0] == np.sum((x >= 299) & (x < 301))


@pytest.mark.parametrize("order", [0, 1, 2, 3])
@pytest.mark.parametrize("spectrum", [WIDE, (293.0, 305.0)])
def test_agrees_with_iminuit(order, spectrum):
    x = np.sort(280 + 40 * np.random.default_rng(5).beta(2, 3, 4000))
    x = x[(x >= spectrum[0]) & (x < spectrum[1])]
    design = sideband_design(one(300), one(299), one(301), one(9), spectrum=spectrum, bins=180)
    counts = np.diff(np.searchsorted(x, design.edges[0]))
    edges = design.edges[0]
    used = ~design.in_window[0] & (np.diff(edges) > 0)
    powers = np.arange(order + 1)

    def integral(low, high, p):
        t = ((np.array([low, high]) - 300) / 9)[..., None] ** (powers + 1) / (powers + 1)
        return np.sum(p * (t[1] - t[0]), axis=-1)

    def nll(p):
        mu = integral(edges[:-1], edges[1:], p)[used]
        return np.sum(mu - counts[used] * np.log(np.maximum(mu, 1e-12)))

    nll.errordef = iminuit.Minuit.LIKELIHOOD
    start = np.zeros(order + 1)
    start[0] = counts[used].sum() / np.sum(np.diff(edges)[used]) * 9
    minuit = iminuit.Minuit(nll, start)
    minuit.strategy = 2
    minuit.tol = 1e-6
    minuit.migrad()
    minuit.hesse()
    weight = np.array([integral(299.0, 301.0, np.eye(order + 1)[k]) for k in powers])
    fit = fit_sidebands(counts[None, :].astype(float), design, order)
    assert fit.background[0] == pytest.approx(np.sum(weight * minuit.values), rel=2e-4)
    expected = np.sqrt(np.einsum("i,ij,j", weight, np.asarray(minuit.covariance), weight))
    assert fit.uncertainty[0] == pytest.approx(expected, rel=0.05)  # expected against observed information


def test_polynomials_are_reproduced_without_bias():
    """Counts that are exactly a cubic density are fitted exactly by a cubic, and the window is predicted."""
    design = sideband_design(one(300), one(299), one(301), one(9), spectrum=WIDE, bins=180)
    coefficients = np.polynomial.Polynomial([100, 3, -0.4, 0.05])
    primitive = coefficients.integ()
    counts = np.diff(primitive(design.edges - 300), axis=1)
    fit = fit_sidebands(counts, design, 3)
    assert fit.background[0] == pytest.approx(primitive(1) - primitive(-1), rel=1e-8)


def test_pull_is_standard_normal():
    rng = np.random.default_rng(11)
    design = sideband_design(one(300), one(299), one(301), one(9), spectrum=WIDE, bins=60)
    means = np.diff(np.polynomial.Polynomial([60, 2]).integ()(design.edges - 300), axis=1)
    toys = 4000
    repeated = sideband_design(*(np.repeat(v, toys) for v in (300.0, 299.0, 301.0, 9.0)), spectrum=WIDE, bins=60)
    fit = fit_sidebands(rng.poisson(np.repeat(means, toys, axis=0)).astype(float), repeated, 1)
    pulls = (fit.background - 120) / fit.uncertainty
    assert abs(pulls.mean()) < 4 / np.sqrt(toys)
    assert pulls.std() == pytest.approx(1, abs=0.05)


def test_few_events_do_not_break_the_fit():
    rng = np.random.default_rng(2)
    for _ in range(50):
        x = rng.uniform(291, 309, 12)
        if np.sum((x < 299) | (x > 301)) > 3:
            result = fitted(x, order=1, alternatives=(2,))
            assert result.background[0] > 0
            assert np.isfinite(result.statistical[0])


def test_batch_does_not_matter():
    rng = np.random.default_rng(3)
    x = np.sort(rng.uniform(200, 400, 5000))
    mass = np.linspace(250, 350, 40)
    arguments = (mass, mass - 1, mass + 1, np.full(40, 9.0))
    options = {"spectrum": WIDE, "bins": 180, "order": 1, "alternatives": (2, 3)}
    whole = sideband_background(x, *arguments, **options)
    for i in (0, 17, 39):
        single = sideband_background(x, *(a[i : i + 1] for a in arguments), **options)
        assert single.background[0] == whole.background[i]
        assert single.systematic[0] == whole.systematic[i]


def test_units_do_not_matter():
    x = np.sort(np.random.default_rng(4).uniform(280, 320, 3000))
    in_gev = sideband_background(
        x / 1000,
        one(0.300),
        one(0.299),
        one(0.301),
        one(0.009),
        spectrum=(0, 1),
        bins=180,
        order=1,
        alternatives=(2,),
    )
    in_mev = fitted(x, alternatives=(2,))
    assert in_gev.background[0] == pytest.approx(in_mev.background[0], rel=1e-9)
    assert in_gev.systematic[0] == pytest.approx(in_mev.systematic[0], rel=1e-6)


@pytest.mark.parametrize(
    ("spectrum", "half", "events", "message"),
    [
        ((299.5, 400.0), 9, 100, "window 299 to 301 of mass hypothesis 300 leaves the spectrum 299.5 to 400"),
        (WIDE, 0.5, 100, "has no sideband; widen"),
        ((299.0, 301.0), 9, 100, "has no sideband"),
        (WIDE, 9, 0, "hold 0 events, too few for a polynomial of order 1"),
    ],
)
def test_faults(spectrum, half, events, message):
    x = np.linspace(292, 298, events)
    with pytest.raises(InputError, match=message):
        sideband_background(x, one(300), one(299), one(301), one(half), spectrum=spectrum, bins=10, order=1)


def test_negative_background_is_refused():
    """A density y^2 - 0.9 around the window: positive in the sidebands, below zero inside."""
    y = np.linspace(1, 9, 4001)
    cumulative = np.polynomial.Polynomial([-0.9, 0, 1]).integ()(y)
    side = np.interp(np.linspace(cumulative[0], cumulative[-1], 5000), cumulative, y)
    with pytest.raises(InputError, match=r"gets a background of -.* must be above 0"):
        fitted(np.concatenate([300 - side, 300 + side]), order=2)


def test_one_sided_windows_are_told():
    x = np.sort(np.random.default_rng(6).uniform(299, 310, 1000))
    assert fitted(x, spectrum=(299.0, 400.0)).one_sided[0]
    assert not fitted(x, spectrum=(298.0, 400.0)).one_sided[0]
