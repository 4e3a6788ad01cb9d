"""Files of an MMS that get lost, renamed or cut."""

import re

from ringmock.domain.message import Delivery

from .exchange import Exchange, Json
from .fault import StoreAround, in_answers, in_requests, in_store
from .operations import CONTENT, MMS, SMS


@in_store(MMS, SMS)
class LosesFiles(StoreAround):
    """A message is sent without the files that came with it."""

    def planned(self, delivery: Delivery) -> Delivery:
        return delivery._replace(attachments=())


@in_store(MMS)
class KeepsTheFirstFile(StoreAround):
    """Of several files the first is sent."""

    def planned(self, delivery: Delivery) -> Delivery:
        return delivery._replace(attachments=delivery.attachments[:1])


@in_answers(CONTENT)
def serves_octets(exchange: Exchange) -> None:
    """The content of a file has no type of its own."""
    if "/content/" in exchange.path and not exchange.headers.get("content-type", "").startswith("text/plain"):
        exchange.headers["content-type"] = "application/octet-stream"


@in_answers(MMS)
def forgets_file_names(exchange: Exchange) -> None:
    """A file has lost its name."""

    def forget(message: Json) -> None:
        for attachment in message["attachments"]:
            attachment.pop("fileName", None)

    exchange.change_messages(forget)


@in_answers(CONTENT)
def calls_a_part_the_whole(exchange: Exchange) -> None:
    """A part of a file is answered with 200, as if it were the whole."""
    if exchange.status == 206:
        exchange.status = 200
        exchange.headers.pop("content-range", None)


@in_answers(MMS, SMS)
def calls_them_mms(exchange: Exchange) -> None:
    """A message with files has the type MMS, of which the documentation knows nothing."""

    def call(message: Json) -> None:
        if len(message["attachments"]) > 1:
            message["type"] = "MMS"

    exchange.change_messages(call)


@in_answers(CONTENT)
def begins_at_the_wrong_end(exchange: Exchange) -> None:
    """The last bytes that are asked for are the first."""
    found = re.fullmatch(r"bytes ([0-9]+)-([0-9]+)/([0-9]+)", exchange.headers.get("content-range", ""))
    if exchange.status == 206 and found is not None and found[1] != "0" and int(found[2]) == int(found[3]) - 1:
        exchange.answer = exchange.answer[::-1]


@in_requests(MMS, SMS)
def takes_eleven_files(exchange: Exchange) -> None:
    """A message with a file too many is sent without it."""
    boundary, *_ = exchange.body.partition(b"\r\n")
    parts = exchange.body.split(boundary) if boundary.startswith(b"--") else []
    files = [part for part in parts[1:-1] if b"application/json" not in part]
    if len(files) == 11:
        exchange.body = boundary.join([*parts[:-2], parts[-1]])


@in_requests(MMS, SMS)
def takes_scripts(exchange: Exchange) -> None:
    """A file of a type that no MMS carries is sent as text."""
    exchange.body = exchange.body.replace(b"application/smil", b"text/plain")
