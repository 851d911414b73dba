"""Invisible axion a with an axial coupling to s and d quarks: K+ -> pi+ pi0 a.

L = (d_mu a / F) sbar gamma^mu gamma5 d + h.c. (arXiv:2002.04623). By isospin the hadronic matrix element is sqrt(2)
times the I = 1 part of that of K+ -> pi+ pi- e+ nu, whose form factors NA48/2 measured. Their P wave is
F4 = (P.L) f_p + sigma X (g_p + g'_p q^2) for massless a; the form factor R, which comes with m_a^2, is left out.
"""

from __future__ import annotations

import numpy as np

from darkaon.config.schema import Strict
from darkaon.constants import M_KAON, M_PI0, M_PION, WIDTH_KAON
from darkaon.models.model import Coupling, Model, escapes, relative, scaled
from darkaon.models.rates import triangle
from darkaon.typing import Array

NODES, WEIGHTS = np.polynomial.legendre.leggauss(48)


class Options(Strict):
    """Form factors of K+ -> pi+ pi- e+ nu (NA48/2, arXiv:1206.7065, recalled), and the theory uncertainty on B.

    Attributes:
        f_s: normalisation.
        f_p, g_p, g_slope: P-wave form factors over f_s.
        uncertainty: relative, of the rate.
    """

    f_s: float = 5.705
    f_p: float = -0.048
    g_p: float = 0.868
    g_slope: float = 0.089
    uncertainty: float = 0.05


def build(options: Options) -> Model:
    """The model of these options."""

    def rate(mass: Array) -> Array:
        """B F^2 [GeV^2], the mass of the two pions integrated."""
        kaon, a = M_KAON**2, np.asarray(mass)[..., None] ** 2
        low, high = (M_PION + M_PI0) ** 2, np.maximum(M_KAON - np.sqrt(a), M_PION + M_PI0) ** 2
        s = low + (high - low) * (NODES + 1) / 2
        flux = np.sqrt(triangle(kaon, s, a))
        sigma = np.sqrt(triangle(s, M_PION**2, M_PI0**2)) / s
        g = options.g_p + options.g_slope * (s / (4 * M_PION**2) - 1)
        amplitude = options.f_s * ((kaon - s - a) / 2 * options.f_p + sigma * flux / 2 * g)
        # sqrt(2) squared, the mean of cos^2, and the phase spaces K -> (pi pi) a and (pi pi) -> pi pi
        density = 2 / 3 * amplitude**2 / kaon * flux / (8 * np.pi * kaon) * sigma / (8 * np.pi) / (2 * np.pi)
        integral = np.sum(density * WEIGHTS, axis=-1) * (high - low)[..., 0] / 2
        return integral / (2 * M_KAON * WIDTH_KAON)

    decays, lifetime = escapes()
    return Model(
        id="axion_sd",
        title="Axion with an axial sd coupling",
        coupling=Coupling("1/F_sd^A", r"$1/F^A_{sd}$", 1e-14, 1e-2, 1e-8, unit="GeV^-1"),
        production={"K+ -> pi+ pi0 X": scaled(rate, 2)},
        decays=decays,
        lifetime_ns=lifetime,
        power_law=True,
        notes="form factors of arXiv:1206.7065, recalled",
        band={"K+ -> pi+ pi0 X": relative(options.uncertainty, options.uncertainty)},
    )
