"""Carry published limits into a table with the columns of our own results."""

from __future__ import annotations

from collections.abc import Sequence

from darkaon.command import parser, run
from darkaon.config.search import load_search
from darkaon.tables import provenance
from darkaon.tables.published import read_published
from darkaon.tables.table import write_table

SLOTS = ("process", "final_state", "lifetime", "published", "reference", "references")


def main(argv: Sequence[str] | None = None) -> None:
    """Run the script with the arguments `argv`."""
    arguments = parser(__doc__)
    arguments.add_argument("--search", required=True, help="the search's YAML")
    arguments.add_argument("--name", default="", help="the search's id, for the header")
    arguments.add_argument("--output", required=True, help="table of branching-ratio limits")
    args = arguments.parse_args(argv)

    search = load_search(args.search, SLOTS)
    assert search.published is not None
    table = read_published(search.published)
    lines = provenance.header(
        "import_published",
        label="published",
        search=args.name,
        settings=search.lifetime.model_dump(mode="json"),
        files=[search.published.path],
        tables=[table],
        papers=(*search.papers, *search.published.references),
        process=search.process,
        final_state=search.final_state,
        lifetime_law=search.lifetime.kind,
        level=search.published.level,
        tau0_ns=getattr(getattr(search.lifetime, "tau0_ns", None), "value", ""),
        source="\n".join(table.comments),
    )
    write_table(args.output, table.columns, lines)
    print(f"{args.name}: {len(table)} published limits from {search.published.path}")


if __name__ == "__main__":
    run(main)
