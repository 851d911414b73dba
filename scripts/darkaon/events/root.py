"""ROOT files: TTree (flat, jagged, split classes) and RNTuple, from the disk or over the network."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from darkaon.config.schema import check_known
from darkaon.errors import InputError
from darkaon.events.ragged import Ragged
from darkaon.events.sources import Raw, Source, Span, check_kind, is_remote

MOST = 1_000_000  # events read at a time
MAPPED = 16e6  # bytes
JAGGED_MOST = 200_000  # the same with arrays of several values


@contextmanager
def readable(path: str | Path, remedy: str = "") -> Iterator[None]:
    """A damaged file raises almost anything from within uproot: make it one sentence."""
    try:
        yield
    except (InputError, MemoryError):
        raise
    except FileNotFoundError:
        raise InputError(f"{path}: no such file", remedy="check the path") from None
    except ImportError as error:
        raise InputError(
            f"{path}: reading over the network needs packages that are not installed ({error.name or error})",
            remedy="install fsspec and aiohttp (root://: fsspec-xrootd), or copy the file",
        ) from None
    except Exception as error:
        if is_remote(path):
            raise InputError(
                f"{path}: cannot be read over the network ({type(error).__name__}: {str(error)[:120].strip()})",
                remedy="see that it is there and that its server serves ranges of bytes, or copy the file",
            ) from error
        reason = remedy or "it is damaged, cut short or of another kind; copy or make it again"
        raise InputError(
            f"{path}: cannot be read as a ROOT file: {reason} ({type(error).__name__})",
            remedy="write plain numbers there, or name another"
            if remedy
            else "give a ROOT file, or a CSV table whose name ends in .csv",
        ) from error


@contextmanager
def open_root(path: str | Path) -> Iterator[Any]:
    """The ROOT file as uproot sees it.

    Raises:
        InputError: no such file, damaged or cut short, no ROOT file.
    """
    import uproot

    local = {} if is_remote(path) else {"handler": _handler(path)}
    with readable(path):
        if local:
            check_kind(path, ".root")
        file = uproot.open(
            {str(path): None}, array_cache=None, object_cache=None, **local
        )  # ':' in a name is no tree
    with file:
        if local:
            end, size = file.file.fEND, Path(path).stat().st_size
            if not 0 < end <= size:
                raise InputError(
                    f"{path}: the ROOT file is cut short ({size} of {end} bytes)", remedy="copy or make it again"
                )
        yield file


def _handler(path: str | Path) -> Any:
    """How uproot reads a file: a map costs no thread, but counts as memory of the process."""
    import uproot

    small = Path(path).is_file() and Path(path).stat().st_size < MAPPED
    return uproot.MemmapSource if small else uproot.MultithreadedFileSource


def trees(file: Any) -> list[str]:
    """Names of the TTrees and RNTuples in an open file."""
    kinds = file.classnames(cycle=False)
    return [name for name, kind in kinds.items() if kind.startswith(("TTree", "TNtuple", "ROOT::RNTuple"))]


@contextmanager
def open_tree(path: str | Path, tree: str, span: Span) -> Iterator[Source]:
    """The events in one tree of a ROOT file.

    Raises:
        InputError: no such file, damaged, no such tree.
    """
    with open_root(path) as file:
        with readable(path):
            known = trees(file)
        fault = f"{path}: there is no tree {tree!r} (it holds {', '.join(known) or 'no tree at all'})"
        check_known(tree, known, fault, remedy="change events.tree in the search's YAML")
        with readable(path):
            found = file[tree]
            kind = _Fields if "RNTuple" in type(found).__name__ else _Branches
            source = kind(found, path, span, known)
        yield source


class _Tree:
    typed = True

    def __init__(self, tree: Any, path: str | Path, span: Span, known: list[str]) -> None:
        self.tree, self.path = tree, path
        self.trees: Sequence[str] = known
        self.names: list[str] = list(dict.fromkeys(tree.keys()))
        self.where = f"tree {tree.name!r}"
        entries = int(tree.num_entries)  # old trees hold it as a float
        self.first = min(span.first, entries)
        self.stop = entries if span.stop is None else min(span.stop, entries)

    def chunks(self, names: list[str], size: int | None) -> Iterator[Raw]:
        with readable(self.path):
            ends = self._ends(names, size)
        for start, stop in pairwise(ends):
            with readable(self.path):
                raw = self._read(names, start, stop)
            yield raw

    def _ends(self, names: list[str], size: int | None) -> list[int]:  # noqa: ARG002
        return even(self.first, self.stop, size or JAGGED_MOST)

    def _read(self, names: list[str], start: int, stop: int) -> dict[str, Any]:
        raise NotImplementedError


class _Branches(_Tree):
    """A TTree: flat branches are read into buffers that are kept, at the ends of the compressed baskets."""

    def __init__(self, tree: Any, path: str | Path, span: Span, known: list[str]) -> None:
        super().__init__(tree, path, span, known)
        self._buffers: dict[str, NDArray[Any]] = {}

    def _ends(self, names: list[str], size: int | None) -> list[int]:
        most = min(size or MOST, MOST if all(self._is_flat(name) for name in names) else JAGGED_MOST)
        if self.first < self.stop <= self.first + most:  # a small file, of which the baskets do not matter
            return [self.first, self.stop]
        wanted = [self.tree[name] for name in names]
        ends = self.tree.common_entry_offsets(filter_branch=lambda branch: any(branch is own for own in wanted))
        return together(ends, self.first, self.stop, most)

    def _is_flat(self, name: str) -> bool:
        from uproot.interpretation.numerical import AsDtype

        kind = self.tree[name].interpretation
        return isinstance(kind, AsDtype) and not kind.inner_shape and kind.to_dtype.names is None

    def _read(self, names: list[str], start: int, stop: int) -> dict[str, Any]:
        return {name: self._branch(name, start, stop) for name in names}

    def _branch(self, name: str, start: int, stop: int) -> Any:
        branch = self.tree[name]
        with readable(self.path, f"branch {name!r} ({branch.typename}) is damaged, or of a kind that is not read"):
            if self._is_flat(name):
                return self._into_buffer(branch, name, start, stop)
            _check_split(branch, name, self.path)
            return plain(branch.array(entry_start=start, entry_stop=stop, library="ak"), name, self.path)

    def _into_buffer(self, branch: Any, name: str, start: int, stop: int) -> NDArray[Any]:
        buffer = self._buffers.get(name)
        if buffer is None or len(buffer) < stop - start:
            dtype = branch.interpretation.to_dtype.newbyteorder("=")
            buffer = self._buffers[name] = np.empty(stop - start, dtype=dtype)
        own = buffer[: stop - start]
        branch.array(branch.interpretation.inplace(own), start, stop, library="np")
        return own


class _Fields(_Tree):
    """An RNTuple; a field of a record, as `Trk.P`, comes back in the record."""

    def _read(self, names: list[str], start: int, stop: int) -> dict[str, Any]:
        with readable(
            self.path, f"{', '.join(names)} of {self.where}: one is damaged, or of a kind that is not read"
        ):
            array = self.tree.arrays(filter_name=names, entry_start=start, entry_stop=stop, library="ak")
            return {name: plain(_field(array, name), name, self.path) for name in names}


def _field(array: Any, name: str) -> Any:
    if name in array.fields:
        return array[name]
    for part in name.split("."):
        array = array[part]
    return array


def _check_split(branch: Any, name: str, path: str | Path) -> None:
    from uproot.interpretation.identify import UnknownInterpretation
    from uproot.interpretation.objects import AsObjects

    kind = branch.interpretation
    if (
        isinstance(kind, UnknownInterpretation)
        or branch.branches
        or (
            isinstance(kind, AsObjects) and not branch.typename.startswith(("std::vector<", "vector<", "std::string"))
        )
    ):
        inner = [str(key) for key in branch.keys()][:5]  # noqa: SIM118
        hint = (
            f"take one of its own branches ({', '.join(inner)})" if inner else "write it split, or as plain numbers"
        )
        raise InputError(
            f"{path}: branch {name!r} is an object ({branch.typename}){'' if inner else ', not split,'} and holds no "
            "numbers", remedy=hint,
        )  # fmt: skip


def plain(array: Any, name: str, path: str | Path) -> Any:
    """An Awkward array as NumPy's, shape (n,) or (n, k), text as objects, or as `Ragged`.

    Raises:
        InputError: arrays of arrays, records.
    """
    import awkward as ak

    array = ak.to_packed(array)
    layout = array.layout
    while isinstance(layout, ak.contents.IndexedArray | ak.contents.UnmaskedArray):
        layout = layout.project() if isinstance(layout, ak.contents.IndexedArray) else layout.content
    if layout.parameter("__array__") == "string":
        return np.array(ak.to_list(array), dtype=object)
    if isinstance(layout, ak.contents.ListOffsetArray | ak.contents.ListArray):
        inner = layout.to_ListOffsetArray64(True)
        if isinstance(inner.content, ak.contents.NumpyArray) and inner.content.data.ndim == 1:
            offsets = np.asarray(inner.offsets)
            values = np.asarray(inner.content.data)[: int(offsets[-1])]
            if inner.content.parameter("__array__") is None:
                return Ragged(values, np.diff(offsets).astype(np.int64))
    elif isinstance(layout, ak.contents.NumpyArray | ak.contents.RegularArray) and _numeric(layout):
        return np.asarray(ak.to_numpy(array))
    raise InputError(
        f"{path}: branch {name!r} holds no numbers but {array.type.content}",
        remedy="name a branch of numbers, or of one array of numbers an event",
    )


def _numeric(layout: Any) -> bool:
    while hasattr(layout, "content"):
        layout = layout.content
    return layout.parameter("__array__") is None and np.asarray(layout.data).dtype.kind in "fiub"


def even(first: int, stop: int, size: int) -> list[int]:
    """Ends of parts of `size`."""
    return [*range(first, stop, size), stop] if stop > first else [first]


def together(ends: Sequence[int], first: int, stop: int, most: int) -> list[int]:
    """Ends of parts of at most `most` events, at common ends of baskets where there are such: each is read once."""
    found = [first]
    inner = [end for end in ends if first < end < stop]
    for end in (*inner, stop):
        while end - found[-1] > most:
            before = [e for e in inner if found[-1] < e <= found[-1] + most]
            found.append(before[-1] if before else found[-1] + most)
    if stop > found[-1]:
        found.append(stop)
    return found
