"""Dark photon A' with kinetic mixing epsilon: BC1 (visible decays) and BC2 (invisible decays).

K+ -> pi+ A' follows arXiv:2507.17286 eqs 4.1 and 4.2, both correct as printed, with the form factor W(z) of
K+ -> pi+ l+ l- (arXiv:hep-ph/9808289, parameters of arXiv:2209.05076).
"""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
from pydantic import Field

from darkaon.config.schema import Strict
from darkaon.constants import (
    ALPHA,
    B_PI0_GAMMA_GAMMA,
    ELEMENTARY_CHARGE,
    G_FERMI,
    M_ELECTRON,
    M_KAON,
    M_MUON,
    M_PI0,
    M_PION,
    M_RHO,
    MEV,
)
from darkaon.models.model import Coupling, Model, Rate, escapes, from_widths, scaled
from darkaon.models.rates import kaon_to_pion, triangle, velocity
from darkaon.typing import Array

R2 = (M_PION / M_KAON) ** 2
Z0 = 1 / 3 + R2


class Options(Strict):
    """Choices of the dark photon.

    Attributes:
        invisible: True for BC2 (A' -> chi chi), False for BC1.
        a_plus, b_plus: form factor, with errors; arXiv:2209.05076 (read).
        ab_correlation: rho(a, b), derived: with the errors of a and b it gives the published 0.08/9.15 of
            B(K+ -> pi+ mu+ mu-); recalled is -0.972.
        alpha_plus, beta_plus: the pion loop (recalled; other published pairs move the rate by less than 1 %).
    """

    invisible: bool
    a_plus: float = -0.575
    a_plus_error: float = 0.013
    b_plus: float = -0.722
    b_plus_error: float = 0.043
    ab_correlation: Annotated[float, Field(ge=-1, le=1)] = -0.956
    alpha_plus: float = -20.84e-8
    beta_plus: float = -2.88e-8


def _loop(u: Array) -> Array:
    """G(u) of the pion loop, complex; u = q^2/m_pi^2."""
    low = np.clip(u, 1e-12, 4.0)
    high = np.maximum(u, 4.0)
    beta = np.sqrt(1 - 4 / high)
    below = np.sqrt(4 / low - 1) * np.arcsin(np.minimum(np.sqrt(low) / 2, 1.0))
    # (1 - beta)/(1 + beta) without cancellation
    above = -0.5 * beta * (np.log((4 / high) / (1 + beta) ** 2) + 1j * np.pi)
    return np.where(u <= 4, below, above)


def pion_loop(z: Array) -> Array:
    """chi(z), complex; its series u/60 where the closed form cancels."""
    u = z / R2
    safe = np.where(u < 1e-3, 1.0, u)
    closed = 4 / 9 - 4 / (3 * safe) - (1 - 4 / safe) * _loop(safe) / 3
    return np.where(u < 1e-3, u / 60, closed)


def form_factor(z: Array, options: Options) -> Array:
    """W(z) of K+ -> pi+ l+ l-, complex."""
    slope = 1 + z * M_KAON**2 / M_RHO**2
    loop = (options.alpha_plus + options.beta_plus * (z - Z0) / R2) / R2 * slope * pion_loop(z)
    return G_FERMI * M_KAON**2 * (options.a_plus + options.b_plus * z) + loop


def dilepton_spectrum(z: Array, lepton_mass: float, options: Options) -> Array:
    """dGamma(K+ -> pi+ l+ l-)/dz [GeV] at Born level, the Standard Model check of W(z)."""
    r2 = (lepton_mass / M_KAON) ** 2
    phase_space = triangle(1.0, z, R2) ** 1.5 * np.sqrt(np.maximum(1 - 4 * r2 / z, 0)) * (1 + 2 * r2 / z)
    return ALPHA**2 * M_KAON / (12 * np.pi * (4 * np.pi) ** 4) * phase_space * abs(form_factor(z, options)) ** 2


def kaon_rate(options: Options) -> Rate:
    """B(K+ -> pi+ A')/epsilon^2, eqs 4.1 and 4.2."""

    def rate(mass: Array) -> Array:
        flux = np.sqrt(triangle(M_KAON**2, M_PION**2, mass**2))
        w = abs(form_factor((mass / M_KAON) ** 2, options))
        amplitude = ELEMENTARY_CHARGE * w * mass * flux / (16 * np.pi**2 * M_KAON**2)
        return kaon_to_pion(amplitude**2, mass)

    return rate


def pi0_rate(mass: Array) -> Array:
    """B(pi0 -> gamma A')/epsilon^2 (arXiv:1504.00607 eq. 1)."""
    return 2 * np.maximum(1 - (mass / M_PI0) ** 2, 0.0) ** 3 * B_PI0_GAMMA_GAMMA


def lepton_width(lepton_mass: float) -> Rate:
    """Gamma(A' -> l l)/epsilon^2."""

    def width(mass: Array) -> Array:
        beta = velocity(mass, lepton_mass)
        return ALPHA / 3 * mass * beta * (3 - beta**2) / 2

    return width


def pion_width(mass: Array) -> Array:
    """Gamma(A' -> pi pi)/epsilon^2 with the rho pole as pion form factor."""
    return ALPHA / 12 * mass * velocity(mass, M_PION) ** 3 / (1 - (mass / M_RHO) ** 2) ** 2


def build(options: Options) -> Model:
    """The model of these options."""
    rate = kaon_rate(options)
    shifted = [
        (kaon_rate(options.model_copy(update={name: getattr(options, name) + error})))
        for name, error in (("a_plus", options.a_plus_error), ("b_plus", options.b_plus_error))
    ]

    def error(mass_MeV: Any) -> Array:
        """Relative error on B from a and b and their correlation."""
        mass = np.clip(np.asarray(mass_MeV, dtype=float) * MEV, 1e-6, 0.999 * (M_KAON - M_PION))
        a, b = (moved(mass) / rate(mass) - 1 for moved in shifted)
        return np.sqrt(a * a + b * b + 2 * options.ab_correlation * a * b)

    if options.invisible:
        decays, lifetime = escapes()
    else:
        widths = {"ee": lepton_width(M_ELECTRON), "mumu": lepton_width(M_MUON), "pipi": pion_width}
        decays, lifetime = from_widths(widths, power=2)
    return Model(
        coupling=Coupling("epsilon", r"$\varepsilon$", 1e-7, 1.0, 1e-3),
        production={"K+ -> pi+ X": scaled(rate, 2), "pi0 -> gamma X": scaled(pi0_rate, 2)},
        decays=decays,
        power_law=True,
        lifetime_ns=lifetime,
        band={"K+ -> pi+ X": (lambda m: 1 - error(m), lambda m: 1 + error(m))},
        notes="W(z) of arXiv:2209.05076, its pion loop recalled",
    )
