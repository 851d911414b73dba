"""CSV files of events, plain or compressed, read strictly: rows of one length, numbers and nothing else."""

from __future__ import annotations

import gzip
import io
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from darkaon.errors import InputError
from darkaon.events.sources import Raw, Source, suffix
from darkaon.reading import cells_of, column_names, not_a_number, number

ROWS = 200_000  # at a time
MOST_COMMENTS = 1000  # kept, in which the names may hide


@contextmanager
def open_rows(path: str | Path) -> Iterator[Source]:
    """The events in a CSV file: a header, rows of numbers, lines of comments with '#'.

    Raises:
        InputError: no such file, no text in UTF-8, no header, other separators, no numbers.
    """
    kind = suffix(path)
    try:
        with _bytes(path, kind) as stream, io.TextIOWrapper(stream, encoding="utf-8-sig", newline=None) as file:
            yield _Rows(file, path)
    except UnicodeDecodeError as error:
        raise InputError(
            f"{path}: byte {error.object[error.start]:#04x} is not UTF-8",
            remedy="save it in UTF-8, with 'iconv -f latin1 -t utf8' if it is Latin-1",
        ) from None
    except (OSError, EOFError) as error:
        reason = getattr(error, "strerror", None) or f"cannot be read ({error})"
        raise InputError(
            f"{path}: {reason.lower()}", remedy="copy or make it again, and see who may read it"
        ) from None


def _bytes(path: str | Path, kind: str) -> BinaryIO | Any:
    if kind == ".csv.gz":
        return gzip.open(path, "rb")
    if kind == ".csv.zst":
        from darkaon.events.columnar import arrow

        return io.BufferedReader(arrow(path).input_stream(str(path), compression="zstd"))
    return Path(path).open("rb")


class _Rows:
    where = "the table"
    trees: Sequence[str] = ()
    typed = False

    def __init__(self, file: Iterable[str], path: str | Path) -> None:
        self.path = path
        self._comments: list[str] = []
        self._lines = self._numbered(file)
        first = next(self._lines, None)
        if first is None:
            raise InputError(f"{path}: holds nothing", remedy="give a line of column names and rows of numbers")
        self.names = list(column_names(path, *first, comments=self._comments))
        self._comments.clear()

    def _numbered(self, file: Iterable[str]) -> Iterator[tuple[int, str]]:
        for at, line in enumerate(file, 1):
            if not (bare := line.strip()):
                continue
            if not bare.startswith("#"):
                yield at, bare
            elif len(self._comments) < MOST_COMMENTS:
                self._comments.append(bare[1:].strip())

    def chunks(self, names: list[str], size: int | None) -> Iterator[Raw]:
        columns, width = [self.names.index(name) for name in names], len(self.names) - 1
        while block := list(islice(self._lines, size or ROWS)):
            lines = [line for _, line in block]
            if not any('"' in line for line in lines) and all(line.count(",") == width for line in lines):
                try:
                    values = np.loadtxt(lines, delimiter=",", usecols=columns, ndmin=2, comments=None)
                    yield dict(zip(names, values.T, strict=True))
                    continue
                except ValueError:
                    pass
            yield self._cell_by_cell(block, names, columns)

    def _cell_by_cell(self, block: list[tuple[int, str]], names: list[str], columns: list[int]) -> dict[str, Any]:
        """The same with quoted cells and text; or the sentence that says which row is at fault."""
        rows = [cells_of(self.path, at, line, len(self.names)) for at, line in block]
        raw: dict[str, Any] = {}
        for name, column in zip(names, columns, strict=True):
            cells = [row[column] for row in rows]
            values = [number(cell) for cell in cells]
            wrong = next((row for row, value in enumerate(values) if value is None), None)
            if wrong is None:
                raw[name] = np.array(values, dtype=float)
            else:
                raw[name] = Text(cells, not_a_number(self.path, block[wrong][0], name, cells[wrong]))
        return raw


class Text(np.ndarray[Any, Any]):
    """A column of text: only a comparison with text may use it.

    Attributes:
        fault: what is said if it is used as numbers.
    """

    fault: InputError | None

    def __new__(cls, cells: list[str], fault: InputError) -> Text:
        """Take the cells of a column."""
        found = np.array(cells, dtype=object).view(cls)
        found.fault = fault
        return found

    def __array_finalize__(self, source: Any) -> None:
        self.fault = getattr(source, "fault", None)
