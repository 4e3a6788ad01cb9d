"""The README's picture of the inspector: what it shows after an SMS, its answer, a page, and a page that is refused.

    python docs/images/inspector.py            writes inspector.png beside this file
    python docs/images/inspector.py FILE

Needs Chromium.
"""

import json
import shutil
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from ringmock.fixture import load_named
from ringmock.serving.server import running

PICTURE = Path(__file__).with_name("inspector.png")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
WIDTH, HEIGHT = 1100, 1200
OWN = "/restapi/v1.0/account/~/extension/~"
SMS = {"from": {"phoneNumber": "16509100010"}, "to": [{"phoneNumber": "14151003732"}], "text": "Hello"}
SENT: list[tuple[str, str, Any]] = [
    ("PUT", "/_mock/clock", {"now": "2026-03-02T09:00:00Z", "frozen": True}),
    (
        "POST",
        f"{OWN}/sms",
        {"from": {"phoneNumber": "16509100010"}, "to": [{"phoneNumber": "14151003732"}], "text": "Hello"},
    ),
    ("POST", "/_mock/handsets/14151003732/messages", {"to": "16509100010", "text": "Hello yourself"}),
    ("POST", f"{OWN}/company-pager", {"to": [{"extensionNumber": "102"}], "text": "Who is on call?"}),
    ("POST", f"{OWN}/company-pager", {"to": [{"extensionNumber": "104"}], "text": "Are you there?"}),
]
"""Method, path and body of each call; the last one is refused, since 104 is Frozen."""


def called(method: str, url: str, body: Any) -> int:
    """The status of the answer to a call by extension 101."""
    headers = {"Authorization": "Bearer demo-101", "Content-Type": "application/json"}
    call = urllib.request.Request(url, json.dumps(body).encode(), headers, method=method)
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(call, timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refusal:
        with refusal:
            return refusal.code


def take(file: Path, chromium: str) -> list[int]:
    """Write the picture; the statuses of what was sent for it."""
    with running(load_named("demo")) as (url, _), tempfile.TemporaryDirectory() as profile:
        statuses = [called(method, url + path, body) for method, path, body in SENT]
        subprocess.run(
            [
                *(
                    chromium,
                    "--headless",
                    "--no-sandbox",
                    "--disable-gpu",
                    "--hide-scrollbars",
                    "--no-proxy-server",
                    "--disable-lcd-text",
                ),
                *(f"--user-data-dir={profile}", f"--window-size={WIDTH},{HEIGHT}", f"--screenshot={file.resolve()}"),
                f"{url}/_mock/",
            ],
            check=True,
            capture_output=True,
            timeout=120,
        )
    return statuses


if __name__ == "__main__":
    if CHROMIUM is None:
        sys.exit("Chromium is missing: install it, as by `apt-get install chromium`")
    take(Path(sys.argv[1]) if len(sys.argv) > 1 else PICTURE, CHROMIUM)
