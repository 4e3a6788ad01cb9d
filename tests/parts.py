"""Multipart bodies, part by part."""

from typing import Any

from support import Client


def part(content: bytes, **headers: str) -> bytes:
    """A part with these headers, `_` in their names for `-`."""
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + content


def field(name: str, value: str) -> bytes:
    return part(value.encode(), Content_Disposition=f'form-data; name="{name}"')


def send(client: Client, path: str, *parts: bytes, subtype: str = "form-data") -> Any:
    content = b"".join(b"--b\r\n" + each + b"\r\n" for each in parts) + b"--b--\r\n"
    return client.post(path, content=content, headers={"Content-Type": f"multipart/{subtype}; boundary=b"})
