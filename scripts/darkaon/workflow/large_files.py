"""Jobs that are known only from the files themselves, and those that select again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from darkaon.config.event_files import BYTES, REMOTE, Part

VARIATION = "~"  # between the id of a job and the name of its variation


def large_files(files: Sequence[str], tree: str) -> dict[str, int]:
    """How many events those files have that are large enough to hold more than one job reads."""
    large = [file for file in files if not file.startswith(REMOTE) and file.lower().endswith(".root")]
    large = [file for file in large if Path(file).stat().st_size > BYTES]
    if not large:
        return {}
    from darkaon.events.root import open_root

    found = {}
    for file in large:
        with open_root(file) as opened:
            found[file] = int(opened[tree].num_entries) if tree in opened else 0
    return found


def varied(part: Part, variation: str) -> Part:
    """The same events, selected with a variation."""
    return replace(part, id=f"{part.id}{VARIATION}{variation}", variation=variation)
