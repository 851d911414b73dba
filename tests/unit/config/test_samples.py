import pytest

from darkaon.config.samples import read_samples
from darkaon.errors import InputError

HEAD = "sample,search,period,role,kind,path\n"


def test_samples_are_read(tmp_path):
    path = tmp_path / "samples.csv"
    path.write_text(f"# comment\n{HEAD}a, s, 2017, data, measured, files/a.root\nb,s,,signal,simulated,\n")
    first, second = read_samples(path)
    assert (first.sample, first.kind, first.path) == ("a", "measured", "files/a.root")
    assert (second.role, second.path) == ("signal", "")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "empty"),
        ("sample,search\n", "column 'period' is missing"),
        (HEAD.replace("path", "paths"), "column 'path' is missing; did you mean 'paths'"),
        (HEAD + "a,s,1,data,simulated\n", "line 2: 5 cells where there are 6 columns"),
        (
            HEAD + "a,s,1,dta,simulated,\n",
            "line 2: role 'dta' is none of data, signal, background, control; did you mean 'data'",
        ),
        (HEAD + "a,s,1,data,real,x\n", "line 2: kind 'real' is none of measured, simulated"),
        (HEAD + "a,s,1,data,measured,\n", "measured sample 'a' needs a path"),
        (HEAD + "a,s,1,data,simulated,\na,s,2,data,simulated,\n", "line 3: sample id 'a' is a duplicate"),
        (HEAD + "a/b,s,1,data,simulated,\n", "sample id 'a/b' may hold letters"),
    ],
)
def test_faults(tmp_path, text, message):
    path = tmp_path / "samples.csv"
    path.write_text(text)
    with pytest.raises(InputError, match=f"^{path}.*{message}"):
        read_samples(path)
