"""Which versions of darkaon, Python and packages are here."""

from __future__ import annotations

import platform
from functools import cache
from importlib.metadata import version

from darkaon.version import VERSION

PACKAGES = (  # that the scripts which make results import, and what runs them
    "awkward", "jinja2", "matplotlib", "numpy", "particle", "pydantic", "pyhf", "pyyaml", "scipy", "snakemake",
    "uproot",
)  # fmt: skip
MODULES = {"pyyaml": "yaml"}  # package -> the module that it is imported as, where it has another name


@cache
def versions() -> dict[str, str]:
    """Of darkaon, Python and packages."""
    return {"darkaon": VERSION, "python": platform.python_version()} | {name: version(name) for name in PACKAGES}
