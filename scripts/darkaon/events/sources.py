"""What a reader of event files is, and which kind of file a name or the first bytes say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from darkaon.config.event_files import ENDINGS, REMOTE
from darkaon.errors import InputError

Raw = Mapping[str, Any]  # branch -> array of shape (n,) or (n, k), text among it, or Ragged; one entry an event
MAGIC = {  # first bytes -> what has them (what to do)
    b"root": "a ROOT file (name it .root)",
    b"PAR1": "Parquet (name it .parquet)",
    b"ARROW1": "Feather (name it .feather)",
    b"\x1f\x8b": "compressed by gzip (name it .csv.gz, if it is CSV)",
    b"\x28\xb5\x2f\xfd": "compressed by zstd (name it .csv.zst, if it is CSV)",
    b"\x89HDF": "HDF5, which is not read (convert it to ROOT, Parquet or CSV)",
    b"PK\x03\x04": "a ZIP archive (unpack it)",
    b"\xff\xfe": "UTF-16 text (save it as UTF-8)",
    b"\xfe\xff": "UTF-16 text (save it as UTF-8)",
    b"<!DOCTYP": "a web page (download the file itself)",
    b"<html>": "a web page (download the file itself)",
    b"version ": "a pointer of Git LFS (run git lfs pull)",
}
OWN = {".root": b"root", ".parquet": b"PAR1", ".feather": b"ARROW1", ".arrow": b"ARROW1",
       ".csv.gz": b"\x1f\x8b", ".csv.zst": b"\x28\xb5\x2f\xfd"}  # fmt: skip


class Span(NamedTuple):
    """Entries of a file, first <= entry < stop; to its end, if there is no stop."""

    first: int = 0
    stop: int | None = None


WHOLE = Span()


class Source(Protocol):
    """A table of events.

    Attributes:
        names: its branches.
        where: what it is called in errors.
        trees: names of all tables beside it.
        typed: whether the file tells whole numbers from others.
    """

    names: list[str]
    where: str
    trees: Sequence[str]
    typed: bool

    def chunks(self, names: list[str], size: int | None) -> Iterator[Raw]:
        """These branches of all events, a part at a time; of `size` events at most, if given."""


def is_remote(path: str | Path) -> bool:
    """Whether a path is a URL."""
    return str(path).startswith(REMOTE)


def suffix(path: str | Path) -> str:
    """What decides how a file is read: the end of its name, in lower case; '.root' too, if it begins like one."""
    name = str(path).partition("?")[0].rpartition("/")[2].lower()
    for known in ENDINGS:
        if name.endswith(known):
            return known
    return ".root" if not is_remote(path) and _begins(path)[:4] == b"root" else Path(name).suffix


def check_kind(path: str | Path, kind: str) -> None:
    """Refuse a file whose first bytes are those of another kind than its name says.

    Raises:
        InputError: it is one of `MAGIC`, or empty, or not there.
    """
    first, own = _begins(path), OWN.get(kind, b"\0")
    if first.startswith(own):
        return
    named = f"is named {kind or 'without a suffix'} but is"
    for magic, what in MAGIC.items():
        if first.startswith(magic):
            other, _, remedy = what.partition(" (")
            raise InputError(f"{path}: {named} {other}", remedy=remedy.rstrip(")"))
    if kind in OWN and not first:
        raise InputError(f"{path}: is empty, with 0 bytes", remedy="copy or make it again, or take it out")
    if kind.startswith(".csv."):
        raise InputError(f"{path}: {named} not compressed", remedy="name it .csv, if it is CSV")


def _begins(path: str | Path) -> bytes:
    try:
        with Path(path).open("rb") as stream:
            return stream.read(8)
    except OSError as error:
        reason = (
            "no such file" if isinstance(error, FileNotFoundError) else (error.strerror or "cannot be read").lower()
        )
        raise InputError(f"{path}: {reason}", remedy="give the path of an event file") from None
