"""Does the published observed limit lie inside the expected band of our own chain?

One row for each lifetime and range of masses without a gap: the fraction of published masses inside the +-2 sigma
band, and the median ratio of the published observed to the expected limit; both also for an acceptance without the
window's efficiency, and with a common factor on the sensitivity if the search declares one (`published.factor`).
Published numbers enter here and nowhere before.
"""

from __future__ import annotations

from collections.abc import Sequence

from darkaon.command import parser, run
from darkaon.errors import InputError
from darkaon.report.comparison import BAND, compare
from darkaon.tables import provenance
from darkaon.tables.table import read_table, write_table


def main(argv: Sequence[str] | None = None) -> None:
    """Run the script with the arguments `argv`."""
    arguments = parser(__doc__)
    arguments.add_argument("--own", required=True, help="branching_limits.csv of this run")
    arguments.add_argument("--acceptance", required=True, help="acceptance.csv of this run")
    arguments.add_argument("--published", required=True, help="published_limits.csv")
    arguments.add_argument("--factor", type=float, help="common factor on the sensitivity, tried beside")
    arguments.add_argument("--output", required=True, help="comparison.csv")
    args = arguments.parse_args(argv)

    own = read_table(args.own, required=("lifetime_ns", "mass_MeV", *BAND))
    acceptance = read_table(args.acceptance, required=("mass_MeV",))
    published = read_table(args.published, required=("lifetime_ns", "mass_MeV", "observed"))
    levels = [float(table.header.get("level", 0.90)) for table in (own, published)]
    if levels[0] != levels[1]:
        raise InputError(
            f"{args.published}: limits at CL {levels[1]:g}, but those of {args.own} are at CL {levels[0]:g}",
            remedy="set statistics.level in the search's YAML, or published.level to what it is",
        )
    factors = {} if args.factor is None else {"with_factor": args.factor}
    rows = compare(own, published, acceptance.columns.get("window_efficiency"), factors)
    for i, tau in enumerate(rows["lifetime_ns"]):
        where = f"{rows['first_mass_MeV'][i]:g} to {rows['last_mass_MeV'][i]:g} MeV"
        rise = f", UL(tau)/UL(inf) own/published {rows['lifetime_ratio'][i]:.3f}" if "lifetime_ratio" in rows else ""
        print(f"lifetime {tau:g} ns, {where}, {rows['masses'][i]:.0f} published masses{rise}")
        for text, variant in (
            ("acceptance inside the window", ""),
            ("without the window's efficiency", "_without_window"),
            (f"with the common factor {args.factor}", "_with_factor"),
        ):
            if f"ratio{variant}" not in rows:
                continue  # no window's efficiency is known
            print(
                f"    {text}: {100 * rows[f'inside_band{variant}'][i]:.1f} % inside the +-2 sigma band, "
                f"median published/expected {rows[f'ratio{variant}'][i]:.3f}"
            )
    lines = provenance.header(
        "compare_published",
        label=f"{own.label} against published",
        search=own.header.get("search", ""),
        tables=[own, acceptance, published],
        **({} if args.factor is None else {"factor": args.factor}),
    )
    write_table(args.output, rows, lines)


if __name__ == "__main__":
    run(main)
