"""What a selection leaves of a stream of events: sorted candidates and the cutflow."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from darkaon.errors import InputError
from darkaon.events.branches import GROUPS, IS_SIMULATION, SIGNAL_MASS, TRUTH, WEIGHT, Chunk
from darkaon.events.quantities import Values
from darkaon.events.selection import Columns, Selection
from darkaon.events.units import LAST, check_derived, check_observable
from darkaon.tables.blocks import OBSERVABLE, Writer
from darkaon.typing import Array, Mask

IN_REGIONS = "in a region"  # last row of a cutflow
REGIONS = "regions"  # field of signal: sum of 2^k over the regions k whose cuts the event passes


class Collector:
    """Takes chunks of events, writes candidates and keeps counts; the result does not depend on the chunks.

    Signal is kept wherever its observable is, with the regions whose cuts it passes: windows lie in regions. Of
    all other events only those in a region are kept.

    Attributes:
        read: events seen so far, without the blinded.
        kept: candidates so far.
        groups: masses of X, or components, in the last chunk.
    """

    def __init__(
        self,
        selection: Selection,
        label: str,
        output: str | Path,
        blinded: Array | None = None,
        factor: float | None = None,
    ) -> None:
        """Collect for `selection` into the file `output` from files declared to be `label` (measured or simulated).

        Events whose observable lies in one of the ranges `blinded`, shape (k, 2), are dropped as they come, before
        anything is counted. With a `factor`, that times the event's own weight is the weight of each.
        """
        self.selection, self.label, self.output = selection, label, output
        self.blinded = np.empty((0, 2)) if blinded is None else blinded
        self.factor = factor
        self.read, self.kept = 0, 0
        self.groups: set[float] = set()
        self._writer: Writer | None = None
        self._fields: tuple[str, ...] = ()
        self._counts: dict[str, Counter[float]] = {}  # step -> mass of X or component, or 0 -> events
        self._group = ""  # what the events are counted by

    def add(self, chunk: Chunk, path: str | Path = "") -> None:
        """Select from a chunk of the file `path`.

        Raises:
            InputError: the file's own `is_simulation` contradicts the label; other branches than in the files before;
                a value that is missing in an event that is asked for it.
        """
        columns = chunk.columns
        self._check_label(columns, path)
        values = self.selection.values(columns, str(path), chunk.first)
        seen = self._visible(values)
        self.read += int(seen.sum())
        self._group = next((name for name in GROUPS if name in columns), "")
        count = self._counter(columns)
        count("read", seen)
        left = seen & chunk.complete
        if self.selection.jagged:
            count("enough tracks", left)
        for step, passed in self.selection.steps(values, left):
            count(step, passed)
            left = passed
        last = np.flatnonzero(left if np.any(left) else chunk.complete)[-LAST:]  # a wrong unit may leave none
        for name in self.selection.made:
            check_derived(name, values.number(name)[last], path)
        if self.selection.checked:
            check_observable(self.selection.observe(values)[left], self.selection.observable, path)
        if self.selection.regions and self._group != SIGNAL_MASS:
            left = left & self._in_regions(values, left, count)
        self._keep(values, left)

    def _keep(self, values: Values, left: Mask) -> None:
        """Write the events that are `left`."""
        missing = values.missing(self.selection.observable)
        if missing is not None:
            values.require(missing & left, self.selection.observable, f"the observable {self.selection.observable!r}")
        columns = values.columns
        fields = {OBSERVABLE: self.selection.observe(values)}
        if WEIGHT in columns or self.factor is not None:
            weight = columns[WEIGHT] if WEIGHT in columns else np.ones(len(left))
            fields[WEIGHT] = weight if self.factor is None else weight * self.factor
        fields |= {name: columns[name] for name in TRUTH if name in columns}
        for name in fields.keys() - {OBSERVABLE}:
            values.require(~np.isfinite(fields[name]) & left, name, name)
        if self.selection.regions and self._group == SIGNAL_MASS:
            bits = [2.0**k * cuts for k, (_, cuts) in enumerate(self.selection.region_cuts(values, left))]
            fields[REGIONS] = np.sum(bits, axis=0)
        if self._writer is None:
            self._fields, self._writer = tuple(fields), Writer(self.output, tuple(fields))
        if tuple(fields) != self._fields:
            raise InputError(
                f"{values.path}: has the branches {', '.join(fields)}, the files before it {', '.join(self._fields)}",
                remedy="give them samples of their own",
            )
        kept = list(fields.values()) if np.all(left) else [field[left] for field in fields.values()]
        self.kept += int(left.sum())
        self._writer.add(kept)

    def close(self) -> None:
        """Complete the file of candidates; it is empty, if there were no events."""
        if self._writer is None:
            self._writer = Writer(self.output, (OBSERVABLE,))
            self._count("read", {})
        self._writer.close()

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
        groups = sorted({group for counts in steps.values() for group in counts}) or [0.0]
        rows = [(group, step, counts.get(group, 0)) for group in groups for step, counts in steps.items()]
        group_column, cut, events = (list(column) for column in zip(*rows, strict=True))
        return ({self._group: group_column} if self._group else {}) | {"cut": cut, "events": events}

    def _visible(self, values: Values) -> Mask:
        """The events that are not blinded."""
        if not len(self.blinded):
            return np.ones(len(values), dtype=bool)
        value = self.selection.observe(values)[:, None]
        return ~np.any((value >= self.blinded[:, 0]) & (value < self.blinded[:, 1]), axis=1)

    def _in_regions(self, values: Values, left: Mask, count: Callable[[str, Mask], None]) -> Mask:
        """Which events are in one of the regions; each is a row of the cutflow, and all together are the last."""
        inside = np.zeros_like(left)
        for name, passed in self.selection.in_regions(values, left):
            count(f"region {name}", left & passed)
            inside |= passed
        count(IN_REGIONS, left & inside)
        return inside

    def _counter(self, columns: Columns) -> Callable[[str, Mask], None]:
        """What counts the events after a step, by their group."""
        self.groups = set()
        if not self._group:
            return lambda step, left: self._count(step, {0.0: int(np.count_nonzero(left))})
        groups, back = np.unique(columns[self._group], return_inverse=True)
        self.groups = set(groups[np.isfinite(groups)].tolist())

        def count(step: str, left: Mask) -> None:
            events = np.bincount(back[left], minlength=len(groups))
            self._count(step, {float(g): int(n) for g, n in zip(groups, events, strict=True) if n})

        return count

    def _count(self, step: str, events: Mapping[float, int]) -> None:
        self._counts.setdefault(step, Counter()).update(events)

    def _check_label(self, columns: Columns, path: str | Path) -> None:
        if IS_SIMULATION not in columns:
            return
        simulated = columns[IS_SIMULATION] != 0
        if np.any(simulated != (self.label == "simulated")):
            held = "simulated" if simulated.any() else "measured"
            raise InputError(
                f"{path}: branch {IS_SIMULATION!r} says that events are {held}, but the sample is declared "
                f"{self.label}",
                remedy=f"set its kind in config/samples.csv to {held}",
            )
