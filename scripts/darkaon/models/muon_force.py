"""A force on muons: K+ -> mu+ nu X, X a scalar coupled to muons or the vector of L_mu - L_tau.

Scalar: L = g phi mubar mu, radiated by the muon. Vector: L = g V_a (mubar gamma^a mu + nubar gamma^a P_L nu, less the
same of the tau flavour), radiated by muon and neutrino. The kaon is neutral under it, so that with p, q, k the
momenta of muon, neutrino and V and a = (q + k)^2, b = (p + k)^2 - m_mu^2 the amplitude is, over that of K+ -> mu+ nu,

    ubar(q) P_R [2 p^a/b - 2 q^a/a + kslash gamma^a/b - gamma^a kslash/a] v(p),

which vanishes for a polarisation along k.
"""

from __future__ import annotations

from functools import cache
from typing import Literal

import numpy as np
from pydantic import model_validator
from scipy.interpolate import CubicSpline

from darkaon.config.schema import Strict
from darkaon.constants import ALPHA, B_KAON_MU_NU, M_KAON, M_MUON
from darkaon.models.model import Coupling, Model, Rate, escapes, from_widths, scaled
from darkaon.models.rates import loop_function, triangle, vector_width, velocity
from darkaon.typing import Array

NODES, WEIGHTS = np.polynomial.legendre.leggauss(32)
END = M_KAON - M_MUON
KNOTS = END / (1 + np.geomspace(4e3, 1e-3, 48))  # masses [GeV] at which the rate of the vector is integrated


class Options(Strict):
    """Choices of the muon force.

    Attributes:
        mediator: ``scalar`` or ``vector`` (L_mu - L_tau).
        invisible: whether a scalar escapes, as the searches take it to; else it decays to photons and muons. The
            vector decays to neutrinos and muons.
    """

    mediator: Literal["scalar", "vector"]
    invisible: bool = True

    @model_validator(mode="after")
    def _decays(self) -> Options:
        if self.mediator == "vector" and not self.invisible:
            raise ValueError("invisible: false is a choice of the scalar alone")
        return self


def scalar_rate(mass: Array) -> Array:
    """B(K+ -> mu+ nu X)/g^2 of the scalar."""
    mass = np.asarray(mass, dtype=float)
    inside = (mass >= 0) & (mass < END)
    value = _scalar_integral(np.where(inside, np.maximum(mass, 1e-6), END / 2))
    return B_KAON_MU_NU * np.where(inside, value, 0.0)


def vector_rate(mass: Array) -> Array:
    """B(K+ -> mu+ nu V)/g^2 of the vector, a spline through integrals at `KNOTS`; at mass 0 it diverges."""
    mass = np.asarray(mass, dtype=float)
    inside = (mass > 0) & (mass < END)
    m = np.where(inside, mass, END / 2)
    value = np.exp(_vector_spline()(np.log(END / m - 1))) * (1 - m / END) ** 3
    return B_KAON_MU_NU * np.where(inside, value, 0.0)


@cache
def _vector_spline() -> CubicSpline:
    rates = np.log(_vector_integral(KNOTS) / (1 - KNOTS / END) ** 3)
    return CubicSpline(np.log(END / KNOTS - 1)[::-1], rates[::-1])


def _pair_masses(mass: Array) -> tuple[Array, Array]:
    """The values s = (p + k)^2, evenly in log(s - m_mu^2), and weights ds, shapes (..., nodes)."""
    low, high = np.log((M_MUON + mass) ** 2 - M_MUON**2), np.log(M_KAON**2 - M_MUON**2)
    # u^2 (3 - 2 u) makes the threshold smooth
    u = (NODES + 1) / 2
    b = np.exp(low[..., None] + (high - low)[..., None] * u**2 * (3 - 2 * u))
    return b + M_MUON**2, WEIGHTS / 2 * (high - low)[..., None] * 6 * u * (1 - u) * b


def _scalar_integral(mass: Array) -> Array:
    """B(K+ -> mu+ nu X)/(B(K+ -> mu+ nu) g^2) of the scalar."""
    s, step = _pair_masses(mass)
    m2, l2, kaon = np.asarray(mass)[..., None] ** 2, M_MUON**2, M_KAON
    g0 = kaon * l2 * (1 - l2 / kaon**2) ** 2 / (4 * np.pi)
    a = -(s + l2)
    q, p = (kaon**2 - s) / 2, (s + l2 - m2) / 2
    k, h = (s - l2 + m2) / 2, (s - l2 - m2) / 2
    t = 8 * q * (a * a * p + l2 * (2 * h * k - m2 * p) - 2 * l2 * a * k) / (s * (s - l2) ** 2)
    density = (1 - s / kaon**2) * np.sqrt(triangle(s, l2, m2)) * t / s
    return np.sum(density * step, axis=-1) / (2**8 * np.pi**3 * kaon * g0)


def vector_emission(mass: Array | float, qp: Array, qk: Array, pk: Array) -> Array:
    """|M|^2 of K+ -> mu+ nu V over g^2 and that of K+ -> mu+ nu [GeV^-2].

    Args:
        mass: of V [GeV].
        qp: product of the momenta of neutrino and muon [GeV^2].
        qk: of neutrino and V.
        pk: of muon and V.
    """
    l2, k2 = M_MUON**2, np.square(mass)
    a, b = 2 * qk + k2, 2 * pk + k2
    jj = l2 / b**2 - 2 * qp / (a * b)
    along = qp * (pk / b - qk / a)
    across = qp / b * pk - qk * (l2 / b - qp / a)
    double = 2 * qk * pk - k2 * qp
    trace = 16 * (jj * qp + (along - across) / b - (along + across) / a)
    trace -= 8 * double * (1 / a**2 + 1 / b**2) + 32 * pk * qk / (a * b)
    return -trace / (2 * (M_KAON**2 - l2))


def products(mass: Array | float, s: Array, a: Array) -> tuple[Array, Array, Array]:
    """qp, qk and pk of `vector_emission` for s = (p + k)^2 and a = (q + k)^2."""
    qk = (a - np.square(mass)) / 2
    return (M_KAON**2 - s) / 2 - qk, qk, (s - M_MUON**2 - np.square(mass)) / 2


def neutrino_range(mass: Array | float, s: Array) -> tuple[Array, Array]:
    """Lowest and highest a = (q + k)^2 for s = (p + k)^2: V backward and forward of the neutrino."""
    m2 = np.square(mass)
    energy, momentum = (s + m2 - M_MUON**2), np.sqrt(triangle(s, M_MUON**2, m2))
    neutrino = (M_KAON**2 - s) / (2 * s)
    low = 2 * m2 * s / (energy + momentum)  # energy - momentum without cancellation, as s (...) = 4 m^2 s
    return m2 + neutrino * 2 * low, m2 + neutrino * (energy + momentum)


def _vector_integral(mass: Array) -> Array:
    """B(K+ -> mu+ nu V)/(B(K+ -> mu+ nu) g^2) of the vector."""
    s, step = _pair_masses(mass)
    mass, s = mass[:, None, None], s[..., None]
    low, high = (np.log(end) for end in neutrino_range(mass, s))
    a = np.exp((low + high) / 2 + (high - low) / 2 * NODES)
    emitted = vector_emission(mass, *products(mass, s, a)) * a * WEIGHTS * (high - low) / 2
    # dPhi_3 = ds da/(128 pi^3 M^2), Phi_2 = (1 - m^2/M^2)/(8 pi)
    density = np.sum(emitted, axis=-1) * step
    return np.sum(density, axis=-1) / (16 * np.pi**2 * (M_KAON**2 - M_MUON**2))


def scalar_photon_width(mass: Array) -> Array:
    """Gamma(X -> gamma gamma)/g^2 of the scalar by its muon loop [GeV]."""
    tau = (2 * M_MUON / np.maximum(mass, 1e-9)) ** 2
    loop = 2 * tau * (1 + (1 - tau) * loop_function(tau))
    return ALPHA**2 * mass**3 / (256 * np.pi**3 * M_MUON**2) * abs(loop) ** 2


def build(options: Options) -> Model:
    """The model of these options."""
    scalar, visible = options.mediator == "scalar", not options.invisible
    widths: dict[str, Rate] = {
        "invisible": lambda mass: mass / (12 * np.pi),
        "mumu": lambda mass: vector_width(mass, M_MUON),
    }
    if scalar:
        widths = {
            "gammagamma": scalar_photon_width,
            "mumu": lambda mass: mass * velocity(mass, M_MUON) ** 3 / (8 * np.pi),
        }
    decays, lifetime = from_widths(widths, power=2) if visible or not scalar else escapes()
    process, rate = ("K+ -> mu+ nu X", scalar_rate) if scalar else ("K+ -> mu+ nu V", vector_rate)
    return Model(
        coupling=Coupling("g", "$g$", 1e-6, 1.0, 1e-3),
        production={process: scaled(rate, 2)},
        decays=decays,
        power_law=True,
        lifetime_ns=lifetime,
        decay_notes="X -> gamma gamma by the muon loop" if visible else "",
    )
