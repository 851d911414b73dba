"""Heavy neutral lepton N mixing with neutrinos of any flavours: BC6 (e), BC7 (mu), BC8 (tau, in a mixture).

B(P+ -> l+ N) = B(P+ -> l+ nu) |U_l4|^2 rho_l(m_N), R. E. Shrock, Phys. Rev. D 24 (1981) 1232. Widths of N as in
arXiv:0705.1729 and arXiv:1805.08567; final states with two pions or more are left out. Three neutrinos are invisible.
"""

from __future__ import annotations

from functools import partial
from typing import Annotated, Literal

import numpy as np
from pydantic import Field, model_validator

from darkaon.config.schema import NotNegative, Strict
from darkaon.constants import (
    B_KAON_E_NU,
    B_KAON_MU_NU,
    B_PION_E_NU,
    F_PION,
    G_FERMI,
    M_ELECTRON,
    M_KAON,
    M_MUON,
    M_PI0,
    M_PION,
    SIN2_THETA_W,
    V_UD,
)
from darkaon.models.model import Coupling, Function, Model, Rate, from_widths, scaled
from darkaon.models.rates import triangle
from darkaon.typing import Array

LEPTONS = {"e": M_ELECTRON, "mu": M_MUON}  # a tau is too heavy
PRODUCTION = {  # process -> flavour, parent, lepton, branching fraction of the Standard Model
    "K+ -> e+ X": ("e", M_KAON, M_ELECTRON, B_KAON_E_NU),
    "pi+ -> e+ X": ("e", M_PION, M_ELECTRON, B_PION_E_NU),
    "K+ -> mu+ X": ("mu", M_KAON, M_MUON, B_KAON_MU_NU),
}
NODES, WEIGHTS = np.polynomial.legendre.leggauss(32)


class Mixing(Strict):
    """Parts of sum |U|^2 by flavour, relative to one another."""

    e: NotNegative = 0.0
    mu: NotNegative = 0.0
    tau: NotNegative = 0.0

    @model_validator(mode="after")
    def _produced(self) -> Mixing:
        if not self.e + self.mu > 0:
            raise ValueError("needs e or mu above 0: mixing with tau alone is produced in no decay of a kaon or pion")
        return self

    def parts(self) -> dict[str, float]:
        """Flavour -> |U|^2 over the sum."""
        total = self.e + self.mu + self.tau
        return {name: value / total for name, value in self.model_dump().items() if value > 0}


class Options(Strict):
    """Choices of the heavy neutral lepton.

    Attributes:
        mixing: with which flavours it mixes, ``{e: 1}`` (BC6) or ``{mu: 1}`` (BC7).
        nature: a Majorana particle has each final state and its conjugate, so twice the width.
    """

    mixing: Annotated[Mixing, Field()]
    nature: Literal["majorana", "dirac"] = "majorana"


def rho(parent: float, lepton: float, mass: Array) -> Array:
    """Rate of P -> l N over that of P -> l nu: phase space and helicity; zero beyond the end point."""
    x, y = (lepton / parent) ** 2, (mass / parent) ** 2
    allowed = mass <= parent - lepton
    value = (x + y - (x - y) ** 2) * np.sqrt(triangle(1.0, x, y)) / (x * (1 - x) ** 2)
    return np.where(allowed, value, 0.0)


def invisible_width(mass: Array) -> Array:
    """Gamma(N -> 3 nu) of a Dirac N for |U|^2 = 1 [GeV], all flavours together."""
    return G_FERMI**2 * mass**5 / (192 * np.pi**3)


def same_lepton_width(lepton: float, charged: bool, mass: Array) -> Array:
    """Gamma(N -> nu_a l_b l_b) for |U_a|^2 = 1 [GeV]; `charged`: b = a, where the W contributes, too."""
    s = SIN2_THETA_W
    c1, c2 = (1 - 4 * s + 8 * s * s) / 4 + 2 * s * charged, s * (2 * s - 1) / 2 + s * charged
    open_ = mass > 2 * lepton
    x = np.where(open_, lepton / np.where(open_, mass, 1.0), 0.25)
    r, x2 = np.sqrt(1 - 4 * x**2), x * x
    # (1 - 3 x^2 - (1 - x^2) r)/(x^2 (1 + r)), without the cancellation at small x
    log = np.log(4 * x2 * x2 / ((1 - 3 * x2 + (1 - x2) * r) * (1 + r)))
    f1 = (1 - 14 * x2 - 2 * x2**2 - 12 * x2**3) * r + 12 * x2**2 * (x2**2 - 1) * log
    f2 = 4 * (x2 * (2 + 10 * x2 - 12 * x2**2) * r + 6 * x2**2 * (1 - 2 * x2 + 2 * x2**2) * log)
    return np.where(open_, invisible_width(mass) * (c1 * f1 + c2 * f2), 0.0)


def two_leptons_width(own: float, other: float, mass: Array) -> Array:
    """Gamma(N -> l_a l_b nu_b), b another flavour than a, for |U_a|^2 = 1 [GeV]."""
    open_ = mass > own + other
    m = np.where(open_, mass, 2 * (own + other))
    y, z = ((part / m)[..., None] ** 2 for part in (other, own))
    # nodes in u, s = low + (high - low) u^2 (3 - 2 u): roots at both ends become smooth
    u = (NODES + 1) / 2
    low, high = y, (1 - np.sqrt(z)) ** 2
    s = low + (high - low) * u**2 * (3 - 2 * u)
    step = (high - low) * 6 * u * (1 - u)
    flux = np.sqrt(triangle(s, y, 0.0) * triangle(1.0, s, z))
    integral = np.sum(WEIGHTS / 2 * step * (s - y) * (1 + z - s) * flux / s, axis=-1)
    return np.where(open_, 12 * invisible_width(mass) * integral, 0.0)


def charged_pion_width(lepton: float, mass: Array) -> Array:
    """Gamma(N -> l pi) for |U_l|^2 = 1 [GeV]."""
    open_ = mass > lepton + M_PION
    m = np.where(open_, mass, 1.0)
    a, p = (lepton / m) ** 2, (M_PION / m) ** 2
    value = ((1 - a) ** 2 - p * (1 + a)) * np.sqrt(triangle(1.0, a, p))
    return np.where(open_, G_FERMI**2 * F_PION**2 * V_UD**2 * mass**3 / (16 * np.pi) * value, 0.0)


def neutral_pion_width(mass: Array) -> Array:
    """Gamma(N -> nu pi0) for |U|^2 = 1 [GeV]."""
    open_ = mass > M_PI0
    m = np.where(open_, mass, M_PI0)
    return G_FERMI**2 * F_PION**2 * m**3 / (32 * np.pi) * (1 - (M_PI0 / m) ** 2) ** 2


def visible_widths(flavour: str) -> list[Rate]:
    """The widths of a Dirac N with |U_a|^2 = 1 to all but neutrinos."""
    widths: list[Rate] = [neutral_pion_width]
    for name, lepton in LEPTONS.items():
        widths.append(partial(same_lepton_width, lepton, name == flavour))
        if flavour in LEPTONS and name != flavour:
            widths.append(partial(two_leptons_width, LEPTONS[flavour], lepton))
    if flavour in LEPTONS:
        widths.append(partial(charged_pion_width, LEPTONS[flavour]))
    return widths


def build(options: Options) -> Model:
    """The model of these options."""
    parts, twice = options.mixing.parts(), 1 + (options.nature == "majorana")

    def visible(mass: Array) -> Array:
        one_by_one = [part * width(mass) for flavour, part in parts.items() for width in visible_widths(flavour)]
        return twice * np.sum(one_by_one, axis=0)

    def rate(part: float, parent: float, lepton: float, standard: float) -> Rate:
        return lambda mass: part * standard * rho(parent, lepton, mass)

    production = {
        process: scaled(rate(parts[flavour], *rest), 1)
        for process, (flavour, *rest) in PRODUCTION.items()
        if flavour in parts
    }
    fractions, lifetime = from_widths(
        {"invisible": lambda mass: twice * invisible_width(mass), "visible": visible}, power=1
    )
    decays: dict[str, Function] = {"invisible": fractions["invisible"]}
    quantities = {f"|U_{name}4|^2": scaled(partial(np.full_like, fill_value=part), 1) for name, part in parts.items()}
    if len(parts) == 1:
        (flavour,) = parts
        label = rf"$|U_{{{'e' if flavour == 'e' else chr(92) + flavour}4}}|^2$"
        name = f"U_{flavour}4_squared"
    else:
        name, label = "U_squared", r"$\sum|U_{\alpha4}|^2$"
    return Model(
        coupling=Coupling(name, label, 1e-14, 1.0, 1e-9, power=1),
        production=production,
        decays=decays,
        power_law=True,
        lifetime_ns=lifetime,
        quantities=quantities,
        decay_notes=f"N is a {options.nature.capitalize()} particle, two pions left out",
    )
