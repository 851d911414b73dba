"""The upper limit on the signal in one counting experiment, without a workflow.

    python scripts/limit.py --observed 1 --background 0.5 --uncertainty 0.1
    python scripts/limit.py --observed 12 --background 10 --uncertainty 22 --uncertainty-down 8
    python scripts/limit.py --background 110 --uncertainty 3 --level 0.95 --json      (blinded: expected limits only)

Limits are numbers of signal events by the CLs method. The methods:

    hybrid      the background averaged over its distribution (default); covers at every count
    known       the background taken as exact
    on_off      the background measured by a sideband count
    profile     profile-likelihood ratio, its distribution enumerated
    asymptotic  the same by asymptotic formulae, what pyhf gives; 20-40 % too low at small counts
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Sequence
from typing import Any

from darkaon.command import parser, run
from darkaon.errors import InputError
from darkaon.statistics.asymptotic import ACCURATE_FROM
from darkaon.statistics.limits import METHODS, NUISANCES, set_limits


def main(argv: Sequence[str] | None = None) -> None:
    """Run the script with the arguments `argv`."""
    arguments = parser(__doc__)
    arguments.add_argument("--observed", type=float, help="events counted; leave it out while blinded")
    arguments.add_argument("--background", type=float, required=True, help="events expected from background")
    arguments.add_argument("--uncertainty", type=float, default=0.0, help="of the background, in events (default: 0)")
    arguments.add_argument("--uncertainty-down", type=float, help="downwards, where it differs (hybrid only)")
    arguments.add_argument("--method", choices=METHODS, default="hybrid", help="default: %(default)s")
    arguments.add_argument("--level", type=float, default=0.90, help="confidence level (default: %(default)s)")
    arguments.add_argument(
        "--nuisance", choices=NUISANCES, default="gamma", help="distribution of the background (default: %(default)s)"
    )
    arguments.add_argument(
        "--signal-uncertainty",
        type=float,
        default=0.0,
        help="relative, of SES and acceptance (hybrid, known, on_off)",
    )
    arguments.add_argument("--json", action="store_true", help="print one JSON object")
    args = arguments.parse_args(argv)
    answer = {"method": args.method, "level": args.level, **_limits(args, args.method)}
    answer["other_methods"] = {name: _other(args, name) for name in METHODS if name != args.method}
    if args.signal_uncertainty > 0:
        answer["limit_for_a_signal_known_exactly"] = _limits(args, args.method, signal_uncertainty=0.0)["observed"]
    print(json.dumps(answer, indent=2) if args.json else _text(answer, args))


def _limits(args: argparse.Namespace, method: str, **changes: Any) -> dict[str, float | None]:
    """The limits by one method; None for what a blinded count does not have."""
    options = {"level": args.level, "nuisance": args.nuisance, "signal_uncertainty": args.signal_uncertainty}
    found = set_limits(
        args.observed,
        args.background,
        args.uncertainty,
        args.uncertainty_down,
        method=method,
        **{**options, **changes},
    )
    values = {name: float(value[0]) for name, value in found.columns().items()}
    return {name: None if math.isnan(value) else value for name, value in values.items()}


def _other(args: argparse.Namespace, method: str) -> float | None:
    """The observed (blinded: median expected) limit by another method; None where it cannot say."""
    try:
        if method in ("profile", "asymptotic"):  # which carry no uncertainty of the signal
            found = _limits(args, method, signal_uncertainty=0.0)
        else:
            found = _limits(args, method)
    except InputError:
        return None
    return found["expected"] if found["observed"] is None else found["observed"]


def _text(answer: dict[str, Any], args: argparse.Namespace) -> str:
    bands = [answer[f"expected{name}"] for name in ("_m2", "_m1", "", "_p1", "_p2")]
    lines = [f"{args.method}, {args.level:.6g} confidence level, limits on signal events"]
    if answer["observed"] is not None:
        lines += [
            f"observed        {answer['observed']:.6g}",
            f"significance    {answer['significance']:.4g} (p-value {answer['p_value']:.4g})",
        ]
    lines.append(
        f"expected        {bands[2]:.6g}  [{bands[1]:.6g}, {bands[3]:.6g}]  [{bands[0]:.6g}, {bands[4]:.6g}]"
    )
    if "limit_for_a_signal_known_exactly" in answer:
        known = answer["limit_for_a_signal_known_exactly"]
        if known is not None:
            lines.append(f"signal exact    {known:.6g} (the uncertainty adds {answer['observed'] / known - 1:.2%})")
    lines.append("other methods   " + ("median expected" if answer["observed"] is None else "observed"))
    reference = bands[2] if answer["observed"] is None else answer["observed"]
    for name, value in answer["other_methods"].items():
        text = "not defined for these arguments" if value is None else f"{value:.6g} ({value / reference - 1:+.1%})"
        lines.append(f"    {name:<11} {text}")
    if args.background < ACCURATE_FROM:
        lines.append(_warning(answer, args))
    return "\n".join(lines)


def _warning(answer: dict[str, Any], args: argparse.Namespace) -> str:
    reference = "hybrid" if args.method == "asymptotic" else args.method
    mine = answer["observed"] if answer["observed"] is not None else answer["expected"]
    asymptotic = mine if args.method == "asymptotic" else answer["other_methods"]["asymptotic"]
    exact = answer["other_methods"]["hybrid"] if args.method == "asymptotic" else mine
    text = f"warning: asymptotic formulae are not valid for a background below {ACCURATE_FROM:g}"
    if asymptotic is None or exact is None:
        return text + "."
    return f"{text}: here they are {asymptotic / exact - 1:+.1%} from {reference}."


if __name__ == "__main__":
    run(main)
