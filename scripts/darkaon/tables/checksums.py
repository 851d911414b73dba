"""Checksums: by which inputs and results know each other."""

from __future__ import annotations

import hashlib
from pathlib import Path

from darkaon.paths import find
from darkaon.reading import check_planned


def checksum(path: str | Path) -> str:
    """The SHA-256 of a file, or of a folder's files in order of their names."""
    path = find(path)
    if path.is_dir():
        digest = hashlib.sha256()
        for file in sorted(path.rglob("*")):
            if file.is_file():
                digest.update(bytes.fromhex(checksum(file)))
        return digest.hexdigest()
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def fingerprint(path: str | Path) -> str:
    """A file's name and checksum in one line; never its folder, which would tell the host."""
    check_planned(path)
    return f"{Path(path).name} sha256:{checksum(path)}"


def identity(path: str | Path) -> str:
    """A file's name, size and date in one line: for files too large, or too far, to be read for a checksum."""
    if "://" in str(path):
        import fsspec

        known = fsspec.core.url_to_fs(str(path))[0].info(str(path))
        date = known.get("Last-Modified") or known.get("mtime") or "unknown"
        return f"{str(path).rpartition('/')[2]} size:{known.get('size')} modified:{date}"
    found = Path(path).stat()
    return f"{Path(path).name} size:{found.st_size} modified_ns:{found.st_mtime_ns}"
