"""What a failed job says to the user: its own message and where its log is."""

from __future__ import annotations

import re
import signal
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

MAX_MESSAGES = 10  # failed jobs whose messages are shown: a fault in a file that all read would fill the screen
ERROR = re.compile(r"\w+\.py: error: ")  # how a script's own sentence begins, see darkaon.command
SIGNALS = {number.value: number.name for number in signal.Signals}


@dataclass(frozen=True)
class Job:
    """A job as Snakemake describes it, and what is known of its end."""

    name: str  # its rule and wildcards
    logs: Sequence[str] = ()
    command: str = ""
    cause: str = ""  # of its failure, as Snakemake or a cluster sees it


def own_message(text: str) -> str:
    """What a job's log says of its failure: the script's sentence, or the last line of a traceback; '' if nothing."""
    lines = text.strip().splitlines()
    for number, line in enumerate(lines):
        if ERROR.match(line):
            return "\n".join(lines[number:])
        if line.startswith("Traceback"):
            return lines[-1]
    return ""


def ending(job: Job, reports: Sequence[str]) -> str:
    """How a job ended that left no message: its cause, or what the report on its command says."""
    report = next((report for report in reports if job.command and job.command in report), "")
    name = re.search(r"died with <Signals\.(\w+)", report)
    status = re.search(r"non-zero exit status (\d+)", report)
    number = int(status[1]) if status else 0
    ended = name[1] if name else SIGNALS.get(number - 128, "")  # as a shell tells of its last command
    if job.cause:
        return job.cause
    if ended == "SIGKILL":
        return "killed (SIGKILL): out of memory, or stopped from outside"
    return f"stopped by {ended}" if ended else f"failed without a message{f', exit status {number}' * bool(number)}"


def failure(job: Job, reports: Sequence[str]) -> str:
    """The lines on one failed job; the path of its log comes last."""
    logs = [Path(log) for log in job.logs if Path(log).is_file()]
    texts = (own_message(log.read_text(encoding="utf-8", errors="replace")) for log in logs)
    message = next(filter(None, texts), "")
    if not ERROR.match(message):
        message = f"{job.name}: {message or ending(job, reports)}"
    return f"{message}\n    (log: {', '.join(map(str, logs)) or 'none was written'})"


def failures(jobs: Sequence[Job], reports: Sequence[str]) -> str:
    """What failed jobs said, each with its log: the last lines that a user sees of a run."""
    messages = [failure(job, reports) for job in jobs[:MAX_MESSAGES]]
    if len(jobs) > MAX_MESSAGES:
        messages.insert(0, f"(the first {MAX_MESSAGES} of them)")
    return "\n".join(messages)
