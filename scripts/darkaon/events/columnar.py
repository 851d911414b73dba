"""Parquet and Feather files of events, through pyarrow, which is optional."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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
    if not Path(path).is_file():
        raise InputError(f"{path}: no such file", remedy="check the path")
    try:
        yield _Parquet(path) if suffix(path) == ".parquet" else _Feather(path)
    except (pa.ArrowException, OSError) as error:
        raise InputError(
            f"{path}: cannot be read as {suffix(path)[1:]} ({str(error).splitlines()[0][:80]})",
            remedy="copy or make it again",
        ) from None


class _Table:
    where = "the table"
    trees: Sequence[str] = ()
    names: list[str]
    typed = True

    def __init__(self, path: str | Path) -> None:
        self.path = path

    def _check(self) -> None:
        doubled = [name for name in self.names if self.names.count(name) > 1]
        if doubled:
            raise InputError(f"{self.path}: column {doubled[0]!r} stands twice", remedy="give each a name of its own")

    def chunks(self, names: list[str], size: int | None) -> Iterator[Raw]:
        for batch in self._batches(names):
            for start in range(0, batch.num_rows, size or ROWS):
                part = batch.slice(start, size or ROWS)
                yield {name: plain(part.column(name), name, self.path) for name in names}

    def _batches(self, names: list[str]) -> Iterator[Any]:
        raise NotImplementedError


class _Parquet(_Table):
    def __init__(self, path: str | Path) -> None:
        from pyarrow import parquet

        super().__init__(path)
        self.file = parquet.ParquetFile(path)
        self.names = list(self.file.schema_arrow.names)
        self._check()

    def _batches(self, names: list[str]) -> Iterator[Any]:
        return self.file.iter_batches(batch_size=ROWS, columns=names, use_threads=False)


class _Feather(_Table):
    def __init__(self, path: str | Path) -> None:
        from pyarrow import ipc, memory_map

        super().__init__(path)
        self.file = ipc.open_file(memory_map(str(path)))
        self.names = list(self.file.schema.names)
        self._check()

    def _batches(self, names: list[str]) -> Iterator[Any]:
        return (self.file.get_batch(i).select(names) for i in range(self.file.num_record_batches))


def plain(column: Any, name: str, path: str | Path) -> Any:
    """A column as NumPy's, shape (n,), text as objects, or as `Ragged`; NaN where a value is missing.

    Raises:
        InputError: arrays of arrays, records.
    """
    import pyarrow as pa

    kind = column.type
    if pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        inner = column.flatten()
        if pa.types.is_integer(inner.type) or pa.types.is_floating(inner.type) or pa.types.is_boolean(inner.type):
            import pyarrow.compute as pc

            counts = pc.fill_null(pc.list_value_length(column), 0).to_numpy(zero_copy_only=False)
            return Ragged(inner.to_numpy(zero_copy_only=False), counts.astype(np.int64))
    elif pa.types.is_integer(kind) or pa.types.is_floating(kind):
        return column.to_numpy(zero_copy_only=False)
    elif pa.types.is_boolean(kind):
        return np.asarray(column.to_numpy(zero_copy_only=False), dtype=bool)
    elif pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_dictionary(kind):
        return np.array(column.to_pylist(), dtype=object)
    raise InputError(
        f"{path}: column {name!r} holds no numbers but {kind}",
        remedy="name a column of numbers, or of one array of numbers an event",
    )
