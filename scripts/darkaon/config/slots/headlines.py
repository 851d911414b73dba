"""The slot `headlines`: published numbers that the results are compared with, and used for nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, ClassVar, Literal, get_args

from pydantic import Field, PositiveFloat, model_validator

from darkaon.config.schema import AnyLifetime, Mass, Share, Status, Strict, nearest
from darkaon.typing import Limit

COUNTED = ("n_observed", "background", "background_uncertainty", "significance")  # beside limits in event_limits.csv


class Headline(Strict):
    """A published number, and how near our own has to come.

    Attributes:
        name: what it is, for a reader.
        value: as published.
        source, status: where it comes from and how sure it is.
        tolerance: largest difference of ours / published from 1; or
        factor: ours lies within this factor, either way.
        reproduction: false where an input was tuned to it, so that agreement proves nothing: shown, not counted.
        reason: why it is not counted, or why ours is known to miss it.
    """

    name: str
    value: PositiveFloat
    source: str
    status: Status
    tolerance: Share | None = None
    factor: Annotated[float, Field(gt=1)] | None = None
    reproduction: bool = True
    reason: str = ""
    tables: ClassVar[tuple[str, ...]] = ()  # of the search, that hold our number

    @model_validator(mode="after")
    def _complete(self) -> Headline:
        if (self.tolerance is None) == (self.factor is None):
            raise ValueError("a headline needs 'tolerance' (relative) or 'factor', and not both")
        if not self.reproduction and not self.reason:
            raise ValueError("a headline with 'reproduction: false' needs the 'reason'")
        return self


class OverMasses(Headline):
    """A number of a table over masses: at the hypothesis nearest to one mass, or of all in a range.

    Attributes:
        mass_MeV: where it holds; or
        masses_MeV: the range, ends included, with
        statistic: what of the numbers in the range.
        mass2_MeV: the second mass, in a search with two.
    """

    mass_MeV: Mass | None = None
    masses_MeV: tuple[Mass, Mass] | None = None
    statistic: Literal["median", "min", "max"] = "median"
    mass2_MeV: Mass | None = None

    @model_validator(mode="after")
    def _somewhere(self) -> OverMasses:
        if (self.mass_MeV is None) == (self.masses_MeV is None):
            raise ValueError("a headline needs 'mass_MeV' or 'masses_MeV' [low, high], and not both")
        if self.masses_MeV and not self.masses_MeV[0] < self.masses_MeV[1]:
            raise ValueError(f"masses_MeV: {list(self.masses_MeV)}: the lower end comes first")
        return self


class OfLifetime(OverMasses):
    """A number that depends on the lifetime of X too: `lifetime_ns` (.inf: X escapes), if there are several."""

    lifetime_ns: AnyLifetime | None = None


class BranchingRatio(OfLifetime):
    """A limit on the branching ratio: `column` of branching_limits.csv (input `limits`: of the published table).

    `observed`, `expected`, ..., or `observed_<treatment>` with a treatment that stands in statistics.also.
    """

    kind: Literal["branching_ratio"]
    column: str
    tables: ClassVar[tuple[str, ...]] = ("limits",)


class ReferenceDecay(Headline):
    """The limit on the decay to which the search is normalised, for X that escapes.

    Of tagged particles their own decay to the final state, B_X(m)/B_tag at their mass; of published sensitivities the
    decay that they are of, B_X times the relative acceptance.
    """

    kind: Literal["reference_decay"]
    column: str
    tables: ClassVar[tuple[str, ...]] = ("limits", "acceptance")


class WindowEvents(OverMasses):
    """Counts or limits on signal events in a window: `column` of event_limits.csv."""

    kind: Literal["events"]
    column: str
    tables: ClassVar[tuple[str, ...]] = ("event_limits",)


class Sensitivity(OfLifetime):
    """The acceptance or the single event sensitivity: `column` of acceptance.csv."""

    kind: Literal["sensitivity"]
    column: Literal["acceptance", "ses"]
    tables: ClassVar[tuple[str, ...]] = ("acceptance",)


class PublishedCurve(Headline):
    """The published limits by mass: the median ratio of `PARTS` parts of the range that is farthest from 1.

    Ours / published, as it stands in comparison.csv; `value` is 1.
    """

    kind: Literal["curve"]
    column: ClassVar[str] = "expected"
    lifetime_ns: AnyLifetime
    tables: ClassVar[tuple[str, ...]] = ("comparison",)


class CouplingReach(OverMasses):
    """The smallest coupling that a model excludes: `coupling_low` of its exclusion.csv.

    Attributes:
        model: its id.
        column: which of the limits it is from.
        squared: the number is a squared coupling, as epsilon^2.
    """

    kind: Literal["coupling"]
    model: str
    column: Limit
    squared: bool = False


HeadlineKind = Annotated[
    BranchingRatio | ReferenceDecay | WindowEvents | Sensitivity | PublishedCurve | CouplingReach,
    Field(discriminator="kind"),
]


def check_columns(headlines: Sequence[Headline], treatments: Sequence[str]) -> None:
    """Whether a search with these treatments (statistics.also) makes the columns that its headlines name.

    Raises:
        ValueError: a column that is nowhere.
    """
    limits = (*get_args(Limit), *(f"observed_{name}" for name in treatments))
    for number, headline in enumerate(headlines):
        if isinstance(headline, BranchingRatio | ReferenceDecay | WindowEvents):
            allowed = limits + COUNTED * isinstance(headline, WindowEvents)
            if headline.column not in allowed:
                raise ValueError(
                    f"headlines.{number}.column: {headline.column!r} is none of {', '.join(allowed)}"
                    f"{nearest(headline.column, allowed)} (treatments stand in statistics.also)"
                )


def files(headlines: Sequence[Headline], input_level: str) -> dict[str, str]:
    """Name -> file of the search's tables that its headlines are compared with, in a fixed order."""
    names = {name: f"{name}.csv" for name in ("acceptance", "event_limits", "comparison")}
    names["limits"] = "published_limits.csv" if input_level == "limits" else "branching_limits.csv"
    needed = {name for headline in headlines for name in headline.tables}
    return {name: file for name, file in names.items() if name in needed}
