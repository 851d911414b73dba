"""Inputs of rules by their content: what a param holds so that a change is noticed whatever a file's date says."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from darkaon.reading import state
from darkaon.tables.table import write_text

# inputs whose params hold what is read of them
READ_BY_SLOTS = ("script", "library", "search", "searches", "figures")


def each_path(paths: str | Iterable[str]) -> list[str]:
    """The paths of an input of a rule, which is one or several."""
    return [paths] if isinstance(paths, str) else list(paths)


def sources(paths: Iterable[str], results: str) -> str:
    """The files from outside the results, as JSON: path -> `state`."""
    below = os.path.normpath(results) + os.sep
    outside = {path for path in map(os.path.normpath, paths) if not path.startswith(below)}
    return json.dumps({path: state(path) for path in sorted(outside)})


def states(paths: Iterable[str]) -> str:
    """One checksum of files and of their names."""
    lines = "\n".join(f"{path} {state(path)}" for path in paths)
    return hashlib.sha256(lines.encode()).hexdigest()


def write_plan(path: str | Path, jobs: Iterable[Any]) -> None:
    """Write what each job of a run was planned with, for the job to compare with what it reads.

    Args:
        path: the file.
        jobs: of Snakemake; of their params `sources`, and `slots` of one search, for each of their outputs.
    """
    plan: dict[str, Any] = {}
    for job in jobs:
        known = dict(job.params.items())
        slots = known.get("slots") if "search" in dict(job.input.items()) else None
        entry = {"sources": known.get("sources"), "slots": slots, "inputs": [str(path) for path in job.input]}
        plan |= {str(path): entry for path in job.output}
    write_text(path, json.dumps(plan))
