"""CSV files of events, plain or compressed, read strictly: rows of one length, numbers and nothing else."""

from __future__ import annotations

import csv
import gzip
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from darkaon.errors import InputError
from darkaon.events.sources import Raw, Source, check_kind, suffix

ROWS = 200_000  # at a time
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?|[+-]?(nan|inf|infinity)", re.IGNORECASE)
SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "bars"}


@contextmanager
def open_rows(path: str | Path) -> Iterator[Source]:
    """The events in a CSV file: a header, rows of numbers, lines of comments with '#'.

    Raises:
        InputError: no such file, no text in UTF-8, no header, other separators, no numbers.
    """
    kind = suffix(path)
    if kind == ".csv":
        check_kind(path, kind)
    try:
        with _bytes(path, kind) as stream, io.TextIOWrapper(stream, encoding="utf-8-sig", newline=None) as file:
            yield _Rows(file, path)
    except UnicodeDecodeError as error:
        raise InputError(
            f"{path}: is no text in UTF-8 (byte {error.object[error.start]:#04x}; it may be Latin-1)",
            remedy="convert it: iconv -f LATIN1 -t UTF-8",
        ) from None
    except (OSError, EOFError) as error:
        reason = (
            error.strerror.lower() if isinstance(error, OSError) and error.strerror else f"cannot be read ({error})"
        )
        raise InputError(
            f"{path}: {'no such file' if isinstance(error, FileNotFoundError) else reason}",
            remedy="check the path and who may read it",
        ) from None


def _bytes(path: str | Path, kind: str) -> BinaryIO | Any:
    if kind == ".csv.gz":
        return gzip.open(path, "rb")
    if kind == ".csv.zst":
        return io.BufferedReader(_zstd(path))
    return Path(path).open("rb")


def _zstd(path: str | Path) -> Any:
    from darkaon.events.columnar import arrow

    return arrow(path).input_stream(str(path), compression="zstd")


class _Rows:
    where = "the table"
    trees: Sequence[str] = ()
    typed = False

    def __init__(self, file: Iterable[str], path: str | Path) -> None:
        self.path, self.number = path, 0
        self.lines = self._counted(file)
        self.comment = ""
        first = next(self.lines, "")
        self.names = [cell.strip() for cell in _cells(first)] if first else []
        self._check_header(first)

    def _counted(self, file: Iterable[str]) -> Iterator[str]:
        for self.number, line in enumerate(file, 1):
            if not (bare := line.strip()):
                continue
            if bare.startswith("#"):
                self.comment = bare
            else:
                yield bare

    def _check_header(self, first: str) -> None:
        if not first:
            raise InputError(
                f"{self.path}: holds nothing", remedy="give a CSV with a line of names and rows of numbers"
            )
        other = next((sign for sign in SEPARATORS if sign in first and "," not in first), None)
        if other:
            raise InputError(
                f"{self.path}: its cells are separated by {SEPARATORS[other]}",
                remedy="separate them by commas, with a point in numbers",
            )
        if all(NUMBER.fullmatch(name) for name in self.names):
            commented = self.comment.count(",") == len(self.names) - 1 and self.comment
            raise InputError(
                f"{self.path}: there is no line of column names"
                + (f": it is commented out ({self.comment[:40]!r})" if commented else f" above {first[:40]!r}"),
                remedy="remove its '#'" if commented else "begin with one, as run,m,x",
            )
        doubled = [name for name in self.names if name and self.names.count(name) > 1]
        if doubled:
            raise InputError(f"{self.path}: column {doubled[0]!r} stands twice", remedy="give each a name of its own")

    def chunks(self, names: list[str], size: int | None) -> Iterator[Raw]:
        columns = [self.names.index(name) for name in names]
        first, width = 0, len(self.names) - 1
        while block := list(islice(self.lines, size or ROWS)):
            quoted = any('"' in line for line in block)
            if not quoted and all(line.count(",") == width for line in block):
                try:
                    values = np.loadtxt(block, delimiter=",", usecols=columns, ndmin=2, comments=None)
                    yield dict(zip(names, values.T, strict=True))
                except ValueError:
                    yield self._cell_by_cell(block, names, columns, first)
            else:
                yield self._cell_by_cell(block, names, columns, first)
            first += len(block)

    def _cell_by_cell(self, block: list[str], names: list[str], columns: list[int], first: int) -> dict[str, Any]:
        """The same with quoted cells and text; or the sentence that says which cell is at fault."""
        found: dict[str, list[str]] = {name: [] for name in names}
        for row, line in enumerate(block):
            cells = [cell.strip() for cell in _cells(line)]
            if len(cells) != len(self.names):
                raise InputError(
                    f"{self.path}: event {first + row} (counted from 0) is not a row of {len(self.names)} numbers: "
                    f"{line[:60]!r} has {len(cells)} cells", remedy="mend the row: a decimal point, no comma, no gap",
                )  # fmt: skip
            for name, column in zip(names, columns, strict=True):
                found[name].append(cells[column])
        raw: dict[str, Any] = {}
        for name, cells in found.items():
            wrong = next((row for row, cell in enumerate(cells) if not NUMBER.fullmatch(cell)), None)
            raw[name] = np.array([float(cell) for cell in cells]) if wrong is None else Text(cells, wrong + first)
        return raw


class Text(np.ndarray[Any, Any]):
    """A column of text: only a comparison with text may use it.

    Attributes:
        row: the first that is no number.
    """

    row: int

    def __new__(cls, cells: list[str], row: int) -> Text:
        """Take the cells of a column."""
        found = np.array(cells, dtype=object).view(cls)
        found.row = row
        return found

    def __array_finalize__(self, source: Any) -> None:
        self.row = getattr(source, "row", 0)


def _cells(line: str) -> list[str]:
    return next(csv.reader([line], skipinitialspace=True)) if '"' in line else line.split(",")
