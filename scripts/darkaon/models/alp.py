"""Axion-like particle with any pattern of couplings at a scale Lambda: BC9, BC10, BC11, KSVZ, DFSZ, familons.

The couplings run to 2 GeV (`alp_running`), where K -> pi a (`alp_amplitudes`, `alp_axial`) and the decays of a
(`alp_widths`) are calculated. Everything falls as 1/f^2; the axis of a figure is a coupling proportional to 1/f.
arXiv:2507.17286 eqs. 4.9-4.11 have f = Lambda, c_ff = C_ff and c_GG = 16 pi^2 C_GG; C_ff stands twice in eq. 4.10 and
the prefactor beta_f^2 of eq. 4.11 cannot be right: `alp_widths` replaces both.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

import numpy as np
from pydantic import Field, PositiveFloat, field_validator, model_validator

from darkaon.config.schema import Strict
from darkaon.constants import M_ELECTRON, M_MUON, MEV
from darkaon.models.alp_amplitudes import Chiral, charged, neutral, no_form_factor, vector_form_factor
from darkaon.models.alp_axial import UNCERTAINTY, kaon_to_two_pions
from darkaon.models.alp_running import LowCouplings, run_down
from darkaon.models.alp_widths import lepton_width, photon_width
from darkaon.models.model import (
    PROCESSES,
    Coupling,
    Factor,
    Function,
    Model,
    Rate,
    escapes,
    from_widths,
    relative,
    scaled,
)
from darkaon.models.rates import kaon_to_pion, klong_to_pi0, kshort_to_pi0
from darkaon.typing import Array

TEV = 1e3  # GeV
PerFlavour = float | tuple[float, float, float]
MassRange = tuple[float, float]


class StrangeDown(Strict):
    """Flavour violation, L = (d_mu a/f) sbar gamma^mu (vector + axial gamma5) d + h.c., which does not run.

    Attributes:
        vector: a number or [real part, imaginary part] (of an L with V_ud and V_us real); gives K -> pi a.
        axial: gives K -> pi pi a.
    """

    vector: float | tuple[float, float] = 0.0
    axial: float = 0.0


class Couplings(Strict):
    """Couplings at Lambda, as in `alp_running`.

    Attributes:
        c_GG, c_WW, c_BB: to gauge bosons.
        q, u, d, l, e: k_Q, k_u, k_d, k_L, k_e: one number for all generations, or one for each. An axial coupling
            c_ff of every fermion, as in BC10, is q = l = -c_ff/2 and u = d = e = c_ff/2.
        sd: flavour violation.
    """

    c_GG: float = 0.0
    c_WW: float = 0.0
    c_BB: float = 0.0
    q: PerFlavour = 0.0
    u: PerFlavour = 0.0
    d: PerFlavour = 0.0
    l: PerFlavour = 0.0  # noqa: E741
    e: PerFlavour = 0.0
    sd: StrangeDown = StrangeDown()

    def sources(self) -> dict[str, float]:
        """What runs, by the names of `alp_running.SOURCES`."""
        flavoured = {
            f"{field}{i + 1}": value
            for field in ("q", "u", "d", "l", "e")
            for i, value in enumerate(np.broadcast_to(getattr(self, field), 3).tolist())
        }
        return {"c_GG": self.c_GG, "c_WW": self.c_WW, "c_BB": self.c_BB} | flavoured


class Axis(Strict):
    """The coupling that the model is drawn against.

    Attributes:
        per_TeV: 1/f [1/TeV] of a coupling of 1, the couplings being those under `couplings`.
        name, label, unit, low, high, reference: as in `model.Coupling`.
    """

    per_TeV: PositiveFloat = 1.0
    name: str = "1/f"
    label: str = "$1/f$"
    unit: str = "TeV^-1"
    low: PositiveFloat = 1e-8
    high: PositiveFloat = 1e4
    reference: PositiveFloat = 1.0


class Band(Strict):
    """The theory band in a range of masses, as factors on B.

    Attributes:
        masses_MeV: from, to.
        low, high: factors.
    """

    masses_MeV: MassRange
    low: Annotated[float, Field(ge=0, le=1)]
    high: Annotated[float, Field(ge=1)]


class Options(Strict):
    """Choices of the axion-like particle.

    Attributes:
        couplings: at Lambda.
        axis: what it is drawn against.
        invisible: True if a escapes (BC10-inv).
        scale_TeV: Lambda, from which the couplings are run down.
        amplitude: ``full`` with 27-plet and isospin breaking, hence the pole at the pi0 mass, or ``octet`` alone.
        delta8: phase of the weak amplitudes; 0 is destructive, pi raises B of BC10 by 39 %, pi/2 by 28 %.
        g8, g27: constants of octet and 27-plet.
        form_factor: ``f0`` multiplies the flavour-changing coupling by f_0(m_a^2), ``none`` is the leading order.
        band: process -> theory band by mass; process -> [] for none.
        omit_MeV: process -> range of masses that is left out, since no band holds there.
    """

    couplings: Couplings
    axis: Axis = Axis()
    invisible: bool = False
    scale_TeV: Annotated[float, Field(ge=0.3, le=1e15)] = 1.0
    amplitude: Literal["full", "octet"] = "full"
    delta8: float = 0.0
    g8: float = Chiral.g8
    g27: float = Chiral.g27
    form_factor: Literal["none", "f0"] = "none"
    band: dict[str, tuple[Band, ...]] = Field(default_factory=dict)
    omit_MeV: dict[str, MassRange] = Field(default_factory=dict)

    @field_validator("band", "omit_MeV")
    @classmethod
    def _processes(cls, value: dict[str, object]) -> dict[str, object]:
        for process in value:
            if process not in PROCESSES:
                raise ValueError(f"{process!r} is not a process; choose from {', '.join(PROCESSES)}")
        return value

    @model_validator(mode="after")
    def _couples(self) -> Options:
        if self.couplings == Couplings():
            raise ValueError("couplings: all are zero; give one at least")
        return self

    def chiral(self) -> Chiral:
        """The constants of the weak amplitudes."""
        if self.amplitude == "octet":
            return Chiral(g8=self.g8, g27=0.0, eps=0.0, delta8=self.delta8)
        return Chiral(g8=self.g8, g27=self.g27, delta8=self.delta8)


def low_couplings(options: Options) -> LowCouplings:
    """The couplings at 2 GeV, flavour violation included."""
    sd = options.couplings.sd
    real, imaginary = sd.vector if isinstance(sd.vector, tuple) else (sd.vector, 0.0)
    return run_down(options.scale_TeV * TEV, options.couplings.sources(), 2 * complex(real, -imaginary))


def build(options: Options) -> Model:
    """The model of these options."""
    c = low_couplings(options)
    axis = options.axis
    per_gev2 = (axis.per_TeV / TEV) ** 2  # 1/f^2 at a coupling of 1
    form_factor = vector_form_factor if options.form_factor == "f0" else no_form_factor
    amplitudes = {
        "K+ -> pi+ X": (charged(c, options.chiral(), form_factor), kaon_to_pion),
        "KL -> pi0 X": (neutral(c, options.chiral(), form_factor, 1), klong_to_pi0),
        "KS -> pi0 X": (neutral(c, options.chiral(), form_factor, -1), kshort_to_pi0),
    }

    def two_body(process: str) -> Rate:
        amplitude, rate = amplitudes[process]

        def off_pole(mass: Array) -> Array:
            value = rate(np.abs(amplitude(mass)) ** 2 * per_gev2, mass)
            return np.where(np.isnan(value), 0.0, value)  # at the pole itself there is no rate: that mass is left out

        return off_pole

    def kept(process: str, rate: Rate) -> Rate:
        low, high = options.omit_MeV.get(process, (0.0, 0.0))
        return lambda mass: np.where((mass > low * MEV) & (mass < high * MEV), 0.0, rate(mass))

    rates: dict[str, Rate] = {}
    if c.k_12 or any((c.c_gg, c.c_uu, c.c_dd, c.c_ss, c.d_vector)):
        rates = {process: two_body(process) for process in amplitudes}
    if axial := options.couplings.sd.axial:
        rates["K+ -> pi+ pi0 X"] = lambda mass: kaon_to_two_pions(mass) * axial**2 * per_gev2
    decays, lifetime = _decays(options.invisible, c, per_gev2)
    bands = {"K+ -> pi+ pi0 X": relative(UNCERTAINTY, UNCERTAINTY)}
    bands |= {process: by_mass(rows) for process, rows in options.band.items()}
    return Model(
        coupling=Coupling(**axis.model_dump(exclude={"per_TeV"})),
        production={process: scaled(kept(process, rate), 2) for process, rate in rates.items()},
        decays=decays,
        power_law=True,
        lifetime_ns=lifetime,
        band={process: band for process, band in bands.items() if process in rates},
        notes="; ".join(_notes(options, list(rates))),
        decay_notes="a -> gamma gamma cancels near 150 MeV: uncertain there"
        if c.c_gg and not options.invisible
        else "",
    )


def _decays(invisible: bool, c: LowCouplings, per_gev2: float) -> tuple[dict[str, Function], Function]:
    if invisible:
        return escapes()

    def at_unit(width: Rate) -> Rate:
        return lambda mass: width(mass) * per_gev2

    leptons = {"ee": lepton_width(c.c_ee, M_ELECTRON), "mumu": lepton_width(c.c_mumu, M_MUON)}
    widths = leptons | {"gammagamma": photon_width(c)}
    return from_widths({final: at_unit(width) for final, width in widths.items()}, power=2)


def _notes(options: Options, processes: Sequence[str]) -> list[str]:
    notes = []
    if "K+ -> pi+ X" in processes:
        order = "with 27-plet and isospin breaking" if options.amplitude == "full" else "octet alone"
        notes.append(f"Lambda = {options.scale_TeV:g} TeV, K -> pi a at leading order, {order}")
    if "K+ -> pi+ pi0 X" in processes:
        notes.append("form factors of arXiv:1206.7065, recalled")
    return notes + [
        f"{p}: {low:g}-{high:g} MeV left out" for p, (low, high) in options.omit_MeV.items() if p in processes
    ]


def by_mass(rows: Sequence[Band]) -> tuple[Factor, Factor]:
    """A theory band given by ranges of masses; outside all of them the factors are 1."""

    def factor(side: str) -> Factor:
        def function(mass_MeV: Array) -> Array:
            mass = np.asarray(mass_MeV, dtype=float)
            value = np.ones_like(mass)
            for row in rows:
                inside = (mass >= row.masses_MeV[0]) & (mass <= row.masses_MeV[1])
                value = np.where(inside, getattr(row, side), value)
            return value

        return function

    return factor("low"), factor("high")
