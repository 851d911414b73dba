"""Time of a whole run in a fresh folder: jobs, planning, wall and CPU time, memory, overhead of the workflow.

    python scripts/benchmark_workflow.py
    python scripts/benchmark_workflow.py --masses 10000 --lifetimes 10 --files 500

The first runs the default analysis, the second the di-muon search alone, at scale.
The overhead is cores x wall time over the CPU time of the jobs, interpreters and imports included: 1 would be a
workflow that costs nothing. Event files of the scale test are simulated beforehand and labelled so.
"""

from __future__ import annotations

import itertools
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import psutil
import yaml

from darkaon.command import Argv, parser, run
from darkaon.config.search import load_search
from darkaon.errors import InputError
from darkaon.events.branches import encode, write_simulated
from darkaon.simulation.data import Simulator
from darkaon.simulation.seeds import generator

ROOT = Path(__file__).parents[1]
PARTS = ("Snakefile", "scripts", "workflow", "config", "resources", "profiles", "envs")
SEARCH = "na62_kpix_mumu"
POLL_S = 0.2
MB = 1e6


@dataclass
class Usage:
    """What a process and all below it used.

    Attributes:
        wall_s: from start to end.
        jobs_s: CPU time of everything below the process.
        own_s: CPU time of the process itself.
        largest_MB: largest resident memory of a single process.
        together_MB: largest sum over all processes that ran at once.
    """

    wall_s: float
    jobs_s: float
    own_s: float
    largest_MB: float
    together_MB: float


def main(argv: Argv = None) -> None:
    """Run the script with the arguments `argv`."""
    arguments = parser(__doc__)
    arguments.add_argument("--masses", type=int, help="mass hypotheses of the scale test")
    arguments.add_argument("--lifetimes", type=int, default=10, help="lifetimes of the scale test (%(default)s)")
    arguments.add_argument("--files", type=int, default=500, help="event files of the scale test (%(default)s)")
    arguments.add_argument("--cores", type=int, default=2, help="default: %(default)s")
    arguments.add_argument("--folder", type=Path, help="to run in, kept; a temporary one by default")
    args = arguments.parse_args(argv)
    if args.folder and args.folder.exists():
        raise InputError(f"--folder: {args.folder} exists", remedy="name a new one")
    with tempfile.TemporaryDirectory() as temporary:
        folder = args.folder or Path(temporary) / "project"
        copy_project(folder)
        if args.masses:
            enlarge(folder, args.masses, args.lifetimes, args.files)
        print(report(folder, args.cores))


def copy_project(folder: Path) -> None:
    """The project without its results."""
    for part in PARTS:
        if (ROOT / part).is_dir():
            shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            folder.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / part, folder / part)


def enlarge(folder: Path, masses: int, lifetimes: int, files: int) -> None:
    """Make the project one of the di-muon search alone, with so many hypotheses, lifetimes [ns] and event files."""
    path = folder / "config" / "searches" / f"{SEARCH}.yaml"
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    content["masses"]["count"] = masses
    content["lifetime"]["values_ns"] = [0.0, *np.geomspace(1e-3, 1e2, lifetimes - 1).tolist()]
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    config = folder / "config" / "config.yaml"
    content = yaml.safe_load(config.read_text(encoding="utf-8")) | {"searches": [SEARCH]}
    config.write_text(yaml.safe_dump(content), encoding="utf-8")

    search = load_search(path)
    rows = ["sample,search,period,role,kind,path", f"{SEARCH}_signal,{SEARCH},,signal,simulated,"]
    (folder / "events").mkdir()
    for period, slot in search.periods.items():
        columns, _ = Simulator(search, str(path), generator(1, period)).period(period)
        number = round(files * (slot.share or 1.0))
        place = np.linspace(0, len(columns["run"]), number + 1).astype(int)
        for k, (first, last) in enumerate(itertools.pairwise(place)):
            part = encode({name: values[first:last] for name, values in columns.items()}, search.events)
            name = f"{SEARCH}_{period}_{k:03d}"
            write_simulated(folder / "events" / f"{name}.root", search.events, part, {"sample": name})
            rows.append(f"{name},{SEARCH},{period},data,simulated,events/{name}.root")
    (folder / "config" / "samples.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")


def report(folder: Path, cores: int) -> str:
    """Plan the run, do it, and say what it took."""
    command = [str(Path(sys.executable).parent / "snakemake"), "--cores", str(cores)]
    start = time.perf_counter()
    plan = subprocess.run([*command, "--dry-run"], cwd=folder, capture_output=True, text=True, check=False)
    planned = time.perf_counter() - start
    if plan.returncode:
        raise InputError(f"the run cannot be planned:\n{plan.stdout}{plan.stderr}", remedy="mend what it names")
    jobs = next(line.split()[1] for line in plan.stdout.splitlines() if line.startswith("total "))
    used = measured(command, folder)
    start = time.perf_counter()
    subprocess.run(command, cwd=folder, capture_output=True, check=True)
    again = time.perf_counter() - start
    return "\n".join([
        f"jobs                             {jobs}",
        f"to plan them (dry run)           {planned:.1f} s",
        f"wall time on {cores} cores             {used.wall_s:.1f} s",
        f"CPU time of the jobs             {used.jobs_s:.1f} s",
        f"CPU time of Snakemake itself     {used.own_s:.1f} s",
        f"overhead, cores x wall / CPU     {cores * used.wall_s / used.jobs_s:.2f}",
        f"largest process                  {used.largest_MB:.0f} MB",
        f"all processes at once            {used.together_MB:.0f} MB",
        f"a second run, nothing to do      {again:.1f} s",
    ])  # fmt: skip


def measured(command: Sequence[str], folder: Path) -> Usage:
    """Run a command and follow it; memory and its own CPU time are read every 0.2 s.

    Raises:
        InputError: the command fails.
    """
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    log = folder / "benchmark.log"
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}  # compile modules once
    with log.open("w", encoding="utf-8") as stream:
        process = psutil.Popen(command, cwd=folder, env=environment, stdout=stream, stderr=subprocess.STDOUT)
        own_s, largest, together = 0.0, 0.0, 0.0
        while process.poll() is None:
            memory = []
            for each in [process, *process.children(recursive=True)]:
                try:
                    memory.append(each.memory_info().rss / MB)
                    if each is process:
                        times = each.cpu_times()
                        own_s = times.user + times.system
                except psutil.Error:  # gone in the meantime
                    continue
            largest, together = max(largest, *memory, 0.0), max(together, sum(memory))
            time.sleep(POLL_S)
    wall = time.perf_counter() - start
    if process.returncode:
        raise InputError("the run failed", remedy=f"see {log}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    total = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Usage(wall, total - own_s, own_s, largest, together)


if __name__ == "__main__":
    run(main)
