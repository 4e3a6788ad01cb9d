"""Which world a call is about, as far as it says."""

from typing import Any

import jwt
import pytest

from ringmock.serving.routing import ANYWHERE, Whereabouts, Whose
from ringmock.sign_in.world_slots import slot_of
from support import basic

WHOSE = Whose(["ringmock"])
WORLD = "test-1"
OTHER = "test-2"
TOKEN = "AT-k" + "x" * 31
"""Of slot 36."""
IN_WORLD = {"X-Ringmock-World": WORLD}
SIGNED = {"Authorization": f"Bearer {TOKEN}"}
ASSERTED = jwt.encode({"iss": WORLD, "sub": WORLD}, "s" * 32)


def scope(method: str, target: str, headers: dict[str, str], kind: str = "http") -> dict[str, Any]:
    path, _, query = target.partition("?")
    return {
        "type": kind,
        "method": method,
        "path": path,
        "query_string": query.encode(),
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
    }


@pytest.mark.parametrize(
    ("call", "headers", "body", "where"),
    [
        ("GET /restapi/v1.0/x", SIGNED, "", Whereabouts(36, TOKEN)),
        (f"GET /restapi/v1.0/x?access_token={TOKEN}", {}, "", Whereabouts(36, TOKEN)),
        ("GET /restapi/v1.0/x", {"Authorization": "Bearer demo-101"}, "", Whereabouts(0)),
        ("GET /restapi/v1.0/x", {}, "", Whereabouts(0)),
        ("GET /restapi/v1.0/x", {**SIGNED, **IN_WORLD}, "", Whereabouts(slot_of(WORLD), TOKEN, is_lent=True)),
        ("GET /restapi/v1.0/x", {"X-Ringmock-World": "ringmock"}, "", Whereabouts(0)),
        ("POST /restapi/oauth/token", basic(WORLD, "s"), "grant_type=password", Whereabouts(slot_of(WORLD))),
        ("POST /restapi/oauth/token", {}, f"client_id={WORLD}", Whereabouts(slot_of(WORLD))),
        ("POST /restapi/oauth/token", {}, f"client_assertion={ASSERTED}", Whereabouts(slot_of(WORLD))),
        ("POST /restapi/oauth/token", {**basic(OTHER, "s"), **IN_WORLD}, "", Whereabouts(slot_of(WORLD))),
        ("POST /restapi/oauth/token", basic("ringmock", "s"), f"refresh_token={TOKEN}", Whereabouts(36, TOKEN)),
        ("POST /restapi/oauth/revoke", basic("ringmock", "s"), f"token={TOKEN}", Whereabouts(36, TOKEN)),
        ("POST /restapi/oauth/token", basic("ringmock", "s"), "grant_type=password", Whereabouts(0)),
        (f"GET /restapi/oauth/authorize?client_id={WORLD}", {}, "", Whereabouts(slot_of(WORLD))),
        ("POST /restapi/oauth/wstoken", SIGNED, "", Whereabouts(36, TOKEN)),
        ("GET /_mock/journal", IN_WORLD, "", Whereabouts(slot_of(WORLD))),
        (f"GET /_mock/journal?X-Ringmock-World={WORLD}", {}, "", Whereabouts(slot_of(WORLD))),
        ("GET /_mock/journal", SIGNED, "", Whereabouts(36, TOKEN)),
        ("GET /_mock/journal", {"X-Ringmock-World": "default"}, "", Whereabouts(0)),
        (f"DELETE /_mock/worlds/{WORLD}", {}, "", Whereabouts(slot_of(WORLD))),
        (f"POST /_mock/worlds/{WORLD}/reset", {}, "", Whereabouts(slot_of(WORLD))),
        ("POST /_mock/worlds", {}, f'{{"name": "{WORLD}"}}', Whereabouts(slot_of(WORLD))),
        ("POST /_mock/worlds", {}, "no JSON", Whereabouts(0)),
        ("GET /_mock/worlds", {}, "", ANYWHERE),
        ("GET /_mock/worlds", {"Authorization": "Bearer demo-101"}, "", ANYWHERE),
        ("GET /_mock/worlds", SIGNED, "", Whereabouts(36, TOKEN)),
        ("GET /_mock/rulebook", SIGNED, "", Whereabouts(36, TOKEN)),
        ("GET /_mock/rulebook", IN_WORLD, "", Whereabouts(slot_of(WORLD))),
        ("GET /_mock/ui/app.js", {}, "", ANYWHERE),
    ],
)
def test_a_call_says_its_world(call: str, headers: dict[str, str], body: str, where: Whereabouts) -> None:
    assert WHOSE.of(scope(*call.split(" "), headers), body.encode()) == where


@pytest.mark.parametrize(
    ("query", "headers", "where"),
    [
        (f"access_token={TOKEN[3:]}", {}, Whereabouts(36, TOKEN[3:])),
        (
            f"access_token={TOKEN[3:]}&X-Ringmock-World={WORLD}",
            {},
            Whereabouts(slot_of(WORLD), TOKEN[3:], is_lent=True),
        ),
        (f"access_token={TOKEN[3:]}", IN_WORLD, Whereabouts(slot_of(WORLD), TOKEN[3:], is_lent=True)),
        ("access_token=nonsense", {}, Whereabouts(0)),
    ],
)
def test_a_connection_says_its_world(query: str, headers: dict[str, str], where: Whereabouts) -> None:
    assert WHOSE.of(scope("GET", f"/ws?{query}", headers, "websocket")) == where


@pytest.mark.parametrize(
    ("call", "needs"),
    [
        ("POST /rc/restapi/oauth/token", True),
        ("POST /rc/_mock/worlds", True),
        ("POST /rc/_mock/worlds/test-1/reset", False),
        ("POST /rc/restapi/v1.0/account/~/extension/~/sms", False),
        ("GET /rc/restapi/oauth/authorize", False),
    ],
)
def test_few_calls_say_it_in_their_body(call: str, *, needs: bool) -> None:
    assert Whose([], "/rc").needs_body(scope(*call.split(" "), {})) == needs
