"""What is to be known of a server before anything is tested there: who signs in, and how; and what it has."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from time import perf_counter
from typing import Final

from ..world.template import Credentials, Template
from .findings import Finding, Verdict
from .http_client import Answer, HttpClient, NoAnswer, Request, curl
from .offered import NEEDS_TOKEN, NO_STATUS, NOT_THERE, answered, not_implemented
from .report.causes import GOES_ON_ANSWERING, PREFLIGHT
from .target import Target, as_object, form_request, shown, sign_in_forms

OWN_EXTENSION = "/restapi/v1.0/account/~/extension/~"
ASKED = (
    Request("GET", OWN_EXTENSION),
    Request("GET", f"{OWN_EXTENSION}/message-store"),
    Request("GET", "/restapi/v1.0/account/~"),
    Request("POST", f"{OWN_EXTENSION}/company-pager", {"Content-Type": "application/json"}, b"{"),
    Request("POST", f"{OWN_EXTENSION}/sms", {"Content-Type": "application/json"}, b"{"),
)
"""Operations that show whether a token is accepted; the first that the server has is called. They send nothing."""

MAX_REFUSAL = 200
READY_MADE: Final = "its ready-made token"
WAYS: Mapping[str, str] = {"access_token": READY_MADE, "jwt": "its JWT", "password": "its password"}
"""The credentials of a fixture, in the order in which they are tried."""


@dataclass(frozen=True, slots=True)
class Preflight:
    """A server that can be tested, or the finding that says why not."""

    target: Target
    """With those credentials alone that the server accepts."""
    failure: Finding | None = None
    signed_in: str = ""
    """Whom the first sign-in was of, and how, in words."""
    refused: tuple[str, ...] = ()
    """What was tried before, and the answer."""
    not_implemented: tuple[str, ...] = ()
    """The operations that the server has not, of those that were looked for."""
    was_searched: bool = False
    """Whether they were looked for."""
    seconds: float = 0.0
    """What one call takes."""


def preflight(target: Target, wanted: Iterable[str]) -> Preflight:
    """Sign in, and look for these operations. Raises `NoAnswer` when the server is not there."""
    if target.is_own:
        return Preflight(target, signed_in=f"{target.steward}, by {_way_of(target)}")
    with target.client() as client:
        ladder = _Ladder(client, target)
        if target.has_worlds:
            return Preflight(target, signed_in=f"{target.steward}, by {_way_of(target)}", seconds=ladder.seconds)
        token = ladder.token()
        if token is None:
            return Preflight(target, failure=ladder.failure())
        found = replace(target, template=_with_ways(target.template, ladder.ways_left))
        has_time, seconds = target.limits.rate is None, ladder.seconds
        lacking = not_implemented(client, token, wanted) if has_time else ()
        return Preflight(
            found,
            None,
            f"{target.steward}, by {WAYS[ladder.ways_left[0]]}",
            tuple(ladder.refused),
            lacking,
            has_time,
            seconds,
        )


def _way_of(target: Target) -> str:
    """By what the first extension signs in to a world of its own, where ready-made tokens open none."""
    credentials = target.template.credentials.get(target.steward, Credentials())
    return WAYS["jwt" if credentials.jwt is not None else "password"]


def _with_ways(template: Template, ways: tuple[str, ...]) -> Template:
    """The template without the credentials that the server refuses, and that would be tried first."""
    refused = dict.fromkeys(set(WAYS) - set(ways))
    credentials = {number: replace(each, **refused) for number, each in template.credentials.items()}
    return replace(template, credentials=credentials)


class _Ladder:
    """The ways of the first extension to sign in, tried one after the other."""

    def __init__(self, client: HttpClient, target: Target) -> None:
        self._client, self._target = client, target
        self._started, self._calls = perf_counter(), 0
        self.refused: list[str] = []
        self._last: Request | None = None
        self.ways_left: tuple[str, ...] = tuple(WAYS)

    @property
    def seconds(self) -> float:
        """What a call took so far; 0 before the first."""
        return (perf_counter() - self._started) / self._calls if self._calls else 0.0

    def token(self) -> str | None:
        """The first token that the server accepts; None where it accepts none."""
        for way, token in self._tokens():
            answer = self._accepted(token)
            if answer is None:
                self.ways_left = tuple(list(WAYS)[list(WAYS).index(way) :])
                return token
            self.refused.append(_refused(way, answer))
        return None

    def _tokens(self) -> Iterator[tuple[str, str]]:
        number, template = self._target.steward, self._target.template
        credentials = template.credentials.get(number, Credentials())
        if credentials.access_token is not None:
            yield "access_token", credentials.access_token
        for form in sign_in_forms(template, number):
            way = "jwt" if "assertion" in form else "password"
            request = form_request(form, self._target.application)
            answer = self._send(request)
            token = as_object(answer.json).get("access_token")
            if answer.status == 200 and isinstance(token, str):
                yield way, token
            else:
                self._last = request
                self.refused.append(_refused(way, answer))

    def _accepted(self, token: str) -> Answer | None:
        """The refusal of the token; None when it is accepted, or nothing says otherwise."""
        for asked in ASKED:
            request = replace(asked, headers={"Authorization": f"Bearer {token}", **asked.headers})
            answer = self._send(request)
            if answer.status == NEEDS_TOKEN[0]:
                self._last = request
                return answer
            if answer.status != 404 and answer.status not in NOT_THERE:
                return None
        return None

    def _send(self, request: Request) -> Answer:
        """An answer, timed."""
        self._calls += 1
        return answered(self._client, request)

    def failure(self) -> Finding:
        """That nobody signs in: reported once, since nothing else can be tested."""
        target, number = self._target, self._target.steward
        tried = self.refused or ["it has no access token and cannot sign in"]
        names = ", ".join(f"RINGMOCK_{name}_{number}" for name in ("TOKEN", "JWT", "PASSWORD"))
        advice = f"Nothing else was run. Its credentials are those of the fixture, or of {names}."
        return Finding(
            part=PREFLIGHT,
            name=f"Extension {number} signs in",
            verdict=Verdict.FAILED,
            detail="\n".join([*tried, advice]),
            reproduce="" if self._last is None else curl(target.url, shown(target, self._last)),
            where=f"{target.account} {target.generation}",
            cause=f"Extension {number} cannot sign in, and nothing was tested",
            seconds=perf_counter() - self._started,
        )


def _refused(way: str, answer: Answer) -> str:
    text = " ".join(answer.text.split())
    words = (
        f"{WAYS[way]} gets {text}" if answer.status == NO_STATUS else f"{WAYS[way]} is refused: {answer.status} {text}"
    )
    return words if len(words) <= MAX_REFUSAL else f"{words[:MAX_REFUSAL].rstrip()}..."


def goes_on_answering(target: Target, part: str, error: NoAnswer) -> Finding:
    """The server answered when the run began; what was found by then is not lost."""
    return Finding(
        part=part,
        name=GOES_ON_ANSWERING,
        verdict=Verdict.FAILED,
        detail=f"{error}\nThe rest of {part} was not run.",
        reproduce="" if error.request is None else curl(target.url, shown(target, error.request)),
        where=f"{target.account} {target.generation}",
        cause="The server gives no answer",
    )
