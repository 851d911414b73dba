"""Dark scalar S mixing with the Higgs boson: BC4 (decays to Standard Model particles) and BC4-inv (escapes).

arXiv:2507.17286 section 4.2. Eq. 4.3 prints m_S/v where the strange-quark mass m_s/v is meant (otherwise C is
no constant); read so, it gives B = C (p_S/m_K) sin^2 theta. Eq. 4.6 is correct as printed.

S -> pi pi: Gamma = 3 |G|^2 beta/(32 pi v^2 m), G = [2 Theta + 7 (Gamma + Delta)]/9 (arXiv:1809.01876). At leading
order of chiral perturbation theory G = 2/9 m^2 + 11/9 m_pi^2; the dispersive form factors are a table. Charged pions
are 2/3 and neutral ones 1/3 of it, each with its own threshold.
"""

from __future__ import annotations

from functools import partial
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from darkaon.config.schema import Strict
from darkaon.constants import (
    G_FERMI,
    HIGGS_VEV,
    M_DOWN,
    M_ELECTRON,
    M_KAON,
    M_MUON,
    M_PI0,
    M_PION,
    M_STRANGE,
    M_TOP_MSBAR,
    M_TOP_POLE,
    MEV,
    V_TD_CONJ_V_TS,
    WIDTH_KAON,
)
from darkaon.errors import in_row, refuse
from darkaon.models.model import Coupling, Function, Model, Rate, escapes, from_widths, relative, scaled
from darkaon.models.rates import kaon_to_pion, klong_to_pi0, velocity
from darkaon.paths import find
from darkaon.tables.table import read_table
from darkaon.typing import Array

F_ZERO = 0.96  # f_0(0) of K -> pi, which eq. 4.3 leaves out: squared, the lower end of the band


class Options(Strict):
    """Choices of the dark scalar.

    Attributes:
        invisible: True for BC4-inv, False for BC4.
        C: normalisation of the rate, 3e-3 in arXiv:2507.17286.
        pipi: S -> pi pi above 2 m_pi: ``dispersive`` form factors of arXiv:1809.01876; ``chpt`` leading-order chiral
            perturbation theory; ``none`` leaves it out (eq. 4.5 as printed; the model is then meant for masses below
            2 m_pi only).
        pipi_factor: on Gamma(S -> pi pi); a second source has it 13 % lower at 300 MeV, 5 % at 350 MeV.
        path: table of the dispersive |G|.
    """

    invisible: bool
    C: float = 3e-3
    pipi: Literal["dispersive", "chpt", "none"] = "dispersive"
    pipi_factor: Annotated[float, Field(gt=0)] = 1.0
    path: str = "resources/models/dark_scalar_pipi.csv"


def rate_constant(top_mass: float) -> float:
    """C of eq. 4.3 (with m_s/v) for a top mass in GeV: 2.97e-3 with m_t(m_t), 3.77e-3 with the pole mass."""
    quarks = (M_KAON**2 - M_PION**2) / (M_STRANGE - M_DOWN) * M_STRANGE / HIGGS_VEV
    loop = 3 * np.sqrt(2) * G_FERMI / (16 * np.pi**2) * top_mass**2 * abs(V_TD_CONJ_V_TS)
    return float((0.5 * quarks * loop) ** 2 / (8 * np.pi * WIDTH_KAON * M_KAON))


def lepton_width(lepton_mass: float) -> Rate:
    """Gamma(S -> l l)/sin^2 theta, eq. 4.6."""

    def width(mass: Array) -> Array:
        return lepton_mass**2 * mass / (8 * np.pi * HIGGS_VEV**2) * velocity(mass, lepton_mass) ** 3

    return width


def chiral_vertex(mass: Array) -> Array:
    """|G| of S -> pi pi [GeV^2] at leading order of chiral perturbation theory."""
    return 2 / 9 * mass**2 + 11 / 9 * M_PION**2


def tabulated_vertex(path: str) -> Rate:
    """|G| of S -> pi pi [GeV^2] from a table, linear in between.

    Raises:
        InputError: no such table, or masses that do not rise.
    """
    table = read_table(find(path), required=("mass_MeV", "G_abs_GeV2"))
    masses, vertex = table["mass_MeV"] * MEV, table["G_abs_GeV2"]
    wrong = np.diff(masses, prepend=-1.0) <= 0
    refuse(wrong, in_row(path, "mass_MeV", table["mass_MeV"], "masses must grow from row to row"))
    return lambda mass: np.interp(mass, masses, vertex)


def pion_width(vertex: Rate, neutral_mass: float = M_PI0) -> Rate:
    """Gamma(S -> pi pi)/sin^2 theta of |G|, both charges; the mass of the neutral pion sets its threshold."""

    def width(mass: Array) -> Array:
        beta = (2 * velocity(mass, M_PION) + velocity(mass, neutral_mass)) / 3
        shape = np.divide(beta, mass, out=np.zeros_like(beta), where=beta > 0)
        return 3 / (32 * np.pi * HIGGS_VEV**2) * vertex(mass) ** 2 * shape

    return width


def build(options: Options) -> Model:
    """The model of these options."""
    # isospin limit: |A(KL -> pi0 S)| = |Re A(K+ -> pi+ S)|, the CP-even part of V_td^* V_ts
    cp_even = V_TD_CONJ_V_TS.real**2 / abs(V_TD_CONJ_V_TS) ** 2
    squared_amplitude = 8 * np.pi * WIDTH_KAON * M_KAON * options.C
    production = {
        "K+ -> pi+ X": scaled(partial(kaon_to_pion, squared_amplitude), 1),
        "KL -> pi0 X": scaled(partial(klong_to_pi0, squared_amplitude * cp_even), 1),
    }
    decays: dict[str, Function]
    if options.invisible:
        decays, lifetime = escapes()
    else:
        widths = {"ee": lepton_width(M_ELECTRON), "mumu": lepton_width(M_MUON)}
        if options.pipi != "none":
            # the leading order is that of isospin: one threshold
            chiral = options.pipi == "chpt"
            pions = pion_width(chiral_vertex, M_PION) if chiral else pion_width(tabulated_vertex(options.path))
            widths["pipi"] = lambda mass: options.pipi_factor * pions(mass)
        decays, lifetime = from_widths(widths, power=1)
    low, high = F_ZERO**2 * rate_constant(M_TOP_MSBAR), rate_constant(M_TOP_POLE)
    band = relative(max(0.0, 1 - low / options.C), max(0.0, high / options.C - 1))
    note = {
        "dispersive": "S -> pi pi by dispersive form factors",
        "chpt": "S -> pi pi at leading-order ChPT",
        "none": "S -> pi pi left out",
    }[options.pipi]
    return Model(
        coupling=Coupling("sin2_theta", r"$\sin^2\theta$", 1e-14, 1.0, 1e-8, power=1),
        production=production,
        decays=decays,
        power_law=True,
        lifetime_ns=lifetime,
        band=dict.fromkeys(production, band),
        decay_notes="" if options.invisible else note,
    )
