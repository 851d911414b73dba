"""Inputs of rules by their content: what a param holds so that a change is noticed whatever a file's date says."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable

from darkaon.reading import state

READ_BY_SLOTS = (
    "script",
    "library",
    "search",
    "searches",
    "figures",
)  # inputs whose params hold what is read of them


def each_path(paths: str | Iterable[str]) -> list[str]:
    """The paths of an input of a rule, which is one or several."""
    return [paths] if isinstance(paths, str) else list(paths)


def sources(paths: Iterable[str], results: str) -> str:
    """The files from outside the results, as JSON: path -> `state`."""
    outside = {os.path.normpath(path) for path in paths if not _below(path, results)}
    return json.dumps({path: state(path) for path in sorted(outside)})


def states(paths: Iterable[str]) -> str:
    """One checksum of files and of their names."""
    lines = "\n".join(f"{path} {state(path)}" for path in paths)
    return hashlib.sha256(lines.encode()).hexdigest()


def _below(path: str, folder: str) -> bool:
    return os.path.normpath(path).startswith(os.path.normpath(folder) + os.sep)
