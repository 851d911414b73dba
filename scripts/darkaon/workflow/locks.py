"""One run at a time in a results folder, and none beside jobs that a killed run left behind."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable
from pathlib import Path

from darkaon.errors import InputError


def lock_results(results: str | Path, say: Callable[[str], object]) -> None:
    """Lock a results folder until this process and all that it starts have ended, however they end.

    Both locks are the kernel's, so a kill leaves nothing to be unlocked. `.run.lock` is Snakemake's own. `.jobs.lock`
    is handed on to its jobs as their standard input (Snakemake closes every other descriptor for them) and is free
    when the last of them has ended (`say` is told of the wait). Jobs on the nodes of a cluster inherit nothing: they
    are not seen.

    Raises:
        InputError: another Snakemake runs in this folder.
    """
    folder = Path(results)
    folder.mkdir(parents=True, exist_ok=True)
    run, jobs = (os.open(folder / name, os.O_RDWR | os.O_CREAT, 0o666) for name in (".run.lock", ".jobs.lock"))
    try:
        if not _free(run):
            raise InputError(
                f"{folder}: another Snakemake is writing here", remedy="wait for its end, or set another `results`"
            )
        if not _free(jobs):
            say(f"{folder}: waiting for the last jobs of a run that was killed (see: fuser {folder}/.jobs.lock)")
            fcntl.flock(jobs, fcntl.LOCK_EX)
    except OSError as error:
        say(f"{folder}: no locks on this disk ({error.strerror}): see to it that one run is made at a time")
    os.dup2(jobs, 0)
    os.close(jobs)


def _free(descriptor: int) -> bool:
    """Take a lock if nobody has it."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
