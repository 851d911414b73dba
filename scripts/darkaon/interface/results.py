"""What the functions of `darkaon` return: tables with a header, a picture in a notebook, and a way to pandas."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from darkaon.exclusion.limits import Limits
from darkaon.models.model import Model
from darkaon.report.bibliography import bibtex, readable
from darkaon.statistics.upper_limits import Limits as EventLimits
from darkaon.tables.table import Table, write_table

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Result:
    """A table with its header.

    Attributes:
        table: columns by name, and the header that says what they were made from.
    """

    table: Table

    def __getitem__(self, name: str) -> np.ndarray:
        """A column."""
        return self.table[name]

    def __len__(self) -> int:
        """How many rows it has."""
        return len(self.table)

    def to_pandas(self) -> pd.DataFrame:
        """The table as a pandas DataFrame, its header as `attrs`."""
        return self.table.to_pandas()

    def write(self, path: str | Path) -> None:
        """Write it as CSV with its header."""
        write_table(path, self.table.columns, self.table.header)

    def draw(self) -> Figure | None:
        """Its figure, where it has one."""
        return None

    def _repr_png_(self) -> bytes | None:
        figure = self.draw()
        if figure is None:
            return None
        from matplotlib.backends.backend_agg import FigureCanvasAgg

        picture = io.BytesIO()
        FigureCanvasAgg(figure).print_png(picture, metadata={"Software": None})
        return picture.getvalue()


@dataclass(frozen=True)
class LimitTable(Result):
    """Limits on the branching ratio of one search.

    Attributes:
        search: the same, described: process, final state, lifetime law.
    """

    search: Limits

    def __repr__(self) -> str:
        """Search, decay and how many limits."""
        of = self.search
        return f"<{of.search}: {len(self)} limits on {of.process}, X -> {of.final_state} ({of.label or 'no label'})>"

    def draw(self) -> Figure:
        """Limits against the mass, a curve for each lifetime (seven at most)."""
        from darkaon.interface.drawing import limits_figure

        return limits_figure(self.search, self.table)


@dataclass(frozen=True)
class ExclusionTable(Result):
    """Couplings of a model that searches exclude, a row for each interval.

    Attributes:
        contours: closed polygons around the regions.
        model: the model.
    """

    contours: Table
    model: Model

    def __repr__(self) -> str:
        """Model and searches."""
        searches = ", ".join(dict.fromkeys(self["search"].tolist())) or "nothing"
        return f"<{self.model.title}: {len(self)} intervals excluded by {searches}>"

    def draw(self, overlay: Sequence[str | Path] = ()) -> Figure:
        """The excluded regions, and those of CSV files of contours."""
        from darkaon.interface.drawing import exclusion_figure

        return exclusion_figure(self.model, self.table, self.contours, overlay)


@dataclass(frozen=True)
class References:
    """Papers: printed as a list to be read.

    Attributes:
        keys: arXiv numbers.
    """

    keys: tuple[str, ...]

    def __str__(self) -> str:
        """A line for each paper."""
        return "\n".join(map(readable, self.keys))

    __repr__ = __str__

    def __iter__(self) -> Iterator[str]:
        """The arXiv numbers."""
        return iter(self.keys)

    @property
    def bibtex(self) -> str:
        """The entries as BibTeX."""
        return bibtex(self.keys)


@dataclass(frozen=True)
class UpperLimit:
    """The upper limit on the signal in one counting experiment; a float where one is asked for.

    Attributes:
        observed: limit on signal events; NaN if the count is blinded.
        expected: its quantiles at -2, -1, 0, 1, 2 sigma, if there is only background.
        p_value, significance: of the count without signal.
        method, level: how it was set.
    """

    observed: float
    expected: tuple[float, float, float, float, float]
    p_value: float
    significance: float
    method: str
    level: float

    def __float__(self) -> float:
        """The observed limit."""
        return self.observed

    @classmethod
    def of(cls, limits: EventLimits, method: str, level: float) -> UpperLimit:
        """The first window of some limits."""
        values: dict[str, Any] = {name: float(value[0]) for name, value in limits.columns().items()}
        bands = tuple(values[f"expected{end}"] for end in ("_m2", "_m1", "", "_p1", "_p2"))
        return cls(values["observed"], bands, values["p_value"], values["significance"], method, level)
