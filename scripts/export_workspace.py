"""Write a search as a pyhf workspace and a patch set over its mass hypotheses.

    pyhf patchset apply --name m260_123_MeV workspace.json patchset.json | pyhf cls

The parameter of interest is the number of signal events in the window; other experiments can combine and publish it.
"""

from __future__ import annotations

import json

from darkaon.command import Argv, parser, run
from darkaon.config.search import load_search
from darkaon.errors import located
from darkaon.statistics.pyhf_workspace import documents
from darkaon.tables import provenance
from darkaon.tables.table import read_table, write_text

SLOTS = ("title", "reference", "statistics")


def main(argv: Argv = None) -> None:
    """Run the script with the arguments `argv`."""
    args = parser(
        __doc__,
        "search",
        limits="event_limits.csv",
        workspace="workspace.json to write",
        patchset="patchset.json to write",
    ).parse_args(argv)

    search = load_search(args.search, SLOTS, ("events", "counts"))
    table = read_table(args.limits, required=("mass_MeV", "n_observed", "background", "background_uncertainty"))
    with located(args.limits):
        workspace, patches = documents(
            table,
            search.statistics.nuisance,
            title=search.title,
            arxiv=search.reference.arxiv if search.reference else "",
        )
    name = table.header.get("search", "")
    patches["metadata"]["provenance"] = provenance.header(
        "export_workspace", label=table.label, search=name, settings=search, tables=[table]
    )
    write_text(args.workspace, json.dumps(workspace, indent=1) + "\n")
    write_text(args.patchset, json.dumps(patches, indent=1) + "\n")
    print(f"{search.title}: {len(patches['patches'])} mass hypotheses, {search.statistics.nuisance} background")


if __name__ == "__main__":
    run(main)
