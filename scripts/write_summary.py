"""The summary of a run: one row for each search, as a table and as a page for a browser.

    python scripts/write_summary.py --searches config/searches/na62_kpix_mumu.yaml --folder results/searches \
        --models bc4=results/models/bc4/exclusion.csv --headlines results/headlines.csv \
        --figures fig6a=na62_kpix_mumu --planes bc4=results/figures/fig9d.png \
        --table results/summary.csv --page results/summary.html

Everything on it stands in the configuration or in other results.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from darkaon.command import Argv, named, parser, run
from darkaon.config.search import read_search
from darkaon.errors import InputError
from darkaon.report.headlines import TEXT
from darkaon.report.summary import Reach, Row, columns, reaches
from darkaon.report.summary_page import Plane, Shown, newest_publication, summary_page
from darkaon.tables import provenance
from darkaon.tables.lineage import png_size
from darkaon.tables.table import Table, read_table, write_table, write_text
from darkaon.version import VERSION

SLOTS = (
    "title", "reference", "process", "final_state", "input", "periods", "counts", "simulation", "masses",
    "resolution", "window", "background", "normalisation", "acceptance", "lifetime", "statistics", "variant_of",
    "published",
)  # fmt: skip
EXCLUSION = ("search", "label", "kind", "edge_low", "edge_high")
LIMITS = ("lifetime_ns", "mass_MeV", "observed")


def main(argv: Argv = None) -> None:
    """Run the script with the arguments `argv`."""
    arguments = parser(__doc__, headlines="headlines.csv", table="summary.csv", page="summary.html")
    arguments.add_argument("--searches", nargs="+", required=True, type=Path, help="YAML files of searches")
    arguments.add_argument("--folder", required=True, type=Path, help="where each search has a folder of tables")
    arguments.add_argument("--models", nargs="*", default=[], metavar="MODEL=PATH", help="exclusion.csv of models")
    arguments.add_argument("--figures", nargs="*", default=[], metavar="FIGURE=SEARCH", help="links of a search")
    arguments.add_argument("--planes", nargs="*", default=[], metavar="MODEL=PNG", help="its excluded couplings")
    arguments.add_argument("--explorer", action="store_true", help="explorer.html lies beside the page")
    arguments.add_argument("--references", action="store_true", help="references.html lies beside the page")
    args = arguments.parse_args(argv)

    exclusions = {
        model: read_table(path, required=("mass_MeV", "coupling_low"), text=EXCLUSION)
        for model, path in named("--models", args.models)
    }
    reached = [pair for model, table in exclusions.items() for pair in reaches(table, model)]
    headlines = read_table(args.headlines, text=TEXT)
    figures: dict[str, list[str]] = {}
    for figure, of in named("--figures", args.figures):
        figures.setdefault(of, []).append(figure)
    rows = [_row(path, args.folder / path.stem, reached, headlines) for path in args.searches]
    tables = [table for row in rows for table in (row.own, row.published, row.comparison) if table]
    lines = provenance.header(
        "write_summary",
        label=", ".join(sorted({row.data for row in rows})),
        tables=[*tables, *exclusions.values(), headlines],
    )
    write_table(args.table, columns(rows), lines)
    page = summary_page(
        rows,
        _planes(exclusions, dict(named("--planes", args.planes))),
        figures,
        version=VERSION,
        newest=newest_publication(Shown(**vars(row)).arxiv for row in rows),
        folder=Path(os.path.relpath(args.folder, Path(args.page).parent)).as_posix(),
        explorer=args.explorer,
        references=args.references,
    )
    write_text(args.page, page)
    print(f"{len(rows)} searches, {len(exclusions)} models, {len(headlines)} headlines: {args.page}")


def _planes(exclusions: Mapping[str, Table], pictures: Mapping[str, str]) -> list[Plane]:
    """The models, each with its picture if it has one."""
    found = []
    for model, table in exclusions.items():
        title = table.header.get("title", model)
        picture = Path(pictures.get(model, ""))
        size = png_size(picture) if model in pictures else (0, 0)
        found.append(Plane(model, title, picture.stem, *size))
    return found


def _row(path: Path, folder: Path, reached: Iterable[tuple[str, Reach]], headlines: Table) -> Row:
    settings = {slot: value for slot, value in read_search(path).items() if slot in SLOTS}
    own = None if settings["input"] == "limits" else _own(settings, folder)
    published = read_table(folder / "published_limits.csv", required=LIMITS) if settings.get("published") else None
    limits = own or published
    if limits is None:
        raise InputError(
            f"{path}: published: this slot is missing", remedy="remove the search from this list, or add the slot"
        )
    lines = headlines.where(headlines["search"] == path.stem)
    return Row(
        search=path.stem,
        settings=settings,
        label=own.label if own else "",
        own=own,
        published=published,
        reaches=tuple(reach for search, reach in reached if search == path.stem),
        comparison=read_table(folder / "comparison.csv", text=("scope",)) if own and published else None,
        statuses=provenance.header_statuses(limits),
        headlines=tuple({name: c[i] for name, c in lines.columns.items()} for i in range(len(lines))),
    )


def _own(settings: Mapping[str, Any], folder: Path) -> Table:
    """A search's own limits: on the branching ratio; without a normalisation on signal events, of no lifetime."""
    if settings["normalisation"]["kind"] != "none":
        return read_table(folder / "branching_limits.csv", required=LIMITS)
    table = read_table(folder / "event_limits.csv", required=LIMITS[1:])
    return replace(table, columns={"lifetime_ns": np.full(len(table), np.nan), **table.columns})


if __name__ == "__main__":
    run(main)
