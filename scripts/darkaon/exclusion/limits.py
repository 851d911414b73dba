"""Limits on a branching fraction as a function of mass and lifetime: what a search hands to the models."""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from darkaon.config.schema import check_known
from darkaon.constants import MEV, SPEED_OF_LIGHT_M_PER_NS
from darkaon.errors import InputError, in_row, refuse
from darkaon.exclusion.lifetime import LAWS
from darkaon.models.model import FINAL_STATES, PROCESSES
from darkaon.reading import number
from darkaon.tables.gaps import gaps, least_gap
from darkaon.tables.masses import check_places
from darkaon.tables.table import Table
from darkaon.typing import LIMITS, Array, Mask

LABELS = (
    "measured", "simulated", "published", "published counts", "assumed counts", "recast", "interpolated", "projection"
)  # fmt: skip
_OTHER_LEVEL = re.compile(r"(c\.?l\.?|level|conf(idence)?[ _.-]?level)", re.IGNORECASE)  # other words for it
_PERCENT = re.compile(r"([0-9.]+) ?% ?(c\.? ?l|conf)", re.IGNORECASE)


@dataclass(frozen=True)
class Limits:
    """Upper limits of one search.

    Attributes:
        search: id.
        label: what the data are, one of `LABELS` ('projection x3' with its factor), or empty.
        process: production, one of `PROCESSES`.
        final_state: what the search looks for, one of `FINAL_STATES`.
        law: lifetime law, one of `LAWS`.
        lifetime_ns: (lifetimes,) ascending; inf: X escapes.
        mass_MeV: (masses,) ascending, every mass tabulated for any lifetime.
        values: kind -> (lifetimes, masses) upper limits; NaN where there is none.
        level: confidence level.
        quantity: what the limits are on, one of a model's `quantities`; empty: the branching fraction.
        least_gap_MeV: no smaller step of masses is a gap.
        source: its file, for messages.
    """

    search: str
    label: str
    process: str
    final_state: str
    law: str
    lifetime_ns: Array
    mass_MeV: Array
    values: Mapping[str, Array]
    level: float = 0.90
    quantity: str = ""
    least_gap_MeV: float = 0.0
    source: str = ""

    def at(self, mass_MeV: Array) -> Limits:
        """The limits at other masses: log UL linear between neighbours, none across a gap or beyond the ends.

        Raises:
            InputError: a mass that is negative or no number.
        """
        masses = np.asarray(mass_MeV, dtype=float)
        refuse(
            ~((masses >= 0) & np.isfinite(masses)),
            lambda row: f"mass {masses[row]:g} MeV is no mass of X",
            remedy="give masses of 0 MeV or more",
        )
        values = {
            kind: np.array([_interpolate(masses, self.mass_MeV, row, self.least_gap_MeV) for row in rows])
            for kind, rows in self.values.items()
        }
        return replace(self, mass_MeV=masses, values=values)

    def covered(self, mass_MeV: Array | None = None) -> Mask:
        """Whether the search has a limit, of any kind and lifetime, at masses (its own by default)."""
        limits = self if mass_MeV is None else self.at(mass_MeV)
        return np.any([np.isfinite(rows).any(axis=0) for rows in limits.values.values()], axis=0)


def limits_from_table(table: Table, source: str, **overrides: str | None) -> Limits:
    """Limits from a table with the columns lifetime_ns, mass_MeV and observed (or upper_limit) or expected*.

    Args:
        table: the table; its header says search, process, final_state, lifetime_law, label and level (0.9 if it
            does not). If it has a single lifetime, the law is prompt and the header has tau0_ns, eq. 3.1 continues
            it to 10 tau0; if it has a stable X alone, the law is escape and the header has kappa_m_per_GeV and
            lifetimes_ns, UL(inf) exp(kappa m/(c tau)) does to the shortest of these.
        source: its file, for messages.
        overrides: any of these header keys, in place of the header's.

    Raises:
        InputError: a key or column that is missing or not allowed, a limit that is not positive, a mass given twice.
    """
    header = {**table.header, **{key: value for key, value in overrides.items() if value}}
    law = _one_of(header, "lifetime_law", LAWS, source)
    if {"observed", "upper_limit"} <= table.columns.keys():
        raise InputError(
            f"{source}: columns 'observed' and 'upper_limit' are two names of one limit", remedy="remove one of them"
        )
    final_state = _one_of(header, "final_state", FINAL_STATES, source)
    if (final_state == "invisible") != (law in ("escape", "stable")):
        what = "escapes" if law in ("escape", "stable") else "must decay in the detector"
        raise InputError(
            f"{source}: final_state {final_state!r} contradicts the lifetime_law {law!r}, by which X {what}",
            remedy="correct one of them",
        )
    label = header.get("label", "")
    if label:
        check_known(label.partition(" x")[0], LABELS, f"{source}: label: {label!r} is not known")
    columns = {"observed" if k == "upper_limit" else k: v for k, v in table.columns.items()}
    kinds = [kind for kind in LIMITS if kind in columns]
    for name in ("lifetime_ns", "mass_MeV"):
        if name not in columns:
            raise InputError(f"{source}: column {name!r} is missing", remedy=f"it has {', '.join(columns)}")
    if not kinds:
        raise InputError(
            f"{source}: no column of limits", remedy=f"needs one of {', '.join(LIMITS)} (or upper_limit)"
        )
    if "mass2_MeV" in columns:
        raise InputError(
            f"{source}: limits in two masses (mass2_MeV) have no coupling plane", remedy="give limits in one mass"
        )
    tau, mass = columns["lifetime_ns"], columns["mass_MeV"]
    check_places(source, mass_MeV=mass, lifetime_ns=tau)
    if law == "prompt":
        refuse(np.isinf(tau), in_row(source, "lifetime_ns", tau, "the lifetime law is prompt: X must decay"))
    else:
        why = f"the lifetime law is {law}: no X of lifetime 0 leaves where it is made"
        refuse(tau == 0, in_row(source, "lifetime_ns", tau, why))
    _check_limits({kind: columns[kind] for kind in kinds}, source)
    least = least_gap(header, source)
    lifetimes, masses, values = _on_grid(columns, kinds, source, least)
    if law == "prompt" and len(lifetimes) == 1 and header.get("tau0_ns"):
        lifetimes, values = _continued(lifetimes, values, _above_0(header, "tau0_ns", source, "ns"))
    if law == "escape" and np.all(np.isinf(lifetimes)) and header.get("kappa_m_per_GeV"):
        kappa, shortest = _above_0(header, "kappa_m_per_GeV", source, "m/GeV"), _shortest(header, source)
        rise = np.exp(kappa * MEV * masses / (SPEED_OF_LIGHT_M_PER_NS * shortest))
        lifetimes = np.array([shortest, np.inf])
        values = {kind: np.concatenate([grid * rise, grid]) for kind, grid in values.items()}
    return Limits(
        search=header.get("search", source.rpartition("/")[2].removesuffix(".csv")),
        label=label,
        process=_one_of(header, "process", PROCESSES, source),
        final_state=final_state,
        law=law,
        lifetime_ns=lifetimes,
        mass_MeV=masses,
        values=values,
        level=_level(header, table, source),
        quantity=header.get("quantity", ""),
        least_gap_MeV=least,
        source=source,
    )


def _on_grid(
    columns: Mapping[str, Array], kinds: Sequence[str], source: str, least_gap_MeV: float
) -> tuple[Array, Array, dict[str, Array]]:
    """Lifetimes, masses, and kind -> limits (lifetimes, masses), interpolated between the masses of each lifetime.

    An empty cell is no limit, there or on either side up to the next mass of its lifetime.
    """
    tau, mass = columns["lifetime_ns"], columns["mass_MeV"]
    lifetimes, row = np.unique(tau, return_inverse=True)
    masses, column = np.unique(mass, return_inverse=True)
    cells = row * len(masses) + column
    if len(np.unique(cells)) < len(cells):
        first, number = np.unique(cells, return_counts=True)
        cell = first[number > 1][0]
        raise InputError(
            f"{source}: mass_MeV {masses[cell % len(masses)]:g} is a duplicate for lifetime_ns "
            f"{lifetimes[cell // len(masses)]:g}",
            remedy="remove one of the rows",
        )
    values = {}
    for kind in kinds:
        grid = np.full((len(lifetimes), len(masses)), np.nan)
        for index in range(len(lifetimes)):
            own = np.flatnonzero(row == index)
            own = own[np.argsort(mass[own])]
            grid[index] = _interpolate(masses, mass[own], columns[kind][own], least_gap_MeV)
        values[kind] = grid
    return lifetimes, masses, values


def _check_limits(limits: Mapping[str, Array], source: str) -> None:
    """Refuse what is no limit on a branching fraction; warn of limits above 1, which exclude nothing."""
    for kind, values in limits.items():
        refuse(values <= 0, in_row(source, kind, values, "an upper limit must be positive"))
        refuse(np.isinf(values), in_row(source, kind, values, "an upper limit is finite"), remedy="empty the cell")
    all_limits = np.concatenate([values[np.isfinite(values)] for values in limits.values()])
    if not len(all_limits):
        raise InputError(f"{source}: no limit in any row", remedy="give a table with limits")
    above = int(np.count_nonzero(all_limits > 1))
    if above == len(all_limits):
        raise InputError(
            f"{source}: all {above} limits are above 1, from {all_limits.min():g}: these are no limits on a "
            "branching fraction",
            remedy="look for another column or unit",
        )
    if above:
        warnings.warn(f"{source}: {above} of {len(all_limits)} limits are above 1 and exclude nothing", stacklevel=3)


def _interpolate(masses: Array, tabulated: Array, limits: Array, least_gap_MeV: float) -> Array:
    """Limits (NaN: none) at masses, log-linear; NaN outside and inside gaps, exact at tabulated masses."""
    if len(tabulated) == 0:
        return np.full(len(masses), np.nan)
    right = np.clip(np.searchsorted(tabulated, masses), 0, len(tabulated) - 1)
    exact = tabulated[right] == masses
    left = np.where(exact, right, np.maximum(right - 1, 0))
    inside = (masses >= tabulated[0]) & (masses <= tabulated[-1])
    inside &= exact | ~np.append(gaps(tabulated, least_gap_MeV), False)[left]
    width = tabulated[right] - tabulated[left]
    part = np.divide(masses - tabulated[left], width, out=np.zeros(len(masses)), where=width > 0)
    log_limits = np.log(limits)
    value = np.exp(log_limits[left] + part * (log_limits[right] - log_limits[left]))
    return np.where(exact, limits[right], np.where(inside, value, np.nan))


def _continued(lifetimes: Array, values: Mapping[str, Array], tau0: float) -> tuple[Array, dict[str, Array]]:
    """A single prompt lifetime and the one at 10 tau0, by A = A(0) (1 - exp(-tau0/tau))."""
    with np.errstate(divide="ignore"):
        ends = np.append(lifetimes, np.maximum(10 * tau0, 10 * lifetimes))
        accepted = -np.expm1(-tau0 / ends)
    return ends, {kind: grid * (accepted[0] / accepted)[:, None] for kind, grid in values.items()}


def _one_of(header: Mapping[str, str], key: str, allowed: tuple[str, ...], source: str) -> str:
    value = header.get(key)
    if value is None:
        raise InputError(
            f"{source}: '# {key}:' is missing in the header", remedy=f"it is one of {', '.join(allowed)}"
        )
    fault = f"{source}: {key}: {value!r} is none of {', '.join(allowed)}"
    check_known(value, allowed, fault, remedy="correct the header or the option")
    return value


def _above_0(header: Mapping[str, str], key: str, source: str, unit: str) -> float:
    value = number(header[key])
    if value is None or not 0 < value < np.inf:
        raise InputError(f"{source}: '# {key}: {header[key]}' is not a number above 0", remedy=f"write it in {unit}")
    return value


def _shortest(header: Mapping[str, str], source: str) -> float:
    """The shortest of lifetimes_ns, to which kappa_m_per_GeV continues the limits."""
    text = header.get("lifetimes_ns", "")
    lifetimes = [number(word) or 0.0 for word in text.split()]
    if not lifetimes or not all(tau > 0 for tau in lifetimes):
        raise InputError(
            f"{source}: '# lifetimes_ns: {text}' is no list of lifetimes above 0, which kappa_m_per_GeV needs",
            remedy="write them in ns with blanks between, as in 'lifetimes_ns: 0.1 1 10'",
        )
    return min(lifetimes)


def _level(header: Mapping[str, str], table: Table, source: str) -> float:
    """The confidence level, 0.9 if the header does not say; what looks like another word for it is refused."""
    if not header.get("level"):
        for line in (*(f"{key}: {value}" for key, value in table.header.items()), *table.comments):
            key, mark, value = re.split("([:=]|$)", line, maxsplit=1)
            percent = [float(text) for text, _ in _PERCENT.findall(line) if number(text) is not None]
            if (mark and value and _OTHER_LEVEL.fullmatch(key.strip())) or any(level != 90 for level in percent):
                raise InputError(
                    f"{source}: '# {line}' is not read as the confidence level",
                    remedy="write '# level: 0.95' for 95 %, 0.9 for 90 %",
                )
        return 0.9
    level = number(header["level"])
    if level is None or not 0 < level < 1:
        raise InputError(
            f"{source}: '# level: {header['level']}' is not a confidence level between 0 and 1",
            remedy="write '# level: 0.9' for 90 %",
        )
    return level
