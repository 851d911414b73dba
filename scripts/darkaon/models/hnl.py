"""Heavy neutral lepton N mixing with one flavour: BC6 (|U_e4|^2) and BC7 (|U_mu4|^2). N escapes.

B(P+ -> l+ N) = B(P+ -> l+ nu) |U_l4|^2 rho_l(m_N), R. E. Shrock, Phys. Rev. D 24 (1981) 1232.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from darkaon.config.schema import Strict
from darkaon.constants import (
    B_KAON_E_NU,
    B_KAON_MU_NU,
    B_PION_E_NU,
    M_ELECTRON,
    M_KAON,
    M_MUON,
    M_PION,
)
from darkaon.models.model import Coupling, Model, Rate, escapes, scaled
from darkaon.models.rates import triangle
from darkaon.typing import Array


class Options(Strict):
    """Choices of the heavy neutral lepton.

    Attributes:
        flavour: with which it mixes, ``e`` (BC6) or ``mu`` (BC7).
    """

    flavour: Literal["e", "mu"]


def rho(parent: float, lepton: float, mass: Array) -> Array:
    """Rate of P -> l N over that of P -> l nu: phase space and helicity; zero beyond the end point."""
    x, y = (lepton / parent) ** 2, (mass / parent) ** 2
    allowed = mass <= parent - lepton
    value = (x + y - (x - y) ** 2) * np.sqrt(triangle(1.0, x, y)) / (x * (1 - x) ** 2)
    return np.where(allowed, value, 0.0)


def build(options: Options) -> Model:
    """The model of these options."""

    def rate(parent: float, lepton: float, standard: float) -> Rate:
        return lambda mass: standard * rho(parent, lepton, mass)

    if options.flavour == "e":
        production = {
            "K+ -> e+ X": scaled(rate(M_KAON, M_ELECTRON, B_KAON_E_NU), 1),
            "pi+ -> e+ X": scaled(rate(M_PION, M_ELECTRON, B_PION_E_NU), 1),
        }
    else:
        production = {"K+ -> mu+ X": scaled(rate(M_KAON, M_MUON, B_KAON_MU_NU), 1)}
    decays, lifetime = escapes()
    label = "e" if options.flavour == "e" else r"\mu"
    return Model(
        id="bc6" if options.flavour == "e" else "bc7",
        title="Heavy neutral lepton",
        coupling=Coupling(f"U_{options.flavour}4_squared", rf"$|U_{{{label}4}}|^2$", 1e-14, 1.0, 1e-9, power=1),
        production=production,
        decays=decays,
        lifetime_ns=lifetime,
        power_law=True,
    )
