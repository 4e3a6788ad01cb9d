"""The viewer of a resource, who decides how it is shown, with the time and the server's address."""

from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from ...domain.account import Account, Extension
from ...domain.generation import Generation

Json = dict[str, Any]


@lru_cache(1024)  # most answers of a server are about few extensions
def _extension_uri(base_url: str, account_id: int, extension_id: int) -> str:
    return f"{base_url}/restapi/v1.0/account/{account_id}/extension/{extension_id}"


class View(NamedTuple):
    """The viewer: `base_url` without a slash at the end, `now` in the world's time."""

    account: Account
    generation: Generation
    base_url: str
    now: datetime

    @property
    def account_uri(self) -> str:
        return f"{self.base_url}/restapi/v1.0/account/{self.account.id}"

    def extension_uri(self, extension: Extension) -> str:
        return _extension_uri(self.base_url, self.account.id, extension.id)

    def phone(self, digits: str) -> str:
        """D-10: a phone number as the generation writes it."""
        return f"+{digits}" if self.generation.plus_before_numbers else digits
