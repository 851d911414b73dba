"""Which coupling planes of others our edges are compared with: `config/planes.yaml`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, PositiveFloat, field_validator

from darkaon.config.schema import Strict, read_yaml, validate

SIDES = ("lower", "upper")


class Span(Strict):
    """Masses over which edges are compared.

    Attributes:
        masses_MeV: from and to.
        reason: why they differ where they do by more than 10 %, by side; empty if they do not.
    """

    masses_MeV: tuple[float, float]
    reason: dict[str, str] = Field(default_factory=dict)

    @field_validator("reason")
    @classmethod
    def _sides(cls, value: dict[str, str]) -> dict[str, str]:
        if not set(value) <= set(SIDES):
            raise ValueError(f"{', '.join(value)}: the sides are {', '.join(SIDES)}")
        return value


class Plane(Strict):
    """One contour, and the limits and the model that make ours.

    Attributes:
        model: its id.
        contour: CSV of resources/contours.
        limits: table of published limits.
        weight: ``evidence`` if model and contour are independent; ``consistency`` if one was identified by the other,
            or is made of the same numbers.
        open_above: the frame of the figure that the contour is from, where an upper edge is none.
        spans: by mass.
    """

    model: str
    contour: str
    limits: str
    weight: Literal["evidence", "consistency"]
    open_above: PositiveFloat | None = None
    spans: Annotated[tuple[Span, ...], Field(min_length=1)]


class PlanesFile(Strict):
    """`config/planes.yaml`."""

    planes: dict[str, Plane]


def load_planes(path: str | Path) -> dict[str, Plane]:
    """The planes of a YAML file, by name.

    Raises:
        InputError: no such file, a key that is unknown, missing or of the wrong kind.
    """
    return validate(PlanesFile, read_yaml(path), path).planes
