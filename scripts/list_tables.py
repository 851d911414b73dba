"""The published limits that come along: what they are on, masses, lifetimes, level, paper and who digitised them.

    python scripts/list_tables.py
    python scripts/list_tables.py --process 'K+ -> e+ X' --source

A table without a header of its own is listed by its name and range alone.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from darkaon.command import Argv, parser, run
from darkaon.errors import InputError
from darkaon.tables.table import Table, read_table

FOLDER = "resources/published"
COLUMNS = (
    "table",
    "experiment",
    "process",
    "final state",
    "limits on",
    "masses [MeV]",
    "lifetimes [ns]",
    "CL",
    "arXiv",
)


def main(argv: Argv = None) -> None:
    """Run the script with the arguments `argv`."""
    arguments = parser(__doc__)
    arguments.add_argument("--folder", default=FOLDER, help="where the tables are")
    arguments.add_argument("--process", help="only those of this production, as in 'K+ -> pi+ X'")
    arguments.add_argument("--final-state", help="only those of this final state, as in mumu")
    arguments.add_argument("--source", action="store_true", help="below each, who digitised it, and its licence")
    args = arguments.parse_args(argv)

    files = sorted(Path(args.folder).glob("*.csv"))
    if not files:
        raise InputError(f"{args.folder}: no tables", remedy="name the folder of the published limits")
    tables = [(file, read_table(file, required=("lifetime_ns", "mass_MeV", "upper_limit"))) for file in files]
    wanted = [
        (file, table)
        for file, table in tables
        if args.process in (None, table.header.get("process"))
        and args.final_state in (None, table.header.get("final_state"))
    ]
    rows = [COLUMNS, *(row(file, table) for file, table in wanted)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for number, cells in enumerate(rows):
        print("  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip())
        if args.source and number:
            header = wanted[number - 1][1].header
            print(
                f"    {header.get('digitised', 'source not stated')}; licence: {header.get('licence', 'not stated')}"
            )


def row(file: Path, table: Table) -> tuple[str, ...]:
    """The cells of one table."""
    header, mass, tau = table.header, table["mass_MeV"], np.unique(table["lifetime_ns"])
    label = header.get("label", "published")
    times = ", ".join("stable" if np.isinf(t) else f"{t:g}" for t in tau)
    return (
        file.stem,
        header.get("experiment", "") + ("" if label == "published" else f" ({label})"),
        header.get("process", ""),
        header.get("final_state", ""),
        header.get("quantity", "branching ratio"),
        f"{mass.min():g} to {mass.max():g}",
        times if len(tau) <= 7 else f"{len(tau)} from {tau[0]:g} to {tau[-1]:g}",
        f"{100 * float(header.get('level', 0.9)):g} %",
        header.get("arxiv", ""),
    )


if __name__ == "__main__":
    run(main)
