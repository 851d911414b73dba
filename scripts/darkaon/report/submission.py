"""A search's limits as a HEPData submission: texts of its YAML files, and an archive of its pyhf documents.

The format is that of https://hepdata-submission.readthedocs.io: a `submission.yaml` of one document for the whole and
one for each table, and a file for each table. Bands are asymmetric errors, their sizes exact decimal differences.
"""

from __future__ import annotations

import gzip
import io
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
import yaml

from darkaon.tables.hepdata import SECOND_MASS
from darkaon.tables.masses import lifetime_text
from darkaon.tables.table import Table
from darkaon.typing import BANDS

NOT_TO_BE_SUBMITTED = "NOT TO BE SUBMITTED: these limits are from {label} data and say nothing of nature. "
ARCHIVE = "pyhf.tar.gz"
NAME = 64  # letters of a table's name
_Dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


@dataclass(frozen=True)
class Described:
    """What the submission says of a search.

    Attributes:
        search, title, process, final_state, law: its id, title, decay and lifetime law.
        arxiv: of its paper, '' if there is none.
        level: confidence level.
        picture: name of a figure beside the tables, with `thumb_` before it the small one; '' if there is none.
        archive: whether there are pyhf documents.
    """

    search: str
    title: str
    process: str
    final_state: str
    law: str
    arxiv: str = ""
    level: float = 0.9
    picture: str = ""
    archive: bool = False


def submission(limits: Table, of: Described) -> dict[str, str]:
    """The files of a submission of branching_limits.csv: name -> text."""
    tables = {}
    documents: list[dict[str, Any]] = [_whole(limits, of)]
    for lifetime in np.unique(limits["lifetime_ns"]).tolist():
        rows = limits.where(limits["lifetime_ns"] == lifetime)
        name = f"Limits, lifetime {lifetime_text(lifetime)}" if lifetime < np.inf else "Limits, stable X"
        file = f"limits_{'stable' if lifetime == np.inf else f'{lifetime:g}ns'}.yaml"
        documents.append(_table(name[:NAME], file, of, lifetime_text(lifetime)))
        tables[file] = _dump(_columns(rows, of, lifetime))
    return {"submission.yaml": "---\n".join(_dump(document) for document in documents), **tables}


def _whole(limits: Table, of: Described) -> dict[str, Any]:
    measured = limits.label == "measured"
    warning = "" if measured else NOT_TO_BE_SUBMITTED.format(label=limits.label or "unlabelled")
    whole: dict[str, Any] = {
        "comment": f"{warning}{of.title}. Upper limits on the branching ratio, {of.law} lifetime law, by darkaon "
        f"from {limits.label} data."
    }
    if of.archive:
        description = "HistFactory workspace and patch set, a patch for each mass hypothesis (pyhf)"
        whole["additional_resources"] = [{"location": ARCHIVE, "description": description, "type": "HistFactory"}]
    return whole


def _table(name: str, file: str, of: Described, lifetime: str) -> dict[str, Any]:
    table: dict[str, Any] = {
        "name": name,
        "description": f"Upper limits at {100 * of.level:g} % confidence level on B({of.process}), X {_final(of)}, "
        f"lifetime of X: {lifetime}. Errors of the expected limits are the bands at 1 and 2 standard deviations.",
        "keywords": [
            {"name": "reactions", "values": [of.process.replace("->", "-->").upper()]},
            {"name": "observables", "values": ["BR"]},
            {"name": "phrases", "values": ["Dark Sector", "Upper Limit", "Kaon Decay"]},
        ],
        "data_file": file,
    }
    if of.picture:
        table["additional_resources"] = [
            {"location": of.picture, "description": "Image file"},
            {"location": f"thumb_{of.picture}", "description": "Thumbnail image file"},
        ]
    return table


def _columns(rows: Table, of: Described, lifetime: float) -> dict[str, Any]:
    qualifiers = [
        {"name": "RE", "value": of.process},
        {"name": "FINAL STATE", "value": of.final_state},
        {"name": "CL", "value": of.level},
        {"name": "LIFETIME", "value": "stable"} if lifetime == np.inf
        else {"name": "LIFETIME", "value": lifetime, "units": "ns"},
        {"name": "DATA", "value": rows.label},
    ]  # fmt: skip
    axes = [("Mass of X", "mass_MeV"), (SECOND_MASS, "mass2_MeV")]
    independent = [
        {"header": {"name": name, "units": "MeV"}, "values": [{"value": mass} for mass in rows[column].tolist()]}
        for name, column in axes
        if column in rows.columns
    ]
    observed = [{"value": _value(value)} for value in rows["observed"].tolist()]
    bands = np.stack([rows[name] for name in BANDS], axis=1).tolist()
    dependent = [
        {"header": {"name": f"{kind} upper limit on B"}, "qualifiers": qualifiers, "values": values}
        for kind, values in (("Observed", observed), ("Expected", [_banded(band) for band in bands]))
    ]
    return {"independent_variables": independent, "dependent_variables": dependent}


def _value(value: float) -> float | str:
    return "-" if np.isnan(value) else value


def _banded(band: list[float]) -> dict[str, Any]:
    """An expected limit with its bands (-2, -1, 0, 1, 2 sigma) as errors."""
    if np.isnan(band[2]):
        return {"value": "-"}
    m2, m1, median, p1, p2 = (Decimal(f"{value:.9g}") for value in band)
    return {
        "value": float(median),
        "errors": [
            {"label": "1 s.d.", "asymerror": {"minus": float(m1 - median), "plus": float(p1 - median)}},
            {"label": "2 s.d.", "asymerror": {"minus": float(m2 - median), "plus": float(p2 - median)}},
        ],
    }


def _final(of: Described) -> str:
    return "invisible" if of.final_state == "invisible" else f"-> {of.final_state}"


def _dump(document: Mapping[str, Any]) -> str:
    return yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=10000)


def archive(files: Mapping[str, bytes]) -> bytes:
    """A .tar.gz of files that depends on their names and contents alone."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for name in sorted(files):
            entry = tarfile.TarInfo(name)
            entry.size = len(files[name])
            tar.addfile(entry, io.BytesIO(files[name]))
    return gzip.compress(packed.getvalue(), mtime=0)
