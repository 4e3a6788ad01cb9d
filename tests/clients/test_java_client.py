"""The example in Java, with a client that is generated from the control API's description, as its page says."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from ringmock.control import description
from support import needs

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "how-to" / "test-in-java.md"
GENERATOR = Path(os.environ.get("RINGMOCK_OPENAPI_GENERATOR_JAR", "openapi-generator.jar"))
ANNOTATIONS = Path("/usr/share/java/jakarta-annotation-api.jar")
HOW = (
    "install a JDK (17 or later) and libjakarta-annotation-api-java, `pip install -r tests/clients/java-generator.txt`"
    " into an environment of its own, and name its openapi-generator.jar in RINGMOCK_OPENAPI_GENERATOR_JAR"
)
TIMEOUT_SECONDS = 240
BRIEF = "-XX:TieredStopAtLevel=1"
"""What a virtual machine compiles no further than a short run is worth."""


def run(folder: Path, *command: str, **environment: str) -> str:
    """What a command prints that has to succeed."""
    ended = subprocess.run(
        command, cwd=folder, env={**os.environ, **environment},
        capture_output=True, text=True, timeout=TIMEOUT_SECONDS, check=False,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def options_of_the_page() -> list[str]:
    """What the page gives the generator, behind the description and the folder."""
    (command,) = re.findall(r"openapi-generator-cli generate ((?:.|\n)*?)```", PAGE.read_text(encoding="utf-8"))
    return str(command).replace("\\\n", " ").split()


@pytest.mark.long
def test_a_client_that_is_generated_in_java_compiles_and_waits_for_an_sms(tmp_path: Path, server_url: str) -> None:
    needs(shutil.which("javac"), "javac", HOW)
    needs(ANNOTATIONS.exists(), ANNOTATIONS.name, HOW)
    needs(GENERATOR.is_file(), "openapi-generator", HOW)
    (tmp_path / "control-api.yaml").write_text(description.text(), encoding="utf-8")
    run(tmp_path, "java", BRIEF, "-jar", str(GENERATOR), "generate", *options_of_the_page())

    example = ROOT / "examples" / "java" / "FirstSms.java"
    sources = [*(tmp_path / "client" / "src" / "main").rglob("*.java"), example]
    # The generator's own archive has Jackson, which the client imports.
    path = f"{GENERATOR.resolve()}{os.pathsep}{ANNOTATIONS}"
    run(tmp_path, "javac", f"-J{BRIEF}", "-nowarn", "-d", "classes", "-cp", path, *map(str, sources))
    told = run(tmp_path, "java", BRIEF, "-cp", f"classes{os.pathsep}{path}", "FirstSms", RINGMOCK_URL=server_url)

    assert told == "493021\n"
