"""`scripts/limit.py` run as a program."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from darkaon.errors import InputError
from limit import main

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


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("--observed 3 --background 1 --signal-uncertainty 20", "at most 1: 0.2 for 20 %"),
        ("--observed 3 --background 0 --uncertainty 0.5 --nuisance gauss --method on_off", "background of 0"),
        ("--observed 3 --background 0 --uncertainty-down 0.1", "background of 0|smaller than the background"),
        ("--observed nan --background 1", "it must be a finite number"),
        ("--observed 3 --background 1 --level 90", "a confidence level lies between 0 and 1"),
    ],
)
def test_numbers_out_of_their_range(arguments, words):
    with pytest.raises(InputError, match=words):
        main(arguments.split())


def test_a_background_of_nothing_with_half_a_gaussian(capsys):
    """An uncertainty on top of nothing: the sideband method does not know it, and it says so."""
    main(["--observed", "3", "--background", "0", "--uncertainty", "0.5", "--nuisance", "gauss", "--json"])
    answer = json.loads(capsys.readouterr().out)
    assert answer["observed"] == pytest.approx(6.31142, abs=1e-4) and answer["other_methods"]["on_off"] is None
