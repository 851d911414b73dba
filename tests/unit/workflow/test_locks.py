"""The locks of a results folder, held by processes of their own."""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parents[3] / "scripts"
HOLD = """
import errno, fcntl, subprocess, sys, time
sys.path.insert(0, {scripts!r})
from darkaon.errors import InputError
from darkaon.workflow.locks import lock_results
{before}
try:
    lock_results("results", lambda text: print(text, file=sys.stderr, flush=True))
except InputError as error:
    sys.exit(str(error))
{after}
print("held", flush=True)
time.sleep({seconds})
"""


@pytest.fixture
def start(tmp_path):
    started = []

    def run(before="", after="", seconds=60):
        program = HOLD.format(scripts=str(SCRIPTS), before=before, after=after, seconds=seconds)
        command = [sys.executable, "-c", program]
        process = subprocess.Popen(command, cwd=tmp_path, stdout=-1, stderr=-1, text=True, start_new_session=True)
        started.append(process)
        return process

    yield run
    for process in started:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        process.stdout.close()
        process.stderr.close()


def held(process):
    return "held" in process.stdout.readline()


def test_a_second_run_is_refused_in_a_sentence(start):
    assert held(start())
    said, faults = start(seconds=0).communicate()
    assert faults == "results: another Snakemake is writing here; wait for its end, or set another `results`\n"
    assert not said


def test_a_killed_run_leaves_nothing_to_be_unlocked(start):
    first = start()
    assert held(first)
    first.kill()
    first.wait()
    assert start(seconds=0).communicate() == ("held\n", "")


def test_jobs_of_a_killed_run_are_waited_for(start):
    first = start(after="subprocess.Popen(['sleep', '60'])")
    assert held(first)
    first.kill()
    first.wait()
    second = start(seconds=0)
    assert "results: waiting for the last jobs of a run that was killed" in second.stderr.readline()
    time.sleep(0.2)
    assert second.poll() is None
    os.killpg(first.pid, signal.SIGKILL)
    assert held(second)
    assert second.wait() == 0


def test_a_disk_without_locks_is_named(start):
    nolocks = "def flock(*_): raise OSError(errno.ENOLCK, 'No locks available')\nfcntl.flock = flock"
    said, faults = start(before=nolocks, seconds=0).communicate()
    assert said == "held\n"
    assert "no locks on this disk (No locks available)" in faults
