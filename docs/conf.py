"""Sphinx settings. ``make docs`` builds with warnings as errors."""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

from critpoints import __version__  # noqa: E402

project = "critpoints"
author = copyright = "The critpoints developers"
version = release = __version__
extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.mathjax",
    "numpydoc",
    "generated",
]
exclude_patterns = ["_build", "examples"]
smartquotes = False  # -- begins an option
html_theme = "alabaster"
html_theme_options = {"description": project, "page_width": "1100px", "sidebar_width": "220px"}
html_show_sourcelink = False

autodoc_member_order = "bysource"
autodoc_typehints = "none"  # the docstrings say them
autosummary_generate = False  # all members of a room stand on its page
numpydoc_show_class_members = False
numpydoc_class_members_toctree = False
