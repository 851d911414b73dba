"""Where searches, models, figures and tables lie: in the folder of the run, else with darkaon itself.

The wheel carries them as `darkaon/data` and the scripts as `darkaon/programs`; in a checkout they lie where they are
kept. A path that stands in a configuration is found by `find`, so that a project of one's own holds only its own.
"""

from __future__ import annotations

from pathlib import Path

PACKAGE = Path(__file__).resolve().parent
CARRIED = ("config", "resources")  # folders of which darkaon brings its own files


def root() -> Path:
    """The folder that holds darkaon's `config`, `resources`, `workflow` and Snakefile."""
    data = PACKAGE / "data"
    return data if data.is_dir() else PACKAGE.parents[1]


def programs() -> Path:
    """The folder of the scripts."""
    carried = PACKAGE / "programs"
    return carried if carried.is_dir() else PACKAGE.parent


def snakefile() -> str:
    """The Snakefile that a project of one's own includes."""
    return str(root() / "Snakefile")


def own_project() -> bool:
    """Whether the folder of the run is another than darkaon's own."""
    return Path.cwd().resolve() != root()


def find(path: str | Path) -> Path:
    """A path as it is given if it is there, else that of darkaon's own file, if there is one."""
    path = Path(path)
    if path.is_absolute() or path.exists() or path.parts[:1] not in [(name,) for name in CARRIED]:
        return path
    carried = root() / path
    return carried if carried.exists() else path


def sibling(path: str | Path, name: str) -> Path:
    """The YAML `name` beside another search or model, else darkaon's own of that name in the same kind of folder."""
    beside = Path(path).parent / f"{name}.yaml"
    carried = root() / "config" / beside.parent.name / beside.name
    return carried if carried.is_file() and not beside.is_file() else beside


def named(kind: str, folder: str | Path = "config") -> dict[str, Path]:
    """Id -> file of all `searches` or `models`: those of the run's folder, and darkaon's that it does not have."""
    places = (root() / "config" / kind, Path(folder) / kind)
    return dict(sorted({file.stem: file for place in places for file in place.glob("*.yaml")}.items()))
