"""The edges of every command, in processes of their own: closed streams, and the files that it leaves."""

import itertools
import json
import os
import signal
import socket
import subprocess
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from command_line import RINGMOCK, ringmock, served
from ringmock.cli.console import PortFile, write_whole

pytestmark = pytest.mark.long

QUICK = [["rules"], ["--help"], ["serve", "--help"]]
SLOW = [["check"], ["contract", "--dry-run", "--only", "R-06"]]
DEAF = ["| head -n 1", ">&- 2>&- <&-", "| true", ">&-", "2>&-", ">/dev/full"]
SLOW_TRIED = DEAF if os.environ.get("RINGMOCK_FULL") else DEAF[:2]
"""What takes seconds is tried on push with one reader that goes away, and without any stream at all."""
PAIRS = [*itertools.product(QUICK, DEAF), *itertools.product(SLOW, SLOW_TRIED)]


def ended(command: list[str], redirection: str) -> subprocess.CompletedProcess[str]:
    """A command in a shell that has redirected its output."""
    script = f'"$@" {redirection}'
    return subprocess.run(
        ["bash", "-c", script, "bash", *RINGMOCK, *command], capture_output=True, text=True, timeout=120, check=False
    )


@pytest.mark.parametrize(("command", "redirection"), PAIRS, ids=[f"{' '.join(one)} {other}" for one, other in PAIRS])
def test_who_does_not_listen_is_told_no_traceback(command: list[str], redirection: str) -> None:
    told = ended(command, redirection).stderr
    assert "Traceback" not in told
    assert "Exception ignored" not in told
    assert len(told.splitlines()) <= (3 if command[0] == "contract" else 1), told


@pytest.mark.parametrize(
    "arguments",
    [
        ["serve", "--port", "0", "--port-file", "/nowhere/at/all/port"],
        ["coverage", "{counts}", "--html", "/nowhere/at/all/page.html"],
        ["coverage", "{counts}", "--json", "/nowhere/at/all/counts.json"],
    ],
)
def test_a_file_into_a_folder_that_is_not_there_is_reported(tmp_path: Path, arguments: list[str]) -> None:
    counts = tmp_path / "counts.har"
    counts.write_text(json.dumps({"log": {"entries": []}}))
    told = ringmock(*(argument.format(counts=counts) for argument in arguments))
    assert told.returncode == 1, told.stderr
    assert told.stderr.startswith("Error: /nowhere/at/all/")
    assert len(told.stderr.splitlines()) == 1


@pytest.fixture
def pipe(tmp_path: Path) -> Path:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    return path


def test_a_report_goes_into_a_pipe_as_it_is(pipe: Path) -> None:
    writing = threading.Thread(target=write_whole, args=(pipe, "told\n"))
    writing.start()
    assert pipe.read_text() == "told\n"
    writing.join()
    assert pipe.is_fifo()


def test_a_report_by_way_of_a_link_goes_where_the_link_leads(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "report")
    write_whole(tmp_path / "link", "told\n")
    assert (tmp_path / "report").read_text() == "told\n"
    assert (tmp_path / "link").is_symlink()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link", "report"]


# --- the port file -------------------------------------------------------------------------------


def odd_places(folder: Path) -> Iterator[Path]:
    os.mkfifo(folder / "pipe")
    (folder / "folder").mkdir()
    (folder / "there").write_text("mine")
    (folder / "link").symlink_to(folder / "there")
    (folder / "dangling").symlink_to(folder / "nothing")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(folder / "socket"))
    yield from (folder / name for name in ("pipe", "folder", "link", "dangling", "socket"))
    yield Path("/dev/null")


def test_a_port_file_takes_the_place_of_no_device_folder_or_link(tmp_path: Path) -> None:
    for path in odd_places(tmp_path):
        before = path.lstat()
        with pytest.raises(OSError, match="is no plain file"):
            PortFile(path)
        assert os.path.samestat(path.lstat(), before)
    assert (tmp_path / "there").read_text() == "mine"


def test_a_port_file_is_there_as_long_as_the_server_serves(tmp_path: Path) -> None:
    path = tmp_path / "port"
    path.write_text("1\n")
    with served("--port-file", str(path)) as server:
        assert path.read_text() == f"{server.url.rpartition(':')[2]}\n"
    assert list(tmp_path.iterdir()) == []


def test_the_port_file_of_another_server_stays(tmp_path: Path) -> None:
    first = PortFile(tmp_path / "port")
    first.write(1)
    second = PortFile(tmp_path / "port")
    second.write(2)
    first.remove()
    assert (tmp_path / "port").read_text() == "2\n"
    second.remove()
    assert list(tmp_path.iterdir()) == []


def test_a_port_file_that_somebody_took_away_is_not_missed(tmp_path: Path) -> None:
    held = PortFile(tmp_path / "port")
    held.remove()
    held.write(1)
    (tmp_path / "port").unlink()
    held.remove()


class TakenAtOnce(type(Path())):  # type: ignore[misc]  # the class of paths here
    """A file that its reader takes away as soon as it is there."""

    def lstat(self) -> os.stat_result:
        self.unlink()
        return super().lstat()


def test_a_port_file_may_be_taken_away_as_soon_as_it_is_there(tmp_path: Path) -> None:
    """A client that starts a server removes its folder once it has read the port."""
    held = PortFile(TakenAtOnce(tmp_path / "port"))
    held.write(1)
    held.remove()
    assert list(tmp_path.iterdir()) == []


# --- the end ---------------------------------------------------------------------------------------


def test_a_call_that_waits_when_the_server_stops_gets_its_refusal(tmp_path: Path) -> None:
    with served("--quiet") as server:
        rule = [{"operation": "readAccountInfo", "delay": 60, "times": 1}]
        put = urllib.request.Request(f"{server.url}/_mock/faults", json.dumps(rule).encode(), method="PUT")
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        opener.open(put, timeout=10).close()
        host, port = server.url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=30) as waiting:
            head = (
                f"GET /restapi/v1.0/account/~ HTTP/1.1\r\nHost: {host}:{port}\r\nAuthorization: Bearer demo-101\r\n\r\n"
            )
            waiting.sendall(head.encode())
            while opener.open(f"{server.url}/_mock/faults", timeout=10).read() == b"[]":
                pass
            opener.open(f"{server.url}/_mock/ready", timeout=10).close()
            server.process.send_signal(signal.SIGTERM)
            answer = b"".join(iter(lambda: waiting.recv(65536), b""))
        told = server.process.stderr.read() if server.process.stderr else ""
    head_, _, body = answer.partition(b"\r\n\r\n")
    assert head_.startswith(b"HTTP/1.1 503 ")
    assert json.loads(body)["errorCode"] == "CMN-201"
    assert "Traceback" not in told
