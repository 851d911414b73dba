"""Couplings of an axion-like particle at 2 GeV from those at the scale Lambda.

Renormalisation group and matching of Bauer et al., arXiv:2012.12272 (as in arXiv:2110.10698), with
L = (c_f / 2f) d_mu a fbar gamma^mu gamma5 f + c_GG (alpha_s/4 pi) a/f G G~; f is Lambda. Only flavour-universal
couplings are run: the first two generations are equal, the third differs by the top.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np

from darkaon.constants import (
    ALPHA_MZ,
    ALPHA_S_MZ,
    HIGGS_VEV,
    M_BOTTOM_MSBAR,
    M_TOP_MSBAR,
    M_W,
    M_Z,
    SIN2_THETA_W,
    V_TD_CONJ_V_TS,
)
from darkaon.typing import Array

LOW_SCALE = 2.0  # GeV
STEPS = 200


@dataclass(frozen=True)
class LowCouplings:
    """Couplings at 2 GeV.

    Attributes:
        c_gg: gluons.
        c_up, c_down, c_strange: axial couplings of the light quarks.
        k_ds: [k_d + k_D]_12, the flavour-changing coupling of d and s.
    """

    c_gg: float
    c_up: float
    c_down: float
    c_strange: float
    k_ds: complex


def _integrate(slope: Callable[[Array], Array], state: Array, start: float, stop: float) -> Array:
    """The state at scale `stop` from that at `start`, d state/d ln mu = slope(state); fourth-order Runge-Kutta."""
    h = np.log(stop / start) / STEPS
    for _ in range(STEPS):
        k1 = slope(state)
        k2 = slope(state + h / 2 * k1)
        k3 = slope(state + h / 2 * k2)
        k4 = slope(state + h * k3)
        state = state + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
    return state


def _qcd(alpha_s: float | Array, flavours: int) -> float | Array:
    """Slope d alpha_s/d ln mu at two loops."""
    one, two = 11 - 2 * flavours / 3, 102 - 38 * flavours / 3
    return -2 * alpha_s * (one * alpha_s / (4 * np.pi) + two * (alpha_s / (4 * np.pi)) ** 2)


def _above_top(c_gg: float) -> Callable[[Array], Array]:
    """Slope d/d ln mu of (alpha_1, alpha_2, alpha_s, alpha_t, c_t, c_u, c_b, c_d, c_l, k) above m_t.

    c_u stands for u and c, c_d for d and s, c_l for each lepton; [k_D]_12 = V_td^* V_ts k.
    """

    def slope(state: Array) -> Array:
        a1, a2, a3, at, c_t, c_u, c_b, c_d, c_l, _ = state
        ups, downs, leptons = c_t + 2 * c_u, c_b + 2 * c_d, 3 * c_l
        top = at * c_t / (4 * np.pi)
        weak = 9 / 16 * (a2 / np.pi) ** 2 * (1.5 * ups + 1.5 * downs + leptons) / 4
        hyper = (a1 / np.pi) ** 2 / 48 * (17 / 24 * ups + 5 / 24 * downs + 3 / 4 * leptons)
        gluon = 2 * (a3 / np.pi) ** 2 * (c_gg + (ups + downs) / 2)
        return np.array(
            [
                41 / 6 * a1**2 / (2 * np.pi),
                -19 / 6 * a2**2 / (2 * np.pi),
                -7 * a3**2 / (2 * np.pi),
                at * (9 / 2 * at - 8 * a3 - 9 / 4 * a2 - 17 / 12 * a1) / (2 * np.pi),
                9 * top + gluon + weak + 17 * hyper,
                6 * top + gluon + weak + 17 * hyper,
                -5 * top + gluon + weak + 5 * hyper,
                -6 * top + gluon + weak + 5 * hyper,
                -6 * top + weak + 45 * hyper,
                -top,
            ]
        )

    return slope


def _below_top(c_gg: float, flavours: int) -> Callable[[Array], Array]:
    """Slope d/d ln mu of (alpha_s, c_u, c_b, c_d) below m_t, with five or four active flavours."""

    def slope(state: Array) -> Array:
        a3, c_u, c_b, c_d = state
        active = 2 * c_u + 2 * c_d + (c_b if flavours == 5 else 0.0)
        gluon = 2 * (a3 / np.pi) ** 2 * (c_gg + active / 2)
        return np.array([_qcd(a3, flavours), gluon, gluon, gluon])

    return slope


@cache
def run_down(scale: float, c_fermion: float, c_gg: float) -> LowCouplings:
    """Couplings at 2 GeV of universal c_fermion and c_gg at `scale` [GeV], which lies above m_t."""
    top = M_TOP_MSBAR
    a3 = _integrate(lambda a: np.asarray(_qcd(a, 5)), np.array([ALPHA_S_MZ]), M_Z, top)[0]
    yukawa = np.sqrt(2) * top / HIGGS_VEV
    gauge = [ALPHA_MZ / (1 - SIN2_THETA_W), ALPHA_MZ / SIN2_THETA_W, a3, yukawa**2 / (4 * np.pi)]
    slope = _above_top(c_gg)
    at_scale = _integrate(slope, np.array([*gauge, *[0.0] * 6]), top, scale)[:4]
    start = np.array([*at_scale, *[c_fermion] * 5, 0.0])
    _, _, a3, alpha_t, c_t, c_u, c_b, c_d, _, k = _integrate(slope, start, scale, top)
    # matching at mu_w = m_t, W and top integrated out (no c_WW here: it has none at Lambda)
    x = (top / M_W) ** 2
    k += alpha_t / (4 * np.pi) * c_t * (-1 / 4 - 3 / 2 * (1 - x + np.log(x)) / (1 - x) ** 2)
    state = _integrate(_below_top(c_gg, 5), np.array([a3, c_u, c_b, c_d]), top, M_BOTTOM_MSBAR)
    _, c_u, _, c_d = _integrate(_below_top(c_gg, 4), state, M_BOTTOM_MSBAR, LOW_SCALE)
    return LowCouplings(c_gg, float(c_u), float(c_d), float(c_d), complex(k * V_TD_CONJ_V_TS))
