"""Windows from a table, and limits in one form: of each window, of several combined, of one with several sources."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from typing import Any

import numpy as np
from scipy.special import ndtr

from darkaon.errors import InputError
from darkaon.statistics import checks
from darkaon.statistics.combination import combined_limit, log_at_most, windows_from
from darkaon.statistics.generating import Source, Windows
from darkaon.statistics.limits import NUISANCES, set_limits
from darkaon.statistics.numerics import significance
from darkaon.statistics.upper_limits import SIGMAS, Limits
from darkaon.typing import BANDS, Array

COLUMNS = ("background",)
OPTIONAL = ("n_observed", "uncertainty", "uncertainty_down", "signal_uncertainty", "share")
LEAST_P = 1e-11
"""Below this a p-value from 1 - P(N < n) has no digits left."""


def sources_of(
    backgrounds: Sequence[float], uncertainties: Sequence[float], nuisances: Sequence[str]
) -> tuple[Source, ...]:
    """Several sources of the background of one window.

    Args:
        backgrounds: expected events of each.
        uncertainties: of each; a single 0 is none.
        nuisances: gamma, gauss or lognormal, for each or one for all.

    Raises:
        InputError: lists of different lengths, numbers out of their range.
    """
    size = len(backgrounds)
    sigmas = list(uncertainties) * size if len(uncertainties) == 1 and uncertainties[0] == 0 else list(uncertainties)
    names = list(nuisances) * size if len(nuisances) == 1 else list(nuisances)
    for option, values in (("--uncertainty", sigmas), ("--nuisance", names)):
        if len(values) != size:
            raise InputError(
                f"{option}: {len(values)} of them for {size} sources of background", remedy="give one for each source"
            )
    for b, sigma, name in zip(backgrounds, sigmas, names, strict=True):
        if not (b >= 0 and sigma >= 0 and np.isfinite(b + sigma)) or (b == 0 and sigma > 0 and name != "gauss"):
            raise InputError(
                f"--background: {b:g} +- {sigma:g} ({name}) is out of range",
                remedy="give numbers of 0 or more; 0 with an uncertainty is half a Gaussian, nuisance gauss",
            )
    return tuple(Source(0, b, s, s, name) for b, s, name in zip(backgrounds, sigmas, names, strict=True))


def table_limits(
    columns: Mapping[str, Any], *, method: str, level: float, nuisance: str, tau: Array | None = None
) -> Limits:
    """The limits of every row of a table by itself.

    The columns are background and any of `OPTIONAL`; a missing count or one that is NaN is blinded. All else is
    as for `set_limits`, `tau` one for each row.
    """
    size = len(columns["background"])
    n = columns.get("n_observed", np.full(size, np.nan))
    found = {field.name: np.full(size, np.nan) for field in fields(Limits)}
    down = columns.get("uncertainty_down")
    for part, counts in ((~np.isnan(n), n), (np.isnan(n), None)):
        if np.any(part):
            limits = set_limits(
                None if counts is None else counts[part],
                columns["background"][part],
                columns.get("uncertainty", np.zeros(size))[part],
                None if down is None else down[part],
                method=method,
                level=level,
                nuisance=nuisance,
                signal_uncertainty=columns.get("signal_uncertainty", np.zeros(size))[part],
                tau=None if tau is None else tau[part],
            )
            for name, values in found.items():
                values[part] = getattr(limits, name)
    return Limits(**found)


def combined_windows(columns: Mapping[str, Any], nuisance: str) -> tuple[Windows, Array]:
    """All rows of a table as windows that are combined, and the share of the signal in each.

    Signal uncertainties are taken as common, those of backgrounds as independent.

    Raises:
        InputError: an unknown distribution; whatever `windows_from` refuses.
    """
    size = len(columns["background"])
    zeros = np.zeros(size)
    names = [str(name) for name in columns.get("nuisance", [nuisance] * size)]
    for name in names:
        checks.one_of("nuisance", name, NUISANCES)
    windows = windows_from(
        None,
        columns["background"],
        columns.get("uncertainty", zeros),
        uncertainty_down=columns.get("uncertainty_down"),
        nuisance=names,
        common_signal_uncertainty=columns.get("signal_uncertainty", zeros),
    )
    windows = replace(windows, n=columns.get("n_observed", windows.n))  # NaN: blinded
    return windows, columns.get("share", np.ones(size))


def combined_limits(windows: Windows, share: Array, level: float) -> Limits:
    """Limits of windows together in the form of `set_limits`; p-value and significance only of a single window.

    They are limits on the strength that multiplies the signal `share` in each window, shape (W,).

    Raises:
        InputError: a count that is none, a signal uncertainty above 1; whatever `combined_limit` refuses.
    """
    checks.counts("n_observed", np.where(np.isnan(windows.n), 0.0, windows.n))
    (common,) = checks.not_negative(signal_uncertainty=windows.common)
    checks.relative(signal_uncertainty=common)
    quantiles = zip(BANDS, ndtr(SIGMAS).tolist(), strict=True)
    values = {name: combined_limit(windows, share, level=level, quantile=q) for name, q in quantiles}
    blinded = bool(np.isnan(windows.n).any())
    values["observed"] = np.nan if blinded else combined_limit(windows, share, level=level)
    p = z = np.nan
    if len(windows.n) == 1 and not blinded:
        p = -np.expm1(log_at_most(windows, windows.n[0] - 1.0)) if windows.n[0] > 0 else 1.0
        p, z = (p, float(significance(np.log(p)))) if p > LEAST_P else (0.0, np.nan)
    return Limits(**{name: np.array([value]) for name, value in (values | {"p_value": p, "significance": z}).items()})
