"""`ringmock serve` by HTTPS, below a path and behind a proxy: its options, its files and its start screen."""

import json
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import trustme
from click.testing import CliRunner

from command_line import served
from ringmock.cli.addresses import RootFile, root_file
from ringmock.cli.main import main
from ringmock.contract.http_client import ConnectionOptions, HttpClient, Request
from ringmock.serving.tls import self_signed


@pytest.mark.long
def test_the_start_screen_says_what_to_trust_and_its_curl_does(tmp_path: Path) -> None:
    port, root = tmp_path / "port", tmp_path / "port.pem"
    with served("--tls", "self-signed", "--port-file", str(port), "--base-path", "/rc/") as server:
        assert len(server.screen) <= 12
        assert server.url == f"https://127.0.0.1:{int(port.read_text())}/rc"
        (trust,) = [line for line in server.screen if line.startswith("trust")]
        assert str(root) in trust
        assert {"NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"} <= set(trust.replace(",", "").split())
        (curl,) = [line.removeprefix("curl").strip() for line in server.screen if line.startswith("curl")]
        command = curl.replace("curl ", "curl -s ")
        answer = subprocess.run(command, shell=True, capture_output=True, text=True, check=True)
        assert json.loads(answer.stdout)["uri"].startswith(f"{server.url}/restapi/v1.0/account/")
    assert not root.exists()
    assert not port.exists()


@pytest.mark.long
def test_the_control_api_has_its_own_address_by_https_too_and_a_root_is_kept_for_the_run(tmp_path: Path) -> None:
    with served("--tls", "self-signed", "--control-port", "0") as server:
        (control,) = [line.split()[1] for line in server.screen if line.startswith("control")]
        (trust,) = [line.split()[1].rstrip(":") for line in server.screen if line.startswith("trust")]
        address = control.removesuffix("/_mock/openapi.yaml")
        assert urlsplit(address).scheme == "https"
        with HttpClient(address, connection=ConnectionOptions(Path(trust))) as client:
            assert client.send(Request("GET", "/_mock/ready")).json["status"] == "ready"
    assert not Path(trust).parent.exists()


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["--tls", "self-signed", "--tls-cert", "{cert}"], 2, "give one of them"),
        (["--tls-key", "{key}"], 2, "name that by --tls-cert"),
        (["--tls-root", "{key}"], 2, "--tls self-signed writes"),
        (["--tls-root", "{key}", "--tls-cert", "{cert}"], 2, "--tls self-signed writes"),
        (["--tls-cert", "{missing}"], 1, "{missing}: No such file or directory"),
        (["--tls-cert", "{cert}", "--tls-key", "{missing}"], 1, "{missing}: No such file or directory"),
        (["--tls-cert", "{key}"], 1, "{key}: there is no certificate in PEM in it"),
        (["--tls-cert", "{cert}"], 1, "{cert}: there is no private key in PEM in it"),
        (["--tls", "self-signed", "--tls-root", "{cert}"], 1, "{cert}: the file is there and is no root of ringmock's"),
        (["--tls", "self-signed", "--tls-root", "{missing}/root"], 1, "for the root file: make it first"),
        (["--tls", "self-signed", "--allow-host", "a..b"], 1, "a..b"),
        (["--tls", "1.3"], 2, "self-signed"),
        (["--base-path", "rc"], 2, "'rc' is no path: write it as /rc"),
        (["--trust-proxy", "proxy.test"], 2, "'proxy.test' is no address of a proxy"),
        (["--durability", "power"], 2, "--durability says what a state survives: give --state FILE, too."),
        (["--state", ""], 2, "'' is no file and no database"),
        (["--state", "mysql://db.test/ringmock"], 2, "give a file's name, or postgresql://..."),
    ],
)
def test_what_cannot_be_served_is_said_in_a_sentence(
    tmp_path: Path, arguments: list[str], status: int, said: str
) -> None:
    leaf, names = trustme.CA().issue_cert("localhost"), {}
    for name in ("cert", "key", "missing"):
        names[name] = str(tmp_path / name)
    leaf.cert_chain_pems[0].write_to_path(names["cert"])
    leaf.private_key_pem.write_to_path(names["key"])
    filled = [argument.format(**names) for argument in arguments]
    ended = CliRunner().invoke(main, ["serve", "--port", "0", "--fixture", "nowhere.yaml", *filled])
    assert ended.exit_code == status, ended.output
    assert said.format(**names) in " ".join(ended.stderr.split())
    assert Path(names["cert"]).read_bytes() == leaf.cert_chain_pems[0].bytes()


def test_without_its_library_a_certificate_is_not_made_and_the_extra_is_named(tmp_path: Path) -> None:
    program = (
        "import sys; sys.modules['trustme'] = None\n"
        "from ringmock.cli.main import main; main(['serve', '--tls', 'self-signed'])"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (
        1,
        "Error: --tls self-signed needs trustme: pip install 'ringmock[tls]'\n",
    )


def test_the_root_of_an_earlier_server_makes_way_for_the_next(tmp_path: Path) -> None:
    path, made = tmp_path / "root.pem", self_signed()
    assert made.root is not None
    given = {"port_path": None, "tls_root": path}
    path.write_bytes(made.root)
    with root_file(given, made) as held:
        assert isinstance(held, RootFile)
        assert not path.exists()
        held.write_text(made.root.decode())
        assert path.read_bytes() == made.root
    assert not path.exists()


@pytest.mark.parametrize("given", [["--trust-proxy", "--base-path", "/rc"], ["--trust-proxy", "10.0.0.0/8,loopback"]])
def test_proxies_may_be_named_or_be_those_of_this_machine(given: list[str]) -> None:
    ended = CliRunner().invoke(main, ["serve", *given, "--fixture", "nowhere.yaml"])
    assert (ended.exit_code, "nowhere.yaml" in ended.output) == (1, True)
