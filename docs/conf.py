"""Sphinx: strict, without network; examples are run."""

import logging
import os
import sys
from pathlib import Path
from typing import Any

from docutils import nodes
from jupyter_client import KernelManager
from latex2mathml.converter import convert

SCRIPTS = str(Path(__file__).parents[1] / "scripts")
os.environ["PYTHONPATH"] = SCRIPTS  # of the kernels that run the examples
sys.path.insert(0, SCRIPTS)
from darkaon.version import VERSION  # noqa: E402

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
nb_execution_mode = "auto"
nb_execution_in_temp = True
nb_execution_raise_on_error = True
nb_execution_timeout = 120
logging.getLogger("traitlets").setLevel(logging.WARNING)
KernelManager.transport_encryption.default_value = "auto"  # kernels warn of connections in plain text
suppress_warnings = ["myst.header", "misc.highlighting_failure", "myst-nb.lexer"]
autodoc_typehints = "description"
autodoc_member_order = "bysource"
doctest_global_setup = """
import os, tempfile
import darkaon
os.chdir(tempfile.mkdtemp())
"""
html_math_renderer = "mathml"
html_copy_source = False
html_show_sphinx = False


def _formula(translator: Any, node: nodes.Element) -> None:
    """A formula as MathML: no script, no server."""
    display = "block" if isinstance(node, nodes.math_block) else "inline"
    translator.body.append(convert(node.astext(), display=display))
    raise nodes.SkipNode


def setup(app: Any) -> None:
    """The renderer of formulas."""
    app.add_html_math_renderer("mathml", inline_renderers=(_formula, None), block_renderers=(_formula, None))
