"""Axion-like particle a: BC10 (fermion coupling C_ff/Lambda) and BC11 (gluon coupling C_GG/Lambda).

arXiv:2507.17286 sections 4.3 and 4.4. K+ -> pi+ a is the leading-order octet amplitude of arXiv:2102.13112 with the
couplings at 2 GeV of `alp_running`. In the notation there f = Lambda, c_ff = C_ff and c_GG = 16 pi^2 C_GG.
Misprints: eq. 4.10 has C_ff twice (the rate would go as C_ff^4), the one in the sum is dropped; the prefactor
beta_f^2 of eq. 4.11 cannot be right, see `Options.loop`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from darkaon.config.schema import Strict
from darkaon.constants import (
    ALPHA,
    F_PION,
    G_FERMI,
    M_DOWN,
    M_ELECTRON,
    M_ETA,
    M_ETA_PRIME,
    M_K0,
    M_KAON,
    M_MUON,
    M_PI0,
    M_PION,
    M_STRANGE,
    M_UP,
    MEV,
    V_UD,
    V_US,
)
from darkaon.models.alp_running import LowCouplings, run_down
from darkaon.models.model import Coupling, Function, Model, Rate, escapes, from_widths, scaled
from darkaon.models.rates import kaon_to_pion, klong_to_pi0, velocity
from darkaon.typing import Array

TEV = 1e3  # GeV
PI0_REGION_MEV = 20.0  # about m_pi0, where the octet alone misses the a-pi0 pole
PI0_REGION = (0.25, 0.60)  # -23 % at 160 MeV, +60 % at 130 MeV: 27-plet and isospin breaking in ALPaca
QUARKS = np.array([M_UP, M_DOWN, M_STRANGE])
CHARGES2 = np.array([4, 1, 1]) / 9
KAPPA = (1 / QUARKS) / np.sum(1 / QUARKS)
_T8, _T0 = np.array([1, 1, -2]) / np.sqrt(12), np.ones(3) / np.sqrt(6)
_COS, _SIN = np.sqrt(8) / 3, -1 / 3  # eta-eta' mixing angle arcsin(-1/3)
PSEUDOSCALARS = (
    (M_PI0, np.array([1, -1, 0]) / 2),
    (M_ETA, _COS * _T8 - _SIN * _T0),
    (M_ETA_PRIME, _SIN * _T8 + _COS * _T0),
)


class Options(Strict):
    """Choices of the axion-like particle.

    Attributes:
        coupling: ``fermion`` (BC10) or ``gluon`` (BC11).
        invisible: True if a escapes (BC10-inv).
        scale_TeV: Lambda, from which the couplings are run down.
        delta8: phase of the octet amplitude; 0 is destructive, pi raises B of BC10 by 40 %.
        g8: octet constant.
        loop: F_A of eq. 4.11: ``derivative`` 1 - (1 - beta^2){...} (B1 of the literature, the coupling as
            the Lagrangian reads) or ``yukawa`` (1 - beta^2){...}.
        pi0_region: BC11 within 20 MeV of the pi0: ``band`` keeps the octet with a wide theory band, ``omit`` leaves
            these masses out.
        uncertainty: relative theory uncertainty of K -> pi a; ALPINIST and ALPaca lie 14 % below and 7 % above.
    """

    coupling: Literal["fermion", "gluon"]
    invisible: bool = False
    scale_TeV: Annotated[float, Field(ge=0.3, le=1e6)] = 1.0
    delta8: float = 0.0
    g8: float = 5.0
    loop: Literal["derivative", "yukawa"] = "derivative"
    pi0_region: Literal["band", "omit"] = "band"
    uncertainty: Annotated[float, Field(ge=0, lt=1)] = 0.20


def octet_amplitude(mass: Array, c: LowCouplings, delta8: float = 0.0, g8: float = 5.0) -> Array:
    """The K+ -> pi+ a amplitude times f [GeV^2], arXiv:2102.13112 (flavour-universal diagonal couplings)."""
    k, p, a = M_KAON**2, M_PION**2, mass**2
    d = 4 * k - p - 3 * a
    n8 = -G_FERMI / np.sqrt(2) * V_UD * V_US * g8 * F_PION**2
    weak = (
        16 * c.c_gg * (k - p) * (k - a) / d
        + 6 * (c.c_up + c.c_down - 2 * c.c_strange) * a * (k - a) / d
        + (2 * c.c_up + c.c_down + c.c_strange) * (k - p - a)
        + 4 * c.c_strange * a
    )
    return n8 * np.exp(1j * delta8) / 4 * weak - (k - p) / 2 * c.k_ds


def _f_a(mass: Array, loop_mass: float, variant: str) -> Array:
    """F_A of eq. 4.11 without its prefactor error, complex; tau = 1 - beta^2 = 4 m^2/M^2."""
    tau = (2 * loop_mass / mass) ** 2
    beta = np.sqrt(np.maximum(1 - tau, 0.0))
    heavy = np.arcsin(1 / np.sqrt(np.maximum(tau, 1.0))) ** 2
    light = -0.25 * (np.log((1 + beta) ** 2 / np.minimum(tau, 1.0)) - 1j * np.pi) ** 2
    yukawa = tau * np.where(tau >= 1, heavy, light)
    return 1 - yukawa if variant == "derivative" else yukawa


def lepton_width(lepton_mass: float) -> Rate:
    """Gamma(a -> l l)/(C_ff/Lambda)^2 [GeV TeV^2], eq. 4.9."""

    def width(mass: Array) -> Array:
        return lepton_mass**2 * mass / (8 * np.pi) * velocity(mass, lepton_mass) / TEV**2

    return width


def fermion_photon_width(variant: str) -> Rate:
    """Gamma(a -> gamma gamma)/(C_ff/Lambda)^2 [GeV TeV^2], eq. 4.10 with C_ff in the sum dropped."""
    loops = ((1, M_ELECTRON), (1, M_MUON), (4 / 3, M_PION), (1 / 3, M_PION), (1 / 3, M_KAON))  # N_C Q^2, mass

    def width(mass: Array) -> Array:
        safe = np.maximum(mass, 1e-9)
        total = np.sum([weight * _f_a(safe, loop, variant) for weight, loop in loops], axis=0)
        return ALPHA**2 * mass**3 / (64 * np.pi**3) * abs(total) ** 2 / TEV**2

    return width


def gluon_photon_width(c: LowCouplings) -> Rate:
    """Gamma(a -> gamma gamma) f^2 in units of 1/TeV^2 for f, with the mixing of a with pi0, eta and eta'."""
    chiral = np.array([c.c_up, c.c_down, c.c_strange]) + 2 * KAPPA * c.c_gg
    anomaly = 4 * M_PI0**2 / (M_UP + M_DOWN) * c.c_gg / np.sum(1 / QUARKS)

    def width(mass: Array) -> Array:
        effective = -1.92 * c.c_gg * np.ones_like(mass)
        for meson, generator in PSEUDOSCALARS:
            mixing = -np.sum(chiral * generator) * mass**2 + anomaly * np.sum(generator)
            effective += 6 * np.sum(generator * CHARGES2) * mixing / (meson**2 - mass**2)
        return ALPHA**2 * mass**3 / (64 * np.pi**3) * effective**2 / TEV**2

    return width


def build(options: Options) -> Model:
    """The model of these options."""
    gluon = options.coupling == "gluon"
    c = run_down(options.scale_TeV * TEV, 0.0 if gluon else 1.0, 16 * np.pi**2 if gluon else 0.0)

    def near_pi0(mass: Array) -> NDArray[np.bool_]:
        return np.logical_and(gluon, np.abs(mass - M_PI0) < PI0_REGION_MEV * MEV)

    def kept(rate: Array, mass: Array) -> Array:
        return np.where(near_pi0(mass), 0.0, rate) if options.pi0_region == "omit" else rate

    def kaon(mass: Array) -> Array:
        amplitude = octet_amplitude(mass, c, options.delta8, options.g8) / TEV
        return kept(kaon_to_pion(abs(amplitude) ** 2, mass), mass)

    def klong(mass: Array) -> Array:
        # CP-odd a: the octet drops out, the imaginary part of [k_D]_12 stays
        amplitude = (M_K0**2 - M_PI0**2) / 2 * c.k_ds.imag / TEV
        return kept(klong_to_pi0(amplitude**2, mass), mass)

    def factor(sign: int) -> Callable[[Array], Array]:
        in_region = PI0_REGION[sign > 0]
        return lambda mass: 1 + sign * np.where(near_pi0(np.asarray(mass) * MEV), in_region, options.uncertainty)

    decays: dict[str, Function]
    decay_notes = ""
    if options.invisible:
        decays, lifetime = escapes()
    elif gluon:
        decay_notes = "a -> gamma gamma with leading-order mixing, uncertain at 110-170 MeV"
        decays, lifetime = from_widths({"gammagamma": gluon_photon_width(c)}, power=2)
    else:
        leptons = {"ee": lepton_width(M_ELECTRON), "mumu": lepton_width(M_MUON)}
        decay_notes = f"a -> gamma gamma: F_A of the {options.loop} coupling"
        decays, lifetime = from_widths({**leptons, "gammagamma": fermion_photon_width(options.loop)}, power=2)
    name, label = ("C_GG", "C_{GG}") if gluon else ("C_ff", "C_{ff}")
    notes = [f"Lambda = {options.scale_TeV:g} TeV, K -> pi a from the leading-order octet"]
    if gluon:
        notes.append(
            "masses within 20 MeV of the pi0 left out"
            if options.pi0_region == "omit"
            else "uncertain within 20 MeV of the pi0"
        )
    return Model(
        id="bc11" if gluon else "bc10",
        title="Axion-like particle",
        coupling=Coupling(f"{name}/Lambda", rf"${label}/\Lambda$", 1e-8, 1e4, 1e-2 if gluon else 1.0, unit="TeV^-1"),
        production={"K+ -> pi+ X": scaled(kaon, 2), "KL -> pi0 X": scaled(klong, 2)},
        decays=decays,
        lifetime_ns=lifetime,
        power_law=True,
        band={"K+ -> pi+ X": (factor(-1), factor(1)), "KL -> pi0 X": (factor(-1), factor(1))},
        notes="; ".join(notes),
        decay_notes=decay_notes,
    )
