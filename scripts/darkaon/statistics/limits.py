"""The limit engine: upper limits, expected bands and significances for arrays of windows.

>>> from darkaon.statistics.limits import set_limits
>>> set_limits([0, 1], [0.01, 0.5], [0.002, 0.1]).observed.round(4)
array([2.3026, 3.5139])
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from darkaon.errors import InputError, refuse
from darkaon.statistics import asymptotic, checks, hybrid, known, on_off, profile
from darkaon.statistics.numerics import significance
from darkaon.statistics.quantiles import count_quantiles
from darkaon.statistics.upper_limits import SIGMAS, Limits
from darkaon.typing import BANDS, Array

METHODS = ("hybrid", "known", "on_off", "profile", "asymptotic")
RATIO_METHODS = ("profile", "asymptotic")
NUISANCES = ("gamma", "gauss", "lognormal")
NEGLIGIBLE = 1e-8
"""A relative uncertainty of the background that changes no limit by 1e-9."""
LEAST_BACKGROUND = 1e-300
"""Stands for b = 0 in a p-value, so that an excess over nothing has a finite significance (above 37)."""


NO_SHAPE = "a background of 0 has no relative uncertainty; give it a value, or use nuisance gauss (half a Gaussian)"


def set_limits(
    n_observed: Any,
    background: Any,
    uncertainty: Any = 0.0,
    uncertainty_down: Any = None,
    *,
    method: str = "hybrid",
    level: float = 0.90,
    signal_uncertainty: Any = 0.0,
    nuisance: str = "gamma",
    tau: Any = None,
) -> Limits:
    """Upper limits on the signal in each window, independent of all other windows.

    Args:
        n_observed: counts, shape (N,) or a number; None if blinded, which leaves the expected limits.
        background: expected background counts.
        uncertainty: its uncertainty in counts (upwards, if `uncertainty_down` is given).
        uncertainty_down: downward uncertainty of an asymmetric one; `hybrid` then takes a two-piece log-normal
            with the background as its median, whatever `nuisance` says.
        method: hybrid, known, on_off, profile or asymptotic; see the modules of these names.
        level: confidence level.
        signal_uncertainty: relative uncertainty of the signal (SES, acceptance), log-normal with median 1;
            carried by hybrid, known and on_off.
        nuisance: hybrid: gamma, gauss (truncated at 0) or lognormal; profile and asymptotic: gamma stands for a
            Poisson auxiliary measurement (a sideband), gauss for a Gaussian one.
        tau: if the background was counted in a sideband, its events for each background event in the window
            (infinite where it was not): the p-value then has one sideband event more (`on_off.for_p_value`). on_off
            takes that of the uncertainty, if none is given.

    Meaningful extremes have an answer: without background the classical limit; an uncertainty above the background
    (a gamma distribution of shape below 1, or a Gaussian cut at 0); a relative uncertainty below 1e-8 counts as 0.

    Expected limits are pre-fit, those of the quantiles of the count, averaged over the same distribution of the
    background as the limit (`quantiles`); for asymptotic they are those of the asymptotic formulae with the Asimov
    data of pyhf. The p-value is that of the count, averaged over the background, and of sqrt(q_0) for asymptotic.

    A window that is masked in any argument is masked in the limits.

    Raises:
        InputError: an argument out of its range, with its name and the first offending index.
    """
    given = (n_observed, background, uncertainty, uncertainty_down, signal_uncertainty, tau)
    if any(np.ma.is_masked(values) for values in given):
        hidden, filled = checks.unmasked(given)
        options: dict[str, Any] = {"method": method, "level": level, "nuisance": nuisance}
        n, b, up, down, extra, ratio = filled
        found = set_limits(n, b, up, down, signal_uncertainty=extra, tau=ratio, **options)
        return Limits(**{name: np.ma.array(values, mask=hidden) for name, values in found.columns().items()})
    checks.one_of("method", method, METHODS)
    checks.one_of("nuisance", nuisance, NUISANCES)
    level = checks.level_in_range(level)
    blinded = n_observed is None
    n = np.zeros(1) if blinded else checks.counts("n_observed", n_observed)
    n, b, up, down, extra = checks.not_negative(
        n_observed=n, background=background, uncertainty=uncertainty,
        uncertainty_down=uncertainty if uncertainty_down is None else uncertainty_down,
        signal_uncertainty=signal_uncertainty,
    )  # fmt: skip
    checks.relative(signal_uncertainty=extra)
    if uncertainty_down is not None:
        if method != "hybrid":
            raise InputError(f"uncertainty_down: {method} has no asymmetric uncertainty", remedy="use method hybrid")
        nuisance = "two_piece"
    if method == "on_off" and nuisance != "gamma":
        raise InputError(
            f"nuisance: {nuisance}: on_off counts the background in a sideband, which is gamma",
            remedy="use method hybrid",
        )
    if method in RATIO_METHODS:
        carried = checks.in_window("signal_uncertainty", extra)
        refuse(extra > 0, carried, remedy=f"{method} cannot carry it; use hybrid or known")
        if nuisance == "lognormal":
            raise InputError(
                f"nuisance: {method} knows gamma (Poisson sideband) and gauss, not lognormal",
                remedy="use method hybrid",
            )
    known_well = (method == "known") | (np.maximum(up, down) <= NEGLIGIBLE * b)
    up, down = np.where(known_well, 0.0, up), np.where(known_well, 0.0, down)
    without_shape = (b == 0) & (up > 0) & (nuisance != "gauss")
    refuse(without_shape, checks.in_window("background", b), remedy=NO_SHAPE)
    if nuisance == "two_piece":
        fault = checks.in_window("uncertainty_down", down)
        refuse((down >= b) & (np.maximum(up, down) > 0), fault, remedy="it must be smaller than the background")
    windows = hybrid.Windows(n, b, up, down, nuisance, extra)
    if method == "asymptotic":
        return _asymptotic(windows, level, blinded)
    return _counted(windows, level, method, blinded, _ratio(windows, method, tau))


def _ratio(windows: hybrid.Windows, method: str, tau: Any) -> Array:
    """Sideband events for each background event, infinite where the background was not counted."""
    b, up = windows.background, windows.up
    if tau is not None:
        given = np.atleast_1d(np.asarray(tau, dtype=float))
        refuse(~(given > 0), checks.in_window("tau", given), remedy="a sideband has a size above 0")
        return np.ascontiguousarray(np.broadcast_to(given, b.shape))
    counted = (up > 0) & (b > 0) & (method == "on_off")
    return np.where(counted, b / np.square(np.where(counted, up, 1.0)), np.inf)


def _counted(windows: hybrid.Windows, level: float, method: str, blinded: bool, tau: Array) -> Limits:
    """All but asymptotic: the expected limits are those of the quantile counts."""
    size = windows.n.size
    rows = [*count_quantiles(SIGMAS, windows)]
    rows += [] if blinded else [windows.n]
    each = windows.take(np.tile(np.arange(size), len(rows)))
    each = replace(each, n=np.concatenate(rows))
    if method == "profile":
        found = known.limits(each.n, each.background, level)
        i = np.flatnonzero(each.up > 0)
        some = each.take(i)
        found[i] = profile.limits(some.n, some.background, some.up, level, some.nuisance)
    elif method == "known" and not np.any(each.signal_uncertainty > 0):
        found = known.limits(each.n, each.background, level)
    else:
        found = hybrid.limits(each, level)
    bands = dict(zip(BANDS, found.reshape(len(rows), size), strict=False))
    if blinded:
        return _blinded(bands, size)
    log_p = hybrid.log_excess(_for_p_value(windows, tau))
    return Limits(observed=found[-size:], **bands, p_value=np.exp(log_p), significance=significance(log_p))


def _for_p_value(windows: hybrid.Windows, tau: Array) -> hybrid.Windows:
    """The windows with one sideband event more, where there is a sideband."""
    b, up, down = windows.background, windows.up, windows.down
    with_one, more = on_off.for_p_value(b, up, tau)
    counted = np.isfinite(tau)
    up, down = np.where(counted, more, up), np.where(counted, more, down)
    return replace(windows, background=np.maximum(np.where(counted, with_one, b), LEAST_BACKGROUND), up=up, down=down)


def _asymptotic(windows: hybrid.Windows, level: float, blinded: bool) -> Limits:
    """The Asimov data follow the fit to the observed count, or the expected background if that is blinded."""
    n, b, up, nuisance = windows.n, windows.background, windows.up, windows.nuisance
    n = b if blinded else n
    bands = {
        name: asymptotic.expected(n, b, up, level, nuisance, sigma=z) for name, z in zip(BANDS, SIGMAS, strict=True)
    }
    if blinded:
        return _blinded(bands, n.size)
    log_p = asymptotic.log_excess(n, np.maximum(b, LEAST_BACKGROUND), up, nuisance)
    observed = asymptotic.limits(n, b, up, level, nuisance)
    return Limits(observed=observed, **bands, p_value=np.exp(log_p), significance=significance(log_p))


def _blinded(bands: dict[str, Array], size: int) -> Limits:
    nothing = np.full(size, np.nan)
    return Limits(observed=nothing, **bands, p_value=nothing, significance=nothing)
