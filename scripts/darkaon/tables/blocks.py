"""Candidates on disk: blocks of sorted events, so that neither writing nor counting them needs them in memory.

A file is one `.npy`: structured little-endian float64, the field `observable` first, cut into blocks of exactly
`BLOCK` candidates in the order in which they were read; each block is sorted. `numpy.load` reads it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.lib import format as npy
from numpy.typing import ArrayLike, NDArray

from darkaon.errors import InputError
from darkaon.tables.checksums import fingerprint
from darkaon.typing import Array

BLOCK = 2**20  # candidates
OBSERVABLE = "observable"
WEIGHT = "weight"
REMEDY = "make it with select_events.py"


class Counted(Protocol):
    """Events that can be counted below edges."""

    def below(self, edges: ArrayLike) -> NDArray[np.int64]:
        """How many lie below each of `edges`, any shape."""


def below(events: Counted | Array, edges: ArrayLike) -> NDArray[np.int64]:
    """How many of the events, or of sorted values, lie below each of `edges`, any shape."""
    if isinstance(events, np.ndarray):
        return np.searchsorted(events, np.asarray(edges, dtype=float), side="left")
    return events.below(edges)


class Candidates:
    """The candidates in one or several files, read block by block whenever they are counted.

    Attributes:
        names: the fields that all files have, and the weight, if one has it: of the others' candidates it is 1.
        header: who made them, as in a table.
    """

    header: Mapping[str, str] = {"made_by": "select_events"}

    def __init__(self, paths: Sequence[str | Path]) -> None:
        """Read the headers of the files.

        Raises:
            InputError: no such file, none of ours.
        """
        self.paths = [Path(path) for path in paths]
        self._layouts = [_layout(path) for path in self.paths]
        common = [set(dtype.names or ()) for dtype, _, _ in self._layouts]
        first = self._layouts[0][0].names or () if self._layouts else ()
        weight = [WEIGHT] if any(WEIGHT in names for names in common) else []
        others = (name for name in first if name not in (OBSERVABLE, WEIGHT))
        self.names = (OBSERVABLE, *weight, *(name for name in others if all(name in names for names in common)))

    @property
    def file(self) -> str:
        """Name and checksum of the one file, as of a table."""
        (path,) = self.paths
        return fingerprint(path)

    def __len__(self) -> int:
        return sum(count for _, count, _ in self._layouts)

    def blocks(self) -> Iterator[NDArray[Any]]:
        """The sorted blocks, one at a time in memory."""
        for path, (dtype, count, offset) in zip(self.paths, self._layouts, strict=True):
            with path.open("rb") as stream:
                stream.seek(offset)
                for start in range(0, count, BLOCK):
                    yield np.fromfile(stream, dtype=dtype, count=min(BLOCK, count - start))

    def below(self, edges: ArrayLike) -> NDArray[np.int64]:
        """How many lie below each of `edges`, any shape."""
        places, back, shape = _rising(edges)
        total = np.zeros(len(places), dtype=np.int64)
        for block in self.blocks():
            total += np.searchsorted(np.ascontiguousarray(block[OBSERVABLE]), places, side="left")
        return total[back].reshape(shape)

    def weight_below(self, edges: ArrayLike) -> tuple[Array, Array]:
        """Sums of the weights, and of their squares, below each of `edges`, any shape; numbers, if there are none."""
        if WEIGHT not in self.names:
            number = self.below(edges).astype(float)
            return number, number
        places, back, shape = _rising(edges)
        totals = np.zeros((2, len(places)))
        for block in self.blocks():
            at = np.searchsorted(np.ascontiguousarray(block[OBSERVABLE]), places, side="left")
            sums = np.zeros(len(block) + 1)
            for power in (1, 2):
                np.cumsum(field_or_ones(block, WEIGHT) ** power, out=sums[1:])
                totals[power - 1] += sums[at]
        first, second = totals[:, back].reshape(2, *shape)
        return first, second

    def ends(self) -> tuple[float, float]:
        """The least and the largest value of the observable; NaN without candidates."""
        found = [(block[OBSERVABLE][0], block[OBSERVABLE][-1]) for block in self.blocks()]
        return (float(min(a for a, _ in found)), float(max(b for _, b in found))) if found else (np.nan, np.nan)

    def load(self) -> NDArray[Any]:
        """All candidates with the fields `names`: for simulated files, which are small."""
        found = np.empty(len(self), dtype=[(name, "<f8") for name in self.names])
        start = 0
        for block in self.blocks():
            for name in self.names:
                found[name][start : start + len(block)] = field_or_ones(block, name)
            start += len(block)
        return found


def field_or_ones(block: NDArray[Any], name: str) -> Array:
    """A field of some candidates, shape (n,); 1 each, as of weights, if they have none."""
    return block[name] if name in (block.dtype.names or ()) else np.ones(len(block))


def _rising(edges: ArrayLike) -> tuple[Array, NDArray[np.intp], tuple[int, ...]]:
    """The different edges, rising; where each of the given stands among them; the given shape."""
    array = np.asarray(edges, dtype=float)
    places, back = np.unique(array, return_inverse=True)
    return places, back.ravel(), array.shape


def _layout(path: Path) -> tuple[np.dtype[Any], int, int]:
    """Type, number of candidates, and where they begin."""
    try:
        with path.open("rb") as stream:
            version = npy.read_magic(stream)
            read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
            shape, _, dtype = read(stream)
            offset = stream.tell()
    except FileNotFoundError:
        raise InputError(f"{path}: no such file", remedy=REMEDY) from None
    except (OSError, ValueError, EOFError):
        raise InputError(f"{path}: is not a NumPy file of candidates", remedy=REMEDY) from None
    if OBSERVABLE not in (dtype.names or ()) or len(shape) != 1:
        fault = f"{path}: has no field {OBSERVABLE}: these are not the candidates of a selection"
        raise InputError(fault, remedy=REMEDY)
    if path.stat().st_size < offset + shape[0] * dtype.itemsize:
        raise InputError(f"{path}: is cut short", remedy=REMEDY)
    return dtype, shape[0], offset


class Writer:
    """Writes candidates as they come; the bytes depend on their order alone, not on how many come at a time.

    Candidates are sorted within their block by the observable, then by the further fields.
    """

    def __init__(self, path: str | Path, fields: Sequence[str]) -> None:
        """Begin the file `path` with these fields, the observable first."""
        self.dtype = np.dtype([(name, "<f8") for name in fields])
        self.stream = Path(path).open("wb")  # noqa: SIM115  (closed by `close`)
        self.count, self._filled = 0, 0
        self._block = np.empty((len(fields), BLOCK))
        self._head()

    def _head(self) -> None:
        header = {"descr": npy.dtype_to_descr(self.dtype), "fortran_order": False, "shape": (self.count,)}
        npy.write_array_header_1_0(self.stream, header)

    def add(self, columns: Sequence[Array]) -> None:
        """Take candidates, one array a field, all of shape (n,)."""
        start, size = 0, len(columns[0])
        while start < size:
            part = min(size - start, BLOCK - self._filled)
            for k, values in enumerate(columns):
                # + 0: the bytes of -0 would tell
                np.add(values[start : start + part], 0.0, out=self._block[k, self._filled : self._filled + part])
            self._filled += part
            start += part
            if self._filled == BLOCK:
                self._flush()

    def _flush(self) -> None:
        block = self._block[:, : self._filled]
        if len(block) == 1:
            block[0].sort()
        else:
            block = block[:, _order(block)].T
        np.ascontiguousarray(block, dtype="<f8").tofile(self.stream)
        self.count += self._filled
        self._filled = 0

    def close(self) -> None:
        """Write the last block and the number of candidates."""
        if self._filled:
            self._flush()
        self.stream.seek(0)
        self._head()
        self.stream.close()


def _order(block: Array) -> NDArray[np.intp]:
    """How the columns are sorted: by the first row, and where it is tied by the others."""
    order = np.argsort(block[0])
    ranked = block[0][order]
    same = ranked[1:] == ranked[:-1]
    if np.any(same):
        tied = np.flatnonzero(np.concatenate([same, [False]]) | np.concatenate([[False], same]))
        order[tied] = order[tied][np.lexsort(block[::-1, order[tied]])]
    return order
