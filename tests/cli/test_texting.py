"""`ringmock text`: a phone outside, at a terminal."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from ringmock.cli.main import main
from support import DIRECT_NUMBER, HANDSET, Client


def text(client: Client, *arguments: str, sender: str = HANDSET, to: str = DIRECT_NUMBER["102"]):
    """The command, in the world of this client."""
    world = ["--url", client.url, "--token", client.token("101")]
    return CliRunner().invoke(main, ["text", "--from", sender, "--to", to, *world, *arguments])


@pytest.mark.parametrize("words", [["Hello there"], ["Hello", "there"]])
def test_a_text_is_in_the_mailbox_of_the_numbers_owner(world_client: Client, words: list[str]) -> None:
    ended = text(world_client, *words)

    assert (ended.exit_code, ended.output) == (0, f"{DIRECT_NUMBER['102']}: delivered (R-02)\n")
    [received] = world_client.messages("102")
    assert (received["subject"], received["from"]) == ("Hello there", {"phoneNumber": HANDSET})


def test_a_plus_before_either_number_changes_nothing(world_client: Client) -> None:
    assert text(world_client, "Hi", sender=f"+{HANDSET}", to=f"+{DIRECT_NUMBER['102']}").exit_code == 0
    assert len(world_client.messages("102")) == 1


def test_files_go_with_it(world_client: Client, tmp_path: Path) -> None:
    picture = tmp_path / "map.png"
    picture.write_bytes(b"a picture")

    ended = text(world_client, "--attach", str(picture))

    assert ended.exit_code == 0, ended.output
    [file] = world_client.messages("102")[0]["attachments"]
    assert (file["contentType"], file["fileName"], file["size"]) == ("image/png", "map.png", 9)


def test_stop_is_a_text_like_any_other_and_opts_out(world_client: Client) -> None:
    text(world_client, "STOP", to=DIRECT_NUMBER["101"])

    sent = world_client.post_sms("Hello").json()

    assert world_client.get(f"/_mock/handsets/{HANDSET}/messages").json() == []
    message = next(m for m in world_client.messages("101") if m["id"] == sent["id"])
    assert (message["messageStatus"], message["deliveryErrorCode"]) == ("SendingFailed", "SMS-RC-413")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"to": "12025550100"}, "'to' is a phone number of this account"),
        ({"sender": DIRECT_NUMBER["103"]}, "belongs to the account: a handset is a phone outside"),
        ({"sender": "12"}, "'12' is no phone number"),
        ({"sender": "1/2"}, "'1/2' is no phone number"),
    ],
)
def test_what_the_server_refuses_is_reported_in_its_words(
    world_client: Client, arguments: dict[str, str], told: str
) -> None:
    ended = text(world_client, "Hi", **arguments)

    assert ended.exit_code == 1
    assert told in ended.output
    assert world_client.messages("102") == []


def test_a_message_without_anything_in_it_is_not_sent(world_client: Client) -> None:
    ended = text(world_client)
    assert (ended.exit_code, "Give a TEXT, or a file by --attach." in ended.output) == (2, True)


@pytest.mark.parametrize("url", ["http://127.0.0.1:9", "nowhere"])
def test_where_no_server_answers_it_says_how_to_have_one(world_client: Client, url: str) -> None:
    ended = text(world_client, "Hi", "--url", url)

    assert ended.exit_code == 1
    assert "`ringmock serve` starts a server" in ended.output


def test_a_group_needs_a_generation_that_has_groups(world_client: Client) -> None:
    ended = text(world_client, "--to", "14151003733", "Hi")

    assert ended.exit_code == 1
    assert "In 2012 an SMS goes to one number: the generation 'current' has group messages." in ended.output
    assert world_client.messages("102") == []
