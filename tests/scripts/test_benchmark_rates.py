import sys

from benchmark_rates import main


def test_without_alpaca_one_sentence_says_so(capsys):
    main(["--masses", "5"])
    out = capsys.readouterr().out.splitlines()
    assert "once" in out[0] and "10,000 masses" in out[1] and "K+ -> pi+ X" in out[1]
    assert out[-1].startswith("ALPaca is left out: there is no environment with it")


def test_an_environment_without_alpaca_is_named(capsys):
    main(["--masses", "5", "--alpaca", sys.executable])
    last = capsys.readouterr().out.splitlines()[-1]
    assert last.startswith("ALPaca is left out: it does not run in") and "No module named 'alpaca'" in last


def test_rates_beside_alpaca(tmp_path, capsys):
    # a program that answers as ALPaca's environment does
    fake = tmp_path / "python"
    fake.write_text('#!/bin/sh\ncat >/dev/null\necho \'{"seconds": 2.0, "values": [7.3e-5, 7.3e-5]}\'\n')
    fake.chmod(0o755)
    main(["--masses", "4", "--timed", "2", "--alpaca", str(fake)])
    last = capsys.readouterr().out.splitlines()[-1]
    assert "ALPaca 4.0 s (from 2)" in last and "ratio of the rates 0.9" in last
