"""Our edges over those of published contours, lower and upper, by range of masses.

    python scripts/compare_planes.py --planes config/planes.yaml --output results/validation/planes.csv

config/planes.yaml says which contour is compared with which limits and model, why they differ where they do by more
than 10 %, and whether their agreement is evidence or a test of consistency.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from darkaon.command import Argv, parser, run
from darkaon.config.planes import Plane, Span, load_planes
from darkaon.exclusion.comparison import Ratios, ratios
from darkaon.exclusion.files import read_limits
from darkaon.models.loading import load_model
from darkaon.tables import provenance
from darkaon.tables.contours import read_contours
from darkaon.tables.table import Table, write_table

UNEXPLAINED = "not known"


def main(argv: Argv = None) -> None:
    """Run the script with the arguments `argv`."""
    arguments = parser(__doc__, output="CSV")
    arguments.add_argument("--planes", default="config/planes.yaml", help="what is compared")
    args = arguments.parse_args(argv)
    rows: list[dict[str, Any]] = []
    tables: list[Table] = []
    planes = load_planes(args.planes)
    for name, plane in planes.items():
        contour = read_contours(plane.contour)
        if plane.open_above:
            contour = replace(contour, header={**contour.header, "open_above": str(plane.open_above)})
        table, limits = read_limits(plane.limits, {})
        tables += [contour, table]
        model = load_model(plane.model)
        for span in plane.spans:
            for side, found in ratios(model, limits, contour, span.masses_MeV).items():
                if found.number:
                    rows.append(row(name, plane, span, side, found))
    columns = {key: [entry[key] for entry in rows] for key in rows[0]}
    lines = provenance.header("compare_planes", label="published", tables=tables)
    write_table(args.output, columns, lines)
    off = [entry for entry in rows if entry["differs"] == "yes"]
    print(
        f"{len(planes)} planes, {len(rows)} edges by range of masses, {len(off)} differ by more than 10 %, "
        f"{sum(entry['reason'].startswith(UNEXPLAINED) for entry in off)} without a known reason"
    )


def row(name: str, plane: Plane, span: Span, side: str, found: Ratios) -> dict[str, Any]:
    """One line of the table."""
    return {
        "plane": name,
        "model": plane.model,
        "from_MeV": span.masses_MeV[0],
        "to_MeV": span.masses_MeV[1],
        "edge": side,
        "masses": found.number,
        "median": found.median,
        "lowest": found.lowest,
        "highest": found.highest,
        "differs": "yes" if found.differs else "no",
        "reason": span.reason.get(side, UNEXPLAINED) if found.differs else "",
        "weight": plane.weight,
    }


if __name__ == "__main__":
    run(main)
