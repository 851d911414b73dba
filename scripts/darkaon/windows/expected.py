"""The expected background of windows, however it was found."""

from __future__ import annotations

from dataclasses import dataclass

from darkaon.typing import Array


@dataclass(frozen=True)
class Expected:
    """Expected background of windows; all of shape (W,).

    Attributes:
        background: expected events.
        statistical: of the fit to the sidebands, or of the simulation.
        systematic: of the choice of the polynomial, or of the normalisations of components.
    """

    background: Array
    statistical: Array
    systematic: Array

    def columns(self) -> dict[str, Array]:
        """The columns of windows.csv."""
        return {
            "background": self.background,
            "background_stat": self.statistical,
            "background_syst": self.systematic,
        }
