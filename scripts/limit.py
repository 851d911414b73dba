"""The upper limit on the signal in counting experiments, without a workflow.

    python scripts/limit.py --observed 1 --background 0.5 --uncertainty 0.1
    python scripts/limit.py --observed 12 --background 10 --uncertainty 22 --uncertainty-down 8
    python scripts/limit.py --background 110 --uncertainty 3 --level 0.95 --json      (blinded: expected limits only)
    python scripts/limit.py --observed 7 --background 3 1.5 --uncertainty 0.5 0.8 --nuisance gauss lognormal
    python scripts/limit.py --windows windows.csv --output limits.csv      (each row by itself)
    python scripts/limit.py --windows windows.csv --combine                (all rows in one limit)
    python scripts/limit.py --workspace workspace.json                     (a pyhf workspace of one channel)

Limits are numbers of signal events by the CLs method; of combined windows and workspaces they are the strength that
multiplies the signal given there. A table has the columns n_observed (empty: blinded), background, and if need be
uncertainty, uncertainty_down, signal_uncertainty (combined: common to all rows), share (signal in the row at
strength 1; 1 if it is not given) and nuisance; name and mass_MeV are repeated. Several sources of background and
combined windows are limits by `hybrid`. With --signal (a branching ratio over the single event sensitivity) the
answer has the significance to be expected of so many events. The methods:

    hybrid      the background averaged over its distribution (default); covers at every count
    known       the background taken as exact
    on_off      the background counted in a sideband: hybrid with the p-value of Z_Bi
    profile     profile-likelihood ratio, its distribution enumerated
    asymptotic  the same by asymptotic formulae, what pyhf gives; 20-40 % too low at small counts
"""

from __future__ import annotations

import argparse
import json
import math
from pathlib import Path
from typing import Any

import numpy as np

from darkaon.command import Argv, check_outputs, parser, run
from darkaon.errors import InputError, located
from darkaon.statistics import checks
from darkaon.statistics.asymptotic import ACCURATE_FROM
from darkaon.statistics.expected_significance import expected_significance
from darkaon.statistics.generating import Windows
from darkaon.statistics.limits import METHODS, NUISANCES, set_limits
from darkaon.statistics.pyhf_reading import read_workspace
from darkaon.statistics.upper_limits import Limits
from darkaon.statistics.windows_table import (
    COLUMNS,
    OPTIONAL,
    combined_limits,
    combined_windows,
    sources_of,
    table_limits,
)
from darkaon.tables.table import Table, read_table, write_table
from darkaon.typing import BANDS, Array

OF_A_WINDOW = ("observed", "uncertainty", "uncertainty_down", "signal", "signal_uncertainty")
"""Options that say what a table of windows has in columns."""
LABELS = ("name", "mass_MeV")
"""Columns of a table of windows that are repeated in the answer and mean nothing here."""


def main(argv: Argv = None) -> None:
    """Run the script with the arguments `argv`."""
    arguments = _arguments()
    args = arguments.parse_args(argv)
    if sum(option is not None for option in (args.background, args.windows, args.workspace)) != 1:
        raise InputError("--background, --windows and --workspace", remedy="give one of the three")
    if args.combine and not args.windows:
        raise InputError("--combine", remedy="give a table of windows with --windows")
    _check_unused(arguments, args)
    if args.windows and not args.combine:
        _every_row(args)
        return
    one = args.background is not None and len(args.background) == 1
    if args.signal is not None and not (one and args.uncertainty_down is None and args.nuisance == ["gamma"]):
        raise InputError(
            "--signal", remedy="give it with one background, of distribution gamma and equal uncertainties"
        )
    if one:
        sources_of(args.background, args.uncertainty, args.nuisance)  # one uncertainty and one distribution
        answer = _single(args, args.observed, args.background[0], args.uncertainty[0], args.uncertainty_down)
    else:
        answer = _together(args)
    print(json.dumps(answer, indent=2) if args.json else _text(answer))


def _arguments() -> argparse.ArgumentParser:
    arguments = parser(__doc__)
    arguments.add_argument("--observed", type=float, help="events counted; leave it out while blinded")
    arguments.add_argument("--background", type=float, nargs="+", help="events expected, of each source")
    arguments.add_argument(
        "--uncertainty", type=float, nargs="+", default=[0.0], help="of each, in events (default: 0)"
    )
    arguments.add_argument("--uncertainty-down", type=float, help="downwards, where it differs (hybrid, one source)")
    arguments.add_argument("--signal", type=float, help="events whose expected significance is given")
    arguments.add_argument("--windows", help="CSV with a row for each window")
    arguments.add_argument("--combine", action="store_true", help="its rows are one limit")
    arguments.add_argument("--workspace", help="JSON of pyhf with one channel")
    arguments.add_argument("--output", help="CSV of the limits of each row (default: on the screen)")
    arguments.add_argument("--method", choices=METHODS, default="hybrid", help="default: %(default)s")
    arguments.add_argument("--level", type=float, default=0.90, help="confidence level (default: %(default)s)")
    arguments.add_argument(
        "--nuisance", choices=NUISANCES, nargs="+", default=["gamma"],
        help="distribution of the background, of each source or one for all (default: gamma)",
    )  # fmt: skip
    arguments.add_argument(
        "--signal-uncertainty",
        type=float,
        default=0.0,
        help="relative, of SES and acceptance (hybrid, known, on_off)",
    )
    arguments.add_argument("--json", action="store_true", help="print one JSON object")
    return arguments


def _check_unused(arguments: argparse.ArgumentParser, args: argparse.Namespace) -> None:
    """Refuse options beside which the numbers come from a file."""
    unused = {"output": "it is for the rows of --windows, each by itself; take --json"}
    if args.windows:
        where = "is a column of the table given by --windows"
        unused = dict.fromkeys(OF_A_WINDOW, where) | (unused if args.combine else {})
        if len(args.nuisance) > 1:
            raise InputError(f"--nuisance: {len(args.nuisance)} of them", remedy="give one for all rows")
    elif args.uncertainty_down is not None:
        unused["nuisance"] = "an asymmetric background is a two-piece log-normal"
    elif args.workspace:
        unused |= dict.fromkeys((*OF_A_WINDOW, "nuisance"), "the workspace says it")
    for name, remedy in unused.items():
        if getattr(args, name) != arguments.get_default(name):
            raise InputError(f"--{name.replace('_', '-')} has no effect here", remedy=remedy)


def _every_row(args: argparse.Namespace) -> None:
    """Limits of each row of a table: a CSV, or JSON with a list for each column."""
    table = _read(args.windows)
    if "nuisance" in table.columns:
        raise InputError(
            f"{args.windows}: nuisance: each row by itself takes that of --nuisance",
            remedy="remove the column, or give --combine",
        )
    limits = table_limits(table.columns, method=args.method, level=args.level, nuisance=args.nuisance[0])
    columns = {**table.columns, **limits.columns()}
    if args.json:
        rows = {name: [_number(x) for x in values.tolist()] for name, values in columns.items()}
        print(json.dumps({"method": args.method, "level": args.level, "windows": rows}, indent=2))
    if args.output:
        check_outputs({"--output": args.output}, [args.windows])
        write_table(args.output, columns, {"method": args.method, "level": f"{args.level:g}"})
    elif not args.json:
        print(",".join(columns))
        for row in zip(*columns.values(), strict=True):
            print(",".join(str(x) if isinstance(x, str) else f"{x:.6g}" for x in row))


def _read(path: str) -> Table:
    table = read_table(path, required=COLUMNS, text=["nuisance", "name"])
    with located(path):
        for column in table.columns:
            checks.one_of("column", column, (*COLUMNS, *OPTIONAL, "nuisance", *LABELS))
    if not len(table):
        raise InputError(f"{path}: has no row", remedy="give a row for each window")
    return table


def _single(args: argparse.Namespace, n: float | None, b: float, up: float, down: float | None) -> dict[str, Any]:
    """One window with one source of background, by the method asked for and by all others."""
    options: dict[str, Any] = {"level": args.level, "nuisance": args.nuisance[0]}

    def limits(method: str, signal_uncertainty: float) -> dict[str, float | None]:
        found = set_limits(n, b, up, down, method=method, signal_uncertainty=signal_uncertainty, **options)
        return _numbers(found)

    answer = {"method": args.method, "level": args.level, **limits(args.method, args.signal_uncertainty)}
    answer["other_methods"] = {}
    for name in METHODS:
        if name != args.method:
            try:  # profile and asymptotic carry no uncertainty of the signal
                carried = 0.0 if name in ("profile", "asymptotic") else args.signal_uncertainty
                other = limits(name, carried)
                value = other["expected"] if other["observed"] is None else other["observed"]
            except InputError:
                value = None
            answer["other_methods"][name] = value
    if args.signal_uncertainty > 0:
        answer["limit_for_a_signal_known_exactly"] = limits(args.method, 0.0)["observed"]
    if args.signal is not None:
        found = expected_significance(args.signal, b, up)
        answer["expected_significance"] = {
            "signal": args.signal,
            "median_count": float(found.median_count[0]),
            "median": float(found.median[0]),
            "asimov": float(found.asimov[0]),
        }
    if b < ACCURATE_FROM:
        answer["warning"] = _warning(answer, args.method)
    return answer


def _together(args: argparse.Namespace) -> dict[str, Any]:
    """Several sources of background, several windows, or a workspace."""
    if args.workspace:
        return _workspace(args)
    if args.windows:
        windows, share = combined_windows(_read(args.windows).columns, args.nuisance[0])
    else:
        sources = sources_of(args.background, args.uncertainty, args.nuisance)
        if args.uncertainty_down is not None:
            raise InputError("--uncertainty-down", remedy="give it with one source of background only")
        n = np.array([np.nan if args.observed is None else args.observed])
        windows, share = Windows(n, sources, np.zeros(1), np.full(1, args.signal_uncertainty)), np.ones(1)
    return _combined(args, windows, share)


def _combined(args: argparse.Namespace, windows: Windows, share: Array) -> dict[str, Any]:
    if args.method != "hybrid":
        raise InputError(f"--method: {args.method} sets no limit on several windows or sources", remedy="take hybrid")
    answer = {"method": args.method, "level": args.level, **_numbers(combined_limits(windows, share, args.level))}
    return answer | {"windows": len(windows.n), "sources": len(windows.sources)}


def _workspace(args: argparse.Namespace) -> dict[str, Any]:
    """A workspace with one bin and one source of background by any method, others by hybrid."""
    try:
        document = json.loads(Path(args.workspace).read_text(encoding="utf-8"))
    except (OSError, ValueError) as fault:
        raise InputError(f"{args.workspace}: {fault}", remedy="give a JSON file written by pyhf") from None
    found = read_workspace(document, args.workspace)
    windows, only = found.windows, found.windows.sources[0]
    if len(windows.sources) == len(windows.n) == 1 and not only.common:
        args.nuisance, args.signal_uncertainty = [only.nuisance], float(windows.common[0])
        down = only.down if only.down != only.up else None
        answer = _single(args, float(windows.n[0]), only.background, only.up, down)
        answer = _scaled(answer, float(found.share[0]))
    else:
        answer = _combined(args, windows, found.share)
    return answer | {"parameter": found.poi}


def _scaled(answer: dict[str, Any], share: float) -> dict[str, Any]:
    """Limits on the strength from those on events."""
    names = ("observed", *BANDS, "limit_for_a_signal_known_exactly")
    scaled = {k: v / share if k in names and v is not None else v for k, v in answer.items()}
    others = {k: None if v is None else v / share for k, v in answer["other_methods"].items()}
    return scaled | {"other_methods": others}


def _numbers(limits: Limits) -> dict[str, float | None]:
    """The limits of one window; None for what a blinded count does not have."""
    return {name: _number(float(values[0])) for name, values in limits.columns().items()}


def _number(value: Any) -> Any:
    return None if isinstance(value, float) and math.isnan(value) else value


def _text(answer: dict[str, Any]) -> str:
    bands = [answer[f"expected{name}"] for name in ("_m2", "_m1", "", "_p1", "_p2")]
    what = f"limits on {answer['parameter']}" if "parameter" in answer else "limits on signal events"
    if answer.get("windows", 1) > 1 and "parameter" not in answer:
        what = f"{answer['windows']} windows together, limits on the signal strength"
    lines = [f"{answer['method']}, {answer['level']:.6g} confidence level, {what}"]
    if answer["observed"] is not None:
        lines.append(f"observed        {answer['observed']:.6g}")
        if answer["significance"] is not None:
            lines.append(f"significance    {answer['significance']:.4g} (p-value {answer['p_value']:.4g})")
    lines.append(
        f"expected        {bands[2]:.6g}  [{bands[1]:.6g}, {bands[3]:.6g}]  [{bands[0]:.6g}, {bands[4]:.6g}]"
    )
    if "expected_significance" in answer:
        of = answer["expected_significance"]
        lines.append(
            f"a signal of {of['signal']:g} is expected at {of['median']:.4g} sigma "
            f"(median count {of['median_count']:g}; Asimov formula {of['asimov']:.4g})"
        )
    known = answer.get("limit_for_a_signal_known_exactly")
    if known is not None:
        lines.append(f"signal exact    {known:.6g} (the uncertainty adds {answer['observed'] / known - 1:.2%})")
    if "other_methods" in answer:
        lines.append("other methods   " + ("median expected" if answer["observed"] is None else "observed"))
        reference = bands[2] if answer["observed"] is None else answer["observed"]
        for name, value in answer["other_methods"].items():
            text = (
                "not defined for these arguments" if value is None else f"{value:.6g} ({value / reference - 1:+.1%})"
            )
            lines.append(f"    {name:<11} {text}")
    return "\n".join([*lines, *([f"warning: {answer['warning']}"] if "warning" in answer else [])])


def _warning(answer: dict[str, Any], method: str) -> str:
    reference = "hybrid" if method == "asymptotic" else method
    mine = answer["observed"] if answer["observed"] is not None else answer["expected"]
    asymptotic = mine if method == "asymptotic" else answer["other_methods"]["asymptotic"]
    exact = answer["other_methods"]["hybrid"] if method == "asymptotic" else mine
    text = f"asymptotic formulae are not valid for a background below {ACCURATE_FROM:g}"
    if asymptotic is None or exact is None:
        return text + "."
    return f"{text}: here they are {asymptotic / exact - 1:+.1%} from {reference}."


if __name__ == "__main__":
    run(main)
