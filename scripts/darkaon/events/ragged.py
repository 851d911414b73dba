"""Arrays with another number of values in each event."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from darkaon.typing import Array, Index, Mask


@dataclass(frozen=True, eq=False)
class Ragged:
    """Values of n events one after the other.

    Attributes:
        values: shape (sum of counts,).
        counts: how many of them each event has, shape (n,).
    """

    values: NDArray[Any]
    counts: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.counts)

    @property
    def starts(self) -> NDArray[np.int64]:
        """Where each event's values begin, shape (n,)."""
        return np.cumsum(self.counts) - self.counts

    def part(self, start: int, stop: int) -> Ragged:
        """The events from `start` to before `stop`."""
        first = int(self.counts[:start].sum())
        counts = self.counts[start:stop]
        return Ragged(self.values[first : first + int(counts.sum())], counts)

    def where(self, mask: Mask) -> Ragged:
        """The events where `mask`, shape (n,), holds."""
        return Ragged(self.values[np.repeat(mask, self.counts)], self.counts[mask])

    def spread(self, each: NDArray[Any]) -> NDArray[Any]:
        """A value an event, shape (n,), beside each of the event's values."""
        return np.repeat(each, self.counts)

    def element(self, index: int | Index) -> tuple[NDArray[Any], Mask]:
        """The value with this index in each event, and whether there is one; NaN where there is none."""
        place = np.broadcast_to(np.asarray(index), self.counts.shape)
        there = (place >= 0) & (place < self.counts)
        found = np.full(len(self.counts), np.nan)
        found[there] = self.values[(self.starts + place)[there]]
        return found, there

    def chosen(self, mask: Mask) -> Ragged:
        """The values where `mask`, shape of `values`, holds."""
        return Ragged(self.values[mask], self.reduce(np.add, 0, mask.astype(np.int64)))

    def reduce(self, ufunc: np.ufunc, empty: Any, values: NDArray[Any] | None = None) -> NDArray[Any]:
        """`ufunc` over the values of each event (or others beside them), `empty` where there are none, shape (n,)."""
        own = self.values if values is None else values
        found = np.full(len(self.counts), empty, dtype=np.result_type(own.dtype, np.asarray(empty).dtype))
        some = self.counts > 0
        if np.any(some):
            found[some] = ufunc.reduceat(own, self.starts[some], dtype=found.dtype)
        return found

    def first(self, condition: Mask) -> Index:
        """Index, in each event, of the first value for which `condition` holds; -1 if for none."""
        place = np.arange(len(self.values)) - self.spread(self.starts)
        beyond = np.iinfo(np.int64).max
        found = self.reduce(np.minimum, beyond, np.where(condition, place, beyond))
        return np.where(found == beyond, -1, found)

    def least(self, values: Array) -> Index:
        """Index of the least of `values` in each event, the first of several; -1 if there is none (or all NaN)."""
        least = self.reduce(np.fmin, np.nan, values)
        return self.first(values == self.spread(least))

    def map(self, function: Callable[[NDArray[Any]], NDArray[Any]]) -> Ragged:
        """`function` of all values."""
        return Ragged(function(self.values), self.counts)
