"""Exclusions of several searches together: one table, their union, closed contours."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from darkaon.config.schema import check_known
from darkaon.errors import InputError
from darkaon.exclusion.intervals import Columns, exclude
from darkaon.exclusion.limits import Limits
from darkaon.models.model import Model
from darkaon.tables.gaps import gaps
from darkaon.typing import LIMITS, Array

NAMES = (
    "search", "label", "kind", "mass_MeV", "coupling_low", "coupling_high", "edge_low", "edge_high",
)  # fmt: skip
NUMBERS = ("mass_MeV", "coupling_low", "coupling_high")


def check_distinct(searches: Sequence[Limits]) -> None:
    """Refuse two tables of one search and label: nothing would tell their intervals apart.

    Raises:
        InputError: there are such.
    """
    known: dict[tuple[str, str], Limits] = {}
    for limits in searches:
        other = known.setdefault((limits.search, limits.label), limits)
        if other is not limits:
            tables = (
                f"{of.source} ({len(of.mass_MeV)} masses from {of.mass_MeV[0]:g} MeV)" for of in (other, limits)
            )
            raise InputError(
                f"{' and '.join(tables)} are both called {limits.search} ({limits.label or 'no label'})",
                remedy="name one of them, as in NAME=PATH, or in Python by darkaon.limits(..., search=NAME)",
            )


def check_kinds(kinds: Sequence[str], searches: Sequence[Limits]) -> None:
    """Refuse kinds of limits that none of the searches (if there are any) has.

    Raises:
        InputError: such a kind.
    """
    known = list(dict.fromkeys(kind for limits in searches for kind in limits.values))
    for kind in kinds:
        check_known(kind, LIMITS, f"kinds: {kind!r} is no kind of limit")
        if searches and kind not in known:
            raise InputError(f"kinds: no table has the limit {kind!r}", remedy=f"they have {', '.join(known)}")


def exclude_all(
    model: Model,
    searches: Sequence[Limits],
    mass_MeV: Array | None = None,
    kinds: Sequence[str] | None = None,
    theory: bool = False,
) -> Columns:
    """`exclude` for every search that the model meets, with the columns search and label in front."""
    parts = []
    for limits in searches:
        if model.meets(limits.process, limits.final_state, limits.quantity):
            found = exclude(model, limits, mass_MeV, kinds, theory)
            size = len(found["mass_MeV"])
            parts.append({"search": np.full(size, limits.search), "label": np.full(size, limits.label), **found})
    return _stack(parts)


def common_masses(searches: Sequence[Limits]) -> Array:
    """Every mass that any of the searches tabulates, ascending."""
    return np.unique(np.concatenate([np.empty(0), *(limits.mass_MeV for limits in searches)]))


def union(exclusion: Columns) -> Columns:
    """The couplings that any search excludes, for each label, kind and mass.

    The searches must have been evaluated at the same masses (`common_masses`): an interval counts at its own mass
    only. Rows have ``union`` as search; each edge keeps the flag of the search that it comes from, whose name stands
    in the columns from_low and from_high.
    """
    groups = [exclusion[name] for name in ("label", "kind", "mass_MeV")]
    order = np.lexsort((exclusion["coupling_low"], *groups[::-1]))
    rows = {name: values[order] for name, values in exclusion.items()}
    size = len(order)
    if size == 0:
        return {**rows, "from_low": rows["search"], "from_high": rows["search"]}
    new_group = np.ones(size, dtype=bool)
    new_group[1:] = np.any([rows[n][1:] != rows[n][:-1] for n in ("label", "kind", "mass_MeV")], axis=0)
    # the highest edge so far in the group: shift groups apart so that one running maximum serves all
    group = np.cumsum(new_group) - 1
    by_height = np.argsort(rows["coupling_high"], kind="stable")
    rank = np.empty(size, dtype=np.intp)
    rank[by_height] = np.arange(size)
    reach = by_height[np.maximum.accumulate(group * size + rank) - group * size]
    highest = rows["coupling_high"][reach]
    starts = new_group.copy()
    starts[1:] |= rows["coupling_low"][1:] > highest[:-1]
    first = np.flatnonzero(starts)
    last = np.append(first[1:], size) - 1
    return {
        **{name: rows[name][first] for name in NAMES},
        "search": np.full(len(first), "union"),
        "coupling_high": highest[last],
        "edge_high": rows["edge_high"][reach[last]],
        "from_low": rows["search"][first],
        "from_high": rows["search"][reach[last]],
    }


def envelope(union: Columns) -> Columns:
    """The lowest and the highest excluded coupling of a `union`, for each label, kind and mass."""
    groups = [union[name] for name in ("label", "kind", "mass_MeV")]
    changes = np.any([values[1:] != values[:-1] for values in groups], axis=0)
    first, last = np.flatnonzero(np.append(True, changes)), np.flatnonzero(np.append(changes, True))
    if len(union["mass_MeV"]) == 0:
        return union
    found = {name: values[last if name.endswith("_high") else first] for name, values in union.items()}
    return {**found, "search": np.full(len(first), "envelope")}


def stack(tables: Sequence[Columns]) -> Columns:
    """Tables with the same columns, one below the other."""
    return {name: np.concatenate([table[name] for table in tables]) for name in tables[0]}


def contours(exclusion: Columns, mass_MeV: Array, least_gap_MeV: float = 0.0) -> Columns:
    """Closed polygons around the excluded regions of one search, label and kind.

    Args:
        exclusion: rows of one search, label and kind.
        mass_MeV: all masses that were evaluated, excluded or not; regions do not cross what lies between.
        least_gap_MeV: no smaller step of masses is a gap.

    Returns:
        Columns polygon (number), mass_MeV, coupling, edge (the flag of the interval's end); each polygon ends where
        it begins. Where a region splits or joins, polygons share the intervals at that mass. A region at a single
        mass is a line.
    """
    masses = np.unique(mass_MeV)
    low, high = exclusion["coupling_low"], exclusion["coupling_high"]
    below, above = (exclusion.get(f"edge_{end}", np.full(len(low), "")) for end in ("low", "high"))
    place = np.searchsorted(masses, exclusion["mass_MeV"])
    linked = np.append(~gaps(masses, least_gap_MeV), False)
    at = [np.flatnonzero(place == index) for index in range(len(masses))]
    after: list[list[int]] = [[] for _ in low]
    before: list[list[int]] = [[] for _ in low]
    for index in np.flatnonzero(linked):
        for here in at[index]:
            for there in at[index + 1]:
                if low[here] <= high[there] and low[there] <= high[here]:
                    after[here].append(int(there))
                    before[there].append(int(here))
    parts = []
    for number, chain in enumerate(_chains(after, before)):
        path = np.array([*chain, *chain[::-1], chain[0]])
        edge = np.concatenate([low[chain], high[chain[::-1]], low[chain[:1]]])
        parts.append(
            {
                "polygon": np.full(len(path), float(number)),
                "mass_MeV": exclusion["mass_MeV"][path],
                "coupling": edge,
                "edge": np.concatenate([below[chain], above[chain[::-1]], below[chain[:1]]]),
            }
        )
    empty = {name: np.empty(0) for name in ("polygon", "mass_MeV", "coupling")} | {"edge": np.empty(0, dtype=str)}
    return {name: np.concatenate([part[name] for part in [empty, *parts]]) for name in empty}


def polygons(exclusion: Columns, searches: Sequence[Limits], mass_MeV: Array | None = None) -> Columns:
    """The `contours` of every search, label and kind of `exclude_all`, one below the other."""
    keys = ("search", "label", "kind")
    of = {(limits.search, limits.label): limits for limits in searches}
    numbers = ("polygon", "mass_MeV", "coupling")
    parts: list[Columns] = [{name: np.empty(0) for name in (*keys, *numbers, "edge")}]
    for key in dict.fromkeys(zip(*(exclusion[name] for name in keys), strict=True)):
        rows = np.all([exclusion[name] == value for name, value in zip(keys, key, strict=True)], axis=0)
        grid, least = (of[key[:2]].mass_MeV, of[key[:2]].least_gap_MeV) if mass_MeV is None else (mass_MeV, 0.0)
        found = contours({name: values[rows] for name, values in exclusion.items()}, grid, least)
        size = len(found["polygon"])
        parts.append({**{n: np.full(size, v) for n, v in zip(keys, key, strict=True)}, **found})
    return stack(parts)


def _chains(after: list[list[int]], before: list[list[int]]) -> Iterator[list[int]]:
    """Runs of rows each linked to one next; every link is in one run, a row without links is its own."""
    for row, following in enumerate(after):
        if len(before[row]) == 1 and len(following) == 1:
            continue  # inside a run
        if not following and not before[row]:
            yield [row]
        for step in following:
            chain = [row, step]
            while len(before[chain[-1]]) == 1 and len(after[chain[-1]]) == 1:
                chain.append(after[chain[-1]][0])
            yield chain


def _stack(parts: Sequence[Columns]) -> Columns:
    empty: Columns = {name: np.empty(0, dtype=float if name in NUMBERS else str) for name in NAMES}
    return {name: np.concatenate([part[name] for part in [empty, *parts]]) for name in NAMES}
