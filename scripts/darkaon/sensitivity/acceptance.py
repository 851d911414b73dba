"""From simulated signal to the acceptance A(m, tau) and the single event sensitivity."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from darkaon.config.slots.lifetime import EscapeLaw, PromptLaw, StableLaw
from darkaon.constants import SPEED_OF_LIGHT_M_PER_NS
from darkaon.errors import InputError, refuse
from darkaon.sensitivity.interpolation import interpolate
from darkaon.sensitivity.lifetime import lifetime_factors, prompt_factors
from darkaon.tables.blocks import field_or_ones
from darkaon.tables.masses import rows_at
from darkaon.tables.table import Table
from darkaon.typing import Array
from darkaon.windows.grid import Windows
from darkaon.windows.hypotheses import passes_cuts


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


def lifetimes(law: PromptLaw | EscapeLaw | StableLaw) -> Array:
    """The lifetimes [ns] of a law, shape (T,)."""
    return np.array([np.inf] if isinstance(law, StableLaw) else law.values_ns, dtype=float)


def survival(law: PromptLaw | EscapeLaw | StableLaw, mass_MeV: float, flight: Array | None) -> Array:
    """How much of the signal of one mass counts at each lifetime of the law.

    `prompt`: 1 - exp(-tau0/tau), eq. 3.1 of arXiv:2507.17286; 1 at tau = 0. `escape`: exp(-x m/(c tau)), x the path
    to the end of the detector over the momentum. `stable`: 1.

    Args:
        law: the slot `lifetime`.
        mass_MeV: of X.
        flight: x of each event [m/GeV], shape (n,); only for `escape` without a kappa of its own.

    Returns:
        Shape (T, n) if it differs from event to event, else (T, 1).

    Raises:
        InputError: `escape` by simulation without the events' x, or with one below 0.
    """
    lifetime = lifetimes(law)
    if isinstance(law, StableLaw):
        return np.ones((1, 1))
    if isinstance(law, PromptLaw):
        return prompt_factors(law)[:, None]
    per_x = mass_MeV * 1e-3 / (SPEED_OF_LIGHT_M_PER_NS * lifetime)  # GeV/m
    if law.kappa_m_per_GeV is not None:
        return np.exp(-law.kappa_m_per_GeV.value * per_x)[:, None]
    if flight is None:
        raise InputError(
            "lifetime.kind: escape needs the branch x_flight_m_per_GeV in the signal (path of X to the end of the "
            "detector over its momentum)",
            remedy="or lifetime.kappa_m_per_GeV for the simple law",
        )
    refuse(
        flight < 0,
        lambda i: f"lifetime.kind: escape: the branch x_flight_m_per_GeV is {flight[i]:g} in a selected event",
        remedy="give the path of X to the end of the detector over its momentum, 0 or more",
    )
    return np.exp(-np.multiply.outer(per_x, flight))


def single_event_sensitivity(decays: float, acceptance: ArrayLike) -> Array:
    """B that gives one expected event, 1/(N_K A): eq. 3.2 of arXiv:2507.17286."""
    return 1 / (decays * np.asarray(acceptance, dtype=float))


def combined_sensitivity(ses: ArrayLike, uncertainty: ArrayLike) -> tuple[float, float]:
    """SES of several periods together: 1/SES adds. The uncertainties are taken as fully correlated.

    Args:
        ses: of each period, shape (p,).
        uncertainty: of each, absolute.

    Returns:
        The SES and its uncertainty.
    """
    each, error = np.asarray(ses, dtype=float), np.asarray(uncertainty, dtype=float)
    total = 1 / np.sum(1 / each)
    return float(total), float(total * np.sum(error / each**2) * total)


def least_uncertainty(hypotheses: Table, acceptance: Table, source: str) -> Array:
    """Relative uncertainty of the SES of each hypothesis, where it is least of all lifetimes, shape (W,).

    The file `source` of acceptances has a row for each hypothesis and lifetime.

    Raises:
        InputError: a hypothesis without an acceptance.
    """
    least = np.full(len(hypotheses), np.inf)
    np.minimum.at(least, rows_at(hypotheses, acceptance, source), acceptance["ses_error"] / acceptance["ses"])
    refuse(
        np.isinf(least),
        lambda i: f"{source}: no row at {hypotheses['mass_MeV'][i]:g} MeV",
        remedy="make both tables from the same masses",
    )
    return least


def window_efficiency(hypotheses: Table, acceptance: Table, source: str) -> Array:
    """The part of the selected signal that lies inside the window of each hypothesis, shape (W,).

    Raises:
        InputError: a hypothesis without an acceptance, an acceptance without this column.
    """
    if "window_efficiency" not in acceptance.columns:
        raise InputError(f"{source}: has no column window_efficiency", remedy="make it with compute_acceptance.py")
    last = np.zeros(len(hypotheses), dtype=np.intp)
    last[rows_at(hypotheses, acceptance, source)] = np.arange(len(acceptance))
    return np.asarray(acceptance["window_efficiency"][last])


@dataclass(frozen=True)
class Acceptance:
    """Of the decays to X of each mass hypothesis, what is selected and what is inside the window too.

    Attributes:
        lifetime_ns: shape (T,).
        selected: fraction that passes the selection and the cuts of the window's region, shape (W,), stable or
            decaying at once.
        inside: fraction that lies inside the window too, and counts at each lifetime, shape (T, W).
        error: Monte Carlo error of `inside`.
    """

    lifetime_ns: Array
    selected: Array
    inside: Array
    error: Array


def simulated_acceptance(
    candidates: NDArray[Any],
    simulated_MeV: Array,
    decays: Array,
    *,
    windows: Windows,
    nodes: tuple[Array, Array] | None,
    law: PromptLaw | EscapeLaw | StableLaw,
) -> Acceptance:
    """The acceptance of every window from the signal at the simulated masses.

    The window of a hypothesis is carried to each simulated mass in units of the resolution there; the fractions
    inside it vary slowly with that mass, whatever the window is clipped to, and are interpolated over it.

    Args:
        candidates: structured array of `observable`, `x_mass_MeV` and perhaps `weight`, `regions`,
            `x_flight_m_per_GeV`.
        simulated_MeV: simulated masses, rising, shape (k,).
        decays: decays simulated at each, shape (k,).
        windows: of the hypotheses.
        nodes: where X of the simulated masses is seen, shape (k,), and the resolution there, shape (k,); none if
            the edges of the windows are the same for all simulated masses.
        law: which part counts at each lifetime.

    Raises:
        InputError: a candidate of a mass that is not simulated; a hypothesis beyond the simulated masses; more signal
            selected than generated.
    """
    k, size, times = len(simulated_MeV), len(windows.mass_MeV), len(lifetimes(law))
    groups = _by_mass(candidates, simulated_MeV)
    prompt = lifetime_factors(law, windows.mass_MeV)[1] if isinstance(law, PromptLaw) else None
    position = (np.stack([windows.low, windows.high]) - windows.centre) / windows.sigma
    selected, inside = np.zeros((2, size, k)), np.zeros((2, times, size, k))  # value and error
    for j, group in enumerate(groups):
        edges = nodes[0][j] + position * nodes[1][j] if nodes else np.stack([windows.low, windows.high])
        for region in np.unique(windows.region):
            events = group[passes_cuts(group, int(region))]
            weight = field_or_ones(events, "weight")
            flight = events["x_flight_m_per_GeV"] if "x_flight_m_per_GeV" in (events.dtype.names or ()) else None
            _check_number(weight, decays[j], simulated_MeV[j])
            own = np.flatnonzero(windows.region == region)
            selected[:, own, j] = np.array(fraction(np.sum(weight), np.sum(weight**2), decays[j]))[:, None]
            first, last = np.searchsorted(events["observable"], edges[:, own], side="left")
            for i, a, b in zip(own, first, last, strict=True):
                x = None if flight is None else flight[a:b]
                factor = survival(law, float(windows.mass_MeV[i]), x) if prompt is None else prompt[:, i, None]
                inside[:, :, i, j] = fraction(*_sums(factor, weight[a:b]), decays[j])
    mass = windows.mass_MeV
    values, errors = zip(
        *(interpolate(simulated_MeV, inside[0, t], inside[1, t], mass) for t in range(times)), strict=True
    )
    return Acceptance(
        lifetimes(law),
        interpolate(simulated_MeV, selected[0], selected[1], mass)[0],
        np.array(values),
        np.array(errors),
    )


def over_channels(found: Sequence[Acceptance], weights: Sequence[float], relative: Sequence[float]) -> Acceptance:
    """The acceptance of signal from several channels: the mean of theirs.

    Args:
        found: of each channel, for the same windows and lifetimes.
        weights: their shares of all decays, times their efficiencies.
        relative: uncertainties of the efficiencies, taken as fully correlated.

    Returns:
        Sums over the channels of weight times fraction; the error has those of the efficiencies with it.
    """
    inside = np.array([w * channel.inside for w, channel in zip(weights, found, strict=True)])
    error = np.array([w * channel.error for w, channel in zip(weights, found, strict=True)])
    common = np.sum([r * values for r, values in zip(relative, inside, strict=True)], axis=0)
    return Acceptance(
        found[0].lifetime_ns,
        np.sum([w * channel.selected for w, channel in zip(weights, found, strict=True)], axis=0),
        np.sum(inside, axis=0),
        np.hypot(np.sqrt(np.sum(error**2, axis=0)), common),
    )


def _check_number(weight: Array, decays: float, mass_MeV: float) -> None:
    """Refuse more signal selected than generated; by its weights, beyond five of their standard deviations."""
    total, spread = np.sum(weight), 0.0 if np.all(weight == 1) else 5 * np.sqrt(np.sum(weight**2))
    if total > decays + spread:
        raise InputError(
            f"more signal is selected at {mass_MeV:g} MeV than was generated: {total:g} (the sum of its weights) of "
            f"{decays:g}", remedy="give all decays in the trees 'generated', and weights with a mean of 1 over them",
        )  # fmt: skip


def _sums(factor: Array, weight: Array) -> tuple[Array, Array]:
    """Sums of factor x weight and of its square over the events, shapes (T,)."""
    if factor.shape[1] == 1:  # the same for all events
        return factor[:, 0] * np.sum(weight), factor[:, 0] ** 2 * np.sum(weight**2)
    both = factor * weight
    return np.sum(both, axis=1), np.sum(both * both, axis=1)


def _by_mass(candidates: NDArray[Any], simulated_MeV: Array) -> list[NDArray[Any]]:
    """The candidates of each simulated mass, sorted by the observable."""
    true = candidates["x_mass_MeV"]
    stray = true[~np.isin(true, simulated_MeV)]
    if stray.size:
        raise InputError(
            f"there are candidates with x_mass_MeV {stray[0]:g}, for which no decays were generated",
            remedy="give signal files with their tree of generated decays",
        )
    groups = [candidates[true == mass] for mass in simulated_MeV]
    return [group[np.argsort(group["observable"], kind="stable")] for group in groups]
