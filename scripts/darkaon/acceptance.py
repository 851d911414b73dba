"""From simulated signal to the acceptance A(m, tau) and the single event sensitivity 1/(N_K A)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from darkaon.config import EscapeLaw, PromptLaw, StableLaw
from darkaon.errors import InputError
from darkaon.kinematics import Array


def fraction(weights: ArrayLike, squares: ArrayLike, generated: ArrayLike) -> tuple[Array, Array]:
    """Selected fraction of the generated decays and its Monte Carlo error.

    Args:
        weights: sum of the selected events' weights (their number, if they have none), any shape.
        squares: sum of the squared weights, same shape.
        generated: decays simulated, same shape.

    Returns:
        f and sqrt((sum w^2/N - f^2)/N): the binomial sqrt(f (1 - f)/N) for weights of 1.
    """
    n = np.asarray(generated, dtype=float)
    value = np.asarray(weights, dtype=float) / n
    return value, np.sqrt(np.maximum(np.asarray(squares, dtype=float) / n - value**2, 0.0) / n)


def interpolate(simulated_MeV: Array, values: Array, errors: Array, mass_MeV: ArrayLike) -> tuple[Array, Array]:
    """Natural cubic spline through the simulated masses, with the errors (independent) carried along.

    The spline is linear in its values, A(m) = sum_j c_j(m) A_j, so that the error is sqrt(sum_j c_j^2 s_j^2).

    Args:
        simulated_MeV: simulated masses, rising, shape (k,).
        values: A_j there, shape (k,).
        errors: their errors s_j, shape (k,).
        mass_MeV: where to evaluate, shape (n,).

    Returns:
        Value and error, shapes (n,).

    Raises:
        InputError: a mass outside the simulated ones.
    """
    from scipy.interpolate import CubicSpline

    mass = np.asarray(mass_MeV, dtype=float)
    if mass.min() < simulated_MeV[0] or mass.max() > simulated_MeV[-1]:
        worst = mass.min() if mass.min() < simulated_MeV[0] else mass.max()
        raise InputError(
            f"no simulated signal around {worst:g} MeV: the samples cover {simulated_MeV[0]:g} to "
            f"{simulated_MeV[-1]:g} MeV; extend simulation.signal.masses_MeV in the search's YAML"
        )
    weights = CubicSpline(simulated_MeV, np.eye(len(simulated_MeV)), bc_type="natural")(mass)
    return np.sum(weights * values, axis=1), np.sqrt(np.sum((weights * errors) ** 2, axis=1))


def lifetime_factors(law: PromptLaw | EscapeLaw | StableLaw) -> tuple[Array, Array]:
    """Lifetimes [ns] and the acceptance at each relative to a decay at once (or, for `stable`, to none).

    `prompt`: 1 - exp(-tau0/tau), eq. 3.1 of arXiv:2507.17286; 1 at tau = 0.

    Returns:
        Both of shape (lifetimes,).

    Raises:
        InputError: a law that the simulated acceptance does not know.
    """
    if isinstance(law, StableLaw):
        return np.array([np.inf]), np.array([1.0])
    if isinstance(law, PromptLaw):
        lifetime = np.array(law.values_ns, dtype=float)
        with np.errstate(divide="ignore"):
            return lifetime, -np.expm1(-law.tau0_ns.value / lifetime)
    raise InputError(f"lifetime.kind: {law.kind!r} does not go with a simulated acceptance (prompt or stable)")


def single_event_sensitivity(decays: float, acceptance: ArrayLike) -> Array:
    """B that gives one expected event, 1/(N_K A): eq. 3.2 of arXiv:2507.17286."""
    return 1 / (decays * np.asarray(acceptance, dtype=float))


@dataclass(frozen=True)
class SignalFractions:
    """Of the simulated decays of each mass, the fraction selected and the fraction inside the window too.

    Attributes:
        mass_MeV: simulated masses, rising, shape (k,).
        selected: selected fraction, shape (k,), and its Monte Carlo error `selected_error`.
        inside: fraction selected and inside the window, shape (k,), and its error `inside_error`.
    """

    mass_MeV: Array
    selected: Array
    selected_error: Array
    inside: Array
    inside_error: Array


def signal_fractions(
    candidates: NDArray[Any], mass_MeV: Array, decays: Array, low: Array, high: Array
) -> SignalFractions:
    """Count the selected signal of each simulated mass.

    Args:
        candidates: structured array of `observable`, `x_mass_MeV` and perhaps `weight`.
        mass_MeV: simulated masses, rising, shape (k,).
        decays: decays simulated at each, shape (k,).
        low: lower edge of the window at each mass, in the observable, shape (k,).
        high: upper edge, shape (k,).

    Raises:
        InputError: a candidate of a mass that is not among `mass_MeV`.
    """
    true, value = candidates["x_mass_MeV"], candidates["observable"]
    group = np.searchsorted(mass_MeV, true).clip(0, len(mass_MeV) - 1)
    if not np.array_equal(mass_MeV[group], true):
        stray = true[mass_MeV[group] != true][0]
        raise InputError(f"there are candidates with x_mass_MeV {stray:g}, for which no decays were generated")
    weight = candidates["weight"] if "weight" in (candidates.dtype.names or ()) else np.ones(len(candidates))
    within = (value >= low[group]) & (value < high[group])
    k = len(mass_MeV)
    fractions = [
        fraction(np.bincount(group, w, k), np.bincount(group, w * w, k), decays) for w in (weight, weight * within)
    ]
    return SignalFractions(mass_MeV, *fractions[0], *fractions[1])
