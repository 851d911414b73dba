"""The public tables: CSV with a '#' header, units in the column names, 9 significant digits.

Every table that darkaon writes or reads passes through here, so that bytes repeat and a published table
and one of our own look the same to whatever reads them.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from darkaon.errors import InputError
from darkaon.paths import find
from darkaon.tables.checksums import fingerprint

if TYPE_CHECKING:
    import pandas as pd

FORMAT_VERSION = 1


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
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.stem}.partial{path.suffix}")
    try:
        yield temporary
        temporary.replace(path)
    finally:
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
    text = format_table(columns, header)
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def _lines(path: Path) -> list[str]:
    try:
        return find(path).read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        raise InputError(f"{path}: no such file", remedy="check the path") from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read as text ({error})", remedy="save it as text in UTF-8") from None


def _header(lines: Sequence[str]) -> tuple[dict[str, str], list[str]]:
    """The '# key: value' lines, and the other comments."""
    header: dict[str, str] = {}
    comments: list[str] = []
    for line in lines:
        if line.startswith("#"):
            body = line[1:].strip()
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
    return _header(_lines(Path(path)))[0]


def read_table(path: str | Path, required: Sequence[str] = (), text: Sequence[str] = ()) -> Table:
    """Read a table written by `write_table`, or any CSV with '#' comment lines.

    Args:
        path: the file.
        required: columns that must be there.
        text: columns that are kept as strings; all others must be numbers (an empty cell is NaN).

    Raises:
        InputError: no such file, a missing or repeated column, a row of another length, a cell that is no
            number.
    """
    path = Path(path)
    lines = _lines(path)
    header, comments = _header(lines)
    rows = [(i, line) for i, line in enumerate(lines, start=1) if line.strip() and not line.startswith("#")]
    if not rows:
        raise InputError(f"{path}: the table is empty", remedy="it needs a line of column names and rows of numbers")
    names = [name.strip() for name in next(csv.reader([rows[0][1]]))]
    repeated = {name for name in names if names.count(name) > 1}
    if repeated:
        raise InputError(
            f"{path}: column {sorted(repeated)[0]!r} is a duplicate in line {rows[0][0]}", remedy="remove one of them"
        )
    missing = [name for name in required if name not in names]
    if missing:
        raise InputError(
            f"{path}: column {missing[0]!r} is missing",
            remedy=f"it has {', '.join(names)} and needs {', '.join(required)}",
        )
    cells: list[list[str]] = []
    for (number, _), row in zip(rows[1:], csv.reader(line for _, line in rows[1:]), strict=True):
        if len(row) != len(names):
            raise InputError(
                f"{path}, line {number}: {len(row)} cells where there are {len(names)} columns",
                remedy="write one cell for each column, in quotes where it has a comma",
            )
        cells.append(row)
    columns: dict[str, np.ndarray] = {}
    for index, name in enumerate(names):
        column = [row[index].strip() for row in cells]
        if name in text:
            columns[name] = np.array(column, dtype=str)
            continue
        try:
            columns[name] = np.array([float(cell) if cell else np.nan for cell in column], dtype=float)
        except ValueError:
            for (number, _), cell in zip(rows[1:], column, strict=True):
                try:
                    float(cell or "nan")
                except ValueError:
                    raise InputError(
                        f"{path}, line {number}: {name} is {cell!r}, which is not a number",
                        remedy="write a number, with a point",
                    ) from None
    return Table(columns, header, tuple(comments), fingerprint(path))
