"""How an uncertain background is distributed: gamma, truncated Gaussian or (two-piece) log-normal.

Each distribution offers what the quadratures need: a coordinate y in which its density is smooth, its
distribution function, and nodes for Gauss-Hermite quadrature. Arrays have shape (N,) or (K, N), one column a
window.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import ClassVar, Self

import numpy as np
from scipy import special

from darkaon.statistics.numerics import log_gamma_cdf
from darkaon.typing import Array, Index

NAMES = ("gamma", "gauss", "lognormal", "two_piece")
LOG_SQRT_2PI = 0.5 * np.log(2.0 * np.pi)
HERMITE_REACH = {"gamma": 0.25, "gauss": 0.14, "lognormal": 0.25, "two_piece": 0.0}
"""Largest sigma_b/b for which Gauss-Hermite nodes describe the distribution."""
HERMITE_FLOOR = {"gamma": 2.7, "gauss": 1.0, "lognormal": np.inf, "two_piece": np.inf}
"""A node may lie this many b/sigma_b below 0: there a Gaussian background and the cube of a gamma's reach 0."""
LEAST_WIDTH = 1e-6
"""Of a side of a two-piece log-normal that has none: half of the distribution at the median, which has no density."""
REACH = 40.0
"""Standard deviations searched for the bulk of an integrand."""


@dataclass(frozen=True)
class Nuisance:
    """A distribution of the background in each window; `median` parts the panels of the quadrature."""

    background: Array
    lowest: ClassVar[float] = -np.inf  # least value of the coordinate

    def take(self, windows: Index) -> Self:
        """The distribution in some of the windows."""
        return type(self)(*(getattr(self, field.name)[windows] for field in fields(self)))


@dataclass(frozen=True)
class Gauss(Nuisance):
    """Normal, truncated at b >= 0. The coordinate is b itself."""

    uncertainty: Array
    lowest: ClassVar[float] = 0.0

    def coordinate(self, b: Array) -> Array:
        """The coordinate y of a background."""
        return b

    def range(self) -> tuple[Array, Array, Array]:
        """Where to look for the integrand in y (from, to), and where to part it."""
        reach = REACH * self.uncertainty
        return np.maximum(self.background - reach, 0.0), self.background + reach, self.background

    def at(self, y: Array) -> tuple[Array, Array]:
        """The background at coordinate y, and ln of its density in y."""
        z = (y - self.background) / self.uncertainty
        norm = np.log(self.uncertainty) + LOG_SQRT_2PI + special.log_ndtr(self.background / self.uncertainty)
        return y, -0.5 * z * z - norm

    def log_cdf(self, b: Array) -> Array:
        """The ln of P(B <= b), b >= 0."""
        upper = special.log_ndtr((b - self.background) / self.uncertainty)
        lower = special.log_ndtr(-self.background / self.uncertainty)
        with np.errstate(divide="ignore"):
            part = np.log1p(-np.exp(np.minimum(lower - upper, 0.0)))
        return upper + part - special.log_ndtr(self.background / self.uncertainty)

    def log_above(self, b: Array) -> Array:
        """The ln of P(B >= b), b >= 0."""
        z = (self.background - b) / self.uncertainty
        return special.log_ndtr(z) - special.log_ndtr(self.background / self.uncertainty)

    def log_density(self, b: Array) -> Array:
        """The ln of the density in b."""
        return self.at(b)[1]

    def hermite(self, z: Array) -> tuple[Array, Array]:
        """Background at standard normal nodes z (K, N); ln of its density over the normal one."""
        return self.background + self.uncertainty * z, np.zeros(z.shape)


@dataclass(frozen=True)
class LogNormal(Nuisance):
    """b exp(kappa z), z standard normal, kappa = ln(1 + up/b) above and -ln(1 - down/b) below: b is the median.

    With up = 22 and down = 8 on b = 10 and n = 12 the 90 % limit is 14.5 (na62_pi0_invisible). The coordinate is z.
    """

    up: Array
    down: Array

    def range(self) -> tuple[Array, Array, Array]:
        """Where to look for the integrand in y (from, to), and where to part it."""
        zero = np.zeros(self.background.size)
        return zero - REACH, zero + REACH, zero

    def at(self, y: Array) -> tuple[Array, Array]:
        """The background at coordinate y, and ln of its density in y."""
        b = self.background * np.exp(np.minimum(np.where(y > 0, self.up, self.down) * y, 600.0))
        return b, -0.5 * y * y - LOG_SQRT_2PI

    def _z(self, b: Array) -> tuple[Array, Array]:
        with np.errstate(divide="ignore"):
            log = np.log(b / self.background)
        width = np.where(log > 0, self.up, self.down)
        return log / width, width

    def log_cdf(self, b: Array) -> Array:
        """The ln of P(B <= b), b >= 0."""
        return special.log_ndtr(self._z(b)[0])

    def coordinate(self, b: Array) -> Array:
        """The coordinate y of a background."""
        return self._z(b)[0]

    def log_above(self, b: Array) -> Array:
        """The ln of P(B >= b), b >= 0."""
        return special.log_ndtr(-self._z(b)[0])

    def log_density(self, b: Array) -> Array:
        """The ln of the density in b."""
        z, width = self._z(b)
        with np.errstate(divide="ignore"):
            return -0.5 * z * z - LOG_SQRT_2PI - np.log(width * b)

    def hermite(self, z: Array) -> tuple[Array, Array]:
        """Background at standard normal nodes z (K, N); ln of its density over the normal one."""
        return self.at(z)[0], np.zeros(z.shape)


@dataclass(frozen=True)
class Gamma(Nuisance):
    """Gamma distribution of shape k and rate tau = k/b: the flat-prior posterior of a sideband of k - 1 events.

    The coordinate is ln b relative to the mean.
    """

    shape: Array

    def range(self) -> tuple[Array, Array, Array]:
        """Where to look for the integrand in y (from, to), and where to part it."""
        width = 1.0 / np.sqrt(self.shape)
        return -REACH * (width + 1.0 / self.shape), np.log1p(REACH * width * (1.0 + width)), np.zeros(width.size)

    def at(self, y: Array) -> tuple[Array, Array]:
        """The background at coordinate y, and ln of its density in y."""
        k = self.shape
        with np.errstate(over="ignore"):
            stirling = 0.5 * np.log(k) - LOG_SQRT_2PI - 1.0 / (12.0 * k)
            norm = np.where(k > 1e5, stirling, special.xlogy(k, k) - k - special.gammaln(k))
        return self.background * np.exp(y), -k * (np.expm1(y) - y) + norm

    def log_cdf(self, b: Array) -> Array:
        """The ln of P(B <= b), b >= 0."""
        x, shape = np.broadcast_arrays(b * (self.shape / self.background), self.shape)
        return log_gamma_cdf(shape, x)

    def coordinate(self, b: Array) -> Array:
        """The coordinate y of a background."""
        return np.log(b / self.background)

    def log_above(self, b: Array) -> Array:
        """The ln of P(B >= b), b >= 0."""
        with np.errstate(divide="ignore"):
            return np.log(special.gammaincc(self.shape, b * (self.shape / self.background)))

    def log_density(self, b: Array) -> Array:
        """The ln of the density in b."""
        with np.errstate(divide="ignore"):
            log = np.log(b / self.background)
        with np.errstate(invalid="ignore"):
            return np.where(b > 0, self.at(log)[1] - np.log(np.maximum(b, 1e-300)), -np.inf)

    def hermite(self, z: Array) -> tuple[Array, Array]:
        """Background at standard normal nodes z (K, N); ln of its density over the normal one.

        By the Wilson-Hilferty cube, in which a gamma distribution is nearly normal.
        """
        k = self.shape
        root = 1.0 - 1.0 / (9.0 * k) + z / (3.0 * np.sqrt(k))
        log = np.log(root)
        log_density = -k * (np.expm1(3.0 * log) - 3.0 * log) - log - 1.0 / (12.0 * k)
        return self.background * root**3, log_density + 0.5 * z * z


AnyNuisance = Gauss | LogNormal | Gamma


def distribution(name: str, background: Array, up: Array, down: Array) -> AnyNuisance:
    """The distribution of this name with these uncertainties (`down` matters for two_piece only)."""
    if name == "two_piece":
        with np.errstate(divide="ignore"):
            widths = np.log1p(up / background), -np.log1p(-down / background)
        return LogNormal(background, *(np.maximum(width, LEAST_WIDTH) for width in widths))
    if name == "lognormal":
        width = np.log1p(up / background)
        return LogNormal(background, width, width)
    if name == "gauss":
        return Gauss(background, up)
    with np.errstate(over="ignore"):
        return Gamma(background, np.square(background / up))
