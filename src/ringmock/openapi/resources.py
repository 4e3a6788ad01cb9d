"""Files that come with ringmock: in the installed package, or at the top of the checkout that it runs from."""

from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path


def bundled(*parts: str) -> Traversable:
    """A bundled file or folder, named as in the checkout: ("fixtures", "accounts"), ("openapi.yaml",).

    The package has them under `data`, without the `fixtures` level. For a missing file, the path in the checkout.
    """
    packaged = files("ringmock").joinpath("data", *(parts[1:] if parts[0] == "fixtures" else parts))
    if packaged.is_file() or packaged.is_dir():
        return packaged
    return Path(__file__).parents[3].joinpath(*parts)
