"""Where `serve` listens, and as whom clients see it: addresses, certificate, proxies and base path."""

import contextlib
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from errno import EACCES, EADDRINUSE
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .console import FILE, HeldFile

if TYPE_CHECKING:
    from socket import socket

    from ..serving.public_address import PublicAddress
    from ..serving.tls import Certificate

SELF_SIGNED = "self-signed"
CONTROL_PORT = 8081

OPTIONS = (
    click.option(
        "--host", default="localhost", show_default=True, help="Address to listen on; localhost is 127.0.0.1 and ::1."
    ),
    click.option("--port", default=8080, show_default=True, type=click.IntRange(0, 65535), help="Port; 0 for any."),
    click.option("--port-file", "port_path", type=FILE, help="Write the port here when ready."),
    click.option(
        "--tls",
        type=click.Choice([SELF_SIGNED]),
        help="Serve HTTPS and wss by a certificate that is made for the run; needs ringmock[tls].",
    ),
    click.option(
        "--tls-root",
        type=FILE,
        metavar="FILE",
        help="Write the root that clients have to trust here, in PEM.  [default: the port file's name with .pem]",
    ),
    click.option("--tls-cert", type=FILE, metavar="FILE", help="Serve HTTPS and wss by this certificate, in PEM."),
    click.option("--tls-key", type=FILE, metavar="FILE", help="Its key, in PEM.  [default: in the file of --tls-cert]"),
    click.option("--base-path", default="", metavar="PATH", help="Serve everything below this path, as /rc."),
    click.option(
        "--trust-proxy",
        is_flag=False,
        flag_value="loopback",
        metavar="[ADDRESS,...]",
        help="Take X-Forwarded-Proto, -Host and -Prefix from proxies at these addresses or networks; without one, from"
        " this machine's.",
    ),
)


def public_address(given: Mapping[str, Any]) -> "PublicAddress":
    """Where clients reach the server."""
    from ..serving.public_address import PublicAddress, networks_of, path_of

    try:
        base_path = path_of(given["base_path"])
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="'--base-path'") from error
    try:
        return PublicAddress(base_path, networks_of(given["trust_proxy"]) if given["trust_proxy"] is not None else ())
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="'--trust-proxy'") from error


def certificate(given: Mapping[str, Any]) -> "Certificate | None":
    """What HTTPS is served by; None for plain HTTP."""
    _check_together(given)
    from ..serving.tls import BadCertificate, LibraryMissing, from_files, self_signed

    try:
        if given["tls_cert"] is not None:
            return from_files(given["tls_cert"], given["tls_key"])
        if given["tls"] is None:
            return None
        listens_on = given["host"] if given["host"] not in ("0.0.0.0", "::") else "localhost"
        return self_signed([listens_on, *given["hosts"]])
    except (BadCertificate, LibraryMissing) as error:
        raise click.ClickException(str(error)) from error
    except ValueError as error:
        raise click.ClickException(f"no certificate can name {listens_on}, {', '.join(given['hosts'])}") from error


def _check_together(given: Mapping[str, Any]) -> None:
    if given["tls"] and given["tls_cert"]:
        raise click.UsageError("--tls makes a certificate, --tls-cert names one: give one of them")
    if given["tls_key"] and not given["tls_cert"]:
        raise click.UsageError("--tls-key is the key of a certificate: name that by --tls-cert")
    if given["tls_root"] and not given["tls"]:
        raise click.UsageError("--tls-root is where --tls self-signed writes what to trust")


class RootFile(HeldFile):
    """A file with the root of a certificate that was made for the run. It exists while the server serves."""

    about = "root"

    def check_replaced(self, content: bytes) -> None:
        """Raise `OSError` for what an earlier server has not written: somebody else's roots are nothing to lose."""
        from ..serving.tls import is_root_of_ours

        if content and not is_root_of_ours(content):
            raise OSError(None, "the file is there and is no root of ringmock's: name another", str(self.path))


@contextlib.contextmanager
def root_file(given: Mapping[str, Any], made: "Certificate | None") -> Iterator[RootFile | None]:
    """Where the root is written once the server is ready; None for a certificate that is not made here.

    Raises `OSError`.
    """
    if made is None or made.root is None:
        yield None
        return
    beside: Path | None = given["port_path"]
    path: Path | None = given["tls_root"] or (beside and beside.with_name(f"{beside.name}.pem"))
    folder = None if path else Path(tempfile.mkdtemp(prefix="ringmock-"))
    held = RootFile(path or Path(str(folder)) / "root.pem")
    try:
        yield held
    finally:
        held.remove()
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)


def bound(host: str, port: int, option: str = "--port") -> "list[socket]":
    """The sockets to listen on."""
    from ..serving.server import bound_sockets

    try:
        return bound_sockets(host, port)
    except OSError as error:
        hint = f"; {option} 0 takes any that is free" if port and error.errno in (EADDRINUSE, EACCES) else ""
        raise click.ClickException(f"cannot listen on {host} port {port}: {error.strerror}{hint}") from error


def control_port(host: str | None, port: int | None) -> int | None:
    """The port that the control API has by itself, 0 for any; None where it shares the address of the API."""
    return CONTROL_PORT if port is None and host is not None else port


def control_sockets(host: str | None, port: int | None, api_port: int) -> "list[socket]":
    """Where the control API listens by itself; nothing where it shares the address of the API."""
    port = control_port(host, port)
    if port is None:
        return []
    if port and port == api_port:
        raise click.BadParameter(f"{port} is the API's port already", param_hint="'--control-port'")
    return bound(host or "localhost", port, "--control-port")
