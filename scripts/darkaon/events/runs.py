"""Runs and bursts that are kept: lists in the YAML, a file of good runs, a prescale."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from darkaon.config.schema import check_known
from darkaon.config.slots.events import Runs
from darkaon.errors import InputError
from darkaon.events.quantities import Values
from darkaon.tables.table import read_table
from darkaon.typing import Array, Mask

COLUMNS = ("run", "last_run", "burst", "last_burst")


class RunFilter:
    """Which events the slot `events.runs` keeps.

    Attributes:
        needs: the quantities that it asks for.
    """

    def __init__(self, runs: Runs) -> None:
        """Read the list of good runs, if there is one.

        Raises:
            InputError: a fault of it.
        """
        self.runs = runs
        self.good = good_runs(runs.good.path) if runs.good else None
        by_burst = self.good is not None and bool(np.any(np.isfinite(self.good[:, 2:])))
        self.needs = (("run",) if runs.any else ()) + (("burst",) if by_burst else ())

    def steps(self, values: Values, left: Mask) -> Iterator[tuple[str, Mask]]:
        """The events that each step keeps of those `left`, shape (n,).

        Raises:
            InputError: one that reaches the run list without a number of its run, or burst.
        """
        if self.runs.prescale > 1:
            left = left & ((values.first + np.arange(len(values))) % self.runs.prescale == 0)
            yield "prescale", left
        if self.runs.any:
            for name in self.needs:
                missing = values.missing(name)
                if missing is not None:
                    values.require(missing & left, name, "the run list")
            yield "run list", left & self._listed(values)

    def _listed(self, values: Values) -> Mask:
        run = values.number("run")
        listed = _in(run, self.runs.keep) if self.runs.keep else np.ones(run.shape, dtype=bool)
        listed &= ~_in(run, self.runs.drop)
        if self.good is not None:
            burst = values.number("burst") if "burst" in self.needs else np.zeros(run.shape)
            found = np.zeros(run.shape, dtype=bool)
            different, back = np.unique(np.stack([run, burst]), axis=1, return_inverse=True)
            for first, last, low, high in self.good:
                inside = (different[0] >= first) & (different[0] <= last)
                if np.isfinite(low):
                    inside &= (different[1] >= low) & (different[1] <= high)
                found |= inside[back.ravel()]
            listed &= found
        return listed


def _in(run: NDArray[np.floating] | Array, wanted: Sequence[int | tuple[int, int]]) -> Mask:
    found: Mask = np.isin(run, [one for one in wanted if isinstance(one, int)])
    for pair in wanted:
        if not isinstance(pair, int):
            found |= (run >= pair[0]) & (run <= pair[1])
    return found


def good_runs(path: str) -> Array:
    """The rows of a list of good runs: first and last run, first and last burst (NaN: all), shape (k, 4).

    Raises:
        InputError: no such file, unknown columns, ranges that do not rise or lack a start, what is no whole number.
    """
    table = read_table(path, required=("run",))
    for name in table.columns:
        check_known(name, COLUMNS, f"{path}: unknown column {name!r}")
    run = table["run"]
    burst = table.columns.get("burst", np.full(len(run), np.nan))
    last = [table.columns.get(f"last_{name}", own) for name, own in (("run", run), ("burst", burst))]
    last = [np.where(np.isnan(end), own, end) for end, own in zip(last, (run, burst), strict=True)]
    rows = np.stack([run, last[0], burst, last[1]], axis=1)
    for row, cells in enumerate(rows, 1):
        first, end, low, high = cells.tolist()
        if np.isnan(low) and np.isfinite(high):
            raise InputError(f"{path}, row {row}: last_burst without burst", remedy="give the first burst too")
        if any(cell != np.rint(cell) for cell in cells[np.isfinite(cells)]) or not np.isfinite(first):
            text = f"{path}, row {row}: run {first:g}, last_run {end:g}, burst {low:g}, last_burst {high:g}"
            raise InputError(f"{text}: there is one that is no whole number", remedy="give whole numbers")
        if not first <= end or (np.isfinite(low) and not low <= high):
            raise InputError(f"{path}, row {row}: a range of runs or bursts rises", remedy="exchange its ends")
    return rows
