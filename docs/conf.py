"""The documentation as a site: Sphinx, which is maintained and strict about links, reads Markdown by MyST.

`python -m sphinx -W -b html docs docs/_build` builds it; a warning, as of a link that leads nowhere, is an error.
"""

import sys
from pathlib import Path

import ringmock

DOCS = Path(__file__).parent
sys.path.insert(0, str(DOCS))

import llms  # noqa: E402  # beside this file, which is not imported as a module of a package

project = "ringmock"
release = ringmock.__version__
extensions = ["myst_parser"]
exclude_patterns = ["_build"]
myst_heading_anchors = 3
highlight_language = "none"  # a block that names no language is output
html_theme = "furo"
html_title = f"ringmock {release}"
html_show_copyright = False
html_copy_source = False


def setup(app):
    """Write what agents read beside the pages, once they are built."""
    app.connect("build-finished", lambda app, error: None if error else llms.write(DOCS, Path(app.outdir)))
