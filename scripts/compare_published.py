"""Does the published observed limit lie inside the expected band of our own chain?

One row for each lifetime and range of masses without a gap, and rows for eight parts of it: the fraction of
published masses inside the +-2 sigma band, and the median ratio of the published observed to the expected limit; both
also for an acceptance without the window's efficiency, and with a common factor on the sensitivity if the search
declares one (`published.factor`).
Published numbers enter here and nowhere before.
"""

from __future__ import annotations

from dataclasses import replace

from darkaon.command import Argv, parser, run
from darkaon.errors import InputError
from darkaon.models.loading import load_model
from darkaon.report.comparison import BAND, compare, in_branching_fraction
from darkaon.tables import provenance
from darkaon.tables.table import read_table, write_table


def main(argv: Argv = None) -> None:
    """Run the script with the arguments `argv`."""
    arguments = parser(
        __doc__,
        own="branching_limits.csv of this run",
        acceptance="acceptance.csv of this run",
        published="published_limits.csv",
        output="comparison.csv",
    )
    arguments.add_argument("--model", help="YAML of the model in whose coupling the published limits are")
    arguments.add_argument("--factor", type=float, help="common factor on the sensitivity, tried beside")
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
    read, files = [own, acceptance, published], []
    if published.header.get("quantity"):
        if args.model is None:
            raise InputError(
                f"{args.published}: limits on {published.header['quantity']}, no branching fraction",
                remedy="say published.in_model in the search's YAML (--model)",
            )
        model, files = load_model(args.model), [args.model]
        published = in_branching_fraction(published, model, published.header["process"])
    fraction = float(own.header.get("data_fraction", 1))
    if fraction < 1:  # limits of all data are lower by the square root
        own = replace(own, columns=own.columns | {name: own[name] * fraction**0.5 for name in BAND})
    factors = {} if args.factor is None else {"with_factor": args.factor}
    rows = compare(own, published, acceptance.columns.get("window_efficiency"), factors)
    for i, tau in enumerate(rows["lifetime_ns"]):
        if rows["scope"][i] == "part":
            continue
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
        print(f"    shape: medians of eight parts differ by a factor {rows['shape'][i]:.2f}")
    lines = provenance.header(
        "compare_published",
        label=f"{own.label} against published",
        search=own.header.get("search", ""),
        tables=read,
        files=files,
        scaled_from="" if fraction == 1 else f"{fraction:g} of the data",
        **({} if args.factor is None else {"factor": args.factor}),
    )
    write_table(args.output, rows, lines)


if __name__ == "__main__":
    run(main)
