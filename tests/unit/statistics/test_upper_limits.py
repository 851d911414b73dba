"""Limits where a signal raises its own background."""

import numpy as np

from darkaon.statistics.limits import set_limits
from darkaon.typing import LIMITS


def test_a_leak_weakens_every_limit_and_no_p_value():
    """A signal s exceeds the fitted background by s (1 - leak): at n = 0 the limit is ln 10/(1 - leak)."""
    without = set_limits([0, 5], [2.0, 2.0])
    found = without.corrected(np.array([0.2, 0.5]))
    np.testing.assert_allclose(found.observed[0], np.log(10) / 0.8)
    for name in LIMITS:
        np.testing.assert_allclose(getattr(found, name), getattr(without, name) / [0.8, 0.5])
    np.testing.assert_array_equal(found.p_value, without.p_value)
    np.testing.assert_array_equal(found.significance, without.significance)
