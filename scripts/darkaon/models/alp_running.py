"""Couplings of an axion-like particle at 2 GeV from those at the scale Lambda: a linear response, computed once.

L = (d_mu a/f) sum_F Fbar gamma^mu k_F F + (alpha_3 c_GG G G~ + alpha_2 c_WW W W~ + alpha_1 c_BB B B~) a/(4 pi f) with
F the left-handed doublets Q, L and the right-handed u, d, e. Axial couplings are c_ff = (k_f - k_F)_ff. Above m_t the
matrices k run with the one-loop equations of arXiv:2012.12272 beside Yukawa matrices and gauge couplings of the
Standard Model, at m_t the top, W and Z are integrated out, below QCD and QED run (at a fixed alpha, that of 2 GeV).
Everything is linear in the couplings.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from darkaon.constants import (
    ALPHA_2GEV,
    ALPHA_MZ,
    ALPHA_S_MZ,
    CKM_PHASE,
    CKM_SINES,
    M_BOTTOM_MSBAR,
    M_TOP_MSBAR,
    M_W,
    M_Z,
    SIN2_THETA_W,
    YUKAWAS_DOWN,
    YUKAWAS_LEPTON,
    YUKAWAS_UP,
)
from darkaon.typing import Array

Complex = NDArray[Any]  # complex numbers, or real ones where all are real

LOW_SCALE = 2.0  # GeV
STEPS = 12  # of the fourth-order Runge-Kutta, good to 1e-5 from 1e9 GeV and to 2e-6 from 1 TeV
FIELDS = ("q", "u", "d", "l", "e")
SOURCES = ("c_GG", "c_WW", "c_BB", *(f"{field}{i}" for field in FIELDS for i in (1, 2, 3)))
"""Unit couplings at Lambda: of gauge bosons, and the diagonal elements of k_Q, k_u, k_d, k_L, k_e. k_Q is given in
the basis in which the Yukawa matrix of the up quarks is diagonal at Lambda, right-handed ones in the mass bases."""
LOW = ("c_uu", "c_dd", "c_ss", "c_cc", "c_bb", "c_ee", "c_mumu", "c_tautau", "d_vector", "k_12")
CHARGES = np.array([2 / 3, -1 / 3, -1 / 3, 2 / 3, -1 / 3, -1.0, -1.0, -1.0])
COLOURS = np.array([3, 3, 3, 3, 3, 1, 1, 1])


def _ckm() -> Complex:
    """The CKM matrix in the form of the PDG: V_ud, V_us, V_cb and V_tb are real."""
    s12, s23, s13 = CKM_SINES
    c12, c23, c13 = (np.sqrt(1 - s * s) for s in CKM_SINES)
    phase = np.exp(1j * CKM_PHASE)
    return np.array(
        [
            [c12 * c13, s12 * c13, s13 / phase],
            [-s12 * c23 - c12 * s23 * s13 * phase, c12 * c23 - s12 * s23 * s13 * phase, s23 * c13],
            [s12 * s23 - c12 * c23 * s13 * phase, -c12 * s23 - s12 * c23 * s13 * phase, c23 * c13],
        ]
    )


CKM = _ckm()


@dataclass(frozen=True)
class LowCouplings:
    """Couplings at 2 GeV.

    Attributes:
        c_gg: gluons.
        c_photon: photons, c_WW + c_BB.
        c_uu, c_dd, c_ss, c_cc, c_bb: axial couplings of the quarks.
        c_ee, c_mumu, c_tautau: axial couplings of the leptons.
        d_vector: difference of the vector couplings of d and s, (k_d + k_D)_dd - (k_s + k_S)_ss.
        k_12: [k_d + k_D]_12, the flavour-changing vector coupling of d and s, twice that of sbar gamma^mu d.
    """

    c_gg: float = 0.0
    c_photon: float = 0.0
    c_uu: float = 0.0
    c_dd: float = 0.0
    c_ss: float = 0.0
    c_cc: float = 0.0
    c_bb: float = 0.0
    c_ee: float = 0.0
    c_mumu: float = 0.0
    c_tautau: float = 0.0
    d_vector: float = 0.0
    k_12: complex = 0j


def run_down(scale: float, couplings: dict[str, float], k_12: complex = 0j) -> LowCouplings:
    """Couplings at 2 GeV of those at `scale` [GeV], which lies above m_t; names as in `SOURCES`.

    `k_12` is added as it is: flavour violation of d and s runs by less than 1e-4.
    """
    weights = np.array([couplings.get(name, 0.0) for name in SOURCES])
    low = np.einsum("s,sc->c", weights, response(scale)) if np.any(weights) else np.zeros(len(LOW), dtype=complex)
    values = {name: float(value.real) for name, value in zip(LOW[:-1], low, strict=False)}
    photon = couplings.get("c_WW", 0.0) + couplings.get("c_BB", 0.0)
    return LowCouplings(couplings.get("c_GG", 0.0), photon, **values, k_12=complex(low[-1]) + k_12)


@cache
def response(scale: float) -> Complex:
    """The couplings `LOW` at 2 GeV of each unit source at `scale` [GeV]: an array (source, coupling)."""
    alpha_s = _integrate(lambda a: _qcd(a, 5), np.array([ALPHA_S_MZ]), M_Z, M_TOP_MSBAR)[0]
    at_scale = _integrate(_standard_model, _at_top(float(alpha_s)), M_TOP_MSBAR, scale)
    gauge = np.eye(len(SOURCES), 3)
    start = np.concatenate([at_scale, _sources(at_scale).ravel()])
    end = _integrate(lambda state: _above_top(state, gauge), start, scale, M_TOP_MSBAR)
    k = end[30:].reshape(-1, 5, 3, 3)
    return _below_top(_match(k, gauge), gauge, float(alpha_s))


def _integrate(slope: Callable[[Complex], Complex], state: Complex, start: float, stop: float) -> Complex:
    """The state at scale `stop` from that at `start`, d state/d ln mu = slope(state); fourth-order Runge-Kutta."""
    h = np.log(stop / start) / STEPS
    for _ in range(STEPS):
        k1 = slope(state)
        k2 = slope(state + h / 2 * k1)
        k3 = slope(state + h / 2 * k2)
        k4 = slope(state + h * k3)
        state = state + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
    return state


def _qcd(alpha_s: Complex, flavours: int) -> Complex:
    """Slope d alpha_s/d ln mu at two loops."""
    one, two = 11 - 2 * flavours / 3, 102 - 38 * flavours / 3
    return -2 * alpha_s * (one * alpha_s / (4 * np.pi) + two * (alpha_s / (4 * np.pi)) ** 2)


def _product(*matrices: Complex) -> Complex:
    """The product of (stacks of) 3 x 3 matrices, without BLAS."""
    result = matrices[0]
    for matrix in matrices[1:]:
        result = np.einsum("...ij,...jk->...ik", result, matrix)
    return result


def _dagger(matrix: Complex) -> Complex:
    return np.swapaxes(matrix, -1, -2).conj()


def _at_top(alpha_s: float) -> Complex:
    """alpha_1, alpha_2, alpha_s and the Yukawa matrices Y_u (diagonal), Y_d, Y_e at m_t, flattened."""
    up, down, lepton = np.diag(YUKAWAS_UP), np.diag(YUKAWAS_DOWN), np.diag(YUKAWAS_LEPTON)
    yukawas = np.array([up, _product(CKM, down), lepton])
    log = np.log(M_TOP_MSBAR / M_Z) / (2 * np.pi)
    inverse = (1 - SIN2_THETA_W) / ALPHA_MZ - 41 / 6 * log, SIN2_THETA_W / ALPHA_MZ + 19 / 6 * log
    gauge = [*(1 / value for value in inverse), alpha_s]
    return np.concatenate([gauge, yukawas.ravel()])


def _standard_model(state: Complex) -> Complex:
    """Slope of gauge and Yukawa couplings at one loop."""
    a1, a2, a3 = state[:3]
    yukawas = state[3:30].reshape(3, 3, 3)
    squares = _product(yukawas, _dagger(yukawas))
    a, b, e = squares
    trace = np.trace(3 * a + 3 * b + e)
    up, down = 17 / 12 * a1 + 9 / 4 * a2 + 8 * a3, 5 / 12 * a1 + 9 / 4 * a2 + 8 * a3
    gauge = 4 * np.pi * np.array([up, down, 15 / 4 * a1 + 9 / 4 * a2])
    change = _product(1.5 * np.array([a - b, b - a, e]), yukawas) + (trace - gauge)[:, None, None] * yukawas
    slopes = np.array([41 / 6 * a1**2, -19 / 6 * a2**2, -7 * a3**2]) / (2 * np.pi)
    return np.concatenate([slopes, change.ravel() / (16 * np.pi**2)])


def _sources(at_scale: Complex) -> Complex:
    """k_Q, k_u, k_d, k_L, k_e of every source in the basis of `_at_top`: an array (source, field, 3, 3)."""
    yukawas = at_scale[3:].reshape(3, 3, 3)
    left, _, right = np.linalg.svd(yukawas)
    # columns by generation, lightest first; phases cancel in U diag U^+
    left, right = left[..., ::-1], _dagger(right)[..., ::-1]
    k = np.zeros((len(SOURCES), 5, 3, 3), dtype=complex)
    for field, rotation in enumerate((left[0], right[0], right[1], left[2], right[2])):
        for i in range(3):
            k[3 + 3 * field + i, field] = np.outer(rotation[:, i], rotation[:, i].conj())
    return k


def _above_top(state: Complex, gauge: Array) -> Complex:
    """Slope of `_standard_model`'s couplings and of k, flattened; `gauge` is c_GG, c_WW, c_BB of each source."""
    a1, a2, a3 = state[:3]
    yukawas = state[3:30].reshape(3, 3, 3)
    y_u, y_d, y_e = yukawas
    k = state[30:].reshape(-1, 5, 3, 3)
    q, u, d, lep, e = np.moveaxis(k, 1, 0)
    (a, b, ll), (uu, dd, ee) = _product(yukawas, _dagger(yukawas)), _product(_dagger(yukawas), yukawas)
    traces = np.trace(k, axis1=-2, axis2=-1)
    tilde = anomalies(traces.real, gauge) * np.array([a3, a2, a1]) ** 2
    gluon, weak, hyper = np.moveaxis(tilde, -1, 0)[..., None, None] * np.eye(3)
    x = (
        3 * np.einsum("sij,ji->s", q, a - b)
        - 3 * np.einsum("sij,ji->s", u, uu)
        + 3 * np.einsum("sij,ji->s", d, dd)
        - np.einsum("sij,ji->s", lep, ll)
        + np.einsum("sij,ji->s", e, ee)
    )[:, None, None] * np.eye(3)

    def anti(y2: Complex, m: Complex) -> Complex:
        return _product(y2, m) + _product(m, y2)

    def sandwich(y: Complex, m: Complex) -> Complex:
        return _product(y, m, _dagger(y))

    slopes = [
        anti(a + b, q) / 2 - sandwich(y_u, u) - sandwich(y_d, d) - (16 * gluon + 9 * weak + hyper / 3),
        anti(uu, u) - 2 * sandwich(_dagger(y_u), q) - 2 * x + 16 * gluon + 16 / 3 * hyper,
        anti(dd, d) - 2 * sandwich(_dagger(y_d), q) + 2 * x + 16 * gluon + 4 / 3 * hyper,
        anti(ll, lep) / 2 - sandwich(y_e, e) - 9 * weak - 3 * hyper,
        anti(ee, e) - 2 * sandwich(_dagger(y_e), lep) + 2 * x + 12 * hyper,
    ]
    change = np.stack(slopes, axis=1) / (16 * np.pi**2)
    return np.concatenate([_standard_model(state[:30]), change.ravel()])


def anomalies(traces: Array, gauge: Array) -> Array:
    """c~GG, c~WW, c~BB, which the equations contain: they vanish for an axion whose fermions are all integrated in.

    Traces of k_Q, k_u, k_d, k_L, k_e and c_GG, c_WW, c_BB stand along the last axis.
    """
    q, u, d, lep, e = np.moveaxis(traces, -1, 0)
    return gauge + np.stack(
        [-(2 * q - u - d) / 2, -(3 * q + lep) / 2, 4 / 3 * u + d / 3 - q / 6 + e - lep / 2],
        axis=-1,
    )


def _match(k: Complex, gauge: Array) -> Complex:
    """k_U, k_D, k_u, k_d, k_E, k_e in the mass bases below m_t, where top, W and Z are integrated out (mu = m_t)."""
    v, s2 = CKM, SIN2_THETA_W
    c2 = 1 - s2
    q, u, d, lep, e = np.moveaxis(k, 1, 0)
    y2 = YUKAWAS_UP[2] ** 2
    x = (M_TOP_MSBAR / M_W) ** 2
    loop = (1 - x + np.log(x)) / (1 - x) ** 2
    top = np.outer(v[2].conj(), v[2])  # V_ti^* V_tj
    single = np.einsum("si,j->sij", np.einsum("ki,sk->si", v.conj(), q[:, :, 2]), v[2])
    whole = (
        q[:, 2, 2]
        + u[:, 2, 2] * (-1 / 4 - 3 / 2 * loop)
        - 3 * ALPHA_MZ / (2 * np.pi * s2) * gauge[:, 1] * (1 - x + x * np.log(x)) / (1 - x) ** 2
    )
    changing = (single + _dagger(single)) * (-3 / 8 + 3 / 4 * loop) + whole[:, None, None] * top
    c_ww, c_bb = gauge[:, 1], gauge[:, 2]
    log_w, log_z = 2 * np.log(M_TOP_MSBAR / M_W), 2 * np.log(M_TOP_MSBAR / M_Z)

    def universal(isospin: float, charge: float) -> Complex:
        z = isospin - charge * s2
        w_part = c_ww / (2 * s2**2) * (log_w + 1 / 2 - 11 / 3) if isospin else 0.0
        mixed = 2 * (c2 * c_ww - s2 * c_bb) * charge * z / (s2 * c2) * (log_z + 3 / 2 - 11 / 3)
        z_part = (c2**2 * c_ww + s2**2 * c_bb) * z**2 / (s2 * c2) ** 2 * (log_z + 1 / 2 - 11 / 3)
        total = 3 / (8 * np.pi**2) * ALPHA_MZ**2 * (w_part + mixed + z_part)
        return np.asarray(total[:, None, None] * np.eye(3), dtype=complex)

    down = _product(_dagger(v), q, v) + y2 / (16 * np.pi**2) * changing
    isospins, charges = (1 / 2, -1 / 2, 0.0, 0.0, -1 / 2, 0.0), (2 / 3, -1 / 3, 2 / 3, -1 / 3, -1.0, -1.0)
    matched = zip((q, down, u, d, lep, e), isospins, charges, strict=True)
    return np.stack([matrix + universal(isospin, charge) for matrix, isospin, charge in matched], axis=1)


def _below_top(k: Complex, gauge: Array, alpha_s: float) -> Complex:
    """The couplings `LOW` of every source from those of `_match`: QCD and QED down to 2 GeV."""
    left_u, left_d, right_u, right_d, left_e, right_e = np.einsum("sfii->fsi", k).real
    up, down, lepton = right_u - left_u, right_d - left_d, right_e - left_e
    axial = np.column_stack([up[:, 0], down[:, :2], up[:, 1], down[:, 2], lepton])
    photon = gauge[:, 1] + gauge[:, 2]
    state = np.concatenate([[alpha_s], axial.ravel()])
    for flavours, start, stop in ((5, M_TOP_MSBAR, M_BOTTOM_MSBAR), (4, M_BOTTOM_MSBAR, LOW_SCALE)):
        active = np.array([1, 1, 1, 1, flavours == 5, 1, 1, 1])

        def slope(state: Array, active: Array = active, flavours: int = flavours) -> Array:
            a3, c = state[0], state[1:].reshape(-1, 8) * active
            gluon = 2 * (a3 / np.pi) ** 2 * (gauge[:, 0] + c[:, :5].sum(axis=1) / 2)
            light = 1.5 * (ALPHA_2GEV / np.pi) ** 2 * (photon + (c * COLOURS * CHARGES**2).sum(axis=1))
            change = gluon[:, None] * (COLOURS == 3) + light[:, None] * CHARGES**2
            return np.concatenate([[_qcd(a3, flavours)], change.ravel()])

        state = _integrate(slope, state, start, stop)
    axial = state[1:].reshape(-1, 8)
    vector = k[:, 1] + k[:, 3]
    difference = vector[:, 0, 0] - vector[:, 1, 1]
    return np.column_stack([axial, difference, vector[:, 0, 1]])
