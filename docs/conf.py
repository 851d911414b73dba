"""Sphinx: strict, without network; examples are run."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "scripts"))
from darkaon.version import VERSION

project = "darkaon"
author = "The darkaon developers"
copyright = "The darkaon developers"
release = version = VERSION
extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.doctest", "sphinx.ext.napoleon"]
html_theme = "furo"
html_title = f"darkaon {VERSION}"
exclude_patterns = ["_build"]
myst_enable_extensions = ["colon_fence", "dollarmath"]
myst_heading_anchors = 3
nb_execution_mode = "force"
nb_execution_raise_on_error = True
nb_execution_timeout = 120
suppress_warnings = ["myst.header", "myst.xref_missing", "misc.highlighting_failure"]
autodoc_typehints = "description"
autodoc_member_order = "bysource"
doctest_global_setup = """
import os, sys, tempfile
sys.path.insert(0, os.path.abspath("scripts"))
import darkaon
os.chdir(tempfile.mkdtemp())
"""
html_copy_source = False
html_show_sphinx = False
