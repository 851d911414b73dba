"""How often background alone shows an excess as large anywhere in a scan: pseudo-experiments on the full spectrum.

A smooth expectation of the spectrum fluctuates in fine bins, whose edges hold all edges of windows and sidebands: so
windows that share events are correlated as they are in the data, and each sideband is fitted again in each
pseudo-experiment. The fit is the linear estimator that the Poisson likelihood tends to: weighted least squares with
the expected counts as weights. For a straight line and symmetric sidebands it is the exact maximum (b = N_SB/8 for
+-9 sigma without +-1 sigma); in general it is its first Fisher-scoring step from the expectation.

Nothing here is a BLAS product: a matrix of scipy.sparse sums each row in its own order, so bytes repeat.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.polynomial import legendre
from numpy.typing import NDArray
from scipy import sparse, special

from darkaon.errors import InputError
from darkaon.statistics.fit_order import joined_chi2
from darkaon.statistics.numerics import overlaps
from darkaon.statistics.on_off import for_p_value
from darkaon.tables.blocks import Counted, below
from darkaon.typing import Array

BLOCK = 500
"""Pseudo-experiments drawn from one seed; part of what a seed means."""
RESULT = np.dtype([(f"max_z_{kind}", float) for kind in ("stat", "total")])
"""What is kept of each pseudo-experiment: for the statistical uncertainty alone, and with the systematic."""
_SCORING_STEPS = 25
_BINS = 4  # at least so many in one sideband, whatever the spacing of the hypotheses
_FLOOR = 0.01  # of the expected background: less than this no pseudo-experiment is given
_SMOOTH_BINS = 400


@dataclass(frozen=True)
class Smooth:
    """A smooth spectrum, exp(Legendre polynomial), between two values of the observable.

    Attributes:
        low, high: where it holds.
        coefficients: of ln of the density [1/unit of the observable], shape (order + 1,).
        chi2, degrees: of the fit, bins joined until each expects five events.
    """

    low: float
    high: float
    coefficients: Array
    chi2: float = 0.0
    degrees: int = 0

    @property
    def p_value(self) -> float:
        """Probability of this chi^2 or more; NaN if there are no more bins than parameters."""
        return float(special.chdtrc(self.degrees, self.chi2)) if self.degrees > 0 else np.nan

    def __call__(self, edges: Array) -> Array:
        """Expected counts in bins, (F + 1,) edges -> (F,); the density is that at their centres, or the near end."""
        centre = np.clip(0.5 * (edges[1:] + edges[:-1]), self.low, self.high)
        t = (2.0 * centre - self.low - self.high) / (self.high - self.low)
        return np.asarray(np.exp(legendre.legval(t, self.coefficients)) * np.diff(edges))


def smooth_spectrum(
    events: Counted | Array, low: float, high: float, blinded: Array | None = None, order: int = 8
) -> Smooth:
    """Fit exp(polynomial) to all candidates between `low` and `high` by the binned Poisson likelihood.

    `events` are the candidates, or their observable, sorted; the ranges `blinded`, shape (k, 2), are left out.

    Raises:
        InputError: fewer candidates than five for each parameter.
    """
    edges = np.linspace(low, high, _SMOOTH_BINS + 1)
    counts = np.diff(below(events, edges)).astype(float)
    open_ = ~overlaps(edges[:-1], edges[1:], blinded)
    counts, width = counts[open_], (high - low) / _SMOOTH_BINS
    if counts.sum() < 5 * (order + 1):
        raise InputError(
            f"{counts.sum():.0f} candidates between {low:g} and {high:g} are too few for a smooth spectrum of order "
            f"{order}",
            remedy="the look-elsewhere effect cannot be simulated from these data",
        )
    basis = legendre.legvander(np.linspace(-1, 1, 2 * _SMOOTH_BINS + 1)[1::2][open_], order)
    c = np.zeros(order + 1)
    c[0] = np.log(counts.mean() / width)
    for _ in range(_SCORING_STEPS):
        mean = width * np.exp(np.einsum("bk,k->b", basis, c))
        information = np.einsum("b,bk,bl->kl", mean, basis, basis)
        step = np.linalg.solve(information, np.einsum("b,bk->k", counts - mean, basis))
        c = c + step / max(1.0, np.abs(step).max())
    mean = width * np.exp(np.einsum("bk,k->b", basis, c))
    chi2, bins = joined_chi2(counts[None], mean[None], np.ones((1, len(counts)), dtype=bool))
    return Smooth(low, high, c, float(chi2[0]), int(bins[0]) - order - 1)


@dataclass(frozen=True)
class Scan:
    """Windows and their sideband fits as sums over F common bins of the spectrum.

    Attributes:
        edges: of the bins, shape (F + 1,).
        expected: counts from background alone, shape (F,).
        background: those in each window, shape (W,).
        windows: 1 where a bin lies in a window, sparse (W, F).
        fits: linear estimators of the background in each window, sparse (W, F): the polynomial of the search, then
            its alternatives.
        variance: the squares of the first.
    """

    edges: Array
    expected: Array
    background: Array
    windows: Any
    fits: tuple[Any, ...]
    variance: Any

    def fit(self, counts: Array) -> tuple[Array, Array, Array, Array]:
        """Windows' counts, background, its statistical and its systematic uncertainty, each (W, T), from (F, T)."""
        n, b = self.windows @ counts, self.fits[0] @ counts
        least = _FLOOR * self.background[:, None]
        stat = np.sqrt(np.maximum(self.variance @ counts, least * least))
        syst = np.zeros_like(b)
        for other in self.fits[1:]:
            np.maximum(syst, np.abs(other @ counts - b), out=syst)
        return n, np.maximum(b, least), stat, syst


def scan(
    smooth: Smooth,
    middle: Array,
    low: Array,
    high: Array,
    half_width: Array,
    *,
    spectrum: tuple[float, float],
    orders: Sequence[int],
    blinded: Array | None = None,
) -> Scan:
    """The scan of a search.

    Args:
        smooth: the expected spectrum.
        middle: centres of the windows, shape (W,), as all arrays below, in the units of the observable.
        low: their lower edges.
        high: their upper edges.
        half_width: reach of the sidebands from the centre.
        spectrum: where the observable can be: sidebands end there.
        orders: of the polynomial, then of its alternatives.
        blinded: ranges that no sideband uses, shape (k, 2).
    """
    start, stop = np.maximum(middle - half_width, spectrum[0]), np.minimum(middle + half_width, spectrum[1])
    edges = np.concatenate([low, high, start, stop, np.ravel(blinded) if blinded is not None else []])
    edges = np.unique(np.clip(edges, *spectrum))
    same = 1e-9 * float(half_width.min())  # edges that differ by rounding
    edges = edges[np.concatenate([[True], np.diff(edges) > same])]
    edges = _fill(edges, np.interp(edges[:-1], middle, half_width) / _BINS)
    expected = smooth(edges)
    closed = overlaps(edges[:-1], edges[1:], blinded)
    inside = [np.arange(*np.searchsorted(edges + same, ends)) for ends in zip(low, high, strict=True)]
    reach = [np.arange(*np.searchsorted(edges + same, ends)) for ends in zip(start, stop, strict=True)]
    sides = [np.setdiff1d(r[~closed[r]], w, assume_unique=True) for r, w in zip(reach, inside, strict=True)]

    def estimator(order: int) -> list[Array]:
        return [
            _estimator((edges - m) / h, (np.array([a, b]) - m) / h, side, expected[side], order)
            for m, h, a, b, side in zip(middle, half_width, low, high, sides, strict=True)
        ]

    fits = [estimator(order) for order in orders]
    size = len(expected)
    return Scan(
        edges=edges,
        expected=expected,
        background=np.array([expected[w].sum() for w in inside]),
        windows=_rows(inside, [np.ones(len(w)) for w in inside], size),
        fits=tuple(_rows(sides, rows, size) for rows in fits),
        variance=_rows(sides, [row * row for row in fits[0]], size),
    )


def _fill(edges: Array, widest: Array) -> Array:
    """Bins wider than `widest` cut into equal parts: where hypotheses are sparse, edges of windows are too few."""
    parts = np.ceil(np.diff(edges) / widest * (1 - 1e-9)).astype(int)
    first = np.repeat(np.cumsum(parts) - parts, parts)
    share = (np.arange(parts.sum()) - first) / np.repeat(parts, parts)
    return np.append(np.repeat(edges[:-1], parts) + share * np.repeat(np.diff(edges), parts), edges[-1])


def _estimator(t: Array, window: Array, side: NDArray[np.int64], expected: Array, order: int) -> Array:
    """The weights h of the counts in the bins `side`: background = sum h n, with variance sum h^2 n."""
    if len(side) <= order:
        raise InputError(
            f"a sideband of {len(side)} bins holds no polynomial of order {order}", remedy="lower background.order"
        )
    power = np.arange(1, order + 2)
    integrals = t[:, None] ** power / power
    basis = (integrals[1:] - integrals[:-1])[side]
    mean = expected
    for _ in range(_SCORING_STEPS):  # the expected counts as the polynomial itself describes them: h is 1/8 then
        weighted = basis / mean[:, None]
        inverse = np.linalg.inv(np.einsum("bk,bl->kl", basis, weighted))
        best = np.einsum("kl,l->k", inverse, np.einsum("bl,b->l", weighted, expected))
        before, mean = mean, np.maximum(np.einsum("bk,k->b", basis, best), 1e-3 * expected)
        if np.allclose(mean, before, rtol=1e-9, atol=0.0):
            break
    at = np.diff(window[:, None] ** power / power, axis=0)[0]
    return np.asarray(np.einsum("l,bl->b", np.einsum("k,kl->l", at, inverse), weighted))


def _rows(columns: Sequence[NDArray[np.int64]], values: Sequence[Array], size: int) -> Any:
    ends = np.concatenate([[0], np.cumsum([len(c) for c in columns])])
    return sparse.csr_array((np.concatenate(values), np.concatenate(columns), ends), shape=(len(columns), size))


def local_p(n: Array, background: Array, uncertainty: Array, tau: Array) -> Array:
    """P(N >= n) averaged over a background that was counted in sidebands: the p-value of `hybrid` with this `tau`.

    Arrays of any one shape; the uncertainty is statistical and systematic, `tau` the sideband events for each
    background event in the window.
    """
    background, uncertainty = for_p_value(background, uncertainty, tau)
    rate = background / np.square(uncertainty)
    p = special.betainc(np.maximum(n, 1.0), rate * background, 1.0 / (1.0 + rate))
    return np.where(n > 0, p, 1.0)


def experiments(over: Scan, rng: np.random.Generator, size: int = BLOCK) -> NDArray[Any]:
    """Largest local significance of `size` pseudo-experiments, structured (size,) as `RESULT`."""
    counts = rng.poisson(over.expected[:, None], (len(over.expected), size)).astype(float)
    n, b, stat, syst = over.fit(counts)
    result = np.empty(size, dtype=RESULT)
    for kind, uncertainty in (("stat", stat), ("total", np.hypot(stat, syst)))[: 1 + (len(over.fits) > 1)]:
        p = local_p(n, b, uncertainty, b / np.square(stat))
        result[f"max_z_{kind}"] = -special.ndtri(p.min(axis=0))
    if len(over.fits) == 1:  # no systematic
        result["max_z_total"] = result["max_z_stat"]
    return result


def flat_scan(step: float, length: float, background: float) -> Scan:
    """A scan of a flat spectrum with windows of +-1 in sidebands of +-9, in which a line is fitted.

    Args:
        step: between hypotheses, as all lengths in units of the resolution.
        length: from the first hypothesis to the last.
        background: expected in a window.
    """
    reach = 9.0
    end = length + 2.0 * reach
    smooth = Smooth(0.0, end, np.array([np.log(0.5 * background)]))
    middle: Array = np.asarray(reach + step * np.arange(round(length / step) + 1), dtype=float)
    half_width = np.full(middle.size, reach)
    return scan(smooth, middle, middle - 1.0, middle + 1.0, half_width, spectrum=(0.0, end), orders=(1,))


def generator(seed: int, search: int, block: int) -> np.random.Generator:
    """The generator of one block; `search` is a number of the search's name. Blocks do not depend on each other."""
    return np.random.default_rng(np.random.SeedSequence([seed, search, block]))


def global_p(largest: Array, z: Array) -> tuple[Array, Array]:
    """Part of the pseudo-experiments (T,) whose largest local significance reaches each of `z`, and its error.

    The error is binomial, and that of one experiment where there is none.
    """
    size = len(largest)
    reached = size - np.searchsorted(np.sort(largest), z, side="left").astype(float)
    return reached / size, np.sqrt(np.maximum(reached, 1.0) * np.maximum(1.0 - reached / size, 1.0 / size)) / size
