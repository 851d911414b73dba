import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from darkaon.config.slots.masses import Plane
from darkaon.config.slots.simulation import SecondMasses, SignalSamples
from darkaon.errors import InputError
from darkaon.sensitivity.interpolation import interpolate, interpolate_plane
from darkaon.windows.grid import plane_masses

SLOT = SignalSamples(masses_MeV=(150, 200, 330), second=SecondMasses(low_MeV=10, parts=(0, 0.2, 0.6, 1)), decays=1)
NODES = tuple(np.array(SLOT.nodes).T)
WANTED = plane_masses(Plane(kind="plane", step=15, ranges=((150, 330),), step2=4, low2=10))


def part(mass, mass2):
    return (mass2 - 10) / (mass / 2 - 10)


def test_hypotheses_fill_the_triangle():
    mass, mass2 = WANTED
    assert np.all(2 * mass2 <= mass) and mass2.min() == 10 and mass.max() == 330
    for m in (150, 195, 330):
        own = mass2[mass == m]
        np.testing.assert_allclose(np.diff(own), 4)
        assert m / 2 - 4 < own[-1] <= m / 2
    pairs = list(zip(mass, mass2, strict=True))
    assert pairs == sorted(set(pairs))


def test_nodes_reach_from_the_least_second_mass_to_half_of_the_first():
    assert SLOT.nodes[:4] == [(150, 10), (150, 23), (150, 49), (150, 75)] and SLOT.nodes[-1] == (330, 165)


@given(st.tuples(*4 * [st.floats(-2, 2)]))
def test_what_is_log_linear_in_mass_and_part_is_reproduced(c):
    def truth(mass, mass2):
        x, t = (mass - 150) / 180, part(mass, mass2)
        return np.exp(c[0] + c[1] * x + c[2] * t + c[3] * x * t)

    value, error = interpolate_plane(NODES, truth(*NODES), 0 * NODES[0], WANTED)
    np.testing.assert_allclose(value, truth(*WANTED), rtol=1e-9)
    assert np.all(error == 0)


def test_errors_are_those_of_toys():
    rng = np.random.default_rng(1)
    values, errors = np.linspace(0.1, 0.4, 12), np.linspace(0.001, 0.003, 12)
    toys = [
        interpolate_plane(NODES, values + errors * rng.standard_normal(12), errors, WANTED)[0] for _ in range(500)
    ]
    np.testing.assert_allclose(np.std(toys, axis=0), interpolate_plane(NODES, values, errors, WANTED)[1], rtol=0.15)
    at_nodes = interpolate_plane(NODES, values, errors, NODES)
    np.testing.assert_allclose(at_nodes, [values, errors], rtol=1e-9)


@pytest.mark.parametrize("place", [(140.0, 20.0), (331.0, 20.0), (200.0, 9.0), (200.0, 100.1)])
def test_no_extrapolation_in_the_plane(place):
    with pytest.raises(InputError, match=rf"no simulated signal around {place[0]:g}, {place[1]:g} MeV"):
        interpolate_plane(NODES, NODES[0], NODES[0], tuple(np.array([x]) for x in place))


def test_a_node_without_events_is_told():
    values = np.ones(12)
    values[5] = 0
    with pytest.raises(InputError, match=r"no simulated decay at 200, 28 MeV is selected; raise simulation.signal"):
        interpolate_plane(NODES, values, values, WANTED)


def test_nodes_that_are_no_grid():
    skewed = NODES[1].copy()
    skewed[1] += 3
    with pytest.raises(InputError, match="same parts of their range"):
        interpolate_plane((NODES[0], skewed), np.ones(12), np.ones(12), WANTED)
    with pytest.raises(InputError, match="two simulated masses or more"):
        interpolate_plane((NODES[0][:4], NODES[1][:4]), np.ones(4), np.ones(4), WANTED)


def test_one_simulated_mass_serves_itself_alone():
    zero = np.zeros(1)
    assert [float(x[0]) for x in interpolate(zero, np.array([0.2]), np.array([0.1]), zero)] == [0.2, 0.1]
    with pytest.raises(InputError, match="no simulated signal around 1 MeV"):
        interpolate(zero, np.array([0.2]), np.array([0.1]), [1.0])


STEEP = np.array([200.0, 250.0, 300.0, 350.0, 400.0]), np.array([0.52, 0.52, 0.52, 0.017, 0.0003])


def test_a_curve_below_zero_between_values_above_zero_is_refused():
    nodes, values = STEEP
    with pytest.raises(
        InputError, match=r"0.017 at 350 MeV and 0.0003 at 400 MeV falls below 0 at 356 MeV.*; add some"
    ):
        interpolate(nodes, values, 0.01 * values, np.arange(356.0, 400.0, 2.0))


def test_a_curve_above_all_values_is_warned_of():
    nodes, values = STEEP
    with pytest.warns(UserWarning, match=r"at 280 MeV the curve .* is 10 % above all of them.*; add some"):
        interpolate(nodes, values, 0.001 * values, np.arange(200.0, 340.0, 2.0))
    smooth = 0.3 + 0.2 * np.sin((nodes - 200) / 80)
    interpolate(nodes, smooth, 0.001 * smooth, np.arange(200.0, 400.0, 2.0))
    interpolate(nodes, 0 * values, 0 * values, np.arange(200.0, 400.0, 2.0))  # zero is for others to refuse
