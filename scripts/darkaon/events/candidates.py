"""What a selection leaves of a stream of events: sorted candidates and the cutflow."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from darkaon.errors import InputError
from darkaon.events.branches import GROUPS, IS_SIMULATION, SIGNAL_MASS, TRUTH, WEIGHT, Chunk
from darkaon.events.selection import Columns, Selection
from darkaon.typing import Array, Mask

OBSERVABLE = "observable"
IN_REGIONS = "in a region"  # last row of a cutflow
REGIONS = "regions"  # field of signal: sum of 2^k over the regions k whose cuts the event passes


class Collector:
    """Takes chunks of events and keeps candidates and counts; the result does not depend on the chunks.

    Signal is kept wherever its observable is, with the regions whose cuts it passes: windows lie in regions. Of
    all other events only those in a region are kept.

    Attributes:
        read: events seen so far, without the blinded.
    """

    def __init__(self, selection: Selection, label: str, path: str | Path, blinded: Array | None = None) -> None:
        """Collect for `selection` from the file `path`, declared to be `label` (measured or simulated).

        Events whose observable lies in one of the ranges `blinded`, shape (k, 2), are dropped as they come, before
        anything is counted.
        """
        self.selection, self.label, self.path = selection, label, path
        self.blinded = np.empty((0, 2)) if blinded is None else blinded
        self.read = 0
        self._parts: list[NDArray[Any]] = []
        self._counts: dict[str, Counter[float]] = {}  # step -> mass of X or component, or 0 -> events
        self._group = ""  # what the events are counted by

    def add(self, chunk: Chunk) -> None:
        """Select from a chunk.

        Raises:
            InputError: the file's own `is_simulation` contradicts the label.
        """
        self._check_label(chunk.columns)
        chunk = self._visible(chunk)
        self.read += len(chunk)
        self._group = next((name for name in GROUPS if name in chunk.columns), "")
        self._count("read", chunk.columns, np.ones(len(chunk), dtype=bool))
        if self.selection.jagged:
            self._count("enough tracks", chunk.columns, chunk.complete)
        columns = _where(chunk.complete, chunk.columns)
        left = np.ones(len(next(iter(columns.values()))), dtype=bool)
        for step, passed in self.selection.steps(columns):
            self._count(step, columns, passed)
            left = passed
        if self.selection.regions and self._group != SIGNAL_MASS:
            left = left & self._in_regions(columns, left)
        kept = _where(left, columns)
        fields = {OBSERVABLE: self.selection.observe(kept)}
        fields |= {name: kept[name] for name in (WEIGHT, *TRUTH) if name in kept}
        if self.selection.regions and self._group == SIGNAL_MASS:
            bits = [2.0**k * cuts for k, (_, cuts) in enumerate(self.selection.region_cuts(kept))]
            fields[REGIONS] = np.sum(bits, axis=0)
        part = np.empty(len(fields[OBSERVABLE]), dtype=[(name, np.float64) for name in fields])
        for name, values in fields.items():
            part[name] = values
        self._parts.append(part)

    def candidates(self) -> NDArray[Any]:
        """Structured array of `observable`, then `weight`, the branches of `TRUTH` and `regions` if any; sorted."""
        found = np.concatenate(self._parts)
        return found[np.lexsort([found[name] for name in reversed(found.dtype.names or ())])]

    def cutflow(self, generated: Mapping[float, int]) -> dict[str, list[Any]]:
        """Events left after each step.

        Args:
            generated: for a signal file, decays simulated for each mass: the first row of that mass; for
                background, for each component.

        Returns:
            Columns `cut` and `events`; before them `x_mass_MeV` for signal and `component` for background, one block
            for each.
        """
        steps = {**({"generated": generated} if generated else {}), **self._counts}
        groups = sorted({group for counts in steps.values() for group in counts})
        rows = [(group, step, counts.get(group, 0)) for group in groups for step, counts in steps.items()]
        group_column, cut, events = (list(column) for column in zip(*rows, strict=True))
        return ({self._group: group_column} if self._group else {}) | {"cut": cut, "events": events}

    def _visible(self, chunk: Chunk) -> Chunk:
        """The events that are not blinded."""
        if not len(self.blinded):
            return chunk
        value = self.selection.observe(chunk.columns)[:, None]
        seen = ~np.any((value >= self.blinded[:, 0]) & (value < self.blinded[:, 1]), axis=1)
        return Chunk(_where(seen, chunk.columns), chunk.complete[seen])

    def _in_regions(self, columns: Columns, left: Mask) -> Mask:
        """Which events are in one of the regions; each is a row of the cutflow, and all together are the last."""
        inside = np.zeros_like(left)
        for name, passed in self.selection.in_regions(columns):
            self._count(f"region {name}", columns, left & passed)
            inside |= passed
        self._count(IN_REGIONS, columns, left & inside)
        return inside

    def _count(self, step: str, columns: Columns, left: Mask) -> None:
        counts = self._counts.setdefault(step, Counter())
        if self._group:
            groups, events = np.unique(columns[self._group][left], return_counts=True)
            counts.update(dict(zip(groups.tolist(), events.tolist(), strict=True)))
        else:
            counts[0.0] += int(left.sum())

    def _check_label(self, columns: Columns) -> None:
        if IS_SIMULATION not in columns:
            return
        simulated = columns[IS_SIMULATION] != 0
        if np.any(simulated != (self.label == "simulated")):
            held = "simulated" if simulated.any() else "measured"
            raise InputError(
                f"{self.path}: branch {IS_SIMULATION!r} says that events are {held}, but the sample is declared "
                f"{self.label}",
                remedy=f"set its kind in config/samples.csv to {held}",
            )


def _where(mask: Mask, columns: Columns) -> dict[str, Array]:
    return {name: values[mask] for name, values in columns.items()}
