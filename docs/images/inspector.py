"""The pictures of the inspector: both sides of a conversation, and a Department's thread, after some messages.

    python docs/images/inspector.py            writes them beside this file
    python docs/images/inspector.py FOLDER

Needs Chromium, Node.js and the packages of tests/clients/js. All pages in all schemes and widths are written by
`RINGMOCK_PICTURES=FOLDER pytest tests/clients/test_inspector.py`.
"""

import json
import os
import shutil
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from ringmock.fixture import load_named
from ringmock.serving.server import running

FOLDER = Path(__file__).parent
PICTURES = ("inspector.png", "inspector-dark.png")
SCRIPTS = FOLDER.parents[1] / "tests" / "clients" / "js"
MODULES = Path(os.environ.get("RINGMOCK_JS_MODULES", SCRIPTS / "node_modules"))
NODE = shutil.which("node")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
WIDTH, HEIGHT = 1280, 720
PHONE = "14151003732"
OWN = "/restapi/v1.0/account/~/extension/~"
SMS, WRITE, PAGE = f"{OWN}/sms", f"/_mock/handsets/{PHONE}/messages", f"{OWN}/company-pager"


def sms(text: str) -> tuple[str, str, Any]:
    """An SMS from 101 to the phone."""
    return "POST", SMS, {"from": {"phoneNumber": "16509100010"}, "to": [{"phoneNumber": PHONE}], "text": text}


def later(seconds: int) -> tuple[str, str, Any]:
    """The clock moved on."""
    return "POST", "/_mock/clock/advance", {"seconds": seconds}


SENT: list[tuple[str, str, Any]] = [
    ("PUT", "/_mock/clock", {"now": "2026-03-02T09:00:00Z", "frozen": True}),
    sms("Hi! Your order 4821 is ready for pickup until 6 pm."),
    later(95),
    ("POST", WRITE, {"to": "16509100010", "text": "Great, on my way. Can I bring the old battery for recycling?"}),
    later(40),
    sms("Of course, there is a box right behind the entrance."),
    later(400),
    ("POST", WRITE, {"to": "16509100010", "text": "Found it, thanks!"}),
    ("POST", "/_mock/handsets/12025550199/messages", {"to": "16509100010", "text": "STOP"}),
    later(30),
    ("POST", PAGE, {"to": [{"extensionNumber": "200"}], "text": "All hands: the line for orders moves at noon."}),
    ("POST", PAGE, {"to": [{"extensionNumber": "102"}], "text": "Who is on call?"}),
    ("POST", PAGE, {"to": [{"extensionNumber": "104"}], "text": "Are you there?"}),
]
"""Method, path and body of each call; the last one is refused, since 104 is Frozen."""


def answer_of(url: str) -> Any:
    """What a reading call is answered."""
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url, timeout=10) as answer:
        return json.loads(answer.read())


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


def conversation_with(url: str, name: str) -> str:
    """The address of 101's conversation whose other end is this."""
    known = answer_of(f"{url}/_mock/extensions/101/conversations")["conversations"]
    found = next(each["id"] for each in known if each["with"][0]["number"] == name)
    return f"{url}/_mock/ui/conversations/101/{found}"


def take(folder: Path, chromium: str) -> list[int]:
    """Write the pictures into a folder; the statuses of what was sent for them."""
    with running(load_named("demo")) as (url, _):
        statuses = [called(method, url + path, body) for method, path, body in SENT]
        shots = [
            {
                "address": f"{conversation_with(url, PHONE)}?both={PHONE}",
                "scheme": "light",
                "ready": ".is-phone .bubble",
            },
            {"address": conversation_with(url, "200"), "scheme": "dark", "ready": ".outcomes"},
        ]
        size = {"width": WIDTH, "height": HEIGHT}
        files = [str((folder / name).resolve()) for name in PICTURES]
        wanted = [{**shot, **size, "file": file} for shot, file in zip(shots, files, strict=True)]
        subprocess.run(
            [str(NODE), "inspector-shots.js", chromium, json.dumps(wanted)],
            cwd=SCRIPTS,
            env={**os.environ, "NODE_PATH": str(MODULES.resolve()), "NO_PROXY": "127.0.0.1"},
            check=True,
            timeout=120,
        )
    return statuses


if __name__ == "__main__":
    if CHROMIUM is None or NODE is None or not MODULES.is_dir():
        sys.exit("Chromium, Node.js and `npm ci` in tests/clients/js are needed (or RINGMOCK_JS_MODULES)")
    take(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER, CHROMIUM)
