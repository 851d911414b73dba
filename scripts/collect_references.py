"""The papers that results stand on: a BibTeX file and a page to be read.

    python scripts/collect_references.py --results results/figures/fig9d.png results/models/bc4/exclusion.csv \
        --bib results/references.bib --page results/references.html

Each result names its papers in its header (`references`); what is known of them stands in resources/references.bib.
"""

from __future__ import annotations

from pathlib import Path

from darkaon.command import Argv, parser, run
from darkaon.report.bibliography import bibtex, readable
from darkaon.report.pages import render
from darkaon.tables.lineage import header_of
from darkaon.tables.references import listed
from darkaon.tables.table import write_text


def main(argv: Argv = None) -> None:
    """Run the script with the arguments `argv`."""
    arguments = parser(__doc__, bib="BibTeX file to write", page="HTML page to write")
    arguments.add_argument("--results", nargs="+", required=True, type=Path, help="tables and figures")
    args = arguments.parse_args(argv)
    named = {path: sorted(listed(header_of(path).get("references", ""))) for path in args.results}
    keys = sorted({key for keys in named.values() for key in keys})
    shown = {_name(path): keys for path, keys in named.items()}
    page = render("references.html", entries={key: readable(key) for key in keys}, results=shown)
    write_text(args.bib, bibtex(keys))
    write_text(args.page, page)
    print(f"{len(keys)} papers behind {len(named)} results: {args.bib}")


def _name(path: Path) -> str:
    """What a result is called: the id of a figure, or the folder and name of a table."""
    return path.stem if path.suffix == ".png" else f"{path.parent.name}/{path.name}"


if __name__ == "__main__":
    run(main)
