import numpy as np
import pytest
from numpy.testing import assert_allclose

from darkaon.constants import M_KAON, M_PI0, M_PION, V_TD_CONJ_V_TS
from darkaon.models.alp import Options, build, octet_amplitude
from darkaon.models.alp_running import LowCouplings, run_down
from darkaon.models.rates import kaon_to_pion

BC10, BC11 = build(Options(coupling="fermion")), build(Options(coupling="gluon"))
KAON, KLONG = "K+ -> pi+ X", "KL -> pi0 X"
MASSES = np.array([10.0, 100.0, 200.0, 300.0])


def test_couplings_at_2_gev():
    c = run_down(1000.0, 1.0, 0.0)
    assert_allclose(abs(c.k_ds / V_TD_CONJ_V_TS), 8.85e-3, rtol=0, atol=1e-5)
    assert_allclose([c.c_up, c.c_down, c.c_strange], [0.874, 0.980, 0.980], rtol=0, atol=1e-3)
    gluon = run_down(1000.0, 0.0, 1.0)
    assert_allclose([gluon.c_up, gluon.c_down], -0.030, rtol=0, atol=1e-3)


def test_running_is_linear_in_the_couplings():
    once, twice = run_down(1000.0, 1.0, 0.5), run_down(1000.0, 2.0, 1.0)
    assert_allclose([twice.c_up, twice.k_ds], [2 * once.c_up, 2 * once.k_ds], rtol=1e-12)


def test_a_higher_scale_runs_further():
    assert abs(run_down(1e5, 1.0, 0.0).k_ds) > 2 * abs(run_down(1e3, 1.0, 0.0).k_ds)


def test_bc10_branching_ratio():
    assert_allclose(BC10.production[KAON](MASSES, 1.0), [7.18e-5, 6.81e-5, 5.62e-5, 3.36e-5], rtol=0, atol=1e-7)


def test_bc10_agrees_with_alpaca():
    assert_allclose(BC10.production[KAON](MASSES, 1.0), [7.68e-5, 7.28e-5, 6.01e-5, 3.59e-5], rtol=0.10)


def test_bc10_band_holds_both_programs():
    low, high = BC10.theory_factors(KAON, MASSES)
    value = BC10.production[KAON](MASSES, 1.0)
    for other in ([6.31e-5, 5.98e-5, 4.94e-5, 2.95e-5], [7.68e-5, 7.28e-5, 6.01e-5, 3.59e-5]):  # ALPINIST, ALPaca
        assert np.all((low * value < other) & (other < high * value))


def test_octet_phase_raises_the_rate():
    other = build(Options(coupling="fermion", delta8=np.pi))
    assert_allclose(other.production[KAON](MASSES, 1.0) / BC10.production[KAON](MASSES, 1.0), 1.40, atol=0.01)


@pytest.mark.parametrize(
    ("loop", "mass", "seconds", "digit"),
    [
        ("derivative", 100, 6.2e-10, 1e-11),
        ("derivative", 200, 3.16e-10, 1e-12),
        ("yukawa", 100, 5.0e-10, 1e-11),
        ("yukawa", 200, 1.15e-10, 1e-12),
    ],
)
def test_bc10_lifetime(loop, mass, seconds, digit):
    model = build(Options(coupling="fermion", loop=loop))
    assert_allclose(model.lifetime_ns(mass, 1.0) * 1e-9, seconds, rtol=0, atol=digit)


def test_bc10_lifetime_against_alpaca_and_above_the_muons():
    assert_allclose(BC10.lifetime_ns(200.0, 1.0) * 1e-9, 2.87e-10, rtol=0.12)
    yukawa = build(Options(coupling="fermion", loop="yukawa"))
    mass = np.array([225.0, 250.0, 300.0, 350.0])  # 0.035 % at 215 MeV
    assert_allclose(yukawa.lifetime_ns(mass, 1.0), BC10.lifetime_ns(mass, 1.0), rtol=3e-4)


def test_bc11_branching_ratio():
    assert_allclose(BC11.production[KAON](MASSES[:3], 1.0), [2.08e-2, 1.93e-2, 1.49e-2], rtol=0, atol=1e-4)
    assert_allclose(BC11.production[KAON](300.0, 1.0), 7.50e-3, rtol=0, atol=1e-5)


def test_bc11_agrees_with_alpaca():
    assert_allclose(BC11.production[KAON](MASSES, 1.0), [2.126e-2, 1.986e-2, 1.535e-2, 0.778e-2], rtol=0.05)


@pytest.mark.parametrize(
    ("mass", "seconds", "digit"),
    [(50, 2.10e-8, 1e-10), (100, 1.78e-9, 1e-11), (200, 6.6e-10, 1e-11), (300, 1.07e-10, 1e-12)],
)
def test_bc11_lifetime(mass, seconds, digit):
    assert_allclose(BC11.lifetime_ns(mass, 1e-2) * 1e-9, seconds, rtol=0, atol=digit)


def test_pure_gluon_coupling_agrees_with_alpaca_to_one_percent():
    # the octet term in ALPaca 1.2.0 is 16 c_GG (K - P)(K - a)/(4K - P - 3a) N8/(4f) with g8 = 4.99
    mass = MASSES * 1e-3
    got = octet_amplitude(mass, LowCouplings(1.0, 0.0, 0.0, 0.0, 0j))
    k, p, a = M_KAON**2, M_PION**2, mass**2
    n8 = -1.533e-7 * 4.99 / 5.0
    other = n8 * 4 * (k - p) * (k - a) / (4 * k - p - 3 * a)
    assert_allclose(kaon_to_pion(abs(got) ** 2, mass), kaon_to_pion(other**2, mass), rtol=0.01)


def test_klong_takes_the_imaginary_part():
    assert_allclose(BC10.production[KLONG](100.0, 1.0), 5.68e-5, rtol=0, atol=1e-7)


@pytest.mark.parametrize("model", ["fermion", "gluon"])
def test_grossman_nir(model):
    built = build(Options(coupling=model))
    assert np.all(built.production[KLONG](MASSES, 1.0) < 4.3 * built.production[KAON](MASSES, 1.0))


def test_pi0_region_of_bc11():
    near, far = M_PI0 * 1e3 + np.array([-19.0, 19.0]), M_PI0 * 1e3 + np.array([-21.0, 21.0])
    omitted = build(Options(coupling="gluon", pi0_region="omit")).production[KAON]
    assert np.all(omitted(near, 1.0) == 0) and np.all(omitted(far, 1.0) > 0)
    assert_allclose(BC11.theory_factors(KAON, near), [[0.75] * 2, [1.6] * 2])
    assert_allclose(BC11.theory_factors(KAON, far), [[0.8] * 2, [1.2] * 2])
    assert "pi0" in BC11.notes


def test_final_states():
    assert set(BC10.decays) == {"ee", "mumu", "gammagamma"} and set(BC11.decays) == {"gammagamma"}
    assert_allclose(BC11.decays["gammagamma"](MASSES, 1.0), 1)
    inv = build(Options(coupling="fermion", invisible=True))
    assert set(inv.decays) == {"invisible"} and np.all(np.isinf(inv.lifetime_ns(MASSES, 1.0)))
