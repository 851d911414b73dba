"""Windows whose background comes from a sideband count: n_off events with tau times the window's background.

The sideband is the auxiliary measurement: given n_off, the background is gamma distributed with shape n_off + 1
and rate tau (flat prior), and the p-value is that of Z_Bi (Cousins, Linnemann, Tucker 2008,
doi:10.1016/j.nima.2008.07.086, eq. 14).
A linear fit to symmetric sidebands of +-9 sigma without +-1 sigma is this with tau = 8.
"""

from __future__ import annotations

import numpy as np

from darkaon.statistics import hybrid
from darkaon.statistics.numerics import significance
from darkaon.typing import Array


def posterior(n_off: Array, tau: Array) -> tuple[Array, Array]:
    """Mean and standard deviation of the background given the sideband; arrays of one shape."""
    return (n_off + 1.0) / tau, np.sqrt(n_off + 1.0) / tau


def sideband(background: Array, uncertainty: Array) -> tuple[Array, Array]:
    """The sideband (n_off, tau), n_off maybe fractional, that measures background +- uncertainty, both above 0."""
    return np.square(background / uncertainty), background / np.square(uncertainty)


def limits(n_on: Array, n_off: Array, tau: Array, level: float = 0.90) -> Array:
    """Upper limits on the signal in the window, shape (N,); `n_off` may be 0."""
    background, uncertainty = posterior(n_off, tau)
    return hybrid.limits(hybrid.Windows(n_on, background, uncertainty, uncertainty), level)


def z_bi(n_on: Array, n_off: Array, tau: Array) -> Array:
    """Significance of n_on events over n_off/tau, in standard deviations; 0 for a deficit."""
    return significance(hybrid.log_excess_gamma(n_on, n_off + 1.0, tau))
