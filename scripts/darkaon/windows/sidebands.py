"""Expected background in a window from polynomial fits to its sidebands.

The density of the observable around each mass hypothesis is a polynomial (Legendre basis, exact integrals
over the bins); it is fitted to the sideband counts by the binned Poisson likelihood, in one batch over all
windows and by damped Fisher scoring. For a linear fit to symmetric sidebands of +-9 sigma around a window of
+-1 sigma the maximum is exactly b = N_SB / 8 with uncertainty sqrt(N_SB) / 8: a test.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields

import numpy as np
from numpy.polynomial import legendre
from numpy.typing import NDArray
from scipy.special import comb, ndtr

from darkaon.config.slots.background import Sidebands
from darkaon.errors import refuse
from darkaon.statistics.numerics import overlaps
from darkaon.tables.blocks import Counted, below
from darkaon.typing import Array
from darkaon.windows.expected import Expected
from darkaon.windows.grid import Windows

_STEPS = 60  # scoring steps at most; smooth spectra need about 5
_TOLERANCE = 1e-10  # on the expected gain in log-likelihood
_ZERO = 1e-7  # a density below this part of its mean is taken to touch zero
_EM_STEPS = 1000
_MOST_LEAK = 0.9
_POOR = 1e-3  # the least density, relative to its mean, that the leak of a signal is computed with


@dataclass(frozen=True)
class Fit:
    """One polynomial fit for each window.

    Attributes:
        background: expected count in the window, shape (W,).
        uncertainty: its statistical uncertainty from the Fisher information, shape (W,).
        leak: by how much of itself a signal in the window raises the background, shape (W,); 0 if no signal is given.
    """

    background: Array
    uncertainty: Array
    leak: Array


@dataclass(frozen=True)
class SidebandDesign:
    """Bins of the sidebands around each window, in units where the sidebands span -1..1.

    Attributes:
        edges: bin edges, shape (W, B + 1), in the observable; clipped to the spectrum, window left out.
        t: the same edges on -1..1.
        window: low and high edge of the window on -1..1, shape (W, 2).
        one_sided: windows with a sideband on one side only, shape (W,).
        in_window: bins that are no sideband: in the window, or blinded, shape (W, B).
    """

    edges: Array
    t: Array
    window: Array
    one_sided: NDArray[np.bool_]
    in_window: NDArray[np.bool_]


def sideband_design(
    mass: Array,
    low: Array,
    high: Array,
    half_width: Array,
    *,
    spectrum: tuple[float, float],
    bins: int,
    blinded: Array | None = None,
) -> SidebandDesign:
    """Lay `bins` equal bins over mass +- half_width and leave out what is in the window or off the spectrum.

    Args:
        mass: centres, shape (W,), in the units of the observable, like all that follows.
        low: lower edges of the windows, shape (W,).
        high: upper edges of the windows, shape (W,).
        half_width: how far the sidebands reach from the centre, shape (W,).
        spectrum: where the observable can be.
        bins: bins over the sidebands and the window together; those on a window's edge are split there.
        blinded: ranges of the observable that cannot be seen, shape (k, 2).

    Raises:
        InputError: a window that leaves the spectrum, or that has no sideband, or none that can be seen.
    """
    refuse(
        (low < spectrum[0]) | (high > spectrum[1]),
        _in_window(mass, low, high, f"leaves the spectrum {spectrum[0]:g} to {spectrum[1]:g}"),
        remedy="change masses, or background.spectrum",
    )
    start, stop = np.maximum(mass - half_width, spectrum[0]), np.minimum(mass + half_width, spectrum[1])
    refuse(
        (start >= low) & (stop <= high),
        _in_window(mass, low, high, "has no sideband"),
        remedy="widen background.half_width_sigma",
    )
    grid = np.linspace(-1.0, 1.0, bins + 1)
    edges = mass[:, None] + half_width[:, None] * grid
    edges = np.sort(np.concatenate([edges, low[:, None], high[:, None]], axis=1), axis=1)
    edges = np.clip(edges, start[:, None], stop[:, None])
    centre = 0.5 * (edges[:, :-1] + edges[:, 1:])
    in_window = (centre > low[:, None]) & (centre < high[:, None])
    if blinded is not None and len(blinded):
        in_window |= overlaps(edges[:, :-1], edges[:, 1:], blinded)
        refuse(
            np.all(in_window | (np.diff(edges, axis=1) <= 0), axis=1),
            _in_window(mass, low, high, "keeps no sideband outside the blinded ranges"),
            remedy="blind narrower ranges, or take the background from components",
        )
    scale = half_width[:, None]
    return SidebandDesign(
        edges=edges,
        t=(edges - mass[:, None]) / scale,
        window=(np.stack([low, high], axis=1) - mass[:, None]) / scale,
        one_sided=(start >= low) | (stop <= high),
        in_window=in_window,
    )  # fmt: skip


def _in_window(mass: Array, low: Array, high: Array, why: str) -> Callable[[int], str]:
    return lambda i: f"the window {low[i]:g} to {high[i]:g} of mass hypothesis {mass[i]:g} {why}"


def _integrals(t: Array, order: int) -> Array:
    """Integrals of P_0..P_order between neighbouring edges: (..., B + 1) -> (..., B, order + 1)."""
    antiderivatives = np.zeros((order + 2, order + 1))
    for k in range(order + 1):
        antiderivatives[: k + 2, k] = legendre.legint([0.0] * k + [1.0])
    return np.moveaxis(np.diff(legendre.legval(t, antiderivatives), axis=-1), 0, -1)


def gaussian_signal(design: SidebandDesign, reach: Array) -> tuple[Array, Array]:
    """Parts of a Gaussian signal at the centre that lie in the bins (W, B) and in the window (W,).

    `reach` is the half width of the sidebands in resolutions, shape (W,).
    """
    bins = np.diff(ndtr(design.t * reach[:, None]), axis=1)
    return bins, np.diff(ndtr(design.window * reach[:, None]), axis=1)[:, 0]


def fit_sidebands(
    counts: Array, design: SidebandDesign, order: int, signal: tuple[Array, Array] | None = None
) -> Fit:
    """Fit a polynomial of `order` to the sideband counts of every window.

    The fitted background is the sum of weights h times the counts, h = X G^-1 a with X the integrals of the
    polynomials over the bins divided by the expected counts, G their information and a their integrals over the
    window. A signal s in the window with parts t_i of the whole raises it by leak * s, leak = sum h_i t_i/(part
    in the window): the count then exceeds the background by s (1 - leak), and its limit is that without leak over
    1 - leak.

    Args:
        counts: observed counts in the bins of `design`, shape (W, B); those inside the window are ignored.
        design: from `sideband_design`.
        order: of the polynomial.
        signal: its parts in the bins and in the window (`gaussian_signal`), for the leak.

    Raises:
        InputError: sidebands with fewer events, or bins, than the polynomial has parameters.
    """
    used = ~design.in_window & (np.diff(design.edges, axis=1) > 0)
    n = np.where(used, counts, 0.0)
    total = n.sum(axis=1)
    refuse(
        total <= order,
        lambda i: (
            f"the sidebands {design.edges[i, 0]:g} to {design.edges[i, -1]:g} hold {total[i]:g} events, too few "
            f"for a polynomial of order {order}"
        ),
        remedy="widen background.half_width_sigma or lower background.order",
    )
    refuse(
        used.sum(axis=1) <= order,
        lambda i: (
            f"the sidebands {design.edges[i, 0]:g} to {design.edges[i, -1]:g} have {used[i].sum()} bins outside of "
            f"the window, too few for a polynomial of order {order}"
        ),
        remedy="raise background.bins, or lower background.order or alternatives",
    )
    basis = np.where(used[..., None], _integrals(design.t, order), 0.0)
    coefficients = np.zeros((len(n), order + 1))
    coefficients[:, 0] = total / basis[..., 0].sum(axis=1)
    done, at_zero = np.zeros(len(n), dtype=bool), np.zeros(len(n), dtype=bool)
    mean = total / used.sum(axis=1)
    for _ in range(_STEPS):
        expected = np.maximum(_density(basis, coefficients, used), 1e-2 * _ZERO * mean[:, None])
        gradient = np.einsum("wb,wbk->wk", np.where(used, n / expected - 1.0, 0.0), basis)
        step = _solve(_information(basis, expected, used), gradient)
        move = np.where(done | at_zero, 0.0, _damping(basis, expected, step, n, used))
        coefficients = coefficients + move[:, None] * step
        done |= np.einsum("wk,wk->w", step, gradient) < _TOLERANCE
        at_zero |= ~done & (np.where(used, expected, np.inf).min(axis=1) < _ZERO * mean)
        if np.all(done | at_zero):
            break
    if not np.all(done):
        coefficients[~done] = _fit_nonnegative(n[~done], design.t[~done], used[~done], order)
    window = _integrals(design.window, order)[:, 0, :]
    expected = np.maximum(_density(basis, coefficients, used), _ZERO * mean[:, None])
    at_window = _solve(_information(basis, expected, used), window)
    variance = np.einsum("wk,wk->w", window, at_window)
    leak = np.zeros(len(n))
    if signal is not None:
        expected = np.maximum(expected, _POOR * mean[:, None])  # a bin next to none must not carry all the weight
        in_bins = np.einsum("wb,wbk->wk", np.where(used, signal[0] / expected, 0.0), basis)
        at_window = _solve(_information(basis, expected, used), window)
        leak = np.einsum("wk,wk->w", at_window, in_bins) / signal[1]
    return Fit(np.einsum("wk,wk->w", window, coefficients), np.sqrt(variance), leak)


def _fit_nonnegative(n: Array, t: Array, used: NDArray[np.bool_], order: int) -> Array:
    """Legendre coefficients of the best polynomial whose Bernstein coefficients are not negative.

    For maxima where the density touches zero. Expectation-maximisation: every step raises the likelihood
    and none leaves the region.
    """
    k = np.arange(order + 1)
    nodes = legendre.leggauss(order + 1)[0]  # a polynomial of this order is fixed by its values there
    x = 0.5 * (1 + nodes[:, None])
    bernstein = comb(order, k) * x**k * (1 - x) ** (order - k)
    to_legendre = np.linalg.solve(legendre.legvander(nodes, order), bernstein)  # (legendre, bernstein)
    basis = np.einsum("wbl,lk->wbk", np.where(used[..., None], _integrals(t, order), 0.0), to_legendre)
    basis = np.maximum(basis, 0.0)
    norm = basis.sum(axis=1)
    c = np.repeat(n.sum(axis=1, keepdims=True) / norm.sum(axis=1, keepdims=True), order + 1, axis=1)
    for _ in range(_EM_STEPS):
        expected = np.where(n > 0, np.einsum("wbk,wk->wb", basis, c), 1.0)
        c = c * np.einsum("wb,wbk->wk", n / expected, basis) / norm
    return np.einsum("lk,wk->wl", to_legendre, c)


def _density(basis: Array, coefficients: Array, used: NDArray[np.bool_]) -> Array:
    """Expected counts in the bins; 1 where a bin is not used."""
    return np.where(used, np.einsum("wbk,wk->wb", basis, coefficients), 1.0)


def _information(basis: Array, expected: Array, used: NDArray[np.bool_]) -> Array:
    """Fisher information of the coefficients, shape (W, k, k); never singular, whatever the counts."""
    return np.einsum("wb,wbk,wbl->wkl", np.where(used, 1.0 / expected, 0.0), basis, basis)


def _solve(matrix: Array, vector: Array) -> Array:
    return np.asarray(np.linalg.solve(matrix, vector[..., None])[..., 0], dtype=float)


def _damping(basis: Array, expected: Array, step: Array, n: Array, used: NDArray[np.bool_]) -> Array:
    """How much of the step to take: densities stay positive and the likelihood rises."""
    change = np.einsum("wbk,wk->wb", basis, step)
    ratio = np.where(used, -change / expected, 0.0).max(axis=1)
    fraction = np.where(ratio > 0, np.minimum(1.0, 0.95 / np.maximum(ratio, 1e-300)), 1.0)
    for _ in range(30):
        relative = np.where(used, fraction[:, None] * change / expected, 0.0)
        gain = (n * np.log1p(relative) - np.where(used, expected, 0.0) * relative).sum(axis=1)
        if np.all(gain >= 0):
            break
        fraction = np.where(gain >= 0, fraction, 0.5 * fraction)
    return np.where(gain >= 0, fraction, 0.0)


@dataclass(frozen=True)
class Background(Expected):
    """The expected background, 0 where the sidebands are empty, and what is known of the fit; all of shape (W,).

    Attributes:
        leak: by how much of itself a signal raises the background (`fit_sidebands`).
        tau: sideband events for each background event, (b/statistical)^2/b; the ratio of sizes where they are empty.
        order: of the polynomial; lower than asked where the sidebands hold too few events for it or it is not above 0
            in the window, -1 where they are empty.
        one_sided: whether there is a sideband on one side only.
    """

    leak: Array
    tau: Array
    order: NDArray[np.int64]
    one_sided: NDArray[np.bool_]


def sideband_background(
    events: Counted | Array, windows: Windows, slot: Sidebands, blinded: Array | None = None
) -> Background:
    """Fit the sidebands of every window.

    Args:
        events: all candidates, or their observable, sorted.
        windows: of W mass hypotheses.
        slot: reach of the sidebands, bins, and the orders of the polynomials: the one that gives the background and
            its statistical uncertainty, and those whose largest difference from it is the systematic uncertainty.
        blinded: ranges of the observable that cannot be seen, shape (k, 2).

    Raises:
        InputError: windows off the spectrum or without sidebands.
    """
    mass, low, high = windows.centre, windows.low, windows.high
    half_width = slot.half_width_sigma * windows.sigma
    design = sideband_design(mass, low, high, half_width, spectrum=slot.spectrum, bins=slot.bins, blinded=blinded)
    counts = np.diff(below(events, design.edges), axis=1).astype(float)
    signal = gaussian_signal(design, half_width / windows.sigma)
    seen = np.where(design.in_window, 0.0, counts).sum(axis=1)
    b, stat, leak = np.zeros((3, len(mass)))
    used = np.full(len(mass), -1)
    for lower in range(slot.order, -1, -1):  # where the polynomial asked for cannot be fitted, the next lower one
        i = np.flatnonzero((used < 0) & (seen > lower))
        if i.size:
            fit = _fit_some(counts, design, lower, signal, i)
            good = fit.background > 0
            b[i[good]], stat[i[good]] = fit.background[good], fit.uncertainty[good]
            leak[i[good]], used[i[good]] = fit.leak[good], lower
    tau = b / np.square(np.where(stat > 0, stat, 1.0))
    empty = np.flatnonzero(used < 0)
    if empty.size:
        fit = _fit_some(np.diff(design.edges, axis=1), design, 0, signal, empty)
        leak[empty], tau[empty] = fit.leak, fit.background / np.square(fit.uncertainty)
    systematic = np.zeros_like(b)
    for other in slot.alternatives:
        i = np.flatnonzero((used >= 0) & (seen > other))
        if i.size:
            shift = np.abs(_fit_some(counts, design, other, None, i).background - b[i])
            systematic[i] = np.maximum(systematic[i], shift)
    refuse(
        leak >= _MOST_LEAK,
        _in_window(mass, low, high, "loses nearly all of a signal to its own sidebands"),
        remedy="lower background.order, or change masses",
    )
    return Background(b, stat, systematic, leak, tau, used, design.one_sided)


def _fit_some(
    counts: Array, design: SidebandDesign, order: int, signal: tuple[Array, Array] | None, i: NDArray[np.intp]
) -> Fit:
    """`fit_sidebands` in some of the windows."""
    part = SidebandDesign(*(getattr(design, field.name)[i] for field in fields(design)))
    return fit_sidebands(counts[i], part, order, None if signal is None else (signal[0][i], signal[1][i]))
