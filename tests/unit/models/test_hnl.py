import numpy as np
import pytest
from numpy.testing import assert_allclose

from darkaon.constants import B_KAON_MU_NU, M_ELECTRON, M_KAON, M_MUON, M_PION
from darkaon.errors import InputError
from darkaon.models.hnl import Options, build, rho
from darkaon.models.loading import model_of


def model(nature="majorana", **mixing):
    return build(Options(mixing=mixing, nature=nature))


@pytest.mark.parametrize(
    ("parent", "lepton", "mass", "value", "digit"),
    [(M_KAON, M_ELECTRON, 0.2, 1.070e5, 1e2), (M_KAON, M_MUON, 0.2, 3.62, 1e-2), (M_PION, M_ELECTRON, 0.06, 9163, 1)],
)
def test_rho(parent, lepton, mass, value, digit):
    assert_allclose(rho(parent, lepton, np.array(mass)), value, rtol=0, atol=digit)


def test_massless_limit_and_end_point():
    bc7 = model(mu=1).production["K+ -> mu+ X"]
    assert_allclose(bc7(0.0, 1.0), B_KAON_MU_NU)
    assert bc7(388.0, 1.0) > 0 and bc7(388.1, 1.0) == 0


def test_flavours_meet_their_searches():
    bc6, bc7 = model(e=1), model(mu=1)
    assert bc6.meets("K+ -> e+ X", "invisible") and bc6.meets("pi+ -> e+ X", "invisible")
    assert bc7.meets("K+ -> mu+ X", "invisible") and not bc7.meets("K+ -> e+ X", "invisible")
    assert set(bc6.decays) == {"invisible"}


@pytest.mark.parametrize(
    ("mass", "lifetime_ns", "invisible"),
    [
        (100, [906.932, 1279.41, 1279.41], [0.629749, 0.888384, 0.888384]),
        (200, [2.07422, 5.17584, 5.25316], [0.046089, 0.115007, 0.116725]),
        (300, [0.268154, 0.394089, 0.720260], [0.045246, 0.066496, 0.121531]),
    ],
)
def test_lifetimes_and_three_neutrinos(mass, lifetime_ns, invisible):
    nearly_tau = model(e=1e-9, tau=1)
    for own, tau, fraction in zip((model(e=1), model(mu=1), nearly_tau), lifetime_ns, invisible, strict=True):
        assert_allclose(own.lifetime_ns(float(mass), 1.0), tau, rtol=1e-5)
        assert_allclose(own.decays["invisible"](float(mass), 1.0), fraction, atol=1e-6)


def test_democratic_mixing_and_nature():
    mixed, dirac = model(e=1, mu=1, tau=1), model("dirac", e=1, mu=1, tau=1)
    assert_allclose(mixed.lifetime_ns(300.0, 1.0), 0.391896, rtol=1e-5)
    assert_allclose(mixed.decays["invisible"](300.0, 1.0), 0.066126, atol=1e-6)
    assert_allclose(dirac.lifetime_ns(300.0, 1.0), 2 * 0.391896, rtol=1e-5)
    assert mixed.coupling.name == "U_squared"
    assert_allclose(mixed.production["K+ -> e+ X"](300.0, 1.0), model(e=1).production["K+ -> e+ X"](300.0, 1.0) / 3)


def test_thresholds_are_continuous():
    mass = np.array([M_MUON + M_ELECTRON, 2 * M_MUON, M_PION + M_ELECTRON, M_PION + M_MUON]) * 1e3
    for own in (model(e=1), model(mu=1)):
        for near in mass:
            low, high = own.lifetime_ns(near + np.array([-1e-4, 1e-4]), 1.0)
            assert_allclose(low, high, rtol=1e-3)
    assert_allclose(model(e=1).decays["invisible"](1.0, 1.0), 1)  # below 2 m_e


def test_tau_alone_is_produced_in_no_decay():
    content = {"title": "BC8", "family": "hnl", "options": {"mixing": {"tau": 1}}}
    with pytest.raises(InputError, match="needs e or mu above 0"):
        model_of(content, "bc8.yaml")


def test_rates_start_from_those_of_the_light_neutrino():
    """PDG: B(K -> e nu) 1.582e-5, B(K -> mu nu) 0.6356, B(pi -> e nu) 1.230e-4."""
    bc6, bc7 = model(e=1), model(mu=1)
    assert_allclose(bc6.production["K+ -> e+ X"](0.0, 1.0), 1.582e-5, rtol=1e-9)
    assert_allclose(bc6.production["pi+ -> e+ X"](0.0, 1.0), 1.230e-4, rtol=1e-9)
    assert_allclose(bc7.production["K+ -> mu+ X"](0.0, 1.0), 0.6356, rtol=1e-9)
