"""The little of protobuf's encoding that Terraform's plugin protocol needs: lengths, texts and numbers.

https://protobuf.dev/programming-guides/encoding/. Written out here so that no generated code and no protobuf runtime
is needed for nine messages.
"""

from collections.abc import Iterator

_LENGTH_DELIMITED, _VARINT = 2, 0


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def embed(field: int, content: bytes) -> bytes:
    """A message or a byte string as that field."""
    return _varint(field << 3 | _LENGTH_DELIMITED) + _varint(len(content)) + content


def text(field: int, value: str) -> bytes:
    """A string as that field."""
    return embed(field, value.encode("utf-8"))


def number(field: int, value: int) -> bytes:
    """An integer, an enumeration or a truth value; zero is not written, as in proto3."""
    return _varint(field << 3 | _VARINT) + _varint(value) if value else b""


def read(message: bytes) -> Iterator[tuple[int, bytes]]:
    """Field and content of everything length-delimited; numbers are passed over. Raises ValueError if it is none."""
    at = 0
    while at < len(message):
        key, at = _read_varint(message, at)
        kind = key & 7
        if kind not in (_LENGTH_DELIMITED, _VARINT):
            raise ValueError(f"wire type {kind} is not used by this protocol")
        value, at = _read_varint(message, at)
        if kind == _LENGTH_DELIMITED:
            if at + value > len(message):
                raise ValueError("the message ends too early")
            yield key >> 3, message[at : at + value]
            at += value


def _read_varint(message: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while at < len(message):
        byte = message[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at
    raise ValueError("the message ends too early")
