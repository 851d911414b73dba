import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from darkaon.config.schema import read_yaml
from darkaon.errors import InputError
from darkaon.models.loading import load_model, model_of
from darkaon.models.model import FINAL_STATES, PROCESSES
from darkaon.paths import named

IDS = list(named("models"))
GOOD = {"title": "A scalar", "family": "dark_scalar", "options": {"invisible": True}}


@pytest.mark.parametrize("name", IDS)
def test_every_model_keeps_the_interface(name):
    model = load_model(name)
    assert model.id == name
    mass, coupling = np.linspace(0, 500, 7)[:, None], np.geomspace(model.coupling.low, model.coupling.high, 5)
    assert set(model.production) <= set(PROCESSES) and set(model.decays) <= set(FINAL_STATES)
    for function in model.production.values():
        value = function(mass, coupling)
        assert value.shape == (7, 5) and np.all(value >= 0) and np.all(np.isfinite(value))
    fractions = [function(mass, coupling) for function in model.decays.values()]
    assert all(f.shape == (7, 5) for f in fractions)
    assert np.all(np.sum(fractions, axis=0) <= 1 + 1e-12)
    assert np.all(model.lifetime_ns(mass, coupling) > 0)
    for process in model.production:
        low, high = model.theory_factors(process, mass[:, 0])
        assert np.all((low >= 0) & (low <= 1) & (high >= 1))


@pytest.mark.parametrize("name", IDS)
def test_rates_scale_with_the_coupling(name):
    model = load_model(name)
    g, power = model.coupling.reference, model.coupling.power
    mass = np.array([20.0, 120.0, 230.0])
    for function in model.production.values():
        np.testing.assert_allclose(function(mass, 3 * g), 3**power * function(mass, g), rtol=1e-12)
    np.testing.assert_allclose(model.lifetime_ns(mass, 3 * g) * 3**power, model.lifetime_ns(mass, g), rtol=1e-12)


@settings(deadline=None, max_examples=30)
@given(mass=st.floats(1.0, 480.0), name=st.sampled_from(IDS))
def test_rates_are_continuous_in_the_mass(mass, name):
    model = load_model(name)
    near = mass + np.array([-1e-7, 0.0, 1e-7])
    for function in (*model.production.values(), *model.decays.values()):
        low, value, high = function(near, model.coupling.reference)
        scale = np.max(function(np.arange(1.0, 480.0), model.coupling.reference))
        assert abs(high - value) < 1e-2 * scale and abs(value - low) < 1e-2 * scale


def test_range_and_band_of_the_file_win():
    band = {"K+ -> pi+ X": [0.1, 0.3]}
    model = model_of({**GOOD, "coupling_range": [1e-9, 1e-3], "theory_band": band}, "mine.yaml")
    assert (model.id, model.coupling.low, model.coupling.high) == ("mine", 1e-9, 1e-3)
    np.testing.assert_allclose(model.theory_factors("K+ -> pi+ X", 100.0), [0.9, 1.3])


def test_variations_widen_the_band():
    fermions = {"q": -0.5, "l": -0.5, "u": 0.5, "d": 0.5, "e": 0.5}
    band = {"K+ -> pi+ X": [{"masses_MeV": [0, 400], "low": 0.9, "high": 1.1}]}
    alp = {"title": "a", "family": "alp", "options": {"couplings": fermions, "band": band}}
    model = model_of({**alp, "theory_variations": [{"delta8": np.pi}, {"g8": 4.9}]}, "mine.yaml")
    low, high = model.theory_factors("K+ -> pi+ X", np.array([0.0, 100.0, 400.0]))
    np.testing.assert_allclose(low, 0.9)
    np.testing.assert_allclose(high[:2], 1.391, atol=0.005)
    np.testing.assert_allclose(high[2], 1.1)  # closed: nothing varies
    assert len(model.variations) == 2 and model.variations[0].coupling == model.coupling
    with pytest.raises(InputError, match=r"theory_variations.0: delta: unknown key"):
        model_of({**alp, "theory_variations": [{"delta": 1}]}, "mine.yaml")


RATE, TAU = "B(K+ -> pi+ X)", "lifetime"


@pytest.mark.parametrize(
    ("name", "mass", "number", "changed", "ratio"),
    [
        ("bc4", 200.0, RATE, {"C": 3.77e-3}, 3.77 / 3),  # the top's pole mass
        ("bc4", 300.0, TAU, {"pipi": "none"}, 5.0704),  # 1 + Gamma(pi pi)/Gamma(mu mu)
        ("bc4", 300.0, TAU, {"pipi": "chpt"}, 2.0543),
        ("bc4", 300.0, TAU, {"pipi_factor": 0.87}, 1.1165),
        ("bc10", 100.0, RATE, {"delta8": np.pi}, 1.3913),
        ("bc10", 100.0, RATE, {"form_factor": "f0"}, 0.9499),
        ("bc10", 100.0, RATE, {"scale_TeV": 10.0}, 4.189),
        ("bc11", 200.0, RATE, {"g8": 4.5}, 0.8185),
        ("bc11", 145.0, RATE, {"omit_MeV": {"K+ -> pi+ X": [132, 150]}}, 0.0),
        ("bc2", 200.0, RATE, {"a_plus": -0.588}, 1.037),
        ("bc2", 200.0, RATE, {"b_plus": -0.765}, 1.020),
        ("bc2", 200.0, RATE, {"alpha_plus": -20.6e-8, "beta_plus": -2.6e-8}, 1.003),
    ],
)
def test_an_option_changes_its_number(name, mass, number, changed, ratio):
    content = read_yaml(named("models")[name])
    central, other = load_model(name), model_of({**content, "options": {**content["options"], **changed}}, "x.yaml")
    value, new = (
        m.production["K+ -> pi+ X"](mass, 1e-3) if number == RATE else m.lifetime_ns(mass, 1e-3)
        for m in (central, other)
    )
    assert new != value
    np.testing.assert_allclose(new / value, ratio, atol=6e-4)
    banded = model_of({**content, "theory_variations": [changed]}, "x.yaml")
    low, high = banded.theory_factors("K+ -> pi+ X", mass)
    if number == RATE:
        assert low <= new / value * (1 + 1e-12) and new / value <= high * (1 + 1e-12)
    assert banded.variations[0].lifetime_ns(mass, 1e-3) == other.lifetime_ns(mass, 1e-3)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"family": "dark_scaler"}, "family: 'dark_scaler' is no family .*did you mean 'dark_scalar'"),
        ({"options": {"invisible": True, "c": 1}}, "options: c: unknown key"),
        ({"options": {"invisible": "perhaps"}}, "options: invisible: 'perhaps' must be true or false"),
        ({"options": {}}, "options: invisible: this key is missing"),
        ({"coupling_range": [1, 1e-3]}, "coupling_range: .*smaller .*first"),
        ({"coupling_range": [1e-300, 1]}, "coupling_range.0: 1e-300 is no coupling"),  # by fuzzing
        ({"theory_band": {"K+ -> pi0 X": [0, 0]}}, "theory_band: .*is not a process"),
        ({"titel": "x"}, "titel: unknown key; did you mean 'title'"),
    ],
)
def test_bad_files_are_refused(change, words):
    with pytest.raises(InputError, match=f"mine.yaml: {words}"):
        model_of({**GOOD, **change}, "mine.yaml")


def test_a_range_of_couplings_that_looks_like_another_unit():
    with pytest.warns(UserWarning, match="mine.yaml: coupling_range: 1000 to 1e\\+06 lies outside .*another unit"):
        model_of({**GOOD, "coupling_range": [1e3, 1e6]}, "mine.yaml")


def test_unknown_model():
    with pytest.raises(InputError, match=r"model 'bc5' is none of .*; did you mean 'bc"):
        load_model("bc5")
    with pytest.raises(InputError, match="no such file"):
        load_model("nowhere/bc5.yaml")
