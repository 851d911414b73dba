"""All planes and limits of a run on one page, without server or network: results/explorer.html.

    python scripts/write_explorer.py --planes bc4=results/models/bc4 \
        --limits na62_kpix_mumu=results/searches/na62_kpix_mumu/branching_limits.csv \
        --searches config/searches/na62_kpix_mumu.yaml --figures config/figures.yaml --output results/explorer.html

Names, colours, axes and other experiments' contours are those of the figures.
"""

from __future__ import annotations

from pathlib import Path

from darkaon.command import Argv, named, parser, run
from darkaon.report.explorer_page import explorer_page
from darkaon.tables.table import write_text

SLOTS = ("title", "reference")


def main(argv: Argv = None) -> None:
    """Run the script with the arguments `argv`."""
    arguments = parser(__doc__, output="HTML page to write")
    arguments.add_argument("--planes", nargs="*", default=[], metavar="MODEL=FOLDER", help="tables of models")
    arguments.add_argument("--limits", nargs="*", default=[], metavar="SEARCH=PATH", help="limits on B")
    arguments.add_argument("--searches", nargs="*", default=[], type=Path, help="YAML files of searches")
    arguments.add_argument("--figures", nargs="*", default=[], type=Path, help="lists of figures, the first counts")
    args = arguments.parse_args(argv)

    planes = {model: Path(folder) for model, folder in named("--planes", args.planes)}
    limits = [(search, Path(path)) for search, path in named("--limits", args.limits)]
    page = explorer_page(planes, limits, args.searches, args.figures)
    write_text(args.output, page)
    print(f"{len(planes)} planes, {len(limits)} tables of limits: {args.output}, {len(page) / 1e6:.2f} MB")


if __name__ == "__main__":
    run(main)
