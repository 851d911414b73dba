"""The screen of a run, from the records that Snakemake logs."""

import io
import logging
from types import SimpleNamespace

import pytest
from snakemake.logging import ColorizingTextHandler, DefaultFilter, DefaultFormatter
from snakemake.settings.enums import Quietness
from snakemake_interface_logger_plugins.common import LogEvent

from darkaon.workflow.progress import Progress, show_progress


class Terminal(io.StringIO):
    def isatty(self):
        return True


class Run:
    """A run that is told to a screen."""

    def __init__(self, stream=None, quiet=(), dryrun=False):
        self.stream = stream or io.StringIO()
        screen = ColorizingTextHandler(
            nocolor=True,
            stream=self.stream,
            filter=DefaultFilter(set(quiet), False, False, dryrun, False),
            formatter=DefaultFormatter(),
        )
        self.progress = Progress(screen, dryrun)

    def log(self, message, event=None, level=logging.INFO, **extra):
        record = logging.makeLogRecord({"msg": message, "levelno": level, "levelname": logging.getLevelName(level)})
        record.__dict__.update(extra, event=event)
        self.progress.handle(record)

    def start(self, total):
        self.log(f"Job stats: total {total}", LogEvent.RUN_INFO, stats={"total": total})

    def job(self, number, name, **wildcards):
        self.log("", LogEvent.JOB_INFO, jobid=number, rule_name=name, wildcards=wildcards, log=[], shellcmd=name,
                 reason="Missing output files: " + "a_file.csv " * 40)  # fmt: skip

    def finish(self, number):
        self.log("", LogEvent.JOB_FINISHED, job_id=number)

    def fail(self, number, cause=None):
        self.log("", LogEvent.JOB_ERROR, logging.ERROR, jobid=number, rule_msg=cause, log=[])

    def error(self, text):
        self.log(text, LogEvent.ERROR, logging.ERROR, exception="RuleException")

    def end(self):
        self.progress.close()
        return self.stream.getvalue()


def test_one_plain_line_for_each_job_off_a_terminal():
    run = Run()
    run.log("Building DAG of jobs...")
    run.start(2)
    run.job(5, "exclude", model="bc4")
    run.finish(5)
    run.job(0, "all")
    run.finish(0)
    run.log("Elapsed time: 0:00:01")
    assert run.end() == "2 jobs\n1/2 exclude bc4\n2/2 all\n"


def test_one_live_line_on_a_terminal():
    run = Run(Terminal())
    run.start(2)
    run.job(5, "exclude", model="bc4")
    run.finish(5)
    run.job(0, "all")
    run.finish(0)
    states = [state.strip() for state in run.end().replace("\n", "\r").split("\r") if state.strip()]
    assert any(s.startswith("0/2 jobs |") and s.endswith("left, exclude bc4") for s in states)
    assert any(s.startswith("1/2 jobs |") and "about 00:00 left" in s for s in states)
    assert states[-1].startswith("2/2 jobs |")
    assert run.stream.getvalue().count("\n") == 1


def test_failures_come_last_and_reports_are_not_shown():
    run = Run()
    run.start(3)
    run.job(1, "exclude", model="bc4")
    run.job(2, "exclude", model="bc2")
    run.error("RuleException:\nCalledProcessError in file x:\nCommand 'exclude' died with <Signals.SIGKILL: 9>.")
    run.fail(1)
    run.finish(2)
    run.log("Exiting because a job execution failed. Look above for error messages", level=logging.ERROR)
    run.error("WorkflowError:\nAt least one job did not complete successfully.")
    assert run.end().splitlines() == [
        "3 jobs",
        "failed: exclude bc4",
        "1/3 exclude bc2",
        "",
        "1 of 3 jobs failed, 1 done, their results kept:",
        "exclude bc4: killed (SIGKILL): out of memory, or stopped from outside",
        "    (log: none was written)",
    ]


def test_a_job_that_did_not_make_its_file_is_a_failure():
    run = Run()
    run.start(1)
    run.job(28, "exclude", model="bc4")
    run.error("MissingOutputException in rule exclude in file x, line 3:\nJob 28  completed successfully, but\nm.csv")
    assert "\nexclude bc4: ended well, but without m.csv\n" in run.end()


def test_a_second_attempt_makes_good():
    run = Run()
    run.start(1)
    run.job(1, "exclude", model="bc4")
    run.fail(1)
    run.job(1, "exclude", model="bc4")
    run.finish(1)
    assert run.end().splitlines()[-1] == "1/1 exclude bc4"


@pytest.mark.parametrize("quiet", [[], [Quietness.ALL], [Quietness.PROGRESS, Quietness.RULES]])
def test_no_error_is_lost_however_quiet(quiet):
    run = Run(quiet=quiet)
    run.start(2)
    run.job(1, "exclude", model="bc4")
    run.error("MissingRuleException:\nNo rule to produce nowhere")
    run.log("a warning of tomorrow's Snakemake", level=logging.ERROR)
    run.fail(1, "the node went away")
    told = run.end()
    assert told.startswith("2 jobs\n") == (not quiet)
    for text in ("No rule to produce nowhere", "tomorrow", "exclude bc4: the node went away"):
        assert text in told


def test_an_unknown_message_is_shown():
    run = Run()
    run.log("Creating conda environment environment.yaml...")
    assert run.end() == "Creating conda environment environment.yaml...\n"


def test_a_dry_run_lists_jobs_in_short_lines():
    run = Run(dryrun=True)
    run.start(1)
    run.job(1, "exclude", model="bc4")
    run.start(1)
    lines = run.end().splitlines()
    assert lines[0].startswith("exclude bc4: Missing output files: a_file.csv")
    assert len(lines[0]) <= 160
    assert lines[1:] == ["Job stats: total 1"]


def test_nobody_reads_any_more():
    """A closed pipe is tried for each line, is no fault of the display, and the jobs go on being counted."""

    class Closed(io.StringIO):
        tried = 0

        def write(self, text):
            Closed.tried += 1
            raise BrokenPipeError

    faults = []
    run = Run(Closed())
    run.progress.handleError = faults.append
    run.start(1)
    run.job(1, "all")
    run.finish(1)
    run.end()
    assert Closed.tried > 0 and not faults
    assert run.progress.bar.n == 1 and not run.progress.running


@pytest.mark.parametrize(
    ("asked", "main", "taken"), [(False, True, True), (True, True, False), (False, False, False)]
)
def test_snakemakes_own_screen_stays_for_who_asks_and_in_jobs(asked, main, taken):
    logger = logging.Logger("run")
    screen = logging.StreamHandler(io.StringIO())
    screen.name = "DefaultStreamHandler"
    logger.addHandler(screen)
    settings = SimpleNamespace(printshellcmds=asked, verbose=False, debug_dag=False, dryrun=False)
    show_progress(logger, SimpleNamespace(output_settings=settings, is_main_process=main))
    assert isinstance(logger.handlers[0], Progress) == taken
