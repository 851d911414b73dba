"""Checksums: by which inputs and results know each other."""

from __future__ import annotations

import hashlib
from pathlib import Path

from darkaon.paths import find


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
    return f"{Path(path).name} sha256:{checksum(path)}"
