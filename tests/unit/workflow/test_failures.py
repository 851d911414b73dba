"""The last lines of a run that failed."""

import pytest

from darkaon.workflow.failures import MAX_MESSAGES, Job, ending, failures, own_message

TRACEBACK = 'Traceback (most recent call last):\n  File "x.py", line 1\nValueError: no such thing\n'


@pytest.mark.parametrize(
    ("log", "message"),
    [
        ("", ""),
        ("298 masses\n", ""),
        ("298 masses\nselect_events.py: error: a.root: cut short\n", "select_events.py: error: a.root: cut short"),
        ("select_events.py: error: two lines\nof it", "select_events.py: error: two lines\nof it"),
        (f"298 masses\n{TRACEBACK}", "ValueError: no such thing"),
        ("slurmstepd: error: Detected 1 oom_kill event\n", ""),
    ],
)
def test_the_message_is_taken_out_of_the_log(log, message):
    assert own_message(log) == message


@pytest.mark.parametrize(
    ("report", "expected"),
    [
        ("Command 'make it' died with <Signals.SIGKILL: 9>.", "killed (SIGKILL): out of memory"),
        ("Command 'make it' returned non-zero exit status 137.", "killed (SIGKILL): out of memory"),
        ("Command 'make it' died with <Signals.SIGTERM: 15>.", "stopped by SIGTERM"),
        ("Command 'make it' returned non-zero exit status 130.", "stopped by SIGINT"),
        ("Command 'make it' returned non-zero exit status 3.", "failed without a message, exit status 3"),
        ("Command 'another' died with <Signals.SIGKILL: 9>.", "failed without a message"),
    ],
)
def test_a_job_without_a_message_says_how_it_ended(report, expected):
    assert ending(Job("rule", command="make it"), [report]).startswith(expected)


def test_what_a_cluster_says_comes_before_the_report():
    job = Job("rule", command="make it", cause="SLURM status is: 'OUT_OF_MEMORY'")
    assert ending(job, ["Command 'make it' returned non-zero exit status 1."]) == "SLURM status is: 'OUT_OF_MEMORY'"


def test_the_log_is_named_where_there_is_one(tmp_path):
    log = tmp_path / "a.log"
    log.write_text(TRACEBACK)
    told = failures([Job("exclude bc4", [str(log)]), Job("exclude bc2", [str(tmp_path / "none.log")])], [])
    assert told.splitlines() == [
        "exclude bc4: ValueError: no such thing",
        f"    (log: {log})",
        "exclude bc2: failed without a message",
        "    (log: none was written)",
    ]


def test_many_failures_do_not_fill_the_screen():
    told = failures([Job(f"select_events {i}") for i in range(500)], []).splitlines()
    assert len(told) == 1 + 2 * MAX_MESSAGES
    assert told[0] == f"(the first {MAX_MESSAGES} of them)"
