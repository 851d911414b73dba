"""Inject a signal into pseudo-experiments of the di-muon search and find it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from darkaon.config.search import load_search
from darkaon.constants import M_KAON, M_MUON
from darkaon.models.dark_photon import Options, dilepton_spectrum
from darkaon.statistics.limits import set_limits
from darkaon.tables.table import read_table
from darkaon.windows.grid import Resolution, count_between, lay_windows, mass_grid
from darkaon.windows.sidebands import sideband_background

ROOT = Path(__file__).parents[3]
SEARCH = "config/searches/na62_kpix_mumu.yaml"
MASS, BRANCHING_RATIO = 260.0, 5e-10
ACCEPTANCE = 0.09  # selected; 0.683 of it in the window: searches.md
EXPERIMENTS = 200


@pytest.fixture(scope="module")
def experiments():
    """Spectra of 27679 + signal candidates and the search applied to each of them."""
    search = load_search(ROOT / SEARCH)
    resolution = Resolution(read_table(ROOT / search.resolution.path), "resolution")
    masses, _ = mass_grid(search.masses, resolution)
    sigma = resolution(masses)
    windows = lay_windows(search.window, masses, masses, sigma)
    slot = search.background.model_copy(update={"order": 1, "alternatives": (2, 3)})

    m = np.linspace(2 * M_MUON, 0.3541, 20001)[1:-1]
    density = dilepton_spectrum((m / M_KAON) ** 2, M_MUON, Options(invisible=True)) * m  # dGamma/dm
    cumulative = np.cumsum(density) / np.sum(density)
    signal = search.normalisation.value * BRANCHING_RATIO * ACCEPTANCE

    rng = np.random.default_rng(20250723)
    found = []
    for _ in range(EXPERIMENTS):
        background = np.interp(rng.random(rng.poisson(27679)), cumulative, m * 1e3)
        peak = rng.normal(MASS, resolution(MASS), rng.poisson(signal))
        events = np.sort(np.concatenate([background, peak]))
        observed = count_between(events, windows.low, windows.high)
        found.append((observed, sideband_background(events, windows, slot)))
    return masses, found


def test_the_peak_is_found_where_it_was_put(experiments):
    masses, found = experiments
    each = [(n, f.background, f.statistical) for n, f in found]
    n, b, stat = np.concatenate(each, axis=1)
    z = set_limits(n, b, stat).significance.reshape(EXPERIMENTS, -1)
    there = np.argmin(np.abs(masses - MASS))
    assert np.mean(np.abs(np.argmax(z, axis=1) - there) <= 1) >= 0.90


def test_the_limit_at_the_peak_is_above_the_signal(experiments):
    masses, found = experiments
    there = np.argmin(np.abs(masses - MASS))
    n, b, stat, syst = np.array(
        [[n[there], f.background[there], f.statistical[there], f.systematic[there]] for n, f in found]
    ).T
    limit = set_limits(n, b, np.hypot(stat, syst)).observed
    search = load_search(ROOT / SEARCH)
    branching_ratio = limit / (search.normalisation.value * ACCEPTANCE * 0.683)
    assert np.mean(branching_ratio > BRANCHING_RATIO) >= 0.80
    assert np.median(branching_ratio) < 3 * BRANCHING_RATIO
