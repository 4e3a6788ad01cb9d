"""Discovery: the addresses of this server's endpoints."""

from ...sign_in.id_tokens import SigningKey
from ..call import Answer, Call
from ..stages import Handler
from ..wire import discovery as wire


def auth_jwks(key: SigningKey) -> Handler:
    """`authJwks`: the key that signs the id tokens."""
    return lambda call: Answer({"keys": [key.public]})


def read_open_id_configuration(call: Call) -> Answer:
    """`readOpenIdConfiguration`."""
    return Answer(wire.open_id_configuration(call.base_url))


def read_initial_entry_points(call: Call) -> Answer:
    """`readInitialEntryPoints`: before sign-in."""
    return Answer(wire.initial_entry_points(call.base_url))


def read_external_entry_points(call: Call) -> Answer:
    """`readExternalEntryPoints`: for the signed-in user; the request without a token is allowed too."""
    return Answer(wire.external_entry_points(call.base_url))
