"""Draw one figure of config/figures.yaml.

    python scripts/plot_figure.py --figure fig6a --figures config/figures.yaml \
        --tables own=results/searches/na62_kpix_mumu/branching_limits.csv \
        published=results/searches/na62_kpix_mumu/published_limits.csv --output fig6a.pdf fig6a.png

The figure says whether its data are measured, simulated, published or calculated, as the tables do in their headers.
"""

from __future__ import annotations

import gc
from collections.abc import Sequence
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

from darkaon.command import Argv, named, parser, run
from darkaon.config.figures_file import load_figure
from darkaon.errors import InputError
from darkaon.tables import provenance
from darkaon.tables.blocks import Candidates
from darkaon.tables.contours import read_contours
from darkaon.tables.table import Table, read_table

TEXT = ("search", "label", "kind", "process", "cut", "edge")  # columns of words


def main(argv: Argv = None) -> None:
    """Run the script with the arguments `argv`."""
    arguments = parser(__doc__, figure="its id")
    arguments.add_argument(
        "--figures", nargs="+", default=["config/figures.yaml"], help="lists of figures, the first one counts"
    )
    arguments.add_argument("--tables", required=True, nargs="+", metavar="NAME=PATH", help="the tables that it shows")
    arguments.add_argument("--output", required=True, nargs="+", type=Path, help=".pdf and .png files")
    args = arguments.parse_args(argv)

    from darkaon.plots.saving import check_kinds, save

    spec = load_figure(args.figures[0], args.figure, *args.figures[1:])
    check_kinds(args.output, "--output: ")
    plot = import_module(f"darkaon.plots.{spec.kind}")
    tables = Tables(f"{args.figures[0]}: figures.{args.figure}")
    for name, path in named("--tables", args.tables):
        contours = name.startswith(("overlay.", "region."))
        tables[name] = read_contours(path) if contours else read(Path(path), plot.COLUMNS.get(name, ()))

    from darkaon.plots.boxes import overlaps
    from darkaon.plots.style import NOTES, canvas, check_mathtext, notes_of, styled

    with styled():
        notes = notes_of(restricted(tables, spec), getattr(plot, "NOTES", NOTES))
        data_labels = labels(args.tables, tables, spec)
        figure = canvas(data_labels, notes if spec.notes else (), spec.title, getattr(plot, "SCALE", 1.0), spec.wide)
        label = ", ".join(dict.fromkeys(data_labels))
        carried = provenance.header(
            "plot_figure", label=label, settings=spec.model_dump(mode="json"), tables=tables.values()
        )
        try:
            plot.draw(figure, tables, spec)
            figure.draw_without_rendering()
            for pair in overlaps(figure):  # before .pdf sets 72 dots per inch
                print(f"overlap: {pair}")
            save(figure, args.output, carried)
        except ValueError:
            check_mathtext(spec, f"{args.figures[0]}: figures.{args.figure}")
            raise
    print(f"{args.figure}, {spec.title}: {', '.join(tables)}; {label}")


class Tables(dict[str, Table | Candidates]):
    """Tables by name; one that is not there is the user's to give."""

    def __init__(self, figure: str) -> None:
        """Nothing yet, for a figure."""
        self.figure = figure

    def __missing__(self, name: str) -> Table | Candidates:
        raise InputError(f"{self.figure}: shows the table {name!r}", remedy=f"give it as --tables {name}=PATH")


def read(path: Path, columns: Sequence[str]) -> Table | Candidates:
    """A table with these columns, or candidates as one."""
    if path.suffix != ".npy":
        return read_table(path, required=columns, text=TEXT)
    return Candidates([path])


def restricted(tables: dict[str, Any], spec: Any) -> dict[str, Any]:
    """The tables with only the notes that belong to the searches that an exclusion figure shows."""
    contours = tables.get("contours")
    if contours is None or not contours.header.get("statuses_of") or not spec.searches:
        return tables
    shown = {spec.model, *set(contours["search"].tolist()) & set(spec.searches)}
    merged: dict[str, set[str]] = {}
    for line in contours.header["statuses_of"].splitlines():
        of, _, rest = line.partition(" ")
        status, _, names = rest.partition(": ")
        if of in shown:
            merged.setdefault(status, set()).update(names.split(", "))
    laws = [line for line in contours.header.get("lifetime_note", "").splitlines() if line.partition(":")[0] in shown]
    lines = {
        "statuses": "\n".join(f"{status}: {', '.join(sorted(names))}" for status, names in merged.items()),
        "lifetime_note": "\n".join(laws),
    }
    return tables | {"contours": replace(contours, header={**contours.header, **lines})}


def labels(texts: Sequence[str], tables: dict[str, Any], spec: Any) -> list[str]:
    """What the tables' data are; a model's predictions are calculated.

    Raises:
        InputError: a table that does not say.
    """
    found: list[str] = []
    drawn = bool(getattr(spec, "projections", None))
    for text, (name, table) in zip(texts, tables.items(), strict=True):
        if name.startswith("candidates.") or not len(table):
            continue  # the cutflow beside it says; or nothing is excluded
        if name.startswith(("overlay.", "region.")):
            continue  # the key says so
        label = "calculated" if name == "predictions" else table.label
        if not label:
            raise InputError(
                f"{text.partition('=')[2]}: '# label:' is missing in the header", remedy="measured or simulated?"
            )
        if name == "contours":
            label = ", ".join(_drawn(table, spec)) or label
        found += [word for word in label.split(", ") if drawn or not word.startswith("projection")]
    return found


def _drawn(table: Table, spec: Any) -> list[str]:
    """The labels of the limits that an exclusion figure shows."""
    kinds = zip(table["search"].tolist(), table["label"].tolist(), table["kind"].tolist(), strict=True)
    return list(
        dict.fromkeys(
            label
            for search, label, kind in kinds
            if (not spec.searches or search in spec.searches)
            and (kind == "observed" if label == "published" else kind in spec.own or label.startswith("projection"))
        )
    )


if __name__ == "__main__":
    gc.disable()  # a sixth of the time, for little memory
    run(main)
