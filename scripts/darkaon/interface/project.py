"""A project of one's own, as `darkaon new` lays it out: the files of `example/`."""

from __future__ import annotations

import shutil
from pathlib import Path

from darkaon.errors import InputError
from darkaon.paths import root

EXAMPLE = Path(__file__).with_name("example")


def lay_out(folder: Path) -> list[Path]:
    """Write the example's files into a folder, new or empty; their paths there.

    Raises:
        InputError: there is something in it.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError(f"{folder}: is there and not empty", remedy="name a folder that is not there")
    files = {file.relative_to(EXAMPLE): file for file in sorted(EXAMPLE.rglob("*")) if file.is_file()}
    profile = Path("profiles", "default", "config.yaml")  # what plain `snakemake` reads
    files[profile] = root() / profile
    made = []
    for name, file in files.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, target)
        made.append(target)
    return made
