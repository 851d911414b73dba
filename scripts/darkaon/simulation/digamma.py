"""K+ -> pi+ gamma gamma at leading order, O(p^4), of chiral perturbation theory.

G. Ecker, A. Pich, E. de Rafael, Nucl. Phys. B 303 (1988) 665 (recalled; the size follows from its published
B = (5.26 + 1.64 c + 0.32 c^2 + 0.49) 1e-7: a test). Natural units, GeV; z = (m_gg/m_K)^2.
"""

from __future__ import annotations

from math import pi

import numpy as np
from numpy.typing import ArrayLike, NDArray

from darkaon.constants import ALPHA, M_ETA, M_KAON, M_PI0, M_PION, WIDTH_KAON
from darkaon.typing import Array

C_HAT = 1.72  # weak low-energy constant c^ at O(p^4): NA48/2 and NA62 2007, Phys. Lett. B 732 (2014) 65 (recalled)
G_8 = 9.1e-6  # octet coupling, GeV^-2 (recalled)
R2, R2_PI0, R2_ETA = (M_PION / M_KAON) ** 2, (M_PI0 / M_KAON) ** 2, (M_ETA / M_KAON) ** 2
PI0_MASS_CUT = 5e-3  # in z: the decay through a real pi0, K -> pi pi0, is left out
Z_MAX = (1 - M_PION / M_KAON) ** 2


def loop(x: ArrayLike) -> NDArray[np.complex128]:
    """F(x) of the meson loop, x = m_gg^2/m^2: 1 - (4/x) arcsin^2(sqrt(x)/2) below 4, with its cut above."""
    x = np.asarray(x, dtype=float)
    low, high = np.clip(x, 1e-12, 4.0), np.maximum(x, 4.0)
    beta = np.sqrt(1 - 4 / high)
    below = 1 - 4 / low * np.arcsin(np.sqrt(low) / 2) ** 2
    above = 1 + (np.log1p(-beta) - np.log1p(beta) + 1j * pi) ** 2 / high
    return np.where(x <= 4, below, above)


def digamma_spectrum(z: ArrayLike, c_hat: float = C_HAT) -> Array:
    """dB/dz of K+ -> pi+ gamma gamma; 0 outside 0 < z < (1 - m_pi/m_K)^2 and around the pi0; z of any shape.

    Returns:
        m_K^5 (G_8 alpha)^2 / (4 (4 pi)^5 Gamma_K) lambda^(1/2)(1, z, r^2) (|A|^2 + |C|^2), with the pion and kaon
        loops and c^ in A and the poles of pi0 and eta in C.
    """
    z = np.asarray(z, dtype=float)
    inside = (z > 0) & (z < Z_MAX) & (np.abs(z - R2_PI0) > PI0_MASS_CUT)
    z = np.where(inside, z, 0.3)
    a = (R2 - 1 - z) * loop(z / R2) + (1 - R2 - z) * loop(z) + c_hat * z
    c = 2 * z * ((z - R2) / (z - R2_PI0) - (z - (2 + R2) / 3) / (z - R2_ETA))
    root = np.sqrt(1 + z * z + R2 * R2 - 2 * (z + R2 + z * R2))
    scale = M_KAON**5 * (G_8 * ALPHA) ** 2 / (4 * (4 * pi) ** 5 * WIDTH_KAON)
    return np.where(inside, scale * root * (np.abs(a) ** 2 + c**2), 0.0)
