"""The fit beside iminuit and pyhf, which the benchmark runs window by window."""

import numpy as np
import pytest

from benchmark_limits import limits_by_minuit, limits_by_pyhf
from darkaon.statistics.fit import fit_limits
from darkaon.statistics.fit_model import Layout, Model
from darkaon.typing import LIMITS


@pytest.mark.parametrize(
    ("background", "order", "signal"), [(5.0, 1, 0.0), (20.0, 2, 15.0), (200.0, 3, 0.0), (1e4, 2, 300.0)]
)
def test_observed_and_expected_limits_agree_with_minuit(background, order, signal):
    pytest.importorskip("iminuit")
    layout = Layout(9.0)
    mean = background * layout.half_width_sigma / layout.bins * np.exp(0.3 * layout.x) + signal * layout.gaussian()
    counts = np.random.default_rng([7, order]).poisson(mean, (2, layout.bins)).astype(float)
    found = fit_limits(
        Model(layout, order, np.tile(layout.gaussian(), (2, 1)), np.ones(counts.shape, bool)),
        counts,
        calibrated=False,
    )
    assert found.settled.all()
    for i in range(2):
        ours = [getattr(found, name)[i] for name in LIMITS]
        np.testing.assert_allclose(ours, limits_by_minuit(counts[i], layout, order), rtol=1e-4)


@pytest.mark.parametrize(("background", "order"), [(50.0, 1), (200.0, 2)])
def test_observed_and_expected_limits_agree_with_pyhf(background, order):
    pytest.importorskip("pyhf")
    layout = Layout(9.0, 60)
    mean = background * layout.half_width_sigma / layout.bins * np.exp(0.3 * layout.x)
    counts = np.random.default_rng([7, order]).poisson(mean, (1, layout.bins)).astype(float)
    model = Model(layout, order, layout.gaussian()[None], np.ones(counts.shape, bool))
    found = fit_limits(model, counts, calibrated=False)
    ours = [getattr(found, name)[0] for name in LIMITS]
    np.testing.assert_allclose(ours, limits_by_pyhf(counts[0], layout, order), rtol=1e-4)
