"""What results were made of: the chain from a figure back to event files and published tables.

Every file of ours names the files that it was made from by their checksums (`tables.provenance`): the chain holds by
content, whatever folder they lie in.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from darkaon.errors import InputError
from darkaon.tables.checksums import checksum
from darkaon.tables.provenance import header_statuses
from darkaon.tables.table import Table, read_header

BESIDE = {".npy": ".csv", ".html": ".csv", ".pdf": ".png"}  # what carries none -> what was made with it
PNG_START = 8  # bytes, before the first chunk


def code(files: Mapping[str, Path]) -> str:
    """One checksum of files and of the names that they are given."""
    lines = [f"{name} {checksum(files[name])}\n" for name in sorted(files)]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def header_of(path: str | Path) -> dict[str, str]:
    """The provenance that a file of ours carries; what has no place for it has that of the file made with it.

    Raises:
        InputError: it carries none, or is not there.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"{path}: is not there", remedy="name a table or figure of darkaon")
    if path.suffix in BESIDE:
        return header_of(path.with_suffix(BESIDE[path.suffix]))
    if path.suffix == ".json":
        document = json.loads(path.with_name("patchset.json").read_text(encoding="utf-8"))
        found = document["metadata"].get("provenance", {})
    else:
        found = _png_description(path.read_bytes()) if path.suffix == ".png" else read_header(path)
    if "made_by" not in found:
        raise InputError(f"{path}: does not say what made it", remedy=f"make it anew (snakemake --force {path})")
    return dict(found)


def _png_description(content: bytes) -> dict[str, str]:
    """The JSON in a PNG's text chunk `Description`; nothing if there is none."""
    start = PNG_START
    while start < len(content):
        size, kind = int.from_bytes(content[start : start + 4], "big"), content[start + 4 : start + 8]
        keyword, _, text = content[start + 8 : start + 8 + size].partition(b"\0")
        if kind == b"tEXt" and keyword == b"Description":
            return dict(json.loads(text))
        start += size + 12
    return {}


def png_size(path: str | Path) -> tuple[int, int]:
    """Width and height of a PNG in pixels.

    Raises:
        InputError: no PNG.
    """
    head = Path(path).read_bytes()[: PNG_START + 16]
    if head[1:4] != b"PNG" or head[12:16] != b"IHDR":
        raise InputError(f"{path}: is no PNG", remedy="draw the figure anew")
    return int.from_bytes(head[16:20], "big"), int.from_bytes(head[20:24], "big")


def entry(header: dict[str, str]) -> dict[str, Any]:
    """A header as it stands in provenance.json; `made_from` is left to `collect`."""
    found: dict[str, Any] = {
        key: header[key] for key in ("made_by", "label", "search", "model", "sample", "seed") if header.get(key)
    }
    if "settings" in header:
        found["settings"] = json.loads(header["settings"], parse_constant=str)  # JSON has no Infinity
    if "statuses" in header:
        found["statuses"] = header_statuses(Table({}, header))
    found["inputs"] = header.get("inputs", "").splitlines()
    return found


def collect(targets: Iterable[str], files: Iterable[str], folder: str | Path) -> dict[str, dict[str, Any]]:
    """Targets and all that they were made from, each with its checksum and its entry.

    Args:
        targets: paths below `folder`, as 'searches/x/windows.csv'.
        files: the paths among which the files are sought that others were made from.
        folder: of the results.

    Returns:
        Path -> entry, sorted. Its `made_from` is {path: checksum}; `inputs` are lines of name and checksum.

    Raises:
        InputError: a file that another was made from is not there, or is another now.
    """
    folder = Path(folder)
    sums = {path: checksum(folder / path) for path in sorted({*files, *targets})}
    known: dict[str, str] = {}
    for path, own in sums.items():
        known.setdefault(f"{Path(path).name} sha256:{own}", path)
    found: dict[str, dict[str, Any]] = {}
    todo = list(targets)
    while todo:
        path = todo.pop()
        if path in found:
            continue
        header = header_of(folder / path)
        parents = {}
        for line in header.get("made_from", "").splitlines():
            if line not in known:
                raise InputError(
                    f"{folder / path}: was made from {line}, which is not in {folder} any more",
                    remedy=f"make it anew (snakemake --force {folder / path})",
                )
            parents[known[line]] = sums[known[line]]
        found[path] = {"sha256": sums[path], **entry(header), "made_from": parents}
        todo += parents
    return dict(sorted(found.items()))
