"""Pseudo-experiments of the fit: coverage of its limits, pulls of its signal, and its own expected bands."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from darkaon.statistics.fit import fit_limits
from darkaon.statistics.fit_model import Layout, Model
from darkaon.typing import Array

_BATCH = 1024


@dataclass(frozen=True)
class Toys:
    """Pseudo-experiments of one kind.

    Attributes:
        coverage: share of limits that are not below the true signal.
        error: its binomial uncertainty.
        signal: mean of the fitted signal, 0 or more.
        fitted: share of fits that converged; coverage counts the others as not covered.
    """

    coverage: float
    error: float
    signal: float
    fitted: float


def coverage(
    model: Model, mean: Array, shape: Array, signal: float, toys: int, rng: np.random.Generator, level: float = 0.90
) -> Toys:
    """Coverage of the observed limits in one window.

    Args:
        model: of the window, with arrays of shape (1, B).
        mean: true background in the bins, shape (B,).
        shape: true unit signal in the bins, shape (B,).
        signal: true total signal.
        toys: pseudo-experiments.
        rng: their generator.
        level: confidence level.
    """
    covered, fitted, total = 0, 0, 0.0
    for first in range(0, toys, _BATCH):
        size = min(_BATCH, toys - first)
        counts = rng.poisson(mean + signal * shape, (size, len(mean))).astype(float)
        found = fit_limits(model.take(np.zeros(size, dtype=np.intp)), counts, level=level, bands=False)
        covered += int(np.sum(found.settled & (found.observed >= signal)))
        fitted += int(np.sum(found.settled))
        total += float(np.sum(found.signal))
    share = covered / toys
    return Toys(share, float(np.sqrt(share * (1.0 - share) / toys)), total / toys, fitted / toys)


def flat_coverage(
    background: float, strength: float, order: int, toys: int, rng: np.random.Generator, layout: Layout | None = None
) -> Toys:
    """Coverage on a flat spectrum, for a signal of strength x sqrt(b) in +-1 sigma.

    Args:
        background: b within +-1 sigma.
        strength: of the signal.
        order: of the polynomial that is fitted.
        toys: pseudo-experiments.
        rng: their generator.
        layout: of the bins, +-9 sigma if None.
    """
    layout = layout or Layout(9.0)
    shape = layout.gaussian()
    mean = np.full(layout.bins, background * layout.half_width_sigma / layout.bins)
    model = Model(layout, order, shape[None], np.ones((1, layout.bins), dtype=bool))
    inside = float(np.sum(shape * layout.inner))
    return coverage(model, mean, shape, strength * np.sqrt(background) / inside, toys, rng)
