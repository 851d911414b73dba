"""Tabulate a model: branching ratios, lifetime and decays as functions of the mass.

Columns: process, mass_MeV, branching_ratio_per_coupling2, theory_low and theory_high (the ends of the theory band as
factors on it), lifetime_s_at_reference, one for each final state.
`coupling2` is what rates are proportional to: epsilon^2, sin^2 theta, |U|^2 or (C/Lambda)^2; the header names it
and the reference coupling. Masses at which a process is closed are left out.

    python scripts/tabulate_model.py --model bc4 --output results/models/bc4/predictions.csv
"""

from __future__ import annotations

import sys

import numpy as np

from darkaon.command import Argv, check_outputs, parser, run
from darkaon.errors import InputError
from darkaon.models.loading import load_model, model_path, model_settings
from darkaon.models.model import Model
from darkaon.tables import provenance
from darkaon.tables.table import format_table, write_table
from darkaon.typing import Array

MOST = 1_000_000  # masses


def predictions(model: Model, mass_MeV: Array) -> dict[str, Array]:
    """The columns of the table, all processes one below the other."""
    g = model.coupling.reference
    parts = []
    for process, function in model.production.items():
        ratio = function(mass_MeV, g) / g**model.coupling.power
        open_ = ratio > 0
        mass = mass_MeV[open_]
        parts.append(
            {
                "process": np.full(len(mass), process),
                "mass_MeV": mass,
                "branching_ratio_per_coupling2": ratio[open_],
                **dict(zip(("theory_low", "theory_high"), model.theory_factors(process, mass), strict=True)),
                "lifetime_s_at_reference": model.lifetime_ns(mass, g) * 1e-9,
                **{final: fraction(mass, g) for final, fraction in model.decays.items()},
            }
        )
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def main(argv: Argv = None) -> None:
    """Entry point."""
    arguments = parser(__doc__, model="id, or a YAML such as config/models/bc4.yaml")
    arguments.add_argument(
        "--masses", nargs=3, type=float, default=(0.0, 495.0, 1.0), metavar=("START", "STOP", "STEP"), help="MeV"
    )
    arguments.add_argument("--output", help="CSV; the screen by default")
    options = arguments.parse_args(argv)
    start, stop, step = options.masses
    if not (0 <= start <= stop and step > 0):
        raise InputError("--masses: needs 0 <= START <= STOP and STEP > 0", remedy="give three numbers in MeV")
    if not (stop - start) / step < MOST:
        raise InputError(f"--masses: more than {MOST} masses", remedy="give a larger STEP or a lower STOP")
    model = load_model(options.model)
    settings, rates = model_settings(options.model)
    check_outputs({"--output": options.output}, [model_path(options.model), *rates])
    masses = start + step * np.arange(int(np.floor((stop - start) / step + 1e-9)) + 1)
    coupling = model.coupling
    header = provenance.header("tabulate_model", label="calculated", settings=settings, files=rates) | {
        "model": model.id,
        "title": model.title,
        "coupling": coupling.name,
        "coupling_unit": coupling.unit or "1",
        "coupling2": coupling.name if coupling.power == 1 else f"{coupling.name}^{coupling.power}",
        "reference": f"{coupling.reference:g}",
        "coupling_power": str(coupling.power),
        "power_law": "yes" if model.power_law else "no",
        "notes": model.notes or "none",
        "decay_notes": model.decay_notes or "none",
    }
    columns = predictions(model, masses)
    if options.output:
        write_table(options.output, columns, header)
        for process in model.production:
            rows = columns["process"] == process
            mass, ratio = columns["mass_MeV"][rows], columns["branching_ratio_per_coupling2"][rows]
            reach = (
                f"to {mass.max():g} MeV, B up to {ratio.max():.3g} {header['coupling2']}" if len(mass) else "closed"
            )
            print(f"{model.title}, {process}: {len(mass)} masses {reach}")
    else:
        sys.stdout.write(format_table(columns, header))


if __name__ == "__main__":
    run(main)
