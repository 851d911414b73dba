"""From the paths of samples to event files, and from many files to jobs: before anything is read."""

from __future__ import annotations

import glob
import hashlib
import os
import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from darkaon.config.samples import Sample
from darkaon.errors import InputError

REMOTE = ("https://", "http://", "root://")
CSV, COLUMNAR = (".csv", ".csv.gz", ".csv.zst"), (".parquet", ".feather", ".arrow")
ENDINGS = (".root", *CSV, *COLUMNAR)  # of event files in a folder
FILES, BYTES = 128, 4e9  # in the mean batch, at most
RANGE = 10**8  # entries of one job: a file of more is read by several


@dataclass(frozen=True)
class Part:
    """What one job selects of a sample.

    Attributes:
        id: the sample's id, and which part it is, if there are several.
        sample: whose events they are.
        files: of this part; none, if the workflow simulates the sample.
        entries: FIRST:STOP of the one file, if it is read in ranges; else ''.
        variation: of the selection; '' if it is the nominal one.
    """

    id: str
    sample: Sample
    files: tuple[str, ...]
    entries: str = ""
    variation: str = ""

    @property
    def local(self) -> list[str]:
        """The files on the disk."""
        return [file for file in self.files if not file.startswith(REMOTE)]


def expand(path: str, source: str) -> list[str]:
    """The files that the path of a sample means: a file, a folder, a glob, a list (@list.txt) or a URL.

    In it ~ and $VARIABLE are replaced; `source` names the row in errors.

    Raises:
        InputError: nothing there, a variable that is not set, a tree in the path.
    """
    if path.startswith(REMOTE):
        return [path]
    written, path = path, os.path.expandvars(Path(path).expanduser())
    if "$" in path and not Path(path).exists():
        raise InputError(f"{source}: the variable in {written!r} is not set", remedy="set it, or write the path out")
    if path.startswith("@"):
        return _listed(Path(path[1:]), source)
    if Path(path).is_dir():
        names = (name for name in os.listdir(path) if not name.startswith("."))  # noqa: PTH208  (as a glob: no hidden)
        found = sorted(str(Path(path, name)) for name in names if name.lower().endswith(ENDINGS))
        if not found:
            raise InputError(f"{source}: the folder {written} holds no event files", remedy=f"they end in {ENDINGS}")
        if below := _below(Path(path)):
            warnings.warn(
                f"{source}: event files in folders below {written} are not read, as {below}; for all of them write "
                f"{written}/**/*{Path(below).suffix}", stacklevel=2,
            )  # fmt: skip
        return found
    if Path(path).exists():
        return [path]
    if glob.has_magic(path):
        found = sorted(glob.glob(path, recursive=True))  # noqa: PTH207  (absolute ones too)
        if found:
            return found
        raise InputError(f"{source}: no file fits {written!r}", remedy="correct the pattern")
    before, _, tree = path.rpartition(":")
    if before and Path(before).exists():
        raise InputError(
            f"{source}: {written!r} names a tree in the path", remedy=f"write {before}, and events.tree: {tree}"
        )
    before, _, comment = path.partition("#")
    if comment and Path(before.strip()).exists():
        raise InputError(
            f"{source}: {written!r} holds a comment", remedy="put the comment on a line of its own, before the row"
        )
    raise InputError(f"{source}: there is no file {written}", remedy="correct the path")


def _below(folder: Path) -> str:
    """An event file in one of the folders in a folder, at any depth; '' if there is none, hidden ones apart."""
    for place, folders, names in os.walk(folder, followlinks=False):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        found = [name for name in sorted(names) if name.lower().endswith(ENDINGS) and not name.startswith(".")]
        if found and Path(place) != folder:
            return str(Path(place, found[0]))
    return ""


def _listed(path: Path, source: str) -> list[str]:
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError):
        raise InputError(f"{source}: the list {path} cannot be read", remedy="name a text file of paths") from None
    entries = [line.strip() for line in lines if line.strip() and not line.strip().startswith("#")]
    if not entries:
        raise InputError(f"{source}: the list {path} holds no paths", remedy="write a path on each line")
    if any(entry.startswith("@") for entry in entries):
        raise InputError(f"{source}: the list {path} names another list", remedy="write the paths into one list")
    return [file for entry in entries for file in expand(entry, f"{source}, {path}")]


def files_of(samples: Iterable[Sample], source: str) -> dict[str, tuple[str, ...]]:
    """The event files of each sample of one search; none of those that the workflow simulates.

    Raises:
        InputError: a path at fault; a file that stands twice, by its real path; a name that the workflow cannot hold.
    """
    found: dict[str, tuple[str, ...]] = {}
    owners: dict[str, str] = {}
    for sample in samples:
        files = expand(sample.path, f"{source}: sample {sample.sample!r}") if sample.path else []
        for file in files:
            real = file if file.startswith(REMOTE) else os.path.realpath(file)
            if real in owners:
                raise InputError(
                    f"{source}: samples {owners[real]!r} and {sample.sample!r} of the search {sample.search!r} both "
                    f"hold {file}", remedy="take it out of one of them: its events would be counted twice",
                )  # fmt: skip
            if file.encode(errors="ignore").decode() != file:
                raise InputError(
                    f"{source}: sample {sample.sample!r}: the name of {file!r} is not UTF-8", remedy="rename the file"
                )
            if set(file) & set("{}\n"):
                raise InputError(
                    f"{source}: sample {sample.sample!r}: {file!r} has a brace or a new line in its name, which the "
                    "workflow would take for a pattern", remedy="rename it, or name it by a link",
                )  # fmt: skip
            owners[real] = sample.sample
        found[sample.sample] = tuple(files)
    return found


def parts(sample: Sample, files: Sequence[str], entries: Mapping[str, int]) -> list[Part]:
    """The jobs that select a sample: batches of files that depend on their names alone, ranges of large files.

    `entries` is how many events those files have that are large enough to be read in ranges.
    """
    large = [file for file in files if entries.get(file, 0) > RANGE]
    small = [file for file in files if file not in entries or file not in large]
    found = []
    for file in large:
        name = f"{sample.sample}.{hashlib.sha256(Path(file).name.encode()).hexdigest()[:8]}"
        for first in range(0, entries[file], RANGE):
            found.append(Part(f"{name}.{first // RANGE}", sample, (file,), f"{first}:{first + RANGE}"))
    if not small and large:
        return found
    bits = batch_bits(small)
    batches: dict[int, list[str]] = {}
    for file in small:
        batches.setdefault(batch(file.rpartition("/")[2], bits), []).append(file)
    if len(batches) <= 1 and not large:
        return [Part(sample.sample, sample, tuple(small))]
    return found + [
        Part(f"{sample.sample}.{number}of{2**bits}", sample, tuple(own)) for number, own in sorted(batches.items())
    ]


def batch_bits(files: Sequence[str]) -> int:
    """The least k for which 2^k batches hold at most `FILES` files and `BYTES` in the mean; URLs count 0 bytes."""
    size = sum(os.stat(file).st_size for file in files if not file.startswith(REMOTE))  # noqa: PTH116  (fast)
    bits = 0
    while len(files) > FILES * 2**bits or (size > BYTES * 2**bits and 2**bits < len(files)):
        bits += 1
    return bits


def batch(name: str, bits: int) -> int:
    """The batch of a file: its name's SHA-256 as a whole number, modulo 2^bits."""
    return int(hashlib.sha256(name.encode()).hexdigest(), 16) % 2**bits
