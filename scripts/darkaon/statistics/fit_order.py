"""Which polynomial a fit of signal and background needs, and whether its data follow it.

The order of a window is the lowest whose fit finds less than a given part of its own uncertainty as signal in data
without signal and without fluctuations: those of the smooth spectrum of the whole search. The data of a window do not
choose: choosing by them (AIC, BIC) undercovers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from darkaon.statistics.fit_model import Layout, Model, background_fit, free_fit
from darkaon.typing import Array, Mask

ORDERS = (1, 2, 3, 4, 5)
MOST_SPURIOUS = 0.2
"""Signal that a fit may find where there is none, in units of its uncertainty."""
LEAST_EXPECTED = 5.0
"""Events in a bin of a chi^2, at least."""


@dataclass(frozen=True)
class Orders:
    """What the spurious signals say; all of shape (W,).

    Attributes:
        order: the lowest that will do; 0 if none will.
        spurious: signal found in units of its uncertainty, of this order or, if none will do, the least of all.
    """

    order: NDArray[np.int64]
    spurious: Array


def choose_orders(
    layout: Layout, asimov: Array, template: Array, used: Mask, orders: tuple[int, ...] = ORDERS
) -> Orders:
    """The order of every window.

    Args:
        layout: of the bins.
        asimov: expected counts of the smooth spectrum, shape (W, B).
        template: a unit signal, shape (W, B).
        used: bins that exist, shape (W, B).
        orders: to choose from, rising.
    """
    size = len(asimov)
    order, least = np.zeros(size, dtype=np.int64), np.full(size, np.inf)
    for each in orders:
        i = np.flatnonzero(order == 0)
        i = i[np.sum(used[i], axis=1) > each + 2]
        if not i.size:
            break
        model = Model(layout, each, template[i], used[i])
        spurious = spurious_signal(model, np.where(used[i], asimov[i], 0.0))
        good = np.abs(spurious) <= MOST_SPURIOUS
        better = good | (np.abs(spurious) < np.abs(least[i]))
        least[i[better]] = spurious[better]
        order[i[good]] = each
    return Orders(order, least)


def spurious_signal(model: Model, asimov: Array) -> Array:
    """Signal that fits find in counts (W, B) without any, in units of its uncertainty; shape (W,).

    The uncertainty is that of the expected information at the background-only fit. Infinite where no fit converges.
    """
    null = background_fit(model, asimov)
    information = model.at(model.background(null.c), null.c, null.s).information_s
    best = free_fit(model, asimov, null, negative=True)
    return np.where(null.settled & best.settled, best.s * np.sqrt(information), np.inf)


def goodness(counts: Array, mean: Array, used: Mask, parameters: Array) -> Array:
    """The chi^2 p-value of fits, bins joined until each holds `LEAST_EXPECTED` events; shape (W,).

    Args:
        counts: shape (W, B), whole numbers.
        mean: what the fits expect, shape (W, B).
        used: bins that count, shape (W, B).
        parameters: of each fit, shape (W,); NaN where the joined bins are not more.
    """
    chi2, bins = joined_chi2(counts, mean, used)
    degrees = bins - parameters
    return np.where(degrees > 0, special.chdtrc(np.maximum(degrees, 1.0), chi2), np.nan)


def joined_chi2(counts: Array, mean: Array, used: Mask) -> tuple[Array, Array]:
    """Pearson's chi^2 of `goodness` and the number of joined bins, each (W,).

    A deviance would not follow chi^2 where bins hold few events: with 1.5 expected in each of 400 bins it gives
    p < 0.001 in 5 % of pseudo-experiments.
    """
    joined = np.zeros(mean.shape, dtype=np.intp)
    held, place = np.zeros(len(mean)), np.zeros(len(mean), dtype=np.intp)
    seen = np.where(used, mean, 0.0)
    for i in range(mean.shape[1]):
        joined[:, i] = place
        held += seen[:, i]
        full = held >= LEAST_EXPECTED
        place += full
        held[full] = 0.0
    last = np.maximum(place - 1, 0)  # what is left over at the end goes to the last full one
    joined = np.minimum(joined, last[:, None])
    rows = np.arange(len(mean))[:, None]
    expected, found = np.zeros(mean.shape), np.zeros(mean.shape)
    np.add.at(expected, (rows, joined), seen)
    np.add.at(found, (rows, joined), np.where(used, counts, 0.0))
    chi2 = np.sum(np.square(found - expected) / np.where(expected > 0, expected, 1.0), axis=1)
    return chi2, last + 1.0
