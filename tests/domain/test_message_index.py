"""What the collector of garbage finds of a mailbox whose conversations are listed for the first time."""

import gc

from builders import START, mailbox, sms, user, world
from ringmock.domain.message_filter import MessageFilter
from ringmock.domain.message_index import MailboxIndex
from ringmock.domain.slices import SLICE, result_of

CONVERSATIONS = 5 * SLICE


def test_the_first_list_of_conversations_makes_no_container_of_them_all_that_a_round_would_traverse() -> None:
    here, box = world(user("101")), MailboxIndex()
    for number in range(CONVERSATIONS):
        sms(here, "101", f"1415100{number:04}")
    for message in mailbox(here, "101"):
        box.add(message)
    box.file()
    everything = MessageFilter(START, START, distinct_conversations=True)
    gc.collect()
    gc.disable()
    try:
        known = {id(each) for each in gc.get_objects()}
        preparing = box.preparing_heads(everything)
        next(preparing)
        lengths = [len(each) for each in gc.get_objects() if isinstance(each, (tuple, list)) and id(each) not in known]
    finally:
        gc.enable()

    assert lengths
    assert max(lengths) <= 2 * SLICE
    found = result_of(preparing).slices(everything, lambda _: True)
    assert sum(part.high - part.low for part in found) == CONVERSATIONS
