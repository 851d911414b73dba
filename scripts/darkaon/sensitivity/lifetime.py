"""How much of the signal counts if X has a lifetime: it must leave the detector, or decay before."""

from __future__ import annotations

import numpy as np

from darkaon.config.slots.lifetime import EscapeLaw, PromptLaw, StableLaw
from darkaon.constants import MEV, SPEED_OF_LIGHT_M_PER_NS
from darkaon.simulation.displaced import hidden_lifetimes
from darkaon.simulation.experiment import NA62
from darkaon.typing import Array

NODES = 32
# of `vertex_factors`: a fixed set of decays stands for the integral over them, whatever the data are
SEED, DECAYS, MASS_NODES = 20250723, 20_000, 14
REFERENCE_NS = 1.0
CUTS = (1e-5, 1.0)  # m, between which the cut lies


def escape_probability(mass_MeV: Array, lifetime_ns: Array, pion_momentum_GeV: tuple[float, float]) -> Array:
    """Mean of exp(-d m / (p c tau)) over decays uniform in the fiducial volume, d the flight to the end.

    The pion of an isotropic two-body decay has a uniform energy in the laboratory, so that the momentum of X,
    p = p_K - p_pi, is uniform between the cuts on the pion.

    Args:
        mass_MeV: mass of X, shape (masses,).
        lifetime_ns: of X, shape (lifetimes,), above 0; inf: X escapes.
        pion_momentum_GeV: lowest and highest pion momentum selected.

    Returns:
        Shape (lifetimes, masses). The mean over the position is exact, that over the momentum Gauss-Legendre.
    """
    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    low, high = pion_momentum_GeV
    p = NA62.beam.momentum - (0.5 * (low + high) + 0.5 * (high - low) * nodes)
    mass, tau = np.asarray(mass_MeV, dtype=float) * MEV, np.asarray(lifetime_ns, dtype=float)
    per_metre = mass[None, :, None] / (p * SPEED_OF_LIGHT_M_PER_NS * tau[:, None, None])
    first, last = NA62.beam.fiducial
    near, length = NA62.exit_z - last, last - first
    x = per_metre * length
    mean = np.where(x > 0, -np.expm1(-x) / np.where(x > 0, x, 1.0), 1.0)  # over the position, from the near end
    return np.sum(0.5 * weights * np.exp(-per_metre * near) * mean, axis=2)


def prompt_factors(law: PromptLaw) -> Array:
    """1 - exp(-tau0/tau) at each lifetime of the law, eq. 3.1 of arXiv:2507.17286, shape (lifetimes,)."""
    tau = np.array(law.values_ns, dtype=float)
    if law.tau0_ns is None:
        return np.ones(len(tau))  # lifetime 0 alone
    with np.errstate(divide="ignore"):
        return -np.expm1(-law.tau0_ns.value / tau)


def vertex_factors(lifetime_ns: Array, mass_MeV: Array, mean_tau0_ns: float) -> Array:
    """The part of X -> mu+ mu- whose tracks have a common vertex in spite of the flight of X.

    A decay is kept while no track passes farther from the common point than a cut d, that is for a proper time d t
    (see `hidden_lifetimes`): the mean of 1 - exp(-d t/tau). The cut is the one for which the tau0 of eq. 3.1 that
    comes out at `REFERENCE_NS` has the mean `mean_tau0_ns` over the masses; their dependence on the mass is a
    prediction.

    Args:
        lifetime_ns: of X, shape (lifetimes,).
        mass_MeV: of X, shape (masses,).
        mean_tau0_ns: mean over `mass_MeV`.

    Returns:
        Shape (lifetimes, masses).
    """
    from scipy.optimize import brentq

    first, last = float(np.min(mass_MeV)), float(np.max(mass_MeV))
    nodes = first + (last - first) * np.linspace(0, 1, MASS_NODES) ** 2  # dense at the threshold
    hidden = [hidden_lifetimes(np.random.default_rng(SEED), mass, DECAYS, NA62) for mass in nodes.tolist()]

    def kept(cut: float, tau: float) -> Array:
        return np.array([1.0 if tau == 0 else np.mean(-np.expm1(-cut * times / tau)) for times in hidden])

    def excess(log_cut: float) -> float:
        tau0 = -REFERENCE_NS * np.log1p(-kept(float(np.exp(log_cut)), REFERENCE_NS))
        return float(np.mean(np.interp(mass_MeV, nodes, tau0)) - mean_tau0_ns)

    cut = float(np.exp(brentq(excess, *np.log(CUTS))))
    return np.array([np.exp(np.interp(mass_MeV, nodes, np.log(kept(cut, tau)))) for tau in lifetime_ns.tolist()])


def lifetime_factors(law: EscapeLaw | PromptLaw | StableLaw, mass_MeV: Array) -> tuple[Array, Array]:
    """Lifetimes [ns], and the acceptance at each relative to that of an X that never decays, or at once if prompt.

    To escape: the published law exp(-delay/tau), the simple one exp(-kappa m/(c tau)), or `escape_probability`, by
    what the slot has.

    Returns:
        Shapes (lifetimes,) and (lifetimes, masses).
    """
    mass = np.asarray(mass_MeV, dtype=float)
    if isinstance(law, StableLaw):
        return np.array([np.inf]), np.ones((1, len(mass)))
    tau = np.array(law.values_ns, dtype=float)
    if isinstance(law, PromptLaw) and law.vertex:
        assert law.tau0_ns is not None
        return tau, vertex_factors(tau, mass, law.tau0_ns.value)
    if isinstance(law, PromptLaw):
        return tau, prompt_factors(law)[:, None] * np.ones(len(mass))
    if law.delay_ns is not None:
        return tau, np.exp(-law.delay_ns.value / tau)[:, None] * np.ones(len(mass))
    if law.kappa_m_per_GeV is not None:
        kappa = law.kappa_m_per_GeV.value * MEV / SPEED_OF_LIGHT_M_PER_NS
        return tau, np.exp(-kappa * mass / tau[:, None])
    assert law.pion_momentum_GeV is not None
    return tau, escape_probability(mass, tau, law.pion_momentum_GeV)
