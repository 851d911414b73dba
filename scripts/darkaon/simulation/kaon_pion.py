"""Decays K+ -> pi+ and something else, drawn in the rest frame of the kaon."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np

from darkaon.config.slots.background import Tails, Uniform
from darkaon.constants import M_KAON, M_MUON, M_PI0, M_PION
from darkaon.kinematics import boost
from darkaon.models.dark_photon import Options, dilepton_spectrum
from darkaon.models.rates import momentum
from darkaon.simulation.decay import Decay, Draw, back_to_back, directions, lepton_pair, longitudinal, quantiles
from darkaon.simulation.digamma import Z_MAX, digamma_spectrum
from darkaon.typing import Array


@cache
def _dimuon_quantiles() -> tuple[Array, Array]:
    """Those of z = (m_mumu/m_K)^2 for K+ -> pi+ mu+ mu-."""
    options = Options(invisible=False)
    low, high = (2 * M_MUON / M_KAON) ** 2, (1 - M_PION / M_KAON) ** 2
    return quantiles(lambda z: dilepton_spectrum(z, M_MUON, options), low, high)


@cache
def digamma_quantiles() -> tuple[Array, Array]:
    """Those of z = (m_gg/m_K)^2 for K+ -> pi+ gamma gamma."""
    return quantiles(digamma_spectrum, 0.0, Z_MAX)


def pi_mumu(rng: np.random.Generator, n: int) -> list[Array]:
    """K+ -> pi+ mu+ mu-: dGamma/dz with the form factor W(z) of `darkaon.models.dark_photon`."""
    mass = M_KAON * np.sqrt(np.interp(rng.uniform(0, 1, n), *_dimuon_quantiles()))
    pion, pair = back_to_back(momentum(M_KAON, M_PION, mass), directions(rng, n), (M_PION, mass))
    return [pion, *lepton_pair(rng, pair, mass, M_MUON, longitudinal)]


def pi_x_mumu(mass: float) -> Draw:
    """K+ -> pi+ X, X -> mu+ mu- at once and isotropic; mass of X [GeV]."""

    def draw(rng: np.random.Generator, n: int) -> list[Array]:
        pion, x = back_to_back(momentum(M_KAON, M_PION, np.array(mass)), directions(rng, n), (M_PION, mass))
        return [pion, *lepton_pair(rng, x, mass, M_MUON)]

    return draw


def _pi_and_photons(rng: np.random.Generator, mass: Array) -> list[Array]:
    """Pion and two photons of masses `mass` [GeV], shape (n,), which are isotropic in their rest frame."""
    n = len(mass)
    pion, pair = back_to_back(momentum(M_KAON, M_PION, mass), directions(rng, n), (M_PION, mass))
    photons = back_to_back(0.5 * mass, directions(rng, n), (0.0, 0.0))
    return [pion, *(boost(photon, pair, mass) for photon in photons)]


def pi_gammagamma(rng: np.random.Generator, n: int) -> list[Array]:
    """K+ -> pi+ gamma gamma: dGamma/dz of `digamma_spectrum`; at O(p^4) the photons are isotropic."""
    return _pi_and_photons(rng, M_KAON * np.sqrt(np.interp(rng.uniform(0, 1, n), *digamma_quantiles())))


def pi_gammagamma_flat(rng: np.random.Generator, n: int) -> list[Array]:
    """A smooth background to K+ -> pi+ gamma gamma: uniform in the mass of the photon pair, pi0 mass to end point.

    It stands for K+ -> pi+ pi0 gamma and K+ -> pi+ pi0 pi0 with merged or lost photons.
    """
    return _pi_and_photons(rng, rng.uniform(M_PI0, M_KAON - M_PION, n))


def pi_x_gammagamma(mass: float) -> Draw:
    """K+ -> pi+ X, X -> gamma gamma at once and isotropic; mass of X [GeV]."""
    return lambda rng, n: _pi_and_photons(rng, np.full(n, mass))


def recoil(mass_squared: Callable[[np.random.Generator, int], Array]) -> Draw:
    """K+ -> pi+ and something unseen, of a mass squared [GeV^2] that is drawn; below 0 for a pion off its mark."""

    def draw(rng: np.random.Generator, n: int) -> list[Array]:
        energy = (M_KAON**2 + M_PION**2 - mass_squared(rng, n)) / (2 * M_KAON)
        pion = np.sqrt(energy * energy - M_PION**2) * directions(rng, n)
        return [np.concatenate([energy[None], pion])]

    return draw


def pi_x_invisible(mass: float) -> Draw:
    """K+ -> pi+ X, X unseen; mass of X [GeV]."""
    return recoil(lambda _, n: np.full(n, mass * mass))


def nunu_spectrum(q2: Array) -> Array:
    """dGamma/dq^2 of K+ -> pi+ nu nu, not normalised: p^3 |f_+|^2, q^2 = m_miss^2 [GeV^2].

    f_+ = 1 + lambda' x + lambda'' x^2/2, x = q^2/m_pi^2, from K_l3 (F. Mescia, C. Smith, arXiv:0705.2025; recalled).
    """
    x = q2 / M_PION**2
    form = 1 + 0.0248 * x + 0.5 * 0.0016 * x * x
    return momentum(M_KAON, M_PION, np.sqrt(q2)) ** 3 * form * form


@cache
def _nunu_quantiles() -> tuple[Array, Array]:
    """Those of q^2 [GeV^2] for K+ -> pi+ nu nu."""
    return quantiles(nunu_spectrum, 0.0, (M_KAON - M_PION) ** 2)


def pi_nunu(rng: np.random.Generator, n: int) -> list[Array]:
    """K+ -> pi+ nu nu."""
    return recoil(lambda rng, n: np.interp(rng.uniform(0, 1, n), *_nunu_quantiles()))(rng, n)


BACKGROUND_RANGE_GEV2 = (-0.01, 0.1)


def background(spectrum: Uniform | Tails) -> Decay:
    """A pion whose recoil mass squared follows a spectrum, from a little below 0 to where kaons stop decaying."""
    low, high = BACKGROUND_RANGE_GEV2

    def draw(rng: np.random.Generator, n: int) -> Array:
        u = rng.uniform(0, 1, n)
        if isinstance(spectrum, Uniform):
            return low + (high - low) * u
        ends = np.array([low, high]) - spectrum.peak_GeV2  # quantiles of the two-sided exponential between them
        first, last = _laplace(ends / spectrum.scale_GeV2)
        return spectrum.peak_GeV2 + spectrum.scale_GeV2 * _laplace_quantile(first + (last - first) * u)

    return Decay((1,), recoil(draw))


def _laplace(x: Array) -> Array:
    """Cumulative distribution of exp(-|x|)/2."""
    return np.where(x < 0, 0.5 * np.exp(-np.abs(x)), 1 - 0.5 * np.exp(-np.abs(x)))


def _laplace_quantile(u: Array) -> Array:
    return np.where(u < 0.5, np.log(2 * np.minimum(u, 0.5)), -np.log(2 * np.minimum(1 - u, 0.5)))
