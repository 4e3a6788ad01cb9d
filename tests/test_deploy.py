"""The image, and what runs it: each file says the same, and keeps to what a linter and the formats want."""

import importlib.util
import json
import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml

from javascript import HOW, MODULES, NODE
from ringmock.cli.main import main
from support import needs

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


def test_compose_with_a_database_runs_the_same_image_as_safely_and_waits_for_the_database() -> None:
    services = yaml.safe_load((DEPLOY / "compose.postgresql.yaml").read_text(encoding="utf-8"))["services"]
    service, alone, database = services["ringmock"], COMPOSE["ringmock"], services["database"]
    for key in ("build", "image", "read_only", "cap_drop", "security_opt", "ports"):
        assert service[key] == alone[key]
    assert service["depends_on"] == {"database": {"condition": "service_healthy"}}
    given = main.commands["serve"].make_context("serve", [*service["command"]])
    with given:
        url = urlsplit(given.params["state"])
    assert (url.hostname, url.username, url.path) == ("database", database["environment"]["POSTGRES_USER"], "/ringmock")
    assert service["environment"]["PGPASSWORD"] == database["environment"]["POSTGRES_PASSWORD"]
    assert "postgresql" in next(line for line in said("RUN") if "pip install" in line)


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
