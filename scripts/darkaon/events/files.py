"""Opening event files, ROOT (TTree, RNTuple) or CSV, and streaming their branches as they are.

What the branches mean is the business of `darkaon.events.branches`. Every fault of a file becomes one `InputError`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from darkaon.config.schema import nearest
from darkaon.errors import InputError

Raw = Mapping[str, Any]  # branch -> NumPy or Awkward array, one entry an event


class Source(Protocol):
    """A table of events.

    Attributes:
        names: its branches.
        where: what it is called in errors.
    """

    names: list[str]
    where: str

    def chunks(self, names: list[str], size: int) -> Iterator[Raw]:
        """These branches, `size` events at a time."""


def is_csv(path: str | Path) -> bool:
    """Whether a file is taken as CSV, by its suffix."""
    return Path(path).suffix.lower() == ".csv"


def open_source(path: str | Path, tree: str) -> AbstractContextManager[Source]:
    """The events in a ROOT file's `tree`, or in a CSV file.

    Raises:
        InputError: no such file, damaged, another kind of file, no such tree.
    """
    return _open_csv(path) if is_csv(path) else _open_tree(path, tree)


# --- ROOT -----------------------------------------------------------------------------------------------


@contextmanager
def readable(path: str | Path, remedy: str = "") -> Iterator[None]:
    """A damaged file raises almost anything from within uproot: make it one sentence."""
    try:
        yield
    except (InputError, MemoryError):
        raise
    except FileNotFoundError:
        raise InputError(f"{path}: no such file", remedy="check the path") from None
    except Exception as error:
        reason = remedy or "it is damaged, cut short or of another kind; copy or make it again"
        raise InputError(
            f"{path}: cannot be read as a ROOT file: {reason} ({type(error).__name__})",
            remedy="give a ROOT file, or a CSV table whose name ends in .csv",
        ) from error


@contextmanager
def open_root(path: str | Path) -> Iterator[Any]:
    """The ROOT file as uproot sees it.

    Raises:
        InputError: no such file, damaged or cut short, no ROOT file.
    """
    import uproot

    with readable(path):
        file = uproot.open({path: None})  # as a mapping: a ':' in the name is no tree
    with file:
        end, size = file.file.fEND, Path(path).stat().st_size
        if not 0 < end <= size:
            raise InputError(
                f"{path}: the ROOT file is cut short ({size} of {end} bytes)", remedy="copy or make it again"
            )
        yield file


def trees(file: Any) -> list[str]:
    """Names of the TTrees and RNTuples in an open file."""
    kinds = file.classnames(cycle=False)
    return [name for name, kind in kinds.items() if kind.startswith(("TTree", "TNtuple", "ROOT::RNTuple"))]


@contextmanager
def _open_tree(path: str | Path, tree: str) -> Iterator[Source]:
    with open_root(path) as file:
        with readable(path):
            known = trees(file)
        if tree not in known:
            raise InputError(
                f"{path}: there is no tree {tree!r}{nearest(tree, known)} (it holds "
                f"{', '.join(known) or 'no tree at all'})",
                remedy="change events.tree in the search's YAML",
            )
        with readable(path):
            source = _Tree(file[tree], path)
        yield source


class _Tree:
    def __init__(self, tree: Any, path: str | Path) -> None:
        self.tree, self.path = tree, path
        self.names: list[str] = list(tree.keys())
        self.where = f"tree {tree.name!r}"

    def chunks(self, names: list[str], size: int) -> Iterator[Raw]:
        with readable(self.path):
            parts = self.tree.iterate(filter_name=set(names).__contains__, step_size=size, library="ak")
        while True:
            with readable(self.path):
                part = next(parts, None)
                if part is None:
                    return
                raw = {name: part[name] for name in names}
            yield raw


# --- CSV ------------------------------------------------------------------------------------------------


@contextmanager
def _open_csv(path: str | Path) -> Iterator[Source]:
    try:
        with Path(path).open(encoding="utf-8") as file:
            yield _Rows((line for line in file if line.strip() and not line.startswith("#")), path)
    except OSError as error:
        raise InputError(
            f"{path}: {(error.strerror or 'cannot be read').lower()}", remedy="check the path and who may read it"
        ) from None
    except UnicodeDecodeError:
        raise InputError(f"{path}: is not text, so not a CSV table", remedy="save it as text in UTF-8") from None


class _Rows:
    where = "the table"

    def __init__(self, lines: Iterator[str], path: str | Path) -> None:
        self.lines, self.path = lines, path
        self.names = [name.strip() for name in next(lines, "").split(",")]

    def chunks(self, names: list[str], size: int) -> Iterator[Raw]:
        columns = [self.names.index(name) for name in names]
        first = 0
        while block := list(islice(self.lines, size)):
            try:
                values = np.loadtxt(block, delimiter=",", usecols=columns, ndmin=2)
            except ValueError:
                row = next(i for i, line in enumerate(block) if not _numbers(line, columns))
                raise InputError(
                    f"{self.path}: event {first + row} (counted from 0) is not a row of {len(self.names)} numbers: "
                    f"{block[row].strip()[:60]!r}",
                    remedy="correct the row or remove it",
                ) from None
            first += len(block)
            yield dict(zip(names, values.T, strict=True))


def _numbers(line: str, columns: list[int]) -> bool:
    cells = line.split(",")
    try:
        for column in columns:
            float(cells[column])
    except (ValueError, IndexError):
        return False
    return True
