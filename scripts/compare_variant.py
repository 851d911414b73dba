"""How much a search improves on its variant, as of fewer periods: limits of the variant over its own, by lifetime."""

from __future__ import annotations

from darkaon.command import Argv, parser, run
from darkaon.report.comparison import improvement
from darkaon.tables import provenance
from darkaon.tables.table import read_table, write_table

COLUMNS = ("lifetime_ns", "mass_MeV", "observed", "expected")


def main(argv: Argv = None) -> None:
    """Run the script with the arguments `argv`."""
    args = parser(
        __doc__,
        variant="branching_limits.csv of the variant",
        whole="branching_limits.csv of the search that it is made of",
        output="improvement.csv",
    ).parse_args(argv)

    variant, whole = (read_table(path, required=COLUMNS) for path in (args.variant, args.whole))
    rows = improvement(variant, whole)
    names = [table.header.get("search", "") for table in (variant, whole)]
    for tau, expected, observed in zip(rows["lifetime_ns"], rows["expected"], rows["observed"], strict=True):
        print(f"{names[0]} / {names[1]}, lifetime {tau:g} ns: expected {expected:.2f}, observed {observed:.2f}")
    lines = provenance.header("compare_variant", label=whole.label, search=names[0], tables=[variant, whole])
    write_table(args.output, rows, lines)


if __name__ == "__main__":
    run(main)
