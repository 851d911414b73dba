"""Decays of an axion-like particle to leptons and photons, from its couplings at 2 GeV.

Photons: loops of leptons, charm and bottom, and the mixing with pi0, eta and eta' at leading order of chiral
perturbation theory, with isospin breaking by m_d - m_u to first order. |c_eff/c_GG| = 1.963 for a light particle
(literature 1.92(4), recalled). To hadrons it decays above three pion masses only: to two pions CP forbids it.
"""

from __future__ import annotations

import numpy as np

from darkaon.constants import (
    ALPHA,
    M_BOTTOM_MSBAR,
    M_CHARM_MSBAR,
    M_DOWN,
    M_ELECTRON,
    M_ETA,
    M_ETA_PRIME,
    M_MUON,
    M_PI0,
    M_STRANGE,
    M_TAU,
    M_UP,
)
from darkaon.models.alp_running import LowCouplings
from darkaon.models.model import Rate
from darkaon.models.rates import loop_function, velocity
from darkaon.typing import Array

QUARKS = np.array([M_UP, M_DOWN, M_STRANGE])
KAPPA = (1 / QUARKS) / np.sum(1 / QUARKS)
CHARGES2 = np.array([4, 1, 1]) / 9
MIXING_ANGLE = np.deg2rad(-14.1)  # of eta and eta'
ISOSPIN = (M_DOWN - M_UP) / (M_DOWN + M_UP)
_COS, _SIN = np.cos(MIXING_ANGLE), np.sin(MIXING_ANGLE)
_T8, _T0 = np.array([1, 1, -2]) / np.sqrt(12), np.ones(3) / np.sqrt(6)
MESONS2 = np.array([M_PI0, M_ETA, M_ETA_PRIME]) ** 2
GENERATORS = np.array([np.array([1, -1, 0]) / 2, _COS * _T8 - _SIN * _T0, _SIN * _T8 + _COS * _T0])
WITH_PI0 = -ISOSPIN * M_PI0**2 * np.array([_COS - np.sqrt(2) * _SIN, _SIN + np.sqrt(2) * _COS]) / np.sqrt(3)
"""Squared-mass terms between pi0 and eta, eta', GeV^2."""


def lepton_width(coupling: float, lepton_mass: float) -> Rate:
    """Gamma(a -> l l) f^2 [GeV^3] for a coupling c_ll at low scales, arXiv:2507.17286 eq. 4.9."""

    def width(mass: Array) -> Array:
        return coupling**2 * lepton_mass**2 * mass / (8 * np.pi) * velocity(mass, lepton_mass)

    return width


def loop(mass: Array, loop_mass: float) -> Array:
    """B1 of a fermion loop with derivative coupling, complex: 1 - tau f(tau)^2, tau = 4 m^2/M^2; zero for M = 0."""
    tau = (2 * loop_mass / np.maximum(mass, 1e-9)) ** 2
    return np.where(tau > 1e6, -1 / (3 * tau), 1 - tau * loop_function(tau))


def photon_width(c: LowCouplings) -> Rate:
    """Gamma(a -> gamma gamma) f^2 [GeV^3]."""
    loops = (
        (c.c_ee, M_ELECTRON),
        (c.c_mumu, M_MUON),
        (c.c_tautau, M_TAU),
        (4 / 3 * c.c_cc, M_CHARM_MSBAR),
        (c.c_bb / 3, M_BOTTOM_MSBAR),
    )
    axial = np.array([c.c_uu, c.c_dd, c.c_ss]) + 2 * KAPPA * c.c_gg
    condensate = M_PI0**2 / (M_UP + M_DOWN)  # B0
    anomaly = 4 * condensate * c.c_gg * np.sum(GENERATORS, axis=1) / np.sum(1 / QUARKS)
    kinetic = np.sum(GENERATORS * axial, axis=1)
    to_photons = np.sum(GENERATORS * CHARGES2, axis=1)
    constant = c.c_photon - 6 * np.sum(KAPPA * CHARGES2) * c.c_gg

    def width(mass: Array) -> Array:
        a = np.asarray(mass, dtype=float) ** 2
        a = np.where(np.isin(a, MESONS2), a * (1 + np.finfo(float).eps), a)  # beside a pole, where a number is
        mixing = [m - k * a for m, k in zip(anomaly, kinetic, strict=True)]
        pion, eta, prime = (m / (a - pole) for m, pole in zip(mixing, MESONS2, strict=True))
        h = [
            mixing[0] + WITH_PI0[0] * eta + WITH_PI0[1] * prime,
            mixing[1] + WITH_PI0[0] * pion,
            mixing[2] + WITH_PI0[1] * pion,
        ]
        effective = constant + np.sum([c_l * loop(mass, m_l) for c_l, m_l in loops], axis=0)
        for charge, h_meson, pole in zip(to_photons, h, MESONS2, strict=True):
            effective = effective - 6 * charge * h_meson / (a - pole)
        return ALPHA**2 * mass**3 / (64 * np.pi**3) * np.abs(effective) ** 2

    return width
