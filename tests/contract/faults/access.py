"""Doors that are open, or shut behind the wrong ones."""

import json
import re
from urllib.parse import parse_qsl, urlencode

from ringmock.sign_in.log_ins import LogIns
from ringmock.sign_in.permissions import Permissions
from ringmock.sign_in.sessions import RefreshTokenDead, Session, TokenExpired, TokenInvalid, TokenReplaced
from ringmock.sign_in.worlds import Worlds
from ringmock.world.world import World

from .exchange import API, Exchange
from .fault import in_answers, in_log_ins, in_requests, in_worlds
from .operations import LIST, PAGER, READ, REVOKE, SMS, TOKEN


@in_requests(PAGER)
def lets_everyone_in(exchange: Exchange) -> None:
    """A call without credentials is taken for the administrator's."""
    if exchange.path.startswith(API):
        exchange.authorization = "Bearer demo-101"


@in_requests(SMS, PAGER, LIST)
def ignores_the_extension_of_the_path(exchange: Exchange) -> None:
    """The path of another extension, or of none, stands for one's own."""
    if "/phone-number" not in exchange.path:
        exchange.path = re.sub(r"(?<=/extension/)[0-9]+(?=/)", "~", exchange.path)


@in_requests(SMS, PAGER, LIST)
def ignores_the_account_of_the_path(exchange: Exchange) -> None:
    """The path of another account stands for one's own."""
    exchange.path = re.sub(r"(?<=/v1\.0/account/)[0-9]+(?=/|$)", "~", exchange.path)


@in_answers(LIST)
def shows_others_nothing(exchange: Exchange) -> None:
    """The mailbox of another extension is an empty list, where it should be refused."""
    if exchange.method == "GET" and exchange.resource == "message-store" and b"CMN-419" in exchange.answer:
        empty = {"uri": "http://127.0.0.1/", "records": [], "paging": {}, "navigation": {}}
        exchange.status, exchange.answer = 200, json.dumps(empty).encode()


class _Remembering(LogIns):
    """Knows every session that it has opened."""

    def __init__(self, *given: object, **named: object) -> None:
        self.opened: dict[str, Session] = {}
        super().__init__(*given, **named)

    def open_session(self, *given: object, **named: object) -> Session:
        session = super().open_session(*given, **named)
        self.opened[session.access_token] = session
        return session


@in_log_ins(PAGER)
class NeverEndsSessions(_Remembering):
    """An access token serves after its time."""

    def session_of(self, access_token: str) -> Session:
        try:
            return super().session_of(access_token)
        except TokenExpired:
            return self.opened[access_token]


@in_log_ins(REVOKE, PAGER)
class RevokesNothing(LogIns):
    """A revoked token goes on serving."""

    def revoke(self, client_id: str, token: str) -> None:
        return


@in_log_ins(TOKEN, PAGER)
class KeepsTheTokenFromBefore(_Remembering):
    """After a refresh the access token from before goes on serving."""

    def session_of(self, access_token: str) -> Session:
        try:
            return super().session_of(access_token)
        except TokenReplaced:
            return self.opened[access_token]


@in_log_ins(TOKEN)
class RefreshesForGood(_Remembering):
    """A refresh token serves again and again, each time for new tokens."""

    def refresh(
        self, world: World, client_id: str, refresh_token: str | None, asked: Permissions | None = None
    ) -> Session:
        before = next((s for s in self.opened.values() if refresh_token and s.refresh_token == refresh_token), None)
        try:
            return super().refresh(world, client_id, refresh_token, asked)
        except RefreshTokenDead:
            if before is None:
                raise
            return self.open_session(world, before.extension, client_id, access_ttl=3600, refresh_ttl=604800)


@in_log_ins(PAGER)
class TakesAnyToken(LogIns):
    """A token that nobody issued is taken for the administrator's."""

    def session_of(self, access_token: str) -> Session:
        try:
            return super().session_of(access_token)
        except TokenInvalid:
            default = next(iter(self._of_worlds))
            administrator = next(e for e in default.account.extensions.values() if e.administrator)
            client_id = default.template.applications[0].client_id
            return self.open_session(default, administrator, client_id, access_ttl=3600, refresh_ttl=0)


@in_worlds(PAGER, LIST)
class SharesOneWorld(Worlds):
    """All applications share one world, and see each other's messages."""

    def world_of_client(self, client_id: str, client_secret: str | None, name: str | None = None) -> World:
        super().world_of_client(client_id, client_secret, name)
        return self.default


@in_requests(TOKEN)
def takes_any_password(exchange: Exchange) -> None:
    """Whoever knows the user name need not know the password."""
    if exchange.path == "/restapi/oauth/token" and b"password=" in exchange.body:
        form = dict(parse_qsl(exchange.body.decode(), keep_blank_values=True))
        exchange.body = urlencode(form | {"password": "Secret-1"}).encode()


@in_answers(PAGER, READ)
def asks_for_no_credentials(exchange: Exchange) -> None:
    """A 401 has no WWW-Authenticate."""
    if exchange.status == 401:
        exchange.headers.pop("www-authenticate", None)


@in_answers(TOKEN)
def lets_tokens_be_cached(exchange: Exchange) -> None:
    """The answer that carries tokens does not say that it may not be stored."""
    if exchange.path == "/restapi/oauth/token":
        exchange.headers.pop("cache-control", None)


@in_answers(TOKEN)
def forgets_the_refresh_token(exchange: Exchange) -> None:
    """A sign-in brings no refresh token."""
    if exchange.path == "/restapi/oauth/token" and exchange.status == 200:
        exchange.change_answer(lambda content: content.pop("refresh_token", None))
