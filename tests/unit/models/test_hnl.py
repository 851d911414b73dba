import numpy as np
import pytest
from numpy.testing import assert_allclose

from darkaon.constants import B_KAON_MU_NU, M_ELECTRON, M_KAON, M_MUON, M_PION
from darkaon.models.hnl import Options, build, rho


@pytest.mark.parametrize(
    ("parent", "lepton", "mass", "value", "digit"),
    [(M_KAON, M_ELECTRON, 0.2, 1.070e5, 1e2), (M_KAON, M_MUON, 0.2, 3.62, 1e-2), (M_PION, M_ELECTRON, 0.06, 9163, 1)],
)
def test_rho(parent, lepton, mass, value, digit):
    assert_allclose(rho(parent, lepton, np.array(mass)), value, rtol=0, atol=digit)


def test_massless_limit_and_end_point():
    bc7 = build(Options(flavour="mu")).production["K+ -> mu+ X"]
    assert_allclose(bc7(0.0, 1.0), B_KAON_MU_NU)
    assert bc7(388.0, 1.0) > 0 and bc7(388.1, 1.0) == 0


def test_flavours_meet_their_searches():
    bc6, bc7 = build(Options(flavour="e")), build(Options(flavour="mu"))
    assert bc6.meets("K+ -> e+ X", "invisible") and bc6.meets("pi+ -> e+ X", "invisible")
    assert bc7.meets("K+ -> mu+ X", "invisible") and not bc7.meets("K+ -> e+ X", "invisible")
    assert np.isinf(bc6.lifetime_ns(200.0, 1e-9))


def test_rates_start_from_those_of_the_light_neutrino():
    """PDG: B(K -> e nu) 1.582e-5, B(K -> mu nu) 0.6356, B(pi -> e nu) 1.230e-4."""
    bc6, bc7 = build(Options(flavour="e")), build(Options(flavour="mu"))
    assert_allclose(bc6.production["K+ -> e+ X"](0.0, 1.0), 1.582e-5, rtol=1e-9)
    assert_allclose(bc6.production["pi+ -> e+ X"](0.0, 1.0), 1.230e-4, rtol=1e-9)
    assert_allclose(bc7.production["K+ -> mu+ X"](0.0, 1.0), 0.6356, rtol=1e-9)
