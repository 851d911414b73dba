import numpy as np
import pytest
from numpy.testing import assert_allclose
from tests.unit.models.alp_patterns import PATTERNS, rows

from darkaon.constants import M_PI0
from darkaon.errors import InputError
from darkaon.models.alp import Options, build
from darkaon.models.loading import load_model, model_of
from darkaon.workflow.dependencies import library

KAON, KLONG, KSHORT, TWO_PIONS = "K+ -> pi+ X", "KL -> pi0 X", "KS -> pi0 X", "K+ -> pi+ pi0 X"
MASSES = np.array([10.0, 100.0, 200.0, 300.0])
IDS = {"BC9-WW": "bc9", "BC10": "bc10", "BC11": "bc11", "TOP": "top", "KSVZ": "ksvz", "DFSZ-tanb1": "dfsz"}


def pattern(name, **options):
    return build(Options(couplings=PATTERNS[name], **options))


def scales(name):
    return sorted({float(row["Lambda_GeV"]) for row in rows("reference") if row["model"] == name})


@pytest.mark.parametrize(("name", "scale"), [(name, scale) for name in PATTERNS for scale in scales(name)])
def test_reference(name, scale):
    table = [row for row in rows("reference") if row["model"] == name and float(row["Lambda_GeV"]) == scale]
    model = pattern(name, scale_TeV=scale / 1e3)
    column = {key: np.array([float(row[key]) for row in table]) for key in table[0] if key != "model"}
    mass = column["mass_MeV"]
    assert len(mass) >= 17
    assert_allclose(model.production[KAON](mass, 1.0), column["B_Kplus_TeV2"], rtol=0.02)
    assert_allclose(model.production[KLONG](mass, 1.0), column["B_KL_TeV2"], rtol=0.03)
    assert_allclose(model.production[KSHORT](mass, 1.0), column["B_KS_TeV2"], rtol=0.03)
    assert_allclose(model.lifetime_ns(mass, 1.0), column["tau_ns"], rtol=0.02)
    assert_allclose(model.decays["gammagamma"](mass, 1.0), column["BR_gammagamma"], rtol=0.02)


@pytest.mark.parametrize(
    "row", rows("benchmarks"), ids=lambda row: f"{row['model']}-{row['Lambda_GeV']}-{row['mass_MeV']}"
)
def test_benchmarks(row):
    mass, limit, f_min = float(row["mass_MeV"]), float(row["UL"]), float(row["f_min_GeV"])
    if row["model"].startswith("familon"):
        kind = "f0" if "q2" in row["model"] else "none"
        couplings, axis = {"sd": {"vector": 1.0}}, {"per_TeV": 1e3}
        model = build(Options(couplings=couplings, axis=axis, invisible=True, form_factor=kind))
        assert_allclose((limit / model.production[KAON](mass, 1.0)) ** -0.5, f_min, rtol=0.01)
        return
    model = pattern(row["model"], scale_TeV=float(row["Lambda_GeV"]) / 1e3)
    at_unit = model.production[KAON](mass, 1.0)
    assert_allclose(at_unit, float(row["B_times_f2 (TeV^2; familon: GeV^2)"]), rtol=0.02)
    coupling = np.sqrt(limit / at_unit)
    assert_allclose([coupling, 1e3 / coupling], [float(row["c_over_f_max_per_TeV"]), f_min], rtol=0.01)
    if mass:
        assert_allclose(model.lifetime_ns(mass, coupling), float(row["tau_ns_at_limit"]), rtol=0.02)


@pytest.mark.parametrize("name", IDS)
def test_yaml_of_the_benchmarks(name):
    loaded, built = load_model(IDS[name]), pattern(name)
    per_tev = {"BC9-WW": 92942.76, "BC11": 1.0, "KSVZ": 1e3, "DFSZ-tanb1": 1e3}.get(name, 1.0)
    for process in (KAON, KLONG, KSHORT):
        expected = built.production[process](MASSES, per_tev)
        assert_allclose(loaded.production[process](MASSES, 1.0), expected, rtol=1e-5)
    assert_allclose(loaded.lifetime_ns(MASSES, 1.0), built.lifetime_ns(MASSES, per_tev), rtol=1e-5)


def test_familon():
    model = load_model("familon")
    for limit, expected in ((7.3e-11, 6.72e11), (2.9114e-11, 1.064e12)):
        assert_allclose((limit / model.production[KAON](0.0, 1.0)) ** -0.5, expected, rtol=1e-3)
    slope = np.array([1, (1 + 0.0138 * (0.1 / 0.13957039) ** 2) ** 2])  # the check value at 100 MeV is without it
    assert_allclose(model.production[KAON]([0.0, 100.0], 1.0), [3.297779e13, 3.123853e13] * slope, rtol=1e-4)
    assert TWO_PIONS not in model.production and np.isinf(model.lifetime_ns(100.0, 1e-12))


def test_phase_of_a_familon_decides_on_klong():
    real, imaginary = (
        build(Options(couplings={"sd": {"vector": vector}}, invisible=True)) for vector in (1.0, (0.0, 1.0))
    )
    assert_allclose(real.production[KAON](MASSES, 1.0), imaginary.production[KAON](MASSES, 1.0), rtol=1e-12)
    assert np.all(real.production[KLONG](MASSES, 1.0) < 1e-5 * imaginary.production[KLONG](MASSES, 1.0))


@pytest.mark.parametrize(("mass", "value", "digit"), [(0, 1.01e10, 1e8), (50, 7.1e9, 1e8), (100, 2.56e9, 1e7)])
def test_axial_coupling_gives_two_pions(mass, value, digit):
    model = load_model("axion_sd")
    assert list(model.production) == [TWO_PIONS]
    assert_allclose(model.production[TWO_PIONS](mass, 1.0), value, rtol=0, atol=digit)
    assert model.production[TWO_PIONS](218.0, 1.0) > 0 and model.production[TWO_PIONS](220.0, 1.0) == 0


@pytest.mark.parametrize(("delta8", "ratio"), [(np.pi, 1.39), (np.pi / 2, 1.28)])
def test_phase_of_the_weak_amplitude(delta8, ratio):
    other, usual = pattern("BC10", delta8=delta8), pattern("BC10")
    assert_allclose(other.production[KAON](100.0, 1.0) / usual.production[KAON](100.0, 1.0), ratio, atol=0.11)


def test_octet_option():
    octet, full = (pattern("BC11", amplitude=name).production[KAON] for name in ("octet", "full"))
    mass = np.array([1.0, 100.0, 130.0, 132.0, 140.0, 155.0, 200.0, 300.0])
    assert_allclose(octet(mass, 1.0) / full(mass, 1.0), [0.95, 0.92, 0.68, 0.55, 1.48, 1.07, 1.00, 0.99], rtol=0.03)


def test_bands_and_omitted_masses():
    bc11 = load_model("bc11")
    mass = np.array([100.0, 131.0, 140.0, 200.0])
    assert_allclose(bc11.theory_factors(KAON, mass), [[0.34, 0.34, 0.30, 0.34], [1.65, 1.65, 1.70, 1.65]])
    assert_allclose(bc11.theory_factors(KLONG, mass), [[0.50, 0.40, 0.40, 0.50], [1.20, 1.85, 1.85, 1.20]])
    near = np.array([131.9, 132.1, M_PI0 * 1e3, 137.9, 138.1])
    assert np.array_equal(bc11.production[KAON](near, 1.0) > 0, [True, False, False, False, True])
    assert np.all(bc11.production[KLONG](near[[0, 1, 3, 4]], 1.0) > 0)
    assert "132-138 MeV left out" in bc11.notes


def test_bc10_band_holds_both_programs():
    bc10 = load_model("bc10")
    low, high = bc10.theory_factors(KAON, MASSES)
    value = bc10.production[KAON](MASSES, 1.0)
    for other in ([6.31e-5, 5.98e-5, 4.94e-5, 2.95e-5], [7.68e-5, 7.28e-5, 6.01e-5, 3.59e-5]):  # ALPINIST, ALPaca
        assert np.all((low * value < other) & (other < high * value))


@pytest.mark.parametrize("name", ["BC10", "BC11", "BC9-WW"])
def test_grossman_nir(name):
    model = pattern(name)
    assert np.all(model.production[KLONG](MASSES, 1.0) < 4.3 * model.production[KAON](MASSES, 1.0))


def test_final_states():
    bc10 = pattern("BC10")
    assert set(bc10.decays) == {"ee", "mumu", "gammagamma"}
    assert_allclose(sum(fraction(MASSES, 1.0) for fraction in bc10.decays.values()), 1)
    escapes = pattern("BC10", invisible=True)
    assert set(escapes.decays) == {"invisible"} and np.all(np.isinf(escapes.lifetime_ns(MASSES, 1.0)))


def test_a_change_of_the_polynomials_is_a_change_of_the_models():
    files = library("exclude", "darkaon.models.alp")
    assert {f"scripts/darkaon/models/alp_{part}.py" for part in ("amplitudes", "polynomials", "running")} <= set(
        files
    )
    assert not [file for file in library("exclude", "darkaon.models.hnl") if "alp" in file]


def test_faults_are_named():
    def load(**options):
        return model_of({"title": "a", "family": "alp", "options": options}, "a.yaml")

    with pytest.raises(InputError, match="all are zero"):
        load(couplings={"c_GG": 0})
    with pytest.raises(InputError, match="'K -> pi' is not a process"):
        load(couplings={"c_GG": 1}, band={"K -> pi": []})
    with pytest.raises(InputError, match="c_GGG"):
        load(couplings={"c_GGG": 1})
