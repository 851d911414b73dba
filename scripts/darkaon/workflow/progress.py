"""What is seen of a run: one live line on a terminal, one line a job elsewhere; at the end what failed and why.

A `logging.Handler` that takes the place of Snakemake's own one for the screen. (A logger plugin of Snakemake
would have to be installed as a package.) All that Snakemake says is in .snakemake/log as ever.
"""

from __future__ import annotations

import logging
import re
import textwrap
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from snakemake_interface_logger_plugins.common import LogEvent
from tqdm import tqdm

from darkaon.workflow.failures import Job, failures

BAR = "{n_fmt}/{total_fmt} jobs |{bar:20}| {elapsed}, about {remaining} left{postfix}"
WIDTH = 160  # of a job's line in a dry run: its reason may name a hundred files
SILENT = {
    *(LogEvent.WORKFLOW_STARTED, LogEvent.RESOURCES_INFO, LogEvent.SHELLCMD, LogEvent.JOB_STARTED),
    *(LogEvent.PROGRESS, LogEvent.RULEGRAPH),
}
# Messages that belong to no event. Whatever is not listed is shown: a new wording costs a line, never a message.
CHATTER = (
    *("Assuming unrestricted", "Building DAG", "Using shell", "Conda environments: ignored", "Select jobs"),
    *("Removing temporary", "Would remove temporary", "Removing output files of failed job", "Waiting at most"),
    *("Exiting because a job", "Shutting down", "Complete log", "Elapsed time", "Reasons:"),
    *("Some jobs were triggered", "Rules with provenance"),
)


class Progress(logging.Handler):
    """The screen of one run or dry run, fed with Snakemake's log records."""

    def __init__(self, screen: logging.StreamHandler[Any], dryrun: bool = False) -> None:
        """Take over the stream of `screen`, what it leaves out (--quiet), its format for what is not known here."""
        super().__init__(screen.level)
        self.screen, self.dryrun = screen, dryrun
        self.shown = True
        self.jobs: dict[int, Job] = {}  # by Snakemake's numbers, as the next two
        self.running: list[int] = []
        self.failed: dict[int, Job] = {}
        self.reports: list[str] = []
        self.total = 0
        self.bar = tqdm(disable=True)
        self.ended = threading.Event()
        self.seen = {
            LogEvent.RUN_INFO: self.run,
            LogEvent.JOB_INFO: self.job,
            LogEvent.JOB_FINISHED: self.job_finished,
            LogEvent.JOB_ERROR: self.job_failed,
            LogEvent.ERROR: self.error,
        }

    def emit(self, record: logging.LogRecord) -> None:
        """Show a record, or keep it for the end."""
        try:
            event = getattr(record, "event", None)
            self.shown = record.levelno >= logging.ERROR or bool(self.screen.filter(record))
            if event in self.seen:
                self.seen[event](record)
            elif event not in SILENT and not record.getMessage().startswith(CHATTER):
                self.say(self.screen.format(record))
        except Exception:  # as in every handler: a fault of the display stops no run
            self.handleError(record)

    def say(self, text: str) -> None:
        """A line of its own, above the live one. Where nobody reads any more (`| head`), the run goes on."""
        if self.shown:
            with suppress(BrokenPipeError):
                tqdm.write(text, file=self.screen.stream)

    def run(self, record: Any) -> None:
        """The jobs to do are known. A dry run says so before and after their list."""
        if self.dryrun and self.jobs:
            self.say(record.getMessage())
        if self.dryrun:
            return
        self.total = record.stats["total"]
        hidden = None if self.shown else True  # None: where the stream is no terminal
        self.bar = tqdm(total=self.total, file=self.screen.stream, disable=hidden, dynamic_ncols=True, bar_format=BAR)
        if self.bar.disable:
            self.say(f"{self.total} jobs")
        else:
            threading.Thread(target=self.tick, daemon=True).start()

    def tick(self) -> None:
        """Time goes on while a job runs."""
        while not self.ended.wait(1.0):
            self.bar.refresh()

    def job(self, record: Any) -> None:
        """A job starts or, on a cluster, is submitted; in a dry run: would be done."""
        name = " ".join([record.rule_name, *map(str, record.wildcards.values())])
        self.jobs[record.jobid] = Job(name, record.log, record.shellcmd or "")
        if self.dryrun:
            self.say(textwrap.shorten(f"{name}: {record.reason}", WIDTH, placeholder=" ..."))
        self.show_running([*self.running, record.jobid])

    def job_finished(self, record: Any) -> None:
        """A job is done, perhaps in a second attempt."""
        self.failed.pop(record.job_id, None)
        self.bar.n += 1
        if self.bar.disable:
            self.say(f"{self.bar.n}/{self.total} {self.jobs[record.job_id].name}")
        self.show_running([number for number in self.running if number != record.job_id])

    def job_failed(self, record: Any) -> None:
        """A job failed; a cluster says why and has logs of its own."""
        self.failure(record.jobid, record.rule_msg or "", record.log)

    def error(self, record: Any) -> None:
        """Snakemake's text on an exception: on a job kept for the end, shown otherwise."""
        text = record.getMessage()
        unmade = re.search(r"MissingOutputException.*\nJob (\d+) ", text)
        ours = re.match(r"InputFunctionException(?s:.*?)\n *InputError: (.*)", text)
        if "CalledProcessError" in text:
            self.reports.append(text)
        elif unmade:
            number = int(unmade[1])
            self.failure(number, f"ended well, but without {text.splitlines()[-1]}", self.jobs[number].logs)
        elif ours:
            self.say(ours[1])
        elif not (self.failed and "At least one job did not complete" in text):
            self.say(self.screen.format(record))

    def failure(self, number: int, cause: str, logs: Sequence[str]) -> None:
        """A failed job is named at once; its message is told at the end."""
        self.failed[number] = replace(self.jobs[number], cause=cause, logs=logs)
        self.say(f"failed: {self.jobs[number].name}")
        self.show_running([each for each in self.running if each != number])

    def show_running(self, numbers: list[int]) -> None:
        """The jobs that run, as far as the line has room."""
        self.running = numbers
        self.bar.set_postfix_str(", ".join(self.jobs[number].name for number in numbers))

    def close(self) -> None:
        """The end of the run: what failed comes last."""
        if self.ended.is_set():
            return
        self.ended.set()
        self.bar.close()
        self.shown = True
        if self.failed:
            self.say(f"\n{len(self.failed)} of {self.total} jobs failed, {self.bar.n} done, their results kept:")
            self.say(failures(list(self.failed.values()), self.reports))
        super().close()


def show_progress(logger: logging.Logger, workflow: Any) -> None:
    """Put `Progress` in the place of Snakemake's screen, unless its details were asked for (-p, --verbose)."""
    settings = workflow.output_settings
    if not workflow.is_main_process or settings.printshellcmds or settings.verbose or settings.debug_dag:
        return
    for screen in list(logger.handlers):
        if screen.name == "DefaultStreamHandler" and isinstance(screen, logging.StreamHandler):
            logger.removeHandler(screen)
            logger.addHandler(Progress(screen, settings.dryrun))
