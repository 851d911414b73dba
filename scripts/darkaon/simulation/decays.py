"""Decays of the kaon, drawn in its rest frame.

A decay gives the charged tracks in the order of the search's track1, track2, ..., then the photons (charge 0) as
cluster1, cluster2, ... A new one is a function here and a line in `STANDARD_MODEL` or `SIGNAL`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np

from darkaon.constants import M_KAON, M_MUON, M_PI0, M_PION, MEV
from darkaon.errors import InputError
from darkaon.kinematics import Array, boost
from darkaon.models.dark_photon import Options, dilepton_spectrum
from darkaon.models.rates import momentum, velocity
from darkaon.settings import nearest
from darkaon.simulation.digamma import Z_MAX, digamma_spectrum
from darkaon.slots.background import Tails, Uniform

Draw = Callable[[np.random.Generator, int], list[Array]]


@dataclass(frozen=True)
class Decay:
    """A decay of the kaon.

    Attributes:
        charges: charge of each track, 0 for a photon.
        draw: (generator, n) -> four-momentum [GeV] of each track in the kaon's rest frame, shapes (4, n).
        escapes: whether what the kaon decays to beside the tracks is X, whose flight is of interest.
    """

    charges: tuple[int, ...]
    draw: Draw
    escapes: bool = False


def directions(rng: np.random.Generator, n: int) -> Array:
    """Unit vectors, isotropic, shape (3, n)."""
    cosine, azimuth = rng.uniform(-1, 1, n), rng.uniform(0, 2 * np.pi, n)
    sine = np.sqrt(1 - cosine * cosine)
    return np.stack([sine * np.cos(azimuth), sine * np.sin(azimuth), cosine])


def back_to_back(p: Array | float, direction: Array, masses: tuple[float, Array | float]) -> list[Array]:
    """The two four-momenta [GeV], shapes (4, n), of a two-body decay at rest with momentum `p`."""
    first = p * direction
    p2 = np.sum(first * first, axis=0)
    return [
        np.concatenate([np.sqrt(p2 + masses[0] ** 2)[None], first]),
        np.concatenate([np.sqrt(p2 + masses[1] ** 2)[None], -first]),
    ]


def muon_pair(rng: np.random.Generator, parent: Array, mass: Array | float, longitudinal: bool) -> list[Array]:
    """The muons of `parent` (four-momentum [GeV], shape (4, n), and its mass).

    Isotropic, or as from a longitudinal virtual photon: 1 - beta^2 cos^2 around the flight direction of
    `parent`, which makes the (1 + 2 r^2/z) of dGamma/dz.
    """
    n = parent.shape[1]
    beta = velocity(np.asarray(mass), M_MUON)
    direction = _longitudinal(rng, parent[1:], beta) if longitudinal else directions(rng, n)
    pair = back_to_back(0.5 * mass * beta, direction, (M_MUON, M_MUON))
    return [boost(muon, parent, mass) for muon in pair]


def _longitudinal(rng: np.random.Generator, axis: Array, beta: Array) -> Array:
    """Directions with density 1 - beta^2 cos^2 around `axis`: rejection from isotropic ones."""
    axis = axis / np.sqrt(np.sum(axis * axis, axis=0))
    chosen = directions(rng, axis.shape[1])
    pending = np.arange(axis.shape[1])
    while pending.size:
        cosine = np.sum(chosen[:, pending] * axis[:, pending], axis=0)
        rejected = rng.uniform(0, 1, pending.size) > 1 - (beta[pending] * cosine) ** 2
        pending = pending[rejected]
        chosen[:, pending] = directions(rng, pending.size)
    return chosen


def _quantiles(spectrum: Callable[[Array], Array], low: float, high: float) -> tuple[Array, Array]:
    """Cumulative distribution of a spectrum from `low` to `high`, and the values it belongs to."""
    edge = np.linspace(low, high, 20_001)
    cumulative = np.cumsum(spectrum((edge[1:] + edge[:-1]) / 2))
    return np.concatenate([[0.0], cumulative / cumulative[-1]]), edge


@cache
def _dimuon_quantiles() -> tuple[Array, Array]:
    """Those of z = (m_mumu/m_K)^2 for K+ -> pi+ mu+ mu-."""
    options = Options(invisible=False)
    low, high = (2 * M_MUON / M_KAON) ** 2, (1 - M_PION / M_KAON) ** 2
    return _quantiles(lambda z: dilepton_spectrum(z, M_MUON, options), low, high)


@cache
def _digamma_quantiles() -> tuple[Array, Array]:
    """Those of z = (m_gg/m_K)^2 for K+ -> pi+ gamma gamma."""
    return _quantiles(digamma_spectrum, 0.0, Z_MAX)


def pi_mumu(rng: np.random.Generator, n: int) -> list[Array]:
    """K+ -> pi+ mu+ mu-: dGamma/dz with the form factor W(z) of `darkaon.models.dark_photon`."""
    mass = M_KAON * np.sqrt(np.interp(rng.uniform(0, 1, n), *_dimuon_quantiles()))
    pion, pair = back_to_back(momentum(M_KAON, M_PION, mass), directions(rng, n), (M_PION, mass))
    return [pion, *muon_pair(rng, pair, mass, longitudinal=True)]


def pi_x_mumu(mass: float) -> Draw:
    """K+ -> pi+ X, X -> mu+ mu- at once and isotropic; mass of X [GeV]."""

    def draw(rng: np.random.Generator, n: int) -> list[Array]:
        pion, x = back_to_back(momentum(M_KAON, M_PION, np.array(mass)), directions(rng, n), (M_PION, mass))
        return [pion, *muon_pair(rng, x, mass, longitudinal=False)]

    return draw


def _pi_and_photons(rng: np.random.Generator, mass: Array) -> list[Array]:
    """Pion and two photons of masses `mass` [GeV], shape (n,), which are isotropic in their rest frame."""
    n = len(mass)
    pion, pair = back_to_back(momentum(M_KAON, M_PION, mass), directions(rng, n), (M_PION, mass))
    photons = back_to_back(0.5 * mass, directions(rng, n), (0.0, 0.0))
    return [pion, *(boost(photon, pair, mass) for photon in photons)]


def pi_gammagamma(rng: np.random.Generator, n: int) -> list[Array]:
    """K+ -> pi+ gamma gamma: dGamma/dz of `digamma_spectrum`; at O(p^4) the photons are isotropic."""
    return _pi_and_photons(rng, M_KAON * np.sqrt(np.interp(rng.uniform(0, 1, n), *_digamma_quantiles())))


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
    return _quantiles(nunu_spectrum, 0.0, (M_KAON - M_PION) ** 2)


def pi_nunu(rng: np.random.Generator, n: int) -> list[Array]:
    """K+ -> pi+ nu nu."""
    return recoil(lambda rng, n: np.interp(rng.uniform(0, 1, n), *_nunu_quantiles()))(rng, n)


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


BACKGROUND_RANGE_GEV2 = (-0.01, 0.1)
STANDARD_MODEL = {
    "pi_nunu": Decay((1,), pi_nunu),
    "pi_mumu": Decay((1, 1, -1), pi_mumu),
    "pi_gammagamma": Decay((1, 0, 0), pi_gammagamma),
    "pi_gammagamma_flat": Decay((1, 0, 0), pi_gammagamma_flat),
}
SIGNAL: dict[str, Callable[[float], Decay]] = {
    "invisible": lambda mass: Decay((1,), pi_x_invisible(mass), escapes=True),
    "mumu": lambda mass: Decay((1, 1, -1), pi_x_mumu(mass)),
    "gammagamma": lambda mass: Decay((1, 0, 0), pi_x_gammagamma(mass)),
}
# of the mass of X [GeV], without the upper end
SIGNAL_RANGE = {
    "invisible": (0.0, M_KAON - M_PION),
    "mumu": (2 * M_MUON, M_KAON - M_PION),
    "gammagamma": (1e-5, M_KAON - M_PION),
}


def standard_model(name: str, source: str) -> Decay:
    """The decay that `simulation.decay` of the search `source` names.

    Raises:
        InputError: there is no such decay.
    """
    if name not in STANDARD_MODEL:
        raise InputError(
            f"{source}: simulation.decay: {name!r} is not known{nearest(name, STANDARD_MODEL)} "
            f"(there are {', '.join(STANDARD_MODEL)})"
        )
    return STANDARD_MODEL[name]


def signal(final_state: str, mass_MeV: float, source: str) -> Decay:
    """K+ -> pi+ X for the final state of the search `source`.

    Raises:
        InputError: no simulation of that final state, or a mass outside the kinematic range.
    """
    if final_state not in SIGNAL:
        raise InputError(
            f"{source}: final_state: there is no simulation of {final_state!r}{nearest(final_state, SIGNAL)} "
            f"(there is {', '.join(SIGNAL)})"
        )
    mass, (low, high) = mass_MeV * MEV, SIGNAL_RANGE[final_state]
    if not low <= mass < high:
        raise InputError(
            f"{source}: X of {mass_MeV:g} MeV cannot be simulated: for {final_state} its mass must be between "
            f"{low / MEV:.2f} and {high / MEV:.2f} MeV"
        )
    return SIGNAL[final_state](mass)
