"""Carry published limits into a table with the columns of our own results."""

from __future__ import annotations

from collections.abc import Mapping

from darkaon.command import Argv, parser, run
from darkaon.config.search import Search, load_search
from darkaon.config.slots.lifetime import law_header
from darkaon.errors import InputError
from darkaon.tables import provenance
from darkaon.tables.gaps import KEY
from darkaon.tables.published import read_published
from darkaon.tables.table import write_table

SLOTS = ("process", "final_state", "lifetime", "published", "reference", "references")


def main(argv: Argv = None) -> None:
    """Run the script with the arguments `argv`."""
    args = parser(__doc__, "search", "name", output="table of branching-ratio limits").parse_args(argv)

    search = load_search(args.search, SLOTS)
    if search.published is None:
        raise InputError(f"{args.search}: published: is missing", remedy="name the table of published limits")
    table = read_published(search.published)
    _agree(args.search, search, table.header)
    lines = provenance.header(
        "import_published",
        label=table.header.get("label", "published"),
        search=args.name,
        settings=search.lifetime.model_dump(mode="json"),
        files=[search.published.path],
        tables=[table],
        papers=(*search.papers, *search.published.references),
        process=search.process,
        final_state=search.final_state,
        lifetime_law=search.lifetime.kind,
        level=search.published.level,
        **law_header(search.lifetime),
        quantity=table.header.get("quantity", ""),
        **({KEY: table.header[KEY]} if KEY in table.header else {}),
        source="\n".join(table.comments),
    )
    write_table(args.output, table.columns, lines)
    print(f"{args.name}: {len(table)} {table.header.get('label', 'published')} limits from {search.published.path}")


def _agree(path: str, search: Search, header: Mapping[str, str]) -> None:
    """Whether the search says the same as its published table, where that says something."""
    assert search.published is not None
    said = {"process": search.process, "final_state": search.final_state, "level": f"{search.published.level:g}"}
    for key, value in said.items():
        if header.get(key, value) != value:
            raise InputError(
                f"{path}: {'published.' * (key == 'level')}{key}: {value!r}, but {search.published.path} says "
                f"{header[key]!r}",
                remedy="correct the search, or the header of the table",
            )


if __name__ == "__main__":
    run(main)
