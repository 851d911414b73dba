"""What a selection leaves of a stream of events: sorted candidates and the cutflow."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from darkaon.errors import InputError
from darkaon.events import IS_SIMULATION, SIGNAL_MASS, WEIGHT, Chunk
from darkaon.kinematics import Array
from darkaon.selection import Columns, Mask, Selection

OBSERVABLE = "observable"


class Collector:
    """Takes chunks of events and keeps candidates and counts; the result does not depend on the chunks.

    Attributes:
        read: events seen so far.
    """

    def __init__(self, selection: Selection, label: str, path: str | Path) -> None:
        """Collect for `selection` from the file `path`, declared to be `label` (measured or simulated)."""
        self.selection, self.label, self.path = selection, label, path
        self.read = 0
        self._parts: list[NDArray[Any]] = []
        self._counts: dict[str, Counter[float]] = {}  # step -> mass of X -> events; mass 0 if it is no signal
        self._signal = False

    def add(self, chunk: Chunk) -> None:
        """Select from a chunk.

        Raises:
            InputError: the file's own `is_simulation` contradicts the label.
        """
        self._check_label(chunk.columns)
        self.read += len(chunk)
        self._signal = SIGNAL_MASS in chunk.columns
        self._count("read", chunk.columns, np.ones(len(chunk), dtype=bool))
        if self.selection.jagged:
            self._count("enough tracks", chunk.columns, chunk.complete)
        columns = _where(chunk.complete, chunk.columns)
        left = np.ones(len(next(iter(columns.values()))), dtype=bool)
        for step, passed in self.selection.steps(columns):
            self._count(step, columns, passed)
            left = passed
        kept = _where(left, columns)
        fields = {OBSERVABLE: self.selection.observe(kept)}
        fields |= {name: kept[name] for name in (WEIGHT, SIGNAL_MASS) if name in kept}
        part = np.empty(len(fields[OBSERVABLE]), dtype=[(name, np.float64) for name in fields])
        for name, values in fields.items():
            part[name] = values
        self._parts.append(part)

    def candidates(self) -> NDArray[Any]:
        """Structured array with field `observable`, then `weight` and `x_mass_MeV` if there are any; sorted."""
        found = np.concatenate(self._parts)
        return found[np.lexsort([found[name] for name in reversed(found.dtype.names or ())])]

    def cutflow(self, generated: Mapping[float, int]) -> dict[str, list[Any]]:
        """Events left after each step.

        Args:
            generated: for a signal file, decays simulated for each mass: the first row of that mass.

        Returns:
            Columns `cut` and `events`; for a signal file `x_mass_MeV` before them, one block a mass.
        """
        steps = {**({"generated": generated} if generated else {}), **self._counts}
        masses = sorted({mass for counts in steps.values() for mass in counts})
        rows = [(mass, step, counts.get(mass, 0)) for mass in masses for step, counts in steps.items()]
        mass_column, cut, events = (list(column) for column in zip(*rows, strict=True))
        return ({SIGNAL_MASS: mass_column} if self._signal else {}) | {"cut": cut, "events": events}

    def _count(self, step: str, columns: Columns, left: Mask) -> None:
        counts = self._counts.setdefault(step, Counter())
        if self._signal:
            masses, events = np.unique(columns[SIGNAL_MASS][left], return_counts=True)
            counts.update(dict(zip(masses.tolist(), events.tolist(), strict=True)))
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
                f"{self.label}: set its kind in config/samples.csv to {held}"
            )


def _where(mask: Mask, columns: Columns) -> dict[str, Array]:
    return {name: values[mask] for name, values in columns.items()}
