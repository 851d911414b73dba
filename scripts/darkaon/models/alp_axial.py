"""K+ -> pi+ pi0 a of an axion-like particle with an axial coupling to s and d quarks.

L = (d_mu a / F) sbar gamma^mu gamma5 d + h.c. (arXiv:2002.04623). By isospin the hadronic matrix element is sqrt(2)
times the I = 1 part of that of K+ -> pi+ pi- e+ nu, whose form factors NA48/2 measured (arXiv:1206.7065, recalled).
Their P wave is F4 = (P.L) f_p + sigma X (g_p + g'_p q^2) for massless a; the form factor R, which comes with m_a^2,
is left out.
"""

from __future__ import annotations

import numpy as np

from darkaon.constants import M_KAON, M_PI0, M_PION, WIDTH_KAON
from darkaon.models.rates import triangle
from darkaon.typing import Array

NODES, WEIGHTS = np.polynomial.legendre.leggauss(48)
F_S, F_P, G_P, G_SLOPE = 5.705, -0.048, 0.868, 0.089  # the last three over F_S
UNCERTAINTY = 0.05  # of the rate, relative


def kaon_to_two_pions(mass: Array) -> Array:
    """B(K+ -> pi+ pi0 a) F^2 [GeV^2], the mass of the two pions integrated; `mass` in GeV."""
    kaon, a = M_KAON**2, np.asarray(mass)[..., None] ** 2
    low, high = (M_PION + M_PI0) ** 2, np.maximum(M_KAON - np.sqrt(a), M_PION + M_PI0) ** 2
    s = low + (high - low) * (NODES + 1) / 2
    flux = np.sqrt(triangle(kaon, s, a))
    sigma = np.sqrt(triangle(s, M_PION**2, M_PI0**2)) / s
    g = G_P + G_SLOPE * (s / (4 * M_PION**2) - 1)
    amplitude = F_S * ((kaon - s - a) / 2 * F_P + sigma * flux / 2 * g)
    # sqrt(2) squared, the mean of cos^2, and the phase spaces K -> (pi pi) a and (pi pi) -> pi pi
    density = 2 / 3 * amplitude**2 / kaon * flux / (8 * np.pi * kaon) * sigma / (8 * np.pi) / (2 * np.pi)
    integral = np.sum(density * WEIGHTS, axis=-1) * (high - low)[..., 0] / 2
    return np.asarray(integral / (2 * M_KAON * WIDTH_KAON))
