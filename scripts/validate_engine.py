"""Validation of the limit engine by itself: coverage, uniformity of p-values, reference values.

Writes coverage.csv (least coverage for each background and uncertainty), coverage_curves.csv (against the signal),
p_values.csv and references.csv into a folder. Coverage is enumerated exactly, with the measurement of the background
fixed; `hybrid` and `known` must cover at every point.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from darkaon.command import parser, run
from darkaon.errors import InputError
from darkaon.statistics.coverage import MOST, coverage, grid, limits_by_count, rejection
from darkaon.statistics.known import log_excess
from darkaon.statistics.limits import set_limits
from darkaon.statistics.look_elsewhere import local_p
from darkaon.statistics.on_off import z_bi
from darkaon.statistics.references import CLASSICAL, TABLE, Z_BI
from darkaon.tables.table import write_table
from darkaon.typing import Array

LEVEL = 0.90
BACKGROUNDS = np.geomspace(0.01, 20.0, 23)
RELATIVE = np.array([0.0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5])
CURVES = ((0.5, 0.2), (3.0, 0.2), (15.0, 0.2))  # background, relative uncertainty
METHODS = ("hybrid", "known", "profile", "asymptotic")
MUST_COVER = ("hybrid", "known")
HEADER = {"label": "calculated", "made_by": "validate_engine"}


def main(argv: Sequence[str] | None = None) -> None:
    """Run the script with the arguments `argv`."""
    arguments = parser(__doc__)
    arguments.add_argument("--every", type=int, default=1, help="only every k-th background of the grid (default: 1)")
    arguments.add_argument("--output", required=True, type=Path, help="folder")
    args = arguments.parse_args(argv)
    least = coverage_tables(args.output, BACKGROUNDS[:: args.every])
    p_values(args.output)
    worst = references(args.output)
    for method, value in least.items():
        print(f"least coverage of {method}: {value:.6f}")
    print(f"largest difference to a reference value: {worst:.1e}")
    for method in MUST_COVER:
        if least[method] < LEVEL - 1e-6:
            raise InputError(f"{method} covers {least[method]:.6f} only", remedy=f"see {args.output}/coverage.csv")


def coverage_tables(folder: Path, backgrounds: Array) -> dict[str, float]:
    """Write coverage.csv and coverage_curves.csv; the least coverage of each method."""
    tables = {method: grid(backgrounds, RELATIVE, method=method, level=LEVEL) for method in METHODS}
    columns = {"method": np.repeat(METHODS, len(tables["known"]["signal"]))}
    columns |= {name: np.concatenate([t[name] for t in tables.values()]) for name in tables["known"]}
    header = HEADER | {"level": LEVEL, "background_measurement": "fixed"}
    write_table(folder / "coverage.csv", columns, header)
    signal, (b, r) = np.linspace(0.0, MOST, 1001), np.array(CURVES).T
    curves = {m: coverage(limits_by_count(b, r * b, MOST, method=m, level=LEVEL), b, signal) for m in METHODS}
    rows = [
        (method, *curve, s, value)
        for method, found in curves.items()
        for curve, values in zip(CURVES, found, strict=True)
        for s, value in zip(signal, values, strict=True)
    ]
    names = ("method", "background", "relative_uncertainty", "signal", "coverage")
    _write(folder / "coverage_curves.csv", names, rows, header)
    return {method: float(table["coverage"].min()) for method, table in tables.items()}


def p_values(folder: Path) -> None:
    """Write p_values.csv: how often background alone gives a p-value of at most alpha."""
    alpha = np.geomspace(1e-4, 1.0, 81)
    rows = [
        (method, b, a, part)
        for b in (3.0, 20.0, 100.0)
        for method, (p, tau) in P_VALUES.items()
        for a, part in zip(alpha, rejection(partial(p, b), b, tau, alpha), strict=True)
    ]
    _write(folder / "p_values.csv", ("method", "background", "alpha", "rejection"), rows, HEADER | {"tau": TAU})


def _known(b: float, n: Array, _: Array) -> Array:
    return np.exp(log_excess(n, np.full(n.size, b)))


def _hybrid(_: float, n: Array, off: Array) -> Array:
    off = np.maximum(off, 1.0)
    return local_p(n, off / TAU, np.sqrt(off) / TAU)


def _on_off(_: float, n: Array, off: Array) -> Array:
    return local_p(n, (off + 1.0) / TAU, np.sqrt(off + 1.0) / TAU)


TAU = 8.0  # of a linear fit to sidebands of +-9 sigma
P_VALUES = {"known": (_known, None), "hybrid": (_hybrid, TAU), "on_off": (_on_off, TAU)}


def references(folder: Path) -> float:
    """Write references.csv: numbers from elsewhere and the engine's; the largest relative difference."""
    rows: list[tuple[Any, ...]] = []
    for n, limit in enumerate(CLASSICAL):
        ours = float(set_limits(n, 0.0, method="known", level=LEVEL).observed[0])
        rows.append(("classical", n, 0.0, 0.0, limit, ours, ours / limit - 1))
    for (n, b, sigma), values in TABLE.items():
        for method, value in values.items():
            kind = "gauss" if method in ("hybrid", "profile", "asymptotic") else "gamma"
            ours = float(set_limits(n, b, sigma, method=method, nuisance=kind, level=LEVEL).observed[0])
            rows.append((method, n, b, sigma, value, ours, ours / value - 1))
    for (on, off, tau), value in Z_BI.items():
        ours = float(z_bi(np.array([on]), np.array([off]), np.array([tau]))[0])
        rows.append(("Z_Bi", on, off / tau, np.sqrt(off) / tau, value, ours, ours / value - 1))
    columns = ("method", "n", "background", "uncertainty", "reference", "value", "difference")
    _write(folder / "references.csv", columns, rows, HEADER)
    return max(abs(row[-1]) for row in rows)


def _write(path: Path, names: Sequence[str], rows: Sequence[tuple[Any, ...]], header: dict[str, Any]) -> None:
    write_table(path, dict(zip(names, zip(*rows, strict=True), strict=True)), header)


if __name__ == "__main__":
    run(main)
