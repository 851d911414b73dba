"""`config/config.yaml` as a typed model: what a run does."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, PositiveInt

from darkaon.errors import InputError
from darkaon.settings import Strict, nearest, read_yaml, validate


class Run(Strict):
    """`config/config.yaml`: what a run does."""

    searches: Annotated[tuple[str, ...], Field(min_length=1)]
    models: tuple[str, ...] = ()
    seed: Annotated[int, Field(ge=0)]
    results: str = "results"
    chunks: PositiveInt = 1
    toys: PositiveInt = 4000
    validation_toys: PositiveInt = 100000
    samples: str = "config/samples.csv"
    figures: str = "config/figures.yaml"


def load_run(path: str | Path, overrides: dict[str, Any] | None = None) -> Run:
    """The run's configuration, with `overrides` (from --config or --configfile) put over the file's keys.

    Raises:
        InputError: a key that is unknown, missing or of the wrong kind; a search or model without a file.
    """
    run = validate(Run, read_yaml(path) | (overrides or {}), path)
    folder = Path(path).parent
    for key, names in (("searches", run.searches), ("models", run.models)):
        known = sorted(p.stem for p in (folder / key).glob("*.yaml"))
        for name in names:
            if name not in known:
                raise InputError(
                    f"{path}: {key}: {name!r} has no file {folder / key / name}.yaml{nearest(name, known)} "
                    f"(there are {', '.join(known) or 'none'})"
                )
        repeated = [name for name in names if names.count(name) > 1]
        if repeated:
            raise InputError(f"{path}: {key}: {repeated[0]!r} stands twice")
    return run
