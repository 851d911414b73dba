"""From event files to candidates and a cutflow: the files of one job, one after the other."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from darkaon.config.search import Search
from darkaon.config.slots.events import Branch
from darkaon.errors import InputError
from darkaon.events.branches import read_events, read_generated
from darkaon.events.candidates import Collector
from darkaon.events.cutflows import APART, TWICE
from darkaon.events.selection import Selection
from darkaon.events.sources import Span, is_remote
from darkaon.events.variations import varied
from darkaon.tables.checksums import fingerprint, identity
from darkaon.tables.table import Table

KEPT = 2**21  # numbers
BESIDE = 4e6  # bytes: the checksum of a smaller file costs less than a thread


@dataclass(frozen=True)
class Selected:
    """What a job selected.

    Attributes:
        events: in the files, the blinded among them.
        read: without them.
        kept: candidates.
        cutflow: its columns.
        identities: a line for each file: name and checksum, or size and date.
        empty: names of the files without events.
        not_generated: files whose events are not all of decays generated there, and their masses or components.
    """

    events: int
    read: int
    kept: int
    cutflow: dict[str, list[Any]]
    identities: list[str]
    empty: list[str]
    not_generated: list[str]


def select(
    search: Search,
    source: str,
    paths: Sequence[str],
    output: Path,
    *,
    label: str,
    blinding: Table | None = None,
    weight: str = "",
    efficiency: float = 1.0,
    variation: str | None = None,
    entries: str | None = None,
    named: bool = True,
) -> Selected:
    """Select from files, in the order of their names, into the file `output`.

    Args:
        search: with the slots events, regions, observable.
        source: its YAML, for errors.
        paths: of the event files.
        output: of the candidates.
        label: measured or simulated.
        blinding: ranges of the observable, low and high.
        weight: of each event: a number, or the name of a branch.
        efficiency: a further factor on it.
        variation: of the selection.
        entries: FIRST:STOP of one file.
        named: whether the files are known by their content; they are not, if the workflow simulates them.

    Raises:
        InputError: a fault of a file or of the YAML.
    """
    events, factor = weighted(search, source, weight, efficiency)
    events = varied(events, variation, source)
    selection = Selection(events, search.observable, source, search.regions)
    blinded = np.stack([blinding["low"], blinding["high"]], axis=1) if blinding else None
    collector = Collector(selection, label, output, blinded, factor)
    span = spanned(entries)
    np.empty(KEPT)  # freed at once: from then on glibc keeps what the chunks use again and again
    total, empty, identities = 0, list[str](), list[str]()
    generated: dict[float, int] = {}
    not_generated: list[str] = []
    seen: dict[str, str] = {}  # content -> file
    real = Counter(path if is_remote(path) else os.path.realpath(path) for path in paths)
    if repeated := next((path for path, times in real.items() if times > 1), ""):
        raise InputError(f"--input: {repeated} stands there twice", remedy="name each file once")
    for path in sorted(paths, key=lambda path: (path.rpartition("/")[2], path)):
        with known(path, events.checksum if named else "") as line:
            own, groups = 0, set[float]()
            for chunk in read_events(path, events, selection.needs, exact=selection.exact, label=label, span=span):
                collector.add(chunk, path)
                own += len(chunk)
                groups |= collector.groups
            if not own:
                empty.append(path.rpartition("/")[2])
            total += own
            if label == "simulated":  # of measured files it is refused
                decays = read_generated(path, events.tree)
                if stray := sorted(groups - decays.keys()):
                    not_generated.append(f"{path.rpartition('/')[2]}: {', '.join(f'{group:g}' for group in stray)}")
                for group, number in decays.items() if span.first == 0 else ():
                    generated[group] = generated.get(group, 0) + number
        identities += line
        if own and line:
            _check_other(path, line[0], seen)
    collector.close()
    cutflow = collector.cutflow(generated)
    return Selected(total, collector.read, collector.kept, cutflow, identities, empty, not_generated)


def _check_other(path: str, line: str, seen: dict[str, str]) -> None:
    """Refuse a file that is the copy of one `seen` before; it joins them."""
    content = line.partition(" sha256:")[2]
    other = seen.setdefault(content or line, path)
    if other != path:
        hold = "hold the same events" if content else "have one name, size and date, as if of the same events"
        raise InputError(f"{other} and {path} {hold}", remedy=TWICE if content else APART)


def weighted(search: Search, source: str, weight: str, efficiency: float) -> tuple[Any, float | None]:
    """The slot `events`, with the branch of the weight; and the factor on it, if it is not 1.

    Raises:
        InputError: a weight by a branch beside that of the search, a weight or efficiency that is not above 0.
    """
    events, number = search.events, 1.0
    try:
        number = float(weight or 1)
    except ValueError:
        if events.weight is not None:
            raise InputError(
                f"{source}: events.weight: the sample's weight {weight!r} is a branch too",
                remedy="leave one of them out",
            ) from None
        events = events.model_copy(update={"weight": Branch(name=weight)})
    factor = number * efficiency
    if not 0 < factor < np.inf or not efficiency <= 1:
        raise InputError(
            f"config/samples.csv: weight {weight or 1} and efficiency {efficiency}: a weight is above 0, an "
            "efficiency above 0 and at most 1", remedy="mend the row of the sample",
        )  # fmt: skip
    return events, None if factor == 1 else factor


def spanned(entries: str | None) -> Span:
    """FIRST:STOP as a range of entries.

    Raises:
        InputError: it is none.
    """
    if entries is None:
        return Span()
    first, _, stop = entries.partition(":")
    if not first.isdigit() or not stop.isdigit() or int(first) >= int(stop):
        raise InputError(f"--entries: {entries!r} is not FIRST:STOP", remedy="give two whole numbers that rise")
    return Span(int(first), int(stop))


@contextmanager
def known(path: str, kind: str) -> Iterator[list[str]]:
    """A list that holds the line by which a file is known, when the block ends: of a large one made beside it."""
    lines: list[str] = []
    local = not is_remote(path) and Path(path).is_file()
    make = fingerprint if kind == "sha256" and local else identity
    if make is fingerprint and Path(path).stat().st_size > BESIDE:
        with ThreadPoolExecutor(1) as pool:
            made: Future[str] = pool.submit(make, path)
            yield lines
            lines.append(made.result())
    else:
        yield lines
        if kind:
            lines.append(make(path))
