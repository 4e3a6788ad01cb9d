"""Numbers and ids that an account does not have, and external phones: derived from the account, never random."""

from collections.abc import Iterator
from itertools import chain

from ...domain.account import Account, calling_code, digits_of

FICTIONAL = "5550199"
"""The end of a North American number that is reserved for fiction."""
ABROAD = ("442071838750", "12025550123")


def nobody(account: Account, asked: str) -> str | int:
    """What the account has nowhere: an extension `number`, an `id`, a `phone`, one `abroad`, a `short` one ..."""
    if asked == "number":
        return next(number for number in _from("999") if number not in account.extensions)
    if asked == "short":
        return next(number for number in chain(["12345"], _from("99999")) if number not in account.extensions)
    if asked in ("id", "id_text"):
        taken = {extension.id for extension in account.extensions.values()} | {account.id}
        free = next(int(number) for number in _from("999") if int(number) not in taken)
        return free if asked == "id" else str(free)
    if asked == "account_id":
        return 999 if account.id != 999 else 998
    if asked == "abroad":
        home = calling_code(digits_of(account.main_number))
        return next(number for number in ABROAD if calling_code(number) != home)
    main = digits_of(account.main_number)
    return next(each for each in _around(main[: -len(FICTIONAL)] + FICTIONAL) if _is_outside(each, account))


def outside(account: Account, count: int) -> Iterator[str]:
    """So many external phones: the fixture's handsets, and then the numbers after the first of them."""
    handsets = list(dict.fromkeys(map(digits_of, account.handsets)))
    yield from handsets
    first = handsets[0] if handsets else str(nobody(account, "phone"))
    made = (number for number in _around(first) if number not in handsets and _is_outside(number, account))
    for _ in range(count):
        yield next(made)


def _is_outside(number: str, account: Account) -> bool:
    return number not in account.phone_numbers and number != digits_of(account.main_number)


def _from(first: str) -> Iterator[str]:
    """Numbers of as many digits downwards, then longer ones."""
    for number in range(int(first), 10 ** (len(first) - 1) - 1, -1):
        yield str(number)
    yield from _from(f"{first}9")


def _around(first: str) -> Iterator[str]:
    """A number and the following ones, of the same length and prefix."""
    head, tail = first[:-4], int(first[-4:])
    for step in range(10_000):
        yield f"{head}{(tail + step) % 10_000:04}"
