import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from darkaon.config.search import load_search
from darkaon.config.slots.lifetime import EscapeLaw, PromptLaw, StableLaw
from darkaon.constants import SPEED_OF_LIGHT_M_PER_NS
from darkaon.errors import InputError
from darkaon.events.quantities import Values
from darkaon.sensitivity.acceptance import (
    Acceptance,
    combined_sensitivity,
    fraction,
    over_channels,
    simulated_acceptance,
    single_event_sensitivity,
    survival,
)
from darkaon.sensitivity.interpolation import interpolate
from darkaon.simulation.decays import signal
from darkaon.simulation.experiment import experiment
from darkaon.simulation.samples import signal_sample
from darkaon.tables.table import read_table
from darkaon.windows.grid import Resolution, Windows
from trees import SEARCH

MASSES = np.array([213.0, 216, 220, 226, 234, 244, 256, 270, 284, 298, 312, 328])


@given(st.integers(0, 1000), st.integers(1000, 10**6))
def test_binomial_error(passed, generated):
    f, error = fraction(passed, passed, generated)
    assert f == passed / generated
    assert error == pytest.approx(np.sqrt(f * (1 - f) / generated), rel=1e-9, abs=1e-18)


def test_the_error_is_the_spread_of_repeated_samples():
    rng = np.random.default_rng(1)
    weight = np.array([0.5, 2.0])
    counts = rng.multinomial(1000, [0.1, 0.2, 0.7], 20_000)[:, :2]
    f, error = fraction(np.sum(counts * weight, axis=1), np.sum(counts * weight**2, axis=1), 1000)
    assert f.mean() == pytest.approx(0.45, rel=0.005)
    assert f.std() == pytest.approx(error.mean(), rel=0.02)


def test_interpolation_meets_the_simulated_points_and_straight_lines():
    values, errors = 0.1 + 0.001 * MASSES, np.full(12, 0.01)
    a, error = interpolate(MASSES, values, errors, MASSES)
    np.testing.assert_allclose(a, values, rtol=1e-12)
    np.testing.assert_allclose(error, errors, rtol=1e-12)
    between = np.linspace(213, 328, 101)
    np.testing.assert_allclose(interpolate(MASSES, values, errors, between)[0], 0.1 + 0.001 * between, rtol=1e-12)


def test_interpolation_is_smooth():
    values = np.random.default_rng(1).uniform(0.1, 0.2, 12)
    fine = np.linspace(213.5, 327.5, 20_001)
    a, _ = interpolate(MASSES, values, values, fine)
    assert abs(np.diff(a, 2)).max() < 0.01 * abs(np.diff(a)).max()  # of order 1 at a kink


def test_interpolated_errors_are_the_spread_of_repeated_samples():
    rng = np.random.default_rng(2)
    errors = np.linspace(0.01, 0.03, 12)
    mass = np.array([214.3, 222, 250, 320])
    toys = np.array([interpolate(MASSES, 1 + errors * rng.standard_normal(12), errors, mass)[0] for _ in range(4000)])
    np.testing.assert_allclose(toys.std(axis=0), interpolate(MASSES, np.ones(12), errors, mass)[1], rtol=0.05)


def test_the_interpolation_agrees_with_masses_simulated_between():
    path = SEARCH.parents[2] / "resources" / "na62" / "dimuon_resolution.csv"
    resolution = Resolution(read_table(path), str(path))
    search = load_search(SEARCH, ("simulation",)).simulation
    nodes, between = np.array(search.signal.masses_MeV), np.array([215.3, 222, 235, 255, 280, 300, 326.7])
    n = 100_000

    def inside(masses):
        decays = {m: signal("K+ -> pi+ X", "mumu", m, "x") for m in masses.tolist()}
        columns = signal_sample(np.random.default_rng(4), decays, n, experiment("na62", search.smearing.value, "x"))
        tracks = {name: values for name, values in columns.items() if name[:6] in ("track2", "track3")}
        near = abs(Values(tracks).number("dimuon_mass") - columns["x_mass_MeV"]) < resolution(columns["x_mass_MeV"])
        counts = np.array([near[columns["x_mass_MeV"] == m].sum() for m in masses])
        return fraction(counts, counts, n)

    value, error = interpolate(nodes, *inside(nodes), between)
    direct, direct_error = inside(between)
    assert np.all(abs(value - direct) < 3 * np.hypot(error, direct_error) + 0.01 * direct)


@pytest.mark.parametrize("mass", [212.9, 328.1])
def test_no_extrapolation(mass):
    with pytest.raises(InputError, match=rf"no simulated signal around {mass} MeV: the samples cover 213 to 328 MeV"):
        interpolate(MASSES, MASSES, MASSES, [250, mass])


def law(values, tau0=0.07):
    quantity = {"value": tau0, "source": "x", "status": "cited"}
    return PromptLaw.model_validate({"kind": "prompt", "tau0_ns": quantity, "values_ns": values})


def test_eq_3_1():
    factor = survival(law([0, 0.07, 0.1, 1, 100]), 250.0, None)[:, 0]
    assert factor[0] == 1 and factor[1] == pytest.approx(1 - np.exp(-1))
    assert factor[2] == pytest.approx(0.503414696, rel=1e-8)
    assert factor[4] == pytest.approx(0.07 / 100, rel=1e-3)  # tau0/tau, without cancellation


def escape(values, kappa=None):
    quantity = None if kappa is None else {"value": kappa, "source": "x", "status": "derived"}
    return EscapeLaw.model_validate({"kind": "escape", "values_ns": values, "kappa_m_per_GeV": quantity})


def test_escape_in_closed_form():
    """X of 200 MeV and 40 GeV that has to fly 100 m: exp(-d m/(p c tau))."""
    decayed = np.exp(-100 * 0.2 / 40 / (SPEED_OF_LIGHT_M_PER_NS * np.array([0.1, 2.0, np.inf])))
    found = survival(escape([0.1, 2, np.inf]), 200.0, np.full(3, 100 / 40))
    np.testing.assert_allclose(found, np.repeat(decayed[:, None], 3, axis=1), rtol=1e-12)
    np.testing.assert_allclose(survival(escape([0.1, 2, np.inf], kappa=2.5), 200.0, None)[:, 0], decayed, rtol=1e-12)


@given(st.floats(0, 260), st.lists(st.floats(0.1, 10), min_size=2, max_size=6, unique=True).map(sorted))
def test_who_lives_longer_escapes_more_often(mass, lifetimes):
    flight = np.linspace(1.0, 5.0, 11)
    mean = survival(escape([*lifetimes, np.inf]), mass, flight).mean(axis=1)
    assert np.all(np.diff(mean) >= 0) and mean[-1] == 1 and np.all(mean <= 1)


def test_escape_needs_the_flight():
    assert survival(StableLaw(kind="stable"), 100.0, None).tolist() == [[1.0]]
    with pytest.raises(InputError, match="x_flight_m_per_GeV"):
        survival(escape([1.0]), 100.0, None)


def test_periods_add_as_one_over_ses():
    """arXiv:2507.17286: 2016, 2017 and 2018 together are 0.839(54)e-11."""
    ses, error = combined_sensitivity([3.15e-10, 0.389e-10, 1.107e-11], [0.24e-10, 0.024e-10, 0.071e-11])
    assert ses == pytest.approx(0.839e-11, rel=1e-3)
    assert error == pytest.approx(0.054e-11, rel=0.03)
    assert combined_sensitivity([2e-11], [1e-12]) == pytest.approx((2e-11, 1e-12))


def test_eq_3_2():
    assert single_event_sensitivity(3.48e12, 0.087) == pytest.approx(3.303e-12, rel=1e-3)


def candidates(mass, observable, weight=None):
    names = ["observable", *(["weight"] if weight is not None else []), "x_mass_MeV"]
    found = np.zeros(len(mass), dtype=[(name, float) for name in names])
    found["x_mass_MeV"], found["observable"] = mass, observable
    if weight is not None:
        found["weight"] = weight
    return found


def in_windows(found, simulated, decays):
    """Windows of +-0.1 around each mass; resolution 1 everywhere, as if X were seen at its mass."""
    one = np.ones(len(simulated))
    windows = Windows(simulated, simulated, one, simulated - 0.1, simulated + 0.1, np.full(len(simulated), -1))
    nodes = simulated, np.ones(len(simulated))
    law = StableLaw(kind="stable")
    return simulated_acceptance(found, simulated, np.array(decays), windows=windows, nodes=nodes, law=law)


def test_windows_are_those_of_each_mass():
    found = candidates([220, 220, 220, 300, 300], [219.85, 220.05, 220.0, 299.5, 300.0])
    result = in_windows(found, np.array([220.0, 300.0]), [10, 20])
    assert result.selected.tolist() == [0.3, 0.1]
    np.testing.assert_allclose(result.inside, [[0.2, 0.05]])
    assert result.error[0, 0] == pytest.approx(np.sqrt(0.2 * 0.8 / 10))


def test_weights_count():
    found = candidates([220, 220, 300], [220, 225, 300], [0.5, 3.0, 1.0])
    result = in_windows(found, np.array([220.0, 300.0]), [10, 10])
    assert result.selected[0] == pytest.approx(0.35) and result.inside[0, 0] == pytest.approx(0.05)


@pytest.mark.parametrize("mass", [219.0, 225.0, 400.0])
def test_candidates_of_no_simulated_mass(mass):
    with pytest.raises(InputError, match=f"x_mass_MeV {mass:g}"):
        in_windows(candidates([mass], [220]), np.array([220.0, 230.0]), [1, 1])


def test_a_clipped_window_between_simulated_masses():
    """A Gaussian whose resolution changes: the fraction of a half window is met where nothing was simulated."""
    rng = np.random.default_rng(5)
    simulated, n = np.arange(200.0, 301, 20), 50_000
    sigma = lambda m: 1 + (np.asarray(m) - 200) / 100  # noqa: E731
    mass = np.repeat(simulated, n)
    found = candidates(mass, mass + sigma(mass) * rng.standard_normal(len(mass)))
    at = np.array([251.0])
    windows = Windows(at, at, sigma(at), at + 0.5 * sigma(at), at + 1.5 * sigma(at), np.array([-1]))
    result = simulated_acceptance(
        found,
        simulated,
        np.full(6, n),
        windows=windows,
        nodes=(simulated, sigma(simulated)),
        law=StableLaw(kind="stable"),
    )
    assert abs(result.inside[0, 0] - 0.2417303) < 4 * result.error[0, 0] < 0.01


def test_one_survival_for_all_events_is_that_of_each():
    """With its error: sum f^2 w^2, whether f comes once or with each event."""
    found = np.zeros(40, dtype=[("observable", float), ("x_mass_MeV", float), ("x_flight_m_per_GeV", float)])
    found["observable"] = found["x_mass_MeV"] = np.repeat([220.0, 300.0], 20)
    found["x_flight_m_per_GeV"] = 2.5
    at = np.array([220.0, 300.0])
    windows = Windows(at, at, np.ones(2), at - 1, at + 1, np.full(2, -1))
    each, once = (
        simulated_acceptance(found, at, np.full(2, 50), windows=windows, nodes=(at, np.ones(2)), law=law)
        for law in (escape([1.0, 10.0]), escape([1.0, 10.0], kappa=2.5))
    )
    np.testing.assert_allclose(once.inside, each.inside, rtol=1e-12)
    np.testing.assert_allclose(once.error, each.error, rtol=1e-12)
    part = each.inside[0, 0] / 0.4
    assert part < 0.3 and each.error[0, 0] == pytest.approx(part * np.sqrt(0.4 * 0.6 / 50))


def test_only_events_of_the_windows_region_count():
    found = np.zeros(4, dtype=[("observable", float), ("x_mass_MeV", float), ("regions", float)])
    found["x_mass_MeV"] = found["observable"] = [220, 220, 300, 300]
    found["regions"] = [0, 1, 2, 3]  # none, the first, the second, both
    masses = np.array([220.0, 300.0])
    for region, expected in ((0, [0.1, 0.1]), (1, [0.0, 0.2])):
        windows = Windows(masses, masses, np.ones(2), masses - 1, masses + 1, np.full(2, region))
        nodes = masses, np.ones(2)
        law = StableLaw(kind="stable")
        result = simulated_acceptance(found, masses, np.full(2, 10), windows=windows, nodes=nodes, law=law)
        np.testing.assert_allclose(result.inside[0], expected)


def test_channels_add_up_by_their_shares_and_efficiencies():
    """A = sum_c B_c e_c A_c / sum_c B_c; errors of the simulation in quadrature, those of efficiencies one by one."""

    def channel(inside, error):
        return Acceptance(
            np.array([0.0, 1.0]),
            np.array([0.4, 0.3]),
            inside * np.array([[1.0, 1], [0.5, 0.5]]),
            np.full((2, 2), error),
        )

    two = [channel(0.2, 0.003), channel(0.1, 0.004)]
    found = over_channels(two, [0.6, 0.2], [0.0, 0.0])
    np.testing.assert_allclose(found.inside, [[0.14, 0.14], [0.07, 0.07]])
    np.testing.assert_allclose(found.selected, 0.8 * two[0].selected)
    np.testing.assert_allclose(found.error, np.hypot(0.6 * 0.003, 0.2 * 0.004))
    exact = over_channels([channel(0.2, 0.0), channel(0.1, 0.0)], [0.6, 0.2], [0.03, 0.03])
    np.testing.assert_allclose(exact.error, 0.03 * exact.inside)
    one = over_channels(two[:1], [1.0], [0.0])
    for name in ("lifetime_ns", "selected", "inside", "error"):
        np.testing.assert_array_equal(getattr(one, name), getattr(two[0], name))


def test_errors_of_the_periods_are_correlated():
    """Two equal periods: half the SES with the relative error of each, 10 %, not 10 %/sqrt(2)."""
    assert combined_sensitivity([2e-11, 2e-11], [2e-12, 2e-12]) == pytest.approx((1e-11, 1e-12))
    ses, error = combined_sensitivity([1e-11, 3e-11], [1e-12, 6e-12])  # d(1/SES) = sum of d(1/SES_i)
    assert (ses, error) == pytest.approx((7.5e-12, 7.5e-12**2 * (1e-12 / 1e-22 + 6e-12 / 9e-22)))
