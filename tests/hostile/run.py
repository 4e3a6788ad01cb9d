"""Feeds the targets with inputs that reach code which none before them reached, by Atheris.

    python tests/hostile/run.py body --runs 1000000
    python tests/hostile/run.py all --runs 1000          as CI does
    python tests/hostile/run.py body crash-0123          one input again

It begins with `tests/hostile/corpus/TARGET`, which it does not change: `--keep` adds to it what reached something new.
An input that fails a target ends the run with a traceback, and is written to the file that the last lines name.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

CORPUS = HERE / "corpus"
NAMES = ("body", "parameters", "multipart", "frames", "fixture", "cases")
SECONDS_AN_INPUT = 20

Target = Callable[[bytes], None]


def main() -> int:
    """The exit status is 0 where every input was taken as it may be."""
    options = _options()
    targets = _instrumented()
    if options.target == "all":
        return max([_in_a_process(name, targets[name], options) for name in NAMES])
    return _fed(options.target, targets[options.target], options)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("target", choices=[*NAMES, "all"])
    parser.add_argument("input", nargs="?", type=Path, help="one input, fed once")
    parser.add_argument("--runs", type=int, default=100_000, help="inputs for each target (100,000)")
    parser.add_argument("--seed", type=int, default=1, help="of the mutations (1)")
    parser.add_argument("--keep", action="store_true", help="add what reached something new to the corpus")
    return parser.parse_args()


def _instrumented() -> Mapping[str, Target]:
    """The targets, and what they call such that Atheris sees which lines it runs: this takes most of a short run."""
    import atheris

    with atheris.instrument_imports(include=["ringmock"]):
        from hostile.targets import TARGETS
    return TARGETS


def _in_a_process(name: str, target: Target, options: argparse.Namespace) -> int:
    """The exit status of a target's run: Atheris ends the process that it ran in."""
    print(f"== {name}: {options.runs} inputs", flush=True)
    child = os.fork()
    if child == 0:
        try:
            os._exit(_fed(name, target, options))
        finally:
            os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _fed(name: str, target: Target, options: argparse.Namespace) -> int:
    import atheris

    if options.input is not None:
        target(options.input.read_bytes())
        return 0
    target(b"")  # what is made once, such as a server, takes no input's time
    known = CORPUS / name
    scratch = Path(tempfile.mkdtemp(prefix="ringmock-fuzz-"))
    found = known if options.keep else scratch
    flags = [f"-runs={options.runs}", f"-seed={options.seed}", f"-timeout={SECONDS_AN_INPUT}", "-max_len=4096"]
    flags += [f"-artifact_prefix={scratch}/", "-print_final_stats=1"]
    atheris.Setup([sys.argv[0], *flags, str(found), str(known)], target)
    atheris.Fuzz()
    return 0


if __name__ == "__main__":
    sys.exit(main())
