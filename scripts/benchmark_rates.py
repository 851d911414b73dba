"""Time of the rates of axion-like particles, beside ALPaca in the same run.

    python scripts/benchmark_rates.py --alpaca .venv-alpaca/bin/python

Prints the CPU time of the running of the couplings (once) and of K+ -> pi+ a, KL -> pi0 a and the widths at 10,000
masses, then K+ -> pi+ a of BC10 at 100 masses here and in ALPaca: times without imports and after a first call,
and the ratio of the rates. ALPaca calculates mass by mass, seconds each: it is timed at some of the masses and its
time is scaled up. It lives in an environment of its own (`make alpaca`); without one it is left out.
"""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from darkaon.command import Argv, parser, run
from darkaon.models.alp_running import response
from darkaon.models.loading import load_model

ALPACA = """
import json, sys, time
import alpaca
masses = json.load(sys.stdin)
fermions = {"cqL": -0.5, "cuR": 0.5, "cdR": 0.5, "clL": -0.5, "ceR": 0.5}
couplings = alpaca.ALPcouplings(fermions, scale=1000.0, basis="derivative_above")
rate = lambda mass: float(alpaca.branching_ratio("K+ -> pion+ alp", mass, couplings, fa=1000.0))
rate(0.05)
start = time.process_time()
values = [rate(mass) for mass in masses]
print(json.dumps({"seconds": time.process_time() - start, "values": values}))
"""


def main(argv: Argv = None) -> None:
    """Run the script with the arguments `argv`."""
    arguments = parser(__doc__)
    arguments.add_argument("--masses", type=int, default=100, help="how many beside ALPaca (default: %(default)s)")
    arguments.add_argument("--timed", type=int, default=5, help="of these, given to ALPaca (default: %(default)s)")
    arguments.add_argument("--alpaca", help="the Python of an environment that has ALPaca (alpaca-ALPs)")
    args = arguments.parse_args(argv)
    response.cache_clear()
    print(f"running from 1 TeV to 2 GeV, all couplings: {cpu(partial(response, 1000.0), 1):.4f} s CPU, once")
    many = np.linspace(1.0, 350.0, 10_000)
    for name in ("bc10", "bc11"):
        model = load_model(name)
        parts = {process: rate for process, rate in model.production.items() if process != "KS -> pi0 X"}
        times = {process: cpu(partial(rate, many, 1.0)) for process, rate in parts.items()}
        times["lifetime"] = cpu(partial(model.lifetime_ns, many, 1.0))
        print(
            f"{name}, 10,000 masses: " + ", ".join(f"{what} {1e3 * t:.2f} ms" for what, t in times.items()) + " CPU"
        )
    masses = np.linspace(1.0, 130.0, args.masses)
    kaon = load_model("bc10").production["K+ -> pi+ X"]
    ours = cpu(partial(kaon, masses, 1.0))
    print(f"BC10, K+ -> pi+ a, {args.masses} masses: {ours:.2e} s CPU", end="")
    some = masses[:: max(args.masses // args.timed, 1)]
    theirs = alpaca(args.alpaca, (some * 1e-3).tolist())
    if isinstance(theirs, str):
        print(f"\n{theirs}")
        return
    ratio = kaon(some, 1.0) / np.array(theirs["values"])
    seconds = theirs["seconds"] * len(masses) / len(some)
    print(
        f", ALPaca {seconds:.1f} s (from {len(some)}): {seconds / ours:,.0f} times; "
        f"ratio of the rates {ratio.min():.3f} to {ratio.max():.3f} (docs/physics_alp.md says why)"
    )


def cpu(work: Callable[[], Any], repeats: int = 20) -> float:
    """CPU seconds of one call, the mean of `repeats`."""
    start = time.process_time()
    for _ in range(repeats):
        work()
    return (time.process_time() - start) / repeats


def alpaca(python: str | None, masses_GeV: list[float]) -> dict[str, Any] | str:
    """What ALPaca calculates and its CPU seconds, or a sentence on why it is left out."""
    if not python or not Path(python).is_file():
        return "ALPaca is left out: there is no environment with it (`make alpaca` sets one up in .venv-alpaca)."
    one_thread = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}  # more only add CPU time
    command = [python, "-c", ALPACA]
    given = json.dumps(masses_GeV)
    done = subprocess.run(command, input=given, capture_output=True, text=True, env=one_thread, check=False)
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        return f"ALPaca is left out: it does not run in {python} ({last})."
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


if __name__ == "__main__":
    run(main)
