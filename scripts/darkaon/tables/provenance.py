"""The header that every result carries: label, settings, statuses of the numbers, checksums of the inputs.

Nothing in it depends on host, time, cores or chunks. Versions of packages stand in provenance.json alone (see
darkaon.tables.lineage): here, the same numbers would have other bytes in every environment.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from darkaon.config.schema import Strict
from darkaon.tables import references
from darkaon.tables.blocks import Candidates
from darkaon.tables.checksums import fingerprint
from darkaon.tables.table import Table

ORDER = ("tuned", "recalled", "derived", "cited")  # the least sure first


def header_statuses(table: Table | Candidates) -> dict[str, list[str]]:
    """Status -> names of the numbers from outside that a table is made from, by its header."""
    lines = (line.partition(": ") for line in table.header.get("statuses", "").splitlines())
    return {status: names.split(", ") for status, _, names in lines}


def table_statuses(table: Table | Candidates) -> dict[str, list[str]]:
    """The same, with the status of a table that is itself from outside, by what it is of."""
    found = header_statuses(table)
    if "status" in table.header:
        experiment, interpolated = table.header.get("experiment"), table.header.get("label") == "interpolated"
        named = f"limits of {experiment}" if experiment else table.header.get("quantity", "table")
        named += " between its published points" if interpolated else ""
        found.setdefault(table.header["status"], []).append(named)
    return found


def statuses(settings: Any, name: str = "") -> dict[str, list[str]]:
    """Which numbers of `settings` have which status: {status: [dotted names]}."""
    found: dict[str, list[str]] = {}
    if isinstance(settings, Mapping):
        if isinstance(settings.get("status"), str):
            found[settings["status"]] = [name]
        for key, value in settings.items():
            for status, names in statuses(value, f"{name}.{key}".lstrip(".")).items():
                found.setdefault(status, []).extend(names)
    return found


def header(
    made_by: str,
    *,
    label: str,
    search: str = "",
    settings: Strict | Mapping[str, Any] | None = None,
    files: Iterable[str | Path] = (),
    tables: Iterable[Table | Candidates] = (),
    candidates: Iterable[str | Path] = (),
    papers: Iterable[str] = (),
    **more: object,
) -> dict[str, str]:
    """The header of a table.

    Args:
        made_by: the script's name.
        label: measured, simulated or published.
        search: id of the search.
        settings: the slots that were read; of a part of the data that is simulated, its fraction gets a line.
        files: inputs from outside.
        tables: inputs whose statuses are handed on, and inputs from outside of those that darkaon made.
        candidates: .npy files, inputs made by select_events.py.
        papers: arXiv numbers beside those that settings and tables name.
        more: further lines.

    Returns:
        The lines. `references` are the papers that settings and tables name, `inputs` are files from outside,
        `made_from` the files of ours that were read: name and checksum.
    """
    if isinstance(settings, Strict):
        settings = settings.model_dump(mode="json", exclude_unset=True)
    merged: dict[str, set[str]] = {}
    inputs = {fingerprint(file) for file in files}
    made_from = {fingerprint(file) for file in candidates}
    tables = list(tables)
    for table in tables:
        (made_from if "made_by" in table.header else inputs).add(table.file)
        inputs.update(line for line in table.header.get("inputs", "").splitlines() if line)
    for found in (statuses(settings), *map(table_statuses, tables)):
        for status, names in found.items():
            merged.setdefault(status, set()).update(names)
    lines = {"label": label, "search": search, "made_by": made_by}
    part = ((settings or {}).get("simulation") or {}).get("fraction", 1)
    lines["data_fraction"] = f"{part:g}" if part < 1 else ""
    lines |= {key: str(value) for key, value in more.items()}
    lines["settings"] = json.dumps(settings, sort_keys=True) if settings else ""
    lines["statuses"] = "\n".join(f"{s}: {', '.join(sorted(merged[s]))}" for s in ORDER if s in merged)
    lines["references"] = ", ".join(references.merged(settings, tables, papers, *map(str, more.values())))
    lines["inputs"] = "\n".join(sorted(inputs - {""}))
    lines["made_from"] = "\n".join(sorted(made_from - {""}))
    return {key: value for key, value in lines.items() if value}
