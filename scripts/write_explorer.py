"""One page on which all planes and limits of a run can be looked at: results/explorer.html, without server or network.

    python scripts/write_explorer.py --planes bc4=results/models/bc4 \
        --limits na62_kpix_mumu=results/searches/na62_kpix_mumu/branching_limits.csv \
        --searches config/searches/na62_kpix_mumu.yaml --figures config/figures.yaml --output results/explorer.html

Names, colours, axes and other experiments' contours are those of the figures.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from darkaon.command import named, parser, run
from darkaon.config.figures import Exclusion, load_figures
from darkaon.config.search import read_search
from darkaon.greek import plain, plain_tex
from darkaon.report.explorer import Plane, Search, document
from darkaon.report.pages import render
from darkaon.tables.table import atomic_path, read_table
from darkaon.version import VERSION

SLOTS = ("title", "reference")
CONTOURS = ("mass_MeV", "coupling", "polygon")


def main(argv: Sequence[str] | None = None) -> None:
    """Run the script with the arguments `argv`."""
    arguments = parser(__doc__)
    arguments.add_argument("--planes", nargs="*", default=[], metavar="MODEL=FOLDER", help="tables of models")
    arguments.add_argument("--limits", nargs="*", default=[], metavar="SEARCH=PATH", help="limits on B")
    arguments.add_argument("--searches", nargs="*", default=[], type=Path, help="YAML files of searches")
    arguments.add_argument("--figures", nargs="*", default=[], type=Path, help="lists of figures, the first counts")
    arguments.add_argument("--output", required=True, help="HTML page to write")
    args = arguments.parse_args(argv)

    figures = load_figures(*args.figures) if args.figures else {}
    drawn = [figure for figure in figures.values() if isinstance(figure, Exclusion)]
    displays = {name: shown for figure in figures.values() for name, shown in figure.display.items()}
    searches = {}
    for path in args.searches:
        content, shown = read_search(path), displays.get(path.stem)
        searches[path.stem] = Search(
            plain_tex(shown.name) if shown else path.stem,
            shown.colour if shown else "grey",
            (content.get("reference") or {}).get("arxiv", ""),
            plain(content["title"]),
        )
    planes = []
    for model, folder in named("--planes", args.planes):
        figure = next((each for each in drawn if each.model == model), None)
        words = ("search", "label", "kind", "process")
        planes.append(
            Plane(
                model,
                read_table(Path(folder) / "contours.csv", required=CONTOURS, text=words),
                read_table(Path(folder) / "predictions.csv", required=("mass_MeV",), text=words),
                figure.y_label if figure else "",
                figure.x_range if figure else None,
                figure.y_range if figure else None,
                {
                    overlay.label or Path(overlay.path).stem: read_table(overlay.path, CONTOURS, ("label", "search"))
                    for each in drawn
                    if each.model == model
                    for overlay in each.overlays
                },
            )
        )
    limits = [
        (search, read_table(path, required=("lifetime_ns", "mass_MeV")))
        for search, path in named("--limits", args.limits)
    ]
    page = render("explorer.html", data=document(planes, limits, searches), version=VERSION)
    with atomic_path(args.output) as temporary:
        temporary.write_text(page, encoding="utf-8")
    print(f"{len(planes)} planes, {len(limits)} tables of limits: {args.output}, {len(page) / 1e6:.2f} MB")


if __name__ == "__main__":
    run(main)
