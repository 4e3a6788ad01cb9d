"""The stub of `examples/stub`: its three mistakes are named first, a baseline knows them, and a fourth is new."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest
from click.testing import CliRunner, Result

from flask_server import flask_served
from ringmock.cli.main import main

STUB = Path(__file__).parents[2] / "examples" / "stub" / "stub.py"


def loaded() -> ModuleType:
    spec = importlib.util.spec_from_file_location("stub", STUB)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def contract(stub: ModuleType, *arguments: object) -> Result:
    with flask_served(stub.app) as url:
        command = ["contract", "--url", url, "--parts", "cases", "--only", "R-*", *map(str, arguments)]
        return CliRunner().invoke(main, command)


@pytest.mark.long
def test_the_three_mistakes_are_named_first_and_the_rest_is_not_implemented(tmp_path: Path) -> None:
    baseline = tmp_path / "baseline.json"
    done = contract(loaded(), "--baseline", baseline, "--update-baseline")
    first_three = [line for line in done.stdout.splitlines()[:9] if line.strip().startswith("R-")]
    assert {line.strip().partition(":")[0] for line in first_three} == {"R-05", "R-07", "R-09"}
    assert "NOT IMPLEMENTED: " in done.stdout
    assert "signs in            as 101, by its JWT; its ready-made token is refused: 401" in done.stderr
    same = contract(loaded(), "--baseline", baseline)
    assert same.exit_code == 0, same.stdout
    worse = loaded()
    worse.PHONES["101"], worse.PHONES["102"] = worse.PHONES["102"], worse.PHONES["101"]
    new = contract(worse, "--baseline", baseline)
    assert new.exit_code == 1
    assert "== " in new.stdout
