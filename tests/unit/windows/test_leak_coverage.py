"""Coverage of limits from sidebands under a signal, with and without the correction for its leak. Flat spectra."""

import numpy as np
import pytest

from darkaon.statistics.limits import set_limits
from darkaon.windows.sidebands import fit_sidebands, gaussian_signal, sideband_design

TOYS = 3000
WINDOWS = {"di-muon": (1.0, 9.0, 1), "HNL": (1.5, 11.25, 3)}  # half widths of window and sidebands, order


@pytest.mark.parametrize("b", [200.0, 1e4])
@pytest.mark.parametrize("name", WINDOWS)
def test_coverage_at_five_standard_deviations(name, b):
    inner, outer, order = WINDOWS[name]
    one = (np.array([x]) for x in (0.0, -inner, inner, outer))
    design = sideband_design(*one, spectrum=(-50.0, 50.0), bins=60)
    in_bins, inside = gaussian_signal(design, np.array([outer]))
    signal = 5.0 * np.sqrt(b)
    expected = b / (2 * inner) * np.diff(design.edges[0]) + signal / inside[0] * in_bins[0]
    rng = np.random.default_rng(11)
    counts = rng.poisson(expected, (TOYS, len(expected))).astype(float)
    many = sideband_design(*(np.full(TOYS, x) for x in (0.0, -inner, inner, outer)), spectrum=(-50.0, 50.0), bins=60)
    fit = fit_sidebands(counts, many, order, gaussian_signal(many, np.full(TOYS, outer)))
    centre = 0.5 * (design.edges[0][1:] + design.edges[0][:-1])
    n = counts[:, np.abs(centre) < inner].sum(axis=1)
    limits = set_limits(n, fit.background, fit.uncertainty)
    with_leak, without = (np.mean(x >= signal) for x in (limits.corrected(fit.leak).observed, limits.observed))
    assert with_leak >= 0.885
    assert without < with_leak - 0.03
