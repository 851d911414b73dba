"""The list of samples of event files: `config/samples.csv`."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from darkaon.config.schema import nearest
from darkaon.errors import InputError

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
    try:
        lines = Path(path).read_text(encoding="utf-8-sig").splitlines()
    except FileNotFoundError:
        raise InputError(f"{path}: no such file", remedy="make it, or change 'samples' in config.yaml") from None
    except UnicodeDecodeError:
        raise InputError(
            f"{path}: is not text in UTF-8 (it may be Latin-1)", remedy="convert it: iconv -f LATIN1 -t UTF-8"
        ) from None
    numbered = [(i, line) for i, line in enumerate(lines, 1) if line.strip() and not line.strip().startswith("#")]
    if not numbered:
        raise InputError(f"{path}: empty", remedy=f"it needs the line {','.join(COLUMNS)}")
    names = _header(path, numbered[0][1])
    samples: dict[str, Sample] = {}
    for number, line in numbered[1:]:
        cells = [cell.strip() for cell in next(csv.reader([line]))]
        if len(cells) != len(names):
            raise InputError(
                f"{path}, line {number}: {len(cells)} cells where there are {len(names)} columns",
                remedy="write one cell for each column, in quotes where it has a comma",
            )
        sample = _sample(dict(zip(names, cells, strict=True)), f"{path}, line {number}")
        if sample.sample in samples:
            raise InputError(
                f"{path}, line {number}: sample id {sample.sample!r} is a duplicate", remedy="name each sample once"
            )
        samples[sample.sample] = sample
    return list(samples.values())


def _header(path: str | Path, line: str) -> list[str]:
    names = [name.strip() for name in next(csv.reader([line]))]
    for sign, word in (("\t", "tabs"), (";", "semicolons")):
        if sign in line and "," not in line:
            raise InputError(f"{path}: its cells are separated by {word}", remedy="separate them by commas")
    if not set(names) & set(COLUMNS):
        raise InputError(
            f"{path}: there is no line of column names above {line[:40]!r}", remedy=f"begin with {','.join(COLUMNS)}"
        )
    for name in COLUMNS:
        if name not in names:
            raise InputError(
                f"{path}: column {name!r} is missing{nearest(name, names)}", remedy="add it to the first line"
            )
    for name in names:
        if name not in (*COLUMNS, *OPTIONAL):
            raise InputError(
                f"{path}: unknown column {name!r}{nearest(name, (*COLUMNS, *OPTIONAL))}",
                remedy=f"the columns are {', '.join((*COLUMNS, *OPTIONAL))}",
            )
        if names.count(name) > 1:
            raise InputError(f"{path}: column {name!r} stands twice", remedy="take one of them out")
    return names


def _sample(cells: dict[str, str], where: str) -> Sample:
    for key, allowed in (("role", ROLES), ("kind", KINDS)):
        if cells[key] not in allowed:
            raise InputError(
                f"{where}: {key} {cells[key]!r} is none of {', '.join(allowed)}",
                remedy=f"write one of them{nearest(cells[key], allowed)}",
            )
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
    if sample.weight and not _is_number(sample.weight) and sample.role != "signal":
        raise InputError(
            f"{where}: weight {sample.weight!r} is not a number", remedy="only signal has its weights in a branch"
        )
    return sample


def _options(cells: dict[str, str], where: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if efficiency := cells.get("efficiency", ""):
        value = float(efficiency) if _is_number(efficiency) else 0.0
        if not 0 < value <= 1:
            raise InputError(
                f"{where}: efficiency {efficiency!r} is not above 0 and at most 1", remedy="give a number, as 0.93"
            )
        found["efficiency"] = value
    if weight := cells.get("weight", ""):
        if _is_number(weight) and not 0 < float(weight) < float("inf"):
            raise InputError(f"{where}: weight {weight!r} is not above 0", remedy="give a number above 0")
        found["weight"] = weight
    if allow := cells.get("allow_empty", ""):
        if allow not in ("yes", "no"):
            raise InputError(f"{where}: allow_empty {allow!r} is neither yes nor no", remedy="write yes or no")
        found["allow_empty"] = allow == "yes"
    return found


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return "_" not in text
