import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from darkaon.acceptance import (
    fraction,
    interpolate,
    lifetime_factors,
    signal_fractions,
    single_event_sensitivity,
)
from darkaon.config import EscapeLaw, PromptLaw, StableLaw, load_search
from darkaon.errors import InputError
from darkaon.observables import dimuon_mass
from darkaon.simulation.decays import signal
from darkaon.simulation.samples import signal_sample
from darkaon.tables import read_table
from darkaon.windows import Resolution
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
        decays = {m: signal("mumu", m, "x") for m in masses.tolist()}
        columns = signal_sample(np.random.default_rng(4), decays, n, search.smearing.value)
        tracks = {name: values for name, values in columns.items() if name[:6] in ("track2", "track3")}
        near = abs(dimuon_mass(**tracks) - columns["x_mass_MeV"]) < resolution(columns["x_mass_MeV"])
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
    quantity = {"value": tau0, "source": "x", "status": "read"}
    return PromptLaw.model_validate({"kind": "prompt", "tau0_ns": quantity, "values_ns": values})


def test_eq_3_1():
    tau, factor = lifetime_factors(law([0, 0.07, 0.1, 1, 100]))
    assert factor[0] == 1 and factor[1] == pytest.approx(1 - np.exp(-1))
    assert factor[2] == pytest.approx(0.503414696, rel=1e-8)
    assert factor[4] == pytest.approx(0.07 / 100, rel=1e-3)  # tau0/tau, without cancellation
    assert tau.tolist() == [0, 0.07, 0.1, 1, 100]


def test_other_laws():
    tau, factor = lifetime_factors(StableLaw(kind="stable"))
    assert tau.tolist() == [np.inf] and factor.tolist() == [1]
    with pytest.raises(InputError, match="'escape' does not go"):
        lifetime_factors(EscapeLaw(kind="escape", values_ns=(1.0,)))


def test_eq_3_2():
    assert single_event_sensitivity(3.48e12, 0.087) == pytest.approx(3.303e-12, rel=1e-3)


def candidates(mass, observable, weight=None):
    names = ["observable", *(["weight"] if weight is not None else []), "x_mass_MeV"]
    found = np.zeros(len(mass), dtype=[(name, float) for name in names])
    found["x_mass_MeV"], found["observable"] = mass, observable
    if weight is not None:
        found["weight"] = weight
    return found


def test_windows_are_those_of_each_mass():
    found = candidates([220, 220, 220, 300, 300], [219.9, 220.1, 220.0, 299.5, 220.0])
    low, high = np.array([219.9, 299]), np.array([220.1, 301])
    result = signal_fractions(found, np.array([220.0, 300.0]), np.array([10, 20]), low, high)
    assert result.selected.tolist() == [0.3, 0.1] and result.inside.tolist() == [0.2, 0.05]
    assert result.inside_error[0] == pytest.approx(np.sqrt(0.2 * 0.8 / 10))


def test_weights_count():
    found = candidates([220, 220], [220, 225], [0.5, 3.0])
    result = signal_fractions(found, np.array([220.0]), np.array([10]), np.array([219]), np.array([221]))
    assert result.selected[0] == 0.35 and result.inside[0] == 0.05


@pytest.mark.parametrize("mass", [219.0, 225.0, 400.0])
def test_candidates_of_no_simulated_mass(mass):
    with pytest.raises(InputError, match=f"x_mass_MeV {mass:g}"):
        signal_fractions(candidates([mass], [220]), np.array([220.0, 230.0]), np.ones(2), np.zeros(2), np.ones(2))
