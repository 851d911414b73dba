import numpy as np
from numpy.testing import assert_allclose

from darkaon.constants import ALPHA, M_ELECTRON, M_MUON
from darkaon.models.alp_running import LowCouplings
from darkaon.models.alp_widths import CHARGES2, KAPPA, lepton_width, loop, photon_width


def effective(c, mass):
    return np.sqrt(photon_width(c)(mass) * 64 * np.pi**3 / (ALPHA**2 * mass**3))


def test_light_gluon_coupled_particle():
    assert_allclose(6 * np.sum(KAPPA * CHARGES2), 2.0156, rtol=1e-4)
    assert_allclose(effective(LowCouplings(c_gg=1.0), np.array(1e-4)), 1.963, rtol=1e-3)


def test_photon_coupling_alone():
    assert_allclose(effective(LowCouplings(c_photon=0.7), np.array([0.01, 0.3])), 0.7, rtol=1e-12)


def test_loop_of_fermions():
    assert_allclose(loop(np.array(1.0), 1e3), -1 / (12e6), rtol=1e-3)  # heavy: -a/(12 m^2)
    assert_allclose(abs(loop(np.array(1.0), 1e-6)), 1, atol=1e-6)  # light: the anomaly
    at_threshold = loop(2 * M_MUON * np.array([1 - 1e-9, 1 + 1e-9]), M_MUON)
    assert_allclose(at_threshold, 1 - np.pi**2 / 4, atol=1e-3)
    assert loop(np.array(0.0), M_MUON) == loop(np.array(1e-9), M_MUON)
    across = loop(2 * M_MUON / np.sqrt(1e6 * np.array([1 - 1e-6, 1 + 1e-6])), M_MUON)  # where the series begins
    assert_allclose(across[0], across[1], rtol=1e-4)


def test_lepton_width():
    mass = np.array([2 * M_MUON - 1e-6, 0.3])
    assert_allclose(lepton_width(2.0, M_MUON)(mass), [0, 4 * lepton_width(1.0, M_MUON)(mass)[1]])
    electron = lepton_width(1.0, M_ELECTRON)(np.array(0.1))
    assert_allclose(electron, M_ELECTRON**2 * 0.1 / (8 * np.pi), rtol=1e-4)
