"""The list of samples of event files: `config/samples.csv`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from darkaon.config.schema import check_known, nearest
from darkaon.errors import InputError
from darkaon.reading import number, read_rows

COLUMNS = ("sample", "search", "period", "role", "kind", "path")
OPTIONAL = ("efficiency", "weight", "allow_empty")
ROLES = ("data", "signal", "background", "control")
KINDS = ("measured", "simulated")


@dataclass(frozen=True)
class Sample:
    """Event files that are selected alike.

    Attributes:
        sample: its unique id.
        search: the search it belongs to.
        period: of data taking, one of the search's periods; of signal the channel, where the search is normalised to
            several; of a control sample the component that it stands for; else ''.
        role: data (candidates), signal (simulated K -> pi X, for the acceptance), background (simulated, its
            components) or control (events from which a component of the background is taken).
        kind: measured or simulated: the label of everything made from it.
        path: a file, a folder, a glob, @list.txt or a URL; '' if the workflow simulates it.
        efficiency: of what a simulated sample leaves out.
        weight: of each of its events: a number, or of signal a branch; '' for 1.
        allow_empty: whether its period may keep nothing.
    """

    sample: str
    search: str
    period: str
    role: str
    kind: str
    path: str
    efficiency: float = 1.0
    weight: str = ""
    allow_empty: bool = False


def read_samples(path: str | Path) -> list[Sample]:
    """The samples in a CSV file with the columns of `COLUMNS`, perhaps `OPTIONAL`; '#' lines are comments.

    Raises:
        InputError: a missing column, an id given twice, a role or kind that does not exist, a measured sample
            without a path.
    """
    rows = read_rows(path)
    _check_header(path, rows.names)
    samples: dict[str, Sample] = {}
    for line, cells in zip(rows.lines, rows.cells, strict=True):
        sample = _sample(dict(zip(rows.names, cells, strict=True)), f"{path}, line {line}")
        if sample.sample in samples:
            raise InputError(
                f"{path}, line {line}: sample id {sample.sample!r} is a duplicate", remedy="name each sample once"
            )
        samples[sample.sample] = sample
    return list(samples.values())


def _check_header(path: str | Path, names: Sequence[str]) -> None:
    if not set(names) & set(COLUMNS):
        raise InputError(
            f"{path}: there is no line of column names above {','.join(names)[:40]!r}",
            remedy=f"the first line must be {','.join(COLUMNS)}",
        )
    for name in COLUMNS:
        if name not in names:
            raise InputError(
                f"{path}: column {name!r} is missing{nearest(name, names)}",
                remedy=f"the first line must be {','.join(COLUMNS)}",
            )
    for name in names:
        check_known(name, (*COLUMNS, *OPTIONAL), f"{path}: unknown column {name!r}")


def _sample(cells: dict[str, str], where: str) -> Sample:
    for key, allowed in (("role", ROLES), ("kind", KINDS)):
        fault = f"{where}: {key} {cells[key]!r} is none of {', '.join(allowed)}"
        check_known(cells[key], allowed, fault, remedy="write one of them")
    name = cells["sample"]
    if not name.replace("_", "").replace("-", "").isalnum() or name.startswith("-"):
        raise InputError(
            f"{where}: sample id {name!r} may hold letters, digits, _ and -, and begins with no -", remedy="rename it"
        )
    if cells["kind"] == "measured" and not cells["path"]:
        raise InputError(f"{where}: the measured sample {name!r} needs a path", remedy="give the path of the file")
    required: dict[str, Any] = {key: cells[key] for key in COLUMNS}
    sample = Sample(**required, **_options(cells, where))
    if sample.role in ("data", "control") and (sample.weight or sample.efficiency != 1):
        raise InputError(
            f"{where}: events of role {sample.role!r} count one each, without weight or efficiency",
            remedy="leave the two cells empty",
        )
    if sample.weight and number(sample.weight) is None and sample.role != "signal":
        raise InputError(
            f"{where}: weight {sample.weight!r} is not a number", remedy="only signal has its weights in a branch"
        )
    return sample


def _options(cells: dict[str, str], where: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if efficiency := cells.get("efficiency", ""):
        value = number(efficiency) or 0.0
        if not 0 < value <= 1:
            raise InputError(
                f"{where}: efficiency {efficiency!r} is not above 0 and at most 1", remedy="give a number, as 0.93"
            )
        found["efficiency"] = value
    if weight := cells.get("weight", ""):
        factor = number(weight)
        if factor is not None and not 0 < factor < float("inf"):
            raise InputError(f"{where}: weight {weight!r} is not above 0", remedy="give a number above 0")
        found["weight"] = weight
    if allow := cells.get("allow_empty", ""):
        if allow not in ("yes", "no"):
            raise InputError(f"{where}: allow_empty {allow!r} is neither yes nor no", remedy="write yes or no")
        found["allow_empty"] = allow == "yes"
    return found
