"""Today's shape of a message, with one of its fields wrong; 2012 has none of them."""

from .exchange import Exchange, Json
from .fault import in_answers
from .operations import LIST, MMS, PAGER, READ, SMS


def _is_sms(message: Json) -> bool:
    return bool(message["type"] == "SMS")


@in_answers(SMS, READ)
def counts_no_attempts(exchange: Exchange) -> None:
    """An SMS that was sent says that nobody has tried to send it."""

    def change(message: Json) -> None:
        if "smsSendingAttemptsCount" in message:
            message["smsSendingAttemptsCount"] = 0

    exchange.change_messages(change)


@in_answers(READ, LIST)
def counts_attempts_at_what_came(exchange: Exchange) -> None:
    """An SMS that was received says how often it was sent."""

    def change(message: Json) -> None:
        if _is_sms(message) and message["direction"] == "Inbound" and "extensionId" in message:
            message["smsSendingAttemptsCount"] = 1

    exchange.change_messages(change)


@in_answers(READ, LIST)
def delivers_at_once(exchange: Exchange) -> None:
    """An SMS was delivered in the moment in which it was created."""

    def change(message: Json) -> None:
        if "smsDeliveryTime" in message:
            message["smsDeliveryTime"] = message["creationTime"]

    exchange.change_messages(change)


@in_answers(READ, LIST)
def tells_a_delivery_time_too_early(exchange: Exchange) -> None:
    """An SMS that is Sent, and not yet Delivered, has a time of its delivery."""

    def change(message: Json) -> None:
        if "smsSendingAttemptsCount" in message and message["messageStatus"] == "Sent":
            message["smsDeliveryTime"] = message["lastModifiedTime"]

    exchange.change_messages(change)


@in_answers(READ, LIST)
def counts_one_segment(exchange: Exchange) -> None:
    """An SMS is one segment, however long."""

    def change(message: Json) -> None:
        if "segmentCount" in message:
            message["segmentCount"] = 1

    exchange.change_messages(change)


@in_answers(READ, LIST)
def counts_segments_of_files(exchange: Exchange) -> None:
    """A message with files has segments, too."""

    def change(message: Json) -> None:
        has_files = any(each["type"] == "MmsAttachment" for each in message["attachments"] if "type" in each)
        if has_files and "extensionId" in message:
            message["segmentCount"] = 1

    exchange.change_messages(change)


@in_answers(SMS)
def counts_segments_before_sending(exchange: Exchange) -> None:
    """The answer to the sending of an SMS has its segments already."""
    if exchange.is_answer("POST", "/sms"):
        exchange.change_messages(
            lambda message: message.update({"segmentCount": 1} if "extensionId" in message else {})
        )


@in_answers(READ, LIST)
def counts_no_segments_of_what_came(exchange: Exchange) -> None:
    """An SMS that was received has no segments."""

    def change(message: Json) -> None:
        if message["direction"] == "Inbound":
            message.pop("segmentCount", None)

    exchange.change_messages(change)


@in_answers(SMS, PAGER, READ)
def names_conversations_after_messages(exchange: Exchange) -> None:
    """The uri of a conversation has the id of the message."""

    def change(message: Json) -> None:
        if "conversation" in message:
            at, _, _ = message["conversation"]["uri"].rpartition("/")
            message["conversation"]["uri"] = f"{at}/{message['id']}"

    exchange.change_messages(change)


@in_answers(READ, LIST)
def gives_messages_to_their_reader(exchange: Exchange) -> None:
    """A message in another's mailbox has the id of the account as its extensionId."""

    def change(message: Json) -> None:
        if "extensionId" in message and "/extension/~/" not in exchange.path:
            message["extensionId"] = message["uri"].partition("/account/")[2].partition("/")[0]

    exchange.change_messages(change)


@in_answers(PAGER, READ)
def calls_texts_files(exchange: Exchange) -> None:
    """The text of a page is an attachment of no type."""

    def change(message: Json) -> None:
        if message["type"] == "Pager":
            for each in message["attachments"]:
                each.pop("type", None)

    exchange.change_messages(change)


@in_answers(MMS, READ)
def counts_a_byte_more(exchange: Exchange) -> None:
    """A file is a byte larger than it is."""
    exchange.change_messages(lambda message: _each_file(message, lambda file: file.update(size=file["size"] + 1)))


@in_answers(MMS, READ)
def turns_pictures(exchange: Exchange) -> None:
    """Of a picture the height is called its width, and the width its height."""

    def turn(file: Json) -> None:
        if "width" in file:
            file["width"], file["height"] = file["height"], file["width"]

    exchange.change_messages(lambda message: _each_file(message, turn))


def _each_file(message: Json, change: Json) -> None:
    for each in message["attachments"]:
        if each.get("type") == "MmsAttachment":
            change(each)


@in_answers(PAGER, READ)
def calls_everyone_like_the_sender(exchange: Exchange) -> None:
    """Each recipient of a page has the name of its sender."""

    def change(message: Json) -> None:
        if message["type"] == "Pager" and "name" in message["from"]:
            for party in message["to"]:
                party["name"] = message["from"]["name"]

    exchange.change_messages(change)


@in_answers(PAGER, READ)
def gives_everyone_the_id_of_the_sender(exchange: Exchange) -> None:
    """Each recipient of a page has the extension id of its sender."""

    def change(message: Json) -> None:
        if message["type"] == "Pager" and "extensionId" in message["from"]:
            for party in message["to"]:
                party["extensionId"] = message["from"]["extensionId"]

    exchange.change_messages(change)


@in_answers(SMS, READ)
def names_no_colleagues(exchange: Exchange) -> None:
    """The recipient of an SMS has no name, though his number is the account's."""

    def change(message: Json) -> None:
        if _is_sms(message):
            for party in message["to"]:
                party.pop("name", None)

    exchange.change_messages(change)


@in_answers(SMS, READ)
def knows_no_locations(exchange: Exchange) -> None:
    """A number of the account has no location, where it is known."""

    def change(message: Json) -> None:
        if _is_sms(message):
            message["from"].pop("location", None)

    exchange.change_messages(change)


@in_answers(READ, LIST)
def forgets_why_it_failed(exchange: Exchange) -> None:
    """An SMS that failed has no code of the carrier."""
    exchange.change_messages(lambda message: message.pop("deliveryErrorCode", None))


@in_answers(READ, LIST)
def aims_at_everyone(exchange: Exchange) -> None:
    """Each recipient of a group message is its target, whosever mailbox it is in."""

    def change(message: Json) -> None:
        if any("target" in party for party in message["to"]):
            for party in message["to"]:
                party["target"] = True

    exchange.change_messages(change)


@in_answers(READ, LIST)
def aims_at_nobody(exchange: Exchange) -> None:
    """No recipient of a group message is its target."""

    def change(message: Json) -> None:
        for party in message["to"]:
            party.pop("target", None)

    exchange.change_messages(change)


@in_answers(SMS, READ)
def follows_no_recipient(exchange: Exchange) -> None:
    """The recipients of a group message have no status of their own."""

    def change(message: Json) -> None:
        for party in message["to"]:
            party.pop("messageStatus", None)

    exchange.change_messages(change)


@in_answers(READ, LIST)
def leaves_shared_messages_to_their_reader(exchange: Exchange) -> None:
    """A message of a shared number does not say whose it is."""
    exchange.change_messages(lambda message: message.pop("owner", None))


@in_answers(READ, LIST)
def is_modified_once(exchange: Exchange) -> None:
    """An SMS was last modified when it was created, however far it is."""

    def change(message: Json) -> None:
        if "smsDeliveryTime" in message:
            message["lastModifiedTime"] = message["creationTime"]

    exchange.change_messages(change)


@in_answers(LIST)
def lists_what_was_said_at_sending(exchange: Exchange) -> None:
    """A list has the status of an SMS that its sending was answered with."""
    if exchange.is_list:

        def change(message: Json) -> None:
            if message.get("smsSendingAttemptsCount") == 1 and message["messageStatus"] == "Sent":
                message["messageStatus"] = "Queued"

        exchange.change_messages(change)


@in_answers(PAGER, READ)
def forgets_that_a_department_was_paged(exchange: Exchange) -> None:
    """A reply in the thread of a Department does not say that it is one."""

    def change(message: Json) -> None:
        if message.get("pgToDepartment") and len(message["to"]) > 1:
            message["pgToDepartment"] = False

    exchange.change_messages(change)
