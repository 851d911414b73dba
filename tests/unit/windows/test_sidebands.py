import csv
from pathlib import Path

import iminuit
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from darkaon.config.slots.background import Sidebands
from darkaon.errors import InputError
from darkaon.windows.grid import Windows
from darkaon.windows.sidebands import fit_sidebands, gaussian_signal, sideband_background, sideband_design

WIDE = (0.0, 1000.0)


def one(value):
    return np.array([float(value)])


def windows(mass, sigma=1.0):
    mass = np.atleast_1d(np.asarray(mass, dtype=float))
    width = np.full(len(mass), sigma)
    return Windows(mass, mass, width, mass - width, mass + width, np.full(len(mass), -1))


def slot(spectrum=WIDE, half_width_sigma=9.0, **more):
    return Sidebands(kind="sidebands", half_width_sigma=half_width_sigma, spectrum=spectrum, **{"order": 1, **more})


def fitted(ordered, spectrum=WIDE, **more):
    return sideband_background(np.sort(ordered), windows(300), slot(spectrum, **more))


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
    whole = sideband_background(x, windows(mass), slot(alternatives=(2, 3)))
    for i in (0, 17, 39):
        single = sideband_background(x, windows(mass[i]), slot(alternatives=(2, 3)))
        assert single.background[0] == whole.background[i]
        assert single.systematic[0] == whole.systematic[i]


def test_units_do_not_matter():
    x = np.sort(np.random.default_rng(4).uniform(280, 320, 3000))
    in_gev = sideband_background(x / 1000, windows(0.300, 0.001), slot((0.0, 1.0), alternatives=(2,)))
    in_mev = fitted(x, alternatives=(2,))
    assert in_gev.background[0] == pytest.approx(in_mev.background[0], rel=1e-9)
    assert in_gev.systematic[0] == pytest.approx(in_mev.systematic[0], rel=1e-6)


@pytest.mark.parametrize(
    ("spectrum", "half", "events", "message"),
    [
        ((299.5, 400.0), 9, 100, "window 299 to 301 of mass hypothesis 300 leaves the spectrum 299.5 to 400"),
        (WIDE, 0.5, 100, "has no sideband; widen"),
        ((299.0, 301.0), 9, 100, "has no sideband"),
    ],
)
def test_faults(spectrum, half, events, message):
    x = np.linspace(292, 298, events)
    with pytest.raises(InputError, match=message):
        sideband_background(x, windows(300), slot(spectrum, half, bins=10))


@pytest.mark.parametrize("more", [{"bins": 2, "order": 2}, {"bins": 2, "order": 1, "alternatives": (3,)}])
def test_more_parameters_than_bins_are_refused(more):
    events = np.linspace(200, 400, 2000)
    with pytest.raises(
        InputError, match=r"the sidebands 291 to 309 have 2 bins .* order [23]; raise background.bins"
    ):
        sideband_background(events, windows(300.0), slot((200.0, 400.0), **more))


def test_a_polynomial_below_zero_in_the_window_gives_way_to_a_lower_one():
    """A density y^2 - 0.9 around the window: positive in the sidebands, below zero inside."""
    y = np.linspace(1, 9, 4001)
    cumulative = np.polynomial.Polynomial([-0.9, 0, 1]).integ()(y)
    side = np.interp(np.linspace(cumulative[0], cumulative[-1], 5000), cumulative, y)
    x = np.concatenate([300 - side, 300 + side])
    result, lower = fitted(x, order=2), fitted(x, order=1)
    assert result.order[0] == 1
    assert result.background == lower.background


def test_a_window_with_few_sideband_events_is_a_flag_and_not_the_end():
    """Windows at 100, 300 (no event), 500 (one event) and 700 (two at one place)."""
    mass = np.array([100.0, 300.0, 500.0, 700.0])
    x = np.sort(np.concatenate([np.linspace(91, 109, 400), [505.0], [705.0, 705.0]]))
    result = sideband_background(x, windows(mass), slot(alternatives=(2,)))
    assert result.order.tolist() == [1, -1, 0, 1]
    assert result.background[1:3].tolist() == [0.0, pytest.approx(1 / 8)]
    assert result.statistical[1] == 0 and np.all(result.statistical[[0, 2, 3]] > 0)
    assert result.tau[:3] == pytest.approx(8.0, rel=1e-6)  # also of the empty sidebands: the ratio of sizes
    assert result.leak[1:3] == pytest.approx(0.058099, abs=2e-6)
    assert np.all(np.isfinite(result.systematic)) and result.systematic[1] == 0


LEAKS = [
    {key: float(value) for key, value in row.items()}
    for row in csv.DictReader(
        line
        for line in (Path(__file__).parents[2] / "data/limits/leak.csv").read_text().splitlines()
        if not line.startswith("#")
    )
]


@pytest.mark.parametrize("row", LEAKS)
def test_leak_of_a_signal_into_its_own_background(row):
    """limits_engine.md, section 3, by another program with finer bins."""
    reach = max(-row["spectrum_low"], row["spectrum_high"])
    spectrum = (row["spectrum_low"], row["spectrum_high"])
    design = sideband_design(
        one(0), one(row["window_low"]), one(row["window_high"]), one(reach), spectrum=spectrum, bins=180
    )
    counts = 1000 * np.diff(design.edges, axis=1)
    signal = gaussian_signal(design, one(reach))
    fit = fit_sidebands(counts, design, int(row["order"]), signal)
    b = 1000 * (row["window_high"] - row["window_low"])
    assert signal[1][0] == pytest.approx(row["efficiency"], abs=2e-6)
    assert fit.leak[0] == pytest.approx(row["lambda"], abs=2e-4)
    assert fit.uncertainty[0] ** 2 / b == pytest.approx(row["variance_over_b"], abs=1.5e-3)


def test_leak_is_what_a_signal_adds_to_the_fitted_background():
    """By fitting the sidebands with and without the signal: order, truncation and slope as they come."""
    for order, spectrum in ((1, WIDE), (1, (297.0, 1000.0)), (3, WIDE), (2, (295.0, 306.0))):
        design = sideband_design(one(300), one(298.5), one(301.0), one(9), spectrum=spectrum, bins=180)
        centre = 0.5 * (design.edges[:, 1:] + design.edges[:, :-1])
        smooth = 1e6 * np.diff(design.edges, axis=1) * (1 + 0.03 * (centre - 300))
        signal = gaussian_signal(design, one(9))
        fit = fit_sidebands(smooth, design, order, signal)
        with_signal = fit_sidebands(smooth + 100 * signal[0], design, order)
        gained = with_signal.background - fit.background
        assert gained[0] / (100 * signal[1][0]) == pytest.approx(fit.leak[0], rel=1e-3)


def test_leak_does_not_depend_on_a_slope_for_symmetric_sidebands():
    design = sideband_design(one(300), one(299), one(301), one(9), spectrum=WIDE, bins=180)
    width, centre = np.diff(design.edges, axis=1), 0.5 * (design.edges[:, 1:] + design.edges[:, :-1])
    leaks = [
        fit_sidebands(1e3 * width * (1 + slope * (centre - 300)), design, 1, gaussian_signal(design, one(9))).leak[0]
        for slope in (0.0, 0.05, -0.1)
    ]
    assert leaks == pytest.approx([leaks[0]] * 3, abs=1e-6)


def test_a_window_that_loses_its_signal_to_the_sidebands_is_refused():
    x = np.linspace(0, 1000, 20000)
    with pytest.raises(
        InputError, match=r"loses nearly all of a signal to its own sidebands; lower background.order"
    ):
        sideband_background(x, windows(300), slot(WIDE, 1.5, bins=60, order=4))


def test_one_sided_windows_are_told():
    x = np.sort(np.random.default_rng(6).uniform(299, 310, 1000))
    assert fitted(x, spectrum=(299.0, 400.0)).one_sided[0]
    assert not fitted(x, spectrum=(298.0, 400.0)).one_sided[0]
