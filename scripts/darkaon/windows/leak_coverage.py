"""Coverage of limits from sidebands under a signal, with and without the correction for its leak, by toys."""

from __future__ import annotations

import numpy as np

from darkaon.statistics.limits import set_limits
from darkaon.windows.sidebands import fit_sidebands, gaussian_signal, sideband_design

BINS = 60


def leak_coverage(
    window: tuple[float, float, int],
    background: float,
    strength: float,
    toys: int,
    rng: np.random.Generator,
    bend: float = 0.0,
    level: float = 0.90,
) -> tuple[float, float, float]:
    """How often limits with and without the correction are not below the signal, and the mean leak.

    Args:
        window: half widths of the window and of the sidebands [resolutions], order of the polynomial.
        background: expected in the window.
        strength: the signal in the window in units of sqrt(background).
        toys: pseudo-experiments.
        rng: their generator.
        bend: coefficient of the Legendre polynomial P_2 in ln of the spectrum; 0 is a flat one.
        level: confidence level.
    """
    inner, outer, order = window
    places = [np.full(toys, x) for x in (0.0, -inner, inner, outer)]
    design = sideband_design(*places, spectrum=(-2.0 * outer, 2.0 * outer), bins=BINS)
    signal = strength * np.sqrt(background)
    in_bins, inside = gaussian_signal(design, np.full(toys, outer))
    edges = design.edges[0]
    centre = 0.5 * (edges[1:] + edges[:-1])
    mean = np.diff(edges) * np.exp(bend * 0.5 * (3.0 * (centre / outer) ** 2 - 1.0))
    within = np.abs(centre) < inner
    mean *= background / mean[within].sum()
    counts = rng.poisson(mean + signal / inside[0] * in_bins[0], (toys, len(mean))).astype(float)
    fit = fit_sidebands(counts, design, order, (in_bins, inside))
    n = counts[:, within].sum(axis=1)
    limits = set_limits(n, fit.background, fit.uncertainty, level=level)
    covered = [float(np.mean(found.observed >= signal)) for found in (limits.corrected(fit.leak), limits)]
    return covered[0], covered[1], float(np.mean(fit.leak))
