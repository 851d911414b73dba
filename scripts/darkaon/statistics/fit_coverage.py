"""Pseudo-experiments of the fit: coverage of its limits, pulls of its signal, and its own expected bands."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from darkaon.statistics.fit import fit_limits
from darkaon.statistics.fit_model import Layout, Model, background_fit, free_fit
from darkaon.typing import Array

_BATCH = 1024


@dataclass(frozen=True)
class Toys:
    """Pseudo-experiments of one kind.

    Attributes:
        coverage: share of limits that are not below the true signal.
        error: its binomial uncertainty.
        signal: mean of the fitted signal, which may be negative here.
        signal_error: uncertainty of that mean.
        fitted: share of fits that converged; coverage counts the others as not covered.
    """

    coverage: float
    error: float
    signal: float
    signal_error: float
    fitted: float


def coverage(
    model: Model, mean: Array, shape: Array, signal: float, toys: int, rng: np.random.Generator, level: float = 0.90
) -> Toys:
    """Coverage of the observed limits in one window, whose model has arrays of shape (1, B).

    The truth: `mean` background and unit signal `shape` in the bins, shapes (B,); `signal` events in all.
    """
    covered, fitted, signals = 0, 0, []
    for first in range(0, toys, _BATCH):
        size = min(_BATCH, toys - first)
        counts = rng.poisson(mean + signal * shape, (size, len(mean))).astype(float)
        many = model.take(np.zeros(size, dtype=np.intp))
        found = fit_limits(many, counts, level=level, bands=False)
        free = free_fit(many, counts * many.used, background_fit(many, counts), negative=True)
        covered += int(np.sum(found.settled & (found.observed >= signal)))
        fitted += int(np.sum(found.settled))
        signals.append(free.s[free.settled])
    share, every = covered / toys, np.concatenate(signals)
    error = np.sqrt(share * (1.0 - share) / toys)
    spread = np.std(every) / np.sqrt(max(every.size, 1))
    return Toys(share, float(error), float(np.mean(every)), float(spread), fitted / toys)


def coverage_of(
    background: float, strength: float, order: int, toys: int, rng: np.random.Generator, bend: float = 0.0
) -> Toys:
    """Coverage of fits of this order for a signal of strength x sqrt(b) within +-1 sigma, where b is the background.

    The spectrum is exp(bend P_2), P_2 the Legendre polynomial over +-9 sigma: flat for 0.
    """
    layout = Layout(9.0)
    shape = layout.gaussian()
    mean = np.exp(bend * 0.5 * (3.0 * layout.x**2 - 1.0))
    mean *= background / np.sum(mean * layout.inner)
    model = Model(layout, order, shape[None], np.ones((1, layout.bins), dtype=bool))
    inside = float(np.sum(shape * layout.inner))
    return coverage(model, mean, shape, strength * np.sqrt(background) / inside, toys, rng)
