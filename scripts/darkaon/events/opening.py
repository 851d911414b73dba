"""Opening event files of any make and streaming their branches as they are.

What the branches mean is the business of `darkaon.events.branches`. Every fault of a file becomes one `InputError`,
which says what the file is.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path

from darkaon.config.event_files import COLUMNAR, CSV
from darkaon.errors import InputError
from darkaon.events.sources import WHOLE, Source, Span, check_kind, is_remote, suffix


def open_source(path: str | Path, tree: str, span: Span = WHOLE) -> AbstractContextManager[Source]:
    """The events in a ROOT file's `tree`, or in a CSV, Parquet or Feather file.

    Raises:
        InputError: no such file, damaged, another kind of file, no such tree.
    """
    kind = suffix(path)
    if kind == ".root":
        from darkaon.events.root import open_tree

        return open_tree(path, tree, span)
    if span != WHOLE:
        raise InputError(f"{path}: only a ROOT file is read in ranges of entries", remedy="split the file")
    if is_remote(path):
        raise InputError(f"{path}: only ROOT files are read over the network", remedy="copy the file")
    check_kind(path, kind)
    if kind in COLUMNAR:
        from darkaon.events.columnar import open_columnar

        return open_columnar(path)
    if kind in CSV:
        from darkaon.events.rows import open_rows

        return open_rows(path)
    raise InputError(
        f"{path}: its name ends in {kind or 'no suffix'!r}, which is no kind of event file",
        remedy="name text with commas .csv; the others are .root, .csv.gz, .parquet and .feather",
    )
