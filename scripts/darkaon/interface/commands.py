"""The command `darkaon`: limits, excluded couplings and pictures without a workflow, and runs of a project.

    darkaon plot --model bc4 --limits na62_kpix_invisible_2016_22        the first picture
    darkaon limit --observed 1 --background 0.5 --uncertainty 0.1         one upper limit
    darkaon exclude --model bc4 --limits na62_kpix_invisible_2016_22      couplings that are excluded, as a table
    darkaon tables --model bc4                                            rates and lifetime of a model
    darkaon new my && cd my && darkaon run --cores 2                      a project of one's own, and a run of it
    darkaon references bc4.png                                            the papers that a picture or table stands on
    darkaon explore results                                               a run's limits on a page for the browser

`darkaon COMMAND --help` says more.
"""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser
from collections.abc import Callable, Sequence
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path

from darkaon.command import parser, run
from darkaon.errors import InputError
from darkaon.paths import programs, root, snakefile
from darkaon.version import VERSION

Main = Callable[[Sequence[str] | None], None]
SCRIPTS = {"limit": "limit", "exclude": "exclude", "tables": "tabulate_model"}  # commands that are a script's main
BATCH = ("slurm", "htcondor")  # profiles that need a plugin, which the extra of that name installs


def main() -> None:
    """Entry point of the command."""
    sys.argv[0] = "darkaon"
    run(_command)


def _command(argv: Sequence[str] | None = None) -> None:
    arguments = sys.argv[1:] if argv is None else list(argv)
    own: dict[str, Main] = {
        "plot": plot, "explore": explore, "references": references, "run": run_project, "new": new
    }  # fmt: skip
    if arguments[:1] == ["--version"]:
        print(f"darkaon {VERSION}")
    elif not arguments or arguments[0] in ("-h", "--help"):
        print((__doc__ or "").rstrip())
    elif arguments[0] in own:
        own[arguments[0]](arguments[1:])
    elif arguments[0] in SCRIPTS:
        sys.argv[0] = f"darkaon {arguments[0]}"
        script(SCRIPTS[arguments[0]])(arguments[1:])
    else:
        from darkaon.config.schema import check_known

        known = (*SCRIPTS, *own)
        check_known(arguments[0], known, f"{arguments[0]!r} is no command", remedy=f"choose from {', '.join(known)}")


def script(name: str) -> Main:
    """The `main` of a script, which is no module of the library."""
    spec = spec_from_file_location(f"darkaon_program_{name}", programs() / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    found: Main = module.main
    return found


def plot(argv: Sequence[str] | None) -> None:
    """Draw the couplings of a model that limits exclude.

    darkaon plot --model bc4 --limits na62_kpix_invisible_2016_22 --output bc4.png
    darkaon plot --model mine.yaml --limits na62_kpix_invisible_2016_22 --overlay other.csv
    """
    arguments = _parser("plot", plot)
    arguments.add_argument("--model", required=True, help="id, or the path of a YAML")
    arguments.add_argument(
        "--limits", required=True, nargs="+", metavar="[SEARCH=]TABLE[,LABEL]", help="names or paths of tables"
    )
    arguments.add_argument("--overlay", nargs="*", default=[], metavar="CSV", help="contours to draw over it")
    arguments.add_argument("--kinds", nargs="+", help="limits to use (observed, expected, ...); all by default")
    arguments.add_argument("--output", help="picture to write, .png or .pdf; by default MODEL.png")
    args = arguments.parse_args(argv)
    _needs("matplotlib", "plot")

    from darkaon.interface import functions

    result = functions.exclude(args.model, *args.limits, kinds=args.kinds)
    output = args.output or f"{result.model.id}.png"
    functions.plot(result, overlay=args.overlay, output=output)
    print(f"{output}: {result.model.title}, {len(result)} intervals from {', '.join(args.limits)}")


def explore(argv: Sequence[str] | None) -> None:
    """Write the page on which all planes and limits of a run can be looked at.

    darkaon explore results --output explorer.html
    """
    arguments = _parser("explore", explore)
    arguments.add_argument("results", nargs="?", default="results", help="folder of a run (default: results)")
    arguments.add_argument("--output", help="page to write; by default explorer.html in that folder")
    args = arguments.parse_args(argv)

    from darkaon.interface import functions

    print(functions.explore(args.results, args.output))


def references(argv: Sequence[str] | None) -> None:
    """Name the papers that pictures and tables of darkaon stand on.

    darkaon references results/figures/fig9d.png
    darkaon references bc4.png --bibtex > bc4.bib
    """
    arguments = _parser("references", references)
    arguments.add_argument("files", nargs="+", help=".csv, .png or .pdf beside its .png")
    arguments.add_argument("--bibtex", action="store_true", help="as BibTeX")
    args = arguments.parse_args(argv)

    from darkaon.interface import functions

    found = functions.references(*args.files)
    print(found.bibtex if args.bibtex else found)


def run_project(argv: Sequence[str] | None) -> None:
    """Run the project in this folder: what its config/config.yaml says, or the targets given.

    darkaon run --cores 2
    darkaon run my_search --cores 2
    darkaon run --profile slurm
    """
    arguments = _parser("run", run_project)
    arguments.add_argument("targets", nargs="*", help="searches, models, files; all by default")
    arguments.add_argument("--cores", help="how many jobs at once (default: all cores)")
    arguments.add_argument("--profile", help="slurm, htcondor, or the folder of a profile")
    arguments.add_argument("--dry-run", "-n", action="store_true", help="say what would be done")
    arguments.add_argument("--config", nargs="+", default=[], metavar="KEY=VALUE", help="over config/config.yaml")
    args = arguments.parse_args(argv)
    _needs("snakemake", "workflow")
    if not Path("config/config.yaml").is_file():
        raise InputError(f"{Path.cwd()}: has no config/config.yaml", remedy="make a project by `darkaon new FOLDER`")
    own = Path("Snakefile")
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(own) if own.is_file() else snakefile()]
    if not Path("profiles/default").is_dir():
        command += ["--workflow-profile", str(root() / "profiles" / "default")]
    if args.profile:
        if args.profile in BATCH:
            _needs(f"snakemake_executor_plugin_{args.profile}", args.profile)
        places = (folder / "profiles" / args.profile for folder in (Path(), root()))  # the project's own comes first
        command += ["--profile", str(next(filter(Path.is_dir, places), args.profile))]
    if args.cores or not args.profile:
        command += ["--cores", args.cores or "all"]
    command += ["--dry-run"] * args.dry_run
    command += ["--config", *args.config] if args.config else []
    os.execv(command[0], [*command, *(["--"] if args.config else []), *args.targets])


def new(argv: Sequence[str] | None) -> None:
    """Lay out a project of one's own: a small search and a model to start from.

    darkaon new my && cd my && darkaon run --cores 2
    """
    arguments = _parser("new", new)
    arguments.add_argument("folder", help="to be made")
    args = arguments.parse_args(argv)

    from darkaon.interface.project import lay_out

    for file in lay_out(Path(args.folder)):
        print(file)
    print(f"cd {args.folder} && darkaon run --cores 2")


def _parser(name: str, of: Main) -> ArgumentParser:
    arguments = parser(of.__doc__)
    arguments.prog = f"darkaon {name}"
    return arguments


def _needs(module: str, extra: str) -> None:
    """Whether an optional package is there.

    Raises:
        InputError: it is not.
    """
    if find_spec(module) is None:
        raise InputError(f"{module} is not installed", remedy=f"pip install 'darkaon[{extra}]'")


if __name__ == "__main__":
    main()
