"""The whole application: what stands before the first request, and what loading it says."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from ringmock.fixture import load_named
from ringmock.http.app import Contract, Stages
from ringmock.http.stages import Routing
from ringmock.openapi.document import load_contract
from ringmock.serving.server import build
from ringmock.sign_in.worlds import Worlds

LOADING = """\
import sys
sys.modules["httpx2"] = None  # as where ringmock is installed without what develops it
import ringmock.serving.server
"""


def test_the_stages_stand_before_the_first_request() -> None:
    app = build(Worlds(load_named("demo")))
    assert isinstance(app, Stages)
    assert app.middleware_stack is not None


def test_loading_warns_of_nothing_where_every_warning_is_an_error(tmp_path: Path) -> None:
    command = [sys.executable, "-W", "error", "-c", LOADING]
    loaded = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, cwd=tmp_path)
    assert (loaded.returncode, loaded.stderr) == (0, "")


STARTING = """\
import sys
from ringmock.fixture import load_named
from ringmock.serving.server import build
from ringmock.sign_in.worlds import Worlds
build(Worlds(load_named("demo")))
print(*sys.modules, sep="\\n")
"""


def test_a_start_imports_nothing_for_control_calls_webhooks_and_websockets() -> None:
    done = subprocess.run([sys.executable, "-c", STARTING], capture_output=True, text=True, timeout=60, check=True)
    known = done.stdout.split()
    late = ("ringmock.control.api", "ringmock.inspector", "ringmock.http.why.repair", "httpcore", "websockets")

    assert "ringmock.http.app" in known
    assert not [name for name in known if name.startswith(late)]


def test_each_parameter_of_the_contracts_paths_is_a_whole_segment() -> None:
    segments = {segment for path in load_contract()["paths"] for segment in path.split("/") if "{" in segment}

    assert segments
    assert all(re.fullmatch(r"\{\w+\}", segment) for segment in segments), segments


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("/restapi/v1.0/account/~/extension/101/sms", ("createSMSMessage", {"accountId": "~", "extensionId": "101"})),
        ("/restapi/v1.0/account/~/extension/101/sms/", (None, {})),
        ("/restapi/v1.0/account//extension/101/sms", (None, {})),
        ("/restapi/v1.0/account/~/extension/101/smss", (None, {})),
        ("/restapi/v1x0/account/~/extension/101/sms", (None, {})),
        ("restapi/v1.0/account/~/extension/101/sms", (None, {})),
        ("", (None, {})),
    ],
)
def test_a_path_is_one_of_the_contract_segment_by_segment(path: str, found: object) -> None:
    routing = Routing(refuse)
    routing.add_api(Contract.bundled())

    assert routing.find("POST", path) == found


async def refuse(*_: object) -> None:
    raise AssertionError
