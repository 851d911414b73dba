"""Couplings of a model that several searches exclude together, from their windows.

    python ../../scripts/combine_searches.py --model bc4 --output combination.csv \
        --search na62_kpix_mumu=na62_kpix_mumu/windows.csv,na62_kpix_mumu/acceptance.csv \
        --search na62_kpix_invisible=na62_kpix_invisible/windows.csv,na62_kpix_invisible/acceptance.csv

The windows of all searches at one mass are one likelihood-ratio CLs in the coupling, beside the union of the single
exclusions (exclude.py --union). Only masses at which two searches have a window are combined, unless --masses gives
others. The uncertainty of a single event sensitivity is that at the lifetime of each coupling; the limits of one
search (compute_limits.py) take the least of all lifetimes.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from darkaon.command import Argv, check_outputs, named, parser, run
from darkaon.config.schema import check_known
from darkaon.errors import InputError
from darkaon.exclusion.combination import QUANTILES, Counts, combine
from darkaon.exclusion.combine import polygons
from darkaon.exclusion.files import read_counts
from darkaon.models.loading import load_model, model_settings
from darkaon.tables import provenance
from darkaon.tables.gaps import gaps
from darkaon.tables.table import Table, write_table
from darkaon.typing import Array


def main(argv: Argv = None) -> None:
    """Run the script with the arguments `argv`."""
    arguments = parser(__doc__, model="id, or a YAML such as config/models/bc4.yaml", output="CSV of intervals")
    arguments.add_argument(
        "--search", required=True, action="extend", nargs="+", metavar="SEARCH=WINDOWS,ACCEPTANCE", help="its tables"
    )
    arguments.add_argument("--kinds", nargs="+", choices=("observed", *QUANTILES), default=("observed",))
    arguments.add_argument("--masses", nargs="+", type=float, help="MeV; by default where two searches have a window")
    arguments.add_argument("--spacing", type=float, default=1.0, help="MeV between masses, at least (%(default)s)")
    arguments.add_argument("--level", type=float, default=0.90, help="confidence level")
    arguments.add_argument(
        "--correlated", nargs="*", default=[], metavar="SEARCH=ses,background",
        help="uncertainties that a search has in common with others that are named here; the rest are independent",
    )  # fmt: skip
    arguments.add_argument(
        "--nuisance",
        nargs="*",
        default=[],
        metavar="SEARCH=gauss",
        help="distribution of a search's background that is not --correlated: gamma (default), gauss or lognormal",
    )
    arguments.add_argument("--contours", help="CSV of closed polygons")
    args = arguments.parse_args(argv)
    if not 0 < args.level < 1:
        raise InputError("--level: must lie between 0 and 1", remedy="give 0.9 for 90 %")
    if not args.spacing >= 0:
        raise InputError(f"--spacing: {args.spacing:g} MeV is no step", remedy="give 0 or more")

    model = load_model(args.model)
    tables, searches = [], []
    given = [text.partition("=")[0] for text in args.search]
    correlated = _correlated(args.correlated, given)
    nuisance = dict(named("--nuisance", args.nuisance))
    for name in nuisance:
        check_known(name, given, f"--nuisance: no --search is called {name!r}")
    for name, text in zip(given, args.search, strict=True):
        read, counts = read_counts(text, correlated.get(name, ()), nuisance.get(name, "gamma"))
        tables += read
        searches.append(counts)
    _check_distinct(given, tables[::2])
    paths = [path for text in args.search for path in text.partition("=")[2].split(",")]
    check_outputs({"--output": args.output, "--contours": args.contours}, paths)
    met = [c for c in searches if model.meets(c.sensitivity.process, c.sensitivity.final_state)]
    masses = np.unique(args.masses) if args.masses else spaced(shared_masses(met), args.spacing)
    found = combine(model, met, masses, args.level, list(dict.fromkeys(args.kinds)))
    label = ", ".join(sorted({c.sensitivity.label for c in met if c.sensitivity.label}))
    settings, rates = model_settings(args.model)
    lines = provenance.header(
        "combine_searches",
        label=label,
        search=", ".join(c.sensitivity.search for c in met),
        settings=settings,
        files=rates,
        tables=tables,
        model=model.id,
        coupling=model.coupling.name,
        level=f"{args.level:g}",
        correlated=" ".join(args.correlated),
        **({"nuisance": " ".join(args.nuisance)} if args.nuisance else {}),
    )
    write_table(args.output, found, lines)
    if args.contours:
        names = {name: np.full(len(found["kind"]), text) for name, text in (("search", "combined"), ("label", label))}
        write_table(args.contours, polygons(names | found, [], _with_gaps(masses)), lines)
    number = len(np.unique(found["mass_MeV"]))
    why = "" if number else f": {nothing(searches, met, masses)}"
    most = int(found["searches"].max(initial=0))
    print(f"{model.id}: {number} masses combined from {most or len(met)} searches{why}")


def _correlated(texts: Sequence[str], searches: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Search -> its uncertainties that are common with others, of --correlated."""
    result: dict[str, tuple[str, ...]] = {}
    for name, text in named("--correlated", texts):
        check_known(name, searches, f"--correlated: no --search is called {name!r}")
        names = tuple(text.split(","))
        if not set(names) <= {"ses", "background"}:
            raise InputError(f"--correlated: {text!r} is not an uncertainty", remedy="write ses, background or both")
        result[name] = (*result.get(name, ()), *names)
    return result


def _check_distinct(names: Sequence[str], windows: Sequence[Table]) -> None:
    """Refuse a name, and windows of the same content, that are given twice: their events would count twice."""
    seen: dict[bytes, str] = {}
    for name, table in zip(names, windows, strict=True):
        content = b"".join(table[column].tobytes() for column in ("mass_MeV", "n_observed", "background"))
        if name in seen.values():
            raise InputError(f"--search: {name} is given twice", remedy="give each search once")
        if content in seen:
            raise InputError(
                f"--search: {name} and {seen[content]} have the same windows",
                remedy="events count once: leave one out",
            )
        seen[content] = name


def nothing(searches: Sequence[Counts], met: Sequence[Counts], masses: Array) -> str:
    """Why nothing is excluded, in a few words for the screen.

    Args:
        searches: all that were given.
        met: those that the model meets.
        masses: where they were to be combined [MeV].
    """
    if not met:
        pairs = {f"{c.sensitivity.process}, {c.sensitivity.final_state}" for c in searches}
        return f"{'; '.join(sorted(pairs))} does not meet this model"
    if not len(masses):
        return "no two have a window at one mass, and there are no --masses"
    if not any(c.window(m) is not None and c.sensitivity.covered(np.array([m])).any() for c in met for m in masses):
        return "none has a window and a sensitivity at these masses"
    blinded = any(np.isnan(c.n).any() for c in met)
    return "nothing is excluded" + ", and nothing observed where a window is blinded" * blinded


def _with_gaps(mass_MeV: Array) -> Array:
    """The masses and one more, where nothing was combined, in each gap between the ranges that searches share."""
    before = mass_MeV[:-1][gaps(mass_MeV)]
    return np.sort(np.append(mass_MeV, before + np.diff(mass_MeV)[gaps(mass_MeV)] / 2))


def shared_masses(searches: Sequence[Counts]) -> Array:
    """Masses of the coarser grid wherever two searches have windows."""
    result = [np.empty(0)]
    for index, one in enumerate(searches):
        for other in searches[index + 1 :]:
            low, high = max(one.mass_MeV[0], other.mass_MeV[0]), min(one.mass_MeV[-1], other.mass_MeV[-1])
            inside = [c.mass_MeV[(c.mass_MeV >= low) & (c.mass_MeV <= high)] for c in (one, other)]
            result.append(min(inside, key=len))
    return np.unique(np.concatenate(result))


def spaced(masses: Array, spacing: float) -> Array:
    """Of rising masses, those at least `spacing` apart: a combined limit takes 0.1 s, and grids may be fine."""
    kept: list[float] = []
    for mass in masses:
        if not kept or mass - kept[-1] >= spacing:
            kept.append(float(mass))
    return np.array(kept)


if __name__ == "__main__":
    run(main)
