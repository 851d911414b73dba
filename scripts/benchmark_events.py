"""CPU time and memory of reading events, beside `uproot.iterate` on the same branches in the same run.

    python scripts/benchmark_events.py                 ten million events, many files, expressions: some minutes
    python scripts/benchmark_events.py --large         the same with a hundred million events and their windows

Each figure is the median of --runs runs of a process of its own, imports among them; memory is the largest resident.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import numpy as np
import yaml

from darkaon.command import Argv, parser, run
from darkaon.config.search import load_search
from darkaon.events.branches import encode
from darkaon.events.ragged import Ragged
from darkaon.events.selection import Selection
from darkaon.simulation.decays import STANDARD_MODEL
from darkaon.simulation.experiment import NA62
from darkaon.simulation.samples import simulate

ROOT = Path(__file__).parents[1]
SEARCH = ROOT / "config" / "searches" / "na62_kpix_mumu.yaml"
BRANCHES = (
    "vtx_z",
    "beam_momentum",
    *(f"track{k}_{p}" for k in (1, 2, 3) for p in ("momentum", "slope_x", "slope_y")),
)
UPROOT = (
    "import sys, uproot\n"
    "for path in sys.argv[1].split(','):\n"
    "    with uproot.open({path: None}) as file:\n"
    "        for _ in file['events'].iterate(sys.argv[2:], step_size=10**6, library='np'): pass"
)
LAUNCH = (
    "import os, resource, subprocess, sys\n"
    "subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=True)\n"
    "u = resource.getrusage(resource.RUSAGE_CHILDREN); print(u.ru_utime + u.ru_stime, u.ru_maxrss)"
)
COUNT = (
    "import sys; sys.path.insert(0, 'scripts'); import numpy as np; from darkaon.tables.blocks import Candidates\n"
    "edges = 215 + np.arange(298)[:, None] * 0.37 + np.linspace(-9, 9, 181); c = Candidates([sys.argv[1]])\n"
    "print(len(c), c.below(edges).sum())"
)
CHUNKED = (  # select_events, reading and computing other numbers of events at a time
    "import sys; sys.path.insert(0, 'scripts'); from darkaon.events import branches, root\n"
    "root.MOST, branches.FLAT = int(sys.argv.pop(1)), int(sys.argv.pop(1))\n"
    "import select_events; select_events.main(sys.argv[1:])"
)
DISTINCT = 200_000  # events; files repeat them


class Used(NamedTuple):
    """What a process used."""

    cpu_s: float
    memory_MB: float


def used(command: Sequence[str]) -> Used:
    """Run a command and measure it, from a small process: a child's largest memory begins with its parent's.

    Modules are compiled once and kept, as Python does unless it is told not to.

    Raises:
        CalledProcessError: it failed.
    """
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(
        [sys.executable, "-c", LAUNCH, *command], cwd=ROOT, stdout=subprocess.PIPE, check=True, env=environment
    )
    cpu, memory = done.stdout.split()[-2:]
    return Used(float(cpu), float(memory) / 1024)


def middle(runs: int, command: Sequence[str]) -> Used:
    """Medians of several runs."""
    found = [used(command) for _ in range(runs)]
    return Used(median(each.cpu_s for each in found), median(each.memory_MB for each in found))


def events() -> dict[str, np.ndarray]:
    """Some selected di-muon events as branches of a file: 13 float32, a run and a weight."""
    search = load_search(SEARCH)
    rng = np.random.default_rng(1)
    found: list[dict[str, np.ndarray]] = []
    while sum(len(columns["run"]) for columns in found) < DISTINCT:
        columns = simulate(rng, STANDARD_MODEL["pi_mumu"], 4 * DISTINCT, NA62)
        columns |= {"run": np.arange(len(columns["vertex_z"])) // 1000 + 8000}
        passes = Selection(search.events, search.observable, "x").passes(columns)
        found.append({name: values[passes] for name, values in columns.items()})
    columns = {name: np.concatenate([part[name] for part in found])[:DISTINCT] for name in found[0]}
    raw = encode(columns, search.events)
    wanted = (*BRANCHES, "beam_slope_x", "beam_slope_y", "run")
    return {name: raw[name] for name in wanted} | {"weight": rng.uniform(-0.5, 2, DISTINCT).astype(np.float32)}


def write(path: Path, raw: dict[str, np.ndarray], number: int, compression: Any, basket: int) -> Path:
    """A file of so many events, which repeat."""
    import uproot

    with uproot.recreate(path, compression=compression) as file:
        tree = file.mktree("events", {name: values.dtype for name, values in raw.items()})
        for first in range(0, number, basket):
            size = min(basket, number - first)
            start = first % DISTINCT if first % DISTINCT + size <= DISTINCT else 0
            tree.extend({name: values[start : start + size] for name, values in raw.items()})
    return path


def select(folder: Path, paths: Sequence[Path], *options: str, search: Path = SEARCH) -> list[str]:
    """The command that selects from files."""
    outputs = ["--output", str(folder / "c.npy"), "--cutflow", str(folder / "c.csv")]
    return [sys.executable, "scripts/select_events.py", "--search", str(search), "--sample", "s",
            "--label", "measured", "--input", *map(str, paths), *outputs, *options]  # fmt: skip


def variant(folder: Path, **changes: Any) -> Path:
    """The search with changes of its slot `events`."""
    path = folder / "variant.yaml"
    content = yaml.safe_load(SEARCH.read_text(encoding="utf-8"))
    content["events"] |= changes
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    return path


def main(argv: Argv = None) -> None:
    """Run the script with the arguments `argv`."""
    arguments = parser(__doc__)
    arguments.add_argument("--runs", type=int, default=5, help="of which the median is taken (default: %(default)s)")
    arguments.add_argument("--scale", type=float, default=1.0, help="of all numbers of events (default: %(default)s)")
    arguments.add_argument("--large", action="store_true", help="a hundred million events too: 8 GB of disk")
    args = arguments.parse_args(argv)
    with tempfile.TemporaryDirectory() as name:
        folder, raw = Path(name), events()
        one_file(folder, raw, args.runs, args.scale)
        many_files(folder, raw, max(1, int(1000 * args.scale)))
        expressions(max(1, int(10**6 * args.scale)), args.runs)
        if args.large:
            large(folder, raw, int(10**8 * args.scale))


def one_file(folder: Path, raw: dict[str, np.ndarray], runs: int, scale: float) -> None:
    """A file of ten million events, with and without a checksum, and one of small baskets."""
    import uproot

    search = variant(folder, checksum="none")
    memory = []
    for text, number, compression, basket in (
        ("1e6 events, LZ4", 10**6, uproot.LZ4(1), 200_000),
        ("1e7 events, LZ4", 10**7, uproot.LZ4(1), 200_000),
        ("1e6 events, ZLIB, baskets of 8,000", 10**6, uproot.ZLIB(1), 8_000),
    ):
        path = write(folder / "one.root", raw, max(1, int(number * scale)), compression, basket)
        alone = middle(runs, [sys.executable, "-c", UPROOT, str(path), *BRANCHES])
        without = middle(runs, select(folder, [path], search=search))
        checked = middle(runs, select(folder, [path]))
        memory.append(without.memory_MB)
        print(f"{text}: uproot alone {alone.cpu_s:.2f} s, {alone.memory_MB:.0f} MB")
        for what, each in (("select without checksum", without), ("select with checksum", checked)):
            print(f"    {what:<24} {each.cpu_s:.2f} s = {each.cpu_s / alone.cpu_s:.2f} x, {each.memory_MB:.0f} MB")
    print(f"memory from 1e6 to 1e7 events: {memory[1] - memory[0]:+.0f} MB")


def many_files(folder: Path, raw: dict[str, np.ndarray], number: int) -> None:
    """A thousand files of a thousand events, in the batches of the workflow."""
    import uproot

    from darkaon.config.event_files import parts
    from darkaon.config.samples import Sample

    files = [str(write(folder / f"run{k:05d}.root", raw, 1000, uproot.LZ4(1), 1000)) for k in range(number)]
    jobs = parts(Sample("s", "x", "2017", "data", "measured", "p"), files, {})
    alone = used([sys.executable, "-c", UPROOT, ",".join(files), *BRANCHES])
    found = [used(select(folder, [Path(file) for file in job.files], "--partial")) for job in jobs]
    print(f"{number} files of 1,000 events: uproot alone, in one process {alone.cpu_s:.1f} s")
    print(
        f"{number} files of 1,000 events: {len(jobs)} jobs, {sum(each.cpu_s for each in found):.1f} s, at most "
        f"{max(each.memory_MB for each in found):.0f} MB"
    )


def expressions(number: int, runs: int) -> None:
    """Five cuts, two of them on the nearest of several kaons, beside the same written in NumPy."""
    rng = np.random.default_rng(1)
    counts = rng.poisson(1.5, number)
    columns: dict[str, Any] = {name: rng.normal(size=number) for name in ("t", "px", "py", "pz")}
    columns |= {name: rng.integers(0, 64, number) for name in ("pid", "trigger")}
    columns |= {name: Ragged(rng.normal(size=counts.sum()), counts) for name in ("gtk_t", "gtk_p")}
    texts = (
        "(pid & 5) == 5",
        "(trigger & 1) != 0 or (trigger & 16) != 0",
        "count(gtk_t) > 0",
        "beam > -1",
        "momentum < 3",
    )
    derived = {"kaon": "nearest(gtk_t, t)", "beam": "gtk_p[kaon]", "momentum": "sqrt(px*px + py*py + pz*pz)"}
    slot = {
        "branches": {name: {"name": name} for name in columns},
        "derived": derived,
        "selection": [{"name": text, "expression": text} for text in texts],
    }
    from darkaon.config.slots.events import Events

    selection = Selection(Events.model_validate(slot), "t", "x")
    size = 200_000
    chunks = [
        {n: v.part(a, a + size) if isinstance(v, Ragged) else v[a : a + size] for n, v in columns.items()}
        for a in range(0, number, size)
    ]
    coded = lowest(runs, lambda: [hard_coded(chunk).sum() for chunk in chunks])
    found = lowest(runs, lambda: [list(selection.steps(chunk))[-1][1].sum() for chunk in chunks])
    assert coded[1] == found[1]
    ratio = found[0] / coded[0]
    print(f"five cuts on {number} events: NumPy {coded[0]:.3f} s, expressions {found[0]:.3f} s = {ratio:.2f} x")


def lowest(runs: int, function: Callable[[], Any]) -> tuple[float, Any]:
    """Median CPU time of a function, and what it gives."""
    times = []
    for _ in range(runs):
        start = time.process_time()
        result = function()
        times.append(time.process_time() - start)
    return median(times), result


def hard_coded(c: dict[str, Any]) -> np.ndarray:
    """The cuts of `expressions`, written by hand."""
    t, p = c["gtk_t"].values, c["gtk_p"].values
    counts = c["gtk_t"].counts
    starts, some = np.cumsum(counts) - counts, counts > 0
    apart = np.abs(t - np.repeat(c["t"], counts))
    least = np.full(len(counts), np.inf)
    least[some] = np.minimum.reduceat(apart, starts[some])
    at = np.flatnonzero(apart == np.repeat(least, counts))
    event = np.repeat(np.arange(len(counts)), counts)[at]
    beam = np.full(len(counts), np.nan)
    beam[event[::-1]] = p[at[::-1]]
    momentum = np.sqrt(c["px"] * c["px"] + c["py"] * c["py"] + c["pz"] * c["pz"])
    bits = ((c["trigger"] & 1) != 0) | ((c["trigger"] & 16) != 0)
    return np.asarray(((c["pid"] & 5) == 5) & bits & some & (beam > -1) & (momentum < 3))


def large(folder: Path, raw: dict[str, np.ndarray], number: int) -> None:
    """A hundred million selected events, from selection to counts in windows."""
    import uproot

    path = write(folder / "large.root", raw, number, uproot.LZ4(1), 200_000)
    found = used(select(folder, [path]))
    print(f"{number} events: selected in {found.cpu_s:.1f} s, {found.memory_MB:.0f} MB")
    counted = used([sys.executable, "-c", COUNT, str(folder / "c.npy")])
    print(f"    counted below 53,938 edges in {counted.cpu_s:.2f} s, {counted.memory_MB:.0f} MB")
    windows = used([sys.executable, "scripts/make_windows.py", "--search", str(SEARCH), "--label", "measured",
                    "--candidates", str(folder / "c.npy"), "--output", str(folder / "w.csv")])  # fmt: skip
    print(f"    windows and sideband fits in {windows.cpu_s:.1f} s, {windows.memory_MB:.0f} MB")
    print(f"    {(folder / 'c.npy').stat().st_size / 1e6:.0f} MB of candidates")
    digests = set()
    for read, computed in ((1_000_000, 16_384), (123_457, 5_000)):
        options = select(folder, [path], search=variant(folder, checksum="none", weight={"name": "weight"}))[2:]
        used([sys.executable, "-c", CHUNKED, str(read), str(computed), *options])
        with (folder / "c.npy").open("rb") as stream:
            digests.add(hashlib.file_digest(stream, "sha256").hexdigest())
    print(f"    with weights, in chunks of other sizes: {'the same bytes' if len(digests) == 1 else 'OTHER BYTES'}")


if __name__ == "__main__":
    run(main)
