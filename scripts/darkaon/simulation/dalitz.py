"""pi0 -> gamma e+ e-, of the Standard Model or through a dark photon, with the pi0 from a decay of the kaon.

Drawn in the rest frame of the kaon: the charged particle beside the pi0, e+, e-, and the photon.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np

from darkaon.constants import ALPHA, M_ELECTRON, M_KAON, M_MUON, M_PI0, M_PION
from darkaon.kinematics import boost
from darkaon.models.rates import momentum
from darkaon.simulation.decay import Draw, back_to_back, directions, lepton_pair, quantiles, transverse
from darkaon.typing import Array

Source = Callable[[np.random.Generator, int], tuple[Array, Array]]  # charged particle and pi0, shapes (4, n)

CHARGES = (1, 1, -1, 0)
SLOPE = 0.0335  # of the form factor, F = 1 + a q^2/m_pi0^2 (PDG average; recalled)
LAMBDA_PLUS, LAMBDA_0 = 0.0296, 0.0196  # K_l3 form factors, linear in t/m_pi^2 (recalled)
LARGEST_KL3 = 0.0121  # at least the largest `kl3_density` [GeV^3]


def dalitz_spectrum(q2: Array) -> Array:
    """dGamma(pi0 -> gamma e+ e-)/dq^2 over Gamma(pi0 -> gamma gamma) [GeV^-2] at leading order, q = m_ee.

    N. Kroll and W. Wada, Phys. Rev. 98 (1955) 1355 (recalled), with the slope of the form factor; no radiative
    corrections. The integral without slope is 0.01185.
    """
    x, r = q2 / M_PI0**2, M_ELECTRON**2 / q2
    pair = np.sqrt(np.maximum(1 - 4 * r, 0.0)) * (1 + 2 * r)
    form = 1 + SLOPE * x
    return 2 * ALPHA / (3 * np.pi) / q2 * np.maximum(1 - x, 0.0) ** 3 * pair * form * form


@cache
def _mass_quantiles() -> tuple[Array, Array]:
    """Those of ln(m_ee/GeV), in which the spectrum is nearly flat."""
    return quantiles(
        lambda log: np.exp(2 * log) * dalitz_spectrum(np.exp(2 * log)), np.log(2 * M_ELECTRON), np.log(M_PI0)
    )


def pi_pi0(rng: np.random.Generator, n: int) -> tuple[Array, Array]:
    """K+ -> pi+ pi0."""
    p = momentum(M_KAON, M_PION, np.array(M_PI0))
    pion, pi0 = back_to_back(p, directions(rng, n), (M_PION, M_PI0))
    return pion, pi0


def kl3_density(muon: Array, pion: Array) -> Array:
    """Density of K+ -> pi0 mu+ nu over the energies [GeV] of muon and pi0 at rest of the kaon; 0 where forbidden.

    f_+^2 (A + B xi + C xi^2) [GeV^3] of the PDG's review of K_l3 form factors (recalled), in units of f_+(0)^2.
    """
    neutrino = M_KAON - muon - pion
    left = (M_KAON**2 + M_PI0**2 - M_MUON**2) / (2 * M_KAON) - pion
    t = M_KAON**2 + M_PI0**2 - 2 * M_KAON * pion
    vector = 1 + LAMBDA_PLUS * t / M_PION**2
    xi = (LAMBDA_0 - LAMBDA_PLUS) * (M_KAON**2 - M_PI0**2) / M_PION**2 / vector
    a = M_KAON * (2 * muon * neutrino - M_KAON * left) + M_MUON**2 * (left / 4 - neutrino)
    b, c = M_MUON**2 * (neutrino - left / 2), M_MUON**2 * left / 4
    possible = (neutrino > 0) & (np.abs(_cosine(muon, pion, neutrino)) <= 1)
    return np.where(possible, vector**2 * (a + b * xi + c * xi**2), 0.0)


def _cosine(muon: Array, pion: Array, neutrino: Array) -> Array:
    """Cosine of the angle between muon and pi0 of these energies; beyond +-1 where they cannot be."""
    p2, k2 = muon**2 - M_MUON**2, pion**2 - M_PI0**2
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where((p2 > 0) & (k2 > 0), (neutrino**2 - p2 - k2) / (2 * np.sqrt(p2 * k2)), 2.0)


def pi0_mu_nu(rng: np.random.Generator, n: int) -> tuple[Array, Array]:
    """K+ -> pi0 mu+ nu."""
    energy = np.empty((2, n))  # of muon and pi0
    low = np.array([[M_MUON], [M_PI0]])
    high = (M_KAON**2 + low**2 - low[::-1] ** 2) / (2 * M_KAON)
    pending = np.arange(n)
    while pending.size:
        drawn = low + (high - low) * rng.uniform(0, 1, (2, pending.size))
        kept = rng.uniform(0, LARGEST_KL3, pending.size) < kl3_density(drawn[0], drawn[1])
        energy[:, pending[kept]] = drawn[:, kept]
        pending = pending[~kept]
    axis = directions(rng, n)
    cosine = _cosine(energy[0], energy[1], M_KAON - energy[0] - energy[1])
    around = _at_angle(rng, axis, cosine)
    p, k = np.sqrt(energy**2 - low**2)
    return np.concatenate([energy[:1], p * around]), np.concatenate([energy[1:], k * axis])


def _at_angle(rng: np.random.Generator, axis: Array, cosine: Array) -> Array:
    """Unit vectors at an angle of this cosine to the unit vectors `axis`, shape (3, n), all azimuths alike."""
    side = np.cross(axis, directions(rng, axis.shape[1]), axis=0)
    side /= np.sqrt(np.sum(side * side, axis=0))
    return cosine * axis + np.sqrt(np.maximum(1 - cosine * cosine, 0.0)) * side


def _electrons_and_photon(rng: np.random.Generator, pi0: Array, mass: Array) -> list[Array]:
    """e+, e- and the photon of pi0 -> gamma and a transverse (dark) photon of `mass` [GeV], shape (n,)."""
    n = len(mass)
    photon, pair = back_to_back(momentum(M_PI0, 0.0, mass), directions(rng, n), (0.0, mass))
    electrons = lepton_pair(rng, pair, mass, M_ELECTRON, transverse)
    return [boost(particle, pi0, M_PI0) for particle in (*electrons, photon)]


def standard_model(source: Source) -> Draw:
    """pi0 -> gamma e+ e- of the pi0 of `source`."""
    return _of_masses(source, lambda rng, n: np.exp(np.interp(rng.uniform(0, 1, n), *_mass_quantiles())))


def dark_photon(source: Source, mass: float) -> Draw:
    """pi0 -> gamma A', A' -> e+ e- at once, of the pi0 of `source`; mass of A' [GeV]."""
    return _of_masses(source, lambda _, n: np.full(n, mass))


def _of_masses(source: Source, masses: Callable[[np.random.Generator, int], Array]) -> Draw:
    def draw(rng: np.random.Generator, n: int) -> list[Array]:
        charged, pi0 = source(rng, n)
        return [charged, *_electrons_and_photon(rng, pi0, masses(rng, n))]

    return draw
