"""A script of curl from what was done in a world: the calls again, in a world of its own of a running ringmock."""

import base64
import json
import shlex
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

from ...world.template import Template
from ..cases.from_world import Recording
from ..cases.recorded_values import CannotBeWritten
from .control_calls import control_call
from .redone import Redone, is_of_sign_in, needs_receiver, redone

Json = Any

_HEAD = """\
#!/usr/bin/env bash
# What was done in a world of ringmock, done again: by `ringmock export --format curl`.
# It is done in a fresh world of the server at $1, whose ids are then those of the recorded one.
set -eu
URL=${1:-http://127.0.0.1:8080}
WORLD=${WORLD:-curl-$$-$RANDOM}

control() { # method, path, body
  curl -sS --fail-with-body -o /dev/null -X "$1" "$URL/_mock$2" -H "X-Ringmock-World: $WORLD" \\
    ${RINGMOCK_CONTROL_TOKEN:+-H "X-Ringmock-Token: $RINGMOCK_CONTROL_TOKEN"} -H 'Content-Type: application/json' \\
    ${3:+--data-binary "$3"}
}
token() { # extension
  curl -sS --fail-with-body "$URL/_mock/tokens" -H "X-Ringmock-World: $WORLD" \\
    ${RINGMOCK_CONTROL_TOKEN:+-H "X-Ringmock-Token: $RINGMOCK_CONTROL_TOKEN"} -H 'Content-Type: application/json' \\
    -d "{\\"extension\\": \\"$1\\"}" | sed -n 's/.*"access_token": *"\\([^"]*\\)".*/\\1/p'
}
call() { # expected status, then arguments of curl
  local expected=$1 status
  shift
  status=$(curl -sS -o /dev/stderr -w '%{http_code}' -H "X-Ringmock-World: $WORLD" "$@" 2> >(cat >&2; echo >&2))
  [ "$status" = "$expected" ] || { echo "expected $expected, and it is $status: curl $*" >&2; exit 1; }
}
"""


def curl_script(recording: Recording, template: Template) -> tuple[str, tuple[str, ...]]:
    """The script, and what of the recording is not in it. Raises `CannotBeWritten` where nothing would be."""
    left_out: list[str] = []
    known: set[str] = set()
    lines = [line for call, change in recording.story() for line in _lines(call, change, recording, known, left_out)]
    if not lines:
        raise CannotBeWritten("there is nothing to write a script from: no call of the API but sign-ins")
    callers = [f"TOKEN_{number}=$(token {number})" for number in sorted(known)]
    opening = "curl -sS --fail-with-body -o /dev/null \"$URL/_mock/worlds\" -H 'Content-Type: application/json' \\\n"
    opening += (
        '  ${RINGMOCK_CONTROL_TOKEN:+-H "X-Ringmock-Token: $RINGMOCK_CONTROL_TOKEN"} -d "{\\"name\\": \\"$WORLD\\"}"'
    )
    notes = [f"# Left out: {' '.join(reason.split())}" for reason in left_out]
    return "\n".join([_HEAD, *notes, opening, *callers, "", *lines, ""]), tuple(left_out)


def _lines(
    call: Mapping[str, Json] | None,
    change: Mapping[str, Json] | None,
    recording: Recording,
    known: set[str],
    left_out: list[str],
) -> Iterator[str]:
    if change is not None:
        yield from _of_change(change, left_out)
    elif call is not None and not is_of_sign_in(call):
        try:
            made = redone(call, recording)
            if needs_receiver(made):
                raise CannotBeWritten("who received its notifications is not there")
        except CannotBeWritten as reason:
            left_out.append(f"call {call['id']}, {call['method']} {call['path']}: {reason}")
            return
        known |= {made.by} if made.by is not None else set()
        yield _of_call(made)


def _of_change(change: Mapping[str, Json], left_out: list[str]) -> Iterator[str]:
    try:
        made = control_call(change)
    except LookupError:
        left_out.append(f"{change['event']}: no call does it again")
        return
    if made is not None:
        body = "" if made.body is None else f" {shlex.quote(json.dumps(made.body))}"
        yield f"control {made.method} {shlex.quote(made.path)}{body}"


def _of_call(made: Redone) -> str:
    call = made.call
    words = [f"call {call['status']} -X {shlex.quote(call['method'])}"]
    if made.by is not None:
        words.append(f'-H "Authorization: Bearer $TOKEN_{made.by}"')
    words += [f"-H {shlex.quote(f'{name}: {value}')}" for name, value in made.headers.items()]
    if made.body is not None:
        content_type = made.content_type or "application/json"
        words += [
            f"-H {shlex.quote(f'Content-Type: {content_type}')}",
            f"--data-binary {shlex.quote(json.dumps(made.body))}",
        ]
    elif made.content is not None:
        content = f"--data-binary @<(base64 -d <<< {base64.b64encode(made.content).decode()})"
        words += [f"-H {shlex.quote(f'Content-Type: {made.content_type}')}", content]
    query = f"?{urlencode(made.query)}" if made.query else ""
    return " ".join([*words, f'"$URL"{shlex.quote(call["path"] + query)}'])
