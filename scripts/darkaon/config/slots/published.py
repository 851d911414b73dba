"""The slot `published`: limits of the real experiment."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from darkaon.config.schema import AnyLifetime, Fraction, PositiveQuantity, Strict
from darkaon.paths import find


class HEPDataColumn(Strict):
    """A column of limits in a table of a HEPData folder.

    `where` holds qualifiers that tell columns of one name apart. `lifetime_ns` (.inf: X escapes) may be left out
    where an axis or a qualifier of the table says it. `scale` is what its numbers are multiplied with, where the name
    has a power of ten or the unit is not one of a fraction. `expected` names a column of expected limits, whose
    errors of 1 and 2 s.d. are the bands.
    """

    table: str
    observed: str
    where: dict[str, str] = Field(default_factory=dict)
    lifetime_ns: AnyLifetime | None = None
    scale: Annotated[float, Field(gt=0)] | None = None
    expected: str | None = None


class Published(Strict):
    """Published limits: a tidy CSV (lifetime_ns, mass_MeV, upper_limit), or a folder of HEPData YAML tables.

    With a folder, `hepdata` says which of its tables and columns are the limits. `factor` is a common factor on our
    own sensitivity that is tried where they are compared, and nowhere else. `in_model` is the YAML of the model in
    whose coupling the limits are, if they are not on a branching fraction: they are compared through its rates.
    """

    path: str
    references: tuple[str, ...] = ()  # arXiv numbers of the papers that the limits come from
    level: Fraction = 0.90
    hepdata: tuple[HEPDataColumn, ...] = ()
    factor: PositiveQuantity | None = None
    in_model: str | None = None

    @model_validator(mode="after")
    def _folder_or_file(self) -> Published:
        if find(self.path).is_dir() and not self.hepdata:
            raise ValueError(f"{self.path} is a folder: say under 'hepdata' which tables and columns hold the limits")
        if find(self.path).is_file() and self.hepdata:
            raise ValueError(f"{self.path} is a file: 'hepdata' goes with a folder of HEPData tables")
        return self
