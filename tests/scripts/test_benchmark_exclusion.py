from benchmark_exclusion import main


def test_roots_and_grid_agree(capsys):
    main(["--model", "bc4", "--masses", "50"])
    out = capsys.readouterr().out
    assert "; 0 of " in out and "searches x 6 kinds x 2 labels" in out
