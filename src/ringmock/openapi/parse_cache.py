"""What was made of a file of the package, kept beside its bytecode for the processes that come later."""

import contextlib
import os
import pickle
import sys
import tempfile
from collections.abc import Callable
from hashlib import blake2b
from importlib.util import cache_from_source
from pathlib import Path

_DIGEST_BYTES = 32


def cached(name: str, source: bytes, make: Callable[[], object]) -> bytes:
    """What `make` makes of `source`, pickled: from the file of this name if that was made of the same source, else new.

    The file is where Python keeps the bytecode of this module, is as trusted as that, and is written under the same
    conditions: not by `python -B`, and not where that cannot be written. A file that is damaged is made again.
    """
    file = Path(cache_from_source(__file__)).with_name(f"{name}.{sys.implementation.cache_tag}.pickle")
    with contextlib.suppress(OSError):
        digest, kept = _split(file.read_bytes())
        if digest == _digest(source, kept):
            return kept
    made = pickle.dumps(make())
    if not sys.dont_write_bytecode:
        with contextlib.suppress(OSError):
            _write(file, _digest(source, made) + made)
    return made


def _split(content: bytes) -> tuple[bytes, bytes]:
    return content[:_DIGEST_BYTES], content[_DIGEST_BYTES:]


def _digest(source: bytes, made: bytes) -> bytes:
    return blake2b(made, key=blake2b(source).digest(), digest_size=_DIGEST_BYTES).digest()


def _write(file: Path, content: bytes) -> None:
    """Replace a file whole, or leave it as it was."""
    file.parent.mkdir(parents=True, exist_ok=True)
    descriptor, unfinished = tempfile.mkstemp(dir=file.parent)
    try:
        with open(descriptor, "wb") as written:
            written.write(content)
        os.replace(unfinished, file)
    except OSError:
        os.unlink(unfinished)
        raise
