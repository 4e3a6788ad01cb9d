"""The documentation as a site: Sphinx, which is maintained and strict about links, reads Markdown by MyST.

`python -m sphinx -W -b html docs docs/_build` builds it; a warning, as of a link that leads nowhere, is an error.
"""

import ringmock

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
