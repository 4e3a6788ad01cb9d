"""The image, and what runs it: each file says the same, and keeps to what a linter and the formats want."""

import importlib.util
import json
import re
import shutil
import socket
import subprocess
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest
import yaml

from databases import cluster
from javascript import HOW, MODULES, NODE
from replica_pairs import replica_pair
from ringmock.cli.main import main
from socket_client import opened
from support import Client, needs

ROOT = Path(__file__).parents[1]
DEPLOY = ROOT / "deploy"
spec = importlib.util.spec_from_file_location("deploy_steps", DEPLOY / "steps.py")
assert spec is not None
assert spec.loader is not None
image = importlib.util.module_from_spec(spec)
spec.loader.exec_module(image)

STEPS = list(image.steps((DEPLOY / "Dockerfile").read_text(encoding="utf-8")))
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))["services"]
CLUSTER = list(yaml.safe_load_all((DEPLOY / "kubernetes.yaml").read_text(encoding="utf-8")))
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]


def said(name: str) -> list[str]:
    return [step.text for step in STEPS if step.name == name]


def of_cluster(kind: str, name: str = "ringmock") -> Any:
    (found,) = [each for each in CLUSTER if (each["kind"], each["metadata"]["name"]) == (kind, name)]
    return found


def container() -> Any:
    return of_cluster("Deployment")["spec"]["template"]["spec"]["containers"][0]


def test_a_linter_finds_nothing_in_the_dockerfile() -> None:
    needs(NODE and (MODULES / "dockerfilelint").is_dir(), "dockerfilelint", HOW)
    program = MODULES.resolve() / ".bin" / "dockerfilelint"
    told = subprocess.run([str(program), "-o", "json", str(DEPLOY / "Dockerfile")], capture_output=True, text=True)
    assert [issue for file in json.loads(told.stdout)["files"] for issue in file["issues"]] == [], told.stdout


def test_the_image_is_built_in_two_stages_and_runs_as_no_root() -> None:
    assert said("FROM") == ["debian:bookworm-slim AS build", "debian:bookworm-slim"]
    assert said("USER") == ["10001:10001"]
    assert said("STOPSIGNAL") == ["SIGTERM"]
    assert f'org.opencontainers.image.version="{VERSION}"' in said("LABEL")[0]


def test_its_command_is_one_that_there_is_and_its_health_check_asks_whether_it_is_ready() -> None:
    name, command, *options = image.exec_form(said("ENTRYPOINT")[0])
    assert name == "ringmock"
    main.commands[command].make_context(command, [*options, *COMPOSE["ringmock"]["command"]]).close()
    assert "http://127.0.0.1:8080/_mock/ready" in said("HEALTHCHECK")[0]


def test_what_is_sent_to_the_build_is_what_the_package_is_made_of() -> None:
    sent = {path.relative_to(ROOT).parts[0] for path in image.context()}
    assert sent == {"fixtures", "src", "LICENSE", "README.md", "openapi.yaml", "pyproject.toml"}


def test_compose_and_cluster_run_the_same_image_read_only_with_the_token_and_a_health_check() -> None:
    service, pod = COMPOSE["ringmock"], container()
    assert service["image"] == pod["image"] == f"ringmock:{VERSION}"
    assert service["command"] == pod["args"] == ["--allow-host", "ringmock"]
    assert service["read_only"] is pod["securityContext"]["readOnlyRootFilesystem"] is True
    assert f"{pod['securityContext']['runAsUser']}:{pod['securityContext']['runAsGroup']}" == said("USER")[0]
    assert pod["readinessProbe"]["exec"]["command"] == image.exec_form(said("HEALTHCHECK")[0])
    assert COMPOSE["app"]["depends_on"] == {"ringmock": {"condition": "service_healthy"}}


REPLICATED = yaml.safe_load((DEPLOY / "compose.postgresql.yaml").read_text(encoding="utf-8"))["services"]
REPLICAS = [f"ringmock-{number}" for number in (1, 2, 3)]


@pytest.mark.parametrize("name", REPLICAS)
def test_compose_with_a_database_runs_the_same_image_as_safely_and_waits_for_the_database(name: str) -> None:
    service, alone, database = REPLICATED[name], COMPOSE["ringmock"], REPLICATED["database"]
    for key in ("build", "image", "read_only", "cap_drop", "security_opt"):
        assert service[key] == alone[key]
    assert service["depends_on"] == {"database": {"condition": "service_healthy"}}
    given = main.commands["serve"].make_context("serve", [*service["command"]])
    with given:
        url = urlsplit(given.params["state"])
        assert given.params["replica"]
    assert (url.hostname, url.username, url.path) == ("database", database["environment"]["POSTGRES_USER"], "/ringmock")
    assert service["environment"]["PGPASSWORD"] == database["environment"]["POSTGRES_PASSWORD"]
    assert "postgresql" in next(line for line in said("RUN") if "pip install" in line)


def test_the_balancer_of_compose_is_before_the_replicas_and_where_the_server_alone_is() -> None:
    balancer = REPLICATED["ringmock"]
    assert balancer["ports"] == COMPOSE["ringmock"]["ports"]
    assert balancer["depends_on"] == {name: {"condition": "service_healthy"} for name in REPLICAS}
    configured = (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
    assert re.findall(r"server (\S+):8080 ", configured) == REPLICAS


def test_calls_and_connections_pass_the_balancer_to_any_replica(tmp_path: Path) -> None:
    needs(NGINX, "nginx", "apt-get install nginx")
    with cluster() as database, replica_pair(database.empty()) as (first, second):
        port = free_port()
        with nginx(tmp_path, port, [first.url, second.url, first.url]), Client(f"http://127.0.0.1:{port}") as client:
            assert any(is_there(client.url) for _ in range(10_000))
            for number in range(6):
                assert client.post_sms(f"{number}").status_code == 200
            assert [each["subject"] for each in client.messages("101")] == ["5", "4", "3", "2", "1", "0"]
            connection, _, _ = opened(client)
            with connection.connection:
                connection.subscribe()
                client.post_sms("seen")
                header, _ = connection.receive()
                assert header["type"] == "ServerNotification"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as bound:
        return bound.getsockname()[1]


def is_there(url: str) -> bool:
    try:
        return httpx2.get(f"{url}/_mock/ready", trust_env=False).status_code == 200
    except httpx2.HTTPError:
        return False


@contextmanager
def nginx(folder: Path, port: int, urls: list[str]) -> Iterator[None]:
    """The balancer of compose, at this port, before these servers."""
    configured = (DEPLOY / "nginx.conf").read_text(encoding="utf-8").replace("listen 8080", f"listen 127.0.0.1:{port}")
    for name, url in zip(REPLICAS, urls, strict=True):
        configured = configured.replace(f"{name}:8080", urlsplit(url).netloc)
    kept = " ".join(f"{kind}_temp_path {folder}/{kind};" for kind in TEMPORARY)
    path = folder / "nginx.conf"
    path.write_text(configured.replace("http {", f"http {{ access_log off; {kept}", 1), encoding="utf-8")
    options = f"daemon off; pid {folder}/nginx.pid; error_log stderr;"
    assert NGINX is not None
    process = subprocess.Popen([NGINX, "-e", "stderr", "-p", str(folder), "-c", str(path), "-g", options])
    try:
        yield
    finally:
        process.terminate()
        process.wait(30)


NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")


def test_the_parts_of_the_cluster_find_each_other() -> None:
    labels = of_cluster("Deployment")["spec"]["template"]["metadata"]["labels"]
    assert of_cluster("Deployment")["spec"]["selector"]["matchLabels"] == labels
    service = of_cluster("Service")["spec"]
    assert service["selector"] == labels
    (port,) = service["ports"]
    assert port["targetPort"] in [each["name"] for each in container()["ports"]]
    (token,) = [each for each in container()["env"] if each["name"] == "RINGMOCK_CONTROL_TOKEN"]
    wanted = token["valueFrom"]["secretKeyRef"]
    assert wanted["key"] in of_cluster("Secret", wanted["name"])["stringData"]


@pytest.mark.parametrize("application", ["compose", "cluster"])
def test_the_application_beside_it_knows_where_it_is(application: str) -> None:
    pod = of_cluster("Deployment", "app")["spec"]["template"]["spec"]["containers"][0]
    of = {
        "compose": COMPOSE["app"]["environment"]["RINGCENTRAL_SERVER_URL"],
        "cluster": next(each["value"] for each in pod["env"] if each["name"] == "RINGCENTRAL_SERVER_URL"),
    }
    assert re.fullmatch(r"http://ringmock:8080", of[application])
