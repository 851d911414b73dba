"""Text and CSV from people's hands: what is not quite right is refused by line and column, never read otherwise.

The one reader of CSV for limits, models, samples, overlays and tables; event files, which are streamed, take the
parts `check_kind`, `column_names`, `cells_of` and `number`.
"""

from __future__ import annotations

import csv
import hashlib
import json
import os
import re
import stat
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from darkaon.errors import InputError
from darkaon.paths import find
from darkaon.typing import Array

SMALL = 1_000_000  # bytes: a larger file is told by its size and date
PLAN = "DARKAON_PLAN"  # environment of a job: the file with what the run was planned with
KINDS = (  # first bytes, what has them, what to do
    (b"\x1f\x8b", "a gzip file", "unpack it with gunzip"),
    (b"BZh", "a bzip2 file", "unpack it with bunzip2"),
    (b"\xfd7zXZ", "an xz file", "unpack it with unxz"),
    (b"PK\x03\x04", "a zip archive or an Excel workbook", "save the sheet as CSV in UTF-8"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook", "save the sheet as CSV in UTF-8"),
    (b"PAR1", "a parquet file", "write it as CSV, with pandas.read_parquet and to_csv"),
    (b"ARROW1", "a feather file", "write it as CSV, with pandas.read_feather and to_csv"),
    (b"FEA1", "a feather file", "write it as CSV, with pandas.read_feather and to_csv"),
    (b"\x89HDF", "an HDF5 file", "write it as CSV"),
    (b"\x93NUMPY", "a NumPy file", "write it as CSV"),
    (b"SQLite format", "an SQLite file", "write it as CSV"),
    (b"%PDF", "a PDF file", "write its numbers as CSV"),
    (b"root", "a ROOT file", "give it where event files are read"),
    (b"\xff\xfe", "UTF-16 text", "save it in UTF-8"),
    (b"\xfe\xff", "UTF-16 text", "save it in UTF-8"),
)
_NUMBER = re.compile(r"[+-]?((\d+\.?\d*|\.\d+)(e[+-]?\d+)?|inf(inity)?|nan)", re.IGNORECASE | re.ASCII)
_COMMA = re.compile(r"[+-]?\d+,\d+(e[+-]?\d+)?", re.IGNORECASE | re.ASCII)
_OTHER_MARKS = {";": "semicolons", "\t": "tabs", "|": "vertical bars"}


def check_kind(path: str | Path, start: bytes) -> None:
    """Refuse a file that is not text, by its first bytes.

    Raises:
        InputError: it is compressed, binary or UTF-16.
    """
    for magic, kind, remedy in KINDS:
        if start.startswith(magic):
            raise InputError(f"{path}: is {kind}, not text in UTF-8", remedy=remedy)
    if b"\0" in start:
        raise InputError(f"{path}: is a binary file, not text in UTF-8", remedy="give a text file")


def read_text(path: str | Path) -> str:
    """The text of a file in UTF-8, with or without a byte order mark; lines end in a newline alone.

    Raises:
        InputError: no such file, or one that cannot be read, is of another kind or in another encoding.
    """
    try:
        content = find(path).read_bytes()
    except FileNotFoundError:
        raise InputError(f"{path}: no such file", remedy="check the path") from None
    except OSError as error:
        reason = (error.strerror or "cannot be read").lower()
        raise InputError(f"{path}: {reason}", remedy="check the path and who may read it") from None
    check_planned(path)
    check_kind(path, content)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise not_utf8(path, error, content) from None
    return text.replace("\r\n", "\n").replace("\r", "\n")


def state(path: str | Path) -> str:
    """What tells a file from another of its name, whatever its date says.

    Returns:
        The checksum of its content; of a file above `SMALL` its size and date; of a folder those of its files.
    """
    try:
        known = os.stat(path)  # noqa: PTH116  (asked of thousands of files)
    except OSError:
        return "missing"
    if stat.S_ISDIR(known.st_mode):
        files = [file for file in sorted(Path(path).rglob("*")) if file.is_file()]
        inside = [f"{file.relative_to(path)} {state(file)}" for file in files]
        return "sha256:" + hashlib.sha256("\n".join(inside).encode()).hexdigest()
    if not stat.S_ISREG(known.st_mode):
        return "missing"
    return _state(str(path), known.st_size, known.st_mtime_ns, known.st_ctime_ns, known.st_ino)


@cache
def _state(path: str, size: int, date: int, *_: int) -> str:
    if size > SMALL:
        return f"{size} bytes, {date} ns"
    return "sha256:" + hashlib.sha256(Path(path).read_bytes()).hexdigest()


def planned(what: str) -> dict[str, Any]:
    """What the workflow planned this job with: empty, if no workflow started it.

    Args:
        what: `sources`, path -> `state` of the files outside the results; or `slots` of its search.
    """
    path = os.environ.get(PLAN)
    if path is None or not Path(path).is_file():
        return {}
    plan = json.loads(Path(path).read_bytes())  # by output, which is an argument of the job that makes it
    named = {argument: plan[argument] for argument in sys.argv if argument in plan}
    read = {file for job in named.values() for file in job["inputs"]}  # outputs of other jobs, that this one reads
    own: dict[str, Any] = next((job for output, job in named.items() if output not in read), {})
    return dict(json.loads(own.get(what) or "{}"))


def check_planned(path: str | Path) -> None:
    """Refuse a file that is no more what the workflow planned this job with.

    Raises:
        InputError: it was changed while the run lasts.
    """
    expected = planned("sources").get(os.path.normpath(path))
    if expected is not None and expected != state(path):
        raise InputError(f"{path}: was changed while the run lasts", remedy="start the run again")


def not_utf8(path: str | Path, error: UnicodeDecodeError, content: bytes) -> InputError:
    """The refusal of text in another encoding: the line, and what it would be in Latin-1."""
    line = content.count(b"\n", 0, error.start) + 1
    byte = content[error.start : error.start + 1]
    return InputError(
        f"{path}, line {line}: byte 0x{byte.hex()} is not UTF-8 (in Latin-1 it is {byte.decode('latin-1')!r})",
        remedy="save it in UTF-8, with 'iconv -f latin1 -t utf8' if it is Latin-1",
    )


@dataclass(frozen=True)
class Rows:
    """The rows of a CSV file as they are written.

    Attributes:
        path: the file.
        names: its columns; the first may be '' (an index without a name).
        lines: number of the line of each row, from 1.
        cells: text of each row, without blanks around; as many as `names`.
        comments: the lines that begin with '#', without it.
    """

    path: Path
    names: tuple[str, ...]
    lines: tuple[int, ...]
    cells: tuple[tuple[str, ...], ...]
    comments: tuple[str, ...]

    def text(self, name: str) -> list[str]:
        """A column as text."""
        index = self.names.index(name)
        return [row[index] for row in self.cells]

    def numbers(self, name: str) -> Array:
        """A column as numbers, float64; NaN for an empty cell.

        Raises:
            InputError: a cell that is not a number, with line and column.
        """
        cells = self.text(name)
        if all(map(_is_number, cells)):
            return np.array([float(cell or "nan") for cell in cells])
        row = next(i for i, cell in enumerate(cells) if not _is_number(cell))
        raise not_a_number(self.path, self.lines[row], name, cells[row])


def comments_of(text: str) -> list[str]:
    """The lines that begin with '#', without it."""
    return [line.strip()[1:].strip() for line in text.split("\n") if _is_comment(line)]


def read_rows(path: str | Path, required: Sequence[str] = ()) -> Rows:
    """The rows of a CSV file: commas between cells, quotes where a cell has one, lines with '#' are comments.

    Args:
        path: the file.
        required: columns that must be there.

    Raises:
        InputError: no such file or of another kind, no line of column names, a column missing or given twice, a row
            of another length, a quote that does not end.
    """
    text = read_text(path)
    numbered = [(i, line) for i, line in enumerate(text.split("\n"), 1) if line.strip() and not _is_comment(line)]
    comments = comments_of(text)
    if not numbered:
        raise InputError(f"{path}: the table is empty", remedy="it needs a line of column names and rows of numbers")
    names = column_names(path, *numbered[0], comments=comments)
    for name in required:
        if name not in names:
            raise InputError(
                f"{path}: column {name!r} is missing",
                remedy=f"it has {', '.join(names)} and needs {', '.join(required)}",
            )
    rows = tuple(tuple(cells_of(path, number, line, len(names))) for number, line in numbered[1:])
    return Rows(Path(path), names, tuple(number for number, _ in numbered[1:]), rows, tuple(comments))


def column_names(path: str | Path, number: int, line: str, *, comments: Sequence[str] = ()) -> tuple[str, ...]:
    """The names of the columns.

    Args:
        path: the file.
        number: of the line.
        line: the first that is no comment.
        comments: of the file, in which the names may hide.

    Raises:
        InputError: numbers in their place, a name that is missing or given twice, marks other than commas.
    """
    names = _split(path, number, line)
    for mark, word in _OTHER_MARKS.items():
        if len(names) == 1 and mark in line:
            raise InputError(
                f"{path}, line {number}: the cells are separated by {word}", remedy="write commas instead"
            )
    if all(map(_is_number, names)):
        hidden = next((c for c in comments if c.count(",") == len(names) - 1 > 0 and ": " not in c), "")
        fault = f"the line of column names is commented out ({hidden!r})" if hidden else "no line of column names"
        raise InputError(
            f"{path}, line {number}: {fault}",
            remedy="remove the '#'" if hidden else "name the columns in the first line",
        )
    for index, name in enumerate(names):
        if not name and index:
            raise InputError(f"{path}, line {number}: column {index + 1} has no name", remedy="name or remove it")
        if name in names[:index]:
            raise InputError(f"{path}: column {name!r} is a duplicate in line {number}", remedy="remove one of them")
    return tuple(names)


def cells_of(path: str | Path, number: int, line: str, length: int) -> list[str]:
    """The cells of a row.

    Raises:
        InputError: another number of them than `length`, a quote that does not end.
    """
    cells = _split(path, number, line)
    if len(cells) != length:
        remedy = "write one cell for each column, in quotes where it has a comma"
        if len(cells) > length and any(cell.isdigit() for cell in cells[1:]):
            remedy += "; numbers have a decimal point"
        raise InputError(f"{path}, line {number}: {len(cells)} cells where there are {length} columns", remedy=remedy)
    return cells


def not_a_number(path: str | Path, number: int, name: str, cell: str) -> InputError:
    """The refusal of a cell."""
    remedy = "write a number, with a point"
    if _COMMA.fullmatch(cell):
        remedy = "write a decimal point instead of the comma"
    elif "#" in cell:
        remedy = "write comments on lines of their own"
    elif "_" in cell or "\u2212" in cell:
        remedy = "write digits, '.', 'e', '+' and '-' only"
    return InputError(f"{path}, line {number}: {name} is {cell!r}, which is not a number", remedy=remedy)


def _split(path: str | Path, number: int, line: str) -> list[str]:
    try:
        return [cell.strip() for cell in next(csv.reader([line], strict=True, skipinitialspace=True))]
    except csv.Error as error:
        raise InputError(f"{path}, line {number}: {error}", remedy="end each quote before the next comma") from None


def _is_comment(line: str) -> bool:
    return line.lstrip().startswith("#")


def _is_number(cell: str) -> bool:
    """Whether a cell is empty or a number; unlike `float`, which also takes 1_000 and digits of other scripts."""
    return not cell or _NUMBER.fullmatch(cell) is not None


def number(text: str) -> float | None:
    """The number that a text is; None if it is empty or something else."""
    return float(text) if text and _is_number(text) else None
