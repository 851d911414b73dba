"""The summary as a page: figures of the models, one row for each search, then the headlines."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from darkaon.report.headlines import MISSED, NO_RESULT, NOT_COUNTED, REPRODUCED, SHAPE
from darkaon.report.pages import render
from darkaon.report.summary import DATA, Best, Row, best, method
from darkaon.tables.masses import hypotheses_of, masses_of

MOST = 12  # lifetimes that are named one by one
WORDS = {
    "cited": "stands in the publication named",
    "derived": "arithmetic from cited numbers",
    "recalled": "from memory, not verified",
    "tuned": "chosen so that a simulation agrees",
}
TALLY = (
    (REPRODUCED, "reproduced"),
    (MISSED, "missed"),
    (SHAPE, "of which the shape is not reproduced"),
    (NOT_COUNTED, "not counted, since no check"),
    (NO_RESULT, "without a result in this run"),
)


@dataclass(frozen=True)
class Plane:
    """A model on the page.

    Attributes:
        model, title: its id and title.
        figure: id of its figure of excluded couplings, in the folder `figures` beside the page; '' if none.
        width, height: of the figure, in pixels.
    """

    model: str
    title: str
    figure: str = ""
    width: int = 0
    height: int = 0


@dataclass(frozen=True)
class Masses:
    """Where a search has limits: the lowest mass, all spans, how many hypotheses, the lifetimes."""

    first: float
    spans: str
    hypotheses: int
    lifetimes: str


class Shown(Row):
    """A row with what the page says of it."""

    @property
    def method(self) -> str:
        """How limits are set."""
        return method(self.settings)

    @property
    def decay(self) -> str:
        """What it looks for."""
        if "process" not in self.settings:
            return "no process: limits on signal events"
        return f"{self.settings['process']}, final state {self.settings['final_state']}"

    @property
    def arxiv(self) -> str:
        """The number of the paper that describes it, if there is one."""
        return str((self.settings.get("reference") or {}).get("arxiv", ""))

    @property
    def periods(self) -> list[str]:
        """The names of its periods."""
        return list(self.settings.get("periods") or self.settings.get("counts") or ())

    @property
    def counts(self) -> str:
        """How many of its numbers have which status."""
        return ", ".join(f"{len(names)} {status}" for status in WORDS if (names := self.statuses.get(status)))

    @property
    def masses(self) -> Masses:
        """Where it has limits."""
        limits = self.own or self.published
        assert limits is not None
        known = ["stable" if np.isinf(t) else f"{t:g}" for t in np.unique(limits["lifetime_ns"])]
        times = ", ".join(known) if len(known) <= MOST else f"{len(known)} from {known[0]} to {known[-1]}"
        times = "no lifetime" if np.isnan(limits["lifetime_ns"]).all() else f"lifetimes [ns]: {times}"
        spans = [sorted({f"{of.min():.4g}": 0, f"{of.max():.4g}": 0}, key=float) for of in masses_of(limits).values()]
        first = float(limits["mass_MeV"].min())
        return Masses(first, ", ".join(map(" to ".join, spans)), len(set(hypotheses_of(limits))), times)

    def best(self, name: str) -> Best | None:
        """Its strongest limit: expected, observed or published."""
        table, column = (self.published, "observed") if name == "published" else (self.own, name)
        return best(table, column) if table else None

    @property
    def compared(self) -> list[dict[str, Any]]:
        """How published limits lie in the expected band, for the lifetime of the strongest expected one."""
        strongest = self.best("expected")
        if self.comparison is None or strongest is None:
            return []
        lines = self.comparison.where(self.comparison["lifetime_ns"] == strongest.lifetime_ns)
        return [{name: column[i].item() for name, column in lines.columns.items()} for i in range(len(lines))]


def summary_page(
    rows: Sequence[Row],
    planes: Sequence[Plane] = (),
    figures: Mapping[str, Sequence[str]] | None = None,
    **more: object,
) -> str:
    """The whole page.

    Args:
        rows: the searches.
        planes: the models.
        figures: search -> ids of its figures, which lie in the folder `figures` beside the page.
        more: version, newest (date of the newest publication), folder (of the searches, from the page), explorer and
            references (whether these pages lie beside it).
    """
    shown = [Shown(**vars(row)) for row in rows]
    headlines = [_headline(line) for row in rows for line in row.headlines]
    given = {"version": "", "newest": "", "folder": "searches", "explorer": False, "references": False} | more
    return render(
        "summary.html",
        rows=shown,
        planes=planes,
        figures=figures or {},
        labels=sorted({row.data for row in rows}),
        data=DATA,
        statuses=WORDS,
        headlines=headlines,
        tally=[f"{sum(row.verdicts(verdict) for row in rows)} {words}" for verdict, words in TALLY],
        **given,
    )


def newest_publication(papers: Iterable[str]) -> str:
    """Month and arXiv number of the newest of some papers, by their numbers; '' if none has one of today's form."""
    ids = sorted(i for i in papers if re.fullmatch(r"\d{4}\.\d+", i))
    if not ids:
        return ""
    year, month = int(ids[-1][:2]), int(ids[-1][2:4])
    return f"{calendar.month_name[month]} {2000 + year} (arXiv:{ids[-1]})"


def _headline(line: Mapping[str, Any]) -> dict[str, Any]:
    """A line of headlines.csv with the reason that the page gives, if it gives one."""
    reason = {MISSED: line["reason"] or "the reason is not known", NOT_COUNTED: line["reason"], SHAPE: line["reason"]}
    return {**line, "reason": reason.get(line["verdict"], "")}
