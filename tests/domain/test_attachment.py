import pytest

from builders import HANDSET, account, direct, mailbox, user, world
from ringmock.domain import errors
from ringmock.domain.account import Feature
from ringmock.domain.attachment import (
    MAX_ATTACHMENT_BYTES,
    MAX_CONTENT_TYPE,
    MAX_FILE_NAME,
    MEDIA_TYPES,
    Attachment,
    HeldAttachment,
    check_attachments,
    received_attachment,
    type_by_name,
)
from ringmock.domain.generation import GENERATIONS
from ringmock.domain.sms import SendSms, plan_sms
from ringmock.world.world import World

MMS = (Feature.SMS_SENDER, Feature.MMS_SENDER)
PICTURE = Attachment("image/png", "map.png", b"a picture")
HALF = MAX_ATTACHMENT_BYTES // 2


def of_size(length: int) -> Attachment:
    return Attachment("video/mp4", "film.mp4", bytes(length))


def office() -> World:
    return world(user("101"), user("102"), features=MMS)


def mms(here: World, *to: str, text: str = "Look", files: tuple[Attachment, ...] = (PICTURE,)):
    return here.send_sms(here.account.extensions["101"], SendSms(direct("101"), to, text, files))


@pytest.mark.parametrize(
    ("files", "refusal"),
    [
        ([PICTURE] * 10, None),
        ([PICTURE] * 11, errors.TooManyAttachments),
        ([of_size(HALF), of_size(HALF)], None),
        ([of_size(HALF), of_size(HALF + 1)], errors.AttachmentsTooLarge),
        ([PICTURE, of_size(0)], errors.AttachmentEmpty),
        ([Attachment("application/smil", "a.smil", b"s")], errors.AttachmentTypeNotSupported),
        ([Attachment("application/octet-stream", "a.bin", b"b")], errors.AttachmentTypeNotSupported),
        *(([Attachment(media_type, None, b"x")], None) for media_type in MEDIA_TYPES),
    ],
)
def test_an_mms_has_up_to_ten_files_of_known_types_and_of_a_megabyte_and_a_half(
    files: list[Attachment], refusal: type[errors.Refusal] | None
) -> None:
    if refusal is None:
        check_attachments(files)
        return
    with pytest.raises(errors.Refusal) as refused:
        check_attachments(files)
    assert [type(each) for each in refused.value.refusals] == [refusal]
    assert refused.value.parameter == "attachments"


def test_a_file_that_is_too_large_by_itself_is_told_after_the_sum() -> None:
    with pytest.raises(errors.SeveralRefusals) as refused:
        check_attachments([of_size(MAX_ATTACHMENT_BYTES + 1)])
    kinds = [type(each) for each in refused.value.refusals]
    assert kinds == [errors.AttachmentsTooLarge, errors.AttachmentTooLarge]


def test_every_file_of_an_unknown_type_is_reported_by_its_number_and_name() -> None:
    files = [PICTURE, Attachment("a/b", "stuff.smil", b"s"), Attachment("c/d", None, b"s")]
    with pytest.raises(errors.SeveralRefusals) as refused:
        check_attachments(files)
    assert [each.value for each in refused.value.refusals] == ["[2]: [stuff.smil]", "[3]: []"]


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        ("map.png", "image/png"),
        ("MAP.JPG", "image/jpeg"),
        ("archive.tar.gz", "application/gzip"),
        ("map", "application/octet-stream"),
        ("map.smil", "application/octet-stream"),
        (None, "application/octet-stream"),
    ],
)
def test_a_name_promises_a_type(name: str | None, media_type: str) -> None:
    assert type_by_name(name) == media_type


@pytest.mark.parametrize(
    ("file", "name"),
    [
        (PICTURE, "map.png"),
        (Attachment("image/jpeg", None, b"x"), "7.jpg"),
        (Attachment("application/smil", None, b"x"), "7.bin"),
    ],
)
def test_a_file_without_a_name_is_called_by_its_id(file: Attachment, name: str) -> None:
    assert HeldAttachment(7, file).name == name


def test_a_number_without_mms_sender_sends_no_attachments() -> None:
    home = account(user("101"))
    request = SendSms(direct("101"), (HANDSET,), "Hi", (PICTURE,))
    with pytest.raises(errors.MmsNotAvailable):
        plan_sms(home, home.extensions["101"], request, GENERATIONS["current"])


def test_the_copies_of_an_mms_share_its_bytes_under_ids_of_their_own() -> None:
    here = office()
    sent = mms(here, direct("102"), files=(PICTURE, of_size(1))).message
    [received] = mailbox(here, "102")

    ids = [held.id for copy in (sent, received) for held in copy.attachments]
    assert len({*ids, sent.id, received.id}) == 6
    assert all(
        mine.file.content is theirs.file.content
        for mine, theirs in zip(sent.attachments, received.attachments, strict=True)
    )


def test_a_text_alone_takes_no_ids_for_attachments() -> None:
    here, other = office(), office()
    assert mms(here, HANDSET, files=()).message.id == mms(other, HANDSET).message.id
    assert mms(other, HANDSET).message.id - mms(here, HANDSET).message.id == 2_000_000


def test_a_refused_mms_leaves_nothing() -> None:
    here = office()
    with pytest.raises(errors.AttachmentEmpty):
        mms(here, direct("102"), files=(of_size(0),))
    assert mailbox(here, "101") == mailbox(here, "102") == ()


def test_a_handset_keeps_what_it_received_when_the_sender_purges_his_copy() -> None:
    here = office()
    sent = mms(here, HANDSET, text="Keep it").message
    here.delete_message(here.account.extensions["101"], sent.id, purge=True)

    assert (sent.text, sent.attachments) == ("", ())
    [received] = here.messages.received_by_handset(HANDSET)
    assert (received.text, received.attachments[0].file) == ("Keep it", PICTURE)
    assert here.messages.find_on_handset(HANDSET, sent.id) is received


@pytest.mark.parametrize(("text", "has_text"), [("Look", True), ("", False)])
def test_the_text_of_an_mms_is_an_attachment_where_there_is_one(text: str, has_text: bool) -> None:
    assert mms(office(), HANDSET, text=text).message.has_text is has_text


def subscribed_to(content_type: str, file_name: str | None = None) -> str | None:
    try:
        received_attachment(content_type, file_name, b"a")
    except ValueError as error:
        return str(error)
    return None


@pytest.mark.parametrize("content_type", [*MEDIA_TYPES, "application/octet-stream", "application/x-own", "text/x.y+z"])
def test_a_type_that_content_can_be_read_as_is_accepted(content_type: str) -> None:
    assert subscribed_to(content_type) is None


@pytest.mark.parametrize(
    ("content_type", "says"),
    [
        ("foo/bar", "begins with one of text, image, audio, video, application."),
        ("multipart/mixed", "is no type of a message's file"),
        ("message/rfc822", "is no type of a message's file"),
        ("font/woff", "is no type of a message's file"),
        ("model/gltf+json", "is no type of a message's file"),
        ("applications/pdf", "is no type of a message's file"),
        ("image", "'image' is no media type, as image/png is."),
        ("image/", "no media type"),
        ("*/*", "no media type"),
        ("image/*", "no media type"),
        ("image/png, text/html", "no media type"),
        ("image/png\r\nX-Injected: yes", "no media type"),
        ("image/png\n", "no media type"),
    ],
)
def test_a_type_that_content_cannot_be_read_as_is_told_what_would_be_right(content_type: str, says: str) -> None:
    assert says in (subscribed_to(content_type) or "")


@pytest.mark.parametrize("of", ["n", "\N{GRINNING FACE}"])
@pytest.mark.parametrize(("length", "is_taken"), [(MAX_FILE_NAME - 1, True), (MAX_FILE_NAME, True), (256, False)])
def test_a_file_from_outside_has_a_name_that_file_systems_take(of: str, length: int, is_taken: bool) -> None:
    told = subscribed_to("image/png", of * length)
    assert told == (None if is_taken else "The name of a file has at most 255 characters, not 256.")


@pytest.mark.parametrize(("length", "is_taken"), [(MAX_CONTENT_TYPE - 1, True), (MAX_CONTENT_TYPE, True), (256, False)])
def test_a_file_from_outside_has_a_type_as_long_as_types_are(length: int, is_taken: bool) -> None:
    told = subscribed_to("image/png; name=".ljust(length, "n"))
    assert told == (None if is_taken else "A media type has at most 255 characters, not 256.")


@pytest.mark.parametrize(
    ("content_type", "file_name", "content", "said"),
    [
        (7, None, b"x", "has a media type, a name or None, and bytes"),
        ("image/png", 7, b"x", "has a media type, a name or None, and bytes"),
        ("image/png", None, "x", "has a media type, a name or None, and bytes"),
        ("image/png", None, b"", "at least one byte"),
        ("image/png", "a\nb", b"x", "no name of a file"),
        ("image/png", "\ud800", b"x", "no name of a file"),
    ],
)
def test_what_cannot_be_a_file_of_a_handset_is_refused_with_a_sentence(
    content_type: object, file_name: object, content: object, said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        received_attachment(content_type, file_name, content)  # type: ignore[arg-type]
