"""The public tables: CSV with a '#' header, units in the column names, 9 significant digits.

Every table that darkaon writes or reads passes through here, so that bytes repeat and a published table
and one of our own look the same to whatever reads them.
"""

from __future__ import annotations

import csv
import errno
import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from darkaon.errors import InputError
from darkaon.reading import comments_of, read_rows, read_text
from darkaon.tables.checksums import fingerprint

if TYPE_CHECKING:
    import pandas as pd

FORMAT_VERSION = 1
UNWRITABLE = (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC, errno.EDQUOT, errno.ENOTDIR, errno.EEXIST)


@dataclass(frozen=True)
class Table:
    """Columns of equal length with their header.

    Attributes:
        columns: name -> array of float64, or of str for text columns.
        header: key -> value, the provenance lines. Free comment lines are kept under ``comments``.
        file: name and checksum of the file that it was read from; '' if it was not.
    """

    columns: dict[str, np.ndarray]
    header: dict[str, str] = field(default_factory=dict)
    comments: tuple[str, ...] = ()
    file: str = ""

    def __getitem__(self, name: str) -> np.ndarray:
        return self.columns[name]

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()), ()))

    @property
    def label(self) -> str:
        """Where the numbers come from: measured, simulated or published."""
        return self.header.get("label", "")

    def where(self, mask: np.ndarray) -> Table:
        """The rows where `mask` (boolean, one per row) holds."""
        return replace(self, columns={k: v[mask] for k, v in self.columns.items()})

    def to_pandas(self) -> pd.DataFrame:
        """The columns as a pandas DataFrame, the header as `attrs`.

        Raises:
            InputError: pandas is not installed.
        """
        try:
            import pandas as pd
        except ModuleNotFoundError:
            raise InputError("to_pandas: pandas is not installed", remedy="pip install pandas") from None
        frame = pd.DataFrame(dict(self.columns))
        frame.attrs = dict(self.header)
        return frame

    def rows(self) -> list[tuple[Any, ...]]:
        """The rows, as floats and strings."""
        return list(zip(*(values.tolist() for values in self.columns.values()), strict=True))


@contextmanager
def atomic_path(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path that becomes `path` when the block ends without an exception.

    The temporary name is deterministic (a rerun overwrites what a killed run left; `workflow.locks` keeps two runs
    from writing it at once) and keeps the suffix.

    Raises:
        InputError: a full disk, a folder that may not be written, a file in the place of a folder or the reverse.
    """
    path = Path(path)
    temporary = path.parent / f".{path.stem}.partial{path.suffix}"
    try:
        if path.exists() and not path.is_file():  # what is renamed to a device takes its place
            raise InputError(
                f"{path}: is a folder or a device and cannot be written as a file", remedy="give the name of a file"
            )
        path.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        temporary.replace(path)
    except OSError as error:
        short = error.errno is None and "requested and" in str(error)  # how NumPy tells that the disk is full
        if not short and error.errno not in UNWRITABLE:
            raise
        reason = "no space left on device" if short else str(error.strerror).lower()
        raise InputError(
            f"{path}: cannot be written: {reason}", remedy="free space, or choose a folder that may be written"
        ) from error
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return f"{float(value):.9g}"


def format_table(columns: Mapping[str, Any], header: Mapping[str, Any] | None = None) -> str:
    """The text of a table.

    Args:
        columns: name -> array-like of numbers or strings, all of one length; an empty cell is NaN.
        header: key -> value, written as '# key: value' lines in the order given.

    Raises:
        ValueError: columns of different lengths.
    """
    arrays = {name: np.atleast_1d(np.asarray(values)) for name, values in columns.items()}
    lengths = {name: len(values) for name, values in arrays.items()}
    if len(set(lengths.values())) > 1:
        raise ValueError(f"columns differ in length: {lengths}")
    out = io.StringIO()
    out.write(f"# format: darkaon table {FORMAT_VERSION}\n")
    for key, value in (header or {}).items():
        for line in str(value).splitlines() or [""]:
            out.write(f"# {key}: {line}\n")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(arrays)
    cells = []
    for values in arrays.values():
        column = [_text(v) for v in values.tolist()]
        cells.append(["" if text == "nan" else text for text in column])
    writer.writerows(zip(*cells, strict=True))
    return out.getvalue()


def write_table(path: str | Path, columns: Mapping[str, Any], header: Mapping[str, Any] | None = None) -> None:
    """Write a table atomically; see `format_table`."""
    write_text(path, format_table(columns, header))


def write_text(path: str | Path, text: str) -> None:
    """Write a text atomically."""
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def _header(lines: Sequence[str]) -> tuple[dict[str, str], list[str]]:
    """The '# key: value' lines, and the other comments."""
    header: dict[str, str] = {}
    comments: list[str] = []
    for body in lines:
        key, colon, value = body.partition(": ")
        if colon and " " not in key:
            header[key] = f"{header[key]}\n{value}" if key in header else value
        else:
            comments.append(body)
    return header, comments


def read_header(path: str | Path) -> dict[str, str]:
    """The header of a table alone, whatever its columns are.

    Raises:
        InputError: no such file, or no text.
    """
    return _header(comments_of(read_text(path)))[0]


def read_table(path: str | Path, required: Sequence[str] = (), text: Sequence[str] = ()) -> Table:
    """Read a table written by `write_table`, or any CSV with '#' comment lines, that has the columns `required`.

    The columns `text` are kept as strings; all others must be numbers (an empty cell is NaN).

    Raises:
        InputError: whatever `reading.read_rows` refuses, a cell that is not a number.
    """
    rows = read_rows(path, required)
    header, comments = _header(rows.comments)
    columns: dict[str, np.ndarray] = {}
    for name in filter(None, rows.names):
        columns[name] = np.array(rows.text(name), dtype=str) if name in text else rows.numbers(name)
    return Table(columns, header, tuple(comments), fingerprint(path))
