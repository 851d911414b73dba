"""`scripts/limit.py` run as a program."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "scripts" / "limit.py"


def limit(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, SCRIPT, *arguments], capture_output=True, text=True, check=False)


def test_the_answer_for_a_reader():
    done = limit("--observed", "1", "--background", "0.5", "--uncertainty", "0.1")
    assert done.returncode == 0, done.stderr
    for part in ("observed        3.51", "known", "asymptotic  2.83", "-19.4% from hybrid"):
        assert part in done.stdout, done.stdout


def test_the_answer_for_a_program():
    done = limit("--observed", "0", "--background", "0.01", "--uncertainty", "0.002", "--nuisance", "gauss", "--json")
    answer = json.loads(done.stdout)
    assert answer["observed"] == pytest.approx(2.302585, rel=1e-6)
    assert answer["other_methods"]["profile"] == pytest.approx(2.303, rel=1e-3)
    assert answer["significance"] == 0


def test_a_blinded_count_has_expected_limits():
    answer = json.loads(limit("--background", "110", "--uncertainty", "3", "--json").stdout)
    assert answer["observed"] is None and answer["p_value"] is None and answer["expected"] > 15


def test_asymmetric_uncertainties_and_a_signal_uncertainty():
    done = limit(
        *[
            "--observed",
            "12",
            "--background",
            "10",
            "--uncertainty",
            "22",
            "--uncertainty-down",
            "8",
            "--signal-uncertainty",
            "0.1",
        ]
    )
    assert "the uncertainty adds" in done.stdout and "not defined for these arguments" in done.stdout


def test_asymptotic_says_how_far_off_it_is():
    done = limit("--observed", "0", "--background", "0.01", "--uncertainty", "0.002", "--method", "asymptotic")
    assert "-40.4% from hybrid" in done.stdout


def test_a_fault_is_one_line():
    done = limit("--observed", "-1", "--background", "0.5")
    assert done.returncode == 1
    assert done.stderr == "limit.py: error: n_observed[0] is -1; a number of events cannot be negative\n"
