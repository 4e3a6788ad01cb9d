"""Messages that a world starts with, sent by the rules like any other."""

from collections.abc import Mapping, Sequence

from ..domain import errors
from ..domain.account import Account
from ..domain.generation import Generation
from ..domain.message import Delivery, Message, MessageType
from ..domain.pager import Address, SendPager, plan_pager
from ..domain.sms import SendSms, plan_inbound_sms, plan_sms
from .template import SeedMessage

NamedCopies = Mapping[str, Sequence[Message]]
"""The copies that each named seed message made."""


def plan_seed(account: Account, seed: SeedMessage, generation: Generation, named: NamedCopies) -> Delivery:
    """The plan of one seeded message. Raises a `Refusal` where the rules do not allow it."""
    return _plan_pager(account, seed, named) if seed.type is MessageType.PAGER else _plan_sms(account, seed, generation)


def _plan_sms(account: Account, seed: SeedMessage, generation: Generation) -> Delivery:
    owner = account.mailbox_of(seed.sender)
    if owner is not None:
        return plan_sms(account, owner, SendSms(seed.sender, seed.recipients, seed.text), generation)
    return plan_inbound_sms(account, SendSms(seed.sender, seed.recipients, seed.text), generation)


def _plan_pager(account: Account, seed: SeedMessage, named: NamedCopies) -> Delivery:
    sender = account.extensions.get(seed.sender)
    if sender is None:
        raise errors.InvalidParameter("from", seed.sender)
    to = tuple(Address(number=number) for number in seed.recipients)
    if seed.reply_on is None:
        return plan_pager(account, sender, SendPager(to, seed.text), None)
    held = next((copy for copy in named.get(seed.reply_on, ()) if copy.mailbox == seed.sender), None)
    return plan_pager(account, sender, SendPager(to, seed.text, reply_on=held.id if held else 0), held)
