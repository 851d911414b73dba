"""Upper limits and their expected bands in arrays of windows."""

from __future__ import annotations

from dataclasses import dataclass, replace

from darkaon.typing import LIMITS, Array

SIGMAS = (-2.0, -1.0, 0.0, 1.0, 2.0)  # of the bands


@dataclass(frozen=True)
class Limits:
    """Limits on the number of signal events, one entry a window.

    Attributes:
        observed: upper limit; NaN if the count is blinded.
        expected_m2, expected_m1, expected, expected_p1, expected_p2: quantiles -2 ... +2 sigma of the limit if
            there is only background.
        p_value: probability of the observed count or more from background alone (0 where it underflows).
        significance: one-sided, in standard deviations; 0 for a p-value of 0.5 and more.
    """

    observed: Array
    expected_m2: Array
    expected_m1: Array
    expected: Array
    expected_p1: Array
    expected_p2: Array
    p_value: Array
    significance: Array

    def corrected(self, leak: Array) -> Limits:
        """The limits where a signal s raises its own background by leak * s; the p-value stays."""
        return replace(self, **{name: getattr(self, name) / (1.0 - leak) for name in LIMITS})

    def columns(self) -> dict[str, Array]:
        """The columns of `event_limits.csv`, by name."""
        return dict(vars(self))
