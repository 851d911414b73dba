"""Cutflows of a search's samples together: is every event counted once, and has no period lost all of its own?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path

from darkaon.errors import InputError
from darkaon.events.candidates import IN_REGIONS
from darkaon.tables.table import Table, read_table

PREDICTED = 7.0  # candidates: none are seen of so many once in a thousand times
TWICE = "take one of them out: its events would be counted twice"
APART = f"{TWICE}; if they differ, events.checksum: sha256 tells them apart"
MANY = 20  # events all of which one cut removes


def cutflow_of(candidates: str | Path) -> Table:
    """The cutflow that was written with a file of candidates."""
    return read_table(Path(candidates).with_suffix(".csv"), ["cut", "events"], text=["cut"])


def check_once(tables: Iterable[Table]) -> None:
    """Refuse an event file that stands twice, by its checksum, or by name, size and date where there is none.

    Files without events are exempt.

    Raises:
        InputError: the two samples and the file.
    """
    known: dict[str, tuple[str, str]] = {}
    for table in tables:
        empty = table.header.get("empty", "").partition(": ")[2].split(", ")
        sample = table.header.get("sample", "")
        for line in table.header.get("event_files", "").splitlines():
            name, _, content = line.partition(" sha256:")
            if name in empty or line.partition(" ")[0] in empty:
                continue
            key = content or line
            if key in known and known[key] != (sample, name):
                other, before = known[key]
                hold, one = ("hold", "content") if content else ("seem to hold", "name, size and date")
                raise InputError(
                    f"config/samples.csv: samples {other!r} and {sample!r} {hold} the same events: {before} and "
                    f"{name} have one {one}", remedy=TWICE if content else APART,
                )  # fmt: skip
            known[key] = sample, name


def check_generated(table: Table) -> None:
    """Refuse the cutflow of a simulated sample whose events are not all among those said to be generated.

    Raises:
        InputError: the sample, its file, and the masses or components there.
    """
    if line := table.header.get("not_generated", "").partition("\n")[0]:
        file, _, groups = line.partition(": ")
        raise InputError(
            f"sample {table.header.get('sample', '')!r}: {file} holds events of {groups}, but its tree 'generated' "
            "does not say from how many decays", remedy="write that tree into each ROOT file, its masses in the same "
            "type (float or double) as in the tree of events, or take the file out",
        )  # fmt: skip


def steps(tables: Sequence[Table]) -> dict[str, float]:
    """Events after each step, summed over files and groups, in the order of the steps; without what was generated."""
    found: Counter[str] = Counter()
    for table in tables:
        for step, events in zip(table["cut"].tolist(), table["events"].tolist(), strict=True):
            if step != "generated":
                found[step] += events
    return dict(found)


def check_periods(tables: Mapping[str, Sequence[Table]], allowed: Collection[str]) -> list[str]:
    """Whether a period keeps nothing where it should: what is lost there makes the limits of all stronger.

    Of those `allowed` it is known (`allow_empty`).

    Returns:
        A sentence for each of `allowed` that keeps nothing.

    Raises:
        InputError: a period without events; one that keeps none where the others predict more than `PREDICTED`;
            one of which a cut removes all of `MANY` events or more.
    """
    flows = {period: steps(own) for period, own in tables.items()}
    said = []
    for period, flow in flows.items():
        fault = _lost(flow, [other for name, other in flows.items() if name != period])
        if fault and period not in allowed:
            raise InputError(
                f"config/samples.csv: period {period!r}: {fault}",
                remedy="see units and names in events.branches; if it is right, say yes in the column allow_empty",
            )
        if fault:
            said.append(f"period {period}: {fault} (allowed)")
    return said


def _lost(flow: Mapping[str, float], others: Sequence[Mapping[str, float]]) -> str:
    """What is wrong with a period; nothing, if it keeps candidates, or has no reason to."""
    read, kept = flow.get("read", 0), list(flow.values())[-1]
    if not read:
        return "its files hold no events"
    if kept:
        return ""
    names, events = list(flow), list(flow.values())
    for before, after, cut in zip(events, events[1:], names[1:], strict=False):
        if not cut.startswith("region ") and cut != IN_REGIONS and before >= MANY and not after:
            return f"the cut {cut!r} removes all of {before:.0f} events"
    all_read = sum(other.get("read", 0) for other in others)
    all_kept = sum(list(other.values())[-1] for other in others if other)
    predicted = read * all_kept / all_read if all_read else 0.0
    if predicted > PREDICTED:
        return f"none of {read:.0f} events is kept, where the other periods predict {predicted:.1f} candidates"
    return ""
