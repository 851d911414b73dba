"""The list of event files: `config/samples.csv`."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

from darkaon.config.schema import nearest
from darkaon.errors import InputError
from darkaon.paths import find

COLUMNS = ("sample", "search", "period", "role", "kind", "path")
ROLES = ("data", "signal", "background")
KINDS = ("measured", "simulated")


@dataclass(frozen=True)
class Sample:
    """One event file.

    Attributes:
        sample: its unique id.
        search: the search it belongs to.
        period: of data taking, one of the search's periods; of signal the channel, where the search is normalised to
            several; else ''.
        role: data (candidates), signal (simulated K -> pi X, for the acceptance) or background (simulated, its
            components).
        kind: measured or simulated: the label of everything made from it.
        path: the file; '' if the workflow simulates it.
    """

    sample: str
    search: str
    period: str
    role: str
    kind: str
    path: str


def read_samples(path: str | Path) -> list[Sample]:
    """The samples in a CSV file with the columns of `COLUMNS`; '#' lines are comments.

    Raises:
        InputError: a missing column, an id given twice, a role or kind that does not exist, a measured sample
            without a path.
    """
    try:
        lines = find(path).read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        raise InputError(f"{path}: no such file", remedy="make it, or change 'samples' in config.yaml") from None
    numbered = [(i, line) for i, line in enumerate(lines, 1) if line.strip() and not line.startswith("#")]
    if not numbered:
        raise InputError(f"{path}: empty", remedy=f"it needs the line {','.join(COLUMNS)}")
    names = [name.strip() for name in next(csv.reader([numbered[0][1]]))]
    for name in COLUMNS:
        if name not in names:
            raise InputError(
                f"{path}: column {name!r} is missing{nearest(name, names)}", remedy="add it to the first line"
            )
    for name in names:
        if name not in COLUMNS:
            raise InputError(
                f"{path}: unknown column {name!r}{nearest(name, COLUMNS)}",
                remedy=f"the columns are {', '.join(COLUMNS)}",
            )
    samples: dict[str, Sample] = {}
    for number, line in numbered[1:]:
        cells = [cell.strip() for cell in next(csv.reader([line]))]
        if len(cells) != len(names):
            raise InputError(
                f"{path}, line {number}: {len(cells)} cells where there are {len(names)} columns",
                remedy="write one cell for each column, in quotes where it has a comma",
            )
        sample = Sample(**dict(zip(names, cells, strict=True)))
        for key, allowed in (("role", ROLES), ("kind", KINDS)):
            value = getattr(sample, key)
            if value not in allowed:
                raise InputError(
                    f"{path}, line {number}: {key} {value!r} is none of {', '.join(allowed)}",
                    remedy=f"write one of them{nearest(value, allowed)}",
                )
        if not sample.sample.replace("_", "").replace("-", "").isalnum():
            raise InputError(
                f"{path}, line {number}: sample id {sample.sample!r} may hold letters, digits, _ and -",
                remedy="rename it",
            )
        if sample.sample in samples:
            raise InputError(
                f"{path}, line {number}: sample id {sample.sample!r} is a duplicate", remedy="name each sample once"
            )
        if sample.kind == "measured" and not sample.path:
            raise InputError(
                f"{path}, line {number}: the measured sample {sample.sample!r} needs a path",
                remedy="give the path of the file",
            )
        samples[sample.sample] = sample
    return list(samples.values())
