"""`config/config.yaml` as a typed model: what a run does."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, Field, PositiveInt

from darkaon.config.schema import Strict, check_known, read_yaml, validate
from darkaon.errors import InputError
from darkaon.paths import named

LONGEST = 60  # letters of a folder's name


def _plain(name: str) -> str:
    if not re.fullmatch(r"(\w[\w.+-]*)?", name):
        raise ValueError(f"{name!r} cannot name a folder: it may hold letters, digits, '_', '-', '+' and '.'")
    return name


def set_name(names: Sequence[str]) -> str:
    """A name for a set of searches and models: their ids, or how many and a checksum."""
    name = "+".join(names) or "none"
    if len(name) <= LONGEST:
        return name
    return f"{len(names)}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"


class Run(Strict):
    """`config/config.yaml`: what a run does.

    `set` names the searches and models together; '' stands for those in the file itself.
    """

    searches: Annotated[tuple[str, ...], Field(min_length=1)]
    models: tuple[str, ...] = ()
    seed: Annotated[int, Field(ge=0)]
    results: str = "results"
    set: Annotated[str, AfterValidator(_plain)] = ""
    chunks: PositiveInt = 1
    toys: PositiveInt = 4000
    validation_toys: PositiveInt = 100000
    samples: str = "config/samples.csv"
    figures: str = "config/figures.yaml"


def load_run(path: str | Path, overrides: dict[str, Any] | None = None) -> Run:
    """The run's configuration, with `overrides` (from --config or --configfile) put over the file's keys.

    Other searches or models than the file's make a set of their own, named after them if they do not say.

    Raises:
        InputError: a key that is unknown, missing or of the wrong kind; a search or model without a file.
    """
    own = read_yaml(path)
    run = validate(Run, own | (overrides or {}), path, lines=not overrides)
    others = [names for key in ("searches", "models") if (names := getattr(run, key)) != tuple(own.get(key, ()))]
    if others and not run.set:
        run = run.model_copy(update={"set": set_name([name for names in others for name in names])})
    folder = Path(path).parent
    for key, names in (("searches", run.searches), ("models", run.models)):
        known = named(key, folder)
        for name in names:
            check_known(name, known, f"{path}: {key}: {name!r} has no file {folder / key / name}.yaml")
        repeated = [name for name in names if names.count(name) > 1]
        if repeated:
            raise InputError(f"{path}: {key}: {repeated[0]!r} is a duplicate", remedy="name it once")
    return run
