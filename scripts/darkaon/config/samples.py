"""The list of event files: `config/samples.csv`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from darkaon.config.schema import nearest
from darkaon.errors import InputError
from darkaon.reading import read_rows

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
    rows = read_rows(path)
    for name in COLUMNS:
        if name not in rows.names:
            raise InputError(
                f"{path}: column {name!r} is missing{nearest(name, rows.names)}",
                remedy=f"the first line must be {','.join(COLUMNS)}",
            )
    for name in rows.names:
        if name not in COLUMNS:
            raise InputError(
                f"{path}: unknown column {name!r}{nearest(name, COLUMNS)}",
                remedy=f"the columns are {', '.join(COLUMNS)}",
            )
    samples: dict[str, Sample] = {}
    for number, cells in zip(rows.lines, rows.cells, strict=True):
        sample = Sample(**dict(zip(rows.names, cells, strict=True)))
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
