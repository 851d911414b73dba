"""Published headlines of all searches beside our own numbers: the ratio, and whether they are reproduced.

    python scripts/compare_headlines.py --searches config/searches/na62_pi0_invisible.yaml --folder results/searches \
        --models bc2=results/models/bc2/exclusion.csv --output headlines.csv

One row for each headline: ours with the treatment that the headline names, and our own CLs result beside it.
Published headlines enter here and nowhere before.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from darkaon.command import Argv, named, parser, run
from darkaon.config.search import Search, load_search
from darkaon.config.slots.headlines import CouplingReach, files
from darkaon.errors import located
from darkaon.report.headlines import COLUMNS, allowed, excluded_by, our_number, reason, standard, verdict
from darkaon.tables import provenance
from darkaon.tables.table import Table, read_table, write_table

SLOTS = ("input", "simulation", "normalisation", "statistics", "headlines")
EXCLUSION = ("search", "label", "kind", "edge_low", "edge_high")


def main(argv: Argv = None) -> None:
    """Run the script with the arguments `argv`."""
    arguments = parser(__doc__, output="headlines.csv")
    arguments.add_argument("--searches", nargs="*", default=[], type=Path, help="YAML files of searches")
    arguments.add_argument("--folder", required=True, type=Path, help="where each search has a folder of tables")
    arguments.add_argument("--models", nargs="*", default=[], metavar="MODEL=PATH", help="exclusion.csv of models")
    args = arguments.parse_args(argv)

    exclusions = {
        model: read_table(path, required=("mass_MeV", "coupling_low"), text=EXCLUSION)
        for model, path in named("--models", args.models)
    }
    read, settings = list(exclusions.values()), {}
    rows: list[dict[str, Any]] = []
    for path in args.searches:
        search = load_search(path, SLOTS)
        folder = args.folder / path.stem
        tables = {
            n: read_table(folder / f, text=("scope",)) for n, f in files(search.headlines, search.input).items()
        }
        read += tables.values()
        settings[path.stem] = [h.model_dump(mode="json", exclude_unset=True) for h in search.headlines]
        rows += _rows(path, search, tables, exclusions)
    for row in rows:
        print(
            "{search}: {headline}: published {published:g}, ours {ours:.4g}, CLs {cls:.4g}: {verdict}".format(**row)
        )
    labels = {word for table in read for word in table.label.split(", ") if word}
    lines = provenance.header(
        "compare_headlines", label=f"{', '.join(sorted(labels))} against published", settings=settings, tables=read
    )
    write_table(args.output, {name: [row[name] for row in rows] for name in COLUMNS}, lines)


def _rows(
    path: Path, search: Search, tables: Mapping[str, Table], exclusions: Mapping[str, Table]
) -> Iterator[dict[str, Any]]:
    fraction = search.simulation.fraction if search.simulation else 1.0
    for number, headline in enumerate(search.headlines):
        at_hand = dict(tables)
        if isinstance(headline, CouplingReach) and headline.model in exclusions:
            at_hand["exclusion"] = excluded_by(exclusions[headline.model], path.stem, search.input == "limits")
        with located(f"{path}: headlines.{number}"):
            ours, cls = (
                our_number(headline, at_hand, column, search.normalisation, fraction)
                for column in (headline.column, standard(headline.column))
            )
        low, high = allowed(headline)
        none = math.isnan(ours)
        yield {
            "search": path.stem,
            "headline": headline.name,
            "treatment": headline.column,
            "published": headline.value,
            "status": headline.status,
            "ours": ours,
            "cls": cls,
            "ratio": ours / headline.value,
            "lowest_ratio": low,
            "highest_ratio": high,
            "data_fraction": fraction,
            "verdict": verdict(headline, ours),
            "reason": headline.reason
            or (reason(headline, at_hand.get("exclusion"), headline.column) if none else ""),
            "source": headline.source,
        }


if __name__ == "__main__":
    run(main)
