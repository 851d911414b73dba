"""Parquet and Feather files of events, through pyarrow, which is optional."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from darkaon.errors import InputError
from darkaon.events.ragged import Ragged
from darkaon.events.sources import Raw, Source, suffix

ROWS = 200_000  # at a time


def arrow(path: str | Path) -> Any:
    """The package pyarrow.

    Raises:
        InputError: it is not installed.
    """
    try:
        import pyarrow
    except ImportError:
        raise InputError(
            f"{path}: reading {suffix(path)} needs the package pyarrow, which is not installed",
            remedy="install pyarrow, or give the events as ROOT or CSV",
        ) from None
    return pyarrow


@contextmanager
def open_columnar(path: str | Path) -> Iterator[Source]:
    """The events in a Parquet or Feather file.

    Raises:
        InputError: no such file, damaged, pyarrow is not installed.
    """
    pa = arrow(path)
    try:
        yield _parquet(path) if suffix(path) == ".parquet" else _feather(path)
    except (pa.ArrowException, OSError) as error:
        raise InputError(
            f"{path}: cannot be read as {suffix(path)[1:]} ({str(error).splitlines()[0][:80]})",
            remedy="copy or make it again",
        ) from None


class _Table:
    where = "the table"
    trees: Sequence[str] = ()
    typed = True

    def __init__(self, path: str | Path, schema: Any, batches: Callable[[list[str]], Iterable[Any]]) -> None:
        self.path, self.columns, self.batches = path, schema.names, batches
        self.names = list(_names(schema))
        doubled = [name for name in self.names if self.names.count(name) > 1]
        if doubled:
            raise InputError(f"{path}: column {doubled[0]!r} stands twice", remedy="give each a name of its own")

    def chunks(self, names: list[str], size: int | None) -> Iterator[Raw]:
        for batch in self.batches(sorted({_column(name, self.columns) for name in names})):
            for start in range(0, batch.num_rows, size or ROWS):
                part = batch.slice(start, size or ROWS)
                yield {name: plain(_inside(part, name), name, self.path) for name in names}


def _parquet(path: str | Path) -> _Table:
    from pyarrow import parquet

    file = parquet.ParquetFile(path)
    return _Table(
        path, file.schema_arrow, lambda columns: file.iter_batches(ROWS, columns=columns, use_threads=False)
    )


def _feather(path: str | Path) -> _Table:
    from pyarrow import ipc, memory_map

    file = ipc.open_file(memory_map(str(path)))
    numbers = range(file.num_record_batches)
    return _Table(path, file.schema, lambda columns: (file.get_batch(i).select(columns) for i in numbers))


def _names(fields: Iterable[Any], before: str = "") -> Iterator[str]:
    """Columns, and after each record (or array of records) its fields: `trk`, `trk.p`."""
    import pyarrow as pa

    for field in fields:
        yield before + field.name
        kind = field.type.value_type if _is_list(field.type) else field.type
        if pa.types.is_struct(kind):
            yield from _names(kind, f"{before}{field.name}.")


def _is_list(kind: Any) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind))


def _inside(batch: Any, name: str) -> Any:
    """A column, or a field of a record in one."""
    column = _column(name, batch.schema.names)
    found = batch.column(column)
    return found if name == column else _field(found, name.removeprefix(f"{column}."))


def _column(name: str, known: Sequence[str]) -> str:
    """The column of a name: itself, or of whose records it is a field."""
    return name if name in known else next(own for own in known if name.startswith(f"{own}."))


def _field(column: Any, name: str) -> Any:
    """A field of records, or of each record of an array, which is then an array of it."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if _is_list(column.type):
        counts = pc.fill_null(pc.list_value_length(column), 0).to_numpy(zero_copy_only=False)
        return pa.LargeListArray.from_arrays(np.append(0, np.cumsum(counts)), _field(column.flatten(), name))
    own = _column(name, [field.name for field in column.type])
    inner = pc.struct_field(column, [own])
    return inner if name == own else _field(inner, name.removeprefix(f"{own}."))


def plain(column: Any, name: str, path: str | Path) -> Any:
    """A column as NumPy's, shape (n,), text as objects, or as `Ragged`; NaN where a number is missing.

    Raises:
        InputError: arrays of arrays, records; a condition that is missing.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = column.type
    if pa.types.is_dictionary(kind):
        return plain(column.dictionary_decode(), name, path)
    if _is_list(kind):
        inner = column.flatten()
        if not _is_list(inner.type):
            counts = pc.fill_null(pc.list_value_length(column), 0).to_numpy(zero_copy_only=False)
            return Ragged(plain(inner, name, path), counts.astype(np.int64))
    elif pa.types.is_decimal(kind):
        return column.cast(pa.float64()).to_numpy(zero_copy_only=False)
    elif pa.types.is_integer(kind) or pa.types.is_floating(kind):
        return column.to_numpy(zero_copy_only=False)
    elif pa.types.is_boolean(kind) and column.null_count:
        raise InputError(
            f"{path}: column {name!r} is neither true nor false in an event", remedy="write true or false in each"
        )
    elif pa.types.is_boolean(kind):
        return np.asarray(column.to_numpy(zero_copy_only=False), dtype=bool)
    elif pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return np.array(column.to_pylist(), dtype=object)
    raise InputError(
        f"{path}: column {name!r} holds no numbers but {kind}",
        remedy="name a column of numbers, or of one array of numbers an event",
    )
