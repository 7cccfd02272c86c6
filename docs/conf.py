"""How the documentation is built: ``make docs``, without network, warnings as errors."""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE / "_ext")]

import gpuprop  # noqa: E402 - of this checkout, whatever is installed

project = "gpuprop"
author = "The gpuprop developers"
project_copyright = "The gpuprop developers, Apache-2.0"
version = release = gpuprop.__version__

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "numpydoc",
    "myst_parser",
    "commands",
]
exclude_patterns = ["_build", "_ext"]
default_role = "autolink"  # a link where the text is a public name, else emphasis
autosummary_generate = False
autodoc_typehints = "none"  # types stand in the docstrings, with shapes and units
autodoc_member_order = "groupwise"
numpydoc_show_class_members = False
numpydoc_class_members_toctree = False
# In backticks in a docstring stand names of arguments and columns too; names of this package must be there.
nitpick_ignore_regex = [("py:obj", r"(?!gpuprop\.).*")]

myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 3

html_theme = "furo"
html_title = f"gpuprop {release}"
html_copy_source = False
