"""Templates of the simulated signal, the uncertainty of their width, and fits that use them."""

from types import SimpleNamespace

import numpy as np
import pytest
from numpy.polynomial import legendre

from darkaon.errors import InputError
from darkaon.statistics.fit import fit_limits
from darkaon.statistics.fit_model import Layout, Model
from darkaon.statistics.look_elsewhere import Smooth
from darkaon.windows.fits import SimulatedShape, efficiency, fit_windows, lay_bins, shapes_of, templates
from darkaon.windows.grid import Windows

LAYOUT = Layout(9.0)
MASSES, SIGMA = np.array([200.0, 300.0]), np.array([1.0, 2.0])
EVENTS = 100_000


def residuals(kind, size=EVENTS, seed=4):
    """Gaussian, or with a tail to the left: a third of the events is lower by an exponential of 2 sigma."""
    rng = np.random.default_rng(seed)
    z = rng.standard_normal(size)
    return z - np.where(rng.random(size) < 1 / 3, rng.exponential(2.0, size), 0.0) if kind == "tail" else z


def signal(kinds=("gauss", "tail"), size=EVENTS):
    """Candidates of the simulated masses."""
    rows = np.zeros(2 * size, dtype=[("x_mass_MeV", float), ("observable", float)])
    rows["x_mass_MeV"] = np.repeat(MASSES, size)
    rows["observable"] = rows["x_mass_MeV"] + np.concatenate(
        [width * residuals(kind, size) for kind, width in zip(kinds, SIGMA, strict=True)]
    )
    return rows


def shape_of(kinds=("gauss", "tail")):
    return SimulatedShape("m_ee", MASSES, SIGMA, signal(kinds))


def windows(*masses):
    mass = np.array(masses)
    sigma = np.interp(mass, MASSES, SIGMA)
    return Windows(mass, mass, sigma, mass - 1.5 * sigma, mass + 1.5 * sigma, np.full(mass.size, -1))


def test_a_simulated_gaussian_is_the_gaussian():
    found = shape_of()(np.array([200.0]), LAYOUT.edges)[0]
    error = np.sqrt(LAYOUT.gaussian() / EVENTS)
    assert np.all(np.abs(found - LAYOUT.gaussian()) < 5 * error + 2e-5)
    assert found.sum() == pytest.approx(1.0, abs=1e-4)


def test_shapes_between_masses_are_mixtures_and_beyond_them_the_last():
    shape = shape_of()
    first, quarter, last, beyond, before = shape(np.array([200.0, 225.0, 300.0, 350.0, 100.0]), LAYOUT.edges)
    np.testing.assert_allclose(quarter, 0.75 * first + 0.25 * last, rtol=1e-12)
    np.testing.assert_array_equal([beyond, before], [last, first])
    assert np.sum(last * LAYOUT.x) < np.sum(first * LAYOUT.x) - 0.05  # the tail is on the left


def test_a_template_is_that_of_the_weights():
    """A sample of weights 2 is the sample twice; without weight on one side, nothing lies there."""
    plain = signal()
    weighted = np.zeros(len(plain), dtype=[*plain.dtype.descr, ("weight", float)])
    for name in plain.dtype.names:
        weighted[name] = plain[name]
    weighted["weight"] = np.where(weighted["observable"] > weighted["x_mass_MeV"], 2.0, 0.0)
    found = SimulatedShape("m_ee", MASSES, SIGMA, weighted)(MASSES, LAYOUT.edges)
    above = plain[plain["observable"] > plain["x_mass_MeV"]]
    np.testing.assert_allclose(found, SimulatedShape("m_ee", MASSES, SIGMA, above)(MASSES, LAYOUT.edges), rtol=1e-12)
    assert not found[:, LAYOUT.edges[1:] <= 0].any() and found.sum(axis=1) == pytest.approx(1.0, abs=1e-3)


def test_hardly_any_signal_makes_no_template():
    with pytest.raises(InputError, match="x_mass_MeV 200: 99 selected signal events make no template"):
        SimulatedShape("m_ee", MASSES, SIGMA, signal(size=99))


def test_the_template_is_what_the_search_says():
    gauss, simulated = (
        SimpleNamespace(observable="m_ee", statistics=SimpleNamespace(template=name))
        for name in ("gauss", "simulation")
    )
    assert shapes_of(gauss, ["signal.npy"], None) is None
    with pytest.raises(InputError, match="template simulation needs the simulated signal"):
        shapes_of(simulated, [], None)


@pytest.mark.parametrize("kinds", [None, ("gauss", "gauss")])
def test_a_wider_template_is_that_of_a_wider_resolution(kinds):
    shape = shape_of(kinds) if kinds else None
    for found, width in zip(templates(windows(200.0, 250.0), LAYOUT, shape, 0.2), (1.0, 0.8, 1.2), strict=True):
        assert found.shape == (2, LAYOUT.bins)
        inner = found[:, np.abs(LAYOUT.x) * 9 < 1].sum(axis=1)
        assert inner == pytest.approx(LAYOUT.gaussian(width)[np.abs(LAYOUT.x) * 9 < 1].sum(), abs=5e-3)


def test_the_part_of_the_signal_in_the_window_is_the_templates():
    shape = shape_of()
    found = efficiency(windows(200.0, 300.0), LAYOUT, templates(windows(200.0, 300.0), LAYOUT, shape, 0.0)[0])
    expected = [np.mean(np.abs(residuals(kind)) < 1.5) for kind in ("gauss", "tail")]
    assert found == pytest.approx(expected, abs=2e-3)
    assert found[1] < found[0] - 0.1


def test_the_uncertainty_of_the_width_is_what_the_fitted_signal_moves_by():
    """At a large flat background: half of ln of the ratio of the projections of the signal on both templates."""
    basis = legendre.legvander(LAYOUT.x, 1)

    def found_with(width):
        t = LAYOUT.gaussian(width)
        free = t - basis @ np.linalg.solve(basis.T @ basis, basis.T @ t)
        return np.sum(free * LAYOUT.gaussian()) / np.sum(free * t)

    expected = 0.5 * np.log(found_with(1.1) / found_with(0.9))
    counts = np.full((1, LAYOUT.bins), 1e6)
    narrow, wide = (t[:1] for t in templates(windows(200.0), LAYOUT, None, 0.1)[1:])
    model = Model(LAYOUT, 1, LAYOUT.gaussian()[None], np.ones((1, LAYOUT.bins), dtype=bool))
    with_width = fit_limits(model, counts, varied=(narrow, wide))
    assert with_width.kappa[0] == pytest.approx(expected, rel=0.01)
    same = fit_limits(model, counts, signal_uncertainty=float(np.expm1(with_width.kappa[0])))
    assert with_width.observed[0] == pytest.approx(same.observed[0], rel=1e-6)
    assert with_width.observed[0] > 1.001 * fit_limits(model, counts).observed[0]


def test_windows_carry_the_width():
    place = windows(200.0)
    events = np.sort(np.random.default_rng(2).uniform(150.0, 250.0, 20_000))
    flat = Smooth(150.0, 250.0, np.array([np.log(200.0)]))
    bins = lay_bins(place, LAYOUT, (150.0, 250.0), np.empty((0, 2)))
    without, carried = (
        fit_windows(
            events, bins, flat, templates(place, LAYOUT, shape_of(), width),
            level=0.9, signal_uncertainty=np.full(1, 0.1), orders=(1,),
        )
        for width in (0.0, 0.3)
    )  # fmt: skip
    assert without["kappa"][0] == pytest.approx(np.log(1.1), rel=1e-6)
    assert carried["kappa"][0] > 0.2 and carried["expected"][0] > 1.01 * without["expected"][0]


def test_a_signal_with_a_tail_is_found_by_its_own_template_alone():
    place, injected = windows(300.0), 2000
    flat = Smooth(200.0, 400.0, np.array([np.log(100.0)]))
    rng = np.random.default_rng(2)
    events = np.sort(
        np.concatenate([rng.uniform(200.0, 400.0, 20_000), 300.0 + 2.0 * residuals("tail", injected, seed=8)])
    )
    bins = lay_bins(place, LAYOUT, (200.0, 400.0), np.empty((0, 2)))
    found = {
        name: fit_windows(
            events, bins, flat, templates(place, LAYOUT, shape, 0.0),
            level=0.9, signal_uncertainty=np.zeros(1), orders=(1, 2, 3),
        )
        for name, shape in (("simulation", shape_of()), ("gauss", None))
    }  # fmt: skip
    own, gauss = found["simulation"], found["gauss"]
    assert own["counted"][0] == 0
    assert own["signal"][0] == pytest.approx(injected, abs=3 * own["signal_error"][0])
    assert gauss["signal"][0] < injected - 5 * gauss["signal_error"][0]
    assert own["goodness"][0] > 0.01 > gauss["goodness"][0]
