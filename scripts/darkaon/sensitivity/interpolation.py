"""Between simulated masses: values with their Monte Carlo errors, over one mass or two."""

from __future__ import annotations

import warnings

import numpy as np
from numpy.typing import ArrayLike, NDArray

from darkaon.errors import InputError, refuse
from darkaon.typing import Array

HIGHER = 0.05  # than all simulated values, of a curve through them: no maximum between smooth points


def interpolate(simulated_MeV: Array, values: Array, errors: Array, mass_MeV: ArrayLike) -> tuple[Array, Array]:
    """Natural cubic spline through the simulated masses, with the errors (independent) carried along.

    The spline is linear in its values, A(m) = sum_j c_j(m) A_j, so that the error is sqrt(sum_j c_j^2 s_j^2).

    Args:
        simulated_MeV: simulated masses, rising, shape (k,).
        values: A_j there, shape (k,), or (n, k) if each mass in `mass_MeV` has values of its own.
        errors: their errors s_j, same shape.
        mass_MeV: where to evaluate, shape (n,).

    Returns:
        Value and error, shapes (n,).

    Raises:
        InputError: a mass outside the simulated ones, or masses too far apart.
    """
    mass = np.asarray(mass_MeV, dtype=float)
    if mass.min() < simulated_MeV[0] or mass.max() > simulated_MeV[-1]:
        worst = mass.min() if mass.min() < simulated_MeV[0] else mass.max()
        raise InputError(
            f"no simulated signal around {worst:g} MeV: the samples cover {simulated_MeV[0]:g} to "
            f"{simulated_MeV[-1]:g} MeV",
            remedy="extend simulation.signal.masses_MeV in the search's YAML",
        )
    if len(simulated_MeV) == 1:
        return np.full(len(mass), values[..., 0]), np.full(len(mass), errors[..., 0])
    from scipy.interpolate import CubicSpline

    weights = CubicSpline(simulated_MeV, np.eye(len(simulated_MeV)), bc_type="natural")(mass)
    found, error = np.sum(weights * values, axis=1), np.sqrt(np.sum((weights * errors) ** 2, axis=1))
    _check_spacing(simulated_MeV, np.broadcast_to(values, weights.shape), mass, found, error)
    return found, error


def _check_spacing(nodes: Array, values: Array, mass: Array, found: Array, error: Array) -> None:
    """Refuse a curve below 0 between values above 0, and warn of one above all: simulated masses are too far apart.

    Raises:
        InputError: the first mass at which it is.
    """
    row, i = np.arange(len(mass)), np.clip(np.searchsorted(nodes, mass, side="right") - 1, 0, len(nodes) - 2)
    between = "the simulated masses are too far apart for what changes so fast"
    refuse(
        (found <= 0) & (values[row, i] > 0) & (values[row, i + 1] > 0),
        lambda at: (
            f"the curve through {values[at, i[at]]:.3g} at {nodes[i[at]]:g} MeV and {values[at, i[at] + 1]:.3g} at "
            f"{nodes[i[at] + 1]:g} MeV falls below 0 at {mass[at]:g} MeV: {between}"
        ),
        remedy="add some between these two to simulation.signal.masses_MeV",
    )
    above = found / np.where(values.max(axis=1) > 0, values.max(axis=1), np.inf) - 1
    worst = int(np.argmax(above))
    if above[worst] > HIGHER and found[worst] - values[worst].max() > 3 * error[worst]:
        warnings.warn(
            f"at {mass[worst]:g} MeV the curve through the simulated masses is {100 * above[worst]:.0f} % above "
            f"all of them: {between}; add some to simulation.signal.masses_MeV",
            stacklevel=3,
        )


def interpolate_plane(
    simulated_MeV: tuple[Array, Array], values: Array, errors: Array, masses_MeV: tuple[Array, Array]
) -> tuple[Array, Array]:
    """Log-linear in the mass of X and in the part of the way of the second mass from its least to its largest value.

    The simulated second masses lie at the same parts of the way for every mass of X, so that the nodes fill the
    kinematic triangle. log A = sum_j c_j log A_j has the relative error sqrt(sum_j (c_j s_j/A_j)^2).

    Args:
        simulated_MeV: mass of X and second mass of each node, shapes (k,); the second one runs fastest, both rise.
        values: A_j, above 0, shape (k,).
        errors: s_j, shape (k,).
        masses_MeV: where to evaluate, shapes (n,).

    Returns:
        Value and error, shapes (n,).

    Raises:
        InputError: nodes that are no such grid, a value that is not above 0, masses beyond the nodes.
    """
    nodes = np.unique(simulated_MeV[0])
    if len(nodes) < 2 or len(values) % len(nodes) or len(values) // len(nodes) < 2:
        raise InputError(
            "a plane of masses needs two simulated masses or more, each with as many second masses",
            remedy="simulate more masses",
        )
    first, second = (each.reshape(len(nodes), -1) for each in simulated_MeV)
    least, length = second[:, 0], second[:, -1] - second[:, 0]
    parts = (second[0] - least[0]) / length[0]
    even = np.allclose((second - least[:, None]) / length[:, None], parts, rtol=0, atol=1e-6)
    if not (np.all(first == nodes[:, None]) and np.all(np.diff(parts) > 0) and even):
        raise InputError(
            "the second masses must lie at the same parts of their range for each simulated mass",
            remedy="change simulation.signal",
        )
    if not np.all(values > 0):
        none = np.argmin(values)
        raise InputError(
            f"no simulated decay at {simulated_MeV[0][none]:g}, {simulated_MeV[1][none]:g} MeV is selected",
            remedy="raise simulation.signal.decays or leave the mass out",
        )
    mass, mass2 = masses_MeV
    part = (mass2 - np.interp(mass, nodes, least)) / np.interp(mass, nodes, length)
    outside = (mass < nodes[0]) | (mass > nodes[-1]) | (part < -1e-9) | (part > 1 + 1e-9)
    refuse(
        outside,
        lambda i: f"no simulated signal around {mass[i]:g}, {mass2[i]:g} MeV",
        remedy="extend simulation.signal in the search's YAML",
    )
    (i, t), (j, u) = _place(nodes, mass), _place(parts, part)
    log, relative = np.log(values).reshape(first.shape), (errors / values).reshape(first.shape)
    corners = (
        ((1 - t) * (1 - u), i, j), ((1 - t) * u, i, j + 1), (t * (1 - u), i + 1, j), (t * u, i + 1, j + 1)
    )  # fmt: skip
    value = np.exp(np.sum([c * log[a, b] for c, a, b in corners], axis=0))
    return value, value * np.sqrt(np.sum([(c * relative[a, b]) ** 2 for c, a, b in corners], axis=0))


def _place(nodes: Array, x: Array) -> tuple[NDArray[np.intp], Array]:
    """The interval of each x, and which part of it lies below x."""
    i = np.clip(np.searchsorted(nodes, x, side="right") - 1, 0, len(nodes) - 2)
    return i, (x - nodes[i]) / (nodes[i + 1] - nodes[i])
