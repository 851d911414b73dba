"""A model from its YAML: title, family, options and, where wanted, coupling_range and its theory band.

The family names a module of ``darkaon.models`` with an ``Options`` class and ``build(options)``. It is
imported by name, so that a change to one family is no change to the others.
"""

from __future__ import annotations

import dataclasses
import warnings
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, Literal

import numpy as np
from pydantic import Field, field_validator

from darkaon.config.schema import AnyCoupling, NotNegative, Strict, check_known, paths_in, read_yaml, validate
from darkaon.errors import InputError
from darkaon.models.model import PROCESSES, Coupling, Factor, Model, relative
from darkaon.paths import named
from darkaon.typing import Array

FAMILIES = ("alp", "b_minus_l", "custom", "dark_photon", "dark_scalar", "hnl", "muon_force")


class OwnRegion(Strict):
    """A contour that the collaboration of a search published; beyond it an edge of ours is `beyond_own_region`.

    Attributes:
        path: CSV with mass_MeV, coupling and polygon.
        masses_MeV: where the two are compared.
    """

    path: str
    masses_MeV: tuple[float, float]


class ModelFile(Strict):
    """The keys of a model's YAML.

    Attributes:
        title: for captions.
        family: module of ``darkaon.models``.
        references: arXiv numbers of the papers that its rates come from.
        coupling_range: smallest and largest coupling considered.
        theory_band: process -> relative theory uncertainty (down, up) of B, in place of the family's own.
        theory_variations: sets of options; the band then also holds B of the model with each of them, and
            exclusions are also made with each as a whole. The next two keys may stand there, too.
        continue_lifetimes: see `Model`: ``tabulated`` to the shortest lifetime that a search tabulates at any mass,
            ``full`` to 0, ``none``.
        least_lifetime_ns: see `Model`; empty by default.
        own_regions: search -> where its collaboration itself excludes the model.
        options: the family's own.
    """

    title: str
    family: str
    references: tuple[str, ...] = ()
    coupling_range: tuple[AnyCoupling, AnyCoupling] | None = None
    theory_band: dict[str, tuple[float, float]] = Field(default_factory=dict)
    theory_variations: tuple[dict[str, Any], ...] = ()
    continue_lifetimes: Literal["tabulated", "full", "none"] = "tabulated"
    least_lifetime_ns: dict[str, NotNegative] = Field(default_factory=dict)
    own_regions: dict[str, OwnRegion] = Field(default_factory=dict)
    options: dict[str, Any] = Field(default_factory=dict)

    @field_validator("coupling_range")
    @classmethod
    def _ordered(cls, value: tuple[float, float] | None) -> tuple[float, float] | None:
        if value is not None and not value[0] < value[1]:
            raise ValueError("the smaller of the two must stand first")
        return value

    @field_validator("theory_band")
    @classmethod
    def _known(cls, value: dict[str, tuple[float, float]]) -> dict[str, tuple[float, float]]:
        for process, (down, up) in value.items():
            if process not in PROCESSES:
                raise ValueError(f"{process!r} is not a process; choose from {', '.join(PROCESSES)}")
            if not 0 <= down < 1 or up < 0:
                raise ValueError(f"{process}: needs 0 <= down < 1 and up >= 0")
        return value


def model_path(name: str | Path) -> Path:
    """The file of a model given by its id or by its path.

    Raises:
        InputError: neither a file nor an id in ``config/models`` of the folder or of darkaon.
    """
    path = Path(name)
    if path.suffix in {".yaml", ".yml"}:
        return path
    known = named("models")
    fault = f"model {str(name)!r} is none of {', '.join(known)}"
    check_known(str(name), known, fault, remedy="name one of them, or the path of a YAML")
    return known[str(name)]


def load_model(name: str | Path) -> Model:
    """The model of an id or of a YAML file.

    Raises:
        InputError: no such model, or a key that is missing, unknown or of the wrong kind.
    """
    path = model_path(name)
    return model_of(read_yaml(path), path)


def model_settings(name: str | Path) -> tuple[dict[str, Any], list[str]]:
    """What a model's YAML says, and the files that it names: for the provenance."""
    content = read_yaml(model_path(name))
    return content, paths_in(content)


def own_regions(name: str | Path) -> dict[str, OwnRegion]:
    """Search -> the region that its collaboration excludes, of a model's YAML."""
    path = model_path(name)
    return validate(ModelFile, read_yaml(path), path).own_regions


def model_of(content: dict[str, Any], path: str | Path) -> Model:
    """The model of a YAML's content; `path` gives it its id and its error messages."""
    described = validate(ModelFile, content, path)
    check_known(described.family, FAMILIES, f"{path}: family: {described.family!r} is no family of models")
    family = import_module(f"darkaon.models.{described.family}")

    handling = {"continue_lifetimes": described.continue_lifetimes, "least_lifetime_ns": described.least_lifetime_ns}

    def build(options: dict[str, Any], key: str) -> Model:
        changed = {name: options[name] for name in handling if name in options}
        validate(ModelFile, {"title": "", "family": "", **changed}, f"{path}: {key}")
        options = {name: value for name, value in options.items() if name not in handling}
        checked = validate(family.Options, options, f"{path}: {key}")
        try:
            built: Model = family.build(checked)
        except InputError as error:
            raise error.at(f"{path}: {key}") from None
        for final in (handling | changed)["least_lifetime_ns"]:
            fault = f"{path}: {key}: least_lifetime_ns: the model does not decay to {final!r}"
            check_known(final, built.decays, fault)
        return dataclasses.replace(built, **(handling | changed))

    model = build(described.options, "options")
    variations = [
        build({**described.options, **changed}, f"theory_variations.{index}")
        for index, changed in enumerate(described.theory_variations)
    ]
    low, high = described.coupling_range or (model.coupling.low, model.coupling.high)
    if low > model.coupling.high or high < model.coupling.low:
        warnings.warn(
            f"{path}: coupling_range: {low:g} to {high:g} lies outside the {model.coupling.low:g} to "
            f"{model.coupling.high:g}{f' {unit}' if (unit := model.coupling.unit) else ''} of this family: is it "
            "another unit?",
            stacklevel=2,
        )
    coupling: Coupling = dataclasses.replace(model.coupling, low=low, high=high)
    band = {**model.band, **{process: relative(*sizes) for process, sizes in described.theory_band.items()}}
    model = dataclasses.replace(model, id=Path(path).stem, title=described.title, coupling=coupling, band=band)
    return widened(model, variations) if variations else model


def widened(model: Model, variations: Sequence[Model]) -> Model:
    """The model with the theory band of every process widened to hold B of its variations."""

    def factor(process: str, side: int) -> Factor:
        extreme = (np.fmin, np.fmax)[side]

        def function(mass_MeV: Any) -> Array:
            g = model.coupling.reference
            value, central = model.theory_factors(process, mass_MeV)[side], model.production[process](mass_MeV, g)
            for other in variations:
                varied = other.production[process](mass_MeV, g)
                value = extreme(value, np.divide(varied, central, where=central > 0, out=np.ones_like(central)))
            return value

        return function

    variations = tuple(dataclasses.replace(v, id=model.id, coupling=model.coupling) for v in variations)
    band = {p: (factor(p, 0), factor(p, 1)) for p in model.production}
    return dataclasses.replace(model, band=band, variations=variations)
