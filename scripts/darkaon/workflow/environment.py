"""Which versions of darkaon, Python and packages are here."""

from __future__ import annotations

import platform
from functools import cache
from importlib.metadata import version

from darkaon.version import VERSION

PACKAGES = (  # that the scripts which make results import, and what runs them
    "awkward", "jinja2", "matplotlib", "numpy", "pillow", "pydantic", "pyhf", "pyyaml", "scipy",
    "snakemake", "uproot",
)  # fmt: skip
# Imported only where they are needed and installed; without a version in provenance.json: pyarrow reads Parquet and
# Feather, fsspec tells size and date of remote files, pandas hands tables over in a notebook.
OPTIONAL = ("fsspec", "pandas", "pyarrow")
MODULES = {"pillow": "PIL", "pyyaml": "yaml"}  # package -> module, where that has another name


@cache
def versions() -> dict[str, str]:
    """Of darkaon, Python and packages."""
    return {"darkaon": VERSION, "python": platform.python_version()} | {name: version(name) for name in PACKAGES}
