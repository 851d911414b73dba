"""Collect what every result of a run was made of, from the results themselves: results/provenance.json.

    python scripts/collect_provenance.py --output results/provenance.json

Each result stands there with its checksum, its settings, and by their checksums the files that it was made from, down
to event files and published tables. An event file that the workflow simulates is named by its seed and settings: the
bytes of a ROOT file hold the time. Versions are those of the environment in which the run was completed; they are
params of the rules, so that all results were made with them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from darkaon.command import Argv, parser, run
from darkaon.config.samples import Sample
from darkaon.errors import InputError
from darkaon.tables.lineage import code, collect
from darkaon.tables.table import write_text
from darkaon.workflow.dependencies import code_files
from darkaon.workflow.environment import versions
from darkaon.workflow.project import Project

SUFFIXES = (".csv", ".npy", ".json", ".png", ".pdf")
NOT_OF_THE_RUN = {"results", "chunks", "validation_toys"}  # keys on which no result depends
SIMULATED_BY = {"data": "simulate_events", "signal": "simulate_signal", "background": "simulate_background"}


def main(argv: Argv = None) -> None:
    """Run the script with the arguments `argv`."""
    arguments = parser(__doc__, output="provenance.json")
    arguments.add_argument("--overrides", default="{}", help="keys put over those of config/config.yaml, as JSON")
    args = arguments.parse_args(argv)
    try:
        overrides = json.loads(args.overrides)
    except json.JSONDecodeError as error:
        raise InputError(
            f"--overrides: {args.overrides!r} is not JSON ({error})", remedy='write {"key": value}'
        ) from None
    project = Project(overrides)

    folder = Path(project.results)
    places = [folder / "searches" / name for name in (*project.searches, *project.sources)]
    places += [Path(project.set_results) / part for part in ("models", "figures")]
    files = [path for place in places for path in place.rglob("[!.]*") if path.suffix in SUFFIXES]
    files.append(Path(project.set_results) / "headlines.csv")
    results = collect(
        [str(Path(path).relative_to(folder)) for path in project.targets()],
        [str(path.relative_to(folder)) for path in files],
        folder,
    )
    selected = [s for s in project.samples if candidates(project, s)[0] in results]
    account = {
        "versions": versions(),
        "code": code(code_files()),
        "run": project.run.model_dump(mode="json", exclude=NOT_OF_THE_RUN),
        "samples": {s.sample: sample(project, s, results) for s in selected},
        "published": {
            entry["search"]: entry["inputs"] for entry in results.values() if entry["made_by"] == "import_published"
        },
        "results": results,
    }
    write_text(args.output, json.dumps(account, indent=1, allow_nan=False) + "\n")
    print(f"{len(results)} results, {len(selected)} samples, {len(account['published'])} published tables")


def candidates(project: Project, own: Sample) -> list[str]:
    """Where the selected events of a sample are."""
    parts = [part for part in project.all_parts.values() if part.sample == own and not part.variation]
    return [f"searches/{own.search}/candidates/{part.id}.npy" for part in parts]


def sample(project: Project, own: Sample, results: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """What is known of event files: their checksums, or how they are simulated."""
    sample_facts = {"search": own.search, "period": own.period, "role": own.role, "kind": own.kind}
    if not own.path:
        settings = json.loads(project.sample_slots(own.sample, SIMULATED_BY[own.role]), parse_constant=str)
        return sample_facts | {"seed": project.run.seed, "settings": settings}
    names = {
        file.rpartition("/")[2] for part in project.all_parts.values() if part.sample == own for file in part.files
    }
    lines = sorted({line for path in candidates(project, own) for line in results[path]["inputs"]})
    known = [line.partition(" ")[::2] for line in lines if line.partition(" ")[0] in names]
    if len(known) == 1 and known[0][1].startswith("sha256:"):
        return sample_facts | {"file": known[0][0], "sha256": known[0][1].removeprefix("sha256:")}
    return sample_facts | {"files": [list(pair) for pair in known]}


if __name__ == "__main__":
    run(main)
