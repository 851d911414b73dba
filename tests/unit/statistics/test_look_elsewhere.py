"""The look-elsewhere effect against closed forms and against the fit that it stands for."""

import numpy as np
import pytest
from scipy import special

from darkaon.config.slots.background import Sidebands
from darkaon.errors import InputError
from darkaon.statistics import look_elsewhere as le
from darkaon.statistics.limits import set_limits
from darkaon.windows.grid import Windows, count_between
from darkaon.windows.sidebands import sideband_background

FLAT = le.Smooth(0.0, 1000.0, np.array([np.log(200.0)]))
RISING = le.Smooth(0.0, 1000.0, np.array([np.log(30.0), 0.8, -0.3]))


def scanned(smooth, middle, orders=(1,), spectrum=(0.0, 1000.0), **more):
    middle = np.asarray(middle, dtype=float)
    return le.scan(smooth, middle, middle - 1, middle + 1, 9 + 0 * middle, spectrum=spectrum, orders=orders, **more)


def largest(over, blocks, kind="stat"):
    return np.concatenate([le.experiments(over, le.generator(1, 2, b))[f"max_z_{kind}"] for b in range(blocks)])


def test_linear_estimator_is_an_eighth_of_the_sidebands():
    over = scanned(RISING, np.arange(20, 980, 3.0))
    assert over.fits[0].data == pytest.approx(1 / 8, rel=1e-6)
    _, b, stat, syst = over.fit(over.expected[:, None])
    assert np.all(syst == 0)
    assert stat == pytest.approx(np.sqrt(8 * b) / 8)


@pytest.mark.parametrize("middle", [np.arange(4.0, 60, 1.3), np.arange(300.0, 400, 1.1)])
def test_estimator_equals_the_fit(middle):
    """Sidebands cut by the end of the spectrum too: linear to a small part of its uncertainty, cubic to a third."""
    rng = np.random.default_rng(3)
    grid = np.linspace(0, 1000, 200001)
    counts = rng.poisson(RISING(grid))
    x = np.sort(np.repeat(grid[:-1], counts) + 0.005 * rng.random(counts.sum()))
    over = scanned(RISING, middle, (1, 2, 3))
    n, b, stat, syst = over.fit(np.diff(np.searchsorted(x, over.edges))[:, None].astype(float))
    one = np.ones(len(middle))
    slot = Sidebands(kind="sidebands", half_width_sigma=9.0, order=1, alternatives=(2, 3), spectrum=(0.0, 1000.0))
    real = sideband_background(x, Windows(middle, middle, one, middle - 1, middle + 1, -one), slot)
    assert np.array_equal(n[:, 0], count_between(x, middle - 1, middle + 1))
    whole = middle - 9 > 0
    assert b[whole, 0] == pytest.approx(real.background[whole], rel=1e-6)
    assert stat[whole, 0] == pytest.approx(real.statistical[whole], rel=1e-6)
    assert np.abs(b[:, 0] - real.background).max() < 0.15 * real.statistical.min()
    assert stat[:, 0] == pytest.approx(real.statistical, rel=0.05)
    assert np.sqrt(np.mean((syst[:, 0] - real.systematic) ** 2)) < 0.35 * real.statistical.mean()


def test_local_p_is_that_of_the_engine():
    n, b, sigma = np.array([0.0, 3, 40, 150]), np.array([1.0, 1, 33, 100]), np.array([0.3, 0.2, 2, 4])
    tau = b / np.square([0.2, 0.2, 1.5, 4])
    assert le.local_p(n, b, sigma, tau) == pytest.approx(set_limits(n, b, sigma, tau=tau).p_value, rel=1e-9)


def test_windows_far_apart_are_independent():
    """p_global = 1 - (1 - p)^N, with the part of a single window's experiments for p."""
    many, single = scanned(FLAT, np.arange(20.0, 980, 40)), scanned(FLAT, [500.0])
    z = np.array([1.0, 1.5, 2.0])
    p, error = le.global_p(largest(many, 8), z)
    alone, alone_error = le.global_p(largest(single, 40), z)
    expected = 1 - (1 - alone) ** 24
    spread = np.hypot(error, 24 * (1 - alone) ** 23 * alone_error)
    assert np.all(np.abs(p - expected) < 4 * spread)
    assert alone == pytest.approx(special.ndtr(-z), rel=0.15)


def test_overlapping_windows_count_less():
    apart, near = scanned(FLAT, np.arange(20.0, 620, 20)), scanned(FLAT, np.arange(20.0, 23.5, 0.12))
    z = np.array([2.5])
    assert le.global_p(largest(near, 4), z)[0] < 0.8 * le.global_p(largest(apart, 4), z)[0]


def test_blocks_do_not_depend_on_each_other():
    over = scanned(FLAT, np.arange(20.0, 120, 1.0), (1, 2, 3))
    alone = le.experiments(over, le.generator(7, 1, 3))
    le.experiments(over, le.generator(7, 1, 2))
    again = scanned(FLAT, np.arange(20.0, 120, 1.0), (1, 2, 3))
    assert le.experiments(again, le.generator(7, 1, 3)).tobytes() == alone.tobytes()
    assert np.all(alone["max_z_total"] <= alone["max_z_stat"])


def test_smooth_spectrum_finds_the_one_it_was_made_of():
    rng = np.random.default_rng(5)
    grid = np.linspace(0, 1000, 20001)
    counts = rng.poisson(RISING(grid))
    x = np.repeat(0.5 * (grid[1:] + grid[:-1]), counts)
    found = le.smooth_spectrum(x, 0.0, 1000.0)
    edges = np.linspace(10, 990, 50)
    assert found(edges) == pytest.approx(RISING(edges), rel=0.1)
    assert abs(found.chi2 / found.degrees - 1) < 0.3
    closed = le.smooth_spectrum(x[(x < 500) | (x > 540)], 0.0, 1000.0, np.array([[500.0, 540.0]]))
    assert closed(edges) == pytest.approx(RISING(edges), rel=0.1)


def test_blinded_bins_are_no_sideband():
    over = scanned(FLAT, [500.0, 506.0], blinded=np.array([[505.0, 507.0]]))
    closed = (over.edges[:-1] >= 505) & (over.edges[1:] <= 507)
    assert np.all(over.fits[0].toarray()[0, closed] == 0)
    assert over.fits[0].toarray()[0] @ over.expected == pytest.approx(400, rel=1e-6)


def test_too_few_candidates_are_told():
    with pytest.raises(InputError, match="too few for a smooth spectrum"):
        le.smooth_spectrum(np.linspace(0, 1000, 12), 0.0, 1000.0)


def test_none_of_the_experiments_has_an_error():
    p, error = le.global_p(np.zeros(100), np.array([5.0]))
    assert p[0] == 0
    assert error[0] == pytest.approx(0.01, rel=0.01)  # that of one


def test_a_lonely_hypothesis_has_bins_enough_for_a_cubic():
    over = scanned(FLAT, [500.0], orders=(1, 2, 3))
    assert len(over.expected) >= 8
    for fit in over.fits:
        assert fit.toarray()[0] @ over.expected == pytest.approx(over.background[0], rel=1e-6)


@pytest.mark.parametrize("events", [600, 8000])
def test_a_smooth_spectrum_of_few_events_is_not_called_poor(events):
    """Of 1.5 events in each of 400 bins a deviance gave p < 0.001 in 5 % of the pseudo-experiments."""
    rng = np.random.default_rng(4)
    samples = [np.sort(rng.beta(1.5, 2, rng.poisson(events))) for _ in range(100)]
    values = np.array([le.smooth_spectrum(x, 0.02, 0.98).p_value for x in samples])
    assert np.mean(values < 1e-3) <= 0.02
    assert 0.35 < np.mean(values < 0.5) < 0.7


def test_a_step_in_a_spectrum_is_poor():
    rng = np.random.default_rng(4)
    step = np.sort(np.concatenate([rng.uniform(0, 1, 2000), rng.uniform(0.5, 0.52, 300)]))
    assert le.smooth_spectrum(step, 0.0, 1.0).p_value < 1e-6
