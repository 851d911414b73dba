"""One page of the validation: plots of its tables with a sentence each, in one HTML file.

    python scripts/write_validation.py --engine results/validation \
        --searches na62_kpix_mumu=results/validation/na62_kpix_mumu --output results/validation/index.html

Each plot is also written as a PNG beside the table that it shows.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from darkaon.command import Argv, named, parser, run
from darkaon.plots import validation
from darkaon.plots.style import styled
from darkaon.report.pages import render
from darkaon.report.summary_page import newest_publication
from darkaon.tables.references import listed
from darkaon.tables.table import Table, atomic_path, read_table, write_text
from darkaon.version import VERSION

TEXT = (
    "method",
    "background_uncertainty",
    "kind",
    "nuisance",
    "shape",
    "definition",
    "spectrum",
    "window",
    "check",
    "case",
)
ENGINE = {
    "coverage": "Least coverage of the upper limits at any signal of 0 to 20 events: hybrid and known reach the "
    "level everywhere, profile and asymptotic do not at low counts.",
    "coverage_curves": "Coverage against the signal: saw teeth, lowest just above the limit of each count.",
    "sideband_coverage": "Least coverage of hybrid and on_off if the sideband fluctuates too, by the shape of the "
    "gamma distribution: n_off (in use) reaches the level everywhere, n_off + 1/2 and n_off + 1 are known to fail.",
    "leak": "Coverage under a signal that reaches into its own sidebands, by pseudo-experiments: with the limit over "
    "1 - leak 0.885 or more is asked for on flat spectra; without it (crosses) it is known to fail. Where a spectrum "
    "bends (exp(0.2 P_2) over the sidebands) a line is the wrong shape and covers nothing, corrected or not; a cubic "
    "follows it.",
    "bands": "How many background-only experiments lie inside the expected bands, by summation and by "
    "pseudo-experiments: with the background averaged (in use), and fixed at its value, which is known to fail.",
    "combination": "One limit from several windows, beside that of a single window, of fully correlated and of equal "
    "windows as their sum (4e-7 asked for), of all outcomes enumerated with exact weights (4e-3, for the order of "
    "near ties), and CLs at the limit by pseudo-experiments (4 standard deviations). Points at 1e-12 agree better.",
    "fit_coverage": "Coverage of the fit's limits under signals of 1, 3 and 5 sqrt(b), by pseudo-experiments. Flat "
    "spectra: 0.885 or more is asked for in orders 1 and 2. A bent one needs order 2; order 1 is known to fail "
    "there, which is why orders are chosen by spurious signals.",
    "scans": "Global p-values at local 3 and 3.5 sigma for hypotheses 1, 0.5, 0.2 and 0.1 sigma apart: "
    "pseudo-experiments over the closed form, which must agree to a fifth.",
    "p_values": "p-values without signal: valid where the curve is at most 1. A sideband count gets one event more "
    "for a p-value; without it (shape n_off) sparse sidebands are known to reject too often.",
    "references": "Classical limits without background, the reference table of all methods, and Z_Bi of Cousins, "
    "Linnemann and Tucker: relative differences.",
}
SEARCH = {
    "sidebands": "Bias of the background from the sideband fit (spurious signal), and pulls of fits to "
    "pseudo-experiments.",
    "injection": "Injected signals: the part that is found, counted events less background and corrected for what a "
    "signal adds to its own sidebands (leak), and how often the limit is above; hollow points are without the "
    "correction. Where the spectrum bends within the sidebands the polynomial is biased, and so is the coverage.",
    "spurious": "Signal that the fit makes of the smooth spectrum itself, in units of its uncertainty: the order of "
    "each window is the lowest with 0.2 or less; windows where none is are counted.",
    "fit_injection": "Injected signals in the fit: the part that is found, and how often the limit is above.",
    "global_significance": "What a local significance is worth in the whole scan.",
    "pyhf": "The exported workspace solved by pyhf, beside the own methods.",
}
PLANES = (
    "Our edges of excluded regions over those of published contours, by range of masses, where both have one. "
    "Evidence: contour and calculation are independent; consistency: the one was identified by the other, or is made "
    "of it."
)
PLANES_TEXT = ("plane", "model", "edge", "differs", "reason", "weight")
TABLES_ONLY = ("pyhf",)
SHOWN = ("pyhf", "global_significance", "references", "combination")  # as tables too


def main(argv: Argv = None) -> None:
    """Run the script with the arguments `argv`."""
    arguments = parser(__doc__)
    arguments.add_argument("--engine", required=True, type=Path, help="folder that validate_engine.py wrote")
    arguments.add_argument("--searches", nargs="*", default=[], metavar="NAME=FOLDER", help="of validate_search.py")
    arguments.add_argument("--planes", type=Path, help="table that compare_planes.py wrote")
    arguments.add_argument("--output", required=True, type=Path, help="index.html")
    args = arguments.parse_args(argv)

    page = args.output.parent
    parts = [_part("engine", "Limit engine", args.engine, ENGINE, page)]
    parts += [_part(search, search, Path(path), SEARCH, page) for search, path in named("--searches", args.searches)]
    newest = ""
    if args.planes:
        table = read_table(args.planes, text=PLANES_TEXT)
        newest = newest_publication(listed(table.header.get("references", "")))
        section = _shown(args.planes, table, PLANES, page) | {"table": _cells(table)}
        parts.append({"name": "planes", "title": "Coupling planes", "sections": [section]})
    write_text(args.output, render("validation.html", parts=parts, version=VERSION, newest=newest))
    print(
        f"{args.output}: {len(ENGINE)} tables on the limit engine,"
        f" {len(SEARCH)} on each of {len(args.searches)} searches"
    )


def _part(name: str, title: str, folder: Path, texts: Mapping[str, str], page: Path) -> dict[str, Any]:
    """A part of the page, a section for each table of a folder."""
    sections = [_section(folder / f"{table}.csv", text, page) for table, text in texts.items()]
    return {"name": name, "title": title, "sections": sections}


def _section(path: Path, text: str, page: Path) -> dict[str, Any]:
    table = read_table(path, text=TEXT)
    shown = _shown(path, table, text, page)
    if path.stem not in TABLES_ONLY:
        picture = path.with_suffix(".png")
        with styled(), atomic_path(picture) as temporary:
            getattr(validation, path.stem)(table).savefig(temporary, metadata={"Software": None})
        shown["picture"] = base64.b64encode(picture.read_bytes()).decode()
    if path.stem in SHOWN:
        shown["table"] = _cells(table)
    return shown


def _shown(path: Path, table: Table, text: str, page: Path) -> dict[str, Any]:
    """What the page says of a table, with its path from the page's folder."""
    link = Path(os.path.relpath(path, page)).as_posix()
    verdict = table.header.get("verdict", "")
    return {"name": path.stem, "path": link, "text": text, "verdict": verdict, "picture": "", "table": None}


def _cells(table: Table) -> dict[str, Any]:
    return {"names": list(table.columns), "rows": table.rows()}


if __name__ == "__main__":
    run(main)
