"""Requests that were valid before something was done to them, and what comes of them repaired.

`python tests/broken_requests.py --requests 10000 --seed 1` tells what share of the repaired ones get a 2xx.
"""

import argparse
import copy
import json
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from random import Random
from typing import Any
from urllib.parse import urlencode

from hostile.in_process import InProcess
from ringmock.contract.cases.operation import known_operations
from ringmock.domain.generation import GENERATIONS
from ringmock.http.why.plans import FORM, JSON
from ringmock.http.why.repair import Account, Repaired, Request, repaired
from ringmock.lab.webhooks import WebHooks
from support import HANDSET, basic, sms_body

Json = Any
FIRST_MESSAGE, FIRST_PAGE = "320270670010", "320272670010"


class Willing(WebHooks):
    """A receiver at every address that takes whatever comes."""

    async def shake_hands(self, address: str, *, is_json_required: bool = True) -> None:
        """It is willing."""

    async def notify(
        self, address: str, verification_token: str | None, body: bytes, mark: tuple[str, str] | None = None
    ) -> str | None:
        """It has come."""
        return None


@dataclass(frozen=True)
class Sent:
    """A request, and bytes for its body where those are no JSON."""

    request: Request
    raw: bytes | None = None


class Server:
    """The demo account in process, with an SMS and a page in it before every call."""

    def __init__(self, generation: str = "2012") -> None:
        self._served = InProcess(generation=GENERATIONS[generation], webhooks=Willing())
        self.world = self._served.worlds.default

    def close(self) -> None:
        self._served.__exit__()

    def status(self, sent: Sent) -> tuple[int, str]:
        """Of the answer, and its body."""
        self._begin()
        request = sent.request
        headers = {"bearer": {"Authorization": "Bearer demo-101"}, "basic": basic("ringmock", "ringmock-secret")}
        given = dict(headers.get(request.authorization, {}))
        if request.media_type:
            given["Content-Type"] = request.media_type
        body = sent.raw if sent.raw is not None else encoded(request)
        target = request.path + (f"?{urlencode(request.query)}" if request.query else "")
        pairs = [(name.lower().encode(), value.encode("latin-1", "replace")) for name, value in given.items()]
        answer = self._served.call(request.method, target.encode(), pairs, body)
        return answer.status, answer.content.decode("utf-8", "replace")

    def _begin(self) -> None:
        self.world.reset()
        own = [(b"authorization", b"Bearer demo-101"), (b"content-type", b"application/json")]
        base = b"/restapi/v1.0/account/~/extension/~"
        page = {"to": [{"extensionNumber": "102"}], "text": "Hello"}
        self._served.call("POST", base + b"/sms", own, json.dumps(sms_body()).encode())
        self._served.call("POST", base + b"/company-pager", own, json.dumps(page).encode())

    def repaired(self, sent: Sent) -> Repaired | None:
        self._begin()
        request = sent.request
        if sent.raw is not None:
            request = request._replace(body=sent.raw.decode("utf-8", "replace"))
        return repaired(request, Account(self.world, "101"))


def encoded(request: Request) -> bytes:
    if request.body is None:
        return b""
    if request.media_type == FORM:
        return urlencode(request.body).encode() if isinstance(request.body, dict) else str(request.body).encode()
    return json.dumps(request.body).encode()


# --- valid requests ------------------------------------------------------------------------------


def valid_requests(server: Server) -> list[Request]:
    """Of every operation that answers an example of its own with 2xx, and some more of those that matter most."""
    found = [request for request in _candidates() if server.status(Sent(request))[0] < 300]
    operations = {(each.method, each.path) for each in found}
    assert len(operations) >= 45, sorted(operations)
    return found


def _candidates() -> Iterator[Request]:
    own = "/restapi/v1.0/account/~/extension/~"
    for operation in known_operations().values():
        if operation.media_type not in (None, JSON, FORM):
            continue
        path = operation.path
        given = {**dict.fromkeys(operation.path_parameters, "~"), **operation.examples, "messageId": FIRST_MESSAGE}
        for name, value in given.items():
            path = path.replace(f"{{{name}}}", value)
        who = "basic" if operation.id in ("getToken", "revokeToken") else "bearer"
        yield Request(operation.method, path, (), operation.media_type or "", operation.example, who)
    for _ in range(6):
        yield Request("POST", f"{own}/sms", (), JSON, sms_body())
        yield Request("POST", f"{own}/company-pager", (), JSON, {"to": [{"extensionNumber": "102"}], "text": "Hello"})
        yield Request("POST", f"{own}/company-pager", (), JSON,
                      {"to": [{"extensionId": "1346632102"}, {"extensionNumber": "103"}], "text": "Hello"})  # fmt: skip
        yield Request("POST", f"{own}/company-pager", (), JSON, {"replyOn": int(FIRST_PAGE), "text": "Again"})
    for query in (
        (("perPage", "10"), ("messageType", "SMS")),
        (("direction", "Outbound"), ("page", "1")),
        (("dateFrom", "2026-01-01T00:00:00Z"), ("dateTo", "2026-02-01T00:00:00Z")),
        (("phoneNumber", HANDSET), ("readStatus", "Unread")),
    ):
        yield Request("GET", f"{own}/message-store", query)
    yield Request("PUT", f"{own}/message-store/{FIRST_PAGE}", (), JSON, {"readStatus": "Read"})
    yield Request("GET", f"{own}/message-store/{FIRST_PAGE}")
    yield Request("DELETE", f"{own}/message-store/{FIRST_PAGE}")
    yield Request("GET", f"{own}/message-sync", (("syncType", "FSync"), ("recordCount", "10")))


# --- mutations -----------------------------------------------------------------------------------


def broken(valid: list[Request], dice: Random) -> Sent:
    """A valid request to which something was done, or some things."""
    request = dice.choice(valid)
    kinds = ["path", "method", "query", "authorization"]
    if request.body is not None:
        kinds += ["body"] * 20 + ["raw", "raw", "media type"]
    sent = Sent(request)
    for _ in range(dice.choice((1, 1, 1, 2))):
        kind = dice.choice(kinds)
        sent = _MUTATIONS[kind](sent, dice)
    return sent


def _path(sent: Sent, dice: Random) -> Sent:
    path = sent.request.path
    steps = path.split("/")
    place = dice.randrange(min(2, len(steps) - 1), len(steps))
    step = steps[place]
    changed = dice.choice((step[:-1], step + "s", step.replace("-", "_"), step.upper(), "none", "999", step + "%0A"))
    mutated = "/".join([*steps[:place], changed or "x", *steps[place + 1 :]])
    return replace(sent, request=sent.request._replace(path=dice.choice((mutated, path + "//", mutated))))


def _method(sent: Sent, dice: Random) -> Sent:
    return replace(sent, request=sent.request._replace(method=dice.choice(("GET", "POST", "PUT", "PATCH", "DELETE"))))


def _query(sent: Sent, dice: Random) -> Sent:
    query = list(sent.request.query)
    if query and dice.random() < 0.8:
        place = dice.randrange(len(query))
        name, value = query[place]
        bad = (value[:-1], value + "x", "-1", "0", "99999", "yesterday", "", value.lower(), "None")
        query[place] = name, dice.choice(bad)
        if dice.random() < 0.2:
            query.append((name, value))
    else:
        query.append((dice.choice(("perPage", "page", "dateTo", "messageType", "view")), dice.choice(("x", "0", "-5"))))
    return replace(sent, request=sent.request._replace(query=tuple(query)))


def _authorization(sent: Sent, dice: Random) -> Sent:
    return replace(sent, request=sent.request._replace(authorization="none"))


def _media_type(sent: Sent, dice: Random) -> Sent:
    kind = dice.choice(("", "text/plain", FORM, "application/jsn", "application/xml"))
    return replace(sent, request=sent.request._replace(media_type=kind))


def _raw(sent: Sent, dice: Random) -> Sent:
    text = json.dumps(sent.request.body)
    spoilt = (text[:-1], text[:-1] + ",}", text.replace('"', "'"), text[: len(text) // 2], "", "null", text + "}", "[]")
    return replace(sent, raw=dice.choice(spoilt).encode())


def _body(sent: Sent, dice: Random) -> Sent:
    body = copy.deepcopy(sent.request.body)
    spots = list(_spots(body))
    if not spots:
        return sent
    holder, key = dice.choice(spots)
    _spoil(holder, key, dice)
    return replace(sent, request=sent.request._replace(body=body))


def _spots(value: Json) -> Iterator[tuple[Any, Any]]:
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in list(pairs):
        yield value, key
        yield from _spots(inner)


def _spoil(holder: Any, key: Any, dice: Random) -> None:
    value = holder[key]
    ways = [
        lambda: holder.pop(key),
        lambda: holder.__setitem__(key, None),
        lambda: holder.__setitem__(key, dice.choice((7, -1, True, 1.5, "x", "", [], {}, [value], {"value": value}))),
        lambda: holder.__setitem__(key, str(value) if not isinstance(value, str) else value[::-1]),
    ]
    if isinstance(key, str):
        ways += [lambda: _rename(holder, key, dice)] * 3
    if isinstance(value, str):
        texts = (
            value + "0", value[:-1], value[:3], f"+1 ({value[1:4]}) {value[4:7]}-{value[7:]}", "102", "16509100102",
            "104", "999", "107", "14151003732", "garbage", value.lower(), value * 300, "😀" * 600, "442079460000",
            "16509100001", "16509100010",
        )  # fmt: skip
        ways += [lambda: holder.__setitem__(key, dice.choice(texts))] * 5
    if isinstance(value, int) and not isinstance(value, bool):
        ways += [lambda: holder.__setitem__(key, dice.choice((str(value), -value - 1, 1 << 70, value + 1)))] * 3
    if isinstance(value, list):
        ways += [lambda: value.extend(copy.deepcopy(value)), lambda: value.clear()] * 2
        ways += [lambda: holder.__setitem__(key, value[0] if value else None)] * 2
    dice.choice(ways)()


def _rename(holder: Any, key: str, dice: Random) -> None:
    place = dice.randrange(len(key))
    renamed = dice.choice(
        (key[:place] + key[place + 1 :], key.upper(), key.lower(), key + "s", key.replace("Number", "_number"), "xyz")
    )
    if renamed:
        holder[renamed] = holder.pop(key)


_MUTATIONS = {
    "path": _path,
    "method": _method,
    "query": _query,
    "authorization": _authorization,
    "media type": _media_type,
    "raw": _raw,
    "body": _body,
}


# --- what comes of them --------------------------------------------------------------------------


@dataclass
class Told:
    """How many requests were broken, how many of them pass when they are repaired, and some of the others."""

    tried: int = 0
    passed: int = 0
    failed: Counter[str] = None  # type: ignore[assignment]
    examples: list[str] = None  # type: ignore[assignment]

    @property
    def share(self) -> float:
        return self.passed / self.tried


def tell(count: int, seed: int) -> Told:
    """Break so many requests, repair each and send it again."""
    server, dice, told = Server(), Random(seed), Told(failed=Counter(), examples=[])
    try:
        valid = valid_requests(server)
        while told.tried < count:
            sent = broken(valid, dice)
            before, refused = server.status(sent)
            if before < 400:
                continue
            told.tried += 1
            mended = server.repaired(sent)
            status, said = (0, "nobody knows") if mended is None else server.status(Sent(mended.request))
            if 200 <= status < 400:
                told.passed += 1
            else:
                told.failed[f"{sent.request.method} {sent.request.path} {status}"] += 1
                told.examples.append(f"{sent}\n  {refused[:200]}\n  {mended}\n  {status} {said[:200]}")
    finally:
        server.close()
    return told


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--requests", type=int, default=10_000)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--show", type=int, default=10)
    given = options.parse_args()
    told = tell(given.requests, given.seed)
    print("\n".join(told.examples[: given.show]))
    for what, count in told.failed.most_common(20):
        print(count, what)
    print(f"{told.passed} of {told.tried} repaired requests pass: {told.share:.1%}")
    return 0 if told.share >= 0.95 else 1


if __name__ == "__main__":
    sys.exit(main())
